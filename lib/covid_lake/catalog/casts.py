"""Texts of landing files as typed values, in Athena's SQL. No value fails: what can't be read is NULL.

The readings are those of `transforms.columns`, by which Spark types the same texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from covid_lake.contracts import EPOCH_MS, Column, Type
from covid_lake.transforms.texts import (
    BLANKS,
    DOUBLES_ARE_WHOLE_BELOW,
    EARLIEST_EPOCH_MS,
    FALSE,
    ISO_TIMES,
    LATEST_EPOCH_MS,
    SHORT_SIGNS,
    TRUE,
    USUAL_FORMATS,
)

PATTERNS_OF_BLANKS: Final = {" ": " ", "\t": r"\t", "\r": r"\r", "\n": r"\n"}
MOST_DIGITS: Final = 38
MICROSECONDS: Final = "timestamp(6)"
MS_A_DAY: Final = 86_400_000
EPOCH: Final = "TIMESTAMP '1970-01-01 00:00:00.000000'"
# Java's parser also takes `1d`, `0x1p3`, `NaN` and `Infinity`.
SIGNS_OF_NUMBERS: Final = r"^[-+.0-9eE]+\z"
WHOLE: Final = r"^[-+]?[0-9]+([.]0*)?\z"
WITH_EXPONENT: Final = r"^[-+.0-9]+[eE][-+]?[0-9]{1,2}\z"
YEAR: Final = "(?!0000)[0-9]{4}"
MONTH_AND_DAY: Final = "-[0-9]{2}-[0-9]{2}"
# Hour 24 is the next day's midnight; seconds and their fraction may be missing.
CLOCK: Final = r"(([01][0-9]|2[0-3]):[0-9]{2}|24:00)(:[0-9]{1,2}([.][0-9]*)?)?"
AFTER_HOUR: Final = r"^.{13}(:[0-9]{2}(:[0-9]{1,2}([.][0-9]{1,6})?)?)"
IN_UTC: Final = " ?(Z|UTC|GMT)"
# A distance could move the first years and the last out of all years.
YEAR_WITH_DISTANCE: Final = "[1-8][0-9]{3}"
DISTANCE: Final = "[-+]((0?[0-9]|1[0-7])(:[0-5][0-9])?|(0[0-9]|1[0-7])[0-5][0-9]|18(:?00)?)"
# Which times spreadsheets write, and Athena's names of them.
CLOCKS: Final = {"": "", "H:mm": " %H:%i", "H:mm:ss": " %H:%i:%s", "h:mm a": " %h:%i %p", "h:mm:ss a": " %h:%i:%s %p"}
US_DATE: Final = "[0-9]{1,2}/[0-9]{1,2}/"
US_CLOCK: Final = "( [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( [AP]M)?)?"
# Engines know the rules of time zones for these years.
ZONED: Final = "BETWEEN TIMESTAMP '0001-01-02 00:00:00.000000' AND TIMESTAMP '2099-12-31 23:59:59.999999'"


def cleaned(value: str, null_tokens: tuple[str, ...]) -> str:
    """The text without blanks around it; NULL if it is empty or one of the tokens."""
    text = trimmed(value)
    for token in dict.fromkeys(("", *null_tokens)):
        text = f"nullif({text}, {literal(token)})"
    return text


def trimmed(value: str) -> str:
    """The text without blanks around it."""
    signs = "".join(PATTERNS_OF_BLANKS.get(sign) or f"\\u{ord(sign):04x}" for sign in BLANKS)
    return f"regexp_replace({value}, {literal(f'^[{signs}]+|[{signs}]+$')}, '')"


def typed(text: str, column: Column) -> str:
    """The cleaned text, the name of a column, as the contract's type."""
    match column.type:
        case Type.TEXT:
            return text if column.pad is None else _padded(text, column.pad)
        case Type.INT | Type.BIGINT:
            return _whole(text, "integer" if column.type is Type.INT else "bigint")
        case Type.DOUBLE:
            value = f"try_cast({text} AS double)"
            # By adding zero, -0.0 becomes 0.0, as it does in the lake.
            return f"CASE WHEN {_has(text, SIGNS_OF_NUMBERS)} AND is_finite({value}) THEN {value} + 0e0 END"
        case Type.DECIMAL:
            return _decimal(text, *column.digits)
        case Type.BOOLEAN:
            word = f"lower({text})"
            return f"CASE WHEN {word} IN ({_list(TRUE)}) THEN true WHEN {word} IN ({_list(FALSE)}) THEN false END"
        case Type.DATE:
            return _case(_dates(text, column.formats))
        case Type.TIMESTAMP:
            return _case(_times(text, column.formats, column.time_zone))


def literal(text: str) -> str:
    """The text as SQL writes it."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def quoted(name: str) -> str:
    """The name as an identifier of Athena's SELECT."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _has(text: str, pattern: str) -> str:
    return f"regexp_like({text}, {literal(pattern)})"


def _list(words: Iterable[str]) -> str:
    return ", ".join(map(literal, words))


def _case(branches: list[tuple[str, str]]) -> str:
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in branches)
    return f"CASE {whens} END"


def _padded(text: str, width: int) -> str:
    code = rf"regexp_replace({text}, '[.]0\z', '')"
    # lpad would cut a longer code.
    return f"CASE WHEN length({code}) < {width} THEN lpad({code}, {width}, '0') ELSE {code} END"


def _whole(text: str, type_: str) -> str:
    """`12`, `12.0` and `1.2e1` are whole numbers."""
    value = f"try_cast({text} AS double)"
    is_whole = f"length({text}) <= {SHORT_SIGNS} AND {value} % 1 = 0 AND abs({value}) < {DOUBLES_ARE_WHOLE_BELOW}"
    return _case(
        [
            (_has(text, WHOLE), f"try_cast(split_part({text}, '.', 1) AS {type_})"),
            (f"{_has(text, WITH_EXPONENT)} AND {is_whole}", f"try_cast({value} AS {type_})"),
        ]
    )


def _decimal(text: str, precision: int, scale: int) -> str:
    # Athena rounds what is too long. A value that a longer decimal shows to be rounded, or that became zero, can't be
    # read.
    whole = max(1, precision - scale)
    value = f"try_cast({text} AS decimal({precision},{scale}))"
    longer = f"try_cast({text} AS decimal({MOST_DIGITS},{MOST_DIGITS - whole}))"
    is_exact = f"{value} = {longer} AND ({value} <> 0 OR NOT {_has(text, '^[-+.0]*[1-9]')})"
    return f"CASE WHEN {_has(text, SIGNS_OF_NUMBERS)} AND {is_exact} THEN {value} END"


def _dates(text: str, formats: tuple[str, ...]) -> list[tuple[str, str]]:
    branches = []
    for format_ in formats:
        match format_:
            case "yyyy-MM-dd":
                branches.append((_has(text, rf"^{YEAR}{MONTH_AND_DAY}\z"), f"try_cast({text} AS date)"))
            case "yyy-MM-dd":
                short = rf"^(?!000)[0-9]{{3}}{MONTH_AND_DAY}\z"
                branches.append((_has(text, short), f"try_cast('0' || {text} AS date)"))
            case "yyyyMMdd":
                parts = f"substr({text}, 1, 4) || '-' || substr({text}, 5, 2) || '-' || substr({text}, 7)"
                branches.append((_has(text, r"^[0-9]{8}\z"), f"try_cast({parts} AS date)"))
    return [*branches, *_us_times(text, formats, "date", "UTC")]


def _times(text: str, formats: tuple[str, ...], time_zone: str) -> list[tuple[str, str]]:
    """The readings of a time, in the order in which a text is tried."""
    branches = []
    if not ISO_TIMES.isdisjoint(formats):
        between = "".join(sorted("T" if "'T'" in one else " " for one in ISO_TIMES.intersection(formats)))
        branches += _iso_times(text, f"{MONTH_AND_DAY}[{between}]{CLOCK}", time_zone)
    days = tuple(one for one in formats if one in USUAL_FORMATS and not {"/", ":"} & set(one))
    branches += [
        (condition, _in_utc(f"CAST({day} AS {MICROSECONDS})", time_zone)) for condition, day in _dates(text, days)
    ]
    branches += _us_times(text, formats, MICROSECONDS, time_zone)
    if EPOCH_MS in formats:
        number = _whole(text, "bigint")
        within = f"{number} BETWEEN {EARLIEST_EPOCH_MS} AND {LATEST_EPOCH_MS}"
        # date_add takes no more than an INTEGER.
        day = f"date_add('day', {number} / {MS_A_DAY}, {EPOCH})"
        branches.append((within, f"date_add('millisecond', {number} % {MS_A_DAY}, {day})"))
    return branches


def _iso_times(text: str, pattern: str, time_zone: str) -> list[tuple[str, str]]:
    """An ISO time. Its fraction is cut after six digits, and a distance from UTC is taken off."""
    # The hour is added, since no clock of Athena's shows hour 24.
    clock = f"' 00' || regexp_extract({text}, {literal(AFTER_HOUR)}, 1)"
    midnight = f"try_cast(substr({text}, 1, 10) || {clock} AS {MICROSECONDS})"
    wall = f"date_add('hour', try_cast(substr({text}, 12, 2) AS bigint), {midnight})"
    sign, hours, minutes = (
        f"regexp_extract({text}, {literal(part)}, 1)"
        for part in (r"([-+])[0-9:]+\z", r"[-+]([0-9]{1,2})(:?[0-9]{2})?\z", r"[-+][0-9]{1,2}:?([0-9]{2})\z")
    )
    distance = f"CAST({hours} AS bigint) * 60 + CAST(coalesce({minutes}, '0') AS bigint)"
    moved = f"date_add('minute', ({distance}) * CASE {sign} WHEN '-' THEN 1 ELSE -1 END, {wall})"
    return [
        (_has(text, rf"^{YEAR}{pattern}{IN_UTC}\z"), wall),
        (_has(text, rf"^{YEAR}{pattern}\z"), _in_utc(wall, time_zone)),
        (_has(text, rf"^{YEAR_WITH_DISTANCE}{pattern}{DISTANCE}\z"), moved),
    ]


def _us_times(text: str, formats: tuple[str, ...], type_: str, time_zone: str) -> list[tuple[str, str]]:
    """The times and days that spreadsheets write, AM and PM in any case.

    Two digits of a year are of this century; Athena would take 70 to 99 for the last one.
    """
    split = [one.partition(" ") for one in formats if one.startswith("M/d/")]
    if not split:
        return []
    years = "|".join(dict.fromkeys(YEAR if day == "M/d/yyyy" else "[0-9]{2}" for day, _, _ in split))
    clocks = list(dict.fromkeys(clock for _, _, clock in split))
    upper = f"upper({text})"
    full = rf"regexp_replace({upper}, '^({US_DATE})([0-9]{{2}})( |\z)', '$1' || '20' || '$2$3')"
    parsed = [f"try(date_parse({full}, {literal('%c/%e/%Y' + CLOCKS[clock])}))" for clock in clocks]
    value = parsed[0] if len(parsed) == 1 else f"coalesce({', '.join(parsed)})"
    pattern = rf"^{US_DATE}({years}){US_CLOCK if any(clocks) else ''}\z"
    return [(_has(upper, pattern), _in_utc(f"CAST({value} AS {type_})", time_zone))]


def _in_utc(moment: str, time_zone: str) -> str:
    if time_zone == "UTC":
        return moment
    utc = f"try(CAST(at_timezone(with_timezone({moment}, {literal(time_zone)}), 'UTC') AS {MICROSECONDS}))"
    return f"CASE WHEN {moment} {ZONED} THEN {utc} END"
