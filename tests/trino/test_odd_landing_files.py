"""Landing files of every format, and with faults: typed views answer, and read otherwise only what the docs say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from covid_lake.catalog.landing import landing_entries
from covid_lake.catalog.tables import database_of
from covid_lake.contracts import Column, Csv, Dataset, Folder, Format, JsonLines, Landing, Parquet, Table, Type, Zone
from covid_lake.landing.inventory import look_at_landing
from covid_lake.publish.catalog.glue import GlueTableCatalog
from covid_lake.publish.catalog.protocol import Registration
from covid_lake.store.storage import Storage, open_storage
from server import Trino

BUCKET = "trino-odd-files"
COLUMNS = (
    Column("thing_id", Type.INT, "Number", ("Id",), required=True, nullable=False),
    Column("name", Type.TEXT, "Name", ("Full name", "name")),
    Column("made_at", Type.TIMESTAMP, "When", ("made",), formats=("yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss")),
    Column("price", Type.DECIMAL, "Price", ("price",), precision=6, scale=2),
)
DATASET = "oddities"

View = Callable[[str, Format, Mapping[str, bytes]], list[tuple[Any, ...]]]


def table_of(name: str, form: Format) -> Table:
    landing = Landing(folders=(Folder(name, form),))
    return Table(DATASET, Zone.TRUSTED, name, "A thing.", COLUMNS, ("thing_id",), landing=landing)


@pytest.fixture(scope="module")
def storage(emulator: str) -> Storage:
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return open_storage(f"s3://{BUCKET}/lake")


@pytest.fixture
def view(storage: Storage, trino: Trino) -> View:
    """The rows of the typed view over files of a table, as the publisher registers them."""

    def rows(name: str, form: Format, files: Mapping[str, bytes]) -> list[tuple[Any, ...]]:
        table = table_of(name, form)
        dataset = Dataset(DATASET, "Oddities", (table,))
        for file, content in files.items():
            storage.write(f"landing/{DATASET}/{name}/{file}", content)
        entry, typed = landing_entries(table, look_at_landing(storage, dataset).files.values())
        catalog, database = GlueTableCatalog(storage), database_of(dataset, Zone.LANDING)
        catalog.create_databases([(database.name, database.comment, database.location)])
        catalog.register([Registration(entry), Registration(typed)], [database.name])
        shown = "thing_id, name, CAST(made_at AS varchar), CAST(price AS varchar), source_file"
        return trino.rows(f"SELECT {shown} FROM {database.name}.{typed.name} ORDER BY source_file, 1, 2")

    return rows


def test_json_with_blank_bad_and_nested_lines(view: View) -> None:
    lines = b'{"Id":1,"Full name":"one","made":"2020-01-02T03:04:05.25Z","price":1.5}\n\n{"Id": 2, \n'
    nested = b'{"Id":"3","Full name":{"a":[1]},"price":"9999.999"}\n'

    assert view("json_with_faults", JsonLines(), {"a.json": lines, "b.json": nested}) == [
        (1, "one", "2020-01-02 03:04:05.250000", "1.50", "json_with_faults/a.json"),
        (None, None, None, None, "json_with_faults/a.json"),
        (None, None, None, None, "json_with_faults/a.json"),
        (3, '{"a":[1]}', None, None, "json_with_faults/b.json"),
    ]


def test_json_of_whole_lines_is_read_by_hives_class(view: View) -> None:
    files = {"a.json": b'{"ID":1,"name":"one"}\n', "b.json": b'{"id":2.0,"price":"x"}\n'}

    assert view("plain_json", JsonLines(), files) == [
        (1, "one", None, None, "plain_json/a.json"),
        (2, None, None, None, "plain_json/b.json"),
    ]


def test_csv_of_another_dialect_with_short_blank_and_broken_rows(view: View) -> None:
    form = Csv(delimiter=";", quote="'", escape="'")
    rows = b"Id;name;made;price\n1;'a;b\\';2020-01-02 24:00:00;'0.10'\n2;'say ''x'''\n\n3;'two\nlines';;1e1\n"

    found = view("csv_of_another_dialect", form, {"a.csv": rows})

    assert [row[:4] for row in found] == [
        (1, "a;b\\", "2020-01-03 00:00:00.000000", "0.10"),
        (2, "say 'x'", None, None),
        (3, None, None, None),
        (None, None, None, None),
        (None, None, None, None),
    ]


def test_csv_whose_headers_differ_is_read_by_each_files_own(view: View) -> None:
    old = b'\xef\xbb\xbfname,Id\r\n"x, ""y""",1\r\nplain,2,surplus\r\n'
    new = b"Id,price,made,Full name\n3,7,2020-01-02T03:04:05,z\n4\n"

    assert view("csv_with_headers", Csv(), {"a.csv": old, "b.csv": new}) == [
        (1, 'x, "y"', None, None, "csv_with_headers/a.csv"),
        (2, "plain", None, None, "csv_with_headers/a.csv"),
        (3, "z", "2020-01-02 03:04:05.000000", "7.00", "csv_with_headers/b.csv"),
        (4, None, None, None, "csv_with_headers/b.csv"),
    ]


def test_csv_without_a_header_row_loses_no_line(view: View) -> None:
    form = Csv(names=("Id", "name", "made", "price"))

    assert [row[:2] for row in view("csv_without_header", form, {"a.csv": b"1,a,,\n2,b,,\n"})] == [(1, "a"), (2, "b")]


def test_parquet_is_read_by_name_and_type(view: View) -> None:
    content = pa.BufferOutputStream()
    moments = pa.array([1_577_934_245_250_000, None], pa.timestamp("us"))
    pq.write_table(pa.table({"made": moments, "Id": [1, 2], "Full name": ["a", " b "], "price": [1.5, 2.255]}), content)

    assert view("parquet_files", Parquet(), {"a.parquet": content.getvalue().to_pybytes()}) == [
        (1, "a", "2020-01-02 03:04:05.250000", "1.50", "parquet_files/a.parquet"),
        (2, "b", None, None, "parquet_files/a.parquet"),
    ]
