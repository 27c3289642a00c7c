"""How often the Glue Data Catalog is called: for a first publication, one without change, and one new day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.engines.protocol import Engine
from covid_lake.publish.catalog.glue import GlueTableCatalog
from covid_lake.publish.catalog.protocol import TableFormat
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.publish.publisher import Published
from covid_lake.store.reports import PublisherReport
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import S3Storage
from covid_lake_samples.covid19 import generate_sample
from glue_servers import count_calls
from lake_runs import land_files, no_engine, run_lake

REPORTS = "jhu-daily-reports"


@dataclass(frozen=True)
class Lake:
    """A lake in a bucket, and sources with the daily reports that are still to arrive, one in each."""

    storage: S3Storage
    later: list[Path]

    def published(self) -> Published:
        return Published(self.storage, COVID19, current_snapshot(self.storage, "covid19"), no_engine)


@pytest.fixture(scope="module")
def lake(engine_on_s3: Engine, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    source = tmp_path_factory.mktemp("source")
    generate_sample(source, days=20, scale=0.1)
    later = []
    for last in sorted((source / REPORTS).iterdir())[-2:]:
        folder = tmp_path_factory.mktemp("later")
        (folder / REPORTS).mkdir()
        last.rename(folder / REPORTS / last.name)
        later.append(folder)
    boto3.client("s3").create_bucket(Bucket="counted-lake")
    storage = S3Storage("s3://counted-lake/lake")
    assert run_lake(lambda: engine_on_s3, storage, landed=land_files(storage, source)).succeeded
    return Lake(storage, later)


@pytest.fixture(params=list(TableFormat))
def publisher(request: pytest.FixtureRequest, lake: Lake) -> Iterator[CatalogPublisher]:
    yield CatalogPublisher(GlueTableCatalog(lake.storage), request.param)
    client = boto3.client("glue")
    for database in client.get_databases()["DatabaseList"]:
        client.delete_database(Name=database["Name"])


def publish(publisher: CatalogPublisher, lake: Lake) -> tuple[PublisherReport, Counter[str]]:
    calls = count_calls(publisher.catalog._client)  # type: ignore[attr-defined]
    report = publisher.bring_up_to(lake.published())
    assert report.error == ""
    return report, Counter(calls)


def test_calls_are_few_and_without_a_change_one(publisher: CatalogPublisher, lake: Lake, engine_on_s3: Engine) -> None:
    first, first_calls = publish(publisher, lake)
    again, calls_again = publish(publisher, lake)
    landed = land_files(lake.storage, lake.later.pop(0))
    ran = run_lake(lambda: engine_on_s3, lake.storage, landed=landed, after_minutes=len(lake.later) + 1)
    day, day_calls = publish(publisher, lake)
    assert ran.succeeded
    of_day = {table.table for table in day.tables}
    assert {"covid19_trusted.jhu_daily_reports", "covid19_curated.fact_cases"} <= of_day
    # Each table and each view is created by one call; everything else is to find out that they are missing.
    assert len(first.tables) == first_calls["CreateTable"]
    assert (again.tables, calls_again) == ((), {"GetDatabase": 1})
    to_create, of_first, of_one_day = first_calls["CreateTable"], first_calls.total(), day_calls.total()
    if publisher.table_format is TableFormat.ICEBERG:
        # Each of the 19 Iceberg tables gets the run's tag, whether or not it has a new version.
        assert day_calls["UpdateTable"] <= 19 + len(of_day)
        assert of_first <= to_create + 20
        assert of_one_day <= 36
    else:
        # A table that has a new version gets its columns' statistics, up to 25 columns a call.
        assert first_calls["UpdateColumnStatisticsForTable"] <= 23
        assert of_first <= to_create + 45
        assert of_one_day <= 32
        statistics = boto3.client("glue").get_column_statistics_for_table(
            DatabaseName="covid19_curated", TableName="dim_date", ColumnNames=["month"]
        )
        (month,) = statistics["ColumnStatisticsList"]
        assert month["StatisticsData"]["LongColumnStatisticsData"]["NumberOfNulls"] == 0
