"""The run report: what one run read, wrote, superseded and refused, table by table. Other tools read it; see docs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from covid_lake import paths
from covid_lake.errors import SettingsError, StorageError
from covid_lake.store.documents import naming_damage
from covid_lake.store.storage import Storage

FORMAT = 2


class Status(StrEnum):
    """How a table came out of a run.

    `unchanged`: built, and the rows came out the same, so that the version that readers have stays. `held_back`: a
    refused file stands in the version that readers have, which therefore stays. `skipped`: a table or file that it
    needs is not in the lake. `failed`: a check did not hold, or the engine gave up; the old version stays.
    """

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    UP_TO_DATE = "up_to_date"
    HELD_BACK = "held_back"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table of a run. Counts are records; `read` is by source file for a trusted table, by input for a curated one.

    The counts are of what this run read and wrote; `rows` and, for a trusted table, `totals` are of the whole version,
    of which a run may rewrite only some `partitions` (all of them where none is named). `shared_keys` are keys that
    several things shared in one grain, such as two counties under one code, each with the names of these things.

    `reconciled` is false where the records or rows that were read are not those that came out, and true otherwise: a
    table that failed for another reason published nothing, so that there is no account of it.
    """

    table: str
    status: Status
    reason: str = ""
    version: str | None = None
    read: Mapping[str, int] = field(default_factory=dict)
    records_read: int = 0
    written: int = 0
    superseded: int = 0
    rejected: int = 0
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)
    withheld: int = 0
    withheld_by_reason: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()
    vanished_columns: tuple[str, ...] = ()
    unknown_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    jumps: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    shared_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refused_files: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[str, ...] = ()
    rows: int = 0
    partitions: tuple[str, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    reconciled: bool = True


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """What a publisher did to one table."""

    table: str
    """The table's name without its zone."""
    version: str
    """The version that it has now outside of the lake."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How much was done, by the publisher's own words: rows inserted, files listed."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PublisherReport:
    """What a publisher did after a run; without tables and without an error it had nothing to do."""

    publisher: str
    """The publisher's name, such as `warehouse`."""
    tables: tuple[PublishedTable, ...] = ()
    """The tables that were changed."""
    error: str = ""
    """Why the publisher failed; the lake is not affected, and the next run catches up."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run: its tables in the order in which they ran, the files that landing refused, what the publishers did.

    `dead_runs` are runs that had died, and whose leavings this one removed.
    """

    run_id: str
    dataset: str
    started_at: str
    seconds: float
    engine: str
    snapshot: int | None
    """Number of the newest snapshot at the end of the run; None where it could not be read."""
    tables: tuple[TableReport, ...]
    landed_files: int = 0
    refused_files: Mapping[str, str] = field(default_factory=dict)
    publishers: tuple[PublisherReport, ...] = ()
    """One entry a publisher, in the order in which they were called."""
    error: str = ""
    """What stopped the run before it had done all that it was asked to; tables that were published stay so."""
    dead_runs: tuple[str, ...] = ()
    files_of_no_table: Mapping[str, str] = field(default_factory=dict)
    """Path to reason, of files in the landing zone (paths below the lake's root) and in the sources."""
    leavings: tuple[str, ...] = ()
    """Paths of hidden files there, and of what tools and desktops leave lying about."""
    notices: tuple[str, ...] = ()
    """What is odd about landing files that are fine each by itself, in sentences."""

    @property
    def reconciled(self) -> bool:
        """Whether no table's accounts were found not to add up."""
        return all(table.reconciled for table in self.tables)

    @property
    def faults(self) -> tuple[str, ...]:
        """What kept a table from being refreshed, or a file from being used, each in a sentence."""
        tables = [t for t in self.tables if t.status in (Status.FAILED, Status.HELD_BACK)]
        refused = {**self.refused_files, **{path: why for t in self.tables for path, why in t.refused_files.items()}}
        return (
            *(f"{table.table}: {table.reason}" for table in tables),
            *(f"{path} is refused: {reason}" for path, reason in refused.items()),
            *(f"{one.publisher}: {one.error}" for one in self.publishers if one.error),
            *((self.error,) if self.error else ()),
        )

    @property
    def succeeded(self) -> bool:
        """Whether every table that could have been refreshed was, from every file that was delivered."""
        return not self.faults

    def to_json(self) -> str:
        content: dict[str, Any] = {"format": FORMAT, **asdict(self)}
        content["reconciled"], content["succeeded"] = self.reconciled, self.succeeded
        return json.dumps(content, indent=2, ensure_ascii=False)


def write_report(storage: Storage, report: RunReport) -> None:
    storage.write(paths.run_report(report.run_id), report.to_json().encode())


def read_report(storage: Storage, run_id: str | None = None) -> dict[str, Any]:
    """The report of a run as it was written, of the latest one without a name; `SettingsError` where there is none."""
    if run_id is None:
        found = [file.path for file in storage.list_files(paths.REPORTS) if file.path.endswith(".json")]
        if not found:
            raise SettingsError(f"{storage.root}: no run has left a report here yet; start one with 'covid-lake run'")
        path = found[-1]
    else:
        path = paths.run_report(run_id)
    try:
        content = storage.read(path)
    except StorageError:
        raise SettingsError(f"{storage.root}: there is no report of a run {run_id!r}") from None
    with naming_damage(f"{storage.root}/{path}"):
        return dict(json.loads(content))


def from_json(content: dict[str, Any]) -> RunReport:
    """A report as `read_report` gave it, as the objects that wrote it."""
    with naming_damage(f"the report of run {content.get('run_id')}"):
        fields = {key: value for key, value in content.items() if key not in ("format", "reconciled", "succeeded")}
        fields["tables"] = tuple(
            TableReport(**{**table, "status": Status(table["status"])}) for table in content["tables"]
        )
        if content["format"] == 1:
            fields["publishers"] = _publishers_of_format_1(fields.pop("warehouse"), fields.pop("warehouse_error"))
        fields["publishers"] = tuple(
            PublisherReport(**{**one, "tables": tuple(PublishedTable(**table) for table in one["tables"])})
            for one in fields["publishers"]
        )
        return RunReport(**fields)


def _publishers_of_format_1(loads: list[dict[str, Any]], error: str) -> list[dict[str, Any]]:
    """Format 1 knew the warehouse alone, and kept the counts of a table among its other fields."""
    if not loads and not error:
        return []
    names = ("staged", "inserted", "updated", "deleted")
    tables = [
        {
            "table": load["table"],
            "version": load["version"],
            "counts": {name: load[name] for name in names},
            "seconds": load["seconds"],
        }
        for load in loads
    ]
    return [{"publisher": "warehouse", "tables": tables, "error": error}]
