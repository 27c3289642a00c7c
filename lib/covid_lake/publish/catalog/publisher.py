"""The catalog as a publisher: finds whether it shows the lake's snapshot, and brings it there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from covid_lake import paths
from covid_lake.catalog import parameters
from covid_lake.catalog.tables import database_of
from covid_lake.contracts import Dataset, Zone
from covid_lake.datasets.registry import database_name
from covid_lake.errors import CatalogConflict, CatalogError
from covid_lake.publish.catalog.locations import location
from covid_lake.publish.catalog.protocol import TableCatalog, TableFormat
from covid_lake.publish.catalog.registrations import entries, registrations
from covid_lake.publish.publisher import Published
from covid_lake.store.reports import PublishedTable, PublisherReport
from covid_lake.store.snapshots import Snapshot, snapshot_numbers
from covid_lake.store.storage import Storage

# Counts how often it was changed what the publisher writes, so that what an older one wrote is brought up to date.
FORMAT: Final = 1
# How often a conflict with another publisher of the same snapshot is tried again.
ATTEMPTS: Final = 3
ICEBERG_ZONES: Final = (Zone.TRUSTED, Zone.CURATED)


@dataclass(slots=True)
class _Work:
    """What a publisher has done so far."""

    tables: dict[str, PublishedTable] = field(default_factory=dict)
    """The tables and views that were changed, by full name."""
    faults: list[str] = field(default_factory=list)
    """Why others could not be."""


@dataclass(frozen=True, slots=True)
class CatalogPublisher:
    """Keeps a catalog of tables in step with the lake; a table is switched in one atomic step."""

    catalog: TableCatalog
    """The catalog."""
    table_format: TableFormat = TableFormat.ICEBERG
    """What trusted and curated tables are in it."""

    @property
    def name(self) -> str:
        return "catalog"

    def bring_up_to(self, published: Published) -> PublisherReport:
        """Bring the catalog up to the snapshot. Where it is there already, this is one call.

        A table that can't be brought up keeps what it shows, and is named in the report's error; the others go on.
        Where the catalog shows a later snapshot already, another publisher has been here, and nothing is done. Raises
        `CatalogError` where the catalog as a whole does not answer or refuses.
        """
        dataset = published.dataset
        wanted = self._digest(published)
        if not published.full_refresh and self.catalog.remembered(dataset.name) == wanted:
            return PublisherReport(self.name)
        self.catalog.create_databases(self._described_databases(dataset))
        work = _Work()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._work(published, work)
            except CatalogConflict:
                if max(snapshot_numbers(published.storage, dataset.name), default=0) > published.snapshot.number:
                    break  # the run that published the later snapshot brings the catalog up to that
                if attempt == ATTEMPTS:
                    raise
            else:
                if not work.faults:
                    self.catalog.remember(dataset.name, wanted)
                break
        return PublisherReport(self.name, tuple(work.tables.values()), "; ".join(work.faults))

    def is_up_to_date(self, published: Published) -> bool:
        """Whether the catalog has been brought up to the snapshot, by what it remembers. One call."""
        return self.catalog.remembered(published.dataset.name) == self._digest(published)

    def databases(self, dataset: Dataset) -> tuple[str, ...]:
        """The names of the databases that the catalog has for the dataset."""
        return tuple(name for name, _, _ in self._described_databases(dataset))

    def iceberg_names(self, published: Published) -> tuple[str, ...]:
        """The full names of the tables that are Iceberg's in the catalog."""
        tables = published.tables if self.table_format is TableFormat.ICEBERG else ()
        return tuple(f"{database_name(table.dataset, table.zone)}.{table.name}" for table in tables)

    def expire(self, storage: Storage, dataset: Dataset, kept: Sequence[Snapshot], run_id: str) -> None:
        """Take the versions that only other snapshots of the lake name out of the Iceberg tables."""
        if self.table_format is not TableFormat.ICEBERG:
            return
        from covid_lake.publish.catalog.iceberg_expiry import expire

        with self.catalog.iceberg() as catalog:
            expire(catalog, storage, dataset, kept, run_id)

    def purge(self, storage: Storage, dataset: Dataset) -> None:
        """Leave nothing in the Iceberg tables' metadata but what the current snapshots need: no older file's values."""
        if self.table_format is not TableFormat.ICEBERG:
            for table in dataset.tables:
                storage.delete_folder(paths.metadata(table))
            return
        from covid_lake.publish.catalog.iceberg_expiry import purge

        with self.catalog.iceberg() as catalog:
            purge(catalog, storage, dataset)

    def _work(self, published: Published, work: _Work) -> None:
        work.faults.clear()
        # First the tables, then the views over them.
        if self.table_format is TableFormat.ICEBERG:
            self._bring_up_iceberg(published, work)
        if not self.catalog.holds_only_iceberg:
            self._register(published, work)

    def _bring_up_iceberg(self, published: Published, work: _Work) -> None:
        from covid_lake.publish.catalog.iceberg import IcebergTables

        conflict: CatalogConflict | None = None
        with self.catalog.iceberg() as catalog, ThreadPoolExecutor(self.catalog.changes_at_once) as threads:
            tables = IcebergTables(catalog, published, self.catalog.takes_over)
            changes = [(table, threads.submit(tables.bring_up, table)) for table in published.tables]
            try:
                for number, (table, change) in enumerate(changes, start=1):
                    try:
                        if report := change.result():
                            work.tables[report.table] = report
                    except CatalogConflict as error:
                        conflict = error
                    except CatalogError as error:
                        work.faults.append(str(error))
                    published.progress(f"registering {table.name}", number, len(changes))
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        if conflict:
            raise conflict

    def _register(self, published: Published, work: _Work) -> None:
        try:
            wanted = registrations(published, self.table_format)
            changed = self.catalog.register(wanted, self.databases(published.dataset), self.iceberg_names(published))
        except CatalogConflict:
            raise
        except CatalogError as error:
            work.faults.append(str(error))
            return
        work.tables |= {name: PublishedTable(name, published.snapshot.run_id, {"entries": 1}) for name in changed}

    def _described_databases(self, dataset: Dataset) -> list[tuple[str, str, str]]:
        zones = ICEBERG_ZONES if self.catalog.holds_only_iceberg else tuple(Zone)
        described = [database_of(dataset, zone) for zone in zones]
        return [(one.name, one.comment, one.location) for one in described]

    def _digest(self, published: Published) -> str:
        """A digest of all that decides what the catalog holds: the lake's place and snapshot, and the definitions."""
        decisive = [
            FORMAT,
            location(published.storage),
            published.snapshot.number,
            published.snapshot.run_id,
            self.table_format,
            [parameters.contract_digest(table) for table in published.dataset.tables],
            [] if self.catalog.holds_only_iceberg else [repr(one) for one in entries(published, self.table_format)],
        ]
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()
