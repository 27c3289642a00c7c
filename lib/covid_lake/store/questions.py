"""SQL over the Parquet files of a lake, by DuckDB.

Spark builds tables. Questions about them, such as whether a new version may be published or which partitions a change
touches, are answered by DuckDB: in milliseconds, where a cold Spark plans for a second. DuckDB shares no code with the
engine that wrote the files, so it also finds what that engine writes and reads back wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.errors import QueryError, StorageError
from covid_lake.store.arrow_files import arrow_schema, open_filesystem, table_dataset
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import Storage

# How DuckDB begins its messages: with the part of it that failed.
KIND_OF_ERROR = re.compile(r"^(?:[A-Z][A-Za-z-]* )+Error: ")
# The name of a table in a query: alone, or with its zone.
NAME = re.compile(r"\w+(?:\.\w+)?")


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows in some files of a table."""

    table: Table
    """The table's contract."""
    files: tuple[DataFile, ...] = ()
    """The files; without any, the table is empty."""

    @property
    def paths(self) -> list[str]:
        """The paths of the files that have rows, below the storage's root."""
        folder = paths.table(self.table)
        return [f"{folder}/{file.path}" for file in self.files if file.rows]


class Questions:
    """Answers questions about tables, each known by a name, or by an id such as `curated.dim_date`.

    A table's files are looked for when a question names the table.
    """

    def __init__(self, storage: Storage, tables: Mapping[str, Callable[[], Stored]]) -> None:
        self._storage, self._tables = storage, tables

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """The answer's rows. A value is bound where the text says `$name`; values that it does not name are ignored.

        Raises `StorageError` if a file can't be read, `QueryError` if the text is not a query of these tables.
        """
        named = set(NAME.findall(sql.replace('"', "")))
        with naming_faults(), closing(connect()) as connection:
            filesystem = open_filesystem(self._storage)
            for name in named & self._tables.keys():
                self._show(connection, name, self._relation(self._tables[name](), filesystem))
            answer = connection.execute(sql, {name: value for name, value in values.items() if f"${name}" in sql})
            # By way of Arrow: to give times with a zone itself, DuckDB would need a package more.
            rows: list[dict[str, Any]] = answer.fetch_arrow_table().to_pylist()
            return rows

    def _show(self, connection: duckdb.DuckDBPyConnection, name: str, rows: ds.Dataset | pa.Table) -> None:
        """Make the rows a table of the connection."""
        schema, dot, table = name.rpartition(".")
        alias = f"{schema}_{table}" if dot else name
        connection.register(alias, rows)
        if dot:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted([schema])}")
            connection.execute(f"CREATE VIEW {quoted_id(name)} AS FROM {quoted([alias])}")

    def _relation(self, stored: Stored, filesystem: fs.FileSystem) -> ds.Dataset | pa.Table:
        if not stored.paths:
            return arrow_schema(stored.table.columns).empty_table()
        return table_dataset(self._storage, filesystem, stored.table, stored.paths)


def connect() -> duckdb.DuckDBPyConnection:
    """A DuckDB that calculates as Athena does: times in UTC, and an integer divided by an integer is an integer."""
    connection = duckdb.connect(config={"integer_division": True, "python_enable_replacements": False})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def quoted(names: Collection[str]) -> str:
    """The names as a list of SQL identifiers."""
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def quoted_id(table_id: str) -> str:
    """The id of a table, `zone.name`, as an SQL name."""
    return ".".join(quoted([part]) for part in table_id.split("."))


@contextmanager
def naming_faults() -> Iterator[None]:
    """Turn the errors of DuckDB and Arrow into `QueryError` and `StorageError`."""
    try:
        yield
    except duckdb.Error as error:
        # After this DuckDB quotes the translated query, which the user never wrote.
        raise QueryError(KIND_OF_ERROR.sub("", str(error)).split("\n\nLINE ", 1)[0].strip()) from error
    except (pa.ArrowException, OSError) as error:
        raise StorageError(f"a file of the table cannot be read: {error}") from error
