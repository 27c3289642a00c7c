"""Two lakes compared: every row of every table and of quarantine, and the types in the files."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from covid_lake import paths
from covid_lake.datasets import registry
from covid_lake.reading.lake import Lake
from covid_lake.store.arrow_files import QUARANTINE_SCHEMA
from covid_lake.store.snapshots import Manifest, current_snapshot, read_manifest
from covid_lake.store.storage import LocalStorage

# Of each run its own.
OF_THE_RUN = "run_id"
ROWS_SHOWN = 3


def differences(one: LocalStorage, other: LocalStorage, dataset: str = "covid19") -> list[str]:
    """What the tables of two lakes differ in, in words; none where they are equal."""
    ours, theirs = current_snapshot(one, dataset), current_snapshot(other, dataset)
    if ours.tables.keys() != theirs.tables.keys():
        return [f"{sorted(ours.tables)} are there, and {sorted(theirs.tables)}"]
    found: list[str] = []
    for table in registry.dataset(dataset).tables:
        if table.id not in ours.tables:
            continue
        mine = read_manifest(one, table, ours.tables[table.id].version)
        its = read_manifest(other, table, theirs.tables[table.id].version)
        found += (f"{table.id}: {text}" for text in _of_manifests(mine, its))
        types = [_types(storage, table.id, m, dataset) for storage, m in ((one, mine), (other, its))]
        if types[0] != types[1]:
            found.append(f"{table.id}: types {types[0]} and {types[1]}")
        name = f"{dataset}_{table.id}"
        found += (f"{table.id}: {row}" for row in _rows(Lake(one.root).arrow(name), Lake(other.root).arrow(name)))
        if mine.quarantine or its.quarantine:
            refused = [_quarantine(storage, m) for storage, m in ((one, mine), (other, its))]
            found += (f"refused of {table.id}: {row}" for row in _rows(*refused))
    return found


def _of_manifests(one: Manifest, other: Manifest) -> Iterator[str]:
    for name in ("basis", "records", "rejected", "superseded", "withheld", "content", "measures", "days", "columns"):
        if getattr(one, name) != getattr(other, name):
            yield f"{name} is {getattr(one, name)}, and {getattr(other, name)}"


def _types(storage: LocalStorage, table_id: str, manifest: Manifest, dataset: str) -> dict[str, str]:
    table = next(one for one in registry.dataset(dataset).tables if one.id == table_id)
    folder = storage.directory / paths.table(table)
    schemas = {
        tuple((field.name, str(field.type)) for field in pq.read_schema(folder / one.path))
        for one in manifest.files
        if one.rows
    }
    assert len(schemas) <= 1, schemas
    return dict(next(iter(schemas), ()))


def _quarantine(storage: LocalStorage, manifest: Manifest) -> pa.Table:
    """The refused records without their lines, which Spark does not always know."""
    if not manifest.quarantine:
        return QUARANTINE_SCHEMA.empty_table().drop_columns(["line"])
    files = sorted((storage.directory / manifest.quarantine).glob("*.parquet"))
    return pa.concat_tables(pq.read_table(file).cast(QUARANTINE_SCHEMA) for file in files).drop_columns(["line"])


def _rows(one: pa.Table, other: pa.Table) -> Iterator[str]:
    """The rows that only one side has."""
    connection = duckdb.connect()
    for name, table in (("a", one), ("b", other)):
        connection.register(name, table.drop_columns([OF_THE_RUN] if OF_THE_RUN in table.column_names else []))
    for mine, theirs in (("a", "b"), ("b", "a")):
        alone = f"SELECT * FROM {mine} EXCEPT ALL SELECT * FROM {theirs}"
        count = connection.execute(f"SELECT count(*) FROM ({alone})").fetchall()[0][0]
        if count:
            shown = connection.execute(f"{alone} LIMIT {ROWS_SHOWN}").fetch_arrow_table().to_pylist()
            yield f"{count} rows only on side {mine}, such as {shown}"
