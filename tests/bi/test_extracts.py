"""Extracts for Tableau, read back by Hyper itself: every row and value of the star, and keys that relate the tables."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from tableauhyperapi import Connection, HyperProcess, TableName, Telemetry

from covid_lake.bi.hyper import write_extract
from covid_lake.cli.main import main
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.errors import LakeError, MissingInput, SettingsError
from covid_lake.reading.lake import Lake
from covid_lake.store.storage import LocalStorage, S3Storage, Storage
from lake_runs import BuiltLake
from star_lake import PLACE_ROWS, STAR, StarLake, counts_of, in_order

DAYS = {20200331: 10, 20200401: 20}


@contextmanager
def opened(file: Path) -> Iterator[Connection]:
    with (
        HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={"log_config": ""}) as process,
        Connection(process.endpoint, str(file)) as connection,
    ):
        yield connection


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(map(_plain, row)) for row in connection.execute_list_query(query)]


def _plain(value: Any) -> Any:
    """Hyper's dates and times as Python's."""
    if hasattr(value, "to_datetime"):
        return value.to_datetime()
    return value.to_date() if hasattr(value, "to_date") else value


def covid_lake(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "400"}).invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(params=["directory", "s3"])
def star(request: pytest.FixtureRequest, tmp_path: Path) -> StarLake:
    storage: Storage = LocalStorage(tmp_path / "it's a lake")
    if request.param == "s3":
        request.getfixturevalue("emulator")
        boto3.client("s3").create_bucket(Bucket="extracted")
        storage = S3Storage(f"s3://extracted/{tmp_path.name}")
    lake = StarLake(storage)
    lake.publish("v1", dim_place=PLACE_ROWS, fact_counts=counts_of(DAYS))
    return lake


def test_every_value_of_every_type_is_in_the_extract(star: StarLake, tmp_path: Path) -> None:
    done = write_extract(star.storage, STAR, tmp_path / "star.hyper")
    assert [(one.table, one.version, one.rows) for one in done] == [("dim_place", "v1", 4), ("fact_counts", "v1", 4)]
    with opened(tmp_path / "star.hyper") as connection:
        for table in STAR.star:
            found = rows(connection, f'SELECT * FROM "Extract"."{table.name}"')
            assert in_order(found) == star.expected(table)


def test_tableau_relates_the_tables_by_their_keys(star: StarLake, tmp_path: Path) -> None:
    write_extract(star.storage, STAR, tmp_path / "star.hyper")
    with opened(tmp_path / "star.hyper") as connection:
        keys = rows(connection, "SELECT conrelid::regclass::text, contype::text FROM pg_constraint ORDER BY 1, 2")
        definition = connection.catalog.get_table_definition(TableName("Extract", "fact_counts"))
    assert [kind for _, kind in keys] == ["p", "f", "p"]
    assert [column.nullability.name for column in definition.columns][:2] == ["NOT_NULLABLE"] * 2


def test_an_older_extract_is_replaced_and_stays_where_the_new_one_fails(star: StarLake, tmp_path: Path) -> None:
    target = tmp_path / "star.hyper"
    write_extract(star.storage, STAR, target)
    star.publish("v2", fact_counts=counts_of({20200331: 11}))
    assert [one.rows for one in write_extract(star.storage, STAR, target)] == [4, 2]
    before = target.read_bytes()
    for file in star.storage.list_files(""):
        if "dim_place" in file.path and file.path.endswith(".parquet"):
            star.storage.delete([file.path])
    with pytest.raises(LakeError, match=r"dim_place|part-0"):
        write_extract(star.storage, STAR, target)
    assert target.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".covid-lake-bi")] == []


def test_a_lake_without_a_star_has_no_extract(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no curated table of covid_lake_test"):
        write_extract(LocalStorage(tmp_path / "lake"), STAR, tmp_path / "star.hyper")


def test_without_the_hyper_api_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = StarLake(LocalStorage(tmp_path / "lake"))
    lake.publish("v1", dim_place=PLACE_ROWS)
    monkeypatch.setitem(sys.modules, "tableauhyperapi", None)
    with pytest.raises(SettingsError, match=r"pip install 'covid_lake\[bi\]'"):
        write_extract(lake.storage, STAR, tmp_path / "star.hyper")


def test_the_command_writes_the_sample_s_star_whose_counts_and_sums_are_the_lake_s(
    built_lake: BuiltLake, tmp_path: Path
) -> None:
    lake = Lake(built_lake.storage.root)
    done = covid_lake("bi", "covid19", "--tool", "hyper", "--out", tmp_path, "--lake", built_lake.storage.root)
    assert done.exit_code == 0, done.output
    with opened(tmp_path / "covid19.hyper") as connection:
        for table in COVID19.star:
            question = f"SELECT count(*) AS n FROM covid19_curated.{table.name}"
            assert rows(connection, f'SELECT count(*) FROM "Extract"."{table.name}"') == [
                (lake.sql(question).arrow.to_pylist()[0]["n"],)
            ]
        sums = "sum(confirmed) AS confirmed, sum(deaths) AS deaths, min(date_key) AS first, max(date_key) AS last"
        (found,) = lake.sql(f"SELECT {sums} FROM covid19_curated.fact_cases").arrow.to_pylist()
        assert [tuple(map(int, row)) for row in rows(connection, f'SELECT {sums} FROM "Extract"."fact_cases"')] == [
            tuple(map(int, found.values()))
        ]
        joined = (
            'SELECT d."date", sum(f.confirmed) FROM "Extract".fact_cases f '
            'JOIN "Extract".dim_date d ON d.date_key = f.date_key '
            'JOIN "Extract".dim_region r ON r.region_key = f.region_key GROUP BY 1 ORDER BY 1'
        )
        by_day = rows(connection, joined)
    assert all(isinstance(day, dt.date) for day, _ in by_day)
    assert sum(int(confirmed) for _, confirmed in by_day) == int(found["confirmed"])
    assert "covid19.hyper" in done.output
