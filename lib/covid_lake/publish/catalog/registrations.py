"""What the catalog holds of a dataset beside its Iceberg tables: Hive tables and views, asked for by the publisher."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import unquote

from covid_lake import paths
from covid_lake.catalog.descriptions import HiveTable, View
from covid_lake.catalog.landing import landing_entries
from covid_lake.catalog.parameters import RUN_ID, SNAPSHOT, state_parameters
from covid_lake.catalog.tables import quarantine_table, stored_table
from covid_lake.catalog.views import view_entries
from covid_lake.contracts import Table, Zone
from covid_lake.datasets.registry import database_name
from covid_lake.landing.inventory import LandingFile, read_inventory
from covid_lake.landing.names import files_by_folder
from covid_lake.publish.catalog.column_statistics import VersionStatistics
from covid_lake.publish.catalog.protocol import Partition, Registration, TableFormat
from covid_lake.publish.publisher import Published
from covid_lake.store.snapshots import DataFile


def entries(
    published: Published, table_format: TableFormat, landing: Iterable[LandingFile] | None = None
) -> Sequence[HiveTable | View]:
    """The Hive tables and views that the catalog should hold, without their partitions.

    A digest of them is part of what the publisher remembers, so this must cost little: a catalog that is up to date is
    asked for it too. `landing` are the files of the landing zone; without them they are those of its inventory.
    """
    stored = [_stored(published, table) for table in published.tables] if table_format is TableFormat.HIVE else []
    names = [f"{database_name(table.dataset, table.zone)}.{table.name}" for table in published.tables]
    views = view_entries(published.dataset.name, names)
    return [*_landing(published, landing), *_quarantine(published), *stored, *views]


def registrations(
    published: Published, table_format: TableFormat, landing: Iterable[LandingFile] | None = None
) -> Sequence[Registration]:
    """The same entries with the partitions of the snapshot. Reads manifests of Hive tables."""
    by_name = {(table.zone, table.name): table for table in published.tables}
    found = []
    for entry in entries(published, table_format, landing):
        zone = Zone(entry.database.removeprefix(f"{published.dataset.name}_"))
        table = by_name.get((zone, entry.name))
        is_stored = isinstance(entry, HiveTable) and table is not None
        found.append(_registration(published, table, entry) if is_stored and table else _plain(published, entry))
    return found


def _plain(published: Published, entry: HiveTable | View) -> Registration:
    """A view, or a table that no manifest is about. It says by which snapshot it was last changed."""
    if isinstance(entry, View):
        return Registration(entry)
    snapshot = published.snapshot
    moment = {SNAPSHOT: str(snapshot.number), RUN_ID: snapshot.run_id}
    return Registration(replace(entry, parameters={**entry.parameters, **moment}))


def _landing(published: Published, landing: Iterable[LandingFile] | None) -> list[HiveTable | View]:
    """The tables whose files have arrived. An empty folder is none in S3, and a query of its table would fail."""
    files = list(read_inventory(published.storage, published.dataset.name).values() if landing is None else landing)
    found: list[HiveTable | View] = []
    for table in published.dataset.tables:
        if files_by_folder(table, [file.path for file in files]):
            found.extend(landing_entries(table, files))
    return found


def _quarantine(published: Published) -> list[HiveTable]:
    versions = ((table, published.snapshot.version_of(table)) for table in published.tables)
    return [quarantine_table(table, found.quarantine) for table, found in versions if found and found.quarantine]


def _stored(published: Published, table: Table) -> HiveTable:
    version = published.snapshot.tables[table.id].version
    return stored_table(table, None if table.partition_by else paths.version(table, version))


def _registration(published: Published, table: Table, entry: HiveTable | View) -> Registration:
    manifest = published.manifest(table)
    snapshot = published.snapshot
    rows, total = manifest.rows, manifest.total_bytes
    parameters = state_parameters(table, manifest.version, rows, total, snapshot.number, snapshot.run_id)
    # By these names Hive's readers, Spark and Trino among them, know how large a table is.
    parameters |= {"numRows": str(rows), "totalSize": str(total), "numFiles": str(len(manifest.files))}
    described = replace(entry, parameters={**entry.parameters, **parameters}) if isinstance(entry, HiveTable) else entry
    folders: dict[str, list[DataFile]] = {}
    for file in manifest.files if table.partition_by else ():
        folders.setdefault(file.path.rpartition("/")[0], []).append(file)
    partitions = [
        Partition(
            values=tuple(unquote(part.partition("=")[2]) for part in files[0].partition.split("/")),
            location=f"{paths.table(table)}/{folder}",
            rows=sum(file.rows for file in files),
            bytes=sum(file.bytes for file in files),
        )
        for folder, files in folders.items()
    ]
    return Registration(described, tuple(partitions), VersionStatistics(published.storage, table, manifest))
