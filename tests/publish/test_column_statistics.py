"""Statistics of a version's columns, as the Glue API takes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
from botocore.validate import ParamValidator

from covid_lake.contracts import Column, Table, Type, Zone
from covid_lake.publish.catalog.column_statistics import VersionStatistics
from covid_lake.store.parquet import written_files
from covid_lake.store.snapshots import Manifest
from covid_lake.store.storage import LocalStorage
from small_lake import write_rows

TABLE = Table(
    dataset="books",
    zone=Zone.CURATED,
    name="sale",
    grain="A sale.",
    columns=(
        Column("title", Type.TEXT, "Title"),
        Column("copies", Type.INT, "Copies"),
        Column("weight", Type.DOUBLE, "Weight in kg"),
        Column("price", Type.DECIMAL, "Price in euros", precision=10, scale=2),
        Column("is_gift", Type.BOOLEAN, "Whether it is a gift"),
        Column("sold_on", Type.DATE, "Day of the sale"),
        Column("seen_at", Type.TIMESTAMP, "Time of the record"),
    ),
    key=(),
)
ROWS: list[dict[str, Any]] = [
    {
        "title": "Größe",
        "copies": -3,
        "weight": 0.5,
        "price": Decimal("-1.50"),
        "is_gift": True,
        "sold_on": date(1969, 5, 1),
    },
    {"title": "A", "copies": 7, "weight": float("nan"), "price": Decimal("300.00"), "is_gift": False, "sold_on": None},
    {"title": "A", "copies": None, "weight": 2.0, "price": None, "is_gift": None, "sold_on": date(2020, 3, 1)},
]


def statistics_of(rows: list[dict[str, Any]], folder: Path) -> dict[str, dict[str, Any]]:
    storage = LocalStorage(folder)
    write_rows(storage, TABLE, "v1", rows)
    manifest = Manifest(TABLE.id, "v1", written_files(storage, TABLE, "v1"), "f", {})
    found = VersionStatistics(storage, TABLE, manifest).read()
    shape = boto3.client("glue", region_name="us-east-1").meta.service_model.shape_for("ColumnStatistics")
    for one in found:
        whole = {**one, "ColumnType": "any", "AnalyzedTime": datetime.now(UTC)}
        assert not ParamValidator().validate(whole, shape).has_errors()
    return {one["ColumnName"]: one["StatisticsData"] for one in found}


def test_each_type_has_what_the_api_asks_for(tmp_path: Path) -> None:
    found = statistics_of(ROWS, tmp_path)
    assert found == {
        "title": {
            "Type": "STRING",
            "StringColumnStatisticsData": {
                "NumberOfNulls": 0,
                "NumberOfDistinctValues": 2,
                "MaximumLength": 7,
                "AverageLength": 3.0,
            },
        },
        "copies": {
            "Type": "LONG",
            "LongColumnStatisticsData": {
                "NumberOfNulls": 1,
                "NumberOfDistinctValues": 2,
                "MinimumValue": -3,
                "MaximumValue": 7,
            },
        },
        "weight": {
            "Type": "DOUBLE",
            "DoubleColumnStatisticsData": {
                "NumberOfNulls": 0,
                "NumberOfDistinctValues": 3,
                "MinimumValue": 0.5,
                "MaximumValue": 2.0,
            },
        },
        "price": {
            "Type": "DECIMAL",
            "DecimalColumnStatisticsData": {
                "NumberOfNulls": 1,
                "NumberOfDistinctValues": 2,
                "MinimumValue": {"UnscaledValue": (-150).to_bytes(2, "big", signed=True), "Scale": 2},
                "MaximumValue": {"UnscaledValue": (30000).to_bytes(2, "big", signed=True), "Scale": 2},
            },
        },
        "is_gift": {
            "Type": "BOOLEAN",
            "BooleanColumnStatisticsData": {"NumberOfNulls": 1, "NumberOfTrues": 1, "NumberOfFalses": 1},
        },
        "sold_on": {
            "Type": "DATE",
            "DateColumnStatisticsData": {
                "NumberOfNulls": 1,
                "NumberOfDistinctValues": 2,
                "MinimumValue": datetime(1969, 5, 1),
                "MaximumValue": datetime(2020, 3, 1),
            },
        },
    }


def test_a_table_without_rows_has_no_bounds(tmp_path: Path) -> None:
    found = statistics_of([], tmp_path)
    assert found["copies"]["LongColumnStatisticsData"] == {"NumberOfNulls": 0, "NumberOfDistinctValues": 0}
    assert found["title"]["StringColumnStatisticsData"]["AverageLength"] == 0.0
