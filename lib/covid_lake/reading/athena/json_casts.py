"""CAST to JSON and from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena.kinds import PARSED_JSON, Kind
from covid_lake.reading.athena.values import DUCKDB, Value, enclosed, fails, refuses, text_literal

# Types that DuckDB and Athena write alike in JSON; other numbers, and times, they do not.
WRITTEN_ALIKE: Final = ("boolean", "tinyint", "smallint", "integer", "bigint", "varchar", "date", "null")
OBJECTS_AND_ARRAYS: Final = "'OBJECT', 'ARRAY'"


def to_json(value: Value) -> str:
    """CAST(x AS json) in the SQL of DuckDB."""
    unlike = _written_otherwise(value.kind)
    if unlike is not None:
        raise QueryError(f"how Athena writes {unlike} in JSON is not answered here; CAST it AS varchar before")
    return f"CASE WHEN {enclosed(value.text)} IS NOT NULL THEN to_json({value.text}) END"


def _written_otherwise(kind: Kind) -> Kind | None:
    """The first type in a type that Athena writes otherwise in JSON."""
    if kind.name in WRITTEN_ALIKE:
        return None
    if kind.name == "array" and kind.item:
        return _written_otherwise(kind.item)
    if kind.name == "map" and kind.item and kind.key and kind.key.name == "varchar":
        # Athena sorts the keys of maps and keeps the order of a row's fields.
        return kind if "row(" in str(kind.item) else _written_otherwise(kind.item)
    if kind.name == "row" and "map(" not in str(kind) and all(name for name, _ in kind.fields):
        return next((unlike for _, its in kind.fields if (unlike := _written_otherwise(its)) is not None), None)
    return kind


def from_json(value: Value, kind: Kind, *, attempt: bool) -> str:
    """CAST(json AS type) in the SQL of DuckDB."""
    if attempt:
        raise QueryError(f"TRY_CAST of JSON to {kind} is not answered here; CAST it, or use json_extract_scalar")
    return _read(enclosed(value.text), kind)


def _read(text: str, kind: Kind) -> str:
    if kind.name in SCALARS:
        return SCALARS[kind.name](text)
    if kind.name == "array" and kind.item:
        return f"list_transform({_parts(text, 'ARRAY', 'JSON[]', kind)}, lambda part: {_read('part', kind.item)})"
    if kind.name == "map" and kind.item and kind.key and kind.key.name == "varchar":
        parts = _parts(text, "OBJECT", "MAP(VARCHAR, JSON)", kind)
        items = f"list_transform(map_values({parts}), lambda part: {_read('part', kind.item)})"
        return f"CASE WHEN json_type({text}) <> 'NULL' THEN map(map_keys({parts}), {items}) END"
    if kind.name == "row" and all(name for name, _ in kind.fields):
        return _row(text, kind)
    raise QueryError(
        f"CAST of JSON to {kind} is not answered here, or not by Athena; CAST it to varchar and that further"
    )


def _parts(text: str, shape: str, name: str, kind: Kind) -> str:
    refused = fails(f"'Cannot cast JSON to {kind}'")
    return (
        f"CASE WHEN json_type({text}) = '{shape}' THEN CAST({text} AS {name}) "
        f"WHEN json_type({text}) <> 'NULL' THEN {refused} END"
    )


def _row(text: str, kind: Kind) -> str:
    """Fields that an object does not have are NULL; Athena also reads arrays, and names in other letters."""
    names = [name for name, _ in kind.fields]
    listed = ", ".join(text_literal(name) for name in names)
    quoted = (exp.to_identifier(name, quoted=True).sql(DUCKDB) for name in names)
    paths = (text_literal(f'$."{name}"') for name in names)
    fields = ", ".join(
        f"{name} := {_read(f'json_extract({text}, {path})', its)}"
        for name, path, (_, its) in zip(quoted, paths, kind.fields, strict=True)
    )
    message = refuses(f"'CAST of JSON to {kind} is answered of objects with keys of those very letters'")
    spelled = f"list_filter(json_keys({text}), lambda name: NOT list_contains([{listed}], name))"
    folded = ", ".join(text_literal(name.casefold()) for name in names)
    is_alike = f"NOT list_has_any(list_transform({spelled}, lambda name: lower(name)), [{folded}])"
    return (
        f"CASE WHEN {text} IS NULL OR json_type({text}) = 'NULL' THEN NULL "
        f"WHEN json_type({text}) = 'OBJECT' AND {is_alike} THEN struct_pack({fields}) ELSE {message} END"
    )


def _whole(name: str) -> Callable[[str], str]:
    return lambda text: f"CAST(athena_json_whole({text}) AS {name})"


SCALARS: Final[dict[str, Callable[[str], str]]] = {
    "json": lambda text: text,
    PARSED_JSON.name: lambda text: text,
    "varchar": lambda text: f"athena_json_text({text})",
    "boolean": lambda text: f"athena_json_boolean({text})",
    "double": lambda text: f"athena_json_double({text})",
    "bigint": _whole("BIGINT"),
    "integer": _whole("INTEGER"),
    "smallint": _whole("SMALLINT"),
    "tinyint": _whole("TINYINT"),
}
