"""The tables of place names: whole in themselves, and complete for the real files."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from covid_lake.datasets.covid19.places import (
    CANADIAN_PROVINCES,
    COMPOSITE_COUNTIES,
    COUNTRIES,
    COUNTRY_ALIASES,
    NEW_YORK_CITY_COUNTIES,
    PROVINCE_ALIASES,
    US_STATES,
    spelling_key,
)

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
COUNTRY_CODES = DATA / "covid19-lake" / "static-datasets"

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real files of ../shared/data are not here")

COUNTRY_BY_NAME = {country.country_region: country for country in COUNTRIES}
ALIAS_BY_KEY = {spelling_key(alias.spelling): alias for alias in COUNTRY_ALIASES}
CANONICAL_BY_KEY = {spelling_key(name): name for name in COUNTRY_BY_NAME}
PROVINCE_BY_KEY = {(alias.country_region, spelling_key(alias.spelling)): alias for alias in PROVINCE_ALIASES}


def country_of(spelling: str) -> tuple[str | None, str]:
    """The canonical country of a spelling, and the province that it implies."""
    alias = ALIAS_BY_KEY.get(spelling_key(spelling))
    if alias:
        return alias.country_region, alias.province_state
    return CANONICAL_BY_KEY.get(spelling_key(spelling)), ""


def region_of(country: str, province: str) -> tuple[str | None, str]:
    name, implied = country_of(country)
    alias = PROVINCE_BY_KEY.get((name or "", spelling_key(province)))
    return name, (alias.province_state if alias else province.strip()) or implied


def repeated(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def places_of(text: str) -> Iterator[tuple[str, str]]:
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    names = [name.lower().replace("/", "_") for name in header]
    country, province = names.index("country_region"), names.index("province_state")
    for row in rows:
        yield row[country], row[province]


@pytest.fixture(scope="module")
def reported() -> set[tuple[str, str]]:
    """Every (country, province) of the real reports, as spelled there."""
    found: set[tuple[str, str]] = set()
    for file in sorted(DATA.glob("jhu/jhu-daily-reports/*.csv")):
        found.update(places_of(file.read_text(encoding="utf-8-sig")))
    for file in sorted(DATA.glob("covid19-lake/enigma-jhu/csv/*.gz")):
        found.update(places_of(gzip.decompress(file.read_bytes()).decode("utf-8-sig")))
    assert found
    return found


@pytest.fixture(scope="module")
def country_codes() -> list[dict[str, str]]:
    """The rows of the real country table, from its CSV and its JSON form."""
    rows: list[dict[str, str]] = []
    for file in sorted(COUNTRY_CODES.glob("csv/countrycode/*.csv")):
        rows += csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline=""))
    for file in sorted(COUNTRY_CODES.glob("json/countrycode/*")):
        rows += [json.loads(line) for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    assert rows
    return rows


def test_countries_are_those_of_iso_and_five_more() -> None:
    uncoded = {country.country_region for country in COUNTRIES if not country.iso2}
    assert uncoded == {"Diamond Princess", "MS Zaandam", "Summer Olympics 2020", "Winter Olympics 2022"}
    assert len(COUNTRIES) == 249 + 1 + len(uncoded)
    assert not repeated(spelling_key(country.country_region) for country in COUNTRIES)


def test_iso_codes_are_unique_and_well_formed() -> None:
    for length, codes in (
        (2, [country.iso2 for country in COUNTRIES if country.iso2]),
        (3, [country.iso3 for country in COUNTRIES if country.iso3]),
    ):
        assert not repeated(codes)
        assert all(len(code) == length and code.isascii() and code.isalpha() and code.isupper() for code in codes)
    assert all(bool(country.iso2) == bool(country.iso3) for country in COUNTRIES)


def test_namibia_is_no_missing_value() -> None:
    assert COUNTRY_BY_NAME["Namibia"].iso2 == "NA"


def test_no_country_alias_stands_twice_or_has_blanks() -> None:
    assert not repeated(spelling_key(alias.spelling) for alias in COUNTRY_ALIASES)
    for alias in COUNTRY_ALIASES:
        assert alias.spelling == alias.spelling.strip() != ""


def test_country_aliases_lead_to_canonical_names() -> None:
    assert [alias for alias in COUNTRY_ALIASES if alias.country_region not in COUNTRY_BY_NAME] == []


def test_a_canonical_name_is_an_alias_only_where_it_implies_a_province() -> None:
    both = [alias for alias in COUNTRY_ALIASES if spelling_key(alias.spelling) in CANONICAL_BY_KEY]
    assert both
    assert [alias for alias in both if not alias.province_state] == []


def test_no_country_alias_leads_to_another_alias() -> None:
    """A country that an alias names is not itself a province of another country."""
    chained = [alias for alias in COUNTRY_ALIASES if spelling_key(alias.country_region) in ALIAS_BY_KEY]
    assert chained == []


def test_provinces_that_a_country_alias_implies_are_canonical() -> None:
    for alias in COUNTRY_ALIASES:
        assert (alias.country_region, spelling_key(alias.province_state)) not in PROVINCE_BY_KEY, alias


def test_us_states() -> None:
    assert len(US_STATES) == 56
    for column in ("province_state", "abbreviation", "fips"):
        assert not repeated(getattr(state, column) for state in US_STATES)
    for state in US_STATES:
        assert len(state.abbreviation) == 2
        assert state.abbreviation.isupper()
        assert len(state.fips) == 2
        assert state.fips.isdigit()


def test_us_territories_are_spelled_alike_as_states_and_as_implied_provinces() -> None:
    states = {state.province_state for state in US_STATES}
    territories = {alias.province_state for alias in COUNTRY_ALIASES if alias.country_region == "US"} - {""}
    assert territories == {"American Samoa", "Guam", "Northern Mariana Islands", "Puerto Rico", "Virgin Islands"}
    assert territories <= states


def test_no_province_alias_stands_twice_maps_to_itself_or_to_another() -> None:
    assert len(PROVINCE_BY_KEY) == len(PROVINCE_ALIASES)
    for alias in PROVINCE_ALIASES:
        assert alias.spelling == alias.spelling.strip() != ""
        assert alias.country_region in COUNTRY_BY_NAME
        assert spelling_key(alias.province_state) != spelling_key(alias.spelling)
        assert (alias.country_region, spelling_key(alias.province_state)) not in PROVINCE_BY_KEY


def test_the_state_of_mexico_stays() -> None:
    assert region_of("Mexico", "Mexico") == ("Mexico", "Mexico")


@pytest.mark.parametrize(
    ("country", "province", "region"),
    [
        ("Mainland China", "Hubei", ("China", "Hubei")),
        (" Azerbaijan", "", ("Azerbaijan", "")),
        ("Hong Kong", "Hong Kong", ("China", "Hong Kong")),
        ("Macao SAR", "Macau", ("China", "Macau")),
        ("Taipei and environs", "Taiwan", ("Taiwan", "")),
        ("Others", "Diamond Princess cruise ship", ("Diamond Princess", "")),
        ("Cruise Ship", "Diamond Princess", ("Diamond Princess", "")),
        ("UK", "", ("United Kingdom", "")),
        ("United Kingdom", "UK", ("United Kingdom", "")),
        ("North Ireland", "", ("United Kingdom", "Northern Ireland")),
        ("Jersey", "", ("United Kingdom", "Jersey")),
        ("St. Martin", "", ("France", "St Martin")),
        ("France", "Saint Martin", ("France", "St Martin")),
        ("France", "Fench Guiana", ("France", "French Guiana")),
        ("Germany", "Bavaria", ("Germany", "Bayern")),
        ("Guam", "", ("US", "Guam")),
        ("US", "Virgin Islands, U.S.", ("US", "Virgin Islands")),
        ("US", "Washington, D.C.", ("US", "District of Columbia")),
        ("US", "Grand Princess Cruise Ship", ("US", "Grand Princess")),
        ("US", "US", ("US", "")),
        ("Georgia", "", ("Georgia", "")),
        ("Lebanon", "None", ("Lebanon", "")),
    ],
)
def test_one_place_has_one_name(country: str, province: str, region: tuple[str, str]) -> None:
    assert region_of(country, province) == region


def test_chicago_is_a_place_in_illinois() -> None:
    alias = PROVINCE_BY_KEY["US", "chicago"]
    assert (alias.province_state, alias.county) == ("Illinois", "Chicago")


def test_canadian_provinces() -> None:
    assert len(CANADIAN_PROVINCES) == 13
    assert not set(CANADIAN_PROVINCES) & {state.abbreviation for state in US_STATES}


def test_composite_counties_lie_in_their_state() -> None:
    fips = {state.province_state: state.fips for state in US_STATES}
    for (state, _county), counties in COMPOSITE_COUNTIES.items():
        assert all(len(county) == 5 and county.startswith(fips[state]) for county in counties)
    assert COMPOSITE_COUNTIES["New York", "New York City"] == NEW_YORK_CITY_COUNTIES


@pytest.mark.bigdata
@needs_data
def test_every_country_of_the_real_reports_resolves(reported: set[tuple[str, str]]) -> None:
    assert sorted({country for country, _ in reported if country_of(country)[0] is None}) == []


@pytest.mark.bigdata
@needs_data
def test_no_province_of_the_real_reports_repeats_its_country(reported: set[tuple[str, str]]) -> None:
    regions = {region_of(country, province) for country, province in reported}
    same = {region for region in regions if region[0] == region[1] or region[1] in ("None", "UK")}
    assert same == {("Mexico", "Mexico")}


@pytest.mark.bigdata
@needs_data
def test_implied_provinces_are_spelled_as_the_real_reports_do(reported: set[tuple[str, str]]) -> None:
    spelled = {region_of(country, province) for country, province in reported if province.strip()}
    later = {  # first listed, or split, after June 2020
        ("France", "Wallis and Futuna"),
        ("Netherlands", "Netherlands Antilles"),
        ("New Zealand", "Cook Islands"),
        ("New Zealand", "Niue"),
        ("United Kingdom", "Guernsey"),
        ("United Kingdom", "Jersey"),
        ("United Kingdom", "Pitcairn Islands"),
        ("United Kingdom", "Saint Helena, Ascension and Tristan da Cunha"),
    }
    implied = {(alias.country_region, alias.province_state) for alias in COUNTRY_ALIASES if alias.province_state}
    assert implied - spelled == later


@pytest.mark.bigdata
@needs_data
def test_every_country_of_the_real_country_table_resolves(country_codes: list[dict[str, str]]) -> None:
    assert sorted({row["Country"] for row in country_codes if country_of(row["Country"])[0] is None}) == []


@pytest.mark.bigdata
@needs_data
def test_iso_codes_agree_with_the_real_country_table(country_codes: list[dict[str, str]]) -> None:
    by_iso2 = {country.iso2: country for country in COUNTRIES if country.iso2}
    unknown = {row["Alpha-2 code"].strip() for row in country_codes} - set(by_iso2)
    assert unknown == {"AN"}  # the Netherlands Antilles, withdrawn in 2010
    for row in country_codes:
        iso2 = row["Alpha-2 code"].strip()
        if iso2 == "AN":
            continue
        country = by_iso2[iso2]
        assert row["Alpha-3 code"].strip() in ("", country.iso3), row
        name, province = country_of(row["Country"])
        assert country.country_region in (name, province), row
