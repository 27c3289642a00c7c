"""Patterns in literals, which engines read differently: of dates and times, regular expressions, and format()."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena.values import DUCKDB


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a date or time as DuckDB's strftime and PostgreSQL's to_char write it.

    `is_read` says whether strptime reads it as Athena does.
    """

    duckdb: str
    postgres: str
    is_read: bool = True


YEAR, MONTH, MONTH_NUMBER = Part("%Y", "YYYY"), Part("%m", "MM"), Part("%-m", "FMMM", is_read=False)
DAY, DAY_NUMBER, DAY_OF_YEAR = Part("%d", "DD"), Part("%-d", "FMDD", is_read=False), Part("%j", "DDD", is_read=False)
HOUR, HOUR_NUMBER = Part("%H", "HH24"), Part("%-H", "FMHH24", is_read=False)
HOUR_OF_12, HOUR_OF_12_NUMBER = Part("%I", "HH12", is_read=False), Part("%-I", "FMHH12", is_read=False)
MINUTE, SECOND, HALF_OF_DAY = Part("%M", "MI"), Part("%S", "SS"), Part("%p", "AM", is_read=False)
WEEKDAY, WEEKDAY_NAME = Part("%a", "Dy", is_read=False), Part("%A", "FMDay", is_read=False)
MONTH_SHORT, MONTH_NAME = Part("%b", "Mon", is_read=False), Part("%B", "FMMonth", is_read=False)
SHORT_YEAR = Part("%y", "YY", is_read=False)
WEEK, YEAR_OF_WEEK = Part("%V", "IW", is_read=False), Part("%G", "IYYY", is_read=False)
MILLISECONDS, MICROSECONDS = Part("%g", "MS", is_read=False), Part("%f", "US", is_read=False)

# date_format and date_parse: MySQL's letters. Athena has no %D, %U, %u, %V, %w and %X, and takes any other for itself.
MYSQL: Final = {
    "Y": YEAR, "y": SHORT_YEAR, "m": MONTH, "c": MONTH_NUMBER, "d": DAY, "e": DAY_NUMBER, "j": DAY_OF_YEAR,
    "H": HOUR, "k": HOUR_NUMBER, "h": HOUR_OF_12, "I": HOUR_OF_12, "l": HOUR_OF_12_NUMBER, "i": MINUTE, "s": SECOND,
    "S": SECOND, "f": MICROSECONDS, "p": HALF_OF_DAY, "a": WEEKDAY, "W": WEEKDAY_NAME, "b": MONTH_SHORT,
    "M": MONTH_NAME, "v": WEEK, "x": YEAR_OF_WEEK,
}  # fmt: skip
MYSQL_SHORT: Final = {"T": "%H:%i:%s", "r": "%h:%i:%s %p"}
# format_datetime: Joda's letters, of which only these runs were compared.
JODA: Final = {
    "yyyy": YEAR, "YYYY": YEAR, "yy": SHORT_YEAR, "MM": MONTH, "M": MONTH_NUMBER, "MMM": MONTH_SHORT,
    "MMMM": MONTH_NAME, "dd": DAY, "d": DAY_NUMBER, "DDD": DAY_OF_YEAR, "HH": HOUR, "H": HOUR_NUMBER,
    "hh": HOUR_OF_12, "h": HOUR_OF_12_NUMBER, "mm": MINUTE, "ss": SECOND, "SSS": MILLISECONDS, "a": HALF_OF_DAY,
    "EEE": WEEKDAY, "E": WEEKDAY, "EEEE": WEEKDAY_NAME, "xxxx": YEAR_OF_WEEK, "ww": WEEK,
}  # fmt: skip


def mysql_parts(pattern: str, function: str) -> list[Part | str]:
    """The pattern of date_format or date_parse: fields, and text between them."""
    for short, long in MYSQL_SHORT.items():
        pattern = pattern.replace(f"%{short}", long)
    parts: list[Part | str] = []
    for literal, letter in re.findall(r"([^%]+)|%(.)", pattern, re.DOTALL):
        if literal:
            parts.append(literal)
        elif letter in MYSQL:
            parts.append(MYSQL[letter])
        elif letter == "%":
            parts.append("%")
        else:
            raise QueryError(f"{function}: %{letter} in {pattern!r} is not answered; there is %{', %'.join(MYSQL)}")
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


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression that Java and RE2 read alike. `groups` is how many it has.

    `has_optional_groups`: a group may take no part in a match. `may_be_empty`: it matches an empty text.
    """

    text: str
    groups: int
    has_optional_groups: bool
    may_be_empty: bool

    def written_for(self, engine: str, function: str, *, ends: bool = False) -> str:
        """The pattern as the engine reads it. With `ends`, where only a match is asked for, a $ stands before a last
        line end, too, as in Athena.

        Raises `QueryError` where PostgreSQL would find another match: it prefers the longest and spells letters apart.
        """
        is_postgres = engine != DUCKDB
        text = re.sub(TOKENS, partial(_written_token, is_postgres=is_postgres, ends=ends), self.text, flags=re.DOTALL)
        if is_postgres and (
            re.search(r"\(\?i|[*+?}]\?|\\[A-Zbswzhef]", text) or (not ends and re.search(r"\||\)[*+?{]", text))
        ):
            raise QueryError(f"{function}: the warehouse reads {self.text!r} otherwise than Athena; ask the lake")
        return text

    def read_otherwise_in(self, text: str, engine: str, *, is_match: bool) -> str:
        """A condition that is true for texts on which the pattern matches otherwise in Athena; empty if none exist."""
        unlike = []
        if not is_match and any(piece == "$" for piece in _tokens(self.text)):
            unlike.append(f"{text} LIKE '%' || chr(10)")
        if engine == DUCKDB:
            if re.search(r"\\[wWbB]", self.text):
                unlike.append(f"strlen({text}) <> length({text})")
            if re.search(r"\\[dD]", self.text):
                unlike.append(f"regexp_matches(regexp_replace({text}, '[0-9]', '', 'g'), '\\p{{Nd}}')")
            if re.search(r"\\[sS]", self.text):
                unlike.append(
                    f"regexp_matches({text}, '[\\x{{1C}}-\\x{{1F}}\\x{{0B}}\\x{{85}}\\x{{A0}}\\x{{2000}}-\\x{{3000}}]')"
                )
        return " OR ".join(unlike)


# A pattern's pieces: an escape, a class, or a letter.
TOKENS = r"\\.|\[(?:\\.|[^\]\\])*\]|."


def _tokens(pattern: str) -> list[str]:
    return re.findall(TOKENS, pattern, re.DOTALL)


def _written_token(found: re.Match[str], *, is_postgres: bool, ends: bool) -> str:
    piece = found[0]
    if piece == "$" and ends:
        return "\n?$" if is_postgres else r"(?:\n?\z)"
    if is_postgres and piece == ".":
        return r"[^\n]"
    if is_postgres and piece.startswith("["):
        return piece.replace(r"\d", "0-9")
    return "[0-9]" if is_postgres and piece == r"\d" else piece


def read_regex(pattern: str, function: str) -> Regex:
    """Read a regular expression as Athena does; `QueryError` for one that other engines read differently."""
    inner = _without_classes(pattern, function)
    unlike = re.search(r"\(\?(?!:|i\))|\\[1-9kZGhHRXvVeQEpP]|[*+?}]\+", inner)
    if unlike:
        raise QueryError(
            f"{function}: {unlike[0]} in the pattern {pattern!r} is not answered here, only plain patterns"
        )
    bare = re.sub(r"\\.", "x", inner)
    try:
        may_be_empty = re.compile(pattern).search("") is not None
    except re.error as error:
        raise QueryError(f"{function}: the pattern {pattern!r} cannot be read: {error}") from error
    groups = len(re.findall(r"\((?!\?)", bare))
    has_optional_groups = groups > 0 and re.search(r"\)[*?{]|\|", bare) is not None
    return Regex(pattern, groups, has_optional_groups, may_be_empty)


def _without_classes(pattern: str, function: str) -> str:
    """The pattern with each class such as [a-z] as one letter; a class in a class has two meanings and is refused."""
    classes = r"\\.|\[\^?\]?((?:\\.|[^\]\\])*)\]"
    for found in re.finditer(classes, pattern, re.DOTALL):
        if found[1] is not None and re.search(r"(?<!\\)\[|&&|\\[pPhHvVRQE]", found[1]):
            raise QueryError(f"{function}: the class {found[0]} in the pattern {pattern!r} is not answered here")
        if found[1] is not None and found[0].startswith(("[]", "[^]")):
            raise QueryError(f"{function}: write \\] for a bracket in the class {found[0]} of {pattern!r}")
    return re.sub(classes, lambda found: "x" if found[1] is not None else found[0], pattern, flags=re.DOTALL)


def regex_replacement(text: str, groups: int, function: str) -> str:
    """Athena's replacement, in which $1 is a group, as DuckDB and PostgreSQL have it, in which \\1 is."""
    written = ""
    for escaped, group, other in re.findall(r"\\(.)|\$(\d)|(.)", text, re.DOTALL):
        if group and int(group) > groups:
            raise QueryError(f"{function}: the pattern has no group {group}")
        if other == "$" or other == "\\":
            raise QueryError(f"{function}: {other} in the replacement {text!r} is neither a group nor escaped")
        letter = escaped or other
        written += f"\\{group}" if group else "\\\\" if letter == "\\" else letter
    return written


def format_parts(pattern: str) -> list[str]:
    """The pattern of format(): its fields, %d or %s or %,d, and the texts between them, in turns, a text first."""
    parts = re.split(r"(%%|%,?d|%s|%.)", pattern)
    texts = [""]
    for place, part in enumerate(parts):
        if place % 2 == 0:
            texts[-1] += part
        elif part == "%%":
            texts[-1] += "%"
        elif part in ("%d", "%s", "%,d"):
            texts += [part, ""]
        else:
            raise QueryError(f"format: {part} in {pattern!r} is not answered here; there is %d, %,d, %s and %%")
    return texts
