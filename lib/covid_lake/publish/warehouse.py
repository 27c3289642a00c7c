"""The warehouse as a publisher: finds which curated tables are behind the lake's snapshot, and loads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING

from covid_lake.contracts import Dataset, Table
from covid_lake.errors import SettingsError, StorageError, WarehouseError
from covid_lake.publish.publisher import Published
from covid_lake.store.reports import PublishedTable, PublisherReport
from covid_lake.store.snapshots import Manifest, Snapshot, read_manifest
from covid_lake.store.storage import Storage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.copying import DEFAULT_ROLE
from covid_lake.warehouse.dialects import POSTGRESQL
from covid_lake.warehouse.drivers import driver_for
from covid_lake.warehouse.retries import DEFAULT_MINUTES, Deadline

if TYPE_CHECKING:
    from covid_lake.engines.protocol import Engine
    from covid_lake.warehouse.drivers import Driver
    from covid_lake.warehouse.staging import CuratedVersion, Delta
    from covid_lake.warehouse.views import WarehouseView

PHASES = ("staging", "merging", "verifying")


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What a load is asked to do."""

    tables: tuple[str, ...] = ()
    """Names of the tables to load; none means all. `SettingsError` for one that the warehouse does not get."""
    is_full: bool = False
    """Whether tables that are up to date are loaded again, and each one whole; otherwise only what has changed."""
    copy_role: str = DEFAULT_ROLE
    """The ARN of the IAM role with which Redshift reads the lake; `default` is the one that it has as its default."""
    minutes: float = DEFAULT_MINUTES
    """How long the load may take; what still runs then is cancelled."""

    def tables_of(self, dataset: Dataset) -> tuple[Table, ...]:
        """The contracts of the tables to load."""
        names = [table.name for table in dataset.star]
        if unknown := [name for name in self.tables if name not in names]:
            raise SettingsError(
                f"{unknown[0]} is no table of {dataset.name} that a warehouse gets; there is: {', '.join(names)}"
            )
        return tuple(table for table in dataset.star if not self.tables or table.name in self.tables)


@dataclass(frozen=True, slots=True)
class WarehousePublisher:
    """Loads the curated tables into the warehouse: all that are behind in one transaction, or none of them."""

    connection: WarehouseConnection
    """Where the warehouse is."""
    request: LoadRequest = LoadRequest()
    """What is to be loaded, and how."""
    engine: Callable[[], Engine] | None = None
    """Gives the engine whose JVM reaches Redshift, for `purge`; loads have that of the run."""

    @property
    def name(self) -> str:
        return "warehouse"

    def bring_up_to(self, published: Published) -> PublisherReport:
        """Load the tables whose version in the warehouse is not the snapshot's.

        Raises `WarehouseError` where the warehouse refuses; it is then as it was before.
        """
        outdated = self._outdated(published)
        return PublisherReport(self.name, self._load(published, outdated) if outdated else ())

    def expire(self, storage: Storage, dataset: Dataset, kept: Sequence[Snapshot], run_id: str) -> None:
        """Do nothing: a warehouse has rows of its own."""

    def purge(self, storage: Storage, dataset: Dataset) -> None:
        """Remove for good what was deleted from the dataset's loaded tables (see `warehouse.purging`)."""
        del storage
        from covid_lake.warehouse.purging import purge, purge_redshift

        if self.connection.dialect is POSTGRESQL:
            purge(self.connection, dataset)
        elif self.engine is None:
            raise WarehouseError(f"rows that were deleted from {self.connection.url} can't be purged without an engine")
        else:
            purge_redshift(driver_for(self.connection, self.engine, Deadline(self.request.minutes)), dataset)

    def preview(self, published: Published) -> str:
        """The SQL that `bring_up_to` would run now; see `load.preview_star`."""
        from covid_lake.warehouse.load import preview_star

        dataset, wanted = published.dataset, self.request.tables_of(published.dataset)
        return preview_star(
            self._driver(published),
            dataset.name,
            curated_versions(published, [table for table in wanted if published.snapshot.version_of(table)]),
            star=dataset.star,
            views=self._views(dataset),
            force=published.full_refresh or self.request.is_full,
            copy_role=self.request.copy_role,
        )

    def _views(self, dataset: Dataset) -> tuple[WarehouseView, ...]:
        """The views that a load creates. In PostgreSQL they would keep a table from being built anew beneath them."""
        from covid_lake.warehouse.views import warehouse_views

        dialect = self.connection.dialect
        return warehouse_views(dataset.name, dialect) if dialect.copies_from_lake else ()

    def _driver(self, published: Published) -> Driver:
        return driver_for(self.connection, published.engine, Deadline(self.request.minutes))

    def _outdated(self, published: Published) -> tuple[Table, ...]:
        """The curated tables that have to be loaded, according to the warehouse itself. Starts no engine.

        Where only JDBC reaches the warehouse, these are all tables: the load then asks the warehouse itself.
        """
        from covid_lake.warehouse.load import read_loaded_versions

        can_ask = self.connection.dialect is POSTGRESQL and find_spec("psycopg") is not None
        is_full = published.full_refresh or self.request.is_full
        loaded = read_loaded_versions(self.connection, published.dataset.name) if can_ask and not is_full else {}
        wanted = self.request.tables_of(published.dataset)
        versions = [(table, published.snapshot.version_of(table)) for table in wanted]
        return tuple(table for table, version in versions if version and loaded.get(table.name) != version.version)

    def _load(self, published: Published, tables: Sequence[Table]) -> tuple[PublishedTable, ...]:
        from covid_lake.warehouse.load import load_star

        versions = curated_versions(published, tables)
        total = len(PHASES) * len(tables)
        begun = count(1)  # which several threads may ask

        def advance(table: str, phase: str) -> None:
            published.progress(f"{phase} {table}", min(next(begun), total), total)

        loads = load_star(
            self._driver(published),
            published.dataset.name,
            versions,
            star=published.dataset.star,
            views=self._views(published.dataset),
            force=published.full_refresh or self.request.is_full,
            copy_role=self.request.copy_role,
            progress=advance,
        )
        return tuple(
            PublishedTable(
                table=load.table,
                version=load.version,
                counts={
                    "staged": load.staged,
                    "inserted": load.inserted,
                    "updated": load.changed,
                    "deleted": load.deleted,
                },
                seconds=load.seconds,
            )
            for load in loads
            if not load.up_to_date
        )


def curated_versions(published: Published, tables: Sequence[Table]) -> tuple[CuratedVersion, ...]:
    """The tables' published versions, as a load takes them."""
    from covid_lake.warehouse.staging import CuratedVersion

    versions = []
    for table in tables:
        manifest = published.manifest(table)
        since = partial(_since, published.storage, table, manifest)
        versions.append(CuratedVersion(table, manifest.version, published.storage, manifest.files, since))
    return tuple(versions)


def _since(storage: Storage, table: Table, manifest: Manifest, loaded: str) -> Delta | None:
    """The months that differ from the loaded version; None if that version is gone or has no file in common."""
    from covid_lake.warehouse.merge import Scope
    from covid_lake.warehouse.staging import Delta

    if table.day_column is None:
        return None
    try:
        before = read_manifest(storage, table, loaded)
    except StorageError:  # vacuum has removed that version: stage the whole table
        return None
    shared = {file.path for file in before.files} & {file.path for file in manifest.files}
    if not shared:
        return None
    new = tuple(file for file in manifest.files if file.path not in shared)
    months = {file.partition.partition("=")[2] for file in (*before.files, *new) if file.path not in shared}
    scope = Scope.of_months(table.day_column, months)
    return Delta(new, scope)
