"""Landing records without Spark: read and hashed as Spark reads and hashes them, whatever the files look like."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from covid_lake.contracts import Column, Csv, Dataset, JsonLines, Landing, Table, Type, Zone
from covid_lake.engines.protocol import Engine
from covid_lake.errors import StorageError
from covid_lake.landing.formats.csv_fields import split_record
from covid_lake.landing.formats.interface import Inspection
from covid_lake.landing.formats.text import java_double
from covid_lake.landing.inventory import refresh_inventory
from covid_lake.landing.names import format_of
from covid_lake.provenance.records import Search, find_records, row_hash
from covid_lake.store.storage import LocalStorage
from spark_examples import spark_examples

THINGS = Table(
    "covid19",
    Zone.TRUSTED,
    "things",
    "A thing.",
    (Column("place", Type.TEXT, "Place", ("Place",)), Column("n", Type.DOUBLE, "Figure", ("N",))),
    key=("place",),
    landing=Landing(csv=("things",), json=("things/json",)),
)

DATASET = Dataset("covid19", "Things", (THINGS,))


def hashes_of_spark(engine: Engine, lake: LocalStorage, contents: Mapping[str, bytes]) -> dict[str, list[int]]:
    """The hashes that Spark gives to the records of each file."""
    for name, content in contents.items():
        lake.write(f"landing/covid19/things/{name}", content)
    files = list(refresh_inventory(lake, DATASET).values())
    assert not [file.inspection.fault for file in files if file.inspection.fault]
    rows = engine.read_landing(lake, THINGS, files).select("source_file", "source_row_hash").collect()
    return {file.path: [row[1] for row in rows if row[0] == file.path] for file in files}


def found(lake: LocalStorage, path: str, hashes: list[int]) -> Search:
    files = refresh_inventory(lake, DATASET)
    keys = dict.fromkeys(key for file in sorted(files) for key in files[file].inspection.header)
    inspection = files[path].inspection
    form = format_of(THINGS, path)
    return find_records(
        path, lambda: lake.open(f"landing/covid19/{path}"), form, inspection, tuple(keys), frozenset(hashes)
    )


HEADER = "Place,N,Note"
CSV_FILES: dict[str, str] = {
    "plain": "Texas,5,\nUtah,6,x\n",
    "quoted": '"Texas, the",5,"a ""quoted"" word"\n"","6",""\n,,"x"\n',
    "quotes where none belong": 'Tex"as,5,a "b" c\n"Utah" s,6,"x"y\n"Iowa" ,7,z\n',
    "short and long": "Texas\nUtah,6\nIowa,7,x,y,z\n,\n",
    "blank lines": "\nTexas,5,\n\n  \t\nUtah,6,x\n\n",
    "CRLF": "Texas,5,\r\nUtah,6,x\r\n",
    "CR": "Texas,5,\rUtah,6,x\r",
    "no line end": "Texas,5,\nUtah,6,x",
    "blanks and signs": " Texas\t, 5 ,\u00a0\n\u00c5land,6,\U0001f600\nUtah,'7',;\n",
    "lines in quotes": '"Te\nxas",5,x\nUtah,6,"a\n\nb"\nIowa,7,y\n',
    "CRLF in quotes": '"Te\r\nxas",5,x\r\nUtah,6,"a\nb"\r\nIowa,7,y\r\n',
    "the same twice": "Texas,5,\nUtah,6,\nTexas,5,\n",
}


@pytest.mark.parametrize("name", CSV_FILES)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_every_record_that_spark_reads_is_found_by_its_hash(
    name: str, packed: bool, engine: Engine, tmp_path: Path
) -> None:
    lake = LocalStorage(tmp_path)
    content = (HEADER + ("\r\n" if "\r\n" in CSV_FILES[name] else "\n") + CSV_FILES[name]).encode()
    file = "1.csv.gz" if packed else "1.csv"
    (hashes,) = hashes_of_spark(engine, lake, {file: gzip.compress(content) if packed else content}).values()
    records = found(lake, f"things/{file}", hashes).records
    assert sorted(value for value, those in records.items() for _ in those) == sorted(hashes)


def test_a_record_is_told_with_its_line_its_text_and_its_fields(tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    lake.write("landing/covid19/things/1.csv", b'Place,N\r\n\r\nTexas,5\r\n"Te\r\nxas",6,x\r\nUtah\r\nTexas,5\r\n')
    texas, other, utah = row_hash(["Texas", "5"]), row_hash(["Te\nxas", "6", "x"]), row_hash(["Utah"])
    search = found(lake, "things/1.csv", [texas, other, utah, 7])
    assert [(record.line, record.text) for record in search.records[texas]] == [(3, "Texas,5"), (7, "Texas,5")]
    (record,) = search.records[other]
    assert (record.line, record.text) == (4, '"Te\r\nxas",6,x')
    assert record.fields == {"Place": "Te\nxas", "N": "6", "_c2": "x"}
    assert search.records[utah][0].fields == {"Place": "Utah", "N": None}
    assert 7 not in search.records
    assert search.sha256 == refresh_inventory(lake, DATASET)["things/1.csv"].inspection.sha256


def test_fields_past_the_header_take_part_as_wide_as_the_widest_header(engine: Engine, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    files = {"1.csv": b"Place,N\nTexas,5,,x\nUtah,6\n", "2.csv": b"Place,N,A,B,C\nIowa,7,,y\n"}
    for path, hashes in hashes_of_spark(engine, lake, files).items():
        assert set(found(lake, path, hashes).records) == set(hashes)


JSON_FILES: dict[str, str] = {
    "json/1": '{"Place": "Texas", "N": 5, "On": true, "Note": null}\n\n{"N":6.50,"Place":"\\u00c5land \\"x\\""}\n',
    "json/2": '{ "On" : false , "N" : 0.0001 }\r\n{"N":12345678.0,"Place":""}\n{"N":-0.0}\n{"N":1.0e-7,"Place":"é"}',
    "json/3": '{"Extra": "x", "N": 1e3, "Place": "y"}\n{"N": 39.123456789, "Extra": "z", "Place": "y"}\n{}\n',
}


def test_json_records_are_found_by_their_hashes(engine: Engine, tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    hashes = hashes_of_spark(engine, lake, {name: text.encode() for name, text in JSON_FILES.items()})
    assert sum(map(len, hashes.values())) == 9
    for path, its in hashes.items():
        search = found(lake, path, its)
        assert set(search.records) == set(its)
        lines = (lake.directory / "landing/covid19" / path).read_text().splitlines()
        for record in (record for records in search.records.values() for record in records):
            assert record.text == lines[record.line - 1]
            assert record.fields.keys() == json.loads(record.text).keys()


FIELD = st.text(st.sampled_from('ab\u00e9 ,";\t'), max_size=6)


@given(rows=st.lists(st.lists(FIELD, min_size=1, max_size=5), min_size=20, max_size=60), quoted=st.booleans())
@spark_examples(8)
def test_any_record_is_read_as_spark_reads_it(
    rows: list[list[str]], quoted: bool, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Fields of any letters: written well, or with their quotes and commas as they are."""
    lake = LocalStorage(tmp_path_factory.mktemp("records"))
    text = io.StringIO()
    for row in rows:
        fields = ['"' + field.replace('"', '""') + '"' if quoted else field.replace('"', "'") for field in row]
        text.write(",".join(fields) + "\n")
    content = f"Place,N,C,D,E,F,G,H,I,J,K,L\n{text.getvalue()}".encode()
    (hashes,) = hashes_of_spark(engine, lake, {"1.csv": content}).values()
    assert set(found(lake, "things/1.csv", hashes).records) == set(hashes)


@given(rows=st.lists(st.lists(st.none() | st.text(max_size=40), min_size=1, max_size=4), min_size=1, max_size=40))
@spark_examples(10)
def test_the_hash_is_that_of_spark(rows: list[list[str | None]], engine: Engine) -> None:
    width = max(map(len, rows))
    padded = [tuple(row + [None] * (width - len(row))) for row in rows]
    names = [f"c{i}" for i in range(width)]
    frame = engine.session.createDataFrame(padded, ", ".join(f"{name} string" for name in names))
    of_spark = [row[0] for row in frame.selectExpr(f"xxhash64({', '.join(names)})").collect()]
    assert [row_hash(row) for row in padded] == of_spark


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ("a,b", ["a", "b"]),
        ("", [None]),
        (",", [None, None]),
        ('"a,b",', ["a,b", None]),
        ('"a""b"', ['a"b']),
        ('a"b,"c" d,"e" ', ['a"b', '"c" d', "e"]),
        ('"', ['"']),
        ('a,"b', ["a", "b"]),
        ('a,"b" c"d', ["a", '"b" c"d"']),  # a quote that Spark's parser adds
    ],
)
def test_the_fields_of_a_record(record: str, fields: list[str | None]) -> None:
    assert split_record(record)[0] == fields


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (1e7, "1.0E7"),
        (-2.5, "-2.5"),
        (-1.25e-9, "-1.25E-9"),
        (191813995353604096.0, "1.91813995353604096E17"),
        (2.0**60 + 2**8, "1.15292150460684723E18"),
    ],
)
def test_a_double_is_printed_as_java_prints_it(number: float, text: str, spark_on_java: SparkSession) -> None:
    assert java_double(number) == text == spark_on_java.sql(f"SELECT string(double('{number!r}'))").first()[0]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("1.csv.gz", gzip.compress(b"Place,N\nTexas,5\n", mtime=0)[:-9], "1.csv.gz is no whole gzip file"),
        ("1.csv.gz", b"Place,N\nTexas,5\n", "1.csv.gz is no whole gzip file"),
        ("things/json/1", b'{"Place": "Te', "things/json/1 holds a record that can't be read"),
        ("things/json/1", b"[1]\n", "things/json/1 holds a record that can't be read"),
    ],
)
def test_a_file_that_was_damaged_since_is_named(name: str, content: bytes, message: str) -> None:
    form = JsonLines() if "json" in name else Csv()
    with pytest.raises(StorageError, match=message):
        find_records(name, lambda: io.BytesIO(content), form, Inspection("", ("Place", "N")), (), {1})
