"""The requests are taken by the emulator's Glue and CloudWatch, and what these tell of them is still the workflow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import xform_name

from covid_lake.deploy.alarms import missing_run_alarms
from covid_lake.deploy.glue_workflow import requests_of
from covid_lake.deploy.triggers import JobState, play
from covid_lake.deploy.workflow import Workflow
from deploy.workflows import DEPLOYMENT, deployed

TOPIC = "arn:aws:sns:us-east-1:000000000000:alarms"


@pytest.fixture
def glue(emulator: str) -> Any:
    return boto3.client("glue")


@pytest.fixture
def workflow(glue: Any) -> Iterator[Workflow]:
    """The workflow of covid19, deployed."""
    planned = deployed()
    for operation, request in requests_of(planned, DEPLOYMENT):
        getattr(glue, xform_name(operation))(**request)
    yield planned
    for trigger in triggers_of(glue, planned):
        glue.delete_trigger(Name=trigger["Name"])
    for job in planned.jobs:
        glue.delete_job(JobName=job.name)
    glue.delete_workflow(Name=planned.name)


def triggers_of(glue: Any, workflow: Workflow) -> list[dict[str, Any]]:
    pages = glue.get_paginator("get_triggers").paginate()
    return [one for page in pages for one in page["Triggers"] if one.get("WorkflowName") == workflow.name]


def test_a_job_is_kept_as_it_was_asked_for(glue: Any, workflow: Workflow) -> None:
    requests = [request for operation, request in requests_of(workflow, DEPLOYMENT) if operation == "CreateJob"]
    for request in requests:
        found = glue.get_job(JobName=request["Name"])["Job"]
        # Tags are told by another operation, and of the concurrency the emulator tells nothing.
        asked = {name: value for name, value in request.items() if name not in ("Tags", "ExecutionProperty")}
        assert {name: found.get(name) for name in asked} == asked


def test_the_triggers_that_glue_tells_of_start_the_jobs_in_order(glue: Any, workflow: Workflow) -> None:
    told = triggers_of(glue, workflow)
    names = [job.name for job in workflow.jobs]
    assert list(play(told, lambda _: JobState.SUCCEEDED).started) == names
    second = names[1]
    assert list(play(told, lambda job: JobState.TIMEOUT if job == second else JobState.SUCCEEDED).started) == names[:2]


def test_an_alarm_waits_for_the_last_job(workflow: Workflow) -> None:
    cloudwatch = boto3.client("cloudwatch")
    (request,) = missing_run_alarms(workflow, TOPIC)
    cloudwatch.put_metric_alarm(**request)
    (found,) = cloudwatch.describe_alarms(AlarmNames=[request["AlarmName"]])["MetricAlarms"]
    assert (found["TreatMissingData"], found["AlarmActions"]) == ("breaching", [TOPIC])
    assert found["Dimensions"] == request["Dimensions"]
    cloudwatch.delete_alarms(AlarmNames=[request["AlarmName"]])
