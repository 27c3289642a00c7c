"""A landing file's records without Spark: the line on which each stands, how it reads there, and its hash.

A trusted row keeps `source_row_hash`, Spark's xxhash64 over the fields as they arrived. An equal hash is the proof that
a record is the one behind the row, so a field is read here exactly as Spark's CSV and JSON parsers read it.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO, cast

import xxhash

from covid_lake.errors import StorageError
from covid_lake.landing.checksums import HashingReader
from covid_lake.landing.inspection import Inspection
from covid_lake.landing.names import is_gzip, is_json

SEED = 42
CHUNK_BYTES = 1 << 20
BLANKS = "".join(map(chr, range(33)))
JSON_BLANKS = re.compile(r"[ \t\r\n]*")
JSON_COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
JSON_FLOAT = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
JSON_DECODER = json.JSONDecoder(strict=False)
PLAIN_DOUBLES = (1e-3, 1e7)

Fields = Sequence[str | None]
Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True, slots=True)
class LandingRecord:
    """A record of a landing file.

    `line` is the one on which it begins, counted from 1; `text` is the record as it stands, without its line end;
    `fields` are its values by the header's names, None where Spark reads null.
    """

    line: int
    text: str
    fields: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found: the records of each hash in the file's order, and the checksum of the file as it is now."""

    records: Mapping[int, tuple[LandingRecord, ...]]
    sha256: str


def row_hash(fields: Iterable[str | None]) -> int:
    """Spark's `xxhash64(field, …)` of texts: the hash of each seeds the next, and a null leaves it as it is."""
    value = SEED
    for field in fields:
        if field is not None:
            value = xxhash.xxh64_intdigest(field.encode("utf-8", "replace"), value)
    return value - (1 << 64) if value >> 63 else value


def find_records(
    path: str, open_file: Opener, inspection: Inspection, family: Sequence[str], hashes: Collection[int]
) -> Search:
    """The records of the file at `path` whose `source_row_hash` is among the hashes; reads the file once, to its end.

    `family` are the keys of all the table's JSON files in their order: Spark hashes a JSON record's fields in it.
    Raises `StorageError` for a file that cannot be opened or unpacked.
    """
    found: dict[int, list[LandingRecord]] = {}
    with open_file() as stream:
        reader = HashingReader(stream)
        buffered = cast(BinaryIO, io.BufferedReader(reader, CHUNK_BYTES))
        unpacked = cast(BinaryIO, gzip.GzipFile(fileobj=buffered)) if is_gzip(path) else buffered
        text = io.TextIOWrapper(unpacked, "utf-8-sig", errors="replace", newline="")
        records = _json(text, inspection, family) if is_json(path) else _csv(text, inspection)
        try:
            for record, candidates in records:
                for candidate in candidates:
                    if candidate in hashes:
                        found.setdefault(candidate, []).append(record)
                        break
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise StorageError(f"{path} is no whole gzip file: {error}") from error
        except (ValueError, IndexError) as error:
            raise StorageError(f"{path} holds a line that is no JSON object: {error}") from error
        while reader.read(CHUNK_BYTES):
            continue
    return Search({value: tuple(records) for value, records in found.items()}, reader.sha256)


def _csv(text: Iterable[str], inspection: Inspection) -> Iterator[tuple[LandingRecord, Iterable[int]]]:
    records = _multiline_records(text) if inspection.multiline else _line_records(text)
    header: list[str] = []
    for line, record, fields in records:
        if not header:
            header = [(name or "").strip() for name in fields]
            continue
        hashes = [row_hash(fields)]
        if len(fields) > len(header):
            # Whether fields past the header take part is up to the widest header that was read with this file.
            hashes.append(row_hash(fields[: len(header)]))
        names = [*header, *(f"_c{i}" for i in range(len(header), len(fields)))]
        padded = [*fields, *([None] * (len(header) - len(fields)))]
        yield LandingRecord(line, record, dict(zip(names, padded, strict=True))), hashes


def _line_records(text: Iterable[str]) -> Iterator[tuple[int, str, Fields]]:
    """Records of a file whose lines are records; a blank line is none."""
    for number, line in enumerate(text, start=1):
        record = line.rstrip("\r\n")
        if record.strip(BLANKS):
            yield number, record, split_record(record)[0]


def _multiline_records(text: Iterable[str]) -> Iterator[tuple[int, str, Fields]]:
    """Records that go on over a line end within quotes; a file's own CRLF is a plain line end in a field."""
    begun, start, has_crlf = "", 1, False
    for number, line in enumerate(text, start=1):
        has_crlf = has_crlf or (number == 1 and line.endswith("\r\n"))
        begun += line
        record = begun.rstrip("\r\n")
        fields, is_open = split_record(record.replace("\r\n", "\n") if has_crlf else record)
        if is_open:
            continue
        if record:
            yield start, record, fields
        begun, start = "", number + 1


def split_record(record: str) -> tuple[list[str | None], bool]:
    """The fields of a CSV record as Spark reads them, and whether the text ends within quotes.

    A field without text is null, quoted or not. One that goes on after its closing quote is kept with its quotes, up
    to the next comma.
    """
    if '"' not in record:
        return [field or None for field in record.split(",")], False
    fields: list[str | None] = []
    is_open, at = False, 0
    while True:
        if record.startswith('"', at):
            field, at, is_open = _quoted(record, at)
            fields.append(field or None)
        else:
            end = _comma(record, at)
            fields.append(record[at:end] or None)
            at = end
        if at >= len(record):
            return fields, is_open
        at += 1


def _quoted(record: str, start: int) -> tuple[str, int, bool]:
    """The quoted field that starts at a quote, where it ends, and whether its closing quote is missing."""
    parts: list[str] = []
    at = start + 1
    if at == len(record):
        return '"', at, True
    while (end := record.find('"', at)) >= 0:
        parts.append(record[at:end])
        if not record.startswith('"', end + 1):
            after = len(record) - len(record[end + 1 :].lstrip(BLANKS))
            if after == len(record) or record[after] == ",":
                return "".join(parts), after, False
            stop = _comma(record, end + 1)
            return '"' + "".join(parts) + record[end:stop], stop, False
        parts.append('"')
        at = end + 2
    return "".join(parts) + record[at:], len(record), True


def _comma(record: str, at: int) -> int:
    found = record.find(",", at)
    return found if found >= 0 else len(record)


def _json(
    text: Iterable[str], inspection: Inspection, family: Sequence[str]
) -> Iterator[tuple[LandingRecord, Iterable[int]]]:
    # Keys that a record lacks are null and leave a hash as it is: only the order of those that it has matters.
    own = set(inspection.header)
    orders = list(dict.fromkeys([tuple(key for key in family if key in own), inspection.header]))
    for number, line in enumerate(text, start=1):
        if line.strip(BLANKS):
            fields, copied = json_fields(line)
            readings = [fields, copied] if copied != fields else [fields]
            hashes = [row_hash(reading.get(key) for key in order) for reading in readings for order in orders]
            yield LandingRecord(number, line.rstrip("\r\n"), fields), hashes


def json_fields(line: str) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """The values of a JSON object as texts, as Spark 4 reads them and as Spark 3.5 does.

    Spark 4 keeps the text of what is no string; Spark 3.5 prints a fraction anew, as Java prints a double.
    """
    exact: dict[str, str | None] = {}
    copied: dict[str, str | None] = {}
    at = _past(JSON_BLANKS, line, line.index("{") + 1)
    while line[at] != "}":
        key, at = JSON_DECODER.raw_decode(line, at)
        start = _past(JSON_COLON, line, at)
        value, at = JSON_DECODER.raw_decode(line, start)
        written = line[start:at]
        exact[key] = value if value is None or isinstance(value, str) else written
        copied[key] = _printed(value, exact[key])
        at = _past(JSON_BLANKS, line, at)
        at = _past(JSON_BLANKS, line, at + line.startswith(",", at))
    return exact, copied


def _past(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _printed(value: object, written: str | None) -> str | None:
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return written


def java_double(value: float) -> str:
    """The number as Java's Double.toString prints it: `1.0E7`, `0.001`, `1.0E-4`."""
    low, high = PLAIN_DOUBLES
    if value == 0 or low <= abs(value) < high:
        return repr(value)
    shortest = Decimal(repr(value)).normalize()
    first, *rest = map(str, shortest.as_tuple().digits)
    return f"{'-' if value < 0 else ''}{first}.{''.join(rest) or '0'}E{shortest.adjusted()}"
