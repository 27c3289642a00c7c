"""The star's views in Redshift: made by loads, kept by them, and with the rows that the lake's views have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from covid_lake.contracts import Table, Type
from covid_lake.datasets import registry
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.datasets.views import star_views
from covid_lake.publish.publisher import Published
from covid_lake.publish.warehouse import curated_versions
from covid_lake.reading.lake import Lake
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import S3Storage
from covid_lake.warehouse.dialects import REDSHIFT
from covid_lake.warehouse.load import load_star, preview_star
from covid_lake.warehouse.views import WarehouseView, warehouse_views
from lake_runs import no_engine
from redshift_double import RedshiftDouble
from redshift_sessions import PythonDriver
from redshift_target import Redshift
from small_lake import calendar, cases, publish_rows

WASHINGTON, KING, OREGON = 2, 3, 5
VIEWS = warehouse_views("covid19", REDSHIFT)
NOTHING: Mapping[Type, Any] = {
    Type.TEXT: "", Type.INT: 0, Type.BIGINT: 0, Type.DOUBLE: 0.0, Type.BOOLEAN: False, Type.DECIMAL: Decimal(0),
}  # fmt: skip


def covid(region: int, day: int, confirmed: int | None, source: str | None = "jhu_daily_reports") -> dict[str, Any]:
    key = {"region_key": region, "date_key": day, "month": f"{day // 10000}-{day // 100 % 100:02}"}
    return {**key, "source": source, "confirmed": confirmed, "deaths": 0, "positive": 7}


STAR: Mapping[str, list[dict[str, Any]]] = {
    "dim_date": [dict(row) for row in calendar(date(2020, 3, 31), date(2020, 4, 2))],
    "dim_region": [
        {"region_key": WASHINGTON, "region_id": "state:US/Washington", "level": "state", "population": 1000},
        {"region_key": KING, "region_id": "county:53033", "level": "county", "county": "King"},
        {"region_key": OREGON, "region_id": "state:US/Oregon", "level": "state"},
    ],
    "fact_cases": [
        dict(cases(KING, date(2020, 3, 31), 9)),
        dict(cases(KING, date(2020, 4, 2), 12)),
        dict(cases(WASHINGTON, date(2020, 4, 1), 4, "nytimes")),
    ],
    "fact_covid": [
        covid(WASHINGTON, 20200331, 10),
        covid(WASHINGTON, 20200402, 8),
        covid(WASHINGTON, 20200401, None, None),
        covid(OREGON, 20200402, 5),
    ],
    "fact_testing": [{"region_key": WASHINGTON, "date_key": 20200402, "total_test_results": 70}],
}


def whole(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with something in each column that may not be null."""
    needed = {c.name: NOTHING[c.type] for c in table.columns if not c.nullable and c.name not in row}
    return {**row, **needed}


@pytest.fixture
def driver(double: RedshiftDouble, emulator: str) -> Iterator[PythonDriver]:
    yield PythonDriver(Redshift.of_double(double, "s3://redshift-files"))
    double.empty()


@pytest.fixture
def lake(driver: PythonDriver) -> Lake:
    storage = S3Storage(f"{driver.target.root}/views")
    storage.delete([file.path for file in storage.list_files("")])
    rows = {
        f"covid19_curated.{name}": [whole(registry.find_table(f"covid19_curated.{name}").contract, row) for row in its]
        for name, its in STAR.items()
    }
    publish_rows(storage, "v1", rows)
    return Lake(storage.root)


def load(driver: PythonDriver, lake: Lake, *, views: tuple[WarehouseView, ...] = VIEWS, resorted: str = "") -> set[str]:
    """Load the star; the names of the tables that were loaded. The table `resorted` gets another sort key."""
    tables = [table for table in COVID19.star if table.name in STAR]
    storage = lake.storage
    published = Published(storage, COVID19, current_snapshot(storage, "covid19"), no_engine)
    given = [
        replace(one, table=replace(one.table, layout=replace(one.table.layout, sort_key=("region_key",))))
        if one.table.name == resorted
        else one
        for one in curated_versions(published, tables)
    ]
    loads = load_star(driver, "covid19", given, star=tables, views=views, copy_role=driver.target.role)
    return {one.table for one in loads if not one.up_to_date}


def rows_of(driver: PythonDriver, view: str, columns: list[str]) -> list[tuple[Any, ...]]:
    named = ", ".join(f'"{column}"' for column in columns)
    return sorted(driver.target.run(f'SELECT {named} FROM "covid19"."{view}"'), key=repr)


def test_a_load_makes_the_views_and_they_have_the_lake_s_rows(driver: PythonDriver, lake: Lake) -> None:
    assert load(driver, lake) == set(STAR)
    for view in star_views("covid19"):
        columns = [column.name for column in view.columns if column.name != "month"]
        found = lake.sql(f"SELECT {', '.join(columns)} FROM {view}").rows
        assert rows_of(driver, view.name, columns) == sorted(found, key=repr) != []


def test_views_are_made_again_where_they_are_missing_or_changed_and_left_alone_otherwise(
    driver: PythonDriver, lake: Lake
) -> None:
    load(driver, lake)
    made = "SELECT count(*) FROM pg_views WHERE schemaname = 'covid19'"
    assert driver.target.run(made) == [(3,)]
    assert "every table is up to date" in _preview(driver, lake)
    driver.target.run('DROP VIEW "covid19"."v_cases"')
    assert 'CREATE VIEW "covid19"."v_cases"' in _preview(driver, lake)
    assert load(driver, lake) == set()
    assert driver.target.run(made) == [(3,)]
    statement = 'CREATE VIEW "covid19"."v_cases" AS\nSELECT 1 AS "one"'
    other = WarehouseView("v_cases", tables=("dim_date",), columns=("one",), statements=(statement,))
    assert load(driver, lake, views=(other, *VIEWS[1:])) == set()
    assert driver.target.run('SELECT * FROM "covid19"."v_cases"') == [(1,)]


def test_a_table_beneath_a_view_is_built_anew(driver: PythonDriver, lake: Lake) -> None:
    load(driver, lake)
    assert load(driver, lake, resorted="fact_cases") == {"fact_cases"}
    assert len(rows_of(driver, "v_cases", ["region_id"])) == 3


def test_a_view_whose_tables_are_not_there_is_not_made(driver: PythonDriver, lake: Lake) -> None:
    missing = WarehouseView(
        "v_missing", tables=("fact_cases", "dim_hospital"), columns=("one",), statements=("not even SQL",)
    )
    load(driver, lake, views=(missing,))
    assert driver.target.run("SELECT count(*) FROM pg_views WHERE schemaname = 'covid19'") == [(0,)]


def _preview(driver: PythonDriver, lake: Lake) -> str:
    tables = [table for table in COVID19.star if table.name in STAR]
    published = Published(lake.storage, COVID19, current_snapshot(lake.storage, "covid19"), no_engine)
    given = curated_versions(published, tables)
    return preview_star(driver, "covid19", given, star=tables, views=VIEWS, copy_role=driver.target.role)
