"""What a query answers, and how a person or a program gets to see it."""

from __future__ import annotations

import csv
import io
import json
import math
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from covid_lake.errors import QueryError, SettingsError

if TYPE_CHECKING:
    from covid_lake.reading.grid import Grid

FORMATS = ("table", "csv", "json")
NANOSECONDS_A_DAY = 86_400_000_000_000
SHORTEST_SINGLE, LONGEST_SINGLE = 6, 9


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The result of one query as an Arrow table: `rows` for a program, `arrow.to_pandas()` for a plot."""

    arrow: pa.Table

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.arrow.column_names)

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows as Python values; NULL is None, and a time has a zone where it has one in Athena."""
        return list(zip(*(column.to_pylist() for column in self.arrow.columns), strict=True))

    def __len__(self) -> int:
        return int(self.arrow.num_rows)


def answer_of_arrow(table: pa.Table) -> Answer:
    """The answer of an engine that speaks Arrow."""
    return Answer(_with_whole_numbers(table))


def answer_of_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Answer:
    """The answer of an engine that speaks rows; a column of only NULLs has no type.

    A column of values that Arrow has no type for, such as PostgreSQL's addresses and ranges, is text.
    """
    values = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in columns]
    return Answer(_with_whole_numbers(pa.table([_array(column) for column in values], names=list(columns))))


def format_answer(answer: Answer, style: str) -> str:
    """The answer as text in one of `FORMATS`; `SettingsError` for another."""
    if style == "csv":
        return format_csv(answer)
    if style == "json":
        return format_json(answer)
    if style == "table":
        return format_table(answer)
    raise SettingsError(f"{style!r} is no format of an answer; there is: {', '.join(FORMATS)}")


def format_csv(answer: Answer) -> str:
    """The answer as CSV with a header; NULL is empty, other values as Athena shows them, what is nested as JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(["" if value is None else value for value in row] for row in _texts(answer))
    return text.getvalue()


def format_json(answer: Answer) -> str:
    """The answer as a JSON array of objects, numbers with all their digits; what is not finite is null, as NULL is.

    Times, intervals and bytes are the text that Athena shows; a map is an object, as a row is.
    """
    if len(set(answer.columns)) < len(answer.columns):
        raise QueryError(
            f"a JSON object cannot hold two columns of one name; name them apart: {', '.join(answer.columns)}"
        )
    names = [json.dumps(name, ensure_ascii=False) for name in answer.columns]
    columns = [map(_json, _plain_column(column)) for column in answer.arrow.columns]
    records = zip(*columns, strict=True) if columns else iter(())
    lines = ",\n".join(
        "{" + ", ".join(f"{name}: {value}" for name, value in zip(names, record, strict=True)) + "}"
        for record in records
    )
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def format_table(answer: Answer, width: int | None = None) -> str:
    """The answer as a table for a person's eyes.

    Where the table is wider than `width` characters, each row is a block of lines instead; no value is cut.
    """
    from covid_lake.reading.grid import Page, grid_lines

    lines = grid_lines(answer_grid(answer), Page(width))
    return "\n".join("".join(part if isinstance(part, str) else part[0] for part in line) for line in lines) + "\n"


def answer_grid(answer: Answer) -> Grid:
    """The answer as a terminal shows it: numbers to the right, NULL as a dimmed dash."""
    from covid_lake.reading.grid import Column, Grid

    kinds = zip(answer.columns, answer.arrow.schema.types, strict=True)
    return Grid([Column(name, right=_is_number(kind)) for name, kind in kinds], list(_texts(answer)))


def _with_whole_numbers(table: pa.Table) -> pa.Table:
    """Sums of counts as BIGINT, which is what they are in Athena; DuckDB and PostgreSQL widen them to decimals."""
    for index, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            try:
                table = table.set_column(index, field.name, table.column(index).cast(pa.int64()))
            except pa.ArrowInvalid:
                continue
    return table


def plain_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The rows as values that `json.dumps` takes, as `format_json` writes them; a decimal is a float here."""
    columns = [map(_finite, _plain_column(column)) for column in table.columns]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def _finite(value: Any) -> Any:
    if isinstance(value, Decimal):
        value = float(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _array(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _texts(answer: Answer) -> Iterable[tuple[str | None, ...]]:
    """The rows as texts; NULL is None."""
    columns = [[_text(value) for value in _plain_column(column)] for column in answer.arrow.columns]
    return zip(*columns, strict=True)


def plain_columns(table: pa.Table) -> list[list[Any]]:
    """The values, column by column, as JSON knows them, and with all digits of decimals."""
    return [list(_plain_column(column)) for column in table.columns]


def _plain_column(column: pa.ChunkedArray) -> Iterable[Any]:
    return chain.from_iterable(map(_plain, column.chunks))


def _plain(array: pa.Array) -> list[Any]:
    """The values as JSON knows them: None, bool, int, float, Decimal, text, list or dict."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if isinstance(kind, pa.BaseExtensionType):
        return [None if value is None else str(value) for value in array.to_pylist()]
    if pa.types.is_map(kind):
        return [None if row.values is None else _object(row.values) for row in array]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [None if row.values is None else _plain(row.values) for row in array]
    if pa.types.is_struct(kind):
        return _structs(array)
    write = _writer(kind)
    return [None if value is None else write(value) for value in _python_values(array)]


def _object(entries: pa.StructArray) -> dict[str, Any]:
    """The entries of one map."""
    keys, values = entries.flatten()
    names = [_text(key) or "" for key in _plain(keys)]
    return dict(zip(names, _plain(values), strict=True))


def _structs(array: pa.StructArray) -> list[Any]:
    """Rows with their fields' names; fields without one are called `field0` and so on, as in Athena."""
    given = [array.type.field(at).name for at in range(array.type.num_fields)]
    names = [name if name and given.count(name) == 1 else f"field{at}" for at, name in enumerate(given)]
    columns = [_plain(values) for values in array.flatten()]
    records = zip(*columns, strict=True) if columns else ((),) * len(array)
    pairs = zip(array.is_valid().to_pylist(), records, strict=True)
    return [dict(zip(names, record, strict=True)) if valid else None for valid, record in pairs]


def _python_values(array: pa.Array) -> list[Any]:
    """The values as Python has them; as Arrow's text where Python has none, such as days after the year 9999."""
    kind = array.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        array = array.cast(pa.timestamp("us", kind.tz), safe=False)
    elif pa.types.is_time(kind) and kind.unit == "ns":
        array = array.cast(pa.time64("us"), safe=False)
    try:
        return list(array.to_pylist())
    except (OverflowError, ValueError):
        zoneless = array.cast(pa.timestamp(array.type.unit)) if pa.types.is_timestamp(kind) else array
        texts = zoneless.cast(pa.string()).to_pylist()
        return [None if text is None else _beyond_9999(text).replace(".000000", ".000") for text in texts]


def _beyond_9999(text: str) -> str:
    """A date or time, with the sign that Athena puts before years of more than four digits."""
    return f"+{text}" if text.index("-", 1) > len("9999") and not text.startswith("-") else text


def _writer(kind: pa.DataType) -> Callable[[Any], Any]:
    """What makes a plain value of a value of this type, as Athena shows it."""
    if pa.types.is_null(kind) or pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_string(kind):
        return lambda value: value
    if pa.types.is_decimal(kind) or pa.types.is_float64(kind):
        return lambda value: value
    if pa.types.is_float32(kind) or pa.types.is_float16(kind):
        return _single
    if pa.types.is_timestamp(kind):
        zone = f" {kind.tz}" if kind.tz else ""
        return lambda value: f"{_moment(value)}{zone}"
    return _moment


def _moment(value: Any) -> str:
    """Days, times, intervals and bytes as Athena shows them; anything else as its own text."""
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, datetime):
        return f"{value.date().isoformat()} {_clock(value)}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return _clock(value)
    if isinstance(value, timedelta):
        return _interval(0, value // timedelta(microseconds=1) * 1000)
    if isinstance(value, pa.MonthDayNano):
        return _interval(value.months, value.days * NANOSECONDS_A_DAY + value.nanoseconds)
    return str(value)


def _clock(value: datetime | time) -> str:
    """Hours to milliseconds, or to microseconds where there are any."""
    micros = value.microsecond
    return f"{value:%H:%M:%S}." + (f"{micros:06}" if micros % 1000 else f"{micros // 1000:03}")


def _interval(months: int, nanoseconds: int) -> str:
    """`1-2` for months, `2 03:04:05.000` for days and less; both, where an interval has both."""
    parts = []
    if months:
        years, rest = divmod(abs(months), 12)
        parts.append(f"{'-' if months < 0 else ''}{years}-{rest}")
    if nanoseconds or not months:
        days, rest = divmod(abs(nanoseconds), NANOSECONDS_A_DAY)
        seconds, fraction = divmod(rest, 1_000_000_000)
        digits = f"{fraction:09}".rstrip("0").ljust(3, "0")
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{digits}"
        parts.append(f"{'-' if nanoseconds < 0 else ''}{days} {clock}")
    return " ".join(parts)


def _single(value: Any) -> float:
    """A number of single precision as the shortest one that is the same in that precision: 0.1, not 0.10000000149."""
    if not isinstance(value, float) or not math.isfinite(value):
        return float(value)
    stored = struct.pack("f", value)
    shorter = (float(f"{value:.{digits}g}") for digits in range(SHORTEST_SINGLE, LONGEST_SINGLE + 1))
    return next(number for number in shorter if _as_single(number) == stored)


def _as_single(number: float) -> bytes | None:
    try:
        return struct.pack("f", number)
    except OverflowError:  # rounded up, the largest numbers have no single precision
        return None


def _text(value: Any) -> str | None:
    """A plain value as text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return _json(value)


def _json(value: Any) -> str:
    """A plain value as JSON text. `json.dumps` would make a float of a decimal and lose digits."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_json(name)}: {_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else "null"
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    return json.dumps(value, ensure_ascii=False)
