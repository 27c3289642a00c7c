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
from pyspark.sql import SparkSession

from covid_lake.contracts import Column, Landing, Table, Type, Zone
from covid_lake.datasets.covid19.contracts import ENIGMA_JHU, STATE_ABV
from covid_lake.landing.inspection import CHUNK_BYTES, Inspection, inspect_file
from covid_lake.landing.inventory import LandingFile, refusal_reason
from covid_lake.landing.readers import read_landing
from covid_lake.store.storage import LocalStorage

THINGS = Table(
    "covid19",
    Zone.TRUSTED,
    "things",
    "A thing.",
    (Column("a", Type.TEXT, "First", ("a",), required=True), Column("b", Type.TEXT, "Second", ("b",))),
    key=("a",),
    landing=Landing(csv=("things/*",), json=("things/json/*",)),
)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def look(content: bytes, path: str = "things/x.csv") -> Inspection:
    return inspect_file(path, lambda: closing(io.BytesIO(content)))


def rows_of_csv_module(text: str) -> list[list[str]]:
    """Rows that hold anything, without the header."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    return [row for row in rows if len(row) > 1 or "".join(row).strip()][1:]


WHOLE_GZIP = gzip.compress(b"a,b\n" + b"1,2\n" * 1000)
FAULTS = {
    "gzip without its end": (
        "things/x.csv.gz",
        WHOLE_GZIP[:-12],
        "the gzip stream breaks off before its end: the transfer was cut short; fetch the file again",
    ),
    "gzip without its checksum": ("things/x.csv.gz", WHOLE_GZIP[:-4], "the gzip stream breaks off before its end"),
    "gzip with a damaged byte": (
        "things/x.csv.gz",
        WHOLE_GZIP[:-8] + b"\0\0\0\0" + WHOLE_GZIP[-4:],
        "the name ends in .gz, but this is no gzip file (CRC check failed",
    ),
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
        b"a,b\n" + b"1,2\n" * (CHUNK_BYTES // 4) + b"\0",
        f"a NUL byte stands at byte {CHUNK_BYTES + 4:,}",
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
    "JSON array": (
        "things/x.json",
        b'[{"a": 1},\n{"a": 2}]\n',
        "the file holds a JSON array; one object a line is expected",
    ),
    "JSON cut": (
        "things/x.json",
        b'{"a": 1}\n{"a": 2, "b',
        "line 2 is no whole JSON object (Unterminated string starting at at column 10); "
        "the file was cut short, fetch it again",
    ),
    "JSON broken in the middle": ("things/x.json", b'{"a": 1\n{"a": 2}\n', "line 1 is no whole JSON object"),
    "JSON but no object": ("things/json/part-0", b'{"a": 1}\n"two"\n', "line 2 is JSON, but no object"),
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
    "short and long rows": ("things/x.csv", b"a,b\n1\n1,2,3\n", 2, False),
    "line separators of Unicode": ("things/x.csv", "a,b\n1,x\u2028y\u0085z\n3,4\n".encode(), 2, False),
    "gzip": ("things/x.csv.gz", WHOLE_GZIP, 1000, False),
    "gzip of two members": ("things/x.csv.gz", gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n"), 2, False),
    "lines over many chunks": ("things/x.csv", b"a,b\n" + b"1,23456\n" * (CHUNK_BYTES // 4), CHUNK_BYTES // 4, False),
    "a line of 20 MB": ("things/x.csv", b"a,b\n1," + b"x" * 20_000_000 + b"\n3,4\n", 2, False),
    "JSON": ("things/json/part-0", b'{"a": 1}\n{"b": 2}', 2, False),
    "JSON with CRLF and blank lines": ("things/json/part-0", b'{"a": 1}\r\n\r\n{"a": 2}\r\n', 2, False),
    "JSON with a byte order mark": ("things/x.json", BYTE_ORDER_MARK + b'{"a": 1}\n{"a": 2}\n', 2, False),
    "JSON within gzip": ("things/x.json.gz", gzip.compress(b'{"a": 1}\n'), 1, False),
    "JSON with an empty object": ("things/x.json", b'{}\n{"a": {"b": [1]}}\n', 2, False),
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
    assert set(found.header) <= {"a", "b"}
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("kind", FINE)
def test_spark_reads_as_many_records_as_were_counted(kind: str, spark: SparkSession, tmp_path: Path) -> None:
    path, content, _, _ = FINE[kind]
    storage = LocalStorage(tmp_path)
    storage.write(f"landing/covid19/{path}", content)
    found = look(content, path)
    assert read_landing(spark, storage, THINGS, [LandingFile(path, 0, "", found)]).count() == found.records


def test_spark_reads_as_many_records_of_made_up_files_as_were_counted(spark: SparkSession, tmp_path: Path) -> None:
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
    read = read_landing(spark, storage, THINGS, files).groupBy("source_file").count().collect()
    assert {row["source_file"]: row["count"] for row in read} == counted


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
    writer = csv.writer(body, lineterminator=line_end)
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
    assert look(b'{"a": 1, "b": 2}\n{"c": 3, "a": 4}\n', "things/x.json").header == ("a", "b", "c")


def test_fields_separated_by_something_else_are_named_in_the_refusal() -> None:
    reason = refusal_reason(STATE_ABV, look(b"State;Abbreviation\nTexas;TX\n"))
    assert reason is not None
    assert reason.endswith("; the fields seem to be separated by something else than a comma")


def test_a_missing_required_column_is_named_as_files_spell_it() -> None:
    reason = refusal_reason(ENIGMA_JHU, look(b"province_state,confirmed\nTexas,1\n"))
    assert reason == "the header has no column Country_Region or Country/Region (province_state, confirmed)"
    assert refusal_reason(STATE_ABV, look(b"state,ABBREVIATION,motto\nTexas,TX,Friendship\n")) is None


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
    inspection = inspect_file("cut.csv", lambda: io.BytesIO(content))
    assert inspection.fault is not None
    assert fault in inspection.fault
