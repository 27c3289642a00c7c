"""Text to types. Only `try_` casts meet raw data: a text that can't be read becomes null here, and is refused later.

Each typing function takes the name of a column of cleaned text. The expressions are written in SQL, in which both
versions of Spark have `try_cast`; as a method of Column only Spark 4 has it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from covid_lake.contracts import DATE_FORMATS, EPOCH_MS, TIME_FORMATS, Type
from covid_lake.contracts import Column as ContractColumn

BLANKS = " \t\r\n\u00a0\ufeff"
# The years 1 to 9999, which every engine and Python can show.
EARLIEST_EPOCH_MS, LATEST_EPOCH_MS = -62_135_596_800_000, 253_402_300_799_999
# A decimal number, in SQL's spelling of a pattern; digits of other scripts, such as full-width ones, count as digits.
# Java would compute 1e-999999999 to its last digit, so an exponent has three digits at most.
DIGIT = r"\\p{Nd}"
DECIMAL_NUMBER = f"^[+-]?({DIGIT}+[.]?{DIGIT}*|[.]{DIGIT}+)([eE][+-]?[0-9]{{1,3}})?$"

# The formats that feeds publish; the others come from spreadsheets, and are rare.
USUAL_FORMATS = (
    "yyyy-MM-dd'T'HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss",
    "M/d/yyyy H:mm",
    "M/d/yy H:mm",
    "yyyy-MM-dd",
    "yyyyMMdd",
)


ISO_TIMES = frozenset({"yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss"})
NAMED_ZONE = r":[0-9.]+(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"


def hash_with_nulls(names: Iterable[str]) -> str:
    """A 64-bit hash of the columns, as SQL, in which a null has its place.

    Spark's hash skips nulls, so that a figure which moved to the next column would not change it.
    """
    return f"xxhash64({', '.join(f'`{name}`, `{name}` IS NULL' for name in names)})"


def clean_texts(records: DataFrame, null_tokens: Mapping[str, tuple[str, ...]]) -> DataFrame:
    """The columns without surrounding blanks; null if a text is empty or a null token of its column."""
    # Two selects: a single one would trim every text twice, to compare it and to keep it.
    trimmed = records.withColumns({name: F.btrim(F.col(name), F.lit(BLANKS)) for name in null_tokens})
    return trimmed.withColumns(
        {
            name: F.when(~F.col(name).isin(*dict.fromkeys(("", *tokens))), F.col(name))
            for name, tokens in null_tokens.items()
        }
    )


def typed(name: str, column: ContractColumn) -> Column:
    """The cleaned text in column `name` as the contract's type; null if it can't be read as that."""
    match column.type:
        case Type.TEXT:
            return F.col(name) if column.pad is None else padded_code(name, column.pad)
        case Type.INT | Type.BIGINT:
            return whole_number(name, column.type)
        case Type.DOUBLE:
            return number(name)
        case Type.DECIMAL:
            return decimal(name, *column.digits)
        case Type.BOOLEAN:
            return F.expr(f"try_cast(`{name}` AS BOOLEAN)")
        case Type.DATE:
            return date(name, column.formats)
        case Type.TIMESTAMP:
            return timestamp(name, column.formats, column.time_zone)


def whole_number(name: str, type_: Type = Type.BIGINT) -> Column:
    """A count; `12.0` and `1e3` are whole numbers too, `12.5`, `1,234` and `NaN` are not."""
    return F.expr(f"CASE WHEN `{name}` IS NOT NULL THEN {_whole(f'`{name}`', type_)} END")


def _whole(text: str, type_: Type) -> str:
    # The rare spellings go through a lambda because Spark compiles none: the code for casts by way of DECIMAL, written
    # out for each count of a table, would make the generated method too large for the JVM to compile.
    rare = f"element_at(transform(array({text}), d -> try_cast({_exact('d', 38, 0)} AS {type_})), 1)"
    return f"coalesce(try_cast({text} AS {type_}), {rare})"


def number(name: str) -> Column:
    """A finite double; `NaN` and `Infinity` are no measurements, and `-0.0` is 0.0."""
    value = f"try_cast(`{name}` AS DOUBLE)"
    # By adding zero: as part of a key, 0.0 and -0.0 are one value to some engines and two to others.
    return F.expr(f"CASE WHEN abs({value}) < double('Infinity') THEN {value} + double(0) END")


def decimal(name: str, precision: int, scale: int) -> Column:
    """An exact decimal; a text with more digits than it can hold is unreadable, not rounded."""
    # Through a lambda for the same reason as in `_whole`.
    exact = f"element_at(transform(array(`{name}`), d -> {_exact('d', precision, scale)}), 1)"
    return F.expr(f"CASE WHEN `{name}` IS NOT NULL THEN {exact} END")


def _exact(text: str, precision: int, scale: int) -> str:
    """The text as a decimal where it is a number and no digit is lost; Spark's own cast rounds to the scale."""
    fraction = f"length(regexp_extract({text}, '[.]({DIGIT}*?)0*([eE]|$)', 1))"
    exponent = f"coalesce(try_cast(regexp_extract({text}, '[eE]([+-]?[0-9]+)$', 1) AS INT), 0)"
    is_exact = f"{text} RLIKE '{DECIMAL_NUMBER}' AND {fraction} - {exponent} <= {scale}"
    return f"CASE WHEN {is_exact} THEN try_cast({text} AS DECIMAL({precision},{scale})) END"


def padded_code(name: str, width: int) -> Column:
    """A code of digits at its full width, zeros restored: `1001` and `1001.0` are `01001`."""
    code = F.when(F.col(name).endswith(".0"), F.substring_index(name, ".", 1)).otherwise(F.col(name))
    return F.when(F.length(code) < width, F.lpad(code, width, "0")).otherwise(code)


def date(name: str, formats: tuple[str, ...]) -> Column:
    """A date, read in the format whose shape the text has."""
    return _by_shape(name, formats, DATE_FORMATS, _date_reading)


def timestamp(name: str, formats: tuple[str, ...], time_zone: str = "UTC") -> Column:
    """An instant, read in the format whose shape the text has; hour 24 is the next day's midnight.

    A date alone is that day's midnight. Milliseconds since 1970 are read where the text has the shape of no other
    format; a fraction of one, and a time outside of the years 1 to 9999, can't be read.
    """
    moment = _by_shape(name, formats, TIME_FORMATS, _time_reading)
    if time_zone == "UTC":
        return moment
    in_utc = F.to_utc_timestamp(moment, time_zone)
    # Only a text of these formats can name a zone of its own, which then counts.
    if not ISO_TIMES.isdisjoint(formats):
        return F.when(F.col(name).rlike(NAMED_ZONE), moment).otherwise(in_utc)
    return in_utc


def _date_reading(text: str, format_: str) -> str:
    match format_:
        case "yyyy-MM-dd":
            return f"try_cast({text} AS DATE)"
        case "yyy-MM-dd":
            return f"try_cast(concat('0', {text}) AS DATE)"
        case "yyyyMMdd":
            return f"try_cast(concat_ws('-', substr({text}, 1, 4), substr({text}, 5, 2), substr({text}, 7)) AS DATE)"
        case _:
            return f"CAST(try_to_timestamp({text}, '{format_}') AS DATE)"


def _time_reading(text: str, format_: str) -> str:
    if format_ in DATE_FORMATS:
        return f"CAST({_date_reading(text, format_)} AS TIMESTAMP)"
    if format_.startswith("M/"):
        return f"try_to_timestamp({text}, '{format_}')"
    midnight = f"try_cast(concat(substr({text}, 1, 11), '00', substr({text}, 14)) AS TIMESTAMP)"
    return (
        f"CASE WHEN substr({text}, 12, 5) = '24:00' THEN {midnight} + INTERVAL 1 DAY "
        f"ELSE try_cast({text} AS TIMESTAMP) END"
    )


def _by_shape(
    name: str,
    formats: tuple[str, ...],
    shapes: Mapping[str, tuple[str, ...]],
    reading: Callable[[str, str], str],
) -> Column:
    """The text, read in the format whose shape it has; null if it has the shape of none."""

    def cases(text: str, chosen: Iterable[str]) -> str:
        return " ".join(
            f"WHEN {text} LIKE '{shape}' THEN {reading(text, format_)}"
            for format_ in chosen
            for shape in shapes[format_]
        )

    usual, rare = ([one for one in formats if (one in USUAL_FORMATS) == is_usual] for is_usual in (True, False))
    # Through a lambda, which Spark does not compile, for the same reason as in `whole_number`.
    last = _epoch_reading(f"`{name}`") if EPOCH_MS in formats else "NULL"
    if any(shapes[one] for one in rare):
        last = f"element_at(transform(array(upper(`{name}`)), t -> CASE {cases('t', rare)} ELSE {last} END), 1)"
    usual_cases = cases(f"`{name}`", usual)
    return F.expr(f"CASE {usual_cases} ELSE {last} END" if usual_cases else last)


def _epoch_reading(text: str) -> str:
    # Bounded first: timestamp_millis raises an exception for what leaves the microseconds of a BIGINT.
    within = f"n BETWEEN {EARLIEST_EPOCH_MS} AND {LATEST_EPOCH_MS}"
    return (
        f"element_at(transform(array({_whole(text, Type.BIGINT)}), n -> CASE WHEN {within} THEN timestamp_millis(n) "
        "END), 1)"
    )


def date_literal(day: datetime.date) -> Column:
    """The day as a constant, made from text: for a date of Python's, Spark would load tables of old calendars."""
    return F.lit(day.isoformat()).cast("date")
