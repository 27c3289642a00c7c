"""Comparisons as Athena makes them: of which types, and what NaN and NULL within arrays and rows give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena.kinds import Kind, require_alike
from covid_lake.reading.athena.values import DUCKDB, Value, enclosed, refuses

OPERATORS: Final = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
NESTED = ("array", "map", "row", "json")


def compared(operator: str, one: Value, other: Value, engine: str) -> str:
    """The comparison, in brackets."""
    require_alike(one.kind, other.kind, operator)
    families = {one.kind.family, other.kind.family}
    if families & {"map", "json"} or (one.kind.family == "interval" and one.kind != other.kind):
        raise QueryError(f"{one.kind} {operator} {other.kind} is not answered here; compare the values in them")
    if families & {"array"}:
        return _arrays(operator, one, other, engine)
    if families & {"row"}:
        raise QueryError("rows are compared here where both are written as (a, b), with = or <>; compare their fields")
    against = other.text if isinstance(other.node, exp.Any | exp.All) else enclosed(other.text)
    return _with_no_nan(f"({enclosed(one.text)} {operator} {against})", operator, one, other, engine)


def equal_to_any(value: Value, choices: Sequence[Value], engine: str) -> str:
    """IN with a list. NaN is in none."""
    kinds = [value.kind, *(choice.kind for choice in choices)]
    for choice in choices:
        require_alike(value.kind, choice.kind, "IN")
    if any(kind.family in NESTED or kind.is_floating for kind in kinds):
        return f"({' OR '.join(compared('=', value, choice, engine) for choice in choices)})"
    return f"({enclosed(value.text)} IN ({', '.join(choice.text for choice in choices)}))"


def between(value: Value, low: Value, high: Value, engine: str) -> str:
    if any(one.kind.is_floating or one.kind.family in NESTED for one in (value, low, high)):
        return f"({compared('>=', value, low, engine)} AND {compared('<=', value, high, engine)})"
    for bound in (low, high):
        require_alike(value.kind, bound.kind, "BETWEEN")
    return f"({enclosed(value.text)} BETWEEN {enclosed(low.text)} AND {enclosed(high.text)})"


def require_without_nan(value: Value, where: str, engine: str) -> str:
    """The value, for engines that take NaN for equal to itself: a NaN is refused when it is met."""
    if not value.kind.is_floating or engine != DUCKDB:
        return value.text
    message = refuses(f"'{where}: how Athena answers it for NaN is not known here'")
    return f"CASE WHEN isnan({value.text}) THEN {message} ELSE {value.text} END"


def _arrays(operator: str, one: Value, other: Value, engine: str) -> str:
    """Arrays without NULL in them, and without NaN: DuckDB takes both for equal to themselves."""
    for kind in (one.kind, other.kind):
        item: Kind | None = kind.item
        if engine != DUCKDB or item is None or item.is_floating or item.family in (*NESTED, "interval"):
            raise QueryError(f"{one.kind} {operator} {other.kind} is not answered here; compare the values in them")
    first, second = enclosed(one.text), enclosed(other.text)
    message = refuses(f"'{operator} of arrays that hold NULL is not answered here'")
    is_whole = f"list_count({first}) = len({first}) AND list_count({second}) = len({second})"
    missing = f"{first} IS NULL OR {second} IS NULL"
    return f"CASE WHEN {missing} THEN NULL WHEN {is_whole} THEN {first} {operator} {second} ELSE {message} END"


def _with_no_nan(text: str, operator: str, one: Value, other: Value, engine: str) -> str:
    """The comparison with NaN as in Athena, where it equals nothing and no number is less; for the engines it is
    the largest number, and equals itself.
    """
    nan = "isnan({})" if engine == DUCKDB else "({} = 'NaN')"

    def may_be(value: Value) -> bool:
        return value.kind.is_floating and not isinstance(value.node, exp.Literal | exp.Any | exp.All)

    if operator == "<>":
        both = " AND ".join(nan.format(value.text) for value in (one, other))
        return f"({text} OR ({both}))" if may_be(one) and may_be(other) else text
    # The one that the other would have to be less than, or equal to.
    largest, against = (other, one) if operator in ("<", "<=") else (one, other)
    if not may_be(largest):
        return text
    nothing = f"CASE WHEN {enclosed(against.text)} IS NOT NULL THEN FALSE END"
    if isinstance(against.node, exp.Any | exp.All):
        nothing = "FALSE"
    return f"(CASE WHEN {nan.format(largest.text)} THEN {nothing} ELSE {text} END)"
