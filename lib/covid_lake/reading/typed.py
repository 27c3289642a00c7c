"""Answers whose columns have the types that Athena gives them, whatever an engine made of them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa

from covid_lake.errors import QueryError
from covid_lake.reading.athena.kinds import PARSED_JSON, UTC, Kind

SCALARS: Final[dict[str, pa.DataType]] = {
    "boolean": pa.bool_(), "tinyint": pa.int8(), "smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64(),
    "real": pa.float32(), "double": pa.float64(), "varchar": pa.string(), "date": pa.date32(),
    "timestamp": pa.timestamp("us"), "time": pa.time64("us"), "varbinary": pa.binary(), "null": pa.null(),
    "json": pa.string(), "parsed_json": pa.string(),
}  # fmt: skip
# Doubles of Java's between these are written without an exponent.
PLAIN_FROM, PLAIN_TO = 1e-3, 1e7
HEXADECIMAL = re.compile(r"\\u00[0-9a-f]{2}")


def typed(table: pa.Table, columns: Sequence[tuple[str, Kind]]) -> pa.Table:
    """The table with its columns as Athena types and names them; values of an unknown type stay as they are."""
    if len(columns) != table.num_columns:
        raise QueryError(f"the engine gave {table.num_columns} columns, and the query has {len(columns)}")
    arrays = []
    for column, (name, kind) in zip(table.columns, columns, strict=True):
        try:
            chunks = [_typed(chunk, kind) for chunk in column.chunks]
        except pa.ArrowInvalid as error:
            raise QueryError(
                f"the column {name} has a value that does not fit into Athena's type {kind}: {error}"
            ) from error
        arrays.append(pa.chunked_array(chunks) if chunks else pa.chunked_array([], arrow_type(kind) or column.type))
    return pa.table(arrays, names=[name for name, _ in columns])


def arrow_type(kind: Kind) -> pa.DataType | None:
    """Arrow's type for a type of Athena's; None where there is none of its own."""
    if kind.name == "decimal":
        return pa.decimal128(kind.precision, kind.scale)
    if kind.name == "timestamptz":
        return pa.timestamp("us", tz=kind.zone or UTC)
    if kind.name == "array" and kind.item:
        item = arrow_type(kind.item)
        return item and pa.list_(item)
    if kind.name == "map" and kind.item and kind.key:
        key, item = arrow_type(kind.key), arrow_type(kind.item)
        return pa.map_(key, item) if key and item and kind.key.is_known else None
    if kind.name == "row":
        fields = [(_field_name(name, place), arrow_type(its)) for place, (name, its) in enumerate(kind.fields)]
        return pa.struct(fields) if all(its is not None for _, its in fields) else None
    return SCALARS.get(kind.name)


def _field_name(name: str, place: int) -> str:
    return name or f"field{place}"


def _typed(array: pa.Array, kind: Kind) -> pa.Array:
    goal = arrow_type(kind)
    if goal is None or array.type == goal:
        return _rewritten(array, kind) if kind.family == "json" else array
    if kind.name == "null":
        return pa.nulls(len(array))
    if kind.name == "row":
        parts = [_typed(part, its) for part, (_, its) in zip(array.flatten(), kind.fields, strict=True)]
        names = [_field_name(name, place) for place, (name, _) in enumerate(kind.fields)]
        return pa.StructArray.from_arrays(parts, names, mask=array.is_null())
    if kind.name == "array" and kind.item:
        items = _typed(array.values, kind.item)
        return pa.ListArray.from_arrays(array.offsets, items, mask=array.is_null())
    if kind.name == "map" and kind.item and kind.key and not array.null_count:
        keys, items = _typed(array.keys, kind.key), _typed(array.items, kind.item)
        return pa.MapArray.from_arrays(array.offsets, keys, items)
    return array.cast(goal)


def _rewritten(array: pa.Array, kind: Kind) -> pa.Array:
    texts = array.to_pylist()
    return pa.array([None if text is None else json_text(text, kind) for text in texts], pa.string())


def json_text(text: str, kind: Kind) -> str:
    """JSON as Athena shows it: without blanks, doubles as Java writes them, and the keys of parsed JSON sorted."""
    pairs: Callable[[list[tuple[str, Any]]], Any] = _sorted_pairs if kind == PARSED_JSON else _Pairs
    return _written(json.loads(text, object_pairs_hook=pairs, parse_int=_Digits))


class _Digits(str):
    """A whole number as it is written."""

    __slots__ = ()


class _Pairs(list[tuple[str, Any]]):
    """The entries of an object, in their order."""

    __slots__ = ()


def _sorted_pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    return _Pairs(sorted(dict(pairs).items()))


def _written(value: Any) -> str:
    if isinstance(value, _Pairs):
        return "{" + ",".join(f"{_quoted(name)}:{_written(item)}" for name, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, _Digits):
        return value
    if isinstance(value, str):
        return _quoted(value)
    return java_double(value) if isinstance(value, float) else json.dumps(value)


def _quoted(text: str) -> str:
    return HEXADECIMAL.sub(lambda found: f"\\u{found[0][2:].upper()}", json.dumps(text, ensure_ascii=False))


def java_double(number: float) -> str:
    """A number as Java's Double.toString writes it."""
    if math.isinf(number) or math.isnan(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if number == 0 or PLAIN_FROM <= abs(number) < PLAIN_TO:
        return f"{number!r}"
    # Java writes two digits at least, and the nearest of them.
    shortest = next(text for digits in range(1, 17) if float(text := f"{number:.{digits}e}") == number)
    mantissa, _, exponent = shortest.partition("e")
    return f"{mantissa}E{int(exponent)}"
