"""The statements that Athena gets follow from the contracts alone."""

from __future__ import annotations

from covid_lake.catalog.athena_ddl import render_database, render_hive_table, render_iceberg, render_view
from covid_lake.catalog.descriptions import Database, Field, FileLayout, HiveTable, View
from covid_lake.catalog.tables import stored_table
from covid_lake.contracts import Column, Partitioning, Table, Type, Zone

FACT_EXAMPLE = Table(
    "covid19",
    Zone.CURATED,
    "fact_example",
    "A region's day.",
    (
        Column("region_key", Type.BIGINT, "Region, key of dim_region"),
        Column("date", Type.DATE, "The source's day"),
        Column("rate", Type.DECIMAL, "Share, 0 to 1", precision=5, scale=4),
        Column("month", Type.TEXT, "Month as yyyy-MM"),
    ),
    key=("region_key", "date"),
    partitioning=Partitioning("month"),
)


def test_a_partitioned_parquet_table_is_rendered_whole() -> None:
    assert (
        render_hive_table(stored_table(FACT_EXAMPLE))
        == """\
CREATE EXTERNAL TABLE IF NOT EXISTS `covid19_curated`.`fact_example` (
  `region_key` bigint COMMENT 'Region, key of dim_region',
  `date` date COMMENT 'The source\\'s day',
  `rate` decimal(5,4) COMMENT 'Share, 0 to 1'
)
COMMENT 'A region\\'s day.'
PARTITIONED BY (
  `month` string COMMENT 'Month as yyyy-MM'
)
STORED AS PARQUET
LOCATION '${lake}/curated/covid19/fact_example/'
TBLPROPERTIES (
  'classification' = 'parquet',
  'parquet.compression' = 'SNAPPY'
)
"""
    )


def test_signs_that_hive_would_take_for_its_own_are_escaped() -> None:
    table = HiveTable(
        "d", "t", "It's a\\b", (Field("a`b", "string", ""),), "landing/d/t", FileLayout("i", "o", "s", {"x": "\x01\\"})
    )

    text = render_hive_table(table)

    assert "COMMENT 'It\\'s a\\\\b'" in text
    assert "`a``b` string" in text
    assert "'x' = '\\u0001\\\\'" in text
    assert "ROW FORMAT SERDE 's'" in text
    assert "TBLPROPERTIES" not in text


def test_an_iceberg_table_is_described_without_a_statement() -> None:
    text = render_iceberg(FACT_EXAMPLE)

    assert all(line.startswith("--") for line in text.splitlines())
    assert "covid-lake catalog sync covid19" in text
    assert "--   PARTITIONED BY (`month`)" in text
    assert "${lake}/curated/covid19/fact_example/iceberg/metadata/" in text
    assert "--   LOCATION '${lake}/curated/covid19/fact_example/iceberg/'" in text


def test_a_view_is_quoted_as_queries_are_and_says_what_a_row_is() -> None:
    view = View("d", "v", "A row of t.", (Field("a", "string", "A"),), 'SELECT "a" FROM d.t')

    assert render_view(view) == '-- A row of t.\nCREATE OR REPLACE VIEW "d"."v" AS\nSELECT "a" FROM d.t\n'


def test_a_database_lies_in_the_folder_of_its_zone() -> None:
    text = render_database(Database("d_landing", "D: landing", "landing/d"))

    assert text == "CREATE DATABASE IF NOT EXISTS `d_landing`\nCOMMENT 'D: landing'\nLOCATION '${lake}/landing/d/'\n"
