"""Each job has the rights that it needs and hardly another: every call to AWS of the running jobs is held against them.

The lake is in the emulator's S3 and its tables in the emulator's Data Catalog; a proxy notes the calls. The jobs run
here and not on Glue, so what Glue itself does with the role (code, logs, metrics, the network) is not among them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
import pytest

from covid_lake.datasets import registry
from covid_lake.deploy.local import command_of
from covid_lake.deploy.workflow import Choices, Stage, workflow_of
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake_samples.stedi import GENERATOR
from emulator import ENVIRONMENT
from infra.template import BUCKET, Statement, rights_of
from recording_proxy import Call, Recorder, recording

ROLES = {
    Stage.LAND: "LandingRole",
    Stage.TRUST: "TrustedRole",
    Stage.CURATE: "CuratedRole",
    Stage.LOAD: "WarehouseRole",
}
# Rights that no job used here, and what they are for.
UNUSED = {
    "JobPolicy.ReadTheCode": "Glue reads the script and the wheels",
    "JobPolicy.AbortUploads": "of uploads that a run which died has begun",
    "JobPolicy.WriteLogs": "Glue writes what the job prints",
    "JobPolicy.WriteGluesOwnMetrics": "Glue's own",
    "WarehouseRole.ReadTheConnection": "Glue's connection, which is not used here",
    "WarehouseRole.ReadItsSecret": "that of the connection",
    "WarehouseRole.ListTheFilesToLoad": "for Redshift's COPY; the warehouse here is PostgreSQL",
    "WarehouseRole.LookAtTheNetwork": "Glue's, for the connection",
    "WarehouseRole.ReachTheNetwork": "Glue's, for the connection",
    "WarehouseRole.LeaveTheNetwork": "Glue's, for the connection",
    "WarehouseRole.MarkTheNetworkInterface": "Glue's, for the connection",
}
# The feeds of a few files; the others' tables are skipped.
DELIVERED = ("static-datasets", "rearc-usa-hospital-beds", "jhu-daily-reports")
SECRET = "covid-lake/pseudonym-key"
LONG_AGO = "2026-01-01T00:00:00+00:00"


@dataclass(frozen=True)
class Measured:
    """The calls of each job, of both datasets, in a first run and in one that removes what a dead run left."""

    calls: Mapping[Stage, frozenset[Call]]


@pytest.fixture(scope="module")
def recorder(emulator: str) -> Iterator[Recorder]:
    with recording(emulator) as recorder:
        yield recorder


@pytest.fixture(scope="module")
def measured(
    recorder: Recorder,
    small_sample: Path,
    warehouse: WarehouseConnection,
    tmp_path_factory: pytest.TempPathFactory,
) -> Measured:
    folder = tmp_path_factory.mktemp("sources")
    for feed in DELIVERED:
        shutil.copytree(small_sample / feed, folder / "covid19" / feed)
    GENERATOR.generate(folder / "stedi", scale=0.1)
    (folder / "covid19" / "static-datasets/csv/state-abv/states_abv.csv").write_bytes(b"State,Abbreviation\nTexas,TX\n")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString="k" * 64)
    calls: dict[Stage, frozenset[Call]] = dict.fromkeys(Stage, frozenset())
    target = warehouse_arguments(warehouse)
    for dataset in ("covid19", "stedi"):
        choices = Choices(f"s3://{BUCKET}/lake", (str(folder / dataset),), target, SECRET, schedule=None)
        for time in ("first", "second"):
            for job in workflow_of(registry.dataset(dataset), choices).jobs:
                catalog = {} if job.stage is Stage.LAND else {"catalog": "glue"}
                run(command_of(replace(job, arguments={**job.arguments, **catalog})), recorder, warehouse)
                calls[job.stage] |= recorder.taken()
            if time == "first":
                leave_a_dead_run(dataset)
    return Measured(calls)


def warehouse_arguments(warehouse: WarehouseConnection) -> dict[str, str]:
    place = f"{warehouse.host}:{warehouse.port}/{warehouse.database}"
    return {"warehouse": f"postgresql://{warehouse.user}@{place}?sslmode=disable"}


def leave_a_dead_run(dataset: str) -> None:
    """What a run leaves that was killed: its marker, and files of versions that it never published."""
    s3 = boto3.client("s3")
    run_id = "20260101T000000Z-dead"
    marker = f'{{"run_id": "{run_id}", "host": "h", "machine": "m", "pid": 1, "started": "", "beat": "{LONG_AGO}"}}'
    s3.put_object(Bucket=BUCKET, Key=f"lake/_running/{dataset}/{run_id}.json", Body=marker.encode())
    for table in (registry.dataset(dataset).tables[0], registry.dataset(dataset).star[0]):
        key = f"lake/{table.zone}/{dataset}/{table.name}/version={run_id}/part-0.parquet"
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")


def run(command: Sequence[str], recorder: Recorder, warehouse: WarehouseConnection) -> None:
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "AWS_ENDPOINT_URL": recorder.endpoint,
        "AWS_ENDPOINT_URL_S3": recorder.endpoint,
        "PGPASSWORD": warehouse.password,
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.parametrize("stage", list(Stage))
def test_every_call_of_a_job_is_allowed_to_its_role(measured: Measured, stage: Stage) -> None:
    rights = rights_of(ROLES[stage])
    calls = measured.calls[stage]
    assert len(calls) > 10
    refused = [call for call in calls if not any(one.allows(call.action, call.target) for one in rights)]
    assert sorted(f"{call.action} {call.target}" for call in refused) == []


def test_what_no_job_used_is_known_and_has_a_reason(measured: Measured) -> None:
    used: set[str] = set()
    given: dict[str, Statement] = {}
    for stage, role in ROLES.items():
        for one in rights_of(role):
            given[one.place] = one
            if any(one.allows(call.action, call.target) for call in measured.calls[stage]):
                used.add(one.place)
    assert given.keys() - used == UNUSED.keys()
