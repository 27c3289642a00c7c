"""What has to be done to an entry of the Glue Data Catalog: found by comparing, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from covid_lake.catalog import glue_input
from covid_lake.catalog.descriptions import Field, HiveTable, View
from covid_lake.catalog.glue_input import Input, is_iceberg
from covid_lake.catalog.parameters import CONTRACT, VERSION
from covid_lake.publish.catalog.column_statistics import VersionStatistics
from covid_lake.publish.catalog.glue_partitions import PartitionChanges
from covid_lake.publish.catalog.protocol import Disagreement, Registration


@dataclass(frozen=True, slots=True)
class Change:
    """What has to be done to one entry of a database."""

    database: str
    """The database."""
    name: str
    """The entry's name in it."""
    present: Mapping[str, Any] | None
    """The entry as it is; None where it is missing."""
    wanted: Input | None
    """The entry as it should be; None where it should be removed."""
    partitions: PartitionChanges | None = None
    """What has to be done to its partitions; None for an entry without partitions."""
    statistics: VersionStatistics | None = None
    """What its columns will hold; None where that is not known, or is what the catalog has already."""

    @classmethod
    def between(
        cls,
        present: Mapping[str, Any] | None,
        partitions: Sequence[Mapping[str, Any]],
        registration: Registration,
        root: str,
    ) -> Change:
        """The change from an entry and its partitions as they are to what is wanted, for the lake at `root`."""
        entry = _as_built(registration.entry, present)
        wanted = glue_input.table_input(entry, root)
        different = None
        if isinstance(entry, HiveTable) and entry.partitions:
            different = PartitionChanges.between(partitions, entry, registration.partitions, root)
        has_version = present is not None and _version(present) == _version(wanted)
        statistics = None if has_version else registration.statistics
        return cls(entry.database, entry.name, present, wanted, different, statistics)

    @property
    def full_name(self) -> str:
        return f"{self.database}.{self.name}"

    @property
    def is_needed(self) -> bool:
        return self.wanted is None or self.update is not None or bool(self.partitions and self.partitions.is_needed)

    @property
    def update(self) -> Input | None:
        """The entry to be written; None where it is right or should be removed."""
        if self.present is None or self.wanted is None:
            return self.wanted
        return glue_input.updated(self.present, self.wanted)

    def disagreements(self) -> Iterator[Disagreement]:
        """What is wrong with the entry, one by one."""
        if self.wanted is None:
            yield Disagreement(self.full_name, what="the catalog has it, and the lake no longer does")
            return
        if self.present is None:
            yield Disagreement(self.full_name, what="it is missing in the catalog")
            return
        for column, what in glue_input.differences(self.present, self.wanted):
            yield Disagreement(self.full_name, column, what)
        for what in self.partitions.sentences() if self.partitions else ():
            yield Disagreement(self.full_name, what=what)


def _version(entry: Mapping[str, Any]) -> str | None:
    """The version of the lake that an entry shows."""
    return dict(entry.get("Parameters") or {}).get(VERSION)


def _as_built(entry: HiveTable | View, present: Mapping[str, Any] | None) -> HiveTable | View:
    """The entry with the columns that its version was built with, where the contract has changed since then.

    The files have their columns until a run builds the table anew: a query by the new ones would fail.
    """
    if isinstance(entry, View) or present is None or VERSION not in entry.parameters:
        return entry
    shown = dict(present.get("Parameters") or {})
    if shown.get(VERSION) != entry.parameters[VERSION] or CONTRACT not in shown or is_iceberg(present):
        return entry
    if shown[CONTRACT] == entry.parameters[CONTRACT]:
        return entry
    comments = {column.name: column.comment for column in entry.columns}
    columns = tuple(
        Field(column["Name"], column["Type"], comments.get(column["Name"], column.get("Comment", "")))
        for column in present["StorageDescriptor"]["Columns"]
    )
    if [(one.name, one.type) for one in columns] == [(one.name, one.type) for one in entry.columns]:
        return entry
    return replace(entry, columns=columns, parameters={**entry.parameters, CONTRACT: shown[CONTRACT]})
