"""The job that lands files: a workflow's first step, which starts no engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from covid_lake.errors import LakeError, SettingsError
from covid_lake.runtime.jobs import run_job
from covid_lake.store.reports import RunReport, from_json, read_report
from covid_lake.store.storage import LocalStorage

STATES = "static-datasets/csv/state-abv/states_abv.csv"
ON_GLUE = ("--JOB_RUN_ID", "jr_ff24", "--job-language", "python")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source" / STATES
    file.parent.mkdir(parents=True)
    file.write_text("State,Abbreviation\nTexas,TX\nUtah,UT\n")
    return tmp_path / "source"


def land(source: Path, lake: Path, *more: str) -> RunReport:
    places = ("--dataset", "covid19", "--lake_root", str(lake), "--sources", str(source))
    return run_job("source_to_landing", [*places, *more])


def test_files_are_copied_once(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = tmp_path / "lake"
    first = land(source, lake)
    assert (first.landed_files, first.engine, first.succeeded) == (1, "none", True)
    assert (lake / "landing" / "covid19" / STATES).read_bytes() == (source / STATES).read_bytes()
    assert f"run {first.run_id}: 1 files copied (0.0 MB), 0 unchanged, 0 refused" in capsys.readouterr().out
    assert land(source, lake).landed_files == 0
    kept = from_json(read_report(LocalStorage(lake), first.run_id))
    assert (kept.landed_files, kept.run_id, kept.tables) == (1, first.run_id, ())


def test_a_damaged_file_fails_the_job_and_is_in_its_report(source: Path, tmp_path: Path) -> None:
    (source / STATES).write_bytes(b"State,Abbreviation\n\xff\xfe\n")
    with pytest.raises(LakeError, match=r"did not land everything: .*states_abv.csv is refused"):
        land(source, tmp_path / "lake")
    report = from_json(read_report(LocalStorage(tmp_path / "lake")))
    assert (list(report.refused_files), report.succeeded) == ([STATES], False)


def test_a_source_without_files_fails_the_job_and_leaves_a_report(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError) as fault:
        land(tmp_path / "empty", tmp_path / "lake")
    assert from_json(read_report(LocalStorage(tmp_path / "lake"))).error == str(fault.value)


def test_a_dataset_without_public_files_needs_a_source(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name at least one place to land files of stedi from"):
        run_job("source_to_landing", ["--dataset", "stedi", "--lake_root", str(tmp_path / "lake")])
    assert not (tmp_path / "lake").exists()


def test_on_glue_every_line_is_json_and_one_has_the_figures(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = land(source, tmp_path / "lake", *ON_GLUE, "--dpus", "2")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (figures,) = (line for line in lines if "_aws" in line)
    assert (figures["job"], figures["dataset"]) == ("source_to_landing", "covid19")
    assert (figures["JobsSucceeded"], figures["LandedFiles"], figures["RefusedFiles"]) == (1, 1, 0)
    assert report.cost is not None
    assert figures["Dollars"] == report.cost.dollars == round(120 / 3600 * 0.44, 4)
    said = [line for line in lines if "event" in line]
    assert {(line["job"], line["dataset"], line["level"]) for line in said} == {
        ("source_to_landing", "covid19", "INFO")
    }
    assert [line["event"] for line in said] == ["progress", "run", "cost"]


def test_a_job_that_fails_says_so_in_its_figures(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (source / STATES).write_bytes(b"State,Abbreviation\n\xff\xfe\n")
    with pytest.raises(LakeError):
        land(source, tmp_path / "lake", *ON_GLUE)
    (figures,) = (line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line)
    assert (figures["JobsSucceeded"], figures["RefusedFiles"]) == (0, 1)
