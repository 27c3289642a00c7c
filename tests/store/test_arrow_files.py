"""Versions as Arrow and DuckDB read them: what Spark wrote, typed by the contract."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from covid_lake.catalog.column_types import hive_type
from covid_lake.contracts import Column, Table, Type, Zone
from covid_lake.reading.athena.kinds import kind_of_column
from covid_lake.store.arrow_files import open_filesystem, table_dataset
from covid_lake.store.storage import LocalStorage
from covid_lake.transforms.frames import conform, spark_schema


@pytest.mark.parametrize(("precision", "scale"), [(4, 1), (18, 2), (28, 10), (28, 28), (1, 0)])
def test_a_decimal_is_the_same_in_spark_parquet_arrow_and_duckdb(
    precision: int, scale: int, spark: SparkSession, tmp_path: Path
) -> None:
    """Parquet stores decimals as 32 or 64 bit integers or as bytes, depending on their digits."""
    column = Column("price", Type.DECIMAL, "Price", precision=precision, scale=scale)
    table = Table("shop", Zone.TRUSTED, "prices", "A price.", (column,), key=())
    largest = Decimal(f"{'9' * precision}e-{scale}")
    rows = spark.createDataFrame([(largest,), (-largest,), (None,)], spark_schema(table.columns))
    conform(rows, table).coalesce(1).write.parquet(str(tmp_path / "version"))
    storage = LocalStorage(tmp_path)
    files = [file.name for file in (tmp_path / "version").glob("*.parquet")]
    read = table_dataset(storage, open_filesystem(storage), table, [f"version/{name}" for name in files])
    assert read.schema.field("price").type == pa.decimal128(precision, scale)
    assert set(read.to_table().column("price").to_pylist()) == {largest, -largest, None}
    shown = duckdb.sql("SELECT max(price), typeof(max(price)) FROM read").fetchall()
    assert shown == [(largest, f"DECIMAL({precision},{scale})")]
    assert hive_type(column) == str(kind_of_column(column)) == f"decimal({precision},{scale})"
