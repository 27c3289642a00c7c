"""`covid-lake warehouse load`: into a PostgreSQL by its URL."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from covid_lake.cli.main import main
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse.connection import WarehouseConnection
from small_lake import calendar, publish_rows

REST = {"quarter": 1, "month_name": "March", "day": 1, "day_of_week": 7, "day_name": "Sunday", "iso_week": 9}


def days(first: int, last: int) -> list[dict[str, Any]]:
    return [{**REST, "is_weekend": True, **day} for day in calendar(date(2020, 3, first), date(2020, 3, last))]


@pytest.fixture
def lake(tmp_path: Path) -> LocalStorage:
    storage = LocalStorage(tmp_path / "lake")
    publish_rows(storage, "v1", {"covid19_curated.dim_date": days(1, 3)})
    return storage


def load(lake: LocalStorage, warehouse: WarehouseConnection, *options: str) -> Result:
    command = ["warehouse", "load", "covid19", "--lake", lake.root, "--warehouse", warehouse.url, *options]
    return CliRunner(env={"PGPASSWORD": warehouse.password}).invoke(main, command, catch_exceptions=False)


def loaded(warehouse: WarehouseConnection) -> list[tuple[Any, ...]]:
    with warehouse.connect() as opened:
        found = opened.execute("SELECT date_key FROM covid19.dim_date ORDER BY 1").fetchall()
        audit = "SELECT scope, staged, inserted, deleted FROM covid19_staging.loads ORDER BY verified_at"
        return [tuple(key for (key,) in found), *opened.execute(audit.encode()).fetchall()]


def test_a_load_brings_what_differs_and_a_full_one_all(
    lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    first = load(lake, empty_warehouse)
    assert (first.exit_code, empty_warehouse.password in first.output) == (0, False)
    assert "dim_date" in first.output
    assert loaded(empty_warehouse) == [(20200301, 20200302, 20200303), ("created", 3, 3, 0)]
    assert load(lake, empty_warehouse).exit_code == 0
    publish_rows(lake, "v2", {"covid19_curated.dim_date": days(2, 4)})
    assert load(lake, empty_warehouse, "--table", "dim_date").exit_code == 0
    assert load(lake, empty_warehouse, "--load", "full").exit_code == 0
    expected = [("created", 3, 3, 0), ("whole", 3, 1, 1), ("whole", 3, 0, 0)]
    assert loaded(empty_warehouse) == [(20200302, 20200303, 20200304), *expected]


def test_a_dry_run_prints_the_sql_of_the_load_and_changes_nothing(
    lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    planned = load(lake, empty_warehouse, "--dry-run")
    assert planned.exit_code == 0
    assert 'CREATE TABLE IF NOT EXISTS "covid19_staging"."dim_date"' in planned.output
    with empty_warehouse.connect() as opened:
        assert opened.execute("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'covid19%'").fetchall() == []
    load(lake, empty_warehouse)
    assert "every table is up to date" in load(lake, empty_warehouse, "--dry-run").output
    publish_rows(lake, "v2", {"covid19_curated.dim_date": days(1, 4)})
    changed = load(lake, empty_warehouse, "--dry-run").output
    assert "-- dim_date: compared whole, to version v2, from version v1" in changed
    assert 'DELETE FROM "covid19"."dim_date" WHERE NOT EXISTS' in changed
    assert loaded(empty_warehouse)[0] == (20200301, 20200302, 20200303)


def test_what_cannot_be_loaded_is_said_in_a_sentence(lake: LocalStorage, empty_warehouse: WarehouseConnection) -> None:
    for options, message in (
        (("--table", "state_abv"), "state_abv is no table of covid19 that a warehouse gets; there is: "),
        (("--copy-role", "reader"), "the role 'reader', with which Redshift is to read the lake"),
    ):
        refused = load(lake, empty_warehouse, *options)
        assert refused.exit_code != 0
        assert message in refused.output
