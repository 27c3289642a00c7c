"""Patterns of dates and times: MySQL's letters, and Joda's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from covid_lake.errors import QueryError


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a date or time."""

    duckdb: str
    """How DuckDB's strftime writes it."""
    postgres: str
    """How PostgreSQL's to_char writes it."""
    reads: str = ""
    """A pattern of the texts that DuckDB's strptime reads as Athena does; empty if it reads none so."""

    @property
    def is_number(self) -> bool:
        return "[0-9]" in self.reads

    @property
    def read_by_duckdb(self) -> str:
        return "%f" if self is MICROSECONDS else self.duckdb.replace("%-", "%")


ONE_OR_TWO = "[0-9]{1,2}"
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
SHORT_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
# The years of two digits whose century is the same in both.
SHORT_YEARS = "[0-57-9][0-9]|6[0-8]"
YEAR, MONTH, MONTH_NUMBER = (
    Part("%Y", "YYYY", "[0-9]{4}"),
    Part("%m", "MM", ONE_OR_TWO),
    Part("%-m", "FMMM", ONE_OR_TWO),
)
DAY, DAY_NUMBER, DAY_OF_YEAR = Part("%d", "DD", ONE_OR_TWO), Part("%-d", "FMDD", ONE_OR_TWO), Part("%j", "DDD")
DAY_OF_YEAR_NUMBER = Part("%-j", "FMDDD")
HOUR, HOUR_NUMBER = Part("%H", "HH24", ONE_OR_TWO), Part("%-H", "FMHH24", ONE_OR_TWO)
HOUR_OF_12, HOUR_OF_12_NUMBER = Part("%I", "HH12", ONE_OR_TWO), Part("%-I", "FMHH12", ONE_OR_TWO)
MINUTE, SECOND, HALF_OF_DAY = Part("%M", "MI", ONE_OR_TWO), Part("%S", "SS", ONE_OR_TWO), Part("%p", "AM", "[AaPp][Mm]")
WEEKDAY, WEEKDAY_NAME, WEEKDAY_NUMBER = Part("%a", "Dy"), Part("%A", "FMDay"), Part("%u", "ID")
MONTH_SHORT, MONTH_NAME = Part("%b", "Mon", f"(?i:{SHORT_MONTHS})"), Part("%B", "FMMonth", f"(?i:{MONTHS})")
SHORT_YEAR = Part("%y", "YY", SHORT_YEARS)
WEEK, YEAR_OF_WEEK = Part("%V", "IW"), Part("%G", "IYYY")
MILLISECONDS = Part("%g", "MS", "[0-9]{1,3}")
# Athena writes milliseconds and three noughts.
MICROSECONDS = Part("%g000", 'MS"000"', "[0-9]{1,3}")

# date_format and date_parse: MySQL's letters. Athena has no %D, %U, %u, %V, %w and %X, and takes any other for itself.
MYSQL: Final = {
    "Y": YEAR, "y": SHORT_YEAR, "m": MONTH, "c": MONTH_NUMBER, "d": DAY, "e": DAY_NUMBER, "j": DAY_OF_YEAR,
    "H": HOUR, "k": HOUR_NUMBER, "h": HOUR_OF_12, "I": HOUR_OF_12, "l": HOUR_OF_12_NUMBER, "i": MINUTE, "s": SECOND,
    "S": SECOND, "f": MICROSECONDS, "p": HALF_OF_DAY, "a": WEEKDAY, "W": WEEKDAY_NAME, "b": MONTH_SHORT,
    "M": MONTH_NAME, "v": WEEK, "x": YEAR_OF_WEEK,
}  # fmt: skip
MYSQL_SHORT: Final = {"T": "%H:%i:%s", "r": "%h:%i:%s %p"}
MYSQL_REFUSED: Final = "DUuVwX"
# format_datetime: Joda's letters, of which only these runs were compared.
JODA: Final = {
    "yyyy": YEAR, "YYYY": YEAR, "yy": SHORT_YEAR, "MM": MONTH, "M": MONTH_NUMBER, "MMM": MONTH_SHORT,
    "MMMM": MONTH_NAME, "dd": DAY, "d": DAY_NUMBER, "DDD": DAY_OF_YEAR, "HH": HOUR, "H": HOUR_NUMBER,
    "hh": HOUR_OF_12, "h": HOUR_OF_12_NUMBER, "mm": MINUTE, "ss": SECOND, "SSS": MILLISECONDS, "a": HALF_OF_DAY,
    "EEE": WEEKDAY, "EE": WEEKDAY, "E": WEEKDAY, "EEEE": WEEKDAY_NAME, "xxxx": YEAR_OF_WEEK, "ww": WEEK,
    "D": DAY_OF_YEAR_NUMBER, "e": WEEKDAY_NUMBER, "yyy": YEAR, "y": YEAR, "Y": YEAR,
    "m": Part("%-M", "FMMI", ONE_OR_TWO), "s": Part("%-S", "FMSS", ONE_OR_TWO),
}  # fmt: skip


def mysql_parts(pattern: str, function: str) -> list[Part | str]:
    """The pattern of date_format or date_parse: fields, and text between them."""
    parts: list[Part | str] = []
    for literal, letter in re.findall(r"([^%]+)|%(.?)", pattern, re.DOTALL):
        if literal:
            parts.append(literal)
        elif letter in MYSQL:
            parts.append(MYSQL[letter])
        elif letter in MYSQL_SHORT:
            parts += mysql_parts(MYSQL_SHORT[letter], function)
        elif letter and letter not in MYSQL_REFUSED:
            parts.append(letter)
        else:
            raise QueryError(f"{function}: %{letter} in {pattern!r} is not answered; there is %{', %'.join(MYSQL)}")
    if not parts:
        raise QueryError(f"{function}: the pattern must not be empty")
    return parts


def joda_parts(pattern: str, function: str) -> list[Part | str]:
    """The pattern of format_datetime: fields, and text between them, which stands in quotes where it has letters."""
    parts: list[Part | str] = []
    for quoted, letters, text in re.findall(r"'((?:[^']|'')*)'|([A-Za-z]+)|([^A-Za-z']+)", pattern):
        for run in (found[0] for found in re.finditer(r"(.)\1*", letters)):
            if run not in JODA:
                raise QueryError(f"{function}: {run} in {pattern!r} is not answered; there is {', '.join(JODA)}")
            parts.append(JODA[run])
        if not letters:
            parts.append(text or quoted.replace("''", "'") or "'")
    return parts


def strftime_pattern(parts: list[Part | str]) -> str:
    return "".join(part.replace("%", "%%") if isinstance(part, str) else part.duckdb for part in parts)


def to_char_pattern(parts: list[Part | str]) -> str:
    def quoted(text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    return "".join(quoted(part) if isinstance(part, str) else part.postgres for part in parts)


def strptime_pattern(parts: list[Part | str]) -> str:
    return "".join(part.replace("%", "%%") if isinstance(part, str) else part.read_by_duckdb for part in parts)


def read_alike(parts: list[Part | str], function: str) -> str:
    """A pattern of the texts that DuckDB reads as Athena does, by these fields."""
    fields = [part for part in parts if isinstance(part, Part)]
    unread = [part for part in fields if not part.reads]
    has_half = HALF_OF_DAY in fields
    if unread or has_half != any(part in (HOUR_OF_12, HOUR_OF_12_NUMBER) for part in fields):
        raise QueryError(f"{function}: the pattern has a field that is not read here as Athena reads it")
    if len({part.read_by_duckdb for part in fields}) < len(fields):
        raise QueryError(f"{function}: the pattern has a field twice, which is not answered here")
    pattern = ""
    for before, part, after in zip([None, *parts[:-1]], parts, [*parts[1:], None], strict=True):
        if isinstance(part, str):
            pattern += re.escape(part)
            continue
        beside = any(isinstance(other, Part) and other.is_number for other in (before, after))
        # Numbers without anything between them have all their digits.
        reads = re.sub(r"\{1,(\d)\}", r"{\1}", part.reads) if part.is_number and beside else part.reads
        pattern += f"(?:{reads})"
    return f"^{pattern}$"


def read_by_athena(parts: list[Part | str]) -> str:
    """A pattern of all texts that Athena may read by these fields."""
    written = (re.escape(part) if isinstance(part, str) else r"[+-]?[0-9\pL.]+" for part in parts)
    return f"(?i)^{''.join(written)}$"
