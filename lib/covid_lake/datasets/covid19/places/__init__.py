"""The names of places: what each feed calls a country, state or county, and the one name that the lake gives it.

Four small tables ship beside this module. Spellings match on `spelling_key`: case and surrounding blanks don't count.

A country alias with a province says that the feed once listed as a country what it later lists as a province of another
(`Hong Kong`, `Guam`, `Faroe Islands`): in the reports it names that province where the row names none of its own, and
it comes before the canonical country of the same name. The ISO country table keeps such a place as a country of its
own: it is mapped by `iso2`.

A province alias with an empty `province_state` means the whole country. Aliases come before the splitting of
`Place, ST`, which would take `Virgin Islands, U.S.` and `Washington, D.C.` apart. (Mexico, Mexico) is the State of
Mexico and no alias.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Country:
    """A country or territory of ISO 3166-1, Kosovo, or what Johns Hopkins lists as a country, without codes."""

    country_region: str
    iso2: str
    iso3: str


@dataclass(frozen=True, slots=True)
class CountryAlias:
    """Another spelling of a country; with `province_state`, of a province of that country."""

    spelling: str
    country_region: str
    province_state: str


@dataclass(frozen=True, slots=True)
class State:
    """A US state, the District of Columbia or a territory, with its postal abbreviation and two-digit FIPS code."""

    province_state: str
    abbreviation: str
    fips: str


@dataclass(frozen=True, slots=True)
class ProvinceAlias:
    """Another spelling of a province; an empty `province_state` is the whole country."""

    country_region: str
    spelling: str
    province_state: str
    county: str


def spelling_key(spelling: str) -> str:
    """The key by which spellings are compared: SQL's `lower(trim(spelling))`."""
    return spelling.strip().lower()


def _rows(file: str, *header: str) -> list[list[str]]:
    text = resources.files(__name__).joinpath(file).read_text(encoding="utf-8")
    found, *rows = csv.reader(text.splitlines(), strict=True)
    if tuple(found) != header or any(len(row) != len(header) for row in rows):
        raise ValueError(f"{file}: expected the columns {', '.join(header)} in every row")
    return rows


COUNTRIES: tuple[Country, ...] = tuple(
    Country(*row) for row in _rows("countries.csv", "country_region", "iso2", "iso3")
)

COUNTRY_ALIASES: tuple[CountryAlias, ...] = tuple(
    CountryAlias(*row) for row in _rows("country_aliases.csv", "spelling", "country_region", "province_state")
)

US_STATES: tuple[State, ...] = tuple(
    State(*row) for row in _rows("us_states.csv", "province_state", "abbreviation", "fips")
)

PROVINCE_ALIASES: tuple[ProvinceAlias, ...] = tuple(
    ProvinceAlias(*row)
    for row in _rows("province_aliases.csv", "country_region", "spelling", "province_state", "county")
)

CANADIAN_PROVINCES: dict[str, str] = {
    "AB": "Alberta",
    "BC": "British Columbia",
    "MB": "Manitoba",
    "NB": "New Brunswick",
    "NL": "Newfoundland and Labrador",
    "NS": "Nova Scotia",
    "NT": "Northwest Territories",
    "NU": "Nunavut",
    "ON": "Ontario",
    "PE": "Prince Edward Island",
    "QC": "Quebec",
    "SK": "Saskatchewan",
    "YT": "Yukon",
}

# Bronx, Kings, New York, Queens, Richmond: the feeds report them as one city.
NEW_YORK_CITY_COUNTIES: tuple[str, ...] = ("36005", "36047", "36061", "36081", "36085")

# (state, county as reported) to the FIPS codes of the counties that it stands for.
COMPOSITE_COUNTIES: dict[tuple[str, str], tuple[str, ...]] = {
    ("New York", "New York City"): NEW_YORK_CITY_COUNTIES,
    ("Massachusetts", "Dukes and Nantucket"): ("25007", "25019"),
}
