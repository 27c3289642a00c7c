"""Commands for the catalog of tables: check, sync, crawlers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from covid_lake import paths
from covid_lake.cli.group import EXIT_FAULT
from covid_lake.cli.opening import open_lake
from covid_lake.cli.options import (
    catalog_option,
    dataset_argument,
    lake_option,
    table_format_option,
    table_or_json_option,
)
from covid_lake.cli.printing import show_json
from covid_lake.cli.terminal import Terminal
from covid_lake.errors import CatalogError, SettingsError

if TYPE_CHECKING:
    from covid_lake.contracts import Dataset
    from covid_lake.engines.protocol import Engine
    from covid_lake.publish.catalog.protocol import Disagreement
    from covid_lake.publish.catalog.publisher import CatalogPublisher
    from covid_lake.publish.publisher import Published
    from covid_lake.store.storage import Storage


@click.group()
def catalog() -> None:
    """Compare the catalog of tables with the lake, or bring it in step; define crawlers to compare with."""


@catalog.command()
@dataset_argument
@lake_option
@catalog_option
@table_format_option
@table_or_json_option
def check(dataset: str, root: str, catalog: str | None, table_format: str | None, style: str) -> None:
    """Name everything in which the catalog, DATASET's files and the contracts do not agree. Exit code 1 if anything.

    Footers, manifests, Iceberg metadata and the catalog's entries are read, and new landing files; nothing is changed.

    \b
    covid-lake catalog check covid19
    covid-lake catalog check covid19 --lake s3://bucket/lake --catalog glue --format json
    """
    family, storage, publisher = _opened(dataset, root, catalog, table_format)
    found = _disagreements(publisher, _published(storage, family))
    if style == "json":
        show_json([asdict(one) for one in found])
    elif found:
        _show(found)
    else:
        Terminal().show(f"the {publisher.catalog.name} catalog, the files of {dataset} and the contracts agree")
    if found:
        sys.exit(EXIT_FAULT)


@catalog.command()
@dataset_argument
@lake_option
@catalog_option
@table_format_option
@click.option(
    "--take-over", is_flag=True, help="Also change databases and entries that another lake or somebody else made."
)
@click.option("--dry-run", is_flag=True, help="Show what does not agree, and change nothing.")
def sync(
    dataset: str, root: str, catalog: str | None, table_format: str | None, take_over: bool, dry_run: bool
) -> None:
    """Bring the catalog in step with DATASET's newest snapshot, comparing every entry; what people added stays.

    A run does the same for what has changed. Exit code 1 if something is left that does not agree, such as a file that
    the catalog can do nothing about.
    """
    from covid_lake.landing.inventory import refresh_inventory
    from covid_lake.store.runs import announced

    family, storage, publisher = _opened(dataset, root, catalog, table_format, takes_over=take_over)
    if dry_run:
        _show(_disagreements(publisher, _published(storage, family)))
        return
    with announced(storage, dataset, paths.new_run_id(datetime.now(UTC))):
        refresh_inventory(storage, family)
        report = publisher.bring_up_to(_published(storage, family, full_refresh=True))
    terminal = Terminal()
    for table in report.tables:
        terminal.show(f"changed {table.table}")
    if report.error:
        raise CatalogError(report.error)
    left = _disagreements(publisher, _published(storage, family))
    if left:
        _show(left)
        sys.exit(EXIT_FAULT)
    terminal.show(f"{len(report.tables):,} entries changed; the {publisher.catalog.name} catalog agrees with the lake")


@catalog.command()
@dataset_argument
@lake_option
@click.option("--role", required=True, help="The name or ARN of the role that the crawlers have.")
@click.option("--dry-run", is_flag=True, help="Print the requests as JSON, and change nothing.")
def crawlers(dataset: str, root: str, role: str, dry_run: bool) -> None:
    """Define a crawler for each landing table of DATASET in AWS Glue, writing into a database of their own.

    They are for people who want to compare what a crawler finds with the contracts: see docs/crawlers.md. None is
    started, and the library needs none.
    """
    from covid_lake.catalog.crawlers import crawled_database, crawler_requests
    from covid_lake.datasets import registry
    from covid_lake.publish.catalog.glue_client import glue_client
    from covid_lake.publish.catalog.glue_crawlers import apply_crawlers
    from covid_lake.store.storage import S3Storage

    family, storage = registry.dataset(dataset), open_lake(root)
    if not isinstance(storage, S3Storage):
        raise SettingsError(f"crawlers look at files in S3 only, and the lake is in {storage.root}")
    requests = crawler_requests(family, storage.root, role)
    if dry_run:
        show_json(requests)
        return
    for name, done in apply_crawlers(glue_client(), crawled_database(family), requests):
        Terminal().show(f"{done:<10} {name}")


def _opened(
    dataset: str, root: str, catalog: str | None, table_format: str | None, *, takes_over: bool = False
) -> tuple[Dataset, Storage, CatalogPublisher]:
    """The dataset, the lake and the catalog that is asked for; `SettingsError` where that is none."""
    from covid_lake.datasets import registry
    from covid_lake.runtime.publishers import catalog_publishers, chosen_catalog

    family, storage = registry.dataset(dataset), open_lake(root)
    choice = chosen_catalog(storage, catalog, table_format)
    publishers = catalog_publishers(choice, storage, takes_over=takes_over)
    if not publishers:
        raise SettingsError(choice.notice or "no catalog is named; name one with --catalog local or --catalog glue")
    return family, storage, publishers[0]


def _published(storage: Storage, family: Dataset, *, full_refresh: bool = False) -> Published:
    from covid_lake.publish.publisher import Published
    from covid_lake.store.snapshots import current_snapshot

    snapshot = current_snapshot(storage, family.name)
    return Published(storage, family, snapshot, _no_engine, full_refresh=full_refresh)


def _no_engine() -> Engine:
    raise CatalogError("a catalog needs no engine")


def _disagreements(publisher: CatalogPublisher, published: Published) -> list[Disagreement]:
    from covid_lake.publish.catalog.check import check as disagreements

    return list(disagreements(publisher, published))


def _show(found: Sequence[Disagreement]) -> None:
    terminal = Terminal()
    for one in found:
        place = f"{one.table}, column {one.column}" if one.column else one.table
        terminal.show((place, "bold"), f": {one.what}")
    terminal.show(f"disagreements: {len(found):,}")
