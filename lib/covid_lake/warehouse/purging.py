"""Removes for good what was deleted from a warehouse's tables: until then it stays in the server's files."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from covid_lake.contracts import Dataset
from covid_lake.errors import WarehouseError
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import quote
from covid_lake.warehouse.drivers import Driver
from covid_lake.warehouse.existing import existing_tables

if TYPE_CHECKING:
    import psycopg

PURGE_ATTEMPTS = 3
PURGE_WAIT_SECONDS = 1.0
FIRST_NUMBER = re.compile(r"(\d+)\s")


def purge_redshift(driver: Driver, dataset: Dataset) -> None:
    """Have Redshift give up the blocks with the deleted rows of the dataset's tables.

    Rows that were deleted after the oldest open transaction began stay until a later VACUUM, and Redshift does not say
    so; snapshots of the cluster hold them as long as they are kept. Raises `WarehouseError` where it refuses.
    """
    with driver.session(autocommit=True) as session:
        existing = existing_tables(session, driver.connection.dialect, dataset.name)
        for table in dataset.star:
            if table.name in existing:
                session.execute(f"VACUUM DELETE ONLY {quote(dataset.name, table.name)} TO 100 PERCENT")


def purge(connection: WarehouseConnection, dataset: Dataset) -> None:
    """Remove for good what was deleted from the dataset's loaded tables: until then it stays in the server's files.

    The tables are written anew, and can't be read meanwhile. Of a superuser the statistics about them and the old files
    of the write-ahead log are rewritten, too; an archive of that log, backups and replicas are out of reach. Raises
    `WarehouseError` where the warehouse does not answer or refuses, or an open transaction still sees deleted rows.
    """
    import psycopg

    with connection.connect() as opened:
        opened.autocommit = True
        find = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s"
        try:
            existing = {name for (name,) in opened.execute(find, (dataset.name,))}
            for table in dataset.star:
                if table.name in existing:
                    _rewrite(opened, quote(dataset.name, table.name))
            if opened.execute("SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper").fetchone():
                # The most common values of a column are kept here, those of the time before the deletion too.
                _rewrite(opened, "pg_catalog.pg_statistic")
                opened.execute("SELECT pg_switch_wal()")
                opened.execute("CHECKPOINT")
        except psycopg.Error as error:
            raise WarehouseError(f"deleted rows of {dataset.name} could not be purged: {error}") from error


def _rewrite(opened: psycopg.Connection[Any], table: str) -> None:
    """Write the table anew without its deleted rows; `WarehouseError` where some are kept for an open transaction."""
    for _ in range(PURGE_ATTEMPTS):
        kept = _rows_kept(opened, table)
        if kept is None:
            raise WarehouseError(f"{table} was not written anew: only its owner or a superuser may purge it")
        if kept == 0:
            return
        time.sleep(PURGE_WAIT_SECONDS)  # a query that began before the deletion may end by itself
    raise WarehouseError(
        f"{kept:,} deleted rows of {table} are still in its files, for a transaction that began before they were "
        "deleted is open; end it (pg_stat_activity lists it), and purge again"
    )


def _rows_kept(opened: psycopg.Connection[Any], table: str) -> int | None:
    """Write the table anew; how many deleted rows an open transaction still sees, None where the server refused."""
    kept: list[int] = []

    def note(told: psycopg.errors.Diagnostic) -> None:
        # Told in the server's language: "49 dead row versions cannot be removed yet."
        if found := FIRST_NUMBER.match(told.message_detail or ""):
            kept.append(int(found[1]))

    opened.add_notice_handler(note)
    try:
        opened.execute(f"VACUUM (FULL, ANALYZE, VERBOSE) {table}".encode())
    finally:
        opened.remove_notice_handler(note)
    return max(kept, default=None)
