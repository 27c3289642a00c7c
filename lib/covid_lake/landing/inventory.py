"""What the landing zone holds: every file of a dataset with its inspection, kept so that a file is looked at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from covid_lake import paths
from covid_lake.contracts import Dataset, Table, column_for_header
from covid_lake.errors import StorageError
from covid_lake.landing.inspection import Inspection, inspect_file, is_json
from covid_lake.store.documents import document
from covid_lake.store.storage import FileInfo, LocalStorage, Storage, matches

# Goes up when inspection learns to see or count otherwise: every file is then looked at anew.
FORMAT = 3
# What Hadoop leaves in a folder to say that it has written all of it.
MARKER = "_SUCCESS"
READERS = 4


@dataclass(frozen=True, slots=True)
class LandingFile:
    """A file in the landing zone: `path` lies below the dataset's landing folder, `origin` is its source's stamp."""

    path: str
    size: int
    stamp: str
    inspection: Inspection
    origin: str | None = None

    @property
    def is_json(self) -> bool:
        return is_json(self.path)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A landing file that can't be used, and why."""

    path: str
    reason: str

    def __post_init__(self) -> None:
        # A name that is no UTF-8 can be neither printed nor stored in a report.
        object.__setattr__(self, "path", self.path.encode("utf-8", "backslashreplace").decode())


Progress = Callable[[str, int, int], None]


def read_inventory(storage: Storage, dataset: str) -> dict[str, LandingFile]:
    """The inventory as it was last written, by path; empty for a new lake, or where an older inspection wrote it."""
    try:
        stored = json.loads(storage.read(paths.inventory(dataset)))
    except StorageError:
        return {}
    if stored["format"] != FORMAT:
        return {}
    return {path: _from_json(entry) for path, entry in stored["files"].items()}


def write_inventory(storage: Storage, dataset: str, files: Mapping[str, LandingFile]) -> None:
    """Keep what was found; a file that could not be read is looked at again, for its stamp may never change."""
    entries = {path: file for path, file in sorted(files.items()) if file.inspection.sha256}
    storage.write(paths.inventory(dataset), document({"format": FORMAT, "files": entries}))


def refresh_inventory(
    storage: Storage,
    dataset: Dataset,
    progress: Progress | None = None,
    on_new_files: Callable[[int], None] | None = None,
) -> dict[str, LandingFile]:
    """Look at every landing file that is new or changed since the last look, and keep what was found.

    Where files are there that were never seen there will be work: `on_new_files` is called, before the looking, with
    the bytes of all that is new or changed.
    """
    known = read_inventory(storage, dataset.name)
    folder = paths.landing(dataset.name)
    present = [FileInfo(file.path[len(folder) + 1 :], file.size, file.stamp) for file in storage.list_files(folder)]
    present = [file for file in present if table_of(dataset, file.path)]
    stale = [file for file in present if _changed(known.get(file.path), file)]
    if on_new_files and any(file.path not in known for file in stale):
        on_new_files(sum(file.size for file in stale))
    looked_at: dict[str, LandingFile] = {}
    with ThreadPoolExecutor(READERS) as pool:
        look = partial(_look, storage, folder)
        for done, file in enumerate(pool.map(look, stale), start=1):
            looked_at[file.path] = file
            if progress:
                progress("inspect", done, len(stale))
    files = {file.path: looked_at.get(file.path) or known[file.path] for file in present}
    if files != known:
        write_inventory(storage, dataset.name, files)
    return files


def table_of(dataset: Dataset, path: str) -> Table | None:
    """The table that a landing path belongs to, or None for a file of no table."""
    if path.endswith(f"/{MARKER}"):
        return None
    for table in dataset.tables:
        if is_file_of(table, path):
            return table
    return None


def is_file_of(table: Table, path: str) -> bool:
    """Whether a landing path is one of the table's, by its patterns."""
    return table.landing is not None and matches(path, table.landing.csv + table.landing.json)


def files_of(table: Table, files: Iterable[LandingFile]) -> tuple[list[LandingFile], list[Refusal]]:
    """The files that a table is to be read from, and those of its files that are refused.

    CSV and JSON hold the same table: JSON is read only where no CSV file is there at all. A damaged file of the form
    that isn't read is refused all the same, for somebody should know.
    """
    own = [file for file in files if table.landing and matches(file.path, table.landing.csv + table.landing.json)]
    header_fault = cache(partial(_header_fault, table))  # hundreds of files have a few headers
    faults = {file.path: file.inspection.fault or header_fault(file.inspection.header) for file in own}
    reasons = {path: fault for path, fault in faults.items() if fault}
    has_csv = any(not file.is_json for file in own)
    read = [file for file in own if file.path not in reasons and not (has_csv and file.is_json)]
    return read, [Refusal(path, reason) for path, reason in reasons.items()]


def refusal_reason(table: Table, inspection: Inspection) -> str | None:
    """Why the file can't be read as this table, or None where it can."""
    return inspection.fault or _header_fault(table, inspection.header)


def _header_fault(table: Table, header: tuple[str, ...]) -> str | None:
    present = {column.name for name in header if (column := column_for_header(table.source_columns, name))}
    for column in table.source_columns:
        if column.required and column.name not in present:
            hint = ""
            if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
                hint = "; the fields seem to be separated by something else than a comma"
            wanted = " or ".join(column.spellings)
            return f"the header has no column {wanted} ({', '.join(header)[:200]}){hint}"
    return None


def unknown_columns(table: Table, files: Iterable[LandingFile]) -> tuple[str, ...]:
    """Header names that the contract doesn't know: drift, to be reported."""
    names = {name for file in files for name in file.inspection.header if name}
    return tuple(sorted(name for name in names if column_for_header(table.source_columns, name) is None))


def _look(storage: Storage, folder: str, file: FileInfo) -> LandingFile:
    try:
        on_disk = isinstance(storage, LocalStorage)
        inspection = inspect_file(file.path, lambda: storage.open(f"{folder}/{file.path}"), file.size, on_disk=on_disk)
    except StorageError as error:
        inspection = Inspection("", fault=str(error))
    return LandingFile(file.path, file.size, file.stamp, inspection)


def _changed(known: LandingFile | None, present: FileInfo) -> bool:
    return known is None or (known.size, known.stamp) != (present.size, present.stamp)


def _from_json(entry: dict[str, Any]) -> LandingFile:
    inspection = entry.pop("inspection")
    return LandingFile(**entry, inspection=Inspection(**{**inspection, "header": tuple(inspection["header"])}))
