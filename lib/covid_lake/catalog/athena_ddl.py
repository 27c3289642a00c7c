"""Contract -> Athena's CREATE EXTERNAL TABLE. Pure: the same contract gives the same text on every machine."""

from __future__ import annotations

from collections.abc import Iterable

from covid_lake.catalog.column_types import hive_type
from covid_lake.contracts import Column, Table
from covid_lake.datasets.registry import database_name

LOCATION_PLACEHOLDER = "${location}"


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
        f"  'parquet.compression' = '{table.codec.upper()}'",
        ")",
    ]
    return "\n".join(clauses) + "\n"


def _column_lines(columns: Iterable[Column]) -> str:
    return ",\n".join(f"  `{column.name}` {hive_type(column)} COMMENT {_text(column.comment)}" for column in columns)


def _text(value: str) -> str:
    """A literal of Hive's DDL: a backslash escapes a quote, and a doubled quote would be dropped."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
