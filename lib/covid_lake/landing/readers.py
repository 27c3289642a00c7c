"""Landing files as a DataFrame of text: the header decides the columns, never the position, and nothing is inferred.

Files that share a header are one generation. All generations of a table are read in one scan, field by field, and each
contract column picks its field by the generation of the row's file: one scan means one plan to compile and one set of
tasks, where a union of a scan per generation would repeat every expression behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from urllib.parse import quote

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import Window as W
from pyspark.sql import functions as F
from pyspark.sql import types as T

from covid_lake import paths
from covid_lake.contracts import Table, column_for_header
from covid_lake.errors import StorageError
from covid_lake.landing.inspection import MAX_FIELDS
from covid_lake.landing.inventory import LandingFile
from covid_lake.landing.names import is_gzip
from covid_lake.store.parquet import spark_path
from covid_lake.store.storage import Storage
from covid_lake.transforms.frames import inline_table

SURPLUS = "_surplus"
RECORD = "_record"
LINE = "_line"
GENERATION = "_generation"
NO_KEY = "\0"


def read_landing(
    spark: SparkSession, storage: Storage, table: Table, files: Sequence[LandingFile], *, with_lines: bool = False
) -> DataFrame:
    """All records of the files as text, one row a record.

    Columns: the contract's source columns; `source_file` below the landing folder; `source_row_hash` over the fields as
    they arrived; `_surplus`, text in a field past the header's last; `_record`, the record as JSON by the header; of a
    table whose files hold a day each, that day under the name that the table has for it, and its partition; with lines
    also `_line`, the record's line in its file, null where lines are not records or the file was split.
    """
    _require_unpacking(spark, files)
    scans = [
        _Scan(is_json=False, is_multiline=is_multiline, files=tuple(chosen))
        for is_multiline in (False, True)
        if (chosen := [f for f in files if not f.is_json and f.inspection.multiline == is_multiline])
    ]
    scans += [
        _Scan(is_json=True, is_multiline=False, files=tuple(chosen))
        for chosen in _alike([file for file in files if file.is_json])
    ]
    return reduce(DataFrame.unionByName, (_read(spark, storage, table, scan, with_lines) for scan in scans))


def _require_unpacking(spark: SparkSession, files: Sequence[LandingFile]) -> None:
    """Raise `StorageError` for gzip that would be read packed: Hadoop 3.3, which Spark 3.5 has, knows no `.GZ`."""
    packed = [file.path for file in files if is_gzip(file.path) and not file.path.endswith(".gz")]
    if packed and spark.version.startswith("3."):
        raise StorageError(
            f"{packed[0]}: Spark {spark.version} does not unpack a gzip whose ending has capitals; let it end in .gz"
        )


@dataclass(frozen=True, slots=True)
class _Scan:
    """Files that one scan can read: of one format, with lines that are records or without."""

    is_json: bool
    is_multiline: bool
    files: tuple[LandingFile, ...]

    @property
    def headers(self) -> tuple[tuple[str, ...], ...]:
        """The header of each generation. JSON is read by key, so all its files are one generation."""
        if self.is_json:
            return (tuple(dict.fromkeys(key for file in self.files for key in file.inspection.header)),)
        return tuple(sorted({file.inspection.header for file in self.files}))

    @property
    def width(self) -> int:
        return max(len(header) for header in self.headers)


def _alike(files: Sequence[LandingFile]) -> list[list[LandingFile]]:
    """The JSON files in groups in which no key stands in two cases: for Spark such names are one column, twice."""
    groups: list[tuple[dict[str, str], list[LandingFile]]] = []
    for file in files:
        spellings = {key.lower(): key for key in file.inspection.header}
        for known, group in groups:
            if all(known.get(folded, key) == key for folded, key in spellings.items()):
                known.update(spellings)
                group.append(file)
                break
        else:
            groups.append((spellings, [file]))
    return [group for _, group in groups]


def _read(spark: SparkSession, storage: Storage, table: Table, scan: _Scan, with_lines: bool) -> DataFrame:
    folder = paths.landing(table.dataset)
    urls = [spark_path(storage, f"{folder}/{file.path}") for file in scan.files]
    raw = _read_json(spark, scan, urls) if scan.is_json else _read_csv(spark, scan, urls)
    needs_decoding = any(quote(file.path) != file.path for file in scan.files)
    raw = raw.withColumn("source_file", _source_file(folder, needs_decoding))
    if with_lines:
        raw = _with_lines(raw, scan)
    days = day_columns(table)
    if days or len(scan.headers) > 1:
        raw = raw.join(F.broadcast(_known_of_files(spark, table, scan)), "source_file", "inner")
    values = [_field_of(scan, table, column.name).alias(column.name) for column in table.source_columns]
    fields = [_position(i) for i in range(scan.width)]
    return raw.select(
        *values,
        "source_file",
        F.xxhash64(*fields).alias("source_row_hash"),
        _by_generation([F.col(SURPLUS if w == scan.width else _position(w)) for w in map(len, scan.headers)]).alias(
            SURPLUS
        ),
        _by_generation([_record(header) for header in scan.headers]).alias(RECORD),
        *days,
        *([LINE] if with_lines else []),
    )


def day_columns(table: Table) -> tuple[str, ...]:
    """The columns that a record has from its file's name, where each file holds one day: the day and its partition."""
    daily = table.landing.daily if table.landing else None
    return (daily.column, *table.partition_by) if daily else ()


def _known_of_files(spark: SparkSession, table: Table, scan: _Scan) -> DataFrame:
    """What is known of each file before it is read: its generation, and its day where it holds one."""
    generations = {header: str(i) for i, header in enumerate(scan.headers)}
    daily = table.landing.daily if table.landing else None
    rows = []
    for file in scan.files:
        day = daily.day_of(file.path) if daily else None
        of_day = (str(day), table.partitioning.value_of(day)) if day and table.partitioning else (None, None)
        rows.append((file.path, generations[file.inspection.header], *of_day)[: 4 if daily else 2])
    of_day_columns = ("_day", *table.partition_by) if daily else ()
    known = inline_table(spark, ("source_file", GENERATION, *of_day_columns), rows)
    if daily is None:
        return known
    return known.withColumn(daily.column, F.col("_day").cast("date")).drop("_day")


def _read_csv(spark: SparkSession, scan: _Scan, urls: list[str]) -> DataFrame:
    # A field past the header's last would be dropped in silence if the schema had no place for it. The padding is
    # never asked for: with a column to prune, Spark's parser fills short rows up instead of throwing for each.
    names = [*(_position(i) for i in range(scan.width)), SURPLUS, "_padding"]
    schema = T.StructType([T.StructField(name, T.StringType()) for name in names])
    return (
        spark.read.schema(schema)
        .option("header", True)
        .option("enforceSchema", True)
        .option("mode", "PERMISSIVE")
        .option("quote", '"')
        .option("escape", '"')
        .option("multiLine", scan.is_multiline)
        .option("maxCharsPerColumn", -1)
        .option("maxColumns", MAX_FIELDS + 1)
        .csv(urls)
    )


def _read_json(spark: SparkSession, scan: _Scan, urls: list[str]) -> DataFrame:
    keys = scan.headers[0]
    schema = T.StructType([T.StructField(key, T.StringType()) for key in keys])
    # A key `_corrupt_record` is a key like any other: the column of that purpose gets a name that none has.
    reader = spark.read.schema(schema).option("mode", "PERMISSIVE").option("columnNameOfCorruptRecord", NO_KEY)
    raw = reader.json(urls)
    positions = [F.col(f"`{key.replace('`', '``')}`").alias(_position(i)) for i, key in enumerate(keys)]
    return raw.select(*positions, F.lit(None).cast("string").alias(SURPLUS), "_metadata")


def _field_of(scan: _Scan, table: Table, name: str) -> Column:
    """The column's field, whichever place each generation gives it; null in a generation without it."""
    fields = []
    for header in scan.headers:
        places = [
            i for i, key in enumerate(header) if (c := column_for_header(table.source_columns, key)) and c.name == name
        ]
        fields.append(F.coalesce(*(F.col(_position(i)) for i in places)) if places else F.lit(None).cast("string"))
    return _by_generation(fields)


def _by_generation(choices: Sequence[Column]) -> Column:
    """One of the choices by the generation of the row's file; plainly the choice where all are the same."""
    if len({str(choice) for choice in choices}) == 1:
        return choices[0]
    chosen = choices[-1]
    for i in reversed(range(len(choices) - 1)):
        chosen = F.when(F.col(GENERATION) == str(i), choices[i]).otherwise(chosen)
    return chosen


def _record(header: Sequence[str]) -> Column:
    return F.to_json(F.struct(*(F.col(_position(i)).alias(name or _position(i)) for i, name in enumerate(header))))


def _with_lines(raw: DataFrame, scan: _Scan) -> DataFrame:
    """Add `_line`. Spark has no line numbers, but it numbers the rows of a task in their order, and a file's first
    number is the least: the difference is the line, where one task read the file from its beginning.
    """
    if scan.is_multiline:
        return raw.withColumn(LINE, F.lit(None).cast("bigint"))
    uneven = [file.path for file in scan.files if file.inspection.blank_lines]
    first_line = 1 if scan.is_json else 2
    block = F.col("_metadata.file_block_start")
    numbered = raw.withColumn("_number", F.monotonically_increasing_id()).withColumn("_block", block)
    line = F.col("_number") - F.min("_number").over(W.partitionBy("source_file", "_block")) + first_line
    is_even = (F.col("_block") == 0) & ~F.col("source_file").isin(*uneven)
    return numbered.withColumn(LINE, F.when(is_even, line)).drop("_number", "_block")


def _source_file(folder: str, needs_decoding: bool) -> Column:
    path = F.substring_index(F.col("_metadata.file_path"), f"/{folder}/", -1)
    # Spark gives the path as a URL. Decoding costs on every row, so only where a name holds anything to decode.
    return F.url_decode(F.replace(path, F.lit("+"), F.lit("%2B"))) if needs_decoding else path


def _position(i: int) -> str:
    return f"_c{i}"
