"""Builds a table from its landing files: read, type, check, split, keep the newest of a grain, write aside, audit.

One pass over the data. The engine takes counts on the way. They are compared with two others that know nothing of
them: the records that landing counted in the files, and the rows in the footers of what was written.

Records that are withheld must not get into any file. So they lose all their fields, and their grain becomes a hash,
before anything is shuffled: what Spark moves between tasks it writes to its temporary files.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import Codec, Severity, Table
from covid_lake.engines.protocol import Engine
from covid_lake.errors import AuditFailed
from covid_lake.flows import landing_id
from covid_lake.landing.formats.records import LINE, SURPLUS
from covid_lake.landing.inventory import LandingFile
from covid_lake.landing.readers import RECORD, day_columns
from covid_lake.pipeline.accounts import NEWEST, REJECTED, SHARED, WITHHELD, Account, RecordCounts, audit_records
from covid_lake.pipeline.audits import Audit
from covid_lake.pipeline.compaction import compact
from covid_lake.pipeline.drift import compare, shape_of
from covid_lake.pipeline.inputs import Inputs, Written
from covid_lake.pipeline.plan import PlannedStep, step_fingerprint
from covid_lake.store.parquet import copy_files, written_files
from covid_lake.store.quarantine import QuarantineCounts, count_quarantine, keep_quarantined
from covid_lake.store.reports import Status, TableReport
from covid_lake.store.snapshots import DataFile, Manifest
from covid_lake.store.storage import Storage
from covid_lake.transforms.columns import clean_texts, typed
from covid_lake.transforms.frames import (
    conform,
    gather_grains,
    hide_withheld,
    mark_newest,
    tell_things_apart,
    with_partition,
)
from covid_lake.transforms.rules import RAW, Check, breaks_any, of_severity, reasons, record_checks

# A new day adds a file to its partition; the files of a partition that has so many are made one.
FILES_A_PARTITION = 8


@dataclass(frozen=True, slots=True)
class _Promotion:
    """What every stage of a promotion needs."""

    engine: Engine
    storage: Storage
    plan: PlannedStep
    inputs: Inputs
    checks: tuple[Check, ...]
    run_id: str

    @property
    def table(self) -> Table:
        return self.plan.step.target


def promote(
    engine: Engine,
    storage: Storage,
    plan: PlannedStep,
    inputs: Inputs,
    current: Manifest | None,
    run_id: str,
    run_date: date,
) -> Written:
    """Write a new version of the table from the planned files; `AuditFailed` if the accounts don't add up.

    Where the plan is for some days only, the rows of the other days are those of the published version, `current`, and
    the new rows go into files of their own. A partition that had rows of these days gets its older files without them,
    compacted into one. A partition that had none gets copies of its files. All other partitions keep their files.
    """
    started = time.monotonic()
    step, table = plan.step, plan.step.target
    base = _Base.of(storage, table, plan, current)
    work = _Promotion(engine, storage, plan, inputs, record_checks(table, run_date, SURPLUS), run_id)
    counts = RecordCounts(engine, table, work.checks)
    if plan.due:
        engine.write(_newest(work, counts), storage, paths.version(table, run_id), table.partition_by, table.codec)
    copy_files(storage, table, base.copied, run_id)
    kept = compact(storage, table, base.reopened, run_id, base.day_column, base.days) if base.reopened else 0
    if counts.fatal:
        raise AuditFailed(f"{table.id}: records break rules that none may break, by rule: {counts.fatal}")
    quarantine, refused = base.quarantine, QuarantineCounts(base.staying.rejected)
    if counts.rejected or base.leaving.rejected:
        # Whether a record is withheld may depend on others, in any file.
        affected = [file for file in plan.due if table.withholds or file.path in counts.files_with_rejects]
        quarantine, refused = _quarantine(work, affected, base)
    read = Account(
        {file.path: file.inspection.records for file in plan.due}, refused.of_run, counts.superseded, counts.withheld
    )
    files = written_files(storage, table, run_id)
    whole = Account(
        {**base.staying.records, **read.records},
        refused.by_file,
        base.superseded_after(kept) + read.superseded,
        read.withheld,
    )
    read_from = {file.path: file.inspection.sha256 for file in plan.files}
    built_from = {**read_from, **{table_id: version.version for table_id, version in inputs.versions.items()}}
    manifest = Manifest(
        table=table.id,
        version=run_id,
        files=(*base.files, *files),
        fingerprint=step_fingerprint(plan.basis, built_from),
        inputs=built_from,
        basis=plan.basis,
        quarantine=quarantine,
        records=whole.records,
        rejected=whole.rejected,
        superseded=whole.superseded,
        withheld=whole.withheld,
    )
    audit_records(table, read, whole, counts, manifest, sum(file.rows for file in files), base.copied_rows + kept)
    partitions = plan.slice.partitions(table) if plan.slice else ()
    audit = Audit(storage, step, inputs.stored, manifest, partitions, shows_rows=inputs.shows_rows)
    passed = audit.require_checks()
    shape = shape_of(storage, plan, counts.unknown_values, current, manifest, files)
    drift = compare(table, plan.due, shape, current)
    manifest = replace(
        manifest,
        columns=shape.columns,
        measures=shape.measures,
        days=shape.days,
        unknown_values=shape.unknown_values,
    )
    report = TableReport(
        table=table.id,
        status=Status.PUBLISHED,
        reason=plan.reason,
        version=run_id,
        read=read.records,
        records_read=counts.read,
        written=read.trusted,
        superseded=read.superseded,
        rejected=counts.rejected,
        rejected_by_reason=refused.by_reason,
        withheld=read.withheld,
        withheld_by_reason=counts.withheld_by_reason,
        warnings=counts.warnings,
        unknown_columns=drift.new_columns,
        vanished_columns=drift.vanished_columns,
        unknown_values=drift.unknown_values,
        jumps=drift.jumps,
        shared_keys=counts.shared_keys,
        refused_files={refusal.path: refusal.reason for refusal in plan.refusals},
        checks=passed,
        rows=manifest.rows,
        partitions=partitions,
        totals=whole.totals,
        files=len(files),
        bytes=sum(file.bytes for file in files),
        seconds=round(time.monotonic() - started, 2),
    )
    return Written(table, manifest, manifest, report)


@dataclass(frozen=True, slots=True)
class _Base:
    """What a new version takes over from the published one: nothing, unless the plan is for some days only."""

    storage: Storage
    table: Table
    days: frozenset[date] = frozenset()
    """The days that are promoted again."""
    files: tuple[DataFile, ...] = ()
    """The files of the partitions that hold none of these days. They stay where they are."""
    copied: tuple[DataFile, ...] = ()
    """The files of the partitions that get rows of new days only. They are copied."""
    reopened: tuple[DataFile, ...] = ()
    """The files of the partitions that are compacted, without the rows of the days that are promoted again."""
    staying: Account = field(default_factory=Account)
    """The counts of the landing files that are not read again."""
    leaving: Account = field(default_factory=Account)
    """The counts of the landing files of the days that are promoted again."""
    superseded: int = 0
    """The superseded records of the published version."""
    quarantine: str | None = None
    """The quarantine folder of the published version."""

    @classmethod
    def of(cls, storage: Storage, table: Table, plan: PlannedStep, current: Manifest | None) -> _Base:
        if plan.slice is None or current is None:
            return cls(storage, table)
        due = {f"{by}={value}" for by in table.partition_by for value in plan.slice.partitions(table)}
        left = {f"{by}={value}" for by in table.partition_by for value in plan.slice.leaving_partitions(table)}
        files_in = Counter(file.partition for file in current.files if file.partition in due)
        rewritten = {partition for partition, files in files_in.items() if files >= FILES_A_PARTITION} | left
        leaving = plan.slice.leaving

        def counts(is_leaving: bool) -> Account:
            records, rejected = (
                {path: count for path, count in by_file.items() if (path in leaving) == is_leaving}
                for by_file in (current.records, current.rejected)
            )
            return Account(records, rejected)

        return cls(
            storage=storage,
            table=table,
            days=plan.slice.days,
            files=tuple(file for file in current.files if file.partition not in files_in),
            copied=tuple(file for file in current.files if file.partition in files_in.keys() - rewritten),
            reopened=tuple(file for file in current.files if file.partition in rewritten),
            staying=counts(is_leaving=False),
            leaving=counts(is_leaving=True),
            superseded=current.superseded,
            quarantine=current.quarantine,
        )

    @property
    def copied_rows(self) -> int:
        return sum(file.rows for file in self.copied)

    @property
    def day_column(self) -> str:
        """The column that holds the day, of a table that is partitioned by the month of a day."""
        return self.table.day_column or ""

    def superseded_after(self, kept: int) -> int:
        """The superseded records of the landing files that are not read again.

        A record of the leaving files was rejected, or a row that compaction has dropped, or else superseded.
        """
        return self.superseded - (self.leaving.trusted - (sum(file.rows for file in self.reopened) - kept))


def _newest(work: _Promotion, counts: RecordCounts) -> DataFrame:
    """Of the records due, typed and checked, the newest of each grain that may leave the landing zone."""
    table = work.table
    records = work.engine.read_landing(work.storage, table, work.plan.due)
    # What nothing below asks for: an engine that puts rows by to count them would have to compute and write it.
    idle = (RECORD, LINE, *(RAW + one.name for one in table.source_columns if one.unreadable is Severity.REJECT))
    judged = counts.observe_checked(_judged(records, work).drop(*idle)).where(~F.col(REJECTED))
    visible = hide_withheld(judged, table, WITHHELD) if table.withholds else judged
    told_apart = tell_things_apart(gather_grains(visible, table), table, SHARED)
    ranked = counts.observe_ranked(mark_newest(told_apart, table, NEWEST))
    return conform(ranked.where(F.col(NEWEST) & ~F.col(WITHHELD)), table)


def _judged(records: DataFrame, work: _Promotion) -> DataFrame:
    """The records typed and completed, with flags that say which are withheld and which of the others are rejected."""
    table = work.table
    carried = ["source_file", "source_row_hash", SURPLUS, RECORD, LINE, *day_columns(table)]
    raw = records.select(*(F.col(column.name).alias(RAW + column.name) for column in table.source_columns), *carried)
    tokens = {RAW + column.name: _null_tokens(table, column.null_tokens) for column in table.source_columns}
    cleaned = clean_texts(raw, tokens)
    read = cleaned.select(
        "*", *(typed(RAW + column.name, column).alias(column.name) for column in table.source_columns)
    )
    derived = work.plan.step.build({**work.inputs.frames, landing_id(table): read})
    completed = with_partition(derived, table).withColumn("run_id", F.lit(work.run_id))
    rejecting, withholding = (of_severity(work.checks, one) for one in (Severity.REJECT, Severity.WITHHOLD))
    flagged = completed.withColumn(WITHHELD, breaks_any(withholding))
    return flagged.withColumn(REJECTED, breaks_any(rejecting) & ~F.col(WITHHELD))


def _null_tokens(table: Table, own: tuple[str, ...] | None) -> tuple[str, ...]:
    if own is not None:
        return own
    return table.landing.null_tokens if table.landing else ()


def _quarantine(work: _Promotion, files: Sequence[LandingFile], base: _Base) -> tuple[str | None, QuarantineCounts]:
    """Write the rejected records of `files` as they arrived, each with every reason, and those of the files that stay.

    Reads only the files that have any. Returns the folder, None where no record was rejected, and the counts of what
    was written.
    """
    table, storage = work.table, work.storage
    folder = paths.quarantine_version(table.dataset, table.name, work.run_id)
    if files:
        work.engine.write(_refused_records(work, files), storage, folder, codec=Codec.ZSTD)
    if base.quarantine and base.staying.rejected:
        keep_quarantined(storage, base.quarantine, folder, base.staying.rejected)
    found = count_quarantine(storage, folder, work.run_id)
    return (folder if found.by_file else None), found


def _refused_records(work: _Promotion, files: Sequence[LandingFile]) -> DataFrame:
    """The rejected records of the files as they arrived; a row is a record."""
    table = work.table
    # To number lines, all records of a file would have to be shuffled, and so written to a temporary file.
    records = work.engine.read_landing(work.storage, table, files, with_lines=not table.withholds)
    judged = _judged(records, work)
    # Counted rows keep Spark from moving the filter below the expressions that it filters by, and so writing them out
    # again: the generated code would be too large for the JVM.
    counted, _ = work.engine.counted(judged, [F.count(F.lit(1)).alias("rows")], is_confidential=table.withholds)
    return counted.where(REJECTED).select(
        F.lit(work.run_id).alias("run_id"),
        F.lit(table.name).alias("table_name"),
        "source_file",
        F.col(LINE).alias("line"),
        reasons(of_severity(work.checks, Severity.REJECT)).alias("reasons"),
        F.col(RECORD).alias("record"),
    )
