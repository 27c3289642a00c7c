"""What changed about a feed itself: columns, values that no table knows, and its size from one day to the next.

A first load is looked at too: its days are compared with each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from covid_lake.contracts import Drift, Severity, Table, column_for_header
from covid_lake.errors import AuditFailed
from covid_lake.landing.inventory import LandingFile, unknown_columns
from covid_lake.pipeline.plan import PlannedStep
from covid_lake.store.questions import Questions, Stored, quoted, quoted_id
from covid_lake.store.snapshots import DataFile, Manifest
from covid_lake.store.storage import Storage

RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a version of a feed looks like; those of two versions are compared to find drift."""

    columns: tuple[str, ...]
    """The contract's columns that the files of the latest day deliver; all files, where they are not daily."""
    measures: Mapping[str, int] = field(default_factory=dict)
    """Rows, and the sums that the contract watches, of the whole table; empty where they are watched by day."""
    unknown_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By column, the values of all files read so far that no table of the library knows."""
    days: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The measures by day (ISO 8601), where the contract watches them by day."""


@dataclass(frozen=True, slots=True)
class DriftReport:
    """How a feed differs from its last version, and from one day to the next."""

    new_columns: tuple[str, ...] = ()
    """Columns of the files that the contract does not have."""
    vanished_columns: tuple[str, ...] = ()
    """Columns of the contract that the last version had and the latest files lack."""
    unknown_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By column, values that no table of the library knows and that the last version did not have."""
    jumps: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Measures that moved by more than the contract allows: before and after. A jump between two days has the later
    day in its name, such as `confirmed on 2020-11-05`."""


def latest_day(table: Table, files: Sequence[LandingFile]) -> date | None:
    """The last day that a daily table's files hold; None for a table whose files are not daily."""
    daily = table.landing.daily if table.landing else None
    days = [day for file in files if daily and (day := daily.day_of(file.path))]
    return max(days, default=None)


def latest_files(table: Table, files: Sequence[LandingFile]) -> list[LandingFile]:
    """The files of the last day, or all where they are not daily."""
    day = latest_day(table, files)
    daily = table.landing.daily if table.landing else None
    return [file for file in files if day is None or (daily and daily.day_of(file.path) == day)]


def delivered_columns(table: Table, files: Sequence[LandingFile]) -> tuple[str, ...]:
    """The contract's columns that at least one of the files has."""
    found = (column_for_header(table.source_columns, name) for file in files for name in file.inspection.header)
    return tuple(sorted({column.name for column in found if column}))


def compare(
    table: Table,
    due: Sequence[LandingFile],
    shape: Shape,
    before: Manifest | None,
) -> DriftReport:
    """Compare the files that are due with the version before, and each day with the day before it.

    Raises `AuditFailed` where the contract says that such drift stops the run.
    """
    past = dict(before.measures) if before else {}
    familiar = before.unknown_values if before else {}
    unknown = {
        name: new
        for name, values in shape.unknown_values.items()
        if (new := tuple(value for value in values if value not in familiar.get(name, ())))
    }
    report = DriftReport(
        unknown_columns(table, due),
        tuple(name for name in (before.columns if before else ()) if name not in shape.columns),
        unknown,
        {
            **_jumps(past, shape.measures, table.drift),
            **_jumps_between_days(before.days if before else {}, shape.days, table.drift),
        },
    )
    faults = [
        *_faults(table.drift.columns, [f"new column {name}" for name in report.new_columns]),
        *_faults(table.drift.columns, [f"column {name} has vanished" for name in report.vanished_columns]),
        *_faults(table.drift.values, [f"unknown {name}: {', '.join(values)}" for name, values in unknown.items()]),
        *_faults(table.drift.jumps, [f"{name} went from {a:,} to {b:,}" for name, (a, b) in report.jumps.items()]),
    ]
    if faults:
        raise AuditFailed(f"{table.id}: the feed has drifted, which its contract does not allow: {'; '.join(faults)}")
    return report


def _jumps(before: Mapping[str, int], after: Mapping[str, int], drift: Drift) -> dict[str, tuple[int, int]]:
    """The measures that differ by more than the contract allows, before and after."""
    return {
        name: (before[name], count)
        for name, count in after.items()
        if name in before
        and abs(count - before[name]) > drift.max_change * abs(before[name])
        and (name == RECORDS or max(abs(count), abs(before[name])) >= drift.smallest_total)
    }


def _jumps_between_days(
    before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]], drift: Drift
) -> dict[str, tuple[int, int]]:
    """The jumps from one day to the next; without those of days that did not change since the version before."""
    return {
        f"{name} on {day}": jump
        for previous, day in pairwise(sorted(after))
        if after[day] != before.get(day)
        for name, jump in _jumps(after[previous], after[day], drift).items()
    }


def _faults(severity: Severity, found: list[str]) -> list[str]:
    return found if severity == Severity.FAIL else []


def shape_of(
    storage: Storage,
    plan: PlannedStep,
    unknown_values: Mapping[str, tuple[str, ...]],
    current: Manifest | None,
    manifest: Manifest,
    written: Sequence[DataFile],
) -> Shape:
    """What the feed looks like in the new version, of which this run has `written` some files or all.

    `unknown_values` are those that this run has read.
    """
    table = plan.step.target
    before = current.unknown_values if current and plan.slice else {}
    unknown = {
        name: tuple(sorted({*before.get(name, ()), *unknown_values.get(name, ())}))
        for name in before.keys() | unknown_values.keys()
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
    sql = f"SELECT {day} AS day, count(*) AS {RECORDS}{sums} FROM {quoted_id(table.id)} GROUP BY 1"  # noqa: S608
    rows = Questions(storage, {table.id: lambda: Stored(table, tuple(written))}).rows(sql)
    return {row.pop("day"): {name: count or 0 for name, count in row.items()} for row in rows}
