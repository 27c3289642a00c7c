"""One parser reads the warehouse's URL for both drivers: what it takes works in both, the rest is refused by name."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from covid_lake.cli.main import main
from covid_lake.errors import SettingsError
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.urls import KNOWN, PARTS, PROPERTIES

PLACE = "postgresql://ana:secret@127.0.0.1:9/lake"


@pytest.mark.parametrize(
    "url",
    [
        f"{PLACE}?connect_timeout=5",
        f"{PLACE}?user=ana&password=secret&host=127.0.0.1&port=9&dbname=lake",
        f"{PLACE}?ApplicationName=me&sslmode=disable&options=-c%20statement_timeout%3D5000",
        f"{PLACE}?sslmode=verify-full&sslrootcert=/no/such/file",
        "postgres://ana:secret@127.0.0.1:9/lake",
        "postgresql:///lake?host=127.0.0.1&port=9&user=ana&password=secret",
        "jdbc:postgresql://127.0.0.1:9/lake?user=ana&password=secret",
    ],
)
def test_a_query_goes_where_the_url_says(url: str) -> None:
    result = CliRunner().invoke(main, ["query", "--warehouse", url, "SELECT 1"], catch_exceptions=False)
    assert result.exit_code == 1
    assert "cannot connect to the warehouse postgresql://ana@127.0.0.1:9/lake" in result.stderr
    assert "secret" not in result.output


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"{PLACE}?connect_timeout=soon", "connect_timeout=soon is no number of seconds"),
        (f"{PLACE}?sslmode=on", "sslmode=on is none of the values that there are: disable, "),
        (f"{PLACE}?ssl=true", "say which check is meant with sslmode="),
        (f"{PLACE}?reWriteBatchedInserts=true", "a property 'reWriteBatchedInserts' that is not taken"),
        (f"{PLACE}?target_session_attrs=any", "a property 'target_session_attrs' that is not taken"),
        (f"{PLACE}?user", "the property user of the warehouse's URL has no value"),
        (f"{PLACE}?port=0", "the warehouse's port '0' is no number"),
        ("postgresql://ana:secret@/lake?host=/run/postgresql", "a socket's folder"),
        ("postgresql://ana:secret@one,two/lake", "names several hosts"),
        ("postgresql://ana:sec#ret@127.0.0.1/lake", "write @ : / ? # [ ] % as "),
        ("postgresql://ana:sec/ret@127.0.0.1/lake", "write @ : / ? # [ ] % as "),
        ("postgresql://ana:sec%00ret@127.0.0.1/lake", "a NUL character"),
        ("postgresql://ana:secret@127.0.0.1", "lacks the database: expected postgresql://"),
        ("mysql://ana:secret@127.0.0.1/lake", "an unknown scheme, it begins with postgresql://"),
        ("", "an unknown scheme"),
    ],
)
def test_what_no_driver_can_use_is_refused_in_a_sentence(url: str, message: str) -> None:
    result = CliRunner().invoke(main, ["query", "--warehouse", url, "SELECT 1"], catch_exceptions=False)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "secret" not in result.output


@pytest.mark.parametrize("name", [*(one.libpq for one in PROPERTIES), *(one.jdbc for one in PROPERTIES)])
def test_each_driver_gets_its_own_name_of_a_property(name: str) -> None:
    known = KNOWN[name.lower()]
    value = known.values[-1] if known.values else "7"
    connection = WarehouseConnection.from_url(f"{PLACE}?{name}={value}", {})
    assert connection.properties == {known.libpq: value}
    assert connection.jdbc_properties[known.jdbc] == value


@pytest.mark.parametrize("name", PARTS)
def test_a_part_among_the_properties_counts_before_that_of_the_url(name: str) -> None:
    connection = WarehouseConnection.from_url(f"{PLACE}?{name}=77", {})
    assert str(getattr(connection, PARTS[name])) == "77"
    # The host 77 is another machine, to which a connection is encrypted.
    assert connection.properties == ({"sslmode": "require"} if name == "host" else {})


def test_a_plus_is_a_plus() -> None:
    assert WarehouseConnection.from_url("postgresql://a:b+c@h/d?password=e+f", {}).password == "e+f"


def test_the_url_that_is_shown_leads_to_the_same_place_and_has_no_secret() -> None:
    given = WarehouseConnection.from_url(f"{PLACE}?sslmode=require&sslpassword=hidden&options=-c%20a%3Db", {})
    again = WarehouseConnection.from_url(given.url, {"PGPASSWORD": "secret"})
    assert "hidden" not in given.url + repr(given.jdbc_url)
    assert dict(again.properties) == {"sslmode": "require", "options": "-c a=b"}


@pytest.fixture
def properties(warehouse: WarehouseConnection) -> WarehouseConnection:
    address = f"postgres://{warehouse.user}:{quote(warehouse.password)}@{warehouse.host}:{warehouse.port}"
    settings = "connect_timeout=7&ApplicationName=lake%20test&options=-c%20statement_timeout%3D54321&sslmode=prefer"
    return WarehouseConnection.from_url(f"{address}/{warehouse.database}?{settings}", {})


def test_both_drivers_do_what_the_properties_say(properties: WarehouseConnection, spark_on_java: SparkSession) -> None:
    from covid_lake.engines.spark import SparkEngine
    from covid_lake.warehouse.jdbc import JdbcSession  # which needs Spark's JVM
    from covid_lake.warehouse.retries import Deadline

    ask = "SELECT current_setting('application_name'), current_setting('statement_timeout')"
    with properties.connect() as connection:
        by_psycopg = connection.execute(ask.encode()).fetchone()
    with JdbcSession(SparkEngine(spark_on_java), properties, Deadline(), autocommit=True) as session:
        (by_jdbc,) = session.query(ask)
    assert by_psycopg == by_jdbc == ("lake test", "54321ms")


# --- masking -------------------------------------------------------------------------------------------------------


def masked(password: str, text: str) -> str:
    return WarehouseConnection("h", 1, "d", "u", password).without_password(text)


@pytest.mark.parametrize("password", ["a", "covid19", "fact_cases", "lake", "password"])
def test_a_password_that_is_a_word_too_takes_nothing_from_a_message(password: str) -> None:
    for message in (
        'relation "covid19.fact_cases" does not exist in a lake',
        'password authentication failed for user "ana"',
        "cannot connect to the warehouse postgresql://ana@lake:1/covid19",
    ):
        assert masked(password, message) == message


@pytest.mark.parametrize("password", ["a", "covid19", "p/w @:x", "Tr0ub4dor&3", "é%"])
def test_a_password_is_masked_where_passwords_stand(password: str) -> None:
    forms = (password, quote(password, safe=""))
    for form in forms:
        for before, after in (
            ("postgresql://ana:", "@h/d"), ("password=", " host=h"), ("PGPASSWORD='", "'"), ('"password": "', '"'),
            ("&password=", "&x=1"), ('for password "', '"'),
        ):  # fmt: skip
            assert masked(password, f"{before}{form}{after}") == f"{before}***{after}"


def test_a_password_that_can_be_nothing_else_is_masked_everywhere() -> None:
    assert masked("Tr0ub4dor&3", "the driver says Tr0ub4dor&3 is wrong") == "the driver says *** is wrong"
    assert masked("x" * 16, "the driver says " + "x" * 16) == "the driver says ***"


def test_a_missing_password_is_told_before_anything_is_opened() -> None:
    with pytest.raises(SettingsError, match="PGPASSWORD"):
        WarehouseConnection.from_url("postgres://ana@h/d?connect_timeout=1", {})
