"""The tables that loads keep for themselves, in the dataset's staging schema. Pure: text of SQL.

- `loaded_versions` has a row for each loaded table: the version that its rows are from.
- `loads` is the audit: a row for each table and load, written in the transaction that changed the table.
- `load_lock` is locked while a load is at work, so that two loads of a dataset come one after the other.
- `created_views` has the digest of each view's definition; of Redshift, where loads create the star's views.
- `outdated_statistics` names the tables that are still to be analyzed; of Redshift, which does that after the
  transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from covid_lake.warehouse.dialects import Dialect, quote, quote_text

LOADED_VERSIONS = "loaded_versions"
LOADS = "loads"
LOAD_LOCK = "load_lock"
CREATED_VIEWS = "created_views"
OUTDATED_STATISTICS = "outdated_statistics"
OF_REDSHIFT = frozenset({CREATED_VIEWS, OUTDATED_STATISTICS})
"""The tables that only loads of Redshift need."""
# Their columns. The types are the same in PostgreSQL and in Redshift.
_TABLES = {
    LOADED_VERSIONS: (
        "table_name varchar(128) PRIMARY KEY",
        "version varchar(256) NOT NULL",
        "row_count bigint NOT NULL",
        "loaded_at timestamp with time zone NOT NULL",
    ),
    LOADS: (
        "load_id varchar(64) NOT NULL",
        "table_name varchar(128) NOT NULL",
        "version varchar(256) NOT NULL",
        "previous_version varchar(256)",
        "scope varchar(16) NOT NULL",
        "staged bigint NOT NULL",
        "inserted bigint NOT NULL",
        "changed bigint NOT NULL",
        "deleted bigint NOT NULL",
        "row_count bigint NOT NULL",
        "started_at timestamp with time zone NOT NULL",
        "verified_at timestamp with time zone NOT NULL",
    ),
    LOAD_LOCK: ("nothing integer",),
    CREATED_VIEWS: ("view_name varchar(128) NOT NULL", "digest varchar(64) NOT NULL"),
    OUTDATED_STATISTICS: ("table_name varchar(128) NOT NULL",),
}
CONTROL_TABLES = frozenset(_TABLES)
_LOADS_COMMENT = (
    "The audit of loads: a table that a load changed, written in the transaction that changed it. scope is whole, "
    "months (only months that differ from previous_version were staged) or created; staged, inserted, changed and "
    "deleted count rows, and row_count has the table's rows after the load. Every row was compared with the lake's "
    "files at verified_at, before the commit."
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What the audit says of one table of one load; times are in UTC."""

    load_id: str
    table: str
    version: str
    previous_version: str | None
    scope: str
    """`created` for a table that was built anew, `months` for a part of it, otherwise `whole`."""
    staged: int
    inserted: int
    changed: int
    deleted: int
    row_count: int
    started_at: datetime
    verified_at: datetime


def staging_schema(dataset: str) -> str:
    """The schema of a dataset's staging tables and of the tables that loads keep for themselves."""
    return f"{dataset}_staging"


def create_statements(dialect: Dialect, dataset: str, existing: Collection[str] = ()) -> tuple[str, ...]:
    """CREATE TABLE for those of the dialect's tables that are not there yet."""
    schema = staging_schema(dataset)
    statements = []
    for name, columns in _TABLES.items():
        is_used = name not in OF_REDSHIFT or dialect.copies_from_lake
        if is_used and name not in existing:
            body = ",\n    ".join(columns)
            statements.append(f"CREATE TABLE IF NOT EXISTS {quote(schema, name)} (\n    {body}\n)")
            if name == LOADS:
                statements.append(f"COMMENT ON TABLE {quote(schema, name)} IS {quote_text(_LOADS_COMMENT)}")
    return tuple(statements)


def loaded_versions_query(dataset: str) -> str:
    """A query for name and version of each loaded table, of which some may have been dropped since."""
    return f"SELECT table_name, version FROM {quote(staging_schema(dataset), LOADED_VERSIONS)}"  # noqa: S608


def created_views_query(dataset: str) -> str:
    """A query for name and digest of each view that a load has created, of which some may have been dropped since."""
    return f"SELECT view_name, digest FROM {quote(staging_schema(dataset), CREATED_VIEWS)}"  # noqa: S608


def record_view_statements(dataset: str, view: str, digest: str) -> tuple[str, str]:
    """Two statements after which the record has the digest of the view's definition."""
    record, name = quote(staging_schema(dataset), CREATED_VIEWS), quote_text(view)
    return (
        f"DELETE FROM {record} WHERE view_name = {name}",  # noqa: S608
        f"INSERT INTO {record} (view_name, digest) VALUES ({name}, {quote_text(digest)})",  # noqa: S608
    )


def lock_statement(dialect: Dialect, dataset: str) -> str:
    """Lock out other loads until the transaction ends."""
    return dialect.lock_or_fail.format(tables=quote(staging_schema(dataset), LOAD_LOCK))


def record_statements(dataset: str, table: str, version: str, rows: int, at: datetime) -> tuple[str, str]:
    """Two statements after which the record says which version the table is of."""
    record, name = quote(staging_schema(dataset), LOADED_VERSIONS), quote_text(table)
    return (
        f"DELETE FROM {record} WHERE table_name = {name}",  # noqa: S608
        f"INSERT INTO {record} (table_name, version, row_count, loaded_at) "  # noqa: S608
        f"VALUES ({name}, {quote_text(version)}, {rows}, {_time(at)})",
    )


def audit_statement(dataset: str, entry: AuditEntry) -> str:
    """INSERT of one row of the audit."""
    previous = "NULL" if entry.previous_version is None else quote_text(entry.previous_version)
    texts = ", ".join(quote_text(text) for text in (entry.load_id, entry.table, entry.version))
    counts = (entry.staged, entry.inserted, entry.changed, entry.deleted, entry.row_count)
    return (
        f"INSERT INTO {quote(staging_schema(dataset), LOADS)} (load_id, table_name, version, previous_version, scope, "  # noqa: S608
        "staged, inserted, changed, deleted, row_count, started_at, verified_at) "
        f"VALUES ({texts}, {previous}, {quote_text(entry.scope)}, {', '.join(map(str, counts))}, "
        f"{_time(entry.started_at)}, {_time(entry.verified_at)})"
    )


def mark_outdated_statement(dataset: str, table: str) -> str:
    """Note that the table is to be analyzed."""
    return (
        f"INSERT INTO {quote(staging_schema(dataset), OUTDATED_STATISTICS)} (table_name) "  # noqa: S608
        f"VALUES ({quote_text(table)})"
    )


def outdated_query(dataset: str) -> str:
    """A query for the tables that are to be analyzed."""
    return f"SELECT DISTINCT table_name FROM {quote(staging_schema(dataset), OUTDATED_STATISTICS)}"  # noqa: S608


def mark_analyzed_statement(dataset: str, table: str) -> str:
    """Note that the table has been analyzed."""
    return (
        f"DELETE FROM {quote(staging_schema(dataset), OUTDATED_STATISTICS)} "  # noqa: S608
        f"WHERE table_name = {quote_text(table)}"
    )


def _time(at: datetime) -> str:
    """An instant in UTC as a literal: `CURRENT_TIMESTAMP` is a function that Redshift has on its leader alone."""
    return f"'{at:%Y-%m-%d %H:%M:%S.%f}+00'"
