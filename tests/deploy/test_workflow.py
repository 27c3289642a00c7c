"""The workflow as data: what follows from a dataset and what a person chose, and what can't work."""

from __future__ import annotations

import pytest

from covid_lake.datasets import registry
from covid_lake.deploy.mermaid import render
from covid_lake.deploy.workflow import Capacity, Choices, Job, Stage, Workflow, workflow_of
from covid_lake.errors import SettingsError
from covid_lake.runtime.settings import JobSettings
from deploy.workflows import branched, deployed

SMALL = Capacity("G.1X", 2)


@pytest.mark.parametrize("dataset", registry.dataset_names())
def test_every_job_takes_the_arguments_that_it_is_given(dataset: str) -> None:
    choices = Choices("s3://lake", ("s3://one", "s3://two/x"), {"connection_name": "warehouse"}, "a secret")
    for job in workflow_of(registry.dataset(dataset), choices).jobs:
        given = [part for name, value in job.arguments.items() for part in (f"--{name}", value)]
        settings = JobSettings.from_arguments(given)
        assert (settings.dataset, settings.lake_root) == (dataset, "s3://lake")


def test_files_are_landed_promoted_built_into_the_star_and_loaded() -> None:
    jobs = deployed().jobs
    assert [job.stage for job in jobs] == [Stage.LAND, Stage.TRUST, Stage.CURATE, Stage.LOAD]
    assert [job.needs for job in jobs] == [(), *((job.name,) for job in jobs[:-1])]
    assert jobs[0].arguments["sources"] == "s3://covid19-lake"


def test_a_dataset_without_public_files_begins_with_its_landing_zone() -> None:
    stages = [job.stage for job in deployed("stedi").jobs]
    assert stages == [Stage.TRUST, Stage.CURATE, Stage.LOAD]


def test_without_a_warehouse_nothing_is_loaded() -> None:
    jobs = workflow_of(registry.dataset("covid19"), Choices("s3://lake")).jobs
    assert [job.stage for job in jobs][-1] is Stage.CURATE


def test_the_first_and_the_last_jobs_are_those_without_needs_and_without_dependents() -> None:
    workflow = branched()
    assert [job.name for job in workflow.first] == ["covid_lake_a", "covid_lake_b"]
    assert [job.name for job in workflow.last] == ["covid_lake_d", "covid_lake_e"]


def test_an_order_that_cannot_work_is_refused() -> None:
    one = Job("one", Stage.TRUST, {}, SMALL, 5, needs=("two",))
    two = Job("two", Stage.TRUST, {}, SMALL, 5)
    with pytest.raises(ValueError, match="one needs two, which is no job that stands before it"):
        Workflow("w", "x", (one, two))
    with pytest.raises(ValueError, match="two jobs are called two"):
        Workflow("w", "x", (two, two))
    with pytest.raises(ValueError, match="no job"):
        Workflow("w", "x", ())


def test_a_job_that_glue_would_not_take_is_refused() -> None:
    with pytest.raises(ValueError, match="--TempDir is Glue's own"):
        Job("one", Stage.TRUST, {"TempDir": "s3://x"}, SMALL, 5)
    with pytest.raises(ValueError, match="small letters"):
        Job("One job", Stage.TRUST, {}, SMALL, 5)
    with pytest.raises(SettingsError, match="2 workers at least"):
        Capacity("G.1X", 1)
    with pytest.raises(SettingsError, match="no worker type 'Standard'"):
        Capacity("Standard", 2)


def test_a_capacity_is_worth_its_workers() -> None:
    assert (Capacity("G.1X", 5).dpus, Capacity("G.2X", 3).dpus) == (5.0, 6.0)


def test_the_picture_has_every_job_and_an_arrow_for_every_need() -> None:
    picture = render(branched())
    arrows = [line.strip() for line in picture.splitlines() if "-->" in line]
    assert arrows == [
        "start --> covid_lake_a",
        "start --> covid_lake_b",
        "covid_lake_a -- SUCCEEDED --> covid_lake_c",
        "covid_lake_b -- SUCCEEDED --> covid_lake_c",
        "covid_lake_c -- SUCCEEDED --> covid_lake_d",
        "covid_lake_b -- SUCCEEDED --> covid_lake_e",
    ]
    assert "started by hand" in picture
    assert "up to 2 × G.1X, 5 min at most, no retry" in picture
