"""What the catalog's publisher needs of a place where tables are registered by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from covid_lake.catalog.descriptions import HiveTable, View
from covid_lake.publish.catalog.column_statistics import VersionStatistics

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog as IcebergCatalog
    from pyiceberg.table import Table as IcebergTable


class TableFormat(StrEnum):
    """What trusted and curated tables are in the catalog. Landing and quarantine are Hive tables in any case."""

    ICEBERG = "iceberg"
    """Apache Iceberg tables over the lake's Parquet files: a reader sees one version of a table, whole."""
    HIVE = "hive"
    """Plain Parquet tables, whose partitions are switched one after another."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of a Hive table, with its own location."""

    values: tuple[str, ...]
    """The values of the table's partition columns, in their order."""
    location: str
    """The folder of its files, below the lake's root."""
    rows: int
    """The rows of its files."""
    bytes: int
    """The size of its files in bytes."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A Hive table or a view as it should be in the catalog."""

    entry: HiveTable | View
    """The table or the view."""
    partitions: tuple[Partition, ...] = ()
    """All partitions of a partitioned Hive table."""
    statistics: VersionStatistics | None = None
    """What its columns hold, to be read when the table has another version than before; None where nobody counts."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Something in which a table's entry in the catalog, its files and its contract do not agree."""

    table: str
    """The table's full name, such as `covid19_curated.fact_cases`."""
    column: str = ""
    """The column that it is about; empty where it is about the table."""
    what: str = ""
    """What is wrong, as a phrase about the table or the column."""

    def __str__(self) -> str:
        place = f"{self.table}, column {self.column}" if self.column else self.table
        return f"{place}: {self.what}"


class TableCatalog(Protocol):
    """A place where tables are registered: the AWS Glue Data Catalog, or a SQLite file in the lake.

    Every method raises `CatalogError`, which names the database and the table.
    """

    @property
    def name(self) -> str:
        """`glue` or `local`."""
        ...

    @property
    def holds_only_iceberg(self) -> bool:
        """Whether the catalog can hold no Hive tables and no views."""
        ...

    @property
    def changes_at_once(self) -> int:
        """How many tables may be changed at the same time, where most of a change is waiting for answers."""
        ...

    @property
    def takes_over(self) -> bool:
        """Whether entries that show another lake are replaced; otherwise they are a fault."""
        ...

    def remembered(self, dataset: str) -> str | None:
        """What `remember` kept for the dataset; None where nothing is. One call."""
        ...

    def remember(self, dataset: str, state: str) -> None:
        """Keep a digest of what the catalog was brought up to, beside the dataset's databases."""
        ...

    def create_databases(self, databases: Sequence[tuple[str, str, str]]) -> None:
        """Create the databases that are missing: name, description, and folder below the lake's root."""
        ...

    def register(
        self, wanted: Sequence[Registration], databases: Sequence[str], iceberg: Collection[str] = ()
    ) -> Sequence[str]:
        """Make the databases hold these Hive tables and views; the full names of those that were changed.

        `iceberg` are the full names of the Iceberg tables that belong there. Other entries of this lake are removed;
        what others have added stays. A catalog that holds only Iceberg tables is not asked. Raises `CatalogConflict`
        where another publisher changed an entry meanwhile, or has brought it to a later snapshot.
        """
        ...

    def disagreements(
        self, wanted: Sequence[Registration], databases: Sequence[str], iceberg: Collection[str] = ()
    ) -> Sequence[Disagreement]:
        """What `register` would change, without changing it; none for a catalog that holds only Iceberg tables."""
        ...

    def iceberg(self) -> IcebergCatalog:
        """The catalog as PyIceberg knows it, for the tables that are Iceberg's."""
        ...


@runtime_checkable
class RepeatsColumns(Protocol):
    """An Iceberg catalog whose entries repeat the columns of the metadata that they name, as Glue's do.

    Whoever edits an entry changes what the console and Lake Formation show, and not what a query reads.
    """

    def faults_of_entry(self, table: IcebergTable) -> Iterator[tuple[str, str]]:
        """In what the entry says otherwise than the metadata: a column, or "", and what is wrong."""
        ...

    def mend_entry(self, table: IcebergTable) -> bool:
        """Have the entry say what the metadata say; whether it said something else."""
        ...
