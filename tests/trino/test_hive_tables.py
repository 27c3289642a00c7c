"""A lake whose trusted and curated tables are registered as plain Parquet tables, `--table-format hive`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.publish.catalog.protocol import TableFormat
from server import Trino
from trino_lakes import CataloguedLake

STORED_TABLES = [str(table) for table in registry.all_tables() if table.zone in (Zone.TRUSTED, Zone.CURATED)]


@pytest.fixture(scope="module")
def as_hive_tables(catalogued: CataloguedLake) -> Iterator[CataloguedLake]:
    """The lake with Hive tables, for the tests of this file; it has Iceberg tables again afterwards."""
    for name in registry.dataset_names():
        catalogued.publish(name, TableFormat.HIVE)
    yield catalogued
    for name in registry.dataset_names():
        catalogued.publish(name)


@pytest.mark.parametrize("name", STORED_TABLES)
def test_trino_reads_the_rows_of_the_lake(name: str, as_hive_tables: CataloguedLake, trino: Trino) -> None:
    ((created,),) = trino.rows(f"SHOW CREATE TABLE {name}")
    assert "external_location" in created
    found, expected = trino.ask(f"SELECT * FROM {name}"), as_hive_tables.lake.sql(f"SELECT * FROM {name}")
    assert Counter(map(repr, found.arrow.to_pylist())) == Counter(map(repr, expected.arrow.to_pylist()))
    assert found.columns == expected.columns
    assert len(found) > 0


def test_partitions_that_are_not_asked_for_are_not_read(as_hive_tables: CataloguedLake, trino: Trino) -> None:
    asked = "SELECT DISTINCT \"$path\" FROM covid19_curated.fact_cases WHERE month = '2020-01'"
    assert all("/month=2020-01/" in path for (path,) in trino.rows(asked))
    assert trino.rows('SELECT month FROM covid19_curated."fact_cases$partitions" ORDER BY month') == [
        ("2020-01",),
        ("2020-02",),
    ]
