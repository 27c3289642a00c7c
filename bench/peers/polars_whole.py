"""The whole dataset with Polars, landing to star: `polars_whole.py LANDING_DIR OUT_DIR`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import polars_fact_cases as fc
from feeds import CASES, ENIGMA_JHU, FEEDS, JHU_DAILY_REPORTS, NYTIMES_US_COUNTY, NYTIMES_US_STATES
from naming import US
from star import (
    BELOW_STATE,
    COMPOSITE_PARTS,
    COUNTRIES,
    COUNTY_OF_FIPS,
    COVID_TESTS,
    HOSPITAL_COLUMNS,
    INFERRED,
    REGION_COLUMNS,
    REGION_SOURCES,
    SHIPS,
    STATES,
    TESTING_MEASURES,
)

GRAIN = ("region_key", "date_key")
STATE_ID = pl.format("state:{}/{}", "country_region", "province_state")
COUNTRY_ID = pl.format("country:{}", "country_region")
LIES_IN_A_COUNTRY = ~pl.col("country_region").str.to_lowercase().str.contains(SHIPS)


def main() -> None:
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    fc.make_folders(out)
    trusted = {feed.name: fc.promote(feed, landing, out) for feed in FEEDS}
    bridge = fc.bridge_region(trusted, REGION_SOURCES, out)
    regions = _dim_region(trusted, bridge, out)
    hospitals = _dim_hospital(trusted, regions, out)
    feeds = (JHU_DAILY_REPORTS, ENIGMA_JHU, NYTIMES_US_COUNTY, NYTIMES_US_STATES)
    cases = fc.fact_cases(trusted, bridge, feeds, out)
    tests = _fact_testing(trusted, out)
    covid = _fact_covid(trusted, cases, regions, out)
    days = _dim_date((cases, tests, covid), out)
    _check_keys({"dim_region": regions, "dim_hospital": hospitals, "dim_date": days, "bridge": bridge}, tests, covid)
    _check_references(regions, days, (bridge, hospitals), (cases, tests, covid))
    print("finished", flush=True)


def _dim_region(trusted: fc.Tables, bridge: pl.DataFrame, out: Path) -> pl.DataFrame:
    """A region over all sources, its state and its country among them, and the unknown one."""
    ranks = {feed.name: rank for rank, feed in enumerate(REGION_SOURCES)}
    shape = ("region_id", "level", "country_region", "province_state", "county")
    own = bridge.select(*shape, rank=pl.col("source").replace_strict(ranks, return_dtype=pl.Int32))
    none, inferred = pl.lit(None, pl.String), pl.lit(INFERRED, pl.Int32)
    states = own.filter(pl.col("level").is_in(BELOW_STATE) & pl.col("province_state").is_not_null()).with_columns(
        region_id=STATE_ID, level=pl.lit("state"), county=none, rank=inferred
    )
    countries = own.filter(LIES_IN_A_COUNTRY).with_columns(
        region_id=COUNTRY_ID, level=pl.lit("country"), province_state=none, county=none, rank=inferred
    )
    in_state = pl.col("level").is_in(("state", *BELOW_STATE)) & pl.col("province_state").is_not_null()
    is_code = pl.col("region_id").str.contains(f"^{COUNTY_OF_FIPS}$")
    regions = (
        pl.concat([own, states.unique(), countries.unique()])
        .sort("rank", "county", "province_state")
        .unique("region_id", keep="first", maintain_order=True)
        .join(pl.DataFrame(COUNTRIES), on="country_region", how="left")
        .join(pl.DataFrame(STATES), on=["country_region", "province_state"], how="left")
        .join(_coordinates(trusted, bridge), on="region_id", how="left")
        .join(_populations(trusted), on="region_id", how="left")
        .with_columns(
            pl.when(pl.col("level") == "state")
            .then("state_fips")
            .when(is_code)
            .then(pl.col("region_id").str.strip_prefix("county:"))
            .alias("fips"),
            fc.region_key("region_id").alias("region_key"),
            pl.when(in_state).then(fc.region_key(STATE_ID)).alias("state_region_key"),
            pl.when(LIES_IN_A_COUNTRY).then(fc.region_key(COUNTRY_ID)).alias("country_region_key"),
        )
        .select(REGION_COLUMNS)
    )
    unknown = pl.DataFrame({"region_key": [0], "region_id": ["unknown"], "level": ["unknown"]})
    regions = pl.concat([regions, unknown], how="diagonal")
    fc.write_curated(regions, "dim_region", out)
    return regions


def _coordinates(trusted: fc.Tables, bridge: pl.DataFrame) -> pl.DataFrame:
    """Where the best source of a region placed it, by its own id first; else the country table."""
    listed = trusted["country_code"].select(
        COUNTRY_ID.alias("region_id"),
        pl.lit(-INFERRED).alias("rank"),
        pl.lit(False).alias("is_own"),
        "latitude",
        "longitude",
    )
    ranks = {feed.name: -rank for rank, feed in enumerate(REGION_SOURCES)}
    named = bridge.with_columns(
        pl.col("source").replace_strict(ranks, return_dtype=pl.Int32).alias("rank"),
        (pl.col("reported_id") == pl.col("region_id")).alias("is_own"),
    )
    spots = pl.concat([named.select(listed.columns), listed]).drop_nulls(["latitude", "longitude"])
    best_first = ("rank", "is_own", "latitude", "longitude")
    placed = spots.sort(*best_first, descending=True, nulls_last=True)
    return placed.unique("region_id", keep="first", maintain_order=True).drop("rank", "is_own")


def _populations(trusted: fc.Tables) -> pl.DataFrame:
    """People by region: counties, the cities made of several counties, the states and the country."""
    counties = trusted["county_population"].select("fips", "population")
    states = pl.DataFrame(STATES)
    every = (
        counties.select("population", region_id="county:" + pl.col("fips")),
        counties.join(pl.DataFrame(COMPOSITE_PARTS), on="fips").select("population", region_id="composite_id"),
        counties.with_columns(state_fips=pl.col("fips").str.head(2))
        .join(states, on="state_fips")
        .select("population", region_id=STATE_ID),
        counties.select("population", region_id=pl.lit(f"country:{US}")),
    )
    return pl.concat(every).group_by("region_id").agg(pl.col("population").sum())


def _dim_hospital(trusted: fc.Tables, regions: pl.DataFrame, out: Path) -> pl.DataFrame:
    keys = regions.select("region_id", "region_key")
    county = pl.format("county:{}", "fips")
    hospitals = (
        trusted["hospital_beds"]
        .select(*HOSPITAL_COLUMNS, region_id=county)
        .join(keys, on="region_id", how="left")
        .with_columns(
            pl.col("region_key").fill_null(0),
            hospital_key=fc.region_key(pl.format("hospital:{}", "hospital_id")),
        )
        .drop("region_id")
    )
    fc.write_curated(hospitals, "dim_hospital", out)
    return hospitals


def _fact_testing(trusted: fc.Tables, out: Path) -> pl.DataFrame:
    rows = _tests(trusted, TESTING_MEASURES)
    fc.write_curated(rows, "fact_testing", out)
    return rows


def _tests(trusted: fc.Tables, measures: tuple[str, ...]) -> pl.DataFrame:
    key = fc.region_key("region_id").alias("region_key")
    return trusted["testing_states_daily"].select(key, fc.date_key("report_date"), *measures)


def _fact_covid(trusted: fc.Tables, cases: pl.DataFrame, regions: pl.DataFrame, out: Path) -> pl.DataFrame:
    """A US state and a day: the cases of its regions summed, and its tests."""
    in_states = regions.filter((pl.col("country_region") == US) & pl.col("state_region_key").is_not_null())
    facts = cases.filter(pl.col("source") == JHU_DAILY_REPORTS.name).join(
        in_states.select("region_key", "state_region_key"), on="region_key"
    )
    sums = (pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in CASES)
    summed = facts.group_by(pl.col("state_region_key").alias("region_key"), "date_key").agg(*sums)
    if summed["confirmed"].sum() != facts["confirmed"].sum():
        raise SystemExit("the states don't add up")
    summed = summed.with_columns(source=pl.lit(JHU_DAILY_REPORTS.name))
    tests = _tests(trusted, COVID_TESTS)
    sides = summed.join(tests, on=GRAIN, how="full", coalesce=True, validate="1:1")
    states = regions.filter((pl.col("level") == "state") & (pl.col("country_region") == US))
    names = states.select("region_key", "fips", "province_state", "country_region")
    covid = sides.join(names, on="region_key", validate="m:1")
    key = pl.col("date_key").cast(pl.String)
    covid = covid.with_columns(month=pl.format("{}-{}", key.str.slice(0, 4), key.str.slice(4, 2)))
    fc.write_by_month(covid, out / "curated" / "fact_covid")
    return covid


def _dim_date(facts: tuple[pl.DataFrame, ...], out: Path) -> pl.DataFrame:
    """Every day from the first to the last of the facts."""
    keys = pl.concat([table["date_key"] for table in facts])
    first, last = (datetime.strptime(str(key), "%Y%m%d").date() for key in (keys.min(), keys.max()))
    day = pl.col("date").dt
    days = pl.DataFrame({"date": pl.date_range(first, last, eager=True)}).with_columns(
        fc.date_key("date"),
        day.year().alias("year"),
        day.quarter().cast(pl.Int32).alias("quarter"),
        day.month().cast(pl.Int32).alias("month"),
        day.strftime("%B").alias("month_name"),
        day.day().cast(pl.Int32).alias("day"),
        day.weekday().cast(pl.Int32).alias("day_of_week"),
        day.strftime("%A").alias("day_name"),
        day.week().cast(pl.Int32).alias("iso_week"),
        (day.weekday() >= 6).alias("is_weekend"),
    )
    fc.write_curated(days, "dim_date", out)
    return days


def _check_keys(named: dict[str, pl.DataFrame], *facts: pl.DataFrame) -> None:
    keys = {
        **{"dim_region": ("region_key",), "dim_hospital": ("hospital_key",), "dim_date": ("date_key",)},
        "bridge": ("source", "reported_id"),
    }
    checked = [(table, keys[name]) for name, table in named.items()] + [(table, GRAIN) for table in facts]
    if any(table.select(pl.struct(key).is_duplicated().any()).item() for table, key in checked):
        raise SystemExit("a key stands twice")


def _check_references(
    regions: pl.DataFrame, days: pl.DataFrame, others: tuple[pl.DataFrame, ...], facts: tuple[pl.DataFrame, ...]
) -> None:
    """Every reference finds its row."""
    ancestors = [
        regions.select(pl.col(key).drop_nulls().alias("region_key"))
        for key in ("state_region_key", "country_region_key")
    ]
    for table in (*others, *facts, *ancestors):
        if len(table.join(regions, on="region_key", how="anti")):
            raise SystemExit("a region is in no dimension")
    for table in facts:
        if len(table.join(days, on="date_key", how="anti")):
            raise SystemExit("a day is in no dimension")


if __name__ == "__main__":
    main()
