"""What Trino answers, as an Arrow table: its values come as JSON, and their types as SQL."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
from sqlglot import exp
from sqlglot.errors import SqlglotError

from covid_lake.reading.answers import Answer

Read = Callable[[Any], Any]
TYPES: Final = exp.DataType.Type
WHOLE_NUMBERS: Final = {
    TYPES.TINYINT: pa.int8(),
    TYPES.SMALLINT: pa.int16(),
    TYPES.INT: pa.int32(),
    TYPES.BIGINT: pa.int64(),
}
MICROSECONDS: Final = 6


def answer_of_values(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> Answer:
    """The answer that has these columns (name, type) and rows of values as the server wrote them.

    Days and times without a zone are such, numbers keep their digits, and arrays, maps and rows their types. What
    Arrow has no type for is text as Trino shows it, times with a zone and intervals among it, as is a column with days
    that Python has no value for, such as those after the year 9999.
    """
    values = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in columns]
    arrays = [_column(type_, column) for (_, type_), column in zip(columns, values, strict=True)]
    return Answer(pa.table(arrays, names=[name for name, _ in columns]))


def _column(type_: str, values: list[Any]) -> pa.Array:
    try:
        arrow, read = _reader(exp.DataType.build(type_, dialect="trino"))
        return pa.array([read(value) for value in values], arrow)
    except (SqlglotError, ValueError, pa.ArrowException):
        return pa.array([_text(value) for value in values], pa.string())


def _reader(kind: exp.Expr) -> tuple[pa.DataType, Read]:
    """The Arrow type, and what makes a Python value of it of one that the server wrote."""
    arrow, read = _reader_of_present(kind)
    return arrow, lambda value: None if value is None else read(value)


def _reader_of_present(kind: exp.Expr) -> tuple[pa.DataType, Read]:
    name = kind.this
    if name in WHOLE_NUMBERS:
        return WHOLE_NUMBERS[name], int
    if name == TYPES.BOOLEAN:
        return pa.bool_(), _boolean
    if name == TYPES.DOUBLE:
        return pa.float64(), float
    if name == TYPES.FLOAT:
        return pa.float32(), float
    if name == TYPES.DECIMAL and len(kind.expressions) == 2:
        return pa.decimal128(*(int(part.name) for part in kind.expressions)), Decimal
    if name == TYPES.VARBINARY:
        return pa.binary(), base64.b64decode
    if name == TYPES.DATE:
        return pa.date32(), date.fromisoformat
    if name == TYPES.TIMESTAMP and all(int(part.name) <= MICROSECONDS for part in kind.expressions):
        return pa.timestamp("us"), datetime.fromisoformat
    if name == TYPES.ARRAY:
        item, read_item = _reader(kind.expressions[0])
        return pa.list_(item), lambda values: [read_item(value) for value in values]
    if name == TYPES.MAP:
        (key, read_key), (item, read_item) = map(_reader, kind.expressions)
        return pa.map_(key, item), lambda pairs: [(read_key(k), read_item(v)) for k, v in pairs.items()]
    if name == TYPES.STRUCT:
        return _reader_of_row(kind)
    return pa.string(), _text


def _reader_of_row(kind: exp.Expr) -> tuple[pa.DataType, Read]:
    names = [field.name if isinstance(field, exp.ColumnDef) else "" for field in kind.expressions]
    readers = [_reader(field.args.get("kind", field)) for field in kind.expressions]
    arrow = pa.struct([pa.field(name, type_) for name, (type_, _) in zip(names, readers, strict=True)])
    return arrow, lambda values: tuple(read(value) for (_, read), value in zip(readers, values, strict=True))


def _boolean(value: Any) -> bool:
    """The keys of a map are text."""
    return value is True or value == "true"


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
