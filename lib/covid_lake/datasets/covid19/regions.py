"""What a record calls a place, made into one region: canonical names, a level, and a natural key.

Sources: the Johns Hopkins README on the daily reports (fields, pseudo-FIPS 80xxx, 88888, 90xxx, 99999), the New York
Times README on its geographic exceptions (New York City, Kansas City, Unknown).
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from covid_lake.datasets.covid19.places import (
    CANADIAN_PROVINCES,
    COMPOSITE_COUNTIES,
    COUNTRIES,
    COUNTRY_ALIASES,
    PROVINCE_ALIASES,
    US_STATES,
    spelling_key,
)
from covid_lake.transforms.frames import inline_table

US = "US"
# The patterns below end in \z, and their dots stand for every sign: about line ends within a text engines differ.
SHIP_NAMES = "princess|zaandam|cruise ship"
# What stands for "no place" where a place is expected: rows that only make a sum add up.
UNASSIGNED_NAMES = (
    "^(unassigned|unknown|unallocated|unspecified|undefined|undetermined|others?|pending|balance|adjustments?|"
    "corrections?|not (assigned|allocated|specified|known|available|determined))"
    r"( (location|county|place|area|cases))?\z"
)
UNASSIGNED_PLACES = ("port quarantine", "wuhan evacuee", "repatriated travellers", "repatriated canadians")
ACCENTED, PLAIN = "áàâãäåéèêëíìîïóòôõöøúùûüñç", "aaaaaaeeeeiiiioooooouuuunc"
SIGNS = " .,'’`´&*/()-"
COUNTY_SUFFIX = r"( (County|Parish|Borough|Census Area|City and Borough|Municipality|Municipio))+\z"
PLACE_AND_STATE = r"(?s)^(.+?), *([^,(]+?) *(?:\((From .+)\))?\z"


def name_reported_places(reports: DataFrame) -> DataFrame:
    """Give Johns Hopkins records their canonical country and codes, province, county, level and `region_id`.

    One row in, one row out: every lookup is a left join to a table that has each spelling once.
    """
    named = _split_place_and_state(_canonical_provinces(_canonical_countries(reports)))
    place = named.withColumn("county", _without_suffix(F.col("county"))).withColumn("fips", _us_fips())
    return with_region_id(place.withColumn("region_level", _level()))


def name_us_places(records: DataFrame) -> DataFrame:
    """Level and `region_id` for US records that name their state, and perhaps their county and its FIPS code."""
    places = records.withColumn("country_region", F.lit(US))
    for name in ("county", "fips"):
        if name not in records.columns:
            places = places.withColumn(name, F.lit(None).cast("string"))
    named = places.withColumn("county", _without_suffix(F.col("county")))
    return with_region_id(named.withColumn("region_level", _level()))


def with_region_id(places: DataFrame) -> DataFrame:
    """The natural key: a county by its FIPS code, everything else by its level and names.

    Besides, for the pipeline and not stored: `region_by_name`, the key that the names alone make; `same_region`, which
    is equal in all spellings of one region's names; `has_code_of_other_state`, true where the FIPS code belongs to
    another state than the one that is named. There the names decide.
    """
    county = F.when(F.col("region_level") != "unassigned", F.col("county"))
    names, keyed_names = (
        F.concat_ws("/", "country_region", "province_state", name) for name in (F.col("county"), county)
    )
    contradicts = _code_contradicts_state()
    code = F.when(_is_county_of_fips() & ~contradicts, F.concat(F.lit("county:"), F.col("fips")))
    added = {
        "region_id": F.coalesce(code, _at_level(keyed_names)),
        "region_by_name": _at_level(names),
        "same_region": F.concat_ws("/", "country_region", folded("province_state"), folded("county")),
        "has_code_of_other_state": contradicts,
    }
    return _with_state_code(places).withColumns(added).drop("_state_code")


def folded(name: str) -> Column:
    """The name without case, accents, blanks, signs and suffix: `La Salle`, `LaSalle` and `LaSalle Parish` are one."""
    plain = F.translate(F.lower(_without_suffix(F.col(name))), ACCENTED + SIGNS, PLAIN)
    is_saint = plain.startswith("saint")
    return F.when(is_saint, F.concat(F.lit("st"), F.substring(plain, len("saint") + 1, 1_000))).otherwise(plain)


def state_names(records: DataFrame, abbreviation: str) -> DataFrame:
    """`province_state` by postal abbreviation; null for an unknown abbreviation."""
    rows = [(state.abbreviation, state.province_state) for state in US_STATES]
    states = inline_table(records.sparkSession, ("_abbreviation", "province_state"), rows)
    joined = records.join(F.broadcast(states), F.upper(abbreviation) == F.col("_abbreviation"), "left")
    return joined.drop("_abbreviation")


def canonical_country_codes(records: DataFrame) -> DataFrame:
    """`country_region` by ISO alpha-2 code; the file's own name where no table knows the code.

    `same_country`, which is not stored, is the canonical name that the file's spelling stands for.
    """
    rows = [(country.iso2, country.country_region) for country in COUNTRIES if country.iso2]
    names = inline_table(records.sparkSession, ("_iso2", "_name"), rows)
    joined = records.join(F.broadcast(names), F.col("iso2") == F.col("_iso2"), "left")
    named = joined.withColumn("country_region", F.coalesce("_name", "country")).drop("_iso2", "_name")
    keys = {spelling_key(country.country_region): country.country_region for country in COUNTRIES}
    keys |= {spelling_key(alias.spelling): alias.province_state or alias.country_region for alias in COUNTRY_ALIASES}
    spelled = _lookup(named, ("_spelling", "_meant"), list(keys.items()), F.lower("country") == F.col("_spelling"))
    return spelled.withColumn("same_country", F.coalesce("_meant", folded("country"))).drop("_spelling", "_meant")


def _canonical_countries(reports: DataFrame) -> DataFrame:
    codes = {country.country_region: (country.iso2, country.iso3) for country in COUNTRIES}
    spellings = {spelling_key(name): (name, *codes[name], "") for name in codes}
    for alias in COUNTRY_ALIASES:
        spellings[spelling_key(alias.spelling)] = (
            alias.country_region,
            *codes[alias.country_region],
            alias.province_state,
        )
    rows = [(key, *values) for key, values in spellings.items()]
    names = ("_spelling", "_country", "iso2", "iso3", "_implied_province")
    joined = _lookup(reports, names, rows, F.lower("country_region") == F.col("_spelling"))
    return (
        joined.withColumn("country_is_known", F.col("_country").isNotNull())
        .withColumn("country_region", F.coalesce("_country", "country_region"))
        .withColumn("province_state", F.coalesce("province_state", "_implied_province"))
        .drop("_spelling", "_country", "_implied_province")
    )


def _canonical_provinces(reports: DataFrame) -> DataFrame:
    rows = [
        (alias.country_region, spelling_key(alias.spelling), alias.province_state, alias.county)
        for alias in PROVINCE_ALIASES
    ]
    names = ("_country", "_spelling", "_province", "_county")
    matched = (F.col("country_region") == F.col("_country")) & (F.lower("province_state") == F.col("_spelling"))
    joined = _lookup(reports, names, rows, matched)
    is_alias = F.col("_spelling").isNotNull()
    return (
        joined.withColumn("province_state", F.when(is_alias, F.col("_province")).otherwise(F.col("province_state")))
        .withColumn("county", F.coalesce("county", "_county"))
        .drop(*names)
    )


def _split_place_and_state(reports: DataFrame) -> DataFrame:
    """`San Benito, CA` becomes county San Benito in California; `(From Diamond Princess)` stays with the place."""
    rows = [(US, state.abbreviation.lower(), state.province_state) for state in US_STATES]
    for abbreviation, name in CANADIAN_PROVINCES.items():
        rows += [("Canada", abbreviation.lower(), name), ("Canada", name.lower(), name)]
    joins_two = F.col("county").isNull() & F.col("province_state").contains(",")

    def part(group: int) -> Column:
        return F.when(joins_two, F.regexp_extract("province_state", PLACE_AND_STATE, group))

    split = reports.withColumn("_suffix", F.lower(part(2)))
    names = ("_country", "_abbreviation", "_state")
    matched = (F.col("country_region") == F.col("_country")) & (F.col("_suffix") == F.col("_abbreviation"))
    joined = _lookup(split, names, rows, matched)
    origin = F.when(part(3) != "", F.concat(F.lit(" ("), part(3), F.lit(")"))).otherwise(F.lit(""))
    return (
        joined.withColumn(
            "county", F.when(F.col("_state").isNotNull(), F.concat(part(1), origin)).otherwise(F.col("county"))
        )
        .withColumn("province_state", F.coalesce("_state", "province_state"))
        .drop(*names, "_suffix")
    )


def _level() -> Column:
    province, county = F.lower("province_state"), F.lower("county")
    in_us = F.col("country_region") == US
    is_ship = F.lower("country_region").rlike(SHIP_NAMES) | province.rlike(SHIP_NAMES) | county.rlike(SHIP_NAMES)
    is_unassigned = (
        county.rlike(UNASSIGNED_NAMES) | province.rlike(UNASSIGNED_NAMES) | province.isin(*UNASSIGNED_PLACES)
    )
    return (
        F.when(is_ship, "ship")
        .when(province == "recovered", "recovered")
        .when(is_unassigned, "unassigned")
        .when(in_us & county.rlike("^out[ -]of[ -]"), "out_of_state")
        .when(in_us & county.contains("correction"), "facility")
        .when(county.isNotNull(), "county")
        .when(province.isNotNull(), "state")
        .otherwise("country")
    )


def _us_fips() -> Column:
    """The code as reported, at 2 digits for a state; null outside the US, where the feed has codes of another kind."""
    code = F.when(F.col("fips").startswith("000"), F.substring("fips", 4, 2)).otherwise(F.col("fips"))
    return F.when(F.col("country_region") == US, code)


def _is_county_of_fips() -> Column:
    """A US county with a code of its own: no pseudo-code, and no city of several counties under the code of one."""
    composites = [f"{state}/{county}" for state, county in COMPOSITE_COUNTIES]
    is_composite = F.concat_ws("/", "province_state", "county").isin(*composites)
    fips = F.col("fips")
    is_code = fips.rlike(r"^[0-7][0-9]{4}\z") & ~fips.startswith("000")
    return (F.col("region_level") == "county") & is_code & ~is_composite


def _at_level(names: Column) -> Column:
    return F.concat(F.col("region_level"), F.lit(":"), names)


def _with_state_code(places: DataFrame) -> DataFrame:
    """Add `_state_code`, the first two digits of the US state's FIPS codes; null for an unknown state."""
    rows = [(US, state.province_state, state.fips) for state in US_STATES]
    names = ("_country", "_state", "_state_code")
    matched = (F.col("country_region") == F.col("_country")) & (F.col("province_state") == F.col("_state"))
    return _lookup(places, names, rows, matched).drop("_country", "_state")


def _code_contradicts_state() -> Column:
    is_code = F.col("fips").rlike(r"^[0-7][0-9]([0-9]{3})?\z")
    return F.coalesce(is_code & (F.substring("fips", 1, 2) != F.col("_state_code")), F.lit(False))


def _without_suffix(county: Column) -> Column:
    return F.when(county.contains(" "), F.regexp_replace(county, COUNTY_SUFFIX, "")).otherwise(county)


def _lookup(frame: DataFrame, names: Sequence[str], rows: Sequence[Sequence[str]], on: Column) -> DataFrame:
    return frame.join(F.broadcast(inline_table(frame.sparkSession, names, rows)), on, "left")
