"""`new_*` against an oracle in plain Python: whatever is missing in between, differences add up to the last figure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from covid_lake.datasets.covid19.curated import with_differences
from spark_examples import spark_examples

FIRST_DAY = date(2020, 1, 22)
MEASURES = ("confirmed", "deaths")

Series = tuple[int, str]
Figures = tuple[int | None, int | None]
Worlds = dict[Series, dict[int, Figures]]

FIGURE = st.none() | st.integers(0, 50) | st.integers(-(10**12), 10**12)
DAYS = st.dictionaries(st.integers(0, 400), st.tuples(FIGURE, FIGURE), max_size=12)
KEYS = st.tuples(st.integers(-2, 2), st.sampled_from(["jhu_daily_reports", "enigma_jhu", "nytimes"]))
WORLDS = st.dictionaries(KEYS, DAYS, min_size=1, max_size=15).filter(lambda world: any(world.values()))


def expected(days: dict[int, Figures]) -> dict[int, tuple[int | None, ...]]:
    """By day: new_confirmed, new_deaths and the days since the report before."""
    last: list[int | None] = [None, None]
    before: int | None = None
    found = {}
    for day in sorted(days):
        new = []
        for i, figure in enumerate(days[day]):
            new.append(None if figure is None or last[i] is None else figure - last[i])
            last[i] = last[i] if figure is None else figure
        found[day] = (*new, None if before is None else day - before)
        before = day
    return found


def differences(spark: SparkSession, world: Worlds, partitions: int) -> list[dict[str, Any]]:
    rows = [
        (*series, FIRST_DAY + timedelta(days=day), *figures)
        for series, days in world.items()
        for day, figures in days.items()
    ]
    schema = "region_key bigint, source string, report_date date, confirmed bigint, deaths bigint"
    frame = spark.createDataFrame(rows[::-1], schema).repartition(partitions)
    return [row.asDict() for row in with_differences(frame).collect()]


@spark_examples(5)
@given(world=WORLDS, partitions=st.integers(1, 5))
def test_differences_are_to_the_last_figure_before_and_telescope(
    spark: SparkSession, world: Worlds, partitions: int
) -> None:
    rows = differences(spark, world, partitions)
    assert len(rows) == sum(map(len, world.values()))
    for series, days in world.items():
        its = [row for row in rows if (row["region_key"], row["source"]) == series]
        found = {
            (row["report_date"] - FIRST_DAY).days: (row["new_confirmed"], row["new_deaths"], row["days_since_previous"])
            for row in its
        }
        assert found == expected(days)
        for measure in MEASURES:
            figures = [
                row[measure] for row in sorted(its, key=lambda row: row["report_date"]) if row[measure] is not None
            ]
            new = [row[f"new_{measure}"] for row in its if row[f"new_{measure}"] is not None]
            assert len(new) == max(0, len(figures) - 1)
            assert not figures or figures[0] + sum(new) == figures[-1]
