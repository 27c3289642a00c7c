"""A deployment whole: code, connection, jobs, workflow, triggers, alarms, named queries and the catalog.

The order makes an interruption harmless: new code lies beside the old, jobs are switched to it one by one and each
works with either, and what is no longer wanted is deleted last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from covid_lake.contracts import Dataset
from covid_lake.datasets import registry
from covid_lake.datasets.queries import named_queries
from covid_lake.deploy import code as jobs_code
from covid_lake.deploy.alarms import missing_run_alarms
from covid_lake.deploy.code import FOLDER, Code
from covid_lake.deploy.glue_workflow import (
    GLUE,
    Deployment,
    connection_request,
    job_request,
    trigger_requests,
    workflow_request,
)
from covid_lake.deploy.plan import Action, Verb, changes
from covid_lake.deploy.resources import (
    Alarms,
    Connections,
    Definition,
    Jobs,
    Kind,
    NamedQueries,
    Triggers,
    Workflows,
    marked,
)
from covid_lake.deploy.schedules import Schedule
from covid_lake.deploy.site import DEFAULT_CONNECTION, Site
from covid_lake.deploy.workflow import PREFIX, Choices, Stage, Workflow, job_name, workflow_of
from covid_lake.engines.protocol import Engine
from covid_lake.errors import CatalogError, LakeError, SettingsError
from covid_lake.publish.catalog.glue import GlueTableCatalog
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.publish.publisher import Published, no_progress
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import S3Storage, s3_session

# Throttled calls are tried again, with pauses that grow.
ATTEMPTS: Final = 8


@dataclass(frozen=True, slots=True)
class Clients:
    """The services that a deployment speaks to."""

    glue: Any
    cloudwatch: Any
    athena: Any

    @classmethod
    def of_environment(cls) -> Clients:
        """Of the account, region and endpoint that boto3 finds in the environment."""
        return cls(client("glue"), client("cloudwatch"), client("athena"))


def client(service: str) -> Any:
    """A client; `SettingsError` where the environment names no region."""
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        return s3_session().client(service, config=Config(retries={"mode": "standard", "max_attempts": ATTEMPTS}))
    except (BotoCoreError, ValueError) as error:
        raise SettingsError(f"{error}; name the region with --region") from error


@dataclass(frozen=True, slots=True)
class Deploying:
    """Datasets, and the place where they are deployed."""

    site: Site
    """The place."""
    datasets: Sequence[Dataset]
    """What is deployed there."""
    clients: Clients
    """The services."""
    schedule: Schedule | None
    """When the workflows start; None means by hand."""
    glue_version: str
    """Which Spark and Python the jobs have."""
    orchestrator: str = GLUE
    """Who starts the jobs: Glue's triggers, or Airflow."""
    progress: Callable[[str, int, int], None] = no_progress
    """Is called with a label and how many of how many units are done, where something takes long."""

    def plan(self, code: Code) -> tuple[Action, ...]:
        """What has to be done so that the jobs run this code; nothing, where all is as it should be."""
        bucket = S3Storage(f"s3://{self.site.bucket}")
        made, gone = list[Action](), list[Action]()
        if not code.is_in(bucket):
            detail = f"{len(code.files)} files, {code.total_bytes / 1e6:.0f} MB"
            name = f"s3://{self.site.bucket}/{FOLDER}/{code.digest}/"
            made.append(Action(Verb.UPLOAD, "code", name, detail, partial(code.upload, bucket, self.progress)))
        made += changes(self._connections(), self._wanted_connections())[0]
        for dataset in self.datasets:
            for kind, wanted in self._wanted(dataset, code):
                new, old = changes(kind, wanted)
                made += new
                gone += old
            made += self._catalog(dataset)
        used = self._used_code(self._jobs())
        if code.digest not in used:  # otherwise the jobs have been switched, and the code before is kept
            gone += [_removal(bucket, one) for one in jobs_code.uploaded(bucket) if one not in {code.digest, *used}]
        return (*made, *gone)

    def deletion(self) -> tuple[Action, ...]:
        """What deletes all that was deployed for the datasets, and the code where no other job uses it."""
        gone = [
            action
            for dataset in self.datasets
            for kind in reversed(self._kinds(dataset))
            for action in changes(kind, ())[1]
        ]
        ours = {job_name(dataset.name, stage) for dataset in self.datasets for stage in Stage}
        others = [job for job in self._jobs() if job["Name"] not in ours]
        connections = self._connections()
        if not any(connections.name in job.get("Connections", {}).get("Connections", ()) for job in others):
            gone += changes(connections, ())[1]
        bucket, used = S3Storage(f"s3://{self.site.bucket}"), self._used_code(others)
        return (*gone, *(_removal(bucket, one) for one in jobs_code.uploaded(bucket) if one not in used))

    def workflow(self, dataset: Dataset) -> Workflow:
        """The workflow of a dataset at this place."""
        warehouse = {"connection_name": self.site.connection} if self.site.connection else {}
        if warehouse and self.site.copy_role:
            warehouse["copy_role"] = self.site.copy_role
        has_pseudonyms = any(step.keys for step in registry.flow(dataset.name).steps)
        secret = self.site.pseudonym_secret if has_pseudonyms else None
        return workflow_of(
            dataset,
            Choices(self.site.lake_root, warehouse=warehouse, pseudonym_secret=secret, schedule=self.schedule),
        )

    def _wanted(self, dataset: Dataset, code: Code) -> Iterator[tuple[Kind, list[Definition]]]:
        """Each kind with what there should be of it, in an order in which AWS takes them."""
        workflow = self.workflow(dataset)
        folder = f"s3://{self.site.bucket}/{FOLDER}/{code.digest}"
        deployment = Deployment(
            scripts=folder,
            roles=self.site.roles,
            glue_version=self.glue_version,
            wheels=tuple(f"{folder}/{name}" for name in code.wheels),
            connection=self.site.connection,
            orchestrator=self.orchestrator,
        )
        jobs = [job_request(job, deployment) for job in workflow.jobs]
        is_glue = self.orchestrator == GLUE
        workflows = [workflow_request(workflow, deployment)] if is_glue else []
        triggers = trigger_requests(workflow, deployment) if is_glue else ()
        alarms = missing_run_alarms(workflow, self.site.topic) if self.site.topic else ()
        queries = [
            {
                "Name": f"{dataset.name}.{query.name}",
                "Description": query.question,
                "Database": f"{dataset.name}_curated",
                "QueryString": query.sql,
                "WorkGroup": self.site.workgroup,
            }
            for query in named_queries(dataset.name)
        ]
        requests = (jobs, workflows, triggers, alarms, queries)
        for kind, wanted in zip(self._kinds(dataset), requests, strict=True):
            described, named = (
                ("AlarmDescription", "AlarmName") if isinstance(kind, Alarms) else ("Description", "Name")
            )
            yield kind, [Definition(one[named], marked(one, described)) for one in wanted]

    def _connections(self) -> Connections:
        return Connections(self.clients.glue, self.site.connection or DEFAULT_CONNECTION)

    def _wanted_connections(self) -> Iterator[Definition]:
        if self.site.warehouse and self.site.connection:
            request = connection_request(self.site.connection, self.site.warehouse)
            yield Definition(self.site.connection, marked(request))

    def _kinds(self, dataset: Dataset) -> tuple[Kind, ...]:
        jobs = [job_name(dataset.name, stage) for stage in Stage]
        workflow = f"{PREFIX}_{dataset.name}"
        return (
            Jobs(self.clients.glue, jobs),
            Workflows(self.clients.glue, workflow),
            Triggers(self.clients.glue, workflow),
            Alarms(self.clients.cloudwatch, [f"{job}_is_missing" for job in jobs]),
            NamedQueries(self.clients.athena, self.site.workgroup, f"{dataset.name}_curated"),
        )

    def _catalog(self, dataset: Dataset) -> Iterator[Action]:
        """The databases, and the tables and views of what the lake holds: the jobs keep them in step later on."""
        storage = S3Storage(self.site.lake_root)
        snapshot = current_snapshot(storage, dataset.name)
        published = Published(storage, dataset, snapshot, _no_engine, self.progress)
        publisher = CatalogPublisher(GlueTableCatalog(storage))
        if publisher.is_up_to_date(published):
            return
        detail = f"databases, and {len(published.tables)} tables of snapshot {published.snapshot.number}"

        def register() -> None:
            if error := publisher.bring_up_to(published).error:
                raise CatalogError(error)

        yield Action(Verb.REGISTER, "catalog", dataset.name, detail, register)

    def _jobs(self) -> list[dict[str, Any]]:
        """All jobs of the account, whichever dataset they are of."""
        return [job for page in self.clients.glue.get_paginator("get_jobs").paginate() for job in page["Jobs"]]

    def _used_code(self, jobs: Sequence[dict[str, Any]]) -> set[str]:
        """The digests of the code that these jobs have."""
        start = f"s3://{self.site.bucket}/{FOLDER}/"
        scripts = [job["Command"].get("ScriptLocation", "") for job in jobs]
        return {one.removeprefix(start).partition("/")[0] for one in scripts if one.startswith(start)}


def carry_out(actions: Sequence[Action], told: Callable[[Action], None]) -> None:
    """Do all of it in order; `told` is called before each. Raises `LakeError`, which names the one that failed."""
    from botocore.exceptions import BotoCoreError, ClientError

    for number, action in enumerate(actions):
        told(action)
        try:
            action.do()
        except (LakeError, ClientError, BotoCoreError) as error:
            raise LakeError(
                f"the deployment stopped when it was to {action.verb} the {action.kind} {action.name}: {error}; "
                f"{number} of {len(actions)} steps were done, and jobs that were not reached are as they were. Once "
                "the cause is gone, the same command goes on"
            ) from error


@contextmanager
def naming_faults() -> Iterator[None]:
    """Turn what AWS refuses, and an AWS that is not reached, into `LakeError`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise LakeError(f"AWS refused: {error}; the deployment needs the rights that docs/deploy.md lists") from error
    except BotoCoreError as error:
        raise LakeError(f"{error}; look at --region, --endpoint-url and the credentials") from error


def _removal(bucket: S3Storage, digest: str) -> Action:
    name = f"{bucket.root}/{FOLDER}/{digest}/"
    return Action(Verb.DELETE, "code", name, "no job uses it", lambda: jobs_code.remove(bucket, digest))


def _no_engine() -> Engine:
    raise CatalogError("a catalog needs no engine")
