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
    """A type of Athena's. A kind that is `unknown` is that of a column of which no contract tells; `null` is that of
    NULL.
    """

    name: str
    """The type's name without its parameters, such as `decimal`."""
    precision: int = 0
    """How many digits a decimal has, or the fraction of a timestamp's or time's seconds."""
    scale: int = 0
    """How many of a decimal's digits stand after the point."""
    item: Kind | None = None
    """What an array holds, and what a map has for each of its keys."""
    key: Kind | None = None
    """The type of a map's keys."""
    fields: tuple[tuple[str, Kind], ...] = ()
    """The fields of a row, by name; a field without a name has an empty one."""
    zone: str = ""
    """The time zone that every value of a timestamp with time zone has."""

    def __str__(self) -> str:
        """The type as Athena names it, without the lengths of texts."""
        if self.name == "decimal":
            return f"decimal({self.precision},{self.scale})"
        if self.name == "array":
            return f"array({self.item})"
        if self.name == "map":
            return f"map({self.key}, {self.item})"
        if self.name == "row":
            return f"row({', '.join(f'{name} {kind}'.strip() for name, kind in self.fields)})"
        if self.name in ("timestamp", "time"):
            return f"{self.name}({self.precision})"
        if self.name == "timestamptz":
            return f"timestamp({self.precision}) with time zone"
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

    @property
    def is_nested(self) -> bool:
        """Whether values of the kind hold others."""
        return self.name in ("array", "map", "row")

    @property
    def is_floating(self) -> bool:
        return self.name in ("double", "real")


READABLE: Final = {
    "interval_days": "interval day to second",
    "interval_months": "interval year to month",
    "null": "unknown",
    "unknown": "a type that is not known here",
    "parsed_json": "json",
}
FAMILIES: Final = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint", "decimal", "real", "double"), "number"),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), "time"),
    **dict.fromkeys(("interval_days", "interval_months"), "interval"),
    **dict.fromkeys(("json", "parsed_json"), "json"),
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

UTC = "UTC"
BOOLEAN, INTEGER, BIGINT, REAL, DOUBLE = Kind("boolean"), Kind("integer"), Kind("bigint"), Kind("real"), Kind("double")
VARCHAR, DATE, TIMESTAMP = Kind("varchar"), Kind("date"), Kind("timestamp", 3)
TIMESTAMPTZ = Kind("timestamptz", 3, zone=UTC)
VARBINARY, DAYS, MONTHS = Kind("varbinary"), Kind("interval_days"), Kind("interval_months")
# Athena sorts the keys of what json_parse has read; JSON from elsewhere keeps them in their order.
JSON, PARSED_JSON = Kind("json"), Kind("parsed_json")
NULL, UNKNOWN = Kind("null"), Kind("unknown")

_KINDS: Final = {
    Type.TEXT: VARCHAR,
    Type.INT: INTEGER,
    Type.BIGINT: BIGINT,
    Type.DOUBLE: DOUBLE,
    Type.BOOLEAN: BOOLEAN,
    Type.DATE: DATE,
    # As Iceberg tables have it, and the lake's files.
    Type.TIMESTAMP: Kind("timestamp", 6),
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


def row_of(fields: Iterable[tuple[str, Kind]]) -> Kind:
    return Kind("row", fields=tuple(fields))


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
        return _common_time(one, other, where)
    if one.family == "clock":
        return max(one, other, key=lambda kind: kind.precision)
    if one.family == "array" and one.item and other.item:
        return array_of(_common(one.item, other.item, where))
    if one.family == "map" and one.item and other.item and one.key and other.key:
        return map_of(_common(one.key, other.key, where), _common(one.item, other.item, where))
    if one.family == "row" and len(one.fields) == len(other.fields):
        pairs = zip(one.fields, other.fields, strict=True)
        return row_of((a if a == b else "", _common(kind, its, where)) for (a, kind), (b, its) in pairs)
    if one.family in ("interval", "row", "json"):
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


def _common_time(one: Kind, other: Kind, where: str) -> Kind:
    """A day is a timestamp(0) where it meets one; a timestamp is one of UTC, the session's zone, beside one with a
    zone.
    """
    precision = max(one.precision, other.precision)
    if "timestamptz" not in (one.name, other.name):
        return Kind("timestamp", precision)
    if (one.zone or UTC) != (other.zone or UTC):
        raise QueryError(
            f"{where}: times of two zones, {one.zone or UTC} and {other.zone or UTC}, in one column are not answered "
            "here; bring both to one with AT TIME ZONE"
        )
    return Kind("timestamptz", precision, zone=one.zone or other.zone)


def require_alike(one: Kind, other: Kind, where: str) -> None:
    """Raise `QueryError` if Athena refuses to compare values of these types. Other engines convert one silently."""
    if one.is_known and other.is_known and one.family != other.family:
        families = {one.family, other.family}
        hint = "CAST one of them to the type of the other"
        if "text" in families and "number" in families:
            hint = "write the number without quotes, or CAST the text AS integer"
        elif "text" in families and "time" in families:
            hint = "write DATE '2020-03-01' or TIMESTAMP '2020-03-01 12:00:00', or CAST the text AS date"
        elif where == "a condition":
            hint = "write a comparison"
        raise QueryError(f"{where}: Athena does not put {one} and {other} together; {hint}")
