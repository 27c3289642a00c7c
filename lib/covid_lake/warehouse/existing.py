"""What the warehouse has already: its schemas, and the tables of a schema with their columns as its catalog tells them.

Redshift's `information_schema` leaves out the width of texts, and its catalog can't be joined with ordinary tables. So
each question here is about the catalog alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from covid_lake.contracts import Table
from covid_lake.warehouse.dialects import REDSHIFT, Dialect, quote, quote_text
from covid_lake.warehouse.drivers import SqlSession

# What Redshift's catalog calls a varchar.
VARYING = re.compile(r"character varying\((\d+)\)")
# The driver decides which of these a boolean becomes as text.
TRUE = ("t", "true", "True")


@dataclass(frozen=True, slots=True)
class ExistingTable:
    """A table of the warehouse."""

    name: str
    """The table's name."""
    columns: tuple[tuple[str, str], ...]
    """Name and type of each column, in the table's order, with types as the dialect spells them."""
    distribution_key: str | None = None
    """The column by which Redshift distributes the rows."""
    sort_key: tuple[str, ...] = ()
    """The columns by which Redshift sorts the rows."""

    def is_as_declared(self, table: Table, dialect: Dialect) -> bool:
        """Whether columns and keys are those of the contract, so that the contract's rows can be put into the table."""
        columns = tuple((column.name, dialect.type_of(column)) for column in table.stored_columns)
        if self.columns != columns:
            return False
        layout = table.layout
        return dialect is not REDSHIFT or (self.distribution_key, self.sort_key) == (
            layout.distribution_key,
            layout.sort_key,
        )


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key that the warehouse knows of."""

    table: str
    """The table that refers to another."""
    name: str
    """The constraint's name."""
    target: str
    """The table that is referred to."""


def existing_schemas(session: SqlSession, names: Iterable[str]) -> set[str]:
    """Those of the schemas that the warehouse has."""
    listed = ", ".join(quote_text(name) for name in names)
    rows = session.query(f"SELECT nspname FROM pg_namespace WHERE nspname IN ({listed})")  # noqa: S608
    return {str(name) for (name,) in rows}


def existing_tables(session: SqlSession, dialect: Dialect, schema: str) -> dict[str, ExistingTable]:
    """The tables and views of a schema, by name; none where there is no such schema.

    In Redshift this sets the session's search path, for its catalog shows only what is on that path.
    """
    return _tables_of_redshift(session, schema) if dialect is REDSHIFT else _tables_of_postgresql(session, schema)


def existing_views(session: SqlSession, schema: str) -> set[str]:
    """The names of a schema's views."""
    query = f"SELECT viewname FROM pg_views WHERE schemaname = {quote_text(schema)}"  # noqa: S608
    return {str(name) for (name,) in session.query(query)}


def foreign_keys(session: SqlSession, schema: str) -> tuple[ForeignKey, ...]:
    """The foreign keys of a schema's tables."""
    rows = session.query(
        "SELECT r.relname, c.conname, t.relname FROM pg_constraint AS c "  # noqa: S608
        "JOIN pg_class AS r ON r.oid = c.conrelid JOIN pg_class AS t ON t.oid = c.confrelid "
        "JOIN pg_namespace AS n ON n.oid = r.relnamespace "
        f"WHERE c.contype = 'f' AND n.nspname = {quote_text(schema)} ORDER BY 1, 2"
    )
    return tuple(ForeignKey(str(table), str(name), str(target)) for table, name, target in rows)


def _tables_of_postgresql(session: SqlSession, schema: str) -> dict[str, ExistingTable]:
    rows = session.query(
        "SELECT table_name, column_name, data_type, numeric_precision, numeric_scale "  # noqa: S608
        f"FROM information_schema.columns WHERE table_schema = {quote_text(schema)} "
        "ORDER BY table_name, ordinal_position"
    )
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, name, kind, precision, scale in rows:
        shown = f"{kind}({precision},{scale})" if kind == "numeric" and precision is not None else str(kind)
        columns.setdefault(str(table), []).append((str(name), shown))
    return {name: ExistingTable(name, tuple(found)) for name, found in columns.items()}


def _tables_of_redshift(session: SqlSession, schema: str) -> dict[str, ExistingTable]:
    """Names and order from the one view, and types and keys from the other: neither is documented to have it all."""
    ordered = session.query(
        "SELECT table_name, column_name FROM svv_redshift_columns "  # noqa: S608
        f"WHERE database_name = current_database() AND schema_name = {quote_text(schema)} "
        "ORDER BY table_name, ordinal_position"
    )
    session.execute(f"SET search_path TO {quote(schema)}")
    described = {
        (str(table), str(column)): (str(kind), is_key in TRUE, int(str(place)))
        for table, column, kind, is_key, place in session.query(
            'SELECT tablename, "column", type, distkey, sortkey FROM pg_table_def '  # noqa: S608
            f"WHERE schemaname = {quote_text(schema)}"
        )
    }
    names: dict[str, list[str]] = {}
    for table, column in ordered:
        names.setdefault(str(table), []).append(str(column))
    return {name: _table_of_redshift(name, columns, described) for name, columns in names.items()}


def _table_of_redshift(
    table: str, names: list[str], described: dict[tuple[str, str], tuple[str, bool, int]]
) -> ExistingTable:
    """A column that only one of the two views knows, such as a view's, has no type."""
    unknown = ("", False, 0)
    found = [(name, *described.get((table, name), unknown)) for name in names]
    sorted_by = sorted((place, name) for name, _, _, place in found if place)
    return ExistingTable(
        table,
        tuple((name, VARYING.sub(r"varchar(\1)", kind)) for name, kind, _, _ in found),
        next((name for name, _, is_key, _ in found if is_key), None),
        tuple(name for _, name in sorted_by),
    )
