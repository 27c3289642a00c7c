"""Made-up landing records for any dataset: few keys, so that records meet, and strange values among ordinary ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import pyarrow as pa
from spellings import ODD, texts_for

from covid_lake.contracts import EPOCH_MS, Column, Table, Type
from covid_lake.datasets.covid19.places import (
    CANADIAN_PROVINCES,
    COMPOSITE_COUNTIES,
    COUNTRIES,
    COUNTRY_ALIASES,
    PROVINCE_ALIASES,
    US_STATES,
)

WORDS = (
    "Saint Mary", "St. Mary", "Ste Marie", "La Salle", "LaSalle Parish", "Ålborg", "ÇİLÎ", "İstanbul", "ΣΊΣΥΦΟΣ",
    "straße", "Out of TX", "Unassigned", "unknown county", "Grand Princess", "Recovered", "Federal Correctional",
    "Travis, TX (From Diamond Princess)", "Montreal, QC", "Chicago, IL", "line\nend, TX", "end\u2028", "tab\tin",
    "quote's \"and\" \\", "emoji 😀", "\u202eشرق", "ﬁ ligature", "x" * 300, "a%b_c", "0", "null", ",", "/",
)  # fmt: skip
STATES = [state.province_state for state in US_STATES[:8]]
COUNTRY_NAMES = [country.country_region for country in COUNTRIES[:20]]
EMAILS = [*(f"person{i}@example.com" for i in range(6)), "Person1@example.com", "PERSON2@EXAMPLE.COM", "Å@example.com"]
POOLS: dict[str, list[str]] = {
    "country_region": ["US"] * 12 + COUNTRY_NAMES + [one.spelling for one in COUNTRY_ALIASES],
    "country": COUNTRY_NAMES + [one.spelling for one in COUNTRY_ALIASES[:20]],
    "iso2": [one.iso2 for one in COUNTRIES[:30] if one.iso2] + ["XX", "NA"],
    "province_state": [
        *STATES * 6,
        *(one.spelling for one in PROVINCE_ALIASES),
        *(f"Somewhere, {one}" for one in CANADIAN_PROVINCES),
    ],
    "county": [county for _, county in COMPOSITE_COUNTIES] + ["Autauga", "Autauga County", "Unknown"] * 4,
    "fips": ["1001", "01001", "1001.0", "53033", "88888", "00066", "36061", "48", "6", "ABCDE", "480001", "12\u2028"],
    "state": [state.abbreviation for state in US_STATES[:8]] + ["tx", "XX"],
    "hospital_id": [str(i) for i in range(60)],
    "email": EMAILS,
    "user": EMAILS,
    "serial_number": [f"serial-{i}" for i in range(300)] + ["SERIAL-1"],
}
FILES = ("03-01-2020.csv", "03-02-2020.csv", "a/b é.csv")
FIRST_DAY, DAYS = date(2020, 2, 20), 25


def landing_records(table: Table, count: int, rnd: random.Random) -> pa.Table:
    """So many records of the table's landing files as texts, beside what a reader adds to them."""
    readings = {column.name: _reading(column, rnd) for column in table.source_columns}
    columns: dict[str, pa.Array] = {
        name: pa.array([read() for _ in range(count)], pa.string()) for name, read in readings.items()
    }
    columns["source_file"] = pa.array(rnd.choices(FILES, k=count))
    columns["_surplus"] = pa.array([rnd.choice([*[None] * 50, "more"]) for _ in range(count)], pa.string())
    daily = table.landing.daily if table.landing else None
    if daily and table.partitioning:
        days = [FIRST_DAY + timedelta(days=rnd.randrange(DAYS)) for _ in range(count)]
        columns[daily.column] = pa.array(days)
        columns[table.partitioning.column] = pa.array([table.partitioning.value_of(day) for day in days])
    return pa.table(columns)


def _reading(column: Column, rnd: random.Random) -> Callable[[], str | None]:
    odd = [*ODD, *WORDS]
    ordinary = POOLS.get(column.name) or _of_type(column, rnd)
    rare = [None] if column.name in POOLS else [None, *texts_for(column, 100, rnd)]

    def read() -> str | None:
        share = rnd.random()
        if share < 0.04:
            return rnd.choice(rare)
        if share < 0.06:
            return rnd.choice(odd)
        return rnd.choice(ordinary)

    return read


def _of_type(column: Column, rnd: random.Random) -> list[str]:
    match column.type:
        case Type.INT | Type.BIGINT:
            return [*(str(rnd.randrange(1000)) for _ in range(50)), "12.0", "1e3", "-5", "0", str(10**15), "2147483647"]
        case Type.DOUBLE | Type.DECIMAL:
            degrees = [f"{rnd.uniform(-90, 90):.{rnd.randrange(16)}f}" for _ in range(50)]
            return [*degrees, "0", "0.0", "-0.0", "49.8175", "49.817499999999995", "1e-11", "89.99999999995", "-1e-12"]
        case Type.BOOLEAN:
            return ["true", "False", "Y", "n"]
        case Type.DATE | Type.TIMESTAMP:
            return [_moment(rnd.choice(column.formats), rnd) for _ in range(60)]
        case _:
            return [*WORDS, "a", "b", "A"]


def _moment(format_: str, rnd: random.Random) -> str:
    if format_ == EPOCH_MS:
        return str(rnd.choice([0, 1655564376361, 1655564376361 + rnd.randrange(20) * 1000]))
    day = FIRST_DAY + timedelta(days=rnd.randrange(DAYS))
    if format_.startswith("M/"):
        text = f"{day.month}/{day.day}/{f'{day:%Y}' if 'yyyy' in format_ else f'{day:%y}'}"
        clock = {"H:mm": "7:05", "H:mm:ss": "17:05:09", "h:mm a": "7:05 PM", "h:mm:ss a": "12:05:09 am"}
        return " ".join([text, *(clock[part] for part in [format_.partition(" ")[2]] if part)])
    if format_ == "yyyyMMdd":
        return f"{day:%Y%m%d}"
    text = f"{day}" if "HH" not in format_ else f"{day}{'T' if 'T' in format_ else ' '}{rnd.randrange(24):02}:30:00"
    return text.removeprefix("2") if format_ == "yyy-MM-dd" else text
