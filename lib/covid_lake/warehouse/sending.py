"""PostgreSQL's staging tables: filled with rows that are sent, before the transaction that changes the targets.

Statements that take the server long run beside each other, and beside what this machine computes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from covid_lake.warehouse.checksums import checksum_query
from covid_lake.warehouse.ddl import (
    analyze_statement,
    create_statements,
    index_statement,
    key_statement,
    staging_statement,
)
from covid_lake.warehouse.drivers import Driver, SqlSession, Task
from covid_lake.warehouse.staging import Progress, Staging, require_sums, require_width


def stage(driver: Driver, versions: Sequence[Staging], progress: Progress) -> None:
    """Fill a new staging table for each version, and note what its target must have.

    A staging table has the contract's columns and nothing else. One that becomes the target gets comments and key, too,
    and is compared with the version here: `VerificationFailed` where they differ.
    """
    largest_first = sorted(versions, key=lambda one: -sum(file.rows for file in one.rows.files))
    filling: list[Task] = []
    finishing: list[Task] = []
    for one in largest_first:
        filling += [partial(_fill, one, progress), partial(_sum_up, one)]
        finishing += [partial(_finish, one)]
        if one.is_new:
            finishing += [partial(_compare, one, progress)]
    driver.do_all(filling)
    for one in versions:
        require_width(one)
    driver.do_all(finishing)


def filling_statements(one: Staging) -> tuple[str, ...]:
    """The statements before the rows are sent."""
    if one.is_new:
        return create_statements(one.table, one.schema, one.dialect, with_key=False)
    return (staging_statement(one.table, one.staging, one.dialect),)


def finishing_statements(one: Staging) -> tuple[str, ...]:
    """The statements after the rows were sent: the key of a table that becomes the target, and statistics."""
    analyze = analyze_statement(one.table, one.schema)
    if one.is_new and one.table.key:
        return index_statement(one.table, one.schema), key_statement(one.table, one.schema), analyze
    return (analyze,)


def comparing_query(one: Staging) -> str:
    """The query for the checksums of a table that becomes the target."""
    return checksum_query(one.schema, one.table.name, one.table.stored_columns, one.dialect)


def _fill(one: Staging, progress: Progress, session: SqlSession) -> None:
    started = time.monotonic()
    progress(one.table.name, "staging")
    session.execute(";\n".join(filling_statements(one)))
    session.send(one.given.storage, one.rows, one.schema)
    one.seconds += time.monotonic() - started


def _sum_up(one: Staging, _: SqlSession) -> None:
    one.sum_up()


def _finish(one: Staging, session: SqlSession) -> None:
    started = time.monotonic()
    for statement in finishing_statements(one):
        session.execute(statement)
    one.seconds += time.monotonic() - started


def _compare(one: Staging, progress: Progress, session: SqlSession) -> None:
    progress(one.table.name, "verifying")
    (row,) = session.query(comparing_query(one))
    require_sums(one, row)
