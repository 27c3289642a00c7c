"""Naming places: what was named once is named the same again, alone or among others, in any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from covid_lake.datasets.covid19.places import (
    CANADIAN_PROVINCES,
    COMPOSITE_COUNTIES,
    COUNTRIES,
    COUNTRY_ALIASES,
    PROVINCE_ALIASES,
    US_STATES,
)
from covid_lake.datasets.covid19.regions import name_reported_places, name_us_places
from spark_examples import spark_examples

Place = tuple[str | None, str | None, str | None, str | None]
Row = tuple[Any, ...]
GIVEN = ("country_region", "province_state", "county", "fips")
LEVELS = {"country", "state", "county", "facility", "ship", "unassigned", "out_of_state", "recovered"}

# Spellings in any case, and texts that no table knows, made of what the rules look for.
LOOKED_FOR = (
    "Saint;Mary;Place;\u00c5lborg;County;Parish;Borough;City;Out of;Unassigned;Unknown;Princess;Cruise Ship;Recovered;"
    "(From Diamond Princess);Correctional;,;, TX;, ON;/"
)
WORDS = st.lists(st.sampled_from(LOOKED_FOR.split(";")), min_size=1, max_size=4).map(" ".join)


def spelled(names: Sequence[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(names), st.sampled_from([str, str.upper, str.lower])).map(
        lambda two: two[1](two[0])
    )


COUNTRY = (
    st.just("US")
    | spelled([one.country_region for one in COUNTRIES] + [one.spelling for one in COUNTRY_ALIASES])
    | WORDS
)
PROVINCE = (
    st.none()
    | spelled([one.province_state for one in US_STATES] + [one.spelling for one in PROVINCE_ALIASES])
    | spelled([f"Somewhere, {one}" for one in [*CANADIAN_PROVINCES, *(state.abbreviation for state in US_STATES)]])
    | WORDS
)
COUNTY = st.none() | st.sampled_from([county for _, county in COMPOSITE_COUNTIES]) | WORDS
CODE = st.none() | st.integers(0, 99_999).map("{:05}".format) | st.sampled_from(["00066", "53033", "88888", "36061"])
PLACES = st.lists(st.tuples(COUNTRY, PROVINCE, COUNTY, CODE), min_size=250, max_size=250)


def named(
    spark: SparkSession, places: Sequence[Row], naming: Callable[[DataFrame], DataFrame], partitions: int = 1
) -> list[Row]:
    """Each place, by its number, with its names, region and level."""
    schema = "id int, " + ", ".join(f"{name} string" for name in GIVEN)
    frame = spark.createDataFrame([place[: len(GIVEN) + 1] for place in places], schema).repartition(partitions)
    return sorted(tuple(row) for row in naming(frame).select("id", *GIVEN, "region_id", "region_level").collect())


def unlike(some: Sequence[Row], others: Sequence[Row]) -> list[tuple[Row, Row]]:
    """The rows that are not the same, side by side."""
    return [(one, other) for one, other in zip(some, others, strict=True) if one != other]


@pytest.mark.parametrize("naming", [name_reported_places, name_us_places])
@spark_examples(2)
@given(places=PLACES)
def test_a_named_place_keeps_its_name(
    naming: Callable[[DataFrame], DataFrame], spark: SparkSession, places: list[Place]
) -> None:
    once = named(spark, [(i, *place) for i, place in enumerate(places) if place[1] is not None], naming)
    assert unlike(named(spark, once, naming), once) == []


@spark_examples(2)
@given(places=PLACES, data=st.data())
def test_a_place_is_named_alike_in_any_company(spark: SparkSession, places: list[Place], data: st.DataObject) -> None:
    """One row in, one row out, of a level that there is; and no row has a say in the name of another."""
    numbered = [(i, *place) for i, place in enumerate(places)]
    together = named(spark, numbered, name_reported_places)
    assert [row[0] for row in together] == list(range(len(places)))
    assert {row[-1] for row in together} <= LEVELS
    chosen = data.draw(st.permutations(numbered))[: data.draw(st.integers(1, len(places)))]
    apart = named(spark, chosen, name_reported_places, partitions=3)
    assert unlike(apart, [together[i] for i in sorted(row[0] for row in chosen)]) == []
