from __future__ import annotations

import pytest

from covid_lake.errors import SettingsError
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import REDSHIFT


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
