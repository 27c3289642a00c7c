"""What readers see: a chain of numbered snapshots, each naming the version of every table of a dataset.

A version is a folder that one run wrote; its manifest lists the files. A snapshot makes versions visible, many tables
at once, by creating the next number exclusively: of two runs that publish at the same moment, one gets the number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.errors import AlreadyExists, PublishConflict, StorageError
from covid_lake.store.storage import Storage

FORMAT = 1
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of a version, its path below the version's folder."""

    path: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one run wrote for one table. `inputs` are the versions or landing files that it was built from."""

    table: str
    version: str
    files: tuple[DataFile, ...]
    fingerprint: str
    inputs: Mapping[str, str]
    quarantine: str | None = None

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def total_bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    def to_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        stored = json.loads(content)
        files = tuple(DataFile(**file) for file in stored["files"])
        return cls(
            stored["table"],
            stored["version"],
            files,
            stored["fingerprint"],
            stored["inputs"],
            stored["quarantine"],
        )


@dataclass(frozen=True, slots=True)
class TableVersion:
    """A table's entry in a snapshot: the version that readers see, and what planning needs to know of it."""

    version: str
    fingerprint: str
    rows: int
    inputs: Mapping[str, str]
    quarantine: str | None = None


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
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Snapshot:
        stored: dict[str, Any] = json.loads(content)
        tables = {name: TableVersion(**entry) for name, entry in stored["tables"].items()}
        return cls(stored["dataset"], stored["number"], stored["run_id"], tables)


def current_snapshot(storage: Storage, dataset: str) -> Snapshot:
    """The newest snapshot of the dataset; number 0, without tables, where nothing was published yet."""
    numbers = snapshot_numbers(storage, dataset)
    if not numbers:
        return Snapshot(dataset)
    return Snapshot.from_json(storage.read(paths.snapshot(dataset, numbers[-1])))


def snapshot_numbers(storage: Storage, dataset: str) -> list[int]:
    """The numbers of all snapshots, oldest first."""
    names = (file.path.rsplit("/", 1)[-1] for file in storage.list_files(paths.snapshots(dataset)))
    return sorted(int(name.removesuffix(".json")) for name in names if name[:1].isdigit() and name.endswith(".json"))


def read_manifest(storage: Storage, table: Table, version: str) -> Manifest:
    """The list of files of a version; `StorageError` where the version is gone."""
    try:
        return Manifest.from_json(storage.read(paths.manifest(table, version)))
    except StorageError as error:
        raise StorageError(f"{table.id}: version {version} is not in the lake any more ({error})") from error


def publish(storage: Storage, base: Snapshot, run_id: str, written: Sequence[tuple[Table, Manifest]]) -> Snapshot:
    """Make the written versions visible together; compare-and-swap against `base`.

    Another run's publication of other tables in between is kept. One of the same tables is a `PublishConflict`: this
    run read a lake that is no longer there.
    """
    for table, manifest in written:
        storage.write(paths.manifest(table, manifest.version), manifest.to_json())
    for _ in range(ATTEMPTS):
        head = current_snapshot(storage, base.dataset)
        for table, _ in written:
            if head.version_of(table) != base.version_of(table):
                raise PublishConflict(
                    f"{table.id}: another run published a version while this one ran; nothing of this run was "
                    "published for it. Run again to build on the newer version"
                )
        entries = {
            table.id: TableVersion(m.version, m.fingerprint, m.rows, m.inputs, m.quarantine) for table, m in written
        }
        successor = replace(head, number=head.number + 1, run_id=run_id, tables={**head.tables, **entries})
        try:
            storage.create(paths.snapshot(base.dataset, successor.number), successor.to_json())
        except AlreadyExists:
            continue
        return successor
    raise PublishConflict(f"{base.dataset}: {ATTEMPTS} attempts to publish each met another run; run again")
