"""A job or a command that is pointed at a place without a lake says so, and makes nothing there."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from covid_lake.cli.group import EXIT_FAULT
from covid_lake.cli.main import main
from covid_lake.datasets import registry
from covid_lake.errors import MissingInput
from covid_lake.pipeline.run import Request, make_plan
from covid_lake.reading.lake import Lake
from covid_lake.runtime.jobs import run_job
from covid_lake.store.storage import LocalStorage, open_storage
from lake_runs import no_engine, run_lake
from small_lake import publish_rows

SCRIPTS = Path(__file__).resolve().parents[2] / "glue_jobs"
WITHOUT_FILES = "has no landing files and no tables of covid19"
# Nobody listens there: a job that went on to the warehouse would fail otherwise.
NOWHERE = "postgresql://nobody:x@127.0.0.1:1/none"
JOBS = {
    "landing_to_trusted": WITHOUT_FILES,
    "trusted_to_curated": "has no trusted tables of covid19",
    "curated_to_redshift": "has no curated tables of covid19",
}
READING = [
    ["tables"],
    ["report"],
    ["tour", "covid19"],
    ["query", "SELECT 1"],
    ["query", "SHOW TABLES"],
    ["query", "SHOW DATABASES"],
    ["query", "DESCRIBE covid19_curated.fact_cases"],
    ["versions", "fact_cases"],
    ["restore", "fact_cases", "v1"],
    ["trace", "fact_cases", "region_id=country:US"],
    ["vacuum", "covid19"],
    ["quarantine", "list"],
    ["quarantine", "list", "covid19", "--format", "json"],
    ["quarantine", "show", "jhu_daily_reports"],
    ["quarantine", "retry", "covid19"],
    ["plan", "covid19"],
    ["run", "covid19"],
    ["run", "covid19", "--warehouse", NOWHERE],
]


def call(*arguments: Any) -> Result:
    return CliRunner(env={"COLUMNS": "400"}).invoke(main, list(map(str, arguments)), catch_exceptions=False)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_ends_with_a_sentence_and_makes_nothing(
    job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = tmp_path / "nolake"
    arguments = ["--dataset", "covid19", "--lake_root", str(lake), "--warehouse", NOWHERE]
    monkeypatch.setattr(sys, "argv", [f"{job}.py", *arguments])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPTS / f"{job}.py"), run_name="__main__")

    # Python prints a text that it is to exit with, and exits with 1.
    assert str(ended.value.code).startswith(f"error: {lake} {JOBS[job]}")
    assert not lake.exists()


def test_a_job_ends_with_a_sentence_where_an_argument_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["landing_to_trusted.py", "--dataset", "covid19"])

    with pytest.raises(SystemExit, match="error: the argument --lake_root is missing"):
        runpy.run_path(str(SCRIPTS / "landing_to_trusted.py"), run_name="__main__")


def test_a_later_job_needs_what_the_one_before_it_makes(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("landing/covid19/static-datasets/csv/state-abv/states_abv.csv", b"State,Abbreviation\nTexas,TX\n")
    with pytest.raises(MissingInput, match=r"no trusted tables of covid19; build them first \(the job landing_to_trus"):
        run_job("trusted_to_curated", ["--dataset", "covid19", "--lake_root", str(tmp_path)])

    publish_rows(storage, "v1", {"covid19_trusted.state_abv": [{"abbreviation": "TX"}]})
    with pytest.raises(MissingInput, match=r"no curated tables of covid19; build them first \(the job trusted_to_cur"):
        run_job("curated_to_redshift", ["--dataset", "covid19", "--lake_root", str(tmp_path), "--warehouse", NOWHERE])
    assert not list(tmp_path.glob("_runs/*"))


def test_a_run_and_a_plan_in_python_are_refused_too(storage: Any) -> None:
    with pytest.raises(MissingInput, match=WITHOUT_FILES):
        run_lake(no_engine, storage)
    with pytest.raises(MissingInput, match=WITHOUT_FILES):
        make_plan(registry.flow("covid19"), storage, Request())
    assert storage.top_names() is None


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_every_command_says_that_no_lake_is_there(command: list[str], tmp_path: Path) -> None:
    lake = tmp_path / "lkae"
    result = call(*command, "--lake", lake)

    assert result.exit_code == EXIT_FAULT
    assert f"there is no lake at {lake}" in result.output or f"{lake} {WITHOUT_FILES}" in result.output
    assert not lake.exists()


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_folder_of_other_things_is_no_lake(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    result = call(*command, "--lake", tmp_path)

    assert result.exit_code == EXIT_FAULT
    assert f"{tmp_path} is no lake" in result.output or f"{tmp_path} {WITHOUT_FILES}" in result.output
    assert [entry.name for entry in tmp_path.iterdir()] == ["letters"]


def test_a_lake_in_python_is_there_or_is_told_not_to_be(storage: Any) -> None:
    with pytest.raises(MissingInput, match="there is no lake at"):
        Lake(storage.root)

    storage.write("landing/covid19/readme.txt", b"soon")
    assert {entry.version for entry in Lake(storage.root).tables()} == {None}


def test_a_lake_without_tables_is_listed_without_rows(tmp_path: Path) -> None:
    result = call("tables", "--lake", tmp_path)

    assert result.exit_code == 0
    assert "covid19_curated.fact_cases" in result.output
    assert json.loads(call("quarantine", "list", "--format", "json", "--lake", tmp_path).output) == {
        "records": [],
        "files": [],
    }


def test_what_lies_at_the_top_of_a_place_is_told_alike_by_both_kinds(storage: Any) -> None:
    assert storage.top_names() is None

    storage.write("trusted/a/b", b"")
    storage.write("letter", b"")

    assert storage.top_names() == {"trusted", "letter"}
    assert open_storage(f"{storage.root}/trusted").top_names() == {"a"}
