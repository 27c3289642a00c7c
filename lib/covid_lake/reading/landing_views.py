"""Landing files as views of DuckDB: as delivered, every column text, each generation of headers read by its own header.

A short row has NULL for the fields that it lacks, a long one loses the fields that have no column, and an empty field
is empty text. Athena's OpenCSVSerde shows the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import duckdb

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.errors import StorageError
from covid_lake.landing.faults import FileFault
from covid_lake.landing.formats import files_in
from covid_lake.landing.inspection import unpacked
from covid_lake.landing.names import files_by_folder, format_of, is_gzip, name_fault
from covid_lake.store.storage import FileInfo, LocalStorage, Storage

COPY_CHUNK_BYTES = 1 << 20


def landing_files(listed: Iterable[FileInfo], table: Table) -> tuple[str, ...]:
    """The files that a run would read for the table, of those in the dataset's landing folder, by paths below it.

    Empty files and those with names that engines don't take are left out.
    """
    folder = paths.landing(table.dataset)
    sizes = {file.path.removeprefix(f"{folder}/"): file.size for file in listed}
    own = next(iter(files_by_folder(table, sizes).values()), [])
    return tuple(name for name in own if sizes[name] and name_fault(name, on_disk=False) is None)


def landing_query(
    connection: duckdb.DuckDBPyConnection, storage: Storage, table: Table, files: Sequence[str], scratch: Path
) -> str:
    """A DuckDB query over the files. Those in S3 or in gzip are first copied to the folder `scratch`, unpacked.

    Raises `StorageError` for a gzip file that breaks off: DuckDB would show its beginning without an error.
    """
    folder = paths.landing(table.dataset)
    placed = [(_bring(storage, folder, file, scratch), file) for file in files]
    queries = files_in(format_of(table, files[0])).view_queries(connection, placed, scratch)
    return " UNION ALL BY NAME ".join(queries)


def _bring(storage: Storage, folder: str, file: str, scratch: Path) -> Path:
    """The folder of this machine below which the file lies under its own name, unpacked."""
    if isinstance(storage, LocalStorage) and not is_gzip(file):
        return storage.directory / folder
    target = scratch / folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with unpacked(file, partial(storage.open, f"{folder}/{file}")) as stream, target.open("wb") as copy:
            shutil.copyfileobj(stream, copy, COPY_CHUNK_BYTES)
    except FileFault as fault:
        raise StorageError(f"{storage.root}/{folder}/{file} is no whole gzip file: {fault.text}") from fault
    return scratch / folder
