"""One look at a landing file: what is refused and why, what is fine, and that its count of records is Spark's."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import random
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covid_lake.contracts import Column, Csv, Landing, Table, Type, Zone
from covid_lake.datasets.covid19.contracts import ENIGMA_JHU, STATE_ABV
from covid_lake.engines.protocol import Engine
from covid_lake.landing.formats import csv as csv_format
from covid_lake.landing.formats.interface import Inspection
from covid_lake.landing.formats.text import CHUNK_BYTES as CHUNK
from covid_lake.landing.inspection import inspect_file
from covid_lake.landing.inventory import LandingFile, refusal_reason
from covid_lake.landing.names import format_of
from covid_lake.store.storage import LocalStorage

THINGS = Table(
    "covid19",
    Zone.TRUSTED,
    "things",
    "A thing.",
    (Column("a", Type.TEXT, "First", ("a",), required=True), Column("b", Type.TEXT, "Second", ("b",))),
    key=("a",),
    landing=Landing(csv=("things",), json=("things/json",)),
)
STATES = "static-datasets/csv/state-abv/x.csv"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def look(content: bytes, path: str = "things/x.csv") -> Inspection:
    return inspect_file(path, lambda: closing(io.BytesIO(content)), format_of(THINGS, path))


def rows_of_csv_module(text: str) -> list[list[str]]:
    """Rows that are records for Spark, without the header: with quoted line ends, a line of blanks is one as well."""
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    is_multiline = any("\n" in field or "\r" in field for row in rows for field in row)
    return [row for row in rows if row and (is_multiline or len(row) > 1 or row[0].strip(" \t") or row == [""])][1:]


WHOLE_GZIP = gzip.compress(b"a,b\n" + b"1,2\n" * 1000)
# Four bytes are left of the first chunk.
FULL_CHUNK = b"a,b\n" + b"1,2\n" * (CHUNK // 4 - 2)
FAULTS = {
    "gzip without its end": (
        "things/x.csv.gz",
        WHOLE_GZIP[:-12],
        "the gzip stream breaks off before its end: it was cut short; fetch the file again",
    ),
    "gzip without its checksum": ("things/x.csv.gz", WHOLE_GZIP[:-4], "the gzip stream breaks off before its end"),
    "gzip with a damaged byte": (
        "things/x.csv.gz",
        WHOLE_GZIP[:-8] + b"\0\0\0\0" + WHOLE_GZIP[-4:],
        "the gzip stream is damaged (Error -3 while decompressing data: incorrect data check); fetch the file again",
    ),
    "gzip with zeros behind it": (
        "things/x.csv.gz",
        WHOLE_GZIP + b"\0" * 512,
        "something that is no gzip stands behind the end of the gzip stream; fetch the file again",
    ),
    "gzip with text behind it": ("things/x.csv.gz", WHOLE_GZIP + b"1,2\n", "something that is no gzip stands behind"),
    "gzip without its name": ("things/x.csv", WHOLE_GZIP, "the file is gzip; name it .gz, or unpack it"),
    "zip": ("things/x.csv", b"PK\x03\x04\x14\0", "the file is a zip archive; unpack it"),
    "Parquet": ("things/x.csv", b"PAR1\0", "the file is Parquet, no text"),
    "bzip2": ("things/json/x.bz2", b'{"a": 1}\n', "of packed files only gzip is read; unpack it, or pack it with gzip"),
    "hidden": ("things/_x.csv", b"a,b\n1,2\n", "a name that begins with _ is hidden from Spark and Athena; rename"),
    "upload": ("things/json/x._COPYING_", b'{"a": 1}\n', "the name says that the file is still being copied"),
    "line end in its name": ("things/x\n.csv", b"a,b\n1,2\n", "the name holds a control character, or is no UTF-8"),
    "name in Latin-1": ("things/\udce9.csv", b"a,b\n1,2\n", "the name holds a control character, or is no UTF-8"),
    "no gzip": ("things/x.csv.gz", b"a,b\n1,2\n", "the name ends in .gz, but this is no gzip file"),
    "last line cut": (
        "things/x.csv",
        b"a,b,c\n1,2,3\n4,5",
        "the last line (3) has 2 of 3 fields and no line end: the file was cut short; fetch it again",
    ),
    "cut within a character": (
        "things/x.csv",
        "a,b\n1,é".encode()[:-1],
        "the file ends in the middle of a UTF-8 character: it was cut short",
    ),
    "UTF-16": ("things/x.csv", "a,b\n1,2\n".encode("utf-16"), "the file is UTF-16 text; convert it to UTF-8"),
    "Latin-1": (
        "things/x.csv",
        "a,b\n1,Curaçao\n".encode("latin-1"),
        "the text is no UTF-8 near byte 10; convert it (it may be Latin-1)",
    ),
    "NUL": ("things/x.csv", b"a,b\n1,\0\n", "a NUL byte stands at byte 6: this is no text file, or a damaged one"),
    "NUL behind the first chunk": (
        "things/x.csv",
        b"a,b\n" + b"1,2\n" * (CHUNK // 4) + b"\0",
        f"a NUL byte stands at byte {CHUNK + 4:,}",
    ),
    "empty": ("things/x.csv", b"", "the file is empty"),
    "nothing but line ends": ("things/x.csv", b"\r\n\r\n", "the file is empty"),
    "empty within gzip": ("things/x.csv.gz", gzip.compress(b""), "the file is empty"),
    "blank header": ("things/x.csv", b"\na,b\n1,2\n", "the first line, which should be the header, is blank"),
    "web page": (
        "things/x.csv",
        b"<!DOCTYPE html>\n<html>\n",
        "the file holds a web page or XML, not CSV; it may be an error message of the server it came from",
    ),
    "error of S3": ("things/x.csv", b'<?xml version="1.0"?>\n<Error/>', "the file holds a web page or XML"),
    "column twice": ("things/x.csv", b"a,b,A\n1,2,3\n", "column 'A' stands more than once in the header"),
    "quote never closed": (
        "things/x.csv",
        b'a,b,c\n1,2,3\n4,"5\n6,7,8\n9,0,1\n',
        "a quote opened on line 3 is never closed, or the file was cut short there",
    ),
    "lines that end in two ways around quoted line ends": (
        "things/x.csv",
        b'a,b\n1,"two\nlines"\n3,4\r5,6\n',
        "line 4 does not end as the first line does; in a file whose quoted fields hold line ends all records must end",
    ),
    "LF among CRLF around quoted line ends": (
        "things/x.csv",
        b'a,b\r\n1,"two\nlines"\n3,4\r\n',
        "line 2 does not end as the first line does",
    ),
    "a header of too many columns": (
        "things/x.csv",
        ",".join(map(str, range(1001))).encode(),
        "the header has 1,001 columns: its line end may be lost",
    ),
    "a row of too many fields": (
        "things/x.csv",
        b"a,b\n1,2\n" + b"1," * 20_000 + b"\n",
        "line 3 has 20,001 fields: its line end may be lost",
    ),
    "a last row of too many fields": ("things/x.csv", b"a,b\n1" + b",1" * 20_000, "line 2 has 20,001 fields"),
    "an odd row of too many fields": ("things/x.csv", b"a,b\r1" + b",1" * 20_000, "line 2 has 20,001 fields"),
    "JSON array": (
        "things/json/x.json",
        b'[{"a": 1},\n{"a": 2}]\n',
        "the file holds a JSON array; one object a line is expected",
    ),
    "JSON cut": (
        "things/json/x.json",
        b'{"a": 1}\n{"a": 2, "b',
        "line 2 is no whole JSON object (Unterminated string starting at at column 10); "
        "the file was cut short, fetch it again",
    ),
    "JSON broken in the middle": ("things/json/x.json", b'{"a": 1\n{"a": 2}\n', "line 1 is no whole JSON object"),
    "JSON but no object": ("things/json/part-0", b'{"a": 1}\n"two"\n', "line 2 is JSON, but no object"),
    "JSON empty object of no lines": ("things/json/part-0", b"\x0c\n", "line 1 is no whole JSON object"),
    "JSON with a CR between its tokens": (
        "things/json/x.json",
        b'{"a": 1,\r"b": 2}\n',
        "line 1 is no whole JSON object",
    ),
    "JSON keys that differ in case": (
        "things/json/x.json",
        b'{"State": 1}\n{"state": 2}\n',
        "keys 'State' and 'state' differ in nothing but case; spell them one way",
    ),
    "JSON key twice": ("things/json/x.json", b'{"a": 1}\n{"a": 1, "a": 2}\n', "line 2 has key 'a' twice in one object"),
    "JSON key of Spark's own": (
        "things/json/x.json",
        b'{"_metadata": 1}\n',
        "key '_metadata' is a name that Spark keeps",
    ),
    "JSON with half a surrogate pair": (
        "things/json/x.json",
        b'{"a": "\\ud83d"}\n',
        "line 1 has half a surrogate pair (\\ud…), which is no character",
    ),
    "JSON nested deeper than is read everywhere": (
        "things/json/deep",
        b'{"x": ' + b"[" * 600 + b"]" * 600 + b"}\n",
        "line 1 is nested more than 500 levels deep",
    ),
    "JSON nested too deeply": (
        "things/json/x.json",
        b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}\n",
        "line 1 is nested too deeply",
    ),
    "JSON with a number too long": (
        "things/json/x.json",
        b'{"a": ' + b"9" * 5000 + b"}\n",
        "line 1 has a number of more than 1,000 digits",
    ),
    "JSON with a key too long": (
        "things/json/x.json",
        b'{"a": {"' + b"k" * 50_001 + b'": 1}}\n',
        "line 1 has a key of more than 50,000 characters",
    ),
    "JSON with too long a line": (
        "things/json/x.json",
        b'{"a": 1}\n{"a": "' + b"x" * 20_000_000 + b'"}\n',
        "line 2 is longer than 20,000,000 bytes: Spark does not read it",
    ),
    "JSON with too many keys": (
        "things/json/x.json",
        b"".join(b'{"k%d": 1}\n' % number for number in range(1001)),
        "the objects have 1,001 different keys: a key is to be a column",
    ),
    "JSON empty": ("things/json/part-0", b"\n\n", "the file is empty"),
}
# What is fine, with its records; multiline where a quoted field holds a line end.
FINE: dict[str, tuple[str, bytes, int, bool]] = {
    "plain": ("things/x.csv", b"a,b\n1,2\n3,4\n", 2, False),
    "header only": ("things/x.csv", b"a,b\n", 0, False),
    "header only, no line end": ("things/x.csv", b"a,b", 0, False),
    "byte order mark": ("things/x.csv", BYTE_ORDER_MARK + b"a,b\n1,2\n", 1, False),
    "byte order mark twice": ("things/x.csv", BYTE_ORDER_MARK * 2 + b"a,b\n1,2\n", 1, False),
    "CRLF": ("things/x.csv", b"a,b\r\n1,2\r\n3,4\r\n", 2, False),
    "CR only": ("things/x.csv", b"a,b\r1,2\r3,4\r", 2, False),
    "mixed line ends": ("things/x.csv", b"a,b\r\n1,2\n3,4\r5,6\n", 3, False),
    "quoted comma": ("things/x.csv", b'a,b\n"1,5",2\n', 1, False),
    "quoted line end": ("things/x.csv", b'a,b\n1,"two\nlines"\n3,4\n', 2, True),
    "quoted CRLF": ("things/x.csv", b'a,b\r\n1,"two\r\nlines"\r\n3,4\r\n', 2, True),
    "quoted blank line": ("things/x.csv", b'a,b\n1,"two\n\nlines"\n\n3,4\n', 2, True),
    "quote within a word": ("things/x.csv", b'a,b\n5" pipe,1\n6,2\n7" pipe,3\n', 3, False),
    "doubled quotes": ("things/x.csv", b'a,b\n"a ""quoted"" word",1\n', 1, False),
    "backslash before a quote": ("things/x.csv", b'a,b\n1,"x\\"\n2,"y\\"\n', 2, False),
    "blank lines": ("things/x.csv", b"a,b\n\n1,2\n \t\n\r\n3,4\n\n\n", 2, False),
    "no final line end": ("things/x.csv", b"a,b\n1,2\n3,4", 2, False),
    "no final line end after a quote": ("things/x.csv", b'a,b\n1,"2"', 1, False),
    "quoted line ends and CRLF": ("things/x.csv", b'a,b\r\n1,"two\nlines"\r\n\r\n3,4\r\n', 2, True),
    "quoted line end in the header": ("things/x.csv", b'a,"b\nc"\r\n1,2\r\n3,4\r\n', 2, True),
    "quoted line ends and blanks": ("things/x.csv", b'a,b\n1,"two\nlines"\n \n\x1a\n3,4\n\n', 4, True),
    "quoted line ends and empty quotes": ("things/x.csv", b'a,b\n1,"two\nlines"\n""\n3,4\n', 3, True),
    "quoted line ends and no final line end": ("things/x.csv", b'a,b\n1,"two\nlines"\n3,4', 2, True),
    "quoted CR among lines of CR": ("things/x.csv", b'a,b\r1,"two\rlines"\r\r3,4\r', 2, True),
    "control characters alone on a line": ("things/x.csv", b"a,b\n1,2\n\x0b\n\x0c\n\x1c\n3,4\n\x1a", 2, False),
    "blanks of Unicode alone on a line": ("things/x.csv", "a,b\n1,2\n\u00a0\n\u2028\n".encode(), 3, False),
    "empty quotes alone on a line": ("things/x.csv", b'a,b\n1,2\n""\n3,4\n', 3, False),
    "a blank line behind the first chunk": ("things/x.csv", FULL_CHUNK + b"1,2\n\n3,4\n", CHUNK // 4, False),
    "a lone CR at the end of a chunk": ("things/x.csv", FULL_CHUNK + b"1,2\r3,4\n", CHUNK // 4, False),
    "CRLF over two chunks": ("things/x.csv", FULL_CHUNK + b"1,2\r\n3,4\n", CHUNK // 4, False),
    "a header as long as a page": ("things/x.csv", b"a,b," + b"c" * 200_000 + b"\n1,2,3\n", 1, False),
    "a last field as long as a page": ("things/x.csv", b"a,b\n1," + b"c" * 200_000, 1, False),
    "many commas in quotes": ("things/x.csv", b'a,b\n1,"' + b"," * 30_000 + b'"\n', 1, False),
    "many fields": ("things/x.csv", b"a,b\n1" + b",2" * 15_000 + b"\n3,4\n", 2, False),
    "short and long rows": ("things/x.csv", b"a,b\n1\n1,2,3\n", 2, False),
    "line separators of Unicode": ("things/x.csv", "a,b\n1,x\u2028y\u0085z\n3,4\n".encode(), 2, False),
    "gzip": ("things/x.csv.gz", WHOLE_GZIP, 1000, False),
    "gzip of two members": ("things/x.csv.gz", gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n"), 2, False),
    "lines over many chunks": ("things/x.csv", b"a,b\n" + b"1,23456\n" * (CHUNK // 4), CHUNK // 4, False),
    "a line of 20 MB": ("things/x.csv", b"a,b\n1," + b"x" * 20_000_000 + b"\n3,4\n", 2, False),
    "JSON": ("things/json/part-0", b'{"a": 1}\n{"b": 2}', 2, False),
    "JSON with CRLF and blank lines": ("things/json/part-0", b'{"a": 1}\r\n\r\n{"a": 2}\r\n', 2, False),
    "JSON with a byte order mark": ("things/json/x.json", BYTE_ORDER_MARK + b'{"a": 1}\n{"a": 2}\n', 2, False),
    "JSON within gzip": ("things/json/x.json.gz", gzip.compress(b'{"a": 1}\n'), 1, False),
    "JSON with lines of CR": ("things/json/part-0", b'{"a": 1}\r{"a": 2}\r', 2, False),
    "JSON with CRLF over two chunks": (
        "things/json/x.json",
        b'{"a": 1}\n' + b'{"a":     "' + b"x" * (CHUNK - 23) + b'"}\r\n{"a": 2}\n',
        3,
        False,
    ),
    "JSON with a number as long as may be": ("things/json/x.json", b'{"a": ' + b"9" * 1000 + b"}\n", 1, False),
    "JSON with many arrays": ("things/json/x.json", b'{"a": [' + b"[]," * 2000 + b"[]]}\n", 1, False),
    "JSON with an empty object": ("things/json/x.json", b'{}\n{"a": {"b": [1]}}\n', 2, False),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_file_with_a_fault_is_refused_with_its_reason(kind: str) -> None:
    path, content, reason = FAULTS[kind]
    found = look(content, path)
    assert found.fault is not None
    assert found.fault.startswith(reason)
    assert (found.header, found.records) == ((), 0)
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("kind", FINE)
def test_a_fine_file_is_counted(kind: str) -> None:
    path, content, records, is_multiline = FINE[kind]
    found = look(content, path)
    assert (found.fault, found.records, found.multiline) == (None, records, is_multiline)
    assert found.header[0] == "a"
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("kind", FINE)
def test_spark_reads_as_many_records_as_were_counted(kind: str, engine: Engine, tmp_path: Path) -> None:
    path, content, _, _ = FINE[kind]
    storage = LocalStorage(tmp_path)
    storage.write(f"landing/covid19/{path}", content)
    found = look(content, path)
    assert engine.read_landing(storage, THINGS, [LandingFile(path, 0, "", found)]).count() == found.records


def test_spark_reads_as_many_records_of_made_up_files_as_were_counted(engine: Engine, tmp_path: Path) -> None:
    """300 files as writers of CSV write them, all of them in two scans."""
    storage, files = LocalStorage(tmp_path), []
    rng = random.Random(20200122)  # noqa: S311 - the figures are to be repeatable, not secret
    for number in range(300):
        line_end, quoting = rng.choice(["\n", "\r\n"]), rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
        words = ["", "x", "é", "two words", "a,b", '5"', '"', "\\", "#", *(["1\n2", "\n\n"] if number % 3 == 0 else [])]
        body = io.StringIO(newline="")
        writer = csv.writer(body, lineterminator=line_end, quoting=quoting)
        writer.writerow(["a", "b"])
        for _ in range(rng.randrange(8)):
            writer.writerow([rng.choice(words) for _ in range(rng.choice([2, 2, 2, 3]))])
            body.write(rng.choice(["", "", "", line_end]))
        content = body.getvalue().encode()
        path = f"things/{number}.csv"
        storage.write(f"landing/covid19/{path}", content)
        files.append(LandingFile(path, len(content), "", look(content)))
    counted = {file.path: file.inspection.records for file in files if file.inspection.records}
    assert sum(file.inspection.multiline for file in files) > 20
    assert not [file for file in files if file.inspection.fault]
    read = engine.read_landing(storage, THINGS, files).groupBy("source_file").count().collect()
    assert {row["source_file"]: row["count"] for row in read} == counted


ODD_PIECES = [
    *("a", ",", '"', "\n", "\r\n", "\r", " ", "\t", "\x0c", "\x1a", "\x1c", "\u00a0", "\u2028", "\x85", "\ufeff", "\\"),
    *('""', '"x"', '"\n"', ',"', '",', ' "', '" ', '"\n', '\n"', '"y\nz"', "b\n"),
]
ODD_HEADERS = ["a,b\n", "a,b\n", "a,b\r\n", "a,b\r", '"a\nx",b\n', '"a\nx",b\r\n']


def test_spark_reads_as_many_records_of_odd_files_as_were_counted(engine: Engine, tmp_path: Path) -> None:
    """1,000 files as no writer of CSV writes them: refused, or counted as Spark counts."""
    storage, files = LocalStorage(tmp_path), []
    rng = random.Random(20200122)  # noqa: S311 - the figures are to be repeatable, not secret
    for number in range(1000):
        pieces = [*rng.sample(ODD_PIECES, rng.randrange(3, 14)), "a", ",", "\n"]
        body = "".join(rng.choice(pieces) for _ in range(rng.randrange(25)))
        content = (rng.choice(ODD_HEADERS) + body).encode()
        path = f"things/{number}.csv"
        found = look(content, path)
        if not found.fault:
            storage.write(f"landing/covid19/{path}", content)
            files.append(LandingFile(path, len(content), "", found))
    assert len(files) > 300
    assert sum(file.inspection.multiline for file in files) > 100
    counted = {file.path: file.inspection.records for file in files if file.inspection.records}
    read = engine.read_landing(storage, THINGS, files).groupBy("source_file").count().collect()
    assert {row["source_file"]: row["count"] for row in read} == counted


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"a,b\n" + b"x" * 2000, 2), (b'a,b\n1,2\n3,"' + b"4\n" * 1000, 3)],
    ids=["a line without an end", "a quote that swallows the rest"],
)
def test_a_record_too_long_to_be_one_is_refused(content: bytes, line: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_format, "LONGEST_LINE_BYTES", 1000)
    assert (look(content).fault or "").startswith(f"the record of line {line} is longer than")


FIELDS = st.text(st.sampled_from('ab,"\n\r é'), max_size=6)


@given(
    rows=st.lists(st.lists(FIELDS, min_size=2, max_size=4), max_size=6),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    blanks=st.lists(st.sampled_from(["", " ", "\t"]), max_size=2),
    is_marked=st.booleans(),
    has_final_line_end=st.booleans(),
)
def test_records_are_those_of_the_csv_module(
    rows: list[list[str]], line_end: str, blanks: list[str], is_marked: bool, has_final_line_end: bool
) -> None:
    body = io.StringIO(newline="")
    # Python 3.11 quotes a carriage return only where it is a line's end.
    has_returns = any("\r" in field for row in rows for field in row)
    writer = csv.writer(body, lineterminator=line_end, quoting=csv.QUOTE_ALL if has_returns else csv.QUOTE_MINIMAL)
    writer.writerow(["a", "b"])
    writer.writerows(rows)
    text = ("\ufeff" if is_marked else "") + body.getvalue() + "".join(blank + line_end for blank in blanks)
    if not has_final_line_end:
        text = text.removesuffix(line_end)
    found = look(text.encode())
    expected = rows_of_csv_module(text)
    assert (found.fault, found.records) == (None, len(expected))
    assert found.multiline == any("\n" in field or "\r" in field for row in expected for field in row)


@given(st.lists(st.sampled_from(["a", ",", "\n", "\r\n", "\r", " ", 'a"', "é"]), max_size=30))
def test_text_with_quotes_within_words_is_refused_or_counted_as_the_csv_module_does(pieces: list[str]) -> None:
    text = "a,b\n" + "".join(pieces)
    found = look(text.encode())
    assert found.fault or found.records == len(rows_of_csv_module(text))


def test_names_of_the_header_are_stripped() -> None:
    assert look(b'\xef\xbb\xbf a ,"b, c",\n1,2,3\n').header == ("a", "b, c", "")


def test_keys_of_a_json_file_are_those_of_all_its_records() -> None:
    assert look(b'{"a": 1, "b": 2}\n{"c": 3, "a": 4}\n', "things/json/x.json").header == ("a", "b", "c")


def test_fields_separated_by_something_else_are_named_in_the_refusal() -> None:
    reason = refusal_reason(STATE_ABV, STATES, look(b"State;Abbreviation\nTexas;TX\n"))
    assert reason is not None
    assert reason.endswith("; the fields seem to be separated by something else than a comma")


def test_a_missing_required_column_is_named_as_files_spell_it() -> None:
    reason = refusal_reason(ENIGMA_JHU, "enigma-jhu/csv/x.csv", look(b"province_state,confirmed\nTexas,1\n"))
    assert reason == "the header has no column Country_Region or Country/Region (province_state, confirmed)"
    assert refusal_reason(STATE_ABV, STATES, look(b"state,ABBREVIATION,motto\nTexas,TX,Friendship\n")) is None


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'a,b,c\n1,2,"x, y"\n3,"unfin', "never closed"),
        (b'a,b,c\n1,2,"x, y"\n3,4,"unfin', "never closed"),
        (b'a,b,c\n1,2,"x\ny"\n3,4', "has 2 of 3 fields and no line end"),
        (b'a,b\n1,2\n3,"open\n4,5\n6,7\n', "never closed"),
    ],
    ids=[
        "within a quoted field",
        "within the last field",
        "in a file with quoted line ends",
        "a quote that swallows rows",
    ],
)
def test_a_file_cut_among_quotes_is_refused(content: bytes, fault: str) -> None:
    inspection = inspect_file("cut.csv", lambda: io.BytesIO(content), Csv())
    assert inspection.fault is not None
    assert fault in inspection.fault
