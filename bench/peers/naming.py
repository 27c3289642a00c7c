"""What a row calls a place, made into a region, in plain Python over the distinct places: thousands, not rows.

The tables of names are the library's; the rules are written again here, so that equal results prove something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from covid_lake.datasets.covid19 import places as names
from landing import BLANKS

US = "US"
SHIP = re.compile("princess|zaandam|cruise ship")
SUFFIX = re.compile(" (County|Parish|Borough|Census Area|City and Borough|Municipality|Municipio)$")
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

NAMED = (
    *("country_region", "province_state", "county", "fips", "iso2", "iso3", "country_is_known"),
    *("region_level", "region_id", "fips_is_bad"),
)

Place = tuple[str | None, str | None, str | None, str | None]


def name_places(places: Iterable[Sequence[str | None]]) -> list[tuple[object, ...]]:
    """For each (country, province, county, FIPS code) as a file has them, the values of `NAMED`."""
    return [_name(*(_clean(value) for value in place)) for place in places]


def resolve(regions: Iterable[tuple[str, str, str, str | None, str | None]]) -> list[str]:
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
STATES = _states()
PROVINCES = {
    (alias.country_region, names.spelling_key(alias.spelling)): (alias.province_state or None, alias.county or None)
    for alias in names.PROVINCE_ALIASES
}


def _clean(text: str | None) -> str | None:
    return (text.strip(BLANKS) or None) if text is not None else None


def _name(country: str | None, province: str | None, county: str | None, fips: str | None) -> tuple[object, ...]:
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
    level = _level(country, province, county)
    composite = f"{province}/{county}" in COMPOSITES
    if level == "county" and fips and COUNTY_FIPS.fullmatch(fips) and not fips.startswith("000") and not composite:
        region_id = f"county:{fips}"
    else:
        parts_of_name = (country, province, county if level != "unassigned" else None)
        region_id = f"{level}:" + "/".join(part for part in parts_of_name if part is not None)
    bad = fips is not None and not FIPS.fullmatch(fips)
    return country, province, county, fips, iso2, iso3, known is not None, level, region_id, bad


def _us_fips(fips: str | None) -> str | None:
    if fips is None:
        return None
    code = fips.split(".")[0] if fips.endswith(".0") else fips
    code = code.rjust(5, "0")
    return code[3:5] if code.startswith("000") else code


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
