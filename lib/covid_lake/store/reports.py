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

FORMAT = 1


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
class LoadReport:
    """What a run did to one table of the warehouse; counts are rows."""

    table: str
    version: str
    staged: int
    inserted: int
    updated: int
    deleted: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run: its tables in the order in which they ran, the files that landing refused, the warehouse's tables.

    `dead_runs` are runs that had died, and whose leavings this one removed.
    """

    run_id: str
    dataset: str
    started_at: str
    seconds: float
    engine: str
    snapshot: int
    tables: tuple[TableReport, ...]
    landed_files: int = 0
    refused_files: Mapping[str, str] = field(default_factory=dict)
    warehouse: tuple[LoadReport, ...] = ()
    warehouse_error: str = ""
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
            *((f"the warehouse: {self.warehouse_error}",) if self.warehouse_error else ()),
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
        fields["warehouse"] = tuple(LoadReport(**load) for load in content["warehouse"])
        return RunReport(**fields)
