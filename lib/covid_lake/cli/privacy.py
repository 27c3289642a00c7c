"""`covid-lake forget`: remove one person from a lake and from what follows it."""

from __future__ import annotations

import sys
from collections import Counter

import click

from covid_lake import paths
from covid_lake.cli.opening import display_of, engine_for, open_lake, start_warehouse
from covid_lake.cli.options import (
    catalog_option,
    dataset_argument,
    engine_option,
    lake_option,
    table_format_option,
    warehouse_option,
)
from covid_lake.cli.terminal import Terminal
from covid_lake.errors import SettingsError

STANDARD_INPUT = "-"


@click.command()
@dataset_argument
@click.option(
    "--key",
    required=True,
    metavar="KEY",
    help="Whom to forget, such as the e-mail; '-' reads it from the standard input, so that no shell keeps it.",
)
@lake_option
@warehouse_option
@catalog_option
@table_format_option
@engine_option
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and change nothing.")
def forget(
    dataset: str,
    key: str,
    root: str,
    warehouse: str | None,
    catalog: str | None,
    table_format: str | None,
    engine: str | None,
    dry_run: bool,
) -> None:
    """Remove a person from DATASET: landing records, all versions of the tables, quarantine, catalog and warehouse.

    The tables are built anew without the person, and all older versions are removed, with everybody's rows: they can't
    be restored any more. A receipt is left that does not say who was forgotten. Remove the person from the sources
    first, or the next delivery brings the records back. Interrupted, the command can be started again.

    \b
    covid-lake forget stedi --key jane@example.com --dry-run
    echo jane@example.com | covid-lake forget stedi --key - --warehouse embedded
    """
    from covid_lake.datasets import registry
    from covid_lake.pipeline.forgetting import forget as forget_person
    from covid_lake.pipeline.run import Run, require_sense
    from covid_lake.runtime.publishers import (
        catalog_publishers,
        chosen_catalog,
        require_catalog_named,
        warehouse_publishers,
    )

    terminal = Terminal()
    flow, storage = registry.flow(dataset), open_lake(root)
    person = sys.stdin.readline().strip() if key == STANDARD_INPUT else key
    if not person.strip():
        raise SettingsError("the standard input holds no key" if key == STANDARD_INPUT else "--key is empty")
    choice = chosen_catalog(storage, catalog, table_format)
    require_catalog_named(choice, storage, flow.dataset)
    with display_of(terminal) as display, engine_for(root, engine, display) as start:
        target = start_warehouse(warehouse, display) if warehouse is not None and not dry_run else None
        run = Run(
            flow=flow,
            storage=storage,
            start_engine=start,
            listener=display,
            publishers=(*catalog_publishers(choice, storage), *warehouse_publishers(target, engine=start)),
        )
        if not dry_run:
            require_sense(flow, storage, run.request)  # before a file is changed
        forgotten = forget_person(run, person, dry_run=dry_run)
    verb = "would be removed" if dry_run else "removed"
    records: Counter[str] = Counter()
    for file in forgotten.landing:
        records[file.table] += file.records
    for table, count in records.items():
        terminal.show(f"  {count:,} landing records of {table} {verb}")
    for folder, count in forgotten.files.items():
        terminal.show(f"  {count:,} Parquet files of {folder} with the person {verb}")
    if dry_run:
        return
    terminal.show(f"  {len(forgotten.versions):,} older versions removed; readers see snapshot {forgotten.snapshot}")
    if target is None:
        terminal.show(("no warehouse was named", "yellow"), ": if one is loaded from this lake, forget there too")
    receipt = f"{storage.root}/{paths.receipt(forgotten.dataset, forgotten.run_id)}"
    terminal.show(f"Forgotten. The receipt, which does not say who: {receipt}")
