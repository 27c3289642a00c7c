"""The daily reports that the benchmarks read: the real files, or made-up ones, once or several times over.

For `×n` the days are repeated, n times as many of them: the next copy begins where the last one ended, with its files'
names and the `last_update` of its rows moved by as many days. That is how the feed itself grew (its 1,143 files hold
about 4 million rows), the places stay the places that they are, every generation of header is there in its share, and
no row of a copy meets a row of another. More places instead would need new FIPS codes and names, of which the world
has no ten times as many.
"""

from __future__ import annotations

import os
import re
import shutil
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

FEED = "jhu-daily-reports"
SAMPLE_DAYS = 161
SAMPLE_SCALE = 15.0
NAME = "%m-%d-%Y"
ISO_DAY = re.compile(rb"\b(\d{4}-\d\d-\d\d)(?=[T ]\d\d:\d\d:\d\d)")
US_DAY = re.compile(rb"\b(\d{1,2}/\d{1,2}/(?:\d{4}|\d\d))(?= \d{1,2}:\d\d)")


def landing_zone(work: Path, source: Path | None, scale: int) -> Path:
    """A folder with the daily reports `scale` times over, made where it is not there yet; a sample without a source."""
    folder = work / "data" / f"{_kind(source)}-x{scale}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _repeat_reports((source or _sample(work)) / FEED, folder / FEED, scale)
        (folder / "complete").touch()
    return folder


def whole_landing_zone(work: Path, reports: Path | None, others: Path, scale: int) -> Path:
    """A folder with the files of every table: the daily reports `scale` times over, all others as they are."""
    folder = work / "data" / f"{_kind(reports)}-whole-x{scale}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(others if reports else _sample(work), folder, ignore=shutil.ignore_patterns(FEED))
        shutil.copytree(landing_zone(work, reports, scale) / FEED, folder / FEED, copy_function=os.link)
        (folder / "complete").touch()
    return folder


def _kind(source: Path | None) -> str:
    return "real" if source else "sample"


def _repeat_reports(reports: Path, target: Path, scale: int) -> None:
    target.mkdir(parents=True)
    files = sorted(reports.glob("*.csv"), key=lambda file: datetime.strptime(file.stem, NAME))
    days = (_day(files[-1]) - _day(files[0])).days + 1
    if _day(files[0]) + timedelta(days=scale * days) > date.today():
        raise SystemExit(f"x{scale} would reach into the future, and reports of the future are refused")
    for copy in range(scale):
        shift = timedelta(days=copy * days)
        for file in files:
            content = file.read_bytes()
            name = f"{_day(file) + shift:{NAME}}.csv"
            (target / name).write_bytes(moved(content, shift.days) if copy else content)


def moved(content: bytes, days: int) -> bytes:
    """The report with every time in it moved by whole days, each in the spelling that it has."""

    def shifted(match: re.Match[bytes]) -> bytes:
        return _moved_day(match[1], days)

    return US_DAY.sub(shifted, ISO_DAY.sub(shifted, content))


@cache
def _moved_day(day: bytes, days: int) -> bytes:
    text = day.decode()
    if "-" in text:
        return str(date.fromisoformat(text) + timedelta(days)).encode()
    month, day_of_month, year = text.split("/")
    new = date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day_of_month)) + timedelta(days)
    return f"{new.month}/{new.day}/{str(new.year)[-len(year) :]}".encode()


def _day(file: Path) -> date:
    return datetime.strptime(file.stem, NAME).date()


def _sample(work: Path) -> Path:
    from covid_lake_samples.covid19 import generate_sample

    folder = work / "data" / "sample"
    if not (folder / FEED).exists():
        generate_sample(folder, days=SAMPLE_DAYS, scale=SAMPLE_SCALE)
    return folder
