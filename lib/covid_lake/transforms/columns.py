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
from covid_lake.transforms.texts import (
    BLANKS,
    DOUBLES_ARE_WHOLE_BELOW,
    EARLIEST_EPOCH_MS,
    FALSE,
    ISO_TIMES,
    LATEST_EPOCH_MS,
    MANTISSA,
    SHORT_SIGNS,
    TRUE,
    USUAL_FORMATS,
)

HALF_BITS, LOW_HALF = 32, 2**32 - 1
# Patterns in SQL's spelling. A text that has the pattern of its type is read alike by every engine; of other texts each
# has its own idea. The patterns are of ASCII signs and end in \z: engines differ about `.`, `$`, `\d` and `\s`, too.
END = r"\\z"
WHOLE_NUMBER, WHOLE_WITH_POINT = f"^[+-]?[0-9]+{END}", f"^[+-]?[0-9]+[.]0*{END}"
NUMBER = f"{MANTISSA}([eE][+-]?[0-9]+)?{END}"
# An exponent of more digits would be written out in zeros for hours.
DECIMAL_NUMBER = f"{MANTISSA}([eE][+-]?[0-9]{{1,3}})?{END}"
SHORT_NUMBER = f"{MANTISSA}[eE][+-]?[0-9]{{1,2}}{END}"
NAMED_ZONE = f":[0-9.]+(?: ?(?:Z|UTC|GMT)|[+-][0-9]{{1,2}}(?::?[0-9]{{2}})?){END}"
# Engines know the rules of time zones up to the year 2099; what comes after, each makes up in its own way.
ZONED_TIMES = "BETWEEN TIMESTAMP'0001-01-02 00:00:00' AND TIMESTAMP'2099-12-31 23:59:59.999999'"


def hash_with_nulls(names: Iterable[str]) -> str:
    """A 64-bit hash of the columns, as SQL, in which a null has its place.

    Spark's hash skips nulls, so that a figure which moved to the next column would not change it.
    """
    return f"xxhash64({', '.join(f'`{name}`, `{name}` IS NULL' for name in names)})"


def checked_sum(name: str) -> Column:
    """The sum of a BIGINT column. A sum beyond BIGINT is an error, which not every engine finds by itself.

    The halves of the numbers are added up, whose sums stay within BIGINT up to two billion rows. `try_sum` would do
    the same, and takes Sail twelve times as long as a plain sum.
    """
    value = F.col(name).cast("bigint")
    high, low = F.sum(F.shiftright(value, HALF_BITS)), F.sum(value.bitwiseAND(F.lit(LOW_HALF)))
    carried = high + F.shiftright(low, HALF_BITS)
    return F.coalesce(
        F.when(carried.between(-(2**31), 2**31 - 1), F.shiftleft(carried, HALF_BITS) + low.bitwiseAND(F.lit(LOW_HALF))),
        F.when(high.isNotNull(), _beyond_bigint(f"a sum of {name}")),
    )


def checked_difference(of: str, less: str) -> Column:
    """One BIGINT column less another. A difference beyond BIGINT is an error, as for `checked_sum`."""
    are_known = F.col(of).isNotNull() & F.col(less).isNotNull()
    return F.coalesce(F.try_subtract(of, less), F.when(are_known, _beyond_bigint(f"a difference of {of}")))


def _beyond_bigint(what: str) -> Column:
    return F.raise_error(
        F.lit(f"{what} is beyond BIGINT: a landing file holds a figure that can't be one; correct it, and run again")
    )


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
            return boolean(name)
        case Type.DATE:
            return date(name, column.formats)
        case Type.TIMESTAMP:
            return timestamp(name, column.formats, column.time_zone)


def boolean(name: str) -> Column:
    """True or false, by the words and signs for it, in any case."""
    word = F.lower(name)
    return F.when(word.isin(*TRUE), F.lit(True)).when(word.isin(*FALSE), F.lit(False))


def whole_number(name: str, type_: Type = Type.BIGINT) -> Column:
    """A count; `12.0` and `1e3` are whole numbers too, `12.5`, `1,234` and `NaN` are not."""
    return F.expr(_whole(f"`{name}`", type_))


def _whole(text: str, type_: Type) -> str:
    with_point = f"t RLIKE '{WHOLE_WITH_POINT}' THEN try_cast(substring_index(t, '.', 1) AS {type_})"
    is_whole = f"v % double(1) = double(0) AND abs(v) < {DOUBLES_ARE_WHOLE_BELOW}"
    with_exponent = _let("try_cast(t AS DOUBLE)", "v", f"CASE WHEN {is_whole} THEN try_cast(v AS {type_}) END")
    is_short = f"length(t) <= {SHORT_SIGNS} AND t RLIKE '{SHORT_NUMBER}'"
    rare = _let(text, "t", f"CASE WHEN {with_point} WHEN {is_short} THEN {with_exponent} END")
    is_plain = f"{text} RLIKE '{WHOLE_NUMBER}'"
    return f"CASE WHEN {is_plain} THEN try_cast({text} AS {type_}) WHEN {text} IS NOT NULL THEN {rare} END"


def number(name: str) -> Column:
    """A finite double; `NaN` and `Infinity` are no measurements, and `-0.0` is 0.0."""
    value = f"try_cast(`{name}` AS DOUBLE)"
    is_finite = f"`{name}` RLIKE '{NUMBER}' AND abs({value}) < double('Infinity')"
    # By adding zero: as part of a key, 0.0 and -0.0 are one value to some engines and two to others.
    return F.expr(f"CASE WHEN {is_finite} THEN {value} + double(0) END")


def decimal(name: str, precision: int, scale: int) -> Column:
    """An exact decimal; a text with more digits than it can hold is unreadable, not rounded."""
    whole, type_ = max(1, precision - scale), f"DECIMAL({precision},{scale})"
    fraction = f"([.][0-9]{{1,{scale}}})?" if scale else ""
    usual = f"^[+-]?[0-9]{{1,{whole}}}{fraction}{END}"
    plain = f"CASE WHEN t RLIKE '{DECIMAL_NUMBER}' THEN {_without_exponent('t')} END"
    # Engines round what is too long, each in its own way.
    fitting = f"^(-?)0*([0-9]{{1,{whole}}})[.]([0-9]{{0,{scale}}})0*{END}"
    digits = f"regexp_replace(p, '{fitting}', '{'$1$2.$3' if scale else '$1$2'}')"
    rare = _let(
        f"`{name}`", "t", _let(plain, "p", f"CASE WHEN p RLIKE '{fitting}' THEN try_cast({digits} AS {type_}) END")
    )
    is_usual = f"`{name}` RLIKE '{usual}'"
    return F.expr(f"CASE WHEN {is_usual} THEN try_cast(`{name}` AS {type_}) WHEN `{name}` IS NOT NULL THEN {rare} END")


def _without_exponent(text: str) -> str:
    """The number with its point where the exponent moves it: not every engine reads a decimal with an exponent."""
    exponent = f"coalesce(try_cast(regexp_extract({text}, '[eE](.*)', 1) AS INT), 0)"
    before, after = (f"regexp_extract({text}, '^[+-]?([0-9]*)[.]?([0-9]*)', {group})" for group in (1, 2))
    sign = f"CASE WHEN {text} LIKE '-%' THEN '-' ELSE '' END"
    parts = f"named_struct('sign', {sign}, 'digits', concat({before}, {after}), 'point', length({before}) + {exponent})"
    digits, point = "concat(repeat('0', -n.point), n.digits)", "greatest(n.point, 0)"
    return _let(
        parts,
        "n",
        f"concat(n.sign, '0', rpad(substr({digits}, 1, {point}), {point}, '0'), '.', substr({digits}, {point} + 1))",
    )


def _let(value: str, name: str, expression: str) -> str:
    """The expression, in which the value has a name.

    By a lambda, because Spark compiles none: the code for rare spellings, written out for each column of a table, would
    make the generated method too large for the JVM to compile.
    """
    return f"element_at(transform(array({value}), {name} -> {expression}), 1)"


def padded_code(name: str, width: int) -> Column:
    """A code of digits at its full width, zeros restored: `1001` and `1001.0` are `01001`."""
    code = F.when(F.col(name).endswith(".0"), F.substring_index(name, ".", 1)).otherwise(F.col(name))
    return F.when(F.length(code) < width, F.lpad(code, width, "0")).otherwise(code)


def date(name: str, formats: tuple[str, ...]) -> Column:
    """A date, read in the format whose pattern the text has."""
    return F.expr(_by_pattern(name, formats, DATE_FORMATS, _date_reading))


def timestamp(name: str, formats: tuple[str, ...], time_zone: str = "UTC") -> Column:
    """An instant, read in the format whose pattern the text has; hour 24 is the next day's midnight.

    A date alone is that day's midnight. Milliseconds since 1970 are read where the text has the pattern of no other
    format; a fraction of one, and a time outside of the years 1 to 9999, can't be read. Neither can a wall clock of
    another zone than UTC after 2099.
    """
    moment = _by_pattern(name, formats, TIME_FORMATS, _time_reading)
    if time_zone == "UTC":
        return F.expr(moment)
    in_utc = _let(moment, "m", f"CASE WHEN m {ZONED_TIMES} THEN to_utc_timestamp(m, '{time_zone}') END")
    # Only a text of these formats can name a zone of its own, which then counts.
    if not ISO_TIMES.isdisjoint(formats):
        in_utc = f"CASE WHEN `{name}` RLIKE '{NAMED_ZONE}' THEN {moment} ELSE {in_utc} END"
    return F.expr(in_utc)


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
    is_midnight = f"substr({text}, 12, 5) = '24:00' AND {text} NOT LIKE '9999-12-31%'"
    return f"CASE WHEN {is_midnight} THEN {midnight} + INTERVAL 1 DAY ELSE try_cast({text} AS TIMESTAMP) END"


def _by_pattern(
    name: str, formats: tuple[str, ...], patterns: Mapping[str, str | None], reading: Callable[[str, str], str]
) -> str:
    """The text, read in the format whose pattern it has; null if it has the pattern of none."""

    def cases(text: str, chosen: Iterable[str]) -> str:
        return " ".join(
            f"WHEN {text} RLIKE '^(?:{patterns[format_]}){END}' THEN {reading(text, format_)}" for format_ in chosen
        )

    usual = [one for one in formats if one in USUAL_FORMATS]
    rare = [one for one in formats if one not in USUAL_FORMATS and one != EPOCH_MS]
    last = _epoch_reading(f"`{name}`") if EPOCH_MS in formats else "NULL"
    if rare:
        last = _let(f"upper(`{name}`)", "t", f"CASE {cases('t', rare)} ELSE {last} END")
    return f"CASE {cases(f'`{name}`', usual)} ELSE {last} END" if usual else last


def _epoch_reading(text: str) -> str:
    # Bounded first: timestamp_millis raises an exception for what leaves the microseconds of a BIGINT.
    within = f"n BETWEEN {EARLIEST_EPOCH_MS} AND {LATEST_EPOCH_MS}"
    return _let(_whole(text, Type.BIGINT), "n", f"CASE WHEN {within} THEN timestamp_millis(n) END")


def date_literal(day: datetime.date) -> Column:
    """The day as a constant, made from text: for a date of Python's, Spark would load tables of old calendars."""
    return F.lit(day.isoformat()).cast("date")
