"""Where a workflow is deployed: the bucket, the roles and what else the account has ready for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from covid_lake.deploy.workflow import Stage
from covid_lake.errors import SettingsError

LAKE: Final = "lake"
DEFAULT_WORKGROUP: Final = "primary"
# The outputs of infra/lake.yaml that name the jobs' roles.
ROLE_OUTPUTS: Final = {
    Stage.LAND: "LandingRoleArn",
    Stage.TRUST: "TrustedRoleArn",
    Stage.CURATE: "CuratedRoleArn",
    Stage.LOAD: "WarehouseRoleArn",
}


@dataclass(frozen=True, slots=True)
class Site:
    """What an account has ready for the jobs."""

    bucket: str
    """The bucket of the lake and of the jobs' code."""
    roles: Mapping[Stage, str] = field(default_factory=dict)
    """The role of each stage's job: a name or an ARN."""
    connection: str | None = None
    """The Glue connection of the warehouse; without one, no warehouse is loaded."""
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
