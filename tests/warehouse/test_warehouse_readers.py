"""Who may read what in the warehouse: the reader's role in a real server, and what queries may ask for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from covid_lake.cli.main import main
from covid_lake.cli.opening import warehouse_to_read
from covid_lake.contracts import Zone
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.errors import LakeError, QueryError
from covid_lake.reading.query import ask_warehouse
from covid_lake.runtime import embedded_postgres
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.ddl import create_statements
from covid_lake.warehouse.dialects import POSTGRESQL, REDSHIFT
from covid_lake.warehouse.readers import READER, grant_statements, render_grants

HOSPITALS = COVID19.table(Zone.CURATED, "dim_hospital")
DATES = COVID19.table(Zone.CURATED, "dim_date")


@pytest.fixture
def loaded(empty_warehouse: WarehouseConnection) -> WarehouseConnection:
    """A warehouse as a load leaves it, with a table of somebody else's beside it."""
    with empty_warehouse.connect() as opened:
        opened.execute("CREATE SCHEMA covid19; CREATE SCHEMA covid19_staging; CREATE SCHEMA private")
        for table in (HOSPITALS, DATES):
            opened.execute(create_statements(table, "covid19", POSTGRESQL)[0].encode())
        opened.execute(
            "CREATE TABLE covid19_staging.loaded_versions AS SELECT 'dim_date' AS table_name, 'v1' AS version"
        )
        opened.execute("CREATE TABLE private.salaries AS SELECT 1 AS salary")
        for statement in grant_statements("covid19", ["dim_hospital", "dim_date"], POSTGRESQL):
            opened.execute(statement.encode())
    return empty_warehouse


def directory_of(warehouse: WarehouseConnection) -> Path:
    with warehouse.connect() as opened:
        (data,) = opened.execute("SHOW data_directory").fetchone() or ("",)
    return Path(data).parent


# --- the role ------------------------------------------------------------------------------------------------------


@pytest.fixture
def reader(loaded: WarehouseConnection) -> Iterator[psycopg.Connection[Any]]:
    with embedded_postgres.reader(directory_of(loaded)).connect() as opened:
        opened.autocommit = True
        yield opened


def test_a_reader_reads_the_tables_of_the_dataset(reader: psycopg.Connection[Any]) -> None:
    assert reader.execute("SELECT count(*) FROM covid19.dim_hospital, covid19.dim_date").fetchall() == [(0,)]
    assert reader.execute("SELECT current_user, usesuper FROM pg_user WHERE usename = current_user").fetchall() == [
        (READER, False)
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT pg_read_binary_file('PG_VERSION')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('PG_VERSION')",
        "SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t(one int)",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_shadow",
        "SELECT * FROM covid19_staging.loaded_versions",
        "SELECT * FROM private.salaries",
        "COPY covid19.dim_date TO '/tmp/dates.csv'",
        "COPY covid19.dim_date TO PROGRAM 'cat'",
        "COPY covid19.dim_date FROM '/etc/passwd'",
        "DELETE FROM covid19.dim_date",
        "INSERT INTO covid19.dim_date DEFAULT VALUES",
        "TRUNCATE covid19.dim_date",
        "DROP TABLE covid19.dim_date",
        "CREATE TABLE covid19.mine (one int)",
        "CREATE TABLE public.mine (one int)",
        "CREATE TEMPORARY TABLE mine (one int)",
        "CREATE SCHEMA mine",
        "CREATE EXTENSION dblink",
        "ALTER SYSTEM SET work_mem = '1GB'",
        "SET ROLE covid_lake",
        "SET SESSION AUTHORIZATION covid_lake",
        "SELECT pg_switch_wal()",
    ],
)
def test_a_reader_may_do_nothing_else(statement: str, reader: psycopg.Connection[Any]) -> None:
    reader.execute("SET default_transaction_read_only = off")  # the role's own setting, which it can change
    refused = (
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.UndefinedFunction,
        psycopg.errors.UndefinedFile,
        psycopg.errors.FeatureNotSupported,
    )
    with pytest.raises(refused):
        reader.execute(statement.encode())


def test_the_readers_password_is_its_own_and_secret(loaded: WarehouseConnection) -> None:
    directory = directory_of(loaded)
    connection = embedded_postgres.reader(directory)
    assert (directory / "reader_password").stat().st_mode & 0o777 == 0o600
    assert connection.password != loaded.password
    with pytest.raises(LakeError, match="password authentication failed"):
        replace(connection, password=loaded.password).connect()


def test_a_warehouse_that_was_loaded_before_there_was_a_reader_gets_one(loaded: WarehouseConnection) -> None:
    directory = directory_of(loaded)
    with loaded.connect() as opened:
        opened.execute("DROP OWNED BY covid_lake_reader; DROP ROLE covid_lake_reader")
    (directory / "reader_password").unlink()
    assert embedded_postgres.start(directory) == loaded
    with embedded_postgres.reader(directory).connect() as opened:
        assert opened.execute("SELECT count(*) FROM covid19.dim_hospital").fetchall() == [(0,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            opened.execute("SELECT * FROM covid19_staging.loaded_versions")


@pytest.mark.parametrize(("as_owner", "user"), [(False, "covid_lake_reader"), (True, "covid_lake")])
def test_psql_reads_unless_it_is_the_owners(as_owner: bool, user: str, loaded: WarehouseConnection) -> None:
    arguments, environment = embedded_postgres.psql_command(directory_of(loaded), as_owner=as_owner)
    command = [*arguments, "--no-password", "--tuples-only", "--command", "SELECT current_user"]
    assert subprocess.run(command, env=environment, capture_output=True, text=True).stdout.strip() == user


# --- queries -------------------------------------------------------------------------------------------------------


@pytest.fixture
def owner(loaded: WarehouseConnection) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection, as a URL may name one."""
    with loaded.connect() as opened:
        yield opened


@pytest.mark.parametrize(
    "query",
    [
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT \"pg_read_file\"('PG_VERSION')",
        "SELECT pg_catalog.pg_read_file('PG_VERSION')",
        "SELECT * FROM pg_ls_dir('.')",
        "SELECT x FROM UNNEST(pg_ls_dir('.')) AS t(x)",
        "SELECT lo_import('PG_VERSION')",
        "SELECT * FROM dblink('dbname=postgres', 'SELECT 1')",
        "SELECT set_config('work_mem', '1GB', false)",
        "SELECT pg_sleep(60)",
        "SELECT count(*) FILTER (WHERE pg_sleep(60) IS NULL) FROM covid19.dim_date",
        "SELECT date_key FROM covid19.dim_date ORDER BY pg_sleep(60)",
        "SELECT sum(year) OVER (ORDER BY pg_sleep(60)) FROM covid19.dim_date",
        "SELECT 1 LIMIT pg_sleep(60)",
        "WITH t AS (SELECT pg_sleep(60) AS x) SELECT * FROM t",
        "VALUES (pg_sleep(60))",
        "SELECT private.raise_salaries(1)",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_catalog.pg_authid",
        "TABLE pg_catalog.pg_shadow",
        "SELECT * FROM pg_catalog.pg_stat_activity",
        "SELECT * FROM private.salaries",
        "SELECT * FROM covid19_staging.loaded_versions",
        "COPY covid19.dim_date TO '/tmp/dates.csv'",
        "SET ROLE covid_lake",
        "SELECT 1; SELECT pg_sleep(60)",
    ],
)
def test_a_query_of_a_superuser_reaches_nothing_but_the_datasets(query: str, owner: psycopg.Connection[Any]) -> None:
    with pytest.raises(LakeError):
        ask_warehouse(owner, query)


def test_a_query_has_the_readers_rights_and_its_session_those_of_before(owner: psycopg.Connection[Any]) -> None:
    tables = ask_warehouse(owner, "SELECT table_schema, table_name FROM information_schema.tables ORDER BY table_name")
    shown = [row for row in tables.rows if row[0] not in ("pg_catalog", "information_schema")]
    assert shown == [("covid19", "dim_date"), ("covid19", "dim_hospital")]
    assert owner.execute("SELECT current_user").fetchall() == [("covid_lake",)]


def test_a_table_that_the_reader_was_not_granted_is_refused_with_a_sentence(owner: psycopg.Connection[Any]) -> None:
    owner.execute("REVOKE SELECT ON covid19.dim_date FROM covid_lake_reader")
    owner.commit()
    with pytest.raises(QueryError, match="permission denied for table dim_date"):
        ask_warehouse(owner, "SELECT count(*) FROM covid19.dim_date")


def test_a_user_who_is_no_reader_asks_with_rights_of_their_own(loaded: WarehouseConnection) -> None:
    with loaded.connect() as opened:
        opened.execute("CREATE ROLE ana LOGIN PASSWORD 'a'; GRANT USAGE ON SCHEMA covid19 TO ana")
        opened.execute("GRANT SELECT ON covid19.dim_date TO ana")
    try:
        with replace(loaded, user="ana", password="a").connect() as ana:
            assert ask_warehouse(ana, "SELECT count(*) AS n FROM covid19.dim_date").rows == [(0,)]
            with pytest.raises(QueryError, match="permission denied for table dim_hospital"):
                ask_warehouse(ana, "SELECT count(*) AS n FROM covid19.dim_hospital")
    finally:
        with loaded.connect() as opened:
            opened.execute("DROP OWNED BY ana; DROP ROLE ana")


def test_a_query_of_the_embedded_warehouse_is_asked_by_its_reader(
    loaded: WarehouseConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COVID_LAKE_WAREHOUSE_DIR", str(directory_of(loaded)))
    assert warehouse_to_read("embedded").user == READER
    query = ["query", "--warehouse", "embedded", "SELECT count(*) AS days FROM covid19.dim_date"]
    answered = CliRunner().invoke(main, query, catch_exceptions=False)
    assert (answered.exit_code, "days" in answered.output) == (0, True)


# --- a warehouse of one's own --------------------------------------------------------------------------------------


def test_the_sql_of_the_role_is_printed_for_either_warehouse() -> None:
    assert render_grants("covid19", ("dim_date", "dim_hospital"), POSTGRESQL) == (
        "-- A role serves all datasets: where it exists already, leave its CREATE ROLE out.\n"
        'CREATE ROLE "covid_lake_reader";\n'
        'GRANT USAGE ON SCHEMA "covid19" TO "covid_lake_reader";\n'
        'GRANT SELECT ON TABLE "covid19"."dim_date", "covid19"."dim_hospital" TO "covid_lake_reader";\n'
    )
    assert 'TO ROLE "covid_lake_reader";' in render_grants("covid19", ("dim_date",), REDSHIFT)
    printed = CliRunner().invoke(main, ["warehouse", "grants", "covid19"], catch_exceptions=False)
    assert printed.output == render_grants("covid19", [table.name for table in COVID19.star], POSTGRESQL)


def test_members_of_the_role_that_was_made_by_the_printed_sql_can_read(loaded: WarehouseConnection) -> None:
    with loaded.connect() as opened:
        opened.execute("REVOKE ALL ON SCHEMA covid19 FROM covid_lake_reader")
        opened.execute("REVOKE ALL ON ALL TABLES IN SCHEMA covid19 FROM covid_lake_reader")
        for statement in render_grants("covid19", ("dim_date", "dim_hospital"), POSTGRESQL).split(";\n")[1:-1]:
            opened.execute(statement.encode())
        opened.execute("CREATE ROLE ben LOGIN PASSWORD 'b'; GRANT covid_lake_reader TO ben")
    try:
        with replace(loaded, user="ben", password="b").connect() as ben:
            assert ask_warehouse(ben, "SELECT count(*) AS n FROM covid19.dim_hospital").rows == [(0,)]
    finally:
        with loaded.connect() as opened:
            opened.execute("DROP OWNED BY ben; DROP ROLE ben")
