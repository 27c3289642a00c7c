"""DataFrame -> DataFrame, for any table: schemas and selects out of contracts, small tables, deduplication."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyspark
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.window import Window as W

from covid_lake.contracts import Column as ContractColumn
from covid_lake.contracts import Table, Type

_SPARK_TYPES: dict[Type, T.DataType] = {
    Type.TEXT: T.StringType(),
    Type.INT: T.IntegerType(),
    Type.BIGINT: T.LongType(),
    Type.DOUBLE: T.DoubleType(),
    Type.BOOLEAN: T.BooleanType(),
    Type.DATE: T.DateType(),
    Type.TIMESTAMP: T.TimestampType(),
}


# A hash that stands for the grain of a record, in tables that withhold records.
GRAIN = "_grain"
# With so many of its digits, 4,096 windows hold the grains.
GRAIN_DIGITS = 3


def spark_type(column: ContractColumn) -> T.DataType:
    """The column's type as Spark has it."""
    return T.DecimalType(*column.digits) if column.type is Type.DECIMAL else _SPARK_TYPES[column.type]


class FramesOnDemand(Mapping[str, DataFrame]):
    """Frames by name, each made when it is asked for: Spark looks for a frame's files when the frame is made."""

    def __init__(self, makers: Mapping[str, Callable[[], DataFrame]]) -> None:
        self._makers = makers

    def __getitem__(self, name: str) -> DataFrame:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def spark_schema(columns: Iterable[ContractColumn]) -> T.StructType:
    """The columns as Spark's schema; all nullable, because Spark does not trust Parquet files about nulls."""
    return T.StructType([T.StructField(column.name, spark_type(column)) for column in columns])


def empty_frame(spark: SparkSession, columns: Iterable[ContractColumn]) -> DataFrame:
    """A frame of the columns without rows."""
    return spark.createDataFrame([], spark_schema(columns))


def inline_table(spark: SparkSession, names: Sequence[str], rows: Iterable[Sequence[str | None]]) -> DataFrame:
    """A small table of texts as a part of the query: it needs no file and no job. An empty text is null."""
    held = [[value or None for value in row] for row in rows]
    if not held:
        return spark.createDataFrame([], T.StructType([T.StructField(name, T.StringType()) for name in names]))
    if pyspark.__version__.startswith("3."):
        return _of_literals(spark, names, held)
    # Parsed as literals, some hundred rows would take longer than most queries.
    return spark.createDataFrame(
        pa.table({name: pa.array([row[i] for row in held], pa.string()) for i, name in enumerate(names)})
    )


def _of_literals(spark: SparkSession, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> DataFrame:
    """The table for Spark 3.5, which takes none of Arrow."""
    values = ", ".join("(" + ", ".join(_literal(value) for value in row) + ")" for row in rows)
    columns = ", ".join(f"`{name}`" for name in names)
    return spark.sql(f"SELECT * FROM VALUES {values} AS inline_table({columns})")  # noqa: S608


def conform(frame: DataFrame, table: Table) -> DataFrame:
    """The frame with exactly the contract's columns, in its order and types. Every step ends with this select."""
    completed = with_partition(frame, table)
    return completed.select(*(F.col(one.name).cast(spark_type(one)).alias(one.name) for one in table.columns))


def with_partition(frame: DataFrame, table: Table) -> DataFrame:
    """The frame with the table's partition column, where a day of the row decides it and the frame lacks it."""
    if table.day_column is None or table.partition_by[0] in frame.columns:
        return frame
    # Both 2020-03-01 and 20200301 become a text that holds the digits of year and month in the same order.
    digits = F.replace(F.col(table.day_column).cast("string"), F.lit("-"))
    return frame.withColumn(
        table.partition_by[0], F.concat_ws("-", F.substring(digits, 1, 4), F.substring(digits, 5, 2))
    )


def hide_withheld(frame: DataFrame, table: Table, withheld: str) -> DataFrame:
    """The frame with the fields of withheld records made null, and with a hash of each record's grain as `GRAIN`.

    What decides between the records of a grain stays: the columns of `newest_by`, the source file, the record's hash.
    """
    kept = {withheld, GRAIN, "source_file", "source_row_hash", *table.newest_by}
    key = F.to_json(F.struct(*(F.col(name).alias(f"_{i}") for i, name in enumerate(table.key))))
    hashed = frame.withColumn(GRAIN, F.sha2(key, 256))
    return hashed.select(
        *(F.col(name) if name in kept else F.when(~F.col(withheld), F.col(name)).alias(name) for name in hashed.columns)
    )


def gather_grains(frame: DataFrame, table: Table) -> DataFrame:
    """Bring the records of each grain into one task, where later functions would not or not in one go.

    Records of a partitioned table are brought together by partition: each partition is then written to one file.
    """
    if table.withholds:
        return frame.repartition(*_neighbours(table)[0])
    return frame.repartition(*table.partition_by) if table.partition_by else frame


def tell_things_apart(frame: DataFrame, table: Table, shared: str) -> DataFrame:
    """Give each of several things that share a key in one grain the key that it has by its name.

    The new column `shared` is an array of the shared key and the thing's name; null where a key belongs to one thing.
    Things are told apart by the table's `identity`. Where that has no key by name the keys stay as they are.
    """
    identity = table.identity
    if identity is None:
        return frame.withColumn(shared, F.lit(None).cast("array<string>"))
    by_name = "_key_by_name"
    together, last = _neighbours(table)
    # One of its spellings stands for the thing. This window first: sorted for it, rows are sorted for the next one too.
    of_thing, of_grain = (
        W.partitionBy(*together).orderBy(*order).rangeBetween(W.currentRow, W.currentRow)
        for order in ((last, F.col(identity.same_thing)), (last,))
    )
    spelled = F.min(identity.key_by_name or identity.key).over(of_thing)
    is_shared = F.min(identity.same_thing).over(of_grain) != F.max(identity.same_thing).over(of_grain)
    key = F.col(identity.key)
    both = F.array(key.cast("string"), F.col(identity.shown_as))
    marked = frame.withColumn(by_name, spelled).withColumn(shared, F.when(is_shared, both))
    return marked.withColumn(identity.key, F.when(F.col(shared).isNotNull(), F.col(by_name)).otherwise(key)).drop(
        by_name
    )


def mark_newest(frame: DataFrame, table: Table, is_newest: str) -> DataFrame:
    """Mark the newest record of each grain, the one that stays.

    Newest is by the contract's `newest_by`, highest first; between equals the source file and the record's hash decide,
    so that the choice depends on nothing but the data.
    """
    # Sorted by partition and key, a file is half as large as one in which a place's days lie scattered.
    together, last = _neighbours(table)
    newest = [F.col(name).desc_nulls_last() for name in table.newest_by]
    order = [last, *newest, F.col("source_file").desc(), F.col("source_row_hash")]
    before = F.lag(last).over(W.partitionBy(*together).orderBy(*order))
    return frame.withColumn(is_newest, F.coalesce(before != last, F.lit(True)))


def _neighbours(table: Table) -> tuple[list[Column | str], Column]:
    """The columns by which records of some grains lie in one window, and the column that tells these grains apart.

    Most grains have one record. A window for each would cost one engine more than all else.
    """
    if table.withholds:
        return [F.substring(GRAIN, 1, GRAIN_DIGITS)], F.col(GRAIN)
    if not table.key:
        return [F.lit(0)], F.lit(0)
    *others, last = table.key
    return [*table.partition_by, *(others or [last])], F.col(last)


def _literal(value: str | None) -> str:
    if value is None:
        return "CAST(NULL AS STRING)"
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
