"""A table as the Glue Data Catalog knows it, as data: Athena's DDL and the catalog's entries are rendered from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Database:
    """A database, which holds a zone of a dataset."""

    name: str
    """The database's name, such as `covid19_landing`."""
    comment: str
    """What it holds."""
    location: str
    """The zone's folder of the dataset, below the lake's root."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table or a view."""

    name: str
    """The column's name."""
    type: str
    """The type as Hive's DDL and the Glue Data Catalog spell it, such as `bigint` or `array<string>`."""
    comment: str
    """What the column means."""


@dataclass(frozen=True, slots=True)
class FileLayout:
    """How Hive reads a table's files."""

    input_format: str
    """The Java class that splits files into records."""
    output_format: str
    """The Java class that would write files."""
    serde: str
    """The Java class that splits a record into fields."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What that class is told, such as `separatorChar`."""


@dataclass(frozen=True, slots=True)
class HiveTable:
    """A table over the files of a folder."""

    database: str
    """The database's name, such as `covid19_landing`."""
    name: str
    """The table's name."""
    comment: str
    """What a row is, in a sentence."""
    columns: tuple[Field, ...]
    """The columns that the files hold, in the files' order where the format has one."""
    location: str
    """The folder of the files, below the lake's root."""
    layout: FileLayout
    """How the files are read."""
    partitions: tuple[Field, ...] = ()
    """The columns that the folders' names hold."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The table's properties, such as `skip.header.line.count`."""


@dataclass(frozen=True, slots=True)
class View:
    """A stored query in Athena's SQL."""

    database: str
    """The database's name."""
    name: str
    """The view's name."""
    comment: str
    """What a row is, in a sentence."""
    columns: tuple[Field, ...]
    """The columns of its answer, in their order."""
    sql: str
    """The query. It names tables in full, `database.table`."""
