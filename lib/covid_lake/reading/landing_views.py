"""Landing files as DuckDB sees them: as delivered, every column text, each header generation read by its own header.

What a header names is a column; a row that is too short has NULL where a field is missing, one that is too long loses
what no column stands for, and an empty field is empty text. That is what Athena's OpenCSVSerde shows, too.
"""

from __future__ import annotations

import csv
import gzip
import shutil
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.errors import QueryError, StorageError
from covid_lake.landing import json_lines
from covid_lake.landing.inspection import LONGEST_LINE_BYTES
from covid_lake.landing.names import files_by_folder, is_gzip, is_json, name_fault
from covid_lake.store.storage import FileInfo, LocalStorage, Storage

SOURCE_FILE = "source_file"
# No field holds this, so that no field is taken for NULL.
NO_NULLS = "\x01"
COPY_CHUNK_BYTES = 1 << 20


def landing_files(listed: Iterable[FileInfo], table: Table) -> tuple[str, ...]:
    """The table's files of those in the dataset's landing folder, by their paths below it: those that a run would read.

    Without empty files, and those whose names engines don't take.
    """
    folder = paths.landing(table.dataset)
    sizes = {file.path.removeprefix(f"{folder}/"): file.size for file in listed}
    own = next(iter(files_by_folder(table, sizes).values()), [])
    return tuple(name for name in own if sizes[name] and name_fault(name, on_disk=False) is None)


def landing_query(
    connection: duckdb.DuckDBPyConnection, storage: Storage, table: Table, files: Sequence[str], scratch: Path
) -> str:
    """A DuckDB query over the files. Those in S3 and those in gzip are first brought to the folder `scratch`, whole.

    Raises `StorageError` for a gzip file without its end, of which DuckDB would show what it finds and say nothing.
    """
    folder = paths.landing(table.dataset)
    placed = [(_bring(storage, folder, file, scratch), file) for file in files]
    queries = _json_queries(connection, placed) if is_json(files[0]) else _csv_queries(placed)
    return " UNION ALL BY NAME ".join(queries)


def _bring(storage: Storage, folder: str, file: str, scratch: Path) -> Path:
    """The folder of this machine below which the file lies under its own name, unpacked."""
    packed = is_gzip(file)
    if isinstance(storage, LocalStorage) and not packed:
        return storage.directory / folder
    target = scratch / folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with storage.open(f"{folder}/{file}") as stream, target.open("wb") as copy:
            shutil.copyfileobj(gzip.GzipFile(fileobj=stream) if packed else stream, copy, COPY_CHUNK_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise StorageError(f"{storage.root}/{folder}/{file} is no whole gzip file: {error}") from error
    return scratch / folder


def _csv_queries(placed: Sequence[tuple[Path, str]]) -> list[str]:
    generations: dict[tuple[Path, tuple[str, ...]], list[str]] = {}
    for root, file in placed:
        generations.setdefault((root, _header(root / file)), []).append(file)
    return [
        f"SELECT {_source_file(root)}, * EXCLUDE (filename) "  # noqa: S608 - names and paths are quoted
        f"FROM read_csv({_paths(root, files)}, header = false, skip = 1, columns = {_text_columns(header)}, "
        f"delim = ',', quote = '\"', escape = '\"', auto_detect = false, compression = 'none', null_padding = true, "
        f"nullstr = '{NO_NULLS}', strict_mode = false, parallel = false, max_line_size = {LONGEST_LINE_BYTES}, "
        "filename = true, hive_partitioning = false)"
        for (root, header), files in generations.items()
    ]


def _json_queries(connection: duckdb.DuckDBPyConnection, placed: Sequence[tuple[Path, str]]) -> list[str]:
    roots: dict[Path, list[str]] = {}
    for root, file in placed:
        roots.setdefault(root, []).append(file)
    return [_json_query(connection, root, files) for root, files in roots.items()]


def _json_query(connection: duckdb.DuckDBPyConnection, root: Path, files: Sequence[str]) -> str:
    longest = json_lines.LONGEST_LINE_BYTES
    listed = (
        f"{_paths(root, files)}, compression = 'uncompressed', maximum_object_size = {longest}, "
        "hive_partitioning = false"
    )
    found = connection.execute(
        f"DESCRIBE SELECT * FROM read_json({listed}, union_by_name = true, sample_size = -1)"  # noqa: S608
    ).fetchall()
    names = [str(row[0]) for row in found]
    return (
        f"SELECT {_source_file(root)}, * EXCLUDE (filename) "  # noqa: S608 - names and paths are quoted
        f"FROM read_json({listed}, columns = {_text_columns(names)}, filename = true)"
    )


def _header(file: Path) -> tuple[str, ...]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            names = next(csv.reader(text), [])
    except UnicodeDecodeError as error:
        raise QueryError(f"{file}: its header is no UTF-8: {error}") from error
    if "\0" in "".join(names):
        raise QueryError(f"{file}: a NUL byte stands in its header: this is no text file, or a damaged one")
    if not any(names):
        raise QueryError(f"{file}: there is no header in its first line")
    return _unique(names)


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Names as the header gives them, a nameless or repeated column by its position as well."""
    seen: set[str] = set()
    unique = []
    for position, given in enumerate(names, start=1):
        name = given.strip() or f"column_{position}"
        if name.casefold() in seen or name.casefold() in (SOURCE_FILE, "filename"):
            name = f"{name}_{position}"
        seen.add(name.casefold())
        unique.append(name)
    return tuple(unique)


def _source_file(root: Path) -> str:
    return f"substr(filename, {len(str(root)) + 2}) AS {SOURCE_FILE}"


def _paths(root: Path, files: Sequence[str]) -> str:
    return "[" + ", ".join(_literal(str(root / file)) for file in files) + "]"


def _text_columns(names: Sequence[str]) -> str:
    return "{" + ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in names) + "}"


def _literal(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
