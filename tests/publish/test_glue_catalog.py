"""Databases, Hive tables, views and partitions in the Glue Data Catalog, as MiniStack and moto answer for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from covid_lake.catalog.descriptions import Field, FileLayout, HiveTable, View
from covid_lake.errors import CatalogConflict, CatalogError, SettingsError
from covid_lake.publish.catalog.glue import GlueTableCatalog
from covid_lake.publish.catalog.protocol import Partition, Registration
from covid_lake.store.storage import open_storage
from glue_servers import BUCKET, count_calls, moto_server

LANDING, CURATED = "books_landing", "books_curated"
DATABASES = (
    ("books_curated", "Books as a star", "curated/books"),
    (LANDING, "Books as delivered", "landing/books"),
    ("books_trusted", "Books, typed", "trusted/books"),
)
TABLE = HiveTable(
    database=LANDING,
    name="book",
    comment="A book.",
    columns=(Field("id", "string", "Number of the book"), Field("title", "string", "Its title")),
    location="landing/books/books",
    layout=FileLayout("in", "out", "serde", {"separatorChar": ","}),
    parameters={"classification": "csv"},
)
VIEW = View(
    LANDING, "book_typed", "A book.", (Field("id", "int", "Number"),), 'SELECT 1 AS id FROM "books_landing"."book"'
)
LOANS = replace(
    TABLE,
    database=CURATED,
    name="loans",
    location="curated/books/loans",
    partitions=(Field("month", "string", "Month"),),
)
WANTED = (Registration(TABLE), Registration(VIEW))


@pytest.fixture(params=["ministack", "moto"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """A Glue API with nothing of the tests' databases in it."""
    if request.param == "moto":
        with moto_server():
            yield "moto"
        return
    request.getfixturevalue("emulator")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    yield "ministack"
    client = boto3.client("glue")
    for database in client.get_databases()["DatabaseList"]:
        client.delete_database(Name=database["Name"])


@pytest.fixture
def moto() -> Iterator[None]:
    with moto_server():
        yield


def catalog_of(lake: str = "lake", **options: Any) -> GlueTableCatalog:
    return GlueTableCatalog(open_storage(f"s3://{BUCKET}/{lake}"), **options)


def opened(wanted: Sequence[Registration] = WANTED) -> GlueTableCatalog:
    catalog = catalog_of()
    catalog.create_databases(DATABASES)
    assert list(catalog.register(wanted, [LANDING, CURATED])) == [f"{r.entry.database}.{r.entry.name}" for r in wanted]
    return catalog


def entry(name: str, database: str = LANDING) -> dict[str, Any]:
    return boto3.client("glue").get_table(DatabaseName=database, Name=name)["Table"]


def change(name: str, **changes: Any) -> None:
    """Change an entry as a person does in the console."""
    found = entry(name)
    names = ("Name", "Description", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters", "ViewOriginalText")
    given = {key: found[key] for key in names if found.get(key)}
    boto3.client("glue").update_table(DatabaseName=LANDING, TableInput={**given, **changes})


def months(*numbers: int, version: str = "v1") -> tuple[Partition, ...]:
    found = []
    for number in numbers:
        month = f"{2000 + number // 12}-{number % 12 + 1:02}"
        found.append(Partition((month,), f"curated/books/loans/version={version}/month={month}", 10, 100))
    return tuple(found)


def refusing(request: Any, **_: Any) -> AWSResponse:
    """The answer to somebody without the permission."""
    body = type("Body", (), {"stream": lambda self: [b'{"__type":"AccessDeniedException","message":"not allowed"}']})()
    return AWSResponse(request.url, 400, {"content-type": "application/x-amz-json-1.1"}, body)


def partitions() -> dict[str, str]:
    found = boto3.client("glue").get_paginator("get_partitions").paginate(DatabaseName=CURATED, TableName="loans")
    return {one["Values"][0]: one["StorageDescriptor"]["Location"] for page in found for one in page["Partitions"]}


def test_tables_and_views_are_made_and_a_second_time_nothing_is_written(server: str) -> None:
    catalog = opened()
    assert entry("book")["StorageDescriptor"]["Location"] == f"s3://{BUCKET}/lake/landing/books/books/"
    assert entry("book_typed")["TableType"] == "VIRTUAL_VIEW"
    calls = count_calls(catalog._client)
    catalog.create_databases(DATABASES)
    assert catalog.register(WANTED, [LANDING]) == []
    assert calls == {"GetDatabase": 3, "GetTables": 1}


def test_what_differs_is_updated_in_place(server: str) -> None:
    catalog = opened()
    moved = Registration(replace(TABLE, location="landing/books/new"))
    calls = count_calls(catalog._client)
    assert catalog.register([moved, WANTED[1]], [LANDING]) == [f"{LANDING}.book"]
    assert calls == {"GetTables": 1, "UpdateTable": 1}
    assert entry("book")["StorageDescriptor"]["Location"].endswith("/landing/books/new/")
    assert catalog.register([moved, WANTED[1]], [LANDING]) == []


def test_entries_of_this_library_go_and_those_of_others_stay(server: str) -> None:
    catalog = opened()
    boto3.client("glue").create_table(DatabaseName=LANDING, TableInput={"Name": "ana", "Parameters": {}})
    assert catalog.register([WANTED[0]], [LANDING]) == [f"{LANDING}.book_typed"]
    names = {table["Name"] for table in boto3.client("glue").get_tables(DatabaseName=LANDING)["TableList"]}
    assert names == {"book", "ana"}


def test_a_persons_comment_and_parameter_stay(server: str) -> None:
    catalog = opened()
    found = entry("book")
    found["StorageDescriptor"]["Columns"][0]["Comment"] = "As printed on the spine"
    change("book", StorageDescriptor=found["StorageDescriptor"], Parameters={**found["Parameters"], "team": "loans"})
    assert catalog.register(WANTED, [LANDING]) == []
    catalog.register([Registration(replace(TABLE, location="landing/books/new"))], [LANDING])
    after = entry("book")
    assert after["StorageDescriptor"]["Columns"][0]["Comment"] == "As printed on the spine"
    assert after["Parameters"]["team"] == "loans"


def test_of_two_publishers_one_gives_way(emulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    catalog = opened()
    look = GlueTableCatalog._tables

    def look_and_be_late(self: GlueTableCatalog, database: str) -> Any:
        found = look(self, database)
        change("book", Description="By another publisher")
        return found

    monkeypatch.setattr(GlueTableCatalog, "_tables", look_and_be_late)
    with pytest.raises(CatalogConflict, match=r"books_landing\.book .*another publisher"):
        catalog.register([Registration(replace(TABLE, location="landing/books/new")), WANTED[1]], [LANDING])
    assert entry("book")["Description"] == "By another publisher"
    boto3.client("glue").delete_database(Name=LANDING)


def test_what_is_remembered_is_one_call_and_keeps_the_databases_own_words(server: str) -> None:
    catalog = opened()
    assert catalog.remembered("books") is None
    client = boto3.client("glue")
    client.update_database(
        Name="books_curated",
        DatabaseInput={
            **{
                key: client.get_database(Name="books_curated")["Database"][key]
                for key in ("Name", "LocationUri", "Parameters")
            },
            "Description": "Ana's words",
        },
    )
    catalog.remember("books", "digest")
    calls = count_calls(catalog._client)
    assert catalog.remembered("books") == "digest"
    assert calls == {"GetDatabase": 1}
    catalog.create_databases(DATABASES)
    assert client.get_database(Name="books_curated")["Database"]["Description"] == "Ana's words"
    assert catalog.remembered("books") == "digest"


def test_another_lake_leaves_the_databases_alone_until_it_takes_them_over(server: str) -> None:
    opened().remember("books", "digest")
    other = catalog_of("other")
    assert other.remembered("books") is None
    with pytest.raises(CatalogError, match=f"books_curated .* shows the lake s3://{BUCKET}/lake"):
        other.create_databases(DATABASES)
    taking = catalog_of("other", takes_over=True)
    taking.create_databases(DATABASES)
    assert taking.remembered("books") is None
    assert taking.register(WANTED, [LANDING]) == [f"{LANDING}.book", f"{LANDING}.book_typed"]
    assert entry("book")["StorageDescriptor"]["Location"].startswith(f"s3://{BUCKET}/other/")


def test_an_entry_that_somebody_else_made_is_left_alone_and_told(server: str) -> None:
    catalog = catalog_of()
    catalog.create_databases(DATABASES)
    theirs = {"Name": "book", "StorageDescriptor": {"Columns": [], "Location": "s3://ana/books"}, "Parameters": {}}
    boto3.client("glue").create_table(DatabaseName=LANDING, TableInput=theirs)
    with pytest.raises(CatalogError, match=f"{LANDING}.book .*somebody else made the entry"):
        catalog.register(WANTED, [LANDING])
    assert entry("book")["StorageDescriptor"]["Location"] == "s3://ana/books"
    assert entry("book_typed")["TableType"] == "VIRTUAL_VIEW"
    assert "somebody else made" in str(catalog.disagreements(WANTED, [LANDING])[0])


def test_a_table_that_the_ddl_made_is_taken_for_the_lakes(server: str) -> None:
    catalog = catalog_of()
    catalog.create_databases(DATABASES)
    location = f"s3://{BUCKET}/lake/landing/books/old"
    made = {"Name": "book", "StorageDescriptor": {"Columns": [], "Location": location}, "Parameters": {}}
    boto3.client("glue").create_table(DatabaseName=LANDING, TableInput=made)
    assert catalog.register(WANTED, [LANDING]) == [f"{LANDING}.book", f"{LANDING}.book_typed"]


def test_partitions_are_made_moved_and_deleted_in_batches_that_the_api_takes(moto: None) -> None:
    catalog = opened([Registration(LOANS, months(*range(205)))])
    assert len(partitions()) == 205
    calls = count_calls(catalog._client)
    after = months(*range(60, 205)) + months(*range(205, 310), version="v2")
    moved = (*months(*range(60, 90), version="v2"), *after[30:])
    assert catalog.register([Registration(LOANS, moved)], [CURATED]) == [f"{CURATED}.loans"]
    writes = {name: count for name, count in calls.items() if not name.startswith("Get")}
    assert writes == {"BatchCreatePartition": 2, "BatchUpdatePartition": 1, "BatchDeletePartition": 3}
    assert partitions() == {one.values[0]: f"s3://{BUCKET}/lake/{one.location}/" for one in moved}
    assert catalog.register([Registration(LOANS, moved)], [CURATED]) == []


def test_partitions_follow_the_tables_columns(moto: None) -> None:
    catalog = opened([Registration(LOANS, months(1))])
    wider = replace(LOANS, columns=(*LOANS.columns, Field("colour", "string", "Colour")))
    catalog.register([Registration(wider, months(1))], [CURATED])
    (found,) = boto3.client("glue").get_partitions(DatabaseName=CURATED, TableName="loans")["Partitions"]
    assert [column["Name"] for column in found["StorageDescriptor"]["Columns"]] == ["id", "title", "colour"]


def test_a_version_that_an_earlier_contract_built_is_shown_with_its_columns(moto: None) -> None:
    def loans(version: str, contract: str, *columns: Field) -> Registration:
        parameters = {"covid_lake.version": version, "covid_lake.contract": contract}
        return Registration(replace(LOANS, columns=columns, parameters=parameters), months(1, version=version))

    number, changed = Field("id", "string", "Number"), Field("id", "bigint", "Number of the book")
    catalog = opened([loans("v1", "a", number)])
    assert catalog.register([loans("v1", "b", changed)], [CURATED]) == [f"{CURATED}.loans"]
    (column,) = entry("loans", CURATED)["StorageDescriptor"]["Columns"]
    assert (column["Type"], column["Comment"]) == ("string", "Number of the book")
    catalog.register([loans("v2", "b", changed)], [CURATED])
    (column,) = entry("loans", CURATED)["StorageDescriptor"]["Columns"]
    assert column["Type"] == "bigint"
    assert partitions() == {"2000-02": f"s3://{BUCKET}/lake/curated/books/loans/version=v2/month=2000-02/"}


def test_disagreements_name_tables_columns_and_partitions(moto: None) -> None:
    catalog = opened([Registration(TABLE), Registration(VIEW), Registration(LOANS, months(0, 1, 2))])
    client = boto3.client("glue")
    found = entry("book")["StorageDescriptor"]
    found["Columns"] = [{"Name": "id", "Type": "bigint"}, {"Name": "author", "Type": "string"}]
    change("book", StorageDescriptor=found)
    client.delete_table(DatabaseName=LANDING, Name="book_typed")
    client.delete_partition(DatabaseName=CURATED, TableName="loans", PartitionValues=["2000-01"])
    wanted = [*WANTED, Registration(LOANS, (*months(0), *months(1, version="v2")))]
    place = f"s3://{BUCKET}/lake/curated/books/loans"
    assert list(map(str, catalog.disagreements(wanted, [LANDING, CURATED]))) == [
        "books_landing.book, column id: its type is bigint, and should be string",
        "books_landing.book, column title: the column is missing; it should be string",
        "books_landing.book, column author: there should be no such column",
        "books_landing.book_typed: it is missing in the catalog",
        "books_curated.loans: the partition month=2000-01 is missing",
        f"books_curated.loans: the location of the partition month=2000-02 is {place}/version=v1/month=2000-02/, and "
        f"should be {place}/version=v2/month=2000-02/",
        f"books_curated.loans: the partition month=2000-03 at {place}/version=v1/month=2000-03/ is an orphan",
    ]
    catalog.register(wanted, [LANDING, CURATED])
    assert catalog.disagreements(wanted, [LANDING, CURATED]) == []


def test_a_throttled_call_is_made_again(moto: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    # Of this module alone: threads of others sleep, too.
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=pauses.append))
    catalog = opened()
    answers = iter([400, 400])

    def throttle(request: Any, **_: Any) -> AWSResponse | None:
        status = next(answers, None)
        if status is None:
            return None
        body = type(
            "Body", (), {"stream": lambda self: [b'{"__type":"ThrottlingException","message":"Rate exceeded"}']}
        )()
        return AWSResponse(request.url, status, {"content-type": "application/x-amz-json-1.1"}, body)

    catalog._client.meta.events.register_first("before-send.glue", throttle)
    assert catalog.register(WANTED, [LANDING]) == []
    assert len(pauses) == 2


def test_a_refusal_names_the_table_and_the_way_out(moto: None) -> None:
    catalog = opened()

    catalog._client.meta.events.register_first("before-send.glue.UpdateTable", refusing)
    with pytest.raises(
        CatalogError, match=r"update books_landing\.book .*not allowed.*permissions that docs/catalog.md"
    ):
        catalog.register([Registration(replace(TABLE, location="landing/books/new")), WANTED[1]], [LANDING])


def test_an_entry_that_is_refused_stops_no_other(moto: None) -> None:
    catalog = opened([WANTED[0]])
    catalog._client.meta.events.register_first("before-send.glue.UpdateTable", refusing)
    with pytest.raises(CatalogError, match="not allowed"):
        catalog.register([Registration(replace(TABLE, location="landing/books/new")), WANTED[1]], [LANDING])
    assert entry("book_typed")["TableType"] == "VIRTUAL_VIEW"


def test_a_lake_on_disk_is_not_shown_by_glue(tmp_path: Any) -> None:
    with pytest.raises(SettingsError, match="shows tables in S3 only"):
        GlueTableCatalog(open_storage(str(tmp_path)))
