"""Loads that fail at any statement, lose their connection, or meet another load: old rows or new ones, never a mix."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from covid_lake.errors import WarehouseError
from covid_lake.warehouse import retries
from redshift_double import DISK_FULL, Fault, Moment, RedshiftDouble
from redshift_loading import APRIL, MARCH, Loading
from redshift_target import SCHEMA
from star_lake import PLACE_ROWS, Row, counts_of, in_order

FEWEST_STATEMENTS = 25


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another attempt begins at once."""
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 0.01)


def publish(loading: Loading, number: int) -> None:
    """Both tables anew: a day is corrected, a place is renamed, and every other version has one place more."""
    places = (*PLACE_ROWS, *([(2, "new", None, None, None, None, None)] if number % 2 else []))
    renamed = [(row[0], f"{number}", *row[2:]) if row[0] == 1 else row for row in places]
    days = {**MARCH, 20200330: 1000 + number, **APRIL}
    loading.lake.publish(f"v{number:03}", dim_place=renamed, fact_counts=counts_of(days, [0, 1, *([2] * (number % 2))]))


def in_warehouse(double: RedshiftDouble) -> dict[str, list[Row]]:
    """The rows of all tables at one moment, and the version that the warehouse says they are of."""
    with double.owner.connect() as opened:
        opened.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        found = {
            name: in_order(opened.execute(f'SELECT * FROM "{SCHEMA}"."{name}"'.encode()).fetchall())
            for name in ("dim_place", "fact_counts")
        }
        found["versions"] = opened.execute(
            f'SELECT DISTINCT version FROM "{SCHEMA}_staging"."loaded_versions"'.encode()
        ).fetchall()
        return found


def in_lake(loading: Loading, number: int) -> dict[str, list[Row]]:
    rows = {table.name: loading.lake.expected(table) for table in loading.lake.star.star}
    return {**rows, "versions": [(f"v{number:03}",)]}


def each_statement(double: RedshiftDouble, step: int = 1) -> Iterator[int]:
    """1, 2, 3 and so on, or every so many, until a fault at that statement has not happened."""
    number = 1 - step
    while not double.pending_faults:
        number += step
        yield number
    assert number > FEWEST_STATEMENTS


def test_a_load_that_fails_at_any_statement_leaves_all_as_it_was_and_the_next_one_catches_up(
    loaded: Loading, double: RedshiftDouble
) -> None:
    publish(loaded, 0)
    loaded.load()
    before = in_lake(loaded, 0)
    failures = 0
    for number in each_statement(double):
        publish(loaded, number)
        double.inject(Fault(Moment.ERROR, at=number, error=DISK_FULL))
        try:
            loaded.load()
        except WarehouseError as error:
            assert "Disk Full" in str(error)  # noqa: PT017 - the last load of the loop succeeds
            failures += 1
        assert in_warehouse(double) in (before, in_lake(loaded, number)), double.statements[-1]
        if not double.pending_faults:
            loaded.load()
        assert in_warehouse(double) == in_lake(loaded, number)
        before = in_lake(loaded, number)
    assert failures > FEWEST_STATEMENTS


@pytest.mark.parametrize(
    ("moment", "step"),
    [(Moment.AFTER, 1), (Moment.BEFORE, 4), (Moment.ERROR, 4)],
    ids=["connection lost after it", "connection lost before it", "conflict"],
)
def test_a_load_is_begun_again_after_a_lost_connection_or_a_conflict_at_any_statement(
    loaded: Loading, double: RedshiftDouble, moment: Moment, step: int
) -> None:
    """Also where the commit was done and its answer got lost: then nothing is left to do."""
    for number in each_statement(double, step):
        publish(loaded, number)
        double.inject(Fault(moment, at=number))
        loaded.load()
        assert in_warehouse(double) == in_lake(loaded, number)


def test_a_conflict_that_does_not_end_is_told_and_leaves_all_as_it_was(loaded: Loading, double: RedshiftDouble) -> None:
    before = in_warehouse(double)
    publish(loaded, 1)
    copies = [Fault(Moment.ERROR, at=number, matching=lambda sql: sql.startswith("COPY")) for number in range(1, 10)]
    double.inject(*copies)
    with pytest.raises(WarehouseError, match="1023"):
        loaded.load()
    assert in_warehouse(double) == before
    assert double.pending_faults == len(copies) - retries.ATTEMPTS


def test_a_first_load_that_fails_leaves_no_table_behind(loading: Loading, double: RedshiftDouble) -> None:
    double.inject(Fault(Moment.ERROR, at=2, matching=lambda sql: sql.startswith("COPY"), error=DISK_FULL))
    with pytest.raises(WarehouseError):
        loading.load()
    tables = double.rows(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{SCHEMA}'")
    assert tables == []
    loading.load()
    loading.require_equal()


def in_thread(loading: Loading, faults: list[Exception]) -> threading.Thread:
    def load() -> None:
        try:
            loading.load()
        except Exception as error:
            faults.append(error)

    started = threading.Thread(target=load, daemon=True)
    started.start()
    return started


def test_of_two_loads_at_once_one_waits_and_finds_nothing_left_to_do(loaded: Loading, double: RedshiftDouble) -> None:
    publish(loaded, 1)
    held = Fault(Moment.HOLD, matching=lambda sql: sql.startswith("COPY"))
    double.inject(held)
    faults: list[Exception] = []
    first = in_thread(loaded, faults)
    assert held.reached.wait(60)
    second = in_thread(loaded, faults)
    wait_until(lambda: [sql for sql in double.statements if sql.startswith("LOCK")][1:] != [])
    held.released.set()
    for load in (first, second):
        load.join(120)
        assert not load.is_alive()
    assert faults == []
    assert in_warehouse(double) == in_lake(loaded, 1)
    audited = (
        f"SELECT table_name, count(*) FROM \"{SCHEMA}_staging\".loads WHERE version = 'v001' GROUP BY 1 ORDER BY 1"
    )
    assert double.rows(audited) == [("dim_place", 1), ("fact_counts", 1)]


def test_readers_see_the_old_rows_while_a_load_is_at_work(loaded: Loading, double: RedshiftDouble) -> None:
    before = in_warehouse(double)
    publish(loaded, 1)
    held = Fault(Moment.HOLD, matching=lambda sql: sql.upper() == "COMMIT")
    # The first COMMIT is that of the transaction: before it, each statement is one of its own.
    double.inject(held)
    faults: list[Exception] = []
    load = in_thread(loaded, faults)
    assert held.reached.wait(60)
    assert in_warehouse(double) == before
    held.released.set()
    load.join(120)
    assert faults == []
    assert in_warehouse(double) == in_lake(loaded, 1)


def test_a_load_that_waits_for_another_one_gives_up_at_its_deadline(loaded: Loading, double: RedshiftDouble) -> None:
    publish(loaded, 1)
    with double.owner.connect() as other:
        other.execute(f'LOCK TABLE "{SCHEMA}_staging"."load_lock"'.encode())
        with pytest.raises(WarehouseError, match=f"another load of {SCHEMA} is running"):
            loaded.load(minutes=0.1)
    loaded.load()
    assert in_warehouse(double) == in_lake(loaded, 1)


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
