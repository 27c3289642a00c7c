"""The typed view beside a landing table: every record with the contract's names and types, as it was delivered.

Nothing is judged or left out, and no value fails: what can't be read is NULL. `source_file` is the path that trusted
rows have, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from covid_lake import paths
from covid_lake.catalog.casts import cleaned, literal, quoted, trimmed, typed
from covid_lake.catalog.column_types import hive_type
from covid_lake.catalog.descriptions import Field
from covid_lake.contracts import Column, Csv, Table, Type, column_for_header

TYPED: Final = "_typed"
SOURCE_FILE: Final = Field("source_file", "string", "Landing file of the record, below the landing root")
# How Python's strptime and Athena's date_parse name the parts of a day.
DAY_PARTS: Final = {"%Y": "%Y", "%y": "%y", "%m": "%m", "%d": "%d", "%b": "%b", "%B": "%M", "%j": "%j"}


def typed_columns(table: Table) -> tuple[Field, ...]:
    """The columns of the table's typed view: those that landing files deliver, and where the record is from."""
    shown = (*((_day_column(table),) if _day_format(table) else ()), *table.source_columns)
    return (*(Field(column.name, hive_type(column), column.comment) for column in shown if column), SOURCE_FILE)


def typed_view_of_columns(table: Table, columns: Mapping[str, str], source: str, *, are_texts: bool) -> str:
    """The view's query over a table whose columns are given with the names that the files' header has for them."""
    spelled: dict[str, list[str]] = {}
    for name, given in columns.items():
        column = column_for_header(table.source_columns, given)
        if column:
            text = quoted(name) if are_texts else f"CAST({quoted(name)} AS varchar)"
            spelled.setdefault(column.name, []).append(text)
    texts = {column.name: _first(spelled.get(column.name, [])) for column in table.source_columns}
    return _query(table, texts, '"$path"', f"FROM {source}")


def typed_view_of_lines(table: Table, form: Csv, source: str) -> str:
    """The view's query over a table of lines: each file's columns are found by its own header row.

    A header row is a line with a spelling of every required column. A file without one has rows of NULLs.
    """
    texts = {
        column.name: _first([_field_called(_folded(spelling)) for spelling in column.spellings])
        for column in table.source_columns
    }
    required = [column for column in table.source_columns if column.required] or table.source_columns[:1]
    is_header = "\n        AND ".join(_has_a_name(column, form) for column in required)
    # Names and texts are quoted; the patterns are made of the contract's signs.
    before = f"""WITH lines AS (
    SELECT "$path" AS path, line, {is_header} AS is_header
    FROM {source}
    WHERE line <> ''
),
headers AS (
    SELECT path, min(transform({_fields(form)}, f -> lower({trimmed("f")}))) AS names
    FROM lines
    WHERE is_header
    GROUP BY path
),
records AS (
    SELECT path, {_fields(form)} AS fields
    FROM lines
    WHERE NOT is_header
)
"""  # noqa: S608 - see above
    return before + _query(table, texts, "r.path", "FROM records r\n    LEFT JOIN headers h ON h.path = r.path")


def _has_a_name(column: Column, form: Csv) -> str:
    """Whether the line has a spelling of the column between two of the signs that stand around a field."""
    names = "|".join(map(_pattern_of, column.spellings))
    around = f"{_of_pattern(form.delimiter)}{_of_pattern(form.quote)} \\t\\r\\ufeff"
    return f"regexp_like(lower(line), '(^|[{around}])({names})($|[{around}])')"


def _pattern_of(spelling: str) -> str:
    return re.escape(_folded(spelling)).replace("\\ ", " ").replace("'", "''")


def _folded(spelling: str) -> str:
    return spelling.strip().lower()


def _field_called(name: str) -> str:
    return f"element_at(r.fields, nullif(array_position(h.names, {literal(name)}), 0))"


def _query(table: Table, texts: Mapping[str, str], path: str, source: str) -> str:
    tokens = table.landing.null_tokens if table.landing else ()
    clean = ",\n        ".join(
        f"{cleaned(texts[column.name], column.null_tokens if column.null_tokens is not None else tokens)}"
        f" AS {quoted(column.name)}"
        for column in table.source_columns
    )
    values = {column.name: typed(quoted(column.name), column) for column in table.source_columns}
    shown = [value if value == quoted(name) else f"{value} AS {quoted(name)}" for name, value in values.items()]
    day, format_ = _day_column(table), _day_format(table)
    if day and format_:
        name = f"substr(regexp_extract(source_file, '[^/]+$'), 1, {_width_of_day(table)})"
        shown.insert(0, f"try(CAST(date_parse({name}, {literal(format_)}) AS date)) AS {quoted(day.name)}")
    select = ",\n    ".join([*shown, "source_file"])
    below = f"regexp_replace({path}, {literal(f'^.*/{paths.landing(table.dataset)}/')}, '')"
    return f"""SELECT
    {select}
FROM (
    SELECT
        {clean},
        {below} AS source_file
    {source}
) t"""  # noqa: S608 - names and texts are quoted


def _first(texts: list[str]) -> str:
    """The first text that is there."""
    if not texts:
        return "CAST(NULL AS varchar)"
    return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"


def _fields(form: Csv) -> str:
    """The fields of a line, without their quotes.

    A delimiter is put before the line, so that no match is empty. A field that goes on behind its closing quote keeps
    its quotes, as a run reads it.
    """
    sign, quote, escape = (_of_pattern(one) for one in (form.delimiter, form.quote, form.escape))
    inner = f"(?:[^{quote}]|{quote}{quote})*" if form.escape == form.quote else f"(?:[^{quote}{escape}]|{escape}.)*"
    pattern = f"{sign}((?:{quote}{inner}{quote})?[^{sign}]*)"
    whole = rf"^{quote}({inner}){quote}[ \t]*\z"
    is_quoted = f"regexp_like(f, {literal(whole)})"
    bare = f"regexp_extract(f, {literal(whole)}, 1)"
    if form.escape == form.quote:
        bare = f"replace({bare}, {literal(form.quote * 2)}, {literal(form.quote)})"
    else:
        marked = f"{escape}([{quote}{escape}])"
        bare = f"regexp_replace({bare}, {literal(marked)}, '$1')"
    split = f"regexp_extract_all({literal(form.delimiter)} || line, {literal(pattern)}, 1)"
    # The pattern is costly, and few fields begin with a quote.
    begins = f"starts_with(f, {literal(form.quote)})"
    return f"transform({split}, f -> CASE WHEN {begins} AND {is_quoted} THEN {bare} ELSE f END)"


def _of_pattern(sign: str) -> str:
    """The sign in a pattern, within brackets or outside of them."""
    return f"\\x{ord(sign):02x}"


def _day_column(table: Table) -> Column | None:
    daily = table.landing.daily if table.landing else None
    return table.column(daily.column) if daily and not table.column(daily.column).spellings else None


def _day_format(table: Table) -> str | None:
    """The name of a daily file as date_parse reads it; None where it can't."""
    daily = table.landing.daily if table.landing else None
    column = _day_column(table)
    if daily is None or column is None or column.type is not Type.DATE:
        return None
    parts = daily.name_format
    found = [parts[i : i + 2] for i, sign in enumerate(parts) if sign == "%"]
    if not all(part in DAY_PARTS for part in found):
        return None
    for part in found:
        parts = parts.replace(part, DAY_PARTS[part])
    return parts


def _width_of_day(table: Table) -> int:
    daily = table.landing.daily if table.landing else None
    return len(date.max.strftime(daily.name_format)) if daily else 0
