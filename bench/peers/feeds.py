"""The eleven landing tables as the peers know them: their fields, rules and keys, written down a second time.

Nothing is taken from the library's contracts, so that equal results say something about them too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import naming

BLANKS = " \t\r\n\u00a0\ufeff"
PROVENANCE = ("source_file", "source_row_hash", "run_id")
Kind = Literal["text", "count", "double", "date", "time"]
Place = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a feed's files. `pad` is the width of a code whose zeros got lost, `times` the spellings of a time:
    `iso`, and `us` for month/day/year; `zone` is where its clock hangs.
    """

    name: str
    spellings: tuple[str, ...]
    kind: Kind = "text"
    required: bool = False
    pad: int | None = None
    times: tuple[str, ...] = ()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Places:
    """Columns that follow from some fields alone: found once for each distinct combination of these, in plain Python.

    `name` gives the values of `columns`, then whether each of `faults` is there, which refuse a record.
    """

    fields: tuple[str, ...]
    columns: tuple[str, ...]
    faults: tuple[str, ...]
    name: Callable[..., tuple[str | bool | None, ...]]

    @property
    def values(self) -> tuple[str, ...]:
        return self.columns + self.faults

    def is_flag(self, value: str) -> bool:
        return value in self.faults or value == "country_is_known"

    def find(self, given: Iterable[Place], nulls: tuple[str, ...]) -> list[tuple[str | bool | None, ...]]:
        return [self.name(*(cleaned(text, nulls) for text in place)) for place in given]


@dataclass(frozen=True, slots=True)
class Feed:
    """A landing table. `day` says where the day of a record comes from, if not from a field of it: the file's name, or
    the `last_update` less 8 hours. `by_month` puts its trusted rows into a folder a month.
    """

    name: str
    patterns: tuple[str, ...]
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    newest_by: tuple[str, ...] = ()
    never_missing: tuple[str, ...] = ()
    not_negative: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ("",)
    places: Places | None = None
    day: Literal["file", "last_update"] | None = None
    by_month: bool = False

    def of_kind(self, *kinds: Kind) -> tuple[Field, ...]:
        """The fields of these kinds that stand in the result as they were read."""
        named = self.places.columns if self.places else ()
        return tuple(field for field in self.fields if field.kind in kinds and field.name not in named)

    @property
    def is_dated(self) -> bool:
        return "report_date" in self.columns

    @property
    def has_coordinates(self) -> bool:
        return "latitude" in self.columns

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the trusted table."""
        named = self.places.columns if self.places else ()
        return (
            *(("report_date",) if self.day else ()),
            *named,
            *(field.name for field in self.fields if field.name not in named),
            *PROVENANCE,
        )


def cleaned(text: str | None, nulls: tuple[str, ...]) -> str | None:
    stripped = text.strip(BLANKS) if text is not None else ""
    return None if stripped in nulls else stripped


def _snake(spelling: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", spelling).lower()


def _text(*spellings: str, name: str = "", required: bool = False, pad: int | None = None) -> Field:
    return Field(name or _snake(spellings[0]), spellings, required=required, pad=pad)


def _count(*spellings: str, name: str = "", required: bool = False) -> Field:
    return Field(name or _snake(spellings[0]), spellings, "count", required)


def _counts(*spellings: str) -> tuple[Field, ...]:
    return tuple(_count(spelling) for spelling in spellings)


def _double(*spellings: str, name: str = "") -> Field:
    return Field(name or _snake(spellings[0]), spellings, "double")


def _time(spelling: str) -> Field:
    return Field(_snake(spelling), (spelling,), "time", times=("iso",))


DATE = Field("report_date", ("date",), "date", required=True)
REGION = ("region_level", "region_id")
BY_REGION = ("region_id", "report_date")

CASES = ("confirmed", "deaths", "recovered", "active")
_REPORT_FIELDS = (
    _text("Country_Region", "Country/Region", required=True),
    _text("Province_State", "Province/State", required=True),
    _text("Admin2", name="county"),
    _text("FIPS"),
    Field("last_update", ("Last_Update", "Last Update"), "time", required=True, times=("iso", "us")),
    _double("Lat", "Latitude", name="latitude"),
    _double("Long_", "Longitude", name="longitude"),
    _count("Confirmed", required=True),
    _count("Deaths", required=True),
    _count("Recovered", required=True),
    _count("Active"),
    _text("Combined_Key"),
)
_REPORTED = Places(
    ("country_region", "province_state", "county", "fips"),
    ("country_region", "province_state", "county", "fips", "iso2", "iso3", "country_is_known", *REGION),
    ("fips_not_a_code",),
    naming.reported_place,
)

JHU_DAILY_REPORTS = Feed(
    "jhu_daily_reports",
    ("jhu-daily-reports/*.csv",),
    (
        *_REPORT_FIELDS,
        _double("Incident_Rate", "Incidence_Rate"),
        _double("Case_Fatality_Ratio", "Case-Fatality_Ratio", name="case_fatality_ratio"),
    ),
    BY_REGION,
    newest_by=("last_update", "confirmed", "deaths"),
    never_missing=("report_date", "country_region"),
    not_negative=("confirmed", "deaths"),
    places=_REPORTED,
    day="file",
    by_month=True,
)
ENIGMA_JHU = Feed(
    "enigma_jhu",
    ("enigma-jhu/csv/*.csv.gz", "enigma-jhu/csv/*.csv"),
    _REPORT_FIELDS,
    BY_REGION,
    newest_by=("last_update", "confirmed", "deaths"),
    never_missing=("report_date", "country_region"),
    not_negative=("confirmed", "deaths"),
    places=_REPORTED,
    day="last_update",
)

NYTIMES_US_COUNTY = Feed(
    "nytimes_us_county",
    ("enigma-nytimes-data-in-usa/csv/us_county/*.csv",),
    (
        DATE,
        _text("county", required=True),
        _text("state", name="province_state", required=True),
        _text("fips"),
        *(_count(name, required=True) for name in ("cases", "deaths")),
    ),
    BY_REGION,
    never_missing=("report_date", "county", "province_state"),
    not_negative=("cases", "deaths"),
    places=Places(
        ("province_state", "county", "fips"),
        ("province_state", "county", "fips", *REGION),
        ("fips_not_a_code",),
        naming.us_county,
    ),
)
NYTIMES_US_STATES = Feed(
    "nytimes_us_states",
    ("enigma-nytimes-data-in-usa/csv/us_states/*.csv",),
    (
        DATE,
        _text("state", name="province_state", required=True),
        _text("fips"),
        *(_count(name, required=True) for name in ("cases", "deaths")),
    ),
    BY_REGION,
    never_missing=("report_date", "province_state"),
    not_negative=("cases", "deaths"),
    places=Places(
        ("province_state", "fips"), ("province_state", "fips", *REGION), ("fips_not_a_code",), naming.us_state
    ),
)

_TESTS = (
    _count("positive", required=True),
    *_counts("negative", "pending", "hospitalizedCurrently", "hospitalizedCumulative", "inIcuCurrently"),
    *_counts("inIcuCumulative", "onVentilatorCurrently", "onVentilatorCumulative", "recovered"),
    _count("death", name="deaths", required=True),
    *_counts("hospitalized", "total", "totalTestResults", "posNeg"),
)
_INCREASES = (
    *_counts("positiveIncrease", "negativeIncrease", "totalTestResultsIncrease", "hospitalizedIncrease"),
    _count("deathIncrease", name="deaths_increase"),
)
_HASH = _text("hash", name="record_hash")
_TEST_NULLS = ("", "NA", "N/A")

TESTING_STATES_DAILY = Feed(
    "testing_states_daily",
    ("rearc-covid-19-testing-data/csv/states_daily/*.csv",),
    (
        DATE,
        _text("state", required=True),
        _text("fips"),
        *_TESTS,
        *_INCREASES,
        *_counts("hospitalizedDischarged", "probableCases"),
        _count("deathConfirmed", name="deaths_confirmed"),
        _count("deathProbable", name="deaths_probable"),
        *_counts("totalTestsViral", "positiveTestsViral", "negativeTestsViral", "positiveCasesViral"),
        *_counts("totalTestEncountersViral", "totalTestsPeopleViral", "totalTestsAntibody", "positiveTestsAntibody"),
        *_counts("negativeTestsAntibody", "totalTestsPeopleAntibody", "positiveTestsPeopleAntibody"),
        *_counts("negativeTestsPeopleAntibody", "totalTestsPeopleAntigen", "positiveTestsPeopleAntigen"),
        *_counts("totalTestsAntigen", "positiveTestsAntigen"),
        _text("totalTestResultsSource"),
        _text("dataQualityGrade"),
        Field("last_update", ("lastUpdateEt",), "time", times=("us",), zone="America/New_York"),
        _time("dateModified"),
        _text("checkTimeEt"),
        _time("dateChecked"),
        _HASH,
        *_counts("commercialScore", "negativeRegularScore", "negativeScore", "positiveScore", "score"),
        *(_text(name) for name in ("grade", "granularity", "county")),
    ),
    BY_REGION,
    newest_by=("date_modified",),
    never_missing=("report_date", "state"),
    not_negative=("positive", "deaths"),
    nulls=_TEST_NULLS,
    places=Places(
        ("state", "fips"),
        ("state", "province_state", "fips", *REGION),
        ("fips_not_a_code", "state_unknown"),
        naming.tested_state,
    ),
)
TESTING_US_DAILY = Feed(
    "testing_us_daily",
    ("rearc-covid-19-testing-data/csv/us_daily/*.csv",),
    (DATE, _count("states"), *_TESTS, *_INCREASES, _time("dateChecked"), _time("lastModified"), _HASH),
    ("report_date",),
    newest_by=("last_modified",),
    never_missing=("report_date",),
    not_negative=("positive", "deaths"),
    nulls=_TEST_NULLS,
)
TESTING_US_TOTAL_LATEST = Feed(
    "testing_us_total_latest",
    ("rearc-covid-19-testing-data/csv/us-total-latest/*.csv",),
    (_time("lastModified"), *_TESTS, _HASH, _text("notes")),
    (),
    newest_by=("last_modified",),
    not_negative=("positive", "deaths"),
    nulls=_TEST_NULLS,
)

HOSPITAL_BEDS = Feed(
    "hospital_beds",
    ("rearc-usa-hospital-beds/csv/*.csv",),
    (
        _count("OBJECTID", name="hospital_id", required=True),
        _text("HOSPITAL_NAME", required=True),
        _text("HOSPITAL_TYPE"),
        _text("HQ_ADDRESS", name="address"),
        _text("HQ_ADDRESS1", name="address_line_2"),
        _text("HQ_CITY", name="city"),
        _text("HQ_STATE", name="state"),
        _text("HQ_ZIP_CODE", name="zip_code", pad=5),
        _text("COUNTY_NAME", name="county"),
        _text("STATE_NAME", name="province_state"),
        _text("STATE_FIPS", pad=2),
        _text("CNTY_FIPS", name="county_fips", pad=3),
        _text("FIPS"),
        _count("NUM_LICENSED_BEDS", name="licensed_beds"),
        _count("NUM_STAFFED_BEDS", name="staffed_beds"),
        _count("NUM_ICU_BEDS", name="icu_beds"),
        _count("ADULT_ICU_BEDS"),
        _count("PEDI_ICU_BEDS", name="pediatric_icu_beds"),
        _double("BED_UTILIZATION"),
        _double("AVG_VENTILATOR_USAGE"),
        _count(
            "Potential_Increase_In_Bed_Capac",
            "Potential_Increase_In_Bed_Capacity",
            name="potential_increase_in_bed_capacity",
        ),
        _double("latitude"),
        _double("longtitude", "longitude", name="longitude"),
    ),
    ("hospital_id",),
    never_missing=("hospital_id",),
    not_negative=("licensed_beds", "staffed_beds", "icu_beds"),
    places=Places(("fips",), ("fips",), ("fips_not_a_code",), naming.county_code),
)
COUNTRY_CODE = Feed(
    "country_code",
    ("static-datasets/csv/countrycode/*.csv",),
    (
        _text("Alpha-2 code", name="iso2", required=True),
        _text("Alpha-3 code", name="iso3"),
        _text("Numeric code", name="numeric_code", pad=3),
        _text("Country", required=True),
        _double("Latitude"),
        _double("Longitude"),
    ),
    ("iso2",),
    never_missing=("iso2", "country_region"),
    places=Places(("iso2", "country"), ("iso2", "country", "country_region"), (), naming.country_of_code),
)
COUNTY_POPULATION = Feed(
    "county_population",
    ("static-datasets/csv/CountyPopulation/*.csv",),
    (
        _text("Id", name="geo_id"),
        _text("Id2", name="fips", required=True),
        _text("County", required=True),
        _text("State", name="province_state", required=True),
        _count("Population Estimate 2018", name="population", required=True),
    ),
    ("fips",),
    never_missing=("fips", "county", "province_state"),
    not_negative=("population",),
    places=NYTIMES_US_COUNTY.places,
)
STATE_ABV = Feed(
    "state_abv",
    ("static-datasets/csv/state-abv/*.csv",),
    (_text("Abbreviation", required=True), _text("State", name="province_state", required=True)),
    ("abbreviation",),
    never_missing=("abbreviation", "province_state"),
    places=Places(("province_state",), ("province_state", *REGION), (), naming.named_state),
)

FEEDS = (
    *(JHU_DAILY_REPORTS, ENIGMA_JHU, NYTIMES_US_COUNTY, NYTIMES_US_STATES),
    *(TESTING_STATES_DAILY, TESTING_US_DAILY, TESTING_US_TOTAL_LATEST),
    *(HOSPITAL_BEDS, COUNTRY_CODE, COUNTY_POPULATION, STATE_ABV),
)
