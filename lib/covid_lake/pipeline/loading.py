"""Curated to the warehouse: which tables are behind the lake's snapshot, and bringing them up to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from covid_lake.contracts import Dataset, Table
from covid_lake.pipeline.report import LoadReport
from covid_lake.store.parquet import read_version
from covid_lake.store.snapshots import Snapshot, read_manifest
from covid_lake.store.storage import Storage
from covid_lake.warehouse.connection import WarehouseConnection

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

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
        frame = read_version(spark, storage, table, read_manifest(storage, table, version))
        versions.append(CuratedVersion(table, frame, version))
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
