"""The star as an extract: one `.hyper` file, which Tableau opens without a warehouse.

Hyper, Tableau's own engine, reads the lake's Parquet files by itself. The keys are given to it as assumed ones: Tableau
relates the tables by them when the file is opened.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covid_lake import paths
from covid_lake.contracts import Column, Dataset, Table, Type
from covid_lake.errors import LakeError, MissingInput, SettingsError
from covid_lake.store.questions import Stored
from covid_lake.store.snapshots import current_snapshot, read_manifest
from covid_lake.store.storage import LocalStorage, Storage
from covid_lake.warehouse.dialects import quote

SCHEMA = "Extract"
INSTALL = "it needs Tableau's Hyper API, which is not installed here: pip install 'covid_lake[bi]'"
TYPES = {
    Type.TEXT: "text",
    Type.INT: "integer",
    Type.BIGINT: "bigint",
    Type.DOUBLE: "double precision",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "timestamp",
}
# Called with a table's name before it is written.
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Extracted:
    """A table of an extract."""

    table: str
    """Its name."""
    version: str
    """The version that its rows are of."""
    rows: int
    """How many they are."""


def write_extract(
    storage: Storage, dataset: Dataset, target: Path, progress: Progress = lambda _table: None
) -> tuple[Extracted, ...]:
    """Write the newest version of each table of the star into the file, in place of an older one.

    All tables are of one snapshot. Raises `SettingsError` where the Hyper API is missing, `MissingInput` where no table
    of the star was built, and `LakeError` where Hyper refuses; the older file then stays.
    """
    snapshot = current_snapshot(storage, dataset.name)
    stored = []
    for table in dataset.star:
        if version := snapshot.version_of(table):
            stored.append((Stored(table, read_manifest(storage, table, version.version).files), version.version))
    if not stored:
        raise MissingInput(f"{storage.root} has no curated table of {dataset.name} yet; run 'covid-lake run' first")
    with tempfile.TemporaryDirectory(prefix=".covid-lake-bi-", dir=target.parent) as folder:
        made = Path(folder) / target.name
        with _hyper(made, Path(folder)) as (connection, failures):
            try:
                connection.execute_command(f"CREATE SCHEMA {quote(SCHEMA)}")
                for rows, _ in stored:
                    progress(rows.table.name)
                    connection.execute_command(_create_statement(rows.table))
                    _fill(connection, storage, rows, Path(folder))
                for statement in _key_statements(dataset, [rows.table for rows, _ in stored]):
                    connection.execute_command(statement)
                done = tuple(
                    Extracted(rows.table.name, version, _count(connection, rows.table)) for rows, version in stored
                )
            except failures as error:
                raise LakeError(f"Hyper could not make {target.name}: {error}") from error
        made.replace(target)
    return done


@contextmanager
def _hyper(file: Path, folder: Path) -> Iterator[tuple[Any, type[Exception]]]:
    """A connection to a new file, and the kind of Hyper's errors. Nothing is sent to Tableau, and no log is kept."""
    try:
        from tableauhyperapi import Connection, CreateMode, HyperException, HyperProcess, Telemetry
    except ImportError as error:
        raise SettingsError(f"no extract can be written: {INSTALL}") from error
    settings = {"log_config": "", "log_dir": str(folder)}
    quiet = Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU
    with (
        HyperProcess(telemetry=quiet, parameters=settings) as process,
        Connection(process.endpoint, str(file), CreateMode.CREATE_AND_REPLACE) as connection,
    ):
        yield connection, HyperException


def _create_statement(table: Table) -> str:
    columns = ", ".join(
        f"{quote(column.name)} {_type_of(column)}{'' if column.nullable else ' NOT NULL'}"
        for column in table.stored_columns
    )
    return f"CREATE TABLE {quote(SCHEMA, table.name)} ({columns})"


def _type_of(column: Column) -> str:
    if column.type is Type.DECIMAL:
        return f"numeric({column.precision},{column.scale})"
    return TYPES[column.type]


def _fill(connection: Any, storage: Storage, rows: Stored, folder: Path) -> None:
    """Insert the rows of each file by the columns' names; times, which the files have in UTC, without a zone."""
    names = ", ".join(quote(column.name) for column in rows.table.stored_columns)
    values = ", ".join(_value(column) for column in rows.table.stored_columns)
    for file in rows.files:
        if not file.rows:
            continue
        with _on_disk(storage, f"{paths.table(rows.table)}/{file.path}", folder) as path:
            place = str(path).replace("'", "''")
            connection.execute_command(
                f"INSERT INTO {quote(SCHEMA, rows.table.name)} ({names}) "  # noqa: S608 - names are quoted
                f"SELECT {values} FROM external('{place}', FORMAT => 'parquet')"
            )


def _value(column: Column) -> str:
    name = quote(column.name)
    return f"CAST({name} AT TIME ZONE 'UTC' AS timestamp)" if column.type is Type.TIMESTAMP else name


@contextmanager
def _on_disk(storage: Storage, path: str, folder: Path) -> Iterator[Path]:
    if isinstance(storage, LocalStorage):
        yield storage.directory / path
        return
    copied = folder / "rows.parquet"
    copied.write_bytes(storage.read(path))
    yield copied
    copied.unlink()


def _key_statements(dataset: Dataset, tables: Sequence[Table]) -> Iterator[str]:
    """ALTER TABLE for keys that Hyper takes for granted: https://tableau.github.io/hyper-db/docs/sql/command/alter_table."""
    present = {table.id for table in tables}
    for table in tables:
        if table.key:
            key = ", ".join(quote(name) for name in table.key)
            yield f"ALTER TABLE {quote(SCHEMA, table.name)} ADD ASSUMED PRIMARY KEY ({key})"
    for table in tables:
        for reference in table.references:
            target = dataset.table_of_id(reference.table)
            if target.id in present and target.id != table.id and target.key == (reference.target,):
                yield (
                    f"ALTER TABLE {quote(SCHEMA, table.name)} ADD ASSUMED FOREIGN KEY ({quote(reference.column)}) "
                    f"REFERENCES {quote(SCHEMA, target.name)} ({quote(reference.target)})"
                )


def _count(connection: Any, table: Table) -> int:
    return int(connection.execute_scalar_query(f"SELECT count(*) FROM {quote(SCHEMA, table.name)}"))  # noqa: S608
