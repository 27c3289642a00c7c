"""Trusted to curated, one table: build, write aside, and check what was written before anybody sees it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import Severity, Table
from covid_lake.errors import AccountsDiffer, AuditFailed
from covid_lake.flows import Asked, Build, Evolution
from covid_lake.pipeline.plan import PlannedBuild, build_fingerprint, table_basis
from covid_lake.pipeline.trusted import Written
from covid_lake.store.parquet import copy_files, read_files, write_version, written_files
from covid_lake.store.questions import Questions, Stored, quoted
from covid_lake.store.reports import Status, TableReport
from covid_lake.store.snapshots import DataFile, Manifest, TableVersion
from covid_lake.store.storage import Storage
from covid_lake.transforms.columns import hash_with_nulls
from covid_lake.transforms.frames import conform
from covid_lake.transforms.rules import contract_checks, of_severity

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a table is built from: the inputs as frames and as files, by name, and their versions, by table id."""

    frames: Mapping[str, DataFrame]
    stored: Mapping[str, Callable[[], Stored]]
    versions: Mapping[str, TableVersion]


@dataclass(frozen=True, slots=True)
class Current:
    """The version of a table that readers have, to build on.

    Where contract, code and the inputs' names are as they were, the inputs' change since can be `asked`, and where the
    step follows its inputs by partitions there is an `evolution`.
    """

    entry: TableVersion
    manifest: Manifest
    asked: Asked | None = None
    evolution: Evolution | None = None


def build(
    spark: SparkSession,
    storage: Storage,
    plan: PlannedBuild,
    inputs: Inputs,
    current: Current | None,
    again: Collection[str],
    run_id: str,
    run_date: date,
) -> Written:
    """Write a new version of the curated table; raises `AuditFailed`.

    Where the step knows how to and `current` says how the inputs evolved, only the partitions that they touch, and
    those named in `again`, are written; the others are taken over, and so are the files of partitions that only grow.
    The checks read what was written, not the plan that wrote it. A table that came out the same keeps its version.
    """
    started = time.monotonic()
    step, table = plan.step, plan.step.target
    work = _plan_rows(step, inputs, current, again)
    counts = _Counts(table, run_date, is_whole=not work.is_partial)
    if work.rows is not None:
        rows = work.rows
        if table.partition_by and not work.is_partial:
            # A file a partition, where there would be one a task in each. A few partitions are a few tasks anyway.
            rows = rows.repartition(*table.partition_by)
        write_version(counts.observe(rows), storage, paths.version(table, run_id), table.partition_by)
    files = written_files(storage, table, run_id)
    written = sum(file.rows for file in files)
    if work.is_growth:
        work, files = _with_copies(storage, table, work, files, run_id)
    elif work.is_partial and (stray := {file.partition for file in files} & {file.partition for file in work.kept}):
        raise AuditFailed(f"{table.id}: rows were written to {', '.join(sorted(stray))}, which were not to be touched")
    if counts.rows != written:
        raise AccountsDiffer(f"{table.id}: {counts.rows:,} rows were to be written, and {written:,} are in the files")
    built_from = {name: entry.version for name, entry in inputs.versions.items()}
    manifest = Manifest(
        table.id,
        run_id,
        (*work.kept, *files),
        build_fingerprint(step, built_from),
        built_from,
        table_basis(table),
        content=counts.content,
    )
    is_untouched = work.rows is None or (work.is_growth and not written)
    same = current if current and (is_untouched or _is_same(manifest, current.manifest)) else None
    report = TableReport(
        table.id,
        Status.UNCHANGED if same else Status.PUBLISHED,
        plan.reason,
        same.entry.version if same else run_id,
        read={source.id: inputs.versions[source.id].rows for source in plan.inputs},
        records_read=sum(inputs.versions[source.id].rows for source in plan.inputs),
        written=written,
        warnings=counts.warnings,
        rows=manifest.rows,
        partitions=work.partitions,
        files=len(files),
        bytes=sum(file.bytes for file in files),
    )
    if same:
        storage.delete_folder(paths.version(table, run_id))
        entry = replace(same.entry, fingerprint=manifest.fingerprint, inputs=built_from, basis=manifest.basis)
        report = replace(report, seconds=round(time.monotonic() - started, 2))
        return Written(table, entry, same.manifest, report)
    checks = _check(spark, storage, step, inputs, manifest, work.partitions, run_date)
    report = replace(report, checks=checks, seconds=round(time.monotonic() - started, 2))
    return Written(table, manifest, manifest, report)


@dataclass(frozen=True, slots=True)
class _Work:
    """The rows to be written, None where no partition is touched, and the files that are taken over.

    With `is_growth` the rows are only added, and the partitions that they belong to keep their files too.
    """

    rows: DataFrame | None
    is_partial: bool = False
    partitions: tuple[str, ...] = ()
    kept: tuple[DataFile, ...] = ()
    is_growth: bool = False


def _plan_rows(step: Build, inputs: Inputs, current: Current | None, again: Collection[str]) -> _Work:
    table = step.target
    if step.differs and current and current.asked and not current.asked.rows(_some(step.differs)):
        return _Work(None, is_partial=True, kept=current.manifest.files)
    if step.partial is None or current is None or current.evolution is None:
        return _Work(conform(step.build(inputs.frames), table))
    added = step.partial.added(current.evolution) if step.partial.added and not again else None
    if added is not None:
        return _Work(conform(added, table), is_partial=True, kept=current.manifest.files, is_growth=True)
    by = table.partition_by[0]
    touched = [*step.partial.touched(current.evolution), *({by: value} for value in again)]
    partitions = tuple(sorted({row[by] for row in touched}))
    folders = {f"{by}={value}" for value in partitions}
    kept = tuple(file for file in current.manifest.files if file.partition not in folders)
    if partitions and not kept:  # built whole, a table is known again that came out the same
        return _Work(conform(step.build(inputs.frames), table))
    rows = conform(step.partial.build(current.evolution, touched), table) if partitions else None
    return _Work(rows, True, partitions, kept)


def _with_copies(
    storage: Storage, table: Table, work: _Work, written: Sequence[DataFile], version: str
) -> tuple[_Work, tuple[DataFile, ...]]:
    """Copy what the partitions that grew had into the version's own folder; the work as it came out, and its files."""
    grown = {file.partition for file in written}
    copied = [file for file in work.kept if file.partition in grown]
    copy_files(storage, table, copied, version)
    files = written_files(storage, table, version)
    expected, found = (sum(file.rows for file in some) for some in ((*written, *copied), files))
    if found != expected:
        raise AccountsDiffer(f"{table.id}: {expected:,} rows were to be in new files and copies, and {found:,} are")
    partitions = tuple(sorted(folder.partition("=")[2] for folder in grown))
    others = tuple(file for file in work.kept if file.partition not in grown)
    return replace(work, partitions=partitions, kept=others), files


def _is_same(new: Manifest, old: Manifest) -> bool:
    return new.content is not None and new.content == old.content


def _check(
    spark: SparkSession,
    storage: Storage,
    step: Build,
    inputs: Inputs,
    manifest: Manifest,
    partitions: tuple[str, ...],
    run_date: date,
) -> tuple[str, ...]:
    """Everything that must hold of what was written; returns the names of the checks.

    A partition is a function of the key, so that a key which is unique in each is unique. Where only some `partitions`
    were written, inputs that are partitioned alike are looked at in these.
    """
    table, written = step.target, own_files(manifest)
    for rule in (rule for rule in table.rules if rule.severity != Severity.WARN):
        broken = contract_checks(replace(table, rules=(rule,)), run_date)[0].broken
        found = read_files(spark, storage, table, written).where(broken).limit(EXAMPLES).collect()
        _expect_none([row.asDict() for row in found], table, rule.name)

    def in_scope(source: Table) -> Stored:
        stored = inputs.stored[source.name]() if source.name in inputs.stored else Stored(source)
        if not partitions or source.partition_by != table.partition_by:
            return stored
        folders = {f"{by}={value}" for by in table.partition_by for value in partitions}
        return Stored(source, tuple(file for file in stored.files if file.partition in folders))

    sources: dict[str, Callable[[], Stored]] = {source.name: partial(in_scope, source) for source in step.inputs}
    questions = Questions(storage, {**sources, table.name: lambda: Stored(table, written)})
    check_keys(questions, table)
    for check in step.checks:
        values = {"partitions": list(partitions), "inputs": list(inputs.stored)}
        _expect_none(questions.rows(_some(check.violations), **values), table, check.name)
    return ("no_null_key", "key_is_unique", *(check.name for check in step.checks))


def own_files(manifest: Manifest) -> tuple[DataFile, ...]:
    """The files that the version wrote itself."""
    return tuple(file for file in manifest.files if file.path.startswith(f"version={manifest.version}/"))


class _Counts:
    """What the write counted on its way: rows, warnings, and of a whole table a digest that knows no order of rows."""

    def __init__(self, table: Table, run_date: date, *, is_whole: bool) -> None:
        self._table, self._is_whole = table, is_whole
        self._warn = of_severity(contract_checks(table, run_date), Severity.WARN)
        self._observed: Observation | None = None

    def observe(self, frame: DataFrame) -> DataFrame:
        self._observed = Observation()
        return frame.observe(
            self._observed,
            F.count(F.lit(1)).alias("rows"),
            *(self._digest() if self._is_whole else ()),
            *(F.count(F.when(check.broken, 1)).alias(check.name) for check in self._warn),
        )

    def _digest(self) -> tuple[Column, ...]:
        row = hash_with_nulls(self._table.column_names)
        # A sum of whole hashes would leave BIGINT, and decimals are slow.
        parts = {"high": f"sum(shiftright({row}, 32))", "low": f"sum({row} & 4294967295)", "xor": f"bit_xor({row})"}
        return tuple(F.expr(f"coalesce({part}, 0)").alias(name) for name, part in parts.items())

    @property
    def rows(self) -> int:
        return int(self._found.get("rows", 0))

    @property
    def content(self) -> str | None:
        """The digest as text; None where it would be that of a part."""
        if not self._is_whole:
            return None
        columns = ", ".join(f"{column.name} {column.type_name}" for column in self._table.columns)
        digest = ", ".join(str(self._found[name]) for name in ("high", "low", "xor"))
        return f"{self.rows} rows, {digest}: {columns}"

    @property
    def warnings(self) -> dict[str, int]:
        return {check.name: int(self._found[check.name]) for check in self._warn if self._found.get(check.name)}

    @property
    def _found(self) -> dict[str, Any]:
        return dict(self._observed.get) if self._observed else {}


def check_keys(questions: Questions, table: Table) -> None:
    """No key column is null, and no key stands twice."""
    required = [column.name for column in table.columns if not column.nullable or column.name in table.key]
    has_null = " OR ".join(f"{quoted([name])} IS NULL" for name in required)
    faults = f"""
    SELECT {quoted(table.key)}, count(*) AS "rows", count(*) FILTER (WHERE {has_null}) AS "nulls"
    FROM {quoted([table.name])}
    GROUP BY {quoted(table.key)}
    HAVING "rows" > 1 OR "nulls" > 0
    """  # noqa: S608 - the names are the contract's, and quoted
    _expect_none(questions.rows(_some(faults)), table, "key_is_unique and no_null_key")


def check_references(questions: Questions, table: Table, there: Collection[str]) -> tuple[str, ...]:
    """Every reference of the table that is not null finds its row; returns the names of the checks.

    `there` are the names of the tables that the lake has; a reference to another is passed over.
    """
    names = []
    for reference in (reference for reference in table.references if reference.table in there):
        column, target = quoted([reference.column]), quoted([reference.target])
        orphans = f"""
        SELECT DISTINCT {column}
        FROM {quoted([table.name])} AS own
        WHERE {column} IS NOT NULL AND NOT EXISTS (
            FROM {quoted([reference.table])} AS referred WHERE referred.{target} = own.{column}
        )
        """  # noqa: S608 - the names are the contract's, and quoted
        name = f"{reference.column}_found_in_{reference.table}"
        _expect_none(questions.rows(_some(orphans)), table, name)
        names.append(name)
    return tuple(names)


def _some(sql: str) -> str:
    return f"SELECT * FROM (\n{sql}\n) LIMIT {EXAMPLES}"  # noqa: S608 - the text is a whole query of this library's


def _expect_none(violations: Sequence[Mapping[str, Any]], table: Table, name: str) -> None:
    if violations:
        examples = "; ".join(map(str, violations))
        raise AuditFailed(
            f"{table.id}: the check {name} does not hold, so nothing is published; for example {examples}"
        )
