"""What a query answers, and how a person or a program gets to see it."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from covid_lake.errors import QueryError, SettingsError

if TYPE_CHECKING:
    from rich.table import Table as RichTable

FORMATS = ("table", "csv", "json")


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The result of one query as an Arrow table: `rows` for a program, `arrow.to_pandas()` for a plot."""

    arrow: pa.Table

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.arrow.column_names)

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows as Python values; NULL is None, a timestamp bears its zone."""
        return list(zip(*(column.to_pylist() for column in self.arrow.columns), strict=True))

    def __len__(self) -> int:
        return int(self.arrow.num_rows)


def answer_of_arrow(table: pa.Table) -> Answer:
    """The answer of an engine that speaks Arrow."""
    return Answer(_with_whole_numbers(table))


def answer_of_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Answer:
    """The answer of an engine that speaks rows; a column of only NULLs has no type."""
    values = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in columns]
    return Answer(_with_whole_numbers(pa.table([pa.array(column) for column in values], names=list(columns))))


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
    """The answer as CSV with a header; NULL is empty, a date ISO 8601, a list its JSON text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_csv_field(value) for value in row] for row in answer.rows)
    return text.getvalue()


def format_json(answer: Answer) -> str:
    """The answer as a JSON array of objects; a date is ISO 8601 text, NULL and what is no number are null."""
    if len(set(answer.columns)) < len(answer.columns):
        raise QueryError(
            f"a JSON object cannot hold two columns of one name; name them apart: {', '.join(answer.columns)}"
        )
    records = ({name: _json_value(v) for name, v in zip(answer.columns, row, strict=True)} for row in answer.rows)
    lines = ",\n".join(json.dumps(record, ensure_ascii=False, allow_nan=False) for record in records)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def format_table(answer: Answer, width: int | None = None) -> str:
    """The answer as a table for a person's eyes, as wide as the terminal or as `width` characters."""
    from rich.console import Console

    console = Console(file=io.StringIO(), width=width)
    with console.capture() as captured:
        console.print(rich_table(answer))
    return captured.get()


def rich_table(answer: Answer) -> RichTable:
    """The answer as rich draws it: numbers to the right, NULL as a dimmed dash."""
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    for name, kind in zip(answer.columns, answer.arrow.schema.types, strict=True):
        table.add_column(escape(name), justify="right" if _is_number(kind) else "left")
    for row in answer.rows:
        table.add_row(*("[dim]–[/dim]" if value is None else escape(_csv_field(value)) for value in row))
    return table


def _with_whole_numbers(table: pa.Table) -> pa.Table:
    """Sums of counts as BIGINT, which is what they are in Athena; DuckDB and PostgreSQL widen them to decimals."""
    for index, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            try:
                table = table.set_column(index, field.name, table.column(index).cast(pa.int64()))
            except pa.ArrowInvalid:
                continue
    return table


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _csv_field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | dict):
        return json.dumps(_json_value(value), ensure_ascii=False)
    return str(value)


def _json_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_json_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _json_value(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
