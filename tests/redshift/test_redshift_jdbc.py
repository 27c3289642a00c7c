"""Redshift's own JDBC driver: what it takes of the library's addresses, and what its errors and cancellations are."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from covid_lake.engines.protocol import Engine
from covid_lake.errors import WarehouseError
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.faults import ConnectionLost, DeadlineExceeded, SerializationConflict, Unreachable
from covid_lake.warehouse.jdbc import JdbcSession, java_message
from covid_lake.warehouse.retries import Deadline
from redshift_double import Fault, Moment, RedshiftDouble
from redshift_target import SCHEMA, Redshift

PASSWORD = "s3cret/pass word"


@pytest.fixture(scope="module")
def java(spark_on_java: SparkSession, jdbc_driver: Path) -> Any:
    """The JVM, with the driver on its class path."""
    return spark_on_java._jvm


@pytest.fixture
def driver(java: Any) -> Any:
    return java.com.amazon.redshift.jdbc.Driver()


def properties_of(java: Any, given: dict[str, str]) -> Any:
    properties = java.java.util.Properties()
    for name, value in given.items():
        properties.setProperty(name, value)
    return properties


def session(engine: Engine, connection: WarehouseConnection, *, minutes: float = 1, autocommit: bool = True) -> Any:
    return JdbcSession(engine, connection, Deadline(minutes), autocommit=autocommit)


def test_the_driver_is_that_of_the_folder_of_jars(java: Any, jdbc_driver: Path) -> None:
    """`make test-redshift` runs these tests with one version and then with another."""
    version = jdbc_driver.stem.removeprefix("redshift-jdbc42-")
    assert version in java.com.amazon.redshift.Driver.getVersion()


@pytest.mark.parametrize("mode", [None, "disable", "require", "verify-ca", "verify-full"])
@pytest.mark.parametrize("more", ["", "application_name=lake%20test", "connect_timeout=5"])
def test_the_driver_takes_every_address_of_the_library(driver: Any, java: Any, mode: str | None, more: str) -> None:
    """It looks at all properties before it connects: then it only finds that nobody listens."""
    pairs = "&".join(filter(None, (f"sslmode={mode}" if mode else "", more)))
    connection = WarehouseConnection.from_url(f"redshift://ana:{'%20'}@127.0.0.1:9/dev?{pairs}".rstrip("?"), {})
    assert driver.acceptsURL(connection.jdbc_url)
    from py4j.protocol import Py4JJavaError

    with pytest.raises(Py4JJavaError) as refused:
        driver.connect(connection.jdbc_url, properties_of(java, connection.jdbc_properties))
    assert "Connection refused" in java_message(refused.value)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("jdbc:redshift://cluster.abc.us-east-1.redshift.amazonaws.com:5439/dev",
         {"host": "cluster.abc.us-east-1.redshift.amazonaws.com", "port": "5439", "dbname": "dev"}),
        ("jdbc:redshift://[2001:db8::1]:5440/a%20b", {"port": "5440", "dbname": "a b"}),
        ("jdbc:redshift://lake.123456789012.us-east-1.redshift-serverless.amazonaws.com:5439/dev",
         {"host": "lake.123456789012.us-east-1.redshift-serverless.amazonaws.com", "port": "5439", "dbname": "dev"}),
        ("jdbc:redshift:iam://lake.123456789012.us-east-1.redshift-serverless.amazonaws.com:5439/dev",
         {"iamauth": "true", "serverlessacctid": "123456789012", "serverlessworkgroup": "lake",
          "region": "us-east-1"}),
        ("jdbc:redshift:iam://cluster:us-east-1/dev",
         {"iamauth": "true", "clusterid": "cluster", "region": "us-east-1", "dbname": "dev"}),
        ("jdbc:redshift:iam://cluster.abc.us-east-1.redshift.amazonaws.com:5439/dev",
         {"iamauth": "true", "clusterid": "cluster", "region": "us-east-1", "port": "5439"}),
        ("jdbc:redshift://cluster.example:5439/dev?ssl=false&ApplicationName=x",
         {"ssl": "false", "applicationname": "x"}),
    ],
)  # fmt: skip
def test_the_driver_reads_each_kind_of_url(driver: Any, java: Any, url: str, found: dict[str, str]) -> None:
    """Of a cluster, of a serverless workgroup, with a password and with IAM."""
    assert driver.acceptsURL(url)
    parsed = java.com.amazon.redshift.Driver.parseURL(url, java.com.amazon.redshift.util.RedshiftProperties())
    assert parsed is not None
    read = {name: parsed.getProperty(name) for name in found}
    assert read == found


def test_another_databases_url_is_not_the_drivers(driver: Any) -> None:
    assert not driver.acceptsURL("jdbc:postgresql://db.example/lake")


def test_results_and_counts_come_as_the_load_needs_them(engine: Engine, java: Any, redshift: Redshift) -> None:
    with session(engine, redshift.connection) as opened:
        assert opened.execute(f'CREATE TABLE "{SCHEMA}"."t" ("k" bigint, "n" varchar(9))') == 0
        assert opened.execute(f"""INSERT INTO "{SCHEMA}"."t" VALUES (1, 'a''{{b}}'), (2, NULL)""") == 2
        assert opened.query(f'SELECT * FROM "{SCHEMA}"."t" ORDER BY 1') == [("1", "a'{b}"), ("2", None)]
        assert opened.execute(f'DELETE FROM "{SCHEMA}"."t" WHERE "k" = 1') == 1


def test_what_was_not_committed_is_gone_with_the_session(engine: Engine, java: Any, redshift: Redshift) -> None:
    with session(engine, redshift.connection) as opened:
        opened.execute(f'CREATE TABLE "{SCHEMA}"."t" ("k" bigint)')
    for commits in (False, True):
        with session(engine, redshift.connection, autocommit=False) as opened:
            opened.execute(f'INSERT INTO "{SCHEMA}"."t" VALUES (1)')
            if commits:
                opened.commit()
        assert len(redshift.rows("t")) == int(commits)


def test_a_conflict_is_known_as_one(engine: Engine, java: Any, double: RedshiftDouble, redshift: Redshift) -> None:
    double.inject(Fault(Moment.ERROR))
    with session(engine, redshift.connection) as opened, pytest.raises(SerializationConflict, match="1023"):
        opened.query("SELECT 1")


@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.AFTER])
def test_a_broken_connection_is_known_as_one(
    engine: Engine, java: Any, double: RedshiftDouble, redshift: Redshift, moment: Moment
) -> None:
    double.inject(Fault(moment))
    with session(engine, redshift.connection, autocommit=False) as opened, pytest.raises(ConnectionLost):
        opened.query("SELECT 1")


def test_a_statement_that_is_never_answered_is_cancelled_at_the_deadline(
    engine: Engine, java: Any, double: RedshiftDouble, redshift: Redshift
) -> None:
    """The cancellation is a connection of its own, as the server can't be asked over the first one."""
    with session(engine, redshift.connection) as other, session(engine, redshift.connection, minutes=0.05) as opened:
        other.execute(f'CREATE TABLE "{SCHEMA}"."t" ("k" bigint)')
        with redshift.connect() as holding, holding.cursor() as cursor:
            holding.autocommit = False
            cursor.execute(f'LOCK "{SCHEMA}"."t"')
            began = time.monotonic()
            with pytest.raises(DeadlineExceeded, match=r"0\.05 minutes"):
                opened.query(f'SELECT * FROM "{SCHEMA}"."t"')
            assert time.monotonic() - began < 20
            holding.rollback()
        assert other.query(f'SELECT count(*) FROM "{SCHEMA}"."t"') == [("0",)]


def test_a_refusal_names_the_statement_and_hides_the_password(engine: Engine, java: Any, redshift: Redshift) -> None:
    with session(engine, redshift.connection) as opened, pytest.raises(WarehouseError) as refused:
        opened.execute("DELETE FROM nowhere AS n")
    assert "DELETE FROM nowhere AS n" in str(refused.value)
    assert redshift.password not in str(refused.value)


def test_a_wrong_password_is_told_without_repeating_it(engine: Engine, java: Any, redshift: Redshift) -> None:
    from dataclasses import replace

    with pytest.raises(Unreachable) as refused:
        session(engine, replace(redshift.connection, password=PASSWORD))
    assert "password authentication failed" in str(refused.value)
    assert PASSWORD not in str(refused.value)
