"""Contract -> Athena's CREATE EXTERNAL TABLE. Pure: the same contract gives the same text on every machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from covid_lake.contracts import Column, Table, Type
from covid_lake.datasets.registry import database_name

_ATHENA_TYPES: Final = {
    Type.TEXT: "string",
    Type.INT: "int",
    Type.BIGINT: "bigint",
    Type.DOUBLE: "double",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "timestamp",
}
LOCATION_PLACEHOLDER = "${location}"


def athena_type(column: Column) -> str:
    """The column's type as Athena and the Glue Data Catalog spell it."""
    return column.type_name if column.type is Type.DECIMAL else _ATHENA_TYPES[column.type]


def render_table(table: Table) -> str:
    """The statement that makes a trusted or curated table known to Athena, over the Parquet files of one version.

    Every name is in backticks, because `date`, `timestamp`, `user`, `values` and `start` are reserved in DDL. The
    location is the placeholder `${location}`: the folder of a version, which changes with every publication. The
    statement ends without a semicolon, after which Athena's API may expect a second statement.
    """
    partitions = [table.column(name) for name in table.partition_by]
    clauses = [
        f"CREATE EXTERNAL TABLE IF NOT EXISTS `{database_name(table.dataset, table.zone)}`.`{table.name}` (",
        _column_lines(table.stored_columns),
        ")",
        f"COMMENT {_text(table.grain)}",
        *(["PARTITIONED BY (", _column_lines(partitions), ")"] if partitions else []),
        "STORED AS PARQUET",
        f"LOCATION '{LOCATION_PLACEHOLDER}'",
        "TBLPROPERTIES (",
        "  'classification' = 'parquet',",
        "  'parquet.compression' = 'ZSTD'",
        ")",
    ]
    return "\n".join(clauses) + "\n"


def _column_lines(columns: Iterable[Column]) -> str:
    return ",\n".join(f"  `{column.name}` {athena_type(column)} COMMENT {_text(column.comment)}" for column in columns)


def _text(value: str) -> str:
    """A literal of Hive's DDL: a backslash escapes a quote, and a doubled quote would be dropped."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
