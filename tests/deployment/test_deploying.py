"""A deployment on the emulator: what it makes, that a second one changes nothing, and what each change leads to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from covid_lake.cli.main import main
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.deploy.checks import findings
from covid_lake.deploy.code import Code, uploaded
from covid_lake.deploy.deploying import Clients, Deploying, carry_out
from covid_lake.deploy.plan import Action
from covid_lake.deploy.playing import Player
from covid_lake.deploy.resources import differences, marked
from covid_lake.deploy.site import Site, WarehouseAddress
from covid_lake.deploy.triggers import JobState
from covid_lake.deploy.workflow import NIGHTLY, Stage
from covid_lake.errors import LakeError, SettingsError
from covid_lake.store.storage import S3Storage

BUCKET = "deployed-lake"
WORKGROUP = "covid-lake"
CONNECTION = "warehouse"
JOBS = [f"covid_lake_covid19_{stage}" for stage in Stage]
OTHERS_JOB = "covid_lake_covid19_us_landing_to_trusted"
QUERIES = 6


@dataclass
class Place:
    """An account that has what a deployment stands on."""

    deploying: Deploying
    folder: Path

    def code(self, text: str = "") -> Code:
        """Code; another text makes other code."""
        (self.folder / f"{Stage.TRUST}.py").write_text(text)
        return Code.of(self.folder)

    def deploy(self, text: str = "") -> list[str]:
        """Deploy; what was done, as verb, kind and name."""
        return done(self.deploying.plan(self.code(text)))


def done(actions: tuple[Action, ...]) -> list[str]:
    carry_out(actions, lambda _: None)
    return [f"{one.verb} {one.kind} {one.name}" for one in actions]


@pytest.fixture
def place(emulator: str, tmp_path: Path) -> Iterator[Place]:
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    for stage in Stage:
        iam.create_role(RoleName=str(stage), AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        iam.put_role_policy(RoleName=str(stage), PolicyName="all", PolicyDocument=json.dumps({"Statement": [rights]}))
    connection = {"Name": CONNECTION, "ConnectionType": "JDBC", "ConnectionProperties": {"SECRET_ID": "s"}}
    boto3.client("glue").create_connection(ConnectionInput=connection)
    boto3.client("athena").create_work_group(Name=WORKGROUP)
    topic = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]
    folder = tmp_path / "code"
    folder.mkdir()
    for name in (*(f"{stage}.py" for stage in Stage), "covid_lake-0.1.0-py3-none-any.whl", "duckdb-1-cp313.whl"):
        (folder / name).write_text(name)
    roles = {stage: str(stage) for stage in Stage}
    site = Site(BUCKET, roles, CONNECTION, topic=topic, workgroup=WORKGROUP)
    place = Place(Deploying(site, [COVID19], Clients.of_environment(), NIGHTLY, "6.0"), folder)
    yield place
    done(place.deploying.deletion())
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for one in page.get("Contents", ()):
            s3.delete_object(Bucket=BUCKET, Key=one["Key"])
    s3.delete_bucket(Bucket=BUCKET)
    for stage in Stage:
        iam.delete_role_policy(RoleName=str(stage), PolicyName="all")
        iam.delete_role(RoleName=str(stage))
    boto3.client("glue").delete_connection(ConnectionName=CONNECTION)
    for database in boto3.client("glue").get_databases()["DatabaseList"]:
        boto3.client("glue").delete_database(Name=database["Name"])
    for query in boto3.client("athena").list_named_queries(WorkGroup=WORKGROUP).get("NamedQueryIds", ()):
        boto3.client("athena").delete_named_query(NamedQueryId=query)
    boto3.client("athena").delete_work_group(WorkGroup=WORKGROUP, RecursiveDeleteOption=True)


def counts() -> dict[str, int]:
    """How many there are of each kind in the account."""
    glue, athena = boto3.client("glue"), boto3.client("athena")
    alarms = boto3.client("cloudwatch").describe_alarms(AlarmNamePrefix="covid_lake_")["MetricAlarms"]
    return {
        "jobs": len(glue.get_jobs()["Jobs"]),
        "workflows": int(has_workflow(glue)),
        "triggers": len(glue.get_triggers()["Triggers"]),
        "alarms": len(alarms),
        "queries": len(athena.list_named_queries(WorkGroup=WORKGROUP).get("NamedQueryIds", ())),
        "databases": len(glue.get_databases()["DatabaseList"]),
    }


def has_workflow(glue: Any) -> bool:
    try:
        return bool(glue.get_workflow(Name="covid_lake_covid19"))
    except glue.exceptions.EntityNotFoundException:
        return False


def job(name: str) -> dict[str, Any]:
    found: dict[str, Any] = boto3.client("glue").get_job(JobName=name)["Job"]
    return found


def assert_jobs_have_their_code() -> None:
    """Every file that a job names lies in the bucket."""
    for one in boto3.client("glue").get_jobs()["Jobs"]:
        wheels = one["DefaultArguments"]["--additional-python-modules"].split(",")
        assert len(wheels) == 2
        for url in (one["Command"]["ScriptLocation"], *wheels):
            key = url.removeprefix(f"s3://{BUCKET}/")
            boto3.client("s3").head_object(Bucket=BUCKET, Key=key)


ALL = {"jobs": 4, "workflows": 1, "triggers": 4, "alarms": 1, "queries": QUERIES, "databases": 4}


def test_everything_is_made_and_a_second_deployment_changes_nothing(place: Place) -> None:
    assert len(place.deploy()) == 1 + 4 + 1 + 4 + 1 + QUERIES + 1
    assert counts() == ALL
    assert_jobs_have_their_code()
    assert place.deploying.plan(place.code()) == ()


def test_other_code_lies_beside_the_old_which_is_removed_by_the_deployment_after(place: Place) -> None:
    bucket = S3Storage(f"s3://{BUCKET}")
    digests = []
    for text in ("one", "two", "three"):
        steps = place.deploy(text)
        digests.append(place.code(text).digest)
        assert_jobs_have_their_code()
        assert place.deploying.plan(place.code(text)) == ()
    assert set(uploaded(bucket)) == set(digests[1:])
    updated = [f"update job {name}" for name in JOBS]
    assert steps == [
        f"upload code s3://{BUCKET}/deploy/{digests[2]}/",
        *updated,
        f"delete code s3://{BUCKET}/deploy/{digests[0]}/",
    ]


def test_code_of_which_a_file_is_gone_or_cut_is_uploaded_again(place: Place) -> None:
    place.deploy()
    key = job(JOBS[0])["Command"]["ScriptLocation"].removeprefix(f"s3://{BUCKET}/")
    for spoil in (
        lambda: boto3.client("s3").delete_object(Bucket=BUCKET, Key=key),
        lambda: boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b""),
    ):
        spoil()
        assert [step.partition(" s3://")[0] for step in place.deploy()] == ["upload code"]
        assert place.deploy() == []
    assert_jobs_have_their_code()


def test_what_somebody_edited_is_put_right_and_told_by_its_name(place: Place) -> None:
    place.deploy()
    edited = job(JOBS[1])
    names = ("Role", "Command", "DefaultArguments", "GlueVersion", "WorkerType", "NumberOfWorkers", "Description")
    update = {name: edited[name] for name in names}
    update["DefaultArguments"]["--enable-auto-scaling"] = "false"
    boto3.client("glue").update_job(JobName=JOBS[1], JobUpdate={**update, "Timeout": 480})
    (action,) = place.deploying.plan(place.code())
    assert (action.name, action.detail) == (JOBS[1], "changed: Timeout, --enable-auto-scaling")
    done((action,))
    assert (job(JOBS[1])["Timeout"], place.deploying.plan(place.code())) == (60, ())


def test_a_workflow_without_a_schedule_is_started_by_hand(place: Place) -> None:
    place.deploy()
    by_hand = replace(place.deploying, schedule=None)
    assert done(by_hand.plan(place.code())) == ["update trigger covid_lake_covid19_start"]
    trigger = boto3.client("glue").get_trigger(Name="covid_lake_covid19_start")["Trigger"]
    assert (trigger["Type"], bool(trigger.get("Schedule"))) == ("ON_DEMAND", False)
    assert by_hand.plan(place.code()) == ()


def test_where_airflow_starts_the_jobs_glue_has_no_workflow(place: Place) -> None:
    place.deploy()
    by_airflow = replace(place.deploying, orchestrator="airflow")
    done(by_airflow.plan(place.code()))
    assert counts() == {**ALL, "workflows": 0, "triggers": 0}
    assert {job(name).get("MaxRetries", 0) for name in JOBS} == {0}
    assert by_airflow.plan(place.code()) == ()


def test_a_lake_that_loses_its_warehouse_loses_the_job_that_loads_it(place: Place) -> None:
    place.deploy()
    without = replace(place.deploying, site=replace(place.deploying.site, connection=None))
    assert done(without.plan(place.code())) == [
        "create alarm covid_lake_covid19_trusted_to_curated_is_missing",
        f"delete job {JOBS[3]}",
        f"delete trigger {JOBS[3]}_follows",
        f"delete alarm {JOBS[3]}_is_missing",
    ]
    assert without.plan(place.code()) == ()


COPY_ROLE = "arn:aws:iam::123456789012:role/reads-the-lake"
ADDRESS = WarehouseAddress(
    "jdbc:redshift://w.1.us-east-1.redshift-serverless.amazonaws.com:5439/lake", "login", "s-1", "us-east-1a", ("g-1",)
)


def test_a_connection_is_made_changed_and_deleted(place: Place) -> None:
    glue = boto3.client("glue")
    site = replace(place.deploying.site, connection="ours", warehouse=ADDRESS, copy_role=COPY_ROLE)
    given = replace(place.deploying, site=site)
    assert "create connection ours" in done(given.plan(place.code()))
    assert given.plan(place.code()) == ()
    made = glue.get_connection(Name="ours")["Connection"]
    assert made["ConnectionProperties"] == {
        "JDBC_CONNECTION_URL": ADDRESS.url,
        "JDBC_ENFORCE_SSL": "true",
        "SECRET_ID": "login",
    }
    assert made["PhysicalConnectionRequirements"]["AvailabilityZone"] == "us-east-1a"
    assert job(JOBS[3])["Connections"] == {"Connections": ["ours"]}
    assert job(JOBS[3])["DefaultArguments"]["--copy_role"] == COPY_ROLE
    assert "--copy_role" not in job(JOBS[2])["DefaultArguments"]

    moved = replace(site, warehouse=replace(ADDRESS, secret="another"))
    (change,) = replace(given, site=moved).plan(place.code())
    assert (change.verb, change.kind, change.detail) == ("update", "connection", "changed: SECRET_ID")
    change.do()
    assert glue.get_connection(Name="ours")["Connection"]["ConnectionProperties"]["SECRET_ID"] == "another"

    glue.create_job(Name=OTHERS_JOB, Role="r", Command={"Name": "glueetl"}, Connections={"Connections": ["ours"]})
    assert "delete connection ours" not in [f"{one.verb} {one.kind} {one.name}" for one in given.deletion()]
    glue.delete_job(JobName=OTHERS_JOB)
    assert "delete connection ours" in done(given.deletion())


def test_a_connection_of_somebody_else_is_neither_changed_nor_deleted(place: Place) -> None:
    boto3.client("secretsmanager").create_secret(Name="login", SecretString="{}")
    site = replace(place.deploying.site, warehouse=ADDRESS)
    assert faults(site) == [
        f"connection: the connection {CONNECTION} was made by somebody else and stays as it is: leave out "
        "--warehouse-url to use it, or name another with --connection"
    ]
    assert faults(replace(site, connection="ours")) == []
    place.deploy()
    assert [step for step in done(place.deploying.deletion()) if "connection" in step] == []
    boto3.client("secretsmanager").delete_secret(SecretId="login", ForceDeleteWithoutRecovery=True)
    assert [said.partition(";")[0] for said in faults(replace(site, connection="ours"))] == [
        "secret: there is no secret login"
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "redshift://h:5439/d"}, "begins with jdbc:"),
        ({"url": "jdbc:redshift://u:secret@h:5439/d"}, "name no user in it"),
        ({"url": "jdbc:redshift://h:5439/d?password=secret"}, "name no password in it"),
        ({"url": "jdbc:postgresql://h/d?sslpassword=secret"}, "name no sslpassword in it"),
        ({"url": "jdbc:redshift://h:5439"}, "lacks the database"),
        ({"url": "jdbc:oracle://h:5439/d"}, "unknown scheme"),
        ({"security_groups": ()}, "name both or neither"),
    ],
)
def test_an_address_that_no_job_can_use_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        replace(ADDRESS, **changed)
    assert "secret@" not in str(refused.value)


def test_jobs_check_the_certificate_of_redshift_unless_the_url_says_otherwise() -> None:
    assert ADDRESS.checks_certificate
    assert not replace(ADDRESS, url="jdbc:redshift://h/d?sslmode=disable").checks_certificate
    assert not replace(ADDRESS, url="jdbc:postgresql://h/d").checks_certificate


def test_the_command_makes_a_connection_in_the_subnets_zone(place: Place) -> None:
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    zone = f"{ec2.meta.region_name}b"
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
    boto3.client("secretsmanager").create_secret(Name="login", SecretString="{}")
    place.code()
    given = ("--bucket", BUCKET, "--role", str(Stage.TRUST), "--workgroup", WORKGROUP, "--code", str(place.folder))
    address = ("--warehouse-url", ADDRESS.url, "--warehouse-secret", "login")
    deployed = command(*given, *address, "--subnet", subnet, "--security-groups", "g-1,g-2")
    assert "create    connection   covid_lake_warehouse" in deployed.output
    made = boto3.client("glue").get_connection(Name="covid_lake_warehouse")["Connection"]
    assert made["PhysicalConnectionRequirements"] == {
        "SubnetId": subnet,
        "AvailabilityZone": zone,
        "SecurityGroupIdList": ["g-1", "g-2"],
    }
    assert command(*given, *address, "--subnet", subnet, "--security-groups", "g-1,g-2").output == "nothing changes\n"
    gone = command(*given, *address, "--subnet", "subnet-00000000", "--security-groups", "g-1")
    assert (gone.exit_code, "the subnet subnet-00000000 can't be read" in gone.output) == (2, True), gone.output
    half = command(*given, "--warehouse-url", ADDRESS.url)
    assert (half.exit_code, "name both" in half.output) == (2, True)
    deleted = command("--bucket", BUCKET, "--workgroup", WORKGROUP, "--delete")
    assert "delete    connection   covid_lake_warehouse" in deleted.output
    boto3.client("secretsmanager").delete_secret(SecretId="login", ForceDeleteWithoutRecovery=True)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def test_a_deployment_that_fails_in_the_midst_leaves_jobs_with_code_and_the_next_goes_on(place: Place) -> None:
    place.deploy("old")
    before = [job(name)["Command"]["ScriptLocation"] for name in JOBS]
    plan = place.deploying.plan(place.code("new"))
    place.deploying.clients.glue.meta.events.register(
        "before-call.glue.UpdateJob", lambda params, **_: _refuse(params, JOBS[2]), unique_id="refuse"
    )
    with pytest.raises(LakeError, match=rf"to update the job {JOBS[2]}: refused; 3 of 5 steps were done"):
        carry_out(plan, lambda _: None)
    place.deploying.clients.glue.meta.events.unregister("before-call.glue.UpdateJob", unique_id="refuse")
    assert_jobs_have_their_code()
    after = [job(name)["Command"]["ScriptLocation"] for name in JOBS]
    assert (after[2:], [a == b for a, b in zip(after, before, strict=True)]) == (before[2:], [False, False, True, True])
    assert place.deploy("new") == [f"update job {JOBS[2]}", f"update job {JOBS[3]}"]


def _refuse(params: Any, name: str) -> None:
    if f'"{name}"' in params["body"].decode():
        raise LakeError("refused")


def test_named_queries_of_others_stay_and_ours_are_replaced(place: Place) -> None:
    place.deploy()
    athena = boto3.client("athena")
    other = {"Name": "covid19.curve", "Description": "Ana's", "Database": "covid19_curated", "QueryString": "SELECT 1"}
    athena.create_named_query(**other, WorkGroup=WORKGROUP)
    ours = {**other, "Description": "of an earlier version (covid_lake 0123456789ab)"}
    athena.create_named_query(**ours, WorkGroup=WORKGROUP)
    assert place.deploy() == ["delete named query covid19.curve"]
    assert counts()["queries"] == QUERIES + 1
    done(place.deploying.deletion())
    assert counts()["queries"] == 1


def test_all_is_deleted_but_what_is_not_the_deployments(place: Place) -> None:
    place.deploy()
    kept = job(JOBS[1])
    command = {"Name": "glueetl", "ScriptLocation": kept["Command"]["ScriptLocation"]}
    boto3.client("glue").create_job(Name=OTHERS_JOB, Role="r", Command=command)
    boto3.client("s3").put_object(Bucket=BUCKET, Key="lake/landing/x.csv", Body=b"x")
    removed = done(place.deploying.deletion())
    assert len(removed) == 4 + 1 + 4 + 1 + QUERIES  # and the code stays for the other dataset's job
    assert counts() == {**dict.fromkeys(ALL, 0), "jobs": 1, "databases": 4}
    assert len(uploaded(S3Storage(f"s3://{BUCKET}"))) == 1
    boto3.client("glue").delete_job(JobName=OTHERS_JOB)
    assert [step.partition("s3://")[0] for step in done(place.deploying.deletion())] == ["delete code "]
    assert boto3.client("s3").get_object(Bucket=BUCKET, Key="lake/landing/x.csv")["Body"].read() == b"x"


def faults(site: Site) -> list[str]:
    return [f"{one.what}: {one.said}" for one in findings(site, list(Stage)) if one.is_fault]


def test_what_is_missing_is_found_before_anything_is_changed(place: Place) -> None:
    site = place.deploying.site
    assert faults(site) == []
    missing = replace(site, bucket="no-such-bucket-here", connection="none")
    assert [said.partition(";")[0] for said in faults(missing)] == [
        "bucket: there is no bucket no-such-bucket-here",
        "connection: there is no Glue connection none",
    ]
    boto3.client("iam").create_role(RoleName="lambda", AssumeRolePolicyDocument=json.dumps({"Statement": []}))
    wrong = replace(site, roles={**site.roles, Stage.LAND: "lambda", Stage.LOAD: "arn:aws:iam::000000000000:role/gone"})
    said = [one.partition(";")[0] for one in faults(wrong)]
    assert "role of source_to_landing: the role lambda may not be taken on by glue.amazonaws.com" in said
    assert "role of curated_to_redshift: there is no role gone" in said
    boto3.client("iam").delete_role(RoleName="lambda")


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["workflow", "deploy", *arguments])


def test_the_command_shows_what_it_would_do_and_does_it(place: Place) -> None:
    site = place.deploying.site
    place.code()
    given = ("--bucket", BUCKET, "--role", str(Stage.TRUST), "--workgroup", WORKGROUP, "--code", str(place.folder))
    shown = command(*given, "--connection", CONNECTION, "--topic", str(site.topic), "--dry-run")
    assert (shown.exit_code, counts()) == (0, dict.fromkeys(ALL, 0)), shown.output
    assert "create    job          covid_lake_covid19_source_to_landing" in shown.output
    assert shown.output.endswith("18 steps; nothing was changed\n")
    without_code = command(*given[:-2], "--connection", CONNECTION)
    assert (without_code.exit_code, "run scripts/deploy_jobs.sh" in without_code.output) == (2, True)
    deployed = command(*given, "--connection", CONNECTION, "--topic", str(site.topic))
    assert (deployed.exit_code, counts()) == (0, ALL), deployed.output
    assert command(*given, "--connection", CONNECTION, "--topic", str(site.topic)).output == "nothing changes\n"
    deleted = command("--bucket", BUCKET, "--workgroup", WORKGROUP, "--delete")
    assert (deleted.exit_code, counts()["jobs"]) == (0, 0)
    assert f"s3://{BUCKET}/lake, its tables in the Data Catalog, and the stack stay" in deleted.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--role", "x"), 2, "name the stack of infra/lake.yaml with --stack, or a bucket with --bucket"),
        (("--bucket", "b"), 2, "name the role of the jobs with --role"),
        (("--stack", "nothing"), 2, "the stack nothing can't be read"),
        (("--bucket", "b-1", "--role", "x"), 1, "there is no bucket b-1"),
        (("--bucket", "b", "--role", "x", "--datasets", "covit"), 2, "no dataset is called 'covit'"),
        (("--bucket", "b", "--role", "x", "--schedule", "daily"), 2, "cron has 5"),
    ],
)
def test_what_cannot_work_is_told_in_a_sentence(
    emulator: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended = command(*arguments)
    assert (ended.exit_code, said in ended.output) == (code, True), ended.output
    assert boto3.client("glue").get_jobs()["Jobs"] == []


def test_a_workflow_that_is_not_deployed_is_not_played(emulator: str, tmp_path: Path) -> None:
    ended = CliRunner().invoke(main, ["workflow", "play", "covid19", "--folder", str(tmp_path)])
    assert (ended.exit_code, "Glue has no triggers of a workflow covid_lake_covid19" in ended.output) == (2, True)


def test_a_trigger_whose_job_is_gone_ends_as_error_and_none_follows(place: Place, tmp_path: Path) -> None:
    place.deploy()
    boto3.client("glue").delete_job(JobName=JOBS[0])
    player = Player(boto3.client("glue"), tmp_path, starting=lambda job, log: None)
    assert player.play("covid_lake_covid19").states == {JOBS[0]: JobState.ERROR}
    assert player.runs == []


def test_code_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    (tmp_path / "source_to_landing.py").write_text("")
    with pytest.raises(SettingsError, match=r"landing_to_trusted.py, .*, the wheel of covid_lake is missing"):
        Code.of(tmp_path)


def test_only_a_field_that_is_returned_is_compared() -> None:
    wanted = marked({"Name": "a", "Description": "d", "Timeout": 1, "Arguments": {"x": "1", "y": "2"}})
    assert differences(wanted, wanted) == ()
    assert differences({**wanted, "Arguments": {"x": "1", "z": "2"}}, wanted) == ("y", "z")
    assert differences({"Name": "a", "Description": wanted["Description"]}, wanted) == ()
    assert differences({**wanted, "Description": "d (covid_lake 0123456789ab)"}, wanted) == ("its definition",)
