"""What a record calls a place, and the one region that it becomes: the hard cases of the real files, a row each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from covid_lake.datasets.covid19.contracts import JHU_DAILY_REPORTS
from covid_lake.datasets.covid19.places import (
    CANADIAN_PROVINCES,
    COUNTRIES,
    COUNTRY_ALIASES,
    PROVINCE_ALIASES,
    US_STATES,
)
from covid_lake.datasets.covid19.regions import (
    canonical_country_codes,
    name_reported_places,
    name_us_places,
    state_names,
)
from covid_lake.transforms.columns import clean_texts

# As it comes: country, province, county (Admin2), FIPS code at five digits. As it becomes: region_id and level.
Place = tuple[str | None, str | None, str | None, str | None]
PLACES: dict[Place, tuple[str, str]] = {
    ("US", "San Benito, CA", None, None): ("county:US/California/San Benito", "county"),
    ("US", " Norfolk County, MA", None, None): ("county:US/Massachusetts/Norfolk", "county"),
    ("US", "Travis, CA (From Diamond Princess)", None, None): (
        "ship:US/California/Travis (From Diamond Princess)",
        "ship",
    ),
    ("US", "Unassigned Location (From Diamond Princess)", None, None): ("ship:US/Diamond Princess", "ship"),
    ("US", "Diamond Princess", None, "88888"): ("ship:US/Diamond Princess", "ship"),
    ("US", "Grand Princess Cruise Ship", None, None): ("ship:US/Grand Princess", "ship"),
    ("Others", "Diamond Princess cruise ship", None, None): ("ship:Diamond Princess", "ship"),
    ("Cruise Ship", "Diamond Princess", None, None): ("ship:Diamond Princess", "ship"),
    ("US", "Virgin Islands, U.S.", None, None): ("state:US/Virgin Islands", "state"),
    ("US", "United States Virgin Islands", None, None): ("state:US/Virgin Islands", "state"),
    ("US", "Washington, D.C.", None, None): ("state:US/District of Columbia", "state"),
    ("US", "Washington", None, None): ("state:US/Washington", "state"),
    ("US", "Chicago", None, None): ("county:US/Illinois/Chicago", "county"),
    ("US", "Guam", None, "00066"): ("state:US/Guam", "state"),
    ("Guam", None, None, None): ("state:US/Guam", "state"),
    ("US", "Alabama", "Autauga", "01001"): ("county:01001", "county"),
    ("US", "Louisiana", "Orleans Parish", "22071"): ("county:22071", "county"),
    ("US", "New York", "New York City", "36061"): ("county:US/New York/New York City", "county"),
    ("US", "New York", "New York", "36061"): ("county:36061", "county"),
    ("US", "Massachusetts", "Dukes and Nantucket", None): ("county:US/Massachusetts/Dukes and Nantucket", "county"),
    ("US", "Missouri", "Kansas City", None): ("county:US/Missouri/Kansas City", "county"),
    ("US", "Utah", "Southwest Utah", "90049"): ("county:US/Utah/Southwest Utah", "county"),
    ("US", "Utah", "Bear River", None): ("county:US/Utah/Bear River", "county"),
    ("US", "Utah", "Unassigned", "90049"): ("unassigned:US/Utah", "unassigned"),
    ("US", "Maine", "Unknown", None): ("unassigned:US/Maine", "unassigned"),
    ("US", "Tennessee", "Out of TN", "80047"): ("out_of_state:US/Tennessee/Out of TN", "out_of_state"),
    ("US", "Hawaii", "Out-of-state", "80015"): ("out_of_state:US/Hawaii/Out-of-state", "out_of_state"),
    ("US", "Michigan", "Michigan Department of Corrections (MDOC)", None): (
        "facility:US/Michigan/Michigan Department of Corrections (MDOC)",
        "facility",
    ),
    ("US", "Recovered", None, None): ("recovered:US/Recovered", "recovered"),
    ("Canada", "Recovered", None, None): ("recovered:Canada/Recovered", "recovered"),
    ("US", "Wuhan Evacuee", None, None): ("unassigned:US/Wuhan Evacuee", "unassigned"),
    ("US", None, None, None): ("country:US", "country"),
    ("Canada", "Toronto, ON", None, None): ("county:Canada/Ontario/Toronto", "county"),
    ("Canada", "Calgary, Alberta", None, None): ("county:Canada/Alberta/Calgary", "county"),
    ("Hong Kong", "Hong Kong", None, None): ("state:China/Hong Kong", "state"),
    ("Hong Kong SAR", None, None, None): ("state:China/Hong Kong", "state"),
    ("China", "Hong Kong", None, None): ("state:China/Hong Kong", "state"),
    ("Mainland China", "Hubei", None, None): ("state:China/Hubei", "state"),
    ("Mexico", "Mexico", None, None): ("state:Mexico/Mexico", "state"),
    ("Mexico", None, None, None): ("country:Mexico", "country"),
    ("France", "France", None, "00250"): ("country:France", "country"),
    ("France", "Fench Guiana", None, None): ("state:France/French Guiana", "state"),
    ("French Guiana", None, None, None): ("state:France/French Guiana", "state"),
    ("UK", None, None, None): ("country:United Kingdom", "country"),
    ("korea, south", None, None, None): ("country:South Korea", "country"),
    (" Azerbaijan", None, None, None): ("country:Azerbaijan", "country"),
    ("Iraq", "None", None, None): ("country:Iraq", "country"),
    ("Atlantis", "Poseidonis", None, None): ("state:Atlantis/Poseidonis", "state"),
}
SCHEMA = "id int, country_region string, province_state string, county string, fips string"


def reports(spark: SparkSession, places: Iterable[Place]) -> DataFrame:
    """Records as the reader hands them on: numbered, and without blanks around a name."""
    raw = spark.createDataFrame([(number, *place) for number, place in enumerate(places)], SCHEMA)
    names = ("country_region", "province_state", "county", "fips")
    return clean_texts(raw, dict.fromkeys(names, JHU_DAILY_REPORTS.landing.null_tokens))


@pytest.fixture(scope="module")
def named(spark: SparkSession) -> dict[Place, dict[str, Any]]:
    """Every hard case with what became of it."""
    rows = name_reported_places(reports(spark, PLACES)).orderBy("id").collect()
    assert [row["id"] for row in rows] == list(range(len(PLACES)))
    return {place: row.asDict() for place, row in zip(PLACES, rows, strict=True)}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: "/".join(part or "" for part in place))
def test_a_place_becomes_its_region(place: Place, named: dict[Place, dict[str, Any]]) -> None:
    assert (named[place]["region_id"], named[place]["region_level"]) == PLACES[place]


def test_three_forms_of_hong_kong_are_one_region(named: dict[Place, dict[str, Any]]) -> None:
    forms = [place for place in PLACES if "Hong Kong" in (place[0] or "") + (place[1] or "")]
    assert len(forms) == 3
    columns = ("region_id", "country_region", "province_state", "iso2", "iso3")
    assert {tuple(named[form][column] for column in columns) for form in forms} == {
        ("state:China/Hong Kong", "China", "Hong Kong", "CN", "CHN")
    }


def test_a_split_place_has_county_and_state(named: dict[Place, dict[str, Any]]) -> None:
    expected = {
        "San Benito, CA": ("San Benito", "California"),
        "Toronto, ON": ("Toronto", "Ontario"),
        "Travis, CA (From Diamond Princess)": ("Travis (From Diamond Princess)", "California"),
        " Norfolk County, MA": ("Norfolk", "Massachusetts"),
    }
    found = {place[1]: (row["county"], row["province_state"]) for place, row in named.items() if place[1] in expected}
    assert found == expected


def test_fips_codes_are_kept_in_the_us_and_nowhere_else(named: dict[Place, dict[str, Any]]) -> None:
    assert named["US", "Guam", None, "00066"]["fips"] == "66"
    assert named["US", "Utah", "Southwest Utah", "90049"]["fips"] == "90049"
    assert named["France", "France", None, "00250"]["fips"] is None


def test_an_unknown_country_is_kept_and_flagged(named: dict[Place, dict[str, Any]]) -> None:
    unknown = [place for place, row in named.items() if not row["country_is_known"]]
    assert unknown == [("Atlantis", "Poseidonis", None, None)]
    assert named[unknown[0]]["country_region"] == "Atlantis"
    assert named[unknown[0]]["iso2"] is None


def test_a_country_gets_its_codes(named: dict[Place, dict[str, Any]]) -> None:
    codes = {row["country_region"]: (row["iso2"], row["iso3"]) for row in named.values()}
    assert codes["US"] == ("US", "USA")
    assert codes["South Korea"] == ("KR", "KOR")
    assert codes["Diamond Princess"] == (None, None)


def test_us_records_are_named_by_state_county_and_code(spark: SparkSession) -> None:
    rows = [
        ("Washington", "Snohomish", "53061"),
        ("New York", "New York City", None),
        ("Rhode Island", "Unknown", None),
        ("Alaska", "Anchorage Municipality", None),
    ]
    named = name_us_places(spark.createDataFrame(rows, "province_state string, county string, fips string"))
    assert {row["region_id"] for row in named.collect()} == {
        "county:53061",
        "county:US/New York/New York City",
        "unassigned:US/Rhode Island",
        "county:US/Alaska/Anchorage",
    }
    states = name_us_places(spark.createDataFrame([("Guam",), ("Texas",)], "province_state string"))
    assert sorted((row["region_id"], row["region_level"]) for row in states.collect()) == [
        ("state:US/Guam", "state"),
        ("state:US/Texas", "state"),
    ]


def test_states_are_found_by_their_abbreviation(spark: SparkSession) -> None:
    rows = state_names(spark.createDataFrame([("TX",), ("dc",), ("XX",), (None,)], "state string"), "state").collect()
    assert {row["state"]: row["province_state"] for row in rows} == {
        "TX": "Texas",
        "dc": "District of Columbia",
        "XX": None,
        None: None,
    }


def test_countries_of_the_country_table_get_the_name_that_reports_have(spark: SparkSession) -> None:
    rows = [("NA", "Namibia"), ("KR", "Korea, Republic of"), ("ZZ", "Nowhere"), (None, "Nameless")]
    named = canonical_country_codes(spark.createDataFrame(rows, "iso2 string, country string"))
    assert {row["country"]: row["country_region"] for row in named.collect()} == {
        "Namibia": "Namibia",
        "Korea, Republic of": "South Korea",
        "Nowhere": "Nowhere",
        "Nameless": "Nameless",
    }


NAMED_COLUMNS = ("id", "country_region", "province_state", "county", "fips", "region_id", "region_level")


def name_twice(spark: SparkSession, places: Iterable[Place]) -> tuple[list[Any], list[Any]]:
    once = name_reported_places(reports(spark, places)).select(*NAMED_COLUMNS)
    again = name_reported_places(once.select("id", "country_region", "province_state", "county", "fips"))
    return once.orderBy("id").collect(), again.select(*NAMED_COLUMNS).orderBy("id").collect()


def test_naming_every_spelling_of_the_tables_again_changes_nothing(spark: SparkSession) -> None:
    places: list[Place] = [*PLACES]
    places += [(alias.spelling, None, None, None) for alias in COUNTRY_ALIASES]
    places += [(country.country_region, None, None, None) for country in COUNTRIES]
    places += [(alias.country_region, alias.spelling, None, None) for alias in PROVINCE_ALIASES]
    places += [("US", f"Somewhere, {state.abbreviation}", None, None) for state in US_STATES]
    places += [("Canada", f"Somewhere, {code}", None, None) for code in CANADIAN_PROVINCES]
    once, again = name_twice(spark, places)
    assert len(once) == len(places)
    assert again == once


COUNTRY_NAMES = st.sampled_from(
    [country.country_region for country in COUNTRIES] + [alias.spelling for alias in COUNTRY_ALIASES] + ["US"] * 200
)
PROVINCE_NAMES = st.sampled_from(
    [None, "Recovered", "Unknown", "Paris, TX", "Somewhere, ON", "Nice, France"]
    + [alias.spelling for alias in PROVINCE_ALIASES]
    + [state.province_state for state in US_STATES]
)
COUNTY_NAMES = st.sampled_from(
    [None, "King", "King County", "Unassigned", "Out of TN", "New York City", "Federal Correctional Institution"]
)
CODES = st.sampled_from([None, "53033", "00066", "80047", "90049", "36061", "88888"])


@settings(max_examples=3)
@given(st.lists(st.tuples(COUNTRY_NAMES, PROVINCE_NAMES, COUNTY_NAMES, CODES), min_size=150, max_size=150))
def test_naming_named_places_again_changes_nothing(spark: SparkSession, places: list[Place]) -> None:
    once, again = name_twice(spark, places)
    assert len(once) == len(places)
    assert again == once
