"""Commands for warehouses: load one; start, stop and ask the embedded PostgreSQL."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from covid_lake.cli.group import EXIT_FAULT
from covid_lake.cli.opening import display_of, engine_for, open_lake, start_warehouse
from covid_lake.cli.options import copy_role_option, dataset_argument, engine_option, lake_option
from covid_lake.cli.terminal import Terminal


@click.group()
def warehouse() -> None:
    """Load a warehouse; start, stop or use the embedded PostgreSQL; print the rights of readers."""


directory_option = click.option(
    "--dir", "directory", type=click.Path(file_okay=False, path_type=Path), envvar="COVID_LAKE_WAREHOUSE_DIR",
    help="The directory of the server's data; each user has a default directory.",
)  # fmt: skip


@warehouse.command()
@directory_option
def start(directory: Path | None) -> None:
    """Start the server, creating it the first time, and print its URL without the password."""
    from covid_lake.runtime import embedded_postgres

    Terminal().show(embedded_postgres.start(directory or embedded_postgres.default_directory()).url)


@warehouse.command()
@directory_option
def stop(directory: Path | None) -> None:
    """Stop the server; its data is kept."""
    from covid_lake.runtime import embedded_postgres

    stopped = embedded_postgres.stop(directory or embedded_postgres.default_directory())
    Terminal().show("stopped" if stopped else "it was not running")


@warehouse.command()
@directory_option
def status(directory: Path | None) -> None:
    """Print the server's URL and directory; exit code 1 if it isn't running."""
    from covid_lake.runtime import embedded_postgres

    where = directory or embedded_postgres.default_directory()
    connection = embedded_postgres.status(where)
    if connection is None:
        Terminal().show(f"no server is running in {where}; start it with 'covid-lake warehouse start'")
        sys.exit(EXIT_FAULT)
    Terminal().show(f"{connection.url} in {where}")


@warehouse.command(context_settings={"ignore_unknown_options": True})
@directory_option
@click.option("--owner", "as_owner", is_flag=True, help="With all rights; otherwise psql may only read the datasets.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(directory: Path | None, as_owner: bool, arguments: tuple[str, ...]) -> None:
    """Open psql on the server; ARGUMENTS go to psql, such as -c "SELECT count(*) FROM covid19.fact_cases"."""
    from covid_lake.runtime import embedded_postgres

    command, environment = embedded_postgres.psql_command(
        directory or embedded_postgres.default_directory(), as_owner=as_owner
    )
    os.execvpe(command[0], [*command, *arguments], environment)  # noqa: S606 - psql takes this process's place


@warehouse.command()
@dataset_argument
@lake_option
@click.option(
    "--warehouse",
    "target",
    metavar="embedded|URL",
    default="embedded",
    show_default=True,
    help="'embedded', or postgresql://user@host:port/database, or redshift://user@host:port/database; the password in "
    "PGPASSWORD.",
)
@click.option(
    "--load",
    "how",
    type=click.Choice(["incremental", "full"]),
    default="incremental",
    show_default=True,
    help="Load what differs from the warehouse's version, or every table, whole.",
)
@click.option("--table", "tables", multiple=True, help="Only this table; otherwise all. Repeatable.")
@copy_role_option
@click.option(
    "--load-minutes",
    "minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    help="How long the load may take; what still runs then is cancelled.",
)
@engine_option
@click.option("--dry-run", is_flag=True, help="Print the SQL and change nothing.")
def load(
    dataset: str, root: str, target: str, how: str, tables: tuple[str, ...], copy_role: str, minutes: float,
    engine: str | None, dry_run: bool,
) -> None:  # fmt: skip
    """Load DATASET's curated tables into a warehouse: all that differ in one transaction, or none.

    Redshift is reached by its JDBC driver, which needs Spark's JVM (--engine spark), and reads the lake's files itself,
    so the lake must be in S3.

    \b
    covid-lake warehouse load covid19 --dry-run
    covid-lake warehouse load covid19 --load full --table dim_region
    """
    from covid_lake.cli.display import show_summary
    from covid_lake.datasets import registry
    from covid_lake.pipeline.run import Request, Run
    from covid_lake.publish.publisher import Published
    from covid_lake.publish.warehouse import LoadRequest
    from covid_lake.runtime.publishers import warehouse_publishers
    from covid_lake.store.snapshots import current_snapshot

    terminal = Terminal()
    flow, storage = registry.flow(dataset), open_lake(root)
    request = LoadRequest(tables, how == "full", copy_role, minutes)
    request.tables_of(flow.dataset)  # before a warehouse is started in vain
    with display_of(terminal) as display, engine_for(root, engine, display) as start:
        connection = start_warehouse(target, display)
        publishers = warehouse_publishers(connection, request)
        if dry_run:
            snapshot = current_snapshot(storage, dataset)
            (publisher,) = publishers
            sql = publisher.preview(Published(storage, flow.dataset, snapshot, start))
        else:
            report = Run(flow, storage, start, display, Request(zones=frozenset()), publishers).execute()
    if dry_run:
        sys.stdout.write(sql)
        return
    show_summary(terminal, report, [("warehouse", f"{connection.url} (schema {dataset})")])
    if not report.succeeded:
        sys.exit(EXIT_FAULT)


@warehouse.command()
@dataset_argument
@click.option(
    "--dialect", type=click.Choice(["postgresql", "redshift"]), default="postgresql", show_default=True,
    help="The kind of warehouse.",
)  # fmt: skip
def grants(dataset: str, dialect: str) -> None:
    """Print the SQL of the role that may read DATASET's tables and nothing else; for a warehouse of your own.

    Run it there once, after the first load. Loads then keep the role's rights, and queries take the role on.
    """
    from covid_lake.datasets import registry
    from covid_lake.warehouse.dialects import DIALECTS
    from covid_lake.warehouse.readers import render_grants
    from covid_lake.warehouse.views import warehouse_views

    names = [table.name for table in registry.dataset(dataset).star]
    names += [view.name for view in warehouse_views(dataset, DIALECTS[dialect])] if dialect == "redshift" else []
    sys.stdout.write(render_grants(dataset, names, DIALECTS[dialect]))
