"""Load curated tables into the warehouse, all or none of them, in one transaction.

A reader sees the old tables or the new ones, never a mix, because all changes to the target tables happen in one
transaction. Before it commits, every loaded table is compared with the files of its curated version. The same
transaction records in the warehouse which version is loaded, and writes the audit.

Redshift copies the lake's files itself, within that transaction. PostgreSQL is sent the rows before it, into staging
tables; a table that PostgreSQL lacks is built and compared there, and the transaction moves it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.errors import WarehouseError
from covid_lake.store.storage import Storage
from covid_lake.warehouse import control
from covid_lake.warehouse.checksums import Checksums
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.copying import DEFAULT_ROLE, load_manifest, require_role, require_s3, s3_url
from covid_lake.warehouse.ddl import analyze_statement
from covid_lake.warehouse.dialects import Dialect, quote
from covid_lake.warehouse.drivers import Driver, SqlSession
from covid_lake.warehouse.existing import existing_tables
from covid_lake.warehouse.faults import LockTaken
from covid_lake.warehouse.planning import missing_control_tables, plan_load
from covid_lake.warehouse.preflight import require_readable
from covid_lake.warehouse.preview import render_load
from covid_lake.warehouse.retries import Patience
from covid_lake.warehouse.sending import stage
from covid_lake.warehouse.staging import CuratedVersion, Progress, Staging, require_width
from covid_lake.warehouse.steps import Plan
from covid_lake.warehouse.transaction import Transaction
from covid_lake.warehouse.views import WarehouseView

logger = logging.getLogger(__name__)
PATIENCE = Patience()


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

    find = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s"
    with connection.connect() as opened:
        try:
            rows = opened.execute(control.loaded_versions_query(dataset).encode()).fetchall()
            existing = {name for (name,) in opened.execute(find, (dataset,))}
        except psycopg.errors.UndefinedTable:
            return {}
        except psycopg.Error as error:
            raise WarehouseError(f"the loaded versions could not be read: {error}") from error
    return {table: version for table, version in rows if table in existing}


def _untold(_table: str, _phase: str) -> None:
    pass


def load_star(
    driver: Driver,
    dataset: str,
    versions: Sequence[CuratedVersion],
    *,
    star: Sequence[Table] = (),
    views: Sequence[WarehouseView] = (),
    force: bool = False,
    copy_role: str = DEFAULT_ROLE,
    patience: Patience = PATIENCE,
    progress: Progress = _untold,
) -> tuple[TableLoad, ...]:
    """Load exactly the given curated versions into the dataset's tables in the warehouse: all of them or none.

    The tables are in the schema that has the dataset's name. A missing table is created, and one whose columns are not
    those of its contract is dropped and created. A table that has its version already is not touched unless `force` is
    set, which also stages every table whole. `star` has the contracts of all tables that the warehouse may hold, and
    `views` are created beside them; `copy_role` is the IAM role with which Redshift reads the lake. `progress` is
    called with a table's name and the phase that begins.

    A load that meets another transaction, or loses its connection, is begun again. Returns one `TableLoad` for each
    table, in the order given. Raises `VerificationFailed` if a loaded table differs from its curated version,
    `DeadlineExceeded` if the driver's time is up, and `WarehouseError` if the warehouse refuses a statement or another
    load is running. The tables then keep their old rows.
    """
    load = _Load(driver, dataset, tuple(versions), tuple(star), tuple(views), force, require_role(copy_role), progress)
    loads = patience.persist(load.attempt, driver.deadline, logger.warning)
    return tuple(
        loads.get(given.table.name, TableLoad(given.table.name, given.version, up_to_date=True)) for given in versions
    )


def preview_star(
    driver: Driver,
    dataset: str,
    versions: Sequence[CuratedVersion],
    *,
    star: Sequence[Table] = (),
    views: Sequence[WarehouseView] = (),
    force: bool = False,
    copy_role: str = DEFAULT_ROLE,
) -> str:
    """The SQL that `load_star` would run now, with comments; changes nothing, neither in the warehouse nor in the lake.

    The files' footers are inspected for Redshift, and refused as a load would refuse them. What only the rows tell is
    not known: keys that stand twice, and how many rows the statements will change.
    """
    load = _Load(driver, dataset, tuple(versions), tuple(star), tuple(views), force, require_role(copy_role), _untold)
    return load.preview()


@dataclass(slots=True)
class _Load:
    """One load; what its first attempt has computed from the lake's files, the next ones use again."""

    driver: Driver
    dataset: str
    versions: tuple[CuratedVersion, ...]
    star: tuple[Table, ...]
    views: tuple[WarehouseView, ...]
    is_full: bool
    copy_role: str
    progress: Progress
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    load_id: str = field(init=False)
    _sums: dict[tuple[str, ...], Checksums] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.load_id = paths.new_run_id(self.started_at)

    @property
    def dialect(self) -> Dialect:
        return self.driver.connection.dialect

    def attempt(self) -> Mapping[str, TableLoad]:
        """Plan and load; by table, what was done to those that were outdated."""
        return self._copy() if self.dialect.copies_from_lake else self._send()

    def preview(self) -> str:
        """The SQL of the load."""
        with self.driver.session(autocommit=True) as session:
            missing = missing_control_tables(session, self.dialect, self.dataset)
            record = quote(control.staging_schema(self.dataset), control.LOADED_VERSIONS)
            plan = self._plan(session, has_record=not any(record in statement for statement in missing))
        if self.dialect.copies_from_lake:
            for one in plan.staged:
                require_s3(one.given.storage)
                require_readable(one.given.storage, one.rows)
            plan = replace(
                plan, manifest_urls={one.table.name: s3_url(*place) for one, place in _manifest_places(plan)}
            )
        return render_load(plan, missing, self.started_at)

    def _send(self) -> Mapping[str, TableLoad]:
        with self.driver.session(autocommit=True) as session, self.driver.session(autocommit=False) as guard:
            create_control_tables(session, self.dialect, self.dataset)
            self._take_load_lock(guard)
            plan = self._plan(session)
            if plan.is_empty:
                return {}
            _drop_staging_tables(session, self.dialect, self.dataset)
            stage(self.driver, plan.staged, self.progress)
            return self._transact(plan)

    def _copy(self) -> Mapping[str, TableLoad]:
        with self.driver.session(autocommit=True) as session:
            create_control_tables(session, self.dialect, self.dataset)
            plan = self._plan(session)
        loads: Mapping[str, TableLoad] = {}
        if not plan.is_empty:
            for one in plan.staged:
                self._inspect(one)
            with load_manifests(plan) as ready:
                loads = self._transact(ready)
        with self.driver.session(autocommit=True) as session:
            analyze_outdated(session, self.dataset, {given.table.name: given.table for given in self.versions})
        return loads

    def _plan(self, session: SqlSession, *, has_record: bool = True) -> Plan:
        return plan_load(
            session,
            self.dialect,
            self.dataset,
            self.versions,
            self.load_id,
            star=self.star,
            views=self.views,
            is_full=self.is_full,
            copy_role=self.copy_role,
            has_record=has_record,
        )

    def _inspect(self, one: Staging) -> None:
        """Refuse what Redshift would refuse, and sum up the rows; both once for the same files."""
        key = (one.table.name, *one.rows.paths)
        if key not in self._sums:
            self.progress(one.table.name, "inspecting")
            require_readable(one.given.storage, one.rows)
            one.sum_up()
            require_width(one)
            self._sums[key] = one.expected
        one.expected = self._sums[key]

    def _transact(self, plan: Plan) -> Mapping[str, TableLoad]:
        with self.driver.session(autocommit=False) as session:
            done = Transaction(session, plan, self.started_at, self.progress).run()
        return {
            one.table.name: TableLoad(
                table=one.table.name,
                version=one.given.version,
                staged=one.expected.rows,
                inserted=done[one.table.name].inserted,
                changed=done[one.table.name].changed,
                deleted=done[one.table.name].deleted,
                seconds=one.seconds + done[one.table.name].seconds,
            )
            for one in plan.staged
        }

    def _take_load_lock(self, guard: SqlSession) -> None:
        """Lock out other loads while `guard` is open: two at once would drop each other's staging tables."""
        try:
            guard.execute(control.lock_statement(self.dialect, self.dataset))
        except LockTaken as error:
            raise WarehouseError(f"another load of {self.dataset} is running; wait until it is done") from error


def create_control_tables(session: SqlSession, dialect: Dialect, dataset: str) -> None:
    """Create those of the loads' own tables that are missing: what is there takes no right to create.

    Another load may create them at the same time; then it is enough that they are there.
    """
    try:
        for statement in missing_control_tables(session, dialect, dataset):
            session.execute(statement)
    except WarehouseError:
        if missing_control_tables(session, dialect, dataset):
            raise


@contextmanager
def load_manifests(plan: Plan) -> Iterator[Plan]:
    """Write the list of files of each table into the lake for as long as the load lasts; gives the plan with them."""
    for one in plan.staged:
        require_s3(one.given.storage)
    places = _manifest_places(plan)
    try:
        for one, (storage, path) in places:
            storage.write(path, load_manifest(storage, one.rows))
        yield replace(plan, manifest_urls={one.table.name: s3_url(*place) for one, place in places})
    finally:
        for _, (storage, path) in places:
            storage.delete([path])


def _manifest_places(plan: Plan) -> list[tuple[Staging, tuple[Storage, str]]]:
    """Where the list of files of each table that has rows is to be."""
    return [
        (one, (one.given.storage, paths.load_manifest(plan.dataset, plan.load_id, one.table.name)))
        for one in plan.staged
        if one.rows.paths
    ]


def analyze_outdated(session: SqlSession, dataset: str, tables: Mapping[str, Table]) -> None:
    """Analyze what loads have changed: after their commits, for Redshift advises against it within a transaction.

    A load that was killed before it came to this leaves the tables noted, and the next load analyzes them.
    """
    for (name,) in session.query(control.outdated_query(dataset)):
        if (table := tables.get(str(name))) is not None:
            session.execute(analyze_statement(table, dataset))
            session.execute(control.mark_analyzed_statement(dataset, table.name))


def _drop_staging_tables(session: SqlSession, dialect: Dialect, dataset: str) -> None:
    schema = control.staging_schema(dataset)
    for name in sorted(existing_tables(session, dialect, schema).keys() - control.CONTROL_TABLES):
        session.execute(f"DROP TABLE {quote(schema, name)}")
