"""Commands for the versions of tables: versions, restore, vacuum."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from covid_lake import paths
from covid_lake.cli.opening import open_lake
from covid_lake.cli.options import catalog_option, dataset_argument, lake_option, table_format_option
from covid_lake.cli.terminal import Terminal
from covid_lake.contracts import Zone
from covid_lake.errors import SettingsError, UnknownTable
from covid_lake.reading.grid import Column, Grid

if TYPE_CHECKING:
    from covid_lake.datasets.registry import NamedTable


@click.command()
@click.argument("table")
@lake_option
def versions(table: str, root: str) -> None:
    """List the versions of TABLE that can be restored, such as covid19_curated.fact_cases."""
    from covid_lake.datasets.registry import table_called
    from covid_lake.store.retention import versions_of

    found = table_called(table)
    _require_versions(found)
    kept = versions_of(open_lake(root), found.contract)
    if not kept:
        raise UnknownTable(f"{found} was not built in this lake yet; build it with: covid-lake run {found.dataset}")
    columns = [Column("version"), Column("rows", right=True), Column("snapshots"), Column("built from"), Column("")]
    rows = []
    for known in kept:
        entry, (first, last) = known.entry, known.snapshots
        numbers = f"{first}" if first == last else f"{first} to {last}"
        sources = f"{len(entry.inputs):,} {'files' if found.zone is Zone.TRUSTED else 'tables'}"
        rows.append((entry.version, f"{entry.rows:,}", numbers, sources, "current" if known.is_current else ""))
    Terminal().show_grid(Grid(columns, rows))


@click.command()
@click.argument("table")
@click.argument("version")
@lake_option
@catalog_option
@table_format_option
def restore(table: str, version: str, root: str, catalog: str | None, table_format: str | None) -> None:
    """Make an older VERSION of TABLE the one that readers see.

    A curated table is restored together with the other curated tables of its time, and with trusted tables that are
    built from them, since facts and dimensions of different times don't fit together. No data is copied or removed: the
    version that readers had until now can be restored in the same way. The next run will build from the newer landing
    files again, so correct or remove these first.
    """
    from covid_lake.datasets import registry
    from covid_lake.runtime.publishers import bring_up, catalog_publishers, chosen_catalog
    from covid_lake.store.retention import restore as restore_version
    from covid_lake.store.runs import announced

    found = registry.table_called(table)
    _require_versions(found)
    flow, storage = registry.flow(found.dataset), open_lake(root)
    publishers = catalog_publishers(chosen_catalog(storage, catalog, table_format), storage)
    run_id = paths.new_run_id(datetime.now(UTC))
    with announced(storage, found.dataset, run_id):
        snapshot = restore_version(storage, flow, found.contract, version, run_id)
        bring_up(publishers, storage, flow.dataset)
    is_of_star = found.contract in (step.target for step in flow.star)
    what = "the star of that version" if is_of_star else found.contract.id
    Terminal().show(
        f"since snapshot {snapshot.number} readers see {what}; 'covid-lake plan' shows what the next run would do"
    )


@click.command()
@dataset_argument
@lake_option
@catalog_option
@table_format_option
@click.option("--keep", type=click.IntRange(min=1), default=3, show_default=True, help="Versions a table keeps.")
@click.option("--dry-run", is_flag=True, help="Show what would be removed.")
def vacuum(dataset: str, root: str, catalog: str | None, table_format: str | None, keep: int, dry_run: bool) -> None:
    """Remove all but the newest versions of DATASET's tables, from the catalog too, and orphaned files.

    Refused files, with their reasons, are removed if the run that refused them is older than every snapshot that is
    kept. Files of a run in progress stay. A reader that started more than --keep versions ago loses its files.
    """
    from covid_lake.datasets import registry
    from covid_lake.publish.publisher import expire_all
    from covid_lake.runtime.publishers import (
        bring_up,
        catalog_publishers,
        chosen_catalog,
        require_catalog_named,
    )
    from covid_lake.store.retention import vacuum as remove_old
    from covid_lake.store.runs import announced

    family, storage = registry.dataset(dataset), open_lake(root)
    choice = chosen_catalog(storage, catalog, table_format)
    if dry_run:
        removed = remove_old(storage, family, keep, dry_run=True)
    else:
        require_catalog_named(choice, storage, family)
        publishers, run_id = catalog_publishers(choice, storage), paths.new_run_id(datetime.now(UTC))
        with announced(storage, dataset, run_id):
            bring_up(publishers, storage, family)
            let_go = partial(expire_all, publishers, storage, family, run_id)
            removed = remove_old(storage, family, keep, before_removal=let_go)
    verb, terminal = "would be removed" if dry_run else "removed", Terminal()
    for folder in removed.versions():
        terminal.show(f"  {folder}")
    terminal.show(
        f"{len(removed.files):,} files ({removed.bytes / 1e6:,.1f} MB) and {len(removed.snapshots):,} snapshots {verb}"
    )


def _require_versions(table: NamedTable) -> None:
    if table.zone not in (Zone.TRUSTED, Zone.CURATED):
        raise SettingsError(f"{table} has no versions; only trusted and curated tables have")
