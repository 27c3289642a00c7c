"""The faults that the double can be asked for, and how they look to a client."""

from __future__ import annotations

import pytest
import redshift_connector

from redshift_double import Fault, Moment, RedshiftDouble
from redshift_target import Redshift

CREATE = "CREATE TABLE s.t (k bigint)"


@pytest.fixture
def empty(double: RedshiftDouble) -> Redshift:
    target = Redshift.of_double(double, "s3://nothing")
    target.run("CREATE SCHEMA s", CREATE)
    double.forget()
    return target


def count(double: RedshiftDouble) -> int:
    ((rows,),) = double.rows("SELECT count(*) FROM s.t")
    return int(rows)


def insert_and_commit(target: Redshift, times: int = 1) -> None:
    with target.connect() as opened, opened.cursor() as cursor:
        opened.autocommit = False
        for _ in range(times):
            cursor.execute("INSERT INTO s.t VALUES (1)")
        opened.commit()


def test_a_serializable_conflict_is_told_as_redshift_tells_it(double: RedshiftDouble, empty: Redshift) -> None:
    double.inject(Fault(Moment.ERROR, at=2))
    with pytest.raises(redshift_connector.Error) as caught:
        insert_and_commit(empty, times=3)
    said = caught.value.args[0]
    assert (said["C"], said["M"]) == ("XX000", "1023")
    assert "Serializable isolation violation on table" in said["D"]
    assert (count(double), double.pending_faults) == (0, 0)


@pytest.mark.parametrize(("moment", "committed"), [(Moment.BEFORE, 0), (Moment.AFTER, 2)])
def test_a_connection_breaks_before_or_after_the_commit(
    double: RedshiftDouble, empty: Redshift, moment: Moment, committed: int
) -> None:
    double.inject(Fault(moment, matching=lambda sql: sql.upper() == "COMMIT"))
    with pytest.raises((redshift_connector.Error, OSError)):
        insert_and_commit(empty, times=2)
    assert (count(double), double.pending_faults) == (committed, 0)


def test_a_broken_connection_takes_its_transaction_with_it(double: RedshiftDouble, empty: Redshift) -> None:
    double.inject(Fault(Moment.AFTER, at=3))
    with pytest.raises((redshift_connector.Error, OSError)):
        insert_and_commit(empty, times=5)
    assert count(double) == 0
    insert_and_commit(empty, times=5)
    assert count(double) == 5


def test_statements_are_kept_as_the_client_wrote_them(double: RedshiftDouble, empty: Redshift) -> None:
    insert_and_commit(empty, times=2)
    assert [sql.upper() for sql in double.statements] == ["INSERT INTO S.T VALUES (1)"] * 2 + ["COMMIT"]
