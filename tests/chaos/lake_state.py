"""What a lake and a warehouse hold, as digests that two of them can be compared by; and what must hold of any lake."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from covid_lake import paths
from covid_lake.contracts import Dataset, Table, Zone
from covid_lake.datasets import registry
from covid_lake.errors import LakeError
from covid_lake.landing.inventory import read_inventory
from covid_lake.pipeline.run import Request, make_plan
from covid_lake.publish.catalog.iceberg import load, version_in
from covid_lake.publish.catalog.local import LocalCatalog
from covid_lake.reading.lake import Lake
from covid_lake.store.retention import read_snapshots
from covid_lake.store.snapshots import Manifest, Snapshot, current_snapshot, read_manifest
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.control import CONTROL_TABLES

DATASET = "covid19"
ZONES = (Zone.TRUSTED, Zone.CURATED, Zone.QUARANTINE)
# Which run brought a row is told by every row of trusted and quarantine, and differs between any two lakes.
OF_THE_RUN = ("run_id",)

State = Mapping[str, str]


def readers_state(root: Path) -> dict[str, str]:
    """A digest of the rows of every table that a reader can see, order and runs left aside, by the table's name."""
    lake = Lake(root)
    shown = [
        entry.name for entry in lake.tables() if entry.table.zone is not Zone.LANDING and entry.location is not None
    ]
    with duckdb.connect() as connection:
        return {name: _digest(connection, lake.arrow(name)) for name in shown}


def landing_state(root: Path) -> dict[str, str]:
    """The checksum of every landing file that can be seen, by its path."""
    folder = root / paths.landing(DATASET)
    return {
        f"landing/{file.relative_to(folder)}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.startswith(".")
    }


def books_state(root: Path) -> dict[str, str]:
    """What the lake knows of itself: landing's inventory, the accounts of the tables, what a run would do next."""
    storage, dataset, flow = LocalStorage(root), registry.dataset(DATASET), registry.flow(DATASET)
    inventory = read_inventory(storage, DATASET)
    inspections = {f"inventory/{path}": json.dumps(asdict(file.inspection)) for path, file in inventory.items()}
    accounts = {}
    for table, manifest in _manifests(storage, dataset, current_snapshot(storage, DATASET)):
        counted = (manifest.rows, dict(manifest.records), dict(manifest.rejected), manifest.superseded)
        accounts[f"accounts/{table.id}"] = str(counted)
    plan = make_plan(flow, storage, Request())
    planned = {f"plan/{one.step.target.id}": str(one.action) for one in plan.steps}
    return {**inspections, **accounts, **planned}


def warehouse_state(connection: WarehouseConnection) -> dict[str, str]:
    """A digest of the rows of every table in the warehouse, by the table's name; empty before the first load."""
    with connection.connect() as opened:
        names = [name for (name,) in opened.execute(_TABLES_OF_SCHEMA, (DATASET,)).fetchall()]
        digests = {}
        for name in names:
            query = f'SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM "{DATASET}"."{name}" AS t'
            digests[f"warehouse.{name}"] = str(opened.execute(query.encode()).fetchone())
        return digests


def warehouse_faults(connection: WarehouseConnection) -> list[str]:
    """Where a table has other rows than its entry in the record of what is loaded says."""
    faults = []
    with connection.connect() as opened:
        names = {name for (name,) in opened.execute(_TABLES_OF_SCHEMA, (DATASET,)).fetchall()}
        record = f'SELECT table_name, row_count FROM "{DATASET}_staging".loaded_versions'
        recorded = dict(opened.execute(record.encode()).fetchall()) if names else {}
        if set(recorded) != names:
            faults.append(f"the warehouse has {sorted(names)}, and its record names {sorted(recorded)}")
        for name in sorted(names & set(recorded)):
            rows = opened.execute(f'SELECT count(*) FROM "{DATASET}"."{name}"'.encode()).fetchone()
            if rows != (recorded[name],):
                faults.append(f"warehouse table {name} has {rows} rows, and its record says {recorded[name]}")
    return faults


def staging_tables(connection: WarehouseConnection) -> list[str]:
    """The staging tables that lie in the warehouse; none where no load is at work."""
    with connection.connect() as opened:
        names = [name for (name,) in opened.execute(_TABLES_OF_SCHEMA, (f"{DATASET}_staging",)).fetchall()]
    return [name for name in names if name not in CONTROL_TABLES]


def view_faults(root: Path) -> list[str]:
    """What a reader could stumble over; empty for a lake that is whole, whatever was killed on it."""
    storage, dataset = LocalStorage(root), registry.dataset(DATASET)
    faults = []
    try:
        snapshots = read_snapshots(storage, DATASET)
        numbers = [snapshot.number for snapshot in snapshots]
        if numbers != list(range(1, len(numbers) + 1)):
            faults.append(f"the chain of snapshots is broken: {numbers}")
        if not snapshots:
            return faults
        # An older state can be restored, so that what it names must be there as well.
        for snapshot in snapshots:
            for table, manifest in _manifests(storage, dataset, snapshot):
                faults += _file_faults(root, table, manifest, snapshot)
        return faults + _query_faults(root, dataset, snapshots[-1]) + _catalog_faults(storage, dataset)
    except LakeError as error:
        return [*faults, f"a reader is told: {error}"]


def leavings(root: Path) -> list[str]:
    """Files and folders that belong to no version of any snapshot, to no landing file and to no run that is over."""
    storage, dataset = LocalStorage(root), registry.dataset(DATASET)
    reached = _reached_folders(storage, dataset)
    found = []
    for zone in ZONES:
        for folder in sorted((root / zone / DATASET).glob("*/version=*")):
            if folder.relative_to(root).as_posix() not in reached:
                found.append(f"{folder.relative_to(root)}: no snapshot names it")
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.name.endswith(".tmp"):
            found.append(f"{relative}: a file that was never finished")
        elif path.name == "_temporary":
            found.append(f"{relative}: a folder of the engine's")
        elif relative.parts[0] == paths.RUNNING and path.is_file():
            found.append(f"{relative}: the marker of a run that is over")
    return found


def differences(found: State, expected: State) -> list[str]:
    """Where two states differ, in a line each."""
    return [
        f"{name}: {found.get(name, 'absent')} instead of {expected.get(name, 'absent')}"
        for name in sorted({*found, *expected})
        if found.get(name) != expected.get(name)
    ]


def mixture_faults(found: State, before: State, after: State) -> list[str]:
    """Where a state is neither of the two, or has one part of the star from each.

    A trusted table and a landing file change one by one; the curated tables together, and so do the warehouse's.
    """
    faults = [
        f"{name} is neither as it was nor as it will be: {found.get(name, 'absent')}"
        for name in sorted({*found, *before, *after})
        if found.get(name) not in (before.get(name), after.get(name))
    ]
    for prefix in (f"{DATASET}_{Zone.CURATED}.", "warehouse."):
        changed = [
            name for name in {*before, *after} if name.startswith(prefix) and before.get(name) != after.get(name)
        ]
        ages = Counter("old" if found.get(name) == before.get(name) else "new" for name in changed)
        if len(ages) > 1:
            faults.append(f"{prefix[:-1]} is a mixture: {ages['old']} tables are old and {ages['new']} new")
    return faults


_TABLES_OF_SCHEMA = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s ORDER BY 1"


def _digest(connection: duckdb.DuckDBPyConnection, table: pa.Table) -> str:
    rows = table.drop_columns([name for name in OF_THE_RUN if name in table.column_names])
    columns = ", ".join(f'"{name}"' for name in rows.column_names)
    found = connection.from_arrow(rows).query("rows", f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM rows")
    return str(found.fetchone())


def _manifests(storage: LocalStorage, dataset: Dataset, snapshot: Snapshot) -> Iterator[tuple[Table, Manifest]]:
    for table in dataset.tables:
        if entry := snapshot.version_of(table):
            yield table, read_manifest(storage, table, entry.version)


def _file_faults(root: Path, table: Table, manifest: Manifest, snapshot: Snapshot) -> list[str]:
    where = f"snapshot {snapshot.number}, {table.id}"
    faults = []
    if manifest.rows != snapshot.tables[table.id].rows:
        faults.append(f"{where}: {snapshot.tables[table.id].rows} rows, of which the manifest has {manifest.rows}")
    for file in manifest.files:
        path = root / paths.table(table) / file.path
        if not path.is_file():
            faults.append(f"{where}: {file.path} is missing")
        elif path.stat().st_size != file.bytes:
            faults.append(f"{where}: {file.path} has {path.stat().st_size} bytes of {file.bytes}")
        elif pq.read_metadata(path).num_rows != file.rows:
            faults.append(f"{where}: {file.path} has {pq.read_metadata(path).num_rows} rows of {file.rows}")
    if manifest.quarantine:
        refused = sum(pq.read_metadata(file).num_rows for file in (root / manifest.quarantine).rglob("*.parquet"))
        if refused != sum(manifest.rejected.values()):
            faults.append(f"{where}: {refused} rows in quarantine of {sum(manifest.rejected.values())}")
    return faults


def _query_faults(root: Path, dataset: Dataset, snapshot: Snapshot) -> list[str]:
    """Rows as SQL counts them, and references of the star that find no row, in one query of one state."""
    there = [table for table in dataset.tables if table.id in snapshot.tables]
    parts, expected = [], {}
    for table in there:
        expected[f"rows of {table.id}"] = snapshot.tables[table.id].rows
        parts.append(f"SELECT 'rows of {table.id}' AS what, count(*) AS found FROM {_sql_name(table)}")
        for reference in table.references:
            target = dataset.table_of_id(reference.table)
            if target not in there:
                continue
            what = f"orphans of {table.id}.{reference.column}"
            expected[what] = 0
            parts.append(
                f"SELECT '{what}', count(*) FROM {_sql_name(table)} AS own LEFT JOIN {_sql_name(target)} AS other "
                f"ON own.{reference.column} = other.{reference.target} "
                f"WHERE own.{reference.column} IS NOT NULL AND other.{reference.target} IS NULL"
            )
    answer = Lake(root).sql(" UNION ALL ".join(parts)).arrow.to_pydict()
    found = dict(zip(answer["what"], answer["found"], strict=True))
    return [f"{what}: {found[what]} instead of {wanted}" for what, wanted in expected.items() if found[what] != wanted]


def _catalog_faults(storage: LocalStorage, dataset: Dataset) -> list[str]:
    """Where an Iceberg table is not, whole, one version of the lake; none where the lake has no catalog."""
    catalog, faults = LocalCatalog(storage), []
    if not catalog.file.exists() or not catalog.file.stat().st_size:  # on a full disk it is made, and stays empty
        return faults
    with catalog.iceberg() as opened:
        for table in dataset.tables:
            shown = load(opened, table)
            version = version_in(shown.metadata) if shown else None
            if shown is None or version is None:
                continue
            scan = shown.scan()
            files = {task.file.file_path.partition(f"/{paths.table(table)}/")[2] for task in scan.plan_files()}
            manifest = read_manifest(storage, table, version)
            if files != {file.path for file in manifest.files}:
                faults.append(f"the catalog's {table.id} has other files than its version {version}")
            elif (rows := scan.to_arrow().num_rows) != manifest.rows:
                faults.append(f"the catalog's {table.id} has {rows} rows instead of {manifest.rows}")
    return faults


def _sql_name(table: Table) -> str:
    return f"{table.dataset}_{table.zone}.{table.name}"


def _reached_folders(storage: LocalStorage, dataset: Dataset) -> set[str]:
    """The version folders that hold what some snapshot's manifests name, and those manifests' own."""
    reached = set()
    for snapshot in read_snapshots(storage, dataset.name):
        for table, manifest in _manifests(storage, dataset, snapshot):
            reached.add(paths.version(table, manifest.version))
            reached |= {f"{paths.table(table)}/{file.path.split('/')[0]}" for file in manifest.files}
            if manifest.quarantine:
                reached.add(manifest.quarantine)
    return reached
