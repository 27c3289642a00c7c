"""Landing files as a DataFrame of text: the header decides the columns, never the position, and nothing is inferred.

Files that share a header are one generation and are read together with an all-text schema; the generations are then
brought to the contract's names and stacked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple
from urllib.parse import quote

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import Window as W
from pyspark.sql import functions as F
from pyspark.sql import types as T

from covid_lake import paths
from covid_lake.contracts import Table, column_for_header
from covid_lake.landing.inventory import LandingFile
from covid_lake.store.storage import Storage

SURPLUS = "_surplus"
RECORD = "_record"
LINE = "_line"
GLOB_CHARACTERS = "\\*?[]{}"


def read_landing(
    spark: SparkSession, storage: Storage, table: Table, files: Sequence[LandingFile], *, with_lines: bool = False
) -> DataFrame:
    """All records of the files as text, one row a record.

    Columns: the contract's source columns; `source_file` below the landing folder; `source_row_hash` over the fields as
    they arrived; `_surplus`, text in a field past the header's last; `_record`, the record as JSON by the header;
    with lines also `_line`, the record's line in its file, null where lines are not records or the file was split.
    """
    generations: dict[_Generation, list[str]] = defaultdict(list)
    for file in files:
        inspection = file.inspection
        generation = _Generation(inspection.header, file.is_json, inspection.multiline, inspection.blank_lines > 0)
        generations[generation].append(file.path)
    folder = paths.landing(table.dataset)
    frames = []
    for generation, names in sorted(generations.items()):
        urls = [_literal_path(storage.url(f"{folder}/{name}")) for name in names]
        read = _read_json if generation.is_json else _read_csv
        raw = read(spark, generation, urls)
        if with_lines:
            raw = _with_lines(raw, generation)
        needs_decoding = any(quote(name) != name for name in names)
        frames.append(_renamed(raw, table, generation.header, folder, needs_decoding))
    return reduce(DataFrame.unionByName, frames)


class _Generation(NamedTuple):
    """What files have in common that are read together."""

    header: tuple[str, ...]
    is_json: bool
    is_multiline: bool
    has_blank_lines: bool


def _read_csv(spark: SparkSession, generation: _Generation, urls: list[str]) -> DataFrame:
    width = len(generation.header)
    fields = [T.StructField(_position(i), T.StringType()) for i in range(width)]
    # A field past the header's last would be dropped in silence if the schema had no place for it.
    schema = T.StructType([*fields, T.StructField(SURPLUS, T.StringType())])
    return (
        spark.read.schema(schema)
        .option("header", True)
        .option("enforceSchema", True)
        .option("mode", "PERMISSIVE")
        .option("quote", '"')
        .option("escape", '"')
        .option("multiLine", generation.is_multiline)
        .option("maxCharsPerColumn", -1)
        .option("maxColumns", max(1000, 2 * width))
        .csv(urls)
    )


def _read_json(spark: SparkSession, generation: _Generation, urls: list[str]) -> DataFrame:
    keys = generation.header
    schema = T.StructType([T.StructField(key, T.StringType()) for key in keys])
    raw = spark.read.schema(schema).option("mode", "PERMISSIVE").json(urls)
    positions = [F.col(f"`{key.replace('`', '``')}`").alias(_position(i)) for i, key in enumerate(keys)]
    return raw.select(*positions, F.lit(None).cast("string").alias(SURPLUS), "_metadata")


def _with_lines(raw: DataFrame, generation: _Generation) -> DataFrame:
    """Add `_line`. Spark has no line numbers, but it numbers the rows of a task in their order, and a file's first
    number is the least: the difference is the line, where one task read the file from its beginning.
    """
    if generation.is_multiline or generation.has_blank_lines:
        return raw.withColumn(LINE, F.lit(None).cast("bigint"))
    first_line = 1 if generation.is_json else 2
    numbered = raw.withColumn("_number", F.monotonically_increasing_id())
    block = F.col("_metadata.file_block_start")
    placed = numbered.withColumn("_path", F.col("_metadata.file_path")).withColumn("_block", block)
    starts = W.partitionBy("_path", "_block")
    line = F.col("_number") - F.min("_number").over(starts) + first_line
    return placed.withColumn(LINE, F.when(F.col("_block") == 0, line)).drop("_number", "_path", "_block")


def _renamed(raw: DataFrame, table: Table, header: Sequence[str], folder: str, needs_decoding: bool) -> DataFrame:
    positions = {}
    for i, name in enumerate(header):
        column = column_for_header(table.source_columns, name)
        if column and column.name not in positions:
            positions[column.name] = _position(i)
    values = [
        F.col(positions[column.name]).alias(column.name)
        if column.name in positions
        else F.lit(None).cast("string").alias(column.name)
        for column in table.source_columns
    ]
    fields = [_position(i) for i in range(len(header))]
    record = F.to_json(F.struct(*(F.col(_position(i)).alias(name or _position(i)) for i, name in enumerate(header))))
    return raw.select(
        *values,
        _source_file(folder, needs_decoding).alias("source_file"),
        F.xxhash64(*fields).alias("source_row_hash"),
        SURPLUS,
        record.alias(RECORD),
        *([LINE] if LINE in raw.columns else []),
    )


def _source_file(folder: str, needs_decoding: bool) -> Column:
    path = F.substring_index(F.col("_metadata.file_path"), f"/{folder}/", -1)
    # Spark gives the path as a URL. Decoding costs on every row, so only where a name holds anything to decode.
    return F.url_decode(F.replace(path, F.lit("+"), F.lit("%2B"))) if needs_decoding else path


def _position(i: int) -> str:
    return f"_c{i}"


def _literal_path(url: str) -> str:
    """The URL with what Spark would take for a glob escaped."""
    return "".join(f"\\{character}" if character in GLOB_CHARACTERS else character for character in url)
