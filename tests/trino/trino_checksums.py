"""A table's rows in two figures, computed by Trino and by DuckDB: how many there are, and a checksum of all values.

The checksum is the sum of a number for each row: the first twelve digits of the MD5 of its values as text. Numbers with
fractions count to the sixth digit after the point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import md5

import pyarrow as pa

from covid_lake.reading.lake import Lake
from server import Trino

Figures = tuple[int, int]
# Signs that no value has.
BETWEEN_VALUES, NO_VALUE, BETWEEN_ITEMS = "\x1e", "\x1f", "\x1d"


def trino_figures(trino: Trino, source: str, fields: Sequence[tuple[str, pa.DataType]]) -> Figures:
    """The figures of the rows of a table or a query in brackets, by names of columns and the types that they have."""
    number = "from_base(substr(to_hex(md5(to_utf8({}))), 1, 12), 16)"
    text = _row_text(fields, _text_in_trino)
    ((rows, checksum),) = trino.rows(
        f"SELECT count(*), coalesce(sum(CAST({number.format(text)} AS decimal(38, 0))), 0) FROM {source}"
    )
    return rows, int(checksum)


def lake_figures(lake: Lake, table: str, fields: Sequence[tuple[str, pa.DataType]]) -> Figures:
    """The figures of the table's rows as the lake has them."""
    text = _row_text(fields, _text_in_duckdb)
    counted = lake.relation(table).aggregate(
        f"count(*), coalesce(sum(CAST('0x' || substr(md5({text}), 1, 12) AS bigint)), 0)"
    )
    ((rows, checksum),) = counted.fetchall()
    return rows, int(checksum)


def figures_of(rows: Iterable[tuple[str, ...]]) -> Figures:
    """The figures of rows of texts."""
    texts = (BETWEEN_VALUES.join(row) for row in rows)
    numbers = [int(md5(text.encode(), usedforsecurity=False).hexdigest()[:12], 16) for text in texts]
    return len(numbers), sum(numbers)


def quoted(name: str) -> str:
    """The name as both engines quote it."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _row_text(fields: Sequence[tuple[str, pa.DataType]], as_text: Callable[[str, pa.DataType], str]) -> str:
    values = (f"coalesce({as_text(quoted(name), type_)}, '{NO_VALUE}')" for name, type_ in fields)
    return f" || '{BETWEEN_VALUES}' || ".join(values)


def _text_in_trino(name: str, type_: pa.DataType) -> str:
    if pa.types.is_floating(type_):
        return f"CAST(CAST(round({name} * 1e6) AS bigint) AS varchar)"
    if pa.types.is_timestamp(type_):
        return f"CAST(CAST(round(to_unixtime({name}) * 1e6) AS bigint) AS varchar)"
    if pa.types.is_list(type_):
        return f"array_join({name}, '{BETWEEN_ITEMS}')"
    return f"CAST({name} AS varchar)"


def _text_in_duckdb(name: str, type_: pa.DataType) -> str:
    if pa.types.is_floating(type_):
        return f"CAST(CAST(round({name} * 1e6) AS bigint) AS varchar)"
    if pa.types.is_timestamp(type_):
        return f"CAST(epoch_us({name}) AS varchar)"
    if pa.types.is_list(type_):
        return f"array_to_string({name}, '{BETWEEN_ITEMS}')"
    return f"CAST({name} AS varchar)"
