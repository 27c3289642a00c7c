"""The role that may read a dataset's tables in the warehouse, and nothing else. Pure: names and SQL.

Queries take this role on, people and tools are made members of it, and every load grants it what the load created.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from covid_lake.contracts import Table
from covid_lake.warehouse.dialects import REDSHIFT, Dialect, quote

READER = "covid_lake_reader"


def create_reader_statement() -> str:
    """CREATE ROLE, the same in PostgreSQL and Redshift; nobody can log in as it."""
    return f"CREATE ROLE {quote(READER)}"


def grant_statements(schema: str, tables: Iterable[str], dialect: Dialect) -> tuple[str, ...]:
    """What the role needs in order to read these tables of the schema."""
    role = f"ROLE {quote(READER)}" if dialect is REDSHIFT else quote(READER)
    named = ", ".join(quote(schema, table) for table in tables)
    return (f"GRANT USAGE ON SCHEMA {quote(schema)} TO {role}", f"GRANT SELECT ON TABLE {named} TO {role}")


def render_grants(schema: str, tables: Sequence[Table], dialect: Dialect) -> str:
    """The role and its rights as SQL to be run once, by whoever may create roles, after the first load."""
    statements = (create_reader_statement(), *grant_statements(schema, (table.name for table in tables), dialect))
    return ";\n".join(statements) + ";\n"
