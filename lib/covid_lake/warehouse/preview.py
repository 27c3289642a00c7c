"""The SQL of a load as text that people read, and that a SQL client could run. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from covid_lake.warehouse import control
from covid_lake.warehouse.ddl import analyze_statement
from covid_lake.warehouse.sending import comparing_query, filling_statements, finishing_statements
from covid_lake.warehouse.staging import Staging
from covid_lake.warehouse.steps import Kind, Plan, Step, transaction_steps
from covid_lake.warehouse.transaction import Loaded, record_statements

_EXPLANATIONS = {
    Kind.LOCK: "waits for other loads",
    Kind.VERSIONS: "must be what the load was planned by, or it is planned again",
    Kind.UNIQUE: "must be 0: keys that stand more than once",
    Kind.SUMS: "must be the sums of the lake's files",
    Kind.REFERENCES: "must be 0: rows that refer to a row which is not there",
    Kind.RECORD: "with the times, and the counts of rows that the statements above give",
    Kind.ANALYZE: "only if rows were changed",
    Kind.OUTDATED: "only if rows were changed",
}


def render_load(plan: Plan, missing: Sequence[str], at: datetime) -> str:
    """Every statement of the load, each ended by a semicolon, with comments; `missing` creates the control tables.

    `at` stands for all times.
    """
    lines = [f"-- load {plan.load_id} of {plan.dataset} into {plan.dialect.name}"]
    lines += [f"{statement};" for statement in missing]
    if plan.is_empty:
        lines.append("-- every table is up to date: nothing else would be run")
    elif plan.dialect.copies_from_lake:
        lines += _copying(plan, at)
    else:
        lines += _sending(plan, at)
    return "\n".join(lines) + "\n"


def _copying(plan: Plan, at: datetime) -> Iterator[str]:
    yield from _transaction(plan, at)
    for one in plan.staged:
        if not one.is_new:
            yield "-- only if rows were changed; Redshift itself passes over a table of which it was a small part"
            yield f"{analyze_statement(one.table, plan.dataset)};"
            yield f"{control.mark_analyzed_statement(plan.dataset, one.table.name)};"


def _sending(plan: Plan, at: datetime) -> Iterator[str]:
    yield "-- in a session of its own, until the load ends: another load is refused meanwhile"
    yield f"{control.lock_statement(plan.dialect, plan.dataset)};"
    for one in plan.staged:
        yield f"-- {_described(one)}"
        for statement in filling_statements(one):
            yield f"{statement};"
        yield f"-- the rows of {_files(one)} are sent"
        for statement in finishing_statements(one):
            yield f"{statement};"
        if one.is_new:
            yield f"-- {_EXPLANATIONS[Kind.SUMS]}"
            yield f"{comparing_query(one)};"
    yield from _transaction(plan, at)


def _transaction(plan: Plan, at: datetime) -> Iterator[str]:
    yield "BEGIN;"
    last: Staging | None = None
    for step in transaction_steps(plan):
        if step.staged is not None and step.staged is not last and step.kind is not Kind.REFERENCES:
            yield f"-- {_described(step.staged)}"
            last = step.staged
        yield from _shown(plan, step, at)
    yield "COMMIT;"


def _shown(plan: Plan, step: Step, at: datetime) -> Iterator[str]:
    if (explanation := _EXPLANATIONS.get(step.kind)) is not None:
        yield f"-- {explanation}"
    if step.kind is Kind.ROWS and step.staged:
        yield f"-- must be {step.staged.given.rows}"
    if step.kind is Kind.COPY and step.staged:
        yield f"-- the manifest lists {_files(step.staged)}"
    if step.kind is Kind.RECORD and step.staged:
        for statement in record_statements(plan, step.staged, Loaded(), at, at):
            yield f"{statement};"
    else:
        yield f"{step.sql};"


def _described(one: Staging) -> str:
    """What becomes of a table, in a sentence."""
    came = f", from version {one.previous}" if one.previous else ""
    what = {"created": "created", "whole": "compared whole", "months": "compared in the months that differ"}
    return f"{one.table.name}: {what[one.scope_name]}, to version {one.given.version}{came}"


def _files(one: Staging) -> str:
    files = [file for file in one.rows.files if file.rows]
    rows, size = sum(file.rows for file in files), sum(file.bytes for file in files)
    return f"{len(files):,} files with {rows:,} rows and {size:,} bytes"
