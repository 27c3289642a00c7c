"""A workflow as requests to AWS Glue: CreateConnection, CreateJob, CreateWorkflow, CreateTrigger.

Nothing is called here.

What Glue does with triggers, which decides how they are written (developer guide, "AWS Glue triggers" and "Workflow
restrictions"):

- a job that another one's end should start does so only if that one was started by a trigger of the same workflow;
- a condition can wait for SUCCEEDED, FAILED, STOPPED and TIMEOUT. Nothing can wait for ERROR;
- a workflow has one trigger that starts it, by schedule or on demand;
- a conditional trigger that was not activated never fires.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from covid_lake.deploy.site import WarehouseAddress
from covid_lake.deploy.workflow import Job, Stage, Workflow
from covid_lake.errors import SettingsError

GLUE_VERSIONS = ("5.1", "6.0")
GLUE, AIRFLOW = "glue", "airflow"
# Neither a package index nor a dependency: what Glue lacks comes from the wheels in S3 alone, so that a job in a
# private network starts without internet.
INSTALLER_OPTIONS = "--no-index --no-deps"

Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where a workflow is deployed, and with which rights. Raises `SettingsError` for what can't work."""

    scripts: str
    """The folder in S3 with the scripts of `glue_jobs/`."""
    roles: Mapping[Stage, str]
    """The role of each stage's job: a name or an ARN."""
    glue_version: str = "6.0"
    """Which Spark and Python: 5.1 has 3.5.6 and 3.11, 6.0 has 4.1.1 and 3.13."""
    wheels: tuple[str, ...] = ()
    """The wheels in S3 that Glue installs: this library, and what Glue lacks of what it needs."""
    connection: str | None = None
    """The Glue connection through whose network the load reaches the warehouse."""
    security_configuration: str | None = None
    """Glue's security configuration, which encrypts logs; None for none."""
    orchestrator: str = GLUE
    """Who starts the jobs and starts failed ones again: `glue` or `airflow`."""
    dpu_hour_price: float | None = None
    """What a DPU costs for an hour, in dollars; None means the default of `runtime.costs`."""
    tags: Mapping[str, str] = field(default_factory=lambda: {"project": "covid_lake"})
    """Tags of everything that is created."""

    def __post_init__(self) -> None:
        if self.glue_version not in GLUE_VERSIONS:
            raise SettingsError(f"Glue {self.glue_version} is not supported; choose {' or '.join(GLUE_VERSIONS)}")
        if self.orchestrator not in (GLUE, AIRFLOW):
            raise SettingsError(f"the orchestrator is {GLUE} or {AIRFLOW}, not {self.orchestrator!r}")


def connection_request(name: str, warehouse: WarehouseAddress) -> Request:
    """The `ConnectionInput` of CreateConnection and of UpdateConnection."""
    request: Request = {
        "Name": name,
        "Description": "How the job curated_to_redshift reaches the warehouse",
        "ConnectionType": "JDBC",
        "ConnectionProperties": {
            "JDBC_CONNECTION_URL": warehouse.url,
            "JDBC_ENFORCE_SSL": str(warehouse.checks_certificate).lower(),
            "SECRET_ID": warehouse.secret,
        },
    }
    if warehouse.subnet:
        request["PhysicalConnectionRequirements"] = {
            "SubnetId": warehouse.subnet,
            "AvailabilityZone": warehouse.zone,
            "SecurityGroupIdList": list(warehouse.security_groups),
        }
    return request


def job_request(job: Job, deployment: Deployment) -> Request:
    """The request CreateJob. Without its `Name`, it is the `JobUpdate` of UpdateJob."""
    if job.stage not in deployment.roles:
        raise SettingsError(f"no role is named for {job.stage}")
    own = {f"--{name}": value for name, value in job.arguments.items()}
    price = {} if deployment.dpu_hour_price is None else {"--dpu_hour_price": f"{deployment.dpu_hour_price:g}"}
    wheels = (
        {
            "--additional-python-modules": ",".join(deployment.wheels),
            "--python-modules-installer-option": INSTALLER_OPTIONS,
        }
        if deployment.wheels
        else {}
    )
    request: Request = {
        "Name": job.name,
        "Description": f"{job.stage} of {job.arguments['dataset']}",
        "Role": deployment.roles[job.stage],
        "Command": {
            "Name": "glueetl",
            "PythonVersion": "3",
            "ScriptLocation": f"{deployment.scripts.rstrip('/')}/{job.stage}.py",
        },
        "GlueVersion": deployment.glue_version,
        "WorkerType": job.capacity.worker_type,
        "NumberOfWorkers": job.capacity.workers,
        "Timeout": job.timeout_minutes,
        # Airflow sees the first run fail, and would start its own second one beside Glue's.
        "MaxRetries": job.retries if deployment.orchestrator == GLUE else 0,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "DefaultArguments": {
            "--job-language": "python",
            "--job-bookmark-option": "job-bookmark-disable",
            "--enable-auto-scaling": "true",
            "--enable-continuous-cloudwatch-log": "true",
            "--enable-observability-metrics": "true",
            **wheels,
            **own,
            "--dpus": f"{job.capacity.dpus:g}",
            **price,
        },
        "Tags": dict(deployment.tags),
    }
    if job.stage is Stage.LOAD and deployment.connection:
        request["Connections"] = {"Connections": [deployment.connection]}
    if deployment.security_configuration:
        request["SecurityConfiguration"] = deployment.security_configuration
    return request


def workflow_request(workflow: Workflow, deployment: Deployment) -> Request:
    """The request CreateWorkflow. Of two runs at once one would find that the other has published before it."""
    return {
        "Name": workflow.name,
        "Description": f"Refreshes {workflow.dataset}",
        "MaxConcurrentRuns": 1,
        "Tags": dict(deployment.tags),
    }


def trigger_requests(workflow: Workflow, deployment: Deployment) -> tuple[Request, ...]:
    """The requests CreateTrigger: the one that starts the workflow first, then one for each group of jobs that need the
    same jobs.
    """
    start: Request = {
        "Name": f"{workflow.name}_start",
        "WorkflowName": workflow.name,
        "Type": "ON_DEMAND",
        "Actions": [{"JobName": job.name} for job in workflow.first],
        "Tags": dict(deployment.tags),
    }
    if workflow.schedule:
        start |= {"Type": "SCHEDULED", "Schedule": workflow.schedule.aws, "StartOnCreation": True}
    after: dict[tuple[str, ...], list[str]] = {}
    for job in workflow.jobs:
        if job.needs:
            after.setdefault(job.needs, []).append(job.name)
    conditional = [
        {
            "Name": f"{dependents[0]}_follows",
            "WorkflowName": workflow.name,
            "Type": "CONDITIONAL",
            "Predicate": {
                "Logical": "AND",
                "Conditions": [
                    {"LogicalOperator": "EQUALS", "JobName": needed, "State": "SUCCEEDED"} for needed in needs
                ],
            },
            "Actions": [{"JobName": dependent} for dependent in dependents],
            "StartOnCreation": True,
            "Tags": dict(deployment.tags),
        }
        for needs, dependents in after.items()
    ]
    return (start, *conditional)


def requests_of(workflow: Workflow, deployment: Deployment) -> tuple[tuple[str, Request], ...]:
    """Every request that deploys the workflow, with the name of its operation, in an order in which Glue takes them.

    Where Airflow starts the jobs, there are no triggers and no workflow.
    """
    jobs = [("CreateJob", job_request(job, deployment)) for job in workflow.jobs]
    if deployment.orchestrator == AIRFLOW:
        return tuple(jobs)
    triggers = [("CreateTrigger", request) for request in trigger_requests(workflow, deployment)]
    return (*jobs, ("CreateWorkflow", workflow_request(workflow, deployment)), *triggers)
