"""What a deployment creates by AWS's APIs: each kind is read, created, updated and deleted in its own way.

A definition carries a digest of itself at the end of its description. By that a change is known even where a service
does not return the field that changed; the fields that it does return are compared as well, so that an edit by hand is
seen too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from covid_lake.deploy.glue_workflow import Request

MARK: Final = re.compile(r"\(covid_lake ([0-9a-f]{12})\)$")


@dataclass(frozen=True, slots=True)
class Definition:
    """Something as it should be."""

    name: str
    """Its name; unique among those of its kind."""
    request: Request
    """The request that creates it, marked."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something as it is."""

    name: str
    """Its name."""
    answer: Mapping[str, Any]
    """What the service says of it, by the names of the request."""
    key: str
    """What it is deleted by: its name, or the id that the service gave it."""


class Kind(Protocol):
    """A kind of thing that is deployed."""

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    def present(self) -> Sequence[Found]:
        """What there is of it that belongs to the deployment."""
        ...

    def create(self, wanted: Definition) -> None:
        """Create it."""
        ...

    def replace(self, found: Found, wanted: Definition) -> None:
        """Make what is there what it should be."""
        ...

    def delete(self, found: Found) -> None:
        """Delete it."""
        ...


def marked(request: Request, field: str = "Description") -> Request:
    """The request with a digest of itself at the end of its description."""
    content = json.dumps(request, sort_keys=True, default=str)
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    return {**request, field: f"{request.get(field, '')} (covid_lake {digest})".lstrip()}


def differences(found: Mapping[str, Any], wanted: Request) -> tuple[str, ...]:
    """The names of the fields that are not as they should be; arguments of a job by their own names.

    A field that the service does not return is known by the description's digest alone.
    """
    names = [name for name, value in wanted.items() if name in found and found[name] != value]
    named = list(_named(names, found, wanted))
    return tuple(named) if named != ["Description"] else ("its definition",)


def _named(names: Sequence[str], found: Mapping[str, Any], wanted: Request) -> Iterator[str]:
    for name in names:
        was, should = found[name], wanted[name]
        if isinstance(was, dict) and isinstance(should, dict):
            yield from sorted(key for key in was.keys() | should.keys() if was.get(key) != should.get(key))
        elif name not in ("Description", "AlarmDescription") or len(names) == 1:
            yield "Description" if name == "AlarmDescription" else name


@dataclass(frozen=True, slots=True)
class Connections:
    """A connection of Glue, if it carries the mark: another is somebody else's."""

    glue: Any
    name: str
    title: str = "connection"

    def present(self) -> Sequence[Found]:
        try:
            found = self.glue.get_connection(Name=self.name, HidePassword=True)["Connection"]
        except self.glue.exceptions.EntityNotFoundException:
            return ()
        return [Found(self.name, found, self.name)] if MARK.search(found.get("Description", "")) else ()

    def create(self, wanted: Definition) -> None:
        self.glue.create_connection(ConnectionInput=wanted.request)

    def replace(self, found: Found, wanted: Definition) -> None:
        self.glue.update_connection(Name=found.name, ConnectionInput=wanted.request)

    def delete(self, found: Found) -> None:
        self.glue.delete_connection(ConnectionName=found.key)


@dataclass(frozen=True, slots=True)
class Jobs:
    """Glue's jobs, by the names that the workflow can give them."""

    glue: Any
    names: Sequence[str]
    title: str = "job"

    def present(self) -> Sequence[Found]:
        pages = self.glue.get_paginator("get_jobs").paginate()
        jobs = [job for page in pages for job in page["Jobs"] if job["Name"] in self.names]
        return [Found(job["Name"], job, job["Name"]) for job in jobs]

    def create(self, wanted: Definition) -> None:
        self.glue.create_job(**wanted.request)

    def replace(self, found: Found, wanted: Definition) -> None:
        update = {name: value for name, value in wanted.request.items() if name not in ("Name", "Tags")}
        self.glue.update_job(JobName=found.name, JobUpdate=update)

    def delete(self, found: Found) -> None:
        self.glue.delete_job(JobName=found.key)


@dataclass(frozen=True, slots=True)
class Workflows:
    """Glue's workflow of a dataset."""

    glue: Any
    name: str
    title: str = "workflow"

    def present(self) -> Sequence[Found]:
        try:
            found = self.glue.get_workflow(Name=self.name)["Workflow"]
        except self.glue.exceptions.EntityNotFoundException:
            return ()
        return [Found(self.name, found, self.name)]

    def create(self, wanted: Definition) -> None:
        self.glue.create_workflow(**wanted.request)

    def replace(self, found: Found, wanted: Definition) -> None:
        del found
        self.glue.update_workflow(**{name: value for name, value in wanted.request.items() if name != "Tags"})

    def delete(self, found: Found) -> None:
        self.glue.delete_workflow(Name=found.key)


@dataclass(frozen=True, slots=True)
class Triggers:
    """The triggers of a workflow."""

    glue: Any
    workflow: str
    title: str = "trigger"

    def present(self) -> Sequence[Found]:
        pages = self.glue.get_paginator("get_triggers").paginate()
        triggers = [one for page in pages for one in page["Triggers"] if one.get("WorkflowName") == self.workflow]
        return [Found(one["Name"], one, one["Name"]) for one in triggers]

    def create(self, wanted: Definition) -> None:
        self.glue.create_trigger(**wanted.request)

    def replace(self, found: Found, wanted: Definition) -> None:
        if found.answer["Type"] != wanted.request["Type"]:  # which no update changes
            self.delete(found)
            self.create(wanted)
            return
        names = ("Description", "Schedule", "Actions", "Predicate")
        update = {name: wanted.request[name] for name in names if name in wanted.request}
        self.glue.update_trigger(Name=found.name, TriggerUpdate=update)

    def delete(self, found: Found) -> None:
        self.glue.delete_trigger(Name=found.key)


@dataclass(frozen=True, slots=True)
class Alarms:
    """CloudWatch's alarms, by the names that the workflow can give them."""

    cloudwatch: Any
    names: Sequence[str]
    title: str = "alarm"

    def present(self) -> Sequence[Found]:
        pages = self.cloudwatch.get_paginator("describe_alarms").paginate(AlarmNames=list(self.names))
        alarms = [one for page in pages for one in page["MetricAlarms"]]
        return [Found(one["AlarmName"], one, one["AlarmName"]) for one in alarms]

    def create(self, wanted: Definition) -> None:
        self.cloudwatch.put_metric_alarm(**wanted.request)

    def replace(self, found: Found, wanted: Definition) -> None:
        del found
        self.create(wanted)

    def delete(self, found: Found) -> None:
        self.cloudwatch.delete_alarms(AlarmNames=[found.key])


@dataclass(frozen=True, slots=True)
class NamedQueries:
    """Athena's named queries of a workgroup, over a database, that carry the mark: others are somebody else's."""

    athena: Any
    workgroup: str
    database: str
    title: str = "named query"

    def present(self) -> Sequence[Found]:
        pages = self.athena.get_paginator("list_named_queries").paginate(WorkGroup=self.workgroup)
        ids = [one for page in pages for one in page.get("NamedQueryIds", ())]
        queries = []
        for start in range(0, len(ids), 50):  # the most that the API takes in one call
            queries += self.athena.batch_get_named_query(NamedQueryIds=ids[start : start + 50])["NamedQueries"]
        return [
            Found(one["Name"], one, one["NamedQueryId"])
            for one in queries
            if one["Database"] == self.database and MARK.search(one.get("Description", ""))
        ]

    def create(self, wanted: Definition) -> None:
        self.athena.create_named_query(**wanted.request)

    def replace(self, found: Found, wanted: Definition) -> None:
        self.create(wanted)
        self.delete(found)

    def delete(self, found: Found) -> None:
        self.athena.delete_named_query(NamedQueryId=found.key)
