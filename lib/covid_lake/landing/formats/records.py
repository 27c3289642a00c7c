"""The records of a landing file as Arrow: their columns, and batches made of rows.

All columns but the line are text. PyArrow is loaded where records are read, so that other commands start without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from covid_lake.landing.formats.interface import Fields

if TYPE_CHECKING:
    import pyarrow as pa

SURPLUS = "_surplus"
LINE = "_line"
BATCH_RECORDS = 10_000


def position(i: int) -> str:
    """The column that holds the field at a place of the header."""
    return f"_c{i}"


def record_schema(width: int) -> pa.Schema:
    """The columns of records of that many fields: the fields, what stands past them, and the line."""
    import pyarrow as pa

    texts = [*(position(i) for i in range(width)), SURPLUS]
    return pa.schema([*((name, pa.string()) for name in texts), (LINE, pa.int64())])


def batches_of(rows: Iterable[tuple[int, Fields]], width: int) -> Iterator[pa.RecordBatch]:
    """Rows of a line and its fields, which may be fewer than the width or more."""
    import pyarrow as pa

    left = iter(rows)
    while chosen := list(islice(left, BATCH_RECORDS)):
        # The places of all records one after the other: a record that ends before a place has null there.
        places = islice(zip_longest(*(fields for _, fields in chosen)), width + 1)
        columns = [pa.array(texts, pa.string()) for texts in places]
        yield batch_of(columns, pa.array([line for line, _ in chosen], pa.int64()), width)


def batch_of(columns: list[pa.Array], lines: pa.Array, width: int) -> pa.RecordBatch:
    """Records of which the first columns are given; the other fields are null."""
    import pyarrow as pa

    empty = pa.nulls(len(lines), pa.string())
    return pa.record_batch([*columns, *[empty] * (width + 1 - len(columns)), lines], schema=record_schema(width))


def line_numbers(first: int, count: int) -> pa.Array:
    """The numbers of that many lines one after the other."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ones = pa.repeat(pa.scalar(1, pa.int64()), count)
    return pc.cumulative_sum(ones, start=pa.scalar(first - 1, pa.int64()))


def without_places(numbers: pa.Array, places: Sequence[int]) -> pa.Array:
    """The numbers, which differ, without those at the places."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return numbers.filter(pc.invert(pc.is_in(numbers, numbers.take(pa.array(places))))) if places else numbers
