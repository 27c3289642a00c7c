"""JSON lines as Spark reads them: which lines hold an object, which keys there are, and what Spark would read wrongly.

Spark's parser, Jackson, silently makes a record of nulls of a line that it can't read, and loses a value of a key that
a record has twice. Such files are refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from covid_lake.contracts import JsonLines
from covid_lake.landing.faults import FileFault
from covid_lake.landing.formats import views
from covid_lake.landing.formats.interface import Content, InspectedFile, Inspection, LandingRecord, Reading, Scan
from covid_lake.landing.formats.records import SURPLUS, batches_of, position
from covid_lake.landing.formats.text import BYTE_ORDER_MARK, java_double, line_parts, text_chunks

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

ENDINGS = (".json", ".jsonl", ".ndjson")
# By these endings Hadoop takes a file for one that it unpacks itself, or that is not finished. Such a file is data with
# a fault, and not a file of no table: JSON is often written without an ending.
ODD_ENDINGS = (".bz2", ".deflate", ".lz4", ".snappy", ".zst", "._copying_")
BLANKS = b" \t\r\n"
MAX_KEYS = 1_000
# Spark puts the place of a record's file beside its fields, under this name.
RESERVED_KEY = "_metadata"

# Jackson's limits (StreamReadConstraints); a line within the first three can break none of them.
LONGEST_LINE_BYTES = 20_000_000
LONGEST_NUMBER = 1_000
LONGEST_KEY = 50_000
# Jackson would take 1,000; how many levels Python's parser takes depends on how deep it is called itself.
DEEPEST_NESTING = 500
NO_KEY = "\0"
BETWEEN = re.compile(r"[ \t\r\n]*")
COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
READER = json.JSONDecoder(strict=False)
TEXT_TYPES = frozenset({str, type(None)})
# Numbers stay the text that they are.
TEXTS = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
LONG_NUMBER = re.compile(rb"[-+.eE0-9]{%d}" % LONGEST_NUMBER)


@dataclass(frozen=True)
class JsonFiles:
    """JSON lines."""

    form: JsonLines

    @property
    def endings(self) -> tuple[str, ...]:
        return ENDINGS

    def is_data(self, name: str) -> bool:
        stem = name.removesuffix(".gz")
        is_plain = "." not in stem and not name.startswith("_")
        return is_plain or stem.endswith(ENDINGS) or name.endswith(ODD_ENDINGS)

    def inspect(self, content: Content) -> Inspection:
        found = _Lines.read(text_chunks(content.stream))
        return Inspection("", tuple(found.keys), found.records, blank_lines=found.blank_lines)

    def scans(self, files: Sequence[InspectedFile]) -> list[Scan]:
        """Groups in which no key stands in two cases: for Spark such names are one column, twice."""
        groups: list[tuple[dict[str, str], list[InspectedFile]]] = []
        for file in files:
            spellings = {key.lower(): key for key in file.inspection.header}
            for known, group in groups:
                if all(known.get(folded, key) == key for folded, key in spellings.items()):
                    known.update(spellings)
                    group.append(file)
                    break
            else:
                groups.append((spellings, [file]))
        # Read by key, all files of a group are one generation.
        return [Scan(tuple(group), (keys_of(group),)) for _, group in groups]

    def read_texts(self, spark: SparkSession, scan: Scan, urls: list[str]) -> DataFrame:
        from pyspark.sql import functions as F
        from pyspark.sql import types as T

        from covid_lake.landing.formats.frames import no_text

        keys = scan.headers[0]
        schema = T.StructType([T.StructField(key, T.StringType()) for key in keys])
        # A key `_corrupt_record` is a key like any other: the column of that purpose gets a name that none has.
        reader = spark.read.schema(schema).option("mode", "PERMISSIVE").option("columnNameOfCorruptRecord", NO_KEY)
        raw = reader.json(urls)
        positions = [F.col(f"`{key.replace('`', '``')}`").alias(position(i)) for i, key in enumerate(keys)]
        return raw.select(*positions, no_text().alias(SURPLUS), "_metadata")

    def add_lines(self, records: DataFrame, scan: Scan) -> DataFrame:
        from covid_lake.landing.formats.frames import with_counted_lines

        return with_counted_lines(records, 1, [file.path for file in scan.files if file.inspection.blank_lines])

    def view_queries(
        self, connection: duckdb.DuckDBPyConnection, placed: Sequence[tuple[Path, str]], scratch: Path
    ) -> list[str]:
        del scratch  # DuckDB reads every file as it is
        return [_view_query(connection, root, files) for root, files in views.by_folder(placed).items()]

    def read_arrow(self, stream: BinaryIO, inspection: Inspection, scan: Scan) -> Iterator[pa.RecordBatch]:
        del inspection  # every line says what it holds
        keys = scan.headers[0]
        records = ((number, json_texts(line)) for number, line in _numbered(stream))
        rows = ((number, [texts.get(key) for key in keys]) for number, texts in records)
        yield from batches_of(rows, scan.width)

    def walk_records(self, stream: BinaryIO, inspection: Inspection, family: Sequence[str]) -> Iterator[Reading]:
        # Keys that a record lacks are null and leave a hash as it is: only the order of those that it has matters.
        own = set(inspection.header)
        orders = list(dict.fromkeys([tuple(key for key in family if key in own), inspection.header]))
        for number, line in _numbered(stream):
            fields, copied = json_fields(line)
            spellings = [fields, copied] if copied != fields else [fields]
            readings = [[spelling.get(key) for key in order] for spelling in spellings for order in orders]
            yield LandingRecord(number, line, fields), readings


def _numbered(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    """Each line that is a record, with its number and without a byte order mark."""
    passed = 0
    for part in line_parts(stream):
        lines = part.splitlines()
        for number, line in enumerate(lines, start=passed + 1):
            if line.strip(BLANKS):
                yield number, line.decode("utf-8", "replace").removeprefix(BYTE_ORDER_MARK)
        passed += len(lines)


def keys_of(files: Iterable[InspectedFile]) -> tuple[str, ...]:
    """The keys of all files, in the order of their first appearance."""
    return tuple(dict.fromkeys(key for file in files for key in file.inspection.header))


def _view_query(connection: duckdb.DuckDBPyConnection, root: Path, files: Sequence[str]) -> str:
    listed = (
        f"{views.paths_below(root, files)}, compression = 'uncompressed', "
        f"maximum_object_size = {LONGEST_LINE_BYTES}, hive_partitioning = false"
    )
    found = connection.execute(
        f"DESCRIBE SELECT * FROM read_json({listed}, union_by_name = true, sample_size = -1)"  # noqa: S608
    ).fetchall()
    names = [str(row[0]) for row in found]
    return (
        f"SELECT {views.source_file(root)}, * EXCLUDE (filename) "  # noqa: S608 - names and paths are quoted
        f"FROM read_json({listed}, columns = {views.text_columns(names)}, filename = true)"
    )


def json_texts(line: str) -> dict[str, str | None]:
    """The values of a JSON object as texts, as Spark 4 reads them; `ValueError` for what is no object."""
    fields = TEXTS.decode(line)
    if not isinstance(fields, dict):
        raise ValueError(f"{line[:100]!r} is no JSON object")
    if TEXT_TYPES.issuperset(map(type, fields.values())):
        return fields
    return json_fields(line)[0]


def json_fields(line: str) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """The values of a JSON object as texts, as Spark 4 reads them and as Spark 3.5 does.

    Spark 4 keeps the text of what is no string; Spark 3.5 prints a fraction anew, as Java prints a double.
    """
    exact: dict[str, str | None] = {}
    copied: dict[str, str | None] = {}
    at = _past(BETWEEN, line, line.index("{") + 1)
    while line[at] != "}":
        key, at = READER.raw_decode(line, at)
        start = _past(COLON, line, at)
        value, at = READER.raw_decode(line, start)
        written = line[start:at]
        exact[key] = value if value is None or isinstance(value, str) else written
        copied[key] = _printed(value, exact[key])
        at = _past(BETWEEN, line, at)
        at = _past(BETWEEN, line, at + line.startswith(",", at))
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


@dataclass(slots=True)
class _Lines:
    """What the lines of a file hold: keys in the order of their first appearance, records, blank lines."""

    keys: dict[str, None] = field(default_factory=dict)
    records: int = 0
    blank_lines: int = 0

    @classmethod
    def read(cls, chunks: Iterable[bytes]) -> _Lines:
        """Read UTF-8 text to its end; `FileFault` for a line that is no object, or none that Spark reads as it is."""
        found = cls()
        for number, line in enumerate(_lines(chunks), start=1):
            if not line.strip(BLANKS):
                found.blank_lines += 1
                continue
            found.keys.update(dict.fromkeys(_record(line, number)))
            found.records += 1
        found._check()
        return found

    def _check(self) -> None:
        if not self.records:
            raise FileFault("the file is empty")
        if len(self.keys) > MAX_KEYS:
            raise FileFault(f"the objects have {len(self.keys):,} different keys: a key is to be a column")
        spellings: dict[str, str] = {}
        for key in self.keys:
            other = spellings.setdefault(key.lower(), key)
            if other != key:
                raise FileFault("keys {!r} and {!r} differ in nothing but case; spell them one way", other, key)
        if RESERVED_KEY in spellings:
            raise FileFault(f"key {RESERVED_KEY!r} is a name that Spark keeps for itself; rename it")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their ends, which are LF, CRLF or CR, as for Hadoop."""
    rest = b""
    for chunk in chunks:
        lines = (rest + chunk).splitlines(keepends=True)
        # The last line may go on in the next chunk, and so may the line end that a CR begins.
        rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
        if len(rest) > LONGEST_LINE_BYTES:
            break
        yield from lines
    if rest:
        yield rest


def _record(line: bytes, number: int) -> dict[str, Any]:
    if len(line) > LONGEST_LINE_BYTES:
        raise FileFault(f"line {number:,} is longer than {LONGEST_LINE_BYTES:,} bytes: Spark does not read it")
    text = line.decode().removeprefix(BYTE_ORDER_MARK)
    if number == 1 and text.lstrip().startswith("["):
        raise FileFault("the file holds a JSON array; one object a line is expected")
    try:
        record = DECODER.decode(text)
        if _may_exceed_a_limit(line):
            _check_limits(record)
        if b"\\ud" in line or b"\\uD" in line:
            json.dumps(record, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        cut = "" if line.endswith((b"\n", b"\r")) else "; the file was cut short, fetch it again"
        raise FileFault(
            f"line {number:,} is no whole JSON object ({error.msg} at column {error.colno:,}){cut}"
        ) from None
    except UnicodeEncodeError:
        raise FileFault(f"line {number:,} has half a surrogate pair (\\ud…), which is no character") from None
    except RecursionError:
        raise FileFault(f"line {number:,} is nested too deeply") from None
    except FileFault as fault:
        raise FileFault(f"line {number:,} {fault.text}", *fault.quoted) from None
    if not isinstance(record, dict):
        raise FileFault(f"line {number:,} is JSON, but no object")
    return record


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise FileFault("has key {!r} twice in one object", twice)
    return fields


class _Number(str):
    """A number as it is written: Python would turn it into another, or refuse to for its length."""

    __slots__ = ()


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_Number, parse_float=_Number)


def _may_exceed_a_limit(line: bytes) -> bool:
    """Whether it is worth a look; most lines are too short for that."""
    return len(line) > LONGEST_NUMBER and (
        len(line) > LONGEST_KEY
        or line.count(b"[") + line.count(b"{") > DEEPEST_NESTING
        or LONG_NUMBER.search(line) is not None
    )


def _check_limits(value: object) -> None:
    level = [value]
    for _ in range(DEEPEST_NESTING):
        if any(isinstance(one, _Number) and len(one) > LONGEST_NUMBER for one in level):
            raise FileFault(f"has a number of more than {LONGEST_NUMBER:,} digits")
        objects = [one for one in level if isinstance(one, dict)]
        if any(len(key) > LONGEST_KEY for one in objects for key in one):
            raise FileFault(f"has a key of more than {LONGEST_KEY:,} characters")
        arrays = [one for one in level if isinstance(one, list)]
        level = [inner for one in objects for inner in one.values()] + [inner for one in arrays for inner in one]
        if not level:
            return
    raise FileFault(f"is nested more than {DEEPEST_NESTING:,} levels deep")
