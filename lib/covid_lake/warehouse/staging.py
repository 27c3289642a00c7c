"""A curated version on its way into the warehouse, whole or the part of it that differs, and what must hold of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from covid_lake import paths
from covid_lake.contracts import Column, Table
from covid_lake.errors import VerificationFailed, WarehouseError
from covid_lake.store.questions import Stored
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import Storage
from covid_lake.warehouse.checksums import Checksums, file_checksums, first_difference, read_checksums
from covid_lake.warehouse.control import staging_schema
from covid_lake.warehouse.dialects import Dialect, quote
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
    """One version on its way into its target."""

    dataset: str
    """The dataset, whose name the schema of the targets has."""
    dialect: Dialect
    """The warehouse's dialect."""
    given: CuratedVersion
    """The version."""
    exists: bool
    """Whether the warehouse has a table of that name."""
    is_new: bool
    """Whether the table is created, in place of one with other columns if there is one; otherwise rows are merged."""
    previous: str | None = None
    """The version that the target has; None where it is not known."""
    delta: Delta | None = None
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
    def target(self) -> str:
        """The target's quoted name."""
        return quote(self.dataset, self.table.name)

    @property
    def schema(self) -> str:
        """The schema of PostgreSQL's staging table."""
        return staging_schema(self.dataset)

    @property
    def staging(self) -> str:
        """The staging table's quoted name; Redshift's is temporary, and so has no schema."""
        if self.dialect.copies_from_lake:
            return quote(f"staged_{self.table.name}")
        return quote(self.schema, self.table.name)

    @property
    def scope(self) -> Scope | None:
        """The part of the table that is staged; None for all of it."""
        return self.delta.scope if self.delta else None

    @property
    def scope_name(self) -> str:
        """What the audit says of the scope."""
        if self.is_new:
            return "created"
        return "months" if self.delta else "whole"

    @property
    def rows(self) -> Stored:
        """The rows that are staged."""
        return Stored(self.table, self.delta.files if self.delta else self.given.files)

    def sum_up(self) -> None:
        """Note what the staged rows must add up to in the warehouse."""
        self.expected = file_checksums(self.given.storage, self.rows, self.table.stored_columns)


def require_sums(one: Staging, row: Sequence[str | None]) -> None:
    """Raise `VerificationFailed` if the row of `checksum_query` is not what the version's files add up to."""
    if difference := first_difference(one.expected, read_checksums(row, one.table.stored_columns)):
        raise _differs(one, difference)


def require_rows(one: Staging, rows: int) -> None:
    """Raise `VerificationFailed` if the table has another number of rows than the version."""
    if rows != one.given.rows:
        raise _differs(one, f"row count: {one.given.rows} in the curated version, {rows} in the warehouse")


def _differs(one: Staging, difference: str) -> VerificationFailed:
    return VerificationFailed(
        f"{one.dataset}.{one.table.name}, {difference}. The load was rolled back; the warehouse is as it was."
    )


def require_width(one: Staging) -> None:
    """Raise `WarehouseError` for a text that is longer than its column's contract: Redshift would refuse it."""
    for name, length in one.expected.longest.items():
        column = one.table.column(name)
        if length > column.text_bytes:
            raise WarehouseError(
                f"{one.table.id}: the longest value of {name} has {length:,} bytes, and its contract allows "
                f"{column.text_bytes:,}; it is in {_file_of_longest(one, column)}; set the column's max_bytes to "
                f"{length:,} or more, or shorten the value in the table's step"
            )


def _file_of_longest(one: Staging, column: Column) -> str:
    """The first file with a text that is too long; asked only when there is one."""
    for file in one.rows.files:
        found = file_checksums(one.given.storage, Stored(one.table, (file,)), (column,))
        if found.longest[column.name] > column.text_bytes:
            return f"{paths.table(one.table)}/{file.path}"
    return "a file that has changed meanwhile"
