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
    time_number: str
    """Turns the timestamp expression `{time}` into the microseconds since 1970-01-01 00:00, exactly."""
    text_differs: str
    """True where the texts `{one}` and `{other}` differ in any character; null if either is null."""
    compares_trailing_blanks: bool
    """Whether two texts are different for `=` and GROUP BY where only one ends in blanks."""
    lock: str
    """Locks `{tables}` against other writers, and waits for the lock; readers go on where the warehouse can do that."""
    lock_or_fail: str
    """Locks `{tables}`, or fails where the warehouse can fail instead of waiting."""
    find_role: str
    """A query that gives a row where there is a role of the name `{role}`, an SQL literal."""
    declares_references: bool
    """Whether CREATE TABLE names the foreign keys."""
    copies_from_lake: bool
    """Whether the warehouse reads the lake's files itself, all of a load in one transaction. Otherwise rows are sent to
    staging tables that are committed before that transaction."""
    layout: Callable[[Table], str]
    """What follows the closing bracket of CREATE TABLE."""
    encoding: Callable[[Column, Table], str]
    """What follows a column's type in CREATE TABLE: how the warehouse compresses the column."""

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


def _no_encoding(_column: Column, _table: Table) -> str:
    return ""


def _redshift_layout(table: Table) -> str:
    layout = table.layout
    lines = [f"DISTSTYLE {layout.distribution.upper()}"]
    if layout.distribution_key:
        lines.append(f"DISTKEY ({quote(layout.distribution_key)})")
    if layout.sort_key:
        lines.append(f"COMPOUND SORTKEY ({', '.join(quote(name) for name in layout.sort_key)})")
    return "".join(f"\n{line}" for line in lines)


# Redshift's own choice for each type, but ZSTD for text and doubles, which have few values here and repeat them.
_REDSHIFT_ENCODINGS = {
    Type.TEXT: "zstd",
    Type.INT: "az64",
    Type.BIGINT: "az64",
    Type.DOUBLE: "zstd",
    Type.DECIMAL: "az64",
    Type.BOOLEAN: "raw",
    Type.DATE: "az64",
    Type.TIMESTAMP: "az64",
}


def _redshift_encoding(column: Column, table: Table) -> str:
    """ENCODE. The sort key's first column stays raw: of a compressed one more rows are read than a filter needs."""
    is_first = column.name in table.layout.sort_key[:1]
    return f" ENCODE {'raw' if is_first else _REDSHIFT_ENCODINGS[column.type]}"


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
    time_number="CAST(extract(epoch FROM {time}) * 1000000 AS bigint)",
    text_differs="{one} <> {other}",
    compares_trailing_blanks=True,
    lock="LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE",
    lock_or_fail="LOCK TABLE {tables} IN EXCLUSIVE MODE NOWAIT",
    find_role="SELECT 1 FROM pg_roles WHERE rolname = {role}",
    # References were checked before the version was published. To enforce them here would cost a look-up for each row,
    # and a row of a dimension could not be replaced.
    declares_references=False,
    copies_from_lake=False,
    layout=_no_layout,
    encoding=_no_encoding,
)

REDSHIFT = Dialect(
    name="redshift",
    jdbc_scheme="redshift",
    jdbc_driver="com.amazon.redshift.jdbc.Driver",
    default_port=5439,
    types=MappingProxyType({Type.TEXT: "varchar({bytes})", **_SHARED_TYPES}),
    create_staging="CREATE TEMP TABLE",
    text_number="strtol(substring(md5({text}), 1, 15), 16)",
    # Redshift's EXTRACT gives whole seconds.
    time_number="datediff(microsecond, timestamp '1970-01-01 00:00:00', {time})",
    # Its comparison passes over blanks at the end, its length does not; see "Significance of trailing blanks" in
    # https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html.
    text_differs="{one} <> {other} OR octet_length({one}) <> octet_length({other})",
    compares_trailing_blanks=False,
    # Redshift knows no other lock. Readers of a locked table wait, so that only the load's own table is ever locked.
    lock="LOCK TABLE {tables}",
    lock_or_fail="LOCK TABLE {tables}",
    find_role="SELECT 1 FROM svv_roles WHERE role_name = {role}",
    # Redshift does not enforce them, but its planner uses them to leave out joins.
    declares_references=True,
    copies_from_lake=True,
    layout=_redshift_layout,
    encoding=_redshift_encoding,
)

DIALECTS = {dialect.name: dialect for dialect in (POSTGRESQL, REDSHIFT)}
