"""How somebody hears that the lake was not refreshed, as requests to EventBridge and CloudWatch. Nothing is called.

Two ways, since one is not enough: Glue reports a job that failed, timed out or was stopped as an event; of a run in
state ERROR, and of a workflow that never started, its documentation promises none, and events are delivered by best
effort. So an alarm waits for the workflow's last jobs to have succeeded, and goes off when that does not come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from covid_lake.deploy.triggers import JobState, WorkflowRun
from covid_lake.deploy.workflow import PREFIX, Workflow
from covid_lake.runtime.metrics import NAMESPACE, SUCCEEDED

# What Glue reports as an event "Glue Job State Change".
REPORTED = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.TIMEOUT, JobState.STOPPED})
# The pattern of the rule in infra/lake.yaml. ERROR is in it for the day on which Glue reports it.
FAILURE_PATTERN: Mapping[str, Any] = {
    "source": ["aws.glue"],
    "detail-type": ["Glue Job State Change"],
    "detail": {
        "jobName": [{"prefix": f"{PREFIX}_"}],
        "state": [str(state) for state in JobState if state is not JobState.SUCCEEDED],
    },
}
# A nightly run that began later or took longer than the one before is no fault yet.
HOURS_WITHOUT_SUCCESS = 30


def missing_run_alarms(
    workflow: Workflow, topic: str, hours: int = HOURS_WITHOUT_SUCCESS
) -> tuple[dict[str, Any], ...]:
    """The requests PutMetricAlarm: for each of the workflow's last jobs an alarm that goes off when the job has not
    succeeded for so many hours. `topic` is the ARN of the SNS topic; at most 168 hours, as CloudWatch allows.
    """
    return tuple(
        {
            "AlarmName": f"{job.name}_is_missing",
            "AlarmDescription": f"{job.name} has not succeeded for {hours} hours, so {workflow.dataset} is getting old",
            "Namespace": NAMESPACE,
            "MetricName": SUCCEEDED,
            "Dimensions": [{"Name": "dataset", "Value": workflow.dataset}, {"Name": "job", "Value": str(job.stage)}],
            "Statistic": "Sum",
            "Period": 3600,
            "EvaluationPeriods": hours,
            "DatapointsToAlarm": hours,
            "Threshold": 1.0,
            "ComparisonOperator": "LessThanThreshold",
            "TreatMissingData": "breaching",
            "AlarmActions": [topic],
            "OKActions": [topic],
        }
        for job in workflow.last
    )


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether EventBridge's pattern fits an event: every field has one of the values, or a value that begins so."""
    for name, wanted in pattern.items():
        found = event.get(name)
        if isinstance(wanted, Mapping):
            if not isinstance(found, Mapping) or not matches(wanted, found):
                return False
        elif not any(_fits(one, found) for one in wanted):
            return False
    return True


def _fits(wanted: object, found: object) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(found, str) and found.startswith(wanted["prefix"])
    return wanted == found


def event_of(job: str, state: JobState) -> dict[str, Any]:
    """What Glue tells EventBridge when a run of the job has ended so."""
    return {
        "source": "aws.glue",
        "detail-type": "Glue Job State Change",
        "detail": {"jobName": job, "state": str(state), "severity": "INFO" if state is JobState.SUCCEEDED else "ERROR"},
    }


def noticed_by(workflow: Workflow, run: WorkflowRun) -> tuple[str, ...]:
    """What tells somebody of a run that went wrong: the names of the rule's jobs, and of the alarms that go off."""
    rule = [
        f"rule: {job} {state}"
        for job, state in run.states.items()
        if state in REPORTED and matches(FAILURE_PATTERN, event_of(job, state))
    ]
    missing = [job.name for job in workflow.last if run.states.get(job.name) is not JobState.SUCCEEDED]
    return (*rule, *(f"alarm: {name}_is_missing" for name in missing))
