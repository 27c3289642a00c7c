"""Intervals, which Athena has of two kinds: of months, and of milliseconds."""

from __future__ import annotations

import re
from typing import Final

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena.kinds import DAYS, MONTHS, Kind
from covid_lake.reading.athena.values import Value, literal_text

MILLISECONDS: Final = {"day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1_000}
OF_MONTHS: Final = {"year": 12, "month": 1}
# How an interval of several units is written, from the longest to the shortest.
SPANS: Final = {
    "DAY TO SECOND": r"(?P<day>\d+) (?P<hour>\d+):(?P<minute>\d+):(?P<second>\d+)(?:\.(?P<fraction>\d{1,3}))?",
    "DAY TO MINUTE": r"(?P<day>\d+) (?P<hour>\d+):(?P<minute>\d+)",
    "DAY TO HOUR": r"(?P<day>\d+) (?P<hour>\d+)",
    "HOUR TO SECOND": r"(?P<hour>\d+):(?P<minute>\d+):(?P<second>\d+)(?:\.(?P<fraction>\d{1,3}))?",
    "HOUR TO MINUTE": r"(?P<hour>\d+):(?P<minute>\d+)",
    "MINUTE TO SECOND": r"(?P<minute>\d+):(?P<second>\d+)(?:\.(?P<fraction>\d{1,3}))?",
    "YEAR TO MONTH": r"(?P<year>\d+)-(?P<month>\d+)",
    "DAY": r"(?P<day>\d+)",
    "HOUR": r"(?P<hour>\d+)",
    "MINUTE": r"(?P<minute>\d+)",
    "SECOND": r"(?P<second>\d+)(?:\.(?P<fraction>\d{1,3}))?",
    "YEAR": r"(?P<year>\d+)",
    "MONTH": r"(?P<month>\d+)",
}


def read(node: exp.Expr) -> tuple[int, Kind]:
    """How many milliseconds or months an interval's literal has, and which of them."""
    sign, literal = (-1, node.this.this) if isinstance(node.this, exp.Neg) else (1, node.this)
    unit, written = node.args.get("unit"), literal_text(literal) if literal else None
    span = unit.sql().upper() if isinstance(unit, exp.Expr) else ""
    found = re.fullmatch(rf"(?P<sign>[+-]?){SPANS[span]}", written) if written is not None and span in SPANS else None
    if found is None:
        raise QueryError(
            f"{node.sql('trino')} is not answered here, or not of Athena's SQL; write INTERVAL '1' DAY, in units from "
            "SECOND to YEAR, or use date_add"
        )
    parts = {name: int(part) for name, part in found.groupdict().items() if part and name not in ("sign", "fraction")}
    sign *= -1 if found["sign"] == "-" else 1
    if parts.keys() & OF_MONTHS.keys():
        return sign * sum(OF_MONTHS[name] * part for name, part in parts.items()), MONTHS
    fraction = int((found.groupdict().get("fraction") or "").ljust(3, "0"))
    return sign * (sum(MILLISECONDS[name] * part for name, part in parts.items()) + fraction), DAYS


def text_of(amount: int, kind: Kind) -> str:
    """The interval in the engines' SQL."""
    return f"INTERVAL '{amount} {'month' if kind == MONTHS else 'milliseconds'}'"


def of_whole_days(node: exp.Expr) -> bool:
    """Whether an expression is an interval that Athena adds to a date: of months, or of whole days."""
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    if isinstance(node, exp.Mul):
        return any(of_whole_days(one) for one in (node.this, node.expression))
    if not isinstance(node, exp.Interval):
        return False
    amount, kind = read(node)
    return kind == MONTHS or amount % MILLISECONDS["day"] == 0


def length_of(value: Value) -> tuple[int, int]:
    """The milliseconds and months of an interval that must be a literal."""
    sign, node = (-1, value.node.this) if isinstance(value.node, exp.Neg) else (1, value.node)
    if not isinstance(node, exp.Interval):
        raise QueryError("the step has to be a literal interval here, such as INTERVAL '1' DAY")
    amount, kind = read(node)
    return (0, sign * amount) if kind == MONTHS else (sign * amount, 0)
