"""Queries over the samples' tables: the lake answers them as Trino does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from athena_corpus import alike, shown_by_trino, shown_rows
from covid_lake.reading.athena.kinds import UNKNOWN, Kind
from covid_lake.reading.query import Question, read_question
from server import Trino
from trino_lakes import CataloguedLake

QUERIES = re.findall(r"^(?!--)(.+);$", Path(__file__).with_name("tables.sql").read_text(encoding="utf-8"), re.MULTILINE)
# Sums of doubles depend on the order in which rows are read.
LAST_DIGITS = 1e-12


@pytest.mark.parametrize("sql", QUERIES)
def test_a_query_over_tables_is_answered_as_by_trino(sql: str, catalogued: CataloguedLake, trino: Trino) -> None:
    expected = shown_by_trino(trino.url, sql)
    assert not expected.error

    answer = catalogued.lake.sql(sql)
    question = read_question(sql)
    assert isinstance(question, Question)
    columns = question.for_lake().columns
    kinds: list[Kind] = [kind for _, kind in columns] if columns else [UNKNOWN] * len(answer.columns)
    rows = shown_rows(answer, kinds)
    assert expected.rows
    assert alike(expected.rows, rows, LAST_DIGITS), f"Trino: {expected.rows[:5]}\nthe lake: {rows[:5]}"
    assert answer.columns == expected.names
    if columns:
        assert tuple(map(str, kinds)) == expected.types
