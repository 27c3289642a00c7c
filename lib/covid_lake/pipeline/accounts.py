"""The accounts of a table: how many records had each outcome, and whether the counts add up.

The engine's counts are compared with others that know nothing of them: the records that landing counted in the files,
and the rows in the footers of the files that were written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from covid_lake.contracts import Severity, Table
from covid_lake.engines.protocol import Counted, Engine
from covid_lake.errors import AccountsDiffer, TooManyRefused
from covid_lake.store.snapshots import Manifest
from covid_lake.transforms.columns import hash_with_nulls
from covid_lake.transforms.rules import Check, contract_checks, of_severity

# Columns that a record has on its way to its table.
WITHHELD, REJECTED, NEWEST, SHARED = "_withheld", "_rejected", "_is_newest", "_shared"
UNKNOWN_VALUES_SHOWN = 50
SHARED_KEYS_SHOWN = 50
# Between the parts of what is observed as one text: no cleaned name holds these.
FIELD_END, LINE_END = "\x1f", "\x1e"


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the records of some landing files: each is in exactly one of the four outcomes."""

    records: Mapping[str, int] = field(default_factory=dict)
    """All records, by landing file."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Records in quarantine, by landing file."""
    superseded: int = 0
    """Records that a newer one of the same grain replaced."""
    withheld: int = 0
    """Records that may not leave the landing zone."""

    @property
    def trusted(self) -> int:
        """The rows of the trusted table: all records without those of the other three outcomes."""
        return sum(self.records.values()) - sum(self.rejected.values()) - self.superseded - self.withheld

    @property
    def totals(self) -> dict[str, int]:
        """The counts by name: all records, and the four outcomes that they add up from."""
        return {
            "records": sum(self.records.values()),
            "trusted": self.trusted,
            "superseded": self.superseded,
            "rejected": sum(self.rejected.values()),
            "withheld": self.withheld,
        }


class _Observed:
    """Counts that an engine takes of frames that it writes; to be asked after the write has ended."""

    def __init__(self, engine: Engine, *, is_confidential: bool = False) -> None:
        self._engine, self._is_confidential = engine, is_confidential
        self._observed: dict[str, Counted] = {}

    def _observe(self, stage: str, frame: DataFrame, *counts: Column) -> DataFrame:
        observed, self._observed[stage] = self._engine.counted(frame, counts, is_confidential=self._is_confidential)
        return observed

    def _found(self, stage: str) -> Mapping[str, Any]:
        """What was counted; nothing where the write had no such stage."""
        return self._observed[stage]() if stage in self._observed else {}

    def _count(self, stage: str, name: str) -> int:
        return int(self._found(stage).get(name) or 0)  # the sum of nothing is null

    def _broken(self, stage: str, checks: Sequence[Check]) -> dict[str, int]:
        """The checks that records or rows broke, each with how many."""
        return {check.name: count for check in checks if (count := self._count(stage, check.name))}


class RecordCounts(_Observed):
    """Counts of landing records on their way to a trusted table."""

    def __init__(self, engine: Engine, table: Table, checks: Sequence[Check]) -> None:
        super().__init__(engine, is_confidential=table.withholds)
        self._table = table
        self._by_severity = {severity: of_severity(checks, severity) for severity in Severity}

    def observe_checked(self, frame: DataFrame) -> DataFrame:
        """Count records, outcomes and broken rules; the frame has the flags `WITHHELD` and `REJECTED`."""
        counted = self._by_severity[Severity.WARN] + self._by_severity[Severity.FAIL]
        is_shown = ~F.col(WITHHELD)
        return self._observe(
            "checked",
            frame,
            F.count(F.lit(1)).alias("records"),
            F.count(F.when(F.col(REJECTED), 1)).alias("rejected"),
            F.count(F.when(F.col(WITHHELD), 1)).alias("withheld"),
            # As one text: an observed array comes out of Spark 3.5 as an object of the JVM's.
            F.array_join(F.collect_set(F.when(F.col(REJECTED), F.col("source_file"))), "\n").alias("files"),
            *(
                F.array_join(
                    F.sort_array(F.collect_set(F.when(is_shown & ~F.col(flag), F.col(name)))),
                    "\n",
                ).alias(f"new {name}")
                for name, flag in self._table.drift.known_by
            ),
            *(F.count(F.when(is_shown & check.broken, 1)).alias(check.name) for check in counted),
            *(F.count(F.when(check.broken, 1)).alias(check.name) for check in self._by_severity[Severity.WITHHOLD]),
        )

    def observe_ranked(self, frame: DataFrame) -> DataFrame:
        """Count what supersedes what; the frame has the columns `WITHHELD`, `NEWEST` and `SHARED`."""
        shared = F.when(F.col(SHARED).isNotNull(), F.array_join(SHARED, FIELD_END))
        return self._observe(
            "ranked",
            frame,
            F.count(F.when(~F.col(NEWEST) & ~F.col(WITHHELD), 1)).alias("superseded"),
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
    def withheld(self) -> int:
        return self._count("checked", "withheld")

    @property
    def withheld_by_reason(self) -> dict[str, int]:
        return self._broken("checked", self._by_severity[Severity.WITHHOLD])

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
            **self._broken("checked", self._by_severity[Severity.WARN]),
            **({f"{identity.key}_shared": shared} if identity and shared else {}),
        }

    @property
    def fatal(self) -> dict[str, int]:
        return self._broken("checked", self._by_severity[Severity.FAIL])


class RowCounts(_Observed):
    """Counts of the rows of a table that is built from others; of a whole table also a digest of its unordered rows."""

    def __init__(self, engine: Engine, table: Table, run_date: date, *, is_whole: bool) -> None:
        super().__init__(engine)
        self._table, self._is_whole = table, is_whole
        self._warn = of_severity(contract_checks(table, run_date), Severity.WARN)

    def observe(self, frame: DataFrame) -> DataFrame:
        return self._observe(
            "rows",
            frame,
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
        return self._count("rows", "rows")

    @property
    def content(self) -> str | None:
        """The digest as text; None where only a part of the table is written."""
        if not self._is_whole:
            return None
        columns = ", ".join(f"{column.name} {column.type_name}" for column in self._table.columns)
        digest = ", ".join(str(self._count("rows", name)) for name in ("high", "low", "xor"))
        # Files of another codec are another version, for a reader that can't read the old ones.
        return f"{self.rows} rows, {digest}: {columns}; {self._table.codec}"

    @property
    def warnings(self) -> dict[str, int]:
        return self._broken("rows", self._warn)


def audit_records(
    table: Table, read: Account, whole: Account, counts: RecordCounts, manifest: Manifest, written: int, kept: int
) -> None:
    """Compare counts that know nothing of each other, and the share of rejected records with its limit.

    `read` is the account of this run and `whole` that of the new version. `written` are the rows in the footers of the
    files of this run, `kept` those of them that older versions had, and `manifest.rows` those of the whole version.
    Raises `AccountsDiffer` and `TooManyRefused`.
    """
    landed, refused = sum(read.records.values()), sum(read.rejected.values())
    if counts.read != landed:
        raise AccountsDiffer(
            f"{table.id}: the files hold {landed:,} records, but {counts.read:,} were read; "
            "a file may have changed meanwhile"
        )
    if written != kept + read.trusted or counts.rejected != refused or manifest.rows != whole.trusted:
        raise AccountsDiffer(
            f"{table.id}: of {counts.read:,} records read and {kept:,} rows kept, {written:,} are in the new files, "
            f"{read.superseded:,} superseded, {refused:,} in quarantine and {read.withheld:,} withheld: the accounts "
            "don't add up"
        )
    rejected, judged = whole.totals["rejected"], whole.totals["records"] - whole.withheld
    if rejected > table.max_rejected_fraction * judged:
        where = "They are not kept" if table.withholds else f"The records lie in {manifest.quarantine}"
        raise TooManyRefused(
            f"{table.id}: {rejected:,} of {judged:,} records were refused, more than the contract's limit of "
            f"{table.max_rejected_fraction:.0%}; nothing is published. {where}"
        )
