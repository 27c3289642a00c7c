"""What Glue is asked for: every request has the API's own shape, and says what the workflow says."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from covid_lake.datasets import registry
from covid_lake.deploy.alarms import missing_run_alarms
from covid_lake.deploy.glue_workflow import (
    AIRFLOW,
    Deployment,
    job_request,
    requests_of,
    trigger_requests,
    workflow_request,
)
from covid_lake.deploy.workflow import Stage
from covid_lake.errors import SettingsError
from covid_lake.runtime.settings import GLUE_ARGUMENTS, JobSettings
from deploy.workflows import DEPLOYMENT, ROLES, branched, deployed

SCRIPTS = Path(__file__).resolve().parents[2] / "glue_jobs"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"


@cache
def shape(service: str, operation: str) -> Any:
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


def faults(service: str, operation: str, request: dict[str, Any]) -> str:
    """What the API's model says against a request; empty where nothing is."""
    report = ParamValidator().validate(request, shape(service, operation))
    return str(report.generate_report())


@pytest.mark.parametrize("dataset", registry.dataset_names())
def test_every_request_has_the_shape_that_the_api_documents(dataset: str) -> None:
    requests = requests_of(deployed(dataset), DEPLOYMENT)
    operations = [operation for operation, _ in requests]
    jobs = len(deployed(dataset).jobs)
    assert operations == ["CreateJob"] * jobs + ["CreateWorkflow"] + ["CreateTrigger"] * jobs
    assert [faults("glue", operation, request) for operation, request in requests] == [""] * len(requests)


def test_an_alarm_has_the_shape_that_the_api_documents() -> None:
    (alarm,) = missing_run_alarms(deployed(), TOPIC)
    assert faults("cloudwatch", "PutMetricAlarm", alarm) == ""
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= 604_800  # seven days, CloudWatch's limit


@pytest.mark.parametrize("job", deployed().jobs, ids=lambda job: str(job.stage))
def test_a_job_has_its_script_and_arguments_that_the_script_takes(job: Any) -> None:
    request = job_request(job, DEPLOYMENT)
    script = request["Command"]["ScriptLocation"]
    assert script == f"s3://lake/_deploy/1f9c/glue_jobs/{job.stage}.py"
    assert (SCRIPTS / script.rpartition("/")[2]).is_file()
    defaults = request["DefaultArguments"]
    settings = JobSettings.from_arguments([part for pair in defaults.items() for part in pair])
    assert settings.dataset == "covid19"
    own = [name.removeprefix("--") for name in defaults if "-" not in name.removeprefix("--")]
    assert GLUE_ARGUMENTS.isdisjoint(own)


def test_only_the_load_goes_through_the_warehouses_network() -> None:
    with_connection = [job.stage for job in deployed().jobs if "Connections" in job_request(job, DEPLOYMENT)]
    assert with_connection == [Stage.LOAD]


def test_bookmarks_are_off_and_a_job_runs_once_at_a_time() -> None:
    for job in deployed().jobs:
        request = job_request(job, DEPLOYMENT)
        assert request["DefaultArguments"]["--job-bookmark-option"] == "job-bookmark-disable"
        assert request["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    assert workflow_request(deployed(), DEPLOYMENT)["MaxConcurrentRuns"] == 1


def test_what_is_installed_comes_from_s3_alone() -> None:
    defaults = job_request(deployed().jobs[0], DEPLOYMENT)["DefaultArguments"]
    assert defaults["--additional-python-modules"] == ",".join(DEPLOYMENT.wheels)
    assert defaults["--python-modules-installer-option"] == "--no-index --no-deps"


def test_conditions_wait_for_success_and_are_active_from_the_start() -> None:
    start, *following = trigger_requests(branched(), DEPLOYMENT)
    assert (start["Type"], [action["JobName"] for action in start["Actions"]]) == (
        "ON_DEMAND",
        ["covid_lake_a", "covid_lake_b"],
    )
    assert {trigger["StartOnCreation"] for trigger in following} == {True}
    conditions = [condition for trigger in following for condition in trigger["Predicate"]["Conditions"]]
    assert {condition["State"] for condition in conditions} == {"SUCCEEDED"}
    assert {trigger["Predicate"]["Logical"] for trigger in following} == {"AND"}


def test_a_schedule_starts_the_workflow() -> None:
    start = trigger_requests(deployed(), DEPLOYMENT)[0]
    assert (start["Type"], start["Schedule"], start["StartOnCreation"]) == ("SCHEDULED", "cron(15 4 * * ? *)", True)


def test_airflow_starts_jobs_and_failed_ones_again_by_itself() -> None:
    requests = requests_of(deployed(), replace(DEPLOYMENT, orchestrator=AIRFLOW))
    assert {operation for operation, _ in requests} == {"CreateJob"}
    assert {request["MaxRetries"] for _, request in requests} == {0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"glue_version": "4.0"}, "Glue 4.0 is not supported; choose 5.1 or 6.0"),
        ({"orchestrator": "cron"}, "the orchestrator is glue or airflow"),
    ],
)
def test_a_deployment_that_cannot_work_is_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        replace(DEPLOYMENT, **changes)  # type: ignore[arg-type]


def test_a_job_without_a_role_is_refused() -> None:
    without = Deployment(scripts="s3://lake", roles={key: role for key, role in ROLES.items() if key is not Stage.LOAD})
    with pytest.raises(SettingsError, match="no role is named for curated_to_redshift"):
        requests_of(deployed(), without)
