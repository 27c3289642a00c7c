"""A workflow on this machine: the jobs that Glue would start, in its order, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from covid_lake.deploy.glue_workflow import Deployment, trigger_requests
from covid_lake.deploy.triggers import JobState, WorkflowRun, play
from covid_lake.deploy.workflow import Job, Workflow

SECONDS_A_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class LocalRun:
    """What became of a workflow on this machine."""

    run: WorkflowRun
    """How each job ended that was started."""
    seconds: dict[str, float]
    """How long each took."""

    @property
    def succeeded(self) -> bool:
        return all(state is JobState.SUCCEEDED for state in self.run.states.values())


def run_workflow(workflow: Workflow, starting: Callable[[Job], None]) -> LocalRun:
    """Run the jobs; one that fails is not tried again, and those that need it are not started.

    `starting` is told of each job before it starts. What the jobs print goes to where this process prints.
    """
    seconds: dict[str, float] = {}

    def start(name: str) -> JobState:
        job = workflow.job(name)
        starting(job)
        began = time.monotonic()
        state = run_job(job)
        seconds[name] = time.monotonic() - began
        return state

    triggers = trigger_requests(workflow, Deployment(scripts="", roles={}))
    return LocalRun(play(triggers, start), seconds)


def run_job(job: Job) -> JobState:
    """Run one job to its end, as long as its timeout allows."""
    return run_command(command_of(job), job.timeout_minutes)


def run_command(
    command: Sequence[str],
    minutes: float,
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> JobState:
    """Run a command to its end, for so many minutes at most.

    It runs in `folder` and with `environment`, which are this process's own unless they are named, and prints to where
    this process prints, or to `output`.
    """
    # In a process group of its own: Ctrl-C at the terminal reaches this process, which passes it on once. A second
    # signal would have the job end at once and leave files behind.
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=output, stderr=output and subprocess.STDOUT, process_group=0
    )
    try:
        code = process.wait(minutes * SECONDS_A_MINUTE)
    except subprocess.TimeoutExpired:
        _end(process)
        return JobState.TIMEOUT
    except BaseException:  # the job must not outlive this process
        _end(process)
        raise
    return JobState.SUCCEEDED if code == 0 else JobState.FAILED


def command_of(job: Job) -> Sequence[str]:
    """The command that runs the job on this machine."""
    pairs = [part for name, value in job.arguments.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "covid_lake.runtime.jobs", str(job.stage), *pairs]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a job as a signal would, so that it removes its temporary files."""
    process.terminate()
    try:
        process.wait(SECONDS_A_MINUTE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
