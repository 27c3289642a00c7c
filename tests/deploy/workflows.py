"""Workflows for tests: those of the datasets as they are deployed, and one with branches."""

from __future__ import annotations

from covid_lake.datasets import registry
from covid_lake.deploy.glue_workflow import Deployment
from covid_lake.deploy.workflow import Capacity, Choices, Job, Stage, Workflow, workflow_of

ROLES = {stage: f"arn:aws:iam::123456789012:role/covid-lake-{stage.replace('_', '-')}" for stage in Stage}
DEPLOYMENT = Deployment(
    scripts="s3://lake/_deploy/1f9c/glue_jobs",
    roles=ROLES,
    wheels=("s3://lake/_deploy/1f9c/covid_lake-0.1.0-py3-none-any.whl",),
    connection="covid_lake_warehouse",
)


def deployed(dataset: str = "covid19") -> Workflow:
    """A dataset's workflow, with a warehouse behind a Glue connection."""
    choices = Choices("s3://lake", warehouse={"connection_name": "covid_lake_warehouse"})
    return workflow_of(registry.dataset(dataset), choices)


def branched() -> Workflow:
    """Two first jobs, one that needs both, and two last ones."""
    needs = {"a": (), "b": (), "c": ("a", "b"), "d": ("c",), "e": ("b",)}
    jobs = [
        Job(f"covid_lake_{name}", Stage.TRUST, {"dataset": "x"}, Capacity("G.1X", 2), 5, tuple(map(_full, names)))
        for name, names in needs.items()
    ]
    return Workflow("covid_lake_x", "x", tuple(jobs))


def _full(name: str) -> str:
    return f"covid_lake_{name}"
