"""One look at a landing file before anything is built on it: is it whole, what is its header, how many records has it.

A file that was cut short, is no UTF-8 or no text at all is found here and refused by name, instead of turning into
nulls later. The count of records is the first side of the accounts: Spark's own count must meet it. So lines and
records are told apart as Spark tells them, and a file that Spark would read otherwise than it is meant is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import BinaryIO, cast

from covid_lake.landing.checksums import HashingReader
from covid_lake.landing.faults import FileFault
from covid_lake.landing.gzip_members import GunzippingReader
from covid_lake.landing.json_lines import JsonLines
from covid_lake.landing.names import is_gzip, is_json, name_fault

CHUNK_BYTES = 1 << 20
LONGEST_LINE_BYTES = 64 << 20
MAX_COLUMNS = 1_000
# A record with more fields than this is no long record but lines without their ends; Spark's parser stops at it.
MAX_FIELDS = 20_000
# What Spark trims off a line of CSV before it asks whether the line holds anything.
BLANKS = bytes(range(33))
BLANK_CHARACTERS = BLANKS.decode()
BYTE_ORDER_MARK = "\ufeff"
PACKED_CONTENT = {
    b"\x1f\x8b": "gzip; name it .gz, or unpack it",
    b"PK\x03\x04": "a zip archive; unpack it",
    b"PAR1": "Parquet, no text",
    codecs.BOM_UTF16_LE: "UTF-16 text; convert it to UTF-8",
    codecs.BOM_UTF16_BE: "UTF-16 text; convert it to UTF-8",
}

# The limit is the process's own: set and put back by one thread, it would break off the parsing of another.
csv.field_size_limit(1 << 30)

Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a landing file is. `fault` says why it is refused, and is None for a file that can be read.

    `header` holds the column names of a CSV file in their order, or the keys of a JSON lines file. `records` counts
    data rows. `multiline` means that a quoted field holds a line end; with it, or with blank lines, the number of a
    record is not that of its line. `sha256` is empty for a file that could not be read to its end; `unpacked_sha256` is
    the checksum of what a gzip holds.
    """

    sha256: str
    header: tuple[str, ...] = ()
    records: int = 0
    multiline: bool = False
    blank_lines: int = 0
    fault: str | None = None
    unpacked_sha256: str | None = None

    @property
    def content_sha256(self) -> str:
        """The checksum of the text, packed or not."""
        return self.unpacked_sha256 or self.sha256


def inspect_file(
    path: str, open_file: Opener, size: int | None = None, *, on_disk: bool = False, is_discreet: bool = False
) -> Inspection:
    """Read the file once (up to three times where its quoting is odd) and tell what it is.

    `open_file` opens it anew each time. `size` is what the file had when it was listed, if that is known: a file of
    another size is being written to, and refused. `on_disk` says that the lake is a directory, where Hadoop takes
    fewer names than in a bucket. `is_discreet` says that a fault must not quote the file's content.
    """
    with open_file() as stream:
        reader = HashingReader(stream)
        fault, result = None, Inspection("")
        try:
            if unusable := name_fault(path, on_disk):
                raise FileFault(unusable)
            content = HashingReader(_binary(GunzippingReader(_binary(reader)))) if is_gzip(path) else reader
            text = _buffered(content)
            result = _inspect_json(text) if is_json(path) else _inspect_csv(text, path, open_file)
            if content is not reader:
                result = replace(result, unpacked_sha256=content.sha256)
        except FileFault as refused:
            fault = refused.reason(is_discreet=is_discreet)
        while reader.read(CHUNK_BYTES):
            continue
    if size not in (None, reader.size):
        fault = f"the file changed while it was read: {size:,} bytes were listed, and {reader.size:,} read"
    if fault:
        return Inspection(reader.sha256, fault=fault)
    return replace(result, sha256=reader.sha256)


def _binary(stream: io.RawIOBase) -> BinaryIO:
    return cast(BinaryIO, stream)


def _buffered(stream: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(stream, CHUNK_BYTES)


def _unpacked(path: str, stream: io.RawIOBase) -> io.BufferedReader:
    return _buffered(GunzippingReader(_binary(stream)) if is_gzip(path) else stream)


def _chunks(stream: io.BufferedReader) -> Iterator[bytes]:
    """The content in pieces, each checked to be UTF-8 text."""
    decoder = None
    position = 0
    while chunk := stream.read(CHUNK_BYTES):
        if position == 0:
            for mark, kind in PACKED_CONTENT.items():
                if chunk.startswith(mark):
                    raise FileFault(f"the file is {kind}")
        if b"\0" in chunk:
            raise FileFault(
                f"a NUL byte stands at byte {position + chunk.index(0):,}: this is no text file, or a damaged one"
            )
        if decoder or not chunk.isascii():
            decoder = decoder or codecs.getincrementaldecoder("utf-8")()
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise FileFault(
                    f"the text is no UTF-8 near byte {position + error.start:,}; convert it (it may be Latin-1)"
                ) from None
        position += len(chunk)
        yield chunk
    if decoder:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise FileFault("the file ends in the middle of a UTF-8 character: it was cut short") from None


@dataclass(slots=True)
class _LineCount:
    """Lines counted chunk by chunk, with quotes told from text by their parity.

    `is_plain` turns false where lines are not records: a quote holds a line end, or a carriage return stands alone.
    From there on nothing is counted.
    """

    lines: int = 0
    blank_lines: int = 0
    inside_quotes: bool = False
    is_plain: bool = True
    rest: bytes = b""

    def add(self, chunk: bytes) -> None:
        if not self.is_plain:
            return
        text = self.rest + chunk
        pieces = chunk.split(b'"')
        quoted_ends = sum(piece.count(b"\n") for piece in pieces[int(not self.inside_quotes) :: 2])
        self.inside_quotes ^= len(pieces) % 2 == 0
        self.is_plain = not quoted_ends and text.count(b"\r") - text.endswith(b"\r") == text.count(b"\r\n")
        *whole, self.rest = text.split(b"\n")
        if whole:
            self._add_lines(whole)
        if len(self.rest) > LONGEST_LINE_BYTES:
            raise _endless(self.lines + 1)

    def _add_lines(self, whole: list[bytes]) -> None:
        if max(map(len, whole)) > MAX_FIELDS:
            for number, line in enumerate(whole, start=self.lines + 1):
                _check_field_count(line, number)
        # The least of the lines tells whether any begins with a blank: most files need no closer look.
        if min(whole) < b"!":
            self.blank_lines += sum(not line.strip(BLANKS) for line in whole)
        self.lines += len(whole)


def _inspect_csv(stream: io.BufferedReader, path: str, open_file: Opener) -> Inspection:
    count = _LineCount()
    start, has_line = b"", False
    for chunk in _chunks(stream):
        if not has_line:
            start += chunk
            has_line = b"\n" in chunk or b"\r" in chunk
        count.add(chunk)
    first_line = re.split(rb"[\r\n]", start, maxsplit=1)[0].decode().lstrip(BYTE_ORDER_MARK)
    _check_first_line(first_line, is_empty=not start.strip(BLANKS))
    if count.inside_quotes or not count.is_plain:
        return _inspect_odd_csv(path, open_file)
    header = _header(_fields(first_line))
    is_unended = bool(count.rest.strip(BLANKS))
    if is_unended:
        _check_field_count(count.rest, count.lines + 1)
        if not count.rest.endswith(b"\r"):
            _check_last_record(_fields(count.rest.decode()), header, count.lines + 1)
    records = count.lines - count.blank_lines + is_unended - 1
    return Inspection("", header, records, blank_lines=count.blank_lines)


def _check_first_line(line: str, is_empty: bool) -> None:
    if not line.strip(BLANK_CHARACTERS):
        raise FileFault("the file is empty" if is_empty else "the first line, which should be the header, is blank")
    if line.lstrip().startswith("<"):
        raise FileFault(
            "the file holds a web page or XML, not CSV; it may be an error message of the server it came from"
        )


def _inspect_odd_csv(path: str, open_file: Opener) -> Inspection:
    """Count records the slow way: quotes with line ends in them, quotes within words, lone carriage returns."""
    with open_file() as stream:
        found = _OddRows().read(_unpacked(path, HashingReader(stream)))
    header = _header(found.header)
    if found.is_multiline and found.other_end:
        raise FileFault(
            f"line {found.other_end:,} does not end as the first line does; in a file whose quoted fields hold line "
            "ends all records must end alike"
        )
    if _ends_in_quotes(found.last_text):
        raise FileFault(f"a quote opened on line {found.last_line:,} is never closed, or the file was cut short there")
    if not found.last_text.endswith(("\n", "\r")):
        _check_last_record(found.last, header, found.last_line)
    blanks = found.empty if found.is_multiline else found.blank
    return Inspection("", header, found.rows - blanks - 1, found.is_multiline, blanks)


@dataclass(slots=True)
class _OddRows:
    """Rows of CSV, the header among them, read with quotes minded.

    Where no quote holds a line end, Spark takes the file line by line and passes over blank ones. Where one does, the
    whole file goes to its parser: that takes the first line end there is for the end of every record, and passes over
    `empty` lines alone, those without any character. `other_end` is the first line that it would not see the end of.
    """

    header: list[str] = field(default_factory=list)
    rows: int = 0
    blank: int = 0
    empty: int = 0
    is_multiline: bool = False
    other_end: int = 0
    last: list[str] = field(default_factory=list)
    last_line: int = 0
    last_text: str = ""

    def read(self, stream: io.BufferedReader) -> _OddRows:
        lines: list[str] = []
        rows = csv.reader(_kept(stream, lines))
        start, first_end = 1, ""
        try:
            for row in rows:
                text = "".join(lines)
                first_end = first_end or _line_end(lines[0])
                self.header = self.header or row
                self.rows += 1
                self.is_multiline |= len(lines) > 1
                self.empty += text == first_end
                if text.strip(BLANK_CHARACTERS):
                    self.last, self.last_line, self.last_text = row, start, text
                    _check_row(row, start)
                else:
                    self.blank += 1
                end = _line_end(text)
                if not end.endswith(first_end) and end:
                    self.other_end = self.other_end or start
                start = rows.line_num + 1
                lines.clear()
        except csv.Error as error:
            raise FileFault(f"line {rows.line_num:,} can't be read as CSV: {error}") from None
        return self


def _kept(stream: io.BufferedReader, lines: list[str]) -> Iterator[str]:
    """The lines with their ends, each put to `lines` as well, which whoever reads a record empties after it."""
    length = 0
    for number, line in enumerate(io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline=""), start=1):
        length = length + len(line) if lines else len(line)
        lines.append(line)
        if length > LONGEST_LINE_BYTES:
            raise _endless(number + 1 - len(lines))
        yield line


def _line_end(text: str) -> str:
    return "\r\n" if text.endswith("\r\n") else text[-1:] if text.endswith(("\n", "\r")) else ""


def _ends_in_quotes(record: str) -> bool:
    """Whether the text of a record ends before the quote that it opened last is closed."""
    try:
        for _ in csv.reader(io.StringIO(record, newline=""), strict=True):
            continue
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _header(names: list[str]) -> tuple[str, ...]:
    header = tuple(name.lstrip(BYTE_ORDER_MARK).strip() for name in names)
    if len(header) > MAX_COLUMNS:
        raise FileFault(f"the header has {len(header):,} columns: its line end may be lost")
    folded = [name.casefold() for name in header]
    twice = sorted({name for name in header if name and folded.count(name.casefold()) > 1})
    if twice:
        raise FileFault("column {!r} stands more than once in the header", twice[0])
    return header


def _fields(line: str) -> list[str]:
    return next(csv.reader([line]))


def _check_field_count(line: bytes, number: int) -> None:
    if line.count(b",") >= MAX_FIELDS:
        _check_row(_fields(line.decode()), number)


def _check_row(row: list[str], number: int) -> None:
    if len(row) > MAX_FIELDS:
        raise FileFault(f"line {number:,} has {len(row):,} fields: its line end may be lost")


def _check_last_record(record: list[str], header: tuple[str, ...], line: int) -> None:
    if len(record) < len(header):
        raise FileFault(
            f"the last line ({line:,}) has {len(record)} of {len(header)} fields and no line end: "
            "the file was cut short; fetch it again"
        )


def _endless(line: int) -> FileFault:
    return FileFault(
        f"the record of line {line:,} is longer than {LONGEST_LINE_BYTES >> 20} MiB: "
        "a quote may not be closed, or line ends are lost"
    )


def _inspect_json(stream: io.BufferedReader) -> Inspection:
    found = JsonLines.read(_chunks(stream))
    return Inspection("", tuple(found.keys), found.records, blank_lines=found.blank_lines)
