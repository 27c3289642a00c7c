"""The run report: what one run read, wrote, superseded and refused, by table. Other tools read it too: see
`docs/run-report.md`.
"""

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
    """What became of a table in a run."""

    PUBLISHED = "published"
    """A new version was published."""
    UNCHANGED = "unchanged"
    """The table was built and has the same rows as before, so the published version stays."""
    UP_TO_DATE = "up_to_date"
    """Nothing had changed, so the table was not built."""
    HELD_BACK = "held_back"
    """The published version was read from a file that is now refused, so the version stays."""
    SKIPPED = "skipped"
    """A table or file that the table needs is not in the lake."""
    FAILED = "failed"
    """A check did not hold, or the engine failed; the published version stays."""


@dataclass(frozen=True, slots=True)
class TableReport:
    """What a run did with one table."""

    table: str
    """The table's id, such as `trusted.state_abv`."""
    status: Status
    """What became of the table."""
    reason: str = ""
    """Why the table was built, or why it was not."""
    version: str | None = None
    """The version that readers see after the run."""
    read: Mapping[str, int] = field(default_factory=dict)
    """Records that this run read, by landing file; rows by input table for a table that is built from others."""
    records_read: int = 0
    """The sum of `read`."""
    written: int = 0
    """Rows that this run wrote."""
    superseded: int = 0
    """Records of this run that newer ones of the same grain replaced."""
    rejected: int = 0
    """Records of this run that went to quarantine."""
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)
    """The same by rule; a record that breaks two rules counts under both."""
    withheld: int = 0
    """Records of this run that may not leave the landing zone."""
    withheld_by_reason: Mapping[str, int] = field(default_factory=dict)
    """The same by rule."""
    warnings: Mapping[str, int] = field(default_factory=dict)
    """Records that break a rule that only warns, by rule."""
    unknown_columns: tuple[str, ...] = ()
    """Columns of the landing files that the contract does not have."""
    vanished_columns: tuple[str, ...] = ()
    """Columns of the contract that the landing files had and have no more."""
    unknown_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values by column that no table of the library knows."""
    jumps: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Counts and sums that moved by more than the contract allows: before and after."""
    shared_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys that several things share in one grain, such as two counties under one code, with the things' names."""
    refused_files: Mapping[str, str] = field(default_factory=dict)
    """Landing files of the table that are refused, with the reason."""
    checks: tuple[str, ...] = ()
    """The checks that were made and hold."""
    rows: int = 0
    """Rows of the whole version, of which this run may have written a part."""
    partitions: tuple[str, ...] = ()
    """The partitions that this run wrote; none are named if it wrote all."""
    totals: Mapping[str, int] = field(default_factory=dict)
    """For a table with landing files: records of the whole version, and what became of them."""
    files: int = 0
    """Files that this run wrote."""
    bytes: int = 0
    """Their size."""
    seconds: float = 0.0
    """How long the table took."""
    reconciled: bool = True
    """False if the records or rows that went in are not those that came out. A table that failed for another reason
    published nothing, so there is nothing to reconcile."""


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """What a publisher did to one table."""

    table: str
    """The table's name, as the publisher's place has it: without its zone in a warehouse, in full in a catalog."""
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
class Cost:
    """What a run cost on AWS Glue, at most: autoscaling may have used less than the job may have."""

    dpus: float
    """The most DPUs that the job may have at a time; one DPU is 4 virtual cores and 16 GB."""
    dpu_seconds: float
    """The DPUs times the seconds that are charged, 60 at least."""
    dollars_per_dpu_hour: float
    """The price that the job was told."""
    dollars: float
    """What that makes, to a hundredth of a cent."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run did."""

    run_id: str
    """The run's id, which is also the version of what it wrote."""
    dataset: str
    """The dataset of the run."""
    started_at: str
    """When the run began, in UTC."""
    seconds: float
    """How long it took."""
    engine: str
    """The engine with its version; `none` if there was nothing to build."""
    snapshot: int | None
    """Number of the newest snapshot at the end of the run; None where it could not be read."""
    tables: tuple[TableReport, ...]
    """The tables, in the order in which they were done."""
    landed_files: int = 0
    """Files that were copied into the landing zone."""
    refused_files: Mapping[str, str] = field(default_factory=dict)
    """Files that landing refused, with the reason."""
    publishers: tuple[PublisherReport, ...] = ()
    """One entry a publisher, in the order in which they were called."""
    error: str = ""
    """What stopped the run before it had done all that it was asked to; tables that were published stay so."""
    dead_runs: tuple[str, ...] = ()
    """Runs that had died, and whose orphaned files this run removed."""
    files_of_no_table: Mapping[str, str] = field(default_factory=dict)
    """Path to reason, of files in the landing zone (paths below the lake's root) and in the sources."""
    leavings: tuple[str, ...] = ()
    """Paths of hidden files there, and of what tools and desktops leave lying about."""
    notices: tuple[str, ...] = ()
    """What is odd about landing files that are fine each by itself, in sentences."""
    cost: Cost | None = None
    """What the run cost at most; None where nobody said what it runs on, as on a laptop."""

    @property
    def reconciled(self) -> bool:
        """Whether no table's accounts were found not to add up."""
        return all(table.reconciled for table in self.tables)

    @property
    def faults(self) -> tuple[str, ...]:
        """Why tables were not refreshed and files not used, a sentence each."""
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
    """The report of a run, as it was written; of the latest run by default. `SettingsError` if there is none."""
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
    """The report that `read_report` has read, as objects."""
    with naming_damage(f"the report of run {content.get('run_id')}"):
        fields = {key: value for key, value in content.items() if key not in ("format", "reconciled", "succeeded")}
        fields["tables"] = tuple(
            TableReport(**{**table, "status": Status(table["status"])}) for table in content["tables"]
        )
        if content["format"] == 1:
            fields["publishers"] = _publishers_of_format_1(fields.pop("warehouse"), fields.pop("warehouse_error"))
        if fields.get("cost") is not None:
            fields["cost"] = Cost(**fields["cost"])
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
