"""Landing: copy new and changed files of a dataset to the landing zone, each inspected before and verified after."""

from __future__ import annotations

import contextlib
import errno
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import BinaryIO, cast

from covid_lake import paths
from covid_lake.contracts import Dataset
from covid_lake.errors import LakeError, SettingsError, StorageError
from covid_lake.landing.checksums import HashingReader, OtherContent
from covid_lake.landing.inventory import (
    NO_STRAYS,
    LandingFile,
    Progress,
    Refusal,
    Strays,
    inspect_for,
    list_landing,
    notices,
    read_inventory,
    refusal_reason,
    sort_out,
    write_inventory,
)
from covid_lake.landing.names import SAMPLE_MANIFEST, folder_named_by, layout_folders, table_of
from covid_lake.store.parquet import require_spark_path
from covid_lake.store.retention import remove_leavings
from covid_lake.store.runs import announced
from covid_lake.store.storage import FileInfo, LocalStorage, Storage

# Faults of the disk, which the next file would meet too.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
# At most so many files beside the tables' folders are counted: a source may be a whole bucket or home directory.
STRAYS_AT_MOST = 1_000
CHANGED = "the file changed or went away while it was copied; land it again"


@dataclass(frozen=True, slots=True)
class LandingResult:
    """What landing did; paths are below the landing folder."""

    copied: tuple[str, ...]
    unchanged: int
    refused: tuple[Refusal, ...]
    total_bytes: int
    """Of the files that were copied."""
    strays: Strays = NO_STRAYS
    """Files in the sources and in the landing zone that belong to no table."""
    notices: tuple[str, ...] = ()
    """Oddities of files that are each fine by itself, as sentences."""
    listed: tuple[FileInfo, ...] | None = field(default=None, repr=False, compare=False)
    """The files of the landing zone after landing, so that a run need not list them again; None after a dry run."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A place that files come from, and the files that were found there."""

    storage: Storage
    within: str
    """The folder of the layout that the source is itself; empty if the source holds the layout's folders."""
    files: tuple[FileInfo, ...]
    """The tables' files, by their paths in the layout."""
    strays: Strays
    closed: tuple[Refusal, ...]
    """Folders that could not be looked into."""

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        return self.storage.open(path.removeprefix(f"{self.within}/") if self.within else path)


def land(
    dataset: Dataset,
    sources: Sequence[Storage],
    lake: Storage,
    run_id: str,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> LandingResult:
    """Copy new and changed files from the sources into the landing zone.

    A source holds the folders of the layout, or is one of them. A damaged file never replaces a good one: it goes to
    quarantine, with its reason beside it, unless its table withholds records. The other files are landed all the same.
    Raises `SettingsError` for a source without any file of the dataset, for two sources that have the same path, and
    for a lake that Spark can't read.
    """
    require_spark_path(lake)
    if dry_run:
        return _land(dataset, sources, lake, run_id, True, progress)
    with announced(lake, dataset.name, run_id):
        remove_leavings(lake, dataset)
        return _land(dataset, sources, lake, run_id, False, progress)


def _land(
    dataset: Dataset,
    sources: Sequence[Storage],
    lake: Storage,
    run_id: str,
    dry_run: bool,
    progress: Progress | None,
) -> LandingResult:
    folder = paths.landing(dataset.name)
    landed = {file.path: file for file in list_landing(lake, dataset.name)}
    in_lake = sort_out(dataset, landed.values())[1]
    known = {path: file for path, file in read_inventory(lake, dataset.name).items() if path in landed}
    searched = [_search(dataset, source, lake) for source in sources]
    offers = _offers(searched)
    new = [
        (source, file) for source, file in offers if file.path not in known or known[file.path].origin != _origin(file)
    ]
    copied: list[str] = []
    refused = [closed for source in searched for closed in source.closed]
    bytes_copied = 0
    try:
        for done, (source, file) in enumerate(new, start=1):
            before = known.get(file.path)
            try:
                outcome = _land_one(dataset, source, file, lake, run_id, before, dry_run)
            except (StorageError, ValueError) as error:
                _require_lake(lake, dataset, known, dry_run, error)
                outcome = Refusal(file.path, str(error))
            if isinstance(outcome, Refusal):
                refused.append(outcome)
            else:
                if before is None or outcome.inspection is not before.inspection:
                    copied.append(file.path)
                    bytes_copied += file.size
                    landed[file.path] = FileInfo(file.path, outcome.size, outcome.stamp)
                known[file.path] = outcome
            if progress:
                progress("land", done, len(new))
    except BaseException:
        # If the inventory can't be written either, the first error is the one to report.
        with contextlib.suppress(LakeError):
            _remember(lake, dataset, known, dry_run)
        raise
    _remember(lake, dataset, known, dry_run)
    unchanged = len(offers) - len(copied) - len(refused) + sum(len(source.closed) for source in searched)
    strays = sum((source.strays for source in searched), in_lake.below(folder))
    return LandingResult(
        copied=tuple(copied),
        unchanged=unchanged,
        refused=tuple(refused),
        total_bytes=bytes_copied,
        strays=strays,
        notices=notices(dataset, known.values()),
        listed=None if dry_run else tuple(landed[path] for path in sorted(landed)),
    )


def _search(dataset: Dataset, source: Storage, lake: Storage) -> _Source:
    """Find the dataset's files in a source; `SettingsError` if there are none."""
    _require_folder(source)
    tops = {folder.split("/", 1)[0].casefold() for folder in layout_folders(dataset)}
    folders, loose = source.list_top()
    loose = [file for file in loose if file.path != SAMPLE_MANIFEST]
    known = [name for name in folders if name.casefold() in tops]
    within = "" if known else folder_named_by(dataset, source.root) or ""
    closed: dict[str, str] = {}
    beside: list[FileInfo] = []
    if within:
        found = source.list_files("", closed=closed)
        listed = [FileInfo(f"{within}/{file.path}", file.size, file.stamp) for file in found]
    else:
        listed = [file for name in known for file in source.list_files(name, closed=closed)] + loose
        beside = _beside(source, lake, [name for name in folders if name not in known])
    own, strays = sort_out(dataset, [*listed, *beside])
    if not own:
        raise SettingsError(_nothing_there(dataset, source, [*listed, *beside]))
    strays = replace(strays, is_cut=len(beside) >= STRAYS_AT_MOST)
    refused = [Refusal(f"{within}/{path}" if within else path, reason) for path, reason in closed.items()]
    return _Source(source, within, tuple(own), strays, tuple(refused))


def _beside(source: Storage, lake: Storage, folders: Sequence[str]) -> list[FileInfo]:
    """Files in folders that belong to no table, up to a limit; without hidden folders and the lake itself."""
    found: list[FileInfo] = []
    for name in folders:
        room = STRAYS_AT_MOST - len(found)
        if room > 0 and not name.startswith(".") and not f"{lake.root}/".startswith(f"{source.root}/{name}/"):
            found += source.list_files(name, at_most=room, closed={})
    return found


def _require_folder(source: Storage) -> None:
    if isinstance(source, LocalStorage) and not source.directory.is_dir():
        if source.directory.exists():
            raise SettingsError(f"{source.root} is a file; name the folder that it lies in")
        raise SettingsError(f"{source.root}: there is no such folder")


def _nothing_there(dataset: Dataset, source: Storage, listed: Sequence[FileInfo]) -> str:
    """An error message for a source without files of the dataset, with a guess of what was meant."""
    folders = layout_folders(dataset)
    if not listed:
        is_local = isinstance(source, LocalStorage)
        return f"{source.root}: {'the folder is empty' if is_local else 'there are no objects; is the name right?'}"
    for file in listed:
        for folder in folders:
            above, found, _ = f"/{file.path}".partition(f"/{folder}/")
            if found and above:
                return f"{source.root}: no file of {dataset.name} there; did you mean {source.root}{above}?"
    for table in dataset.tables:
        daily = table.landing.daily if table.landing else None
        named = next((file.path for file in listed if daily and daily.day_of(file.path)), None)
        if table.landing and named:
            return (
                f"{source.root}: no file of {dataset.name} there; {named} seems to be of {table.name}, whose files lie "
                f"in a folder {table.landing.paths[0]}: put them into one, and name the folder that holds it"
            )
    shown = ", ".join(sorted({folder.split("/", 1)[0] for folder in folders})[:3])
    return f"{source.root}: no file of {dataset.name} there; expected are folders such as {shown}"


def _offers(sources: Sequence[_Source]) -> list[tuple[_Source, FileInfo]]:
    offers: dict[str, tuple[_Source, FileInfo]] = {}
    for source in sources:
        for file in source.files:
            if file.path in offers and offers[file.path][0] is not source:
                other = offers[file.path][0].storage.root
                raise SettingsError(
                    f"both {other} and {source.storage.root} have a file {file.path}; name only one of these sources"
                )
            offers[file.path] = (source, file)
    return sorted(offers.values(), key=lambda offer: offer[1].path)


def _require_lake(
    lake: Storage, dataset: Dataset, known: dict[str, LandingFile], dry_run: bool, error: StorageError | ValueError
) -> None:
    """Raise the error of a file if it is one of the whole lake: the disk is full, or nothing can be written."""
    if isinstance(error.__cause__, OSError) and error.__cause__.errno in FULL:
        raise error
    try:
        _remember(lake, dataset, known, dry_run)
    except LakeError:
        raise error from None


def _land_one(
    dataset: Dataset,
    source: _Source,
    file: FileInfo,
    lake: Storage,
    run_id: str,
    known: LandingFile | None,
    dry_run: bool,
) -> LandingFile | Refusal:
    """Land one file: its entry in the inventory, or why it was refused."""
    table = table_of(dataset, file.path)
    if table is None:
        return Refusal(file.path, "no table of the dataset has files of this name")
    try:
        opener, on_disk = partial(source.open, file.path), isinstance(lake, LocalStorage)
        inspection = inspect_for(table, file.path, opener, file.size, on_disk=on_disk)
    except (StorageError, ValueError) as error:
        return Refusal(file.path, str(error))
    if known and inspection.sha256 and known.inspection.sha256 == inspection.sha256:
        return replace(known, origin=_origin(file))
    if reason := refusal_reason(table, file.path, inspection):
        if table.withholds:
            reason += f"; the file was not landed, and no copy is kept, because {table.id} withholds records"
            return Refusal(file.path, reason)
        return _refuse(source, Refusal(file.path, reason), file, lake, dataset, run_id, inspection.sha256, dry_run)
    landed = LandingFile(file.path, file.size, "", inspection, _origin(file))
    if dry_run:
        return landed
    copy = _copy(source, file.path, lake, f"{paths.landing(dataset.name)}/{file.path}", inspection.sha256)
    if isinstance(copy, str):
        return Refusal(file.path, copy)
    if copy.size != file.size:
        reason = f"the copy has {copy.size:,} bytes of {file.size:,}: it failed; land the file again"
        return Refusal(file.path, reason)
    return replace(landed, stamp=copy.stamp)


def _refuse(
    source: _Source,
    refusal: Refusal,
    file: FileInfo,
    lake: Storage,
    dataset: Dataset,
    run_id: str,
    sha256: str,
    dry_run: bool,
) -> Refusal:
    """Copy a damaged file to quarantine, with its reason beside it. If that fails, the reason says so."""
    if dry_run:
        return refusal
    target = paths.refused_file(dataset.name, run_id, refusal.path)
    try:
        if isinstance(_copy(source, file.path, lake, target, sha256), FileInfo):
            reason = json.dumps({"path": refusal.path, "reason": refusal.reason})
            lake.write(f"{target}{paths.REASON_FILE}", reason.encode())
    except StorageError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in FULL:
            raise
        return Refusal(refusal.path, f"{refusal.reason} (it could not be kept in quarantine: {error})")
    return refusal


class _SourceFault(Exception):
    """A source's file could not be read to its end."""


class _SourceReader:
    """Reads a file of a source, and raises an exception of its own, so that faults of the lake look different."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, count: int) -> bytes:
        try:
            return self._stream.read(count)
        except Exception as error:  # whatever the source's client throws
            raise _SourceFault(str(error)) from error


def _copy(source: _Source, path: str, lake: Storage, target: str, sha256: str) -> FileInfo | str:
    """The copy, if the file arrived as it was inspected; otherwise why not, and the target stays as it was."""
    with contextlib.ExitStack() as opened:
        try:
            stream = opened.enter_context(source.open(path))
        except StorageError:
            return CHANGED
        try:
            reader = cast(BinaryIO, _SourceReader(stream))
            return lake.receive(target, cast(BinaryIO, HashingReader(reader, sha256)))
        except OtherContent:
            return CHANGED
        except _SourceFault as fault:
            return f"the file could not be read to its end: {fault}; land it again"


def _remember(lake: Storage, dataset: Dataset, known: dict[str, LandingFile], dry_run: bool) -> None:
    """Write the inventory with what was landed so far."""
    if not dry_run:
        write_inventory(lake, dataset.name, known)


def _origin(file: FileInfo) -> str:
    return f"{file.size}:{file.stamp}"
