"""The types that expressions have in Athena, as far as they decide what an expression means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from covid_lake.contracts import Column, Type
from covid_lake.errors import QueryError

LONGEST_DECIMAL = 38


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of Athena's.

    `precision` and `scale` are a decimal's digits, all of them and those after the point; a timestamp's `precision` is
    the number of digits of its seconds' fraction. `item` is what an array holds and a map has for each of its keys,
    which are of the kind `key`. A kind that is `unknown` is that of a column of which no contract tells; `null` is that
    of NULL.
    """

    name: str
    precision: int = 0
    scale: int = 0
    item: Kind | None = None
    key: Kind | None = None

    def __str__(self) -> str:
        if self.name == "decimal":
            return f"decimal({self.precision},{self.scale})"
        if self.name == "array":
            return f"array({self.item})"
        if self.name == "map":
            return f"map({self.key}, {self.item})"
        return READABLE.get(self.name, self.name)

    @property
    def family(self) -> str:
        """The group of types that can be compared with each other, such as number, text or time; empty if unknown."""
        return FAMILIES.get(self.name, "")

    @property
    def is_known(self) -> bool:
        return self.name not in ("unknown", "null")

    @property
    def is_whole(self) -> bool:
        return self.name in WHOLE_DIGITS


READABLE: Final = {
    "timestamptz": "timestamp with time zone",
    "interval_days": "interval",
    "interval_months": "interval",
}
FAMILIES: Final = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint", "decimal", "real", "double"), "number"),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), "time"),
    **dict.fromkeys(("interval_days", "interval_months"), "interval"),
    "varchar": "text",
    "boolean": "boolean",
    "array": "array",
    "map": "map",
    "row": "row",
    "varbinary": "bytes",
    "time": "clock",
    "uuid": "uuid",
}
# How many digits a whole number counts for where it meets a decimal.
WHOLE_DIGITS: Final = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}

BOOLEAN, INTEGER, BIGINT, DOUBLE = Kind("boolean"), Kind("integer"), Kind("bigint"), Kind("double")
VARCHAR, DATE, TIMESTAMP, TIMESTAMPTZ = Kind("varchar"), Kind("date"), Kind("timestamp", 3), Kind("timestamptz", 3)
VARBINARY, ROW, DAYS, MONTHS = Kind("varbinary"), Kind("row"), Kind("interval_days"), Kind("interval_months")
NULL, UNKNOWN = Kind("null"), Kind("unknown")

_KINDS: Final = {
    Type.TEXT: VARCHAR,
    Type.INT: INTEGER,
    Type.BIGINT: BIGINT,
    Type.DOUBLE: DOUBLE,
    Type.BOOLEAN: BOOLEAN,
    Type.DATE: DATE,
    Type.TIMESTAMP: TIMESTAMP,
}


def decimal(precision: int, scale: int) -> Kind:
    return Kind("decimal", max(1, min(precision, LONGEST_DECIMAL)), scale)


def kind_of_column(column: Column) -> Kind:
    """The kind that a column of a contract has."""
    return decimal(*column.digits) if column.type is Type.DECIMAL else _KINDS[column.type]


def array_of(item: Kind) -> Kind:
    return Kind("array", item=item)


def map_of(key: Kind, item: Kind) -> Kind:
    return Kind("map", item=item, key=key)


def as_decimal(kind: Kind) -> Kind:
    """A whole number as the decimal that it is counted as beside another; a decimal as it is."""
    return decimal(WHOLE_DIGITS[kind.name], 0) if kind.is_whole else kind


def common(kinds: Iterable[Kind], where: str) -> Kind:
    """The type that values of these types are converted to in CASE or UNION; `QueryError` if there is none."""
    found = NULL
    for kind in kinds:
        found = _common(found, kind, where)
    return found


def _common(one: Kind, other: Kind, where: str) -> Kind:
    if one == other or other.name == "null":
        return one
    if one.name == "null":
        return other
    if "unknown" in (one.name, other.name):
        return UNKNOWN
    require_alike(one, other, where)
    if one.family == "number":
        return _common_number(one, other)
    if one.family == "time":
        for name in ("timestamptz", "timestamp"):
            if name in (one.name, other.name):
                return Kind(name, max(one.precision, other.precision))
    if one.family == "array" and one.item and other.item:
        return array_of(_common(one.item, other.item, where))
    if one.family in ("interval", "map", "row"):
        raise QueryError(f"{where}: {one} and {other} are not put together here")
    return one


def _common_number(one: Kind, other: Kind) -> Kind:
    names = {one.name, other.name}
    for name in ("double", "real"):
        if name in names:
            return Kind(name)
    if "decimal" in names:
        first, second = as_decimal(one), as_decimal(other)
        scale = max(first.scale, second.scale)
        return decimal(max(first.precision - first.scale, second.precision - second.scale) + scale, scale)
    return max(one, other, key=lambda kind: WHOLE_DIGITS[kind.name])


def require_alike(one: Kind, other: Kind, where: str) -> None:
    """Raise `QueryError` if Athena refuses to compare values of these types. Other engines convert one silently."""
    if one.is_known and other.is_known and one.family != other.family:
        raise QueryError(
            f"{where}: Athena does not put {one} and {other} together; convert one of them with CAST, or write the "
            f"literal as what it is, such as DATE '2020-03-01'"
        )
