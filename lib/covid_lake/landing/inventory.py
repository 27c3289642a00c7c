"""The inventory of a landing zone: every file with its inspection, kept so that a file is inspected only once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from covid_lake import paths
from covid_lake.contracts import Csv, Dataset, Format, Table, column_for_header
from covid_lake.errors import StorageError
from covid_lake.landing.formats.csv import CsvFiles
from covid_lake.landing.formats.interface import Inspection
from covid_lake.landing.inspection import Opener, inspect_file
from covid_lake.landing.names import files_by_folder, format_of, meaning_of, table_of
from covid_lake.store.documents import document, naming_damage
from covid_lake.store.storage import FOLDER_LINK, FileInfo, LocalStorage, Storage

# Increased when inspection changes what it finds: every file is then inspected again.
FORMAT = 7
READERS = 4


@dataclass(frozen=True, slots=True)
class LandingFile:
    """A file in the landing zone."""

    path: str
    """Below the dataset's landing folder."""
    size: int
    stamp: str
    inspection: Inspection
    origin: str | None = None
    """Its size and stamp in the source that it came from; None if it was not landed by this library."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A landing file that can't be used, and why."""

    path: str
    reason: str

    def __post_init__(self) -> None:
        # A name that is no UTF-8 can be neither printed nor stored in a report.
        object.__setattr__(self, "path", self.path.encode("utf-8", "backslashreplace").decode())


@dataclass(frozen=True, slots=True)
class Strays:
    """Files in a source or in the landing zone that belong to no table."""

    of_no_table: tuple[Refusal, ...] = ()
    """Files that may be data, each with the reason why it belongs to no table."""
    leavings: tuple[Refusal, ...] = ()
    """Hidden files, and files that tools and desktops create."""
    is_cut: bool = False
    """Whether there are more files of no table than were counted."""

    def below(self, folder: str) -> Strays:
        """The same files, with paths that begin with the folder."""
        of_no_table, leavings = (
            tuple(replace(stray, path=f"{folder}/{stray.path}") for stray in strays)
            for strays in (self.of_no_table, self.leavings)
        )
        return Strays(of_no_table, leavings, self.is_cut)

    def __add__(self, other: Strays) -> Strays:
        return Strays(self.of_no_table + other.of_no_table, self.leavings + other.leavings, self.is_cut or other.is_cut)


@dataclass(frozen=True, slots=True)
class LandingZone:
    """What was found in a dataset's landing folder."""

    files: Mapping[str, LandingFile]
    """The tables' files by path, each inspected."""
    strays: Strays
    """The other files, by paths below the lake's root."""


NO_STRAYS = Strays()
NO_LANDING_ZONE = LandingZone({}, NO_STRAYS)
Progress = Callable[[str, int, int], None]


def read_inventory(storage: Storage, dataset: str) -> dict[str, LandingFile]:
    """The inventory as it was last written, by path; empty for a new lake, or if an older version wrote it."""
    try:
        content = storage.read(paths.inventory(dataset))
    except StorageError:
        return {}
    with naming_damage(f"{storage.root}/{paths.inventory(dataset)}"):
        stored = json.loads(content)
        if stored["format"] != FORMAT:
            return {}
        return {path: _from_json(entry) for path, entry in stored["files"].items()}


def write_inventory(storage: Storage, dataset: str, files: Mapping[str, LandingFile]) -> None:
    """Write the inventory. A file that could not be read is left out, so that the next run inspects it again."""
    entries = {path: file for path, file in sorted(files.items()) if file.inspection.sha256}
    storage.write(paths.inventory(dataset), document({"format": FORMAT, "files": entries}))


def refresh_inventory(
    storage: Storage,
    dataset: Dataset,
    progress: Progress | None = None,
    on_new_files: Callable[[], None] | None = None,
) -> dict[str, LandingFile]:
    """The tables' files that `look_at_landing` finds."""
    return dict(look_at_landing(storage, dataset, progress, on_new_files).files)


def look_at_landing(
    storage: Storage,
    dataset: Dataset,
    progress: Progress | None = None,
    on_new_files: Callable[[], None] | None = None,
    *,
    listed: Iterable[FileInfo] | None = None,
    keep: bool = True,
) -> LandingZone:
    """Inspect every landing file that is new or changed since the last look, and keep what was found.

    `on_new_files` is called before the files are inspected, if some were never seen: there will be work. `listed` are
    the files of the landing zone where the caller has just listed them (see `list_landing`). Without `keep` nothing is
    written.
    """
    known = read_inventory(storage, dataset.name)
    present, strays = sort_out(dataset, list_landing(storage, dataset.name) if listed is None else listed)
    stale = [file for file in present if _changed(known.get(file.path), file)]
    if on_new_files and any(file.path not in known for file in stale):
        on_new_files()
    looked_at: dict[str, LandingFile] = {}
    with ThreadPoolExecutor(READERS) as pool:
        look = partial(_look, storage, dataset)
        for done, file in enumerate(pool.map(look, stale), start=1):
            looked_at[file.path] = file
            if progress:
                progress("inspect", done, len(stale))
    files = {file.path: looked_at.get(file.path) or known[file.path] for file in present}
    if keep and files != known:
        write_inventory(storage, dataset.name, files)
    return LandingZone(files, strays.below(paths.landing(dataset.name)))


def list_landing(storage: Storage, dataset: str) -> list[FileInfo]:
    """All files in the dataset's landing folder, by their paths below it."""
    folder = paths.landing(dataset)
    return [replace(file, path=file.path[len(folder) + 1 :]) for file in storage.list_files(folder)]


def sort_out(dataset: Dataset, listed: Iterable[FileInfo]) -> tuple[list[FileInfo], Strays]:
    """The files of the dataset's tables, and the others."""
    own: list[FileInfo] = []
    of_no_table: list[Refusal] = []
    leavings: list[Refusal] = []
    for file in listed:
        meaning = meaning_of(dataset, file.path)
        if meaning.is_leaving:
            leavings.append(Refusal(file.path, meaning.why))
        elif file.stamp == FOLDER_LINK:
            of_no_table.append(
                Refusal(file.path, "links to folders are not followed; name the folder that it leads to")
            )
        elif meaning.table:
            own.append(file)
        else:
            of_no_table.append(Refusal(file.path, meaning.why))
    return own, Strays(tuple(of_no_table), tuple(leavings))


def files_of(table: Table, files: Iterable[LandingFile]) -> tuple[list[LandingFile], list[Refusal]]:
    """The files that a table is to be read from, and those of its files that are refused.

    They are the files of one folder of the contract (see `names.files_by_folder`). A damaged file of a folder that
    isn't read is refused too, so that the report names it.
    """
    by_path = {file.path: file for file in files}
    folders = files_by_folder(table, by_path)
    own = [by_path[path] for paths_of_one in folders.values() for path in paths_of_one]
    header_fault = cache(partial(_header_fault, table))  # hundreds of files have a few headers
    faults = {
        file.path: file.inspection.fault or header_fault(file.inspection.header, format_of(table, file.path))
        for file in own
    }
    reasons = {path: fault for path, fault in faults.items() if fault}
    chosen = next(iter(folders.values()), [])
    return [by_path[path] for path in chosen if path not in reasons], [Refusal(*item) for item in reasons.items()]


def notices(dataset: Dataset, files: Iterable[LandingFile]) -> tuple[str, ...]:
    """What is odd about files that are fine each by itself, in sentences."""
    known = list(files)
    return tuple(
        notice
        for table in dataset.tables
        if table.landing
        for notice in (*_unread_layouts(table, known), *_days_of_one_content(table, known))
    )


def _unread_layouts(table: Table, files: Sequence[LandingFile]) -> Iterator[str]:
    """A table with files in its feed's new folder and in an old one."""
    read, *others = files_by_folder(table, [file.path for file in files]) or [""]
    for folder in others:
        if folder.split("/", 1)[0] != read.split("/", 1)[0]:
            yield f"{table.name} has files in two folders, {read} and {folder}: only the first is read"


def _days_of_one_content(table: Table, files: Sequence[LandingFile]) -> Iterator[str]:
    """Files of different days with the same content."""
    daily = table.landing.daily if table.landing else None
    if daily is None:
        return
    own = {path for paths_of_one in files_by_folder(table, [f.path for f in files]).values() for path in paths_of_one}
    first: dict[str, LandingFile] = {}
    whole = [f for f in files if f.path in own and f.inspection.records and f.inspection.fault is None]
    dated = sorted((day, file.path, file) for file in whole if (day := daily.day_of(file.path)))
    for day, path, file in dated:
        earlier = first.setdefault(file.inspection.content_sha256, file)
        if daily.day_of(earlier.path) != day:
            yield (
                f"{path} has the same content as {earlier.path}, a file of another day: one of them may have the wrong "
                "name, or the feed has not moved on"
            )


def refusal_reason(table: Table, path: str, inspection: Inspection) -> str | None:
    """Why the file can't be read as this table, or None where it can."""
    return inspection.fault or _header_fault(table, inspection.header, format_of(table, path))


def inspect_for(
    table: Table, path: str, open_file: Opener, size: int | None = None, *, on_disk: bool = False
) -> Inspection:
    """Inspect a file of the table; a reason to refuse it quotes no content if the table withholds records."""
    form = format_of(table, path)
    inspection = inspect_file(path, open_file, form, size, on_disk=on_disk, is_discreet=table.withholds)
    if table.withholds and not inspection.fault and (fault := _header_fault(table, inspection.header, form)):
        # What stands in the place of a header may be somebody's record: it is not kept in the inventory. Nor is the
        # fault, because another version of the contract may take the header: without a checksum it is looked at again.
        return Inspection("", fault=fault)
    return inspection


def _header_fault(table: Table, header: tuple[str, ...], form: Format) -> str | None:
    present = {column.name for name in header if (column := column_for_header(table.source_columns, name))}
    for column in table.source_columns:
        if column.required and column.name not in present:
            hint = CsvFiles(form).delimiter_hint(header[0]) if isinstance(form, Csv) and len(header) == 1 else ""
            wanted = " or ".join(column.spellings)
            shown = "" if table.withholds else f" ({', '.join(header)[:200]})"
            return f"the header has no column {wanted}{shown}{hint}"
    return None


def unknown_columns(table: Table, files: Iterable[LandingFile]) -> tuple[str, ...]:
    """Names in headers that the contract doesn't know; they are reported as drift."""
    names = {name for file in files for name in file.inspection.header if name}
    return tuple(sorted(name for name in names if column_for_header(table.source_columns, name) is None))


def _look(storage: Storage, dataset: Dataset, file: FileInfo) -> LandingFile:
    folder, on_disk = paths.landing(dataset.name), isinstance(storage, LocalStorage)
    try:
        table = table_of(dataset, file.path)
        if table is None:
            raise ValueError(f"{file.path} is of no table")
        open_file = partial(storage.open, f"{folder}/{file.path}")
        inspection = inspect_for(table, file.path, open_file, file.size, on_disk=on_disk)
    except (StorageError, ValueError) as error:
        inspection = Inspection("", fault=str(error))
    return LandingFile(file.path, file.size, file.stamp, inspection)


def _changed(known: LandingFile | None, present: FileInfo) -> bool:
    return known is None or (known.size, known.stamp) != (present.size, present.stamp)


def _from_json(entry: dict[str, Any]) -> LandingFile:
    inspection = entry.pop("inspection")
    return LandingFile(
        **entry,
        inspection=Inspection(**{**inspection, **{name: tuple(inspection[name]) for name in ("header", "types")}}),
    )
