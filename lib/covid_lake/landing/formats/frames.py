"""Spark's side that formats share: lines, and columns without text. Loaded only where Spark is used."""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as W
from pyspark.sql import functions as F

from covid_lake.landing.formats.records import LINE


def no_text() -> Column:
    """Null, as text."""
    return F.lit(None).cast("string")


def without_lines(records: DataFrame) -> DataFrame:
    """Add `_line` where it can't be known."""
    return records.withColumn(LINE, F.lit(None).cast("bigint"))


def with_counted_lines(records: DataFrame, first_line: int, uneven: Collection[str]) -> DataFrame:
    """Add `_line` to the records of files of which each line is a record, except those named as uneven.

    Spark has no line numbers, but it numbers the rows of a task in their order, and a file's first number is the least:
    the difference is the line, where one task read the file from its beginning.
    """
    block = F.col("_metadata.file_block_start")
    numbered = records.withColumn("_number", F.monotonically_increasing_id()).withColumn("_block", block)
    line = F.col("_number") - F.min("_number").over(W.partitionBy("source_file", "_block")) + first_line
    is_even = (F.col("_block") == 0) & ~F.col("source_file").isin(*uneven)
    return numbered.withColumn(LINE, F.when(is_even, line)).drop("_number", "_block")
