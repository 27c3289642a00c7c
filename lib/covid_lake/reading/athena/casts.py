"""CAST and TRY_CAST as Athena does them.

What a text must look like to be a number or a date, how numbers and times are written as text, and which way halves are
rounded: in all of these the engines differ from Athena and from each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena import json_casts, spellings, zones
from covid_lake.reading.athena.kinds import UTC, Kind, array_of, decimal, map_of, row_of
from covid_lake.reading.athena.values import DUCKDB, Value, enclosed, fails, literal_text, refuses, text_literal

NAMES: Final = {
    exp.DType.BOOLEAN: "boolean", exp.DType.TINYINT: "tinyint", exp.DType.SMALLINT: "smallint",
    exp.DType.INT: "integer", exp.DType.BIGINT: "bigint", exp.DType.FLOAT: "real", exp.DType.DOUBLE: "double",
    exp.DType.DECIMAL: "decimal", exp.DType.VARCHAR: "varchar", exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp", exp.DType.TIMESTAMPTZ: "timestamptz", exp.DType.TIME: "time",
    exp.DType.VARBINARY: "varbinary", exp.DType.UUID: "uuid", exp.DType.JSON: "json",
}  # fmt: skip
NESTED: Final = {exp.DType.ARRAY, exp.DType.MAP, exp.DType.STRUCT}
DUCKDB_NAMES: Final = {
    "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT",
    "real": "REAL", "double": "DOUBLE", "varchar": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ", "time": "TIME", "uuid": "UUID", "varbinary": "BLOB", "interval_days": "INTERVAL",
    "interval_months": "INTERVAL", "json": "JSON", "parsed_json": "JSON", "null": "INTEGER",
}  # fmt: skip
POSTGRES_NAMES: Final = {
    **{name: name for name in ("boolean", "smallint", "integer", "bigint", "real", "date", "timestamp")},
    "double": "float8", "varchar": "text", "timestamptz": "timestamp",
}  # fmt: skip
MICROSECONDS = 6
# The types that take a length or a number of digits.
WITH_DIGITS: Final = ("decimal", "varchar", "timestamp", "timestamptz", "time")


def kind_of_type(node: exp.DataType) -> Kind:
    """The kind of a type as a query names it; `QueryError` for one that is not answered."""
    if node.this in NESTED:
        return _nested_kind(node)
    name = NAMES.get(node.this)
    parameters = [int(parameter.name) for parameter in node.expressions if isinstance(parameter, exp.DataTypeParam)]
    if name is None or len(parameters) != len(node.expressions) or (parameters and name not in WITH_DIGITS):
        there = ", ".join(dict.fromkeys(NAMES.values())).replace("timestamptz", "timestamp with time zone")
        raise QueryError(f"the type {node.sql('trino')} is not answered here; there is {there}, array, map and row")
    if name == "decimal":
        return decimal(*(parameters + [38, 0][len(parameters) :]))
    if name in ("timestamp", "timestamptz", "time"):
        if parameters and parameters[0] > MICROSECONDS:
            raise QueryError(f"the type {node.sql('trino')} is not answered here: times have microseconds at most")
        return Kind(name, parameters[0] if parameters else 3, zone=UTC if name == "timestamptz" else "")
    return Kind(name, parameters[0] if parameters else 0)


def _nested_kind(node: exp.DataType) -> Kind:
    inner = [kind_of_type(one) for one in node.expressions if isinstance(one, exp.DataType)]
    if node.this == exp.DType.ARRAY and len(inner) == 1:
        return array_of(inner[0])
    if node.this == exp.DType.MAP and len(inner) == 2:
        return map_of(*inner)
    if node.this == exp.DType.STRUCT:
        if len(inner) == len(node.expressions):
            return row_of(("", kind) for kind in inner)
        fields = [one for one in node.expressions if isinstance(one, exp.ColumnDef)]
        if len(fields) == len(node.expressions):
            return row_of((field.this.name, kind_of_type(field.args["kind"])) for field in fields)
    raise QueryError(f"the type {node.sql('trino')} is not answered here; give all fields of a row names, or none")


def type_name(kind: Kind, engine: str) -> str:
    """The name of the type in the engine's SQL."""
    if kind.name == "decimal":
        return f"{'DECIMAL' if engine == DUCKDB else 'numeric'}({kind.precision}, {kind.scale})"
    if kind.name == "map" and kind.item and kind.key and engine == DUCKDB:
        return f"MAP({type_name(kind.key, engine)}, {type_name(kind.item, engine)})"
    if kind.name == "array" and kind.item:
        return f"{type_name(kind.item, engine)}[]"
    if kind.name == "row" and engine == DUCKDB and all(name for name, _ in kind.fields):
        fields = (
            f"{exp.to_identifier(name, quoted=True).sql(engine)} {type_name(its, engine)}" for name, its in kind.fields
        )
        return f"STRUCT({', '.join(fields)})"
    known = (DUCKDB_NAMES if engine == DUCKDB else POSTGRES_NAMES).get(kind.name)
    if known is None and kind.is_known:
        raise QueryError(f"the type {kind} is not answered by the warehouse; ask the lake, without --warehouse")
    if known is None:
        raise QueryError(f"of which type an expression is, is not known here ({kind}); CAST it")
    return known


def as_common(text: str, kind: Kind, kinds: Iterable[Kind], engine: str) -> str:
    """Cast the branches of a choice, such as CASE, to the type that they have in common."""
    if kind.family in ("number", "time") and any(one != kind for one in kinds):
        return f"CAST({text} AS {type_name(kind, engine)})"
    return text


def raised_by_postgres(message: str, kind: Kind) -> str:
    """An expression of that kind which fails with the message, an SQL expression: PostgreSQL has no function for it."""
    return f"CAST(CAST(CAST({message} AS text) AS integer) AS {POSTGRES_NAMES.get(kind.name, 'text')})"


def without_nan(text: str, kind: Kind, function: str) -> str:
    """The number for PostgreSQL, for which NaN is the largest; a NaN is refused when it is met."""
    raised = raised_by_postgres(f"'the warehouse does not answer {function} of NaN'", kind)
    return f"CASE WHEN {text} = 'NaN' THEN {raised} ELSE {text} END"


def timestamp_of(value: Value, engine: str) -> str:
    """A date or time as a timestamp of the engine: what the clocks of its zone show."""
    if value.kind.name == "timestamptz" and engine == DUCKDB:
        return zones.local_time(enclosed(value.text), value.kind.zone or UTC)
    name = "TIMESTAMP" if engine == DUCKDB else "timestamp"
    return f"CAST({value.text} AS {name})"


def write(value: Value, kind: Kind, engine: str, *, attempt: bool = False) -> Value:
    """Write a cast. With `attempt` it is TRY_CAST: NULL where the value can't be cast."""
    if attempt and engine != DUCKDB:
        raise QueryError("try_cast is not answered by the warehouse; ask the lake, without --warehouse")
    return Value(_written(value, kind, engine, attempt=attempt), kind, value.node)


def _written(value: Value, kind: Kind, engine: str, *, attempt: bool) -> str:
    source, text = value.kind, enclosed(value.text)
    cast = "TRY_CAST" if attempt else "CAST"
    pair = (source.family, kind.family)
    if source.name == "unknown":
        raise QueryError(f"CAST({value.text} AS {kind}): of which type it is, is not known here")
    if source.name == "null":
        return f"CAST({text} AS {type_name(kind, engine)})"
    if source.family == kind.family and source.family in ("array", "map", "row"):
        return _nested(value, kind, engine, attempt=attempt)
    if source == kind and kind.family != "text":
        return value.text
    if "json" in pair:
        if engine != DUCKDB:
            raise QueryError("JSON is not answered by the warehouse; ask the lake, without --warehouse")
        return (
            json_casts.to_json(value) if kind.family == "json" else json_casts.from_json(value, kind, attempt=attempt)
        )
    if pair == ("text", "bytes") and engine == DUCKDB and not attempt:
        return f"encode({text})"
    if kind.family == "text":
        return _short_text(source, _as_text(value, engine), kind.precision, engine, attempt=attempt)
    if pair == ("number", "number") or pair in (("boolean", "number"), ("number", "boolean")):
        return _number(source, kind, text, cast, type_name(kind, engine), engine)
    if source.family == "text" and kind.name in spellings.SPELLINGS:
        return _from_text(value, kind, cast, engine, attempt=attempt)
    if pair == ("time", "time"):
        return _time(value, kind, engine)
    if (
        pair == ("time", "clock")
        and source.name == "timestamp"
        and engine == DUCKDB
        and kind.precision >= source.precision
    ):
        return f"CAST({text} AS TIME)"
    raise QueryError(f"Athena has no CAST of {source} to {kind}, or it is not answered here")


def _nested(value: Value, kind: Kind, engine: str, *, attempt: bool) -> str:
    """Arrays, maps and rows whose parts are cast, too."""
    if engine != DUCKDB or attempt:
        raise QueryError(f"a CAST of {value.kind} to {kind} is not answered here; cast the values in it")
    if value.kind == kind:
        return value.text
    source, text = value.kind, enclosed(value.text)

    def cast(part: str, its: Kind, to: Kind) -> str:
        return _written(Value(part, its, exp.Var(this=part)), to, engine, attempt=False)

    if source.item and kind.item and source.name == "array":
        if source.item.name == "null":
            return f"CAST({text} AS {type_name(kind, engine)})"
        return f"list_transform({text}, lambda cast_item: {cast('cast_item', source.item, kind.item)})"
    if source.item and kind.item and source.key and kind.key:
        keys = f"list_transform(map_keys({text}), lambda cast_item: {cast('cast_item', source.key, kind.key)})"
        items = f"list_transform(map_values({text}), lambda cast_item: {cast('cast_item', source.item, kind.item)})"
        return f"CASE WHEN {text} IS NOT NULL THEN map({keys}, {items}) END"
    if len(source.fields) != len(kind.fields):
        raise QueryError(f"Athena has no CAST of {source} to {kind}")
    parts = [
        cast(field_of(text, place), its, to)
        for place, ((_, its), (_, to)) in enumerate(zip(source.fields, kind.fields, strict=True))
    ]
    return f"CASE WHEN {text} IS NOT NULL THEN {row_text(parts, kind)} END"


def row_text(parts: Iterable[str], kind: Kind) -> str:
    """A row of DuckDB with those parts, and the names that its kind says."""
    if all(name for name, _ in kind.fields):
        names = (exp.to_identifier(name, quoted=True).sql(DUCKDB) for name, _ in kind.fields)
        return f"struct_pack({', '.join(f'{name} := {part}' for name, part in zip(names, parts, strict=True))})"
    return f"row({', '.join(parts)})"


def field_of(text: str, place: int) -> str:
    """A field of a row of DuckDB, by its place from 0."""
    return f"struct_extract_at({text}, {place + 1})"


def _number(source: Kind, kind: Kind, text: str, cast: str, name: str, engine: str) -> str:
    if kind.name == "boolean":
        return f"({text} <> 0)"
    if source.name == "boolean":
        return f"CASE WHEN {text} THEN CAST(1 AS {name}) WHEN NOT {text} THEN CAST(0 AS {name}) END"
    if source.is_floating and (kind.is_whole or kind.name == "decimal"):
        if engine != DUCKDB and kind.name == "decimal":
            # By way of its text: PostgreSQL's own way keeps fifteen digits.
            return f"CAST(CAST({text} AS text) AS {name})"
        if kind.name == "decimal":
            # By way of its text, whose digits Athena rounds.
            return f"{cast}(athena_plain(CAST({text} AS VARCHAR)) AS {name})"
        up = f"CASE WHEN abs({text} - trunc({text})) >= 0.5 THEN sign({text}) ELSE 0 END"
        rounded = f"round({text})" if engine == DUCKDB else f"(trunc({text}) + {up})"
        return f"{cast}({rounded} AS {name})"
    return f"{cast}({text} AS {name})"


def _from_text(value: Value, kind: Kind, cast: str, engine: str, *, attempt: bool) -> str:
    name, text = type_name(kind, engine), enclosed(value.text)
    spelling = spellings.spelling(kind)
    literal = literal_text(value.node)
    if literal is not None and not attempt:
        # Judged here, a literal stays a constant, by which files can be passed over.
        found = re.fullmatch(spelling.pattern, literal)
        if kind.name == "timestamptz":
            return _zoned_literal(literal, kind)
        if not found:
            raise QueryError(f"Could not convert {literal!r} to {kind} as Athena reads it")
        if kind.name == "decimal":
            return f"CAST({text_literal(f'{Decimal(literal):f}')} AS {name})"
        return spellings.rounded(f"CAST({text_literal(found[1])} AS {name})", kind, literal, engine)
    if engine != DUCKDB:
        # A text that Athena refuses is made one that PostgreSQL refuses, too.
        strict = text_literal(f"^({spelling.core})$")
        checked = f"CASE WHEN {text} ~ {strict} THEN {text} ELSE 'no {kind} as Athena reads it: ' || {text} END"
        return f"CAST({checked} AS {name})"
    pattern = text_literal(f"^{spelling.pattern}$")
    source = f"regexp_extract({text}, {pattern}, 1)" if spelling.has_more else text
    if kind.name == "decimal":
        source = f"athena_plain({source})"
    read = spellings.rounded(f"{cast}({source} AS {name})", kind, None, engine)
    otherwise = "NULL" if attempt else fails(f"'Could not convert ' || {text} || ' to {kind}'")
    is_doubtful = spelling.is_doubtful(text)
    if is_doubtful:
        message = f"'{cast}: whether Athena reads ' || {text} || ' as {kind} is not known here'"
        otherwise = f"CASE WHEN {is_doubtful} THEN {refuses(message)} ELSE {otherwise} END"
    # A $ of RE2's stands at the end alone.
    return f"CASE WHEN {text} IS NULL OR regexp_matches({text}, {pattern}) THEN {read} ELSE {otherwise} END"


def _zoned_literal(literal: str, kind: Kind) -> str:
    """TIMESTAMP '2020-03-01 13:05:09 UTC'; its zone is not in the kind but in `kind_of_literal`."""
    found = spellings.ZONED.fullmatch(literal)
    if not found:
        raise QueryError(f"Could not convert {literal!r} to {kind} as Athena reads it")
    return zones.moment(f"CAST({text_literal(found['at'])} AS TIMESTAMP)", zones.zone_called(found["zone"]))


def zone_of_literal(node: exp.Expr) -> str | None:
    """The zone that a literal of a time names; None for any other expression."""
    text = literal_text(node)
    found = spellings.ZONED.fullmatch(text) if text is not None else None
    return zones.zone_called(found["zone"]) if found else None


def _time(value: Value, kind: Kind, engine: str) -> str:
    if kind.name == "timestamptz":
        local = timestamp_of(value, engine)
        zone = value.kind.zone or kind.zone or UTC
        if engine != DUCKDB:
            return f"CAST({value.text} AS {type_name(kind, engine)})"
        text = value.text if value.kind.name == "timestamptz" else zones.moment(local, zone)
    elif kind.name == "date":
        return f"CAST({timestamp_of(value, engine)} AS {type_name(kind, engine)})"
    else:
        text = timestamp_of(value, engine)
    if value.kind.name != "date" and kind.precision < value.kind.precision:
        return spellings.rounded_time(text, kind)
    return text


def _short_text(source: Kind, shown: str, length: int, engine: str, *, attempt: bool) -> str:
    """The text as varchar(length): a text is cut, and anything else must fit."""
    if not length:
        return shown
    if source.family == "text":
        return f"substr({shown}, 1, {length})"
    if engine != DUCKDB:
        raise QueryError(f"CAST of {source} AS varchar({length}) is not answered by the warehouse; use varchar")
    otherwise = "NULL" if attempt else fails(f"'The value does not fit into varchar({length})'")
    return f"CASE WHEN length({shown}) > {length} THEN {otherwise} ELSE {shown} END"


def _as_text(value: Value, engine: str) -> str:
    source, text = value.kind, enclosed(value.text)
    if source.family == "text":
        return value.text
    if engine != DUCKDB:
        if source.is_whole or source.name in ("decimal", "date", "boolean"):
            return f"CAST({text} AS text)"
        if source.name in ("timestamp", "timestamptz"):
            return _postgres_time_as_text(source, text)
    elif source.is_whole or source.name == "boolean":
        return f"CAST({text} AS VARCHAR)"
    elif source.name == "decimal":
        return _decimal_as_text(source, text)
    elif source.name == "double":
        return f"athena_floating_text({text}, CAST({text} AS VARCHAR))"
    elif source.name == "real":
        return f"athena_real_text({text}, CAST({text} AS VARCHAR))"
    elif source.name == "date":
        message = f"'how Athena writes the day ' || CAST({text} AS VARCHAR) || ' is not answered here'"
        is_usual = f"{text} IS NULL OR year({text}) BETWEEN 1 AND 9999"
        return f"CASE WHEN {is_usual} THEN CAST({text} AS VARCHAR) ELSE {refuses(message)} END"
    elif source.name in ("timestamp", "timestamptz", "time"):
        return _time_as_text(value, engine)
    raise QueryError(f"how Athena writes {source} as text is not answered here; CAST a part of it, or use format")


def _decimal_as_text(source: Kind, text: str) -> str:
    """DuckDB leaves out the 0 before the point where the type has no digit for it."""
    if source.precision > source.scale:
        return f"CAST({text} AS VARCHAR)"
    if source.precision == 38:
        raise QueryError(f"how Athena writes {source} as text is not answered here; CAST it AS decimal(38,37)")
    return f"CAST(CAST({text} AS DECIMAL({source.precision + 1}, {source.scale})) AS VARCHAR)"


def _time_as_text(value: Value, engine: str) -> str:
    kind = value.kind
    fraction = {0: "", 3: ".%g", 6: ".%f"}.get(kind.precision)
    if fraction is None:
        raise QueryError(f"a {kind} is not written as text here; CAST it to one of 0, 3 or 6 digits")
    if kind.name == "time":
        moment = f"(DATE '1970-01-01' + {enclosed(value.text)})"
        return f"strftime({moment}, {text_literal(f'%H:%M:%S{fraction}')})"
    zone = f" {kind.zone or UTC}" if kind.name == "timestamptz" else ""
    return f"strftime({timestamp_of(value, engine)}, {text_literal(f'%Y-%m-%d %H:%M:%S{fraction}{zone}')})"


def _postgres_time_as_text(source: Kind, text: str) -> str:
    fraction = {0: "", 3: ".MS", 6: ".US"}.get(source.precision)
    if fraction is None:
        raise QueryError(f"a {source} is not written as text here; CAST it to one of 0, 3 or 6 digits")
    zone = '" UTC"' if source.name == "timestamptz" else ""
    pattern = f"YYYY-MM-DD HH24:MI:SS{fraction}{zone}"
    return f"to_char({text}, {text_literal(pattern)})"
