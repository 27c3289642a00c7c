"""Landing to trusted, one table: read, type, check, split, keep the newest of a grain, write aside, audit.

One pass over the data. Counts are taken on the way by observations and compared with two others that know nothing of
them: the records that landing counted in the files, and the rows in the footers of what was written.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import Severity, Table
from covid_lake.errors import AuditFailed
from covid_lake.landing.inventory import LandingFile, unknown_columns
from covid_lake.landing.readers import LINE, RECORD, SURPLUS, read_landing
from covid_lake.pipeline.plan import PlannedPromotion
from covid_lake.pipeline.report import Status, TableReport
from covid_lake.quality.rules import RAW, Check, breaks_any, of_severity, reasons, record_checks
from covid_lake.steps import Promotion
from covid_lake.store.parquet import write_version, written_files
from covid_lake.store.snapshots import Manifest
from covid_lake.store.storage import Storage
from covid_lake.transforms.columns import clean_text, typed
from covid_lake.transforms.frames import conform, rank_in_grain

REJECTED = "_rejected"
RANK = "_rank"


@dataclass(frozen=True, slots=True)
class Written:
    """A version that was written and audited, but that no reader sees yet."""

    table: Table
    manifest: Manifest
    report: TableReport


def promote(spark: SparkSession, storage: Storage, plan: PlannedPromotion, run_id: str, run_date: date) -> Written:
    """Write a new version of the trusted table from the planned files; `AuditFailed` if the accounts don't add up."""
    started = time.monotonic()
    step, table = plan.step, plan.step.target
    checks = record_checks(table, run_date, SURPLUS)
    counts = _Counts(table)
    records = counts.observe_read(read_landing(spark, storage, table, plan.files))
    checked = counts.observe_checked(_checked(records, step, checks, run_id), checks)
    ranked = counts.observe_ranked(rank_in_grain(checked.where(~F.col(REJECTED)), table, RANK))
    folder = paths.version(table, run_id)
    write_version(conform(ranked.where(F.col(RANK) == 1), table), storage, folder, table.partition_by)
    if counts.fatal:
        raise AuditFailed(f"{table.id}: records break rules that none may break, by rule: {counts.fatal}")
    files = written_files(storage, folder)
    rejected, superseded = counts.rejected, counts.superseded
    quarantine, by_reason = None, Counter[str]()
    if rejected:
        affected = [file for file in plan.files if file.path in counts.files_with_rejects]
        quarantine = paths.quarantine_version(table.dataset, table.name, run_id)
        by_reason = _quarantine(spark, storage, step, affected, checks, run_id, quarantine)
    delivered = {file.path: file.inspection.records for file in plan.files}
    written = sum(file.rows for file in files)
    _audit(table, delivered, counts.read, written, superseded, rejected, _rows(storage, quarantine), quarantine)
    report = TableReport(
        table.id,
        Status.PUBLISHED,
        plan.reason,
        run_id,
        read=delivered,
        records_read=counts.read,
        written=written,
        superseded=superseded,
        rejected=rejected,
        rejected_by_reason=dict(by_reason.most_common()),
        warnings=counts.warnings,
        unknown_columns=unknown_columns(table, plan.files),
        refused_files={refusal.path: refusal.reason for refusal in plan.refusals},
        files=len(files),
        bytes=sum(file.bytes for file in files),
        seconds=round(time.monotonic() - started, 2),
    )
    inputs = {file.path: file.inspection.sha256 for file in plan.files}
    return Written(table, Manifest(table.id, run_id, files, plan.fingerprint, inputs, quarantine), report)


def _checked(records: DataFrame, step: Promotion, checks: Sequence[Check], run_id: str) -> DataFrame:
    """The records typed and completed, with `_rejected` saying whether one breaks a rule that refuses it."""
    table = step.target
    carried = [name for name in ("source_file", "source_row_hash", SURPLUS, RECORD, LINE) if name in records.columns]
    cleaned = records.select(
        *(
            clean_text(F.col(column.name), _null_tokens(table, column.null_tokens)).alias(RAW + column.name)
            for column in table.source_columns
        ),
        *carried,
    )
    read = cleaned.select(
        "*", *(typed(RAW + column.name, column).alias(column.name) for column in table.source_columns)
    )
    completed = step.derive(read).withColumn("run_id", F.lit(run_id))
    return completed.withColumn(REJECTED, breaks_any(of_severity(checks, Severity.REJECT)))


def _null_tokens(table: Table, own: tuple[str, ...] | None) -> tuple[str, ...]:
    if own is not None:
        return own
    return table.landing.null_tokens if table.landing else ()


def _quarantine(
    spark: SparkSession,
    storage: Storage,
    step: Promotion,
    files: Sequence[LandingFile],
    checks: Sequence[Check],
    run_id: str,
    folder: str,
) -> Counter[str]:
    """Write the refused records as they arrived, each with every reason. Reads only the files that have any."""
    table = step.target
    records = read_landing(spark, storage, table, files, with_lines=True)
    checked = _checked(records, step, checks, run_id)
    # Observed rows keep Spark from moving the filter below the expressions that it filters by, and so writing them out
    # again: the generated code would be too large for the JVM.
    refused = checked.observe(Observation(), F.count(F.lit(1)).alias("rows")).where(REJECTED)
    why = reasons(of_severity(checks, Severity.REJECT))
    write_version(
        refused.select(
            F.lit(run_id).alias("run_id"),
            F.lit(table.name).alias("table_name"),
            "source_file",
            F.col(LINE).alias("line"),
            why.alias("reasons"),
            F.col(RECORD).alias("record"),
        ),
        storage,
        folder,
    )
    names = spark.read.parquet(storage.url(folder)).select(F.explode("reasons").alias("reason"))
    counted = names.groupBy(F.substring_index("reason", ":", 1).alias("name")).count()
    return Counter({row["name"]: row["count"] for row in counted.collect()})


def _audit(
    table: Table,
    delivered: dict[str, int],
    read: int,
    written: int,
    superseded: int,
    rejected: int,
    quarantined: int,
    quarantine: str | None,
) -> None:
    """Compare the four counts that know nothing of each other, and the share of refused records with its limit."""
    landed = sum(delivered.values())
    if read != landed:
        raise AuditFailed(
            f"{table.id}: the files hold {landed:,} records, but {read:,} were read; a file may have changed meanwhile"
        )
    if read != written + superseded + quarantined or rejected != quarantined:
        raise AuditFailed(
            f"{table.id}: of {read:,} records read, {written:,} are in the new version, {superseded:,} superseded and "
            f"{quarantined:,} in quarantine: the accounts don't add up"
        )
    if rejected > table.max_rejected_fraction * read:
        raise AuditFailed(
            f"{table.id}: {rejected:,} of {read:,} records were refused, more than the contract's limit of "
            f"{table.max_rejected_fraction:.0%}; nothing is published. The records lie in {quarantine}"
        )


def _rows(storage: Storage, folder: str | None) -> int:
    return sum(file.rows for file in written_files(storage, folder)) if folder else 0


class _Counts:
    """What the write counted on its way; to be asked after the write has ended."""

    def __init__(self, table: Table) -> None:
        self._warnings = [rule.name for rule in table.rules if rule.severity == Severity.WARN]
        self._fatal = [rule.name for rule in table.rules if rule.severity == Severity.FAIL]
        self._read, self._checked, self._ranked = (Observation() for _ in range(3))

    def observe_read(self, frame: DataFrame) -> DataFrame:
        return frame.observe(self._read, F.count(F.lit(1)).alias("records"))

    def observe_checked(self, frame: DataFrame, checks: Sequence[Check]) -> DataFrame:
        counted = of_severity(checks, Severity.WARN) + of_severity(checks, Severity.FAIL)
        broken = [F.count(F.when(check.broken, 1)).alias(check.name) for check in counted]
        return frame.observe(
            self._checked,
            F.count(F.when(F.col(REJECTED), 1)).alias("rejected"),
            # As one text: an observed array comes out of Spark 3.5 as an object of the JVM's.
            F.array_join(F.collect_set(F.when(F.col(REJECTED), F.col("source_file"))), "\n").alias("files"),
            *broken,
        )

    def observe_ranked(self, frame: DataFrame) -> DataFrame:
        return frame.observe(self._ranked, F.count(F.when(F.col(RANK) > 1, 1)).alias("superseded"))

    @property
    def read(self) -> int:
        return int(self._read.get["records"])

    @property
    def rejected(self) -> int:
        return int(self._checked.get["rejected"])

    @property
    def files_with_rejects(self) -> set[str]:
        return set(self._checked.get["files"].split("\n"))

    @property
    def superseded(self) -> int:
        return int(self._ranked.get["superseded"])

    @property
    def warnings(self) -> dict[str, int]:
        return self._broken(self._warnings)

    @property
    def fatal(self) -> dict[str, int]:
        return self._broken(self._fatal)

    def _broken(self, names: Sequence[str]) -> dict[str, int]:
        found: dict[str, Any] = self._checked.get
        return {name: int(found[name]) for name in names if found[name]}
