"""Builds a table from other tables: build, write aside, and check what was written before readers see it."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pyspark.sql import DataFrame

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.engines.protocol import Engine
from covid_lake.errors import AccountsDiffer, AuditFailed
from covid_lake.flows import Asked, Evolution, Step
from covid_lake.pipeline.accounts import RowCounts
from covid_lake.pipeline.audits import Audit
from covid_lake.pipeline.inputs import Inputs, Written
from covid_lake.pipeline.plan import PlannedStep, step_fingerprint
from covid_lake.store.parquet import copy_files, written_files
from covid_lake.store.reports import Status, TableReport
from covid_lake.store.snapshots import DataFile, Manifest, TableVersion
from covid_lake.store.storage import Storage
from covid_lake.transforms.frames import conform


@dataclass(frozen=True, slots=True)
class Current:
    """The published version of a table, to build on."""

    entry: TableVersion
    """The version's line in the snapshot."""
    manifest: Manifest
    """What the version consists of."""
    asked: Asked | None = None
    """Answers questions about the inputs' change since; None where contract, code or the set of inputs changed."""
    evolution: Evolution | None = None
    """The inputs' change since, where the step follows its inputs by partitions."""


def build(
    engine: Engine,
    storage: Storage,
    plan: PlannedStep,
    inputs: Inputs,
    current: Current | None,
    again: Collection[str],
    run_id: str,
    run_date: date,
) -> Written:
    """Write a new version of the table; raises `AuditFailed`.

    Where the step has a partial build and `current` says how the inputs changed, only the partitions that the change
    touches, and those named in `again`, are written. The other partitions keep their files, and so do partitions that
    only get more rows. The checks read the files that were written. A table with the same rows keeps its version.
    """
    started = time.monotonic()
    step, table = plan.step, plan.step.target
    work = _plan_rows(step, inputs, current, again)
    counts = RowCounts(engine, table, run_date, is_whole=not work.is_partial)
    if work.rows is not None:
        rows = work.rows
        if table.partition_by and not work.is_partial:
            # A file a partition, where there would be one a task in each. A few partitions are a few tasks anyway.
            rows = rows.repartition(*table.partition_by)
        engine.write(counts.observe(rows), storage, paths.version(table, run_id), table.partition_by, table.codec)
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
        table=table.id,
        version=run_id,
        files=(*work.kept, *files),
        fingerprint=step_fingerprint(plan.basis, built_from),
        inputs=built_from,
        basis=plan.basis,
        content=counts.content,
    )
    is_untouched = work.rows is None or (work.is_growth and not written)
    same = current if current and (is_untouched or _is_same(manifest, current.manifest)) else None
    read = {source.id: inputs.versions[source.id].rows for source in step.inputs if source.id in inputs.versions}
    report = TableReport(
        table=table.id,
        status=Status.UNCHANGED if same else Status.PUBLISHED,
        reason=plan.reason,
        version=same.entry.version if same else run_id,
        read=read,
        records_read=sum(read.values()),
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
    audit = Audit(storage, step, inputs.stored, manifest, work.partitions, shows_rows=inputs.shows_rows)
    audit.require_rules(engine, run_date)
    checks = (*audit.require_keys(), *audit.require_checks())
    report = replace(report, checks=checks, seconds=round(time.monotonic() - started, 2))
    return Written(table, manifest, manifest, report)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be written, and what is taken over."""

    rows: DataFrame | None
    """The rows to be written; None where no partition is touched."""
    is_partial: bool = False
    """Whether other partitions than those written keep their files."""
    partitions: tuple[str, ...] = ()
    """The partitions that are written; none are named for a whole table."""
    kept: tuple[DataFile, ...] = ()
    """The files of the published version that are taken over."""
    is_growth: bool = False
    """Whether rows are only added, so that the partitions that they belong to keep their files too."""


def _plan_rows(step: Step, inputs: Inputs, current: Current | None, again: Collection[str]) -> _Work:
    table = step.target
    if step.differs and current and current.asked and not current.asked.rows(f"{step.differs}\nLIMIT 1"):
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
    """Copy the older files of partitions that got rows into the version's folder; returns the work and the files."""
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
