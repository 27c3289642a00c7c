"""Small frames of the dataset's tables for tests: rows name only the columns that matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from covid_lake.contracts import Column, Table
from covid_lake.transforms.frames import spark_schema

KEY = b"a key of the tests, as long as a key must be"
Row = Mapping[str, Any]


def rows_of(spark: SparkSession, columns: Sequence[Column], rows: Sequence[Row]) -> DataFrame:
    names = [column.name for column in columns]
    unknown = {name for row in rows for name in row} - set(names)
    assert not unknown, unknown
    return spark.createDataFrame([tuple(row.get(name) for name in names) for row in rows], spark_schema(columns))


def frame(spark: SparkSession, table: Table, rows: Sequence[Row]) -> DataFrame:
    """Rows of a table; what a row does not name is null."""
    return rows_of(spark, table.columns, rows)


def landed(spark: SparkSession, table: Table, rows: Sequence[Row]) -> DataFrame:
    """Typed landing records of a table: the columns that its files deliver."""
    return rows_of(spark, table.source_columns, rows)
