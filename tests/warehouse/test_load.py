"""The load, against a real PostgreSQL: by psycopg, and by JDBC with a real Spark."""

from __future__ import annotations

import datetime as dt
import importlib.util
import subprocess
import sys
import time
from dataclasses import replace
from decimal import Decimal
from hashlib import md5
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg.errors import InsufficientPrivilege
from pyspark.sql import SparkSession

from covid_lake import paths
from covid_lake.contracts import Column, Partitioning, Table, Type, Zone
from covid_lake.engines.protocol import Engine
from covid_lake.errors import SettingsError, VerificationFailed, WarehouseError
from covid_lake.store.arrow_files import arrow_schema
from covid_lake.store.questions import Stored
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import LocalStorage, Storage
from covid_lake.warehouse import drivers
from covid_lake.warehouse.checksums import Checksums, ColumnSum, checksum_query, file_checksums, read_checksums
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.control import CONTROL_TABLES, OF_REDSHIFT
from covid_lake.warehouse.dialects import POSTGRESQL, REDSHIFT
from covid_lake.warehouse.drivers import Driver, SqlSession, driver_for
from covid_lake.warehouse.load import TableLoad, load_star, read_loaded_versions
from covid_lake.warehouse.merge import Scope
from covid_lake.warehouse.postgres import PostgresDriver
from covid_lake.warehouse.retries import Deadline, Patience
from covid_lake.warehouse.staging import CuratedVersion, Delta
from lake_runs import no_engine

PLACES = Table(
    "covid19",
    Zone.CURATED,
    "dim_place",
    "A place.",
    (
        Column("place_key", Type.BIGINT, "Key", nullable=False),
        Column("name", Type.TEXT, "The place's name"),
        Column("latitude", Type.DOUBLE, "Degrees north"),
        Column("is_open", Type.BOOLEAN, "Whether it's open"),
        Column("opened_date", Type.DATE, "First day"),
        Column("updated_at", Type.TIMESTAMP, "Last change (UTC)"),
        Column("price", Type.DECIMAL, "What a visit costs", precision=28, scale=10),
    ),
    key=("place_key",),
)
COUNTS = Table(
    "covid19",
    Zone.CURATED,
    "fact_counts",
    "A place and a day.",
    (
        Column("place_key", Type.BIGINT, "Place", nullable=False),
        Column("date_key", Type.INT, "Day as yyyymmdd", nullable=False),
        Column("cases", Type.BIGINT, "Cumulative cases"),
        Column("month", Type.TEXT, "Month as yyyy-MM", nullable=False),
    ),
    key=("place_key", "date_key"),
    partitioning=Partitioning("month"),
)
UTC = dt.UTC
PRICE_UNIT = Decimal("1e-10")
PLACE_ROWS = [
    (0, None, None, None, None, None, None),
    (
        1,
        "Curaçao 北京 🦠",
        12.1696,
        True,
        dt.date(2020, 3, 1),
        dt.datetime(2020, 3, 29, 1, 30, 0, 123456, UTC),
        Decimal("12.3"),
    ),
    (
        -9223372036854775808,
        'O\'Brien "the" \\ place\n;--',
        -0.0000001,
        False,
        dt.date(1969, 12, 31),
        None,
        Decimal("-999999999999999999.9999999999"),
    ),
    (
        9223372036854775807,
        "",
        float("nan"),
        False,
        dt.date(2020, 2, 29),
        dt.datetime(1969, 7, 20, 20, 17, tzinfo=UTC),
        Decimal(0),
    ),
    (5, " ", 1e300, True, None, dt.datetime(2020, 3, 8, 2, 30, tzinfo=UTC), Decimal("0.0000000001")),
]
COUNT_ROWS = [(1, 20200301, 5, "2020-03"), (1, 20200302, None, "2020-03"), (2, 20200301, -3, "2020-03")]


@pytest.fixture(params=["psycopg", "jdbc"])
def driver(request: pytest.FixtureRequest, empty_warehouse: WarehouseConnection) -> Driver:
    """Either way into the warehouse, in which nothing is loaded."""
    return driver_by(request.param, request, empty_warehouse)


def driver_by(
    way: str, request: pytest.FixtureRequest, connection: WarehouseConnection, deadline: Deadline | None = None
) -> Driver:
    if way == "psycopg":
        return PostgresDriver(connection, deadline)
    request.getfixturevalue("spark_on_java")  # skips the test where the engine is another
    engine = request.getfixturevalue("engine")
    from covid_lake.warehouse.jdbc import JdbcDriver  # which needs Spark's JVM

    return JdbcDriver(connection, lambda: engine, deadline)


@pytest.fixture
def lake(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "lake")


def version_of(lake: Storage, table: Table, rows: list[tuple[Any, ...]], version: str) -> CuratedVersion:
    """The rows as files of a version in the lake, one a partition."""
    content = pa.Table.from_pylist(
        [dict(zip(table.column_names, row, strict=True)) for row in rows], arrow_schema(table.columns)
    )
    stored = content.select([column.name for column in table.stored_columns])
    partitions = [""] * len(rows)
    if table.partition_by:
        (name,) = table.partition_by
        partitions = [f"{name}={value}/" for value in content[name].to_pylist()]
    files = []
    for partition in dict.fromkeys(partitions):
        part = stored.filter(pa.array([one == partition for one in partitions]))
        sink = pa.BufferOutputStream()
        pq.write_table(part, sink)
        path = f"version={version}/{partition}part-0.parquet"
        lake.write(f"{paths.table(table)}/{path}", sink.getvalue().to_pybytes())
        files.append(DataFile(path, part.num_rows, sink.getvalue().size))
    return CuratedVersion(table, version, lake, tuple(files))


def sums_of(lake: Storage, table: Table, rows: list[tuple[Any, ...]]) -> Checksums:
    given = version_of(lake, table, rows, "sums")
    return file_checksums(lake, Stored(table, given.files), table.stored_columns)


def as_loaded(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows of `PLACES` as psycopg gives them, ordered by key."""
    return [
        (*row[:5], row[5] and row[5].replace(tzinfo=None), None if row[6] is None else row[6].quantize(PRICE_UNIT))
        for row in sorted(rows, key=lambda row: row[0])
    ]


def staging_tables(connection: WarehouseConnection) -> set[str]:
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'covid19_staging'"
    return {name for (name,) in fetch(connection, query)}


def fetch(connection: WarehouseConnection, query: str) -> list[tuple[Any, ...]]:
    with connection.connect() as opened:
        return opened.execute(query.encode()).fetchall()


def run(connection: WarehouseConnection, statement: str) -> None:
    with connection.connect() as opened:
        opened.execute(statement.encode())


def counts_of(load: TableLoad) -> tuple[int, int, int, int]:
    return load.staged, load.inserted, load.changed, load.deleted


def loaded_counts(connection: WarehouseConnection) -> list[tuple[Any, ...]]:
    return fetch(connection, "SELECT * FROM covid19.fact_counts ORDER BY 1, 2")


def test_first_load_writes_every_value_as_it_is(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    phases = []
    loads = load_star(
        driver,
        "covid19",
        [version_of(lake, PLACES, PLACE_ROWS, "v1"), version_of(lake, COUNTS, COUNT_ROWS, "v1")],
        progress=lambda table, phase: phases.append((table, phase)),
    )
    assert [counts_of(load) for load in loads] == [(5, 5, 0, 0), (3, 3, 0, 0)]
    assert phases[0] == ("dim_place", "staging")
    loaded = fetch(empty_warehouse, "SELECT * FROM covid19.dim_place ORDER BY place_key")
    assert repr(loaded) == repr(as_loaded(PLACE_ROWS))
    assert loaded_counts(empty_warehouse) == [row[:3] for row in COUNT_ROWS]
    assert read_loaded_versions(empty_warehouse, "covid19") == {"dim_place": "v1", "fact_counts": "v1"}
    given = [version_of(lake, PLACES, PLACE_ROWS, "v1")]
    (again,) = load_star(driver, "covid19", given)
    assert again.up_to_date
    (forced,) = load_star(driver, "covid19", given, force=True)
    assert counts_of(forced) == (5, 0, 0, 0)


def test_a_decimal_of_another_scale_builds_the_table_anew(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    load_star(driver, "covid19", [version_of(lake, PLACES, PLACE_ROWS[1:2], "v1")])
    coarse = replace(PLACES, columns=(*PLACES.columns[:-1], replace(PLACES.columns[-1], precision=4, scale=1)))
    load_star(driver, "covid19", [version_of(lake, coarse, PLACE_ROWS[1:2], "v2")])
    assert fetch(empty_warehouse, "SELECT price FROM covid19.dim_place") == [(Decimal("12.3"),)]


def test_a_decimal_that_differs_in_its_last_digit_has_another_checksum(lake: LocalStorage) -> None:
    prices = [Decimal("999999999999999999.9999999999"), Decimal("0.0000000001"), None]
    columns = PLACES.columns[-1:]
    table = replace(PLACES, columns=columns, key=())
    assert sums_of(lake, table, [(price,) for price in prices]).columns["price"] == ColumnSum(2, 10**28)
    assert sums_of(lake, table, [(price,) for price in prices[::2]]).columns["price"] == ColumnSum(1, 10**28 - 1)


def test_nothing_is_loaded_in_a_new_warehouse(empty_warehouse: WarehouseConnection) -> None:
    assert read_loaded_versions(empty_warehouse, "covid19") == {}


def test_staging_tables_are_gone_after_a_load(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    load_star(driver, "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])
    assert staging_tables(empty_warehouse) == CONTROL_TABLES - OF_REDSHIFT


def test_a_load_that_dies_after_its_commit_leaves_no_staging_tables(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run finds the warehouse up to date, so that no later load would remove them."""
    with driver.session(autocommit=True) as session:
        kind = type(session)
    commit = kind.commit

    def commit_and_die(session: Any) -> None:
        commit(session)
        raise KeyboardInterrupt

    monkeypatch.setattr(kind, "commit", commit_and_die)
    with pytest.raises(KeyboardInterrupt):
        load_star(driver, "covid19", [version_of(lake, PLACES, PLACE_ROWS, "v1")])
    assert read_loaded_versions(empty_warehouse, "covid19") == {"dim_place": "v1"}
    assert staging_tables(empty_warehouse) == CONTROL_TABLES - OF_REDSHIFT


def test_second_load_of_a_version_touches_nothing(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    given = [version_of(lake, COUNTS, COUNT_ROWS, "v1")]
    load_star(driver, "covid19", given)
    before = fetch(empty_warehouse, "SELECT xmin::text, ctid::text, * FROM covid19.fact_counts ORDER BY 3, 4")
    (again,) = load_star(driver, "covid19", given)
    assert again.up_to_date
    assert counts_of(again) == (0, 0, 0, 0)
    (forced,) = load_star(driver, "covid19", given, force=True)
    assert counts_of(forced) == (3, 0, 0, 0)
    assert fetch(empty_warehouse, "SELECT xmin::text, ctid::text, * FROM covid19.fact_counts ORDER BY 3, 4") == before


def test_changed_new_and_vanished_rows_are_brought_over(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    load_star(driver, "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])
    untouched = "SELECT xmin::text FROM covid19.fact_counts WHERE place_key = 1 AND date_key = 20200301"
    before = fetch(empty_warehouse, untouched)
    rows = [COUNT_ROWS[0], (1, 20200302, 7, "2020-03"), (3, 20200303, None, "2020-03")]
    (load,) = load_star(driver, "covid19", [version_of(lake, COUNTS, rows, "v2")])
    assert counts_of(load) == (3, 1, 1, 1)
    assert loaded_counts(empty_warehouse) == [row[:3] for row in rows]
    assert fetch(empty_warehouse, untouched) == before
    assert read_loaded_versions(empty_warehouse, "covid19") == {"fact_counts": "v2"}


def test_a_value_that_became_null_is_a_change(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    load_star(driver, "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])
    rows = [(*COUNT_ROWS[0][:2], None, "2020-03"), *COUNT_ROWS[1:]]
    (load,) = load_star(driver, "covid19", [version_of(lake, COUNTS, rows, "v2")])
    assert counts_of(load) == (3, 0, 1, 0)


def test_an_empty_version_empties_the_table(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    load_star(driver, "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])
    (load,) = load_star(driver, "covid19", [version_of(lake, COUNTS, [], "v2")])
    assert counts_of(load) == (0, 0, 0, 3)


def test_load_repairs_a_dropped_table(driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection) -> None:
    given = [version_of(lake, COUNTS, COUNT_ROWS, "v1")]
    load_star(driver, "covid19", given)
    run(empty_warehouse, "DROP TABLE covid19.fact_counts")
    assert read_loaded_versions(empty_warehouse, "covid19") == {}
    (load,) = load_star(driver, "covid19", given)
    assert counts_of(load) == (3, 3, 0, 0)


def test_a_changed_contract_builds_the_table_anew(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    load_star(driver, "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])
    wider = replace(COUNTS, columns=(*COUNTS.columns, Column("deaths", Type.BIGINT, "Cumulative deaths")))
    rows = [(*row, 1) for row in COUNT_ROWS]
    (load,) = load_star(driver, "covid19", [version_of(lake, wider, rows, "v2")])
    assert counts_of(load) == (3, 3, 0, 0)
    assert loaded_counts(empty_warehouse) == [(*row[:3], 1) for row in COUNT_ROWS]


def test_failure_in_the_transaction_leaves_all_tables_as_they_were(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    places, counts = version_of(lake, PLACES, PLACE_ROWS, "v1"), version_of(lake, COUNTS, COUNT_ROWS, "v1")
    load_star(driver, "covid19", [places, counts])
    duplicated = version_of(lake, COUNTS, [COUNT_ROWS[0], (9, 1, 1, "-"), (9, 1, 2, "-")], "v2")
    with pytest.raises(WarehouseError, match="duplicate key"):
        load_star(driver, "covid19", [version_of(lake, PLACES, PLACE_ROWS[:1], "v2"), duplicated])
    assert fetch(empty_warehouse, "SELECT count(*) FROM covid19.dim_place") == [(5,)]
    assert loaded_counts(empty_warehouse) == [row[:3] for row in COUNT_ROWS]
    assert read_loaded_versions(empty_warehouse, "covid19") == {"dim_place": "v1", "fact_counts": "v1"}
    (load,) = load_star(driver, "covid19", [version_of(lake, COUNTS, COUNT_ROWS[:1], "v3")])
    assert counts_of(load) == (1, 0, 0, 2)


@pytest.mark.parametrize(
    ("column", "damage"),
    [
        ("name", "NEW.name := NEW.name || ' '"),
        ("latitude", "NEW.latitude := NEW.latitude + 0.00001"),
        ("is_open", "NEW.is_open := NOT NEW.is_open"),
        ("opened_date", "NEW.opened_date := NEW.opened_date + 1"),
        ("updated_at", "NEW.updated_at := NEW.updated_at + interval '1 microsecond'"),
    ],
)
def test_a_value_that_differs_from_the_lake_rolls_the_load_back(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection, column: str, damage: str
) -> None:
    load_star(driver, "covid19", [version_of(lake, PLACES, PLACE_ROWS[:1], "v1")])
    run(
        empty_warehouse,
        f"CREATE FUNCTION covid19.damage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {damage}; RETURN NEW; END $$;"
        "CREATE TRIGGER damage BEFORE INSERT ON covid19.dim_place FOR EACH ROW EXECUTE FUNCTION covid19.damage()",
    )
    with pytest.raises(VerificationFailed, match=rf"covid19\.dim_place, column {column}"):
        load_star(driver, "covid19", [version_of(lake, PLACES, PLACE_ROWS[:2], "v2")])
    assert fetch(empty_warehouse, "SELECT place_key FROM covid19.dim_place") == [(0,)]
    assert read_loaded_versions(empty_warehouse, "covid19") == {"dim_place": "v1"}


def test_a_lost_row_rolls_the_load_back(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    load_star(driver, "covid19", [version_of(lake, PLACES, PLACE_ROWS[:1], "v1")])
    run(
        empty_warehouse, "CREATE RULE lost AS ON INSERT TO covid19.dim_place WHERE NEW.place_key = 5 DO INSTEAD NOTHING"
    )
    with pytest.raises(VerificationFailed, match="row count: 5 in the curated version, 4 in the warehouse"):
        load_star(driver, "covid19", [version_of(lake, PLACES, PLACE_ROWS, "v2")])


def test_two_loads_at_once_are_refused(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    given = [version_of(lake, COUNTS, COUNT_ROWS, "v1")]
    load_star(driver, "covid19", given)
    with empty_warehouse.connect() as other:
        other.execute("LOCK TABLE covid19_staging.load_lock IN EXCLUSIVE MODE")
        with pytest.raises(WarehouseError, match="another load of covid19 is running"):
            load_star(driver, "covid19", given)


@pytest.mark.parametrize("way", ["psycopg", "jdbc"])
def test_a_stopped_warehouse_says_where_it_was_and_what_to_do(
    way: str, request: pytest.FixtureRequest, lake: LocalStorage, warehouse: WarehouseConnection
) -> None:
    stopped = replace(warehouse, port=1)
    given = [version_of(lake, COUNTS, COUNT_ROWS, "v1")]
    with pytest.raises(WarehouseError, match=r"127\.0\.0\.1:1(?s:.)*covid-lake warehouse start") as loading:
        load_star(driver_by(way, request, stopped), "covid19", given)
    with pytest.raises(WarehouseError, match=r"127\.0\.0\.1:1(?s:.)*covid-lake warehouse start") as reading:
        read_loaded_versions(stopped, "covid19")
    assert warehouse.password not in str(loading.value) + str(reading.value)


@pytest.mark.parametrize("way", ["psycopg", "jdbc"])
def test_a_wrong_password_is_refused_without_naming_it(
    way: str, request: pytest.FixtureRequest, lake: LocalStorage, warehouse: WarehouseConnection
) -> None:
    wrong = driver_by(way, request, replace(warehouse, password="hunter2-hunter2"))
    with pytest.raises(WarehouseError, match="password authentication failed") as failed:
        load_star(wrong, "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])
    assert "hunter2" not in str(failed.value)


def test_text_that_the_warehouse_cannot_hold_fails_the_load(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    rows = [(1, "nul \x00 byte", None, None, None, None, None)]
    by_psycopg = "curated.dim_place: a value of name has a NUL character, which PostgreSQL cannot hold"
    refusal = by_psycopg if isinstance(driver, PostgresDriver) else "dim_place could not be written"
    with pytest.raises(WarehouseError, match=refusal):
        load_star(driver, "covid19", [version_of(lake, PLACES, rows, "v1")])
    assert read_loaded_versions(empty_warehouse, "covid19") == {}


def test_timestamps_need_a_session_in_utc(
    request: pytest.FixtureRequest,
    spark_on_java: SparkSession,
    lake: LocalStorage,
    empty_warehouse: WarehouseConnection,
) -> None:
    given = version_of(lake, PLACES, PLACE_ROWS, "v1")
    spark_on_java.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    try:
        with pytest.raises(SettingsError, match="timeZone is Europe/Berlin"):
            load_star(driver_by("jdbc", request, empty_warehouse), "covid19", [given])
    finally:
        spark_on_java.conf.set("spark.sql.session.timeZone", "UTC")


# --- faults that pass, and time that is up --------------------------------------------------------------------------

PATIENCE = Patience(sleep=lambda _seconds: None)


@pytest.mark.parametrize("statement", ["LOCK TABLE", "DELETE FROM", "INSERT INTO", "DROP TABLE"])
def test_a_load_whose_connection_is_cut_is_begun_again(
    statement: str,
    driver: Driver,
    lake: LocalStorage,
    empty_warehouse: WarehouseConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_star(driver, "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])
    with driver.session(autocommit=True) as session:
        kind = type(session)
    execute, cut = kind.execute, list[str]()

    def cut_once(session: Any, sql: str) -> int:
        if sql.startswith(statement) and "load_lock" not in sql and not cut:
            cut.append(sql)
            end = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s"
            )
            with empty_warehouse.connect() as opened:
                opened.execute(end.encode(), (empty_warehouse.database,))
        return execute(session, sql)

    monkeypatch.setattr(kind, "execute", cut_once)
    rows = [COUNT_ROWS[0], (1, 20200302, 7, "2020-03")]
    (load,) = load_star(driver, "covid19", [version_of(lake, COUNTS, rows, "v2")], patience=PATIENCE)
    assert (len(cut), counts_of(load)) == (1, (2, 0, 1, 1))
    assert loaded_counts(empty_warehouse) == [row[:3] for row in rows]
    assert fetch(empty_warehouse, "SELECT version, staged, changed, deleted FROM covid19_staging.loads") == [
        ("v1", 3, 0, 0),
        ("v2", 2, 1, 1),
    ]


@pytest.mark.parametrize("way", ["psycopg", "jdbc"])
def test_a_load_that_waits_past_its_deadline_is_cancelled_and_leaves_the_old_rows(
    way: str, request: pytest.FixtureRequest, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    load_star(driver_by(way, request, empty_warehouse), "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])
    with empty_warehouse.connect() as other:
        other.execute("LOCK TABLE covid19.fact_counts IN ACCESS EXCLUSIVE MODE")
        hurried = driver_by(way, request, empty_warehouse, Deadline(4 / 60))
        began = time.monotonic()
        with pytest.raises(WarehouseError, match=r"gave up(?s:.)*longer than 0.0666667 minutes"):
            load_star(hurried, "covid19", [version_of(lake, COUNTS, COUNT_ROWS[:1], "v2")])
        assert time.monotonic() - began < 30
    assert loaded_counts(empty_warehouse) == [row[:3] for row in COUNT_ROWS]
    assert staging_tables(empty_warehouse) > {"fact_counts"}
    (load,) = load_star(
        driver_by(way, request, empty_warehouse), "covid19", [version_of(lake, COUNTS, COUNT_ROWS[:1], "v2")]
    )
    assert counts_of(load) == (1, 0, 0, 2)


def test_the_audit_has_a_row_for_each_table_and_load(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    load_star(driver, "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])
    second = version_of(lake, COUNTS, [*COUNT_ROWS[:2], (3, 20200301, 1, "2020-03")], "v2")
    scope = Scope.of_months("date_key", ["2020-03"])
    load_star(driver, "covid19", [replace(second, since=lambda _version: Delta(second.files, scope))])
    load_star(driver, "covid19", [second], force=True)
    load_star(driver, "covid19", [second])
    audit = (
        "SELECT version, previous_version, scope, staged, inserted, changed, deleted, row_count, "
        "verified_at >= started_at, count(*) OVER () FROM covid19_staging.loads ORDER BY verified_at"
    )
    assert fetch(empty_warehouse, audit) == [
        ("v1", None, "created", 3, 3, 0, 0, 3, True, 3),
        ("v2", "v1", "months", 3, 1, 0, 1, 3, True, 3),
        ("v2", "v2", "whole", 3, 0, 0, 0, 3, True, 3),
    ]


# --- a table that the warehouse lacks ------------------------------------------------------------------------------


def test_a_new_table_has_key_comments_and_statistics_and_survives_a_crash(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    load_star(driver, "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])
    shape = """
        SELECT c.relpersistence::text, c.reltuples::int, obj_description(c.oid), pg_get_constraintdef(k.oid), k.conname
        FROM pg_class c LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
        WHERE c.oid = 'covid19.fact_counts'::regclass
    """
    key = "PRIMARY KEY (place_key, date_key)"
    assert fetch(empty_warehouse, shape) == [("p", 3, "A place and a day.", key, "fact_counts_pkey")]
    needed = (
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'fact_counts' AND is_nullable = 'NO'"
    )
    assert {name for (name,) in fetch(empty_warehouse, needed)} == {"place_key", "date_key"}


def test_a_new_table_with_a_key_twice_is_refused(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    with pytest.raises(WarehouseError, match="could not create unique index"):
        load_star(driver, "covid19", [version_of(lake, COUNTS, [COUNT_ROWS[0], COUNT_ROWS[0]], "v1")])
    assert read_loaded_versions(empty_warehouse, "covid19") == {}
    (load,) = load_star(driver, "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v2")])
    assert counts_of(load) == (3, 3, 0, 0)


# --- months --------------------------------------------------------------------------------------------------------


def test_only_the_months_that_differ_are_staged(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    april = [(1, 20200401, 1, "2020-04"), (2, 20200401, 2, "2020-04")]
    load_star(driver, "covid19", [version_of(lake, COUNTS, [*COUNT_ROWS, *april], "v1")])
    second = version_of(lake, COUNTS, [*COUNT_ROWS, april[0], (3, 20200402, 3, "2020-04")], "v2")
    asked = []

    def since(version: str) -> Delta:
        asked.append(version)
        return Delta(second.files[1:], Scope.of_months("date_key", ["2020-04"]))

    (load,) = load_star(driver, "covid19", [replace(second, since=since)])
    assert asked == ["v1"]
    assert counts_of(load) == (2, 1, 0, 1)
    assert loaded_counts(empty_warehouse) == sorted([*(row[:3] for row in COUNT_ROWS), april[0][:3], (3, 20200402, 3)])


# --- checksums -----------------------------------------------------------------------------------------------------

NEW_YEAR = dt.datetime(1899, 12, 31, 23, 59, 59, 1, UTC)
FIRST, LAST = dt.datetime(1, 1, 1, tzinfo=UTC), dt.datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
ODD_ROWS = [
    *PLACE_ROWS,
    (10, "\\.", float("inf"), True, FIRST.date(), FIRST, Decimal("-0.0000000001")),
    (11, "\\.\n\\N\r\n,\"", float("-inf"), None, LAST.date(), LAST, None),
    (12, "\u0001\ufeff\U0010ffff" * 30, 9e12, False, dt.date(1582, 10, 10), None, Decimal("0.1")),
    (13, "ß" * 128, -8999999999999.999, True, dt.date(1900, 2, 28), NEW_YEAR, None),
    (14, "NULL", 5e-324, None, None, dt.datetime(2020, 10, 25, 1, 30, tzinfo=UTC), Decimal("12345678901234567.89")),
    (15, "null", -0.0, None, None, None, None),
    (16, '""', 1.7976931348623157e308, None, None, None, None),
    (17, "\t ", 0.1 + 0.2, None, None, None, None),
    (18, "é", 123456.789012, None, None, None, None),
    (19, "é", 0.5, True, None, None, None),  # texts that several rows have
    (20, None, -0.5, False, dt.date(2020, 2, 29), None, Decimal("1e17")),
]  # fmt: skip


def test_odd_values_arrive_and_the_checksums_of_files_and_warehouse_agree(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    key, name, *others = PLACES.columns
    table = replace(PLACES, columns=(key, replace(name, max_bytes=1000), *others))
    load_star(driver, "covid19", [version_of(lake, table, ODD_ROWS, "v1")])
    loaded = fetch(empty_warehouse, "SELECT * FROM covid19.dim_place ORDER BY place_key")
    assert repr(loaded) == repr(as_loaded(ODD_ROWS))
    with driver.session(autocommit=True) as session:
        (row,) = session.query(checksum_query("covid19", "dim_place", table.stored_columns, POSTGRESQL))
    assert sums_of(lake, table, ODD_ROWS) == read_checksums(row, table.stored_columns)


def test_the_checksums_are_the_numbers_that_the_table_of_types_says(lake: LocalStorage) -> None:
    sums = sums_of(lake, PLACES, [row for row in ODD_ROWS if row[0] in (1, 5, 10, 18)])
    of_texts = [
        int(md5(text.encode(), usedforsecurity=False).hexdigest()[:15], 16)
        for text in ("Curaçao 北京 🦠", " ", "\\.", "é")
    ]
    assert sums.columns == {
        "place_key": ColumnSum(4, 34),
        "name": ColumnSum(4, sum(of_texts)),
        "latitude": ColumnSum(4, 12169600 + 123456789012),
        "is_open": ColumnSum(3, 3),
        "opened_date": ColumnSum(2, 18322 - 719162),
        "updated_at": ColumnSum(3, 1585445400123456 + 1583634600000000 - 62135596800000000),
        "price": ColumnSum(3, 123000000000),
    }
    assert (sums.rows, sums.longest) == (4, {"name": 20})
    same_texts = sums_of(lake, PLACES, [(key, "é", *[None] * 5) for key in range(3)])
    assert same_texts.columns["name"] == ColumnSum(3, 3 * of_texts[-1])
    assert sums_of(lake, PLACES, []).columns == {column.name: ColumnSum(0, 0) for column in PLACES.columns}


# --- either way ----------------------------------------------------------------------------------------------------


def test_a_task_that_fails_ends_what_others_wait_for(warehouse: WarehouseConnection) -> None:
    started = time.monotonic()

    def sleep(session: SqlSession) -> None:
        session.query("SELECT pg_sleep(60)")

    def fail(_: SqlSession) -> None:
        time.sleep(0.5)  # until the server is at the other task
        raise KeyError("a fault")

    with pytest.raises(KeyError, match="a fault"):
        PostgresDriver(warehouse).do_all([sleep, fail, sleep])
    assert time.monotonic() - started < 30


def test_the_load_by_psycopg_needs_no_spark() -> None:
    code = (
        "import sys; sys.modules['pyspark'] = sys.modules['py4j'] = None\n"
        "import covid_lake.publish.warehouse, covid_lake.warehouse.load, covid_lake.warehouse.postgres"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_postgresql_is_reached_by_psycopg_where_that_is_installed(
    warehouse: WarehouseConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(driver_for(warehouse, no_engine), PostgresDriver)
    monkeypatch.setattr(drivers, "find_spec", lambda name: None)
    with pytest.raises(WarehouseError, match=r"nothing here can load .*install psycopg"):
        driver_for(warehouse, no_engine)


def test_without_psycopg_and_for_other_warehouses_it_is_jdbc(
    warehouse: WarehouseConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    jdbc = pytest.importorskip("covid_lake.warehouse.jdbc", exc_type=ImportError)
    cluster = driver_for(replace(warehouse, dialect=REDSHIFT), no_engine)
    assert isinstance(cluster, jdbc.JdbcDriver)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(drivers, "find_spec", lambda name: None if name == "psycopg" else find_spec(name))
    assert isinstance(driver_for(warehouse, no_engine), jdbc.JdbcDriver)


def test_an_engine_without_a_jvm_cannot_load_over_jdbc(
    engine: Engine, lake: LocalStorage, warehouse: WarehouseConnection
) -> None:
    jdbc = pytest.importorskip("covid_lake.warehouse.jdbc", exc_type=ImportError)
    if getattr(engine.session, "_jvm", None) is not None:
        pytest.skip("the engine of these tests has a JVM")
    with pytest.raises(WarehouseError, match=r"a session without a JVM cannot reach .*install psycopg"):
        load_star(jdbc.JdbcDriver(warehouse, lambda: engine), "covid19", [version_of(lake, COUNTS, COUNT_ROWS, "v1")])


# --- width of texts ------------------------------------------------------------------------------------------------


def test_a_text_that_is_longer_than_its_contract_is_refused_before_it_is_loaded(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    name = Column("name", Type.TEXT, "The place's name", max_bytes=8)
    table = replace(COUNTS, name="dim_name", columns=(COUNTS.columns[0], name), key=("place_key",), partitioning=None)

    def load(text: str) -> None:
        load_star(driver, "covid19", [version_of(lake, table, [(1, text), (2, None)], text)])

    load("北京ab")
    with pytest.raises(WarehouseError, match=r"curated.dim_name: the longest value of name has 9 bytes.* allows 8"):
        load("北京abc")
    assert read_loaded_versions(empty_warehouse, "covid19") == {"dim_name": "北京ab"}


def test_a_text_without_a_width_of_its_own_may_have_256_bytes(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    table = replace(
        COUNTS, name="dim_name", columns=(COUNTS.columns[0], Column("name", Type.TEXT, "Name")), partitioning=None,
        key=("place_key",),
    )  # fmt: skip
    for length, fits in ((256, True), (257, False)):
        version = version_of(lake, table, [(1, "x" * length)], str(length))
        if fits:
            load_star(driver, "covid19", [version])
        else:
            with pytest.raises(WarehouseError, match="257 bytes"):
                load_star(driver, "covid19", [version])


# --- the reader's role ---------------------------------------------------------------------------------------------


def test_a_load_lets_the_reader_read_what_it_loaded_also_a_table_that_it_built_anew(
    driver: Driver, lake: LocalStorage, empty_warehouse: WarehouseConnection
) -> None:
    name = Column("name", Type.TEXT, "Name")
    table = replace(COUNTS, name="dim_name", columns=(COUNTS.columns[0], name), key=("place_key",), partitioning=None)
    fewer = replace(table, columns=(COUNTS.columns[0],))
    for given, row, version in ((table, (1, "here"), "v1"), (fewer, (1,), "v2")):
        load_star(driver, "covid19", [version_of(lake, given, [row], version)])
        with empty_warehouse.connect() as opened:
            opened.execute("SET ROLE covid_lake_reader")
            assert opened.execute("SELECT place_key FROM covid19.dim_name").fetchall() == [(1,)]
            with pytest.raises(InsufficientPrivilege):
                opened.execute("SELECT * FROM covid19_staging.loaded_versions")
