from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from pyspark.sql import SparkSession

from covid_lake.errors import SettingsError, WarehouseError
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import REDSHIFT
from covid_lake.warehouse.retries import Deadline


def test_url_is_read_with_everything_in_it() -> None:
    connection = WarehouseConnection.from_url("postgresql://ana%40x:p%2Fw@db.example:6543/lake?sslmode=require", {})
    assert connection.jdbc_url == "jdbc:postgresql://db.example:6543/lake"
    assert connection.jdbc_properties == {
        "user": "ana@x",
        "password": "p/w",
        "driver": "org.postgresql.Driver",
        "sslmode": "require",
    }


def test_password_comes_from_the_environment_when_the_url_has_none() -> None:
    connection = WarehouseConnection.from_url("postgresql://ana@db.example/lake", {"PGPASSWORD": "secret"})
    assert (connection.port, connection.password) == (5432, "secret")


def test_password_is_in_no_text_of_the_connection() -> None:
    connection = WarehouseConnection.from_url("postgresql://ana:secret@db.example/lake", {})
    refused = connection.unreachable("password=secret wrong")
    assert "secret" not in f"{connection!r} {connection} {connection.url} {refused}"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_failed_connection_to_this_machine_names_the_command_that_starts_the_warehouse(host: str) -> None:
    connection = WarehouseConnection.from_url(f"postgresql://ana:secret@{host}/lake", {})
    assert "covid-lake warehouse start" in str(connection.unreachable("refused"))


def test_a_failed_connection_to_another_machine_asks_for_the_way_there() -> None:
    connection = WarehouseConnection.from_url("redshift://ana:secret@cluster.example/lake", {})
    assert str(connection.unreachable("timed out")).endswith(
        "timed out\nIs it running, and may this machine reach cluster.example:5439?"
    )


def test_redshift_has_its_own_driver_and_port() -> None:
    connection = WarehouseConnection.from_url("redshift://ana:secret@cluster.example/lake", {})
    assert connection.dialect is REDSHIFT
    assert connection.jdbc_url == "jdbc:redshift://cluster.example:5439/lake"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ana:secret@db.example/lake",
        "postgresql://db.example/lake",
        "postgresql://ana:secret@db.example",
        "postgresql://ana:secret@db.example:port/lake",
        "nonsense secret",
    ],
)
def test_unusable_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match="expected postgresql://") as refused:
        WarehouseConnection.from_url(url, {})
    assert "secret" not in str(refused.value)


def test_missing_password_says_where_to_put_it() -> None:
    with pytest.raises(SettingsError, match="PGPASSWORD"):
        WarehouseConnection.from_url("postgresql://ana@db.example/lake", {})


# --- Redshift's own URLs ---------------------------------------------------------------------------------------------

CLUSTER = "lake.abc123.us-east-1.redshift.amazonaws.com"
WORKGROUP = "lake.123456789012.eu-west-1.redshift-serverless.amazonaws.com"


def test_redshift_s_urls_may_have_semicolons_and_its_own_names() -> None:
    connection = WarehouseConnection.from_url(f"jdbc:redshift://{CLUSTER}:5440/dev;UID=ana;PWD=p%3Ax;ssl=true", {})
    assert (connection.user, connection.password, connection.port) == ("ana", "p:x", 5440)
    assert connection.properties == {"sslmode": "verify-ca"}
    assert connection.jdbc_url == f"jdbc:redshift://{CLUSTER}:5440/dev"
    open_one = WarehouseConnection.from_url(f"redshift://ana:x@{CLUSTER}/dev?ssl=false", {})
    assert open_one.properties == {"sslmode": "disable"}


def login_of(
    url: str, service: str, region: str, clock: Callable[[], float] = float
) -> tuple[WarehouseConnection, Stubber]:
    """A connection with a login by IAM, and the service's client, whose answers are still to be said.

    The stubber knows what the service takes and gives.
    """
    connection, stubber = WarehouseConnection.from_url(url, {}), Stubber(aws_client(service, region))
    stubber.activate()
    assert connection.login is not None
    connection.login.clock = clock

    def client(asked_service: str, asked_region: str) -> object:
        assert (asked_service, asked_region) == (service, region)
        return stubber.client

    connection.login.client = client
    return connection, stubber


def aws_client(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region, aws_access_key_id="x", aws_secret_access_key="x")


def test_a_cluster_s_user_gets_a_temporary_password() -> None:
    connection, aws = login_of(f"jdbc:redshift:iam://{CLUSTER}:5439/dev?DbUser=loader", "redshift", "us-east-1")
    aws.add_response(
        "get_cluster_credentials",
        {"DbUser": "IAM:loader", "DbPassword": "te/mp"},
        {
            "DbUser": "loader",
            "AutoCreate": False,
            "ClusterIdentifier": "lake",
            "DbName": "dev",
            "DurationSeconds": 3600,
        },
    )
    assert connection.jdbc_url == f"jdbc:redshift://{CLUSTER}:5439/dev"
    found = connection.jdbc_properties
    assert (found["user"], found["password"], found["ssl"]) == ("IAM:loader", "te/mp", "true")
    assert "te/mp" not in f"{connection!r} {connection.url} {connection.unreachable('password te/mp wrong')}"
    assert connection.url == f"redshift:iam://loader@{CLUSTER}:5439/dev?sslmode=require"
    aws.assert_no_pending_responses()


def test_without_a_user_the_role_is_the_user_and_a_workgroup_knows_no_other() -> None:
    connection, aws = login_of(f"redshift:iam://{CLUSTER}/dev", "redshift", "us-east-1")
    answer = {"DbUser": "IAMR:glue", "DbPassword": "temp"}
    asked = {"ClusterIdentifier": "lake", "DbName": "dev", "DurationSeconds": 3600}
    aws.add_response("get_cluster_credentials_with_iam", answer, asked)
    assert connection.jdbc_properties["user"] == "IAMR:glue"
    connection, aws = login_of(f"redshift:iam://{WORKGROUP}:5439/dev", "redshift-serverless", "eu-west-1")
    answer = {"dbUser": "IAMR:glue", "dbPassword": "temp"}
    asked = {"workgroupName": "lake", "dbName": "dev", "durationSeconds": 3600}
    aws.add_response("get_credentials", answer, asked)
    assert connection.jdbc_properties["user"] == "IAMR:glue"


def test_a_password_is_asked_for_again_before_its_life_ends() -> None:
    times = iter([0.0, 3200.0, 3400.0, 3400.0, 3500.0])
    connection, aws = login_of(f"redshift:iam://{CLUSTER}/dev", "redshift", "us-east-1", times.__next__)
    for password in ("first", "second"):
        aws.add_response("get_cluster_credentials_with_iam", {"DbUser": "a", "DbPassword": password})
    found = [connection.jdbc_properties["password"] for _ in range(4)]
    assert found == ["first", "first", "second", "second"]


def test_a_name_of_one_s_own_says_which_cluster_or_workgroup_it_is() -> None:
    url = "redshift:iam://dwh.example/dev?serverlessWorkGroup=lake&Region=eu-west-1"
    connection, aws = login_of(url, "redshift-serverless", "eu-west-1")
    aws.add_response("get_credentials", {"dbUser": "a", "dbPassword": "b"})
    assert connection.jdbc_properties["user"] == "a"
    again = WarehouseConnection.from_url(connection.url, {})
    assert again.login is not None
    assert (again.login.name, again.login.region, again.url) == ("lake", "eu-west-1", connection.url)
    with pytest.raises(SettingsError, match=r"no endpoint of Redshift.*\?ClusterID=NAME"):
        WarehouseConnection.from_url("redshift:iam://dwh.example/dev", {})
    with pytest.raises(SettingsError, match="cluster:region is not taken"):
        WarehouseConnection.from_url("redshift:iam://lake:us-east-1/dev", {})


def test_a_refusal_of_aws_names_the_permission() -> None:
    connection, aws = login_of(f"redshift:iam://{CLUSTER}/dev?DbUser=loader", "redshift", "us-east-1")
    aws.add_client_error("get_cluster_credentials", "AccessDenied", "no")
    with pytest.raises(WarehouseError, match=r"cluster lake in us-east-1(?s:.)*redshift:GetClusterCredentials"):
        _ = connection.jdbc_properties


# --- TLS -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["db.example", "10.0.0.7", "[2001:db8::1]", "localhost.example"])
@pytest.mark.parametrize("scheme", ["postgresql", "redshift"])
def test_another_machine_is_reached_over_tls_unless_the_url_says_otherwise(scheme: str, host: str) -> None:
    connection = WarehouseConnection.from_url(f"{scheme}://ana:secret@{host}/lake", {})
    assert connection.properties == {"sslmode": "require"}
    known = ("disable", "allow", "prefer", "verify-ca", "verify-full")
    for mode in known if scheme == "postgresql" else ("disable", "verify-ca", "verify-full"):
        asked = WarehouseConnection.from_url(f"{scheme}://ana:secret@{host}/lake?sslmode={mode}", {})
        assert asked.properties == {"sslmode": mode}


def test_redshift_is_told_of_tls_in_the_words_of_its_driver() -> None:
    """It refuses sslmode=require and disable, and ssl beside them: tests/redshift has the driver itself."""
    place = "redshift://ana:secret@cluster.example/lake"

    def given(url: str) -> tuple[str, str | None]:
        properties = WarehouseConnection.from_url(url, {}).jdbc_properties
        return properties["ssl"], properties.get("sslmode")

    assert given(place) == given(f"{place}?sslmode=require") == ("true", "verify-ca")
    assert given(f"{place}?sslmode=verify-full") == ("true", "verify-full")
    assert given(f"{place}?sslmode=disable") == ("false", None)
    with pytest.raises(SettingsError, match="sslmode=prefer is unknown to Redshift; there is: disable, require"):
        given(f"{place}?sslmode=prefer")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_this_machine_is_reached_as_the_driver_likes(host: str) -> None:
    assert WarehouseConnection.from_url(f"postgresql://ana:secret@{host}/lake", {}).properties == {}


@pytest.fixture
def as_if_remote(warehouse: WarehouseConnection) -> WarehouseConnection:
    """The server, which has no TLS, under a spelling of its address that is not known to be this machine."""
    return WarehouseConnection("127.1", warehouse.port, warehouse.database, warehouse.user, warehouse.password)


def test_a_server_without_tls_is_refused_and_the_way_out_is_named(
    as_if_remote: WarehouseConnection, spark_on_java: SparkSession
) -> None:
    from covid_lake.engines.spark import SparkEngine
    from covid_lake.warehouse.jdbc import JdbcSession  # which needs Spark's JVM

    def by_psycopg(connection: WarehouseConnection) -> None:
        connection.connect().close()

    def by_jdbc(connection: WarehouseConnection) -> None:
        with JdbcSession(SparkEngine(spark_on_java), connection, Deadline(), autocommit=True) as session:
            assert session.query("SELECT 1") == [("1",)]

    in_the_open = replace(as_if_remote, properties={"sslmode": "disable"})
    for reach in (by_psycopg, by_jdbc):
        with pytest.raises(WarehouseError, match="does not support SSL") as refused:
            reach(as_if_remote)
        assert "ask for an open connection with ?sslmode=disable at the end of the URL" in str(refused.value)
        reach(in_the_open)
