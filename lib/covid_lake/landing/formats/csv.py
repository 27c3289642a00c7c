"""CSV as Spark reads it: whether a file is whole, what its header is, how many records it has, and which fields.

A file that was cut short, is in another encoding or no text at all is refused by name, instead of turning into nulls
later. The count of records is the first side of the accounts, which Spark's own count must meet: lines and records are
told apart as Spark tells them, and a file that Spark would read otherwise than it is meant is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from covid_lake.contracts import ENCODINGS, Csv
from covid_lake.errors import QueryError
from covid_lake.landing.faults import FileFault
from covid_lake.landing.formats import views
from covid_lake.landing.formats.csv_fields import (
    NO_ROW,
    PLAIN,
    EndlessRow,
    Row,
    UnmarkedQuote,
    line_end,
    split_record,
    split_rows,
)
from covid_lake.landing.formats.interface import (
    Content,
    Fields,
    InspectedFile,
    Inspection,
    LandingRecord,
    Reading,
    Scan,
)
from covid_lake.landing.formats.plain_csv import PlainLines, plain_lines
from covid_lake.landing.formats.records import (
    LINE,
    SURPLUS,
    batch_of,
    batches_of,
    line_numbers,
    position,
    without_places,
)
from covid_lake.landing.formats.text import (
    BLANK_CHARACTERS,
    BLANKS,
    BYTE_ORDER_MARK,
    line_count,
    line_parts,
    text_chunks,
)

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

ENDINGS = (".csv", ".csv.gz")
LONGEST_LINE_BYTES = 64 << 20
MAX_COLUMNS = 1_000
# A record with more fields than this is no long record but lines without their ends; Spark's parser stops at it.
MAX_FIELDS = 20_000
# What separates fields in files of this kind, for a hint to whoever named the wrong one.
DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a |"}
# No field holds this, so that DuckDB takes no field for NULL.
NO_NULLS = "\x01"
LATE_MARK = re.compile(rb"(?:[\0-\x20]*[\r\n])?" + codecs.BOM_UTF8)
FIRST_LINE = re.compile(rb"[^\r\n]*(?:\r\n?|\n)?")


# The line on which a record begins, its text, and its fields.
Record = tuple[int, str, Fields]


@dataclass(frozen=True)
class CsvFiles:
    """CSV files of one dialect."""

    form: Csv = PLAIN

    @property
    def endings(self) -> tuple[str, ...]:
        return ENDINGS

    @property
    def is_doubling(self) -> bool:
        """Whether a quote within quotes is doubled, and not marked by a backslash."""
        return self.form.escape == self.form.quote

    @cached_property
    def decoder(self) -> str:
        """The encoding as Python calls it; a byte order mark is no text."""
        return "utf-8-sig" if self.form.encoding == "utf-8" else self.form.encoding

    def is_data(self, name: str) -> bool:
        return name.endswith(ENDINGS)

    def inspect(self, content: Content) -> Inspection:
        count = _LineCount(self)
        start, has_line = b"", False
        for chunk in text_chunks(content.stream, self.form.encoding):
            if not start:
                chunk = chunk.removeprefix(self._mark)
            if not has_line:
                start += chunk
                has_line = b"\n" in chunk or b"\r" in chunk
            count.add(chunk)
        first_line = re.split(rb"[\r\n]", start, maxsplit=1)[0].decode(self.form.encoding).lstrip(BYTE_ORDER_MARK)
        self._check_first_line(first_line, is_empty=not start.strip(BLANKS))
        if self.form.names and LATE_MARK.match(start):
            # Spark's parser drops it as well, and makes something else of a record that holds nothing more.
            raise FileFault("a second byte order mark stands before the first record; remove it")
        if count.inside_quotes or not count.is_plain:
            return self._inspect_odd(content)
        header = self._header(self.fields(first_line))
        is_unended = bool(count.rest.strip(BLANKS))
        if is_unended:
            self.check_field_count(count.rest, count.lines + 1)
            if not count.rest.endswith(b"\r"):
                self._check_last_record(self.fields(count.rest.decode(self.form.encoding)), header, count.lines + 1)
        records = count.lines - count.blank_lines + is_unended - self._header_rows
        return Inspection("", header, records, blank_lines=count.blank_lines)

    def fields(self, line: str) -> list[str]:
        """The fields of a line that is a record."""
        return [value or "" for value in split_record(line, self.form)[0]]

    def check_field_count(self, line: bytes, number: int) -> None:
        if line.count(self.form.delimiter.encode()) >= MAX_FIELDS:
            check_row(self.fields(line.decode(self.form.encoding)), number)

    @property
    def _mark(self) -> bytes:
        """The byte order mark, with which a file may begin."""
        return codecs.BOM_UTF8 if self.form.encoding == "utf-8" else b""

    @property
    def _header_rows(self) -> int:
        return 0 if self.form.names else 1

    def _check_first_line(self, line: str, is_empty: bool) -> None:
        if is_empty:
            raise FileFault("the file is empty")
        if not line.strip(BLANK_CHARACTERS) and not self.form.names:
            raise FileFault("the first line, which should be the header, is blank")
        if line.lstrip().startswith("<"):
            raise FileFault(
                "the file holds a web page or XML, not CSV; it may be an error message of the server it came from"
            )

    def _header(self, first: list[str]) -> tuple[str, ...]:
        """The columns' names, by the contract or by the first row."""
        if self.form.names:
            if len(first) == 1 and len(self.form.names) > 1 and (hint := self.delimiter_hint(first[0])):
                raise FileFault(f"the first line has 1 of {len(self.form.names)} fields{hint}")
            return self.form.names
        header = tuple(name.lstrip(BYTE_ORDER_MARK).strip() for name in first)
        if len(header) > MAX_COLUMNS:
            raise FileFault(f"the header has {len(header):,} columns: its line end may be lost")
        folded = [name.casefold() for name in header]
        twice = sorted({name for name in header if name and folded.count(name.casefold()) > 1})
        if twice:
            raise FileFault("column {!r} stands more than once in the header", twice[0])
        return header

    def delimiter_hint(self, only_field: str) -> str:
        """What to say of a record of one field that seems to have another delimiter; empty where it has none."""
        others = [sign for sign in DELIMITERS if sign != self.form.delimiter and sign in only_field]
        wanted = DELIMITERS.get(self.form.delimiter, repr(self.form.delimiter))
        return f"; the fields seem to be separated by something else than {wanted}" if others else ""

    def _check_last_record(self, record: Fields, header: tuple[str, ...], line: int) -> None:
        if len(record) < len(header):
            raise FileFault(
                f"the last line ({line:,}) has {len(record)} of {len(header)} fields and no line end: "
                "the file was cut short; fetch it again"
            )

    def _inspect_odd(self, content: Content) -> Inspection:
        """Count records the slow way: quotes with line ends or escapes in them, lone carriage returns."""
        found = _OddRows(self.form)
        with content.reopen() as stream:
            found.read(self._text(stream))
        header = self._header(found.first)
        if found.is_multiline and found.other_end:
            raise FileFault(
                f"line {found.other_end:,} does not end as the first line does; in a file whose quoted fields hold "
                "line ends all records must end alike"
            )
        if found.last.is_open:
            raise FileFault(
                f"a quote opened on line {found.last.line:,} is never closed, or the file was cut short there"
            )
        if not found.last.end and not line_end(found.last.record):
            self._check_last_record(found.last.fields, header, found.last.line)
        blanks = found.empty if found.is_multiline else found.blank
        return Inspection("", header, found.rows - blanks - self._header_rows, found.is_multiline, blanks)

    def scans(self, files: Sequence[InspectedFile]) -> list[Scan]:
        return [
            Scan(tuple(chosen), tuple(sorted({file.inspection.header for file in chosen})), is_multiline)
            for is_multiline in (False, True)
            if (chosen := [file for file in files if file.inspection.multiline == is_multiline])
        ]

    def read_texts(self, spark: SparkSession, scan: Scan, urls: list[str]) -> DataFrame:
        from pyspark.sql import types as T

        # A field past the header's last would be dropped in silence if the schema had no place for it. The padding is
        # never asked for: with a column to prune, Spark's parser fills short rows up instead of throwing for each.
        names = [*(position(i) for i in range(scan.width)), SURPLUS, "_padding"]
        schema = T.StructType([T.StructField(name, T.StringType()) for name in names])
        return (
            spark.read.schema(schema)
            .option("header", not self.form.names)
            .option("enforceSchema", True)
            .option("mode", "PERMISSIVE")
            .option("sep", self.form.delimiter)
            .option("quote", self.form.quote)
            .option("escape", self.form.escape)
            .option("encoding", ENCODINGS[self.form.encoding])
            .option("multiLine", scan.is_multiline)
            .option("maxCharsPerColumn", -1)
            .option("maxColumns", MAX_FIELDS + 1)
            .csv(urls)
        )

    def add_lines(self, records: DataFrame, scan: Scan) -> DataFrame:
        from covid_lake.landing.formats.frames import with_counted_lines, without_lines

        if scan.is_multiline:
            return without_lines(records)
        uneven = [file.path for file in scan.files if file.inspection.blank_lines]
        return with_counted_lines(records, 1 + self._header_rows, uneven)

    def view_queries(
        self, connection: duckdb.DuckDBPyConnection, placed: Sequence[tuple[Path, str]], scratch: Path
    ) -> list[str]:
        if not self.is_doubling or self.form.encoding != "utf-8":
            # DuckDB shows files as delivered (see docs/decisions/011), but not all dialects: it reads a backslash
            # before other signs than a quote, and some signs of Latin-1, otherwise than Spark.
            return PLAIN_FILES.view_queries(connection, [self._rewritten(*one, scratch) for one in placed], scratch)
        generations: dict[tuple[Path, tuple[str, ...]], list[str]] = {}
        for root, file in placed:
            generations.setdefault((root, self._names_of(root / file)), []).append(file)
        return [
            f"SELECT {views.source_file(root)}, * EXCLUDE (filename) "  # noqa: S608 - names and paths are quoted
            f"FROM read_csv({views.paths_below(root, files)}, header = false, skip = {self._header_rows}, "
            f"columns = {views.text_columns(header)}, delim = {views.literal(self.form.delimiter)}, "
            f"quote = {views.literal(self.form.quote)}, escape = {views.literal(self.form.escape)}, "
            "auto_detect = false, compression = 'none', null_padding = true, "
            f"nullstr = '{NO_NULLS}', strict_mode = false, parallel = false, max_line_size = {LONGEST_LINE_BYTES}, "
            "filename = true, hive_partitioning = false)"
            for (root, header), files in generations.items()
        ]

    def _names_of(self, file: Path) -> tuple[str, ...]:
        if self.form.names:
            return self.form.names
        try:
            with file.open(encoding=self.decoder, newline="") as text:
                names = [name or "" for row in islice(split_rows(text, self.form), 1) for name in row.fields]
        except UnicodeDecodeError as error:
            raise QueryError(f"{file}: its header is no UTF-8: {error}") from error
        if "\0" in "".join(names):
            raise QueryError(f"{file}: a NUL byte stands in its header: this is no text file, or a damaged one")
        if not any(names):
            raise QueryError(f"{file}: there is no header in its first line")
        return views.unique_names(names)

    def _rewritten(self, root: Path, file: str, scratch: Path) -> tuple[Path, str]:
        """The file once more with a header, commas, doubled quotes and in UTF-8, below the folder that is returned."""
        content = Content(io.BufferedReader(io.FileIO(root / file)), lambda: (root / file).open("rb"))
        try:
            with content.stream:
                inspection = self.inspect(content)
        except FileFault as fault:
            raise QueryError(f"{root / file}: {fault.reason(is_discreet=False)}") from None
        target = scratch / "rewritten" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        with (root / file).open("rb") as stream, target.open("w", encoding="utf-8", newline="") as text:
            writer = csv.writer(text, quoting=csv.QUOTE_ALL)
            writer.writerow(inspection.header)
            for _, _, fields in self.records(stream, inspection):
                writer.writerow(value or "" for value in fields)
        return scratch / "rewritten", file

    def read_arrow(self, stream: BinaryIO, inspection: Inspection, scan: Scan) -> Iterator[pa.RecordBatch]:
        if inspection.multiline:
            records = self._multiline_records(stream)
            yield from batches_of(((line, fields) for line, _, fields in records), scan.width)
            return
        for first, count, lines in self.lines(stream):
            blanks = _blank_places(lines) if inspection.blank_lines else []
            content = _without(lines, frozenset(blanks)) if blanks else lines
            plain = plain_lines(content, count - len(blanks), self.form, len(inspection.header))
            if plain:
                numbers = without_places(line_numbers(first, count), blanks)
                yield from self._with_left_out(plain, numbers, content, scan.width)
            else:
                records = self._line_records(first, lines)
                yield from batches_of(((line, fields) for line, _, fields in records), scan.width)

    def _with_left_out(
        self, plain: PlainLines, numbers: pa.Array, content: bytes, width: int
    ) -> Iterator[pa.RecordBatch]:
        """The lines that Arrow's parser read, and those that it left out, in their order."""
        batch = batch_of(plain.columns, without_places(numbers, plain.left_out), width)
        if not plain.left_out:
            yield batch
            return
        import pyarrow as pa

        lines = content.splitlines()
        odd = ((numbers[i].as_py(), self._fields_of_line(lines[i])) for i in plain.left_out)
        yield from pa.Table.from_batches([batch, *batches_of(odd, width)]).sort_by(LINE).to_batches()

    def _fields_of_line(self, line: bytes) -> Fields:
        return split_record(line.decode(self.form.encoding, "replace"), self.form)[0]

    def walk_records(self, stream: BinaryIO, inspection: Inspection, family: Sequence[str]) -> Iterator[Reading]:
        del family  # a header decides the order
        header = inspection.header
        for line, record, fields in self.records(stream, inspection):
            readings = [fields]
            if len(fields) > len(header):
                # Whether fields past the header take part is up to the widest header that was read with this file.
                readings.append(fields[: len(header)])
            names = [*header, *(position(i) for i in range(len(header), len(fields)))]
            padded = [*fields, *([None] * (len(header) - len(fields)))]
            yield LandingRecord(line, record, dict(zip(names, padded, strict=True))), readings

    def records(self, stream: BinaryIO, inspection: Inspection) -> Iterator[Record]:
        if inspection.multiline:
            return self._multiline_records(stream)
        return (record for first, _, lines in self.lines(stream) for record in self._line_records(first, lines))

    def lines(self, stream: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
        """Lines that hold no header, in large parts: the number of the first line, how many they are, and the lines."""
        passed = 0
        for part in line_parts(stream):
            lines = part
            if not passed:
                lines = lines.removeprefix(self._mark)
                if not self.form.names:
                    lines, passed = FIRST_LINE.sub(b"", lines, count=1), 1
            if lines:
                count = line_count(lines)
                yield passed + 1, count, lines
                passed += count

    def _line_records(self, first_line: int, lines: bytes) -> Iterator[Record]:
        """Records of a file whose lines are records; a blank line is none."""
        for number, line in enumerate(lines.splitlines(), start=first_line):
            record = line.decode(self.form.encoding, "replace")
            if record.strip(BLANK_CHARACTERS):
                yield number, record, split_record(record, self.form)[0]

    def _multiline_records(self, stream: BinaryIO) -> Iterator[Record]:
        """Records that go on over a line end within quotes; a line without any sign is none."""
        for row in islice(split_rows(self._text(stream), self.form), self._header_rows, None):
            if row.record:
                yield row.line, row.record, row.fields

    def _text(self, stream: BinaryIO) -> io.TextIOWrapper:
        """The lines with their ends."""
        return io.TextIOWrapper(stream, self.decoder, errors="replace", newline="")


PLAIN_FILES = CsvFiles()


def _blank_places(lines: bytes) -> list[int]:
    return [i for i, line in enumerate(lines.splitlines()) if not line.strip(BLANKS)]


def _without(lines: bytes, places: Collection[int]) -> bytes:
    return b"".join(line for i, line in enumerate(lines.splitlines(keepends=True)) if i not in places)


@dataclass(slots=True)
class _LineCount:
    """Lines counted chunk by chunk, with quotes told from text by their parity."""

    files: CsvFiles
    lines: int = 0
    blank_lines: int = 0
    inside_quotes: bool = False
    is_plain: bool = True
    """False from where lines may not be records: a quoted field holds a line end or an escape, or a carriage return
    stands alone. From there on nothing is counted."""
    rest: bytes = b""

    def add(self, chunk: bytes) -> None:
        if not self.is_plain:
            return
        form = self.files.form
        if not self.files.is_doubling and (form.escape.encode() in chunk or form.quote.encode() in chunk):
            self.is_plain = False
            return
        text = self.rest + chunk
        pieces = chunk.split(form.quote.encode())
        has_quoted_end = b"\n" in b"".join(pieces[int(not self.inside_quotes) :: 2])
        self.inside_quotes ^= len(pieces) % 2 == 0
        has_lone_return = b"\r" in text and text.count(b"\r") - text.endswith(b"\r") != text.count(b"\r\n")
        self.is_plain = not has_quoted_end and not has_lone_return
        *whole, self.rest = text.split(b"\n")
        if whole:
            self._add_lines(whole)
        if len(self.rest) > LONGEST_LINE_BYTES:
            raise _endless(self.lines + 1)

    def _add_lines(self, whole: list[bytes]) -> None:
        if max(map(len, whole)) > MAX_FIELDS:
            for number, line in enumerate(whole, start=self.lines + 1):
                self.files.check_field_count(line, number)
        # The least of the lines tells whether any begins with a blank: most files need no closer look.
        if min(whole) < b"!":
            self.blank_lines += sum(not line.strip(BLANKS) for line in whole)
        self.lines += len(whole)


@dataclass(slots=True)
class _OddRows:
    """Rows of CSV, the header among them, read with quotes minded.

    Where no quote holds a line end, Spark takes the file line by line and passes over blank ones. Where one does, the
    whole file goes to its parser: that takes the first line end there is for the end of every record, and passes over
    lines without any character alone.
    """

    form: Csv
    first: list[str] = field(default_factory=list)
    rows: int = 0
    blank: int = 0
    empty: int = 0
    """Lines without any character."""
    is_multiline: bool = False
    other_end: int = 0
    """The first line that does not end as the first one does; 0 where there is none."""
    last: Row = NO_ROW
    """The last row that is not blank."""
    next_line: int = 1

    def read(self, lines: Iterable[str]) -> None:
        try:
            for row in split_rows(lines, self.form, LONGEST_LINE_BYTES):
                self._add(row)
        except EndlessRow:
            raise _endless(self.next_line) from None
        except UnmarkedQuote:
            raise FileFault(
                f"line {self.next_line:,} has a quote within a quoted field that no {self.form.escape} marks; if the "
                "file doubles its quotes, the contract has to say so (escape)"
            ) from None

    def _add(self, row: Row) -> None:
        self.rows += 1
        self.next_line = row.line + row.lines
        self.is_multiline |= row.lines > 1
        self.empty += not row.record
        if not row.end and line_end(row.record):
            self.other_end = self.other_end or row.line
        if not row.record.strip(BLANK_CHARACTERS):
            self.blank += 1
            return
        check_row(row.fields, row.line)
        self.first = self.first or [value or "" for value in row.fields]
        self.last = row


def check_row(row: Fields, number: int) -> None:
    """Refuse a file with a record of too many fields."""
    if len(row) > MAX_FIELDS:
        raise FileFault(f"line {number:,} has {len(row):,} fields: its line end may be lost")


def _endless(line: int) -> FileFault:
    return FileFault(
        f"the record of line {line:,} is longer than {LONGEST_LINE_BYTES >> 20} MiB: "
        "a quote may not be closed, or line ends are lost"
    )
