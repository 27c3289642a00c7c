"""Landing files read by Arrow: the same records with the same texts as by Spark, and the line of each."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from corpus import formats, kinds
from covid_lake.contracts import Csv, Format, JsonLines, Parquet
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.errors import StorageError
from covid_lake.landing.file_records import file_records
from covid_lake.landing.formats import files_in
from covid_lake.landing.formats.csv import CsvFiles
from covid_lake.landing.formats.interface import Inspection, Scan
from covid_lake.landing.formats.plain_csv import plain_lines
from covid_lake.landing.formats.records import SURPLUS, position
from covid_lake.landing.inspection import inspect_file
from covid_lake.landing.names import format_of, is_gzip, table_of
from covid_lake.store.storage import Storage
from spark_examples import spark_examples

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class SomeFile:
    """A file that was inspected."""

    path: str
    inspection: Inspection


def inspected(path: str, content: bytes, form: Format) -> SomeFile:
    return SomeFile(path, inspect_file(path, lambda: io.BytesIO(content), form))


def in_arrow(file: SomeFile, content: bytes, form: Format, scan: Scan) -> pa.Table:
    unpacked = gzip.decompress(content) if is_gzip(file.path) else content
    batches = list(files_in(form).read_arrow(io.BytesIO(unpacked), file.inspection, scan))
    assert sum(batch.num_rows for batch in batches) == file.inspection.records
    return pa.Table.from_batches(batches) if batches else pa.table({})


def rows_of(table: pa.Table) -> list[Row]:
    return list(zip(*(column.to_pylist() for column in table.columns[:-1]), strict=True))


def compare(spark: SparkSession, folder: Path, contents: dict[str, bytes], form: Format) -> tuple[int, list[str]]:
    """Read the files that inspection lets pass both ways: how many they are, and those in which a record differs."""
    if isinstance(form, JsonLines) and spark.version.startswith("3."):
        pytest.skip("Spark 3.5 writes fractions anew; Spark 4 keeps the texts as they are")
    files = [inspected(path, content, form) for path, content in contents.items()]
    scans = files_in(form).scans([file for file in files if not file.inspection.fault])
    differing = []
    for i, scan in enumerate(scans):
        urls = []
        for n, file in enumerate(scan.files):
            place = folder / str(i) / f"{n}{'.gz' if is_gzip(file.path) else ''}"
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(contents[file.path])
            urls.append(place.as_uri())
        names = [*(position(n) for n in range(scan.width)), SURPLUS]
        by_file: dict[str, list[Row]] = {}
        found = files_in(form).read_texts(spark, scan, urls).select(*names, F.col("_metadata.file_name"))
        for *texts, name in found.collect():
            by_file.setdefault(name.removesuffix(".gz"), []).append(tuple(texts))
        for n, file in enumerate(scan.files):
            if rows_of(in_arrow(file, contents[file.path], form, scan)) != by_file.get(str(n), []):
                differing.append(file.path)
    return sum(len(scan.files) for scan in scans), differing


CORPUS = {
    **{path: (table_of(COVID19, path), content) for kind in kinds.KINDS for path, content in kind.files.items()},
    **{f"{n}/{kind.path}": (kind.table, kind.content) for n, kind in enumerate(formats.KINDS)},
}


def _form(path: str) -> Format | None:
    table, _ = CORPUS[path]
    return format_of(table, path.split("/", 1)[1] if path[0].isdigit() else path) if table else None


@pytest.mark.parametrize("form", sorted({form for path in CORPUS if (form := _form(path))}, key=str), ids=str)
def test_every_file_of_the_corpus_is_read_as_spark_reads_it(
    form: Format, spark_on_java: SparkSession, tmp_path: Path
) -> None:
    contents = {path: content for path, (_, content) in CORPUS.items() if _form(path) == form}
    count, differing = compare(spark_on_java, tmp_path, contents, form)
    assert differing == []
    assert count


DIALECTS = {
    "commas": Csv(),
    "semicolons, Latin-1, backslashes": Csv(delimiter=";", encoding="latin-1", escape="\\"),
    "tabs, no header": Csv(delimiter="\t", names=("a", "b", "c")),
    "bars and apostrophes": Csv(delimiter="|", quote="'", escape="'"),
}
SIGNS = '"""\',,;|\t\n\n\r\\ ab\x0b\x1a\x85\u00a0\u00e9\ufeff'


def odd_text(draw: Random, form: Csv) -> str:
    """Text of signs that mean something somewhere, behind a header of a few columns that ends in any way."""
    signs = "".join(sign for sign in SIGNS if form.encoding == "utf-8" or ord(sign) < 256) + form.delimiter * 3
    start = draw.choice(["", "", "\ufeff"]) if form.encoding == "utf-8" else ""
    three = form.delimiter.join(("h1", "h2", "h3"))
    end = draw.choice(["\n", "\n", "\r\n", "\r"])
    header = "" if form.names else draw.choice([three, three, "h1", f"h1{form.delimiter}{form.quote}h\n2{form.quote}"])
    return start + header + end + "".join(draw.choices(signs, k=draw.randrange(40)))


def written_text(draw: Random, form: Csv) -> str:
    """Records that are written well, of any length or as long as the header, and here and there a blank line."""
    is_bare = draw.random() < 0.3
    inner = "ab " if is_bare else f"ab {form.delimiter}{form.quote}" + draw.choice(["", "", "\n", "\r\n"])
    end = draw.choice(["\n", "\r\n"])
    lengths = draw.choice([[3], [3, 3, 3, 1, 2, 4, 5]])

    def field() -> str:
        text = "".join(draw.choices(inner, k=draw.randrange(5)))
        if not set(text) & set(form.delimiter + form.quote + "\r\n") and (is_bare or draw.random() < 0.5):
            return text
        marked = text.replace("\\", "\\\\") if form.escape == "\\" else text
        return form.quote + marked.replace(form.quote, form.escape + form.quote) + form.quote

    def row() -> str:
        return form.delimiter.join(field() for _ in range(draw.choice(lengths)))

    rows = [] if form.names else [form.delimiter.join(("h1", "h2", "h3"))]
    rows += [draw.choice(["", " "]) if draw.random() < 0.1 else row() for _ in range(draw.randrange(1, 5))]
    return end.join(rows) + draw.choice([end, end, ""])


def any_text(draw: Random, form: Csv) -> bytes:
    return draw.choice([odd_text, written_text])(draw, form).encode(form.encoding)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(seed=st.integers(0, 2**32))
@spark_examples(2)
def test_any_csv_is_read_as_spark_reads_it(
    dialect: str, seed: int, spark_on_java: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    form, draw = DIALECTS[dialect], Random(seed)  # noqa: S311 - an example, no secret
    contents = {f"{n}.csv": any_text(draw, form) for n in range(400)}
    count, differing = compare(spark_on_java, tmp_path_factory.mktemp("csv"), contents, form)
    assert [contents[path] for path in differing] == []
    assert count > 100


class Dripping(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(7 if size is None or size < 0 else min(size, 7))


@pytest.mark.parametrize("dialect", DIALECTS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=8)
def test_arrows_own_parser_reads_only_what_it_reads_alike(dialect: str, seed: int) -> None:
    """Of many more files than Spark could read here: the quick way gives what the exact one does, in parts or whole."""
    form, draw = DIALECTS[dialect], Random(seed)  # noqa: S311 - an example, no secret
    reader, plain = CsvFiles(form), 0
    for _ in range(150):
        content = any_text(draw, form)
        file = inspected("1.csv", content, form)
        if file.inspection.fault:
            continue
        scan = Scan((file,), (file.inspection.header,))
        places = scan.width + 1
        exact = list(reader.records(io.BytesIO(content), file.inspection))
        texts = io.StringIO(content.decode(reader.decoder), newline="").readlines()
        assert all("".join(texts[line - 1 :]).startswith(text) for line, text, _ in exact)
        rows = [(*[*fields, *[None] * places][:places], line) for line, _, fields in exact]
        for stream in (io.BytesIO(content), Dripping(content)):
            batches = reader.read_arrow(stream, file.inspection, scan)
            assert [tuple(row.values()) for batch in batches for row in batch.to_pylist()] == rows, content
        if not file.inspection.multiline and not file.inspection.blank_lines:
            width = len(file.inspection.header)
            parts = reader.lines(io.BytesIO(content))
            plain += any(plain_lines(lines, count, form, width) for _, count, lines in parts)
    assert plain > 5


NAMES = ("a", "b", "A", "é", "x y", "", "\\u0041", 'q\\"')
TEXTS = ("", "x", "é😀", "\\u00e9", "\\ud83d\\ude00", "\\n\\t", '\\"', "\\\\", "a,b", "null", "12", "\u2028", "\x7f")
TOKENS = ("0", "-0", "12", "-5", "1.50", "1e3", "1E+05", "12345678901234567890123", "0.1e-7", "-0.0", "true", "false")
TOKENS += ("null", "NaN", "Infinity", "-Infinity", "[]", "{}", '[1, "x" ,null]', '{"a" : {"b":[1.0]}}', '"x"')


def any_json(draw: Random) -> bytes:
    """Lines of objects, or nearly so, with blanks and line ends of every kind."""

    def blank() -> str:
        return draw.choice(["", "", "", " ", "\t", " \t "])

    def pair() -> str:
        value = draw.choice([f'"{draw.choice(TEXTS)}"', draw.choice(TOKENS)])
        return f'{blank()}"{draw.choice(NAMES)}"{blank()}:{blank()}{value}{blank()}'

    def line() -> str:
        odd = draw.choice(["", "", "", "", "", "", "\ufeff", " "])
        return f"{odd}{{{','.join(pair() for _ in range(draw.randrange(5)))}}}{blank()}"

    lines = [draw.choice([line(), line(), line(), line(), "", " "]) + draw.choice(["\n", "\n", "\r\n", "\r"])]
    lines += [line() + draw.choice(["\n", "\r\n", "\n\n"]) for _ in range(draw.randrange(4))]
    return "".join([*lines, draw.choice(["", line()])]).encode()


@given(seed=st.integers(0, 2**32))
@spark_examples(2)
def test_any_json_is_read_as_spark_reads_it(
    seed: int, spark_on_java: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    draw = Random(seed)  # noqa: S311 - an example, no secret
    contents = {f"{n}.json": any_json(draw) for n in range(400)}
    count, differing = compare(spark_on_java, tmp_path_factory.mktemp("json"), contents, JsonLines())
    assert [contents[path] for path in differing] == []
    assert count > 100


DAY = 86_400_000_000
# Columns of Parquet: a type, and the least and the greatest whole number that stands for a value.
PARQUET_COLUMNS: dict[str, tuple[pa.DataType, int, int]] = {
    "tiny": (pa.int8(), -(2**7), 2**7 - 1),
    "unsigned": (pa.uint64(), 0, 2**64 - 1),
    "big": (pa.int64(), -(2**63), 2**63 - 1),
    "day": (pa.date32(), -2_000_000, 10_000_000),
    "moment": (pa.timestamp("us", "UTC"), -2_000_000 * DAY, 10_000_000 * DAY),
    "clock": (pa.timestamp("ms"), -2_000_000 * DAY // 1000, 10_000_000 * DAY // 1000),
}


@given(seed=st.integers(0, 2**32))
@spark_examples(2)
def test_any_parquet_is_read_as_spark_reads_it(
    seed: int, spark_on_java: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    draw = Random(seed)  # noqa: S311 - an example, no secret

    def some(make: Callable[[], Any]) -> list[Any]:
        return [None if draw.random() < 0.1 else make() for _ in range(500)]

    columns = {
        name: pa.array(some(lambda low=low, high=high: draw.randint(low, high)), storage).view(type_)
        for name, (type_, low, high) in PARQUET_COLUMNS.items()
        for storage in [{8: pa.int8(), 32: pa.int32()}.get(type_.bit_width, pa.uint64() if low == 0 else pa.int64())]
    }
    columns |= {
        "double": pa.array(some(lambda: draw.uniform(-1, 1) * 10 ** draw.randrange(-12, 15))),
        "whole": pa.array(some(lambda: float(draw.randrange(2**63)))),
        "float": pa.array(some(lambda: draw.uniform(-1e6, 1e6)), pa.float32()),
        "decimal": pa.array(some(lambda: Decimal(draw.randrange(-(10**9), 10**9)).scaleb(-9)), pa.decimal128(38, 9)),
        "truth": pa.array(some(lambda: draw.random() < 0.5)),
        "text": pa.array(some(lambda: draw.choice(["", "a", "\u00e9 \U0001f600", "\n"]))),
        "choice": pa.array(some(lambda: draw.choice(["x", "y"]))).dictionary_encode(),
    }
    content = formats.parquet(columns, row_group_size=200)
    count, differing = compare(spark_on_java, tmp_path_factory.mktemp("parquet"), {"1.parquet": content}, Parquet())
    assert (count, differing) == (1, [])


@pytest.mark.parametrize(
    ("path", "content", "changed"),
    [
        ("1.csv", b"a,b\n1,2\n", b"a,b\n1,2\n"),
        ("1.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0), gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9]),
        ("1.json", b'{"a": 1, "b": 2}', b'{"a": 1, "b": '),
        ("1.parquet", formats.parquet({"a": pa.array([1]), "b": pa.array([2])}), b"PAR1"),
    ],
)
def test_a_file_is_opened_wherever_it_lies_and_named_where_it_changed(
    path: str, content: bytes, changed: bytes, storage: Storage
) -> None:
    form = {"json": JsonLines(), "parquet": Parquet()}.get(path.rsplit(".")[-1], Csv())
    file = inspected(path, content, form)
    scan = Scan((file,), (file.inspection.header,))
    storage.write(f"landing/covid19/{path}", content)
    (batch,) = file_records(storage, "covid19", form, file, scan)
    line = 1 if path.endswith(("json", "parquet")) else 2
    assert batch.to_pylist() == [{"_c0": "1", "_c1": "2", "_surplus": None, "_line": line}]
    storage.write(f"landing/covid19/{path}", changed)
    if changed != content:
        with pytest.raises(StorageError, match=path):
            list(file_records(storage, "covid19", form, file, scan))
