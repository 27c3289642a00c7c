"""All DDL of a dataset, rendered from its contracts, by its path in the repository."""

from __future__ import annotations

from collections.abc import Collection

from covid_lake.catalog import athena_ddl
from covid_lake.contracts import Table
from covid_lake.datasets import registry
from covid_lake.warehouse import ddl
from covid_lake.warehouse.dialects import DIALECTS, REDSHIFT


def render_all(dataset: str) -> dict[str, str]:
    """The text of each file below the folder `ddl`, by path: Athena (trusted and curated) and Redshift (curated)."""
    rendered = {}
    for table in registry.dataset(dataset).tables:
        rendered[f"athena/{dataset}/{table.zone}/{table.name}.sql"] = _ended(athena_ddl.render_table(table))
        if table in registry.dataset(dataset).star:
            rendered[f"redshift/{dataset}/{table.name}.sql"] = _ended(ddl.render_table(table, dataset, REDSHIFT))
    return rendered


def render_tables(dataset: str, dialect: str, names: Collection[str] = ()) -> list[str]:
    """The DDL of the named tables, or of all, in one dialect. A warehouse has only the star.

    Raises `SettingsError` for a name that is no table.
    """
    family = registry.dataset(dataset)
    tables = family.tables if dialect == "athena" else family.star
    chosen = registry.tables_of_request(dataset, names, tables) if names else tables
    return [_ended(_render(table, dialect)) for table in tables if table in chosen]


def _render(table: Table, dialect: str) -> str:
    if dialect == "athena":
        return athena_ddl.render_table(table)
    return ddl.render_table(table, table.dataset, DIALECTS[dialect])


def _ended(statement: str) -> str:
    return statement.rstrip().rstrip(";") + ";\n"
