"""Landing to trusted, one table: read, type, check, split, keep the newest of a grain, write aside, audit.

One pass over the data. Counts are taken on the way by observations and compared with two others that know nothing of
them: the records that landing counted in the files, and the rows in the footers of what was written.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import MONTH, Severity, Table, month_of
from covid_lake.errors import AccountsDiffer, AuditFailed
from covid_lake.flows import Promotion
from covid_lake.landing.inventory import LandingFile
from covid_lake.landing.readers import LINE, RECORD, SURPLUS, day_columns, read_landing
from covid_lake.pipeline.compaction import compact
from covid_lake.pipeline.drift import RECORDS, Shape, compare, delivered_columns, latest_files
from covid_lake.pipeline.plan import PlannedPromotion
from covid_lake.store.parquet import copy_files, spark_path, write_version, written_files
from covid_lake.store.questions import Questions, Stored, quoted
from covid_lake.store.reports import Status, TableReport
from covid_lake.store.snapshots import DataFile, Manifest, TableVersion
from covid_lake.store.storage import Storage
from covid_lake.transforms.columns import clean_texts, typed
from covid_lake.transforms.frames import conform, gather_grains, rank_in_grain, tell_things_apart
from covid_lake.transforms.rules import RAW, Check, breaks_any, of_severity, reasons, record_checks

REJECTED = "_rejected"
RANK = "_rank"
SHARED = "_shared"
# A new day adds a file to its month; the files of a month that has so many are made one.
FILES_A_MONTH = 8
UNKNOWN_VALUES_SHOWN = 50
SHARED_KEYS_SHOWN = 50
# Between the parts of what is observed as one text: no cleaned name holds these.
FIELD_END, LINE_END = "\x1f", "\x1e"


@dataclass(frozen=True, slots=True)
class Written:
    """A version that was written and audited, but that no reader sees yet.

    `published` is its manifest; or, where the rows came out the same as those that readers have, the entry by which
    their version stays.
    """

    table: Table
    published: Manifest | TableVersion
    manifest: Manifest
    report: TableReport


@dataclass(frozen=True, slots=True)
class Account:
    """Where the records of some landing files are: counts by file, of records and of those refused; and superseded."""

    records: Mapping[str, int]
    rejected: Mapping[str, int]
    superseded: int

    @property
    def trusted(self) -> int:
        """The rows that the other counts leave for the trusted table."""
        return sum(self.records.values()) - sum(self.rejected.values()) - self.superseded

    @property
    def totals(self) -> dict[str, int]:
        """The four counts by name."""
        return {
            "records": sum(self.records.values()),
            "trusted": self.trusted,
            "superseded": self.superseded,
            "rejected": sum(self.rejected.values()),
        }


def promote(
    spark: SparkSession,
    storage: Storage,
    plan: PlannedPromotion,
    current: Manifest | None,
    run_id: str,
    run_date: date,
) -> Written:
    """Write a new version of the trusted table from the planned files; `AuditFailed` if the accounts don't add up.

    Where the plan is for some days only, `current` is the version on which the others stand. The rows of these days go
    into files of their own. In a month that had such rows the other files are made one without them; in one that had
    none they are copied; all other months are taken over.
    """
    started = time.monotonic()
    table = plan.step.target
    base = _Base.of(storage, table, plan, current)
    checks = record_checks(table, run_date, SURPLUS)
    counts = _Counts(table, checks)
    if plan.due:
        newest = _newest(spark, storage, plan, checks, counts, run_id)
        write_version(newest, storage, paths.version(table, run_id), table.partition_by)
    copy_files(storage, table, base.copied, run_id)
    kept = compact(storage, table, base.reopened, run_id, base.day_column, base.days) if base.reopened else 0
    if counts.fatal:
        raise AuditFailed(f"{table.id}: records break rules that none may break, by rule: {counts.fatal}")
    refused = _Refused(base.quarantine, base.staying.rejected, {}, Counter())
    if counts.rejected or base.leaving.rejected:
        affected = [file for file in plan.due if file.path in counts.files_with_rejects]
        refused = _quarantine(spark, plan, affected, checks, base, run_id)
    read = Account({file.path: file.inspection.records for file in plan.due}, refused.new, counts.superseded)
    files = written_files(storage, table, run_id)
    whole = Account(
        {**base.staying.records, **read.records}, refused.by_file, base.superseded_after(kept) + read.superseded
    )
    manifest = Manifest(
        table.id,
        run_id,
        (*base.files, *files),
        plan.fingerprint,
        {file.path: file.inspection.sha256 for file in plan.files},
        plan.basis,
        refused.folder,
        whole.records,
        whole.rejected,
        whole.superseded,
    )
    _audit(table, read, whole, counts, manifest, sum(file.rows for file in files), base.copied_rows + kept)
    shape = _shape(storage, plan, counts, current, manifest, files)
    drift = compare(table, plan.due, shape, current)
    manifest = replace(
        manifest,
        columns=shape.columns,
        measures=shape.measures,
        days=shape.days,
        unknown_values=shape.unknown_values,
    )
    report = TableReport(
        table.id,
        Status.PUBLISHED,
        plan.reason,
        run_id,
        read=read.records,
        records_read=counts.read,
        written=read.trusted,
        superseded=read.superseded,
        rejected=counts.rejected,
        rejected_by_reason=dict(refused.by_reason.most_common()),
        warnings=counts.warnings,
        unknown_columns=drift.new_columns,
        vanished_columns=drift.vanished_columns,
        unknown_values=drift.unknown_values,
        jumps=drift.jumps,
        shared_keys=counts.shared_keys,
        refused_files={refusal.path: refusal.reason for refusal in plan.refusals},
        rows=manifest.rows,
        partitions=plan.slice.partitions if plan.slice else (),
        totals=whole.totals,
        files=len(files),
        bytes=sum(file.bytes for file in files),
        seconds=round(time.monotonic() - started, 2),
    )
    return Written(table, manifest, manifest, report)


def _shape(
    storage: Storage,
    plan: PlannedPromotion,
    counts: _Counts,
    current: Manifest | None,
    manifest: Manifest,
    written: Sequence[DataFile],
) -> Shape:
    """What the feed looks like in the new version, of which this run has `written` some files or all."""
    table = plan.step.target
    before = current.unknown_values if current and plan.slice else {}
    unknown = {
        name: tuple(sorted({*before.get(name, ()), *counts.unknown_values.get(name, ())}))
        for name in before.keys() | counts.unknown_values.keys()
    }
    latest = latest_files(table, plan.files)
    is_latest_read = current is None or any(file in plan.due for file in latest)
    columns = delivered_columns(table, latest) if is_latest_read or current is None else current.columns
    by_day = _measures(storage, table, written)
    if table.drift.day is None:
        return Shape(columns, {**by_day.get(None, {}), RECORDS: manifest.rows}, unknown)
    days: dict[str, Mapping[str, int]] = {str(day): its for day, its in by_day.items()}
    if current and plan.slice:
        redone = {day.isoformat() for day in plan.slice.days}
        days = {**{day: its for day, its in current.days.items() if day not in redone}, **days}
    return Shape(columns, {}, unknown, dict(sorted(days.items())))


def _measures(storage: Storage, table: Table, written: Sequence[DataFile]) -> dict[str | None, dict[str, int]]:
    """Rows and watched sums of the written files, by day; under None of the whole where no day is watched."""
    drift = table.drift
    if not drift.totals and drift.day is None:
        return {}
    day = f"strftime({quoted([drift.day])}, '%Y-%m-%d')" if drift.day else "NULL"
    sums = "".join(f", sum({quoted([name])})::BIGINT AS {quoted([name])}" for name in drift.totals)
    sql = f"SELECT {day} AS day, count(*) AS {RECORDS}{sums} FROM {table.name} GROUP BY 1"  # noqa: S608 - of a contract
    rows = Questions(storage, {table.name: lambda: Stored(table, tuple(written))}).rows(sql)
    return {row.pop("day"): {name: count or 0 for name, count in row.items()} for row in rows}


@dataclass(frozen=True, slots=True)
class _Base:
    """What a new version takes over from the current one: nothing, unless the plan is for some days only.

    `files` are those of the untouched months, `copied` those of the months that only grow, `reopened` those of the
    months whose files are made one. `staying` and `leaving` are the counts of the landing files that stay and of those
    that make room, `superseded` that of both.
    """

    storage: Storage
    table: Table
    days: frozenset[date] = frozenset()
    files: tuple[DataFile, ...] = ()
    copied: tuple[DataFile, ...] = ()
    reopened: tuple[DataFile, ...] = ()
    staying: Account = Account({}, {}, 0)
    leaving: Account = Account({}, {}, 0)
    superseded: int = 0
    quarantine: str | None = None

    @classmethod
    def of(cls, storage: Storage, table: Table, plan: PlannedPromotion, current: Manifest | None) -> _Base:
        if plan.slice is None or current is None:
            return cls(storage, table)
        months = Counter(file.partition for file in current.files if file.partition in _folders(plan.slice.days))
        rewritten = {month for month, files in months.items() if files >= FILES_A_MONTH}
        rewritten |= _folders(plan.slice.leaving_days(table))
        leaving = plan.slice.leaving

        def counts(is_leaving: bool) -> Account:
            records, rejected = (
                {path: count for path, count in by_file.items() if (path in leaving) == is_leaving}
                for by_file in (current.records, current.rejected)
            )
            return Account(records, rejected, 0)

        return cls(
            storage,
            table,
            plan.slice.days,
            tuple(file for file in current.files if file.partition not in months),
            tuple(file for file in current.files if file.partition in months.keys() - rewritten),
            tuple(file for file in current.files if file.partition in rewritten),
            counts(is_leaving=False),
            counts(is_leaving=True),
            current.superseded,
            current.quarantine,
        )

    @property
    def copied_rows(self) -> int:
        return sum(file.rows for file in self.copied)

    @property
    def day_column(self) -> str:
        """The column by which a table that is kept by day is."""
        daily = self.table.landing.daily if self.table.landing else None
        return daily.column if daily else ""

    def superseded_after(self, kept: int) -> int:
        """The superseded records of the files that stay: all but those that the leaving files account for."""
        return self.superseded - (self.leaving.trusted - (sum(file.rows for file in self.reopened) - kept))


def _folders(days: Iterable[date]) -> set[str]:
    """The partitions that hold the days, as their folders are called."""
    return {f"{MONTH}={month_of(day)}" for day in days}


def _newest(
    spark: SparkSession,
    storage: Storage,
    plan: PlannedPromotion,
    checks: Sequence[Check],
    counts: _Counts,
    run_id: str,
) -> DataFrame:
    """Of the records due, typed and checked, the newest of each grain."""
    table = plan.step.target
    records = read_landing(spark, storage, table, plan.due)
    checked = counts.observe_checked(_checked(records, plan.step, checks, run_id))
    told_apart = tell_things_apart(gather_grains(checked.where(~F.col(REJECTED)), table), table, SHARED)
    ranked = counts.observe_ranked(rank_in_grain(told_apart, table, RANK))
    return conform(ranked.where(F.col(RANK) == 1), table)


def _checked(records: DataFrame, step: Promotion, checks: Sequence[Check], run_id: str) -> DataFrame:
    """The records typed and completed, with `_rejected` saying whether one breaks a rule that refuses it."""
    table = step.target
    carried = ["source_file", "source_row_hash", SURPLUS, RECORD, *day_columns(table)]
    carried += [LINE] if LINE in records.columns else []
    raw = records.select(*(F.col(column.name).alias(RAW + column.name) for column in table.source_columns), *carried)
    tokens = {RAW + column.name: _null_tokens(table, column.null_tokens) for column in table.source_columns}
    cleaned = clean_texts(raw, tokens)
    read = cleaned.select(
        "*", *(typed(RAW + column.name, column).alias(column.name) for column in table.source_columns)
    )
    completed = step.derive(read).withColumn("run_id", F.lit(run_id))
    return completed.withColumn(REJECTED, breaks_any(of_severity(checks, Severity.REJECT)))


def _null_tokens(table: Table, own: tuple[str, ...] | None) -> tuple[str, ...]:
    if own is not None:
        return own
    return table.landing.null_tokens if table.landing else ()


@dataclass(frozen=True, slots=True)
class _Refused:
    """The quarantine of a version: its folder, the refused records by landing file, and those of this run alone."""

    folder: str | None
    by_file: Mapping[str, int]
    new: Mapping[str, int]
    by_reason: Counter[str]


def _quarantine(
    spark: SparkSession,
    plan: PlannedPromotion,
    files: Sequence[LandingFile],
    checks: Sequence[Check],
    base: _Base,
    run_id: str,
) -> _Refused:
    """Write the refused records of `files` as they arrived, each with every reason, and those of the files that stay.

    Reads only the files that have any. The counts are of what was written.
    """
    table, storage = plan.step.target, base.storage
    parts = []
    if files:
        parts.append(_refused_records(spark, storage, plan.step, files, checks, run_id))
    if base.quarantine and base.staying.rejected:
        before = spark.read.parquet(spark_path(storage, base.quarantine))
        parts.append(before.where(F.col("source_file").isin(*base.staying.rejected)))
    if not parts:
        return _Refused(None, {}, {}, Counter())
    folder = paths.quarantine_version(table.dataset, table.name, run_id)
    write_version(reduce(DataFrame.unionByName, parts), storage, folder)
    written = spark.read.parquet(spark_path(storage, folder))
    by_file = {row["source_file"]: row["count"] for row in written.groupBy("source_file").count().collect()}
    names = written.where(F.col("run_id") == run_id).select(F.explode("reasons").alias("reason"))
    counted = names.groupBy(F.substring_index("reason", ":", 1).alias("name")).count()
    by_reason = Counter({row["name"]: row["count"] for row in counted.collect()})
    return _Refused(
        folder, by_file, {file.path: by_file[file.path] for file in files if file.path in by_file}, by_reason
    )


def _refused_records(
    spark: SparkSession,
    storage: Storage,
    step: Promotion,
    files: Sequence[LandingFile],
    checks: Sequence[Check],
    run_id: str,
) -> DataFrame:
    """The refused records of the files as they arrived; a row is a record."""
    table = step.target
    records = read_landing(spark, storage, table, files, with_lines=True)
    checked = _checked(records, step, checks, run_id)
    # Observed rows keep Spark from moving the filter below the expressions that it filters by, and so writing them out
    # again: the generated code would be too large for the JVM.
    refused = checked.observe(Observation(), F.count(F.lit(1)).alias("rows")).where(REJECTED)
    why = reasons(of_severity(checks, Severity.REJECT))
    return refused.select(
        F.lit(run_id).alias("run_id"),
        F.lit(table.name).alias("table_name"),
        "source_file",
        F.col(LINE).alias("line"),
        why.alias("reasons"),
        F.col(RECORD).alias("record"),
    )


def _audit(
    table: Table, read: Account, whole: Account, counts: _Counts, manifest: Manifest, written: int, kept: int
) -> None:
    """Compare counts that know nothing of each other, and the share of refused records with its limit.

    `written` are the rows in the footers of the files of this run, `kept` those of them that older versions had, and
    `manifest.rows` those of the whole version.
    """
    landed, refused = sum(read.records.values()), sum(read.rejected.values())
    if counts.read != landed:
        raise AccountsDiffer(
            f"{table.id}: the files hold {landed:,} records, but {counts.read:,} were read; "
            "a file may have changed meanwhile"
        )
    if written != kept + read.trusted or counts.rejected != refused or manifest.rows != whole.trusted:
        raise AccountsDiffer(
            f"{table.id}: of {counts.read:,} records read and {kept:,} rows kept, {written:,} are in the new "
            f"files, {read.superseded:,} superseded and {refused:,} in quarantine: the accounts don't add up"
        )
    rejected, records = whole.totals["rejected"], whole.totals["records"]
    if rejected > table.max_rejected_fraction * records:
        raise AuditFailed(
            f"{table.id}: {rejected:,} of {records:,} records were refused, more than the contract's limit of "
            f"{table.max_rejected_fraction:.0%}; nothing is published. The records lie in {manifest.quarantine}"
        )


class _Counts:
    """What the write counted on its way; to be asked after the write has ended."""

    def __init__(self, table: Table, checks: Sequence[Check]) -> None:
        self._table = table
        self._checks = checks
        self._observed: dict[str, Observation] = {}

    def observe_checked(self, frame: DataFrame) -> DataFrame:
        counted = of_severity(self._checks, Severity.WARN) + of_severity(self._checks, Severity.FAIL)
        return self._observe(
            "checked",
            frame,
            F.count(F.lit(1)).alias("records"),
            F.count(F.when(F.col(REJECTED), 1)).alias("rejected"),
            # As one text: an observed array comes out of Spark 3.5 as an object of the JVM's.
            F.array_join(F.collect_set(F.when(F.col(REJECTED), F.col("source_file"))), "\n").alias("files"),
            *(
                F.array_join(F.sort_array(F.collect_set(F.when(~F.col(flag), F.col(name)))), "\n").alias(f"new {name}")
                for name, flag in self._table.drift.known_by
            ),
            *(F.count(F.when(check.broken, 1)).alias(check.name) for check in counted),
        )

    def observe_ranked(self, frame: DataFrame) -> DataFrame:
        shared = F.when(F.col(SHARED).isNotNull(), F.array_join(SHARED, FIELD_END))
        return self._observe(
            "ranked",
            frame,
            F.count(F.when(F.col(RANK) > 1, 1)).alias("superseded"),
            F.count(SHARED).alias("shared"),
            F.array_join(F.sort_array(F.collect_set(shared)), LINE_END).alias("shared keys"),
        )

    @property
    def read(self) -> int:
        return self._count("checked", "records")

    @property
    def rejected(self) -> int:
        return self._count("checked", "rejected")

    @property
    def files_with_rejects(self) -> set[str]:
        return set(self._found("checked").get("files", "").split("\n"))

    @property
    def superseded(self) -> int:
        return self._count("ranked", "superseded")

    @property
    def shared_keys(self) -> dict[str, tuple[str, ...]]:
        """By key that several things share in one grain, the names of these things."""
        names: dict[str, list[str]] = {}
        for line in filter(None, str(self._found("ranked").get("shared keys") or "").split(LINE_END)):
            key, name = line.split(FIELD_END)
            names.setdefault(key, []).append(name)
        return {key: tuple(its) for key, its in list(names.items())[:SHARED_KEYS_SHOWN]}

    @property
    def unknown_values(self) -> dict[str, tuple[str, ...]]:
        """By column the values that no table of the library knows."""
        texts = {name: self._found("checked").get(f"new {name}") for name, _ in self._table.drift.known_by}
        return {name: tuple(text.split("\n")[:UNKNOWN_VALUES_SHOWN]) for name, text in texts.items() if text}

    @property
    def warnings(self) -> dict[str, int]:
        identity = self._table.identity
        shared = self._count("ranked", "shared")
        return {
            **self._broken(Severity.WARN),
            **({f"{identity.key}_shared": shared} if identity and shared else {}),
        }

    @property
    def fatal(self) -> dict[str, int]:
        return self._broken(Severity.FAIL)

    def _observe(self, name: str, frame: DataFrame, *counts: Column) -> DataFrame:
        self._observed[name] = Observation()
        return frame.observe(self._observed[name], *counts)

    def _found(self, name: str) -> dict[str, Any]:
        """What was counted; nothing where the write had no such stage, and asking would wait for ever."""
        return dict(self._observed[name].get) if name in self._observed else {}

    def _count(self, stage: str, name: str) -> int:
        return int(self._found(stage).get(name) or 0)  # the sum of nothing is null

    def _broken(self, severity: Severity) -> dict[str, int]:
        names = [check.name for check in of_severity(self._checks, severity)]
        return {name: count for name in names if (count := self._count("checked", name))}
