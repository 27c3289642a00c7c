"""Lakes with a catalog for tests: publishing into it, and reading what it shows by other engines than the library's."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyiceberg.table import Table as IcebergTable

from covid_lake.contracts import Dataset
from covid_lake.publish.catalog.local import LocalCatalog
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.publish.publisher import Published
from covid_lake.store.reports import PublisherReport
from covid_lake.store.snapshots import Snapshot, current_snapshot
from covid_lake.store.storage import LocalStorage, Storage
from lake_runs import no_engine


def state_of(
    storage: Storage, dataset: Dataset, snapshot: Snapshot | None = None, *, full_refresh: bool = False
) -> Published:
    """A dataset as readers see it, or as they saw it at a snapshot."""
    shown = snapshot or current_snapshot(storage, dataset.name)
    return Published(storage, dataset, shown, no_engine, full_refresh=full_refresh)


def bring_up(storage: LocalStorage, dataset: Dataset, snapshot: Snapshot | None = None) -> PublisherReport:
    """Bring the catalog inside of the lake up to the snapshot that readers see, or to another one."""
    report = CatalogPublisher(LocalCatalog(storage)).bring_up_to(state_of(storage, dataset, snapshot))
    assert report.error == ""
    return report


@contextmanager
def tables_in(storage: LocalStorage) -> Iterator[TablesByName]:
    """The tables of the catalog inside of the lake."""
    with LocalCatalog(storage).iceberg() as catalog:
        yield TablesByName(catalog)


@dataclass(frozen=True)
class TablesByName:
    """A catalog, asked by full names."""

    catalog: Any

    def __getitem__(self, name: str) -> IcebergTable:
        found: IcebergTable = self.catalog.load_table(tuple(name.split(".")))
        return found


def rows_of(table: pa.Table, names: list[str] | None = None) -> Counter[tuple[Any, ...]]:
    """The rows as a multiset; a moment in UTC counts as one without a zone."""
    return Counter(
        tuple(value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in row.values())
        for row in table.select(names or table.column_names).to_pylist()
    )


def duckdb_with_iceberg() -> duckdb.DuckDBPyConnection:
    """DuckDB with its own reader of Iceberg tables, from PyPI; nothing is fetched."""
    connection = duckdb.connect()
    connection.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
    for extension in iceberg_extensions():
        connection.execute(f"LOAD '{extension}'")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def iceberg_extensions() -> list[Path]:
    """The files of DuckDB's extensions that read Iceberg tables, in the order in which they are loaded."""
    files = []
    for name in ("avro", "iceberg"):
        found = importlib.util.find_spec(f"duckdb_extension_{name}")
        if found is None or found.origin is None:
            pytest.skip(f"DuckDB's extension {name} is not installed (PyPI duckdb-extension-{name})")
        files += Path(found.origin).parent.rglob("*.duckdb_extension")
    return files


def texts_of_metadata(storage: LocalStorage) -> str:
    """All that is in the files below `metadata/`; those in Avro are packed, so they are read by DuckDB."""
    connection, found = duckdb_with_iceberg(), []
    for file in sorted(storage.directory.rglob("metadata/*")):
        if file.suffix == ".avro":
            rows = connection.execute("SELECT * FROM read_avro(?)", [str(file)]).fetchall()
            found.append(str(rows))
        else:
            found.append(file.read_text())
    return "\n".join(found)
