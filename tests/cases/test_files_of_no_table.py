"""Files of no table are counted and named; what is only packed, filed or laid out otherwise is read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result

from covid_lake import paths
from covid_lake.cli.main import main
from covid_lake.contracts import Zone
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.engines.protocol import Engine
from covid_lake.landing.arrivals import land
from covid_lake.pipeline.run import Request
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import RunReport, from_json, read_report
from covid_lake.store.storage import LocalStorage, Storage, open_storage
from lake_runs import land_files, report_of, run_lake

HEADER = "Province_State,Country_Region,Last_Update,Confirmed,Deaths,Recovered\n"
NEWER = "rearc-covid-19-nyt-data-in-usa"
OLDER = "enigma-nytimes-data-in-usa"
NYT = "date,county,state,fips,cases,deaths\n2020-03-01,Autauga,Alabama,01001,{cases},0\n"
NYT_JSON = {"date": "2020-03-01", "county": "Autauga", "state": "Alabama", "fips": "01001", "cases": 5, "deaths": 0}
READ = (
    "jhu-daily-reports/03-01-2020.csv",
    "jhu-daily-reports/03-02-2020.csv.gz",
    "jhu-daily-reports/2020/03-03-2020.csv",
    "jhu-daily-reports/year=2020/month=3/03-05-2020.CSV",
)
OF_NO_TABLE = (
    "jhu-daily-reports/03-04-2020.csv.part",
    "jhu-daily-reports/reports.zip",
    "jhu-daily-reports/backup/03-01-2020.csv",
    "rearc-covid-19-testing-data/json/states_daily/states.json.part",
    "owid/owid.csv",
    "loose.csv",
)


def report_on(day: str, confirmed: int) -> bytes:
    return f"{HEADER}North,Germany,2020-{day} 12:00:00,{confirmed},2,3\n".encode()


def lay_down(folder: Path) -> None:
    """Reports in four forms, the newspaper's counties in both layouts and forms, and files of no table."""
    files = {name: report_on("03-01", number) for number, name in enumerate(READ, start=10)}
    files[READ[1]] = gzip.compress(files[READ[1]])
    files |= dict.fromkeys(OF_NO_TABLE, b"whatever")
    files[f"{NEWER}/csv/us-counties/us-counties.csv"] = NYT.format(cases=5).encode()
    files[f"{NEWER}/json/us-counties/part-00000.json"] = json.dumps(NYT_JSON).encode() + b"\n"
    files[f"{OLDER}/csv/us_county/us_county.csv"] = NYT.format(cases=4).encode()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def lake(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalStorage, RunReport]:
    """The files landed, and promoted once."""
    folder = tmp_path_factory.mktemp("strays")
    lay_down(folder / "in")
    storage = LocalStorage(folder / "lake")
    landed = land_files(storage, folder / "in")
    request = Request(("jhu_daily_reports", "nytimes_us_county"), zones=frozenset({Zone.TRUSTED}))
    return storage, run_lake(lambda: engine, storage, request, landed=landed)


def test_landing_names_each_file_of_no_table_and_the_reason(tmp_path: Path) -> None:
    lay_down(tmp_path / "in")
    result = call("land", "covid19", "--from", tmp_path / "in", "--lake", tmp_path / "lake")
    assert result.exit_code == 0
    assert "7 files copied" in result.output
    assert "6 files belong to no table: " in result.output
    assert all(name in result.output for name in OF_NO_TABLE)
    assert "jhu-daily-reports/reports.zip (of packed files only .csv.gz is read; unpack it)" in result.output


def test_a_plan_names_those_that_lie_in_the_landing_zone(tmp_path: Path) -> None:
    lay_down(tmp_path / "lake" / paths.landing("covid19"))
    result = call("plan", "covid19", "--lake", tmp_path / "lake")
    assert "6 files belong to no table: " in result.output
    assert all(f"landing/covid19/{name}" in result.output for name in OF_NO_TABLE)


def test_the_runs_report_names_them_and_keeps_them(lake: tuple[LocalStorage, RunReport]) -> None:
    storage, report = lake
    assert set(report.files_of_no_table) == set(OF_NO_TABLE)
    assert report.succeeded
    assert from_json(read_report(storage)).files_of_no_table == report.files_of_no_table
    assert "6 files belong to no table: " in call("report", "--lake", storage.root).output


def test_packed_reports_and_those_in_folders_of_dates_are_read(lake: tuple[LocalStorage, RunReport]) -> None:
    storage, report = lake
    assert set(report_of(report, "trusted.jhu_daily_reports").read) == set(READ)
    rows = Lake(storage.root).sql(
        "SELECT source_file, confirmed, report_date FROM covid19_trusted.jhu_daily_reports ORDER BY confirmed"
    )
    assert [row["source_file"] for row in rows.arrow.to_pylist()] == list(READ)
    assert [row["report_date"].day for row in rows.arrow.to_pylist()] == [1, 2, 3, 5]


def test_a_landing_view_shows_the_files_that_the_run_has_read(lake: tuple[LocalStorage, RunReport]) -> None:
    storage, report = lake
    for table in ("jhu_daily_reports", "nytimes_us_county"):
        shown = Lake(storage.root).sql(f"SELECT * FROM covid19_landing.{table}").arrow
        assert {row["source_file"] for row in shown.to_pylist()} == set(report_of(report, f"trusted.{table}").read)
        assert "month" not in shown.column_names


def test_of_two_layouts_and_two_forms_one_is_read_and_the_other_layout_is_told(
    lake: tuple[LocalStorage, RunReport],
) -> None:
    storage, report = lake
    counties = report_of(report, "trusted.nytimes_us_county")
    assert counties.read == {f"{NEWER}/csv/us-counties/us-counties.csv": 1}
    assert Lake(storage.root).sql(
        "SELECT sum(cases) AS n FROM covid19_trusted.nytimes_us_county"
    ).arrow.to_pylist() == [{"n": 5}]
    told = f"files in two folders, {NEWER}/csv/us-counties and {OLDER}/csv/us_county: only the first is read"
    assert any(notice.endswith(told) for notice in report.notices)


def test_a_key_with_two_slashes_is_named(emulator: str, tmp_path: Path) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="two-slashes")
    keys = ("jhu-daily-reports//03-02-2020.csv", "/jhu-daily-reports/03-03-2020.csv", "other//x.csv")
    for key in ("jhu-daily-reports/03-01-2020.csv", *keys):
        client.put_object(Bucket="two-slashes", Key=f"public/{key}", Body=report_on("03-01", 1))
    result = land(COVID19, [open_storage("s3://two-slashes/public")], LocalStorage(tmp_path), "r1")
    assert result.copied == ("jhu-daily-reports/03-01-2020.csv",)
    assert {stray.path for stray in result.strays.of_no_table} == set(keys)
    assert all("empty folder name" in stray.reason for stray in result.strays.of_no_table)


def test_what_lies_beside_is_counted_up_to_a_limit(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("covid_lake.landing.arrivals.STRAYS_AT_MOST", 3)
    storage.write("jhu-daily-reports/03-01-2020.csv", report_on("03-01", 1))
    for number in range(5):
        storage.write(f"videos/{number}.mp4", b"")
    strays = land(COVID19, [storage], LocalStorage(tmp_path / "to"), "r1").strays
    assert [stray.path for stray in strays.of_no_table] == ["videos/0.mp4", "videos/1.mp4", "videos/2.mp4"]
    assert strays.is_cut


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("jhu-daily-reports/03-01-2020.csv", "jhu-daily-reports"),
        ("jhu-daily-reports/2020/03-01-2020.csv", "jhu-daily-reports/2020"),
        ("enigma-jhu/csv/Enigma-JHU.csv", "enigma-jhu"),
        ("enigma-jhu/csv/Enigma-JHU.csv", "enigma-jhu/csv"),
    ],
)
def test_a_tables_own_folder_can_be_named(file: str, named: str, tmp_path: Path) -> None:
    source = LocalStorage(tmp_path / "in")
    source.write(file, report_on("03-01", 1))
    result = land_files(LocalStorage(tmp_path / "lake"), tmp_path / "in" / named)
    assert (result.copied, result.refused) == ((file,), ())
    assert land_files(LocalStorage(tmp_path / "lake"), tmp_path / "in" / named).unchanged == 1


@pytest.mark.parametrize(
    ("files", "named", "words"),
    [
        ((), "in", "there is no such folder"),
        (("in/empty/",), "in/empty", "the folder is empty"),
        (("in/03-01-2020.csv",), "in/03-01-2020.csv", "is a file; name the folder that it lies in"),
        (("in/lake/enigma-jhu/csv/x.csv",), "in", "did you mean {root}/in/lake?"),
        (("in/03-01-2020.csv",), "in", "03-01-2020.csv seems to be of jhu_daily_reports, whose files lie in a folder"),
    ],
)
def test_a_source_without_files_is_told_for_what_it_is(
    files: tuple[str, ...], named: str, words: str, tmp_path: Path
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).mkdir() if file.endswith("/") else (tmp_path / file).write_bytes(report_on("03-01", 1))
    result = call("land", "covid19", "--from", tmp_path / named, "--lake", tmp_path / "lake")
    assert result.exit_code == 2
    assert words.format(root=tmp_path) in result.output


def test_yesterdays_file_under_todays_name_is_warned_of(tmp_path: Path) -> None:
    for name in ("03-01-2020.csv", "03-02-2020.csv", "03-02-2020 copy.csv"):
        (tmp_path / "in/jhu-daily-reports").mkdir(parents=True, exist_ok=True)
        (tmp_path / "in/jhu-daily-reports" / name).write_bytes(report_on("03-01", 1 if "copy" not in name else 2))
    (tmp_path / "in/jhu-daily-reports/03-03-2020.csv.gz").write_bytes(gzip.compress(report_on("03-01", 2)))
    landed = call("land", "covid19", "--from", tmp_path / "in", "--lake", tmp_path / "lake")
    planned = call("plan", "covid19", "--lake", tmp_path / "lake")
    for output in (landed.output, planned.output):
        assert (
            "03-02-2020.csv has the same content as jhu-daily-reports/03-01-2020.csv, a file of another day" in output
        )
        assert "03-03-2020.csv.gz has the same content as jhu-daily-reports/03-02-2020 copy.csv" in output
        assert output.count("a file of another day") == 2
    assert landed.exit_code == 0
