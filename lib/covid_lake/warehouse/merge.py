"""The statements that bring a target table to exactly what its staging table holds. Pure text, portable SQL.

Rows that are the same on both sides are never touched: loading a version twice writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from covid_lake.contracts import Table
from covid_lake.warehouse.dialects import quote


@dataclass(frozen=True, slots=True)
class Merge:
    """Three statements to be run in this order inside one transaction."""

    delete_vanished: str
    delete_changed: str
    insert_missing: str


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a table: the rows whose `column` lies in one of the ranges, both ends included."""

    column: str
    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def of_months(cls, column: str, months: Iterable[str]) -> Scope:
        """The rows of months, `yyyy-MM`, by the column that holds their days as yyyymmdd."""
        starts = [int(month.replace("-", "")) * 100 for month in sorted(months)]
        return cls(column, tuple((start, start + 99) for start in starts))

    def predicate(self, alias: str) -> str:
        """True for the rows of the part, of the table that goes by the alias."""
        column = f"{alias}.{quote(self.column)}"
        return "(" + " OR ".join(f"{column} BETWEEN {low} AND {high}" for low, high in self.ranges) + ")"


def merge_statements(table: Table, schema: str, staging_schema: str, scope: Scope | None = None) -> Merge:
    """The merge of `staging_schema.table` into `schema.table`, rows matched by the contract's key.

    A changed row is deleted and inserted anew, which is what an update does in either warehouse. Key columns are NOT
    NULL, so that the match is a plain equality, which the warehouses hash. With a `scope` the staging table holds that
    part alone, and the other rows of the target stay as they are.
    """
    target, staging = quote(schema, table.name), quote(staging_schema, table.name)
    same_key = " AND ".join(f"s.{quote(name)} = t.{quote(name)}" for name in table.key) or "1 = 1"
    columns = [column.name for column in table.stored_columns]
    values = [name for name in columns if name not in table.key]
    names = ", ".join(quote(name) for name in columns)
    staged = ", ".join(f"s.{quote(name)}" for name in columns)
    within = f"{scope.predicate('t')} AND " if scope else ""
    differs = " OR ".join(_differs(quote(name)) for name in values) or "1 = 0"
    return Merge(
        delete_vanished=(
            f"DELETE FROM {target} AS t WHERE {within}NOT EXISTS "  # noqa: S608
            f"(SELECT 1 FROM {staging} AS s WHERE {same_key})"
        ),
        delete_changed=f"DELETE FROM {target} AS t USING {staging} AS s WHERE {same_key} AND ({differs})",  # noqa: S608
        insert_missing=(
            f"INSERT INTO {target} ({names}) SELECT {staged} FROM {staging} AS s "  # noqa: S608
            f"WHERE NOT EXISTS (SELECT 1 FROM {target} AS t WHERE {same_key})"
        ),
    )


def insert_all(table: Table, schema: str, staging_schema: str) -> str:
    """The one statement that fills an empty target, in the key's order: its index then grows at one end only."""
    names = ", ".join(quote(column.name) for column in table.stored_columns)
    order = f" ORDER BY {', '.join(quote(name) for name in table.key)}" if table.key else ""
    return (
        f"INSERT INTO {quote(schema, table.name)} ({names}) "  # noqa: S608
        f"SELECT {names} FROM {quote(staging_schema, table.name)}{order}"
    )


def _differs(column: str) -> str:
    """True where the two values differ, null being a value; false or null where they do not."""
    s, t = f"s.{column}", f"t.{column}"
    return f"{s} <> {t} OR ({s} IS NULL AND {t} IS NOT NULL) OR ({s} IS NOT NULL AND {t} IS NULL)"
