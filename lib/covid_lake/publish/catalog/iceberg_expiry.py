"""Takes out of Iceberg tables what the lake has removed, or is about to remove; and what their metadata say of it.

A manifest holds the lowest and the highest value of each column of a file: of a person's record these are personal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io import FileIO
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import MAIN_BRANCH
from pyiceberg.table.snapshots import Snapshot as IcebergSnapshot

from covid_lake import paths
from covid_lake.catalog import parameters
from covid_lake.contracts import Dataset, Table
from covid_lake.errors import CatalogConflict, CatalogError
from covid_lake.publish.catalog.iceberg import TAG_PREFIX, full_name, load, naming, tag_of, version_in
from covid_lake.publish.catalog.iceberg_commit import Change
from covid_lake.publish.catalog.locations import below_root
from covid_lake.store.runs import living_runs
from covid_lake.store.snapshots import Snapshot
from covid_lake.store.storage import Storage

ATTEMPTS: Final = 5


def expire(catalog: Catalog, storage: Storage, dataset: Dataset, kept: Sequence[Snapshot], run_id: str) -> None:
    """Remove the snapshots of versions that none of the `kept` snapshots of the lake names, and the tags of other runs.

    To be called before the versions' files are removed, by the run `run_id`, which is announced. The metadata files
    that are needed no more are removed; those that dead publishers left only while no other run is at work. Raises
    `CatalogError`, before anything is removed, where a table still shows a version that is not kept.
    """
    tags = {tag_of(snapshot.run_id) for snapshot in kept}
    found: list[tuple[Table, set[str]]] = []
    for table in dataset.tables:
        versions = {entry.version for snapshot in kept if (entry := snapshot.version_of(table))}
        with naming(table):
            loaded = load(catalog, table)
            if loaded is None:
                continue
            if version_in(loaded.metadata) not in versions:
                raise CatalogError(
                    f"{full_name(table)} shows a version in the catalog that is about to be removed; bring the catalog "
                    f"up to date first, with: covid-lake catalog sync {dataset.name}"
                )
        found.append((table, versions))
    for table, versions in found:
        with naming(table):
            _change(catalog, storage, table, partial(_expire_in, versions=versions, tags=tags))
    for table, _ in found:
        listed = _metadata_files(storage, table)
        # In this order: whoever begins later writes files that are not listed.
        if not living_runs(storage, dataset.name) - {run_id}:
            _remove_orphans(catalog, storage, table, listed)


def purge(catalog: Catalog, storage: Storage, dataset: Dataset) -> None:
    """Leave of each table the current snapshot alone, with what describes its files, and remove all other metadata.

    No run may be at work. Raises `CatalogError` where the catalog does not answer or refuses.
    """
    for table in dataset.tables:
        with naming(table):
            listed = _metadata_files(storage, table)
            _change(catalog, storage, table, _keep_current)
            _remove_orphans(catalog, storage, table, listed)


def _change(catalog: Catalog, storage: Storage, table: Table, make: Callable[[IcebergTable], Change | None]) -> None:
    """Commit a change to a table, and remove the metadata files that only the state before needed."""
    for _ in range(ATTEMPTS):
        found = load(catalog, table)
        if found is None:
            return
        before = _referenced(found.metadata, found.metadata_location, found.io)
        change = make(found)
        if change is None:
            return
        try:
            change.commit()
        except CommitFailedException:
            continue
        after = load(catalog, table)
        if after is not None:
            _delete(storage, before - _referenced(after.metadata, after.metadata_location, after.io))
        return
    raise CatalogConflict(f"{full_name(table)}: {ATTEMPTS} attempts to commit each met another writer; run again")


def _expire_in(found: IcebergTable, versions: Collection[str], tags: Collection[str]) -> Change | None:
    metadata, current = found.metadata, found.metadata.current_snapshot_id
    gone = [
        snapshot.snapshot_id
        for snapshot in metadata.snapshots
        if snapshot.snapshot_id != current and _version_of(snapshot) not in versions
    ]
    names = [
        name
        for name, ref in metadata.refs.items()
        if name.startswith(TAG_PREFIX) and name not in tags and ref.snapshot_id not in gone
    ]
    if not gone and not names:
        return None
    change = Change(found.transaction())
    change.remove(gone, names)
    return change


def _keep_current(found: IcebergTable) -> Change | None:
    metadata, current = found.metadata, found.metadata.current_snapshot()
    if current is None or current.summary is None:
        return None
    has_deleted = any(manifest.deleted_files_count for manifest in current.manifests(found.io))
    if not has_deleted and len(metadata.snapshots) == 1:
        return None
    change, older = Change(found.transaction()), {snapshot.snapshot_id for snapshot in metadata.snapshots}
    names = [name for name, ref in metadata.refs.items() if ref.snapshot_id == current.snapshot_id]
    if has_deleted:
        own = {name: value for name, value in current.summary.additional_properties.items() if _is_own(name)}
        snapshot_id = change.add_snapshot((), change.current_files(), (), own)
        for name in names:
            if name != MAIN_BRANCH:
                change.tag(name, snapshot_id)
    else:
        older.discard(current.snapshot_id)
    change.remove(older, ())
    return change


def _is_own(name: str) -> bool:
    return name.startswith(parameters.PREFIX)


def _version_of(snapshot: IcebergSnapshot) -> str | None:
    return snapshot.summary[parameters.VERSION] if snapshot.summary else None


def _referenced(metadata: TableMetadata, location: str, io: FileIO) -> set[str]:
    """The metadata files that a reader of the table may need, with the older metadata that are listed in the newest."""
    found = {location, *(entry.metadata_file for entry in metadata.metadata_log)}
    for snapshot in metadata.snapshots:
        found.add(snapshot.manifest_list)
        found |= {manifest.manifest_path for manifest in snapshot.manifests(io)}
    return found


def _metadata_files(storage: Storage, table: Table) -> list[str]:
    return [file.path for file in storage.list_files(paths.metadata(table))]


def _remove_orphans(catalog: Catalog, storage: Storage, table: Table, listed: Sequence[str]) -> None:
    """Remove the listed metadata files that the table does not need; all where the catalog has no such table."""
    found = load(catalog, table)
    needed = _referenced(found.metadata, found.metadata_location, found.io) if found else set()
    own = {path for place in needed if (path := below_root(storage, place))}
    storage.delete([path for path in listed if path not in own])


def _delete(storage: Storage, places: Collection[str]) -> None:
    storage.delete([path for place in places if (path := below_root(storage, place))])
