"""The template is carried out by the emulator's CloudFormation, as far as it knows the resources; then inspected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from infra.template import template

STACK = "covid-lake-test"
BUCKET = "lake-made-by-a-stack"
# What the emulator refuses, with the whole template: these are taken out before, and are checked by the linter alone.
REFUSED = (
    "AWS::RedshiftServerless::Namespace",
    "AWS::RedshiftServerless::Workgroup",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SecurityGroupEgress",
)
PARAMETERS = {"BucketName": BUCKET, "AlarmEmail": "somebody@example.com", "S3PrefixListId": "pl-63a5400a"}


def accepted() -> dict[str, Any]:
    """The template without what the emulator refuses, and with a made-up address of the warehouse."""
    whole = json.loads(json.dumps(template()))
    gone = {name for name, one in whole["Resources"].items() if one["Type"] in REFUSED}
    whole["Resources"] = {name: one for name, one in whole["Resources"].items() if name not in gone}
    properties = whole["Resources"]["WarehouseConnection"]["Properties"]["ConnectionInput"]["ConnectionProperties"]
    properties["JDBC_CONNECTION_URL"] = "jdbc:redshift://warehouse.example:5439/lake"
    return dict(whole)


@dataclass(frozen=True)
class Stack:
    """The stack, as it stands in the emulator."""

    resources: dict[str, dict[str, str]]
    """Type and physical id, by logical name."""
    outputs: dict[str, str]

    def id_of(self, name: str) -> str:
        return self.resources[name]["PhysicalResourceId"]


def parameters(**changes: str) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in {**PARAMETERS, **changes}.items()]


def described(client: Any, status: str) -> Stack:
    """The stack, which must have that status."""
    (found,) = client.describe_stacks(StackName=STACK)["Stacks"]
    events = client.describe_stack_events(StackName=STACK)["StackEvents"]
    reasons = [one.get("ResourceStatusReason") for one in events if "FAILED" in one["ResourceStatus"]]
    assert found["StackStatus"] == status, reasons
    listed = client.describe_stack_resources(StackName=STACK)["StackResources"]
    return Stack(
        {one["LogicalResourceId"]: one for one in listed},
        {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
    )


@pytest.fixture(scope="module")
def cloudformation(emulator: str) -> Any:
    return boto3.client("cloudformation")


@pytest.fixture(scope="module")
def stack(cloudformation: Any) -> Iterator[Stack]:
    body = json.dumps(accepted())
    cloudformation.create_stack(
        StackName=STACK, TemplateBody=body, Parameters=parameters(), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    yield described(cloudformation, "CREATE_COMPLETE")
    cloudformation.delete_stack(StackName=STACK)


def test_every_resource_is_made_but_those_that_the_emulator_refuses(stack: Stack) -> None:
    left_out = template()["Resources"].keys() - stack.resources.keys()
    assert {template()["Resources"][name]["Type"] for name in left_out} == set(REFUSED)
    assert len(stack.resources) == len(accepted()["Resources"])
    print(f"made {len(stack.resources)} resources; left out: {', '.join(sorted(left_out))}")


def test_the_bucket_is_private_and_versioned(stack: Stack) -> None:
    s3 = boto3.client("s3")
    assert stack.id_of("LakeBucket") == BUCKET
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_roles_have_their_policies(stack: Stack) -> None:
    iam = boto3.client("iam")
    role = stack.id_of("CuratedRole")
    assert role == f"{STACK}-s3-glue-role-curated"
    policy = iam.get_role_policy(RoleName=role, PolicyName="curate")["PolicyDocument"]
    secrets = [one["Resource"] for one in policy["Statement"] if one["Sid"] == "ReadTheKeyOfPseudonyms"]
    assert secrets == [stack.id_of("PseudonymSecret")]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert {one["PolicyArn"] for one in attached} == {stack.id_of("JobPolicy"), stack.id_of("CatalogPolicy")}


def test_the_secrets_hold_what_the_jobs_need(stack: Stack) -> None:
    secrets = boto3.client("secretsmanager")
    login = json.loads(secrets.get_secret_value(SecretId=stack.id_of("WarehouseSecret"))["SecretString"])
    assert (login["username"], len(login["password"])) == ("lake_loader", 32)
    key = secrets.get_secret_value(SecretId=stack.outputs["PseudonymSecretName"])["SecretString"]
    assert len(key) == 64


def test_the_connection_reaches_the_private_subnet_with_the_secret(stack: Stack) -> None:
    connection = boto3.client("glue").get_connection(Name=stack.outputs["ConnectionName"])["Connection"]
    assert connection["ConnectionType"] == "JDBC"
    assert connection["ConnectionProperties"]["SECRET_ID"] == stack.id_of("WarehouseSecret")
    assert connection["ConnectionProperties"]["JDBC_ENFORCE_SSL"] == "true"
    place = connection["PhysicalConnectionRequirements"]
    assert (place["SubnetId"], place["SecurityGroupIdList"]) == (stack.id_of("SubnetA"), [stack.id_of("JobGroup")])


def test_a_failed_job_goes_to_the_topic(stack: Stack) -> None:
    events = boto3.client("events")
    pattern = json.loads(events.describe_rule(Name=f"{STACK}-job-failed")["EventPattern"])
    assert pattern["detail"]["state"] == ["FAILED", "TIMEOUT", "STOPPED", "ERROR"]
    (target,) = events.list_targets_by_rule(Rule=f"{STACK}-job-failed")["Targets"]
    assert target["Arn"] == stack.outputs["AlarmTopicArn"]
    (subscription,) = boto3.client("sns").list_subscriptions_by_topic(TopicArn=target["Arn"])["Subscriptions"]
    assert subscription["Endpoint"] == "somebody@example.com"


def test_the_workgroup_has_a_limit_and_a_change_of_it_is_carried_out(stack: Stack, cloudformation: Any) -> None:
    athena = boto3.client("athena")

    def limit() -> int:
        group = athena.get_work_group(WorkGroup=stack.outputs["WorkgroupName"])["WorkGroup"]
        return int(group["Configuration"]["BytesScannedCutoffPerQuery"])

    assert limit() == 10 * 1024**3
    cloudformation.update_stack(
        StackName=STACK,
        TemplateBody=json.dumps(accepted()),
        Parameters=parameters(ScanLimitBytes="20971520"),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    described(cloudformation, "UPDATE_COMPLETE")
    assert limit() == 20971520


def test_without_a_warehouse_neither_it_nor_its_network_is_made(cloudformation: Any) -> None:
    name = f"{STACK}-small"
    given = parameters(BucketName=f"{BUCKET}-small", WithWarehouse="false", S3PrefixListId="", AlarmEmail="")
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(accepted()),
        Parameters=given,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    made = {
        one["LogicalResourceId"] for one in cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    }
    without = {key for key, one in template()["Resources"].items() if "Condition" not in one}
    assert made == without
    cloudformation.delete_stack(StackName=name)
