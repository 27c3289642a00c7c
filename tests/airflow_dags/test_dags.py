"""A real Airflow loads the rendered DAG and runs it against the Glue of the emulator, which has the deployed jobs.

The emulator runs no job: a run of one has succeeded at once. What is shown is that Airflow starts the deployed jobs, in
the workflow's order, and waits for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from airflow_dags.conftest import Airflow
from covid_lake.deploy.airflow_dag import render
from covid_lake.deploy.glue_workflow import AIRFLOW, requests_of
from covid_lake.deploy.workflow import Workflow
from deploy.workflows import DEPLOYMENT, deployed


@pytest.fixture
def glue(emulator: str) -> Any:
    return boto3.client("glue")


@pytest.fixture
def workflow(glue: Any) -> Iterator[Workflow]:
    """The workflow, whose jobs are deployed to the emulator; a failed task is not tried again."""
    planned = deployed()
    planned = replace(planned, jobs=tuple(replace(job, retries=0) for job in planned.jobs))
    for operation, request in requests_of(planned, replace(DEPLOYMENT, orchestrator=AIRFLOW)):
        assert operation == "CreateJob"
        glue.create_job(**request)
    yield planned
    for job in planned.jobs:
        glue.delete_job(JobName=job.name)


def runs_of(glue: Any, job: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = glue.get_job_runs(JobName=job)["JobRuns"]
    return runs


def test_the_deployed_jobs_are_started_in_the_workflows_order(glue: Any, workflow: Workflow, airflow: Airflow) -> None:
    (airflow.dags / "lake.py").write_text(render(workflow), encoding="utf-8")
    done = airflow.run("dags", "test", workflow.name, "2026-11-27")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    runs = [runs_of(glue, job.name) for job in workflow.jobs]
    assert [[run["JobRunState"] for run in of_job] for of_job in runs] == [["SUCCEEDED"]] * len(workflow.jobs)
    started = [run["StartedOn"] for (run,) in runs]
    assert started == sorted(started)


def test_nothing_follows_a_job_that_can_not_be_started(glue: Any, workflow: Workflow, airflow: Airflow) -> None:
    (airflow.dags / "lake.py").write_text(render(workflow), encoding="utf-8")
    glue.delete_job(JobName=workflow.jobs[1].name)
    airflow.run("dags", "test", workflow.name, "2026-11-28")
    runs = [len(runs_of(glue, job.name)) for job in workflow.jobs if job is not workflow.jobs[1]]
    assert runs == [1, 0, 0]


def test_no_dag_fails_to_load(workflow: Workflow, airflow: Airflow) -> None:
    (airflow.dags / "lake.py").write_text(render(workflow), encoding="utf-8")
    listed = airflow.run("dags", "list-import-errors")
    assert "No data found" in listed.stdout, listed.stdout + listed.stderr
