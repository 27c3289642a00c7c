"""What a landing format has to know of its files: their names, how they are inspected, and how each reader reads them.

Spark, DuckDB and the search for a single record must see the same records with the same fields: that is why one class
answers for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    import io

    import duckdb
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

Fields = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a landing file is."""

    sha256: str
    """The checksum of the file; empty for one that could not be read to its end."""
    header: tuple[str, ...] = ()
    """The names of the columns in their order; of JSON lines, the keys in the order of their first appearance."""
    records: int = 0
    multiline: bool = False
    """Whether a quoted field holds a line end. With it, or with blank lines, a record's number is not its line's."""
    blank_lines: int = 0
    fault: str | None = None
    """Why the file is refused; None for a file that can be read."""
    unpacked_sha256: str | None = None
    """The checksum of what a gzip holds."""
    types: tuple[str, ...] = ()
    """Spark's types of the columns, where the file says them."""

    @property
    def content_sha256(self) -> str:
        """The checksum of the content, packed or not."""
        return self.unpacked_sha256 or self.sha256


class InspectedFile(Protocol):
    """A file of the landing zone, as the inventory has it."""

    @property
    def path(self) -> str: ...

    @property
    def inspection(self) -> Inspection: ...


@dataclass(frozen=True, slots=True)
class Scan:
    """Files that Spark can read together. Those that share a header are one generation."""

    files: tuple[InspectedFile, ...]
    headers: tuple[tuple[str, ...], ...]
    """The header of each generation; the columns are read by their places in it."""
    is_multiline: bool = False

    @property
    def width(self) -> int:
        return max(len(header) for header in self.headers)


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds, unpacked: a stream to be read once, and a way to open it anew."""

    stream: io.BufferedReader
    reopen: Callable[[], AbstractContextManager[io.BufferedReader]]


@dataclass(frozen=True, slots=True)
class LandingRecord:
    """A record of a landing file."""

    line: int
    """The line on which it begins, counted from 1; in Parquet the number of the record."""
    text: str
    """The record as the file has it, without its line end."""
    fields: Mapping[str, str | None]
    """Its values by the header's names, None where Spark reads null."""


# A record and the fields over which Spark may have taken its hash, most likely first.
Reading = tuple[LandingRecord, Iterable[Fields]]


class FileFormat(Protocol):
    """Everything that is particular to the files of one format."""

    @property
    def endings(self) -> tuple[str, ...]:
        """How the files' names end, in small letters."""
        ...

    def is_data(self, name: str) -> bool:
        """Whether files of this format may have the name, which is in small letters."""
        ...

    def inspect(self, content: Content) -> Inspection:
        """Header, number of records and types; `FileFault` for a file that Spark would read wrongly or not at all."""
        ...

    def scans(self, files: Sequence[InspectedFile]) -> list[Scan]:
        """The files in groups that Spark can read together."""
        ...

    def read_arrow(self, stream: BinaryIO, inspection: Inspection, scan: Scan) -> Iterator[pa.RecordBatch]:
        """The records of an unpacked file in their order: the columns of `read_texts`, and `_line`.

        The file is one of the scan's. Spark's own reader gives the same texts. A line is that on which the record
        begins, counted from 1. Raises `ValueError` for a record that can't be read: the file has changed.
        """
        ...

    def read_texts(self, spark: SparkSession, scan: Scan, urls: list[str]) -> DataFrame:
        """Every record as texts: a column `_c0`, `_c1` and so on for each place in the header, `_surplus` for text in a
        field past them, and Spark's `_metadata`.
        """
        ...

    def add_lines(self, records: DataFrame, scan: Scan) -> DataFrame:
        """Add `_line`, the record's line in its file, null where Spark can't know it. `source_file` is there."""
        ...

    def view_queries(
        self, connection: duckdb.DuckDBPyConnection, placed: Sequence[tuple[Path, str]], scratch: Path
    ) -> list[str]:
        """DuckDB queries that together show all records, every column as text, beside the column `source_file`.

        A file lies unpacked below its folder under its own path; `scratch` is a folder for what DuckDB can't read.
        """
        ...

    def walk_records(self, stream: BinaryIO, inspection: Inspection, family: Sequence[str]) -> Iterator[Reading]:
        """The records of an unpacked file in their order; `ValueError` or `IndexError` for one that can't be read.

        `family` are the keys of all the table's files in their order.
        """
        ...
