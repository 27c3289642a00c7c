"""Checksums of a table: two numbers for each column, which DuckDB and the warehouse compute in the same way.

The numbers are how many values are not null, and the exact sum of the values as integers. The order of the rows does
not matter, and no rows are transferred. DuckDB reads the version's files itself, so that a value which the engine or
the driver read or sent wrongly is found. A value counts as this integer:

| type | integer |
|---|---|
| int, bigint | itself |
| decimal | itself; the sum is counted in units of its last digit |
| text | the first 60 bits of the MD5 hash of its UTF-8 bytes |
| boolean | 1 for true, 0 for false |
| date | days since 1970-01-01 |
| timestamp | microseconds since 1970-01-01 00:00 UTC |
| double | millionths, rounded down; only the count where that would not fit 63 bits |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

from covid_lake.contracts import Column, Type
from covid_lake.store.questions import Questions, Stored
from covid_lake.store.storage import Storage
from covid_lake.warehouse.dialects import Dialect, quote
from covid_lake.warehouse.merge import Scope

# Past this a double's millionths leave a BIGINT; NaN and the infinities count as larger in DuckDB and in PostgreSQL.
LARGEST_SUMMED_DOUBLE = "9e12"


@dataclass(frozen=True, slots=True)
class ColumnSum:
    """The checksum of one column."""

    present: int
    """How many values are not null."""
    total: int
    """The sum of the values as integers."""


@dataclass(frozen=True, slots=True)
class Checksums:
    """A table's row count and, by name, the sums of its columns."""

    rows: int
    columns: dict[str, ColumnSum]
    longest: dict[str, int] = field(default_factory=dict, compare=False)
    """The longest value of each text column in bytes of UTF-8; of files alone."""


def file_checksums(storage: Storage, stored: Stored, columns: Sequence[Column]) -> Checksums:
    """The checksums of the rows in some files of a table. `StorageError` if a file can't be read."""
    sums, source = _sums("version", columns, _duckdb_integer, "HUGEINT")
    texts = {column.name: _text(position) for position, column in enumerate(columns) if column.type is Type.TEXT}
    lengths = [f"coalesce(max(strlen({text})), 0)" for text in texts.values()]
    # As text, because there is no other type that every number fits.
    cells = ", ".join(f"CAST({value} AS VARCHAR) AS c{position}" for position, value in enumerate([*sums, *lengths]))
    (row,) = Questions(storage, {"version": lambda: stored}).rows(f"SELECT {cells} FROM {source}")  # noqa: S608
    found = list(row.values())
    longest = {name: int(length) for name, length in zip(texts, found[len(sums) :], strict=True)}
    return replace(_read(found[: len(sums)], columns), longest=longest)


def checksum_query(
    schema: str, table: str, columns: Sequence[Column], dialect: Dialect, scope: Scope | None = None
) -> str:
    """A query for the same numbers of a table in the warehouse, or a part of it; `read_checksums` reads its row."""
    part = f" WHERE {scope.predicate('t')}" if scope else ""
    table_or_part = f"{quote(schema, table)} AS t{part}"
    integer = partial(_warehouse_integer, dialect)
    sums, source = _sums(table_or_part, columns, integer, "numeric(38, 0)", groups=dialect.compares_trailing_blanks)
    return f"SELECT {', '.join(sums)} FROM {source}"  # noqa: S608


def read_checksums(row: Sequence[str | None], columns: Sequence[Column]) -> Checksums:
    """The checksums from the one row that `checksum_query` returns, with its cells as text."""
    return _read(row, columns)


def first_difference(expected: Checksums, found: Checksums) -> str | None:
    """The first difference between the curated version and the warehouse, as a sentence; None if there is none."""
    if expected.rows != found.rows:
        return f"row count: {expected.rows} in the curated version, {found.rows} in the warehouse"
    for name, curated in expected.columns.items():
        loaded = found.columns[name]
        if curated.present != loaded.present:
            return f"column {name}: {curated.present} values in the curated version, {loaded.present} in the warehouse"
        if curated.total != loaded.total:
            return f"column {name}: checksum {curated.total} in the curated version, {loaded.total} in the warehouse"
    return None


def _sums(
    table: str, columns: Sequence[Column], integer: Callable[[Column, str], str], exact: str, *, groups: bool = True
) -> tuple[list[str], str]:
    """The numbers that are wanted as expressions, and what they are selected from.

    With `groups` that has a row for each combination of texts, of which a table of facts has few, so that each is
    hashed once and not for every row. `exact` is a type for the product of a text's integer and a number of rows.
    """
    wanted, grouped, texts = ["sum(_rows)"], ["count(*) AS _rows"], []
    for position, column in enumerate(columns):
        name = quote(column.name)
        if column.type is Type.TEXT and groups:
            text = _text(position)
            texts.append(name)
            grouped.append(f"{name} AS {text}")
            wanted += [
                f"sum(CASE WHEN {text} IS NULL THEN 0 ELSE _rows END)",
                f"sum(CAST(_rows AS {exact}) * {integer(column, text)})",
            ]
        else:
            grouped += [f"count({name}) AS _present{position}", f"sum({integer(column, name)}) AS _total{position}"]
            wanted += [f"sum(_present{position})", f"sum(_total{position})"]
    by_texts = f" GROUP BY {', '.join(texts)}" if texts else ""
    return wanted, f"(SELECT {', '.join(grouped)} FROM {table}{by_texts}) AS grouped"  # noqa: S608


def _text(position: int) -> str:
    return f"_text{position}"


def _read(cells: Sequence[object], columns: Sequence[Column]) -> Checksums:
    rows, *pairs = cells
    found = zip(columns, pairs[::2], pairs[1::2], strict=True)
    return Checksums(
        _count(rows),
        {column.name: ColumnSum(_count(present), _total(column, total)) for column, present, total in found},
    )


def _count(cell: object) -> int:
    return 0 if cell is None else int(str(cell))  # the sum of nothing is null


def _total(column: Column, cell: object) -> int:
    if cell is None:  # the sum of nothing
        return 0
    # A fraction, because Decimal rounds to the 28 digits of its context.
    return int(Fraction(str(cell)) * 10 ** (column.scale or 0))


def _duckdb_integer(column: Column, value: str) -> str:
    match column.type:
        case Type.TEXT:
            return f"CAST('0x' || substring(md5({value}), 1, 15) AS BIGINT)"
        case Type.BOOLEAN:
            return f"CAST({value} AS INTEGER)"
        case Type.DATE:
            return f"{value} - DATE '1970-01-01'"
        case Type.TIMESTAMP:
            return f"epoch_us({value})"
        case Type.DOUBLE:
            return f"CASE WHEN abs({value}) < {LARGEST_SUMMED_DOUBLE} THEN CAST(floor({value} * 1e6) AS BIGINT) END"
        case Type.INT | Type.BIGINT | Type.DECIMAL:
            return value


def _warehouse_integer(dialect: Dialect, column: Column, value: str) -> str:
    match column.type:
        case Type.TEXT:
            return dialect.text_number.format(text=value)
        case Type.BOOLEAN:
            return f"CASE WHEN {value} THEN 1 ELSE 0 END"
        case Type.DATE:
            return f"{value} - date '1970-01-01'"
        case Type.TIMESTAMP:
            return dialect.time_number.format(time=value)
        case Type.DOUBLE:
            millionths = f"CAST(floor({value} * 1e6::double precision) AS bigint)"
            return f"CASE WHEN abs({value}) < {LARGEST_SUMMED_DOUBLE} THEN {millionths} END"
        case Type.INT | Type.BIGINT | Type.DECIMAL:
            return value
