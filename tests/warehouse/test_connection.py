from __future__ import annotations

from dataclasses import replace

import pytest
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
