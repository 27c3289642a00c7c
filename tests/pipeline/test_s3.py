"""The sample from landing to the warehouse with the lake in a bucket: the same figures, and nothing done twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import boto3
import pytest

from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.engines.protocol import Engine
from covid_lake.pipeline.run import Request
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import RunReport, Status
from covid_lake.store.storage import LocalStorage, S3Storage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake_samples.covid19 import generate_sample
from covid_lake_samples.manifest import SampleManifest
from lake_runs import emptied, land_files, loads_of, no_engine, report_of, run_lake


@dataclass(frozen=True)
class S3Lake:
    """A lake in a bucket, the sample that it was built from, and the report of the run that built it."""

    storage: S3Storage
    manifest: SampleManifest
    report: RunReport


@pytest.fixture(scope="module")
def s3_lake(engine_on_s3: Engine, warehouse: WarehouseConnection, tmp_path_factory: pytest.TempPathFactory) -> S3Lake:
    """Landing, trusted, curated and the warehouse in one run; the source is a bucket too."""
    emptied(warehouse)
    source = tmp_path_factory.mktemp("source")
    manifest = generate_sample(source, days=14, scale=0.1)
    for bucket in ("delivered", "lake-in-s3"):
        boto3.client("s3").create_bucket(Bucket=bucket)
    for path in manifest.files:
        boto3.client("s3").put_object(Bucket="delivered", Key=f"copy/{path}", Body=(source / path).read_bytes())
    storage = S3Storage("s3://lake-in-s3/some/prefix")
    landed = land_files(storage, "s3://delivered/copy")
    report = run_lake(lambda: engine_on_s3, storage, landed=landed, warehouse=warehouse)
    return S3Lake(storage, manifest, report)


def test_every_table_is_published_from_a_bucket_into_a_bucket(s3_lake: S3Lake) -> None:
    assert {table.table: table.status for table in s3_lake.report.tables} == {
        table.id: Status.PUBLISHED for table in COVID19.tables
    }
    assert (s3_lake.report.succeeded, s3_lake.report.reconciled) == (True, True)
    assert s3_lake.report.landed_files == len(s3_lake.manifest.files)


def test_counts_are_those_that_the_sample_was_made_with(s3_lake: S3Lake) -> None:
    reports = {name: report_of(s3_lake.report, f"trusted.{name}") for name in s3_lake.manifest.tables}
    assert {name: (r.records_read, r.written, r.superseded, r.rejected) for name, r in reports.items()} == {
        name: (t.records, t.trusted, t.superseded, t.rejected) for name, t in s3_lake.manifest.tables.items()
    }


def test_the_lake_in_the_bucket_answers(s3_lake: S3Lake) -> None:
    lake = Lake(s3_lake.storage.root)
    rows = lake.sql("SELECT count(*) AS n FROM covid19_curated.fact_cases").arrow.to_pylist()
    assert rows == [{"n": report_of(s3_lake.report, "curated.fact_cases").written}]
    refused = lake.arrow("covid19_quarantine.jhu_daily_reports").to_pylist()
    assert len(refused) == s3_lake.manifest.tables["jhu_daily_reports"].rejected
    assert all((row["line"] or 0) > 1 for row in refused)
    assert {row["source_file"].split("/")[0] for row in refused} == {"jhu-daily-reports"}


def test_the_warehouse_holds_the_star_of_the_bucket(s3_lake: S3Lake, warehouse: WarehouseConnection) -> None:
    lake = Lake(s3_lake.storage.root)
    question = "SELECT count(*) AS n, sum(confirmed) AS confirmed FROM {}fact_cases"
    expected = lake.sql(question.format("covid19_curated.")).arrow.to_pylist()[0]
    with warehouse.connect() as opened:
        found = opened.execute(question.format("covid19.").encode()).fetchall()
    assert found == [(expected["n"], expected["confirmed"])]
    assert {load.table: load.counts["staged"] for load in loads_of(s3_lake.report)} == {
        table.table.removeprefix("curated."): table.written
        for table in s3_lake.report.tables
        if table.table.startswith("curated.") and table.table != "curated.region_names"
    }


def test_a_second_run_does_nothing_and_starts_no_engine(s3_lake: S3Lake, warehouse: WarehouseConnection) -> None:
    landed = land_files(s3_lake.storage, "s3://delivered/copy", run_id="again")
    assert (landed.copied, landed.unchanged) == ((), len(s3_lake.manifest.files))
    report = run_lake(no_engine, s3_lake.storage, landed=landed, warehouse=warehouse, after_minutes=1)
    assert {table.status for table in report.tables} == {Status.UP_TO_DATE}
    assert (report.succeeded, report.engine, loads_of(report)) == (True, "none", ())


def test_a_copy_of_the_lake_on_disk_is_up_to_date_and_answers(s3_lake: S3Lake, tmp_path: Path) -> None:
    for file in s3_lake.storage.list_files(""):
        target = tmp_path / "copy" / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(s3_lake.storage.read(file.path))
    report = run_lake(no_engine, LocalStorage(tmp_path / "copy"), after_minutes=2)
    assert {table.status for table in report.tables} == {Status.UP_TO_DATE}
    question = "SELECT sum(confirmed) FROM covid19_curated.fact_covid"
    assert Lake(tmp_path / "copy").sql(question).arrow == Lake(s3_lake.storage.root).sql(question).arrow


def test_new_and_corrected_days_in_a_bucket_come_to_what_a_full_refresh_gives(
    s3_lake: S3Lake, engine_on_s3: Engine
) -> None:
    """S3 itself copies months that grow, months of a corrected day are made anew; the facts pass their audits."""
    storage, reports = s3_lake.storage, "landing/covid19/jhu-daily-reports"
    days = sorted(datetime.strptime(Path(file.path).stem, "%m-%d-%Y") for file in storage.list_files(reports))
    corrected = f"{reports}/{days[3]:%m-%d-%Y}.csv"
    last = storage.read(f"{reports}/{days[-1]:%m-%d-%Y}.csv")

    def rows() -> list[str]:
        table = Lake(storage.root).arrow("covid19_trusted.jhu_daily_reports")
        return sorted(map(repr, table.drop_columns(["run_id"]).to_pylist()))

    storage.write(corrected, b"\n".join(storage.read(corrected).split(b"\n")[:-3]) + b"\n")
    storage.write(f"{reports}/{days[-1] + timedelta(days=1):%m-%d-%Y}.csv", last)
    assert run_lake(lambda: engine_on_s3, storage, Request(only=("fact_cases",)), after_minutes=3).succeeded
    storage.write(f"{reports}/{days[-1] + timedelta(days=2):%m-%d-%Y}.csv", last)
    grown = run_lake(lambda: engine_on_s3, storage, Request(only=("fact_cases",)), after_minutes=4)
    assert grown.succeeded
    assert report_of(grown, "curated.fact_cases").partitions == (f"{days[-1] + timedelta(days=2):%Y-%m}",)
    increments = rows()
    again = Request(only=("jhu_daily_reports",), full_refresh=True)
    assert run_lake(lambda: engine_on_s3, storage, again, after_minutes=5).succeeded
    assert rows() == increments
