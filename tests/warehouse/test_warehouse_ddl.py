from __future__ import annotations

from dataclasses import replace

from covid_lake.contracts import Column, Distribution, Partitioning, Reference, Table, Type, WarehouseLayout, Zone
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.ddl import create_statements, render_table
from covid_lake.warehouse.dialects import POSTGRESQL, REDSHIFT

FACT = Table(
    "covid19",
    Zone.CURATED,
    "fact_counts",
    "A region's day.",
    (
        Column("region_key", Type.BIGINT, "Region", nullable=False),
        Column("date_key", Type.INT, "Day"),
        Column("source", Type.TEXT, "Feed", max_bytes=40),
        Column("share", Type.DECIMAL, "Share", precision=10, scale=4),
        Column("month", Type.TEXT, "Month"),
    ),
    key=("region_key", "date_key"),
    references=(Reference("region_key", "curated.dim_region", "region_key"),),
    partitioning=Partitioning("month"),
    layout=WarehouseLayout(Distribution.KEY, distribution_key="region_key", sort_key=("date_key", "source")),
)


def test_postgresql_table_has_a_key_and_comments_and_no_partition_column() -> None:
    assert (
        render_table(FACT, "covid19", POSTGRESQL)
        == """\
CREATE TABLE IF NOT EXISTS "covid19"."fact_counts" (
    "region_key" bigint NOT NULL,
    "date_key" integer NOT NULL,
    "source" text,
    "share" numeric(10,4),
    PRIMARY KEY ("region_key", "date_key")
);
COMMENT ON TABLE "covid19"."fact_counts" IS 'A region''s day.';
COMMENT ON COLUMN "covid19"."fact_counts"."region_key" IS 'Region';
COMMENT ON COLUMN "covid19"."fact_counts"."date_key" IS 'Day';
COMMENT ON COLUMN "covid19"."fact_counts"."source" IS 'Feed';
COMMENT ON COLUMN "covid19"."fact_counts"."share" IS 'Share';
"""
    )


def test_redshift_fact_is_laid_out_as_its_contract_says() -> None:
    assert (
        create_statements(FACT, "covid19", REDSHIFT)[0]
        == """\
CREATE TABLE IF NOT EXISTS "covid19"."fact_counts" (
    "region_key" bigint ENCODE az64 NOT NULL,
    "date_key" integer ENCODE raw NOT NULL,
    "source" varchar(40) ENCODE zstd,
    "share" numeric(10,4) ENCODE az64,
    PRIMARY KEY ("region_key", "date_key"),
    CONSTRAINT "fact_counts_region_key_fkey" FOREIGN KEY ("region_key") REFERENCES "covid19"."dim_region" ("region_key")
)
DISTSTYLE KEY
DISTKEY ("region_key")
COMPOUND SORTKEY ("date_key", "source")"""
    )


def test_redshift_dimension_is_on_every_node_and_does_not_refer_to_itself() -> None:
    ddl = create_statements(COVID19.table(Zone.CURATED, "dim_region"), "covid19", REDSHIFT)[0]
    assert ddl.endswith("\n)\nDISTSTYLE ALL")
    assert "FOREIGN KEY" not in ddl
    assert '"region_id" varchar(256) ENCODE zstd NOT NULL' in ddl


def test_a_table_of_which_the_contract_says_nothing_is_left_to_redshift() -> None:
    plain = replace(FACT, layout=WarehouseLayout(), name="dim_counts")
    assert create_statements(plain, "covid19", REDSHIFT)[0].endswith("\n)\nDISTSTYLE AUTO")


def test_postgresql_takes_the_ddl_of_every_curated_table(empty_warehouse: WarehouseConnection) -> None:
    with empty_warehouse.connect() as opened:
        opened.execute("CREATE SCHEMA covid19")
        for table in COVID19.star:
            opened.execute(render_table(table, "covid19", POSTGRESQL).encode())
            columns = opened.execute(
                "SELECT column_name, data_type FROM information_schema.columns "
                "WHERE table_schema = 'covid19' AND table_name = %s ORDER BY ordinal_position",
                (table.name,),
            ).fetchall()
            assert columns == [(c.name, POSTGRESQL.type_of(c)) for c in table.stored_columns]
