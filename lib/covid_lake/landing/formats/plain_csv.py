"""CSV that Arrow's parser reads as Spark's does, told by a look at its bytes: nearly all that arrives.

The two agree on lines that have as many fields as the header, where a quote stands at the border of a field or is
doubled within one. They differ on what is odd: blanks behind a quoted field, text behind one, short and long lines.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from covid_lake.contracts import Csv

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class PlainLines:
    """What Arrow's parser made of lines."""

    columns: list[pa.Array]
    """A column for each field of the header."""
    left_out: list[int]
    """The lines that have fewer fields or more, counted from 0: they are not in the columns."""


def plain_lines(content: bytes, count: int, form: Csv, width: int) -> PlainLines | None:
    """The fields of lines that are all records, so many as are counted; None where the two parsers may differ.

    The lines are without a header and blank lines, and no field holds a line end.
    """
    import pyarrow as pa
    import pyarrow.csv as pc

    has_quotes = form.quote.encode() in content
    if content.startswith(codecs.BOM_UTF8) or not _is_plain(content, form, has_quotes):
        return None
    text = content if form.encoding == "utf-8" or content.isascii() else content.decode(form.encoding).encode()
    names = [str(i) for i in range(width)]
    left_out: list[int] = []

    def leave_out(row: Any) -> str:
        left_out.append(row.number - 1)
        return "skip"

    try:
        table = pc.read_csv(
            pa.BufferReader(text),
            pc.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
            pc.ParseOptions(
                delimiter=form.delimiter,
                quote_char=form.quote if has_quotes else False,
                invalid_row_handler=leave_out,
            ),
            pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows + len(left_out) != count:
        return None
    return PlainLines([column.combine_chunks() for column in table.columns], left_out)


def _is_plain(content: bytes, form: Csv, has_quotes: bool) -> bool:
    if b"\r" in content and content.count(b"\r") != content.count(b"\r\n"):
        return False
    if form.escape != form.quote:
        return not has_quotes and form.escape.encode() not in content
    return not has_quotes or _are_at_borders(content, form)


def _are_at_borders(content: bytes, form: Csv) -> bool:
    """Whether each quote begins or ends a whole field, or is doubled within one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    pieces = pc.split_pattern(pa.array([content], pa.large_binary()), form.quote).flatten()
    if len(pieces) % 2 == 0:
        return False
    if len(pieces) == 1:
        return True
    # Every other piece stands outside of quotes. It is empty where a quote is doubled, or has borders on both sides.
    borders = pa.array([b"", form.delimiter.encode(), b"\r", b"\n"], pieces.type)
    begins = pc.is_in(pc.binary_slice(pieces[1:], 0, 1), borders)
    ends = pc.is_in(pc.binary_slice(pieces[:-1], -1), borders)
    return bool(pc.all(_every_other(begins, 1)).as_py() and pc.all(_every_other(ends, 0)).as_py())


def _every_other(values: pa.Array, first: int) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.list_element(pa.FixedSizeListArray.from_arrays(values, 2), first)
