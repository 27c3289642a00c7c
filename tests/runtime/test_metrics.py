"""Lines for CloudWatch, by the rules of Amazon's "Specification: Embedded metric format"."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest

from covid_lake.runtime.metrics import NAMESPACE, SUCCEEDED, UNITS, ages_of_versions, metric_lines
from covid_lake.store.reports import Cost, RunReport, Status, TableReport
from covid_lake.store.snapshots import current_snapshot
from lake_runs import BuiltLake

NOW = datetime(2026, 11, 27, 4, 20, tzinfo=UTC)
CASES = TableReport(
    "curated.fact_cases", Status.PUBLISHED, records_read=100, written=90, rejected=3, withheld=2, seconds=1.5
)
STATES = TableReport("trusted.state_abv", Status.HELD_BACK, refused_files={"a.csv": "cut short"})
REPORT = RunReport(
    run_id="20261127T041500Z-1f9c",
    dataset="covid19",
    started_at="2026-11-27T04:15:00+00:00",
    seconds=30.5,
    engine="Spark 4.1.1",
    snapshot=3,
    tables=(CASES, STATES),
    landed_files=4,
    refused_files={"b.csv": "no header"},
    cost=Cost(2.0, 120.0, 0.44, 0.0147),
)


def lines_of(report: RunReport, ages: dict[str, float]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in metric_lines(report, "trusted_to_curated", ages, NOW)]


def standard_units() -> set[str]:
    model = botocore.session.get_session().get_service_model("cloudwatch")
    return set(model.shape_for("StandardUnit").enum)


@pytest.mark.parametrize("line", lines_of(REPORT, {"curated.fact_cases": 300.0}))
def test_a_line_is_an_embedded_metric(line: dict[str, Any]) -> None:
    head = line["_aws"]
    assert head["Timestamp"] == 1_795_753_200_000
    assert head.keys() == {"Timestamp", "CloudWatchMetrics"}
    (directive,) = head["CloudWatchMetrics"]
    assert directive.keys() == {"Namespace", "Dimensions", "Metrics"}
    assert directive["Namespace"] == NAMESPACE
    for name in (one for dimensions in directive["Dimensions"] for one in dimensions):
        assert isinstance(line[name], str)
        assert 0 < len(line[name]) <= 1024
    assert 0 < len(directive["Metrics"]) <= 100
    for metric in directive["Metrics"]:
        assert isinstance(line[metric["Name"]], (int, float))
        assert metric["Unit"] in standard_units()


def test_a_table_tells_rows_seconds_and_how_old_its_version_is() -> None:
    cases, states, _ = lines_of(REPORT, {"curated.fact_cases": 300.0})
    figures = {name: cases[name] for name in UNITS if name in cases}
    assert figures == {
        "RowsIn": 100,
        "RowsOut": 90,
        "Rejected": 3,
        "Withheld": 2,
        "Seconds": 1.5,
        "FreshnessSeconds": 300.0,
    }
    assert (cases["dataset"], cases["table"], cases["run_id"]) == ("covid19", "curated.fact_cases", REPORT.run_id)
    assert "FreshnessSeconds" not in states  # readers have no version of it


def test_the_job_tells_whether_it_succeeded_and_what_was_refused() -> None:
    job = lines_of(REPORT, {})[-1]
    figures = {name: job[name] for name in UNITS if name in job}
    assert figures == {SUCCEEDED: 0, "Seconds": 30.5, "LandedFiles": 4, "RefusedFiles": 2, "Dollars": 0.0147}


def test_a_version_is_as_old_as_the_run_that_wrote_it(built_lake: BuiltLake) -> None:
    snapshot = current_snapshot(built_lake.storage, "covid19")
    written = snapshot.tables["curated.fact_cases"].version
    begin = datetime.strptime(written[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    report = RunReport("r", "covid19", "", 0.0, "none", 1, (CASES, TableReport("curated.no_such", Status.FAILED)))
    ages = ages_of_versions(built_lake.storage, report, begin + timedelta(hours=2))
    assert ages == {"curated.fact_cases": 7200.0}
