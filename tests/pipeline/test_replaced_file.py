"""A landing file replaced: what is built again, and a warehouse that equals the curated zone row for row all along."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.engines.protocol import Engine
from covid_lake.store.reports import RunReport, Status
from covid_lake.store.snapshots import Snapshot, current_snapshot
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.load import read_loaded_versions
from lake_runs import BuiltLake, differing_tables, emptied, loads_of, no_engine, run_lake

CURATED = COVID19.star
COUNTRIES = "landing/covid19/static-datasets/csv/countrycode/CountryCodeQS.csv"
PUBLISHED = {"trusted.country_code", "curated.dim_region"}
# What is built from dim_region comes out the same, and what is built from that is not built at all.
UNCHANGED = {f"curated.{name}" for name in ("dim_hospital", "fact_testing", "fact_covid")}


@dataclass(frozen=True)
class Story:
    """A lake before and after one of its files was replaced, and what each run and its load reported."""

    storage: LocalStorage
    before: Snapshot
    after: Snapshot
    first_load: RunReport
    second_load: RunReport
    replacement: RunReport
    differences: dict[str, list[str]]


@pytest.fixture(scope="module")
def story(
    engine: Engine,
    built_lake: BuiltLake,
    warehouse: WarehouseConnection,
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    emptied(warehouse)
    storage = built_lake.copy(tmp_path_factory.mktemp("replaced") / "lake")
    before, differences = current_snapshot(storage, "covid19"), {}
    first = run_lake(lambda: engine, storage, warehouse=warehouse, after_minutes=1)
    differences["first"] = differing_tables(storage, warehouse)
    second = run_lake(no_engine, storage, warehouse=warehouse, after_minutes=2)
    differences["second"] = differing_tables(storage, warehouse)
    # The US moves, and the country table loses its last line.
    lines = storage.read(COUNTRIES).decode("utf-8-sig").splitlines()
    moved = [line.replace(",38,-97", ",38.5,-97") for line in lines[:-1]]
    assert moved != lines[:-1]
    storage.write(COUNTRIES, ("\n".join(moved) + "\n").encode())
    third = run_lake(lambda: engine, storage, warehouse=warehouse, after_minutes=3)
    differences["third"] = differing_tables(storage, warehouse)
    return Story(storage, before, current_snapshot(storage, "covid19"), first, second, third, differences)


def test_a_first_load_brings_every_table_whole(story: Story) -> None:
    assert story.first_load.succeeded
    assert {load.table for load in loads_of(story.first_load)} == {table.name for table in CURATED}
    assert all(load.counts["inserted"] == load.counts["staged"] > 0 for load in loads_of(story.first_load))
    assert all(load.counts["updated"] == load.counts["deleted"] == 0 for load in loads_of(story.first_load))
    assert story.differences["first"] == []


def test_a_second_load_does_nothing_and_starts_no_engine(story: Story) -> None:
    assert (loads_of(story.second_load), story.second_load.engine) == ((), "none")
    assert story.differences["second"] == []


def test_only_what_depends_on_the_file_is_built_again(story: Story) -> None:
    assert story.replacement.succeeded
    by_status = {
        status: {table.table for table in story.replacement.tables if table.status == status} for status in Status
    }
    assert (by_status[Status.PUBLISHED], by_status[Status.UNCHANGED]) == (PUBLISHED, UNCHANGED)
    assert "curated.dim_date" in by_status[Status.UP_TO_DATE]
    changed = {name for name, entry in story.after.tables.items() if story.before.tables[name].version != entry.version}
    assert changed == PUBLISHED
    reasons = {table.table: table.reason for table in story.replacement.tables}
    assert reasons["trusted.country_code"] == "1 changed"
    assert reasons["curated.dim_region"] == "new version of trusted.country_code"


def test_the_warehouse_follows_the_lake_row_for_row(story: Story, warehouse: WarehouseConnection) -> None:
    assert story.differences["third"] == []
    (region,) = loads_of(story.replacement)
    assert region.table == "dim_region"
    assert [region.counts[name] for name in ("updated", "inserted", "deleted")] == [1, 0, 0]
    assert read_loaded_versions(warehouse, "covid19") == {
        table.name: story.after.tables[table.id].version for table in CURATED
    }
    with warehouse.connect() as opened:
        query = "SELECT latitude FROM covid19.dim_region WHERE region_id = 'country:US'"
        assert opened.execute(query).fetchall() == [(38.5,)]
