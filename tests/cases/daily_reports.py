"""Small Johns Hopkins reports, written by a test's own code, landed and promoted."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from covid_lake.engines.protocol import Engine
from covid_lake.pipeline.run import Request
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import RunReport
from covid_lake.store.storage import LocalStorage
from lake_runs import land_files, run_lake

HEADER = [
    "FIPS",
    "Admin2",
    "Province_State",
    "Country_Region",
    "Last_Update",
    "Lat",
    "Long_",
    "Confirmed",
    "Deaths",
    "Recovered",
    "Active",
    "Combined_Key",
    "Incident_Rate",
    "Case_Fatality_Ratio",
]
GOOD = {
    "Country_Region": "Germany",
    "Last_Update": "2020-11-02 12:00:00",
    "Confirmed": 1_000,
    "Deaths": 10,
    "Recovered": 5,
    "Active": 985,
}

Place = Mapping[str, Any]


def german_states(count: int, **values: Any) -> list[Place]:
    """Records without a fault, each of a province of its own."""
    return [{**GOOD, "Province_State": f"P{n}", **values} for n in range(count)]


def report(places: Sequence[Place], header: Sequence[str] = HEADER) -> str:
    """The text of a report; columns that a place does not name are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**GOOD, **place} for place in places)
    return text.getvalue()


def lake_of(
    engine: Engine, folder: Path, reports: Mapping[str, str], only: tuple[str, ...] = ("jhu_daily_reports",)
) -> tuple[Lake, RunReport]:
    """A lake of the reports, by file name without its ending, and what the run said of them."""
    source = folder / "in"
    (source / "jhu-daily-reports").mkdir(parents=True)
    for name, text in reports.items():
        (source / "jhu-daily-reports" / f"{name}.csv").write_text(text, encoding="utf-8")
    storage = LocalStorage(folder / "lake")
    landed = land_files(storage, source)
    return Lake(storage.root), run_lake(lambda: engine, storage, Request(only), landed=landed)
