"""The table format: each version is a folder of plain Parquet files, which its manifest names one by one.

Engines write and read the files; this module counts and names what they wrote.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.errors import SettingsError, StorageError
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import Storage

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

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


def written_files(storage: Storage, table: Table, version: str) -> tuple[DataFile, ...]:
    """The Parquet files in a version's own folder, with the rows that their footers count."""
    below = len(paths.table(table)) + 1
    return tuple(
        DataFile(file.path[below:], read_footer(storage, file.path).num_rows, file.size)
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
    return sum(read_footer(storage, path).num_rows for path in files)


def read_footer(storage: Storage, path: str) -> FileMetaData:
    """The footer of a Parquet file, read by itself; `StorageError` for a file that is not whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tail = storage.read_tail(path, FOOTER_GUESS_BYTES)
    if tail[-4:] != MAGIC:
        raise StorageError(f"{storage.root}/{path} is no whole Parquet file: its end is missing")
    footer_bytes = struct.unpack("<I", tail[-8:-4])[0] + 8
    if footer_bytes > len(tail):
        tail = storage.read_tail(path, footer_bytes)
    try:
        return pq.read_metadata(io.BytesIO(tail))
    except (pa.ArrowException, OSError) as error:
        raise StorageError(f"{storage.root}/{path}: its footer cannot be read: {error}") from error
