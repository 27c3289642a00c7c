"""Runs over the sample: accounts that meet the sample's own, nothing done twice, and faults that harm nothing else."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import Codec, Rule, Severity, Table, Zone
from covid_lake.datasets.covid19 import contracts as c
from covid_lake.datasets.covid19 import curated
from covid_lake.datasets.covid19.flow import FLOW
from covid_lake.engines.protocol import Engine
from covid_lake.errors import SettingsError
from covid_lake.flows import Flow, Step, TableCheck
from covid_lake.pipeline.listeners import Silent
from covid_lake.pipeline.plan import Action
from covid_lake.pipeline.run import Request, make_plan
from covid_lake.reading.lake import Lake
from covid_lake.store.parquet import read_footer
from covid_lake.store.reports import RunReport, Status, from_json, read_report
from covid_lake.store.snapshots import current_snapshot, read_manifest, snapshot_numbers
from covid_lake.store.storage import LocalStorage
from lake_runs import BuiltLake, Recorder, land_files, no_engine, report_of, run_lake

TRUSTED = [table.name for table in c.COVID19.zone(Zone.TRUSTED)]
CURATED = [table.name for table in c.COVID19.zone(Zone.CURATED)]
STATES = "landing/covid19/static-datasets/csv/state-abv/states_abv.csv"


def statuses(report: RunReport) -> dict[str, Status]:
    return {table.table: table.status for table in report.tables}


def records_by_line(path: Path) -> dict[int, dict[str, str]]:
    """The records of a file whose lines are records, by the number of their line."""
    body = path.read_bytes()
    lines = (gzip.decompress(body) if path.suffix == ".gz" else body).decode("utf-8-sig").splitlines()
    rows = list(csv.reader(lines))
    return {number: dict(zip(rows[0], row, strict=False)) for number, row in enumerate(rows[1:], start=2)}


@pytest.fixture
def copied(built_lake: BuiltLake, tmp_path: Path) -> LocalStorage:
    """The built lake at another place, for a test to change."""
    return built_lake.copy(tmp_path / "copy")


# --- a first run ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TRUSTED)
def test_counts_are_those_that_the_sample_was_made_with(table: str, built_lake: BuiltLake) -> None:
    expected, found = built_lake.manifest.tables[table], report_of(built_lake.report, f"trusted.{table}")
    assert found.status == Status.PUBLISHED
    assert (found.records_read, found.written, found.superseded, found.rejected) == (
        expected.records,
        expected.trusted,
        expected.superseded,
        expected.rejected,
    )
    assert found.rejected_by_reason == expected.rejected_by_rule
    assert (len(found.read), sum(found.read.values())) == (expected.files, expected.records)
    assert found.reconciled
    assert found.unknown_columns == ()


def test_every_table_is_published_and_every_record_accounted_for(built_lake: BuiltLake) -> None:
    report = built_lake.report
    assert statuses(report) == {table.id: Status.PUBLISHED for table in c.COVID19.tables}
    assert (report.succeeded, report.reconciled, report.refused_files) == (True, True, {})
    assert report.landed_files == len(built_lake.manifest.files) == len(built_lake.landed.copied)
    snapshot = current_snapshot(built_lake.storage, "covid19")
    assert report.snapshot == snapshot.number
    assert {version.version for version in snapshot.tables.values()} == {report.run_id}
    assert {name: version.rows for name, version in snapshot.tables.items()} == {
        table.table: table.written for table in report.tables
    }


def test_the_stars_checks_are_named_in_the_report(built_lake: BuiltLake) -> None:
    assert set(report_of(built_lake.report, "curated.fact_cases").checks) == {
        "no_null_key",
        "key_is_unique",
        "figures_sum_to_trusted",
        "new_confirmed_telescopes",
        "region_key_found_in_dim_region",
        "date_key_found_in_dim_date",
    }
    decreases = report_of(built_lake.report, "curated.fact_cases").warnings["confirmed_decreased"]
    assert decreases >= built_lake.manifest.tables["jhu_daily_reports"].planted["confirmed_decreases"] > 0


def test_what_is_read_back_is_what_was_written(built_lake: BuiltLake) -> None:
    lake = Lake(built_lake.storage.root)
    for table in c.COVID19.tables:
        rows = lake.dataset(f"covid19_{table.id}").count_rows()
        assert rows == report_of(built_lake.report, table.id).written, table.id


def codecs(storage: LocalStorage, table: Table) -> set[str]:
    """How the columns of the table's files are compressed."""
    version = current_snapshot(storage, table.dataset).tables[table.id].version
    footers = [
        read_footer(storage, f"{paths.table(table)}/{file.path}")
        for file in read_manifest(storage, table, version).files
    ]
    groups = [footer.row_group(number) for footer in footers for number in range(footer.num_row_groups)]
    return {group.column(number).compression.lower() for group in groups for number in range(group.num_columns)}


def test_every_table_s_files_have_the_codec_of_its_contract(built_lake: BuiltLake) -> None:
    found = {table.id: codecs(built_lake.storage, table) for table in c.COVID19.tables}
    assert found == {table.id: {table.codec} for table in c.COVID19.tables}
    assert found["curated.fact_cases"] == {"snappy"}
    assert found["curated.region_names"] == found["trusted.jhu_daily_reports"] == {"zstd"}


def test_the_same_rows_in_another_codec_are_another_version(engine: Engine, copied: LocalStorage) -> None:
    layout = replace(c.DIM_DATE.layout, codec=Codec.GZIP)
    flow = Flow(c.COVID19, (replace(CALENDAR, target=replace(c.DIM_DATE, layout=layout)),))
    report = run_lake(lambda: engine, copied, flow=flow, after_minutes=1)
    assert statuses(report) == {"curated.dim_date": Status.PUBLISHED}
    assert codecs(copied, c.DIM_DATE) == {"gzip"}


def test_a_report_is_the_same_after_it_was_written_and_read(built_lake: BuiltLake) -> None:
    stored = read_report(built_lake.storage, built_lake.report.run_id)
    assert from_json(stored).to_json() == built_lake.report.to_json()
    assert stored["succeeded"] is True
    assert stored["reconciled"] is True
    assert read_report(built_lake.storage) == stored
    with pytest.raises(SettingsError, match="no report of a run 'never'"):
        read_report(built_lake.storage, "never")


def test_refused_records_are_kept_with_file_line_reasons_and_text(built_lake: BuiltLake) -> None:
    refused = {name: table for name, table in built_lake.manifest.tables.items() if table.rejected}
    assert set(refused) >= {"jhu_daily_reports", "nytimes_us_county", "hospital_beds"}
    for table, expected in refused.items():
        rows = Lake(built_lake.storage.root).arrow(f"covid19_quarantine.{table}").to_pylist()
        assert len(rows) == expected.rejected
        by_rule = Counter(reason.split(":", 1)[0] for row in rows for reason in row["reasons"])
        assert by_rule == expected.rejected_by_rule
        assert {(row["run_id"], row["table_name"]) for row in rows} == {(built_lake.report.run_id, table)}
        for row in rows:
            delivered = records_by_line(built_lake.source / row["source_file"])[row["line"]]
            # Spark leaves out what is null, which is how it reads an empty field.
            assert json.loads(row["record"]) == {name: value for name, value in delivered.items() if value}


# --- the runs after ------------------------------------------------------------------------------------------------


def test_a_second_run_does_nothing_and_starts_no_engine(copied: LocalStorage) -> None:
    before = [file for file in copied.list_files("") if not file.path.startswith("_runs")]
    listener = Recorder()
    report = run_lake(no_engine, copied, listener=listener, after_minutes=1)
    assert statuses(report) == {table.id: Status.UP_TO_DATE for table in c.COVID19.tables}
    assert (report.engine, report.succeeded, listener.tables_started) == ("none", True, [])
    assert [file for file in copied.list_files("") if not file.path.startswith("_runs")] == before
    assert read_report(copied)["run_id"] == report.run_id


def test_a_lake_that_was_moved_answers_and_is_up_to_date(built_lake: BuiltLake, tmp_path: Path) -> None:
    moved = tmp_path / "another place" / "lake"
    shutil.copytree(built_lake.storage.directory, moved, copy_function=shutil.copy)
    storage = LocalStorage(moved)
    assert not make_plan(FLOW, storage, Request()).has_work
    question = "SELECT count(*), sum(confirmed) FROM covid19_curated.fact_cases"
    assert Lake(moved).sql(question).arrow == Lake(built_lake.storage.root).sql(question).arrow


def test_a_full_refresh_plans_every_table(copied: LocalStorage) -> None:
    plan = make_plan(FLOW, copied, Request(full_refresh=True))
    planned = plan.steps
    assert len(planned) == len(c.COVID19.tables)
    assert {(one.action, one.reason) for one in planned} == {(Action.RUN, "full refresh")}


def test_a_full_refresh_of_one_table_leaves_the_others(engine: Engine, copied: LocalStorage) -> None:
    before = current_snapshot(copied, "covid19")
    request = Request(only=("state_abv",), full_refresh=True)
    report = run_lake(lambda: engine, copied, request, after_minutes=1)
    assert statuses(report) == {"trusted.state_abv": Status.PUBLISHED}
    after = current_snapshot(copied, "covid19")
    changed = {name for name in after.tables if after.tables[name].version != before.tables[name].version}
    assert changed == {"trusted.state_abv"}
    assert after.tables["trusted.state_abv"].rows == before.tables["trusted.state_abv"].rows


def test_only_means_the_table_and_all_that_it_needs(copied: LocalStorage) -> None:
    plan = make_plan(FLOW, copied, Request(only=("dim_hospital",), full_refresh=True))
    built = [planned.step.target.name for planned in plan.steps if planned.step in FLOW.star]
    assert built == ["region_names", "bridge_region", "dim_region", "dim_hospital"]
    promoted = {planned.step.target.name for planned in plan.steps if planned.step in FLOW.promotions}
    assert promoted == set(TRUSTED) - {"testing_us_daily", "testing_us_total_latest"}


def test_a_table_that_does_not_exist_is_an_error_that_lists_those_that_do(copied: LocalStorage) -> None:
    with pytest.raises(SettingsError, match=r"covid19 has no table fact_case; it has bridge_region, country_code"):
        make_plan(FLOW, copied, Request(only=("fact_case",)))


def test_one_zone_alone(copied: LocalStorage) -> None:
    plan = make_plan(FLOW, copied, Request(zones=frozenset({Zone.CURATED}), full_refresh=True))
    assert [planned.step for planned in plan.steps] == list(FLOW.star)


def test_new_files_are_reported_before_they_are_looked_at(copied: LocalStorage) -> None:
    events: list[str] = []

    class Looking(Silent):
        def progress(self, label: str, done: int, total: int) -> None:
            events.append(label)

    make_plan(FLOW, copied, listener=Looking(), request=Request(), on_work=lambda: events.append("new files"))
    assert events == []
    copied.write("landing/covid19/static-datasets/csv/state-abv/more.csv", copied.read(STATES))
    make_plan(FLOW, copied, listener=Looking(), request=Request(), on_work=lambda: events.append("new files"))
    assert events == ["new files", "inspect"]


# --- faults --------------------------------------------------------------------------------------------------------


def test_a_refused_file_holds_back_the_table_that_it_stands_in(copied: LocalStorage) -> None:
    before = current_snapshot(copied, "covid19")
    copied.write(STATES, copied.read(STATES)[:-5])
    report = run_lake(no_engine, copied, after_minutes=1)
    found = report_of(report, "trusted.state_abv")
    path = STATES.removeprefix("landing/covid19/")
    assert found.status == Status.HELD_BACK
    assert found.reason == f"{path} is refused, but the published version was read from it"
    assert "the file was cut short" in found.refused_files[path]
    assert not report.succeeded
    assert current_snapshot(copied, "covid19") == before


def test_too_many_refused_records_fail_the_table_and_the_old_version_stays(
    engine: Engine, copied: LocalStorage
) -> None:
    before = current_snapshot(copied, "covid19")
    copied.write(STATES, b"State,Abbreviation\nTexas,TX\nUtah,UT\nOhio,\n")
    report = run_lake(lambda: engine, copied, Request(only=("state_abv",)), after_minutes=1)
    found = report_of(report, "trusted.state_abv")
    assert found.status == Status.FAILED
    assert "1 of 3 records were refused, more than the contract's limit of 5%" in found.reason
    assert (report.succeeded, current_snapshot(copied, "covid19")) == (False, before)


TESTING = next(step for step in FLOW.star if step.target is c.FACT_TESTING)
CALENDAR = Step(c.DIM_DATE, curated.dim_date, requires=((c.FACT_CASES,), (c.FACT_TESTING,)))


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (
            replace(TESTING, checks=(TableCheck("is_never_right", "SELECT region_key FROM curated.fact_testing"),)),
            "curated.fact_testing: the check is_never_right does not hold, so nothing is published; for example",
        ),
        (
            replace(TESTING, build=lambda frames: curated.fact_testing(frames).selectExpr("*", "id").limit(1)),
            "the engine gave up: AnalysisException: ",
        ),
        (
            replace(TESTING, build=lambda frames: (once := curated.fact_testing(frames)).union(once)),
            "curated.fact_testing: the check key_is_unique and no_null_key does not hold",
        ),
        (
            replace(
                TESTING,
                build=lambda frames: curated.fact_testing(frames).withColumn(
                    "region_key", F.expr("if(positive > 100, null, region_key)")
                ),
            ),
            "curated.fact_testing: the check key_is_unique and no_null_key does not hold",
        ),
    ],
    ids=["a check that fails", "a build that can't be planned", "a key twice", "a key that is null"],
)
def test_a_star_with_a_fault_is_not_published_at_all(
    step: Step, reason: str, engine: Engine, copied: LocalStorage
) -> None:
    before = current_snapshot(copied, "covid19")
    flow = Flow(c.COVID19, (replace(CALENDAR, requires=((c.FACT_CASES,),)), step))
    request = Request(zones=frozenset({Zone.CURATED}), full_refresh=True)
    report = run_lake(lambda: engine, copied, request, flow=flow, after_minutes=1)
    assert statuses(report) == {"curated.dim_date": Status.FAILED, "curated.fact_testing": Status.FAILED}
    assert report_of(report, "curated.fact_testing").reason.startswith(reason)
    assert report_of(report, "curated.dim_date").reason.startswith("the star is published whole: ")
    assert (report.succeeded, current_snapshot(copied, "covid19")) == (False, before)


def tomorrow(frames: curated.Frames) -> Any:
    return curated.fact_testing(frames).withColumn("date_key", F.lit(20991231))


def short_calendar(frames: curated.Frames) -> Any:
    return curated.dim_date(frames).where("date_key > 20200201")


@pytest.mark.parametrize(
    "steps",
    [
        (TESTING, replace(CALENDAR, build=short_calendar)),
        (replace(TESTING, build=lambda frames: tomorrow(frames).dropDuplicates(["region_key"])),),
        (replace(CALENDAR, build=short_calendar),),
    ],
    ids=["both are new", "the fact is new", "the dimension is new"],
)
def test_a_fact_without_its_dimension_row_is_not_published(
    steps: tuple[Step, ...], engine: Engine, copied: LocalStorage
) -> None:
    before = current_snapshot(copied, "covid19")
    flow = Flow(c.COVID19, steps)
    request = Request(zones=frozenset({Zone.CURATED}), full_refresh=True)
    report = run_lake(lambda: engine, copied, request, flow=flow, after_minutes=1)
    assert {table.status for table in report.tables} == {Status.FAILED}
    assert any("the check date_key_found_in_dim_date does not hold" in table.reason for table in report.tables)
    assert current_snapshot(copied, "covid19") == before


NO_TEXAS = Rule("texas", "province_state = 'Texas'", "Texas must not be there", Severity.FAIL)


def test_a_record_that_breaks_a_rule_that_none_may_break_fails_the_table(engine: Engine, copied: LocalStorage) -> None:
    before = current_snapshot(copied, "covid19")
    promotion = next(step for step in FLOW.promotions if step.target is c.STATE_ABV)
    strict = replace(promotion, target=replace(c.STATE_ABV, rules=(NO_TEXAS,)))
    flow = Flow(c.COVID19, (strict,))
    # A rule that selects no record leaves the fingerprint as it is.
    report = run_lake(lambda: engine, copied, Request(full_refresh=True), flow=flow, after_minutes=1)
    assert statuses(report) == {"trusted.state_abv": Status.FAILED}
    assert report_of(report, "trusted.state_abv").reason.endswith("{'texas': 1}")
    # Nothing was published, and no record got lost: the table failed, its accounts did not.
    assert (report.succeeded, report.reconciled) == (False, True)
    assert current_snapshot(copied, "covid19") == before


def test_refused_records_that_pass_after_a_rule_was_mended_move_to_trusted(
    engine: Engine, copied: LocalStorage
) -> None:
    question = "SELECT count(*) FROM covid19_quarantine.hospital_beds"
    promotion = next(step for step in FLOW.promotions if step.target is c.HOSPITAL_BEDS)
    again = Request(only=("hospital_beds",), refused_again=True)
    as_before = Flow(c.COVID19, (promotion,))
    report = run_lake(lambda: engine, copied, again, flow=as_before, after_minutes=1)
    before = report_of(report, "trusted.hospital_beds")
    assert (before.reason, before.rejected) == ("1 file again", 3)
    rules = tuple(rule for rule in c.HOSPITAL_BEDS.rules if rule.name != "latitude_out_of_range")
    mended = replace(promotion, target=replace(c.HOSPITAL_BEDS, rules=rules))
    flow = Flow(c.COVID19, (mended,))
    after = report_of(run_lake(lambda: engine, copied, again, flow=flow, after_minutes=2), "trusted.hospital_beds")
    assert (after.rejected, after.rows) == (before.rejected - 1, before.rows + 1)
    assert after.totals["records"] == after.totals["trusted"] + after.totals["superseded"] + after.totals["rejected"]
    assert Lake(copied.root).sql(question).rows == [(2,)]


# --- lakes with less -----------------------------------------------------------------------------------------------


def test_a_lake_with_no_table_s_files_has_nothing_to_build_and_says_what_is_missing(tmp_path: Path) -> None:
    LocalStorage(tmp_path).write("landing/covid19/notes.txt", b"of no table")
    report = run_lake(no_engine, LocalStorage(tmp_path))
    assert set(statuses(report).values()) == {Status.SKIPPED}
    assert report_of(report, "trusted.state_abv").reason.startswith("no landing file static-datasets/csv/state-abv/")
    assert report_of(report, "curated.fact_testing").reason == "needs curated.dim_region, which the lake does not have"
    assert snapshot_numbers(LocalStorage(tmp_path), "covid19") == []


def copy_of(source: Path, target: Path, *patterns: str) -> Path:
    for path in (path for pattern in patterns for path in sorted(source.glob(pattern))):
        kept = target / path.relative_to(source)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, kept)
    return target


@pytest.mark.parametrize(
    ("feed", "pattern"),
    [("enigma_jhu", "enigma-jhu/csv/*"), ("jhu_daily_reports", "jhu-daily-reports/*")],
    ids=["only the Enigma file", "only the daily reports"],
)
def test_a_lake_with_one_feed_is_whole(
    feed: str, pattern: str, engine: Engine, small_sample: Path, built_lake: BuiltLake, tmp_path: Path
) -> None:
    storage = LocalStorage(tmp_path / "lake")
    land_files(storage, copy_of(small_sample, tmp_path / "source", pattern))
    report = run_lake(lambda: engine, storage)
    published = {name for name, status in statuses(report).items() if status == Status.PUBLISHED}
    star = {"region_names", "bridge_region", "dim_region", "dim_date", "fact_cases", "fact_covid"}
    assert published == {f"trusted.{feed}", *(f"curated.{name}" for name in star)}
    assert report.succeeded
    question = f"SELECT count(*), sum(confirmed) FROM covid19_curated.fact_cases WHERE source = '{feed}'"
    assert Lake(storage.root).sql(question).arrow == Lake(built_lake.storage.root).sql(question).arrow
    covid = Lake(storage.root).sql("SELECT DISTINCT source, positive FROM covid19_curated.fact_covid").arrow.to_pylist()
    assert covid == [{"source": feed, "positive": None}]
    assert not make_plan(FLOW, storage, Request()).has_work
