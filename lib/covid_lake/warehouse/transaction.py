"""The transaction in which a load changes its targets: runs the steps of a plan, counts, compares, records, commits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from covid_lake.errors import VerificationFailed, WarehouseError
from covid_lake.warehouse import control
from covid_lake.warehouse.control import AuditEntry
from covid_lake.warehouse.drivers import SqlSession
from covid_lake.warehouse.faults import DeadlineExceeded, Overtaken
from covid_lake.warehouse.staging import Progress, Staging, require_rows, require_sums
from covid_lake.warehouse.steps import Kind, Plan, Step, transaction_steps


@dataclass(slots=True)
class Loaded:
    """What the transaction did to one table. No row is counted as more than one of inserted, changed and deleted."""

    inserted: int = 0
    changed: int = 0
    deleted: int = 0
    seconds: float = 0.0
    """The time of the table's own statements."""

    @property
    def has_changed(self) -> bool:
        return bool(self.inserted or self.changed or self.deleted)


@dataclass(slots=True)
class Transaction:
    """One attempt at the transaction of a plan."""

    session: SqlSession
    """A session that commits only when it is told to."""
    plan: Plan
    """What is to be done; the tables' sums must be known."""
    started_at: datetime
    """When the load began."""
    progress: Progress
    """Told of each table's phases."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The time, for the record and the audit."""

    def run(self) -> Mapping[str, Loaded]:
        """Run every step and commit; returns what was done to each table, by name.

        Raises `VerificationFailed`, or what the session raises; nothing is committed then.
        """
        loaded = {one.table.name: Loaded() for one in self.plan.staged}
        for one in self.plan.staged:
            if one.is_new:
                loaded[one.table.name].inserted = one.given.rows
        for step in transaction_steps(self.plan):
            if step.staged is None:
                self._run_of_all(step)
            else:
                began = time.monotonic()
                self._run_of_table(step, step.staged, loaded[step.staged.table.name])
                loaded[step.staged.table.name].seconds += time.monotonic() - began
        self.session.commit()
        return loaded

    def _run_of_all(self, step: Step) -> None:
        match step.kind:
            case Kind.LOCK:
                self._lock(step.sql)
            case Kind.VERSIONS:
                found = {str(table): str(version) for table, version in self.session.query(step.sql)}
                if found != self.plan.recorded:
                    raise Overtaken(f"another load of {self.plan.dataset} committed meanwhile")
            case Kind.REFERENCES:
                self._require_none(step)
            case _:
                self.session.execute(step.sql)

    def _run_of_table(self, step: Step, one: Staging, loaded: Loaded) -> None:
        match step.kind:
            case Kind.COPY:
                self.progress(one.table.name, "staging")
                self.session.execute(step.sql)
            case Kind.UNIQUE | Kind.REFERENCES:
                self._require_none(step)
            case Kind.DELETE_VANISHED:
                self.progress(one.table.name, "merging")
                loaded.deleted = self.session.execute(step.sql)
            case Kind.DELETE_CHANGED:
                loaded.changed = self.session.execute(step.sql)
            case Kind.INSERT:
                loaded.inserted = self.session.execute(step.sql) - loaded.changed
            case Kind.SUMS:
                self.progress(one.table.name, "verifying")
                (row,) = self.session.query(step.sql)
                require_sums(one, row)
            case Kind.ROWS:
                require_rows(one, _number(self.session, step.sql))
            case Kind.RECORD:
                for statement in self._records(one, loaded):
                    self.session.execute(statement)
            case Kind.ANALYZE | Kind.OUTDATED:
                if loaded.has_changed:
                    self.session.execute(step.sql)
            case _:
                self.session.execute(step.sql)

    def _lock(self, sql: str) -> None:
        try:
            self.session.execute(sql)
        except DeadlineExceeded as error:
            raise WarehouseError(
                f"another load of {self.plan.dataset} is running, or a session holds a lock on what the load needs: "
                f"this load waited for its whole time and gave up; the warehouse keeps its old data\n{error}"
            ) from error

    def _require_none(self, step: Step) -> None:
        found = _number(self.session, step.sql)
        if not found:
            return
        fault = (
            f"{found} keys stand more than once among the rows to be loaded"
            if step.kind is Kind.UNIQUE
            else f"{found} rows refer to a row that the warehouse does not have; load the table that they refer to, too"
        )
        raise VerificationFailed(
            f"{step.about}: {fault}. The load was rolled back; the warehouse is as it was. This query counts them:\n"
            f"{step.sql}"
        )

    def _records(self, one: Staging, loaded: Loaded) -> tuple[str, ...]:
        at = self.now()
        return record_statements(self.plan, one, loaded, self.started_at, at)


def record_statements(
    plan: Plan, one: Staging, loaded: Loaded, started_at: datetime, verified_at: datetime
) -> tuple[str, ...]:
    """The statements that record the loaded version, and the audit's row."""
    entry = AuditEntry(
        load_id=plan.load_id,
        table=one.table.name,
        version=one.given.version,
        previous_version=one.previous,
        scope=one.scope_name,
        staged=one.expected.rows,
        inserted=loaded.inserted,
        changed=loaded.changed,
        deleted=loaded.deleted,
        row_count=one.given.rows,
        started_at=started_at,
        verified_at=verified_at,
    )
    recorded = control.record_statements(plan.dataset, one.table.name, one.given.version, one.given.rows, verified_at)
    return (*recorded, control.audit_statement(plan.dataset, entry))


def _number(session: SqlSession, query: str) -> int:
    return int(str(session.query(query)[0][0]))
