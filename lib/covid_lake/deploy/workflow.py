"""The jobs of a dataset as data: what runs, with what, in which order, on how much, how long at most, and when.

This is said here and nowhere else. What AWS Glue gets (`glue_workflow`), the DAG of Airflow (`airflow_dag`), the
picture (`mermaid`) and the order on a laptop (`local`) are made from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from covid_lake.contracts import Dataset
from covid_lake.deploy.schedules import Schedule
from covid_lake.errors import SettingsError
from covid_lake.runtime.settings import GLUE_ARGUMENTS

# What Glue's worker types are worth in DPUs; one DPU is 4 virtual cores and 16 GB.
WORKER_DPUS = {"G.1X": 1.0, "G.2X": 2.0, "G.4X": 4.0, "G.8X": 8.0}
# The names of all jobs and workflows begin so: permissions and alarms are given by it.
PREFIX = "covid_lake"
NIGHTLY = Schedule("15 4 * * *")
NAME = re.compile(r"[a-z][a-z0-9_]*")


class Stage(StrEnum):
    """What a job does, by the name of its script in `glue_jobs/`."""

    LAND = "source_to_landing"
    """Copies new and changed files into the landing zone, each inspected before and verified after."""
    TRUST = "landing_to_trusted"
    """Builds the trusted tables that are due."""
    CURATE = "trusted_to_curated"
    """Builds the star, if it is due."""
    LOAD = "curated_to_redshift"
    """Brings the warehouse to what the lake's readers see."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a job runs on, in Glue."""

    worker_type: str
    """Such as `G.1X`: 4 virtual cores and 16 GB."""
    workers: int
    """The most workers that a run gets, its driver included. Autoscaling uses as many of them as there is work for."""

    def __post_init__(self) -> None:
        if self.worker_type not in WORKER_DPUS:
            raise SettingsError(f"there is no worker type {self.worker_type!r}; there is {', '.join(WORKER_DPUS)}")
        if self.workers < 2:
            raise SettingsError(
                f"a Spark job on Glue has a driver and a worker, so 2 workers at least, not {self.workers}"
            )

    @property
    def dpus(self) -> float:
        """The most DPUs that a run is charged for at a time."""
        return WORKER_DPUS[self.worker_type] * self.workers


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a workflow."""

    name: str
    """What the job is called in Glue, Airflow and alarms; unique in an account."""
    stage: Stage
    """What the job does."""
    arguments: Mapping[str, str]
    """The arguments of its script, without dashes."""
    capacity: Capacity
    """What a run gets at most."""
    timeout_minutes: int
    """A run that takes longer is ended; its state is then TIMEOUT."""
    needs: tuple[str, ...] = ()
    """Names of the jobs that must have succeeded before."""
    retries: int = 0
    """How often a failed run is started again. A run does only what is still due, so starting again is safe."""

    def __post_init__(self) -> None:
        reserved = sorted(GLUE_ARGUMENTS & self.arguments.keys())
        if reserved:
            raise ValueError(f"{self.name}: the argument --{reserved[0]} is Glue's own")
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r}: a job's name has small letters, digits and underscores")


@dataclass(frozen=True, slots=True)
class Workflow:
    """The jobs of a dataset, each after those that it needs. Raises `ValueError` where the order can't work."""

    name: str
    """What the workflow is called."""
    dataset: str
    """The dataset that it refreshes."""
    jobs: tuple[Job, ...]
    """The jobs in an order in which they can run."""
    schedule: Schedule | None = None
    """When it starts; None means by hand."""

    def __post_init__(self) -> None:
        before: set[str] = set()
        for job in self.jobs:
            missing = [name for name in job.needs if name not in before]
            if missing:
                raise ValueError(f"{self.name}: {job.name} needs {missing[0]}, which is no job that stands before it")
            if job.name in before:
                raise ValueError(f"{self.name}: two jobs are called {job.name}")
            before.add(job.name)
        if not self.jobs:
            raise ValueError(f"{self.name}: the workflow has no job")

    @property
    def first(self) -> tuple[Job, ...]:
        """The jobs that need no other; they start together."""
        return tuple(job for job in self.jobs if not job.needs)

    @property
    def last(self) -> tuple[Job, ...]:
        """The jobs that no other needs: the workflow has done its work when these have succeeded."""
        needed = {name for job in self.jobs for name in job.needs}
        return tuple(job for job in self.jobs if job.name not in needed)

    def job(self, name: str) -> Job:
        """The job of that name."""
        return next(job for job in self.jobs if job.name == name)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person decides about a workflow; everything else follows from the dataset."""

    lake_root: str
    """The lake: a directory, or `s3://bucket/prefix`."""
    sources: tuple[str, ...] | None = None
    """Where files come from. None means the dataset's public buckets; with no place at all, nothing is copied."""
    warehouse: Mapping[str, str] = field(default_factory=dict)
    """The arguments that name the warehouse: a Glue connection, or a URL. Without any, no warehouse is loaded."""
    pseudonym_secret: str | None = None
    """The secret in AWS Secrets Manager that holds the key of pseudonyms, for a dataset that has any."""
    schedule: Schedule | None = NIGHTLY
    """When the workflow starts; None means by hand."""


@dataclass(frozen=True, slots=True)
class _Defaults:
    """What every dataset's job of a stage gets."""

    capacity: Capacity
    timeout_minutes: int
    retries: int


# Why these figures and what they cost: docs/deploy.md.
DEFAULTS = {
    Stage.LAND: _Defaults(Capacity("G.1X", 2), timeout_minutes=60, retries=1),
    Stage.TRUST: _Defaults(Capacity("G.1X", 5), timeout_minutes=60, retries=1),
    Stage.CURATE: _Defaults(Capacity("G.1X", 5), timeout_minutes=60, retries=1),
    Stage.LOAD: _Defaults(Capacity("G.1X", 2), timeout_minutes=60, retries=1),
}


def workflow_of(dataset: Dataset, choices: Choices) -> Workflow:
    """The workflow of a dataset: land, promote, build the star, load.

    A dataset without a source begins with what lies in its landing zone, and without a warehouse ends with the star.
    """
    sources = choices.sources if choices.sources is not None else public_sources(dataset)
    common = {"dataset": dataset.name, "lake_root": choices.lake_root}
    secret = {"pseudonym_secret": choices.pseudonym_secret} if choices.pseudonym_secret else {}
    arguments: dict[Stage, Mapping[str, str]] = {
        **({Stage.LAND: {**common, "sources": ",".join(sources)}} if sources else {}),
        Stage.TRUST: {**common, **secret},
        Stage.CURATE: {**common, **secret},
        **({Stage.LOAD: {**common, **choices.warehouse}} if choices.warehouse else {}),
    }
    jobs: list[Job] = []
    for stage, given in arguments.items():
        jobs.append(
            Job(
                name=job_name(dataset.name, stage),
                stage=stage,
                arguments=given,
                capacity=DEFAULTS[stage].capacity,
                timeout_minutes=DEFAULTS[stage].timeout_minutes,
                needs=(jobs[-1].name,) if jobs else (),
                retries=DEFAULTS[stage].retries,
            )
        )
    return Workflow(f"{PREFIX}_{dataset.name}", dataset.name, tuple(jobs), choices.schedule)


def public_sources(dataset: Dataset) -> tuple[str, ...]:
    """The places with the dataset's files that anybody may read."""
    return tuple(f"s3://{bucket}" for bucket in dataset.public_buckets)


def job_name(dataset: str, stage: Stage) -> str:
    """What the job of a stage is called: `covid_lake_covid19_landing_to_trusted`."""
    return f"{PREFIX}_{dataset}_{stage}"
