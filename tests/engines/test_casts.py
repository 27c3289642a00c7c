"""Each cast of each contract: both engines read the same ones of the same texts, and as the same values."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from spellings import ODD, texts_for

from both_engines import Engines
from covid_lake.contracts import EPOCH_MS, Column, Type
from covid_lake.datasets.covid19.contracts import JHU_TIMES
from covid_lake.datasets.registry import dataset, dataset_names
from covid_lake.transforms.columns import clean_texts, typed

TEXTS = 20_000

# Casts that no contract of these datasets has today, but another's may.
OTHERS = (
    *(
        Column("x", Type.DECIMAL, "", ("x",), precision=p, scale=s)
        for p, s in ((10, 2), (28, 10), (5, 0), (3, 3), (28, 0))
    ),
    Column("x", Type.BOOLEAN, "", ("x",)),
    Column("x", Type.DATE, "", ("x",), formats=("M/d/yy", "yyyyMMdd")),
    Column("x", Type.TIMESTAMP, "", ("x",), formats=(*JHU_TIMES, EPOCH_MS)),
    Column("x", Type.TIMESTAMP, "", ("x",), formats=JHU_TIMES, time_zone="Asia/Tokyo"),
)


def casts(type_: Type) -> list[Column]:
    """A column for each different way in which a contract reads texts as the type."""
    columns = [column for name in dataset_names() for table in dataset(name).tables for column in table.source_columns]
    different = {(c.type, c.formats, c.time_zone, c.pad, c.precision, c.scale): c for c in (*columns, *OTHERS)}
    return [column for column in different.values() if column.type is type_]


@pytest.mark.parametrize("type_", Type)
def test_every_text_is_read_alike(engines: Engines, type_: Type) -> None:
    columns, rnd = casts(type_), random.Random(type_.value)  # noqa: S311 - the same texts each time
    texts = [text for column in columns for text in texts_for(column, TEXTS // len(columns), rnd)]
    read = engines.rows(
        {"texts": pa.table({"text": pa.array([None, *dict.fromkeys(texts)], pa.string())})},
        lambda _, frames: frames["texts"].select(
            "text", *(typed("text", column).alias(f"cast_{i}") for i, column in enumerate(columns))
        ),
    )
    for i, column in enumerate(columns):
        assert len(read) - read[f"cast_{i}"].null_count > 20, f"the texts are not about {column}"


def test_texts_are_cleaned_alike(engines: Engines) -> None:
    signs = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]
    texts = [*ODD, *(f"{sign}a{sign}" for sign in signs), *signs]
    engines.rows(
        {"texts": pa.table({"text": texts, "x": texts})},
        lambda _, frames: clean_texts(frames["texts"], {"x": ("", "NA", "N/A", "a")}),
    )
