"""Landing records put by as Arrow files, for an engine that reads neither CSV nor JSON as Spark does."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from covid_lake.contracts import Format, Table
from covid_lake.errors import StorageError
from covid_lake.landing.file_records import file_records
from covid_lake.landing.formats.interface import InspectedFile, Scan
from covid_lake.landing.formats.records import record_schema
from covid_lake.landing.readers import FileFacts, facts_of_files
from covid_lake.store.storage import Storage

# Opens a new Arrow file; gives it with the path by which the engine reads it.
NewFile = Callable[[], tuple[Any, str]]
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def stage(storage: Storage, table: Table, form: Format, scan: Scan, new_file: NewFile) -> list[str]:
    """Write the records of a scan (see `landing.readers.Texts`) into new Arrow files; returns their paths.

    A file is one task of the engine: there are as many as there are cores, if there are as many landing files.
    """
    facts = facts_of_files(table, scan)
    schema = pa.schema(
        [
            *record_schema(scan.width),
            ("source_file", pa.string()),
            *((name, _type_of(table, name)) for name in facts.names),
        ]
    )
    shares = _shares(scan.files, os.cpu_count() or 1)

    def write(files: Sequence[InspectedFile]) -> str:
        sink, path = new_file()
        try:
            with sink, pa.ipc.new_file(sink, schema) as writer:
                for file in files:
                    for batch in file_records(storage, table.dataset, form, file, scan):
                        writer.write_batch(_with_facts(batch, file, facts, schema))
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise StorageError(
                f"cannot write the temporary file {path}: {os.strerror(error.errno)}; set TMPDIR to a folder with more "
                "room"
            ) from error
        return path

    with ThreadPoolExecutor(len(shares)) as threads:
        return list(threads.map(write, shares))


def _type_of(table: Table, name: str) -> pa.DataType:
    daily = table.landing.daily if table.landing else None
    return pa.date32() if daily and name == daily.column else pa.string()


def _shares(files: Sequence[InspectedFile], count: int) -> list[list[InspectedFile]]:
    """The files in at most `count` lists of about as many records each."""
    shares: list[list[InspectedFile]] = [[] for _ in range(min(count, len(files)))]
    sizes = [0] * len(shares)
    for file in sorted(files, key=lambda one: (-one.inspection.records, one.path)):
        smallest = sizes.index(min(sizes))
        shares[smallest].append(file)
        sizes[smallest] += file.inspection.records
    return shares


def _with_facts(batch: pa.RecordBatch, file: InspectedFile, facts: FileFacts, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with the columns that all records of its file share."""
    known = (file.path, *facts.by_file[file.path])
    types = schema.types[-len(known) :]
    shared = [pa.repeat(pa.scalar(value, type_), batch.num_rows) for value, type_ in zip(known, types, strict=True)]
    return pa.RecordBatch.from_arrays([*batch.columns, *shared], schema=schema)


def file_in(folder: Path) -> NewFile:
    """New files in a folder."""

    def new_file() -> tuple[Any, str]:
        path = folder / f"{os.urandom(8).hex()}.arrow"
        return pa.OSFile(str(path), "wb"), str(path)

    return new_file


def file_in_memory(keep: Callable[[int], None]) -> NewFile:
    """New files in this process's memory, which are on no disk and are gone with the process.

    `keep` is given the descriptor of each. A file exists as long as its descriptor is open.
    """

    def new_file() -> tuple[Any, str]:
        descriptor = os.memfd_create("covid-lake-records")
        keep(descriptor)
        return os.fdopen(descriptor, "wb", closefd=False), f"/proc/{os.getpid()}/fd/{descriptor}"

    return new_file
