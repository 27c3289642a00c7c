"""The same Iceberg tables, read by PyIceberg and by Trino."""

from __future__ import annotations

from collections import Counter

import pytest

from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from server import Trino
from trino_lakes import CataloguedLake

ICEBERG_TABLES = [str(table) for table in registry.all_tables() if table.zone in (Zone.TRUSTED, Zone.CURATED)]


@pytest.mark.parametrize("name", ICEBERG_TABLES)
def test_pyiceberg_reads_the_rows_that_trino_reads(name: str, catalogued: CataloguedLake, trino: Trino) -> None:
    found = trino.ask(f"SELECT * FROM {name}")
    with catalogued.publisher().catalog.iceberg() as catalog:
        table = catalog.load_table(name)
        rows = table.scan().to_arrow().select(found.columns)
    assert Counter(map(repr, rows.to_pylist())) == Counter(map(repr, found.arrow.to_pylist()))
    assert rows.num_rows > 0
