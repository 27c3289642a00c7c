"""The statements after which a target table has exactly the rows of its staging table. Pure: text of portable SQL.

Rows that are the same in both are not touched, so loading a version twice writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from covid_lake.contracts import Column, Table, Type
from covid_lake.warehouse.dialects import Dialect, quote


@dataclass(frozen=True, slots=True)
class Merge:
    """Three statements, to be run in this order in one transaction."""

    delete_vanished: str
    """Deletes rows whose key is not staged."""
    delete_changed: str
    """Deletes rows that are staged with other values."""
    insert_missing: str
    """Inserts staged rows whose key the target lacks: the new ones and the changed ones."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a table, by ranges of one column's values."""

    column: str
    ranges: tuple[tuple[int, int], ...]
    """The lowest and the highest value of each range, both included."""

    @classmethod
    def of_months(cls, column: str, months: Iterable[str]) -> Scope:
        """The rows of some months (`yyyy-MM`), by the column that has the day as yyyymmdd."""
        starts = [int(month.replace("-", "")) * 100 for month in sorted(months)]
        return cls(column, tuple((start, start + 99) for start in starts))

    def predicate(self, alias: str) -> str:
        """A condition that is true for the rows of this part; the alias is the table's name in the query."""
        column = f"{alias}.{quote(self.column)}"
        return "(" + " OR ".join(f"{column} BETWEEN {low} AND {high}" for low, high in self.ranges) + ")"


def merge_statements(table: Table, target: str, staging: str, dialect: Dialect, scope: Scope | None = None) -> Merge:
    """The merge of the staging table into the target, with rows matched by the contract's key.

    Both tables are given as quoted names; that of the target ends in the contract's name, by which the statements call
    its columns: Redshift's DELETE takes no alias. A changed row is deleted and inserted again, as an update does
    internally in either warehouse. Key columns are NOT NULL, so rows are matched by plain equality, for which the
    warehouses use hash joins. With a `scope` the staging table has only the rows of that part, and the other rows of
    the target are not touched.
    """
    own = quote(table.name)
    same_key = _same_key(table, own)
    columns = [column.name for column in table.stored_columns]
    # A key may come back with other blanks at its end, which Redshift takes for the same key.
    compared = [
        column
        for column in table.stored_columns
        if column.name not in table.key or (column.type is Type.TEXT and not dialect.compares_trailing_blanks)
    ]
    names = ", ".join(quote(name) for name in columns)
    staged = ", ".join(f"s.{quote(name)}" for name in columns)
    within = f"{scope.predicate(own)} AND " if scope else ""
    differs = " OR ".join(_differs(own, column, dialect) for column in compared) or "1 = 0"
    return Merge(
        delete_vanished=(
            f"DELETE FROM {target} WHERE {within}NOT EXISTS "  # noqa: S608
            f"(SELECT 1 FROM {staging} AS s WHERE {same_key})"
        ),
        delete_changed=f"DELETE FROM {target} USING {staging} AS s WHERE {same_key} AND ({differs})",  # noqa: S608
        insert_missing=(
            f"INSERT INTO {target} ({names}) SELECT {staged} FROM {staging} AS s "  # noqa: S608
            f"WHERE NOT EXISTS (SELECT 1 FROM {target} AS t WHERE {_same_key(table, 't')})"
        ),
    )


def _same_key(table: Table, target: str) -> str:
    return " AND ".join(f"s.{quote(name)} = {target}.{quote(name)}" for name in table.key) or "1 = 1"


def _differs(target: str, column: Column, dialect: Dialect) -> str:
    """A condition that is true where the two values differ, also if one is null; otherwise it is false or null."""
    s, t = f"s.{quote(column.name)}", f"{target}.{quote(column.name)}"
    differs = dialect.text_differs.format(one=s, other=t) if column.type is Type.TEXT else f"{s} <> {t}"
    return f"{differs} OR ({s} IS NULL AND {t} IS NOT NULL) OR ({s} IS NOT NULL AND {t} IS NULL)"
