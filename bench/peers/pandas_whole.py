"""The whole dataset with pandas, landing to star: `pandas_whole.py LANDING_DIR OUT_DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from feeds import CASES, ENIGMA_JHU, FEEDS, JHU_DAILY_REPORTS, NYTIMES_US_COUNTY, NYTIMES_US_STATES
from naming import US
from pandas_fact_cases import (
    Tables,
    bridge_region,
    date_key,
    fact_cases,
    make_folders,
    promote,
    region_key,
    write_by_month,
    write_curated,
)
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


def main() -> None:
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    make_folders(out)
    trusted = {feed.name: promote(feed, landing, out) for feed in FEEDS}
    bridge = bridge_region(trusted, REGION_SOURCES, out)
    regions = _dim_region(trusted, bridge, out)
    hospitals = _dim_hospital(trusted, regions, out)
    cases = fact_cases(trusted, bridge, (JHU_DAILY_REPORTS, ENIGMA_JHU, NYTIMES_US_COUNTY, NYTIMES_US_STATES), out)
    tests = _fact_testing(trusted, out)
    covid = _fact_covid(trusted, cases, regions, out)
    days = _dim_date((cases, tests, covid), out)
    _check_references(bridge, regions, hospitals, cases, tests, covid, days)
    print("finished", flush=True)


def _dim_region(trusted: Tables, bridge: pd.DataFrame, out: Path) -> pd.DataFrame:
    """A region over all sources, its state and its country among them, and the unknown one."""
    ranks = {feed.name: rank for rank, feed in enumerate(REGION_SOURCES)}
    shape = ["region_id", "level", "country_region", "province_state", "county"]
    own = bridge[shape].assign(rank=bridge["source"].map(ranks))
    below = own[own["level"].isin(BELOW_STATE) & own["province_state"].notna()]
    states = below.assign(region_id=_state_id(below), level="state", county=None, rank=INFERRED)
    inside = own[_lies_in_a_country(own)]
    countries = inside.assign(
        region_id="country:" + inside["country_region"],
        level="country",
        province_state=None,
        county=None,
        rank=INFERRED,
    )
    every = pd.concat([own, states.drop_duplicates(), countries.drop_duplicates()], ignore_index=True)
    every = every.sort_values(["rank", "county", "province_state"], na_position="first", kind="stable")
    regions = every[~every["region_id"].duplicated()].drop(columns="rank").astype(dict.fromkeys(shape, "str"))
    regions = regions.merge(pd.DataFrame(COUNTRIES), on="country_region", how="left")
    regions = regions.merge(pd.DataFrame(STATES), on=["country_region", "province_state"], how="left")
    regions = regions.merge(_coordinates(trusted, bridge), on="region_id", how="left")
    regions = regions.merge(_populations(trusted), on="region_id", how="left")
    code = regions["region_id"].str.removeprefix("county:")
    is_code = regions["region_id"].str.fullmatch(COUNTY_OF_FIPS)
    regions["fips"] = regions["state_fips"].where(regions["level"] == "state", code.where(is_code))
    in_state = regions["level"].isin(("state", *BELOW_STATE)) & regions["province_state"].notna()
    regions["region_key"] = region_key(regions["region_id"])
    regions["state_region_key"] = _keys(_state_id(regions), in_state)
    regions["country_region_key"] = _keys("country:" + regions["country_region"], _lies_in_a_country(regions))
    unknown = pd.DataFrame({"region_key": [0], "region_id": "unknown", "level": "unknown"})
    regions = pd.concat([regions, unknown], ignore_index=True)[list(REGION_COLUMNS)]
    write_curated(regions, "dim_region", out)
    return regions


def _state_id(places: pd.DataFrame) -> pd.Series:
    return "state:" + places["country_region"] + "/" + places["province_state"]


def _lies_in_a_country(places: pd.DataFrame) -> pd.Series:
    return ~places["country_region"].str.lower().str.contains(SHIPS)


def _keys(region_ids: pd.Series, there: pd.Series) -> pd.Series:
    """The keys of the regions, null where there is none."""
    return pd.Series(region_key(region_ids.fillna("")), index=region_ids.index).astype("Int64").where(there)


def _coordinates(trusted: Tables, bridge: pd.DataFrame) -> pd.DataFrame:
    """Where the best source of a region placed it, by its own id first; else the country table."""
    ranks = {feed.name: rank for rank, feed in enumerate(REGION_SOURCES)}
    named = bridge.assign(rank=-bridge["source"].map(ranks), is_own=bridge["reported_id"] == bridge["region_id"])
    listed = trusted["country_code"][["country_region", "latitude", "longitude"]]
    listed = listed.assign(region_id="country:" + listed["country_region"], rank=-INFERRED, is_own=False)
    columns = ["region_id", "rank", "is_own", "latitude", "longitude"]
    spots = pd.concat([named[columns], listed[columns]]).dropna(subset=["latitude", "longitude"])
    spots = spots.sort_values(columns[1:], ascending=False, na_position="last")
    return spots.loc[~spots["region_id"].duplicated(), ["region_id", "latitude", "longitude"]]


def _populations(trusted: Tables) -> pd.DataFrame:
    """People by region: counties, the cities made of several counties, the states and the country."""
    counties = trusted["county_population"][["fips", "population"]]
    parts = counties.merge(pd.DataFrame(COMPOSITE_PARTS), on="fips")
    of_states = counties.assign(state_fips=counties["fips"].str[:2]).merge(pd.DataFrame(STATES), on="state_fips")
    every = (
        counties.assign(region_id="county:" + counties["fips"]),
        parts.assign(region_id=parts["composite_id"]),
        of_states.assign(region_id=_state_id(of_states)),
        counties.assign(region_id=f"country:{US}"),
    )
    return pd.concat(every).groupby("region_id", as_index=False)["population"].sum(min_count=1)


def _dim_hospital(trusted: Tables, regions: pd.DataFrame, out: Path) -> pd.DataFrame:
    hospitals = trusted["hospital_beds"][list(HOSPITAL_COLUMNS)]
    # Numbers that may be missing are floats unless told otherwise, and a float has no room for a key.
    keys = regions.set_index("region_id")["region_key"].astype("Int64")
    hospitals = hospitals.assign(
        hospital_key=region_key("hospital:" + hospitals["hospital_id"].astype("str")),
        region_key=keys.reindex("county:" + hospitals["fips"]).fillna(0).to_numpy(dtype="int64"),
    )
    write_curated(hospitals, "dim_hospital", out)
    return hospitals


def _fact_testing(trusted: Tables, out: Path) -> pd.DataFrame:
    rows = _tests(trusted)[["region_key", "date_key", *TESTING_MEASURES]]
    write_curated(rows, "fact_testing", out)
    return rows


def _tests(trusted: Tables) -> pd.DataFrame:
    rows = trusted["testing_states_daily"]
    return rows.assign(region_key=region_key(rows["region_id"]), date_key=date_key(rows["report_date"]))


def _fact_covid(trusted: Tables, cases: pd.DataFrame, regions: pd.DataFrame, out: Path) -> pd.DataFrame:
    """A US state and a day: the cases of its regions summed, and its tests."""
    in_states = regions[(regions["country_region"] == US) & regions["state_region_key"].notna()]
    state_of = in_states.set_index("region_key")["state_region_key"].astype("int64")
    facts = cases[(cases["source"] == JHU_DAILY_REPORTS.name) & cases["region_key"].isin(state_of.index)]
    facts = facts.assign(region_key=state_of.loc[facts["region_key"]].to_numpy())
    grain = ["region_key", "date_key"]
    summed = facts.groupby(grain, as_index=False)[list(CASES)].sum(min_count=1)
    if summed["confirmed"].sum() != facts["confirmed"].sum():
        raise SystemExit("the states don't add up")
    summed["source"] = JHU_DAILY_REPORTS.name
    sides = summed.merge(_tests(trusted)[[*grain, *COVID_TESTS]], on=grain, how="outer", validate="one_to_one")
    states = regions[(regions["level"] == "state") & (regions["country_region"] == US)]
    names = states[["region_key", "fips", "province_state", "country_region"]]
    covid = sides.merge(names, on="region_key", validate="many_to_one")
    covid["date_key"] = covid["date_key"].astype("int32")
    days = pd.to_datetime(covid["date_key"].astype("str"), format="%Y%m%d")
    write_by_month(pa.Table.from_pandas(covid, preserve_index=False), days, out / "curated" / "fact_covid")
    return covid


def _dim_date(facts: tuple[pd.DataFrame, ...], out: Path) -> pd.DataFrame:
    """Every day from the first to the last of the facts."""
    keys = [key for table in facts for key in (table["date_key"].min(), table["date_key"].max())]
    first, last = (pd.to_datetime(str(key), format="%Y%m%d") for key in (min(keys), max(keys)))
    date = pd.Series(pd.date_range(first, last, unit="us"))
    numbers = {
        **{"year": date.dt.year, "quarter": date.dt.quarter, "month": date.dt.month, "day": date.dt.day},
        **{"day_of_week": date.dt.day_of_week + 1, "iso_week": date.dt.isocalendar().week},
    }
    days = pd.DataFrame(numbers).astype("int32").assign(date_key=date_key(date), date=date)
    days = days.assign(
        month_name=date.dt.month_name(), day_name=date.dt.day_name(), is_weekend=days["day_of_week"] >= 6
    )
    write_curated(days, "dim_date", out)
    return days


def _check_references(
    bridge: pd.DataFrame,
    regions: pd.DataFrame,
    hospitals: pd.DataFrame,
    cases: pd.DataFrame,
    tests: pd.DataFrame,
    covid: pd.DataFrame,
    days: pd.DataFrame,
) -> None:
    """Keys stand once, and every reference finds its row."""
    keys = (
        *((regions, ["region_key"]), (hospitals, ["hospital_key"]), (days, ["date_key"])),
        *((tests, ["region_key", "date_key"]), (covid, ["region_key", "date_key"])),
        (bridge, ["source", "reported_id"]),
    )
    if any(table.duplicated(key).any() for table, key in keys):
        raise SystemExit("a key stands twice")
    named = (
        *(table["region_key"].unique() for table in (bridge, hospitals, cases, tests, covid)),
        *(regions[key].dropna().unique() for key in ("state_region_key", "country_region_key")),
    )
    if not all(np.isin(np.asarray(some, dtype="int64"), regions["region_key"]).all() for some in named):
        raise SystemExit("a region is in no dimension")
    if not all(table["date_key"].isin(days["date_key"]).all() for table in (cases, tests, covid)):
        raise SystemExit("a day is in no dimension")


if __name__ == "__main__":
    main()
