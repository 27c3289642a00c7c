"""Commands that bring a lake up to date: land, run, plan, report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from covid_lake import paths
from covid_lake.cli.group import EXIT_FAULT
from covid_lake.cli.opening import display_of, engine_for, open_lake, open_place, start_warehouse
from covid_lake.cli.options import (
    catalog_option,
    dataset_argument,
    endpoint_option,
    engine_option,
    from_date_option,
    lake_option,
    only_option,
    source_option,
    table_format_option,
    to_date_option,
    unsigned_option,
    warehouse_option,
)
from covid_lake.cli.printing import show_json
from covid_lake.cli.terminal import Terminal
from covid_lake.contracts import Zone
from covid_lake.errors import SettingsError

if TYPE_CHECKING:
    from covid_lake.cli.display import RunDisplay
    from covid_lake.landing.arrivals import LandingResult
    from covid_lake.publish.publisher import Publisher
    from covid_lake.store.storage import Storage
    from covid_lake.warehouse.connection import WarehouseConnection


@click.command()
@dataset_argument
@source_option
@lake_option
@endpoint_option
@unsigned_option
@click.option("--dry-run", is_flag=True, help="Inspect the files and show what would be copied or refused.")
def land(
    dataset: str, sources: tuple[str, ...], root: str, endpoint: str | None, unsigned: bool, dry_run: bool
) -> None:
    """Copy new and changed files of DATASET into the landing zone.

    Every file is inspected first: its checksum, the end of a gzip, its text, its header, its last line. A damaged file
    is refused with a reason and kept in quarantine; it never replaces a good one.
    """
    terminal = Terminal()
    storage = open_place(root)
    with display_of(terminal) as display:
        result = _land(dataset, sources, storage, display, endpoint, unsigned, dry_run)
    _show_landing(terminal, result, dry_run)
    if result.refused:
        sys.exit(EXIT_FAULT)


@click.command()
@dataset_argument
@source_option
@lake_option
@warehouse_option
@catalog_option
@table_format_option
@only_option
@click.option("--full-refresh", is_flag=True, help="Build everything again, even if it is up to date.")
@from_date_option
@to_date_option
@endpoint_option
@unsigned_option
@engine_option
@click.option("--dry-run", is_flag=True, help="Show the plan and do nothing, as 'covid-lake plan' does.")
def run(
    dataset: str,
    sources: tuple[str, ...],
    root: str,
    warehouse: str | None,
    catalog: str | None,
    table_format: str | None,
    only: tuple[str, ...],
    full_refresh: bool,
    first_day: datetime | None,
    last_day: datetime | None,
    endpoint: str | None,
    unsigned: bool,
    engine: str | None,
    dry_run: bool,
) -> None:
    """Bring DATASET's trusted and curated tables, the catalog and the warehouse up to date with the landing zone.

    A table is built if its data or code has changed; if none has, no engine is started. A new version is written,
    checked and then published; a table that fails keeps its old version. With --from, files are landed first.
    --from-date and --to-date build these days again, in the tables that can be built by day.

    \b
    covid-lake run covid19 --from s3://covid19-lake --from jhu/
    covid-lake run covid19 --only fact_cases --from-date 2020-03-01 --to-date 2020-03-31
    """
    from covid_lake.cli.display import show_plan, show_summary
    from covid_lake.datasets import registry
    from covid_lake.pipeline.run import Request, Run, make_plan, require_keys, require_sense
    from covid_lake.runtime.engine_choice import chosen_engine
    from covid_lake.runtime.publishers import catalog_publishers, chosen_catalog, warehouse_publishers

    terminal = Terminal()
    flow, storage = registry.flow(dataset), open_place(root)
    first, last = _days(first_day, last_day)
    request = Request(only, full_refresh, first_day=first, last_day=last)
    require_keys(flow, request)  # before files are landed in vain
    choice = chosen_catalog(storage, catalog, table_format)
    followers = catalog_publishers(choice, storage)
    if not dry_run:
        chosen_engine(engine)  # the same
    if not sources:
        require_sense(flow, storage, request)  # before a warehouse is started in vain
    with display_of(terminal) as display:
        if dry_run:
            if sources:
                _show_landing(terminal, _land(dataset, sources, storage, display, endpoint, unsigned, True), True)
            show_plan(terminal, make_plan(flow, storage, request, display, unchecked=bool(sources)))
            return
        run_id = paths.new_run_id(datetime.now(UTC))
        landed = _land(dataset, sources, storage, display, endpoint, unsigned, False, run_id) if sources else None
        target = start_warehouse(warehouse, display) if warehouse is not None else None
        with engine_for(root, engine, display) as start:
            publishers: tuple[Publisher, ...] = (*followers, *warehouse_publishers(target))
            report = Run(flow, storage, start, display, request, publishers).execute(landed, run_id)
    show_summary(terminal, report, places(dataset, storage, report.run_id, target))
    if choice.notice:
        terminal.show((choice.notice, "dim"))
    if not report.succeeded:
        sys.exit(EXIT_FAULT)


@click.command()
@dataset_argument
@lake_option
@only_option
@click.option("--full-refresh", is_flag=True, help="Plan as if no table were up to date.")
@from_date_option
@to_date_option
def plan(
    dataset: str,
    root: str,
    only: tuple[str, ...],
    full_refresh: bool,
    first_day: datetime | None,
    last_day: datetime | None,
) -> None:
    """Show what a run would do with each table of DATASET, and why. Neither starts an engine nor changes a table."""
    from covid_lake.cli.display import show_plan
    from covid_lake.datasets import registry
    from covid_lake.pipeline.run import Request, make_plan

    terminal = Terminal()
    flow, storage = registry.flow(dataset), open_place(root)
    with display_of(terminal) as display:
        first, last = _days(first_day, last_day)
        planned = make_plan(flow, storage, Request(only, full_refresh, first_day=first, last_day=last), display)
    show_plan(terminal, planned)


@click.command()
@click.argument("run_id", required=False)
@lake_option
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="Print a summary for a person, or all of it as JSON for a program.",
)  # fmt: skip
def report(run_id: str | None, root: str, style: str) -> None:
    """Print the report of the run RUN_ID, or of the latest run."""
    from covid_lake.cli.display import show_summary
    from covid_lake.store.reports import from_json, read_report

    storage = open_lake(root)
    content = read_report(storage, run_id)
    if style == "json":
        show_json(content)
        return
    found = from_json(content)
    show_summary(Terminal(), found, places(found.dataset, storage, found.run_id, None))


def _days(first: datetime | None, last: datetime | None) -> tuple[date | None, date | None]:
    if first and last and first > last:
        raise SettingsError(f"--from-date {first:%Y-%m-%d} is later than --to-date {last:%Y-%m-%d}")
    return first.date() if first else None, last.date() if last else None


def _land(
    dataset: str,
    sources: Sequence[str],
    storage: Storage,
    display: RunDisplay,
    endpoint: str | None,
    unsigned: bool,
    dry_run: bool,
    run_id: str | None = None,
) -> LandingResult:
    from covid_lake.datasets import registry
    from covid_lake.landing.arrivals import land
    from covid_lake.landing.sources import open_sources

    if not sources:
        raise SettingsError("name at least one place to land files from, with --from DIR_OR_S3")
    family = registry.dataset(dataset)
    opened = open_sources(family, sources, unsigned=unsigned, endpoint=endpoint)
    run_id = run_id or paths.new_run_id(datetime.now(UTC))
    return land(family, opened, storage, run_id, dry_run=dry_run, progress=display.progress)


def _show_landing(terminal: Terminal, result: LandingResult, dry_run: bool) -> None:
    from covid_lake.cli.display import show_notices, show_strays

    verb = "to copy" if dry_run else "copied"
    terminal.show(
        f"{len(result.copied):,} files {verb} ({result.total_bytes / 1e6:,.1f} MB), {result.unchanged:,} unchanged, "
        f"{len(result.refused):,} refused"
    )
    for refusal in result.refused:
        terminal.show(("refused", "bold red"), f" {refusal.path}: {refusal.reason}")
    strays = result.strays
    of_no_table = {stray.path: stray.reason for stray in strays.of_no_table}
    show_strays(terminal, of_no_table, [stray.path for stray in strays.leavings], is_cut=strays.is_cut)
    show_notices(terminal, result.notices)


def places(dataset: str, storage: Storage, run_id: str, target: WarehouseConnection | None) -> list[tuple[str, str]]:
    zones = [(str(zone), f"{storage.root}/{zone}/{dataset}") for zone in Zone]
    places = [*zones, ("report", f"{storage.root}/{paths.run_report(run_id)}")]
    return [*places, ("warehouse", f"{target.url} (schema {dataset})")] if target else places
