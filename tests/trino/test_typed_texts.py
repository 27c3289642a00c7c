"""Typed views read texts in Athena's engine as the trusted tables are read: the same values, and never a failure."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from covid_lake.catalog.casts import cleaned, literal, typed
from covid_lake.contracts import Column, Type
from covid_lake.transforms.columns import clean_texts
from covid_lake.transforms.columns import typed as typed_by_spark
from server import Trino

sys.path.append(str(Path(__file__).resolve().parents[1] / "engines"))

from spellings import texts_for
from test_casts import casts

TEXTS, AT_ONCE = 600, 300
LAST_OF_ASCII, LAST_OF_FOUR_DIGITS = 0x7E, 0xFFFF
MOMENTS = (Type.DATE, Type.TIMESTAMP)
COLUMNS = [column for type_ in Type if type_ is not Type.TEXT for column in casts(type_)]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda one: f"{one.type_name}-{len(one.formats)}-{one.time_zone}")
def test_a_text_is_typed_alike(trino: Trino, spark: SparkSession, column: Column) -> None:
    texts = texts_for(column, TEXTS, random.Random(str(column)))  # noqa: S311 - the same texts each time
    frame = spark.createDataFrame(list(enumerate(texts)), "number int, text string")
    value = typed_by_spark("text", column)
    shown = value.cast("string") if column.type in MOMENTS else value
    wanted = {row[0]: row[1] for row in clean_texts(frame, {"text": ()}).select("number", shown).collect()}

    found = dict(in_trino(trino, column, texts))

    assert sum(value is not None for value in wanted.values()) > 5, "the texts are not about this type"
    differing = [(texts[number], wanted[number], found[number]) for number in wanted if found[number] != wanted[number]]
    assert differing == []


def in_trino(trino: Trino, column: Column, texts: list[str]) -> Iterator[tuple[int, Any]]:
    value = typed('"text"', column)
    value = f"CAST({value} AS varchar)" if column.type in MOMENTS else value
    for start in range(0, len(texts), AT_ONCE):
        rows = ", ".join(f"({start + i}, {spelled(text)})" for i, text in enumerate(texts[start : start + AT_ONCE]))
        source = f'SELECT number, {cleaned("raw", ())} AS "text" FROM (VALUES {rows}) AS v (number, raw)'
        for number, typed_value in trino.rows(f"SELECT number, {value} FROM ({source}) AS t"):
            yield number, without_last_zeros(typed_value) if column.type is Type.TIMESTAMP else typed_value


def spelled(text: str) -> str:
    """The text as a literal in which nothing but ASCII stands."""
    signs = [one if " " <= one <= chr(LAST_OF_ASCII) and one != "\\" else escaped(ord(one)) for one in text]
    return f"U&{literal(''.join(signs))}"


def escaped(code: int) -> str:
    return f"\\{code:04x}" if code <= LAST_OF_FOUR_DIGITS else f"\\+{code:06x}"


def without_last_zeros(moment: str | None) -> str | None:
    """The moment as Spark writes it."""
    return moment.rstrip("0").rstrip(".") if moment and "." in moment else moment
