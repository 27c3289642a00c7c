"""Checks of a table before it is published. They read the files that were written.

DuckDB reads them. It shares no code with the engine that wrote them, so it also finds what that engine writes and reads
back wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from covid_lake.contracts import Severity, Table
from covid_lake.engines.protocol import Engine
from covid_lake.errors import AuditFailed
from covid_lake.flows import Step
from covid_lake.store.questions import Questions, Stored, quoted, quoted_id
from covid_lake.store.snapshots import DataFile, Manifest
from covid_lake.store.storage import Storage
from covid_lake.transforms.rules import contract_checks

EXAMPLES = 3


class Audit:
    """The audit of one new version of a table.

    The messages of its faults show examples of rows where `shows_rows` says so (see `Flow.shows_rows`): what must not
    leave the landing zone must not get into a message either, not even by a fault of this library.
    """

    def __init__(
        self,
        storage: Storage,
        step: Step,
        inputs: Mapping[str, Callable[[], Stored]],
        manifest: Manifest,
        partitions: Sequence[str] = (),
        *,
        shows_rows: bool,
    ) -> None:
        self._storage, self._step, self._inputs, self._partitions = storage, step, inputs, tuple(partitions)
        self._shows_rows = shows_rows
        self._written = own_files(manifest)

    def require_checks(self) -> tuple[str, ...]:
        """Run the step's own checks; returns their names. Raises `AuditFailed`."""
        table = self._step.target
        questions = self._questions()
        for check in self._step.checks:
            values = {"partitions": list(self._partitions), "inputs": list(self._inputs)}
            self._expect_none(questions.rows(_some(check.violations), **values), table, check.name)
        return tuple(check.name for check in self._step.checks)

    def require_keys(self) -> tuple[str, ...]:
        """No key column is null, and no key stands twice. A partition is a function of the key, so that a key which is
        unique in each partition is unique.
        """
        faults = _key_faults(self._step.target)
        self._expect_none(self._questions().rows(_some(faults)), self._step.target, "key_is_unique and no_null_key")
        return ("no_null_key", "key_is_unique")

    def require_rules(self, engine: Engine, run_date: date) -> None:
        """No row breaks a rule of the contract that does more than warn."""
        table = self._step.target
        for rule in (rule for rule in table.rules if rule.severity != Severity.WARN):
            broken = contract_checks(replace(table, rules=(rule,)), run_date)[0].broken
            found = engine.read_files(self._storage, table, self._written).where(broken).limit(EXAMPLES).collect()
            self._expect_none([row.asDict() for row in found], table, rule.name)

    def _questions(self) -> Questions:
        sources = {source.id: partial(self._in_scope, source) for source in self._step.inputs}
        return Questions(
            self._storage, {**sources, self._step.target.id: lambda: Stored(self._step.target, self._written)}
        )

    def _in_scope(self, source: Table) -> Stored:
        """The input; of one that is partitioned like the table only the partitions that were written."""
        stored = self._inputs[source.id]() if source.id in self._inputs else Stored(source)
        if not self._partitions or source.partition_by != self._step.target.partition_by:
            return stored
        folders = {f"{by}={value}" for by in source.partition_by for value in self._partitions}
        return Stored(source, tuple(file for file in stored.files if file.partition in folders))

    def _expect_none(self, violations: Sequence[Mapping[str, Any]], table: Table, name: str) -> None:
        expect_none(violations, table, name, shows_rows=self._shows_rows)


def own_files(manifest: Manifest) -> tuple[DataFile, ...]:
    """The files that the version wrote itself."""
    return tuple(file for file in manifest.files if file.path.startswith(f"version={manifest.version}/"))


def check_references(
    questions: Questions, table: Table, there: Collection[str], *, shows_rows: bool
) -> tuple[str, ...]:
    """Every foreign key of the table that is not null finds its row; returns the names of the checks.

    `there` are the ids of the tables that the lake has; a reference to another is passed over. Raises `AuditFailed`.
    """
    names = []
    for reference in (reference for reference in table.references if reference.table in there):
        column, target = quoted([reference.column]), quoted([reference.target])
        orphans = f"""
        SELECT DISTINCT {column}
        FROM {quoted_id(table.id)} AS own
        WHERE {column} IS NOT NULL AND NOT EXISTS (
            FROM {quoted_id(reference.table)} AS referred WHERE referred.{target} = own.{column}
        )
        """  # noqa: S608 - the names are the contract's, and quoted
        name = f"{reference.column}_found_in_{reference.table_name}"
        expect_none(questions.rows(_some(orphans)), table, name, shows_rows=shows_rows)
        names.append(name)
    return tuple(names)


def expect_none(violations: Sequence[Mapping[str, Any]], table: Table, name: str, *, shows_rows: bool) -> None:
    """Raise `AuditFailed` where there are violations, with examples where rows may be shown."""
    if violations:
        examples = f"; for example {'; '.join(map(str, violations))}" if shows_rows else ""
        raise AuditFailed(f"{table.id}: the check {name} does not hold, so nothing is published{examples}")


def _key_faults(table: Table) -> str:
    required = [column.name for column in table.columns if not column.nullable or column.name in table.key]
    has_null = " OR ".join(f"{quoted([name])} IS NULL" for name in required) or "false"
    keys = f"{quoted(table.key)}, " if table.key else ""
    group = f"GROUP BY {quoted(table.key)}" if table.key else ""
    return f"""
    SELECT {keys}count(*) AS "rows", count(*) FILTER (WHERE {has_null}) AS "nulls"
    FROM {quoted_id(table.id)}
    {group}
    HAVING "rows" > 1 OR "nulls" > 0
    """  # noqa: S608 - the names are the contract's, and quoted


def _some(sql: str) -> str:
    return f"SELECT * FROM (\n{sql}\n) LIMIT {EXAMPLES}"  # noqa: S608 - the text is a whole query of this library's
