"""Landing: copy new and changed files of a dataset into the landing zone, each looked at first and verified after."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, cast

from covid_lake import paths
from covid_lake.contracts import Dataset
from covid_lake.errors import LakeError, SettingsError, StorageError
from covid_lake.landing.checksums import HashingReader, OtherContent
from covid_lake.landing.inspection import inspect_file
from covid_lake.landing.inventory import (
    LandingFile,
    Progress,
    Refusal,
    read_inventory,
    refusal_reason,
    table_of,
    write_inventory,
)
from covid_lake.store.parquet import require_spark_path
from covid_lake.store.retention import remove_leavings
from covid_lake.store.runs import announced
from covid_lake.store.storage import FileInfo, LocalStorage, Storage


@dataclass(frozen=True, slots=True)
class LandingResult:
    """What landing did: paths below the landing folder, and the bytes that were copied."""

    copied: tuple[str, ...]
    unchanged: int
    refused: tuple[Refusal, ...]
    total_bytes: int


def land(
    dataset: Dataset,
    sources: Sequence[Storage],
    lake: Storage,
    run_id: str,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> LandingResult:
    """Bring what the sources have and the landing zone has not, or has otherwise.

    A damaged file never replaces a good one: it goes to quarantine, with its reason beside it. A source without any
    file of the dataset, two sources with the same path, and a lake that Spark can't read are a `SettingsError`.
    """
    require_spark_path(lake)
    if dry_run:
        return _land(dataset, sources, lake, run_id, True, progress)
    with announced(lake, run_id):
        remove_leavings(lake, dataset, run_id)
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
    known = read_inventory(lake, dataset.name)
    landed = {file.path[len(folder) + 1 :]: file for file in lake.list_files(folder)}
    offers = _offers(dataset, sources)
    new = [
        (source, file)
        for source, file in offers
        if file.path not in landed or file.path not in known or known[file.path].origin != _origin(file)
    ]
    copied: list[str] = []
    refused: list[Refusal] = []
    bytes_copied = 0
    try:
        for done, (source, file) in enumerate(new, start=1):
            before = known.get(file.path) if file.path in landed else None
            outcome = _land_one(dataset, source, file, lake, run_id, before, dry_run)
            if isinstance(outcome, Refusal):
                refused.append(outcome)
            elif outcome is None or outcome.stamp == "":
                copied.append(file.path)
                bytes_copied += file.size
            if isinstance(outcome, LandingFile):
                known[file.path] = outcome
            if progress:
                progress("land", done, len(new))
    except BaseException:
        # Where the inventory cannot be written either, what came first is what is to be told.
        with contextlib.suppress(LakeError):
            _remember(lake, dataset, known, dry_run)
        raise
    _remember(lake, dataset, known, dry_run)
    unchanged = len(offers) - len(copied) - len(refused)
    return LandingResult(tuple(copied), unchanged, tuple(refused), bytes_copied)


def _offers(dataset: Dataset, sources: Sequence[Storage]) -> list[tuple[Storage, FileInfo]]:
    folders = sorted(
        {
            pattern.split("*", 1)[0].rsplit("/", 1)[0]
            for table in dataset.tables
            if table.landing
            for pattern in table.landing.csv + table.landing.json
        }
    )
    offers: dict[str, tuple[Storage, FileInfo]] = {}
    for source in sources:
        found = [file for folder in folders for file in source.list_files(folder) if table_of(dataset, file.path)]
        if not found:
            raise SettingsError(
                f"{source.root}: no file of {dataset.name} there; expected are folders such as {', '.join(folders[:3])}"
            )
        for file in found:
            if file.path in offers and offers[file.path][0] is not source:
                other = offers[file.path][0].root
                raise SettingsError(f"{file.path} stands in {other} and in {source.root}; name only one of them")
            offers[file.path] = (source, file)
    return sorted(offers.values(), key=lambda offer: offer[1].path)


def _land_one(
    dataset: Dataset,
    source: Storage,
    file: FileInfo,
    lake: Storage,
    run_id: str,
    known: LandingFile | None,
    dry_run: bool,
) -> LandingFile | Refusal | None:
    """The file's entry in the inventory (an empty stamp for a fresh copy), or why it was refused."""
    try:
        opener = partial(source.open, file.path)
        inspection = inspect_file(file.path, opener, file.size, on_disk=isinstance(lake, LocalStorage))
    except StorageError as error:
        return Refusal(file.path, str(error))
    if known and known.inspection.sha256 == inspection.sha256:
        return replace(known, origin=_origin(file))
    table = table_of(dataset, file.path)
    reason = refusal_reason(table, inspection) if table else "no table of the dataset has files of this name"
    if dry_run:
        return Refusal(file.path, reason) if reason else None
    if reason:
        refusal = Refusal(file.path, reason)
        target = paths.refused_file(dataset.name, run_id, refusal.path)
        if _copy(source, file.path, lake, target, inspection.sha256):
            lake.write(f"{target}.reason.json", json.dumps({"path": refusal.path, "reason": reason}).encode())
        return refusal
    if not _copy(source, file.path, lake, f"{paths.landing(dataset.name)}/{file.path}", inspection.sha256):
        return Refusal(file.path, "the file changed or went away while it was copied; land it again")
    return LandingFile(file.path, file.size, "", inspection, _origin(file))


def _copy(source: Storage, path: str, lake: Storage, target: str, sha256: str) -> bool:
    """Whether the file arrived as it was inspected; otherwise nothing takes the target's place."""
    with contextlib.ExitStack() as opened:
        try:
            stream = opened.enter_context(source.open(path))
        except StorageError:
            return False
        try:
            lake.receive(target, cast(BinaryIO, HashingReader(stream, sha256)))
        except OtherContent:
            return False
    return True


def _remember(lake: Storage, dataset: Dataset, known: dict[str, LandingFile], dry_run: bool) -> None:
    """Keep in the inventory what was landed so far."""
    if not dry_run:
        _stamp_landed(lake, paths.landing(dataset.name), known)
        write_inventory(lake, dataset.name, known)


def _stamp_landed(lake: Storage, folder: str, known: dict[str, LandingFile]) -> None:
    """Give fresh copies the stamp that the lake has for them, and check that they arrived whole."""
    landed = {file.path[len(folder) + 1 :]: file for file in lake.list_files(folder)}
    for path, file in list(known.items()):
        if path not in landed:
            del known[path]
        elif not file.stamp:
            if landed[path].size != file.size:
                del known[path]
                raise StorageError(
                    f"{lake.root}/{folder}/{path} has {landed[path].size:,} bytes of {file.size:,}: the copy failed"
                )
            known[path] = replace(file, stamp=landed[path].stamp)


def _origin(file: FileInfo) -> str:
    return f"{file.size}:{file.stamp}"
