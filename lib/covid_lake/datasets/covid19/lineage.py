"""The rows behind each row of the star: the joins of `curated`, walked backwards.

A query here must give exactly the rows that the build took for the row, no more and no fewer: the tests add them up.
"""

from __future__ import annotations

from dataclasses import replace

from covid_lake.contracts import Table
from covid_lake.datasets.covid19 import contracts as c
from covid_lake.datasets.covid19.places import COMPOSITE_COUNTIES
from covid_lake.flows import Lineage, Link

REPORT = ("region_id", "report_date", "confirmed", "deaths", "recovered", "active")
NEWS = ("region_id", "report_date", "cases", "deaths")
TESTS = ("state", "report_date", "positive", "negative", "hospitalized_currently", "deaths")
CASES = ("region_key", "date_key", "source", "confirmed", "deaths", "new_confirmed", "new_deaths")
NAMES = ("source", "reported_id", "region_id", "latitude", "longitude")
REGION = ("region_key", "region_id", "level", "country_region", "province_state", "county", "population")


def _reports(feed: Table, source: str, shows: tuple[str, ...], condition: str = "TRUE") -> Link:
    """The reports of a feed that add up to rows of fact_cases."""
    return Link(
        feed.name,
        feed,
        "reports that add up to it",
        f"""
        SELECT * FROM covid19_trusted.{feed.name}
        WHERE {condition} AND (region_id, report_date) IN (
            SELECT bridge.reported_id, day.date
            FROM it
            JOIN covid19_curated.bridge_region AS bridge ON bridge.region_key = it.region_key
            JOIN covid19_curated.dim_date AS day ON day.date_key = it.date_key
            WHERE it.source = '{source}' AND bridge.source = '{feed.name}'
        )""",  # noqa: S608 - all names are of this module
        shows,
    )


FEEDS = (
    _reports(c.JHU_DAILY_REPORTS, "jhu_daily_reports", REPORT),
    _reports(c.ENIGMA_JHU, "enigma_jhu", REPORT),
    _reports(c.NYTIMES_US_COUNTY, "nytimes", NEWS),
    _reports(
        c.NYTIMES_US_STATES,
        "nytimes",
        NEWS,
        "(province_state, report_date) NOT IN "
        "(SELECT province_state, report_date FROM covid19_trusted.nytimes_us_county)",
    ),
)

CASES_LINEAGE = Lineage(
    c.FACT_CASES,
    (
        *FEEDS,
        Link(
            "before",
            c.FACT_CASES,
            "the report before it, to which new_confirmed, new_deaths and days_since_previous are the difference",
            """
            SELECT * FROM covid19_curated.fact_cases
            WHERE (region_key, source, date_key) IN (
                SELECT region_key, source, unnest([reported, confirmed, deaths]) FROM (
                    SELECT
                        it.region_key,
                        it.source,
                        max(earlier.date_key) AS reported,
                        max(earlier.date_key) FILTER (WHERE earlier.confirmed IS NOT NULL) AS confirmed,
                        max(earlier.date_key) FILTER (WHERE earlier.deaths IS NOT NULL) AS deaths
                    FROM it
                    JOIN covid19_curated.fact_cases AS earlier
                        ON earlier.region_key = it.region_key
                        AND earlier.source = it.source
                        AND earlier.date_key < it.date_key
                    GROUP BY it.region_key, it.source, it.date_key
                )
            )""",
            CASES,
            follow=tuple(link.name for link in FEEDS),
        ),
    ),
)


def _tests_of(meaning: str) -> Link:
    return Link(
        c.TESTING_STATES_DAILY.name,
        c.TESTING_STATES_DAILY,
        meaning,
        """
        SELECT * FROM covid19_trusted.testing_states_daily
        WHERE (region_id, report_date) IN (
            SELECT region.region_id, day.date
            FROM it
            JOIN covid19_curated.dim_region AS region ON region.region_key = it.region_key
            JOIN covid19_curated.dim_date AS day ON day.date_key = it.date_key
        )""",
        TESTS,
    )


def _region_of(meaning: str) -> Link:
    return Link(
        c.DIM_REGION.name,
        c.DIM_REGION,
        meaning,
        "SELECT * FROM covid19_curated.dim_region WHERE region_key IN (SELECT region_key FROM it)",
        REGION,
        follow=(),
    )


TESTING_LINEAGE = Lineage(c.FACT_TESTING, (_tests_of("the report of its state and day"),))

COVID_LINEAGE = Lineage(
    c.FACT_COVID,
    (
        Link(
            c.FACT_CASES.name,
            c.FACT_CASES,
            "cases of the state's regions, which add up to its own",
            """
            SELECT * FROM covid19_curated.fact_cases
            WHERE (region_key, date_key, source) IN (
                SELECT region.region_key, it.date_key, it.source
                FROM it
                JOIN covid19_curated.dim_region AS region ON region.state_region_key = it.region_key
            )""",
            CASES,
            follow=tuple(link.name for link in FEEDS),
        ),
        _tests_of("the report that its tests and hospital figures come from"),
        _region_of("the state that it is named by"),
    ),
)

HOSPITAL_LINEAGE = Lineage(
    c.DIM_HOSPITAL,
    (
        Link(
            c.HOSPITAL_BEDS.name,
            c.HOSPITAL_BEDS,
            "the hospital as it was delivered",
            "SELECT * FROM covid19_trusted.hospital_beds WHERE hospital_id IN (SELECT hospital_id FROM it)",
            ("hospital_id", "hospital_name", "fips", "licensed_beds", "staffed_beds", "icu_beds"),
        ),
        _region_of("the county that it lies in"),
    ),
)


def _named_by(source: Table, rows: str, shows: tuple[str, ...], meaning: str) -> Link:
    return Link(source.name, source, meaning, rows, shows)


def _last_reports(source: Table, shows: tuple[str, ...], placed: str = "FALSE") -> Link:
    """The reports of the last day on which a source named the region, and of the last on which it placed it."""
    return _named_by(
        source,
        f"""
        SELECT * FROM (
            SELECT
                report.*,
                max(report_date) OVER of_region AS last_named,
                max(report_date) FILTER (WHERE {placed}) OVER of_region AS last_placed
            FROM covid19_trusted.{source.name} AS report
            WHERE region_id IN (SELECT reported_id FROM it WHERE source = '{source.name}')
            WINDOW of_region AS (PARTITION BY region_id)
        )
        WHERE report_date IN (last_named, last_placed)""",  # noqa: S608 - all names are of this module
        shows,
        "reports that named and placed it last",
    )


def _entries(source: Table, shows: tuple[str, ...], region_id: str = "region_id") -> Link:
    return _named_by(
        source,
        f"""
        SELECT * FROM covid19_trusted.{source.name}
        WHERE {region_id} IN (SELECT reported_id FROM it WHERE source = '{source.name}')""",  # noqa: S608
        shows,
        "entries that name it",
    )


IS_PLACED = "latitude <> 0 OR longitude <> 0"
PLACE = ("region_id", "report_date", "province_state", "county")
SOURCES = (
    _last_reports(c.JHU_DAILY_REPORTS, (*PLACE, "latitude", "longitude"), IS_PLACED),
    _last_reports(c.ENIGMA_JHU, (*PLACE, "latitude", "longitude"), IS_PLACED),
    _last_reports(c.NYTIMES_US_COUNTY, PLACE),
    _last_reports(c.NYTIMES_US_STATES, ("region_id", "report_date", "province_state")),
    _last_reports(c.TESTING_STATES_DAILY, ("region_id", "report_date", "province_state")),
    _entries(c.COUNTY_POPULATION, ("fips", "county", "province_state", "population")),
    _entries(c.HOSPITAL_BEDS, ("hospital_id", "county", "province_state", "fips"), "concat('county:', fips)"),
    _entries(c.STATE_ABV, ("abbreviation", "province_state")),
)


def _written_so(link: Link) -> Link:
    """The rows of a source with this spelling of a region: of the last day, and of the last day with coordinates."""
    table = link.table
    # The county of a state's tests is no part of the name: the source always writes N/A.
    named_by = ("province_state", "fips") if table is c.TESTING_STATES_DAILY else ("province_state", "county", "fips")
    parts = [name for name in named_by if name in table.column_names]
    same = " AND ".join(f"named.{name} IS NOT DISTINCT FROM it.{name}" for name in parts)
    region_id = "concat('county:', named.fips)" if table is c.HOSPITAL_BEDS else "named.region_id"
    day = (
        " AND named.report_date IN (it.last_report_date, it.placed_date)" if "report_date" in table.column_names else ""
    )
    return replace(
        link,
        meaning="rows that write it so",
        rows=f"""
        SELECT * FROM covid19_trusted.{table.name} AS named
        WHERE EXISTS (
            SELECT 1 FROM it
            WHERE it.source = '{table.name}' AND it.reported_id = {region_id} AND {same}{day}
        )""",  # noqa: S608 - all names are of this module
    )


NAMES_LINEAGE = Lineage(c.REGION_NAMES, tuple(_written_so(link) for link in SOURCES))

BRIDGE_LINEAGE = Lineage(
    c.BRIDGE_REGION,
    (
        *SOURCES,
        Link(
            "coded",
            c.BRIDGE_REGION,
            "names with a FIPS code for the same county: what it is one region with",
            """
            SELECT * FROM covid19_curated.bridge_region
            WHERE reported_id IN (SELECT region_id FROM it WHERE region_id <> reported_id)""",
            NAMES,
            follow=(),
        ),
    ),
)

_COMPOSITES = ", ".join(
    f"('county:US/{state}/{county}', '{fips}')"
    for (state, county), codes in COMPOSITE_COUNTIES.items()
    for fips in codes
)

REGION_LINEAGE = Lineage(
    c.DIM_REGION,
    (
        Link(
            "names",
            c.BRIDGE_REGION,
            "names that the sources give it",
            "SELECT * FROM covid19_curated.bridge_region WHERE region_key IN (SELECT region_key FROM it)",
            NAMES,
            follow=tuple(link.name for link in SOURCES),
        ),
        Link(
            "members",
            c.BRIDGE_REGION,
            "names of regions in it; no source reports it by itself",
            """
            SELECT * FROM covid19_curated.bridge_region
            WHERE region_key IN (
                SELECT member.region_key
                FROM it
                JOIN covid19_curated.dim_region AS member
                    ON it.region_key IN (member.state_region_key, member.country_region_key)
                WHERE it.region_key NOT IN (SELECT region_key FROM covid19_curated.bridge_region)
            )""",
            NAMES,
            follow=(),
        ),
        Link(
            "coordinates",
            c.BRIDGE_REGION,
            "the name whose coordinates, those by the best source, are its own",
            """
            SELECT * FROM covid19_curated.bridge_region
            WHERE region_key IN (SELECT region_key FROM it) AND latitude IS NOT NULL AND longitude IS NOT NULL
            QUALIFY row_number() OVER (
                PARTITION BY region_key
                ORDER BY
                    source = 'jhu_daily_reports' DESC, reported_id = region_id DESC, latitude DESC, longitude DESC
            ) = 1""",
            NAMES,
            follow=(),
        ),
        Link(
            "country_code",
            c.COUNTRY_CODE,
            "the country's entry, with its coordinates where no feed places it",
            """
            SELECT * FROM covid19_trusted.country_code
            WHERE country_region IN (SELECT country_region FROM it WHERE level = 'country')""",
            ("iso2", "country", "country_region", "latitude", "longitude"),
        ),
        Link(
            "population",
            c.COUNTY_POPULATION,
            "counties whose people add up to its own",
            f"""
            SELECT * FROM covid19_trusted.county_population AS counted
            WHERE EXISTS (
                SELECT 1 FROM it
                WHERE it.region_id = concat('county:', counted.fips)
                    OR (it.region_id, counted.fips) IN (VALUES {_COMPOSITES})
                    OR (it.level = 'state' AND it.country_region = 'US' AND it.fips = substr(counted.fips, 1, 2))
                    OR it.region_id = 'country:US'
            )""",  # noqa: S608 - all values are of this library
            ("fips", "county", "province_state", "population"),
        ),
    ),
    note="ISO codes, postal abbreviations and the FIPS codes of states come from the tables in "
    "covid_lake/datasets/covid19/places; the region with key 0 stands for what has none.",
)

DATE_LINEAGE = Lineage(
    c.DIM_DATE, (), note="A day of the calendar from the first to the last day of the facts; no row stands behind it."
)

LINEAGE = (
    CASES_LINEAGE,
    TESTING_LINEAGE,
    COVID_LINEAGE,
    HOSPITAL_LINEAGE,
    NAMES_LINEAGE,
    BRIDGE_LINEAGE,
    REGION_LINEAGE,
    DATE_LINEAGE,
)
