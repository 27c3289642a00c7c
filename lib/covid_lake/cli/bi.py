"""`covid-lake bi`: files with which Power BI and Tableau open a star."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from covid_lake.cli.opening import open_lake, warehouse_connection
from covid_lake.cli.options import dataset_argument, lake_option
from covid_lake.cli.terminal import Terminal
from covid_lake.errors import SettingsError

if TYPE_CHECKING:
    from covid_lake.contracts import Dataset
    from covid_lake.warehouse.connection import WarehouseConnection

TOOLS = ("powerbi", "tableau", "hyper")
MODES = ("import", "directquery")


@click.command()
@dataset_argument
@click.option(
    "--tool", type=click.Choice(TOOLS), required=True,
    help="powerbi writes a .pbids file and tableau .tds files, which lead to the warehouse; hyper writes an extract "
    "for Tableau with the rows themselves, from the lake's files.",
)  # fmt: skip
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="The folder for the files; files of the same names are replaced.",
)  # fmt: skip
@click.option(
    "--warehouse", metavar="embedded|URL",
    help="The warehouse, as 'embedded' or postgresql://user@host:port/database or redshift://…; the files hold neither "
    "its user nor a password. Needed by powerbi and tableau.",
)  # fmt: skip
@click.option(
    "--mode", type=click.Choice(MODES), default="import", show_default=True,
    help="Whether Power BI copies the tables, or asks the warehouse for every picture.",
)  # fmt: skip
@lake_option
def bi(dataset: str, tool: str, out: Path, warehouse: str | None, mode: str, root: str) -> None:
    """Write files with which Power BI or Tableau opens DATASET's star.

    \b
    Examples:
      covid-lake bi covid19 --tool powerbi --out bi --warehouse redshift://reader@cluster.example:5439/dev
      covid-lake bi covid19 --tool tableau --out bi --warehouse embedded
      covid-lake bi covid19 --tool hyper --out bi --lake .lake
    """
    from covid_lake.datasets import registry

    found = registry.dataset(dataset)
    if tool != "hyper" and warehouse is None:
        raise SettingsError(f"name the warehouse that {tool} is to open, with --warehouse")
    out.mkdir(parents=True, exist_ok=True)
    if warehouse is None or tool == "hyper":
        _write_extract(found, out, root)
        return
    connection = _address(warehouse)
    for name, content in _sources(found, tool, connection, mode).items():
        (out / name).write_text(content, encoding="utf-8")
        Terminal().show(str(out / name))


def _address(name: str) -> WarehouseConnection:
    from covid_lake.warehouse.connection import WarehouseConnection

    # The password is not needed for an address, so that nobody has to give it.
    return warehouse_connection(name) if name == "embedded" else WarehouseConnection.from_url(name, {"PGPASSWORD": ""})


def _sources(dataset: Dataset, tool: str, connection: WarehouseConnection, mode: str) -> Mapping[str, str]:
    """The content of each file, by its name."""
    from covid_lake.bi import power_bi, tableau
    from covid_lake.warehouse.dialects import REDSHIFT

    if tool == "tableau":
        tables = tableau.file_names(dataset)
        views = tableau.view_file_names(dataset) if connection.dialect is REDSHIFT else {}
        return {
            **{name: tableau.data_source(dataset, table, connection) for name, table in tables.items()},
            **{name: tableau.view_source(dataset, view, connection) for name, view in views.items()},
        }
    chosen = power_bi.Mode.DIRECT_QUERY if mode == "directquery" else power_bi.Mode.IMPORT
    return {f"{dataset.name}.pbids": power_bi.data_source(connection, chosen)}


def _write_extract(dataset: Dataset, out: Path, root: str) -> None:
    from covid_lake.bi.hyper import write_extract

    terminal = Terminal()
    target = out / f"{dataset.name}.hyper"
    for one in write_extract(open_lake(root), dataset, target):
        terminal.show(f"{one.table}: {one.rows:,} rows of version {one.version}")
    terminal.show(str(target))
