"""Publishers: each brings something outside of the lake up to the snapshot that readers see after a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from covid_lake.contracts import Dataset, Table
from covid_lake.store.reports import PublisherReport
from covid_lake.store.snapshots import Manifest, Snapshot, read_manifest
from covid_lake.store.storage import Storage

if TYPE_CHECKING:
    from covid_lake.engines.protocol import Engine


def no_progress(_label: str, _done: int, _total: int) -> None:
    """For where nobody looks."""


@dataclass(frozen=True, slots=True)
class Published:
    """A dataset as readers see it at the end of a run."""

    storage: Storage
    """The lake."""
    dataset: Dataset
    """The dataset."""
    snapshot: Snapshot
    """The version of each table."""
    engine: Callable[[], Engine]
    """Gives the run's engine, and starts it first where none is running, which takes seconds."""
    progress: Callable[[str, int, int], None] = no_progress
    """To be called with a label and how many of how many units are done."""
    full_refresh: bool = False
    """Whether to do again what is up to date already."""
    _manifests: dict[str, Manifest] = field(init=False, repr=False, compare=False, default_factory=dict)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that have a version, in the dataset's order."""
        return tuple(table for table in self.dataset.tables if self.snapshot.version_of(table))

    def manifest(self, table: Table) -> Manifest:
        """The files, rows and bytes of the table's version. Read from the lake when it is first asked for."""
        if table.id not in self._manifests:
            version = self.snapshot.tables[table.id].version
            self._manifests[table.id] = read_manifest(self.storage, table, version)
        return self._manifests[table.id]


class Publisher(Protocol):
    """Something outside of the lake that follows it: a warehouse, a catalog, another table format's metadata.

    A publisher remembers outside of the lake what it has brought up to date, so that the next run catches up whatever
    was missed: it is called at the end of every run, also of one that had nothing to do.
    """

    @property
    def name(self) -> str:
        """The name under which the run report lists the publisher."""
        ...

    def bring_up_to(self, published: Published) -> PublisherReport:
        """Bring everything up to the snapshot, or find that it is there already, without starting an engine.

        May raise anything: the run reports it under the publisher's name, and goes on with the next publisher. A
        publisher that can fail halfway returns a report of what it did, with `error`.
        """
        ...

    def expire(self, storage: Storage, dataset: Dataset, kept: Sequence[Snapshot], run_id: str) -> None:
        """Let go of versions that only other snapshots than the kept ones name: their files are about to be removed.

        The run `run_id` is going to remove them, and is announced. A fault stops it before it has removed anything.
        """
        ...

    def purge(self, storage: Storage, dataset: Dataset) -> None:
        """Remove for good what was deleted from the dataset's tables, and what older versions of them hold.

        No run over the dataset is at work but the one that asks for it.
        """
        ...


def expire_all(
    publishers: Sequence[Publisher], storage: Storage, dataset: Dataset, run_id: str, kept: Sequence[Snapshot]
) -> None:
    """Let every publisher go of the versions that only other snapshots than the kept ones name."""
    for publisher in publishers:
        publisher.expire(storage, dataset, kept, run_id)
