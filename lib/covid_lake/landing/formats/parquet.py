"""Parquet as Spark reads it: the footer says columns, types and records; every value becomes text.

As text, values take the same way as those of other formats: cleaned, typed by the contract, refused one by one. The
text of a value is exact, and the same in Spark and here, so that a record is found by its hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from covid_lake.contracts import Parquet
from covid_lake.landing.faults import FileFault
from covid_lake.landing.formats import views
from covid_lake.landing.formats.interface import Content, InspectedFile, Inspection, LandingRecord, Reading, Scan
from covid_lake.landing.formats.records import LINE, SURPLUS, batch_of, line_numbers, position
from covid_lake.landing.formats.text import CHUNK_BYTES, java_double

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

ENDINGS = (".parquet",)
MAGIC = b"PAR1"
LARGEST_FOOTER_BYTES = 64 << 20
MAX_COLUMNS = 1_000
DAY = 86_400_000_000
# After so many years the calendar repeats itself.
CYCLE_YEARS, CYCLE_DAYS = 400, 146_097
# Spark puts the place of a record's file beside its columns, under this name.
RESERVED_NAME = "_metadata"
CUT = "the file was cut short, or it is no Parquet; fetch it again"
# A time of an old writer: nothing says whether it is UTC's or a wall clock's, and it is taken for a wall clock's.
INT96 = "int96"
# Spark's types by the physical and the logical type of a column; a decimal and a time say more.
SPARK_TYPES = {
    ("BOOLEAN", "NONE"): "boolean",
    ("INT32", "NONE"): "int",
    ("INT32", "INT"): "int",
    ("INT32", "DATE"): "date",
    ("INT64", "NONE"): "bigint",
    ("INT64", "INT"): "bigint",
    ("INT96", "NONE"): INT96,
    ("FLOAT", "NONE"): "float",
    ("DOUBLE", "NONE"): "double",
    ("BYTE_ARRAY", "STRING"): "string",
    ("BYTE_ARRAY", "ENUM"): "string",
    ("BYTE_ARRAY", "JSON"): "string",
}
# Integers that Spark knows as others than their physical type.
SPARK_INTEGERS = {
    "INT_8": "tinyint",
    "INT_16": "smallint",
    "UINT_8": "smallint",
    "UINT_16": "int",
    "UINT_32": "bigint",
    "UINT_64": "decimal(20,0)",
}


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files of plain columns."""

    form: Parquet

    @property
    def endings(self) -> tuple[str, ...]:
        return ENDINGS

    def is_data(self, name: str) -> bool:
        return name.endswith(ENDINGS)

    def inspect(self, content: Content) -> Inspection:
        import pyarrow as pa
        import pyarrow.parquet as pq

        footer, before = _footer(content)
        try:
            metadata = pq.read_metadata(pa.BufferReader(MAGIC + footer))
            arrow = metadata.schema.to_arrow_schema()
        except (pa.ArrowException, OSError, ValueError) as error:
            raise FileFault(f"the Parquet footer can't be read ({error}); fetch the file again") from None
        _check_names(arrow.names)
        for field in arrow:
            if pa.types.is_nested(field.type):
                raise FileFault(f"column {{!r}} is nested ({field.type.id}); flatten it", field.name)
        types = tuple(_spark_type(metadata.schema.column(i)) for i in range(len(metadata.schema)))
        groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
        chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
        if any(_end(chunk) > before for chunk in chunks):
            raise FileFault(f"the footer speaks of data that the file does not have: {CUT}")
        return Inspection("", tuple(arrow.names), metadata.num_rows, types=types)

    def scans(self, files: Sequence[InspectedFile]) -> list[Scan]:
        """Files of the same columns and types: Spark reads a column as one type only."""
        groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[InspectedFile]] = {}
        for file in files:
            groups.setdefault((file.inspection.header, file.inspection.types), []).append(file)
        return [Scan(tuple(group), (header,)) for (header, _), group in groups.items()]

    def read_texts(self, spark: SparkSession, scan: Scan, urls: list[str]) -> DataFrame:
        from pyspark.sql import functions as F

        from covid_lake.landing.formats.frames import no_text

        columns = list(zip(scan.headers[0], scan.files[0].inspection.types, strict=True))
        spark_types = [(name, "timestamp" if type_ == INT96 else type_) for name, type_ in columns]
        schema = ", ".join(f"`{name.replace('`', '``')}` {type_}" for name, type_ in spark_types)
        raw = spark.read.schema(schema).parquet(*urls)
        texts = [_text(name, type_).alias(position(i)) for i, (name, type_) in enumerate(columns)]
        return raw.select(*texts, no_text().alias(SURPLUS), F.col("_metadata"))

    def add_lines(self, records: DataFrame, scan: Scan) -> DataFrame:
        del scan  # every file numbers its records
        from pyspark.sql import functions as F

        return records.withColumn(LINE, F.col("_metadata.row_index") + 1)

    def view_queries(
        self, connection: duckdb.DuckDBPyConnection, placed: Sequence[tuple[Path, str]], scratch: Path
    ) -> list[str]:
        del scratch  # DuckDB reads every file as it is
        queries = []
        for root, file in placed:
            source = f"read_parquet({views.paths_below(root, [file])}, filename = true, hive_partitioning = false)"
            described = connection.execute(f"DESCRIBE SELECT * EXCLUDE (filename) FROM {source}").fetchall()  # noqa: S608
            names = views.unique_names([str(row[0]) for row in described])
            shown = [
                f"{_shown(str(row[0]), str(row[1]))} AS {views.quoted(name)}"
                for row, name in zip(described, names, strict=True)
            ]
            queries.append(f"SELECT {', '.join([views.source_file(root), *shown])} FROM {source}")  # noqa: S608
        return queries

    def read_arrow(self, stream: BinaryIO, inspection: Inspection, scan: Scan) -> Iterator[pa.RecordBatch]:
        number = 1
        for batch in _batches(stream):
            columns = [_texts(column, type_) for column, type_ in zip(batch.columns, inspection.types, strict=True)]
            yield batch_of(columns, line_numbers(number, batch.num_rows), scan.width)
            number += batch.num_rows

    def walk_records(self, stream: BinaryIO, inspection: Inspection, family: Sequence[str]) -> Iterator[Reading]:
        del family  # the footer decides the order
        number = 0
        for batch in _batches(stream):
            columns = [_texts(column, type_) for column, type_ in zip(batch.columns, inspection.types, strict=True)]
            for texts in zip(*(column.to_pylist() for column in columns), strict=True):
                number += 1
                fields = dict(zip(inspection.header, texts, strict=True))
                text = ", ".join(f"{name}={value}" for name, value in fields.items() if value is not None)
                yield LandingRecord(number, text, fields), [texts]


def _batches(stream: BinaryIO) -> Iterator[pa.RecordBatch]:
    """The content as it is typed; `ValueError` where it can't be read."""
    import tempfile

    import pyarrow as pa
    import pyarrow.parquet as pq

    # Parquet is read from its end, and an object of S3 is a stream.
    with tempfile.TemporaryFile() as copy:
        while chunk := stream.read(CHUNK_BYTES):
            copy.write(chunk)
        try:
            yield from pq.ParquetFile(copy, coerce_int96_timestamp_unit="us").iter_batches()
        except pa.ArrowException as error:
            raise ValueError(str(error)) from error


def _texts(column: pa.Array, type_: str) -> pa.Array:
    """The values' texts, as `_text` has Spark write them."""
    import pyarrow as pa

    found = column.type
    if pa.types.is_date(found):
        return pa.array([None if days is None else _date(days) for days in _numbers(column)], pa.string())
    if pa.types.is_timestamp(found):
        zone = "Z" if type_ == "timestamp" else ""
        moments = _numbers(column.cast(pa.timestamp("us", found.tz)))
        return pa.array([None if moment is None else _time(moment) + zone for moment in moments], pa.string())
    if pa.types.is_floating(found):
        return pa.array([None if value is None else java_double(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_decimal(found):
        return pa.array([None if value is None else f"{value:f}" for value in column.to_pylist()], pa.string())
    return column.cast(pa.string())


def _numbers(column: pa.Array) -> list[int | None]:
    """Days or microseconds since 1970: Python's own dates end with the year 9999."""
    import pyarrow as pa

    numbers: list[int | None] = column.view(pa.int32() if pa.types.is_date(column.type) else pa.int64()).to_pylist()
    return numbers


def _time(microseconds: int) -> str:
    days, rest = divmod(microseconds, DAY)
    return f"{_date(days)} {datetime.min + timedelta(microseconds=rest):%H:%M:%S.%f}"


def _date(days: int) -> str:
    cycles, rest = divmod(days, CYCLE_DAYS)
    found = date(1970, 1, 1) + timedelta(rest)
    year = found.year + CYCLE_YEARS * cycles
    sign = "-" if year < 0 else "+" if year > MAXYEAR else ""
    return f"{sign}{abs(year):04}-{found:%m-%d}"


def _footer(content: Content) -> tuple[bytes, int]:
    """The footer with its length and the mark at the file's end, and how many bytes stand before it."""
    tail, size = b"", 0
    begin = content.stream.peek(len(MAGIC))[: len(MAGIC)]
    while chunk := content.stream.read(CHUNK_BYTES):
        size += len(chunk)
        tail = (tail + chunk)[-LARGEST_FOOTER_BYTES:]
    if not size:
        raise FileFault("the file is empty")
    if begin != MAGIC:
        raise FileFault("the file is no Parquet: it does not begin with PAR1")
    length = int.from_bytes(tail[-8:-4], "little") + 8
    if not tail.endswith(MAGIC) or length + len(MAGIC) > size:
        raise FileFault(f"the end of the file is no Parquet footer: {CUT}")
    if length > len(tail):
        raise FileFault(f"the footer is longer than {LARGEST_FOOTER_BYTES >> 20} MiB")
    return tail[-length:], size - length


def _check_names(names: Sequence[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise FileFault(f"the file has {len(names):,} columns; a landing table has {MAX_COLUMNS:,} at most")
    folded = [name.casefold() for name in names]
    twice = next((name for name in names if folded.count(name.casefold()) > 1), None)
    if twice is not None:
        raise FileFault("column {!r} stands more than once, capitals aside", twice)
    if RESERVED_NAME in folded:
        raise FileFault(f"column {RESERVED_NAME!r} has a name that Spark keeps for itself; rename it")


def _spark_type(column: Any) -> str:
    """The type as which Spark reads the column; `FileFault` for one that is no plain value."""
    physical, logical = column.physical_type, column.logical_type.type
    if column.max_repetition_level:
        raise FileFault("column {!r} is nested (list); flatten it", column.name)
    if logical == "DECIMAL":
        return f"decimal({column.precision},{column.scale})"
    if logical == "INT" and column.converted_type in SPARK_INTEGERS:
        return SPARK_INTEGERS[column.converted_type]
    if logical == "TIMESTAMP":
        return _spark_time(column)
    if (physical, logical) in SPARK_TYPES:
        return SPARK_TYPES[physical, logical]
    if physical in ("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY") and logical == "NONE":
        raise FileFault("column {!r} holds bytes that are not said to be text; write it as a string", column.name)
    raise FileFault(
        f"column {{!r}} is of a type that is not read ({physical} {logical}); write it as text", column.name
    )


def _spark_time(column: Any) -> str:
    import json

    time = json.loads(column.logical_type.to_json())
    if time["timeUnit"] == "nanoseconds":
        raise FileFault("column {!r} holds nanoseconds, which Spark does not read; write microseconds", column.name)
    return "timestamp" if time["isAdjustedToUTC"] else "timestamp_ntz"


def _end(chunk: Any) -> int:
    """Where a column's data in one group of rows ends in the file."""
    start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
    return int(start + chunk.total_compressed_size)


def _text(name: str, type_: str) -> Column:
    """The column as text; a point in time says that it is UTC's, a wall clock says no zone."""
    from pyspark.sql import functions as F

    column = F.col(f"`{name.replace('`', '``')}`")
    if type_ in ("timestamp", "timestamp_ntz", INT96):
        written = F.date_format(column, "yyyy-MM-dd HH:mm:ss.SSSSSS")
        return F.concat(written, F.lit("Z")) if type_ == "timestamp" else written
    # A float's exact value is a double's, whose text Java and Python write alike.
    return (column.cast("double") if type_ == "float" else column).cast("string")


def _shown(name: str, type_: str) -> str:
    """The column as text in DuckDB's SQL; of a double DuckDB's spelling may be another than Java's."""
    column = views.quoted(name)
    if type_ not in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        return f"CAST({column} AS VARCHAR)"
    written = f"strftime(make_timestamp(epoch_us({column})), '%Y-%m-%d %H:%M:%S.%f')"
    return f"{written} || 'Z'" if type_.endswith("ZONE") else written
