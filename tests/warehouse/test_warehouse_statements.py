"""The statements of loads, whole: golden files, which a person reads, and sqlglot parses.

`COVID_LAKE_WRITE_GOLDEN=1 pytest tests/warehouse/test_warehouse_statements.py` writes them anew.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

from covid_lake.contracts import Column, Table, Type, Zone
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse import control
from covid_lake.warehouse.dialects import POSTGRESQL, REDSHIFT, Dialect
from covid_lake.warehouse.existing import ForeignKey
from covid_lake.warehouse.merge import Scope
from covid_lake.warehouse.preview import render_load
from covid_lake.warehouse.staging import CuratedVersion, Delta, Staging
from covid_lake.warehouse.steps import Plan

GOLDEN = Path(__file__).with_name("golden")
AT = dt.datetime(2020, 7, 1, 4, 30, tzinfo=dt.UTC)
ROLE = "arn:aws:iam::123456789012:role/redshift-reads-lake"
REGION, DATES, CASES = (COVID19.table(Zone.CURATED, name) for name in ("dim_region", "dim_date", "fact_cases"))
BEFORE, AFTER = "20200630T040000Z-0a1b", "20200701T040000Z-2c3d"
JUNE, JULY = (DataFile(f"version={AFTER}/month=2020-0{month}/part-0.parquet", month, 1000 * month) for month in (6, 7))


def staging(
    dialect: Dialect, table: Table, *, exists: bool, is_new: bool = False, delta: Delta | None = None
) -> Staging:
    files = (JUNE, JULY) if table.partition_by else (DataFile(f"version={AFTER}/part-0.parquet", 12, 3456),)
    given = CuratedVersion(table, AFTER, LocalStorage("lake"), files)
    return Staging("covid19", dialect, given, exists, is_new, BEFORE if exists else None, delta)


def plan(dialect: Dialect, *staged: Staging, **more: object) -> Plan:
    names = [one.table.name for one in staged]
    urls = {name: f"s3://bucket/lake/_loads/covid19/20200701T043000Z-4e5f/{name}.manifest" for name in names}
    given: Mapping[str, object] = {
        "has_reader": True,
        **({"copy_role": ROLE, "manifest_urls": urls} if dialect is REDSHIFT else {}),
    }
    return Plan(dialect, "covid19", "20200701T043000Z-4e5f", staged, **{**given, **more})  # type: ignore[arg-type]


def first_load(dialect: Dialect) -> str:
    staged = [staging(dialect, table, exists=False, is_new=True) for table in (DATES, REGION, CASES)]
    missing = ('CREATE SCHEMA IF NOT EXISTS "covid19_staging"', *control.create_statements(dialect, "covid19"))
    return render_load(plan(dialect, *staged, creates_schema=True), missing, AT)


def one_new_day(dialect: Dialect) -> str:
    """The calendar grows by a day, and so does July."""
    delta = Delta((JULY,), Scope.of_months("date_key", ["2020-07"]))
    staged = [staging(dialect, DATES, exists=True), staging(dialect, CASES, exists=True, delta=delta)]
    return render_load(plan(dialect, *staged, neighbours=(REGION,)), (), AT)


def new_column(dialect: Dialect) -> str:
    """A dimension that facts refer to gets a column, and so is built anew."""
    wider = replace(REGION, columns=(*REGION.columns, Column("continent", Type.TEXT, "Continent")))
    keys = (ForeignKey("fact_cases", "fact_cases_region_key_fkey", "dim_region"),)
    staged = staging(dialect, wider, exists=True, is_new=True)
    return render_load(plan(dialect, staged, neighbours=(DATES, CASES), foreign_keys=keys), (), AT)


def nothing_new(dialect: Dialect) -> str:
    return render_load(plan(dialect), (), AT)


LOADS = (first_load, one_new_day, new_column, nothing_new)


@pytest.mark.parametrize("dialect", [POSTGRESQL, REDSHIFT], ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("load", LOADS, ids=lambda load: load.__name__)
def test_a_load_has_the_statements_of_its_golden_file(load: object, dialect: Dialect) -> None:
    text = load(dialect)  # type: ignore[operator]
    file = GOLDEN / dialect.name / f"{load.__name__}.sql"  # type: ignore[attr-defined]
    if os.environ.get("COVID_LAKE_WRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def parsed(dialect: Dialect) -> list[exp.Expression]:
    """Every statement of the dialect's golden files."""
    grammar = {"postgresql": "postgres", "redshift": "redshift"}[dialect.name]
    texts = [(GOLDEN / dialect.name / f"{load.__name__}.sql").read_text(encoding="utf-8") for load in LOADS]
    found = sqlglot.parse("\n".join(texts), read=grammar, error_level=ErrorLevel.RAISE)
    return [one for one in found if one is not None and not isinstance(one, exp.Semicolon)]


# What sqlglot passes through unparsed: LOCK in any form, GRANT of several tables at once, and two forms of ALTER TABLE.
UNPARSED = ("LOCK TABLE ", "GRANT SELECT ON TABLE ", "ALTER TABLE ")


@pytest.mark.parametrize("dialect", [POSTGRESQL, REDSHIFT], ids=lambda dialect: dialect.name)
def test_sqlglot_parses_every_statement_but_a_few_forms(dialect: Dialect) -> None:
    unparsed = [one.sql(comments=False) for one in parsed(dialect) if isinstance(one, exp.Command)]
    assert {next(form for form in UNPARSED if sql.startswith(form)) for sql in unparsed} == {
        *UNPARSED[:2],
        *(UNPARSED[2:] if dialect is POSTGRESQL else ()),
    }
    alters = [sql for sql in unparsed if sql.startswith("ALTER")]
    assert all(" ADD PRIMARY KEY USING INDEX " in sql or " SET SCHEMA " in sql for sql in alters)


@pytest.mark.parametrize("dialect", [POSTGRESQL, REDSHIFT], ids=lambda dialect: dialect.name)
def test_a_load_never_truncates_and_inserts_rows_into_its_own_tables_alone(dialect: Dialect) -> None:
    for statement in parsed(dialect):
        assert not isinstance(statement, exp.TruncateTable)
        if isinstance(statement, exp.Insert) and isinstance(statement.expression, exp.Values):
            (table,) = statement.this.find_all(exp.Table)
            assert (table.db, table.name in control.CONTROL_TABLES) == ("covid19_staging", True)


def test_redshift_s_load_keeps_to_what_its_documentation_allows() -> None:
    for statement in parsed(REDSHIFT):
        if isinstance(statement, exp.Delete):
            assert statement.this.alias == ""  # DELETE takes no alias
        if (
            isinstance(statement, exp.Create)
            and statement.kind == "TABLE"
            and statement.this.find(exp.Table).db != "covid19_staging"
        ):
            assert statement.find(exp.DistStyleProperty)
        assert not statement.find(exp.Extract)  # of a time, it would be whole seconds


def test_the_lock_is_the_transaction_s_first_statement_and_locks_no_table_that_people_read() -> None:
    for load in (first_load, one_new_day, new_column):
        lines = [line for line in load(REDSHIFT).splitlines() if not line.startswith("--")]
        after = lines[lines.index("BEGIN;") + 1]
        assert after == 'LOCK TABLE "covid19_staging"."load_lock";'
        assert sum(line.startswith("LOCK") for line in lines) == 1
