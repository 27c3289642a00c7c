"""The statements that Athena gets follow from the contracts alone, and a parser of its DDL accepts them all."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from covid_lake.catalog.athena_ddl import render_table
from covid_lake.contracts import Column, Partitioning, Table, Type, Zone
from covid_lake.datasets import registry

TABLES = [table for name in registry.dataset_names() for table in registry.dataset(name).tables]


def test_a_partitioned_table_is_rendered_whole() -> None:
    table = Table(
        "covid19",
        Zone.CURATED,
        "fact_example",
        "A region's day.",
        (
            Column("region_key", Type.BIGINT, "Region, key of dim_region"),
            Column("date", Type.DATE, "The source's day"),
            Column("rate", Type.DOUBLE, "Share, 0 to 1"),
            Column("month", Type.TEXT, "Month as yyyy-MM"),
        ),
        key=("region_key", "date"),
        partitioning=Partitioning("month"),
    )

    assert (
        render_table(table)
        == """\
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_curated`.`fact_example` (
  `region_key` bigint COMMENT 'Region, key of dim_region',
  `date` date COMMENT 'The source\\'s day',
  `rate` double COMMENT 'Share, 0 to 1'
)
COMMENT 'A region\\'s day.'
PARTITIONED BY (
  `month` string COMMENT 'Month as yyyy-MM'
)
STORED AS PARQUET
LOCATION '${location}'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
)
"""
    )


def test_a_table_without_partitions_has_no_clause_for_them() -> None:
    assert "PARTITIONED" not in render_table(registry.find_table("covid19_curated.dim_date").contract)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.dataset}-{table.id}")
def test_every_contract_parses_as_athena_ddl_with_its_columns(table: Table) -> None:
    statement = sqlglot.parse_one(render_table(table), read="athena")

    assert isinstance(statement, exp.Create)
    named = [column.name for column in statement.find_all(exp.ColumnDef)]
    assert sorted(named) == sorted(table.column_names)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.dataset}-{table.id}")
def test_comments_are_short_enough_for_the_data_catalog(table: Table) -> None:
    assert all(len(column.comment) <= 255 for column in table.columns)
