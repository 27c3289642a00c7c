"""Functions of texts and of bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts
from covid_lake.reading.athena.functions import matching
from covid_lake.reading.athena.functions.calls import Call, Function, plain
from covid_lake.reading.athena.functions.formats import format_written
from covid_lake.reading.athena.kinds import BIGINT, BOOLEAN, INTEGER, VARBINARY, VARCHAR, Kind, array_of, common, map_of
from covid_lake.reading.athena.macros import WHITE, trimmed_of
from covid_lake.reading.athena.values import DUCKDB, POSTGRES, enclosed, fails, refuses, text_literal


def is_of_arrays(call: Call) -> bool:
    return any(value.kind.family == "array" for value in call.values)


def concatenated_kind(call: Call) -> Kind:
    if any(value.kind.name == "null" for value in call.values):
        raise QueryError(f"{call.name} with NULL is ambiguous in Athena; write CAST(NULL AS varchar)")
    if not is_of_arrays(call):
        return VARCHAR
    # An item that stands beside arrays is one of their items.
    kinds = (value.kind if value.kind.family == "array" else array_of(value.kind) for value in call.values)
    return common(kinds, call.name)


def concatenated(call: Call) -> str:
    """concat and ||, of texts and of arrays; an item beside an array is added to it."""
    if not is_of_arrays(call):
        return f"({' || '.join(call.texts)})"
    if call.engine == POSTGRES:
        raise QueryError("arrays are put together by the lake alone; ask it, without --warehouse")
    name = casts.type_name(concatenated_kind(call), DUCKDB)
    parts = [
        f"CAST({text} AS {name})" if value.kind.family == "array" else f"CAST([{text}] AS {name})"
        for text, value in zip(call.texts, call.values, strict=True)
    ]
    missing = " OR ".join(f"{text} IS NULL" for text in call.texts)
    together = parts[0]
    for part in parts[1:]:
        together = f"list_concat({together}, {part})"
    return f"CASE WHEN {missing} THEN NULL ELSE {together} END"


def concatenated_between(call: Call) -> str:
    if call.kind(1).family == "array":
        if call.engine == POSTGRES or len(call.values) != 2 or call.item(1).family not in ("text", ""):
            raise QueryError("concat_ws takes texts, or one array of texts, which the lake alone answers")
        is_there = f"{call.texts[0]} IS NOT NULL AND {call.texts[1]} IS NOT NULL"
        return f"CASE WHEN {is_there} THEN coalesce(array_to_string({call.texts[1]}, {call.texts[0]}), '') END"
    if any(value.kind.family == "array" for value in call.values):
        raise QueryError("concat_ws takes texts, or one array of texts")
    return f"concat_ws({', '.join(call.texts)})"


def taken_part(call: Call) -> str:
    """substr: 0 is no place of a text, a negative one counts from its end, and one beyond either end has nothing."""
    text, start = call.texts[:2]
    place = f"CASE WHEN {start} < 0 THEN length({text}) + {start} + 1 ELSE {start} END"
    nothing = f"({start} = 0 AND {text} IS NOT NULL) OR abs({start}) > length({text})"
    if not call.texts[2:]:
        return f"CASE WHEN {nothing} THEN '' ELSE substr({text}, CAST({place} AS INTEGER)) END"
    length = call.texts[2]
    taken = f"substr({text}, CAST({place} AS INTEGER), CAST({length} AS INTEGER))"
    return f"CASE WHEN {length} IS NULL THEN NULL WHEN {nothing} OR {length} < 0 THEN '' ELSE {taken} END"


def without_empty(place: int, *templates: str) -> Callable[[Call], str]:
    """A function whose argument must be a literal that is not empty, for engines do as they like with an empty one.

    The first template is for the fewest arguments, the next for one more.
    """

    def written(call: Call) -> str:
        if not call.literal(place):
            raise QueryError(f"{call.name}: argument {place + 1} must not be empty")
        return templates[len(call.values) - 2 if len(templates) > 1 else 0].format(*call.texts)

    return written


def divided(call: Call) -> str:
    """split, into as many parts as there are or no more than a number, of which the last has the rest."""
    text, by = call.texts[:2]
    if not call.literal(1):
        raise QueryError("split: argument 2 must not be empty")
    if call.engine == POSTGRES:
        if call.texts[2:]:
            raise QueryError("split into a number of parts is not answered by the warehouse; ask the lake")
        return f"CASE WHEN {text} = '' THEN ARRAY[''] ELSE string_to_array({text}, {by}) END"
    parts = f"str_split({text}, {by})"
    if not call.texts[2:]:
        return parts
    most = call.number(2)
    if most < 1:
        raise QueryError("split: there must be a part at least")
    rest = f"[array_to_string({parts}[{most}:], {by})]"
    return f"CASE WHEN len({parts}) > {most} THEN list_concat({parts}[:{most - 1}], {rest}) ELSE {parts} END"


def padded(call: Call) -> str:
    """lpad and rpad, which refuse a length below 0 and padding without a letter."""
    text, length, by = call.texts
    if not call.literal(2):
        raise QueryError(f"{call.name}: what fills up must not be empty")
    message = f"'{call.name} to a length below 0'"
    raised = fails(message) if call.engine == DUCKDB else casts.raised_by_postgres(f"{message} || {text}", VARCHAR)
    return f"CASE WHEN {length} < 0 THEN {raised} ELSE {call.name}({text}, CAST({length} AS INTEGER), {by}) END"


def part_of_text(call: Call) -> str:
    """split_part: NULL where there are fewer parts."""
    if not call.literal(1) or call.number(2) < 1:
        raise QueryError("split_part: what divides must not be empty, and parts begin at 1")
    text, by = call.texts[:2]
    if call.engine == DUCKDB:
        return f"list_extract(str_split({text}, {by}), {call.number(2)})"
    return f"(CASE WHEN {text} = '' THEN ARRAY[''] ELSE string_to_array({text}, {by}) END)[{call.number(2)}]"


def place_in_text(call: Call) -> str:
    """strpos, of the first occurrence, or of the one that a number says, counted from the end if it is negative."""
    text, part = call.texts[:2]
    if not call.texts[2:]:
        return f"strpos({text}, {part})"
    nth = call.number(2)
    if not call.literal(1) or nth == 0:
        raise QueryError("strpos: what is looked for must not be empty, and occurrences begin at 1")
    parts = f"str_split({text}, {part})"
    before = f"{parts}[:{nth}]" if nth > 0 else f"{parts}[:len({parts}) + {nth}]"
    place = f"length(array_to_string({before}, {part})) + 1"
    return f"CASE WHEN {text} IS NULL THEN NULL WHEN len({parts}) > {abs(nth)} THEN {place} ELSE 0 END"


def ascii_only(name: str) -> Callable[[Call], str]:
    """upper and lower, which PostgreSQL does by its locale: other letters than those of ASCII are refused there."""

    def written(call: Call) -> str:
        refused = casts.raised_by_postgres(f"'the warehouse does not answer {name} of ' || {call.texts[0]}", VARCHAR)
        return f"CASE WHEN {call.texts[0]} ~ '[^\\x01-\\x7f]' THEN {refused} ELSE {name}({call.texts[0]}) END"

    return written


def trimmed(name: str) -> Callable[[Call], str]:
    return lambda call: f"{name}({call.texts[0]}, {text_literal(WHITE)})"


def reversed_text(call: Call) -> str:
    if call.kind().family == "array":
        if call.engine == POSTGRES:
            raise QueryError("arrays are reversed by the lake alone; ask it, without --warehouse")
        return f"list_reverse({call.texts[0]})"
    text = call.texts[0]
    if call.engine == POSTGRES:
        return f"reverse({text})"
    # DuckDB keeps a letter and its accents together, and Athena reverses them, too.
    letters = f"list_reverse(regexp_extract_all({text}, '(?s).'))"
    return f"CASE WHEN {text} = '' THEN '' ELSE array_to_string({letters}, '') END"


def length_of(call: Call) -> str:
    if call.kind().family == "bytes":
        return f"octet_length({call.texts[0]})"
    return f"length({call.texts[0]})"


def map_of_text(call: Call) -> str:
    """split_to_map, of entries that have one key and one value each."""
    text, entries, between = call.texts
    if not call.literal(1) or not call.literal(2) or call.literal(1) == call.literal(2):
        raise QueryError("split_to_map: what divides entries, and keys from values, must differ and not be empty")
    parts = f"list_filter(str_split({text}, {entries}), lambda entry: entry <> '')"
    pairs = f"list_transform({parts}, lambda entry: str_split(entry, {between}))"
    refused = fails("'split_to_map: an entry has no key or several values'")
    is_whole = f"len(list_filter({pairs}, lambda pair: len(pair) <> 2)) = 0"
    keys, values = (f"list_transform({pairs}, lambda pair: pair[{place}])" for place in (1, 2))
    return f"CASE WHEN {text} IS NULL THEN NULL WHEN {is_whole} THEN map({keys}, {values}) ELSE {refused} END"


def read_bytes(call: Call) -> str:
    """from_utf8, which puts a sign for bytes that are no text, where DuckDB fails."""
    return f"CASE WHEN {call.texts[0]} IS NOT NULL THEN decode({call.texts[0]}) END"


def codepoint(call: Call) -> str:
    refused = refuses("'codepoint takes one letter'")
    text = call.texts[0]
    return f"CASE WHEN {text} IS NULL OR length({text}) = 1 THEN unicode({text}) ELSE {refused} END"


def hashed(name: str) -> Function:
    return Function(("y",), VARBINARY, f"unhex({name}({{0}}))")


def repeated(call: Call) -> str:
    item = casts.type_name(call.kind(), DUCKDB)
    refused = fails("'repeat: a count below 0'")
    items = f"list_transform(range({call.texts[1]}), lambda place: CAST({call.texts[0]} AS {item}))"
    return f"CASE WHEN {call.texts[1]} < 0 THEN {refused} ELSE {items} END"


TEXTS: Final[Mapping[str, Function]] = {
    "length": Function(("t", "y"), BIGINT, length_of, "CAST(char_length({0}) AS bigint)"),
    "lower": Function(("t",), VARCHAR, "lower({0})", ascii_only("lower")),
    # Athena leaves the sharp s as it is, which DuckDB makes a capital.
    "upper": Function(
        ("t",), VARCHAR, "replace(upper(replace({0}, 'ß', '\ue000')), '\ue000', 'ß')", ascii_only("upper")
    ),
    "trim": Function(("t",), VARCHAR, lambda call: trimmed_of(call.texts[0]), trimmed("btrim")),
    "ltrim": Function(("t",), VARCHAR, trimmed("ltrim"), trimmed("ltrim")),
    "rtrim": Function(("t",), VARCHAR, trimmed("rtrim"), trimmed("rtrim")),
    "concat": Function(("tt+", "*a", "a*", "aa+"), concatenated_kind, concatenated, concatenated),
    "concat_ws": Function(("tt+", "ta"), VARCHAR, concatenated_between, concatenated_between),
    **dict.fromkeys(("substr", "substring"), Function(("ti", "tii"), VARCHAR, taken_part, taken_part)),
    "strpos": Function(("tt", "tti"), BIGINT, place_in_text, "CAST(strpos({0}, {1}) AS bigint)"),
    "replace": Function(
        ("tt", "ttt"),
        VARCHAR,
        without_empty(1, "replace({0}, {1}, '')", "replace({0}, {1}, {2})"),
        without_empty(1, "replace({0}, {1}, '')", "replace({0}, {1}, {2})"),
    ),
    "reverse": Function(
        ("t", "a"), lambda call: call.kind() if is_of_arrays(call) else VARCHAR, reversed_text, reversed_text
    ),
    "split": Function(("tt", "tti"), array_of(VARCHAR), divided, divided),
    "split_part": Function(("tti",), VARCHAR, part_of_text, part_of_text),
    "split_to_map": Function(("ttt",), map_of(VARCHAR, VARCHAR), map_of_text),
    "lpad": Function(("tit",), VARCHAR, padded, padded),
    "rpad": Function(("tit",), VARCHAR, padded, padded),
    "starts_with": plain("tt", BOOLEAN, "starts_with"),
    "translate": plain("ttt", VARCHAR, "translate"),
    "chr": Function(("i",), VARCHAR, "chr(CAST({0} AS INTEGER))", "chr(CAST({0} AS integer))"),
    "codepoint": Function(("t",), INTEGER, codepoint),
    "levenshtein_distance": Function(("tt",), BIGINT, lambda call: _ascii_distance("levenshtein", call)),
    "hamming_distance": Function(("tt",), BIGINT, lambda call: _ascii_distance("hamming", call)),
    "repeat": Function(("*i",), lambda call: array_of(call.kind()), repeated),
    "format": Function(("t*+",), VARCHAR, format_written, format_written),
    "regexp_like": Function(("tt",), BOOLEAN, matching.matched, matching.matched),
    "regexp_extract": Function(("tt", "tti"), VARCHAR, matching.extracted, matching.extracted),
    "regexp_extract_all": Function(("tt", "tti"), array_of(VARCHAR), matching.all_extracted),
    "regexp_replace": Function(("tt", "ttt"), VARCHAR, matching.replaced, matching.replaced),
    "regexp_count": Function(("tt",), BIGINT, matching.counted),
    "regexp_split": Function(("tt",), array_of(VARCHAR), matching.divided),
    "to_utf8": Function(("t",), VARBINARY, "encode({0})"),
    "from_utf8": Function(("y",), VARCHAR, read_bytes),
    "to_hex": Function(("y",), VARCHAR, "hex({0})"),
    "from_hex": Function(("t",), VARBINARY, "unhex({0})"),
    "to_base64": Function(("y",), VARCHAR, "to_base64({0})"),
    "from_base64": Function(("t",), VARBINARY, "from_base64({0})"),
    **{name: hashed(name) for name in ("md5", "sha1", "sha256")},
}


def _ascii_distance(name: str, call: Call) -> str:
    """A distance in letters, which DuckDB counts in bytes."""
    one, other = (enclosed(text) for text in call.texts)
    message = refuses(f"'{call.name} is answered of ASCII text only'")
    is_ascii = f"strlen({one}) = length({one}) AND strlen({other}) = length({other})"
    distance = f"{name}({one}, {other})"
    if name == "hamming":
        unequal = fails("'hamming_distance: the texts must have the same length'")
        distance = f"CASE WHEN length({one}) <> length({other}) THEN {unequal} ELSE {distance} END"
    return f"CASE WHEN {one} IS NULL OR {other} IS NULL THEN NULL WHEN {is_ascii} THEN {distance} ELSE {message} END"
