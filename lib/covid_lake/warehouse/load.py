"""Load curated tables into the warehouse: fill staging tables, merge them in one transaction, compare, commit.

A reader sees the old tables or the new ones, never a mix, because all changes to the target tables happen in one
transaction. Before it commits, every loaded table is compared with the files of its curated version. The same
transaction records in the warehouse which version is loaded, in the schema of the staging tables.

A table that the warehouse lacks is built in the schema of the staging tables, and the transaction moves it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from covid_lake.contracts import Table, Type
from covid_lake.errors import VerificationFailed, WarehouseError
from covid_lake.store.questions import Stored
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import Storage
from covid_lake.warehouse.checksums import (
    Checksums,
    checksum_query,
    file_checksums,
    first_difference,
    read_checksums,
)
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.ddl import create_statements, key_statements, staging_statement
from covid_lake.warehouse.dialects import POSTGRESQL, Dialect, quote, quote_text
from covid_lake.warehouse.drivers import Driver, LockTaken, SqlSession
from covid_lake.warehouse.merge import Scope, merge_statements
from covid_lake.warehouse.readers import READER, grant_statements

LOADED_VERSIONS = "loaded_versions"
LOAD_LOCK = "load_lock"

Progress = Callable[[str, str], None]


def _silent(_table: str, _phase: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Delta:
    """The difference between a version and an older one."""

    files: tuple[DataFile, ...]
    """The files with all rows that the version has in the part of the table that differs."""
    scope: Scope
    """That part."""


@dataclass(frozen=True, slots=True)
class CuratedVersion:
    """A published version of one curated table, to be loaded."""

    table: Table
    """The contract."""
    version: str
    """The id of the version."""
    storage: Storage
    """The lake."""
    files: tuple[DataFile, ...]
    """All files of the version, as its manifest lists them."""
    since: Callable[[str], Delta | None] = lambda _version: None
    """Gives the difference to an older version; None where it is not known, or is the whole table."""

    @property
    def rows(self) -> int:
        """How many rows the version has."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True, slots=True)
class TableLoad:
    """What a load did to one table. No row is counted as more than one of inserted, changed and deleted."""

    table: str
    version: str
    up_to_date: bool = False
    """Whether the warehouse had the version already. Then nothing was read or written, and all counts are 0."""
    staged: int = 0
    """Rows that were written into the staging table."""
    inserted: int = 0
    changed: int = 0
    deleted: int = 0
    seconds: float = 0.0


def staging_schema(dataset: str) -> str:
    """The schema of a dataset's staging tables and of the record of what is loaded."""
    return f"{dataset}_staging"


def read_loaded_versions(connection: WarehouseConnection, dataset: str) -> dict[str, str]:
    """The version of each loaded table, read without a JVM; empty where nothing was ever loaded.

    A table that was dropped since counts as not loaded. Raises `WarehouseError` when the warehouse does not answer.
    """
    import psycopg  # AWS Glue has none

    with connection.connect() as opened:
        try:
            rows = opened.execute(_loaded_versions_query(dataset).encode()).fetchall()
        except psycopg.errors.UndefinedTable:
            return {}
        except psycopg.Error as error:
            raise WarehouseError(f"the loaded versions could not be read: {error}") from error
    return dict(rows)


def load_star(
    driver: Driver,
    dataset: str,
    versions: Sequence[CuratedVersion],
    *,
    force: bool = False,
    progress: Progress = _silent,
) -> tuple[TableLoad, ...]:
    """Load exactly the given curated versions into the dataset's tables in the warehouse: all of them or none.

    The tables are in the schema that has the dataset's name. A missing table is created, and one whose columns are not
    those of its contract is dropped and created. A table that has its version already is not touched unless `force` is
    set. `progress` is called with a table's name and the phase that begins.

    Returns one `TableLoad` for each table, in the order given. Raises `VerificationFailed` if a loaded table differs
    from its curated version, and `WarehouseError` if the warehouse refuses a statement or another load is running. The
    tables then keep their old rows, and the next load removes the staging tables that are left.
    """
    dialect = driver.connection.dialect
    if dialect is not POSTGRESQL:
        raise WarehouseError(f"tables can't be loaded into {dialect.name} yet; load them into PostgreSQL")
    with driver.session(autocommit=True) as control, driver.session(autocommit=False) as guard:
        _create_staging_schema(control, dataset)
        _take_load_lock(guard, dialect, dataset)
        loaded = {} if force else _loaded_tables(control, dataset)
        outdated = [given for given in versions if loaded.get(given.table.name) != given.version]
        loads = {}
        if outdated:
            _drop_staging_tables(control, dataset)
            staged = [_stage(driver, control, dataset, given, loaded, progress) for given in outdated]
            with driver.session(autocommit=False) as transaction:
                loads = _switch(transaction, dialect, dataset, staged, progress)
            for one in staged:
                if not one.is_new:
                    control.execute(f"ANALYZE {quote(dataset, one.table.name)}")
    return tuple(
        loads.get(given.table.name, TableLoad(given.table.name, given.version, up_to_date=True)) for given in versions
    )


@dataclass(frozen=True, slots=True)
class _Staged:
    """A version in its staging table, and what the target must have after the merge."""

    table: Table
    version: str
    expected: Checksums
    """Of the staged rows."""
    is_new: bool
    """Whether the staging table becomes the target; otherwise its rows are merged into the target."""
    scope: Scope | None
    """The part of the table that is staged; None for all of it."""
    rows: int
    """The number of rows of the whole version."""
    seconds: float


def _stage(
    driver: Driver,
    control: SqlSession,
    dataset: str,
    given: CuratedVersion,
    loaded: Mapping[str, str],
    progress: Progress,
) -> _Staged:
    """Send one version, or the part of it that differs from what is loaded, into a new staging table.

    The table has the contract's columns and nothing else; one that will be the target has its comments and key, too.
    """
    started = time.monotonic()
    table, dialect, schema = given.table, driver.connection.dialect, staging_schema(dataset)
    progress(table.name, "staging")
    is_new = not _has_contract_columns(control, dialect, dataset, table)
    delta = None if is_new or table.name not in loaded else given.since(loaded[table.name])
    rows = Stored(table, delta.files if delta else given.files)
    expected = file_checksums(given.storage, rows, table.stored_columns)
    _require_width(table, expected)
    if is_new:
        _execute_all(control, create_statements(table, schema, dialect, with_key=False))
    else:
        control.execute(staging_statement(table, schema, dialect))
    driver.send(given.storage, rows, schema)
    if is_new:
        _execute_all(control, key_statements(table, schema))
    control.execute(f"ANALYZE {quote(schema, table.name)}")
    return _Staged(
        table=table,
        version=given.version,
        expected=expected,
        is_new=is_new,
        scope=delta.scope if delta else None,
        rows=given.rows,
        seconds=time.monotonic() - started,
    )


def _execute_all(session: SqlSession, statements: Sequence[str]) -> None:
    for statement in statements:
        session.execute(statement)


def _require_width(table: Table, found: Checksums) -> None:
    """Raise `WarehouseError` for a text that is longer than its column's contract: Redshift would refuse it."""
    for name, length in found.longest.items():
        if length > (allowed := table.column(name).text_bytes):
            raise WarehouseError(
                f"{table.id}: the longest value of {name} has {length:,} bytes, and its contract allows {allowed:,}; "
                f"set the column's max_bytes to {length:,} or more, or shorten the value in the table's step"
            )


def _switch(
    transaction: SqlSession, dialect: Dialect, dataset: str, staged: Sequence[_Staged], progress: Progress
) -> dict[str, TableLoad]:
    """All changes that readers can see, in one transaction: lock, merge, verify, record, clean up, commit."""
    existing = _existing_tables(transaction, dataset)
    if targets := [quote(dataset, one.table.name) for one in staged if one.table.name in existing]:
        transaction.execute(dialect.lock.format(tables=", ".join(targets)))
    transaction.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(dataset)}")
    loads = {}
    for one in staged:
        started = time.monotonic()
        progress(one.table.name, "merging")
        inserted, changed, deleted = (_move if one.is_new else _merge)(transaction, dataset, one)
        progress(one.table.name, "verifying")
        _verify(transaction, dialect, dataset, one)
        _record_version(transaction, dataset, one)
        seconds = one.seconds + time.monotonic() - started
        loads[one.table.name] = TableLoad(
            table=one.table.name,
            version=one.version,
            staged=one.expected.rows,
            inserted=inserted,
            changed=changed,
            deleted=deleted,
            seconds=seconds,
        )
    _grant_to_reader(transaction, dialect, dataset, staged)
    # Before the commit: if the process died after it, the tables would stay, as the next load has nothing to do.
    _drop_staging_tables(transaction, dataset)
    transaction.commit()
    return loads


def _grant_to_reader(transaction: SqlSession, dialect: Dialect, dataset: str, staged: Sequence[_Staged]) -> None:
    """Let the reader's role read the tables, where there is one: tables that were created anew have lost its rights."""
    if transaction.query(dialect.find_role.format(role=quote_text(READER))):
        for statement in grant_statements(dataset, [one.table.name for one in staged], dialect):
            transaction.execute(statement)


def _has_contract_columns(session: SqlSession, dialect: Dialect, dataset: str, table: Table) -> bool:
    found = session.query(
        "SELECT column_name, data_type, numeric_precision, numeric_scale FROM information_schema.columns "  # noqa: S608
        f"WHERE table_schema = {quote_text(dataset)} AND table_name = {quote_text(table.name)} "
        "ORDER BY ordinal_position"
    )
    shown = [
        (name, f"{kind}({precision},{scale})" if kind == dialect.types[Type.DECIMAL] else kind)
        for name, kind, precision, scale in found
    ]
    return shown == [(column.name, dialect.type_of(column)) for column in table.stored_columns]


def _move(transaction: SqlSession, dataset: str, staged: _Staged) -> tuple[int, int, int]:
    """Make the staging table the target, in place of one with other columns; returns what `_merge` does."""
    name = staged.table.name
    transaction.execute(f"DROP TABLE IF EXISTS {quote(dataset, name)}")
    transaction.execute(f"ALTER TABLE {quote(staging_schema(dataset), name)} SET SCHEMA {quote(dataset)}")
    return staged.rows, 0, 0


def _merge(transaction: SqlSession, dataset: str, staged: _Staged) -> tuple[int, int, int]:
    """Merge the staged rows into the target; returns how many rows were inserted, changed and deleted."""
    merge = merge_statements(staged.table, dataset, staging_schema(dataset), staged.scope)
    deleted = transaction.execute(merge.delete_vanished)
    changed = transaction.execute(merge.delete_changed)
    return transaction.execute(merge.insert_missing) - changed, changed, deleted


def _verify(transaction: SqlSession, dialect: Dialect, dataset: str, staged: _Staged) -> None:
    columns = staged.table.stored_columns
    row = transaction.query(checksum_query(dataset, staged.table.name, columns, dialect, staged.scope))[0]
    difference = first_difference(staged.expected, read_checksums(row, columns))
    if staged.scope and not difference:
        count = f"SELECT count(*) FROM {quote(dataset, staged.table.name)}"  # noqa: S608
        rows = int(str(transaction.query(count)[0][0]))
        if rows != staged.rows:
            difference = f"row count: {staged.rows} in the curated version, {rows} in the warehouse"
    if difference:
        raise VerificationFailed(
            f"{dataset}.{staged.table.name}, {difference}. The load was rolled back; the warehouse is as it was."
        )


def _record_version(transaction: SqlSession, dataset: str, staged: _Staged) -> None:
    record = quote(staging_schema(dataset), LOADED_VERSIONS)
    name = quote_text(staged.table.name)
    transaction.execute(f"DELETE FROM {record} WHERE table_name = {name}")  # noqa: S608
    transaction.execute(
        f"INSERT INTO {record} (table_name, version, row_count, loaded_at) "  # noqa: S608
        f"VALUES ({name}, {quote_text(staged.version)}, {staged.rows}, CURRENT_TIMESTAMP)"
    )


def _loaded_tables(control: SqlSession, dataset: str) -> dict[str, str]:
    """The version of each loaded table."""
    return {str(name): str(version) for name, version in control.query(_loaded_versions_query(dataset))}


def _loaded_versions_query(dataset: str) -> str:
    """A query for the name and version of each loaded table that still exists."""
    return (
        f"SELECT v.table_name, v.version FROM {quote(staging_schema(dataset), LOADED_VERSIONS)} AS v "  # noqa: S608
        "JOIN information_schema.tables AS t ON t.table_name = v.table_name "
        f"WHERE t.table_schema = {quote_text(dataset)}"
    )


def _create_staging_schema(control: SqlSession, dataset: str) -> None:
    schema = staging_schema(dataset)
    control.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
    control.execute(
        f"CREATE TABLE IF NOT EXISTS {quote(schema, LOADED_VERSIONS)} (table_name varchar(128) PRIMARY KEY, "
        "version varchar(256) NOT NULL, row_count bigint NOT NULL, loaded_at timestamp with time zone NOT NULL)"
    )
    control.execute(f"CREATE TABLE IF NOT EXISTS {quote(schema, LOAD_LOCK)} (nothing integer)")


def _take_load_lock(guard: SqlSession, dialect: Dialect, dataset: str) -> None:
    """Lock out other loads while `guard` is open: two at once would drop each other's staging tables."""
    try:
        guard.execute(dialect.lock_or_fail.format(tables=quote(staging_schema(dataset), LOAD_LOCK)))
    except LockTaken as error:
        raise WarehouseError(f"another load of {dataset} is running; wait until it is done") from error


def _drop_staging_tables(session: SqlSession, dataset: str) -> None:
    schema = staging_schema(dataset)
    for name in sorted(_existing_tables(session, schema) - {LOADED_VERSIONS, LOAD_LOCK}):
        session.execute(f"DROP TABLE {quote(schema, name)}")


def _existing_tables(session: SqlSession, schema: str) -> set[str]:
    rows = session.query(
        f"SELECT table_name FROM information_schema.tables WHERE table_schema = {quote_text(schema)}"  # noqa: S608
    )
    return {name for (name,) in rows if name is not None}
