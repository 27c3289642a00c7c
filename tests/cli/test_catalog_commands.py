"""`covid-lake catalog`: what it says when all agrees, when something does not, and what it mends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result

from covid_lake.cli.main import main
from covid_lake.store.storage import LocalStorage, S3Storage, open_storage
from small_lake import calendar, publish_rows

TABLE = "covid19_curated.dim_date"
VERSION = "20200301T120000Z-1f9c"


def run(*arguments: str, lake: str) -> Result:
    return CliRunner().invoke(main, ["catalog", arguments[0], "covid19", "--lake", lake, *arguments[1:]])


@pytest.fixture
def lake(tmp_path: Path) -> str:
    storage = LocalStorage(tmp_path / "lake")
    publish_rows(storage, VERSION, {TABLE: calendar(date(2020, 3, 1), date(2020, 3, 31))})
    return storage.root


@pytest.fixture
def lake_in_s3(emulator: str) -> Iterator[S3Storage]:
    boto3.client("s3").create_bucket(Bucket="catalog-commands")
    storage = open_storage("s3://catalog-commands/lake")
    assert isinstance(storage, S3Storage)
    publish_rows(storage, VERSION, {TABLE: calendar(date(2020, 3, 1), date(2020, 3, 31))})
    yield storage
    client = boto3.client("glue")
    for database in client.get_databases()["DatabaseList"]:
        client.delete_database(Name=database["Name"])


def test_a_catalog_that_was_never_brought_up_is_told_and_synced(lake: str) -> None:
    before = run("check", lake=lake)
    assert before.exit_code == 1
    assert f"{TABLE}: it is missing in the catalog" in before.output
    dry = run("sync", "--dry-run", lake=lake)
    assert (dry.exit_code, dry.output) == (0, before.output)
    synced = run("sync", lake=lake)
    assert (synced.exit_code, synced.output.splitlines()[0]) == (0, f"changed {TABLE}")
    after = run("check", lake=lake)
    assert (after.exit_code, after.output) == (
        0,
        "the local catalog, the files of covid19 and the contracts agree\n",
    )


def test_disagreements_are_json_for_a_program(lake: str) -> None:
    assert run("sync", lake=lake).exit_code == 0
    (Path(lake) / "curated/covid19/dim_date" / f"version={VERSION}" / "left.parquet").write_bytes(b"x")
    found = run("check", "--format", "json", lake=lake)
    what = f"the file version={VERSION}/left.parquet lies in a folder of the version, and the manifest does not name it"
    assert (found.exit_code, json.loads(found.output)) == (1, [{"table": TABLE, "column": "", "what": what}])


def test_what_the_catalog_can_do_nothing_about_is_left_and_told(lake: str) -> None:
    (Path(lake) / "curated/covid19/dim_date" / f"version={VERSION}" / "left.parquet").write_bytes(b"x")
    synced = run("sync", lake=lake)
    assert synced.exit_code == 1
    assert "disagreements: 1" in synced.output


def test_a_lake_in_s3_is_checked_in_the_glue_data_catalog(lake_in_s3: S3Storage) -> None:
    nothing = run("check", lake=lake_in_s3.root)
    assert nothing.exit_code == 2
    assert "name one with --catalog local or --catalog glue" in nothing.output
    assert run("sync", "--catalog", "glue", lake=lake_in_s3.root).exit_code == 0
    assert run("check", "--catalog", "glue", lake=lake_in_s3.root).exit_code == 0


def test_another_lakes_databases_are_taken_over_when_asked(lake_in_s3: S3Storage) -> None:
    assert run("sync", "--catalog", "glue", lake=lake_in_s3.root).exit_code == 0
    other = open_storage("s3://catalog-commands/other")
    publish_rows(other, VERSION, {TABLE: calendar(date(2020, 3, 1), date(2020, 3, 31))})
    refused = run("sync", "--catalog", "glue", lake=other.root)
    assert refused.exit_code == 1
    assert "shows the lake s3://catalog-commands/lake" in " ".join(refused.output.split())
    taken = run("sync", "--catalog", "glue", "--take-over", lake=other.root)
    assert taken.exit_code == 0, taken.output
    location = boto3.client("glue").get_table(DatabaseName="covid19_curated", Name="dim_date")["Table"]
    assert location["StorageDescriptor"]["Location"].startswith("s3://catalog-commands/other/")


def test_crawlers_are_shown_created_and_left_alone(lake_in_s3: S3Storage) -> None:
    shown = run("crawlers", "--role", "Crawling", "--dry-run", lake=lake_in_s3.root)
    requests = json.loads(shown.output)
    assert {request["DatabaseName"] for request in requests} == {"covid19_crawled"}
    (states,) = (one for one in requests if one["Name"] == "covid19_landing_state_abv")
    assert [target["Path"] for target in states["Targets"]["S3Targets"]] == [
        "s3://catalog-commands/lake/landing/covid19/static-datasets/csv/state-abv/",
        "s3://catalog-commands/lake/landing/covid19/static-datasets/json/state-abv/",
    ]
    made = [run("crawlers", "--role", role, lake=lake_in_s3.root) for role in ("Crawling", "Crawling", "Other")]
    assert [one.output.split()[0] for one in made] == ["created", "unchanged", "updated"]
    found = boto3.client("glue").get_crawler(Name="covid19_landing_state_abv")["Crawler"]
    assert (found["Role"], found["State"]) == ("Other", "READY")


def test_crawlers_of_a_lake_on_disk_are_refused(lake: str) -> None:
    refused = run("crawlers", "--role", "Crawling", lake=lake)
    assert refused.exit_code == 2
    assert "in S3 only" in refused.output
