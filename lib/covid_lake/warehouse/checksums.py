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

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

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
    wanted = ["count(*)"]
    for column in columns:
        wanted += [f"count({quote(column.name)})", f"sum({_duckdb_integer(column)})"]
    texts = [column.name for column in columns if column.type is Type.TEXT]
    summed = len(wanted)
    wanted += [f"coalesce(max(strlen({quote(name)})), 0)" for name in texts]
    # As text, because there is no other type that every number fits.
    cells = ", ".join(f"CAST({value} AS VARCHAR) AS c{position}" for position, value in enumerate(wanted))
    (row,) = Questions(storage, {"version": lambda: stored}).rows(f"SELECT {cells} FROM version")  # noqa: S608
    found = list(row.values())
    longest = {name: int(length) for name, length in zip(texts, found[summed:], strict=True)}
    return replace(_read(found[:summed], columns), longest=longest)


def checksum_query(
    schema: str, table: str, columns: Sequence[Column], dialect: Dialect, scope: Scope | None = None
) -> str:
    """A query for the same numbers of a table in the warehouse, or a part of it; `read_checksums` reads its row."""
    wanted = ["count(*)"]
    for column in columns:
        wanted += [f"count({quote(column.name)})", f"sum({_warehouse_integer(column, dialect)})"]
    part = f" WHERE {scope.predicate('t')}" if scope else ""
    return f"SELECT {', '.join(wanted)} FROM {quote(schema, table)} AS t{part}"  # noqa: S608


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


def _read(cells: Sequence[object], columns: Sequence[Column]) -> Checksums:
    rows, *pairs = cells
    found = zip(columns, pairs[::2], pairs[1::2], strict=True)
    return Checksums(
        int(str(rows)),
        {column.name: ColumnSum(int(str(present)), _total(column, total)) for column, present, total in found},
    )


def _total(column: Column, cell: object) -> int:
    if cell is None:  # the sum of nothing
        return 0
    # A fraction, because Decimal rounds to the 28 digits of its context.
    return int(Fraction(str(cell)) * 10 ** (column.scale or 0))


def _duckdb_integer(column: Column) -> str:
    value = quote(column.name)
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


def _warehouse_integer(column: Column, dialect: Dialect) -> str:
    value = quote(column.name)
    match column.type:
        case Type.TEXT:
            return dialect.text_number.format(text=value)
        case Type.BOOLEAN:
            return f"CASE WHEN {value} THEN 1 ELSE 0 END"
        case Type.DATE:
            return f"{value} - date '1970-01-01'"
        case Type.TIMESTAMP:
            return f"CAST(extract(epoch FROM {value}) * 1000000 AS bigint)"
        case Type.DOUBLE:
            millionths = f"CAST(floor({value} * 1e6::double precision) AS bigint)"
            return f"CASE WHEN abs({value}) < {LARGEST_SUMMED_DOUBLE} THEN {millionths} END"
        case Type.INT | Type.BIGINT | Type.DECIMAL:
            return value
