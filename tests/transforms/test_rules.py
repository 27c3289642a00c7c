"""The rules of a contract: which records break them, what they are told, and what a missing value means."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from covid_lake.contracts import Column, Rule, Severity, Table, Type, Zone
from covid_lake.transforms.rules import Check, breaks_any, contract_checks, of_severity, reasons, record_checks

REPORTS = Table(
    "covid19",
    Zone.TRUSTED,
    "reports",
    "A report.",
    (
        Column("region_id", Type.TEXT, "Region", nullable=False),
        Column("state", Type.TEXT, "State", ("state",), nullable=False),
        Column("day", Type.DATE, "Day", ("day",), formats=("yyyy-MM-dd",)),
        Column("cases", Type.BIGINT, "Cases", ("cases",)),
        Column("source_file", Type.TEXT, "File", nullable=False),
    ),
    key=("region_id", "day"),
    rules=(
        Rule("cases_negative", "cases < 0", "cases is negative"),
        Rule("day_in_future", "day > {run_date}", "day lies after the day of the run"),
        Rule("cases_many", "cases > 1000", "more than a thousand", Severity.WARN),
    ),
)
RUN_DATE = date(2020, 6, 30)
GOOD: dict[str, Any] = {
    "region_id": "state:US/Texas",
    "state": "Texas",
    "day": date(2020, 6, 30),
    "cases": 5,
    "_raw_day": "2020-06-30",
    "_raw_cases": "5",
    "_surplus": None,
}
SCHEMA = "region_id string, state string, day date, cases bigint, _raw_day string, _raw_cases string, _surplus string"


@pytest.fixture(scope="module")
def checks(spark: SparkSession) -> tuple[Check, ...]:
    """All checks on a report; columns are named by a running session."""
    return record_checks(REPORTS, RUN_DATE, "_surplus")


@pytest.fixture(scope="module")
def rejecting(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    return of_severity(checks, Severity.REJECT)


def records(spark: SparkSession, *changes: dict[str, Any]) -> DataFrame:
    rows = [{**GOOD, **change} for change in changes]
    return spark.createDataFrame([tuple(row[name] for name in GOOD) for row in rows], SCHEMA)


def refusals(spark: SparkSession, change: dict[str, Any], checks: tuple[Check, ...]) -> list[str]:
    told = records(spark, change).select(breaks_any(checks).alias("is_broken"), reasons(checks).alias("why"))
    row = told.collect()[0]
    assert row["is_broken"] == bool(row["why"])
    return list(row["why"])


REFUSALS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"cases": -1}, ["cases_negative: cases is negative"]),
    ({"cases": None, "_raw_cases": None}, []),
    ({"cases": None, "_raw_cases": "12k"}, ["cases_unreadable: cases: can't read '12k' as bigint"]),
    ({"state": None}, ["state_missing: state is missing"]),
    ({"day": None, "_raw_day": None}, ["day_missing: day is missing"]),
    (
        {"day": None, "_raw_day": "2020"},
        ["day_unreadable: day: can't read '2020' as date", "day_missing: day is missing"],
    ),
    ({"day": date(2020, 7, 1)}, ["day_in_future: day lies after the day of the run"]),
    ({"_surplus": ""}, ["surplus_field: the record has more fields than the header"]),
    (
        {"cases": -5, "region_id": None, "_surplus": "x"},
        [
            "region_id_missing: region_id is missing",
            "surplus_field: the record has more fields than the header",
            "cases_negative: cases is negative",
        ],
    ),
]


def test_a_record_is_refused_with_every_reason(spark: SparkSession, rejecting: tuple[Check, ...]) -> None:
    told = records(spark, *(change for change, _ in REFUSALS)).coalesce(1)
    rows = told.select(breaks_any(rejecting).alias("is_broken"), reasons(rejecting).alias("why")).collect()
    assert [row["why"] for row in rows] == [why for _, why in REFUSALS]
    assert [row["is_broken"] for row in rows] == [bool(why) for _, why in REFUSALS]


def test_an_unreadable_value_is_quoted_up_to_80_characters(spark: SparkSession, rejecting: tuple[Check, ...]) -> None:
    change = {"cases": None, "_raw_cases": "x" * 500}
    assert refusals(spark, change, rejecting) == [f"cases_unreadable: cases: can't read '{'x' * 80}' as bigint"]


def test_columns_that_the_pipeline_fills_in_are_not_checked(checks: tuple[Check, ...]) -> None:
    assert not [check.name for check in checks if check.name.startswith("source_file")]


def test_a_warning_refuses_nothing_and_is_counted_by_itself(
    spark: SparkSession, checks: tuple[Check, ...], rejecting: tuple[Check, ...]
) -> None:
    warnings = of_severity(checks, Severity.WARN)
    assert [check.name for check in warnings] == ["cases_many"]
    assert refusals(spark, {"cases": 1001}, rejecting) == []
    assert refusals(spark, {"cases": 1001}, warnings) == ["cases_many: more than a thousand"]


def test_a_rule_on_a_missing_value_is_not_broken(spark: SparkSession) -> None:
    change = {"cases": None, "day": None}
    assert refusals(spark, change, contract_checks(REPORTS, RUN_DATE)) == []


def test_without_checks_nothing_is_broken(spark: SparkSession) -> None:
    assert records(spark, {}, {"cases": -1}).where(breaks_any(())).count() == 0
