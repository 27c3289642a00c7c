"""What a Glue connection becomes, read from the tests' GlueContext over the tests' Spark."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from covid_lake.errors import SettingsError
from covid_lake.runtime.glue import glue_connection
from covid_lake.warehouse.dialects import POSTGRESQL, REDSHIFT

DOUBLE = Path(__file__).resolve().parents[1] / "glue"
CLUSTER = {
    "user": "loader",
    "password": "s3cret!",
    "vendor": "redshift",
    "url": "jdbc:redshift://cluster.example:5439",
    "fullUrl": "jdbc:redshift://cluster.example:5439/dev",
    "enforceSSL": "false",
}
DATABASE = {
    **CLUSTER,
    "vendor": "postgresql",
    "url": "jdbc:postgresql://db.example:6543",
    "fullUrl": "jdbc:postgresql://db.example:6543/lake",
}


@pytest.fixture
def connections(spark_on_java: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The catalog's file of connections; `awsglue` can be imported for as long as the test lasts."""
    monkeypatch.syspath_prepend(str(DOUBLE))
    file = tmp_path / "connections.json"
    monkeypatch.setenv("GLUE_CONNECTIONS", str(file))
    yield file
    for name in [name for name in sys.modules if name.partition(".")[0] == "awsglue"]:
        del sys.modules[name]


def test_a_connection_has_the_catalogs_place_and_user(connections: Path) -> None:
    connections.write_text(json.dumps({"cluster": CLUSTER, "database": DATABASE}))
    cluster, database = glue_connection("cluster"), glue_connection("database")
    assert (cluster.host, cluster.port, cluster.database, cluster.dialect) == ("cluster.example", 5439, "dev", REDSHIFT)
    assert (database.host, database.port, database.database) == ("db.example", 6543, "lake")
    assert database.dialect is POSTGRESQL
    assert (cluster.user, cluster.password) == ("loader", "s3cret!")


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({}, "require"),
        ({"enforceSSL": "true"}, "verify-ca"),
        ({"fullUrl": CLUSTER["fullUrl"] + "?sslmode=disable"}, "disable"),
        ({"fullUrl": CLUSTER["fullUrl"] + "?sslmode=disable", "enforceSSL": "true"}, "verify-ca"),
        ({"fullUrl": CLUSTER["fullUrl"] + "?sslmode=verify-full", "enforceSSL": "true"}, "verify-full"),
        (DATABASE, "require"),
        ({**DATABASE, "enforceSSL": "true"}, "verify-full"),
    ],
)
def test_a_connection_is_encrypted_and_checked_where_the_catalog_says_so(
    changes: dict[str, str], mode: str, connections: Path
) -> None:
    connections.write_text(json.dumps({"cluster": {**CLUSTER, **changes}}))
    assert glue_connection("cluster").properties["sslmode"] == mode


def test_a_connection_whose_url_says_so_logs_in_by_iam(connections: Path) -> None:
    endpoint = "lake.123456789012.us-east-1.redshift-serverless.amazonaws.com"
    url = f"jdbc:redshift:iam://{endpoint}:5439/dev"
    by_role = {"vendor": "redshift", "url": url, "fullUrl": url, "enforceSSL": "true"}
    connections.write_text(json.dumps({"role": by_role, "user": {**by_role, "user": "loader", "password": "unused"}}))
    role, user = glue_connection("role"), glue_connection("user")
    assert role.login is not None
    assert (role.login.name, role.login.region, role.login.is_serverless) == ("lake", "us-east-1", True)
    assert (role.host, role.user, role.password) == (endpoint, "", "")
    assert role.properties["sslmode"] == "verify-ca"
    assert user.login is not None
    assert (user.login.db_user, user.password) == ("loader", "")


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        (None, "the Glue connection cluster cannot be read: Connection cluster not found"),
        ({**CLUSTER, "vendor": "mysql"}, "the connection cluster is of mysql; expected is postgresql or redshift"),
        (
            {**CLUSTER, "fullUrl": "jdbc:redshift://cluster.example:5439/"},
            "cluster: .* lacks the database",
        ),
        ({"user": "a", "password": "b", "vendor": "redshift"}, "the connection cluster has no JDBC URL"),
    ],
)
def test_a_connection_that_is_of_no_use_is_refused(
    connection: dict[str, str] | None, message: str, connections: Path
) -> None:
    connections.write_text(json.dumps({"cluster": connection} if connection else {}))
    with pytest.raises(SettingsError, match=message) as refused:
        glue_connection("cluster")
    assert "s3cret!" not in str(refused.value)
