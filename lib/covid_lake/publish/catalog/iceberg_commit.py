"""One atomic change of an Iceberg table's metadata: its shape, a snapshot that is exactly a version's files, tags.

PyIceberg's own operations work out a snapshot from the one before. Here a snapshot is written whole, as one manifest
for each partition spec: every file of the version, and the files that have gone since the snapshot before. So no
manifest grows old, and what a manifest says of a file that has gone is in one snapshot only.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Literal, cast

from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError
from pyiceberg.io import FileIO
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    write_manifest,
    write_manifest_list,
)
from pyiceberg.schema import Schema
from pyiceberg.table import TableProperties, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import MAIN_BRANCH, SnapshotRefType
from pyiceberg.table.snapshots import Operation, Snapshot, Summary
from pyiceberg.table.update import (
    AddPartitionSpecUpdate,
    AddSchemaUpdate,
    AddSnapshotUpdate,
    AssertCurrentSchemaId,
    AssertRefSnapshotId,
    RemoveSnapshotRefUpdate,
    RemoveSnapshotsUpdate,
    SetCurrentSchemaUpdate,
    SetDefaultSpecUpdate,
    SetPropertiesUpdate,
    SetSnapshotRefUpdate,
    TableRequirement,
    TableUpdate,
    UpdatesAndRequirements,
    UpdateTableMetadata,
    ValidatableTableRequirement,
    update_table_metadata,
)
from pyiceberg.types import IcebergType

from covid_lake.catalog.iceberg_schema import (
    evolved_schema,
    iceberg_type,
    name_mapping,
    partition_spec,
    shown_columns,
)
from covid_lake.catalog.parameters import lake_snapshot
from covid_lake.contracts import Table

COMPRESSION: Final = "deflate"


class AssertNotNewer(ValidatableTableRequirement):
    """The table must not show a later snapshot of the lake; checked at the commit, on what it replaces."""

    type: Literal["assert-lake-snapshot"] = "assert-lake-snapshot"
    number: int

    def validate(self, base_metadata: TableMetadata | None) -> None:  # type: ignore[override]  # as PyIceberg's own do
        """Raise `CommitFailedException` where another publisher has brought the table further."""
        shown = lake_snapshot(base_metadata.properties) if base_metadata else 0
        if shown > self.number:
            raise CommitFailedException(f"the table shows snapshot {shown} of the lake, later than {self.number}")


class _Prepared(UpdateTableMetadata["_Prepared"]):
    """Changes that are put into a transaction as they are."""

    def __init__(
        self, transaction: Transaction, updates: Iterable[TableUpdate], requirements: Iterable[TableRequirement]
    ) -> None:
        super().__init__(transaction)
        self._prepared: UpdatesAndRequirements = (tuple(updates), tuple(requirements))

    def _commit(self) -> UpdatesAndRequirements:
        return self._prepared


class Change:
    """A change of one table, put together step by step and then committed at once.

    The commit fails where the table has other columns or other files by then than it had at the beginning.
    """

    def __init__(self, transaction: Transaction) -> None:
        """Begin a change of the table that the transaction is on, or that it creates."""
        table = transaction._table  # the one that is to be created has no other name yet
        self.io: FileIO = table.io
        self._locations = table.location_provider()
        self._transaction = transaction
        self._metadata = transaction.table_metadata
        self._updates: list[TableUpdate] = []
        self._pending: list[TableUpdate] = []
        snapshot = self._metadata.current_snapshot()
        files = {"ref": MAIN_BRANCH, "snapshot-id": snapshot.snapshot_id if snapshot else None}
        columns = {"current-schema-id": self._metadata.current_schema_id}
        self._requirements: list[TableRequirement] = [
            AssertRefSnapshotId.model_validate(files),
            AssertCurrentSchemaId.model_validate(columns),
        ]
        self._written: list[str] = []

    @property
    def metadata(self) -> TableMetadata:
        """The table's metadata as they will be."""
        if self._pending:
            self._metadata = update_table_metadata(self._metadata, tuple(self._pending))
            self._updates += self._pending
            self._pending = []
        return self._metadata

    def require_not_newer(self, number: int) -> None:
        """Let the commit fail where the table shows a later snapshot of the lake than this one by then."""
        self._requirements.append(cast(TableRequirement, AssertNotNewer(number=number)))

    def has_shape(self, table: Table) -> bool:
        """Whether the table's columns have the names and types of the contract, in its order."""
        return _shape(self.metadata.schema()) == [(one.name, iceberg_type(one)) for one in shown_columns(table)]

    def reshape(self, table: Table) -> bool:
        """Give the table the columns and the partitions of the contract; whether its columns or their types changed."""
        metadata = self.metadata
        current = metadata.schema()
        number = max(schema.schema_id for schema in metadata.schemas) + 1
        schema = evolved_schema(table, current, metadata.last_column_id, number)
        if schema == current:  # which compares the fields, and not the number
            schema = current
        else:
            self._pending += (
                AddSchemaUpdate(schema=schema),
                SetCurrentSchemaUpdate.model_validate({"schema-id": schema.schema_id}),
            )
        spec = partition_spec(table, schema, metadata.partition_specs, metadata.last_partition_id)
        if spec.spec_id != metadata.default_spec_id:
            if spec not in metadata.partition_specs:
                self._pending.append(AddPartitionSpecUpdate(spec=spec))
            self._pending.append(SetDefaultSpecUpdate.model_validate({"spec-id": spec.spec_id}))
        earlier = sorted(metadata.schemas, key=lambda one: one.schema_id, reverse=True)
        self.set_properties(
            {TableProperties.DEFAULT_NAME_MAPPING: name_mapping(table, schema, earlier).model_dump_json()}
        )
        return _shape(schema) != _shape(current)

    def set_properties(self, properties: Mapping[str, str]) -> None:
        """Set properties of the table; others stay."""
        if properties.items() - self._metadata.properties.items():
            self._pending.append(SetPropertiesUpdate(updates=dict(properties)))

    def current_files(self) -> list[ManifestEntry]:
        """The data files of the table's current snapshot."""
        return data_files(self._metadata, self.io)

    def add_snapshot(
        self,
        added: Sequence[DataFile],
        kept: Sequence[ManifestEntry],
        gone: Sequence[ManifestEntry],
        summary: Mapping[str, str],
    ) -> int:
        """Make a snapshot of these files the table's current one; returns its id.

        `kept` and `gone` are files of the snapshot before. `summary` is added to what Iceberg counts.
        """
        metadata = self.metadata
        snapshot_id, sequence = metadata.new_snapshot_id(), metadata.next_sequence_number()
        parent = metadata.current_snapshot_id
        commit = uuid.uuid4()
        new = [_entry(ManifestEntryStatus.ADDED, snapshot_id, None, file) for file in added]
        still = [_entry(ManifestEntryStatus.EXISTING, entry.snapshot_id, entry, entry.data_file) for entry in kept]
        old = [_entry(ManifestEntryStatus.DELETED, snapshot_id, entry, entry.data_file) for entry in gone]
        manifests = self._write_manifests(snapshot_id, commit, (*new, *still, *old))
        path = self._new_file(f"snap-{snapshot_id}-0-{commit}.avro")
        with write_manifest_list(
            format_version=metadata.format_version,
            output_file=self.io.new_output(path),
            snapshot_id=snapshot_id,
            parent_snapshot_id=parent,
            sequence_number=sequence,
            avro_compression=COMPRESSION,
        ) as writer:
            if manifests:
                writer.add_manifests(manifests)
        counted = _summary(added, [entry.data_file for entry in kept], [entry.data_file for entry in gone])
        snapshot = Snapshot.model_validate(
            {
                "snapshot-id": snapshot_id,
                "parent-snapshot-id": parent,
                "sequence-number": sequence,
                "manifest-list": path,
                "schema-id": metadata.current_schema_id,
                "summary": Summary(_operation(added, gone), **counted, **summary),
            }
        )
        self._pending += (AddSnapshotUpdate(snapshot=snapshot), _ref(MAIN_BRANCH, SnapshotRefType.BRANCH, snapshot_id))
        return snapshot_id

    def tag(self, name: str, snapshot_id: int) -> None:
        """Give a snapshot a name; one that had it before loses it."""
        self._pending.append(_ref(name, SnapshotRefType.TAG, snapshot_id))

    def remove(self, snapshot_ids: Iterable[int], refs: Iterable[str]) -> None:
        """Remove snapshots, with all names that they have, and names of other snapshots."""
        self._pending += (RemoveSnapshotRefUpdate.model_validate({"ref-name": name}) for name in refs)
        if ids := list(snapshot_ids):
            self._pending.append(RemoveSnapshotsUpdate.model_validate({"snapshot-ids": ids}))

    def commit(self) -> None:
        """Commit the change whole.

        Raises PyIceberg's `CommitFailedException` where another writer was first. What was written for the change is
        then removed; after any other fault it stays, for the commit may have gone through.
        """
        try:
            _Prepared(self._transaction, (*self._updates, *self._pending), self._requirements).commit()
            self._transaction.commit_transaction()
        except (CommitFailedException, TableAlreadyExistsError):
            for path in self._written:
                with suppress(OSError):  # whatever stays is removed by a later vacuum
                    self.io.delete(path)
            raise

    def _new_file(self, name: str) -> str:
        path = self._locations.new_metadata_location(name)
        self._written.append(path)
        return path

    def _write_manifests(
        self, snapshot_id: int, commit: uuid.UUID, entries: Sequence[ManifestEntry]
    ) -> list[ManifestFile]:
        metadata, manifests = self.metadata, []
        by_spec: dict[int, list[ManifestEntry]] = {}
        for entry in entries:
            by_spec.setdefault(entry.data_file.spec_id, []).append(entry)
        for number, (spec_id, those) in enumerate(by_spec.items()):
            path = self._new_file(f"{commit}-m{number}.avro")
            with write_manifest(
                format_version=metadata.format_version,
                spec=metadata.specs()[spec_id],
                schema=metadata.schema(),
                output_file=self.io.new_output(path),
                snapshot_id=snapshot_id,
                avro_compression=COMPRESSION,
            ) as writer:
                for entry in those:
                    writer.add_entry(entry)
            manifests.append(writer.to_manifest_file())
        return manifests


def data_files(metadata: TableMetadata, io: FileIO) -> list[ManifestEntry]:
    """The data files of a table's current snapshot."""
    snapshot = metadata.current_snapshot()
    manifests = snapshot.manifests(io) if snapshot else ()
    entries = (entry for one in manifests for entry in one.fetch_manifest_entry(io, discard_deleted=True))
    return [entry for entry in entries if entry.data_file.content == DataFileContent.DATA]


def _entry(
    status: ManifestEntryStatus, snapshot_id: int | None, before: ManifestEntry | None, file: DataFile
) -> ManifestEntry:
    """A file's line in a manifest. A file that is new takes the number of its snapshot, which is not known yet."""
    return ManifestEntry.from_args(
        status=status,
        snapshot_id=snapshot_id,
        sequence_number=before.sequence_number if before else None,
        file_sequence_number=before.file_sequence_number if before else None,
        data_file=file,
    )


def _shape(schema: Schema) -> Sequence[tuple[str, IcebergType]]:
    return [(field.name, field.field_type) for field in schema.fields]


def _ref(name: str, kind: SnapshotRefType, snapshot_id: int) -> SetSnapshotRefUpdate:
    return SetSnapshotRefUpdate.model_validate({"ref-name": name, "type": kind, "snapshot-id": snapshot_id})


def _operation(added: Sequence[DataFile], gone: Sequence[ManifestEntry]) -> Operation:
    if not gone:
        return Operation.APPEND
    return Operation.OVERWRITE if added else Operation.DELETE


def _summary(added: Sequence[DataFile], kept: Sequence[DataFile], gone: Sequence[DataFile]) -> dict[str, str]:
    """What Iceberg's tables of snapshots show: counts of what came, of what went, and of all."""
    counts: dict[str, Any] = {
        "added-data-files": len(added),
        "added-records": sum(file.record_count for file in added),
        "added-files-size": sum(file.file_size_in_bytes for file in added),
        "deleted-data-files": len(gone),
        "deleted-records": sum(file.record_count for file in gone),
        "removed-files-size": sum(file.file_size_in_bytes for file in gone),
    }
    now = (*added, *kept)
    totals = {
        "total-data-files": len(now),
        "total-records": sum(file.record_count for file in now),
        "total-files-size": sum(file.file_size_in_bytes for file in now),
        "total-delete-files": 0,
        "total-position-deletes": 0,
        "total-equality-deletes": 0,
    }
    return {name: str(count) for name, count in {**counts, **totals}.items() if count or name in totals}
