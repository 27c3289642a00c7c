"""Contract -> the warehouse's tables. Pure: the same contract and dialect always give the same text."""

from __future__ import annotations

from collections.abc import Iterable

from covid_lake.contracts import Column, Reference, Table
from covid_lake.warehouse import control
from covid_lake.warehouse.dialects import Dialect, quote, quote_text

POSTGRESQL_NAME_LENGTH = 63
KEY_SUFFIX = "_pkey"


def create_statements(table: Table, schema: str, dialect: Dialect, *, with_key: bool = True) -> tuple[str, ...]:
    """CREATE TABLE IF NOT EXISTS and its comments, one statement each and without semicolons.

    The columns are the contract's stored columns, in its order. Partition columns are left out: they exist only in the
    paths of the lake's files. The contract's key is the primary key, which Redshift does not enforce. A table that is
    filled first and gets its key later has its index built at once, not row by row.
    """
    name = quote(schema, table.name)
    lines = [_column_line(column, table, dialect) for column in table.stored_columns]
    lines += _constraint_lines(table, schema, dialect, with_key=with_key)
    body = ",\n    ".join(lines)
    return (
        f"CREATE TABLE IF NOT EXISTS {name} (\n    {body}\n){dialect.layout(table)}",
        f"COMMENT ON TABLE {name} IS {quote_text(table.grain)}",
        *(
            f"COMMENT ON COLUMN {quote(schema, table.name, column.name)} IS {quote_text(column.comment)}"
            for column in table.stored_columns
        ),
    )


def render_table(table: Table, schema: str, dialect: Dialect) -> str:
    """The table's whole DDL as the text of a file, with a newline at its end.

    A table that refers to another must be created after it: dimensions come first.
    """
    return ";\n".join(create_statements(table, schema, dialect)) + ";\n"


def schema_statements(dataset: str) -> tuple[str, ...]:
    """CREATE SCHEMA for the tables, and for what loads keep for themselves."""
    return tuple(f"CREATE SCHEMA IF NOT EXISTS {quote(name)}" for name in (dataset, control.staging_schema(dataset)))


def in_order_of_references(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables, each after those that it refers to; otherwise in the order given."""
    waiting, ordered = list(tables), list[Table]()
    while waiting:
        names = {table.name for table in waiting}
        free = [
            table for table in waiting if not names.intersection(ref.table_name for ref in declared_references(table))
        ]
        ordered += free or waiting  # tables that refer to each other in a circle have no order
        waiting = [table for table in waiting if table not in ordered]
    return tuple(ordered)


def index_statement(table: Table, schema: str) -> str:
    """CREATE UNIQUE INDEX on the contract's key, for PostgreSQL. The table can be read meanwhile."""
    return f"CREATE UNIQUE INDEX {quote(_index_name(table))} ON {quote(schema, table.name)} ({_key(table)})"


def key_statement(table: Table, schema: str) -> str:
    """Make the contract's key, on which there is the index of `index_statement`, the primary key."""
    return f"ALTER TABLE {quote(schema, table.name)} ADD PRIMARY KEY USING INDEX {quote(_index_name(table))}"


def analyze_statement(table: Table, schema: str) -> str:
    """ANALYZE, without which the planner guesses how many rows a table has."""
    return f"ANALYZE {quote(schema, table.name)}"


def staging_statement(table: Table, name: str, dialect: Dialect) -> str:
    """CREATE TABLE of the same columns and types without any constraint: what is loaded first and checked later.

    `name` is quoted. The rows are distributed and sorted as those of the target, with which they are joined.
    """
    columns = ",\n    ".join(f"{quote(column.name)} {dialect.type_of(column)}" for column in table.stored_columns)
    return f"{dialect.create_staging} {name} (\n    {columns}\n){dialect.layout(table)}"


def _column_line(column: Column, table: Table, dialect: Dialect) -> str:
    needed = not column.nullable or column.name in table.key
    null = " NOT NULL" if needed else ""
    return f"{quote(column.name)} {dialect.type_of(column)}{dialect.encoding(column, table)}{null}"


def _key(table: Table) -> str:
    return ", ".join(quote(name) for name in table.key)


def _index_name(table: Table) -> str:
    """The name that PostgreSQL itself would give to the index of a primary key."""
    return f"{table.name[: POSTGRESQL_NAME_LENGTH - len(KEY_SUFFIX)]}{KEY_SUFFIX}"


def _constraint_lines(table: Table, schema: str, dialect: Dialect, *, with_key: bool) -> list[str]:
    lines = []
    if table.key and with_key:
        lines.append(f"PRIMARY KEY ({_key(table)})")
    if dialect.declares_references:
        lines += [
            f"CONSTRAINT {quote(reference_name(table, reference))} {_foreign_key(reference, schema)}"
            for reference in declared_references(table)
        ]
    return lines


def declared_references(table: Table) -> tuple[Reference, ...]:
    """The references that become foreign keys, each once.

    A reference to its own table tells the planner nothing and makes the order of creation matter.
    """
    return tuple(reference for reference in table.references if reference.table != table.id)


def reference_name(table: Table, reference: Reference) -> str:
    """The name of the foreign key, which both warehouses would give it themselves."""
    return f"{table.name}_{reference.column}_fkey"


def add_reference_statement(table: Table, schema: str, reference: Reference) -> str:
    """ALTER TABLE that declares a foreign key of an existing table."""
    name = quote(reference_name(table, reference))
    return f"ALTER TABLE {quote(schema, table.name)} ADD CONSTRAINT {name} {_foreign_key(reference, schema)}"


def drop_constraint_statement(schema: str, table: str, constraint: str) -> str:
    """ALTER TABLE that removes a foreign key, without which the table that it names can't be dropped."""
    return f"ALTER TABLE {quote(schema, table)} DROP CONSTRAINT {quote(constraint)}"


def _foreign_key(reference: Reference, schema: str) -> str:
    target = quote(schema, reference.table_name)
    return f"FOREIGN KEY ({quote(reference.column)}) REFERENCES {target} ({quote(reference.target)})"
