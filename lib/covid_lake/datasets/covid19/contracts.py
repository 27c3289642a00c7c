"""The tables of the COVID-19 lake: eleven landing tables, each with its trusted table, and the curated star.

Column names, spellings and formats are those counted in the files of `s3://covid19-lake` and of the Johns Hopkins daily
reports; the grain and the checks follow from what each feed documents of itself.
"""

from __future__ import annotations

import re
from dataclasses import replace

from covid_lake.contracts import (
    PROVENANCE,
    Column,
    DailyFiles,
    Dataset,
    Distribution,
    Drift,
    Identity,
    Landing,
    Partitioning,
    Reference,
    Rule,
    Severity,
    Table,
    Type,
    WarehouseLayout,
    Zone,
)

DATASET = "covid19"

ISO_TIME = ("yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss")
US_TIME = ("M/d/yyyy H:mm", "M/d/yy H:mm")
# What becomes of a time when somebody opens the file in a spreadsheet and saves it.
SPREADSHEET_TIME = (
    "M/d/yyyy H:mm:ss",
    "M/d/yy H:mm:ss",
    "M/d/yyyy h:mm a",
    "M/d/yy h:mm a",
    "M/d/yyyy h:mm:ss a",
    "M/d/yy h:mm:ss a",
    "M/d/yyyy",
    "M/d/yy",
    "yyyy-MM-dd",
)
JHU_TIMES = ISO_TIME + US_TIME + SPREADSHEET_TIME
SPREADSHEET_DATE = ("M/d/yyyy", "M/d/yy")

FIRST_DATE = "DATE'2019-12-01'"

PLACE = (
    Column("region_id", Type.TEXT, "Natural key of the region as this record names it", nullable=False),
    Column(
        "region_level",
        Type.TEXT,
        "country, state, county, facility, ship, unassigned, out_of_state or recovered",
        nullable=False,
    ),
)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _names(text: str) -> tuple[str, ...]:
    """The names of a header row without blanks in them."""
    return tuple(text.split())


def _text(
    spelling: str, comment: str, name: str | None = None, required: bool = False, pad: int | None = None
) -> Column:
    return Column(name or _snake(spelling), Type.TEXT, comment, (spelling,), required=required, pad=pad)


def _count(spelling: str, comment: str, name: str | None = None, required: bool = False) -> Column:
    return Column(name or _snake(spelling), Type.BIGINT, comment, (spelling,), required=required)


def _derived_count(*spellings: str, comment: str, name: str | None = None) -> Column:
    """A count that the source derives from others or no longer maintains. A bad value does not refuse the record."""
    return Column(name or _snake(spellings[0]), Type.BIGINT, comment, spellings, unreadable=Severity.WARN)


def _rate(*spellings: str, comment: str, name: str | None = None) -> Column:
    """A rate that the source computes. A failed division leaves the counts of the record valid."""
    return Column(name or _snake(spellings[0]), Type.DOUBLE, comment, spellings, unreadable=Severity.WARN)


def _coordinates(latitude: tuple[str, ...], longitude: tuple[str, ...]) -> tuple[Column, Column]:
    """Degrees north and east. An unreadable value refuses the record: it is a sign of shifted fields."""
    return (
        Column("latitude", Type.DOUBLE, "Degrees north", latitude),
        Column("longitude", Type.DOUBLE, "Degrees east", longitude),
    )


def _time(spelling: str, comment: str, name: str | None = None) -> Column:
    return Column(name or _snake(spelling), Type.TIMESTAMP, comment, (spelling,), formats=ISO_TIME)


def _reject(name: str, broken_when: str, message: str) -> Rule:
    return Rule(name, broken_when, message, Severity.REJECT)


def _warn(name: str, broken_when: str, message: str) -> Rule:
    return Rule(name, broken_when, message, Severity.WARN)


def _date_rules(column: str) -> tuple[Rule, ...]:
    return (
        _reject(f"{column}_too_early", f"{column} < {FIRST_DATE}", f"{column} lies before 2019-12-01"),
        _reject(f"{column}_in_future", f"{column} > {{run_date}}", f"{column} lies after the day of the run"),
    )


# Levels of rows that are no places of their own: the source balances the sum of a state or a country in them.
BALANCING_LEVELS = ("unassigned", "out_of_state", "recovered", "ship")
_IS_BALANCE = f"region_level IN ({', '.join(repr(level) for level in BALANCING_LEVELS)})"


def _negative_only_to_balance(*columns: str) -> tuple[Rule, ...]:
    """A place can't have a negative figure; a row of no place may, for it corrects the sum that it is part of."""
    return tuple(
        rule
        for column in columns
        for rule in (
            _reject(f"{column}_negative", f"{column} < 0 AND NOT {_IS_BALANCE}", f"{column} is negative"),
            _warn(
                f"{column}_corrects_sum",
                f"{column} < 0 AND {_IS_BALANCE}",
                f"{column} is negative in a row of no place: kept, for it corrects a sum",
            ),
        )
    )


def _above(part: str, whole: str) -> Rule:
    """`part` counts some of what `whole` counts; rows of no place hold remainders and are left out."""
    return _warn(
        f"{part}_above_{whole}",
        f"{part} > {whole} AND NOT {_IS_BALANCE}",
        f"{part} is above {whole}; the two may be swapped",
    )


def _not_negative(*columns: str) -> tuple[Rule, ...]:
    return tuple(_reject(f"{column}_negative", f"{column} < 0", f"{column} is negative") for column in columns)


COORDINATE_RULES = (
    _reject("latitude_out_of_range", "abs(latitude) > 90", "latitude lies beyond ±90 degrees"),
    _reject("longitude_out_of_range", "abs(longitude) > 180", "longitude lies beyond ±180 degrees"),
)
FIPS_RULE = _reject(
    "fips_not_a_code",
    "fips RLIKE '[^0-9]' OR length(fips) NOT IN (2, 5)",
    "fips is not a code of 2 or 5 digits",
)
STATE_OF_CODE_RULE = _warn(
    "fips_of_other_state",
    "has_code_of_other_state",
    "the FIPS code belongs to another state than the one that is named; the region is taken from the names",
)
COUNTRY_RULE = _warn("country_unknown", "NOT country_is_known", "the country's spelling is in no alias table")


# Added by the functions of regions.py.
REGION_IDENTITY = Identity("same_region", "region_by_name", "region_id", "region_by_name")


def _jhu_columns(rates: bool) -> tuple[Column, ...]:
    """The Johns Hopkins columns under all their spellings; the daily reports alone carry the two rates."""
    columns: tuple[Column, ...] = (
        Column("report_date", Type.DATE, "Day that the report describes", nullable=False),
        *PLACE,
        Column(
            "country_region",
            Type.TEXT,
            "Canonical country name; a spelling in no alias table is kept as it came",
            ("Country_Region", "Country/Region"),
            required=True,
            nullable=False,
        ),
        Column(
            "country_is_known", Type.BOOLEAN, "Whether the alias table knows the country's spelling", nullable=False
        ),
        Column("iso2", Type.TEXT, "ISO 3166-1 alpha-2 code of the country"),
        Column("iso3", Type.TEXT, "ISO 3166-1 alpha-3 code of the country"),
        Column("province_state", Type.TEXT, "Province or state", ("Province_State", "Province/State"), required=True),
        Column("county", Type.TEXT, "US county, or the place below a province", ("Admin2",)),
        Column("fips", Type.TEXT, "US FIPS code, 2 (state) or 5 digits, as reported", ("FIPS",), pad=5),
        Column(
            "last_update",
            Type.TIMESTAMP,
            "When the entry was last changed (UTC)",
            ("Last_Update", "Last Update"),
            required=True,
            formats=JHU_TIMES,
        ),
        *_coordinates(("Lat", "Latitude"), ("Long_", "Longitude")),
        Column("confirmed", Type.BIGINT, "Cumulative confirmed cases", ("Confirmed",), required=True),
        Column("deaths", Type.BIGINT, "Cumulative deaths", ("Deaths",), required=True),
        Column("recovered", Type.BIGINT, "Cumulative recoveries", ("Recovered",), required=True),
        _derived_count("Active", comment="Active cases as reported; negative where the source corrects itself"),
        Column("combined_key", Type.TEXT, "The place as the source joins it into one text", ("Combined_Key",)),
    )
    if rates:
        columns += (
            _rate("Incident_Rate", "Incidence_Rate", comment="Cases per 100,000 people", name="incident_rate"),
            _rate(
                "Case_Fatality_Ratio",
                "Case-Fatality_Ratio",
                comment="Deaths per 100 cases",
                name="case_fatality_ratio",
            ),
        )
    return columns + PROVENANCE


JHU_DRIFT = Drift(known_by=(("country_region", "country_is_known"),), totals=("confirmed", "deaths"))

JHU_RULES = (
    *_date_rules("report_date"),
    *_negative_only_to_balance("confirmed", "deaths"),
    *COORDINATE_RULES,
    FIPS_RULE,
    STATE_OF_CODE_RULE,
    COUNTRY_RULE,
    _warn("active_negative", "active < 0", "active is negative"),
    _above("deaths", "confirmed"),
    _above("recovered", "confirmed"),
)

ENIGMA_JHU = Table(
    DATASET,
    Zone.TRUSTED,
    "enigma_jhu",
    "A location and the day that its entry was last updated (UTC minus 8 hours); an entry carried forward stands once.",
    _jhu_columns(rates=False),
    key=("region_id", "report_date"),
    landing=Landing(
        csv=("enigma-jhu/csv",),
        json=("enigma-jhu/json",),
        header=_names(
            "fips admin2 province_state country_region last_update latitude longitude confirmed deaths recovered active"
            " combined_key"
        ),
    ),
    newest_by=("last_update", "confirmed", "deaths"),
    identity=REGION_IDENTITY,
    rules=JHU_RULES,
    # Not by day: an entry that was carried forward stands under the day of its last update, so that days have gaps.
    drift=JHU_DRIFT,
)

JHU_DAILY_REPORTS = Table(
    DATASET,
    Zone.TRUSTED,
    "jhu_daily_reports",
    "A location and the day in the report's file name.",
    (*_jhu_columns(rates=True), Column("month", Type.TEXT, "Month of report_date as yyyy-MM")),
    key=("region_id", "report_date"),
    landing=Landing(csv=("jhu-daily-reports",), daily=DailyFiles("%m-%d-%Y", "report_date"), shares_header=False),
    newest_by=("last_update", "confirmed", "deaths"),
    identity=REGION_IDENTITY,
    partitioning=Partitioning("month", month_of="report_date"),
    rules=JHU_RULES,
    drift=replace(JHU_DRIFT, day="report_date"),
)

_NYT_MEASURES = (
    _count("cases", "Cumulative cases, confirmed and probable", required=True),
    _count("deaths", "Cumulative deaths", required=True),
)
_NYT_DATE = Column(
    "report_date",
    Type.DATE,
    "Day of the report",
    ("date",),
    required=True,
    nullable=False,
    formats=("yyyy-MM-dd", *SPREADSHEET_DATE),
)
_NYT_FIPS = Column("fips", Type.TEXT, "US FIPS code; New York City and Kansas City have none", ("fips",), pad=5)

NYTIMES_US_COUNTY = Table(
    DATASET,
    Zone.TRUSTED,
    "nytimes_us_county",
    "A US county, or a city that the newspaper reports as one, and a day.",
    (
        _NYT_DATE,
        *PLACE,
        Column(
            "county",
            Type.TEXT,
            "County; Unknown where the state does not say",
            ("county",),
            required=True,
            nullable=False,
        ),
        Column("province_state", Type.TEXT, "State or territory", ("state",), required=True, nullable=False),
        _NYT_FIPS,
        *_NYT_MEASURES,
        *PROVENANCE,
    ),
    key=("region_id", "report_date"),
    landing=Landing(
        csv=("rearc-covid-19-nyt-data-in-usa/csv/us-counties", "enigma-nytimes-data-in-usa/csv/us_county"),
        json=("rearc-covid-19-nyt-data-in-usa/json/us-counties", "enigma-nytimes-data-in-usa/json/us_county"),
    ),
    identity=REGION_IDENTITY,
    rules=(
        *_date_rules("report_date"),
        *_negative_only_to_balance("cases", "deaths"),
        FIPS_RULE,
        STATE_OF_CODE_RULE,
        _above("deaths", "cases"),
    ),
    drift=Drift(totals=("cases", "deaths"), day="report_date"),
)

NYTIMES_US_STATES = Table(
    DATASET,
    Zone.TRUSTED,
    "nytimes_us_states",
    "A US state or territory and a day.",
    (
        _NYT_DATE,
        *PLACE,
        Column("province_state", Type.TEXT, "State or territory", ("state",), required=True, nullable=False),
        Column("fips", Type.TEXT, "US FIPS code of 2 digits", ("fips",), pad=2),
        *_NYT_MEASURES,
        *PROVENANCE,
    ),
    key=("region_id", "report_date"),
    landing=Landing(
        csv=("rearc-covid-19-nyt-data-in-usa/csv/us-states", "enigma-nytimes-data-in-usa/csv/us_states"),
        json=("rearc-covid-19-nyt-data-in-usa/json/us-states", "enigma-nytimes-data-in-usa/json/us_states"),
    ),
    identity=REGION_IDENTITY,
    rules=(
        *_date_rules("report_date"),
        *_negative_only_to_balance("cases", "deaths"),
        FIPS_RULE,
        STATE_OF_CODE_RULE,
        _above("deaths", "cases"),
    ),
    drift=Drift(totals=("cases", "deaths"), day="report_date"),
)

_TESTING_NULLS = ("", "NA", "N/A")
_TESTING_DATE = Column(
    "report_date",
    Type.DATE,
    "Day of the report",
    ("date",),
    required=True,
    nullable=False,
    formats=("yyyyMMdd", "yyyy-MM-dd", *SPREADSHEET_DATE),
)
_TESTING_COUNTS = (
    _count("positive", "Cumulative people or cases tested positive", required=True),
    _count("negative", "Cumulative people tested negative"),
    _count("pending", "Tests whose result is pending"),
    _count("hospitalizedCurrently", "In hospital on this day"),
    _count("hospitalizedCumulative", "Ever in hospital"),
    _count("inIcuCurrently", "In intensive care on this day"),
    _count("inIcuCumulative", "Ever in intensive care"),
    _count("onVentilatorCurrently", "On a ventilator on this day"),
    _count("onVentilatorCumulative", "Ever on a ventilator"),
    _count("recovered", "Cumulative recoveries"),
    _count("death", "Cumulative deaths", name="deaths", required=True),
    _count("hospitalized", "Ever in hospital, the source's older name for it"),
    _derived_count("total", comment="Deprecated by the source: positive + negative + pending"),
    _count("totalTestResults", "Cumulative test results"),
    _derived_count("posNeg", comment="Deprecated by the source: positive + negative"),
)
_TESTING_INCREASES = (
    _derived_count("positiveIncrease", comment="New positives since the day before"),
    _derived_count("negativeIncrease", comment="New negatives since the day before"),
    _derived_count("totalTestResultsIncrease", comment="New test results since the day before"),
    _derived_count("deathIncrease", comment="New deaths since the day before", name="deaths_increase"),
    _derived_count("hospitalizedIncrease", comment="New in hospital since the day before"),
)

TESTING_STATES_DAILY = Table(
    DATASET,
    Zone.TRUSTED,
    "testing_states_daily",
    "A US state or territory and a day.",
    (
        _TESTING_DATE,
        *PLACE,
        Column("state", Type.TEXT, "Postal abbreviation of the state", ("state",), required=True, nullable=False),
        Column("province_state", Type.TEXT, "Name of the state"),
        _text("fips", "US FIPS code of 2 digits", pad=2),
        *_TESTING_COUNTS,
        _count("hospitalizedDischarged", "Discharged from hospital"),
        _count("probableCases", "Probable cases"),
        _count("deathConfirmed", "Confirmed deaths", name="deaths_confirmed"),
        _count("deathProbable", "Probable deaths", name="deaths_probable"),
        _count("totalTestsViral", "PCR tests"),
        _count("positiveTestsViral", "Positive PCR tests"),
        _count("negativeTestsViral", "Negative PCR tests"),
        _count("positiveCasesViral", "People with a positive PCR test"),
        _count("totalTestEncountersViral", "People tested a day, PCR"),
        _count("totalTestsPeopleViral", "People tested, PCR"),
        _count("totalTestsAntibody", "Antibody tests"),
        _count("positiveTestsAntibody", "Positive antibody tests"),
        _count("negativeTestsAntibody", "Negative antibody tests"),
        _count("totalTestsPeopleAntibody", "People tested for antibodies"),
        _count("positiveTestsPeopleAntibody", "People with antibodies"),
        _count("negativeTestsPeopleAntibody", "People without antibodies"),
        _count("totalTestsPeopleAntigen", "People tested for antigen"),
        _count("positiveTestsPeopleAntigen", "People with antigen"),
        _count("totalTestsAntigen", "Antigen tests"),
        _count("positiveTestsAntigen", "Positive antigen tests"),
        *_TESTING_INCREASES,
        _text("totalTestResultsSource", "Which figure total_test_results is"),
        _text("dataQualityGrade", "The source's grade of the state's reporting"),
        Column(
            "last_update",
            Type.TIMESTAMP,
            "When the state last updated (UTC; delivered in Eastern time)",
            ("lastUpdateEt",),
            formats=US_TIME + SPREADSHEET_TIME,
            time_zone="America/New_York",
        ),
        _time("dateModified", "When the record was changed (UTC)"),
        _text("checkTimeEt", "When the source looked, Eastern time without a year"),
        _time("dateChecked", "When the source looked (UTC)"),
        _text("hash", "The source's own record hash", name="record_hash"),
        _derived_count("commercialScore", comment="Deprecated by the source"),
        _derived_count("negativeRegularScore", comment="Deprecated by the source"),
        _derived_count("negativeScore", comment="Deprecated by the source"),
        _derived_count("positiveScore", comment="Deprecated by the source"),
        _derived_count("score", comment="Deprecated by the source"),
        _text("grade", "Deprecated by the source"),
        _text("granularity", "Always State"),
        _text("county", "Always N/A"),
        *PROVENANCE,
    ),
    key=("region_id", "report_date"),
    landing=Landing(
        csv=("rearc-covid-19-testing-data/csv/states_daily",),
        json=("rearc-covid-19-testing-data/json/states_daily",),
        null_tokens=_TESTING_NULLS,
        header=_names(
            "date state positive negative pending hospitalizedCurrently hospitalizedCumulative"
            " inIcuCurrently inIcuCumulative onVentilatorCurrently onVentilatorCumulative recovered"
            " dataQualityGrade lastUpdateEt dateModified checkTimeEt death hospitalized dateChecked"
            " totalTestsViral positiveTestsViral negativeTestsViral positiveCasesViral fips positiveIncrease"
            " negativeIncrease total totalTestResults totalTestResultsIncrease posNeg deathIncrease"
            " hospitalizedIncrease hash commercialScore negativeRegularScore negativeScore positiveScore"
            " score grade granularity county"
        ),
    ),
    newest_by=("date_modified",),
    rules=(
        *_date_rules("report_date"),
        *_not_negative("positive", "deaths"),
        FIPS_RULE,
        STATE_OF_CODE_RULE,
        _above("deaths", "positive"),
        _reject(
            "state_unknown", "province_state IS NULL", "state is no postal abbreviation of a US state or territory"
        ),
        _warn("negative_tests_negative", "negative < 0", "the count of negative tests is below zero"),
    ),
    drift=Drift(totals=("positive", "deaths"), day="report_date"),
)

TESTING_US_DAILY = Table(
    DATASET,
    Zone.TRUSTED,
    "testing_us_daily",
    "A day, the whole of the US.",
    (
        _TESTING_DATE,
        _count("states", "States and territories that reported"),
        *_TESTING_COUNTS,
        *_TESTING_INCREASES,
        _time("dateChecked", "When the source looked (UTC); hour 24 is the next day's midnight"),
        _time("lastModified", "When the record was changed (UTC)"),
        _text("hash", "The source's own record hash", name="record_hash"),
        *PROVENANCE,
    ),
    key=("report_date",),
    landing=Landing(
        csv=("rearc-covid-19-testing-data/csv/us_daily",),
        json=("rearc-covid-19-testing-data/json/us_daily",),
        null_tokens=_TESTING_NULLS,
        header=_names(
            "date states positive negative pending hospitalizedCurrently hospitalizedCumulative"
            " inIcuCurrently inIcuCumulative onVentilatorCurrently onVentilatorCumulative dateChecked death"
            " hospitalized totalTestResults lastModified recovered total posNeg deathIncrease"
            " hospitalizedIncrease negativeIncrease positiveIncrease totalTestResultsIncrease hash"
        ),
    ),
    newest_by=("last_modified",),
    rules=(*_date_rules("report_date"), *_not_negative("positive", "deaths")),
    drift=Drift(totals=("positive", "deaths"), day="report_date"),
)

TESTING_US_TOTAL_LATEST = Table(
    DATASET,
    Zone.TRUSTED,
    "testing_us_total_latest",
    "One row: the latest totals of the whole US.",
    (
        _time("lastModified", "When the totals were changed (UTC)"),
        *_TESTING_COUNTS,
        _text("hash", "The source's own record hash", name="record_hash"),
        _text("notes", "The source's remarks"),
        *PROVENANCE,
    ),
    key=(),
    landing=Landing(
        csv=("rearc-covid-19-testing-data/csv/us-total-latest",),
        json=("rearc-covid-19-testing-data/json/us-total-latest",),
        null_tokens=_TESTING_NULLS,
        header=_names(
            "positive negative pending hospitalizedCurrently hospitalizedCumulative inIcuCurrently"
            " inIcuCumulative onVentilatorCurrently onVentilatorCumulative recovered hash lastModified death"
            " hospitalized total totalTestResults posNeg notes"
        ),
    ),
    newest_by=("last_modified",),
    rules=_not_negative("positive", "deaths"),
)

_HOSPITAL_FACTS = (
    _text("HOSPITAL_NAME", "Name", required=True),
    _text("HOSPITAL_TYPE", "Type of hospital"),
    _text("HQ_ADDRESS", "Street address", name="address"),
    _text("HQ_ADDRESS1", "Second address line", name="address_line_2"),
    _text("HQ_CITY", "City", name="city"),
    _text("HQ_STATE", "Postal abbreviation of the state", name="state"),
    _text("HQ_ZIP_CODE", "ZIP code of 5 digits", name="zip_code", pad=5),
)
_HOSPITAL_MEASURES = (
    _count("NUM_LICENSED_BEDS", "Licensed beds", name="licensed_beds"),
    _count("NUM_STAFFED_BEDS", "Staffed beds", name="staffed_beds"),
    _count("NUM_ICU_BEDS", "Intensive-care beds", name="icu_beds"),
    _count("ADULT_ICU_BEDS", "Intensive-care beds for adults", name="adult_icu_beds"),
    _count("PEDI_ICU_BEDS", "Intensive-care beds for children", name="pediatric_icu_beds"),
    _rate("BED_UTILIZATION", comment="Share of the beds in use, 0 to 1", name="bed_utilization"),
    _rate("AVG_VENTILATOR_USAGE", comment="Ventilators in use on average", name="avg_ventilator_usage"),
    _derived_count(
        "Potential_Increase_In_Bed_Capac",
        "Potential_Increase_In_Bed_Capacity",
        comment="Licensed less staffed beds",
        name="potential_increase_in_bed_capacity",
    ),
)

HOSPITAL_BEDS = Table(
    DATASET,
    Zone.TRUSTED,
    "hospital_beds",
    "A US hospital.",
    (
        Column("hospital_id", Type.BIGINT, "OBJECTID of the source", ("OBJECTID",), required=True, nullable=False),
        *_HOSPITAL_FACTS,
        _text("COUNTY_NAME", "County", name="county"),
        _text("STATE_NAME", "State", name="province_state"),
        _text("STATE_FIPS", "FIPS code of the state, 2 digits", pad=2),
        _text("CNTY_FIPS", "FIPS code of the county within its state, 3 digits", name="county_fips", pad=3),
        _text("FIPS", "FIPS code of the county, 5 digits", pad=5),
        *_HOSPITAL_MEASURES,
        *_coordinates(("latitude",), ("longtitude", "longitude")),
        *PROVENANCE,
    ),
    key=("hospital_id",),
    identity=Identity("same_hospital", "hospital_name", "hospital_id"),
    landing=Landing(csv=("rearc-usa-hospital-beds/csv",), json=("rearc-usa-hospital-beds/json",)),
    rules=(
        *COORDINATE_RULES,
        FIPS_RULE,
        *_not_negative("licensed_beds", "staffed_beds", "icu_beds"),
        _warn("bed_utilization_over_one", "bed_utilization > 1", "more than every bed is in use"),
    ),
)

COUNTRY_CODE = Table(
    DATASET,
    Zone.TRUSTED,
    "country_code",
    "A country or territory by its ISO 3166-1 code.",
    (
        _text("Alpha-2 code", "ISO 3166-1 alpha-2 code; NA is Namibia", name="iso2", required=True),
        _text("Alpha-3 code", "ISO 3166-1 alpha-3 code", name="iso3"),
        _text("Numeric code", "ISO 3166-1 numeric code, 3 digits", name="numeric_code", pad=3),
        _text("Country", "Name as the file spells it", name="country", required=True),
        Column("country_region", Type.TEXT, "Canonical country name", nullable=False),
        *_coordinates(("Latitude",), ("Longitude",)),
        *PROVENANCE,
    ),
    key=("iso2",),
    identity=Identity("same_country", "country", "iso2"),
    landing=Landing(
        csv=("static-datasets/csv/countrycode",),
        json=("static-datasets/json/countrycode",),
        header=("Country", "Alpha-2 code", "Alpha-3 code", "Numeric code", "Latitude", "Longitude"),
    ),
    rules=COORDINATE_RULES,
)

COUNTY_POPULATION = Table(
    DATASET,
    Zone.TRUSTED,
    "county_population",
    "A US county.",
    (
        _text("Id", "Census geography identifier", name="geo_id"),
        _text("Id2", "FIPS code of the county, 5 digits", name="fips", required=True, pad=5),
        *PLACE,
        Column("county", Type.TEXT, "County", ("County",), required=True, nullable=False),
        Column("province_state", Type.TEXT, "State or territory", ("State",), required=True, nullable=False),
        _count("Population Estimate 2018", "People on 1 July 2018", name="population", required=True),
        *PROVENANCE,
    ),
    key=("fips",),
    identity=Identity("same_region", "region_by_name", "fips"),
    landing=Landing(csv=("static-datasets/csv/CountyPopulation",), json=("static-datasets/json/CountyPopulation",)),
    rules=(FIPS_RULE, STATE_OF_CODE_RULE, *_not_negative("population")),
)

STATE_ABV = Table(
    DATASET,
    Zone.TRUSTED,
    "state_abv",
    "A US state.",
    (
        Column("abbreviation", Type.TEXT, "Postal abbreviation", ("Abbreviation",), required=True, nullable=False),
        Column("province_state", Type.TEXT, "Name of the state", ("State",), required=True, nullable=False),
        *PLACE,
        *PROVENANCE,
    ),
    key=("abbreviation",),
    identity=Identity("same_region", "region_by_name", "abbreviation"),
    landing=Landing(
        csv=("static-datasets/csv/state-abv",),
        json=("static-datasets/json/state-abv",),
        header=("State", "Abbreviation"),
    ),
)

# --- the star ------------------------------------------------------------------------------------------------------

_REGION_KEY = Column("region_key", Type.BIGINT, "Region, key of dim_region", nullable=False)
_DATE_KEY = Column("date_key", Type.INT, "Day as yyyymmdd, key of dim_date", nullable=False)
_STAR_REFERENCES = (
    Reference("region_key", "curated.dim_region", "region_key"),
    Reference("date_key", "curated.dim_date", "date_key"),
)


def _measure(name: str, comment: str) -> Column:
    return Column(name, Type.BIGINT, comment)


# Dimensions are small and always joined; facts are joined by region, and asked for by day.
_ON_EVERY_NODE = WarehouseLayout(Distribution.ALL)
_BY_REGION = WarehouseLayout(Distribution.KEY, distribution_key="region_key")
_BY_REGION_AND_DAY = replace(_BY_REGION, sort_key=("date_key",))

DIM_DATE = Table(
    DATASET,
    Zone.CURATED,
    "dim_date",
    "A day, without gaps from the first to the last day of the facts.",
    (
        Column("date_key", Type.INT, "Day as yyyymmdd", nullable=False),
        Column("date", Type.DATE, "The day", nullable=False),
        Column("year", Type.INT, "Calendar year", nullable=False),
        Column("quarter", Type.INT, "Quarter, 1 to 4", nullable=False),
        Column("month", Type.INT, "Month, 1 to 12", nullable=False),
        Column("month_name", Type.TEXT, "English name of the month", nullable=False),
        Column("day", Type.INT, "Day of the month", nullable=False),
        Column("day_of_week", Type.INT, "ISO day of the week, Monday is 1", nullable=False),
        Column("day_name", Type.TEXT, "English name of the day", nullable=False),
        Column("iso_week", Type.INT, "ISO week, 1 to 53", nullable=False),
        Column("is_weekend", Type.BOOLEAN, "Saturday or Sunday", nullable=False),
    ),
    key=("date_key",),
    layout=_ON_EVERY_NODE,
)

DIM_REGION = Table(
    DATASET,
    Zone.CURATED,
    "dim_region",
    "A region over all sources, its state and its country among them; key 0 is the unknown region.",
    (
        Column("region_key", Type.BIGINT, "xxhash64 of region_id; 0 is unknown", nullable=False),
        Column("region_id", Type.TEXT, "Natural key, such as county:01001 or state:US/Alabama", nullable=False),
        Column(
            "level",
            Type.TEXT,
            "country, state, county, facility, ship, unassigned, out_of_state, recovered or unknown",
            nullable=False,
        ),
        Column("country_region", Type.TEXT, "Canonical country name"),
        Column("iso2", Type.TEXT, "ISO 3166-1 alpha-2 code of the country"),
        Column("iso3", Type.TEXT, "ISO 3166-1 alpha-3 code of the country"),
        Column("province_state", Type.TEXT, "Province or state"),
        Column("state_abbreviation", Type.TEXT, "Postal abbreviation of the US state"),
        Column("county", Type.TEXT, "County, or the place below a province"),
        Column("fips", Type.TEXT, "US FIPS code, 2 digits for a state and 5 for a county"),
        Column("latitude", Type.DOUBLE, "Degrees north"),
        Column("longitude", Type.DOUBLE, "Degrees east"),
        Column("population", Type.BIGINT, "People in 2018; a state's and the country's is the sum of its counties"),
        Column("state_region_key", Type.BIGINT, "Region of the state that this one lies in, itself for a state"),
        Column("country_region_key", Type.BIGINT, "Region of the country that this one lies in, itself for a country"),
    ),
    key=("region_key",),
    references=(
        Reference("state_region_key", "curated.dim_region", "region_key"),
        Reference("country_region_key", "curated.dim_region", "region_key"),
    ),
    layout=_ON_EVERY_NODE,
)

REGION_NAMES = Table(
    DATASET,
    Zone.CURATED,
    "region_names",
    "A way in which a source writes a region, in a month where the source is kept by month; what regions are made of.",
    (
        Column("source", Type.TEXT, "Trusted table that names the region", nullable=False),
        Column("reported_id", Type.TEXT, "region_id of the trusted rows", nullable=False),
        Column("name_hash", Type.BIGINT, "xxhash64 of level and names, as they are written", nullable=False),
        Column("level", Type.TEXT, "Level of the region", nullable=False),
        Column("country_region", Type.TEXT, "Canonical country name"),
        Column("province_state", Type.TEXT, "Province or state"),
        Column("county", Type.TEXT, "County, or the place below a province, as the source spells it"),
        Column("fips", Type.TEXT, "US FIPS code as the source has it"),
        Column("last_report_date", Type.DATE, "Last day on which it is written so"),
        Column("placed_date", Type.DATE, "Last such day with coordinates"),
        Column("latitude", Type.DOUBLE, "Degrees north on that day, to 10 decimals"),
        Column("longitude", Type.DOUBLE, "Degrees east on that day, to 10 decimals"),
        Column("part", Type.TEXT, "The source, and the month where it is kept by month", nullable=False),
    ),
    key=("part", "reported_id", "name_hash"),
    partitioning=Partitioning("part"),
    in_warehouse=False,
)

BRIDGE_REGION = Table(
    DATASET,
    Zone.CURATED,
    "bridge_region",
    "A region as one source names it: the way from a trusted row's region_id to dim_region.",
    (
        Column("source", Type.TEXT, "Trusted table that names the region", nullable=False),
        Column("reported_id", Type.TEXT, "region_id of the trusted rows", nullable=False),
        Column("region_key", Type.BIGINT, "The region over all sources, key of dim_region", nullable=False),
        Column("region_id", Type.TEXT, "Natural key of the region over all sources", nullable=False),
        Column("level", Type.TEXT, "Level of the region", nullable=False),
        Column("country_region", Type.TEXT, "Canonical country name"),
        Column("province_state", Type.TEXT, "Province or state"),
        Column("county", Type.TEXT, "County, or the place below a province, as the source spells it"),
        Column("fips", Type.TEXT, "US FIPS code as the source has it"),
        Column("latitude", Type.DOUBLE, "Degrees north, as last reported, to 10 decimals"),
        Column("longitude", Type.DOUBLE, "Degrees east, as last reported, to 10 decimals"),
    ),
    key=("source", "reported_id"),
    references=(Reference("region_key", "curated.dim_region", "region_key"),),
    layout=_BY_REGION,
)

DIM_HOSPITAL = Table(
    DATASET,
    Zone.CURATED,
    "dim_hospital",
    "A US hospital.",
    (
        Column("hospital_key", Type.BIGINT, "xxhash64 of the hospital's natural key", nullable=False),
        Column("hospital_id", Type.BIGINT, "OBJECTID of the source", nullable=False),
        Column("region_key", Type.BIGINT, "Region of the hospital's county, 0 where it has none", nullable=False),
        Column("hospital_name", Type.TEXT, "Name"),
        Column("hospital_type", Type.TEXT, "Type of hospital"),
        Column("address", Type.TEXT, "Street address"),
        Column("city", Type.TEXT, "City"),
        Column("state", Type.TEXT, "Postal abbreviation of the state"),
        Column("zip_code", Type.TEXT, "ZIP code of 5 digits"),
        Column("fips", Type.TEXT, "FIPS code of the county, 5 digits"),
        *(Column(c.name, c.type, c.comment) for c in _HOSPITAL_MEASURES),
        Column("latitude", Type.DOUBLE, "Degrees north"),
        Column("longitude", Type.DOUBLE, "Degrees east"),
    ),
    key=("hospital_key",),
    references=(Reference("region_key", "curated.dim_region", "region_key"),),
    layout=_ON_EVERY_NODE,
)

_MONTH = Column("month", Type.TEXT, "Month of the day as yyyy-MM", nullable=False)

FACT_CASES = Table(
    DATASET,
    Zone.CURATED,
    "fact_cases",
    "A region, a day and a source, at the lowest level that the source reports.",
    (
        _REGION_KEY,
        _DATE_KEY,
        Column("source", Type.TEXT, "enigma_jhu, jhu_daily_reports or nytimes", nullable=False),
        _measure("confirmed", "Cumulative cases as reported"),
        _measure("deaths", "Cumulative deaths as reported"),
        _measure("recovered", "Cumulative recoveries as reported"),
        _measure("active", "Active cases as reported"),
        _measure(
            "new_confirmed", "Cases since the region's last figure before; null on the first, negative on a correction"
        ),
        _measure(
            "new_deaths", "Deaths since the region's last figure before; null on the first, negative on a correction"
        ),
        Column("days_since_previous", Type.INT, "Days since the region's report before; null on the first"),
        _MONTH,
    ),
    key=("region_key", "date_key", "source"),
    references=_STAR_REFERENCES,
    partitioning=Partitioning("month", month_of="date_key"),
    rules=(
        _warn("confirmed_decreased", "new_confirmed < 0", "the cumulative count of cases went down"),
        _warn("deaths_decreased", "new_deaths < 0", "the cumulative count of deaths went down"),
    ),
    layout=_BY_REGION_AND_DAY,
)

_TESTING_FACTS = (
    "positive",
    "negative",
    "pending",
    "total_test_results",
    "hospitalized_currently",
    "hospitalized_cumulative",
    "hospitalized_discharged",
    "in_icu_currently",
    "in_icu_cumulative",
    "on_ventilator_currently",
    "on_ventilator_cumulative",
    "recovered",
    "deaths",
    "positive_increase",
    "negative_increase",
    "total_test_results_increase",
    "deaths_increase",
    "hospitalized_increase",
)

FACT_TESTING = Table(
    DATASET,
    Zone.CURATED,
    "fact_testing",
    "A US state or territory and a day.",
    (
        _REGION_KEY,
        _DATE_KEY,
        *(_measure(name, TESTING_STATES_DAILY.column(name).comment) for name in _TESTING_FACTS),
    ),
    key=("region_key", "date_key"),
    references=_STAR_REFERENCES,
    layout=_BY_REGION_AND_DAY,
)

FACT_COVID = Table(
    DATASET,
    Zone.CURATED,
    "fact_covid",
    "A US state or territory and a day, cases beside tests; what only one side reports keeps its row.",
    (
        _REGION_KEY,
        _DATE_KEY,
        Column("fips", Type.TEXT, "FIPS code of the state, 2 digits"),
        Column("province_state", Type.TEXT, "Name of the state", nullable=False),
        Column("country_region", Type.TEXT, "Canonical country name", nullable=False),
        Column(
            "source", Type.TEXT, "Feed of the cases: jhu_daily_reports or enigma_jhu; null where only tests are known"
        ),
        _measure("confirmed", "Cumulative cases, the state's regions summed"),
        _measure("deaths", "Cumulative deaths, the state's regions summed"),
        _measure("recovered", "Cumulative recoveries, the state's regions summed"),
        _measure("active", "Active cases, the state's regions summed"),
        *(
            _measure(name, TESTING_STATES_DAILY.column(name).comment)
            for name in ("positive", "negative", "hospitalized_currently", "hospitalized", "hospitalized_discharged")
        ),
        _MONTH,
    ),
    key=("region_key", "date_key"),
    references=_STAR_REFERENCES,
    partitioning=Partitioning("month", month_of="date_key"),
    layout=_BY_REGION_AND_DAY,
)

COVID19 = Dataset(
    DATASET,
    "The public COVID-19 data lake",
    (
        ENIGMA_JHU,
        JHU_DAILY_REPORTS,
        NYTIMES_US_COUNTY,
        NYTIMES_US_STATES,
        TESTING_STATES_DAILY,
        TESTING_US_DAILY,
        TESTING_US_TOTAL_LATEST,
        HOSPITAL_BEDS,
        COUNTRY_CODE,
        COUNTY_POPULATION,
        STATE_ABV,
        DIM_DATE,
        DIM_REGION,
        BRIDGE_REGION,
        REGION_NAMES,
        DIM_HOSPITAL,
        FACT_CASES,
        FACT_TESTING,
        FACT_COVID,
    ),
    public_buckets=("covid19-lake",),
)
