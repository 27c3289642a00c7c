"""A lake in which a delivery waits, what an undisturbed run makes of it, and the run that follows on a fault."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from covid_lake import paths
from covid_lake.engines.protocol import Engine
from covid_lake.pipeline.run import Request
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse.connection import WarehouseConnection
from lake_runs import BuiltLake, run_lake
from lake_state import DATASET, books_state
from processes import Ended
from trials import Scenario, copy_lake, everything, warehouse_copy

DELIVERED = "rearc-usa-hospital-beds/csv/usa-hospital-beds.csv"
TABLE = "hospital_beds"


def lake_with_delivery(built: BuiltLake, root: Path) -> Path:
    """The built lake once more; the hospitals have come again, the last of them is missing."""
    copy_lake(built.storage.directory, root)
    without_last_record(root / paths.landing(DATASET) / DELIVERED)
    return root


def without_last_record(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]))


def run_here(engine: Engine, lake: Path, warehouse: WarehouseConnection | None = None, only: str = TABLE) -> Ended:
    """`covid-lake run --only` in this process: the next run, without the wait for an engine."""
    began = time.monotonic()
    report = run_lake(lambda: engine, LocalStorage(lake), Request(only=(only,)), warehouse=warehouse)
    return Ended(0 if report.succeeded else 1, "; ".join(report.faults), time.monotonic() - began)


def undisturbed(engine: Engine, scenario: Scenario, lake: Path, only: str) -> Scenario:
    """The scenario with what is there before and after a run that nobody kills, in a copy of its lake at `lake`."""
    copy_lake(scenario.lake, lake)
    with warehouse_copy(scenario) as warehouse:
        before = everything(lake, warehouse)
        ended = run_here(engine, lake, warehouse, only)
        assert ended.code == 0, ended.output
        after = everything(lake, warehouse)
    assert before != after
    return replace(scenario, before=before, after=after, books=books_state(lake), seconds=ended.seconds)
