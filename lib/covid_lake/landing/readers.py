"""Landing files as a DataFrame of text: the header decides the columns, never the position, and nothing is inferred.

Files that share a header are one generation. All generations of a table are read in one scan, field by field, and each
contract column picks its field by the generation of the row's file: one scan means one plan to compile and one set of
tasks, where a union of a scan per generation would repeat every expression behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from urllib.parse import quote

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import Format, Table, column_for_header
from covid_lake.errors import StorageError
from covid_lake.landing.formats import files_in
from covid_lake.landing.formats.frames import LINE, SURPLUS, position
from covid_lake.landing.formats.interface import Scan
from covid_lake.landing.inventory import LandingFile
from covid_lake.landing.names import format_of, is_gzip
from covid_lake.store.parquet import spark_path
from covid_lake.store.storage import Storage
from covid_lake.transforms.frames import inline_table

RECORD = "_record"
GENERATION = "_generation"


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
    by_format: dict[Format, list[LandingFile]] = {}
    for file in files:
        by_format.setdefault(format_of(table, file.path), []).append(file)
    frames = [
        _read(spark, storage, table, form, scan, with_lines)
        for form, chosen in by_format.items()
        for scan in files_in(form).scans(chosen)
    ]
    return reduce(DataFrame.unionByName, frames)


def _require_unpacking(spark: SparkSession, files: Sequence[LandingFile]) -> None:
    """Raise `StorageError` for gzip that Spark would not unpack: Spark 3.5 has Hadoop 3.3, which knows no `.GZ`."""
    packed = [file.path for file in files if is_gzip(file.path) and not file.path.endswith(".gz")]
    if packed and spark.version.startswith("3."):
        raise StorageError(
            f"{packed[0]}: Spark {spark.version} does not unpack a gzip whose ending has capitals; let it end in .gz"
        )


def _read(spark: SparkSession, storage: Storage, table: Table, form: Format, scan: Scan, with_lines: bool) -> DataFrame:
    folder = paths.landing(table.dataset)
    urls = [spark_path(storage, f"{folder}/{file.path}") for file in scan.files]
    reader = files_in(form)
    raw = reader.read_texts(spark, scan, urls)
    needs_decoding = any(quote(file.path) != file.path for file in scan.files)
    raw = raw.withColumn("source_file", _source_file(folder, needs_decoding))
    if with_lines:
        raw = reader.add_lines(raw, scan)
    days = day_columns(table)
    if days or len(scan.headers) > 1:
        raw = raw.join(F.broadcast(_known_of_files(spark, table, scan)), "source_file", "inner")
    values = [_field_of(scan, table, column.name).alias(column.name) for column in table.source_columns]
    fields = [position(i) for i in range(scan.width)]
    return raw.select(
        *values,
        "source_file",
        F.xxhash64(*fields).alias("source_row_hash"),
        _by_generation([F.col(SURPLUS if w == scan.width else position(w)) for w in map(len, scan.headers)]).alias(
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


def _known_of_files(spark: SparkSession, table: Table, scan: Scan) -> DataFrame:
    """What is known of each file before it is read: its generation, and its day where it holds one."""
    generations = {header: str(i) for i, header in enumerate(scan.headers)}
    daily = table.landing.daily if table.landing else None
    rows = []
    for file in scan.files:
        day = daily.day_of(file.path) if daily else None
        of_day = (str(day), table.partitioning.value_of(day)) if day and table.partitioning else (None, None)
        # Files that are read by name are one generation, whatever their headers.
        generation = generations.get(file.inspection.header, "0")
        rows.append((file.path, generation, *of_day)[: 4 if daily else 2])
    of_day_columns = ("_day", *table.partition_by) if daily else ()
    known = inline_table(spark, ("source_file", GENERATION, *of_day_columns), rows)
    if daily is None:
        return known
    return known.withColumn(daily.column, F.col("_day").cast("date")).drop("_day")


def _field_of(scan: Scan, table: Table, name: str) -> Column:
    """The column's field, at the place that each generation has it; null in a generation without it."""
    fields = []
    for header in scan.headers:
        places = [
            i for i, key in enumerate(header) if (c := column_for_header(table.source_columns, key)) and c.name == name
        ]
        fields.append(F.coalesce(*(F.col(position(i)) for i in places)) if places else F.lit(None).cast("string"))
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
    return F.to_json(F.struct(*(F.col(position(i)).alias(name or position(i)) for i, name in enumerate(header))))


def _source_file(folder: str, needs_decoding: bool) -> Column:
    path = F.substring_index(F.col("_metadata.file_path"), f"/{folder}/", -1)
    # Spark gives the path as a URL. Decoding costs on every row, so only where a name holds anything to decode.
    return F.url_decode(F.replace(path, F.lit("+"), F.lit("%2B"))) if needs_decoding else path
