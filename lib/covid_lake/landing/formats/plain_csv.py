"""CSV that Arrow's parser reads as Spark's does, told by a look at its bytes: nearly all that arrives.

The two agree on lines that have as many fields as the header, and in which a quote stands at the border of a field or
is doubled within one. They differ on everything else: blanks behind a quoted field, text behind one, short lines.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from covid_lake.contracts import Csv
from covid_lake.landing.formats.text import line_count

if TYPE_CHECKING:
    import pyarrow as pa

QUOTE, BORDER, OTHER = b"qbo"


def plain_columns(content: bytes, form: Csv, width: int) -> list[pa.Array] | None:
    """The columns of lines that are all records; None where the two parsers may differ.

    Without a header, a byte order mark and blank lines, and with no line end in a field.
    """
    import pyarrow as pa
    import pyarrow.csv as pc

    has_quotes = form.quote.encode() in content
    if content.startswith(codecs.BOM_UTF8) or not _is_plain(content, form, has_quotes):
        return None
    text = content if form.encoding == "utf-8" or content.isascii() else content.decode(form.encoding).encode()
    names = [str(i) for i in range(width)]
    try:
        table = pc.read_csv(
            pa.BufferReader(text),
            pc.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
            pc.ParseOptions(delimiter=form.delimiter, quote_char=form.quote if has_quotes else False),
            pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:  # a line has fewer fields or more
        return None
    if table.num_rows != line_count(text):
        return None
    return [column.combine_chunks() for column in table.columns]


def _is_plain(content: bytes, form: Csv, has_quotes: bool) -> bool:
    if b"\r" in content and content.count(b"\r") != content.count(b"\r\n"):
        return False
    if form.escape != form.quote:
        return not has_quotes and form.escape.encode() not in content
    return not has_quotes or _are_at_borders(content, form)


def _are_at_borders(content: bytes, form: Csv) -> bool:
    """Whether each quote begins or ends a whole field, or is doubled within one."""
    quote = form.quote.encode()
    pieces = content.split(quote)
    if len(pieces) % 2 == 0:
        return False
    # Between two quoted texts stands nothing where a quote is doubled, and otherwise a border on both sides.
    borders = (form.delimiter + "\r\n").encode()
    kinds = bytes(QUOTE if sign == quote[0] else BORDER if sign in borders else OTHER for sign in range(256))
    seen = quote.join(pieces[::2]).translate(kinds)
    return bytes((OTHER, QUOTE)) not in seen and bytes((QUOTE, OTHER)) not in seen
