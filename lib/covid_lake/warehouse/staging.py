"""Staging tables: filled with the rows of a version, or with those in which it differs from what is loaded.

Statements that take the server long run beside each other, and beside what this machine computes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from covid_lake.contracts import Table
from covid_lake.errors import VerificationFailed, WarehouseError
from covid_lake.store.questions import Stored
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import Storage
from covid_lake.warehouse.checksums import (
    Checksums,
    checksum_query,
    file_checksums,
    first_difference,
    read_checksums,
)
from covid_lake.warehouse.ddl import (
    analyze_statement,
    create_statements,
    index_statement,
    key_statement,
    staging_statement,
)
from covid_lake.warehouse.dialects import Dialect, quote
from covid_lake.warehouse.drivers import Driver, SqlSession, Task
from covid_lake.warehouse.merge import Scope

# Called with a table's name and the phase that begins.
Progress = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Delta:
    """The difference between a version and an older one."""

    files: tuple[DataFile, ...]
    """The files with all rows that the version has in the part of the table that differs."""
    scope: Scope
    """That part."""


@dataclass(frozen=True, slots=True)
class CuratedVersion:
    """A published version of one curated table, to be loaded."""

    table: Table
    """The contract."""
    version: str
    """The id of the version."""
    storage: Storage
    """The lake."""
    files: tuple[DataFile, ...]
    """All files of the version, as its manifest lists them."""
    since: Callable[[str], Delta | None] = lambda _version: None
    """Gives the difference to an older version; None where it is not known, or is the whole table."""

    @property
    def rows(self) -> int:
        """How many rows the version has."""
        return sum(file.rows for file in self.files)


@dataclass(slots=True)
class Staging:
    """One version on its way through a staging table."""

    dataset: str
    """The dataset, whose name the schema of the targets has."""
    given: CuratedVersion
    """The version."""
    is_new: bool
    """Whether the staging table becomes the target; otherwise its rows are merged into the target."""
    delta: Delta | None
    """What is staged; None for the whole version."""
    expected: Checksums = field(default_factory=lambda: Checksums(0, {}))
    """Of the rows that are staged; known once they are."""
    seconds: float = 0.0
    """How long filling and finishing the staging table took."""

    @property
    def table(self) -> Table:
        """The contract."""
        return self.given.table

    @property
    def schema(self) -> str:
        """The schema of the staging table."""
        return staging_schema(self.dataset)

    @property
    def scope(self) -> Scope | None:
        """The part of the table that is staged; None for all of it."""
        return self.delta.scope if self.delta else None

    @property
    def rows(self) -> Stored:
        """The rows that are staged."""
        return Stored(self.table, self.delta.files if self.delta else self.given.files)


def staging_schema(dataset: str) -> str:
    """The schema of a dataset's staging tables and of the record of what is loaded."""
    return f"{dataset}_staging"


def stage(driver: Driver, versions: Sequence[Staging], progress: Progress) -> None:
    """Fill a new staging table for each version, and note what its target must have.

    A staging table has the contract's columns and nothing else. One that becomes the target gets comments and key, too,
    and is compared with the version here: `VerificationFailed` where they differ.
    """
    dialect = driver.connection.dialect
    largest_first = sorted(versions, key=lambda one: -sum(file.rows for file in one.rows.files))
    filling: list[Task] = []
    finishing: list[Task] = []
    for one in largest_first:
        filling += [partial(_fill, one, dialect, progress), partial(_sum_up, one)]
        finishing += [partial(_finish, one)]
        if one.is_new:
            finishing += [partial(_compare, one, dialect, progress)]
    driver.do_all(filling)
    for one in versions:
        _require_width(one.table, one.expected)
    driver.do_all(finishing)


def verify(session: SqlSession, dialect: Dialect, schema: str, staged: Staging) -> None:
    """Raise `VerificationFailed` if the table in the schema is not what the version says."""
    table, columns = staged.table, staged.table.stored_columns
    row = session.query(checksum_query(schema, table.name, columns, dialect, staged.scope))[0]
    difference = first_difference(staged.expected, read_checksums(row, columns))
    if staged.scope and not difference:
        count = f"SELECT count(*) FROM {quote(schema, table.name)}"  # noqa: S608
        rows = int(str(session.query(count)[0][0]))
        if rows != staged.given.rows:
            difference = f"row count: {staged.given.rows} in the curated version, {rows} in the warehouse"
    if difference:
        raise VerificationFailed(
            f"{staged.dataset}.{table.name}, {difference}. The load was rolled back; the warehouse is as it was."
        )


def _fill(one: Staging, dialect: Dialect, progress: Progress, session: SqlSession) -> None:
    started = time.monotonic()
    progress(one.table.name, "staging")
    if one.is_new:
        session.execute(";\n".join(create_statements(one.table, one.schema, dialect, with_key=False)))
    else:
        session.execute(staging_statement(one.table, one.schema, dialect))
    session.send(one.given.storage, one.rows, one.schema)
    one.seconds += time.monotonic() - started


def _sum_up(one: Staging, _: SqlSession) -> None:
    one.expected = file_checksums(one.given.storage, one.rows, one.table.stored_columns)


def _finish(one: Staging, session: SqlSession) -> None:
    started = time.monotonic()
    if one.is_new and one.table.key:
        session.execute(index_statement(one.table, one.schema))
        session.execute(key_statement(one.table, one.schema))
    session.execute(analyze_statement(one.table, one.schema))
    one.seconds += time.monotonic() - started


def _compare(one: Staging, dialect: Dialect, progress: Progress, session: SqlSession) -> None:
    progress(one.table.name, "verifying")
    verify(session, dialect, one.schema, one)


def _require_width(table: Table, found: Checksums) -> None:
    """Raise `WarehouseError` for a text that is longer than its column's contract: Redshift would refuse it."""
    for name, length in found.longest.items():
        if length > (allowed := table.column(name).text_bytes):
            raise WarehouseError(
                f"{table.id}: the longest value of {name} has {length:,} bytes, and its contract allows {allowed:,}; "
                f"set the column's max_bytes to {length:,} or more, or shorten the value in the table's step"
            )
