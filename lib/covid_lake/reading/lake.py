"""A lake as a person reads it: what tables there are, where they lie, and SQL over them.

    lake = Lake("s3://bucket/prefix")
    lake.sql("SELECT * FROM covid19_curated.dim_region").arrow.to_pandas()

A table is called `<dataset>_<zone>.<table>`, here as in Athena. Every call reads the newest snapshot once and answers
from that state: versions are immutable, so a run that publishes in between changes nothing that is being read.
"""

from __future__ import annotations

import copy
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

from covid_lake import paths
from covid_lake.catalog.column_types import hive_type
from covid_lake.catalog.tables import QUARANTINE_FIELDS
from covid_lake.contracts import Dataset, Type, Zone, column_for_header
from covid_lake.datasets import registry
from covid_lake.datasets.registry import NamedTable
from covid_lake.datasets.views import StarView, star_views, view_called
from covid_lake.errors import QueryError, UnknownTable
from covid_lake.reading.answers import Answer, answer_of_arrow, answer_of_rows
from covid_lake.reading.athena.macros import macros_for
from covid_lake.reading.athena.translation import Translation
from covid_lake.reading.landing_views import landing_files, landing_query
from covid_lake.reading.query import Listing, read_question
from covid_lake.reading.typed import typed
from covid_lake.store.arrow_files import open_filesystem, quarantine_dataset, table_dataset
from covid_lake.store.parquet import stored_rows
from covid_lake.store.presence import require_lake
from covid_lake.store.questions import connect, naming_faults
from covid_lake.store.snapshots import Manifest, Snapshot, TableVersion, current_snapshot, read_manifest
from covid_lake.store.storage import FileInfo, Storage, open_storage


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A line in the list of a lake's tables. A table that was never built has neither version, rows nor location.

    `rows` is unknown for landing, whose records nobody counts for a list; `location` is the folder that the version
    wrote, in which a table that is rewritten by partitions has only the newest of them.
    """

    table: NamedTable
    version: str | None = None
    rows: int | None = None
    location: str | None = None

    @property
    def name(self) -> str:
        return str(self.table)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a table's current rows lie: the folder, and in it the files that hold them, named one by one."""

    folder: str
    files: tuple[str, ...]


class Lake:
    """The lake at `root`, a directory or `s3://bucket/prefix`; no table is read before it is asked for.

    S3 is reached with the credentials, region and endpoint that boto3 finds in the environment; `unsigned` reads a
    public bucket without any. Raises `MissingInput` where no lake is.
    """

    def __init__(self, root: str | Path, *, unsigned: bool = False, endpoint: str | None = None) -> None:
        self.storage = open_storage(str(root), unsigned=unsigned, endpoint=endpoint)
        require_lake(self.storage)
        self._endpoint = endpoint
        self._relations: duckdb.DuckDBPyConnection | None = None
        self._fixed: _State | None = None

    def __repr__(self) -> str:
        return f"Lake({self.storage.root!r})"

    def fixed(self) -> Lake:
        """The lake as it is now: whatever is published later, all calls of what is returned answer from one state."""
        fixed = copy.copy(self)
        fixed._relations, fixed._fixed = None, self._state()
        return fixed

    def datasets(self) -> tuple[Dataset, ...]:
        """The datasets that the library knows, built in this lake or not."""
        return tuple(registry.dataset(name) for name in registry.dataset_names())

    def tables(self, zone: Zone | str | None = None) -> list[TableEntry]:
        """The tables of the zone, or of all: landing where files lie, quarantine where records were refused, and every
        trusted and curated table, built or not.
        """
        state = self._state()
        zones = list(Zone) if zone is None else [Zone(zone)]
        names = [t for name in registry.dataset_names() for z in zones for t in registry.tables_of(name, z)]
        entries = (state.entry(table) for table in names)
        return [entry for entry in entries if entry.location or entry.table.zone in (Zone.TRUSTED, Zone.CURATED)]

    def views(self) -> list[StarView]:
        """The views whose tables the lake has, all of them built."""
        built = {entry.name for entry in self.tables(Zone.CURATED) + self.tables(Zone.TRUSTED) if entry.version}
        known = [view for name in registry.dataset_names() for view in star_views(name)]
        return [view for view in known if built.issuperset(view.tables)]

    def location(self, name: str) -> Location:
        """Where the table's current rows lie; `UnknownTable` where there is no such table, or none yet."""
        state = self._state()
        folder, files = state.files(registry.table_called(name))
        return Location(state.place(folder), tuple(state.place(f"{folder}/{file}") for file in files))

    def inputs(self, name: str) -> Mapping[str, str]:
        """What the table's current version was built from: landing file to SHA-256, or table to version.

        Raises `UnknownTable` where there is no such table, or no version of it.
        """
        return self._state().inputs(registry.table_called(name))

    def dataset(self, name: str) -> ds.Dataset:
        """The table as an Arrow dataset, which reads files only when it is scanned, and only those that it has to.

        Partition columns are text. Raises `UnknownTable`, and `QueryError` for a landing table, which is no Parquet.
        """
        return self._state().dataset(registry.table_called(name))

    def arrow(self, name: str) -> pa.Table:
        """The table, whole, as an Arrow table; a landing table as text. Raises `UnknownTable`."""
        table = registry.table_called(name)
        if table.zone is Zone.LANDING:
            return self.sql(f"SELECT * FROM {table}").arrow  # noqa: S608 - the name is one of the registry's
        with naming_faults():
            return self._state().dataset(table).to_table()

    def relation(self, name: str) -> duckdb.DuckDBPyRelation:
        """The table as a DuckDB relation, to be filtered and joined in Python. Raises `UnknownTable`."""
        table = registry.table_called(name)
        if self._relations is None:
            self._relations = connect()
        if table.zone is Zone.LANDING:
            return self._relations.from_arrow(self.arrow(name))
        return self._relations.from_arrow(self._state().dataset(table))

    def sql(self, text: str) -> Answer:
        """Ask the lake in Athena's SQL; one statement that reads, over the tables of any zone and dataset.

        Raises `QueryError` for a query that cannot be read or answered, `UnknownTable` for a table that is not there.
        """
        question = read_question(text)
        state = self._state()
        if isinstance(question, Listing):
            return self._describe(str(question.name)) if question.kind == "columns" else _list(question, state)
        tables = [registry.find_table(name) for name in question.tables]
        # What cannot be answered is told before a file is opened.
        translation = question.for_lake()
        scratch_folder = tempfile.TemporaryDirectory(prefix="covid_lake-")
        with naming_faults(), closing(connect()) as connection, scratch_folder as scratch:
            for table in tables:
                state.show(connection, table, Path(scratch))
            _shut_in(connection, [state.place(str(Zone.LANDING)), scratch])
            return answer_from(connection, translation)

    def _describe(self, name: str) -> Answer:
        """The columns of a table or a view, as Athena has them."""
        view = view_called(name)
        table = None if view else registry.table_called(name)
        if table and table.zone is Zone.QUARANTINE:
            described = [(column.name, column.type, column.comment) for column in QUARANTINE_FIELDS]
        elif table and table.zone is Zone.LANDING:
            names = self.sql(f"SELECT * FROM {table} LIMIT 0").columns  # noqa: S608 - the name is one of the registry's
            known = {given: column_for_header(table.contract.source_columns, given) for given in names}
            described = [(given, "string", column.comment if column else "") for given, column in known.items()]
        else:
            columns = view.columns if view else registry.table_called(name).contract.columns
            described = [(column.name, hive_type(column), column.comment) for column in columns]
        return answer_of_rows(["column", "type", "comment"], described)

    def _state(self) -> _State:
        return self._fixed or _State(self.storage, open_filesystem(self.storage, self._endpoint))


@dataclass(slots=True)
class _State:
    """One state of the lake: a dataset's newest snapshot is read once, and everything after is answered from it."""

    storage: Storage
    filesystem: fs.FileSystem
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    landing: dict[str, list[FileInfo]] = field(default_factory=dict)

    def entry(self, table: NamedTable) -> TableEntry:
        if table.zone is Zone.LANDING:
            delivered = landing_files(self._landing(table), table.contract)
            return TableEntry(table, location=self.place(paths.landing(table.dataset)) if delivered else None)
        current = self._version(table)
        if current is None:
            return TableEntry(table)
        if table.zone is not Zone.QUARANTINE:
            folder = paths.version(table.contract, current.version)
            return TableEntry(table, current.version, current.rows, self.place(folder))
        if current.quarantine is None:
            return TableEntry(table)
        rows = stored_rows(self.storage, current.quarantine)
        return TableEntry(table, current.version, rows, self.place(current.quarantine))

    def files(self, table: NamedTable) -> tuple[str, tuple[str, ...]]:
        """The table's current folder and its files, below it."""
        if table.zone is Zone.LANDING:
            delivered = landing_files(self._landing(table), table.contract)
            if not delivered:
                raise UnknownTable(f"{table} has no files in this lake; bring them to {self._landing_place(table)}")
            return paths.landing(table.dataset), delivered
        current = self._version(table)
        if current is None:
            raise UnknownTable(f"{table} was not built in this lake yet; build it with: covid-lake run {table.dataset}")
        if table.zone is not Zone.QUARANTINE:
            manifest = read_manifest(self.storage, table.contract, current.version)
            return _located(table, manifest)
        if current.quarantine is None:
            raise UnknownTable(f"{table} does not exist: no record of {table.contract.name} was refused")
        found = self.storage.list_files(current.quarantine)
        names = (file.path.removeprefix(f"{current.quarantine}/") for file in found)
        return current.quarantine, tuple(name for name in names if name.endswith(".parquet"))

    def inputs(self, table: NamedTable) -> Mapping[str, str]:
        current = self._version(table)
        if current is None or table.zone not in (Zone.TRUSTED, Zone.CURATED):
            raise UnknownTable(f"{table} was not built in this lake")
        return current.inputs

    def dataset(self, table: NamedTable) -> ds.Dataset:
        if table.zone is Zone.LANDING:
            raise QueryError(f"{table} holds files as delivered, which are no Arrow dataset; use arrow() or sql()")
        folder, files = self.files(table)
        located = [f"{folder}/{file}" for file in files]
        if table.zone is Zone.QUARANTINE:
            return quarantine_dataset(self.storage, self.filesystem, located)
        return table_dataset(self.storage, self.filesystem, table.contract, located)

    def show(self, connection: duckdb.DuckDBPyConnection, table: NamedTable, scratch: Path) -> None:
        """Make the table a view of the connection, under the name that it has in Athena."""
        if table.zone is Zone.LANDING:
            query = landing_query(connection, self.storage, table.contract, self.files(table)[1], scratch)
        else:
            connection.register(f"{table.database}_{table.contract.name}", self.dataset(table))
            query = f"SELECT {_as_in_athena(table)} FROM {table.database}_{table.contract.name}"  # noqa: S608 - known names
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.database}")
        connection.execute(f"CREATE VIEW {table} AS {query}")

    def place(self, path: str) -> str:
        """The path as other tools take it: an absolute path, or an s3:// URL."""
        return f"{self.storage.root}/{path}"

    def _landing_place(self, table: NamedTable) -> str:
        patterns = table.contract.landing.patterns if table.contract.landing else ()
        return " or ".join(self.place(f"{paths.landing(table.dataset)}/{pattern}") for pattern in patterns)

    def _landing(self, table: NamedTable) -> list[FileInfo]:
        if table.dataset not in self.landing:
            self.landing[table.dataset] = self.storage.list_files(paths.landing(table.dataset))
        return self.landing[table.dataset]

    def _version(self, table: NamedTable) -> TableVersion | None:
        if table.dataset not in self.snapshots:
            self.snapshots[table.dataset] = current_snapshot(self.storage, table.dataset)
        return self.snapshots[table.dataset].version_of(table.contract)


def _as_in_athena(table: NamedTable) -> str:
    """The columns of a Parquet table as the Athena DDL has them: times without a zone, which are UTC."""
    times = [column.name for column in table.contract.columns if column.type is Type.TIMESTAMP]
    if table.zone is Zone.QUARANTINE or not times:
        return "*"
    return f"* REPLACE ({', '.join(f'CAST({name} AS TIMESTAMP) AS {name}' for name in times)})"


def _located(table: NamedTable, manifest: Manifest) -> tuple[str, tuple[str, ...]]:
    """The version's own folder and its files in it; the table's folder where some lie in older versions' folders."""
    files = tuple(file.path for file in manifest.files if file.rows)
    own = paths.version(table.contract, manifest.version)
    folder = paths.table(table.contract)
    prefix = f"{own.removeprefix(f'{folder}/')}/"
    if all(file.startswith(prefix) for file in files):
        return own, tuple(file.removeprefix(prefix) for file in files)
    return folder, files


def _shut_in(connection: duckdb.DuckDBPyConnection, folders: Iterable[str]) -> None:
    """From here on the engine reads the lake's landing files and nothing else of this machine."""
    local = [folder for folder in folders if os.path.isabs(folder)]  # noqa: PTH117 - an s3:// URL is no path
    connection.execute("SET allowed_directories = $folders", {"folders": local})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def answer_from(connection: duckdb.DuckDBPyConnection, translation: Translation) -> Answer:
    """Ask a connection of DuckDB that has the query's tables as views."""
    connection.execute(macros_for(translation.sql))
    result = connection.execute(translation.sql)
    if translation.is_explained:
        return answer_of_rows(["plan"], [[str(row[1])] for row in result.fetchall()])
    table = result.fetch_arrow_table()
    return answer_of_arrow(table) if translation.columns is None else Answer(typed(table, translation.columns))


def _list(listing: Listing, state: _State) -> Answer:
    entries = [entry for entry in map(state.entry, registry.all_tables()) if entry.location]
    if listing.kind == "databases":
        return answer_of_rows(["database"], [[name] for name in dict.fromkeys(e.table.database for e in entries)])
    databases = sorted({table.database for table in registry.all_tables()})
    if listing.name is not None and listing.name not in databases:
        raise UnknownTable(f"no database is called {listing.name}; there is {', '.join(databases)}")
    built = {entry.name for entry in entries}
    shown = [entry.name for entry in entries if listing.name in (None, entry.table.database)]
    views = [view for name in registry.dataset_names() for view in star_views(name) if built.issuperset(view.tables)]
    shown += [str(view) for view in views if listing.name in (None, view.database)]
    return answer_of_rows(["table"], [[name] for name in shown])
