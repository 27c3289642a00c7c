"""New, corrected, vanished and late files: each rewrites its own months, and all come to what a full refresh gives."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest

from covid_lake.contracts import Zone
from covid_lake.datasets.covid19 import contracts as c
from covid_lake.datasets.covid19.flow import FLOW
from covid_lake.engines.protocol import Engine
from covid_lake.pipeline import trusted as promotion
from covid_lake.pipeline.run import Request, make_plan
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import RunReport, Status
from covid_lake.store.snapshots import DataFile, current_snapshot, read_manifest
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse.connection import WarehouseConnection
from lake_runs import BuiltLake, differing_tables, emptied, loads_of, report_of, run_lake

REPORTS = "landing/covid19/jhu-daily-reports"
COUNTIES = "landing/covid19/enigma-nytimes-data-in-usa/csv/us_county/us_county.csv"
MONTHS = ("2020-01", "2020-02")
TABLES = [table for table in c.COVID19.tables if table.zone in (Zone.TRUSTED, Zone.CURATED)]


def rows_of(storage: LocalStorage, name: str) -> list[tuple[object, ...]]:
    """The table's rows in an order of their own, without the run that brought each in."""
    table = Lake(storage.root).arrow(name)
    kept = table.drop_columns([column for column in ("run_id",) if column in table.column_names])
    return sorted(zip(*(column.to_pylist() for column in kept.columns), strict=True), key=repr)


def files_of_february(storage: LocalStorage, table: c.Table, report: RunReport) -> list[DataFile]:
    """The files of the month in the version that the run published."""
    manifest = read_manifest(storage, table, report_of(report, table.id).version)
    return [file for file in manifest.files if file.partition == "month=2020-02"]


def changed(content: bytes, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> bytes:
    """A CSV file with its records changed."""
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    rows, text = change(list(reader)), io.StringIO(newline="")
    writer = csv.DictWriter(text, list(reader.fieldnames or ()), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def corrected(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Higher figures in every third record, one moved to the column beside it, and the last record gone."""
    for row in rows[::3]:
        row["Confirmed"] = str(int(float(row["Confirmed"] or 0)) + 5)
    rows[1]["Deaths"], rows[1]["Recovered"] = "", rows[1]["Deaths"] or "0"
    return rows[:-1]


def with_one_refused(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    rows[0]["Deaths"] = "many"
    return rows


def with_all_refused(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{**row, "Deaths": "many"} for row in rows[:2]]


@dataclass
class Increments:
    """A lake that went through a number of changes with a run after each, and one built at once from the same files."""

    storage: LocalStorage
    whole: LocalStorage
    reports: dict[str, RunReport] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def increments(
    engine: Engine,
    built_lake: BuiltLake,
    warehouse: WarehouseConnection,
    tmp_path_factory: pytest.TempPathFactory,
) -> Increments:
    folder = tmp_path_factory.mktemp("increments")
    storage = built_lake.copy(folder / "lake")
    found = Increments(storage, LocalStorage(folder / "whole"))

    def after(what: str, request: Request | None = None) -> None:
        minutes = len(found.reports) + 1
        report = run_lake(lambda: engine, storage, request, warehouse=warehouse, after_minutes=minutes)
        found.reports[what] = report

    emptied(warehouse)
    last = storage.read(f"{REPORTS}/02-10-2020.csv")
    storage.write(f"{REPORTS}/02-11-2020.csv", last)
    after("a new day")
    storage.write(f"{REPORTS}/02-12-2020.csv", last)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(promotion, "FILES_A_PARTITION", 2)
        after("a new day in a month of many files")
    storage.write(f"{REPORTS}/02-13-2020.csv", last.split(b"\n")[0] + b"\n")
    after("a new day without records")
    storage.write(f"{REPORTS}/02-14-2020.csv", changed(last, with_all_refused))
    after("a new day of refused records")
    path = f"{REPORTS}/01-30-2020.csv"
    storage.write(path, changed(storage.read(path), corrected))
    after("a corrected day")
    late = storage.read(f"{REPORTS}/01-31-2020.csv")
    storage.delete([f"{REPORTS}/01-31-2020.csv"])
    after("a vanished day")
    after("a day that no file is of", Request(first_day=date(2020, 1, 31), last_day=date(2020, 1, 31)))
    storage.write(f"{REPORTS}/01-31-2020.csv", late)
    path = f"{REPORTS}/02-03-2020.csv"
    storage.write(path, changed(storage.read(path), with_one_refused))
    storage.write(COUNTIES, b"\n".join(storage.read(COUNTIES).split(b"\n")[:-40]) + b"\n")
    after("a late day, a bad record and another feed")
    after("days again", Request(first_day=date(2020, 1, 25), last_day=date(2020, 1, 26)))
    found.differences = differing_tables(storage, warehouse)
    for file in storage.list_files("landing"):
        found.whole.write(file.path, storage.read(file.path))
    assert run_lake(lambda: engine, found.whole, after_minutes=20).succeeded
    return found


def test_every_run_went_well(increments: Increments) -> None:
    assert {what: report.faults for what, report in increments.reports.items()} == dict.fromkeys(increments.reports, ())
    assert all(report.reconciled for report in increments.reports.values())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_increments_come_to_what_a_full_refresh_gives(table: c.Table, increments: Increments) -> None:
    name = f"covid19_{table.id}"
    assert rows_of(increments.storage, name) == rows_of(increments.whole, name)


@pytest.mark.parametrize(
    ("what", "months"),
    [
        ("a new day", ("2020-02",)),
        ("a new day in a month of many files", ("2020-02",)),
        ("a corrected day", ("2020-01",)),
        ("a vanished day", ("2020-01",)),
        ("a late day, a bad record and another feed", ("2020-01", "2020-02")),
        ("days again", ("2020-01",)),
    ],
)
def test_only_the_months_of_the_touched_days_are_written(
    what: str, months: tuple[str, ...], increments: Increments
) -> None:
    reports = increments.reports[what]
    assert report_of(reports, "trusted.jhu_daily_reports").partitions == months


@pytest.mark.parametrize(
    ("what", "months"),
    [
        ("a new day", ("2020-02",)),
        ("a new day in a month of many files", ("2020-02",)),
        ("a corrected day", ("2020-01",)),
        ("a vanished day", MONTHS),
    ],
)
def test_the_facts_of_the_next_figures_follow(what: str, months: tuple[str, ...], increments: Increments) -> None:
    """The differences of the first figures after a corrected one change with it, if they are of another month, too."""
    cases = report_of(increments.reports[what], "curated.fact_cases")
    assert (cases.partitions or MONTHS) == months


@pytest.mark.parametrize(("what", "refused"), [("a new day without records", 0), ("a new day of refused records", 2)])
def test_a_day_that_brings_no_row_changes_nothing_else(what: str, refused: int, increments: Increments) -> None:
    report = increments.reports[what]
    promoted = report_of(report, "trusted.jhu_daily_reports")
    assert (promoted.status, promoted.written, promoted.rejected) == (Status.PUBLISHED, 0, refused)
    curated = {table.table: table.status for table in report.tables if table.table.startswith("curated.")}
    assert Status.PUBLISHED not in curated.values()


@pytest.mark.parametrize("table", [c.JHU_DAILY_REPORTS, c.FACT_CASES], ids=lambda table: table.name)
def test_a_new_day_is_a_file_more_in_its_month(table: c.Table, increments: Increments, built_lake: BuiltLake) -> None:
    before = files_of_february(built_lake.storage, table, built_lake.report)
    after = files_of_february(increments.storage, table, increments.reports["a new day"])
    assert {file.identity for file in before} < {file.identity for file in after}
    assert len(after) == len(before) + 1
    assert len({file.path.split("/")[0] for file in after}) == 1, "a catalog gives a partition one location"


@pytest.mark.parametrize("table", [c.JHU_DAILY_REPORTS, c.FACT_CASES], ids=lambda table: table.name)
def test_a_month_of_many_files_is_written_anew(table: c.Table, increments: Increments) -> None:
    before = files_of_february(increments.storage, table, increments.reports["a new day"])
    after = files_of_february(increments.storage, table, increments.reports["a new day in a month of many files"])
    assert not {file.identity for file in before} & {file.identity for file in after}
    assert len(after) <= 2


def test_the_warehouse_gets_the_touched_months_and_equals_the_lake(increments: Increments) -> None:
    assert increments.differences == []
    loads = {load.table: load for load in loads_of(increments.reports["days again"])}
    cases = report_of(increments.reports["days again"], "curated.fact_cases")
    assert loads["fact_cases"].counts["staged"] == cases.written < cases.rows
    assert [loads["fact_cases"].counts[name] for name in ("inserted", "updated", "deleted")] == [0, 0, 0]


def test_a_run_reads_the_files_of_its_days_and_accounts_for_the_whole(increments: Increments) -> None:
    one = report_of(increments.reports["a new day"], "trusted.jhu_daily_reports")
    assert list(one.read) == ["jhu-daily-reports/02-11-2020.csv"]
    assert one.records_read == one.written + one.superseded + one.rejected
    totals = one.totals
    assert totals["records"] == totals["trusted"] + totals["superseded"] + totals["rejected"]
    assert one.rows == totals["trusted"] > one.written


def test_the_accounts_of_the_last_increment_are_those_of_the_full_refresh(increments: Increments) -> None:
    step_by_step, at_once = (
        read_manifest(storage, c.JHU_DAILY_REPORTS, entry.version)
        for storage in (increments.storage, increments.whole)
        if (entry := current_snapshot(storage, "covid19").version_of(c.JHU_DAILY_REPORTS))
    )
    assert step_by_step.records == at_once.records
    assert step_by_step.rejected == at_once.rejected
    assert step_by_step.superseded == at_once.superseded


def test_refused_records_of_other_days_stay_in_quarantine(increments: Increments) -> None:
    columns = ["source_file", "line", "record"]
    step_by_step, at_once = (
        Lake(storage.root).arrow("covid19_quarantine.jhu_daily_reports").select(columns).to_pylist()
        for storage in (increments.storage, increments.whole)
    )
    assert sorted(step_by_step, key=repr) == sorted(at_once, key=repr)
    assert any(row["source_file"].endswith("02-03-2020.csv") for row in step_by_step)


def test_a_dimension_that_came_out_the_same_keeps_its_version(increments: Increments) -> None:
    report = increments.reports["a corrected day"]
    assert report_of(report, "curated.dim_date").status == Status.UNCHANGED
    assert report_of(report, "curated.dim_hospital").status == Status.UP_TO_DATE


def test_after_all_of_it_there_is_nothing_to_do(increments: Increments) -> None:
    assert not make_plan(FLOW, increments.storage, Request()).has_work
