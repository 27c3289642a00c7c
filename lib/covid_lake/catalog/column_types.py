"""The contract's types as Hive's DDL, the Glue Data Catalog and Athena's views spell them."""

from __future__ import annotations

import re
from typing import Final

from covid_lake.contracts import Column, Type

_HIVE_TYPES: Final = {
    Type.TEXT: "string",
    Type.INT: "int",
    Type.BIGINT: "bigint",
    Type.DOUBLE: "double",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "timestamp",
}
# Views give times with microseconds, which is what the lake's files have.
_VIEW_TYPES: Final = {"string": "varchar", "int": "integer", "timestamp": "timestamp(6)"}
_ARRAY = re.compile(r"array<(.+)>")


def hive_type(column: Column) -> str:
    """The column's type as Hive's DDL and the Glue Data Catalog spell it."""
    return column.type_name if column.type is Type.DECIMAL else _HIVE_TYPES[column.type]


def view_type(type_: str) -> str:
    """A type of Hive's as Athena's SQL spells it: in a CAST, and in the stored definition of a view.

    A time has microseconds there; `timestamp` alone would be one of milliseconds.
    """
    array = _ARRAY.fullmatch(type_)
    return f"array({view_type(array[1])})" if array else _VIEW_TYPES.get(type_, type_)
