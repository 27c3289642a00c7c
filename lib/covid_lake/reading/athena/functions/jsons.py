"""Functions of JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena.functions.calls import Call, Function
from covid_lake.reading.athena.kinds import BIGINT, BOOLEAN, JSON, PARSED_JSON, VARCHAR, Kind
from covid_lake.reading.athena.values import fails, refuses, text_literal

PATH = re.compile(r"\$(\.[A-Za-z_]\w*|\[\d+\]|\[\"[^\"\\]+\"\])*")
# Numbers that Athena writes as they stand in the text, and DuckDB otherwise: 1.50, 1e2, 0.00001 and very long ones.
UNLIKE_NUMBERS = r"[0-9][eE][+-]?[0-9]|\.[0-9]+0(?:[^0-9]|$)|[0-9][0-9.]{15,}|(?:^|[^0-9])0\.000|-0\.0(?:[^0-9]|$)"
# Numbers that Athena writes in scientific notation.
SCIENTIFIC_NUMBERS = r"[0-9][eE][+-]?[0-9]|[0-9]{8,}\.|(?:^|[^0-9])0\.000"


def path_of(call: Call) -> str:
    path = call.literal(1)
    if not PATH.fullmatch(path):
        raise QueryError(f'{call.name}: the path {path!r} is not answered here; there is $.name, $[0] and $["a name"]')
    return text_literal(re.sub(r"\[(\"[^\"]+\")\]", r".\1", path))


def where_read_alike(call: Call, text: str) -> str:
    """The expression for texts that are JSON or far from it: of what is broken, Athena may read the beginning."""
    source = call.texts[0]
    if call.kind().family == "json":
        return text
    message = refuses(f"'{call.name}: how much Athena reads of broken JSON is not known here: ' || {source}")
    begun = "'^\\s*[\\[{\"]'" if call.values[1:] and call.literal(1) != "$" else "'\\S'"
    return (
        f"CASE WHEN {source} IS NULL THEN NULL WHEN json_valid({source}) THEN {text} "
        f"WHEN regexp_matches({source}, {begun}) THEN {message} END"
    )


def scalar(call: Call) -> str:
    source, path = call.texts[0], path_of(call)
    message = refuses(f"'json_extract_scalar: a number is written otherwise by Athena: ' || {source}")
    kind = f"json_type({source}, {path})"
    unlike = f"regexp_matches({source}, {text_literal(UNLIKE_NUMBERS)})"
    return where_read_alike(
        call,
        f"CASE WHEN {kind} IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL WHEN {kind} = 'DOUBLE' AND {unlike} THEN {message} "
        f"ELSE json_extract_string({source}, {path}) END",
    )


def extracted(call: Call) -> str:
    return where_read_alike(call, f"json_extract({call.texts[0]}, {path_of(call)})")


def extracted_kind(call: Call) -> Kind:
    return PARSED_JSON if call.kind() == PARSED_JSON else JSON


def parsed(call: Call) -> str:
    failed = fails(f"'Cannot convert value to JSON: ' || {call.texts[0]}")
    return (
        f"CASE WHEN {call.texts[0]} IS NULL OR json_valid({call.texts[0]}) THEN json({call.texts[0]}) ELSE {failed} END"
    )


def formatted(call: Call) -> str:
    """json_format, of JSON that both write alike."""
    text = f"CAST({call.texts[0]} AS VARCHAR)"
    unlike = f"regexp_matches({text}, {text_literal(SCIENTIFIC_NUMBERS)})"
    if call.kind() == PARSED_JSON:
        unlike += f" OR contains({text}, '{{')"
    message = refuses(f"'json_format: how Athena writes this is not known here: ' || {text}")
    return f"CASE WHEN {unlike} THEN {message} ELSE {text} END"


def length(call: Call) -> str:
    source = call.texts[0]
    return where_read_alike(
        call, f"CASE WHEN json_type({source}) = 'ARRAY' THEN CAST(json_array_length({source}) AS BIGINT) END"
    )


def size(call: Call) -> str:
    source, path = call.texts[0], path_of(call)
    counted = (
        f"CASE json_type({source}, {path}) WHEN 'ARRAY' THEN CAST(json_array_length({source}, {path}) AS BIGINT) "
        f"WHEN 'OBJECT' THEN CAST(len(json_keys({source}, {path})) AS BIGINT) ELSE 0 END"
    )
    return where_read_alike(call, f"CASE WHEN json_type({source}, {path}) IS NOT NULL THEN {counted} END")


def is_scalar(call: Call) -> str:
    source = call.texts[0]
    failed = fails(f"'is_json_scalar: no JSON: ' || {source}")
    return (
        f"CASE WHEN {source} IS NULL THEN NULL WHEN json_valid({source}) "
        f"THEN json_type({source}) NOT IN ('OBJECT', 'ARRAY') ELSE {failed} END"
    )


JSONS: Final[Mapping[str, Function]] = {
    "json_extract_scalar": Function(("tt", "jt"), VARCHAR, scalar),
    "json_extract": Function(("tt", "jt"), extracted_kind, extracted),
    "json_parse": Function(("t",), PARSED_JSON, parsed),
    "json_format": Function(("j",), VARCHAR, formatted),
    "json_array_length": Function(("t", "j"), BIGINT, length),
    "json_size": Function(("tt", "jt"), BIGINT, size),
    "is_json_scalar": Function(("t", "j"), BOOLEAN, is_scalar),
}
