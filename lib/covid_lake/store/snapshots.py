"""Numbered snapshots: each names the version of every table of a dataset, and readers see the newest.

A version is a folder that one run wrote; its manifest lists the files. A run publishes versions of many tables at once
by creating the snapshot with the next number. The file is created exclusively, so that of two runs at the same moment
only one gets the number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.errors import AlreadyExists, PublishConflict, StorageError
from covid_lake.store.documents import document, fields_of, naming_damage
from covid_lake.store.storage import Storage

FORMAT = 2
ATTEMPTS = 20
# How often a snapshot is put if the store does not answer: in all for less time than a run may be silent.
PUTS = 2


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of a table."""

    path: str
    """The path below the table's folder: `version=<run_id>/month=2020-03/part-0.parquet`."""
    rows: int
    """The rows that the file's footer counts."""
    bytes: int
    """The file's size."""

    @property
    def partition(self) -> str:
        """The partition of the file, `month=2020-03`; empty if the table has no partitions."""
        return "/".join(self.path.split("/")[1:-1])

    @property
    def identity(self) -> str:
        """Partition and name. Only copies in other versions have the same: Spark never uses a name twice."""
        return self.path.partition("/")[2]


@dataclass(frozen=True, slots=True)
class TableVersion:
    """A table's entry in a snapshot: the version that readers see, and what planning needs to know of it.

    The fields are those of the version's `Manifest`.
    """

    version: str
    fingerprint: str
    rows: int
    inputs: Mapping[str, str]
    basis: str = ""
    quarantine: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one version of a table consists of.

    Each partition lies wholly in one version's folder: one that only grew has copies there of the files that it had.
    """

    table: str
    """The table's id."""
    version: str
    """The version, which is the id of the run that wrote it."""
    files: tuple[DataFile, ...]
    """The version's files; those of partitions that the run had no reason to touch are in older versions' folders."""
    fingerprint: str
    """A digest of the basis and the inputs."""
    inputs: Mapping[str, str]
    """Landing files (path to SHA-256) and tables (id to version) that the version was built from."""
    basis: str = ""
    """A digest of what decides the rows besides the inputs: contract, code, settings, engine."""
    quarantine: str | None = None
    """The folder of the rejected records."""
    records: Mapping[str, int] = field(default_factory=dict)
    """Records by landing file."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Rejected records by landing file."""
    superseded: int = 0
    """Records that newer ones of the same grain replaced."""
    withheld: int = 0
    """Records that may not leave the landing zone."""
    content: str | None = None
    """A digest of the rows, by which a version that came out the same is known; None where some rows were kept."""
    columns: tuple[str, ...] = ()
    """The contract's columns that the latest landing files deliver; compared with the next version's to find drift."""
    measures: Mapping[str, int] = field(default_factory=dict)
    """Rows and watched sums; compared to find drift."""
    days: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The same by day; compared to find drift."""
    unknown_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values by column that no table of the library knows; compared to find drift."""

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def total_bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @property
    def entry(self) -> TableVersion:
        """The table's line in a snapshot that makes this version visible."""
        return TableVersion(self.version, self.fingerprint, self.rows, self.inputs, self.basis, self.quarantine)

    def to_json(self) -> bytes:
        return document({"format": FORMAT, **fields_of(self)})

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        stored = _of_this_format(content)
        files = tuple(DataFile(**file) for file in stored["files"])
        unknown = {name: tuple(values) for name, values in stored["unknown_values"].items()}
        return cls(**{**stored, "files": files, "columns": tuple(stored["columns"]), "unknown_values": unknown})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of a dataset; number 0 is the empty lake."""

    dataset: str
    number: int = 0
    run_id: str = ""
    tables: Mapping[str, TableVersion] = field(default_factory=dict)

    def version_of(self, table: Table) -> TableVersion | None:
        return self.tables.get(table.id)

    def to_json(self) -> bytes:
        return document({"format": FORMAT, **fields_of(self)})

    @classmethod
    def from_json(cls, content: bytes) -> Snapshot:
        stored = _of_this_format(content)
        return cls(**{**stored, "tables": {name: TableVersion(**entry) for name, entry in stored["tables"].items()}})


def _of_this_format(content: bytes) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(content)
    found = stored.pop("format")
    if found != FORMAT:
        raise StorageError(
            f"the lake is of format {found}, and this version of the library knows format {FORMAT}; "
            "build a new lake from the landing files"
        )
    return stored


def current_snapshot(storage: Storage, dataset: str) -> Snapshot:
    """The newest snapshot of the dataset; number 0, without tables, where nothing was published yet."""
    numbers = snapshot_numbers(storage, dataset)
    if not numbers:
        return Snapshot(dataset)
    return read_snapshot(storage, dataset, numbers[-1])


def snapshot_numbers(storage: Storage, dataset: str) -> list[int]:
    """The numbers of all snapshots, oldest first."""
    names = (file.path.rsplit("/", 1)[-1] for file in storage.list_files(paths.snapshots(dataset)))
    return sorted(int(name.removesuffix(".json")) for name in names if name[:1].isdigit() and name.endswith(".json"))


def read_manifest(storage: Storage, table: Table, version: str) -> Manifest:
    """The list of files of a version; `StorageError` where the version is gone."""
    try:
        content = storage.read(paths.manifest(table, version))
    except StorageError as error:
        raise StorageError(f"{table.id}: version {version} is not in the lake any more ({error})") from error
    with naming_damage(f"{storage.root}/{paths.manifest(table, version)}"):
        return Manifest.from_json(content)


def read_snapshot(storage: Storage, dataset: str, number: int) -> Snapshot:
    """The snapshot of that number; `StorageError` where there is none."""
    content = storage.read(paths.snapshot(dataset, number))
    with naming_damage(f"{storage.root}/{paths.snapshot(dataset, number)}"):
        return Snapshot.from_json(content)


def require_version(head: Snapshot, table: Table, expected: TableVersion | None) -> None:
    """Raise `PublishConflict` if another run has published the table since this run read the lake."""
    if head.version_of(table) != expected:
        raise PublishConflict(
            f"{table.id}: another run published a version while this one ran; nothing of this run was "
            "published for it. Run again to build on the newer version"
        )


def publish(
    storage: Storage, base: Snapshot, run_id: str, tables: Sequence[tuple[Table, Manifest | TableVersion]]
) -> Snapshot:
    """Make versions visible together; compare-and-swap against `base`.

    A manifest is that of a new version; an entry names a version that is in the lake already. Another run's
    publication of other tables in between is kept. One of the same tables is a `PublishConflict`: this run read a lake
    that is no longer there.
    """
    for table, given in tables:
        if isinstance(given, Manifest):
            storage.write(paths.manifest(table, given.version), given.to_json())
    entries = {table.id: given.entry if isinstance(given, Manifest) else given for table, given in tables}
    for _ in range(ATTEMPTS):
        head = current_snapshot(storage, base.dataset)
        for table, _ in tables:
            require_version(head, table, base.version_of(table))
        successor = replace(head, number=head.number + 1, run_id=run_id, tables={**head.tables, **entries})
        if _took_number(storage, successor):
            return successor
    raise PublishConflict(f"{base.dataset}: {ATTEMPTS} attempts to publish each met another run; run again")


def _took_number(storage: Storage, snapshot: Snapshot) -> bool:
    """Create the snapshot's file; False where the number belongs to another run.

    A put may go through although its answer is lost. A client that repeats it is told that the file exists already,
    and so the file is compared with the snapshot: its content names the run. Where no answer came at all, the put is
    repeated until there is one, so that a put that arrives late does not publish what was taken for failed.
    """
    path, content = paths.snapshot(snapshot.dataset, snapshot.number), snapshot.to_json()
    for attempt in range(1, PUTS + 1):
        try:
            storage.create(path, content)
            return True
        except AlreadyExists:
            with suppress(StorageError):  # S3 says so too of two puts at once, of which neither may have been kept
                return storage.read(path) == content
            return False
        except StorageError:
            if attempt == PUTS:
                raise
    return False
