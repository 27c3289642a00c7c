"""Commands for the embedded PostgreSQL: start, stop, status, psql."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from covid_lake.cli.group import EXIT_FAULT
from covid_lake.cli.options import dataset_argument
from covid_lake.cli.terminal import Terminal


@click.group()
def warehouse() -> None:
    """Start, stop or use the embedded PostgreSQL; print the rights of readers for any warehouse."""


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

    sys.stdout.write(render_grants(dataset, registry.dataset(dataset).star, DIALECTS[dialect]))
