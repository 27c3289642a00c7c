"""infra/lake.yaml: what it must hold, read from the file. What it gives to jobs is measured in test_rights.py."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.deploy.alarms import FAILURE_PATTERN
from infra.template import BUCKET, FILE, all_statements, resolve, resources, rights_of, template, text

# What names no resource, and why it can't.
EVERYTHING = {
    "JobPolicy.WriteGluesOwnMetrics": "CloudWatch's metrics are no resources; the condition names Glue's namespace",
    "WarehouseRole.LookAtTheNetwork": "EC2 lets nobody name resources for what describes them",
    "AnalystRole.FindTheWorkgroup": "Athena lets nobody name resources for its lists",
}
ANYWHERE = ("0.0.0.0/0", "::/0")
BUCKETS = ["LakeBucket", "ResultBucket"]


def test_the_linter_of_cloudformation_has_nothing_to_say() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    said = subprocess.run([str(linter), str(FILE)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_no_right_is_given_by_a_star() -> None:
    given = [one for one in all_statements() if one.effect == "Allow"]
    assert len(given) > 20
    assert [one.place for one in given if any("*" in action for action in one.actions)] == []
    assert {one.place for one in given if "*" in one.targets} == set(EVERYTHING)


def test_a_right_to_everything_of_a_kind_has_a_condition_or_only_looks() -> None:
    for one in all_statements():
        if one.place in EVERYTHING:
            looks = all(action.partition(":")[2].startswith(("Describe", "List")) for action in one.actions)
            assert looks or one.condition, one.place


def test_who_may_take_on_a_role_is_named() -> None:
    trusted = {
        name: json.dumps(resolve(role["AssumeRolePolicyDocument"]["Statement"]))
        for name, role in resources("AWS::IAM::Role").items()
    }
    assert not any('"*"' in one for one in trusted.values())
    services = {name: one for name, one in trusted.items() if name != "AnalystRole"}
    assert all("aws:SourceAccount" in one for one in services.values())


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_versioned_encrypted_private_and_kept_when_the_stack_goes(bucket: str) -> None:
    properties = resources("AWS::S3::Bucket")[bucket]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert template()["Resources"][bucket]["DeletionPolicy"] == "Retain"
    assert any("NoncurrentVersionExpiration" in rule for rule in properties["LifecycleConfiguration"]["Rules"])


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_answers_over_tls_only(bucket: str) -> None:
    (statement,) = resources("AWS::S3::BucketPolicy")[f"{bucket}Policy"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


def test_quarantine_and_old_versions_are_kept_for_a_time() -> None:
    rules = {rule["Id"]: rule for rule in resources("AWS::S3::Bucket")["LakeBucket"]["LifecycleConfiguration"]["Rules"]}
    assert rules["quarantine"]["Prefix"] == f"lake/{Zone.QUARANTINE}/"
    assert rules["quarantine"]["ExpirationInDays"] == {"Ref": "QuarantineDays"}
    assert "ExpirationInDays" not in rules["what-was-deleted-or-overwritten"]  # what is there now stays


def test_nothing_is_open_to_everybody() -> None:
    assert not any(place in text() for place in ANYWHERE)
    groups = resources("AWS::EC2::SecurityGroup")
    # EC2 opens a group that says nothing of what goes out.
    assert all(group["SecurityGroupEgress"] for group in groups.values())
    assert "AWS::EC2::InternetGateway" not in text()
    assert resources("AWS::RedshiftServerless::Workgroup")["Warehouse"]["PubliclyAccessible"] is False


def test_a_query_that_scans_too_much_is_ended() -> None:
    settings = resources("AWS::Athena::WorkGroup")["Workgroup"]["WorkGroupConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"] == {"Ref": "ScanLimitBytes"}
    assert template()["Parameters"]["ScanLimitBytes"]["Default"] == 10 * 1024**3


def test_the_rule_is_the_one_that_was_proved() -> None:
    rule = resources("AWS::Events::Rule")["FailureRule"]
    assert rule["EventPattern"] == json.loads(json.dumps(FAILURE_PATTERN))
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": "AlarmTopic"}]


def test_the_well_known_roles_are_there() -> None:
    names = {resolve(role["RoleName"]) for role in resources("AWS::IAM::Role").values()}
    assert "covid-lake-redshift_s3_access" in names
    assert {name for name in names if "s3-glue-role" in name} == {
        f"covid-lake-s3-glue-role-{stage}" for stage in ("landing", "trusted", "curated", "warehouse")
    }


def s3(path: str) -> str:
    return f"arn:aws:s3:::{BUCKET}/lake/{path}"


@pytest.mark.parametrize("dataset", registry.dataset_names())
def test_analysts_read_what_may_be_read_and_change_nothing(dataset: str) -> None:
    rights = rights_of("AnalystRole")
    assert not any("Delete" in action for one in rights for action in one.actions)
    writes = {target for one in rights for target in one.targets if "s3:PutObject" in one.actions}
    assert writes == {f"arn:aws:s3:::{BUCKET}-athena/*"}
    may_read = {zone: any(one.allows("s3:GetObject", s3(f"{zone}/{dataset}/x")) for one in rights) for zone in Zone}
    flow = registry.flow(dataset)
    is_open = not flow.dataset.withholds and not flow.erasures
    assert may_read == {
        Zone.LANDING: is_open,
        Zone.QUARANTINE: is_open,
        Zone.TRUSTED: True,
        Zone.CURATED: True,
    }


@pytest.mark.parametrize("dataset", registry.dataset_names())
def test_jobs_and_analysts_have_the_tables_of_every_dataset(dataset: str) -> None:
    """A dataset that is new has to be named in the template."""
    for role in ("TrustedRole", "CuratedRole", "WarehouseRole", "AnalystRole"):
        for zone in (Zone.TRUSTED, Zone.CURATED):
            table = f"arn:aws:glue:us-east-1:123456789012:table/{dataset}_{zone}/x"
            assert any(one.allows("glue:GetTable", table) for one in rights_of(role)), (role, table)


@pytest.mark.parametrize("role", ["LandingRole", "TrustedRole", "CuratedRole", "WarehouseRole"])
def test_no_job_removes_landing_files_or_snapshots_or_changes_its_code(role: str) -> None:
    def may(action: str, target: str) -> bool:
        return any(one.allows(action, target) for one in rights_of(role))

    assert not may("s3:DeleteObject", s3("landing/covid19/a.csv"))
    assert not may("s3:DeleteObject", s3("_snapshots/covid19/0000000001.json"))
    assert not may("s3:PutObject", f"arn:aws:s3:::{BUCKET}/deploy/x/glue_jobs/landing_to_trusted.py")
    assert may("s3:GetObject", f"arn:aws:s3:::{BUCKET}/deploy/x/glue_jobs/landing_to_trusted.py")


def test_a_warehouse_can_be_left_out() -> None:
    """Whatever needs the warehouse or its network has the condition, and nothing else refers to it."""
    with_it = {name for name, one in template()["Resources"].items() if one.get("Condition") == "HasWarehouse"}
    for name, one in {**template()["Resources"], **template()["Outputs"]}.items():
        if one.get("Condition") != "HasWarehouse":
            assert not referred(one) & with_it, name


def referred(value: Any) -> set[str]:
    """The logical names that a value refers to."""
    if isinstance(value, list):
        return {name for one in value for name in referred(one)}
    if not isinstance(value, dict):
        return set()
    names = {value["Ref"]} if "Ref" in value else set()
    if "Fn::GetAtt" in value:
        names.add(value["Fn::GetAtt"][0])
    if "Fn::Sub" in value:
        names |= set(re.findall(r"\$\{(\w+)[.}]", value["Fn::Sub"]))
    return names | {name for one in value.values() for name in referred(one)}
