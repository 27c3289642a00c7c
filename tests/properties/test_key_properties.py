"""Surrogate keys: the same in every session, partitioning and engine, and for anybody who counts them by hand.

`golden_keys.json` was computed by an implementation of xxhash64 that knows nothing of Spark. A key that differs from it
would leave every warehouse loaded before with rows that nothing matches any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from covid_lake.datasets.covid19 import contracts as c
from covid_lake.datasets.covid19.curated import date_key, dim_hospital, region_key
from covid_lake.transforms.frames import spark_schema
from spark_examples import spark_examples

GOLDEN = json.loads((Path(__file__).parent / "golden_keys.json").read_text(encoding="utf-8"))
SEED_OF_SPARK = 42

PARTITIONINGS: dict[str, Callable[[DataFrame], DataFrame]] = {
    "one": lambda frame: frame.coalesce(1),
    "many": lambda frame: frame.repartition(7),
    "by hash": lambda frame: frame.repartition(3, frame.columns[0]),
    "by range": lambda frame: frame.repartitionByRange(4, frame.columns[0]),
}


def key_of(text: str) -> int:
    digest = xxhash.xxh64_digest(text.encode(), seed=SEED_OF_SPARK)
    return int.from_bytes(digest, "big", signed=True)


def region_keys(spark: SparkSession, ids: list[str], partitioned: str = "one") -> dict[str, int]:
    frame = PARTITIONINGS[partitioned](spark.createDataFrame([(one,) for one in ids], "region_id string"))
    return dict(frame.select("region_id", region_key("region_id")).collect())


def hospital_keys(spark: SparkSession, ids: list[int]) -> dict[int, int]:
    hospitals = spark.createDataFrame([(one, None) for one in ids], "hospital_id bigint, fips string")
    regions = spark.createDataFrame([], spark_schema(c.DIM_REGION.columns))
    found = dim_hospital({"trusted.hospital_beds": hospitals, "curated.dim_region": regions})
    return dict(found.select("hospital_id", "hospital_key").collect())


def date_keys(spark: SparkSession, days: list[date]) -> dict[date, int]:
    frame = spark.createDataFrame([(day,) for day in days], "day date")
    return dict(frame.select("day", date_key("day")).collect())


@pytest.fixture(scope="module", params=["the engine's own", "UTC", "Pacific/Kiritimati", "America/Adak"])
def other_session(request: pytest.FixtureRequest, spark: SparkSession) -> SparkSession:
    """A session of other settings, none of which a key may depend on."""
    if request.param == "the engine's own":
        return spark
    session = request.getfixturevalue("spark_on_java").newSession()
    session.conf.set("spark.sql.session.timeZone", request.param)
    session.conf.set("spark.sql.ansi.enabled", request.param == "UTC")
    session.conf.set("spark.sql.codegen.wholeStage", request.param == "UTC")
    session.conf.set("spark.sql.shuffle.partitions", "5")
    return session


def test_keys_are_those_that_were_committed(other_session: SparkSession) -> None:
    assert region_keys(other_session, list(GOLDEN["region_key"])) == GOLDEN["region_key"]
    hospitals = {int(one): key for one, key in GOLDEN["hospital_key"].items()}
    assert hospital_keys(other_session, list(hospitals)) == hospitals
    days = {date.fromisoformat(day): key for day, key in GOLDEN["date_key"].items()}
    assert date_keys(other_session, list(days)) == days


def test_the_committed_keys_are_plain_xxhash64() -> None:
    assert {one: key_of(one) for one in GOLDEN["region_key"]} == GOLDEN["region_key"]
    assert {one: key_of(f"hospital:{one}") for one in GOLDEN["hospital_key"]} == GOLDEN["hospital_key"]
    assert len(set(GOLDEN["region_key"].values()) | set(GOLDEN["hospital_key"].values())) == 18


@spark_examples(4)
@given(ids=st.lists(st.text(min_size=1, max_size=80), min_size=60, max_size=60, unique=True))
@pytest.mark.parametrize("partitioned", PARTITIONINGS)
def test_the_key_of_any_region_is_the_hash_of_its_id(spark: SparkSession, partitioned: str, ids: list[str]) -> None:
    assert region_keys(spark, ids, partitioned) == {one: key_of(one) for one in ids}


@spark_examples(4)
@given(ids=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=60, max_size=60, unique=True))
def test_the_key_of_any_hospital_is_the_hash_of_its_number(spark: SparkSession, ids: list[int]) -> None:
    assert hospital_keys(spark, ids) == {one: key_of(f"hospital:{one}") for one in ids}


@spark_examples(4)
@given(days=st.lists(st.dates(date(1900, 1, 1), date(2999, 12, 31)), min_size=100, max_size=100, unique=True))
def test_the_key_of_a_day_reads_as_the_day_and_sorts_as_it(other_session: SparkSession, days: list[date]) -> None:
    found = date_keys(other_session, days)
    assert found == {day: int(day.strftime("%Y%m%d")) for day in days}
    assert sorted(found, key=found.__getitem__) == sorted(days)


def test_no_region_is_null_and_gets_a_key(spark: SparkSession) -> None:
    """A null is no region: Spark would hash it to the seed, which must never become a key."""
    nullable = {column.name for column in c.BRIDGE_REGION.columns + c.DIM_REGION.columns if column.nullable}
    assert "region_id" not in nullable
    seed = spark.range(1).select(F.xxhash64(F.lit(None).cast("string"))).first()[0]
    assert seed == SEED_OF_SPARK not in GOLDEN["region_key"].values()
