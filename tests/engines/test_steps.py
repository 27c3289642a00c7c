"""The steps of each dataset, from landing records to the star: both engines make the same rows of the same tables."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from worlds import WORDS, landing_records

from both_engines import Engines, Frames
from covid_lake.contracts import Severity, Table
from covid_lake.datasets.registry import dataset_names, flow
from covid_lake.flows import Step, landing_id
from covid_lake.pipeline.accounts import NEWEST, REJECTED, SHARED, WITHHELD
from covid_lake.transforms.columns import checked_difference, checked_sum, clean_texts, hash_with_nulls, typed
from covid_lake.transforms.frames import (
    conform,
    gather_grains,
    hide_withheld,
    inline_table,
    mark_newest,
    tell_things_apart,
    with_partition,
)
from covid_lake.transforms.pseudonyms import key_frame
from covid_lake.transforms.rules import RAW, Check, breaks_any, of_severity, reasons, record_checks
from spark_examples import spark_examples

RECORDS = 400
RUN_DATE = date(2021, 6, 30)
BIGGEST = 2**63 - 1
KEY = b"a key of tests, and of nothing else"


def judged(step: Step, frames: Frames) -> DataFrame:
    """All records, typed and completed, with what decides about them; as the pipeline does it, without its counts."""
    table, records = step.target, frames[landing_id(step.target)]
    names = [column.name for column in table.source_columns]
    others = [name for name in records.columns if name not in names]
    hashed = F.xxhash64(*names).alias("source_row_hash")
    raw = records.select(*(F.col(name).alias(RAW + name) for name in names), *others, hashed)
    tokens = {RAW + column.name: _null_tokens(table, column.null_tokens) for column in table.source_columns}
    read = clean_texts(raw, tokens).select("*", *(typed(RAW + c.name, c).alias(c.name) for c in table.source_columns))
    derived = step.build({**frames, landing_id(table): read})
    completed = with_partition(derived, table).withColumn("run_id", F.lit("run"))
    checks = record_checks(table, RUN_DATE, "_surplus")
    rejecting, withholding = (of_severity(checks, one) for one in (Severity.REJECT, Severity.WITHHOLD))
    told = completed.withColumns(
        {
            WITHHELD: breaks_any(withholding),
            REJECTED: breaks_any(rejecting),
            "reasons": F.array_join(reasons(checks), "\n"),
            "hash": F.expr(hash_with_nulls(table.column_names)),
        }
    )
    visible = hide_withheld(told, table, WITHHELD) if table.withholds else told
    marked = mark_newest(tell_things_apart(gather_grains(visible, table), table, SHARED), table, NEWEST)
    shown = conform(marked, table).columns
    return marked.select(*shown, WITHHELD, REJECTED, "reasons", "hash", SHARED, NEWEST)


def _null_tokens(table: Table, own: tuple[str, ...] | None) -> tuple[str, ...]:
    return own if own is not None else table.landing.null_tokens if table.landing else ()


def trusted_rows(table: Table, records: pa.Table) -> pa.Table:
    """Of the judged records the ones that a trusted table gets."""
    stays = pc.and_(records[NEWEST], pc.invert(pc.or_(records[REJECTED], records[WITHHELD])))
    return records.filter(stays).select(table.column_names)


def built(step: Step, session: Any, frames: Frames) -> DataFrame:
    keys = {f"keys.{key.name}": key_frame(session, KEY) for key in step.keys}
    return conform(step.build({**frames, **keys}), step.target)


@pytest.mark.parametrize("name", dataset_names())
@spark_examples(1)
@given(seed=st.integers(0, 2**32))
def test_every_table_is_the_same(engines: Engines, name: str, seed: int) -> None:
    rnd = random.Random(seed)  # noqa: S311
    made: dict[str, pa.Table] = {}
    for step in flow(name).steps:
        table = step.target
        inputs = {one.id: made[one.id] for one in step.inputs}
        if table.landing:
            landed = {landing_id(table): landing_records(table, RECORDS, rnd), **inputs}
            records = engines.rows(landed, lambda _, frames, step=step: judged(step, frames))
            made[table.id] = trusted_rows(table, records)
        else:
            made[table.id] = engines.rows(inputs, lambda session, frames, step=step: built(step, session, frames))
        # The one row of a table without key may be a rejected one.
        assert len(made[table.id]) or not table.key, f"{table.id} is empty, so nothing was compared"


def test_tables_of_texts_are_the_same(engines: Engines) -> None:
    rows = [(word, None if i % 3 else "", str(i)) for i, word in enumerate(WORDS)]
    nothing = {"x": pa.table({"x": [1]})}
    held = engines.rows(nothing, lambda session, _: inline_table(session, ("a", "b", "it's `c`"), rows))
    assert len(held) == len(WORDS)
    engines.rows(nothing, lambda session, _: inline_table(session, ("a", "b"), []))


def test_hundreds_of_checks_are_nested_no_deeper_than_some(engines: Engines) -> None:
    def transform(_: Any, frames: Frames) -> DataFrame:
        checks = [Check(f"is_{i}", F.col("x") == i, F.lit(f"x is {i}"), Severity.REJECT) for i in range(500)]
        known = [check for check in checks if check.name != "is_7"]
        return frames["x"].select("x", breaks_any(checks), reasons(checks), breaks_any(known).alias("known"))

    engines.rows({"x": pa.table({"x": [1, 7, 499, 500]})}, transform)


@pytest.mark.parametrize("figures", [(BIGGEST, 1), (-BIGGEST - 1, -1)])
def test_what_leaves_bigint_is_an_error_on_both(engines: Engines, figures: tuple[int, int]) -> None:
    def fails(tables: Mapping[str, pa.Table], column: Any) -> None:
        for message in engines.faults(tables, column):
            assert (
                "is beyond BIGINT: a landing file holds a figure that can't be one; correct it, and run again"
                in message
            )

    column = {"x": pa.table({"cases": figures})}
    fails(column, lambda _, frames: frames["x"].agg(checked_sum("cases")))
    row = {"x": pa.table({"now": [figures[0]], "before": [-figures[1]]})}
    fails(row, lambda _, frames: frames["x"].select(checked_difference("now", "before")))
