"""The roles of people and tools in the warehouse. Pure: names and SQL.

The reader may read a dataset's tables, and nothing else: queries take this role on, people and tools are made members
of it, and every load grants it what the load created. The operator may read what loads keep for themselves: which
versions are loaded, and the audit.
"""

from __future__ import annotations

from collections.abc import Iterable

from covid_lake.warehouse import control
from covid_lake.warehouse.dialects import REDSHIFT, Dialect, quote

READER = "covid_lake_reader"
OPERATOR = "covid_lake_operator"
_ROLES_ARE_SHARED = "-- A role serves all datasets: where it exists already, leave its CREATE ROLE out."


def create_reader_statement() -> str:
    """CREATE ROLE, the same in PostgreSQL and Redshift; nobody can log in as it."""
    return f"CREATE ROLE {quote(READER)}"


def grant_statements(schema: str, tables: Iterable[str], dialect: Dialect) -> tuple[str, ...]:
    """What the role needs in order to read these tables of the schema."""
    return _grants(READER, schema, tables, dialect)


def operator_statements(dataset: str, dialect: Dialect) -> tuple[str, ...]:
    """The operator's role, and what it needs in order to read the audit and the loaded versions."""
    tables = (control.LOADED_VERSIONS, control.LOADS)
    return (f"CREATE ROLE {quote(OPERATOR)}", *_grants(OPERATOR, control.staging_schema(dataset), tables, dialect))


def _grants(role: str, schema: str, tables: Iterable[str], dialect: Dialect) -> tuple[str, ...]:
    grantee = f"ROLE {quote(role)}" if dialect is REDSHIFT else quote(role)
    named = ", ".join(quote(schema, table) for table in tables)
    return (f"GRANT USAGE ON SCHEMA {quote(schema)} TO {grantee}", f"GRANT SELECT ON TABLE {named} TO {grantee}")


def render_grants(schema: str, tables: Iterable[str], dialect: Dialect) -> str:
    """The role and its rights as SQL to be run once, by whoever may create roles, after the first load."""
    statements = (create_reader_statement(), *grant_statements(schema, tables, dialect))
    return f"{_ROLES_ARE_SHARED}\n" + ";\n".join(statements) + ";\n"
