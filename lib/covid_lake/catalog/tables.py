"""Trusted and curated tables and quarantine as Hive tables over Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from covid_lake import paths
from covid_lake.catalog.column_types import hive_type
from covid_lake.catalog.descriptions import Database, Field, FileLayout, HiveTable
from covid_lake.contracts import Codec, Column, Dataset, Table, Zone
from covid_lake.datasets.registry import database_name

PARQUET_LAYOUT: Final = FileLayout(
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
)
QUARANTINE_FIELDS: Final = (
    Field("run_id", "string", "Run that refused the record"),
    Field("table_name", "string", "Table that the record was meant for"),
    Field("source_file", "string", "Landing file of the record, below the landing root"),
    Field("line", "bigint", "Line of the file on which the record begins, counted from 1; NULL where nobody counted"),
    Field("reasons", "array<string>", "Every rule that the record broke, as `name: message`"),
    Field("record", "string", "The record as it arrived"),
)


def database_of(dataset: Dataset, zone: Zone) -> Database:
    """The database of a zone of a dataset."""
    return Database(database_name(dataset.name, zone), f"{dataset.title}: {zone}", f"{zone}/{dataset.name}")


def stored_table(table: Table, location: str | None = None) -> HiveTable:
    """A trusted or curated table as plain Parquet.

    `location` is the folder of its files below the lake's root: that of the version, which changes with every
    publication. A partitioned table's partitions have locations of their own, and the table is that of all versions.
    """
    return HiveTable(
        database=database_name(table.dataset, table.zone),
        name=table.name,
        comment=table.grain,
        columns=tuple(map(table_field, table.stored_columns)),
        location=location or paths.table(table),
        layout=PARQUET_LAYOUT,
        partitions=tuple(table_field(table.column(name)) for name in table.partition_by),
        parameters=_parameters(table.codec),
    )


def quarantine_table(table: Table, location: str | None = None) -> HiveTable:
    """The refused records of a table; `location` is the folder that the snapshot names as its quarantine.

    Without one it is the folder of all runs, in which a record stands as often as it was refused.
    """
    return HiveTable(
        database=database_name(table.dataset, Zone.QUARANTINE),
        name=table.name,
        comment=f"Refused records of {table.id}, as they arrived, each with every reason.",
        columns=QUARANTINE_FIELDS,
        location=location or paths.quarantine(table.dataset, table.name),
        layout=PARQUET_LAYOUT,
        parameters=_parameters(Codec.ZSTD),
    )


def _parameters(codec: Codec) -> Mapping[str, str]:
    return {"classification": "parquet", "parquet.compression": codec.upper()}


def table_field(column: Column) -> Field:
    """A column of a contract as the catalog shows it."""
    return Field(column.name, hive_type(column), column.comment)
