"""scripts/deploy_jobs.sh as a person runs it: it builds the real code, and the same tree gives the same code again."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import boto3
import pytest

from covid_lake.deploy.workflow import Stage
from emulator import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "lake-of-a-script"
ROLE = "role-of-a-script"


@pytest.fixture
def account(emulator: str) -> Iterator[None]:
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    iam = boto3.client("iam")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    iam.put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=json.dumps({"Statement": [rights]}))
    yield
    for database in boto3.client("glue").get_databases()["DatabaseList"]:
        boto3.client("glue").delete_database(Name=database["Name"])
    iam.delete_role_policy(RoleName=ROLE, PolicyName="all")
    iam.delete_role(RoleName=ROLE)


def script(*arguments: str) -> str:
    """What the script says; it must end well."""
    command = [ROOT / "scripts" / "deploy_jobs.sh", "--bucket", BUCKET, "--datasets", "covid19,stedi", *arguments]
    environment = {**os.environ, **ENVIRONMENT}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("version", "tag"), [("6.0", "cp313"), ("5.1", "cp311")])
def test_the_code_is_built_deployed_and_the_same_again(account: None, tmp_path: Path, version: str, tag: str) -> None:
    given = ("--role", ROLE, "--glue-version", version)
    assert "steps done" in script(*given)
    assert script(*given) == "nothing changes\n"
    s3, jobs = boto3.client("s3"), boto3.client("glue").get_jobs()["Jobs"]
    assert len(jobs) == 3 + 2
    wheels = {url for job in jobs for url in job["DefaultArguments"]["--additional-python-modules"].split(",")}
    scripts = {job["Command"]["ScriptLocation"] for job in jobs}
    assert {url.rpartition("/")[2] for url in scripts} == {f"{stage}.py" for stage in Stage if stage is not Stage.LOAD}
    for url in wheels | scripts:
        s3.download_file(BUCKET, url.removeprefix(f"s3://{BUCKET}/"), str(tmp_path / url.rpartition("/")[2]))
    compiled = [path.name for path in tmp_path.glob("duckdb-*.whl")]
    assert [tag in name for name in compiled] == [True]
    (own,) = tmp_path.glob("covid_lake-*.whl")
    names = ZipFile(own).namelist()
    assert {"covid_lake/runtime/jobs.py", "covid_lake/datasets/covid19/contracts.py"} <= set(names)
    sources = {path.relative_to(ROOT / "lib").as_posix() for path in (ROOT / "lib").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == sources
    assert "nothing changes" not in script("--delete")
    assert boto3.client("glue").get_jobs()["Jobs"] == []
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="deploy/")["KeyCount"] == 0
