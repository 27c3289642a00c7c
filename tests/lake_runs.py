"""Runs of the pipeline for tests: a lake built from a folder of landing files, and what a run told its listener."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg.sql import SQL, Identifier

from covid_lake.contracts import Table
from covid_lake.datasets import registry
from covid_lake.engines.protocol import Engine
from covid_lake.flows import Flow
from covid_lake.landing.arrivals import LandingResult, land
from covid_lake.pipeline.listeners import Listener
from covid_lake.pipeline.run import Request, Run
from covid_lake.publish.publisher import Publisher
from covid_lake.publish.warehouse import WarehousePublisher
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import PublishedTable, RunReport, TableReport
from covid_lake.store.storage import LocalStorage, S3Storage, Storage, open_storage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake_samples.manifest import SampleManifest

NOON = datetime(2021, 6, 30, 12, tzinfo=UTC)


@dataclass
class Recorder:
    """A listener that keeps what it was told."""

    labels: list[str] = field(default_factory=list)
    tables_started: list[str] = field(default_factory=list)
    reports: list[TableReport] = field(default_factory=list)

    def progress(self, label: str, done: int, total: int) -> None:
        self.labels.append(label)

    def started(self, table: str) -> None:
        self.tables_started.append(table)

    def finished(self, report: TableReport) -> None:
        self.reports.append(report)


@dataclass(frozen=True)
class BuiltLake:
    """A lake, the sample that it was built from, and the report of the run that built it."""

    storage: LocalStorage
    source: Path
    manifest: SampleManifest
    landed: LandingResult
    report: RunReport

    def copy(self, root: Path) -> LocalStorage:
        """The lake once more at another place, for a test to change."""
        shutil.copytree(self.storage.directory, root)
        return LocalStorage(root)


def no_engine() -> Engine:
    """For runs that must not start an engine."""
    raise AssertionError("the run asked for an engine although there is nothing to do")


def land_files(
    storage: Storage, *sources: str | Path, run_id: str = "landing", dataset: str = "covid19"
) -> LandingResult:
    """Land what the folders hold for the dataset."""
    return land(registry.dataset(dataset), [open_storage(str(source)) for source in sources], storage, run_id)


def run_lake(
    start_engine: Callable[[], Engine],
    storage: Storage,
    request: Request | None = None,
    *,
    flow: Flow | None = None,
    landed: LandingResult | None = None,
    listener: Listener | None = None,
    warehouse: WarehouseConnection | None = None,
    publishers: Sequence[Publisher] = (),
    after_minutes: int = 0,
) -> RunReport:
    """Run covid19, or the flow given, as of noon of a fixed day; `after_minutes` orders the runs of a test.

    A `warehouse` is the first publisher.
    """
    run = Run(
        flow or registry.flow("covid19"),
        storage,
        start_engine,
        listener or Recorder(),
        request or Request(),
        [*([WarehousePublisher(warehouse)] if warehouse else []), *publishers],
        now=lambda: NOON + timedelta(minutes=after_minutes),
    )
    return run.execute(landed)


def build_sample_lake(engine: Engine, source: Path, root: Path) -> BuiltLake:
    """Land and run a generated sample."""
    storage = LocalStorage(root)
    landed = land_files(storage, source)
    report = run_lake(lambda: engine, storage, landed=landed)
    assert report.succeeded, report.faults
    return BuiltLake(storage, source, SampleManifest.read(source), landed, report)


def report_of(report: RunReport, table: str) -> TableReport:
    """The line of a run report on the table called `zone.name`."""
    return next(one for one in report.tables if one.table == table)


def loads_of(report: RunReport) -> tuple[PublishedTable, ...]:
    """What the run loaded into the warehouse."""
    (found,) = (one for one in report.publishers if one.publisher == "warehouse")
    return found.tables


def emptied(warehouse: WarehouseConnection) -> WarehouseConnection:
    """The warehouse with nothing loaded: its server is shared, and any test before may have loaded any dataset."""
    with warehouse.connect() as opened:
        schemas = opened.execute(
            "SELECT nspname FROM pg_namespace"
            " WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')"
        ).fetchall()
        for (schema,) in schemas:
            opened.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))
    return warehouse


def rows_of(warehouse: WarehouseConnection, table: Table) -> Counter[tuple[Any, ...]]:
    names = ", ".join(f'"{column.name}"' for column in table.stored_columns)
    with warehouse.connect() as opened:
        return Counter(opened.execute(f'SELECT {names} FROM "{table.dataset}"."{table.name}"'.encode()).fetchall())


def differing_tables(
    lake: LocalStorage | S3Storage, warehouse: WarehouseConnection, dataset: str = "covid19"
) -> list[str]:
    """The curated tables whose rows in the warehouse are not those in the lake."""
    found = []
    for table in registry.dataset(dataset).star:
        names = [column.name for column in table.stored_columns]
        rows = Lake(lake.root).arrow(f"{dataset}_{table.id}").select(names).to_pylist()
        assert rows, table.id
        if Counter(tuple(map(_as_in_warehouse, row.values())) for row in rows) != rows_of(warehouse, table):
            found.append(table.id)
    return found


def _as_in_warehouse(value: Any) -> Any:
    """A moment of the lake, which is in UTC, as the warehouse has it, without a time zone."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
