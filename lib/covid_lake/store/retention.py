"""Removes old versions and the orphaned files of dead runs, and restores older versions.

A file is reached if a snapshot that is kept names a version whose manifest names the file. Every other file below the
folders of a dataset's tables belongs to a living run, or is orphaned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from covid_lake import paths
from covid_lake.contracts import Dataset, Table, Zone
from covid_lake.errors import PublishConflict, UnknownTable
from covid_lake.flows import Flow
from covid_lake.store.runs import living_runs, lone_beats, markers
from covid_lake.store.snapshots import (
    Snapshot,
    TableVersion,
    current_snapshot,
    publish,
    read_manifest,
    read_snapshot,
    snapshot_numbers,
)
from covid_lake.store.storage import FileInfo, Storage
from covid_lake.store.storage.protocol import UNFINISHED_LIFE

ZONES = (Zone.TRUSTED, Zone.CURATED, Zone.QUARANTINE)


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version of a table that can be restored."""

    entry: TableVersion
    """The version's entry in snapshots."""
    snapshots: tuple[int, int]
    """The numbers of the first and the last snapshot that name the version."""
    run_id: str
    """The run that published the first of them."""
    is_current: bool
    """Whether readers see the version now."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What `vacuum` removes."""

    snapshots: tuple[int, ...]
    """The numbers of the snapshots."""
    files: tuple[FileInfo, ...]
    """The files of versions, of quarantine, and refused files."""

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)

    def versions(self) -> tuple[str, ...]:
        """The folders that lose files, each once: `<table>/version=<run>`, and `_files/<run>` with refused files."""
        return tuple(dict.fromkeys("/".join(file.path.split("/")[2:4]) for file in self.files))


def versions_of(storage: Storage, table: Table) -> list[KnownVersion]:
    """The table's versions that the kept snapshots name, newest first."""
    found: dict[str, KnownVersion] = {}
    snapshots = read_snapshots(storage, table.dataset)
    for snapshot in snapshots:
        entry = snapshot.version_of(table)
        if entry is None:
            continue
        known = found.get(entry.version)
        first = known.snapshots[0] if known else snapshot.number
        run_id = known.run_id if known else snapshot.run_id
        found[entry.version] = KnownVersion(entry, (first, snapshot.number), run_id, snapshot is snapshots[-1])
    return sorted(found.values(), key=lambda version: -version.snapshots[1])


def restore(storage: Storage, flow: Flow, table: Table, version: str, run_id: str) -> Snapshot:
    """Publish a new snapshot that names an older version again. No data is copied.

    A table of the star is restored together with the whole star of the same snapshot (curated tables, and trusted ones
    that need a curated one), because facts of one day and dimensions of another do not match. Raises `UnknownTable` for
    a version that is not kept, and `PublishConflict` if another run over the dataset is at work.
    """
    dataset, star = flow.dataset, tuple(step.target for step in flow.star)
    at_work = living_runs(storage, dataset.name) - {run_id}
    if at_work:
        raise PublishConflict(f"a run is at work ({', '.join(sorted(at_work))}); restore again when it has ended")
    kept = {known.entry.version: known for known in versions_of(storage, table)}
    if version not in kept:
        listed = ", ".join(kept) or "none"
        raise UnknownTable(f"{table.id} has no version {version!r} that is kept; it has: {listed}")
    past = read_snapshot(storage, dataset.name, kept[version].snapshots[1])
    companions = star if table in star else (table,)
    entries = [(one, entry) for one in companions if (entry := past.version_of(one))]
    for one, entry in entries:
        read_manifest(storage, one, entry.version)
    return publish(storage, current_snapshot(storage, dataset.name), run_id, entries)


def vacuum(
    storage: Storage,
    dataset: Dataset,
    keep: int,
    *,
    dry_run: bool = False,
    before_removal: Callable[[Sequence[Snapshot]], None] | None = None,
) -> Removal:
    """Remove all but the newest `keep` versions of each table, the snapshots that name older ones, and what no snapshot
    names. Refused files go when the run that refused them began before the run of the oldest snapshot that is kept.
    Files of living runs stay. `before_removal` is told the snapshots that are kept; if it raises, nothing is removed.
    """
    # The order protects a run that begins or ends meanwhile: either its files are not listed yet, or it is found alive,
    # or its snapshot is read.
    listed = [file for zone in ZONES for file in storage.list_files(f"{zone}/{dataset.name}")]
    alive = living_runs(storage, dataset.name)
    snapshots = read_snapshots(storage, dataset.name)
    kept = _newest_states(snapshots, keep)
    reached = _Reached.by(storage, dataset, kept)
    old = tuple(snapshot.number for snapshot in snapshots[: len(snapshots) - len(kept)])
    unreached = [file for file in listed if not reached.has(file.path)]
    outdated = [file for file in unreached if _is_in_version(file.path) or _was_refused_before(file.path, kept)]
    files = tuple(file for file in outdated if _run_of(file.path) not in alive)
    if not dry_run:
        if before_removal:
            before_removal(kept)
        # Snapshots are removed before files, the oldest first, so that no snapshot names a missing file.
        for number in old:
            storage.delete([paths.snapshot(dataset.name, number)])
        storage.delete([file.path for file in files])
        storage.delete(lone_beats(storage, dataset.name))
        storage.delete(_lists_of_dead_loads(storage, dataset.name, datetime.now(UTC)))
        remove_unfinished(storage, dataset)
    return Removal(old, files)


def _lists_of_dead_loads(storage: Storage, dataset: str, now: datetime) -> list[str]:
    """The lists of files that loads into a warehouse have left behind, a day after the load began."""
    folder = paths.load_manifests(dataset)
    oldest = f"{now - UNFINISHED_LIFE:%Y%m%dT%H%M%SZ}"
    lists = [file.path for file in storage.list_files(folder)]
    return [path for path in lists if (paths.begin_of(path.removeprefix(f"{folder}/").split("/")[0]) or "") < oldest]


def remove_leavings(storage: Storage, dataset: Dataset) -> tuple[str, ...]:
    """Remove what dead runs over the dataset left behind; returns their ids. The caller has announced itself.

    Removes the versions that no snapshot names, unfinished files, and last the markers. If no run has died, this costs
    one listing.
    """
    now = datetime.now(UTC)
    markers_of_dead = [marker for marker in markers(storage, dataset.name) if not marker.is_alive(now)]
    if not markers_of_dead:
        return ()
    dead = tuple(dict.fromkeys(marker.run_id for marker in markers_of_dead))
    zones = {table.zone for table in dataset.tables} | {Zone.QUARANTINE}
    folders = [
        f"{zone}/{dataset.name}/{table.name}/version={one}"
        for one in dead
        for table in dataset.tables
        for zone in zones
    ]
    listed = {folder: storage.list_files(folder) for folder in folders}
    snapshots = read_snapshots(storage, dataset.name) if any(listed.values()) else []
    reached = _Reached.by(storage, dataset, snapshots)
    for folder, files in listed.items():
        unreached = [file.path for file in files if not reached.has(file.path)]
        if len(unreached) == len(files):
            storage.delete_folder(folder)  # on disk, an engine that dies leaves empty folders too
        else:
            storage.delete(unreached)
    remove_unfinished(storage, dataset)
    storage.delete([path for marker in markers_of_dead for path in (marker.path, paths.beat(marker.path))])
    return dead


def remove_unfinished(storage: Storage, dataset: Dataset) -> None:
    """Remove the unfinished files of dead writers, in the folders of the dataset and no others."""
    for folder in paths.folders(dataset.name):
        storage.remove_unfinished(folder)


def read_snapshots(storage: Storage, dataset: str) -> list[Snapshot]:
    """Every snapshot that is kept, oldest first."""
    return [read_snapshot(storage, dataset, number) for number in snapshot_numbers(storage, dataset)]


@dataclass(frozen=True, slots=True)
class _Reached:
    """What snapshots reach."""

    files: frozenset[str]
    """The manifests that the snapshots name, and the files that these name."""
    folders: frozenset[str]
    """The folders of refused records."""

    @classmethod
    def by(cls, storage: Storage, dataset: Dataset, snapshots: Iterable[Snapshot]) -> _Reached:
        tables = {table.id: table for table in dataset.tables}
        versions = {(name, entry.version) for snapshot in snapshots for name, entry in snapshot.tables.items()}
        files: set[str] = set()
        folders: set[str] = set()
        for name, version in versions:
            table = tables.get(name)
            if table is None:  # a table of another version of the library, whose files are all kept
                folders.add(f"{name.partition('.')[0]}/{dataset.name}/{name.partition('.')[2]}")
                continue
            manifest = read_manifest(storage, table, version)
            files |= {paths.manifest(table, version), *(f"{paths.table(table)}/{file.path}" for file in manifest.files)}
            if manifest.quarantine:
                folders.add(manifest.quarantine)
        return cls(frozenset(files), frozenset(folders))

    def has(self, path: str) -> bool:
        folder, name = path.rsplit("/", 1)
        if name.endswith(".crc"):  # Hadoop's checksum of the file beside it
            path = f"{folder}/{name[1:].removesuffix('.crc')}"
        return path in self.files or any(path.startswith(f"{folder}/") for folder in self.folders)


def _newest_states(snapshots: Sequence[Snapshot], keep: int) -> list[Snapshot]:
    """The newest snapshots, as many as name at most `keep` versions of each table; at least the newest one."""
    seen: dict[str, set[str]] = {}
    kept: list[Snapshot] = []
    for snapshot in reversed(snapshots):
        for name, entry in snapshot.tables.items():
            seen.setdefault(name, set()).add(entry.version)
        if kept and any(len(versions) > keep for versions in seen.values()):
            break
        kept.append(snapshot)
    return kept[::-1]


def _is_in_version(path: str) -> bool:
    """Whether the file lies in the folder of a table's version, or of its refused records."""
    return _run_folder(path).startswith("version=")


def _was_refused_before(path: str, kept: Sequence[Snapshot]) -> bool:
    """Whether a file was refused by a run that began before that of the oldest of the snapshots."""
    dataset, run_id = path.split("/")[1], _run_of(path)
    if not path.startswith(f"{paths.refused_files(dataset)}/") or not kept:
        return False
    refused, oldest = paths.begin_of(run_id), paths.begin_of(kept[0].run_id)
    return refused is not None and oldest is not None and refused < oldest


def _run_of(path: str) -> str:
    """The run that a file belongs to; empty for a file that lies in no folder of a run."""
    return _run_folder(path).removeprefix("version=")


def _run_folder(path: str) -> str:
    """The folder below that of a table, or below `_files`, in which the file lies; the own name of a loose file."""
    return "".join(path.split("/")[3:4])
