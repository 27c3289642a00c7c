"""The star's tables out of a few trusted rows each: grains, joins, differences, hierarchy, people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from covid_lake.contracts import Table
from covid_lake.datasets.covid19 import contracts as c
from covid_lake.datasets.covid19 import curated
from covid_lake.datasets.covid19.flow import FLOW
from covid_lake.store.arrow_files import arrow_schema
from covid_lake.store.questions import connect
from covid_lake.transforms.frames import conform, spark_schema

Row = Mapping[str, Any]

KING = {"region_id": "county:53033", "region_level": "county", "province_state": "Washington", "county": "King"}
UNCODED_KING = {**KING, "region_id": "county:US/Washington/King"}
SNOHOMISH = {**KING, "region_id": "county:53061", "county": "Snohomish"}
WASHINGTON = {"region_id": "state:US/Washington", "region_level": "state", "province_state": "Washington"}
OREGON = {"region_id": "state:US/Oregon", "region_level": "state", "province_state": "Oregon"}
NEW_YORK_CITY = {
    "region_id": "county:US/New York/New York City",
    "region_level": "county",
    "province_state": "New York",
    "county": "New York City",
    "fips": "36061",
}
MANHATTAN = {**NEW_YORK_CITY, "region_id": "county:36061", "county": "New York"}
UNASSIGNED = {
    "region_id": "unassigned:US/Washington",
    "region_level": "unassigned",
    "province_state": "Washington",
    "county": "Unassigned",
}
US_SHIP = {"region_id": "ship:US/Diamond Princess", "region_level": "ship", "province_state": "Diamond Princess"}
SHIP = {"region_id": "ship:MS Zaandam", "region_level": "ship", "country_region": "MS Zaandam"}
HUBEI = {
    "region_id": "state:China/Hubei",
    "region_level": "state",
    "country_region": "China",
    "province_state": "Hubei",
}
JAPAN = {"region_id": "country:Japan", "region_level": "country", "country_region": "Japan"}

KEY_OF_KING = 1240810267921384233
KEY_OF_WASHINGTON = 2844745079909939161
KEY_OF_US = 5587420765196717236


def march(day: int) -> date:
    return date(2020, 3, day)


def frame(spark: SparkSession, table: Table, rows: Sequence[Row]) -> DataFrame:
    """Rows of a table; what a row does not name is null, but for the country, which is the US."""
    given = [{"country_region": "US", **row} for row in rows]
    unknown = {name for row in rows for name in row} - set(table.column_names)
    assert not unknown, f"{table.id} has no {unknown}"
    values = [tuple(row.get(name) for name in table.column_names) for row in given]
    return spark.createDataFrame(values, spark_schema(table.columns))


def report(place: Row, day: int, confirmed: int | None, deaths: int | None = 0, **more: Any) -> Row:
    return {**place, "report_date": march(day), "confirmed": confirmed, "deaths": deaths, **more}


def newspaper(place: Row, day: int, cases: int) -> Row:
    return {**place, "report_date": march(day), "cases": cases, "deaths": 0}


@dataclass(frozen=True)
class World:
    """A small world over all sources: its frames, and the rows of its region tables."""

    frames: Mapping[str, DataFrame]
    regions: Mapping[str, Mapping[str, Any]]
    bridge: Mapping[tuple[str, str], str]

    def keys(self, *ids: str) -> list[int]:
        return [self.regions[region]["region_key"] for region in ids]


BALTIMORE = {"region_level": "county", "province_state": "Maryland", "county": "Baltimore"}
SPELLINGS = {
    "35013": ("Dona Ana", "Doña Ana"),
    "17099": ("LaSalle", "La Salle County"),
    "29186": ("Ste. Genevieve", "Ste Genevieve"),
    "22101": ("Saint Mary", "St. Mary Parish"),
}
ANYWHERE = {"region_level": "county", "province_state": "Anywhere"}
BOROUGHS = {"36005": 1, "36047": 20, "36061": 300, "36081": 4_000, "36085": 50_000}
TABLES: dict[str, list[Row]] = {
    "jhu_daily_reports": [
        report({**KING, "fips": "53033"}, 1, 5, latitude=47.0, longitude=-122.0),
        report({**KING, "fips": "53033"}, 2, 9, latitude=47.5, longitude=-121.8),
        report({**KING, "fips": "53033"}, 3, 9, latitude=0.0, longitude=0.0),
        report({**KING, "fips": "53033"}, 4, None),
        report(UNCODED_KING, 1, 1),
        report(UNASSIGNED, 1, 2),
        report(US_SHIP, 1, 1000),
        report(SHIP, 1, 2000),
        report({"region_id": "country:US", "region_level": "country"}, 1, 5000),
        report(HUBEI, 1, 70_000),
        report(JAPAN, 1, 300),
        report(NEW_YORK_CITY, 1, 100),
    ],
    "enigma_jhu": [
        report({**KING, "county": "king"}, 1, 777, recovered=7, active=770, latitude=40.0, longitude=-100.0),
        report(UNCODED_KING, 1, 3),
        report({**UNCODED_KING, "region_id": "county:US/Washington/king", "county": "KING County"}, 2, 6),
        report({**UNCODED_KING, "province_state": "Texas", "region_id": "county:US/Texas/King"}, 1, 1),
        report({**UNCODED_KING, "country_region": "Canada", "region_id": "county:Canada/Washington/King"}, 1, 1),
        report({**BALTIMORE, "region_id": "county:US/Maryland/Baltimore"}, 1, 1),
        *(
            report({**ANYWHERE, "region_id": f"county:US/Anywhere/{name}", "county": name}, 1, 1)
            for _, name in SPELLINGS.values()
        ),
    ],
    "nytimes_us_county": [
        newspaper({**KING, "fips": "53033"}, 2, 5),
        newspaper({**KING, "fips": "53033"}, 3, 6),
        newspaper({**SNOHOMISH, "fips": "53061"}, 2, 3),
        newspaper({**NEW_YORK_CITY, "fips": None}, 1, 90),
        *(newspaper({**BALTIMORE, "region_id": f"county:{fips}", "fips": fips}, 1, 1) for fips in ("24005", "24510")),
        *(
            newspaper({**ANYWHERE, "region_id": f"county:{fips}", "fips": fips, "county": name}, 1, 1)
            for fips, (name, _) in SPELLINGS.items()
        ),
    ],
    "nytimes_us_states": [
        newspaper(WASHINGTON, 1, 1),
        newspaper(WASHINGTON, 2, 8),
        newspaper(WASHINGTON, 3, 6),
        newspaper(OREGON, 2, 4),
    ],
    "testing_states_daily": [
        {**WASHINGTON, "report_date": march(1), "state": "WA", "positive": 50},
        {**OREGON, "report_date": march(3), "state": "OR", "positive": 60},
    ],
    "hospital_beds": [
        {"hospital_id": 1, "fips": "53033", "province_state": "Washington", "county": "King", "licensed_beds": 10},
        {"hospital_id": 2, "fips": "72001", "province_state": "Puerto Rico", "county": "Adjuntas"},
        {"hospital_id": 3, "fips": None, "province_state": "Puerto Rico", "county": "Nowhere"},
        {"hospital_id": 4, "fips": "99999", "province_state": "Puerto Rico", "county": "Out of State"},
    ],
    "county_population": [
        {**KING, "fips": "53033", "population": 600_000},
        *(
            {**MANHATTAN, "region_id": f"county:{fips}", "fips": fips, "population": people}
            for fips, people in BOROUGHS.items()
        ),
    ],
    "country_code": [
        {"country_region": "US", "iso2": "US", "latitude": 38.0, "longitude": -97.0},
        {"country_region": "Chad", "iso2": "TD", "latitude": 15.0, "longitude": 19.0},
    ],
}


@pytest.fixture(scope="module")
def world(spark: SparkSession) -> World:
    """The star of all sources at once."""
    tables = {name: c.COVID19.table(c.Zone.TRUSTED, name) for name in TABLES}
    frames = {tables[name].id: frame(spark, tables[name], rows) for name, rows in TABLES.items()}
    for table, build in (
        (c.REGION_NAMES, curated.region_names),
        (c.BRIDGE_REGION, curated.bridge_region),
        (c.DIM_REGION, curated.dim_region),
        (c.DIM_HOSPITAL, curated.dim_hospital),
        (c.FACT_CASES, curated.fact_cases),
        (c.FACT_COVID, curated.fact_covid),
    ):
        built = conform(build(frames), table)
        # Built once, and from then on a few rows: what comes after does not plan it again.
        frames[table.id] = spark.createDataFrame(built.collect(), built.schema)
    rows = [row.asDict() for row in frames["curated.dim_region"].collect()]
    regions = {row["region_id"]: row for row in rows}
    assert len(regions) == len(rows) == len({row["region_key"] for row in rows})
    bridge = frames["curated.bridge_region"].collect()
    return World(frames, regions, {(row["source"], row["reported_id"]): row["region_id"] for row in bridge})


# --- keys ----------------------------------------------------------------------------------------------------------


def test_surrogate_keys_are_the_same_everywhere_and_always(spark: SparkSession) -> None:
    ids = spark.createDataFrame([("county:53033",), ("state:US/Washington",), ("country:US",)], "region_id string")
    keys = ids.select(curated.region_key("region_id").alias("region_key")).collect()
    assert [row["region_key"] for row in keys] == [KEY_OF_KING, KEY_OF_WASHINGTON, KEY_OF_US]


def test_a_date_key_is_the_day_as_a_number(spark: SparkSession) -> None:
    days = spark.createDataFrame([(date(2020, 1, 2),), (date(2020, 12, 31),), (None,)], "day date")
    assert [row[0] for row in days.select(curated.date_key("day")).collect()] == [20200102, 20201231, None]


# --- differences ---------------------------------------------------------------------------------------------------


def differences(spark: SparkSession, rows: Sequence[tuple[int, str, date, int | None, int | None]]) -> DataFrame:
    daily = spark.createDataFrame(
        rows, "region_key bigint, source string, report_date date, confirmed bigint, deaths bigint"
    )
    return curated.with_differences(daily)


def test_new_figures_are_differences_to_the_last_figure_before(spark: SparkSession) -> None:
    found = differences(
        spark,
        [
            (1, "nytimes", march(1), 10, 0),
            (1, "nytimes", march(2), 15, 1),
            (1, "nytimes", march(3), None, None),
            (1, "nytimes", march(6), 22, 3),
            (1, "nytimes", march(7), 20, 3),
        ],
    )
    expected = [
        (march(1), None, None, None),
        (march(2), 5, 1, 1),
        (march(3), None, None, 1),
        (march(6), 7, 2, 3),
        (march(7), -2, 0, 1),
    ]
    schema = "report_date date, new_confirmed bigint, new_deaths bigint, days_since_previous int"
    assert_df_equality(
        found.select("report_date", "new_confirmed", "new_deaths", "days_since_previous"),
        spark.createDataFrame(expected, schema),
        ignore_nullable=True,
        ignore_row_order=True,
    )


def test_regions_and_sources_are_apart(spark: SparkSession) -> None:
    rows = [
        (1, "nytimes", march(1), 10, 0),
        (1, "enigma_jhu", march(2), 12, 0),
        (2, "nytimes", march(2), 7, 0),
    ]
    found = differences(spark, rows).select("new_confirmed", "days_since_previous").collect()
    assert [tuple(row) for row in found] == [(None, None)] * 3


# --- regions -------------------------------------------------------------------------------------------------------


def test_a_county_that_one_source_only_names_gets_the_code_that_another_knows(world: World) -> None:
    names = [
        ("enigma_jhu", "county:53033"),
        ("enigma_jhu", "county:US/Washington/King"),
        ("enigma_jhu", "county:US/Washington/king"),
        ("jhu_daily_reports", "county:53033"),
        ("jhu_daily_reports", "county:US/Washington/King"),
        ("nytimes_us_county", "county:53033"),
        ("county_population", "county:53033"),
        ("hospital_beds", "county:53033"),
    ]
    assert {world.bridge[name] for name in names} == {"county:53033"}
    assert not {"county:US/Washington/King", "county:US/Washington/king"} & world.regions.keys()


def test_names_match_whatever_their_accents_blanks_and_suffixes(world: World) -> None:
    resolved = {name: world.bridge["enigma_jhu", f"county:US/Anywhere/{name}"] for _, name in SPELLINGS.values()}
    assert resolved == {name: f"county:{fips}" for fips, (_, name) in SPELLINGS.items()}


def test_a_name_that_stands_for_two_codes_is_no_match(world: World) -> None:
    assert {"county:US/Maryland/Baltimore", "county:24005", "county:24510"} <= world.regions.keys()


def test_a_county_of_another_state_or_country_is_no_match(world: World) -> None:
    assert {"county:US/Texas/King", "county:Canada/Washington/King"} <= world.regions.keys()


def test_new_york_city_is_not_manhattan(world: World) -> None:
    city, manhattan = world.regions["county:US/New York/New York City"], world.regions["county:36061"]
    assert (city["fips"], city["county"]) == (None, "New York City")
    assert (manhattan["fips"], manhattan["county"]) == ("36061", "New York")
    assert world.bridge["nytimes_us_county", city["region_id"]] == city["region_id"]


def test_every_region_has_its_state_and_its_country_in_the_dimension(world: World) -> None:
    expected = {
        "county:53033": ("state:US/Washington", "country:US"),
        "unassigned:US/Washington": ("state:US/Washington", "country:US"),
        "state:US/Washington": ("state:US/Washington", "country:US"),
        "ship:US/Diamond Princess": (None, "country:US"),
        "ship:MS Zaandam": (None, None),
        "state:China/Hubei": ("state:China/Hubei", "country:China"),
        "country:China": (None, "country:China"),
        "country:Japan": (None, "country:Japan"),
        "unknown": (None, None),
    }
    names = {row["region_key"]: row["region_id"] for row in world.regions.values()}
    found = {
        region: (
            names.get(world.regions[region]["state_region_key"]),
            names.get(world.regions[region]["country_region_key"]),
        )
        for region in expected
    }
    assert found == expected
    assert world.keys("county:53033", "state:US/Washington", "country:US") == [
        KEY_OF_KING,
        KEY_OF_WASHINGTON,
        KEY_OF_US,
    ]


def test_ships_lie_in_no_state(world: World) -> None:
    ships = [row for row in world.regions.values() if row["level"] == "ship"]
    assert len(ships) == 2
    assert {row["state_region_key"] for row in ships} == {None}


def test_the_unknown_member_has_key_0(world: World) -> None:
    unknown = world.regions["unknown"]
    assert (unknown["region_key"], unknown["level"], unknown["country_region"]) == (0, "unknown", None)


def test_a_region_has_the_codes_of_its_country_and_state(world: World) -> None:
    names = ("iso2", "iso3", "state_abbreviation", "fips")
    assert [world.regions["state:US/Washington"][name] for name in names] == ["US", "USA", "WA", "53"]
    assert [world.regions["county:53033"][name] for name in names] == ["US", "USA", "WA", "53033"]
    assert [world.regions["state:China/Hubei"][name] for name in names] == ["CN", "CHN", None, None]
    assert [world.regions["ship:MS Zaandam"][name] for name in names] == [None, None, None, None]


def test_people_are_summed_to_the_city_the_state_and_the_country(world: World) -> None:
    counted = {name: row["population"] for name, row in world.regions.items() if row["population"] is not None}
    assert counted == {
        **{f"county:{fips}": people for fips, people in BOROUGHS.items()},
        "county:US/New York/New York City": 54_321,
        "state:US/New York": 54_321,
        "county:53033": 600_000,
        "state:US/Washington": 600_000,
        "country:US": 654_321,
    }


def test_a_region_lies_where_it_was_reported_last(world: World) -> None:
    places = {name: (row["latitude"], row["longitude"]) for name, row in world.regions.items()}
    assert places["county:53033"] == (47.5, -121.8)
    assert places["country:US"] == (38.0, -97.0)
    assert places["county:53061"] == (None, None)
    assert "country:Chad" not in places


def test_the_census_names_a_county_before_the_feeds_do(world: World) -> None:
    assert world.regions["county:53033"]["county"] == "King"


def test_the_county_of_a_hospital_is_a_region_although_nobody_reports_it(world: World) -> None:
    assert world.regions["county:72001"]["county"] == "Adjuntas"
    assert world.regions["state:US/Puerto Rico"]["fips"] == "72"
    assert not [name for name in world.regions if "Nowhere" in name or "99999" in name]


def test_a_hospital_lies_in_its_county_or_in_the_unknown_region(world: World) -> None:
    placed = world.frames["curated.dim_hospital"].collect()
    assert {row["hospital_id"]: row["region_key"] for row in placed} == {
        1: KEY_OF_KING,
        2: world.regions["county:72001"]["region_key"],
        3: 0,
        4: 0,
    }
    assert len({row["hospital_key"] for row in placed}) == 4


# --- the other dimensions ------------------------------------------------------------------------------------------


def test_the_calendar_has_no_gaps(spark: SparkSession) -> None:
    facts = {
        "fact_cases": spark.createDataFrame([(20191230,), (20200101,)], "date_key int"),
        "fact_testing": spark.createDataFrame([(20200302,)], "date_key int"),
    }
    days = conform(curated.dim_date(facts), c.DIM_DATE).orderBy("date_key").collect()
    assert [row["date"] for row in days] == [date(2019, 12, 30) + timedelta(days=n) for n in range(64)]
    assert tuple(days[0]) == (20191230, date(2019, 12, 30), 2019, 4, 12, "December", 30, 1, "Monday", 1, False)
    leap_day = next(row for row in days if row["date_key"] == 20200229)
    assert tuple(leap_day)[2:] == (2020, 1, 2, "February", 29, 6, "Saturday", 9, True)
    assert days[-2]["is_weekend"]
    assert not days[-1]["is_weekend"]


def test_without_facts_the_calendar_is_empty(spark: SparkSession) -> None:
    assert curated.dim_date({"fact_cases": spark.createDataFrame([], "date_key int")}).count() == 0


# --- facts ---------------------------------------------------------------------------------------------------------


def cases(world: World, source: str, *regions: str) -> list[tuple[Any, ...]]:
    """Region, day of March and figure of the regions' facts."""
    names = {world.regions[region]["region_key"]: region for region in regions}
    facts = world.frames["curated.fact_cases"].where(f"source = '{source}'").collect()
    found = [(names.get(row["region_key"]), row["date_key"] % 100, row["confirmed"]) for row in facts]
    return sorted(row for row in found if row[0])


def test_two_names_of_a_region_on_a_day_are_added_up(world: World) -> None:
    king = "county:53033"
    assert cases(world, "enigma_jhu", king) == [(king, 1, 780), (king, 2, 6)]
    assert cases(world, "jhu_daily_reports", king)[:3] == [(king, 1, 6), (king, 2, 9), (king, 3, 9)]


def test_the_newspapers_states_count_where_no_county_of_theirs_does(world: World) -> None:
    places = ("county:53033", "county:53061", "state:US/Washington", "state:US/Oregon")
    assert cases(world, "nytimes", *places) == [
        ("county:53033", 2, 5),
        ("county:53033", 3, 6),
        ("county:53061", 2, 3),
        ("state:US/Oregon", 2, 4),
        ("state:US/Washington", 1, 1),
    ]


def test_sources_keep_their_own_figures(world: World) -> None:
    facts = world.frames["curated.fact_cases"].where(f"region_key = {KEY_OF_KING} AND date_key = 20200301").collect()
    assert {(row["source"], row["confirmed"], row["recovered"], row["active"], row["month"]) for row in facts} == {
        ("enigma_jhu", 780, 7, 770, "2020-03"),
        ("jhu_daily_reports", 6, None, None, "2020-03"),
    }


def violations(build: str, check: str, world: World, changed: DataFrame | None = None) -> list[dict[str, Any]]:
    """What a check of the table finds in the world, or in it with other rows of the table itself."""
    step = next(step for step in FLOW.star if step.target.id == build)
    question = next(one.violations for one in step.checks if one.name == check)
    frames = {name: frame for name, frame in world.frames.items() if name in question}
    frames |= {build: changed} if changed is not None else {}
    with closing(connect()) as connection:
        for table_id, frame in frames.items():
            table = c.COVID19.table_of_id(table_id)
            rows = [row.asDict() for row in frame.select(*table.column_names).collect()]
            connection.register(table.name, pa.Table.from_pylist(rows, arrow_schema(table.columns)))
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.zone}")
            connection.execute(f"CREATE VIEW {table_id} AS FROM {table.name}")
        values = {"partitions": [], "inputs": list(world.frames)}
        answer = connection.execute(question, {name: its for name, its in values.items() if f"${name}" in question})
        return answer.fetch_arrow_table().to_pylist()


def test_checks_find_what_does_not_add_up(world: World) -> None:
    facts = world.frames["curated.fact_cases"]
    assert violations("curated.fact_cases", "figures_sum_to_trusted", world) == []
    assert violations("curated.fact_cases", "new_confirmed_telescopes", world) == []
    lost = facts.where(f"region_key <> {KEY_OF_KING} OR source <> 'nytimes'")
    missing = violations("curated.fact_cases", "figures_sum_to_trusted", world, lost)
    found = {(row["date_key"], row["in_trusted"] - row["in_facts"]) for row in missing if row["figure"] == "confirmed"}
    assert found == {(20200302, 5), (20200303, 6)}
    shifted = facts.withColumn("new_confirmed", F.col("new_confirmed") + 1)
    found = violations("curated.fact_cases", "new_confirmed_telescopes", world, shifted)
    assert {(row["source"], row["region_key"]) for row in found} == {
        ("enigma_jhu", KEY_OF_KING),
        ("jhu_daily_reports", KEY_OF_KING),
        ("nytimes", KEY_OF_KING),
    }


def test_the_first_difference_of_a_month_is_to_the_month_before(world: World) -> None:
    facts = world.frames["curated.fact_cases"]
    moved = facts.withColumn("month", F.expr("if(date_key > 20200301, '2020-04', month)"))
    assert violations("curated.fact_cases", "new_confirmed_telescopes", world, moved) == []
    wrong = moved.withColumn("new_confirmed", F.expr("if(date_key = 20200302, new_confirmed + 1, new_confirmed)"))
    found = violations("curated.fact_cases", "new_confirmed_telescopes", world, wrong)
    assert ("jhu_daily_reports", KEY_OF_KING, "2020-04") in {
        (row["source"], row["region_key"], row["month"]) for row in found
    }


def covid_rows(fact_covid: DataFrame) -> list[tuple[Any, ...]]:
    columns = ("province_state", "date_key", "source", "confirmed", "positive")
    rows = [tuple(row) for row in fact_covid.select(*columns).collect()]
    return sorted(row for row in rows if row[0] in ("Oregon", "Washington"))


def test_cases_and_tests_of_a_state_and_day_stand_in_one_row(world: World) -> None:
    assert covid_rows(world.frames["curated.fact_covid"]) == [
        ("Oregon", 20200303, None, None, 60),
        ("Washington", 20200301, "jhu_daily_reports", 8, 50),
        ("Washington", 20200302, "jhu_daily_reports", 9, None),
        ("Washington", 20200303, "jhu_daily_reports", 9, None),
        ("Washington", 20200304, "jhu_daily_reports", None, None),
    ]


def test_fact_covid_has_no_ships_no_country_and_nothing_from_abroad(world: World) -> None:
    facts = world.frames["curated.fact_covid"].collect()
    assert {row["province_state"] for row in facts} == {"Oregon", "Washington", "New York"}
    assert {row["province_state"]: row["fips"] for row in facts}["Washington"] == "53"
    assert sum(row["confirmed"] or 0 for row in facts if row["date_key"] == 20200301) == 6 + 2 + 100


def test_fact_covid_sums_to_fact_cases_and_the_check_knows(world: World) -> None:
    assert violations("curated.fact_covid", "confirmed_sums_to_fact_cases", world) == []
    doubled = world.frames["curated.fact_covid"].withColumn("confirmed", F.col("confirmed") * 2)
    found = violations("curated.fact_covid", "confirmed_sums_to_fact_cases", world, doubled)
    assert {(row["region_key"], row["date_key"], row["difference"]) for row in found} >= {
        (KEY_OF_WASHINGTON, 20200301, -8),
        (KEY_OF_WASHINGTON, 20200302, -9),
    }


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (
            {"curated.dim_region", "curated.fact_cases", "trusted.enigma_jhu", "trusted.testing_states_daily"},
            [
                ("Oregon", 20200303, None, None, 60),
                ("Washington", 20200301, "enigma_jhu", 780, 50),
                ("Washington", 20200302, "enigma_jhu", 6, None),
            ],
        ),
        (
            {"curated.dim_region", "curated.fact_cases", "trusted.enigma_jhu"},
            [("Washington", 20200301, "enigma_jhu", 780, None), ("Washington", 20200302, "enigma_jhu", 6, None)],
        ),
        (
            {"curated.dim_region", "trusted.testing_states_daily"},
            [("Oregon", 20200303, None, None, 60), ("Washington", 20200301, None, None, 50)],
        ),
        (
            {"curated.dim_region", "curated.fact_cases", "trusted.testing_states_daily"},
            [("Oregon", 20200303, None, None, 60), ("Washington", 20200301, None, None, 50)],
        ),
    ],
    ids=["no daily reports", "no tests", "tests alone", "the newspaper's cases are not the states' cases"],
)
def test_fact_covid_is_built_from_what_is_there(tables: set[str], expected: list[Any], world: World) -> None:
    frames = {name: frame for name, frame in world.frames.items() if name in tables}
    assert covid_rows(curated.fact_covid(frames)) == expected
