"""Files in the formats that covid19 has none of: what each is, and its records as every reader must see them."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from covid_lake.contracts import Column, Csv, Dataset, Folder, Format, Landing, Parquet, Table, Type, Zone
from covid_lake.engines.protocol import Engine
from covid_lake.landing.inventory import LandingFile, files_of, look_at_landing
from covid_lake.landing.names import format_of
from covid_lake.provenance.records import find_records
from covid_lake.reading.landing_views import landing_query
from covid_lake.store.storage import LocalStorage

Row = tuple[str | None, ...]


def _table(name: str, form: Format, *columns: Column) -> Table:
    landing = Landing(folders=(Folder(name, form),))
    return Table("shop", Zone.TRUSTED, name, "A thing.", columns, key=(), landing=landing)


def _text(name: str, *, required: bool = False) -> Column:
    return Column(name, Type.TEXT, name, (name,), required=required)


BOOKS = _table(
    "books",
    Csv(delimiter=";", encoding="latin-1", escape="\\"),
    _text("isbn", required=True),
    _text("title", required=True),
    _text("year"),
)
RATINGS = _table(
    "ratings", Csv(delimiter="\t", names=("user", "isbn", "rating")), *map(_text, ("user", "isbn", "rating"))
)
SALES = _table(
    "sales",
    Parquet(),
    _text("id", required=True),
    Column("price", Type.DECIMAL, "Price", ("price",), precision=10, scale=2),
    Column("sold_on", Type.DATE, "Day", ("sold_on",), formats=("yyyy-MM-dd",)),
    Column("sold_at", Type.TIMESTAMP, "Time", ("sold_at",), formats=("yyyy-MM-dd HH:mm:ss",)),
    Column("weight", Type.DOUBLE, "Weight", ("weight",)),
    Column("is_new", Type.BOOLEAN, "New", ("is_new",)),
)
SHOP = Dataset("shop", "A shop", (BOOKS, RATINGS, SALES))


@dataclass(frozen=True)
class FormatKind:
    """A file, and the records that it holds (by the contract's columns, sorted) or why it is refused."""

    name: str
    table: Table
    content: bytes
    expected: tuple[Row, ...] | str
    ending: str

    @property
    def path(self) -> str:
        return f"{self.table.name}/file{self.ending}"


@dataclass(frozen=True)
class Seen:
    """What each reader made of a file."""

    fault: str | None
    records: int = 0
    engine: tuple[Row, ...] = ()
    duckdb: tuple[Row, ...] = ()
    found_lines: tuple[int, ...] = ()
    """The lines on which records were found by Spark's hashes."""
    spark_lines: tuple[int | None, ...] = ()

    @property
    def outcome(self) -> tuple[Row, ...] | str:
        """The records, or why the file is refused; where readers differ, what each saw."""
        if self.fault:
            return self.fault
        counts = {self.records, len(self.engine), len(self.duckdb), len(self.found_lines)}
        lines = [line for line in self.spark_lines if line is not None]
        are_lines = not lines or tuple(lines) == self.found_lines
        if len(counts) == 1 and same(self.engine, self.duckdb) and are_lines:
            return self.engine
        return f"the readers differ: {self}"


def same(one: Sequence[Row], other: Sequence[Row]) -> bool:
    """Whether rows are equal; doubles may be spelled in two ways, and DuckDB shows what is missing as empty text."""

    def plain(text: str | None) -> object:
        try:
            return float(text or "")
        except ValueError:
            return text or None

    return [tuple(map(plain, row)) for row in one] == [tuple(map(plain, row)) for row in other]


def is_as_expected(kind: FormatKind, outcome: tuple[Row, ...] | str) -> bool:
    """Whether the outcome is the kind's own; a reason begins as expected."""
    if isinstance(kind.expected, str):
        return isinstance(outcome, str) and outcome.startswith(kind.expected)
    return outcome == kind.expected


def read_everywhere(engine: Engine, folder: Path, kind: FormatKind) -> Seen:
    """Lay the file down in a landing zone, and look at it by inspection, Spark, DuckDB and the search for records."""
    storage = LocalStorage(folder)
    storage.write(f"landing/shop/{kind.path}", kind.content)
    files = look_at_landing(storage, SHOP).files
    whole, refused = files_of(kind.table, files.values())
    if refused:
        return Seen(refused[0].reason)
    rows = engine.read_landing(storage, kind.table, whole, with_lines=True).collect()
    names = [column.name for column in kind.table.columns]
    (file,) = whole
    return Seen(
        None,
        file.inspection.records,
        _sorted(tuple(row[name] for name in names) for row in rows),
        _in_duckdb(storage, kind, names, folder / "scratch"),
        _found(storage, kind, file, [row["source_row_hash"] for row in rows]),
        tuple(sorted((row["_line"] for row in rows), key=lambda line: line or 0)),
    )


def _in_duckdb(storage: LocalStorage, kind: FormatKind, names: Sequence[str], scratch: Path) -> tuple[Row, ...]:
    with duckdb.connect() as connection:
        query = landing_query(connection, storage, kind.table, [kind.path], scratch)
        shown = ", ".join(f'"{name}"' for name in names)
        missing = ", ".join(f'NULL::VARCHAR AS "{name}"' for name in names)
        rows = connection.execute(f"SELECT {shown} FROM ({query} UNION ALL BY NAME SELECT {missing} WHERE false)")
        return _sorted(rows.fetchall())


def _found(storage: LocalStorage, kind: FormatKind, file: LandingFile, hashes: Sequence[int]) -> tuple[int, ...]:
    form = format_of(kind.table, kind.path)
    search = find_records(
        kind.path,
        lambda: storage.open(f"landing/shop/{kind.path}"),
        form,
        file.inspection,
        file.inspection.header,
        set(hashes),
    )
    return tuple(sorted(record.line for records in search.records.values() for record in records))


def _sorted(rows: Any) -> tuple[Row, ...]:
    return tuple(
        sorted((tuple(row) for row in rows), key=lambda row: [(value is not None, value or "") for value in row])
    )


def book(name: str, content: str | bytes, expected: tuple[Row, ...] | str, ending: str = ".csv") -> FormatKind:
    data = content if isinstance(content, bytes) else content.encode("latin-1")
    return FormatKind(f"semicolons, Latin-1, backslashes: {name}", BOOKS, data, expected, ending)


def rating(name: str, content: str | bytes, expected: tuple[Row, ...] | str, ending: str = ".csv") -> FormatKind:
    data = content if isinstance(content, bytes) else content.encode()
    return FormatKind(f"tabs, no header: {name}", RATINGS, data, expected, ending)


def sale(name: str, content: bytes, expected: tuple[Row, ...] | str, ending: str = ".parquet") -> FormatKind:
    return FormatKind(f"Parquet: {name}", SALES, content, expected, ending)


def parquet(columns: Mapping[str, pa.Array], **options: Any) -> bytes:
    """A Parquet file of the columns."""
    target = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), target, **options)
    return target.getvalue()


NOON = datetime(2020, 3, 1, 12, 30, 15, 123456, UTC)
GOOD_COLUMNS = {
    "id": pa.array(["a", "b"]),
    "price": pa.array([Decimal("12.30"), None], pa.decimal128(10, 2)),
    "sold_on": pa.array([date(2020, 2, 29), None]),
    "sold_at": pa.array([NOON, None], pa.timestamp("us", tz="UTC")),
    "weight": pa.array([0.1, None]),
    "is_new": pa.array([True, None]),
}
GOOD_PARQUET = parquet(GOOD_COLUMNS)
NONE = (None,) * 5
GOOD_SALES = (
    ("a", "12.30", "2020-02-29", "2020-03-01 12:30:15.123456Z", "0.1", "true"),
    ("b", *NONE),
)
HEADER = "isbn;title;year\n"

KINDS = (
    book(
        "umlauts",
        HEADER + "1;M\u00fcller;2001\n2;\u00c5ngstr\u00f6m \u00a7;\n",
        (("1", "M\u00fcller", "2001"), ("2", "\u00c5ngstr\u00f6m \u00a7", None)),
    ),
    book(
        "signs of Windows-1252",
        HEADER.encode() + b"1;\x93quoted\x94 \x80;2001\n",
        (("1", "\x93quoted\x94 \x80", "2001"),),
    ),
    book("a delimiter in quotes", HEADER + '1;"a;b, c";2001\n', (("1", "a;b, c", "2001"),)),
    book("an escaped quote", HEADER + '1;"the \\"best\\"";2001\n', (("1", 'the "best"', "2001"),)),
    book(
        "an escaped quote at the end", HEADER + '1;"say \\"";2001\n2;x;\n', (("1", 'say "', "2001"), ("2", "x", None))
    ),
    book(
        "an escaped backslash",
        HEADER + '1;"C:\\\\new";2001\n2;"end\\\\";2\n',
        (("1", "C:\\new", "2001"), ("2", "end\\", "2")),
    ),
    book("a backslash before another sign", HEADER + '1;"a\\nb\\;";2001\n', (("1", "a\\nb\\;", "2001"),)),
    book("a backslash outside of quotes", HEADER + "1;a\\nb\\;2001\n", (("1", "a\\nb\\", "2001"),)),
    book("a quote within a word", HEADER + '1;5" disk;2001\n', (("1", '5" disk', "2001"),)),
    book("blanks around a quoted field", HEADER + '1;"a" ;2001\n2; "b";2\n', (("1", "a", "2001"), ("2", ' "b"', "2"))),
    book("a line end in quotes", HEADER + '1;"a\nb";2001\n2;c;\n', (("1", "a\nb", "2001"), ("2", "c", None))),
    book(
        "CRLF and a line end in quotes", HEADER.replace("\n", "\r\n") + '1;"a\r\nb";2001\r\n', (("1", "a\nb", "2001"),)
    ),
    book(
        "an escaped quote and a line end",
        HEADER + '1;"a\\"\nb";2001\n2;c;1\n',
        (("1", 'a"\nb', "2001"), ("2", "c", "1")),
    ),
    book("blank lines", "isbn;title;year\n\n1;\\;2\n \n", (("1", "\\", "2"),)),
    book("short and long records", HEADER + "1;a\n2;b;2;x\n", (("1", "a", None), ("2", "b", "2"))),
    book("empty quotes", HEADER + '1;"";"2"\n', (("1", None, "2"),)),
    book("packed", gzip.compress((HEADER + "1;\u00fc;\\\n").encode("latin-1")), (("1", "\u00fc", "\\"),), ".csv.gz"),
    book(
        "doubled quotes", HEADER + '1;"a ""b"" c";2001\n', "line 2 has a quote within a quoted field that no \\ marks"
    ),
    book(
        "text behind a quoted field",
        HEADER + '1;"a"b;\\\n',
        "line 2 has a quote within a quoted field that no \\ marks",
    ),
    book("a quote never closed", HEADER + '1;"a;2001\n2;b;\n', "a quote opened on line 2 is never closed"),
    book("the last quote escaped", HEADER + '1;"a\\";2001\n', "a quote opened on line 2 is never closed"),
    book("cut short", HEADER + "1;a;2001\n2", "the last line (3) has 1 of 3 fields and no line end"),
    book(
        "commas",
        "isbn,title,year\n1,a,2001\n",
        "the header has no column isbn (isbn,title,year); the fields seem to be separated by something else than a sem",
    ),
    book("UTF-8 with its mark", "\ufeffisbn;title;year\n1;a;2001\n".encode(), "the file begins with the mark of UTF-8"),
    book("UTF-16", (HEADER + "1;a;2001\n").encode("utf-16"), "the file is UTF-16 text"),
    book("a column twice", "isbn;title;ISBN\n1;a;2\n", "column 'ISBN' stands more than once in the header"),
    book("empty", "", "the file is empty"),
    rating("plain", "u1\t0001\t5\nu2\t0002\t\n", (("u1", "0001", "5"), ("u2", "0002", None))),
    rating("no line end", "u1\t0001\t5", (("u1", "0001", "5"),)),
    rating("one record that looks like a header", "user\tisbn\trating\n", (("user", "isbn", "rating"),)),
    rating("a byte order mark", "\ufeffu1\t0001\t5\n".encode(), (("u1", "0001", "5"),)),
    rating("a byte order mark on a line of its own", "\ufeff\nu1\t0001\t5\n".encode(), (("u1", "0001", "5"),)),
    rating("a byte order mark twice", "\ufeff\ufeffu1\t1\t5\n".encode(), "a second byte order mark stands before the"),
    rating("a byte order mark behind blanks", "\n \n\ufeffu1\t1\t5\n".encode(), "a second byte order mark stands"),
    rating("quotes", '"u\t1"\t"a ""b"""\t5\n', (("u\t1", 'a "b"', "5"),)),
    rating("a line end in quotes", '"u\n1"\t1\t5\nu2\t2\t4\n', (("u\n1", "1", "5"), ("u2", "2", "4"))),
    rating("blank lines first", "\n\nu1\t1\t5\n", (("u1", "1", "5"),)),
    rating("a first field that is empty", "\t1\t5\n", ((None, "1", "5"),)),
    rating("a tab behind a quoted field", '"u1"\t"1"\t\n', (("u1", "1", None),)),
    rating("packed", gzip.compress(b"u1\t0001\t5\n"), (("u1", "0001", "5"),), ".csv.gz"),
    rating(
        "commas",
        "u1,0001,5\n",
        "the first line has 1 of 3 fields; the fields seem to be separated by something else than a tab",
    ),
    rating("cut short", "u1\t0001\t5\nu2\t00", "the last line (2) has 2 of 3 fields and no line end"),
    rating("Latin-1", "u1\t\u00fc\t5\n".encode("latin-1"), "the text is no UTF-8 near byte 3"),
    rating("empty", "", "the file is empty"),
    sale("good", GOOD_PARQUET, GOOD_SALES),
    sale("several groups of rows", parquet(GOOD_COLUMNS, row_group_size=1), GOOD_SALES),
    sale("no records", parquet({name: column[:0] for name, column in GOOD_COLUMNS.items()}), ()),
    sale("columns in another order", parquet(dict(reversed(GOOD_COLUMNS.items()))), GOOD_SALES),
    sale(
        "times as INT96",
        parquet(GOOD_COLUMNS, use_deprecated_int96_timestamps=True),
        (("a", "12.30", "2020-02-29", "2020-03-01 12:30:15.123456", "0.1", "true"), ("b", *NONE)),
    ),
    sale(
        "a wall clock and milliseconds",
        parquet({"id": pa.array(["a"]), "sold_at": pa.array([NOON.replace(tzinfo=None)], pa.timestamp("ms"))}),
        (("a", None, None, "2020-03-01 12:30:15.123000", None, None),),
    ),
    sale(
        "other types than the contract's",
        parquet(
            {
                "id": pa.array([7], pa.uint32()),
                "price": pa.array(["cheap"]),
                "sold_on": pa.array([20200301], pa.int64()),
                "weight": pa.array([1], pa.int8()),
                "is_new": pa.array([-0.5], pa.float32()),
            }
        ),
        (("7", "cheap", "20200301", None, "1", "-0.5"),),
    ),
    sale(
        "large and small doubles",
        parquet({"id": pa.array(["1", "2", "3"]), "weight": pa.array([1e300, 1e-7, 12345678.9])}),
        (
            ("1", None, None, None, "1.0E300", None),
            ("2", None, None, None, "1.0E-7", None),
            ("3", None, None, None, "1.23456789E7", None),
        ),
    ),
    sale("empty text is no null", parquet({"id": pa.array(["", None])}), ((None, *NONE), ("", *NONE))),
    sale("a name with odd signs", parquet({"id": pa.array(["1"]), 'a `b`, "c".d': pa.array([1])}), (("1", *NONE),)),
    sale("truncated", GOOD_PARQUET[:-20], "the end of the file is no Parquet footer"),
    sale(
        "without its middle",
        GOOD_PARQUET[:50] + GOOD_PARQUET[400:],
        "the footer speaks of data that the file does not have",
    ),
    sale(
        "a damaged footer", GOOD_PARQUET[:-60] + b"\xff" * 40 + GOOD_PARQUET[-20:], "the Parquet footer can't be read"
    ),
    sale("text", b"id,price\n1,2\n", "the file is no Parquet: it does not begin with PAR1"),
    sale("empty", b"", "the file is empty"),
    sale("only the mark", b"PAR1PAR1", "the end of the file is no Parquet footer"),
    sale("a nested column", parquet({"id": pa.array([{"a": 1}])}), "column 'id' is nested"),
    sale("a list", parquet({"id": pa.array(["a"]), "tags": pa.array([["x"]])}), "column 'tags' is nested"),
    sale("bytes", parquet({"id": pa.array([b"a"])}), "column 'id' holds bytes that are not said to be text"),
    sale(
        "nanoseconds",
        parquet({"id": pa.array(["a"]), "sold_at": pa.array([1], pa.timestamp("ns"))}),
        "column 'sold_at' holds nanoseconds",
    ),
    sale(
        "a time of day",
        parquet({"id": pa.array(["a"]), "t": pa.array([1], pa.time64("us"))}),
        "column 't' is of a type that is not read",
    ),
    sale(
        "a column twice", parquet({"id": pa.array(["a"]), "ID": pa.array(["b"])}), "column 'id' stands more than once"
    ),
    sale("a required column missing", parquet({"price": pa.array([1])}), "the header has no column id (price)"),
)
