"""Times have no zone in SQL, as the Athena DDL says, and are compared with literals of any precision."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from covid_lake.errors import QueryError
from covid_lake.reading.lake import Lake
from covid_lake.store.storage import LocalStorage
from small_lake import publish_rows

MOMENTS = [datetime(2020, 3, 1, 12, 0, tzinfo=UTC), datetime(2020, 3, 2, 0, 30, 15, tzinfo=UTC)]
TABLE = "covid19_trusted.jhu_daily_reports"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = tmp_path_factory.mktemp("lake")
    rows = [{"country_region": "Chad", "last_update": at, "month": "2020-03"} for at in MOMENTS]
    publish_rows(LocalStorage(root), "v1", {TABLE: rows})
    return Lake(root)


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("last_update > TIMESTAMP '2020-01-25 00:00:00'", 2),
        ("last_update >= TIMESTAMP '2020-03-02 00:30:15.000'", 1),
        ("last_update > TIMESTAMP '2020-03-02 00:30:14.999999'", 1),
        ("last_update = TIMESTAMP '2020-03-01 12:00'", 1),
        ("last_update > TIMESTAMP '2020-03-02'", 1),
        ("last_update > DATE '2020-03-02'", 1),
        ("last_update BETWEEN TIMESTAMP '2020-03-01 00:00:00' AND TIMESTAMP '2020-03-01 23:59:59.999'", 1),
        ("date(last_update) = DATE '2020-03-02'", 1),
        ("last_update < now()", 2),
        ("last_update < current_timestamp AND last_update < localtimestamp", 2),
        ("last_update > TIMESTAMP '2020-03-01 13:00:00 Europe/Rome'", 1),
        ("hour(last_update AT TIME ZONE 'Europe/Rome') = 13", 1),
        ("last_update IN (TIMESTAMP '2020-03-01 12:00:00', CAST('2020-03-02 00:30:15' AS timestamp))", 2),
        ("last_update > CAST(DATE '2020-03-01' AS timestamp) + INTERVAL '1' DAY", 1),
        ("last_update > date_add('hour', -3, TIMESTAMP '2020-03-02 02:00:00')", 1),
    ],
)
def test_a_time_is_compared_with_literals(condition: str, count: int, lake: Lake) -> None:
    assert lake.sql(f"SELECT count(*) FROM {TABLE} WHERE {condition}").rows == [(count,)]


@pytest.mark.parametrize(
    "condition",
    [
        "last_update > '2020-01-25'",
        "last_update > TIMESTAMP '2020-01-25 00:00:00.123456789'",
        "last_update > TIMESTAMP '2020-01-25T00:00:00'",
        "last_update AT TIME ZONE 'Mars/Base' > now()",
    ],
)
def test_what_athena_would_not_read_so_is_refused(condition: str, lake: Lake) -> None:
    with pytest.raises(QueryError):
        lake.sql(f"SELECT count(*) FROM {TABLE} WHERE {condition}")


def test_a_time_is_written_as_athena_writes_it(lake: Lake) -> None:
    asked = f"SELECT CAST(last_update AS varchar), last_update, typed FROM {TABLE} CROSS JOIN (VALUES 1) AS t (typed) "
    assert lake.sql(f"{asked} ORDER BY 1").rows == [
        ("2020-03-01 12:00:00.000000", datetime(2020, 3, 1, 12, 0), 1),
        ("2020-03-02 00:30:15.000000", datetime(2020, 3, 2, 0, 30, 15), 1),
    ]


def test_python_still_gets_the_zone(lake: Lake, tmp_path: Path) -> None:
    assert lake.arrow(TABLE).column("last_update").to_pylist() == MOMENTS
    assert not list(tmp_path.iterdir())
