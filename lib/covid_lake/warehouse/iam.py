"""Redshift's temporary passwords: given by AWS to whom IAM lets in, so that no password is stored anywhere.

They are asked for by boto3, which every Glue job has; the JDBC driver would need the AWS SDK for Java for it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from covid_lake.errors import SettingsError
from covid_lake.warehouse.faults import Unreachable

# Endpoints, such as cluster.abc123.us-east-1.redshift.amazonaws.com.
CLUSTER: Final = re.compile(r"(?P<name>[^.]+)\.[^.]+\.(?P<region>[^.]+)\.redshift\.amazonaws\.com(\.cn)?")
WORKGROUP: Final = re.compile(r"(?P<name>[^.]+)\.\d+\.(?P<region>[^.]+)\.redshift-serverless\.amazonaws\.com(\.cn)?")
# The longest life that either service gives a password. Sessions that are open at its end go on.
LIFE_SECONDS: Final = 3600
# A password is not used for a new session in the last part of its life.
SPARE_SECONDS: Final = 300

# Makes a client of a service in a region.
Client = Callable[[str, str], Any]


def _boto_client(service: str, region: str) -> Any:
    import boto3

    return boto3.client(service, region_name=region)


@dataclass(slots=True)
class IamLogin:
    """Logs in with the rights of whoever runs this process: the role of the Glue job, or the user's profile."""

    name: str
    """The cluster or, of Redshift Serverless, the workgroup."""
    region: str
    """The region that it is in."""
    database: str
    """The database to log in to."""
    is_serverless: bool
    """Whether `name` is a workgroup."""
    db_user: str | None = None
    """The database user to be; None means one that AWS names after the role. A workgroup always does that."""
    named: Mapping[str, str] = field(default_factory=dict)
    """What the URL names beside the host, by the names of Redshift's JDBC driver."""
    client: Client = _boto_client
    """Makes clients of AWS."""
    clock: Callable[[], float] = time.monotonic
    """Gives the time in seconds."""
    _given: tuple[str, str] | None = field(default=None, init=False, repr=False)
    _ends: float = field(default=0.0, init=False, repr=False)

    @classmethod
    def of_host(
        cls, host: str, database: str, db_user: str | None, *, cluster: str | None, workgroup: str | None,
        region: str | None,
    ) -> IamLogin:  # fmt: skip
        """The login of an endpoint, whose name tells the rest; a name of one's own needs `cluster` or `workgroup`.

        Raises `SettingsError` where either tells nothing.
        """
        is_serverless = workgroup is not None or (cluster is None and WORKGROUP.fullmatch(host) is not None)
        found = (WORKGROUP if is_serverless else CLUSTER).fullmatch(host)
        name = workgroup or cluster or (found["name"] if found else None)
        given_region, region = region, region or (found["region"] if found else None)
        if name is None or region is None:
            raise SettingsError(
                "the warehouse's URL asks for IAM, and its host is no endpoint of Redshift, such as "
                "cluster.abc123.us-east-1.redshift.amazonaws.com or "
                "workgroup.123456789012.us-east-1.redshift-serverless.amazonaws.com; add ?ClusterID=NAME or "
                "?serverlessWorkGroup=NAME, and &Region=REGION"
            )
        given = {"ClusterID": cluster, "serverlessWorkGroup": workgroup, "Region": given_region}
        named = {name: value for name, value in given.items() if value}
        return cls(name, region, database, is_serverless, db_user, named)

    def credentials(self) -> tuple[str, str]:
        """User and password for a new session; asked for again when they come to their end.

        Raises `Unreachable`, which names the permission that may be missing.
        """
        if self._given is None or self.clock() > self._ends - SPARE_SECONDS:
            asked_at = self.clock()
            self._given = self._ask()
            self._ends = asked_at + LIFE_SECONDS
        return self._given

    @property
    def password(self) -> str:
        """The password that was given last, to be masked in texts; empty where none was asked for yet."""
        return self._given[1] if self._given else ""

    def _ask(self) -> tuple[str, str]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self.is_serverless:
                action = "redshift-serverless:GetCredentials"
                answer = self.client("redshift-serverless", self.region).get_credentials(
                    workgroupName=self.name, dbName=self.database, durationSeconds=LIFE_SECONDS
                )
                return answer["dbUser"], answer["dbPassword"]
            redshift = self.client("redshift", self.region)
            its = {"ClusterIdentifier": self.name, "DbName": self.database, "DurationSeconds": LIFE_SECONDS}
            if self.db_user:
                action = "redshift:GetClusterCredentials"
                answer = redshift.get_cluster_credentials(DbUser=self.db_user, AutoCreate=False, **its)
            else:
                action = "redshift:GetClusterCredentialsWithIAM"
                answer = redshift.get_cluster_credentials_with_iam(**its)
            return answer["DbUser"], answer["DbPassword"]
        except (BotoCoreError, ClientError) as error:
            kind = "workgroup" if self.is_serverless else "cluster"
            raise Unreachable(
                f"AWS gave no password for the {kind} {self.name} in {self.region}: {error}\n"
                f"The role of the job, or the user's profile, needs {action} on it, and a network with a way to that "
                "service"
            ) from error
