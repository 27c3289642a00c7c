"""The rules of a contract as Spark predicates, and the reasons they give for a record that breaks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from covid_lake.contracts import Severity, Table, Type

RAW = "_raw_"
SURPLUS_RULE = "surplus_field"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule as columns of a frame."""

    name: str
    """The rule's name."""
    broken: Column
    """Whether the row breaks the rule; never null."""
    message: Column
    """Why, in words."""
    severity: Severity
    """What a broken rule costs."""


def record_checks(table: Table, run_date: date, surplus: str) -> tuple[Check, ...]:
    """All checks on one typed record: unreadable values, missing ones, fields past the header, the contract's rules.

    The frame has, beside each source column, its cleaned text as `_raw_<column>`.
    """
    unreadable = [
        Check(
            f"{column.name}_unreadable",
            F.col(RAW + column.name).isNotNull() & F.col(column.name).isNull(),
            F.concat(
                F.lit(f"{column.name}: can't read '"),
                F.substring(F.col(RAW + column.name), 1, 80),
                F.lit(f"' as {column.type_name}"),
            ),
            column.unreadable,
        )
        for column in table.source_columns
        if column.type is not Type.TEXT
    ]
    required = {column.name for column in table.columns if not column.nullable} | set(table.key)
    missing = [
        Check(f"{name}_missing", F.col(name).isNull(), F.lit(f"{name} is missing"), Severity.REJECT)
        for name in table.column_names
        if name in required and name not in ("source_file", "source_row_hash", "run_id")
    ]
    too_long = Check(
        SURPLUS_RULE, F.col(surplus).isNotNull(), F.lit("the record has more fields than the header"), Severity.REJECT
    )
    return (*unreadable, *missing, too_long, *contract_checks(table, run_date))


def contract_checks(table: Table, run_date: date) -> tuple[Check, ...]:
    """The rules that the contract states. A predicate that is null counts as broken where the rule withholds."""
    literal = f"DATE'{run_date.isoformat()}'"
    return tuple(
        Check(
            rule.name,
            F.coalesce(
                F.expr(rule.broken_when.replace("{run_date}", literal)), F.lit(rule.severity is Severity.WITHHOLD)
            ),
            F.lit(rule.message),
            rule.severity,
        )
        for rule in table.rules
    )


def of_severity(checks: Sequence[Check], severity: Severity) -> tuple[Check, ...]:
    return tuple(check for check in checks if check.severity == severity)


def breaks_any(checks: Sequence[Check]) -> Column:
    """Whether a row breaks one of the checks; cheap enough for every row."""
    return _any_of([check.broken for check in checks])


def _any_of(conditions: Sequence[Column]) -> Column:
    """Their disjunction as a balanced tree: Spark Connect sends no expression that is nested a hundred deep."""
    if len(conditions) <= 1:
        return conditions[0] if conditions else F.lit(False)
    half = len(conditions) // 2
    return _any_of(conditions[:half]) | _any_of(conditions[half:])


def reasons(checks: Sequence[Check]) -> Column:
    """Every reason why a row is refused, as `name: message` texts; for refused rows, which are few."""
    texts = [F.when(check.broken, F.concat(F.lit(f"{check.name}: "), check.message)) for check in checks]
    return F.array_compact(F.array(*texts))
