"""The fields of CSV as Spark's parser reads them: the one place in this library that interprets quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from covid_lake.contracts import Csv
from covid_lake.landing.formats.text import BLANK_CHARACTERS

PLAIN = Csv()


class Row(NamedTuple):
    """A line, or as many as quotes hold together."""

    line: int
    """The first of its lines, counted from 1."""
    lines: int
    """How many lines it has."""
    record: str
    """The text as the file has it."""
    end: str
    """The line end of the file, which is no part of the record; empty for a row that ends otherwise."""
    fields: list[str | None]
    is_open: bool
    """Whether the file ends within quotes."""


NO_ROW = Row(0, 0, "", "", [], is_open=False)


class EndlessRow(ValueError):
    """A row longer than any should be."""


class UnmarkedQuote(ValueError):
    """A quote within a quoted field that no backslash marks: what Spark makes of it depends on what follows."""


def split_record(record: str, form: Csv = PLAIN, *, is_last: bool = True) -> tuple[list[str | None], bool]:
    """The fields of a record as Spark reads them, and whether the text ends within quotes.

    A field without text is null, quoted or not. Of a dialect that doubles quotes, a field that goes on after its
    closing quote is kept with its quotes, up to the next delimiter. `is_last` says that the parser is given nothing
    after the record, no line end either: of a file that it reads line by line this is so for every line.
    """
    if form.quote not in record:
        return [field or None for field in record.split(form.delimiter)], False
    fields: list[str | None] = []
    is_open, at = False, 0
    while True:
        if record.startswith(form.quote, at):
            if form.escape == form.quote:
                field, at, is_open = _doubling(record, at, form, is_last)
            else:
                field, at, is_open = _escaping(record, at, form)
            fields.append(field or None)
        else:
            end = _delimiter(record, at, form)
            fields.append(record[at:end] or None)
            at = end
        if at >= len(record):
            return fields, is_open
        at += 1


def _doubling(record: str, start: int, form: Csv, is_last: bool) -> tuple[str, int, bool]:
    """The quoted field that starts at a quote, where it ends, and whether its closing quote is missing."""
    quote = form.quote
    parts: list[str] = []
    at = start + 1
    if at == len(record):
        return quote, at, True
    while (end := record.find(quote, at)) >= 0:
        parts.append(record[at:end])
        if not record.startswith(quote, end + 1):
            after = _past_blanks(record, end + 1, form)
            if after == len(record) or record[after] == form.delimiter:
                return "".join(parts), after, False
            stop = _delimiter(record, end + 1, form)
            found = quote + "".join(parts) + record[end:stop]
            if is_last and stop == len(record) and _gets_quote(record, end + 1, after, quote):
                found += quote
            return found, stop, False
        parts.append(quote)
        at = end + 2
    return "".join(parts) + record[at:], len(record), True


def _gets_quote(record: str, start: int, after: int, quote: str) -> bool:
    """Whether Spark's parser puts a quote to the end of a last field that goes on after its closing quote.

    It does where blanks follow the closing quote, and then one other sign and a quote.
    """
    return after > start and record[after] != quote and record.startswith(quote, after + 1)


def _escaping(record: str, start: int, form: Csv) -> tuple[str, int, bool]:
    """The same for a dialect with backslashes: one before a quote or a backslash goes away, any other stays."""
    quote, escape = form.quote, form.escape
    parts: list[str] = []
    at = start + 1
    if at == len(record):
        return quote, at, True
    for mark in re.compile(f"[{re.escape(quote + escape)}]").finditer(record, at):
        if mark.start() < at:  # it is escaped itself
            continue
        parts.append(record[at : mark.start()])
        at = mark.end()
        if mark[0] == quote:
            after = _past_blanks(record, at, form)
            if after < len(record) and record[after] != form.delimiter:
                raise UnmarkedQuote("a quote within a quoted field is not marked")
            return "".join(parts), after, False
        is_escaping = record.startswith((quote, escape), at)
        parts.append(record[at] if is_escaping else escape)
        at += is_escaping
    return "".join(parts) + record[at:], len(record), True


def _past_blanks(record: str, at: int, form: Csv) -> int:
    return len(record) - len(record[at:].lstrip(BLANK_CHARACTERS.replace(form.delimiter, "")))


def _delimiter(record: str, at: int, form: Csv) -> int:
    found = record.find(form.delimiter, at)
    return found if found >= 0 else len(record)


def split_rows(lines: Iterable[str], form: Csv = PLAIN, longest: int | None = None) -> Iterator[Row]:
    """The rows of a file whose lines are given with their ends, blank ones among them.

    For Spark's parser the first line end of the file is that of all rows, and within a field it is a plain one. Raises
    `EndlessRow` for a row of more signs than the longest may have.
    """
    begun: list[str] = []
    length, start, end, is_open = 0, 1, "", False
    for number, line in enumerate(lines, start=1):
        end = end or line_end(line)
        begun.append(line)
        length += len(line)
        if longest is not None and length > longest:
            raise EndlessRow(f"the row of line {start:,} does not end")
        if is_open and form.quote not in line:
            continue
        row = _row(start, begun, end, form)
        is_open = row.is_open
        if not is_open:
            yield row
            begun, length, start = [], 0, number + 1
    if begun:
        yield _row(start, begun, end, form)


def _row(start: int, lines: list[str], end: str, form: Csv) -> Row:
    text = "".join(lines)
    own = end if text.endswith(end) else ""
    record = text.removesuffix(own)
    fields, is_open = split_record(record.replace(end, "\n") if end else record, form, is_last=not own)
    return Row(start, len(lines), record, own, fields, is_open)


def line_end(text: str) -> str:
    """The line end with which the text ends, if it does."""
    return "\r\n" if text.endswith("\r\n") else text[-1:] if text.endswith(("\n", "\r")) else ""
