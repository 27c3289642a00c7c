"""Curated to the warehouse: which tables are behind the lake's snapshot, and bringing them up to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from covid_lake.contracts import Dataset, Table
from covid_lake.errors import StorageError
from covid_lake.store.parquet import read_files, read_version
from covid_lake.store.reports import LoadReport
from covid_lake.store.snapshots import Manifest, Snapshot, read_manifest
from covid_lake.store.storage import Storage
from covid_lake.warehouse.connection import WarehouseConnection

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from covid_lake.warehouse.load import Delta

PHASES = ("staging", "merging", "verifying")


def outdated_tables(
    connection: WarehouseConnection, dataset: Dataset, snapshot: Snapshot, *, force: bool = False
) -> tuple[Table, ...]:
    """The curated tables whose loaded version is not the snapshot's. Asks the warehouse itself; starts no engine.

    Without psycopg, as on Glue, every table counts as outdated: the load then asks again, through JDBC.
    """
    from covid_lake.warehouse.load import read_loaded_versions

    can_ask = find_spec("psycopg") is not None
    loaded = read_loaded_versions(connection, dataset.name) if can_ask and not force else {}
    published = [(table, snapshot.version_of(table)) for table in dataset.star]
    return tuple(table for table, version in published if version and loaded.get(table.name) != version.version)


def load_snapshot(
    spark: SparkSession,
    storage: Storage,
    connection: WarehouseConnection,
    snapshot: Snapshot,
    tables: Sequence[Table],
    progress: Callable[[str, int, int], None],
    *,
    force: bool = False,
) -> tuple[LoadReport, ...]:
    """Load the tables' versions in one transaction; raises `WarehouseError`, and the warehouse is as it was."""
    from covid_lake.warehouse.load import CuratedVersion, load_star

    versions = []
    for table in tables:
        version = snapshot.tables[table.id].version
        manifest = read_manifest(storage, table, version)
        since = partial(_since, spark, storage, table, manifest)
        versions.append(CuratedVersion(table, read_version(spark, storage, table, manifest), version, since))
    total = len(PHASES) * len(tables)
    done = 0

    def advance(table: str, phase: str) -> None:
        nonlocal done
        done += 1
        progress(f"{phase} {table}", min(done, total), total)

    loads = load_star(spark, connection, snapshot.dataset, versions, force=force, progress=advance)
    return tuple(
        LoadReport(load.table, load.version, load.staged, load.inserted, load.changed, load.deleted, load.seconds)
        for load in loads
        if not load.up_to_date
    )


def _since(spark: SparkSession, storage: Storage, table: Table, manifest: Manifest, loaded: str) -> Delta | None:
    """The months that are not the same as in the version that is loaded; None where that is gone or shares nothing."""
    from covid_lake.warehouse.load import Delta
    from covid_lake.warehouse.merge import Scope

    if not table.is_by_month or table.day_key is None:
        return None
    try:
        before = read_manifest(storage, table, loaded)
    except StorageError:  # vacuumed since: the whole table is staged
        return None
    shared = {file.path for file in before.files} & {file.path for file in manifest.files}
    if not shared:
        return None
    new = [file for file in manifest.files if file.path not in shared]
    months = {file.partition.partition("=")[2] for file in (*before.files, *new) if file.path not in shared}
    scope = Scope.of_months(table.day_key, months)
    return Delta(read_files(spark, storage, table, new), scope, manifest.rows)
