"""The hospitals and the tables that don't change: countries, states, county populations."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from covid_lake_samples.covid19.sample_places import (
    COUNTRIES,
    POPULATION_ONLY,
    PROVINCE_COUNTRIES,
    SECOND_COUNTRY_NAMES,
    STATES,
)
from covid_lake_samples.covid19.world import World
from covid_lake_samples.files import SampleFiles, quote
from covid_lake_samples.manifest import Tally

HOSPITALS_PATH = "rearc-usa-hospital-beds/csv/usa-hospital-beds.csv"
HOSPITALS_JSON_PATH = "rearc-usa-hospital-beds/json/usa-hospital-beds.json"
COUNTRY_PATH = "static-datasets/csv/countrycode/CountryCodeQS.csv"
COUNTRY_JSON_PATH = "static-datasets/json/countrycode/part-00000-sample-c000.json"
POPULATION_PATH = "static-datasets/csv/CountyPopulation/County_Population.csv"
STATE_PATH = "static-datasets/csv/state-abv/states_abv.csv"
STATE_JSON_PATH = "static-datasets/json/state-abv/part-00000-sample-c000.json"

HOSPITALS_HEADER = (
    "OBJECTID,HOSPITAL_NAME,HOSPITAL_TYPE,HQ_ADDRESS,HQ_ADDRESS1,HQ_CITY,HQ_STATE,HQ_ZIP_CODE,COUNTY_NAME,STATE_NAME,"
    "STATE_FIPS,CNTY_FIPS,FIPS,NUM_LICENSED_BEDS,NUM_STAFFED_BEDS,NUM_ICU_BEDS,ADULT_ICU_BEDS,PEDI_ICU_BEDS,"
    "BED_UTILIZATION,AVG_VENTILATOR_USAGE,Potential_Increase_In_Bed_Capac,latitude,longtitude"
)
COUNTRY_HEADER = "Country,Alpha-2 code,Alpha-3 code,Numeric code,Latitude,Longitude"
POPULATION_HEADER = "Id,Id2,County,State,Population Estimate 2018"
STATE_HEADER = "State,Abbreviation"

HOSPITALS_AT_SCALE_ONE = 300

_HOSPITAL_TYPES = (
    *("Short Term Acute Care Hospital", "Short Term Acute Care Hospital", "Short Term Acute Care Hospital"),
    *("Critical Access Hospital", "Psychiatric Hospital", "Rehabilitation Hospital", "VA Hospital"),
    *("Long Term Acute Care Hospital", "Childrens Hospital"),
)
_HOSPITAL_NAMES = ("Mercy", "St Luke's", "Valley", "Memorial", "Sacred Heart", "University", "Lakeside", "Providence")
_STREETS = ("Main St", "Oak Ave", "Hospital Dr", "N 5th St", "W Clinton Ave", "Medical Center Blvd")

# The first ZIP code of the states whose codes begin with a zero, which the file has lost.
_ZIP_FROM = {"25": 1001, "44": 2801, "33": 3031, "23": 3901, "50": 5001, "09": 6001, "34": 7001, "72": 601}


@dataclass(frozen=True, slots=True)
class _Broken:
    """A record to be rejected: what stands in which column."""

    column: str
    value: object
    rule: str


_BROKEN = {
    17: _Broken("latitude", 911.0, "latitude_out_of_range"),
    58: _Broken("NUM_LICENSED_BEDS", -40, "licensed_beds_negative"),
    91: _Broken("NUM_STAFFED_BEDS", "about 60", "staffed_beds_unreadable"),
}


def write_hospitals(world: World, files: SampleFiles, tally: Tally, scale: float, rng: random.Random) -> None:
    """Write the hospitals, most of them where most people live; CRLF, and a JSON form with numbers and nulls."""
    counties = [place.county for place in world.counties if place.county.fips]
    weights = [county.population for county in counties]
    count = max(100, round(HOSPITALS_AT_SCALE_ONE * scale))
    names = HOSPITALS_HEADER.split(",")
    rows = [HOSPITALS_HEADER]
    json_rows = []
    for number, county in enumerate(rng.choices(counties, weights, k=count), start=1):
        state = county.state
        city = county.name.removesuffix(" City")
        licensed = int(rng.lognormvariate(4.6, 0.8)) + 10
        staffed = int(licensed * rng.uniform(0.7, 1.0))
        icu = int(staffed * rng.uniform(0, 0.15))
        children = rng.randrange(0, 9) if number % 4 == 0 else None
        zip_from = _ZIP_FROM.get(state.fips)
        zip_code = zip_from + number % 90 if zip_from else 10_000 + int(state.fips) * 1500 + number % 900
        # A few hospitals are not yet placed in a county.
        is_placed = number % 70 != 0
        record: dict[str, object] = dict.fromkeys(names)
        record |= {
            "OBJECTID": number,
            "HOSPITAL_NAME": f"{rng.choice(_HOSPITAL_NAMES)} Hospital of {city}{', The' if number % 25 == 0 else ''}",
            "HOSPITAL_TYPE": rng.choice(_HOSPITAL_TYPES),
            "HQ_ADDRESS": f"{rng.randrange(1, 9900)} {rng.choice(_STREETS)}",
            "HQ_ADDRESS1": f"Suite {number}, Floor 2" if number % 20 == 0 else None,
            "HQ_CITY": city,
            "HQ_STATE": state.abbreviation,
            "HQ_ZIP_CODE": str(zip_code),
            "STATE_NAME": state.name,
            "NUM_LICENSED_BEDS": licensed,
            "NUM_STAFFED_BEDS": staffed,
            "NUM_ICU_BEDS": icu,
            "ADULT_ICU_BEDS": icu,
            "PEDI_ICU_BEDS": children,
            "BED_UTILIZATION": round(rng.uniform(0.2, 0.95), 8) if number % 9 else None,
            "AVG_VENTILATOR_USAGE": icu // 4,
            "Potential_Increase_In_Bed_Capac": licensed - staffed,
            "latitude": round(county.latitude + rng.uniform(-0.1, 0.1), 8),
            "longtitude": round(county.longitude + rng.uniform(-0.1, 0.1), 8),
        }
        if is_placed:
            record |= {"COUNTY_NAME": city, "STATE_FIPS": state.fips}
            record |= {"CNTY_FIPS": county.fips[2:], "FIPS": county.fips}
        if number in _BROKEN:
            broken = _BROKEN[number]
            record[broken.column] = broken.value
            tally.reject(broken.rule)
        texts = ["" if value is None else str(value) for value in record.values()]
        tally.planted["short_zip_codes"] += len(str(zip_code)) < 5
        tally.planted["hospitals_without_county"] += not is_placed
        tally.planted["rows_with_quoted_comma"] += any("," in text for text in texts)
        rows.append(",".join(map(quote, texts)))
        json_rows.append(json.dumps(record))
    files.write_bytes(HOSPITALS_PATH, ("\r\n".join(rows) + "\r\n").encode(), count, tally)
    tally.planted["files_with_crlf"] += 1
    files.write(HOSPITALS_JSON_PATH, json_rows, tally, is_twin=True, header_lines=0)


def write_countries(files: SampleFiles, tally: Tally) -> None:
    """Write the country table: a byte order mark, CRLF, no last line end, two codes twice, and Namibia's `NA`."""
    names = COUNTRY_HEADER.split(",")
    records = []
    for country in (*COUNTRIES, *PROVINCE_COUNTRIES):
        codes = (country.iso2, country.iso3, country.numeric, f"{country.latitude:g}", f"{country.longitude:g}")
        records.append((country.listed_as, *codes))
        if country.listed_as in SECOND_COUNTRY_NAMES:
            records.append((SECOND_COUNTRY_NAMES[country.listed_as], *codes))
            tally.supersede("codes_listed_twice")
        tally.planted["na_codes"] += country.iso2 == "NA"
        tally.planted["short_numeric_codes"] += len(country.numeric) < 3
    records.sort()
    rows = [COUNTRY_HEADER, *(",".join(map(quote, record)) for record in records)]
    files.write_bytes(COUNTRY_PATH, "\r\n".join(rows).encode("utf-8-sig"), len(records), tally)
    for oddity in ("files_with_bom", "files_with_crlf", "files_without_final_newline"):
        tally.planted[oddity] += 1
    json_rows = [
        json.dumps(dict(zip(names, record, strict=True)), separators=(",", ":"), ensure_ascii=False)
        for record in records
    ]
    files.write(COUNTRY_JSON_PATH, json_rows, tally, is_twin=True, header_lines=0)


def write_populations(world: World, files: SampleFiles, tally: Tally) -> None:
    """Write the people of each county; `Id2` is its FIPS code less a leading zero."""
    people = [
        # The file knows the five boroughs one by one, Manhattan under the code that the reports use for all.
        (county.fips, "New York", county.state.name, 1_628_000)
        if county.name == "New York City"
        else (county.fips, county.name, county.state.name, county.population)
        for county in (place.county for place in world.counties)
        if county.fips
    ]
    people = sorted([*people, *POPULATION_ONLY])
    rows = [POPULATION_HEADER]
    for fips, name, state, population in people:
        rows.append(f"0500000US{fips},{int(fips)},{quote(name)},{state},{population}")
        tally.planted["short_fips"] += fips.startswith("0")
    files.write_bytes(POPULATION_PATH, ("\r\n".join(rows) + "\r\n").encode(), len(people), tally)
    tally.planted["files_with_crlf"] += 1


def write_states(files: SampleFiles, tally: Tally) -> None:
    """Write the 50 states and the District of Columbia; the table knows no territory."""
    states = [state for state in STATES if not state.is_territory]
    files.write(STATE_PATH, [STATE_HEADER, *(f"{state.name},{state.abbreviation}" for state in states)], tally)
    json_rows = [
        json.dumps({"State": state.name, "Abbreviation": state.abbreviation}, separators=(",", ":")) for state in states
    ]
    files.write(STATE_JSON_PATH, json_rows, tally, is_twin=True, header_lines=0)
