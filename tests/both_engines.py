"""The same transform on Sail and on Spark, with rows and types compared."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from covid_lake.engines.protocol import CONNECT_MODE

# While it is set, pyspark's functions make columns for Spark Connect, else for a JVM; they look each time.
CONNECT_VARIABLE, ON = CONNECT_MODE
DIFFERENCES_SHOWN = 20

Frames = Mapping[str, DataFrame]
Answer = TypeVar("Answer")


@contextmanager
def connect_mode(*, is_on: bool) -> Iterator[None]:
    """Frames made within are for Spark Connect, or for a JVM."""
    before = os.environ.pop(CONNECT_VARIABLE, None)
    if is_on:
        os.environ[CONNECT_VARIABLE] = ON
    try:
        yield
    finally:
        os.environ.pop(CONNECT_VARIABLE, None)
        if before is not None:
            os.environ[CONNECT_VARIABLE] = before


@dataclass(frozen=True)
class Engines:
    """A session of each engine."""

    spark: Any
    """The session of a JVM."""
    sail: Any
    """The session of Spark Connect with a server of Sail."""

    def rows(self, tables: Mapping[str, pa.Table], transform: Callable[[Any, Frames], DataFrame]) -> pa.Table:
        """What both engines make of the tables, in one order; fails, and shows rows, where they differ.

        `transform` gets a session and the tables as frames.
        """

        def rows(session: Any, frames: Frames) -> pa.Table:
            return in_order(transform(session, frames).toArrow())

        by_spark, by_sail = self._answers(tables, rows)
        assert types_of(by_sail) == types_of(by_spark)
        assert differences(by_sail, by_spark) == []
        return by_spark

    def faults(self, tables: Mapping[str, pa.Table], transform: Callable[[Any, Frames], DataFrame]) -> tuple[str, str]:
        """What Spark and Sail say of tables that neither can transform."""

        def fault(session: Any, frames: Frames) -> str:
            with pytest.raises(PySparkException) as caught:
                transform(session, frames).collect()
            return str(caught.value)

        return self._answers(tables, fault)

    def _answers(self, tables: Mapping[str, pa.Table], ask: Callable[[Any, Frames], Answer]) -> tuple[Answer, Answer]:
        with tempfile.TemporaryDirectory(prefix="covid-lake-engines-") as folder:
            paths = {}
            for i, (name, table) in enumerate(tables.items()):
                paths[name] = Path(folder) / f"{i}.parquet"
                pq.write_table(table, paths[name])

            def answer(session: Any) -> Answer:
                return ask(session, {name: session.read.parquet(path.as_uri()) for name, path in paths.items()})

            with connect_mode(is_on=False):
                by_spark = answer(self.spark)
            with connect_mode(is_on=True):
                by_sail = answer(self.sail)
        return by_spark, by_sail


def types_of(table: pa.Table) -> dict[str, str]:
    """The columns' types. How wide the offsets of a text are, and what a list's element is called, is no matter."""
    return {field.name: _type_name(field.type) for field in table.schema}


def _type_name(type_: pa.DataType) -> str:
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return f"list<{_type_name(type_.value_type)}>"
    return str(type_).removeprefix("large_")


def in_order(table: pa.Table) -> pa.Table:
    """The rows in an order that their values alone decide. Numbers and times are as exact as their bits."""
    rows = sorted(zip(*(_exact(column) for column in table.columns), range(len(table)), strict=True), key=repr)
    return table.take(pa.array([row[-1] for row in rows], pa.int64())) if table.num_columns else table


def differences(some: pa.Table, others: pa.Table) -> list[str]:
    """The first rows of which one table has another number than the other, as texts."""
    if len(some) != len(others):
        return [f"{len(some)} rows on Sail, {len(others)} on Spark"]
    found = []
    for name in others.column_names:
        pairs = zip(_exact(some[name]), _exact(others[name]), strict=True)
        found += [
            f"{name}: {one!r} on Sail, {other!r} on Spark, in {others.slice(i, 1).to_pylist()}"
            for i, (one, other) in enumerate(pairs)
            if repr(one) != repr(other)
        ]
    return found[:DIFFERENCES_SHOWN]


def _exact(column: pa.ChunkedArray) -> list[Any]:
    """The column's values. Dates and times become numbers, for Python shows fewer years and digits than there are."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    values: list[Any] = column.to_pylist()
    return values
