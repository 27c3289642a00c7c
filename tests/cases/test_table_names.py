"""A table goes by one set of names wherever one is named, and a wrong name is answered with what was probably meant."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from covid_lake.cli.group import EXIT_FAULT, EXIT_USAGE
from covid_lake.cli.main import main
from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.errors import SettingsError, UnknownTable
from covid_lake.pipeline.plan import wanted_tables
from covid_lake.provenance.refusals import find_quarantine
from covid_lake.reading.lake import Lake
from covid_lake.reading.query import read_question
from covid_lake.store.storage import LocalStorage
from small_lake import publish_rows

JHU = "covid19_trusted.jhu_daily_reports"
SPELLINGS = [
    JHU,
    JHU.upper(),
    "trusted.jhu_daily_reports",
    "covid19.jhu_daily_reports",
    "jhu_daily_reports",
    " Jhu_Daily_Reports ",
    '"covid19_trusted"."jhu_daily_reports"',
    "`covid19_trusted`.`jhu_daily_reports`",
    "AwsDataCatalog.covid19_trusted.jhu_daily_reports",
]
REFUSED = {"run_id": "v1", "table_name": "state_abv", "source_file": "a.csv", "line": 2, "reasons": ["r: x"]}


def call(*arguments: Any) -> Result:
    return CliRunner(env={"COLUMNS": "400"}).invoke(main, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    storage = LocalStorage(tmp_path_factory.mktemp("lake"))
    for version in ("v1", "v2"):
        publish_rows(
            storage,
            version,
            {"covid19_trusted.state_abv": [{"abbreviation": "TX", "source_file": "a.csv"}]},
            {"covid19_trusted.state_abv": [REFUSED]},
        )
    return storage.root


@pytest.mark.parametrize("name", SPELLINGS)
def test_all_spellings_are_one_table(name: str) -> None:
    assert str(registry.table_called(name)) == JHU
    assert str(find_quarantine(name)) == "covid19_quarantine.jhu_daily_reports"


def test_another_zone_is_named() -> None:
    assert registry.table_called("landing.jhu_daily_reports").zone is Zone.LANDING
    assert registry.table_called("covid19_quarantine.hospital_beds").zone is Zone.QUARANTINE
    assert str(find_quarantine("quarantine.jhu_daily_reports")) == "covid19_quarantine.jhu_daily_reports"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("fact_case", "covid19_curated.fact_cases"),
        ("covid19_curated.fact_case", "covid19_curated.fact_cases"),
        ("FACTCASES", "covid19_curated.fact_cases"),
        ("curated.jhu_daily_reports", "covid19_trusted.jhu_daily_reports"),
        ("covid91_trusted.jhu_daily_reports", "covid19_trusted.jhu_daily_reports"),
        ("trusted.jhu_dayly_reports", "covid19_trusted.jhu_daily_reports"),
        ("a.b.c.fact_cases", "covid19_curated.fact_cases"),
    ],
)
def test_a_wrong_name_is_answered_with_what_was_probably_meant(name: str, meant: str) -> None:
    with pytest.raises(UnknownTable, match=f"no table is called {name}; did you mean {meant}"):
        registry.table_called(name)


def test_a_name_like_no_other_is_sent_to_the_list() -> None:
    with pytest.raises(UnknownTable, match="list the tables with: covid-lake tables"):
        registry.table_called("xyzzy")


@pytest.mark.parametrize(
    "only",
    [
        ("state_abv", "hospital_beds"),
        ("state_abv,hospital_beds",),
        ("state_abv, hospital_beds",),
        (" STATE_ABV  hospital_beds ,",),
        ("covid19_trusted.state_abv,trusted.hospital_beds",),
    ],
)
def test_lists_have_commas_or_blanks(only: tuple[str, ...]) -> None:
    assert wanted_tables(registry.flow("covid19"), only) == {"trusted.state_abv", "trusted.hospital_beds"}


@pytest.mark.parametrize(
    ("only", "message"),
    [
        ("fact_case", "covid19 has no table fact_case; it has .*did you mean covid19_curated.fact_cases"),
        ("state_abv, curated.state_abv", "covid19 has no table curated.state_abv; .*did you mean covid19_trusted.sta"),
        ("landing.state_abv", "covid19 has no table landing.state_abv; .*did you mean covid19_trusted.state_abv"),
        (" , ", "no table is named; covid19 has bridge_region"),
    ],
)
def test_a_list_with_a_wrong_name_is_refused(only: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        wanted_tables(registry.flow("covid19"), (only,))


@pytest.mark.parametrize("name", ["covid19_trusted.state_abv", "TRUSTED.STATE_ABV", "state_abv"])
def test_every_command_takes_every_spelling(name: str, lake: str) -> None:
    commands = [
        ["versions", name, "--lake", lake],
        ["restore", name, "v1", "--lake", lake],
        ["restore", name, "v2", "--lake", lake],
        ["quarantine", "show", name, "--lake", lake],
        ["plan", "covid19", "--only", name, "--lake", lake],
        ["plan", "COVID19", "--only", f"{name}, hospital_beds", "--lake", lake],
        ["quarantine", "retry", "covid19", "--only", f"{name},", "--lake", LocalStorage(lake).root, "--help"],
        ["ddl", "covid19", "--table", name],
        ["ddl", "covid19", "--table", f"{name}, dim_date"],
    ]
    for command in commands:
        result = call(*command)
        assert result.exit_code == 0, (command, result.output)
    # There is a row, and no landing file that it could be traced to.
    traced = call("trace", name, "abbreviation=TX", "--lake", lake)
    assert "no table is called" not in traced.output
    assert "TX" in traced.output


@pytest.mark.parametrize("name", ["covid19_trusted.state_abv", "trusted.state_abv", "State_Abv"])
def test_python_takes_every_spelling(name: str, lake: str) -> None:
    opened = Lake(lake)

    assert opened.arrow(name).num_rows == 1
    assert opened.dataset(name).count_rows() == 1
    assert len(opened.relation(name).fetchall()) == 1
    assert len(opened.location(name).files) == 1
    assert opened.inputs(name) == {}
    assert opened.sql(f"DESCRIBE {name}").rows


@pytest.mark.parametrize(
    "command",
    [
        ["versions", "state_abw"],
        ["restore", "state_abw", "v1"],
        ["trace", "state_abw", "abbreviation=TX"],
        ["quarantine", "show", "state_abw"],
        ["query", "SELECT * FROM state_abw"],
        ["query", "SELECT * FROM trusted.state_abv"],
        ["query", "SELECT * FROM state_abv"],
        ["plan", "covid19", "--only", "state_abw"],
        ["run", "covid19", "--only", "state_abw"],
        ["quarantine", "retry", "covid19", "--only", "state_abw"],
    ],
    ids=" ".join,
)
def test_every_command_says_what_was_meant(command: list[str], lake: str) -> None:
    result = call(*command, "--lake", lake)

    assert result.exit_code in (EXIT_FAULT, EXIT_USAGE)
    assert "did you mean covid19_trusted.state_abv" in result.output


def test_a_database_that_is_not_there_is_told(lake: str) -> None:
    with pytest.raises(UnknownTable, match="no database is called covid19_currated; there is covid19_curated"):
        Lake(lake).sql("SHOW TABLES IN covid19_currated")
    assert Lake(lake).sql("SHOW TABLES IN covid19_curated").rows == []


def test_ddl_says_what_was_meant() -> None:
    result = call("ddl", "covid19", "--table", "fact_case")

    assert result.exit_code == EXIT_USAGE
    assert "did you mean covid19_curated.fact_cases" in result.output


def test_the_job_reads_lists_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Path(__file__).resolve().parents[2] / "glue_jobs" / "landing_to_trusted.py"
    arguments = ["--dataset", "covid19", "--lake_root", str(tmp_path), "--only", "Trusted.state_abv, hospital_bets"]
    monkeypatch.setattr(sys, "argv", ["job", *arguments])

    with pytest.raises(
        SystemExit, match=r"covid19 has no table hospital_bets; .*did you mean covid19_trusted.hospital_"
    ):
        runpy.run_path(str(script), run_name="__main__")


def test_the_warehouse_takes_its_own_names() -> None:
    for name in ("covid19.fact_cases", "covid19_curated.fact_cases", "COVID19.Fact_Cases"):
        question = read_question(f"SELECT count(*) AS n FROM {name}")
        assert question.for_warehouse().sql == "SELECT count(*) AS n FROM covid19.fact_cases"  # type: ignore[union-attr]
    with pytest.raises(UnknownTable, match=r"did you mean covid19_trusted.state_abv"):
        read_question("SELECT * FROM covid19.state_abv").for_warehouse()  # type: ignore[union-attr]
