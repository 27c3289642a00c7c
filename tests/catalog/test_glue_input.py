"""Entries as the Glue API takes them, and what stays of an entry when it is updated."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator

from covid_lake.catalog import glue_input
from covid_lake.catalog.descriptions import Field, FileLayout, HiveTable, View

ROOT = "s3://bucket/lake"
TABLE = HiveTable(
    database="books_landing",
    name="book",
    comment="A book.",
    columns=(Field("id", "string", "Number of the book"), Field("title", "string", "Its title")),
    location="landing/books/books",
    layout=FileLayout("in", "out", "serde", {"separatorChar": ",", "escapeChar": "\x01"}),
    partitions=(Field("month", "string", "Month of the book"),),
    parameters={"classification": "csv", "skip.header.line.count": "1"},
)
VIEW = View(
    "books_landing",
    "book_typed",
    "A book, typed.",
    (Field("id", "int", "Number"), Field("seen", "timestamp", "Seen at"), Field("tags", "array<string>", "Tags")),
    'SELECT TRY_CAST("id" AS integer) FROM "books_landing"."book"',
)


def entry_of(wanted: dict[str, Any]) -> dict[str, Any]:
    """The entry as GetTables answers it after it was written: with values that nobody gave."""
    found = copy.deepcopy(wanted)
    found |= {"DatabaseName": "books_landing", "VersionId": "3", "Retention": 0, "CreatedBy": "arn:somebody"}
    found["StorageDescriptor"] |= {"Compressed": False, "NumberOfBuckets": 0, "SortColumns": []}
    return found


@pytest.mark.parametrize("entry", [TABLE, VIEW])
def test_an_entry_is_what_the_api_takes(entry: HiveTable | View) -> None:
    shape = boto3.client("glue", region_name="us-east-1").meta.service_model.shape_for("TableInput")
    assert not ParamValidator().validate(glue_input.table_input(entry, ROOT), shape).has_errors()


def test_a_table_lies_below_the_lake_and_is_marked() -> None:
    made = glue_input.table_input(TABLE, ROOT)
    assert made["StorageDescriptor"]["Location"] == "s3://bucket/lake/landing/books/books/"
    assert made["StorageDescriptor"]["SerdeInfo"]["Parameters"]["escapeChar"] == "\x01"
    assert made["PartitionKeys"] == [{"Name": "month", "Type": "string", "Comment": "Month of the book"}]
    assert made["Parameters"]["skip.header.line.count"] == "1"
    assert glue_input.lake_of(made) == ROOT


def test_a_view_is_what_athena_writes_itself() -> None:
    made = glue_input.table_input(VIEW, ROOT)
    definition = json.loads(base64.b64decode(made["ViewOriginalText"].split()[3]))
    assert definition["columns"] == [
        {"name": "id", "type": "integer"},
        {"name": "seen", "type": "timestamp(6)"},
        {"name": "tags", "type": "array(varchar)"},
    ]
    assert (definition["catalog"], definition["schema"]) == ("awsdatacatalog", "books_landing")
    assert glue_input.view_sql(made) == VIEW.sql
    assert (made["TableType"], made["Parameters"]["presto_view"]) == ("VIRTUAL_VIEW", "true")
    assert "Description" not in made


def test_a_comment_is_one_line_of_the_bytes_that_the_api_allows() -> None:
    column = Field("id", "string", "Größe\n" * 60)
    comment = glue_input.table_input(replace(TABLE, columns=(column,)), ROOT)["StorageDescriptor"]["Columns"][0][
        "Comment"
    ]
    assert len(comment.encode()) <= 255
    assert comment.startswith("Größe Größe")
    assert comment.endswith("…")


@pytest.mark.parametrize("entry", [TABLE, VIEW])
def test_an_entry_that_is_right_is_not_written_again(entry: HiveTable | View) -> None:
    wanted = glue_input.table_input(entry, ROOT)
    assert glue_input.updated(entry_of(wanted), wanted) is None


def test_an_entry_of_an_older_snapshot_that_is_right_otherwise_is_not_written_again() -> None:
    older = glue_input.table_input(replace(TABLE, parameters={"covid_lake.snapshot": "1"}), ROOT)
    newer = glue_input.table_input(replace(TABLE, parameters={"covid_lake.snapshot": "2"}), ROOT)
    assert glue_input.updated(entry_of(older), newer) is None


def test_what_people_added_stays() -> None:
    found = entry_of(glue_input.table_input(TABLE, ROOT))
    found["Parameters"]["team"] = "epidemiology"
    found["StorageDescriptor"]["Columns"][1] |= {"Comment": "As printed on the cover", "Parameters": {"pii": "no"}}
    found |= {"Owner": "ana", "Retention": 30, "Description": "Ana's books"}
    found["StorageDescriptor"]["Compressed"] = True
    moved = glue_input.table_input(replace(TABLE, location="landing/books/new"), ROOT)
    update = glue_input.updated(found, moved)
    assert update is not None
    assert update["StorageDescriptor"]["Location"] == "s3://bucket/lake/landing/books/new/"
    assert update["StorageDescriptor"]["Columns"][1] == {
        "Name": "title",
        "Type": "string",
        "Comment": "As printed on the cover",
        "Parameters": {"pii": "no"},
    }
    assert update["Parameters"]["team"] == "epidemiology"
    assert (update["Owner"], update["Retention"], update["Description"]) == ("ana", 30, "Ana's books")
    assert update["StorageDescriptor"]["Compressed"] is True
    again = entry_of(glue_input.as_input({**found, **update}))
    assert glue_input.updated(again, moved) is None


def test_a_comment_of_the_contract_that_changed_is_written() -> None:
    found = entry_of(glue_input.table_input(TABLE, ROOT))
    columns = (TABLE.columns[0], Field("title", "string", "Title of the book"))
    update = glue_input.updated(
        found, glue_input.table_input(replace(TABLE, comment="One book.", columns=columns), ROOT)
    )
    assert update is not None
    assert update["StorageDescriptor"]["Columns"][1]["Comment"] == "Title of the book"
    assert update["Description"] == "One book."


def test_a_parameter_that_the_library_no_longer_sets_is_removed() -> None:
    found = entry_of(glue_input.table_input(TABLE, ROOT))
    found["Parameters"]["team"] = "epidemiology"
    update = glue_input.updated(
        found, glue_input.table_input(replace(TABLE, parameters={"classification": "csv"}), ROOT)
    )
    assert update is not None
    assert "skip.header.line.count" not in update["Parameters"]
    assert update["Parameters"]["team"] == "epidemiology"


def test_an_iceberg_entry_becomes_a_plain_table_and_keeps_what_people_said() -> None:
    iceberg = {
        "Name": "book",
        "TableType": "EXTERNAL_TABLE",
        "Description": "A book.",
        "Parameters": {"table_type": "ICEBERG", "metadata_location": "s3://bucket/m.json", "write.x": "y"},
        "StorageDescriptor": {
            "Columns": [{"Name": "id", "Type": "int", "Comment": "", "Parameters": {"iceberg.field.id": "1"}}],
            "Location": "s3://bucket/lake/trusted/books/book",
        },
    }
    found = entry_of(glue_input.marked(iceberg, ROOT))
    found["StorageDescriptor"]["Columns"][0] |= {"Comment": "Said Ana"}
    found["Parameters"]["team"] = "epidemiology"
    update = glue_input.updated(found, glue_input.table_input(TABLE, ROOT))
    assert update is not None
    assert not glue_input.is_iceberg(update)
    assert update["StorageDescriptor"]["Columns"][0] == {"Name": "id", "Type": "string", "Comment": "Said Ana"}
    assert {"metadata_location", "write.x"}.isdisjoint(update["Parameters"])
    assert update["Parameters"]["team"] == "epidemiology"
    assert "Compressed" not in update["StorageDescriptor"]


def test_differences_name_the_column() -> None:
    found = entry_of(glue_input.table_input(TABLE, ROOT))
    found["StorageDescriptor"]["Columns"] = [
        {"Name": "id", "Type": "int", "Comment": "Number of the book"},
        {"Name": "colour", "Type": "string"},
    ]
    found["StorageDescriptor"]["Location"] = "s3://elsewhere/"
    assert list(glue_input.differences(found, glue_input.table_input(TABLE, ROOT))) == [
        ("id", "its type is int, and should be string"),
        ("title", "the column is missing; it should be string"),
        ("colour", "there should be no such column"),
        ("", "its location is s3://elsewhere/, and should be s3://bucket/lake/landing/books/books/"),
    ]


def test_columns_in_another_order_are_a_difference() -> None:
    found = entry_of(glue_input.table_input(replace(TABLE, columns=TABLE.columns[::-1]), ROOT))
    assert list(glue_input.differences(found, glue_input.table_input(TABLE, ROOT))) == [
        ("", "its columns are in another order")
    ]
