"""One run of a Glue workflow, by its triggers: which jobs start, given how each one ends. A model; nothing is called.

The rules, from AWS's developer guide ("AWS Glue triggers", "Workflow restrictions", the API's `Condition`):

- the trigger that starts the workflow, by schedule or on demand, starts its jobs;
- a conditional trigger fires when its conditions are met, once in a run, if it was activated;
- it hears of jobs that a trigger of its own workflow started, and of no others;
- it hears that a job SUCCEEDED, FAILED, STOPPED or ended by TIMEOUT. Nothing hears of ERROR;
- a run of the workflow is COMPLETED when nothing is left to start, whatever became of its jobs.

The triggers are read as CreateTrigger takes them, and as GetTriggers gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """How a run of a job ended."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMEOUT = "TIMEOUT"
    STOPPED = "STOPPED"
    ERROR = "ERROR"
    """Glue could not run it, for example because the job was deleted."""


HEARD = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.TIMEOUT, JobState.STOPPED})
STARTERS = ("SCHEDULED", "ON_DEMAND")


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """What happened in one run of a workflow."""

    states: Mapping[str, JobState]
    """How each job ended that was started, in the order in which they were started."""
    status: str = "COMPLETED"
    """What Glue says of the run, though jobs may have failed."""

    @property
    def started(self) -> tuple[str, ...]:
        """The jobs that were started, the first one first."""
        return tuple(self.states)

    @property
    def statistics(self) -> dict[str, int]:
        """How many jobs ended in which way; only this tells whether a COMPLETED run went well."""
        return {state: sum(one is state for one in self.states.values()) for state in JobState}


@dataclass(slots=True)
class _Playing:
    """A run of a workflow that is under way."""

    triggers: Sequence[Mapping[str, Any]]
    start: Callable[[str], JobState]
    states: dict[str, JobState] = field(default_factory=dict)
    fired: set[str] = field(default_factory=set)

    def fire(self, trigger: Mapping[str, Any]) -> None:
        self.fired.add(trigger["Name"])
        for action in trigger["Actions"]:
            # A job's concurrency is 1, and in a run of these workflows none starts twice.
            if action["JobName"] not in self.states:
                self.states[action["JobName"]] = self.start(action["JobName"])

    def due(self) -> Iterable[Mapping[str, Any]]:
        for trigger in self.triggers:
            if trigger["Type"] == "CONDITIONAL" and trigger["Name"] not in self.fired and _is_active(trigger):
                met = [self._is_met(condition) for condition in trigger["Predicate"]["Conditions"]]
                if any(met) if trigger["Predicate"].get("Logical") == "ANY" else all(met):
                    yield trigger

    def _is_met(self, condition: Mapping[str, Any]) -> bool:
        state = self.states.get(condition["JobName"])
        return state in HEARD and state == condition["State"]


def play(triggers: Sequence[Mapping[str, Any]], start: Callable[[str], JobState]) -> WorkflowRun:
    """Run a workflow once; `start` runs a job to its end and tells how it ended.

    Raises `ValueError` where the triggers are not of one workflow, or more or less than one of them starts it.
    """
    workflows = {trigger.get("WorkflowName") for trigger in triggers}
    if len(workflows) != 1:
        raise ValueError(f"the triggers are of {len(workflows)} workflows, not of one: {sorted(map(str, workflows))}")
    first = [trigger for trigger in triggers if trigger["Type"] in STARTERS]
    if len(first) != 1:
        raise ValueError(f"a workflow has one trigger that starts it, by schedule or on demand; there are {len(first)}")
    playing = _Playing(triggers, start)
    playing.fire(first[0])
    while due := list(playing.due()):
        for trigger in due:
            playing.fire(trigger)
    return WorkflowRun(playing.states)


def run_by_hand(job: str, start: Callable[[str], JobState]) -> WorkflowRun:
    """Run one job as StartJobRun does, outside of any workflow's run: nothing follows, however it ends."""
    return WorkflowRun({job: start(job)})


def _is_active(trigger: Mapping[str, Any]) -> bool:
    """Whether a conditional trigger was activated: asked for when it was created, or reported since."""
    return trigger.get("State") == "ACTIVATED" or bool(trigger.get("StartOnCreation"))
