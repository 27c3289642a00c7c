"""What is found out about an account before anything is changed: what is missing, and what could not be looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final
from urllib.parse import unquote

from covid_lake.deploy.deploying import client
from covid_lake.deploy.resources import MARK
from covid_lake.deploy.site import Site, WarehouseAddress
from covid_lake.deploy.workflow import Stage
from covid_lake.errors import SettingsError

# One call for each stage, without which its job fails: what it does, and to what below the bucket.
NEEDED: Final[Mapping[Stage, tuple[tuple[str, str], ...]]] = {
    Stage.LAND: (("s3:GetObject", "deploy/*"), ("s3:PutObject", "lake/landing/*")),
    Stage.TRUST: (("s3:GetObject", "deploy/*"), ("s3:PutObject", "lake/trusted/x/y/version=1/*")),
    Stage.CURATE: (("s3:GetObject", "deploy/*"), ("s3:PutObject", "lake/curated/x/y/version=1/*")),
    Stage.LOAD: (("s3:GetObject", "deploy/*"), ("s3:PutObject", "lake/_loads/*")),
}
Aws = Callable[[str], Any]
EVERYBODY: Final = "IAM_ALLOWED_PRINCIPALS"
DENIALS: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
# What an emulator, or a partition of AWS without the service, answers.
UNKNOWN: Final = ("UnknownOperationException", "InvalidAction", "NotImplemented", "InternalFailure", "501", "404")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at."""

    what: str
    """What was looked at."""
    is_fault: bool
    """Whether the deployment or the jobs would fail by it."""
    said: str
    """What was found; of a fault also the way out."""


def findings(site: Site, stages: Sequence[Stage]) -> Iterator[Finding]:
    """Look at all that the deployment stands on, for jobs of these stages. Changes nothing."""
    from botocore.exceptions import BotoCoreError, ClientError

    aws = cache(client)
    looks: list[tuple[str, Callable[[], str]]] = [
        ("identity", partial(_identity, aws)),
        ("bucket", partial(_bucket, aws, site)),
        *((f"role of {stage}", partial(_role, aws, site, stage)) for stage in stages),
        *((f"rights of {stage}", partial(_rights, aws, site, stage)) for stage in stages),
        *([("connection", partial(_connection, aws, site))] if site.connection else []),
        *([("secret", partial(_secret, aws, site.warehouse))] if site.warehouse else []),
        *([("topic", partial(_topic, aws, site))] if site.topic else []),
        ("workgroup", partial(_workgroup, aws, site)),
        ("Lake Formation", partial(_lake_formation, aws)),
    ]
    for what, look in looks:
        try:
            yield Finding(what, is_fault=False, said=look())
        except SettingsError as error:
            yield Finding(what, is_fault=True, said=str(error))
        except ClientError as error:
            code, said = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if code in (*DENIALS, *UNKNOWN):
                yield Finding(what, is_fault=False, said=f"could not be looked at: {code} {said}")
            else:
                yield Finding(what, is_fault=True, said=f"{code}: {said}")
        except BotoCoreError as error:
            yield Finding(what, is_fault=True, said=f"{error}; look at --region, --endpoint-url and the credentials")


def _identity(aws: Aws) -> str:
    found = aws("sts").get_caller_identity()
    return f"{found['Arn']}, account {found['Account']}"


def _bucket(aws: Aws, site: Site) -> str:
    from botocore.exceptions import ClientError

    s3 = aws("s3")
    try:
        s3.head_bucket(Bucket=site.bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            raise SettingsError(
                f"there is no bucket {site.bucket}; the stack of infra/lake.yaml makes one (docs/deploy.md)"
            ) from error
        raise
    # Of the first region S3 says nothing.
    region, here = (
        s3.get_bucket_location(Bucket=site.bucket).get("LocationConstraint") or "us-east-1",
        s3.meta.region_name,
    )
    if region != here:
        raise SettingsError(
            f"the bucket {site.bucket} is in {region}, and the jobs would be in {here}: use --region {region}"
        )
    return f"s3://{site.bucket} in {region}"


def _role(aws: Aws, site: Site, stage: Stage) -> str:
    from botocore.exceptions import ClientError

    role = site.roles[stage]
    name = role.rpartition("/")[2]
    try:
        found = aws("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            raise SettingsError(
                f"there is no role {name}; name another with --role, or a stack with --stack"
            ) from error
        raise
    trusted = found["AssumeRolePolicyDocument"]
    policy = trusted if isinstance(trusted, dict) else json.loads(unquote(trusted))
    services = [_services(one) for one in policy["Statement"] if one["Effect"] == "Allow"]
    if not any("glue.amazonaws.com" in those for those in services):
        raise SettingsError(f"the role {name} may not be taken on by glue.amazonaws.com; add it to its trust policy")
    return f"{found['Arn']}, which Glue may take on"


def _services(statement: Mapping[str, Any]) -> list[str]:
    principal = statement.get("Principal", {})
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    return [services] if isinstance(services, str) else list(services)


def _rights(aws: Aws, site: Site, stage: Stage) -> str:
    iam = aws("iam")
    try:
        arn = iam.get_role(RoleName=site.roles[stage].rpartition("/")[2])["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        return "not looked at, for there is no such role"
    for action, place in NEEDED[stage]:
        resource = f"arn:aws:s3:::{site.bucket}/{place}"
        answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=[action], ResourceArns=[resource])
        if any(one["EvalDecision"] != "allowed" for one in answer["EvaluationResults"]):
            raise SettingsError(
                f"{arn} lacks the right {action} to {resource}; infra/lake.yaml says what each role needs"
            )
    return f"{arn} may read its code and write what it makes"


def _connection(aws: Aws, site: Site) -> str:
    from botocore.exceptions import ClientError

    try:
        found = aws("glue").get_connection(Name=site.connection, HidePassword=True)["Connection"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        if site.warehouse:
            return f"{site.connection}, which the deployment makes"
        raise SettingsError(
            f"there is no Glue connection {site.connection}; the stack of infra/lake.yaml makes one, and "
            "--warehouse-url has the deployment make one; without --connection the lake has no warehouse"
        ) from error
    if site.warehouse and not MARK.search(found.get("Description", "")):
        raise SettingsError(
            f"the connection {site.connection} was made by somebody else and stays as it is: leave out --warehouse-url "
            "to use it, or name another with --connection"
        )
    if found["ConnectionType"] not in ("JDBC", "REDSHIFT", "POSTGRESQL"):
        raise SettingsError(f"the connection {site.connection} is of type {found['ConnectionType']}, and not of JDBC")
    return f"{site.connection}, of type {found['ConnectionType']}"


def _secret(aws: Aws, warehouse: WarehouseAddress) -> str:
    from botocore.exceptions import ClientError

    try:
        found = aws("secretsmanager").describe_secret(SecretId=warehouse.secret)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise SettingsError(
                f"there is no secret {warehouse.secret}; it holds the warehouse's user, as "
                '{"username": …, "password": …}'
            ) from error
        raise
    return str(found["Name"])


def _topic(aws: Aws, site: Site) -> str:
    aws("sns").get_topic_attributes(TopicArn=site.topic)
    return str(site.topic)


def _workgroup(aws: Aws, site: Site) -> str:
    found = aws("athena").get_work_group(WorkGroup=site.workgroup)["WorkGroup"]
    if found.get("State", "ENABLED") != "ENABLED":
        raise SettingsError(f"Athena's workgroup {site.workgroup} is {found['State']}; enable it")
    return site.workgroup


def _lake_formation(aws: Aws) -> str:
    from botocore.exceptions import ClientError

    try:
        settings = aws("lakeformation").get_data_lake_settings()["DataLakeSettings"]
    except ClientError as error:  # nothing here stands on it, and in most accounts nobody uses it
        return f"could not be looked at: {error}"
    for name in ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions"):
        given = [one["Principal"]["DataLakePrincipalIdentifier"] for one in settings.get(name, ())]
        if EVERYBODY not in given:
            return (
                "decides who may use new databases and tables, and IAM's rights are not enough: grant what "
                "docs/deploy.md lists under 'An account with Lake Formation'"
            )
    return "leaves new databases and tables to IAM"
