"""What the peers know of the landing files: each checked whole, with its checksum, its header and its records."""

from __future__ import annotations

import csv
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

FEED = "jhu-daily-reports"
THREADS = 2

SPELLINGS = {
    "country_region": ("Country_Region", "Country/Region"),
    "province_state": ("Province_State", "Province/State"),
    "county": ("Admin2",),
    "fips": ("FIPS",),
    "last_update": ("Last_Update", "Last Update"),
    "latitude": ("Lat", "Latitude"),
    "longitude": ("Long_", "Longitude"),
    "confirmed": ("Confirmed",),
    "deaths": ("Deaths",),
    "recovered": ("Recovered",),
    "active": ("Active",),
    "combined_key": ("Combined_Key",),
    "incident_rate": ("Incident_Rate", "Incidence_Rate"),
    "case_fatality_ratio": ("Case_Fatality_Ratio", "Case-Fatality_Ratio"),
}
REQUIRED = ("country_region", "province_state", "last_update", "confirmed", "deaths", "recovered")
PLACE = ("country_region", "province_state", "county", "fips")
COUNTS = ("confirmed", "deaths", "recovered", "active")
DOUBLES = ("latitude", "longitude", "incident_rate", "case_fatality_ratio")
TRUSTED = (
    *("report_date", "region_id", "region_level", "country_region", "country_is_known", "iso2", "iso3"),
    *("province_state", "county", "fips", "last_update", "latitude", "longitude", *COUNTS, "combined_key"),
    *("incident_rate", "case_fatality_ratio", "source_file", "source_row_hash", "run_id"),
)
BLANKS = " \t\r\n\u00a0\ufeff"
SURPLUS = "_surplus"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A daily report that was found whole; `columns` are its fields' names in the table, in the header's order."""

    path: Path
    source_file: str
    sha256: str
    columns: tuple[str, ...]
    records: int


def check_files(landing: Path) -> list[ReportFile]:
    """Every daily report below the landing folder, checked; raises `ValueError` for one that is not whole."""
    paths = sorted((landing / FEED).glob("*.csv"))
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(_check, paths))


def generations(files: list[ReportFile]) -> dict[tuple[str, ...], list[ReportFile]]:
    """The files by what their fields mean."""
    found: dict[tuple[str, ...], list[ReportFile]] = {}
    for file in files:
        found.setdefault(file.columns, []).append(file)
    return found


def _check(path: Path) -> ReportFile:
    content = path.read_bytes()
    if b"\0" in content:
        raise ValueError(f"{path}: a NUL byte")
    text = content if content.isascii() else content.decode("utf-8-sig").encode()
    header = tuple(next(csv.reader([text[: text.index(b"\n")].decode()])))
    columns = tuple(_column(name.strip()) for name in header)
    missing = set(REQUIRED) - set(columns)
    if missing:
        raise ValueError(f"{path}: no column {', '.join(sorted(missing))}")
    outside = text.split(b'"')[::2]
    lines = sum(piece.count(b"\n") for piece in outside)
    if lines != text.count(b"\n") or text.count(b'"') % 2:
        raise ValueError(f"{path}: a line end inside quotes; this feed has none")
    last = text[text.rfind(b"\n") + 1 :]
    if last.strip() and len(next(csv.reader([last.decode()]))) < len(header):
        raise ValueError(f"{path}: cut short in its last line")
    blank = text.count(b"\n\n") + text.count(b"\n\r\n")
    records = lines - blank + bool(last.strip()) - 1
    return ReportFile(path, f"{FEED}/{path.name}", hashlib.sha256(content).hexdigest(), columns, records)


def _column(name: str) -> str:
    for column, spellings in SPELLINGS.items():
        if any(name.casefold() == spelling.casefold() for spelling in spellings):
            return column
    return f"unknown_{name}"
