"""Lakes in the emulator's S3, built by runs whose publisher registers them in the emulator's Glue catalog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from covid_lake.datasets import registry
from covid_lake.engines.protocol import Engine
from covid_lake.publish.catalog import registrations
from covid_lake.publish.catalog.glue import GlueTableCatalog
from covid_lake.publish.catalog.protocol import TableFormat
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.publish.publisher import Published
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import RunReport
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import Storage, open_storage
from lake_runs import land_files, no_engine, run_lake

PSEUDONYM_KEY = "COVID_LAKE_PSEUDONYM_KEY"


@dataclass(frozen=True)
class CataloguedLake:
    """A lake that the catalog shows."""

    storage: Storage
    """Where it is."""
    reports: dict[str, list[RunReport]]
    """The runs of each dataset, in their order."""
    as_of: dict[str, Lake]
    """The lake as it was after each run, by the run's id."""

    @property
    def lake(self) -> Lake:
        return Lake(self.storage.root)

    @property
    def names(self) -> frozenset[str]:
        """The full names of the tables that the lake has."""
        return frozenset(entry.name for entry in self.lake.tables() if entry.location)

    def publisher(self, table_format: TableFormat = TableFormat.ICEBERG) -> CatalogPublisher:
        """A publisher that takes the catalog over, if another lake of the tests has it."""
        return CatalogPublisher(GlueTableCatalog(self.storage, takes_over=True), table_format)

    def run(self, engine: Engine, dataset: str, *sources: Path) -> RunReport:
        """Land what is new in folders of files, and run; the catalog shows the result."""
        runs = self.reports.setdefault(dataset, [])
        report = run_lake(
            lambda: engine,
            self.storage,
            flow=registry.flow(dataset),
            landed=land_files(self.storage, *sources, dataset=dataset, run_id=f"landing-{len(runs)}"),
            publishers=[self.publisher()],
            after_minutes=len(runs),
        )
        assert report.succeeded, report.faults
        runs.append(report)
        self.as_of[report.run_id] = self.lake.fixed()
        self.as_of[report.run_id].tables()  # reads the snapshots, which the lake would do when it is first asked
        return report

    def published(self, dataset: str) -> Published:
        """The dataset as readers see it now."""
        return Published(
            self.storage,
            registry.dataset(dataset),
            current_snapshot(self.storage, dataset),
            no_engine,
            full_refresh=True,
        )

    def publish(self, dataset: str, table_format: TableFormat = TableFormat.ICEBERG) -> None:
        """Bring the catalog up to the lake as it is, whatever the catalog has."""
        report = self.publisher(table_format).bring_up_to(self.published(dataset))
        assert not report.error, report.error


def empty_lake(bucket: str) -> CataloguedLake:
    """A lake that holds nothing yet, in a bucket of its own."""
    boto3.client("s3").create_bucket(Bucket=bucket)
    return CataloguedLake(open_storage(f"s3://{bucket}/lake"), {}, {})


@contextmanager
def made_up_datasets() -> Iterator[None]:
    """Let a publisher take datasets that are installed nowhere, and so have no views of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registrations, "view_entries", lambda *_: ())
        yield
