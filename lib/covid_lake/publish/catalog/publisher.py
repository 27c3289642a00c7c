"""The catalog as a publisher: finds whether it shows the lake's snapshot, and brings it there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from covid_lake import paths
from covid_lake.catalog import parameters
from covid_lake.contracts import Dataset, Zone
from covid_lake.datasets.registry import database_name
from covid_lake.errors import CatalogError
from covid_lake.publish.catalog.locations import location
from covid_lake.publish.catalog.protocol import TableCatalog, TableFormat
from covid_lake.publish.catalog.registrations import entries, registrations
from covid_lake.publish.publisher import Published
from covid_lake.store.reports import PublishedTable, PublisherReport
from covid_lake.store.snapshots import Snapshot
from covid_lake.store.storage import Storage

# Counts how often it was changed what the publisher writes, so that what an older one wrote is brought up to date.
FORMAT: Final = 1
ICEBERG_ZONES: Final = (Zone.TRUSTED, Zone.CURATED)


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
        databases = self._databases(dataset)
        self.catalog.create_databases(databases)
        done: list[PublishedTable] = []
        if not self.catalog.holds_only_iceberg:
            names = [name for name, _, _ in databases]
            changed = self.catalog.register(registrations(published, self.table_format), names)
            done += (PublishedTable(name.partition(".")[2], "", {"entries": 1}) for name in changed)
        faults: list[str] = []
        if self.table_format is TableFormat.ICEBERG:
            tables, faults, gave_way = self._bring_up_iceberg(published)
            done += tables
            if gave_way:
                return PublisherReport(self.name, tuple(done), "; ".join(faults))
        if not faults:
            self.catalog.remember(dataset.name, wanted)
        return PublisherReport(self.name, tuple(done), "; ".join(faults))

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

    def _bring_up_iceberg(self, published: Published) -> tuple[list[PublishedTable], list[str], bool]:
        """The tables that were changed, the faults, and whether another publisher was ahead of this one."""
        from covid_lake.publish.catalog.iceberg import GaveWay, IcebergTables

        done: list[PublishedTable] = []
        faults: list[str] = []
        with self.catalog.iceberg() as catalog:
            tables = IcebergTables(catalog, published)
            for number, table in enumerate(published.tables, start=1):
                try:
                    if report := tables.bring_up(table):
                        done.append(report)
                except GaveWay:
                    return done, faults, True
                except CatalogError as error:
                    faults.append(str(error))
                published.progress(f"registering {table.name}", number, len(published.tables))
        return done, faults, False

    def _databases(self, dataset: Dataset) -> list[tuple[str, str, str]]:
        zones = ICEBERG_ZONES if self.catalog.holds_only_iceberg else tuple(Zone)
        return [
            (database_name(dataset.name, zone), f"{dataset.title}: {zone}", f"{zone}/{dataset.name}") for zone in zones
        ]

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
