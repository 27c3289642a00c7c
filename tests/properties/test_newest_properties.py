"""Deduplication against an oracle in plain Python: of every grain the newest record stays, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from covid_lake.contracts import Table
from covid_lake.datasets.covid19 import contracts as c
from covid_lake.transforms.frames import mark_newest, spark_schema
from spark_examples import spark_examples

Record = tuple[Any, ...]

# One with three columns that decide and partitions, one with one, one with none, and one that has a single grain.
TABLES = (c.JHU_DAILY_REPORTS, c.TESTING_STATES_DAILY, c.HOSPITAL_BEDS, c.TESTING_US_TOTAL_LATEST)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from(["a", "A", "b", "", "county:53033"]),
    "bigint": st.none() | st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1),
    "date": st.sampled_from([date(2020, 2, 28), date(2020, 2, 29), date(2020, 3, 1)]),
    "timestamp": st.none() | st.integers(0, 3).map(lambda n: datetime(2020, 3, 1, tzinfo=UTC) + timedelta(seconds=n)),
}
SOURCES = st.sampled_from(["03-01-2020.csv", "03-02-2020.csv", "a/b.csv"])
HASHES = st.integers(-2, 2) | st.integers(-(2**63), 2**63 - 1)


def columns_of(table: Table) -> list[str]:
    """The columns that deduplication looks at."""
    names = [*table.key, *table.newest_by, "source_file", "source_row_hash"]
    return list(dict.fromkeys(names))


def records(table: Table) -> st.SearchStrategy[list[Record]]:
    def value(name: str) -> st.SearchStrategy[Any]:
        if name in ("source_file", "source_row_hash"):
            return SOURCES if name == "source_file" else HASHES
        found = VALUES[table.column(name).type.value]
        # A record without its key was refused before.
        return found.filter(lambda one: one is not None) if name in table.key else found

    return st.lists(st.tuples(*map(value, columns_of(table))), min_size=1, max_size=120)


def newer(table: Table) -> Any:
    """The order of the records of a grain, newest first, as the contract's words have it."""
    names = columns_of(table)
    decide = [names.index(name) for name in table.newest_by]
    file, row_hash = names.index("source_file"), names.index("source_row_hash")

    def compare(one: Record, other: Record) -> int:
        for i in decide:
            if one[i] != other[i]:
                if one[i] is None or other[i] is None:
                    return 1 if one[i] is None else -1
                return -1 if one[i] > other[i] else 1
        if one[file] != other[file]:
            return -1 if one[file] > other[file] else 1
        return (one[row_hash] > other[row_hash]) - (one[row_hash] < other[row_hash])

    return cmp_to_key(compare)


def marked(spark: SparkSession, table: Table, given_: Sequence[Record], partitions: int) -> list[Record]:
    """The records, each with whether it is the newest of its grain."""
    names = columns_of(table)
    fields = [field for field in spark_schema(table.columns) if field.name in names]
    schema = type(spark_schema(()))(sorted(fields, key=lambda field: names.index(field.name)))
    frame = spark.createDataFrame(list(given_), schema).repartition(partitions)
    for name in table.partition_by:
        frame = frame.selectExpr("*", f"date_format(report_date, 'yyyy-MM') AS {name}")
    rows = mark_newest(frame, table, "is_newest").select(*names, "is_newest").collect()
    return [tuple(_in_utc(value) for value in row) for row in rows]


def _in_utc(value: Any) -> Any:
    """Spark gives a time without its zone, in that of this process."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@spark_examples(5)
@given(data=st.data(), partitions=st.integers(1, 5))
def test_of_each_grain_exactly_the_newest_stays(
    table: Table, spark: SparkSession, data: st.DataObject, partitions: int
) -> None:
    found = data.draw(records(table))
    key = len(table.key)
    grains: dict[Record, list[Record]] = {}
    for record in found:
        grains.setdefault(record[:key], []).append(record)
    expected = {(*record, i == 0) for its in grains.values() for i, record in enumerate(sorted(its, key=newer(table)))}
    shuffled = data.draw(st.permutations(found))
    rows = marked(spark, table, shuffled, partitions)
    assert sorted(map(repr, rows)) == sorted(map(repr, expected))
    assert sum(row[-1] for row in rows) == len(grains)
