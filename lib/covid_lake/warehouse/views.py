"""The views that ship with a star, as a warehouse has them: translated from Athena's SQL. Pure: text.

Redshift's are bound late: they name tables and don't hold them, so that a table can be built anew beneath them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from covid_lake.datasets import registry
from covid_lake.datasets.views import StarView, star_views
from covid_lake.errors import SettingsError
from covid_lake.warehouse.dialects import REDSHIFT, Dialect, quote, quote_text

if TYPE_CHECKING:
    from sqlglot import exp

_GRAMMARS = {"postgresql": "postgres", "redshift": "redshift"}


@dataclass(frozen=True, slots=True)
class WarehouseView:
    """A view of a star in a warehouse."""

    name: str
    """The view's name, in the schema of the tables."""
    tables: tuple[str, ...]
    """The names of the tables that it reads."""
    columns: tuple[str, ...]
    """The names of its columns: those of the star's view without partition columns."""
    statements: tuple[str, ...]
    """CREATE VIEW and its comment."""

    @property
    def digest(self) -> str:
        """Tells this definition of the view from others."""
        return hashlib.sha256("\n".join(self.statements).encode()).hexdigest()


def warehouse_views(dataset: str, dialect: Dialect) -> tuple[WarehouseView, ...]:
    """The dataset's views; none for a dataset that is not installed.

    Raises `SettingsError` for a view that needs what a warehouse does not have.
    """
    if dataset not in registry.dataset_names():
        return ()
    return tuple(_view(view, dialect) for view in star_views(dataset))


def _view(view: StarView, dialect: Dialect) -> WarehouseView:
    name = quote(view.dataset, view.name)
    binding = "\nWITH NO SCHEMA BINDING" if dialect is REDSHIFT else ""
    query = _query(view)
    return WarehouseView(
        view.name,
        tuple(registry.find_table(table).contract.name for table in view.tables),
        tuple(one.alias_or_name for one in query.expressions),
        (
            f"CREATE VIEW {name} AS\n{query.sql(_GRAMMARS[dialect.name], identify=True, pretty=True)}{binding}",
            f"COMMENT ON VIEW {name} IS {quote_text(view.grain)}",
        ),
    )


def _query(view: StarView) -> exp.Expr:
    """The view's query over the warehouse's tables, without the partition columns, which those tables don't have."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(view.sql, read="athena")
    for select in list(tree.find_all(exp.Select)):
        missing = _partition_columns(select)
        kept = [one for one in select.expressions if not _is_one_of(one.unalias(), missing)]
        select.set("expressions", kept)
    for select in tree.find_all(exp.Select):
        missing = _partition_columns(select)
        if used := [column for column in select.find_all(exp.Column) if _is_one_of(column, missing)]:
            raise SettingsError(
                f"the view {view} computes with {used[0].sql()}, a partition column, which is in the paths of the "
                "lake's files and in no warehouse; use the day that it is the month of"
            )
    for table in tree.find_all(exp.Table):
        if table.db:
            contract = registry.find_table(f"{table.db}.{table.name}").contract
            table.set("db", exp.to_identifier(contract.dataset))
    return tree


def _partition_columns(select: exp.Select) -> set[tuple[str, str]]:
    """The partition columns of the tables that the query reads from, each with the alias of its table."""
    from sqlglot import exp

    start = select.args.get("from_") or select.args.get("from")
    sources = [*([start.this] if start else []), *(join.this for join in select.args.get("joins") or [])]
    tables = [source for source in sources if isinstance(source, exp.Table) and source.db]
    return {
        (table.alias_or_name, column)
        for table in tables
        for column in registry.find_table(f"{table.db}.{table.name}").contract.partition_by
    }


def _is_one_of(expression: exp.Expr, columns: set[tuple[str, str]]) -> bool:
    from sqlglot import exp

    return isinstance(expression, exp.Column) and (expression.table, expression.name) in columns
