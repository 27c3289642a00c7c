"""One look at a landing file before anything is built on it: is it whole, what is its header, how many records has it.

A file that was cut short, is no UTF-8 or no text at all is found here and refused by name, instead of turning into
nulls later. The count of records is the first side of the accounts: Spark's own count must meet it.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from covid_lake.landing.checksums import HashingReader

CHUNK_BYTES = 1 << 20
MAX_FIELD_CHARACTERS = 1 << 30
BLANK_LINE = re.compile(rb"\n[ \t\r]*(?=\n)")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a landing file is. `fault` says why it is refused, and is None for a file that can be read.

    `header` holds the column names of a CSV file in their order, or the keys of a JSON lines file. `records` counts
    data rows. `multiline` means that a quoted field holds a line end; with it, or with blank lines, the number of a
    record is not that of its line.
    """

    sha256: str
    header: tuple[str, ...] = ()
    records: int = 0
    multiline: bool = False
    blank_lines: int = 0
    fault: str | None = None


class _Fault(Exception):
    """Why a file is refused; never leaves this module."""


def inspect_file(path: str, open_file: Opener) -> Inspection:
    """Read the file once (twice where its quoting is odd) and tell what it is; `open_file` opens it anew each time."""
    with open_file() as stream:
        reader = HashingReader(stream)
        fault, result = None, Inspection("")
        try:
            text = _unpacked(path, reader)
            result = _inspect_json(text) if is_json(path) else _inspect_csv(text, path, open_file)
        except _Fault as refused:
            fault = str(refused)
        except (EOFError, zlib.error):
            fault = "the gzip stream breaks off before its end: the transfer was cut short; fetch the file again"
        except gzip.BadGzipFile as error:
            fault = f"the name ends in .gz, but this is no gzip file ({error})"
        while reader.read(CHUNK_BYTES):
            continue
    checksum = reader.sha256
    if fault:
        return Inspection(checksum, fault=fault)
    return replace(result, sha256=checksum)


def is_json(path: str) -> bool:
    """Whether the file holds JSON lines; the lake keeps them below a folder `json` or names them so."""
    return path.removesuffix(".gz").endswith(".json") or "/json/" in path


def _unpacked(path: str, stream: io.RawIOBase) -> BinaryIO:
    buffered = io.BufferedReader(stream, CHUNK_BYTES)
    return cast(BinaryIO, gzip.GzipFile(fileobj=buffered)) if path.endswith(".gz") else cast(BinaryIO, buffered)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The content in pieces, each checked to be UTF-8 text."""
    decoder = None
    position = 0
    while chunk := stream.read(CHUNK_BYTES):
        if position == 0 and chunk.startswith(UTF16_MARKS):
            raise _Fault("the file is UTF-16 text; convert it to UTF-8")
        if b"\0" in chunk:
            raise _Fault(
                f"a NUL byte stands at byte {position + chunk.index(0):,}: this is no text file, or a damaged one"
            )
        if decoder or not chunk.isascii():
            decoder = decoder or _utf8_decoder()
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise _Fault(
                    f"the text is no UTF-8 near byte {position + error.start:,}; convert it (it may be Latin-1)"
                ) from None
        position += len(chunk)
        yield chunk
    if decoder:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise _Fault("the file ends in the middle of a UTF-8 character: it was cut short") from None


def _utf8_decoder() -> io.IncrementalNewlineDecoder:
    import codecs

    return cast(io.IncrementalNewlineDecoder, codecs.getincrementaldecoder("utf-8")())


@dataclass(slots=True)
class _LineCount:
    """Lines counted chunk by chunk, with quotes told from text by their parity."""

    lines: int = 0
    blank_lines: int = 0
    inside_quotes: bool = False
    is_plain: bool = True
    last_line: bytes = b""

    def add(self, chunk: bytes) -> None:
        if chunk.count(b"\r") != chunk.count(b"\r\n") + chunk.endswith(b"\r"):
            self.is_plain = False
        pieces = chunk.split(b'"')
        outside = pieces[int(self.inside_quotes) :: 2]
        ends = sum(piece.count(b"\n") for piece in outside)
        if ends != chunk.count(b"\n"):
            self.is_plain = False
        self.inside_quotes ^= len(pieces) % 2 == 0
        self.lines += ends
        self.blank_lines += len(BLANK_LINE.findall(self.last_line[-64:] + chunk)) if self._may_hold_blanks(chunk) else 0
        cut = chunk.rfind(b"\n") + 1
        self.last_line = chunk[cut:] if cut else self.last_line + chunk

    @staticmethod
    def _may_hold_blanks(chunk: bytes) -> bool:
        return chunk[:1] in b"\r\n" or any(mark in chunk for mark in (b"\n\n", b"\n\r\n", b"\n ", b"\n\t"))


def _inspect_csv(stream: BinaryIO, path: str, open_file: Opener) -> Inspection:
    count = _LineCount()
    first_line, header_known = b"", False
    for chunk in _chunks(stream):
        if not header_known:
            first_line += chunk
            header_known = b"\n" in first_line or b"\r" in first_line
        count.add(chunk)
    header = _header(first_line)
    if count.inside_quotes or not count.is_plain:
        with open_file() as again:
            return _inspect_odd_csv(_unpacked(path, HashingReader(again)), header)
    unended = count.last_line.strip()
    if unended:
        _check_last_record(next(csv.reader([count.last_line.decode()])), header, count.lines + 1)
    records = count.lines - count.blank_lines + bool(unended) - 1
    return Inspection("", header, records, blank_lines=count.blank_lines)


def _inspect_odd_csv(stream: BinaryIO, header: tuple[str, ...]) -> Inspection:
    """Count records the slow way: quotes with line ends in them, quotes within words, lone carriage returns."""
    previous_limit = csv.field_size_limit(MAX_FIELD_CHARACTERS)
    try:
        lines: list[str] = []

        def kept(text: io.TextIOWrapper) -> Iterator[str]:
            for line in text:
                lines.append(line)
                yield line

        rows = csv.reader(kept(io.TextIOWrapper(stream, "utf-8-sig", newline="")))
        records, blanks, multiline, start, last, last_text = -1, 0, False, 0, [""], ""
        for row in rows:
            if len(row) <= 1 and not "".join(row).strip():
                blanks += 1
            else:
                records += 1
                multiline |= rows.line_num - start > 1
                last, last_start, last_text = row, start, "".join(lines)
            start = rows.line_num
            lines.clear()
        if _ends_in_quotes(last_text):
            raise _Fault(f"a quote opened on line {last_start + 1:,} is never closed, or the file was cut short there")
        if not last_text.endswith(("\n", "\r")):
            _check_last_record(last, header, start)
        return Inspection("", header, records, multiline, blanks)
    except csv.Error as error:
        raise _Fault(f"line {rows.line_num:,} can't be read as CSV: {error}") from None
    finally:
        csv.field_size_limit(previous_limit)


def _ends_in_quotes(record: str) -> bool:
    """Whether the text of a record ends before the quote that it opened last is closed."""
    try:
        for _ in csv.reader(io.StringIO(record, newline=""), strict=True):
            continue
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _header(start: bytes) -> tuple[str, ...]:
    line = re.split(rb"\r\n|\n|\r", start, maxsplit=1)[0].decode().lstrip("\ufeff")
    if not line.strip():
        raise _Fault(
            "the file is empty" if not start.strip() else "the first line, which should be the header, is blank"
        )
    if line.lstrip().startswith("<"):
        raise _Fault("the file holds a web page or XML, not CSV; it may be an error message of the server it came from")
    header = tuple(name.strip() for name in next(csv.reader([line])))
    folded = [name.casefold() for name in header]
    twice = sorted({name for name in header if name and folded.count(name.casefold()) > 1})
    if twice:
        raise _Fault(f"column {twice[0]!r} stands more than once in the header")
    return header


def _check_last_record(record: list[str], header: tuple[str, ...], line: int) -> None:
    if len(record) < len(header):
        raise _Fault(
            f"the last line ({line:,}) has {len(record)} of {len(header)} fields and no line end: "
            "the file was cut short; fetch it again"
        )


def _inspect_json(stream: BinaryIO) -> Inspection:
    keys: dict[str, None] = {}
    records = 0
    for number, line in enumerate(_lines(stream), start=1):
        if number == 1 and line.lstrip().startswith(b"["):
            raise _Fault("the file holds a JSON array; one object a line is expected")
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            cut = "; the file was cut short, fetch it again" if not line.endswith(b"\n") else ""
            raise _Fault(
                f"line {number:,} is no whole JSON object ({error.msg} at column {error.colno:,}){cut}"
            ) from None
        if not isinstance(record, dict):
            raise _Fault(f"line {number:,} is JSON, but no object")
        keys.update(dict.fromkeys(record))
        records += 1
    if not records:
        raise _Fault("the file is empty")
    return Inspection("", tuple(keys), records)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    for chunk in _chunks(stream):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest
