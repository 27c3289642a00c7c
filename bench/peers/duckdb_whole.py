"""The whole dataset with DuckDB, landing to star: `duckdb_whole.py LANDING_DIR OUT_DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pyarrow as pa
from duckdb_fact_cases import (
    bridge_region,
    connect,
    date_key,
    expect_none,
    fact_cases,
    promote,
    region_key,
    write,
    write_by_month,
)
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

STATE_ID = "'state:' || concat_ws('/', country_region, province_state)"
LIES_IN_A_COUNTRY = f"NOT regexp_matches(lower(country_region), '{SHIPS}')"


def main() -> None:
    landing, out = Path(sys.argv[1]), Path(sys.argv[2])
    db = connect(out)
    for feed in FEEDS:
        promote(db, feed, landing, out)
    for name, columns in (("countries", COUNTRIES), ("states", STATES), ("composite_parts", COMPOSITE_PARTS)):
        db.register(name, pa.table(columns))
    bridge_region(db, REGION_SOURCES, out)
    _dim_region(db, out)
    _dim_hospital(db, out)
    fact_cases(db, (JHU_DAILY_REPORTS, ENIGMA_JHU, NYTIMES_US_COUNTY, NYTIMES_US_STATES), out)
    _fact_testing(db, out)
    _fact_covid(db, out)
    _dim_date(db, out)
    _check_references(db)
    print("finished", flush=True)


def _dim_region(db: duckdb.DuckDBPyConnection, out: Path) -> None:
    """A region over all sources, its state and its country among them, and the unknown one."""
    ranks = " ".join(f"WHEN '{feed.name}' THEN {rank}" for rank, feed in enumerate(REGION_SOURCES))
    below_state = ", ".join(f"'{level}'" for level in BELOW_STATE)
    db.execute(f"""
        CREATE VIEW named AS
        WITH own AS (
            SELECT region_id, level, country_region, province_state, county, CASE source {ranks} END AS rank
            FROM bridge_region),
          states_of AS (
            SELECT DISTINCT {STATE_ID}, 'state', country_region, province_state, NULL, {INFERRED} FROM own
            WHERE level IN ({below_state}) AND province_state IS NOT NULL),
          countries_of AS (
            SELECT DISTINCT 'country:' || country_region, 'country', country_region, NULL, NULL, {INFERRED} FROM own
            WHERE {LIES_IN_A_COUNTRY})
        FROM (FROM own UNION ALL FROM states_of UNION ALL FROM countries_of)
        QUALIFY row_number() OVER (
          PARTITION BY region_id ORDER BY rank, county NULLS FIRST, province_state NULLS FIRST) = 1
    """)
    db.execute(f"""
        CREATE VIEW located AS
        WITH spots AS (
            SELECT region_id, CASE source {ranks} END AS rank, reported_id = region_id AS is_own, latitude, longitude
            FROM bridge_region
            UNION ALL SELECT 'country:' || country_region, NULL, NULL, latitude, longitude FROM trusted_country_code)
        FROM spots WHERE latitude IS NOT NULL AND longitude IS NOT NULL
        QUALIFY row_number() OVER (
          PARTITION BY region_id ORDER BY rank NULLS LAST, is_own DESC, latitude DESC, longitude DESC) = 1
    """)
    db.execute(f"""
        CREATE VIEW peopled AS
        WITH people AS (
            SELECT 'county:' || fips AS region_id, population FROM trusted_county_population
            UNION ALL SELECT composite_id, population FROM trusted_county_population JOIN composite_parts USING (fips)
            UNION ALL SELECT {STATE_ID.replace("province_state", "s.province_state")}, population
              FROM trusted_county_population p JOIN states s ON p.fips[:2] = s.state_fips
            UNION ALL SELECT 'country:{US}', population FROM trusted_county_population)
        SELECT region_id, sum(population)::BIGINT AS population FROM people GROUP BY region_id
    """)
    in_state = f"level IN ('state', {below_state}) AND province_state IS NOT NULL"
    db.execute(f"""
        CREATE TABLE dim_region AS
        SELECT {region_key("region_id")} AS region_key, region_id, level, country_region, iso2, iso3, province_state,
          state_abbreviation, county,
          CASE WHEN level = 'state' THEN state_fips
            WHEN regexp_full_match(region_id, '{COUNTY_OF_FIPS}') THEN region_id[8:] END AS fips,
          latitude, longitude, population,
          CASE WHEN {in_state} THEN {region_key(STATE_ID)} END AS state_region_key,
          CASE WHEN {LIES_IN_A_COUNTRY} THEN {region_key("'country:' || country_region")} END AS country_region_key
        FROM named LEFT JOIN countries USING (country_region) LEFT JOIN states USING (country_region, province_state)
          LEFT JOIN located USING (region_id) LEFT JOIN peopled USING (region_id)
        UNION ALL BY NAME SELECT 0 AS region_key, 'unknown' AS region_id, 'unknown' AS level
    """)
    assert [column[0] for column in db.execute("FROM dim_region LIMIT 0").description] == list(REGION_COLUMNS)
    write(db, "dim_region", out)


def _dim_hospital(db: duckdb.DuckDBPyConnection, out: Path) -> None:
    columns = ", ".join(f"h.{name}" for name in HOSPITAL_COLUMNS)
    db.execute(f"""
        CREATE TABLE dim_hospital AS
        SELECT {region_key("'hospital:' || hospital_id")} AS hospital_key, coalesce(region_key, 0) AS region_key,
          {columns}
        FROM trusted_hospital_beds h LEFT JOIN dim_region r ON r.region_id = 'county:' || h.fips
    """)
    write(db, "dim_hospital", out)


def _fact_testing(db: duckdb.DuckDBPyConnection, out: Path) -> None:
    db.execute(f"""
        CREATE TABLE fact_testing AS
        SELECT {region_key("region_id")} AS region_key, {date_key("report_date")} AS date_key,
          {", ".join(TESTING_MEASURES)}
        FROM trusted_testing_states_daily
    """)
    write(db, "fact_testing", out)


def _fact_covid(db: duckdb.DuckDBPyConnection, out: Path) -> None:
    """A US state and a day: the cases of its regions summed, and its tests."""
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in CASES)
    db.execute(f"""
        CREATE TABLE fact_covid AS
        WITH cases AS (
            SELECT r.state_region_key AS region_key, date_key, any_value(source) AS source, {sums}
            FROM fact_cases f JOIN dim_region r USING (region_key)
            WHERE source = '{JHU_DAILY_REPORTS.name}' AND country_region = '{US}' AND state_region_key IS NOT NULL
            GROUP BY ALL),
          tests AS (
            SELECT {region_key("region_id")} AS region_key, {date_key("report_date")} AS date_key,
              {", ".join(COVID_TESTS)} FROM trusted_testing_states_daily)
        SELECT region_key, date_key, s.fips, s.province_state, s.country_region, source, {", ".join(CASES)},
          {", ".join(COVID_TESTS)}, strftime(strptime(date_key::VARCHAR, '%Y%m%d'), '%Y-%m') AS month
        FROM cases FULL JOIN tests USING (region_key, date_key) JOIN dim_region s USING (region_key)
        WHERE s.level = 'state' AND s.country_region = '{US}'
    """)
    expect_none(
        db,
        {
            "covid_sums_to_cases": f"""
                FROM (SELECT date_key, sum(confirmed) AS n FROM fact_covid GROUP BY ALL HAVING n IS NOT NULL) c
                FULL JOIN (
                  SELECT date_key, sum(confirmed) AS n FROM fact_cases JOIN dim_region USING (region_key)
                  WHERE source = '{JHU_DAILY_REPORTS.name}' AND country_region = '{US}' AND state_region_key IS NOT NULL
                  GROUP BY ALL) f USING (date_key) WHERE c.n IS DISTINCT FROM f.n"""
        },
    )
    write_by_month(db, "fact_covid", out)


def _dim_date(db: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Every day from the first to the last of the facts."""
    facts = " UNION ALL ".join(f"SELECT date_key FROM {name}" for name in ("fact_cases", "fact_testing", "fact_covid"))
    db.execute(f"""
        CREATE TABLE dim_date AS
        WITH span AS (SELECT min(date_key)::VARCHAR AS first, max(date_key)::VARCHAR AS last FROM ({facts})),
          days AS (SELECT unnest(generate_series(
            strptime(first, '%Y%m%d'), strptime(last, '%Y%m%d'), INTERVAL 1 DAY))::DATE AS date FROM span)
        SELECT {date_key("date")} AS date_key, date, year(date)::INT AS year, quarter(date)::INT AS quarter,
          month(date)::INT AS month, monthname(date) AS month_name, day(date)::INT AS day,
          isodow(date)::INT AS day_of_week, dayname(date) AS day_name, week(date)::INT AS iso_week,
          isodow(date) >= 6 AS is_weekend
        FROM days
    """)
    write(db, "dim_date", out)


def _check_references(db: duckdb.DuckDBPyConnection) -> None:
    """Keys stand once, and every reference finds its row."""
    keys = {
        **{"dim_region": "region_key", "dim_hospital": "hospital_key", "dim_date": "date_key"},
        **{"fact_testing": "region_key, date_key", "fact_covid": "region_key, date_key"},
        "bridge_region": "source, reported_id",
    }
    checks = {f"key of {table}": f"FROM {table} GROUP BY {key} HAVING count(*) > 1" for table, key in keys.items()}
    facts = ("fact_cases", "fact_testing", "fact_covid")
    for table in (*facts, "dim_hospital", "bridge_region"):
        checks[f"region of {table}"] = f"FROM {table} ANTI JOIN dim_region USING (region_key)"
    for table in facts:
        checks[f"day of {table}"] = f"FROM {table} ANTI JOIN dim_date USING (date_key)"
    for key in ("state_region_key", "country_region_key"):
        checks[key] = f"FROM dim_region d ANTI JOIN dim_region r ON d.{key} = r.region_key WHERE d.{key} IS NOT NULL"
    expect_none(db, checks)


if __name__ == "__main__":
    main()
