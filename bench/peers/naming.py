"""What a row calls a place, made into a region, in plain Python over the distinct places: thousands, not rows.

The tables of names are the library's; the rules are written again here, so that equal results prove something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from covid_lake.datasets.covid19 import places as names

US = "US"
SHIP = re.compile("princess|zaandam|cruise ship")
SUFFIX = re.compile("( (County|Parish|Borough|Census Area|City and Borough|Municipality|Municipio))+$")
PLACE_AND_STATE = re.compile(r"^(.+?), *([^,(]+?) *(?:\((From .+)\))?$")
OUT_OF_STATE = re.compile("^out[ -]of[ -]")
FIPS = re.compile("([0-9]{2}|[0-9]{5})")
COUNTY_FIPS = re.compile("[0-7][0-9]{4}")
UNASSIGNED_COUNTIES = {"unassigned", "unknown", "unassigned location", "unknown location"}
UNASSIGNED_PROVINCES = UNASSIGNED_COUNTIES | {
    *("port quarantine", "wuhan evacuee", "repatriated travellers", "repatriated canadians")
}
COMPOSITES = {f"{state}/{county}" for state, county in names.COMPOSITE_COUNTIES}
ACCENTS = str.maketrans("áéíóúñü", "aeiounu")


def resolve(regions: Iterable[tuple[str, str, str | None, str | None, str | None]]) -> list[str]:
    """The region over all names, of (region_id, level, country, province, county): a US county that is only named
    becomes the one with a FIPS code whose state and folded name it shares, where there is just one such.
    """
    known = list(regions)
    codes: dict[tuple[str, str], set[str]] = {}
    for region_id, level, country, province, county in known:
        if level == "county" and country == US and province and county and re.fullmatch("county:[0-9]{5}", region_id):
            codes.setdefault((province, _folded(county)), set()).add(region_id)
    resolved = []
    for region_id, level, country, province, county in known:
        is_named_county = level == "county" and country == US and not re.fullmatch("county:[0-9]{5}", region_id)
        if is_named_county and province and county and f"{province}/{county}" not in COMPOSITES:
            found = codes.get((province, _folded(county)), set())
            resolved.append(next(iter(found)) if len(found) == 1 else region_id)
        else:
            resolved.append(region_id)
    return resolved


def _countries() -> dict[str, tuple[str, str | None, str | None, str | None]]:
    codes = {country.country_region: (country.iso2 or None, country.iso3 or None) for country in names.COUNTRIES}
    found = {names.spelling_key(name): (name, *code, None) for name, code in codes.items()}
    for alias in names.COUNTRY_ALIASES:
        country = alias.country_region
        found[names.spelling_key(alias.spelling)] = (country, *codes[country], alias.province_state or None)
    return found


def _states() -> dict[tuple[str, str], str]:
    found = {(US, state.abbreviation.lower()): state.province_state for state in names.US_STATES}
    for abbreviation, name in names.CANADIAN_PROVINCES.items():
        found["Canada", abbreviation.lower()] = found["Canada", name.lower()] = name
    return found


COUNTRIES = _countries()
COUNTRIES_BY_CODE = {country.iso2: country.country_region for country in names.COUNTRIES if country.iso2}
STATES = _states()
ABBREVIATIONS = {state.abbreviation: state.province_state for state in names.US_STATES}
PROVINCES = {
    (alias.country_region, names.spelling_key(alias.spelling)): (alias.province_state or None, alias.county or None)
    for alias in names.PROVINCE_ALIASES
}


def reported_place(
    country: str | None, province: str | None, county: str | None, fips: str | None
) -> tuple[str | bool | None, ...]:
    """A place of the Johns Hopkins feeds: its canonical names and codes, its region, and whether its code is none."""
    known = COUNTRIES.get((country or "").lower())
    iso2 = iso3 = None
    if known:
        country, iso2, iso3, implied = known
        province = province or implied
    if province and (country, province.lower()) in PROVINCES:
        province, implied_county = PROVINCES[country or "", province.lower()]
        county = county or implied_county
    if county is None and province and "," in province:
        parts = PLACE_AND_STATE.search(province)
        state = STATES.get((country or "", parts[2].lower())) if parts else None
        if parts and state:
            county, province = parts[1] + (f" ({parts[3]})" if parts[3] else ""), state
    county = SUFFIX.sub("", county) if county else county
    fips = _us_fips(fips) if country == US else None
    region = _region(country, province, county, fips)
    return country, province, county, fips, iso2, iso3, known is not None, *region, _is_no_code(fips)


def us_county(state: str | None, county: str | None, fips: str | None) -> tuple[str | bool | None, ...]:
    county, fips = SUFFIX.sub("", county) if county else county, padded(fips, 5)
    return state, county, fips, *_region(US, state, county, fips), _is_no_code(fips)


def us_state(state: str | None, fips: str | None) -> tuple[str | bool | None, ...]:
    fips = padded(fips, 2)
    return state, fips, *_region(US, state, None, fips), _is_no_code(fips)


def named_state(state: str | None) -> tuple[str | bool | None, ...]:
    return state, *_region(US, state, None, None)


def tested_state(abbreviation: str | None, fips: str | None) -> tuple[str | bool | None, ...]:
    """A state by its postal abbreviation; the last value says that it is none."""
    state, fips = ABBREVIATIONS.get((abbreviation or "").upper()), padded(fips, 2)
    return abbreviation, state, fips, *_region(US, state, None, fips), _is_no_code(fips), state is None


def county_code(fips: str | None) -> tuple[str | bool | None, ...]:
    fips = padded(fips, 5)
    return fips, _is_no_code(fips)


def country_of_code(iso2: str | None, country: str | None) -> tuple[str | bool | None, ...]:
    """A country under its canonical name; under the file's own where no table knows the code."""
    return iso2, country, COUNTRIES_BY_CODE.get(iso2 or "", country)


def padded(code: str | None, width: int) -> str | None:
    if code is None:
        return None
    return (code.split(".")[0] if code.endswith(".0") else code).rjust(width, "0")


def is_county_of_fips(province: str | None, county: str | None, fips: str | None) -> bool:
    """A code of one county: no pseudo-code, and no city of several counties under the code of one."""
    is_code = fips is not None and COUNTY_FIPS.fullmatch(fips) is not None and not fips.startswith("000")
    return is_code and f"{province}/{county}" not in COMPOSITES


def _region(country: str | None, province: str | None, county: str | None, fips: str | None) -> tuple[str, str]:
    level = _level(country, province, county)
    if level == "county" and is_county_of_fips(province, county, fips):
        return level, f"county:{fips}"
    parts = (country, province, county if level != "unassigned" else None)
    return level, f"{level}:" + "/".join(part for part in parts if part is not None)


def _is_no_code(fips: str | None) -> bool:
    return fips is not None and not FIPS.fullmatch(fips)


def _us_fips(fips: str | None) -> str | None:
    code = padded(fips, 5)
    return code[3:5] if code and code.startswith("000") else code


def _level(country: str | None, province: str | None, county: str | None) -> str:
    low_country, low_province, low_county = ((name or "").lower() for name in (country, province, county))
    if any(SHIP.search(name) for name in (low_country, low_province, low_county)):
        return "ship"
    if low_province == "recovered":
        return "recovered"
    if low_county in UNASSIGNED_COUNTIES or low_province in UNASSIGNED_PROVINCES:
        return "unassigned"
    if country == US and OUT_OF_STATE.search(low_county):
        return "out_of_state"
    if country == US and "correction" in low_county:
        return "facility"
    return "county" if county else "state" if province else "country"


def _folded(county: str) -> str:
    plain = SUFFIX.sub("", county).lower().translate(ACCENTS)
    return re.sub("[^a-z0-9]", "", re.sub("^saint ", "st ", plain))
