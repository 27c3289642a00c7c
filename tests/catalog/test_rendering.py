"""What is committed below `ddl/`: a file for every table and view of the four zones, in SQL that Athena reads."""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from covid_lake.catalog.rendering import render_all, render_tables
from covid_lake.catalog.reserved_words import unquoted_words
from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.datasets.queries import named_queries
from covid_lake.datasets.views import star_views
from covid_lake.errors import SettingsError

DATASETS = registry.dataset_names()
FILES = {path: text for name in DATASETS for path, text in render_all(name).items() if path.startswith("athena/")}
STATEMENTS = {path: text for path, text in FILES.items() if not all(line[:2] == "--" for line in text.splitlines())}


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_table_of_every_zone_has_a_file_and_every_zone_a_database(dataset: str) -> None:
    wanted = {f"{zone}/_database" for zone in Zone}
    for zone in (Zone.TRUSTED, Zone.CURATED):
        wanted |= {f"{zone}/{table.name}" for table in registry.dataset(dataset).zone(zone)}
    for table in (table for table in registry.dataset(dataset).tables if table.landing):
        wanted |= {f"landing/{table.name}", f"landing/{table.name}_typed", f"quarantine/{table.name}"}
    wanted |= {f"curated/{view.name}" for view in star_views(dataset)}

    assert {path for path in FILES if path.startswith(f"athena/{dataset}/")} == {
        f"athena/{dataset}/{name}.sql" for name in wanted
    }


@pytest.mark.parametrize("path", STATEMENTS)
def test_a_statement_parses_as_athenas_sql_and_uses_no_reserved_word_without_quotes(path: str) -> None:
    statements = [one for one in sqlglot.parse(STATEMENTS[path], read="athena") if one]

    assert [type(one) for one in statements] == [exp.Create]
    assert unquoted_words(STATEMENTS[path]) == ()


@pytest.mark.parametrize("path", sorted(FILES.keys() - STATEMENTS.keys()))
def test_what_an_iceberg_table_looks_like_parses_as_well(path: str) -> None:
    shape = "\n".join(line[5:] for line in FILES[path].splitlines() if line.startswith("--   "))
    zone, name = path.removesuffix(".sql").split("/")[-2:]
    table = registry.find_table(f"{path.split('/')[1]}_{zone}.{name}").contract

    statement = sqlglot.parse_one(shape, read="athena")

    assert [column.name for column in statement.find_all(exp.ColumnDef)] == list(table.column_names)
    assert unquoted_words(shape) == ()


@pytest.mark.parametrize("path", FILES)
def test_the_lakes_root_is_the_only_placeholder(path: str) -> None:
    assert set(re.findall(r"\$\{\w+\}", FILES[path])) <= {"${lake}"}


@pytest.mark.parametrize("query", named_queries(), ids=lambda query: query.name)
def test_a_named_query_uses_no_reserved_word_without_quotes(query) -> None:  # type: ignore[no-untyped-def]
    assert unquoted_words(query.sql) == ()


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ('SELECT t.end, t."first" FROM d.t t', ("end",)),
        ("CREATE OR REPLACE VIEW d.v AS SELECT last FROM d.t", ("last",)),
        ("CREATE EXTERNAL TABLE d.t (`date` int, user string) LOCATION 's3://b/t/'", ("user",)),
        ("SELECT d.date FROM d.t d", ()),
    ],
)
def test_reserved_words_differ_between_ddl_and_queries(sql: str, words: tuple[str, ...]) -> None:
    assert unquoted_words(sql) == words


def test_tables_and_views_are_chosen_by_name() -> None:
    (trusted,) = render_tables("covid19", "athena", ["state_abv"])
    landing, view = render_tables("covid19", "athena", ["landing.state_abv", "v_cases"])
    (typed,) = render_tables("covid19", "athena", ["covid19_landing.state_abv_typed"])

    assert "`covid19_trusted`.`state_abv`" in trusted
    assert "`covid19_landing`.`state_abv`" in landing
    assert '"covid19_curated"."v_cases"' in view
    assert '"covid19_landing"."state_abv_typed"' in typed
    with pytest.raises(SettingsError, match=r"covid19 has no table v_case; it has .*state_abv"):
        render_tables("covid19", "athena", ["v_case"])


def test_plain_parquet_lies_in_the_folder_of_a_version() -> None:
    (text,) = render_tables("covid19", "athena", ["dim_date"], as_hive=True)

    assert "LOCATION '${lake}/curated/covid19/dim_date/version=${version}/'" in text


@pytest.mark.parametrize(
    "name", [table for table in registry.all_tables() if table.zone is table.contract.zone], ids=str
)
def test_comments_are_short_enough_for_the_data_catalog(name: registry.NamedTable) -> None:
    assert all(len(column.comment) <= 255 for column in name.contract.columns)
