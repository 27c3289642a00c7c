"""Every way in which the jobs of a workflow can end: none starts after one that it needs and that did not succeed, and
somebody hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from covid_lake.datasets import registry
from covid_lake.deploy.alarms import FAILURE_PATTERN, event_of, matches, missing_run_alarms, noticed_by
from covid_lake.deploy.glue_workflow import trigger_requests
from covid_lake.deploy.triggers import HEARD, JobState, WorkflowRun, play, run_by_hand
from covid_lake.deploy.workflow import Workflow
from deploy.workflows import DEPLOYMENT, branched, deployed

WORKFLOWS = [*map(deployed, registry.dataset_names()), branched()]
EACH = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)


def ends(states: dict[str, JobState]) -> Callable[[str], JobState]:
    return lambda job: states[job]


def every_run(workflow: Workflow) -> Iterator[tuple[dict[str, JobState], WorkflowRun]]:
    """A run for each combination of how the jobs would end."""
    triggers = trigger_requests(workflow, DEPLOYMENT)
    names = [job.name for job in workflow.jobs]
    for states in product(JobState, repeat=len(names)):
        would_end = dict(zip(names, states, strict=True))
        yield would_end, play(triggers, ends(would_end))


@EACH
def test_no_job_starts_after_one_that_it_needs_and_that_did_not_succeed(workflow: Workflow) -> None:
    count = 0
    for would_end, run in every_run(workflow):
        for job in workflow.jobs:
            may_start = all(run.states.get(needed) is JobState.SUCCEEDED for needed in job.needs)
            assert (job.name in run.states) == may_start, (would_end, run.started)
        count += 1
    assert count == len(JobState) ** len(workflow.jobs)


@EACH
def test_whatever_fails_is_noticed_and_a_run_that_went_well_is_not(workflow: Workflow) -> None:
    for would_end, run in every_run(workflow):
        went_well = len(run.states) == len(workflow.jobs) and set(run.states.values()) == {JobState.SUCCEEDED}
        assert bool(noticed_by(workflow, run)) == (not went_well), would_end


@EACH
def test_of_every_failure_but_error_the_rule_tells_at_once(workflow: Workflow) -> None:
    for _, run in every_run(workflow):
        told = [name for name in noticed_by(workflow, run) if name.startswith("rule: ")]
        reported = [
            f"rule: {job} {state}"
            for job, state in run.states.items()
            if state not in (JobState.SUCCEEDED, JobState.ERROR)
        ]
        assert told == reported


def test_an_error_is_told_by_the_alarm_of_the_last_job_alone() -> None:
    workflow = deployed()
    states = {job.name: JobState.SUCCEEDED for job in workflow.jobs} | {workflow.jobs[1].name: JobState.ERROR}
    run = play(trigger_requests(workflow, DEPLOYMENT), ends(states))
    assert run.started == tuple(job.name for job in workflow.jobs[:2])
    assert noticed_by(workflow, run) == ("alarm: covid_lake_covid19_curated_to_redshift_is_missing",)
    assert missing_run_alarms(workflow, "topic")[0]["AlarmName"] == "covid_lake_covid19_curated_to_redshift_is_missing"


def test_a_run_is_completed_though_a_job_failed_and_only_the_statistics_say_so() -> None:
    workflow = deployed()
    states = {job.name: JobState.SUCCEEDED for job in workflow.jobs} | {workflow.jobs[0].name: JobState.FAILED}
    run = play(trigger_requests(workflow, DEPLOYMENT), ends(states))
    assert run.status == "COMPLETED"
    assert run.statistics == {"SUCCEEDED": 0, "FAILED": 1, "TIMEOUT": 0, "STOPPED": 0, "ERROR": 0}


def test_nothing_follows_a_job_that_was_started_by_hand() -> None:
    first = deployed().jobs[0].name
    assert run_by_hand(first, lambda _: JobState.SUCCEEDED).started == (first,)


def trigger(name: str, kind: str, job: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "WorkflowName": "w", "Type": kind, "Actions": [{"JobName": job}], **more}


def after(job: str, state: str) -> dict[str, Any]:
    return {"Conditions": [{"LogicalOperator": "EQUALS", "JobName": job, "State": state}]}


@pytest.mark.parametrize("state", list(JobState))
def test_a_condition_hears_every_end_but_error(state: JobState) -> None:
    """The model would let a job start after an ERROR if Glue did; it must not."""
    triggers = [
        trigger("start", "ON_DEMAND", "one"),
        trigger("then", "CONDITIONAL", "two", Predicate=after("one", str(state)), StartOnCreation=True),
    ]
    run = play(triggers, ends({"one": state, "two": JobState.SUCCEEDED}))
    assert ("two" in run.states) == (state in HEARD) == (state is not JobState.ERROR)


def test_a_trigger_that_was_not_activated_never_fires() -> None:
    then = trigger("then", "CONDITIONAL", "two", Predicate=after("one", "SUCCEEDED"))
    start = trigger("start", "SCHEDULED", "one")
    succeed = ends({"one": JobState.SUCCEEDED, "two": JobState.SUCCEEDED})
    assert play([start, then], succeed).started == ("one",)
    assert play([start, {**then, "State": "ACTIVATED"}], succeed).started == ("one", "two")


def test_any_of_several_conditions_is_enough_where_the_trigger_says_so_and_it_fires_once() -> None:
    conditions = after("one", "SUCCEEDED")["Conditions"] + after("two", "SUCCEEDED")["Conditions"]
    either = {"Logical": "ANY", "Conditions": conditions}
    triggers = [
        {**trigger("start", "ON_DEMAND", "one"), "Actions": [{"JobName": "one"}, {"JobName": "two"}]},
        trigger("then", "CONDITIONAL", "three", Predicate=either, StartOnCreation=True),
    ]
    states = {"one": JobState.FAILED, "two": JobState.SUCCEEDED, "three": JobState.SUCCEEDED}
    assert play(triggers, ends(states)).started == ("one", "two", "three")
    both = {"Logical": "AND", "Conditions": conditions}
    triggers[1] = {**triggers[1], "Predicate": both}
    assert play(triggers, ends(states)).started == ("one", "two")


def test_triggers_that_make_no_workflow_are_refused() -> None:
    start = trigger("start", "ON_DEMAND", "one")
    with pytest.raises(ValueError, match="there are 2"):
        play([start, {**start, "Name": "again"}], ends({}))
    with pytest.raises(ValueError, match="of 2 workflows"):
        play([start, {**start, "WorkflowName": "v"}], ends({}))


@pytest.mark.parametrize(
    ("job", "state", "is_told"),
    [
        ("covid_lake_covid19_landing_to_trusted", JobState.FAILED, True),
        ("covid_lake_covid19_landing_to_trusted", JobState.ERROR, True),
        ("covid_lake_covid19_landing_to_trusted", JobState.SUCCEEDED, False),
        ("somebody_elses_job", JobState.FAILED, False),
    ],
)
def test_the_rule_is_of_our_jobs_and_of_all_that_is_no_success(job: str, state: JobState, is_told: bool) -> None:
    assert matches(FAILURE_PATTERN, event_of(job, state)) == is_told
    assert not matches(FAILURE_PATTERN, {**event_of(job, state), "source": "aws.s3"})
    assert not matches(FAILURE_PATTERN, {**event_of(job, state), "detail": None})
