"""The load, against a real PostgreSQL and with a real Spark."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from psycopg.errors import InsufficientPrivilege
from pyspark.sql import SparkSession

from covid_lake.contracts import Column, Partitioning, Table, Type, Zone
from covid_lake.errors import SettingsError, VerificationFailed, WarehouseError
from covid_lake.transforms.frames import spark_schema
from covid_lake.warehouse.checksums import ColumnSum, frame_checksums
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.load import CuratedVersion, TableLoad, load_star, read_loaded_versions
from covid_lake.warehouse.sql_session import SqlSession

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


def version_of(spark: SparkSession, table: Table, rows: list[tuple[Any, ...]], version: str) -> CuratedVersion:
    return CuratedVersion(table, spark.createDataFrame(rows, spark_schema(table.columns)), version)


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


def test_first_load_writes_every_value_as_it_is(spark: SparkSession, empty_warehouse: WarehouseConnection) -> None:
    phases = []
    loads = load_star(
        spark,
        empty_warehouse,
        "covid19",
        [version_of(spark, PLACES, PLACE_ROWS, "v1"), version_of(spark, COUNTS, COUNT_ROWS, "v1")],
        progress=lambda table, phase: phases.append((table, phase)),
    )
    assert [counts_of(load) for load in loads] == [(5, 5, 0, 0), (3, 3, 0, 0)]
    assert phases[0] == ("dim_place", "staging")
    loaded = fetch(empty_warehouse, "SELECT * FROM covid19.dim_place ORDER BY place_key")
    expected = [
        (*row[:5], row[5] and row[5].replace(tzinfo=None), None if row[6] is None else row[6].quantize(PRICE_UNIT))
        for row in sorted(PLACE_ROWS)
    ]
    assert repr(loaded) == repr(expected)
    assert loaded_counts(empty_warehouse) == [row[:3] for row in COUNT_ROWS]
    assert read_loaded_versions(empty_warehouse, "covid19") == {"dim_place": "v1", "fact_counts": "v1"}
    given = [version_of(spark, PLACES, PLACE_ROWS, "v1")]
    (again,) = load_star(spark, empty_warehouse, "covid19", given)
    assert again.up_to_date
    (forced,) = load_star(spark, empty_warehouse, "covid19", given, force=True)
    assert counts_of(forced) == (5, 0, 0, 0)


def test_a_decimal_of_another_scale_builds_the_table_anew(
    spark: SparkSession, empty_warehouse: WarehouseConnection
) -> None:
    load_star(spark, empty_warehouse, "covid19", [version_of(spark, PLACES, PLACE_ROWS[1:2], "v1")])
    coarse = replace(PLACES, columns=(*PLACES.columns[:-1], replace(PLACES.columns[-1], precision=4, scale=1)))
    load_star(spark, empty_warehouse, "covid19", [version_of(spark, coarse, PLACE_ROWS[1:2], "v2")])
    assert fetch(empty_warehouse, "SELECT price FROM covid19.dim_place") == [(Decimal("12.3"),)]


def test_a_decimal_that_differs_in_its_last_digit_has_another_checksum(spark: SparkSession) -> None:
    prices = [Decimal("999999999999999999.9999999999"), Decimal("0.0000000001"), None]
    columns = PLACES.columns[-1:]
    schema = spark_schema(columns)
    sums = frame_checksums(spark.createDataFrame([(price,) for price in prices], schema), columns)
    assert sums.columns["price"] == ColumnSum(2, 10**28)
    one_less = frame_checksums(spark.createDataFrame([(price,) for price in prices[::2]], schema), columns)
    assert one_less.columns["price"] == ColumnSum(1, 10**28 - 1)


def test_nothing_is_loaded_in_a_new_warehouse(empty_warehouse: WarehouseConnection) -> None:
    assert read_loaded_versions(empty_warehouse, "covid19") == {}


def test_staging_tables_are_gone_after_a_load(spark: SparkSession, empty_warehouse: WarehouseConnection) -> None:
    load_star(spark, empty_warehouse, "covid19", [version_of(spark, COUNTS, COUNT_ROWS, "v1")])
    assert staging_tables(empty_warehouse) == {"loaded_versions", "load_lock"}


def test_a_load_that_dies_after_its_commit_leaves_no_staging_tables(
    spark: SparkSession, empty_warehouse: WarehouseConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run finds the warehouse up to date, so that no later load would remove them."""
    commit = SqlSession.commit

    def commit_and_die(session: SqlSession) -> None:
        commit(session)
        raise KeyboardInterrupt

    monkeypatch.setattr(SqlSession, "commit", commit_and_die)
    with pytest.raises(KeyboardInterrupt):
        load_star(spark, empty_warehouse, "covid19", [version_of(spark, PLACES, PLACE_ROWS, "v1")])
    assert read_loaded_versions(empty_warehouse, "covid19") == {"dim_place": "v1"}
    assert staging_tables(empty_warehouse) == {"loaded_versions", "load_lock"}


def test_second_load_of_a_version_touches_nothing(spark: SparkSession, empty_warehouse: WarehouseConnection) -> None:
    given = [version_of(spark, COUNTS, COUNT_ROWS, "v1")]
    load_star(spark, empty_warehouse, "covid19", given)
    before = fetch(empty_warehouse, "SELECT xmin::text, ctid::text, * FROM covid19.fact_counts ORDER BY 3, 4")
    (again,) = load_star(spark, empty_warehouse, "covid19", given)
    assert again.up_to_date
    assert counts_of(again) == (0, 0, 0, 0)
    (forced,) = load_star(spark, empty_warehouse, "covid19", given, force=True)
    assert counts_of(forced) == (3, 0, 0, 0)
    assert fetch(empty_warehouse, "SELECT xmin::text, ctid::text, * FROM covid19.fact_counts ORDER BY 3, 4") == before


def test_changed_new_and_vanished_rows_are_brought_over(
    spark: SparkSession, empty_warehouse: WarehouseConnection
) -> None:
    load_star(spark, empty_warehouse, "covid19", [version_of(spark, COUNTS, COUNT_ROWS, "v1")])
    untouched = "SELECT xmin::text FROM covid19.fact_counts WHERE place_key = 1 AND date_key = 20200301"
    before = fetch(empty_warehouse, untouched)
    rows = [COUNT_ROWS[0], (1, 20200302, 7, "2020-03"), (3, 20200303, None, "2020-03")]
    (load,) = load_star(spark, empty_warehouse, "covid19", [version_of(spark, COUNTS, rows, "v2")])
    assert counts_of(load) == (3, 1, 1, 1)
    assert loaded_counts(empty_warehouse) == [row[:3] for row in rows]
    assert fetch(empty_warehouse, untouched) == before
    assert read_loaded_versions(empty_warehouse, "covid19") == {"fact_counts": "v2"}


def test_a_value_that_became_null_is_a_change(spark: SparkSession, empty_warehouse: WarehouseConnection) -> None:
    load_star(spark, empty_warehouse, "covid19", [version_of(spark, COUNTS, COUNT_ROWS, "v1")])
    rows = [(*COUNT_ROWS[0][:2], None, "2020-03"), *COUNT_ROWS[1:]]
    (load,) = load_star(spark, empty_warehouse, "covid19", [version_of(spark, COUNTS, rows, "v2")])
    assert counts_of(load) == (3, 0, 1, 0)


def test_an_empty_version_empties_the_table(spark: SparkSession, empty_warehouse: WarehouseConnection) -> None:
    load_star(spark, empty_warehouse, "covid19", [version_of(spark, COUNTS, COUNT_ROWS, "v1")])
    (load,) = load_star(spark, empty_warehouse, "covid19", [version_of(spark, COUNTS, [], "v2")])
    assert counts_of(load) == (0, 0, 0, 3)


def test_load_repairs_a_dropped_table(spark: SparkSession, empty_warehouse: WarehouseConnection) -> None:
    given = [version_of(spark, COUNTS, COUNT_ROWS, "v1")]
    load_star(spark, empty_warehouse, "covid19", given)
    run(empty_warehouse, "DROP TABLE covid19.fact_counts")
    assert read_loaded_versions(empty_warehouse, "covid19") == {}
    (load,) = load_star(spark, empty_warehouse, "covid19", given)
    assert counts_of(load) == (3, 3, 0, 0)


def test_a_changed_contract_builds_the_table_anew(spark: SparkSession, empty_warehouse: WarehouseConnection) -> None:
    load_star(spark, empty_warehouse, "covid19", [version_of(spark, COUNTS, COUNT_ROWS, "v1")])
    wider = replace(COUNTS, columns=(*COUNTS.columns, Column("deaths", Type.BIGINT, "Cumulative deaths")))
    rows = [(*row, 1) for row in COUNT_ROWS]
    (load,) = load_star(spark, empty_warehouse, "covid19", [version_of(spark, wider, rows, "v2")])
    assert counts_of(load) == (3, 3, 0, 0)
    assert loaded_counts(empty_warehouse) == [(*row[:3], 1) for row in COUNT_ROWS]


def test_failure_in_the_transaction_leaves_all_tables_as_they_were(
    spark: SparkSession, empty_warehouse: WarehouseConnection
) -> None:
    places, counts = version_of(spark, PLACES, PLACE_ROWS, "v1"), version_of(spark, COUNTS, COUNT_ROWS, "v1")
    load_star(spark, empty_warehouse, "covid19", [places, counts])
    duplicated = version_of(spark, COUNTS, [COUNT_ROWS[0], (9, 1, 1, "-"), (9, 1, 2, "-")], "v2")
    with pytest.raises(WarehouseError, match="duplicate key"):
        load_star(spark, empty_warehouse, "covid19", [version_of(spark, PLACES, PLACE_ROWS[:1], "v2"), duplicated])
    assert fetch(empty_warehouse, "SELECT count(*) FROM covid19.dim_place") == [(5,)]
    assert loaded_counts(empty_warehouse) == [row[:3] for row in COUNT_ROWS]
    assert read_loaded_versions(empty_warehouse, "covid19") == {"dim_place": "v1", "fact_counts": "v1"}
    (load,) = load_star(spark, empty_warehouse, "covid19", [version_of(spark, COUNTS, COUNT_ROWS[:1], "v3")])
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
    spark: SparkSession, empty_warehouse: WarehouseConnection, column: str, damage: str
) -> None:
    load_star(spark, empty_warehouse, "covid19", [version_of(spark, PLACES, PLACE_ROWS[:1], "v1")])
    run(
        empty_warehouse,
        f"CREATE FUNCTION covid19.damage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {damage}; RETURN NEW; END $$;"
        "CREATE TRIGGER damage BEFORE INSERT ON covid19.dim_place FOR EACH ROW EXECUTE FUNCTION covid19.damage()",
    )
    with pytest.raises(VerificationFailed, match=rf"covid19\.dim_place, column {column}"):
        load_star(spark, empty_warehouse, "covid19", [version_of(spark, PLACES, PLACE_ROWS[:2], "v2")])
    assert fetch(empty_warehouse, "SELECT place_key FROM covid19.dim_place") == [(0,)]
    assert read_loaded_versions(empty_warehouse, "covid19") == {"dim_place": "v1"}


def test_a_lost_row_rolls_the_load_back(spark: SparkSession, empty_warehouse: WarehouseConnection) -> None:
    load_star(spark, empty_warehouse, "covid19", [version_of(spark, PLACES, PLACE_ROWS[:1], "v1")])
    run(
        empty_warehouse, "CREATE RULE lost AS ON INSERT TO covid19.dim_place WHERE NEW.place_key = 5 DO INSTEAD NOTHING"
    )
    with pytest.raises(VerificationFailed, match="row count: 5 in the curated version, 4 in the warehouse"):
        load_star(spark, empty_warehouse, "covid19", [version_of(spark, PLACES, PLACE_ROWS, "v2")])


def test_two_loads_at_once_are_refused(spark: SparkSession, empty_warehouse: WarehouseConnection) -> None:
    given = [version_of(spark, COUNTS, COUNT_ROWS, "v1")]
    load_star(spark, empty_warehouse, "covid19", given)
    with empty_warehouse.connect() as other:
        other.execute("LOCK TABLE covid19_staging.load_lock IN EXCLUSIVE MODE")
        with pytest.raises(WarehouseError, match="another load of covid19 is running"):
            load_star(spark, empty_warehouse, "covid19", given)


def test_a_stopped_warehouse_says_where_it_was_and_what_to_do(
    spark: SparkSession, warehouse: WarehouseConnection
) -> None:
    stopped = replace(warehouse, port=1)
    given = [version_of(spark, COUNTS, COUNT_ROWS, "v1")]
    with pytest.raises(WarehouseError, match=r"127\.0\.0\.1:1(?s:.)*covid-lake warehouse start") as loading:
        load_star(spark, stopped, "covid19", given)
    with pytest.raises(WarehouseError, match=r"127\.0\.0\.1:1(?s:.)*covid-lake warehouse start") as reading:
        read_loaded_versions(stopped, "covid19")
    assert warehouse.password not in str(loading.value) + str(reading.value)


def test_a_wrong_password_is_refused_without_naming_it(spark: SparkSession, warehouse: WarehouseConnection) -> None:
    wrong = replace(warehouse, password="hunter2-hunter2")
    with pytest.raises(WarehouseError, match="password authentication failed") as failed:
        load_star(spark, wrong, "covid19", [version_of(spark, COUNTS, COUNT_ROWS, "v1")])
    assert "hunter2" not in str(failed.value)


def test_text_that_the_warehouse_cannot_hold_fails_the_load(
    spark: SparkSession, empty_warehouse: WarehouseConnection
) -> None:
    rows = [(1, "nul \x00 byte", None, None, None, None, None)]
    with pytest.raises(WarehouseError, match="dim_place could not be written"):
        load_star(spark, empty_warehouse, "covid19", [version_of(spark, PLACES, rows, "v1")])
    assert read_loaded_versions(empty_warehouse, "covid19") == {}


def test_timestamps_need_a_session_in_utc(spark: SparkSession, warehouse: WarehouseConnection) -> None:
    spark.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    try:
        with pytest.raises(SettingsError, match="timeZone is Europe/Berlin"):
            load_star(spark, warehouse, "covid19", [version_of(spark, PLACES, PLACE_ROWS, "v1")])
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")


# --- width of texts ------------------------------------------------------------------------------------------------


def test_a_text_that_is_longer_than_its_contract_is_refused_before_it_is_loaded(
    spark: SparkSession, empty_warehouse: WarehouseConnection
) -> None:
    name = Column("name", Type.TEXT, "The place's name", max_bytes=8)
    table = replace(COUNTS, name="dim_name", columns=(COUNTS.columns[0], name), key=("place_key",), partitioning=None)

    def load(text: str) -> None:
        frame = spark.createDataFrame([(1, text), (2, None)], "place_key long, name string")
        load_star(spark, empty_warehouse, "covid19", [CuratedVersion(table, frame, text)])

    load("北京ab")
    with pytest.raises(WarehouseError, match=r"curated.dim_name: the longest value of name has 9 bytes.* allows 8"):
        load("北京abc")
    assert read_loaded_versions(empty_warehouse, "covid19") == {"dim_name": "北京ab"}


def test_a_text_without_a_width_of_its_own_may_have_256_bytes(
    spark: SparkSession, empty_warehouse: WarehouseConnection
) -> None:
    table = replace(
        COUNTS, name="dim_name", columns=(COUNTS.columns[0], Column("name", Type.TEXT, "Name")), partitioning=None,
        key=("place_key",),
    )  # fmt: skip
    for length, fits in ((256, True), (257, False)):
        frame = spark.createDataFrame([(1, "x" * length)], "place_key long, name string")
        version = CuratedVersion(table, frame, str(length))
        if fits:
            load_star(spark, empty_warehouse, "covid19", [version])
        else:
            with pytest.raises(WarehouseError, match="257 bytes"):
                load_star(spark, empty_warehouse, "covid19", [version])


# --- the reader's role ---------------------------------------------------------------------------------------------


def test_a_load_lets_the_reader_read_what_it_loaded_also_a_table_that_it_built_anew(
    spark: SparkSession, empty_warehouse: WarehouseConnection
) -> None:
    frame = spark.createDataFrame([(1, "here")], "place_key long, name string")
    name = Column("name", Type.TEXT, "Name")
    table = replace(COUNTS, name="dim_name", columns=(COUNTS.columns[0], name), key=("place_key",), partitioning=None)
    fewer = replace(table, columns=(COUNTS.columns[0],))
    for given, version in ((table, "v1"), (fewer, "v2")):
        load_star(spark, empty_warehouse, "covid19", [CuratedVersion(given, frame, version)])
        with empty_warehouse.connect() as opened:
            opened.execute("SET ROLE covid_lake_reader")
            assert opened.execute("SELECT place_key FROM covid19.dim_name").fetchall() == [(1,)]
            with pytest.raises(InsufficientPrivilege):
                opened.execute("SELECT * FROM covid19_staging.loaded_versions")
