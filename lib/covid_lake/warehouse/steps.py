"""The statements of a load in their order. Pure: what a load runs, and what a dry run prints.

Two warehouses, one order: lock, stage, look for keys that stand twice, merge, compare, record, commit. Redshift reads
the lake's files itself, and does all of it in one transaction. Rows are sent to PostgreSQL, whose staging tables take
them in before that transaction, several at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from covid_lake.contracts import Reference, Table
from covid_lake.warehouse import control
from covid_lake.warehouse.checksums import checksum_query
from covid_lake.warehouse.copying import copy_statement
from covid_lake.warehouse.ddl import (
    add_reference_statement,
    analyze_statement,
    create_statements,
    declared_references,
    drop_constraint_statement,
    staging_statement,
)
from covid_lake.warehouse.dialects import Dialect, quote
from covid_lake.warehouse.existing import ForeignKey
from covid_lake.warehouse.merge import Scope, merge_statements
from covid_lake.warehouse.readers import grant_statements
from covid_lake.warehouse.staging import Staging
from covid_lake.warehouse.views import WarehouseView


class Kind(StrEnum):
    """What a statement is there for, and so what is done with its result."""

    RUN = "run"
    """Nothing but what the statement does."""
    LOCK = "lock"
    """Waits for other loads."""
    VERSIONS = "versions"
    """Gives the loaded versions, which must still be those that the load was planned by."""
    COPY = "copy"
    """Has Redshift read a table's files."""
    UNIQUE = "unique"
    """Counts the keys that stand more than once; the load fails if there are any."""
    DELETE_VANISHED = "delete_vanished"
    """Its count of rows is that of rows that the version has no more."""
    DELETE_CHANGED = "delete_changed"
    """Its count of rows is that of rows with other values."""
    INSERT = "insert"
    """Its count of rows is that of the new and the changed ones."""
    SUMS = "sums"
    """Gives the checksums of what was loaded, which must be those of the lake's files."""
    ROWS = "rows"
    """Counts all rows of the table."""
    REFERENCES = "references"
    """Counts the rows that refer to a row which is not there; the load fails if there are any."""
    RECORD = "record"
    """Stands for the statements that record the version and write the audit, with counts and times as they then are."""
    ANALYZE = "analyze"
    """Run only if rows of the table were changed."""
    OUTDATED = "outdated"
    """Run only if rows of the table were changed: notes that the table is to be analyzed after the commit."""


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a load's transaction."""

    kind: Kind
    """What it is there for."""
    sql: str
    """The statement."""
    staged: Staging | None = None
    """The table's load that it belongs to; None for all."""
    about: str = ""
    """The table whose keys or references the statement counts, for people."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a load is about to do."""

    dialect: Dialect
    """The warehouse's dialect."""
    dataset: str
    """The dataset, whose name the schema of the targets has."""
    load_id: str
    """The load, by which the audit and its files in the lake name it."""
    staged: tuple[Staging, ...]
    """The tables, in the order in which they are loaded: a table after those that it refers to."""
    recorded: Mapping[str, str] = field(default_factory=dict)
    """The version of each table, as the warehouse's record had it when the load was planned."""
    neighbours: tuple[Table, ...] = ()
    """The other tables of the dataset that the warehouse has."""
    foreign_keys: tuple[ForeignKey, ...] = ()
    """The foreign keys that the schema has."""
    views: tuple[WarehouseView, ...] = ()
    """The views to create, in place of older ones of their names."""
    creates_schema: bool = False
    """Whether the schema of the targets is missing."""
    has_reader: bool = False
    """Whether the reader's role exists, and is to be let in."""
    copy_role: str = ""
    """The IAM role with which Redshift reads the lake's files."""
    manifest_urls: Mapping[str, str] = field(default_factory=dict)
    """The list of files of each table; none for one without rows. Redshift only."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.staged and not self.views

    @property
    def rebuilt(self) -> tuple[Staging, ...]:
        """The tables that are dropped and created again."""
        return tuple(one for one in self.staged if one.is_new and one.exists)


def transaction_steps(plan: Plan) -> tuple[Step, ...]:
    """The statements of the transaction that changes the targets, without BEGIN and COMMIT."""
    return tuple(_copying_steps(plan) if plan.dialect.copies_from_lake else _switching_steps(plan))


def _copying_steps(plan: Plan) -> Iterator[Step]:
    """Redshift's. LOCK comes first, so that the transaction sees what the load before it has committed."""
    yield Step(Kind.LOCK, control.lock_statement(plan.dialect, plan.dataset))
    yield Step(Kind.VERSIONS, control.loaded_versions_query(plan.dataset))
    if plan.creates_schema:
        yield Step(Kind.RUN, f"CREATE SCHEMA IF NOT EXISTS {quote(plan.dataset)}")
    # They go before the tables that they read, and come back after all of them.
    for view in plan.views:
        yield Step(Kind.RUN, f"DROP VIEW IF EXISTS {quote(plan.dataset, view.name)}")
    yield from _without_references_to_rebuilt(plan)
    for one in plan.staged:
        yield from _built(plan, one) if one.is_new else _merged_from_copy(plan, one)
        yield from _recorded(plan, one)
    yield from _with_references_to_rebuilt(plan)
    yield from _references_hold(plan)
    for view in plan.views:
        for statement in (*view.statements, *control.record_view_statements(plan.dataset, view.name, view.digest)):
            yield Step(Kind.RUN, statement)
    yield from _granted(plan)


def _switching_steps(plan: Plan) -> Iterator[Step]:
    """PostgreSQL's. The staging tables are filled already, and readers go on while the targets are locked."""
    existing = [one.target for one in plan.staged if one.exists]
    if existing:
        yield Step(Kind.LOCK, plan.dialect.lock.format(tables=", ".join(existing)))
    if plan.creates_schema:
        yield Step(Kind.RUN, f"CREATE SCHEMA IF NOT EXISTS {quote(plan.dataset)}")
    for one in plan.staged:
        if one.is_new:
            yield Step(Kind.RUN, f"DROP TABLE IF EXISTS {one.target}", one)
            yield Step(Kind.RUN, f"ALTER TABLE {one.staging} SET SCHEMA {quote(plan.dataset)}", one)
        else:
            yield from _merged(one)
            yield Step(Kind.ANALYZE, analyze_statement(one.table, plan.dataset), one)
        yield from _recorded(plan, one)
    yield from _granted(plan)
    # Before the commit: if the process died after it, the tables would stay, as the next load has nothing to do.
    for one in plan.staged:
        if not one.is_new:
            yield Step(Kind.RUN, f"DROP TABLE {one.staging}", one)


def _built(plan: Plan, one: Staging) -> Iterator[Step]:
    """The files are copied straight into the new table."""
    if one.exists:
        yield Step(Kind.RUN, f"DROP TABLE {one.target}", one)
    for statement in create_statements(one.table, plan.dataset, plan.dialect):
        yield Step(Kind.RUN, statement, one)
    yield from _copied(plan, one, one.target)
    yield Step(Kind.UNIQUE, _repeated_keys(one.table, one.target), one, f"{plan.dataset}.{one.table.name}")


def _merged_from_copy(plan: Plan, one: Staging) -> Iterator[Step]:
    yield Step(Kind.RUN, staging_statement(one.table, one.staging, plan.dialect), one)
    yield from _copied(plan, one, one.staging)
    yield Step(Kind.UNIQUE, _repeated_keys(one.table, one.staging), one, f"{plan.dataset}.{one.table.name}")
    yield from _merged(one)
    yield Step(Kind.RUN, f"DROP TABLE {one.staging}", one)
    yield Step(Kind.OUTDATED, control.mark_outdated_statement(plan.dataset, one.table.name), one)


def _copied(plan: Plan, one: Staging, into: str) -> Iterator[Step]:
    if (url := plan.manifest_urls.get(one.table.name)) is not None:
        yield Step(Kind.COPY, copy_statement(into, url, plan.copy_role), one)


def _merged(one: Staging) -> Iterator[Step]:
    merge = merge_statements(one.table, one.target, one.staging, one.dialect, one.scope)
    yield Step(Kind.DELETE_VANISHED, merge.delete_vanished, one)
    yield Step(Kind.DELETE_CHANGED, merge.delete_changed, one)
    yield Step(Kind.INSERT, merge.insert_missing, one)


def _recorded(plan: Plan, one: Staging) -> Iterator[Step]:
    """PostgreSQL's new tables were compared where they were filled."""
    if plan.dialect.copies_from_lake or not one.is_new:
        table = one.table
        sums = checksum_query(plan.dataset, table.name, table.stored_columns, plan.dialect, one.scope)
        yield Step(Kind.SUMS, sums, one)
        if one.scope:
            yield Step(Kind.ROWS, f"SELECT count(*) FROM {one.target}", one)  # noqa: S608
    yield Step(Kind.RECORD, "", one)


def _without_references_to_rebuilt(plan: Plan) -> Iterator[Step]:
    """A table that another one refers to can't be dropped."""
    rebuilt = {one.table.name for one in plan.rebuilt}
    for key in plan.foreign_keys:
        if key.target in rebuilt and key.table != key.target:
            yield Step(Kind.RUN, drop_constraint_statement(plan.dataset, key.table, key.name))


def _with_references_to_rebuilt(plan: Plan) -> Iterator[Step]:
    rebuilt = {one.table.name for one in plan.rebuilt}
    kept = (*(one.table for one in plan.staged if not one.is_new), *plan.neighbours)
    for table in kept:
        for reference in declared_references(table):
            if reference.table_name in rebuilt:
                yield Step(Kind.RUN, add_reference_statement(table, plan.dataset, reference))


def _references_hold(plan: Plan) -> Iterator[Step]:
    """Redshift does not check foreign keys, but trusts them. What has not changed was checked when it was loaded."""
    loaded = {one.table.name for one in plan.staged}
    tables = [(one.table, one) for one in plan.staged] + [(table, None) for table in plan.neighbours]
    for table, one in tables:
        for reference in declared_references(table):
            is_target_loaded = reference.table_name in loaded
            if one is not None or is_target_loaded:
                scope = None if one is None or is_target_loaded else one.scope
                about = f"{plan.dataset}.{table.name}, {reference.column}"
                yield Step(Kind.REFERENCES, _orphans(table, plan.dataset, reference, scope), one, about)


def _granted(plan: Plan) -> Iterator[Step]:
    """What was created anew has lost the reader's rights."""
    names = [*(one.table.name for one in plan.staged), *(view.name for view in plan.views)]
    if plan.has_reader and names:
        for statement in grant_statements(plan.dataset, names, plan.dialect):
            yield Step(Kind.RUN, statement)


def _repeated_keys(table: Table, name: str) -> str:
    """A query for how many keys stand more than once; for a table of one row, how many rows it has if they are more."""
    if not table.key:
        return f"SELECT CASE WHEN count(*) > 1 THEN count(*) ELSE 0 END FROM {name}"  # noqa: S608
    key = ", ".join(quote(column) for column in table.key)
    return f"SELECT count(*) FROM (SELECT {key} FROM {name} GROUP BY {key} HAVING count(*) > 1) AS repeated"  # noqa: S608


def _orphans(table: Table, schema: str, reference: Reference, scope: Scope | None) -> str:
    """A query for how many rows refer to a row that is not there."""
    column, target = quote(reference.column), quote(schema, reference.table_name)
    within = f"{scope.predicate('t')} AND " if scope else ""
    return (
        f"SELECT count(*) FROM {quote(schema, table.name)} AS t WHERE {within}t.{column} IS NOT NULL "  # noqa: S608
        f"AND NOT EXISTS (SELECT 1 FROM {target} AS r WHERE r.{quote(reference.target)} = t.{column})"
    )
