"""Functions that choose one of their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts
from covid_lake.reading.athena.functions.calls import Call, Function, all_alike
from covid_lake.reading.athena.kinds import VARCHAR, Kind, common, require_alike
from covid_lake.reading.athena.values import DUCKDB, text_literal


def rest_alike(call: Call) -> Kind:
    return common((value.kind for value in call.values[1:]), call.name)


def chosen(call: Call) -> str:
    condition, *results = call.texts
    text = f"CASE WHEN {condition} THEN {results[0]}" + (f" ELSE {results[1]}" if results[1:] else "") + " END"
    kinds = [value.kind for value in call.values[1:]]
    return casts.as_common(text, common(kinds, call.name), kinds, call.engine)


def first_there(call: Call) -> str:
    kinds = [value.kind for value in call.values]
    return casts.as_common(f"coalesce({', '.join(call.texts)})", common(kinds, call.name), kinds, call.engine)


def unless_equal(call: Call) -> str:
    one, other = call.values
    require_alike(one.kind, other.kind, call.name)
    if one.kind.family in ("array", "map", "row", "json") or other.kind.family in ("array", "map", "row", "json"):
        raise QueryError(f"nullif of {one.kind} is not answered here; use CASE")
    is_floating = one.kind.is_floating or other.kind.is_floating
    if is_floating and call.engine == DUCKDB:
        first, second = call.texts
        # NaN equals nothing in Athena, and itself in DuckDB.
        return f"CASE WHEN {first} = {second} AND NOT isnan(CAST({first} AS DOUBLE)) THEN NULL ELSE {first} END"
    return f"nullif({call.texts[0]}, {call.texts[1]})"


def type_shown(call: Call) -> str:
    kind = str(call.kind())
    if "varchar" in kind or call.kind().name == "unknown":
        raise QueryError("typeof of texts is not answered here, for their lengths are not known; DESCRIBE shows types")
    return text_literal(kind)


CHOICES: Final[Mapping[str, Function]] = {
    "coalesce": Function(("**+",), all_alike, first_there, first_there),
    "nullif": Function(("**",), lambda call: call.kind(), unless_equal, unless_equal),
    "if": Function(("b*", "b**"), rest_alike, chosen, chosen),
    "typeof": Function(("*",), VARCHAR, type_shown, type_shown),
}
