"""Figures of a run for CloudWatch, in its embedded metric format: a line of JSON among a job's output becomes metrics.

The format is Amazon's "Specification: Embedded metric format": a line is one JSON object, `_aws` says which of its
members are metrics and which are their dimensions, and the rest can be searched for in the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from covid_lake.errors import LakeError
from covid_lake.paths import begin_of
from covid_lake.store.reports import RunReport, TableReport
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import Storage

NAMESPACE = "covid_lake"
SUCCEEDED = "JobsSucceeded"
# The unit of each metric, by CloudWatch's names; a metric has one meaning for tables and for jobs.
UNITS = {
    "RowsIn": "Count",
    "RowsOut": "Count",
    "Rejected": "Count",
    "Withheld": "Count",
    "Seconds": "Seconds",
    "FreshnessSeconds": "Seconds",
    SUCCEEDED: "Count",
    "RefusedFiles": "Count",
    "LandedFiles": "Count",
    "Dollars": "None",
}
BEGIN_FORMAT = "%Y%m%dT%H%M%SZ"


def metric_lines(report: RunReport, job: str, ages: Mapping[str, float], now: datetime) -> Iterator[str]:
    """A line for each table of the run, and one for the job. `ages` has seconds by table id, as `ages_of_versions`."""
    for table in report.tables:
        yield _line(now, report, {"table": table.table}, _of_table(table, ages.get(table.table)))
    figures: dict[str, float] = {
        SUCCEEDED: int(report.succeeded),
        "Seconds": report.seconds,
        "LandedFiles": report.landed_files,
        "RefusedFiles": len(report.refused_files) + sum(len(table.refused_files) for table in report.tables),
    }
    if report.cost:
        figures["Dollars"] = report.cost.dollars
    yield _line(now, report, {"job": job}, figures)


def _of_table(table: TableReport, age: float | None) -> dict[str, float]:
    figures: dict[str, float] = {
        "RowsIn": table.records_read,
        "RowsOut": table.written,
        "Rejected": table.rejected,
        "Withheld": table.withheld,
        "Seconds": table.seconds,
    }
    return figures if age is None else {**figures, "FreshnessSeconds": age}


def _line(now: datetime, report: RunReport, about: Mapping[str, str], figures: Mapping[str, float]) -> str:
    dimensions = {"dataset": report.dataset, **about}
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": UNITS[name]} for name in figures],
    }
    head = {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": head, **dimensions, "run_id": report.run_id, **figures})


def ages_of_versions(storage: Storage, report: RunReport, now: datetime) -> dict[str, float]:
    """How many seconds ago the run began that wrote the version which readers see, by id of the run's tables.

    Nothing is known of a lake whose snapshot can't be read, nor of a version whose name has no time.
    """
    try:
        snapshot = current_snapshot(storage, report.dataset)
    except LakeError:
        return {}
    ages = {}
    for table in report.tables:
        entry = snapshot.tables.get(table.table)
        begin = begin_of(entry.version) if entry else None
        if begin is not None:
            ages[table.table] = (now - datetime.strptime(begin, BEGIN_FORMAT).replace(tzinfo=UTC)).total_seconds()
    return ages
