"""The deployed workflow, played as by Glue: from code in S3 to a lake that its catalog describes, and a warehouse.

The warehouse is the double of Redshift: it copies the lake's files from S3 as Redshift does, over Redshift's driver.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from covid_lake.datasets import registry
from covid_lake.deploy.alarms import noticed_by
from covid_lake.deploy.playing import RUNTIMES, Player, require_python
from covid_lake.deploy.site import DEFAULT_CONNECTION
from covid_lake.deploy.triggers import JobState, WorkflowRun
from covid_lake.deploy.workflow import Choices, Stage, job_name, workflow_of
from covid_lake.errors import CatalogError, SettingsError
from covid_lake.publish.catalog.check import check
from covid_lake.publish.catalog.glue import GlueTableCatalog
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.publish.publisher import Published
from covid_lake.runtime.java import jars_of
from covid_lake.store.reports import RunReport, from_json, read_report
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import S3Storage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake_samples.covid19 import generate_sample
from emulator import ENVIRONMENT
from lake_runs import differing_tables
from redshift_double import RedshiftDouble, running_double
from redshift_double.server import ROLE as COPY_ROLE

BUCKET = "played-lake"
ROLE = "played-role"
SECRET = "played-warehouse-login"
WORKFLOW = "covid_lake_covid19"
ROOT = Path(__file__).resolve().parents[2]
# Environments that were made once, for all runs of the tests.
ENVIRONMENTS = ROOT / ".glue-played"
JOBS = [job_name("covid19", stage) for stage in Stage]
# The bucket that the contract names, which anybody may read.
PUBLIC = "covid19-lake"
REPORTS = "jhu-daily-reports"


@dataclass
class Played:
    """A deployment, and who plays it."""

    version: str
    """The version of Glue."""
    player: Player
    redshift: RedshiftDouble

    @property
    def lake(self) -> S3Storage:
        return S3Storage(f"s3://{BUCKET}/lake")

    def play(self) -> WorkflowRun:
        return self.player.play(WORKFLOW)

    def deploy(self, *arguments: str) -> str:
        script = ROOT / "scripts" / "deploy_jobs.sh"
        url = f"jdbc:redshift://127.0.0.1:{self.redshift.port}/dev?sslmode=disable"
        warehouse = ["--warehouse-url", url, "--warehouse-secret", SECRET, "--copy-role", COPY_ROLE]
        given = ["--bucket", BUCKET, "--role", ROLE, *warehouse, "--glue-version", self.version]
        environment = {**os.environ, **ENVIRONMENT}
        done = subprocess.run(
            [script, *given, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def output(self, job: str) -> str:
        """What the newest run of the job has printed."""
        return next(run.output for run in reversed(self.player.runs) if run.name == job)

    def disagreements(self) -> list[str]:
        storage, dataset = self.lake, registry.dataset("covid19")
        published = Published(storage, dataset, current_snapshot(storage, "covid19"), _no_engine)
        return list(map(str, check(CatalogPublisher(GlueTableCatalog(storage)), published)))


def _no_engine() -> None:
    raise CatalogError("a catalog needs no engine")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few days of few places."""
    out = tmp_path_factory.mktemp("sample")
    generate_sample(out, days=14, scale=0.1)
    return out


@pytest.fixture(scope="module", params=["6.0", "5.1"])
def played(
    request: pytest.FixtureRequest,
    emulator: str,
    sample: Path,
    warehouse: WarehouseConnection,
) -> Iterator[Played]:
    """What an account has, with the code deployed for a version of Glue."""
    try:
        require_python(request.param)
        jars_of(RUNTIMES[request.param].spark)
    except SettingsError as error:
        pytest.skip(str(error))
    s3, iam, glue = boto3.client("s3"), boto3.client("iam"), boto3.client("glue")
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    iam.put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=json.dumps({"Statement": [rights]}))
    for bucket in (BUCKET, PUBLIC):
        s3.create_bucket(Bucket=bucket)
    deliver(sample, reports_left=len(JOBS))
    with running_double(warehouse, s3) as redshift:
        login = {"username": redshift.user, "password": redshift.password}
        boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(login))
        one = Played(request.param, Player(glue, ENVIRONMENTS, starting=lambda job, log: None), redshift)
        one.deploy()
        yield one
        one.deploy("--delete")
    assert glue.get_jobs()["Jobs"] == glue.get_connections()["ConnectionList"] == []
    for database in glue.get_databases()["DatabaseList"]:
        glue.delete_database(Name=database["Name"])
    boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    iam.delete_role_policy(RoleName=ROLE, PolicyName="all")
    iam.delete_role(RoleName=ROLE)
    for bucket in (BUCKET, PUBLIC):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for found in page.get("Contents", ()):
                s3.delete_object(Bucket=bucket, Key=found["Key"])
        s3.delete_bucket(Bucket=bucket)


def deliver(sample: Path, reports_left: int) -> None:
    """Put the sample into the public bucket, without so many of the newest daily reports."""
    files = sorted((path for path in sample.rglob("*") if path.is_file()), key=lambda path: (path.parent, _day(path)))
    late = [path for path in files if path.parent.name == REPORTS][-reports_left:] if reports_left else []
    for file in files:
        if file not in late:
            boto3.client("s3").upload_file(str(file), PUBLIC, file.relative_to(sample).as_posix())


def _day(file: Path) -> str:
    """The name, such as 02-09-2020.csv, as it sorts by time."""
    month, _, rest = file.stem.partition("-")
    return f"{rest.rpartition('-')[2]}-{month}-{rest}" if file.parent.name == REPORTS else file.name


def states(run: WorkflowRun) -> list[tuple[str, JobState]]:
    return list(run.states.items())


def newest_report(lake: S3Storage) -> RunReport:
    return from_json(read_report(lake))


def test_the_whole_workflow_leads_to_a_lake_with_its_catalog_and_a_loaded_warehouse(played: Played) -> None:
    run = played.play()
    assert states(run) == [(job, JobState.SUCCEEDED) for job in JOBS], played.player.runs[-1].output[-3000:]
    assert played.disagreements() == []
    assert differing_tables(played.lake, played.redshift.owner) == []
    figures = [json.loads(line) for line in played.output(JOBS[1]).splitlines() if '"_aws"' in line]
    assert sum(line.get("JobsSucceeded", 0) for line in figures) == 1
    assert played.redshift.password not in "".join(run.output for run in played.player.runs)


def test_played_again_there_is_nothing_to_do(played: Played) -> None:
    before = current_snapshot(played.lake, "covid19").number
    assert states(played.play()) == [(job, JobState.SUCCEEDED) for job in JOBS]
    assert current_snapshot(played.lake, "covid19").number == before
    report = newest_report(played.lake)
    assert [table.table for publisher in report.publishers for table in publisher.tables] == []


def test_after_a_job_that_fails_none_starts_and_a_later_play_catches_up(played: Played, sample: Path) -> None:
    if played.version != "6.0":
        pytest.skip("once is enough: which job starts is decided by the triggers, and not by the version")
    choices = Choices(played.lake.root, warehouse={"connection_name": DEFAULT_CONNECTION, "copy_role": COPY_ROLE})
    workflow = workflow_of(registry.dataset("covid19"), choices)
    for place, job in enumerate(JOBS):
        deliver(sample, reports_left=len(JOBS) - 1 - place)
        change(job, add={"--no_such_argument": "1"})
        run = played.play()
        assert states(run) == [*((one, JobState.SUCCEEDED) for one in JOBS[:place]), (job, JobState.FAILED)]
        assert [one.name for one in played.player.runs[-2:]] == [job, job]  # for it was tried once more
        assert "error: unknown argument --no_such_argument" in played.output(job)
        assert noticed_by(workflow, run)
        assert played.disagreements() == []
        change(job, add={})
    assert played.deploy() == "nothing changes\n"
    assert states(played.play()) == [(job, JobState.SUCCEEDED) for job in JOBS]
    assert played.disagreements() == []
    assert differing_tables(played.lake, played.redshift.owner) == []


def change(job: str, add: dict[str, str]) -> None:
    """Let the job have these arguments beside those that it was deployed with."""
    glue = boto3.client("glue")
    found = glue.get_job(JobName=job)["Job"]
    names = ("Description", "Role", "Command", "GlueVersion", "WorkerType", "NumberOfWorkers", "Timeout", "MaxRetries")
    deployed = {name: value for name, value in found["DefaultArguments"].items() if name != "--no_such_argument"}
    update = {**{name: found[name] for name in names if name in found}, "DefaultArguments": {**deployed, **add}}
    if "Connections" in found:
        update["Connections"] = found["Connections"]
    glue.update_job(JobName=job, JobUpdate=update)
