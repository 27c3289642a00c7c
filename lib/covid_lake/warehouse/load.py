"""Load curated tables into the warehouse: fill staging tables, then change all targets in one transaction.

A reader sees the old tables or the new ones, never a mix, because all changes to the target tables happen in one
transaction. Before it commits, every loaded table is compared with the files of its curated version. The same
transaction records in the warehouse which version is loaded, in the schema of the staging tables.

A table that the warehouse lacks is built and compared in the schema of the staging tables; the transaction moves it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from covid_lake.contracts import Table, Type
from covid_lake.errors import WarehouseError
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.ddl import analyze_statement
from covid_lake.warehouse.dialects import POSTGRESQL, Dialect, quote, quote_text
from covid_lake.warehouse.drivers import Driver, LockTaken, SqlSession
from covid_lake.warehouse.merge import merge_statements
from covid_lake.warehouse.readers import READER, grant_statements
from covid_lake.warehouse.staging import CuratedVersion, Progress, Staging, stage, staging_schema, verify

LOADED_VERSIONS = "loaded_versions"
LOAD_LOCK = "load_lock"


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
    progress: Progress = lambda _table, _phase: None,
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
            staged = [_plan(control, dialect, dataset, given, loaded) for given in outdated]
            stage(driver, staged, progress)
            with driver.session(autocommit=False) as transaction:
                loads = _switch(transaction, dialect, dataset, staged, progress)
            for one in staged:
                if not one.is_new:
                    control.execute(analyze_statement(one.table, dataset))
    return tuple(
        loads.get(given.table.name, TableLoad(given.table.name, given.version, up_to_date=True)) for given in versions
    )


def _plan(
    control: SqlSession, dialect: Dialect, dataset: str, given: CuratedVersion, loaded: Mapping[str, str]
) -> Staging:
    """What of the version is to be staged, and whether the staging table will be merged or become the target."""
    is_new = not _has_contract_columns(control, dialect, dataset, given.table)
    version = None if is_new else loaded.get(given.table.name)
    return Staging(dataset, given, is_new, delta=given.since(version) if version is not None else None)


def _switch(
    transaction: SqlSession, dialect: Dialect, dataset: str, staged: Sequence[Staging], progress: Progress
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
        if not one.is_new:
            progress(one.table.name, "verifying")
            verify(transaction, dialect, dataset, one)
        _record_version(transaction, dataset, one)
        seconds = one.seconds + time.monotonic() - started
        loads[one.table.name] = TableLoad(
            table=one.table.name,
            version=one.given.version,
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


def _grant_to_reader(transaction: SqlSession, dialect: Dialect, dataset: str, staged: Sequence[Staging]) -> None:
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


def _move(transaction: SqlSession, dataset: str, staged: Staging) -> tuple[int, int, int]:
    """Make the staging table the target, in place of one with other columns; returns what `_merge` does."""
    name = staged.table.name
    transaction.execute(f"DROP TABLE IF EXISTS {quote(dataset, name)}")
    transaction.execute(f"ALTER TABLE {quote(staging_schema(dataset), name)} SET SCHEMA {quote(dataset)}")
    return staged.given.rows, 0, 0


def _merge(transaction: SqlSession, dataset: str, staged: Staging) -> tuple[int, int, int]:
    """Merge the staged rows into the target; returns how many rows were inserted, changed and deleted."""
    merge = merge_statements(staged.table, dataset, staging_schema(dataset), staged.scope)
    deleted = transaction.execute(merge.delete_vanished)
    changed = transaction.execute(merge.delete_changed)
    return transaction.execute(merge.insert_missing) - changed, changed, deleted


def _record_version(transaction: SqlSession, dataset: str, staged: Staging) -> None:
    record = quote(staging_schema(dataset), LOADED_VERSIONS)
    name = quote_text(staged.table.name)
    transaction.execute(f"DELETE FROM {record} WHERE table_name = {name}")  # noqa: S608
    transaction.execute(
        f"INSERT INTO {record} (table_name, version, row_count, loaded_at) "  # noqa: S608
        f"VALUES ({name}, {quote_text(staged.given.version)}, {staged.given.rows}, CURRENT_TIMESTAMP)"
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
