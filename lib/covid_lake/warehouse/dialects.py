"""The differences between the warehouses: type names, physical layout, and a few functions and statements.

Pure: standard library and contracts only. All other SQL in this package works in PostgreSQL and in Redshift.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from covid_lake.contracts import Column, Table, Type


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of warehouse spells things in its SQL."""

    name: str
    jdbc_scheme: str
    jdbc_driver: str
    default_port: int
    types: Mapping[Type, str]
    """Type names as the warehouse's information schema gives them back, by which a table is compared with its contract.
    `{bytes}` stands for the width of a text."""
    create_staging: str
    """CREATE TABLE for tables that are dropped after the load."""
    text_number: str
    """Turns the text expression `{text}` into the integer of its MD5 hash's first 60 bits."""
    lock: str
    """Locks `{tables}` against other writers, and waits for the lock; readers go on where the warehouse can do that."""
    lock_or_fail: str
    """Locks `{tables}`, or fails where the warehouse can fail instead of waiting."""
    find_role: str
    """A query that gives a row where there is a role of the name `{role}`, an SQL literal."""
    declares_references: bool
    """Whether CREATE TABLE names the foreign keys."""
    layout: Callable[[Table], str]
    """What follows the closing bracket of CREATE TABLE."""

    def type_of(self, column: Column) -> str:
        """The column's type as the warehouse spells it, such as `numeric(10,2)`."""
        name = self.types[column.type].format(bytes=column.text_bytes)
        return f"{name}({column.precision},{column.scale})" if column.type is Type.DECIMAL else name


def quote(*names: str) -> str:
    """The names as one quoted, dotted identifier: `quote("covid19", "dim_date")` is `"covid19"."dim_date"`."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def quote_text(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _no_layout(_: Table) -> str:
    return ""


def _redshift_layout(table: Table) -> str:
    layout = table.layout
    lines = [f"DISTSTYLE {layout.distribution.upper()}"]
    if layout.distribution_key:
        lines.append(f"DISTKEY ({quote(layout.distribution_key)})")
    if layout.sort_key:
        lines.append(f"SORTKEY ({', '.join(quote(name) for name in layout.sort_key)})")
    return "".join(f"\n{line}" for line in lines)


_SHARED_TYPES = {
    Type.INT: "integer",
    Type.BIGINT: "bigint",
    Type.DOUBLE: "double precision",
    Type.DECIMAL: "numeric",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "timestamp without time zone",
}

POSTGRESQL = Dialect(
    name="postgresql",
    jdbc_scheme="postgresql",
    jdbc_driver="org.postgresql.Driver",
    default_port=5432,
    types=MappingProxyType({Type.TEXT: "text", **_SHARED_TYPES}),
    create_staging="CREATE UNLOGGED TABLE",
    text_number="('x' || substring(md5({text}), 1, 15))::bit(60)::bigint",
    lock="LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE",
    lock_or_fail="LOCK TABLE {tables} IN EXCLUSIVE MODE NOWAIT",
    find_role="SELECT 1 FROM pg_roles WHERE rolname = {role}",
    # References were checked before the version was published. To enforce them here would cost a look-up for each row,
    # and a row of a dimension could not be replaced.
    declares_references=False,
    layout=_no_layout,
)

REDSHIFT = Dialect(
    name="redshift",
    jdbc_scheme="redshift",
    jdbc_driver="com.amazon.redshift.jdbc.Driver",
    default_port=5439,
    types=MappingProxyType({Type.TEXT: "varchar({bytes})", **_SHARED_TYPES}),
    create_staging="CREATE TABLE",
    text_number="strtol(substring(md5({text}), 1, 15), 16)",
    lock="LOCK TABLE {tables}",
    lock_or_fail="LOCK TABLE {tables}",
    find_role="SELECT 1 FROM svv_roles WHERE role_name = {role}",
    # Redshift does not enforce them, but its planner uses them to leave out joins.
    declares_references=True,
    layout=_redshift_layout,
)

DIALECTS = {dialect.name: dialect for dialect in (POSTGRESQL, REDSHIFT)}
