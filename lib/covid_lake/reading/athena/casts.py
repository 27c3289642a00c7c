"""CAST, TRY_CAST and arithmetic as Athena does them.

What a text must look like to be a number or a date, how doubles and times are written as text, which way halves are
rounded, and that nothing is divided by zero: in all of these the engines differ from Athena and from each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena.kinds import WHOLE_DIGITS, Kind, as_decimal, common, decimal
from covid_lake.reading.athena.values import DUCKDB, Value, enclosed, literal_text, text_literal

NAMES: Final = {
    exp.DType.BOOLEAN: "boolean", exp.DType.TINYINT: "tinyint", exp.DType.SMALLINT: "smallint",
    exp.DType.INT: "integer", exp.DType.BIGINT: "bigint", exp.DType.FLOAT: "real", exp.DType.DOUBLE: "double",
    exp.DType.DECIMAL: "decimal", exp.DType.VARCHAR: "varchar", exp.DType.TEXT: "varchar", exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp", exp.DType.TIMESTAMPTZ: "timestamptz", exp.DType.TIME: "time",
    exp.DType.VARBINARY: "varbinary", exp.DType.UUID: "uuid",
}  # fmt: skip
DUCKDB_NAMES: Final = {
    "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT",
    "real": "REAL", "double": "DOUBLE", "varchar": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ", "time": "TIME", "uuid": "UUID", "varbinary": "BLOB", "interval_days": "INTERVAL",
    "interval_months": "INTERVAL",
}  # fmt: skip
POSTGRES_NAMES: Final = {
    **{name: name for name in ("boolean", "smallint", "integer", "bigint", "real", "date", "timestamp")},
    "tinyint": "smallint", "double": "float8", "varchar": "text", "timestamptz": "timestamp",
}  # fmt: skip
MICROSECONDS = 6
DECIMAL_DIGITS = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
# What Athena takes for a value of the type in a text; the engines take more.
SPELLINGS: Final = {
    **dict.fromkeys(WHOLE_DIGITS, r"[+-]?[0-9]+"),
    **dict.fromkeys(("double", "real"), rf"{DECIMAL_DIGITS}|[+-]?Infinity|NaN"),
    "decimal": DECIMAL_DIGITS,
    "time": r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    # Other zones than UTC would be shown as they are.
    "timestamptz": r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2}{fraction})?)? (UTC|Z|\+00:00)",
    "date": r"[0-9]{4,6}-[0-9]{1,2}-[0-9]{1,2}",
    "timestamp": r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2}{fraction})?)?",
    "boolean": r"[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[tTfF01]",
}


def kind_of_type(node: exp.DataType) -> Kind:
    """The kind of a type as a query names it; `QueryError` for one that is not answered."""
    name = NAMES.get(node.this)
    parameters = [int(parameter.name) for parameter in node.expressions if isinstance(parameter, exp.DataTypeParam)]
    if name is None or node.args.get("nested") or len(parameters) != len(node.expressions):
        raise QueryError(f"the type {node.sql('trino')} is not answered here; there is {', '.join(NAMES.values())}")
    if name == "decimal":
        return decimal(*(parameters + [38, 0][len(parameters) :]))
    if name in ("timestamp", "timestamptz"):
        if parameters and parameters[0] > MICROSECONDS:
            raise QueryError(f"the type {node.sql('trino')} is not answered here: times have microseconds at most")
        return Kind(name, parameters[0] if parameters else 3)
    return Kind(name, parameters[0] if parameters else 0)


def type_name(kind: Kind, engine: str) -> str:
    """The name of the type in the engine's SQL."""
    if kind.name == "decimal":
        return f"{'DECIMAL' if engine == DUCKDB else 'numeric'}({kind.precision}, {kind.scale})"
    if kind.name == "map" and kind.item and kind.key and engine == DUCKDB:
        return f"MAP({type_name(kind.key, engine)}, {type_name(kind.item, engine)})"
    if kind.name == "array" and kind.item:
        return f"{type_name(kind.item, engine)}[]"
    known = (DUCKDB_NAMES if engine == DUCKDB else POSTGRES_NAMES).get(kind.name)
    if known is None:
        raise QueryError(f"of which type an expression is, is not known here ({kind}); CAST it")
    return known


def as_common(text: str, kind: Kind, kinds: Iterable[Kind], engine: str) -> str:
    """Cast the branches of a choice, such as CASE, to the type that they have in common."""
    if kind.family == "number" and any(one != kind for one in kinds):
        return f"CAST({text} AS {type_name(kind, engine)})"
    return text


def raised_by_postgres(message: str, kind: Kind) -> str:
    """An expression of that kind which fails with the message, an SQL expression: PostgreSQL has no function for it."""
    return f"CAST(CAST(CAST({message} AS text) AS integer) AS {POSTGRES_NAMES.get(kind.name, 'text')})"


def write(value: Value, kind: Kind, engine: str, *, attempt: bool = False) -> Value:
    """Write a cast. With `attempt` it is TRY_CAST: NULL where the value can't be cast."""
    source, text = value.kind, enclosed(value.text)
    name = type_name(kind, engine)

    def written(result: str) -> Value:
        return Value(result, kind, value.node)

    if attempt and engine != DUCKDB:
        raise QueryError("try_cast is not answered by the warehouse; ask the lake, without --warehouse")
    cast = "TRY_CAST" if attempt else "CAST"
    if source.name == "null" or (source == kind and kind.family != "text"):
        return written(f"CAST({text} AS {name})")
    if source.name == "unknown":
        raise QueryError(f"CAST({value.text} AS {kind}): of which type it is, is not known here")
    pair = (source.family, kind.family)
    if pair == ("text", "bytes") and engine == DUCKDB and not attempt:
        return written(f"encode({text})")
    if kind.family == "text":
        shown = _as_text(source, text, engine)
        return written(f"substr({shown}, 1, {kind.precision})" if kind.precision else shown)
    if pair == ("number", "number") or pair in (("boolean", "number"), ("number", "boolean")):
        return written(_number(source, kind, text, cast, name, engine))
    if source.family == "text" and kind.family in ("number", "time", "boolean", "clock", "uuid"):
        return written(_from_text(value, kind, cast, name, engine, attempt=attempt))
    if pair == ("time", "time"):
        if kind.name == "timestamp" and kind.precision < source.precision:
            raise QueryError(f"CAST AS timestamp({kind.precision}) rounds, which is not answered here; use date_trunc")
        return written(f"CAST({text} AS {name})")
    raise QueryError(f"Athena has no CAST of {source} to {kind}")


def _number(source: Kind, kind: Kind, text: str, cast: str, name: str, engine: str) -> str:
    if kind.name == "boolean":
        return f"({text} <> 0)"
    if source.name == "boolean":
        return f"CASE WHEN {text} THEN CAST(1 AS {name}) WHEN NOT {text} THEN CAST(0 AS {name}) END"
    if source.name in ("double", "real") and (kind.is_whole or kind.name == "decimal"):
        if engine != DUCKDB and kind.name == "decimal":
            # By way of its text: PostgreSQL's own way keeps fifteen digits.
            return f"CAST(CAST({text} AS text) AS {name})"
        if kind.name == "decimal":
            # By way of its text, whose digits Athena rounds.
            return f"{cast}(CAST({text} AS VARCHAR) AS {name})"
        rounded = f"round({text})" if engine == DUCKDB else f"(sign({text}) * floor(abs({text}) + 0.5))"
        return f"{cast}({rounded} AS {name})"
    return f"{cast}({text} AS {name})"


def _from_text(value: Value, kind: Kind, cast: str, name: str, engine: str, *, attempt: bool) -> str:
    # A fraction that is longer would be rounded by Athena.
    fraction = rf"(\.[0-9]{{1,{kind.precision}}})?" if kind.precision else ""
    pattern = f"^({SPELLINGS[kind.name].replace('{fraction}', fraction)})$"
    text, spelling, literal = enclosed(value.text), text_literal(pattern), literal_text(value.node)
    if literal is not None and not attempt:
        # Judged here, a literal stays a constant, by which files can be passed over.
        if not re.fullmatch(pattern, literal):
            raise QueryError(f"Could not convert {literal!r} to {kind} as Athena reads it")
        return f"CAST({text_literal(literal)} AS {name})"
    if engine != DUCKDB:
        # A text that Athena refuses is made one that PostgreSQL refuses, too.
        checked = f"CASE WHEN {text} ~ {spelling} THEN {text} ELSE 'no {kind} as Athena reads it: ' || {text} END"
        return f"CAST({checked} AS {name})"
    # A $ of RE2's stands at the end alone.
    otherwise = "NULL" if attempt else f"error('Could not convert ' || {text} || ' to {kind}')"
    right = f"{cast}({text} AS {name})"
    return f"CASE WHEN {text} IS NULL OR regexp_matches({text}, {spelling}) THEN {right} ELSE {otherwise} END"


def _as_text(source: Kind, text: str, engine: str) -> str:
    if source.family == "text":
        return text
    if source.is_whole or source.name in ("decimal", "date", "boolean"):
        return f"CAST({text} AS {'VARCHAR' if engine == DUCKDB else 'text'})"
    if source.name in ("timestamp", "timestamptz"):
        return _time_as_text(source, text, engine)
    if source.name == "double" and engine == DUCKDB:
        plain = f"{text} = 0 OR (abs({text}) >= 0.001 AND abs({text}) < 10000000)"
        refused = f"error('how Athena writes the double ' || CAST({text} AS VARCHAR) || ' is not answered here')"
        return (
            f"CASE WHEN {text} IS NULL OR {plain} THEN CAST({text} AS VARCHAR) WHEN isnan({text}) THEN 'NaN' "
            f"WHEN isinf({text}) THEN CASE WHEN {text} > 0 THEN 'Infinity' ELSE '-Infinity' END ELSE {refused} END"
        )
    raise QueryError(
        f"how Athena writes {source} as text is not answered here; CAST it AS decimal(18,2), date or timestamp before"
    )


def _time_as_text(source: Kind, text: str, engine: str) -> str:
    if source.precision not in (0, 3):
        raise QueryError(f"a {source} with {source.precision} digits of a second is not written as text here; CAST it")
    zone = " UTC" if source.name == "timestamptz" else ""
    if engine == DUCKDB:
        pattern = "%Y-%m-%d %H:%M:%S" + (".%g" if source.precision else "") + zone
        return f"strftime(CAST({text} AS TIMESTAMP), {text_literal(pattern)})"
    pattern = "YYYY-MM-DD HH24:MI:SS" + (".MS" if source.precision else "") + (f'"{zone}"' if zone else "")
    return f"to_char({text}, {text_literal(pattern)})"


# --- arithmetic -----------------------------------------------------------------------------------------------------


def sum_kind(one: Kind, other: Kind, where: str) -> Kind:
    """The type of a sum or difference. A decimal result has one digit more than the longer operand."""
    kind = common((one, other), where)
    return decimal(kind.precision + 1, kind.scale) if kind.name == "decimal" else kind


def product_kind(one: Kind, other: Kind, where: str) -> Kind:
    kind = common((one, other), where)
    if kind.name != "decimal":
        return kind
    first, second = as_decimal(one), as_decimal(other)
    return decimal(first.precision + second.precision, first.scale + second.scale)


def quotient(one: Value, other: Value, engine: str) -> tuple[str, Kind]:
    """`/`: whole numbers give one towards zero, decimals one with as many digits after the point as the longer has."""
    kind = common((one.kind, other.kind), "/")
    dividend, divisor = enclosed(one.text), enclosed(other.text)
    if not kind.is_known or kind.family != "number":
        raise QueryError(f"{one.text} / {other.text}: of which types they are, is not known; CAST them, AS double")
    if kind.name in ("double", "real"):
        return _quotient_of_doubles(dividend, divisor, kind, engine), kind
    if kind.is_whole:
        if engine != DUCKDB:
            return f"({dividend} / {divisor})", kind
        return f"CASE WHEN {divisor} = 0 THEN error('Division by zero') ELSE {dividend} // {divisor} END", kind
    first, second = as_decimal(one.kind), as_decimal(other.kind)
    precision = first.precision + second.scale - first.scale + max(0, second.scale - first.scale)
    result = decimal(max(precision, kind.scale + 1), max(first.scale, second.scale))
    widest = decimal(38, result.scale)
    if engine != DUCKDB:
        exact = f"CAST({dividend} AS numeric) / CAST({divisor} AS numeric)"
        return f"CAST(round({exact}, {result.scale}) AS {type_name(widest, engine)})", widest
    return _quotient_of_decimals(dividend, divisor, first.scale, second.scale, result.scale), widest


def _quotient_of_doubles(dividend: str, divisor: str, kind: Kind, engine: str) -> str:
    name = type_name(kind, engine)
    one, other = f"CAST({dividend} AS {name})", f"CAST({divisor} AS {name})"
    if engine != DUCKDB:
        return f"({one} / {other})"
    endless = f"CASE WHEN {one} > 0 THEN 'inf' WHEN {one} < 0 THEN '-inf' ELSE 'nan' END"
    by_zero = f"CASE WHEN {one} IS NULL THEN NULL ELSE CAST({endless} AS {name}) END"
    return f"CASE WHEN {other} = 0 THEN {by_zero} ELSE {one} / {other} END"


def _quotient_of_decimals(dividend: str, divisor: str, first: int, second: int, scale: int) -> str:
    """In whole numbers, half away from zero: DuckDB divides decimals as doubles."""
    whole = f"CAST({dividend} * {10**first} AS HUGEINT) * {10 ** (scale - first + second)}"
    by = f"CAST({divisor} * {10**second} AS HUGEINT)"
    sign = f"CASE WHEN ({dividend} < 0) <> ({divisor} < 0) THEN -1 ELSE 1 END"
    units = f"({sign}) * ((2 * abs({whole}) + abs({by})) // (2 * abs({by})))"
    unit = f"CAST(0.{'0' * (scale - 1)}1 AS DECIMAL({scale + 1}, {scale}))" if scale else "1"
    result = f"CAST(CAST({units} AS DECIMAL({37 - scale}, 0)) * {unit} AS DECIMAL(38, {scale}))"
    return f"CASE WHEN {divisor} = 0 THEN error('Division by zero') ELSE {result} END"


def remainder(one: Value, other: Value, engine: str) -> str:
    """`%` and mod: the sign is the dividend's; of whole numbers, and in the lake of doubles."""
    kind = common((one.kind, other.kind), "%")
    dividend, divisor = enclosed(one.text), enclosed(other.text)
    if kind.is_whole:
        if engine != DUCKDB:
            return f"({dividend} % {divisor})"
        return f"CASE WHEN {divisor} = 0 THEN error('Division by zero') ELSE {dividend} % {divisor} END"
    if kind.name == "double" and engine == DUCKDB:
        exact = f"CAST({dividend} AS DOUBLE) % CAST({divisor} AS DOUBLE)"
        nothing = f"CASE WHEN {dividend} IS NULL THEN NULL ELSE CAST('nan' AS DOUBLE) END"
        return f"CASE WHEN {divisor} = 0 THEN {nothing} ELSE {exact} END"
    raise QueryError(f"the remainder of {one.kind} by {other.kind} is not answered here; CAST both AS bigint")
