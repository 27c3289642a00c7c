"""A feed that changes its shape: columns, values and sizes are told of, and stop the run where the contract says so."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from covid_lake.contracts import Drift, Severity, Zone
from covid_lake.datasets.covid19 import contracts as c
from covid_lake.datasets.covid19.flow import FLOW
from covid_lake.engines.protocol import Engine
from covid_lake.errors import AuditFailed
from covid_lake.flows import Flow
from covid_lake.landing.formats.interface import Inspection
from covid_lake.landing.inventory import LandingFile
from covid_lake.pipeline.drift import Shape, compare, delivered_columns, latest_files
from covid_lake.pipeline.run import Request
from covid_lake.store.reports import RunReport, Status
from covid_lake.store.snapshots import Manifest, current_snapshot
from covid_lake.store.storage import LocalStorage
from lake_runs import BuiltLake, report_of, run_lake

REPORTS = "landing/covid19/jhu-daily-reports"
BEFORE = Manifest(
    "trusted.jhu_daily_reports",
    "v1",
    (),
    "f",
    {},
    columns=("active", "deaths"),
    measures={"records": 100, "deaths": 1_000},
    unknown_values={"country_region": ("Atlantis",)},
)


def daily(name: str, *header: str) -> LandingFile:
    return LandingFile(f"jhu-daily-reports/{name}.csv", 1, "", Inspection("", header, 1))


def test_the_latest_day_is_by_the_calendar_and_not_by_the_name() -> None:
    files = [daily("12-31-2020"), daily("01-01-2021"), daily("notes")]
    assert latest_files(c.JHU_DAILY_REPORTS, files) == [files[1]]
    assert latest_files(c.STATE_ABV, files) == files


def test_columns_are_known_by_any_of_their_spellings() -> None:
    files = [daily("01-01-2021", "Country/Region", "Lat", "Mood")]
    assert delivered_columns(c.JHU_DAILY_REPORTS, files) == ("country_region", "latitude")


def test_what_vanished_and_what_jumped_is_told() -> None:
    shape = Shape(("deaths",), {"records": 40, "deaths": 1_400})
    found = compare(c.JHU_DAILY_REPORTS, [daily("01-01-2021", "Deaths", "Mood")], shape, BEFORE)
    assert (found.new_columns, found.vanished_columns) == (("Mood",), ("active",))
    assert found.jumps == {"records": (100, 40)}


def test_each_day_is_compared_with_the_one_before_it_on_a_first_load_too() -> None:
    days = {
        "2020-11-03": {"records": 40, "confirmed": 40_000},
        "2020-11-05": {"records": 40, "confirmed": 400},
        "2020-11-06": {"records": 41, "confirmed": 410},
    }
    found = compare(c.JHU_DAILY_REPORTS, [], Shape((), days=days), None)
    assert found.jumps == {"confirmed on 2020-11-05": (40_000, 400)}


def test_a_day_that_is_as_it_was_is_not_told_of_again() -> None:
    days = {"2020-11-03": {"deaths": 1_000}, "2020-11-04": {"deaths": 100}, "2020-11-05": {"deaths": 10}}
    before = replace(BEFORE, days={day: days[day] for day in ("2020-11-03", "2020-11-04")})
    found = compare(c.JHU_DAILY_REPORTS, [], Shape((), days=days), before)
    assert found.jumps == {"deaths on 2020-11-05": (100, 10)}


def test_one_death_after_none_is_no_jump() -> None:
    days = {"2020-03-01": {"records": 9, "deaths": 0}, "2020-03-02": {"records": 10, "deaths": 99}}
    assert compare(c.JHU_DAILY_REPORTS, [], Shape((), days=days), None).jumps == {}


def test_a_first_version_has_nothing_to_drift_from() -> None:
    found = compare(c.JHU_DAILY_REPORTS, [], Shape(("deaths",), {"records": 1}), None)
    assert (found.new_columns, found.vanished_columns, found.jumps) == ((), (), {})


@pytest.mark.parametrize(
    ("drift", "message"),
    [
        (Drift(columns=Severity.FAIL), "new column Mood; column active has vanished"),
        (Drift(values=Severity.FAIL), "unknown country_region: Narnia"),
        (Drift(jumps=Severity.FAIL), "records went from 100 to 40"),
    ],
)
def test_drift_that_the_contract_forbids_is_a_fault(drift: Drift, message: str) -> None:
    table = replace(c.JHU_DAILY_REPORTS, drift=drift)
    shape = Shape(("deaths",), {"records": 40, "deaths": 1_000}, {"country_region": ("Atlantis", "Narnia")})
    with pytest.raises(AuditFailed, match=message):
        compare(table, [daily("01-01-2021", "Mood")], shape, BEFORE)


def next_day(storage: LocalStorage) -> None:
    """A report of the next day with a column less and one more, a country of nowhere, and few records."""
    text = storage.read(f"{REPORTS}/02-10-2020.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))[:20]
    country = next(name for name in rows[0] if name.startswith("Country"))
    rows[0][country] = "Narnia"
    names = [name for name in rows[0] if name != "Recovered"]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [*names, "Recovered", "Mood"], extrasaction="ignore")
    writer.writeheader()
    writer.writerows({**row, "Mood": "calm"} for row in rows)
    storage.write(f"{REPORTS}/02-11-2020.csv", out.getvalue().encode())


def run(engine: Engine, storage: LocalStorage, drift: Drift) -> RunReport:
    promotion = next(step for step in FLOW.promotions if step.target is c.JHU_DAILY_REPORTS)
    flow = Flow(c.COVID19, (replace(promotion, target=replace(c.JHU_DAILY_REPORTS, drift=drift)),))
    request = Request(zones=frozenset({Zone.TRUSTED}))
    return run_lake(lambda: engine, storage, request, flow=flow, after_minutes=1)


def test_a_drifting_feed_is_published_with_a_warning(engine: Engine, built_lake: BuiltLake, tmp_path: Path) -> None:
    storage = built_lake.copy(tmp_path / "lake")
    next_day(storage)
    report = run_lake(lambda: engine, storage, Request(zones=frozenset({Zone.TRUSTED})), after_minutes=1)
    found = report_of(report, "trusted.jhu_daily_reports")
    assert (found.status, found.unknown_columns) == (Status.PUBLISHED, ("Mood",))
    assert found.unknown_values == {"country_region": ("Narnia",)}
    (before, after) = found.jumps["records on 2020-02-11"]
    assert (before > 40, after) == (True, 20)


def test_drift_that_the_contract_forbids_keeps_the_old_version(
    engine: Engine, built_lake: BuiltLake, tmp_path: Path
) -> None:
    storage = built_lake.copy(tmp_path / "lake")
    before = current_snapshot(storage, "covid19")
    next_day(storage)
    report = run(engine, storage, replace(c.JHU_DAILY_REPORTS.drift, values=Severity.FAIL))
    found = report_of(report, "trusted.jhu_daily_reports")
    assert found.status == Status.FAILED
    assert "the feed has drifted, which its contract does not allow: unknown country_region: Narnia" in found.reason
    assert current_snapshot(storage, "covid19") == before
