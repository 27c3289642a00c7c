"""All DDL of a dataset, rendered from its contracts, by its path in the repository."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from covid_lake.catalog import athena_ddl
from covid_lake.contracts import Table
from covid_lake.datasets import registry
from covid_lake.warehouse import control, ddl
from covid_lake.warehouse.dialects import DIALECTS, REDSHIFT, Dialect
from covid_lake.warehouse.readers import operator_statements, render_grants


def render_all(dataset: str) -> dict[str, str]:
    """The text of each file below the folder `ddl`, by path: Athena (trusted and curated), and all of Redshift."""
    rendered = {}
    for table in registry.dataset(dataset).tables:
        rendered[f"athena/{dataset}/{table.zone}/{table.name}.sql"] = _ended(athena_ddl.render_table(table))
    return rendered | {f"redshift/{dataset}/{name}.sql": text for name, text in _warehouse_files(dataset, REDSHIFT)}


def _warehouse_files(dataset: str, dialect: Dialect) -> Iterator[tuple[str, str]]:
    """Name and text of each file of a warehouse, in the order in which they can be run."""
    star = ddl.in_order_of_references(registry.dataset(dataset).star)
    yield "_schema", _script(ddl.schema_statements(dataset))
    for table in star:
        yield table.name, ddl.render_table(table, dataset, dialect)
    yield "_loads", _script(control.create_statements(dialect, dataset))
    grants = render_grants(dataset, star, dialect)
    yield "_grants", grants + _script(operator_statements(dataset, dialect))


def _script(statements: Iterable[str]) -> str:
    return "".join(f"{statement};\n" for statement in statements)


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
