"""Where a workflow is deployed: the bucket, the roles and what else the account has ready for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from covid_lake.deploy.workflow import Stage
from covid_lake.errors import SettingsError
from covid_lake.warehouse.dialects import REDSHIFT
from covid_lake.warehouse.urls import KNOWN, read_url

LAKE: Final = "lake"
DEFAULT_WORKGROUP: Final = "primary"
DEFAULT_CONNECTION: Final = "covid_lake_warehouse"
# The outputs of infra/lake.yaml that name the jobs' roles.
ROLE_OUTPUTS: Final = {
    Stage.LAND: "LandingRoleArn",
    Stage.TRUST: "TrustedRoleArn",
    Stage.CURATE: "CuratedRoleArn",
    Stage.LOAD: "WarehouseRoleArn",
}


@dataclass(frozen=True, slots=True)
class WarehouseAddress:
    """Where a warehouse is that has no Glue connection yet. Raises `SettingsError` for a URL that a job can't use."""

    url: str
    """`jdbc:redshift://host:port/database`, or `jdbc:postgresql://…`; without user and password."""
    secret: str
    """The secret in AWS Secrets Manager with `username` and `password`."""
    subnet: str | None = None
    """The subnet in which the job runs; None for a warehouse that is reached without one."""
    zone: str | None = None
    """The subnet's availability zone, which Glue wants to be told."""
    security_groups: tuple[str, ...] = ()
    """The security groups of the job in that subnet."""

    def __post_init__(self) -> None:
        if not self.url.startswith("jdbc:"):
            raise SettingsError("the URL of a Glue connection begins with jdbc:, as in jdbc:redshift://host:5439/lake")
        found = read_url(self.url)
        parts = found.parts
        secrets = [name for name in found.properties if KNOWN[name].is_secret]
        if named := [name for name in ("user", "password") if name in parts] + secrets:
            raise SettingsError(
                f"the URL of a Glue connection can be read by many; name no {named[0]} in it, but the secret with the "
                "user and the password"
            )
        if missing := [name for name in ("host", "database") if name not in parts]:
            raise SettingsError(f"the URL of the warehouse lacks the {missing[0]}: jdbc:redshift://host:5439/lake")
        if bool(self.subnet) != bool(self.security_groups):
            raise SettingsError("a job runs in a subnet with security groups: name both or neither")

    @property
    def checks_certificate(self) -> bool:
        """Whether jobs check the server's certificate. Redshift's driver has what it needs for it; other servers' URLs
        say with `sslmode=verify-full` and `sslrootcert` which certificates are trusted.
        """
        found = read_url(self.url)
        return found.dialect is REDSHIFT and "sslmode" not in found.properties


@dataclass(frozen=True, slots=True)
class Site:
    """What an account has ready for the jobs."""

    bucket: str
    """The bucket of the lake and of the jobs' code."""
    roles: Mapping[Stage, str] = field(default_factory=dict)
    """The role of each stage's job: a name or an ARN."""
    connection: str | None = None
    """The Glue connection of the warehouse; without one, no warehouse is loaded."""
    warehouse: WarehouseAddress | None = None
    """What the connection is made from; None where somebody else makes it, such as the stack."""
    copy_role: str | None = None
    """The ARN of the role with which Redshift reads the lake; None where it has a default role for that."""
    topic: str | None = None
    """The ARN of the SNS topic that hears of refreshes which are missing; without one, there are no alarms."""
    workgroup: str = DEFAULT_WORKGROUP
    """The workgroup of Athena that gets the named queries."""
    pseudonym_secret: str | None = None
    """The secret that holds the key of pseudonyms."""

    @property
    def lake_root(self) -> str:
        """The lake."""
        return f"s3://{self.bucket}/{LAKE}"


def site_of_stack(cloudformation: Any, stack: str) -> Site:
    """The site that the stack of infra/lake.yaml has made.

    Raises `SettingsError` where there is no such stack, or it is another one.
    """
    from botocore.exceptions import ClientError

    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        raise SettingsError(f"the stack {stack} can't be read: {error.response['Error']['Message']}") from error
    out = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}
    lacking = [name for name in ("LakeRoot", "LandingRoleArn", "TrustedRoleArn", "CuratedRoleArn") if name not in out]
    if lacking:
        raise SettingsError(
            f"the stack {stack} ({found['StackStatus']}) has no output {lacking[0]}; it must be made from "
            "infra/lake.yaml, and be complete"
        )
    return Site(
        bucket=out["LakeRoot"].removeprefix("s3://").partition("/")[0],
        roles={stage: out[name] for stage, name in ROLE_OUTPUTS.items() if name in out},
        connection=out.get("ConnectionName"),
        topic=out.get("AlarmTopicArn"),
        workgroup=out.get("WorkgroupName", DEFAULT_WORKGROUP),
        pseudonym_secret=out.get("PseudonymSecretName"),
    )


def zone_of(ec2: Any, subnet: str) -> str:
    """The availability zone of a subnet. Raises `SettingsError` where there is no such subnet."""
    from botocore.exceptions import ClientError

    try:
        (found,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    except ClientError as error:
        raise SettingsError(f"the subnet {subnet} can't be read: {error.response['Error']['Message']}") from error
    return str(found["AvailabilityZone"])
