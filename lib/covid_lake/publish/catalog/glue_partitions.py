"""The partitions of a Hive table in the Glue Data Catalog, each with a location of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from covid_lake.catalog.descriptions import HiveTable
from covid_lake.catalog.glue_input import Input, location_uri, partition_input, updated_partition
from covid_lake.publish.catalog.glue_client import require_no_errors
from covid_lake.publish.catalog.protocol import Partition

# The most that the API takes in one call.
WRITES_A_CALL: Final = 100
DELETES_A_CALL: Final = 25

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartitionChanges:
    """What makes a table's partitions those that are wanted."""

    columns: tuple[str, ...]
    """The names of the partition columns."""
    missing: Mapping[Values, Input]
    """Partitions to be created."""
    different: Mapping[Values, Input]
    """Partitions to be updated, as they should be."""
    present: Mapping[Values, Mapping[str, Any]]
    """Those partitions as they are."""
    orphans: tuple[Values, ...]
    """Partitions to be deleted."""

    @classmethod
    def between(
        cls, found: Sequence[Mapping[str, Any]], table: HiveTable, wanted: Sequence[Partition], root: str
    ) -> PartitionChanges:
        """The changes from the partitions that the catalog has to those that are wanted."""
        present = {tuple(partition["Values"]): partition for partition in found}
        inputs = {one.values: _input(table, one, root) for one in wanted}
        updates = {values: updated_partition(present[values], inputs[values]) for values in inputs if values in present}
        return cls(
            columns=tuple(column.name for column in table.partitions),
            missing={values: made for values, made in inputs.items() if values not in present},
            different={values: update for values, update in updates.items() if update is not None},
            present=present,
            orphans=tuple(values for values in present if values not in inputs),
        )

    @property
    def is_needed(self) -> bool:
        return bool(self.missing or self.different or self.orphans)

    def sentences(self) -> Iterator[str]:
        """What is wrong with each partition."""
        for values in self.missing:
            yield f"the partition {self._name(values)} is missing"
        for values, wanted in self.different.items():
            was, should = _location(self.present[values]), _location(wanted)
            if was == should:
                yield f"the partition {self._name(values)} has columns, a format or counts of another state"
            else:
                yield f"the location of the partition {self._name(values)} is {was}, and should be {should}"
        for values in self.orphans:
            yield f"the partition {self._name(values)} at {_location(self.present[values])} is an orphan"

    def apply(self, client: Any, database: str, table: str) -> None:
        """Make the changes. Raises the client's errors, and `CatalogError` for a partition that was refused."""
        place = {"DatabaseName": database, "TableName": table}
        doing = f"change the partitions of {database}.{table}"
        for made in _batches(list(self.missing.values()), WRITES_A_CALL):
            require_no_errors(doing, client.batch_create_partition(**place, PartitionInputList=made))
        entries = [
            {"PartitionValueList": list(values), "PartitionInput": update} for values, update in self.different.items()
        ]
        for batch in _batches(entries, WRITES_A_CALL):
            require_no_errors(doing, client.batch_update_partition(**place, Entries=batch))
        _delete(client, database, table, self.orphans)

    def _name(self, values: Values) -> str:
        return "/".join(f"{column}={value}" for column, value in zip(self.columns, values, strict=True))


def list_partitions(client: Any, database: str, table: str) -> list[Mapping[str, Any]]:
    """All partitions of a table. Raises the client's errors."""
    pages = client.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
    return [partition for page in pages for partition in page["Partitions"]]


def delete_partitions(client: Any, database: str, table: str) -> None:
    """Delete all partitions of a table that has become one without. Raises the client's errors."""
    found = list_partitions(client, database, table)
    _delete(client, database, table, [tuple(partition["Values"]) for partition in found])


def _delete(client: Any, database: str, table: str, partitions: Sequence[Values]) -> None:
    gone = [{"Values": list(values)} for values in partitions]
    for batch in _batches(gone, DELETES_A_CALL):
        answer = client.batch_delete_partition(DatabaseName=database, TableName=table, PartitionsToDelete=batch)
        require_no_errors(f"delete partitions of {database}.{table}", answer)


def _input(table: HiveTable, partition: Partition, root: str) -> Input:
    counts = {"numRows": str(partition.rows), "totalSize": str(partition.bytes)}
    return partition_input(table, partition.values, location_uri(root, partition.location), counts)


def _location(partition: Mapping[str, Any]) -> str:
    return str((partition.get("StorageDescriptor") or {}).get("Location") or "nowhere")


def _batches(items: Sequence[Input], size: int) -> Iterator[list[Input]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
