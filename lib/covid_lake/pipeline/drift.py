"""What changed about a feed itself since its last version: columns, values that no table knows, its size.

All of it is known from headers and from counts taken on the way; none of it looks at the data again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from covid_lake.contracts import Severity, Table, column_for_header
from covid_lake.errors import AuditFailed
from covid_lake.landing.inventory import LandingFile, unknown_columns
from covid_lake.store.snapshots import Manifest

RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Shape:
    """What drift is told by: of the latest day where the files are daily, of the whole feed otherwise.

    `columns` are the contract's columns that the files deliver; `measures` the records, and the sums that the contract
    watches. `unknown_values`, by column, are those of all files that were ever looked at.
    """

    columns: tuple[str, ...]
    measures: Mapping[str, int]
    unknown_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What is not as it was. `unknown_values` are new ones; `jumps` gives the measure before and after."""

    new_columns: tuple[str, ...] = ()
    vanished_columns: tuple[str, ...] = ()
    unknown_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    jumps: Mapping[str, tuple[int, int]] = field(default_factory=dict)


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
    """The drift of the files that are due against the version before; without one, only what no contract knows.

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
            name: (past[name], count)
            for name, count in shape.measures.items()
            if name in past and _jumps(past[name], count, table.drift.max_change)
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


def _jumps(before: int, after: int, limit: float) -> bool:
    return abs(after - before) > limit * abs(before)


def _faults(severity: Severity, found: list[str]) -> list[str]:
    return found if severity == Severity.FAIL else []
