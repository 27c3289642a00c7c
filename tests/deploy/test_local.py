"""A workflow on this machine: real jobs in processes of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from covid_lake.cli.main import main
from covid_lake.datasets import registry
from covid_lake.deploy.local import run_job, run_workflow
from covid_lake.deploy.triggers import JobState
from covid_lake.deploy.workflow import Choices, Workflow, workflow_of
from covid_lake.store.storage import LocalStorage

STATES = "static-datasets/csv/state-abv/states_abv.csv"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source" / STATES
    file.parent.mkdir(parents=True)
    file.write_text("State,Abbreviation\nTexas,TX\nUtah,UT\n")
    return tmp_path / "source"


def workflow(source: Path, lake: Path) -> Workflow:
    return workflow_of(registry.dataset("covid19"), Choices(str(lake), (str(source),)))


def test_the_jobs_run_one_after_another(source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    planned = workflow(source, tmp_path / "lake")
    ended = run_workflow(planned, lambda job: print(f"-- {job.stage}", flush=True))
    printed = capfd.readouterr().out
    assert ended.run.states == {job.name: JobState.SUCCEEDED for job in planned.jobs}, printed
    assert [line for line in printed.splitlines() if line.startswith("-- ")] == [
        f"-- {job.stage}" for job in planned.jobs
    ]
    assert "trusted.state_abv: published, 2 read, 2 written" in printed
    assert len(LocalStorage(tmp_path / "lake").list_files("_runs")) == len(planned.jobs)


def test_nothing_follows_a_job_that_failed(source: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (source / STATES).write_bytes(b"State,Abbreviation\n\xff\xfe\n")
    planned = workflow(source, tmp_path / "lake")
    ended = run_workflow(planned, lambda _: None)
    assert (ended.run.states, ended.succeeded) == ({planned.jobs[0].name: JobState.FAILED}, False)
    assert "states_abv.csv is refused: the text is no UTF-8" in capfd.readouterr().err


def test_a_job_that_takes_too_long_is_ended(source: Path, tmp_path: Path) -> None:
    first = workflow(source, tmp_path / "lake").jobs[0]
    assert run_job(replace(first, timeout_minutes=0)) is JobState.TIMEOUT


def test_the_command_tells_what_became_of_each_job(source: Path, tmp_path: Path) -> None:
    (source / STATES).write_bytes(b"")
    arguments = ["workflow", "run", "covid19", "--from", str(source), "--lake", str(tmp_path / "lake")]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(main, arguments)
    assert result.exit_code == 1
    lines = [line.split(maxsplit=2) for line in result.output.splitlines()[-3:]]
    assert [line[:2] for line in lines] == [
        ["source_to_landing", "FAILED"],
        ["landing_to_trusted", "-"],
        ["trusted_to_curated", "-"],
    ]
    assert lines[1][2] == "not started: a job that it needs did not succeed"
