"""The table format: each version is a folder of plain Parquet files, which its manifest names one by one.

Another format would replace this module: it writes a version, counts what was written, and names the files.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.errors import SettingsError, StorageError
from covid_lake.store.snapshots import DataFile, Manifest
from covid_lake.store.storage import Storage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FOOTER_GUESS_BYTES = 1 << 16
MAGIC = b"PAR1"
# What Spark takes for a pattern of names, in a path to read from.
GLOB_CHARACTERS = "\\*?[]{}"


def spark_path(storage: Storage, path: str) -> str:
    """The URL by which Spark reads the file or folder, with the characters of name patterns escaped."""
    url = storage.url(path)
    return "".join(f"\\{character}" if character in GLOB_CHARACTERS else character for character in url)


def require_spark_path(storage: Storage) -> None:
    """Raise `SettingsError` if Spark can't read from the lake: of a path with the characters of a pattern, escaped or
    not, Hadoop takes the parts with a colon for URLs.
    """
    place = storage.root.partition("://")[2] or storage.root
    found = [character for character in GLOB_CHARACTERS if character in place]
    if found and ":" in place:
        raise SettingsError(
            f"{storage.root}: Spark cannot read from a path that has both a colon and {found[0]}; "
            "choose another name for the lake, without one of them"
        )


def write_version(frame: DataFrame, storage: Storage, folder: str, partition_by: tuple[str, ...] = ()) -> None:
    """Write the frame as zstd Parquet into the folder of a version that is not published yet."""
    frame.write.mode("overwrite").option("compression", "zstd").partitionBy(*partition_by).parquet(storage.url(folder))


def written_files(storage: Storage, table: Table, version: str) -> tuple[DataFile, ...]:
    """The Parquet files in a version's own folder, with the rows that their footers count."""
    below = len(paths.table(table)) + 1
    return tuple(
        DataFile(file.path[below:], _footer_rows(storage, file.path), file.size)
        for file in storage.list_files(paths.version(table, version))
        if file.path.endswith(".parquet")
    )


def copy_files(storage: Storage, table: Table, files: Iterable[DataFile], version: str) -> None:
    """Put copies of an older version's files into a version's own folder, each in its partition."""
    folder = paths.table(table)
    for file in files:
        storage.copy(f"{folder}/{file.path}", f"{paths.version(table, version)}/{file.identity}")


def stored_rows(storage: Storage, folder: str) -> int:
    """The rows of all Parquet files below the folder, by their footers."""
    files = (file.path for file in storage.list_files(folder) if file.path.endswith(".parquet"))
    return sum(_footer_rows(storage, path) for path in files)


def read_version(spark: SparkSession, storage: Storage, table: Table, manifest: Manifest) -> DataFrame:
    """The version as a frame: the files that the manifest names, with the contract's columns and types."""
    return read_files(spark, storage, table, manifest.files)


def read_files(spark: SparkSession, storage: Storage, table: Table, files: Iterable[DataFile]) -> DataFrame:
    """The rows of some of a table's files, with the contract's columns and types."""
    from covid_lake.transforms.frames import empty_frame, spark_schema

    folder = paths.table(table)
    urls = [spark_path(storage, f"{folder}/{file.path}") for file in files if file.rows]
    if not urls:
        return empty_frame(spark, table.columns)
    reader = spark.read.schema(spark_schema(table.columns)).option("basePath", storage.url(folder))
    return reader.parquet(*urls).select(*table.column_names)


def _footer_rows(storage: Storage, path: str) -> int:
    import pyarrow.parquet as pq

    tail = storage.read_tail(path, FOOTER_GUESS_BYTES)
    if tail[-4:] != MAGIC:
        raise StorageError(f"{storage.root}/{path} is no whole Parquet file: its end is missing")
    footer_bytes = struct.unpack("<I", tail[-8:-4])[0] + 8
    if footer_bytes > len(tail):
        tail = storage.read_tail(path, footer_bytes)
    return int(pq.read_metadata(io.BytesIO(tail)).num_rows)
