"""Functions of arrays, maps and rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts
from covid_lake.reading.athena.functions.calls import Call, Function, first, item
from covid_lake.reading.athena.intervals import MILLISECONDS, length_of
from covid_lake.reading.athena.kinds import (
    BIGINT,
    BOOLEAN,
    NULL,
    VARCHAR,
    Kind,
    array_of,
    common,
    map_of,
    require_alike,
    row_of,
)
from covid_lake.reading.athena.values import DUCKDB, POSTGRES, Value, fails

AWAY: Final = "'sequence: its step leads away from its end'"


def same_items(call: Call) -> Kind:
    """The type of arrays that are put together."""
    return common((value.kind for value in call.values), call.name)


def alike(call: Call) -> list[str]:
    """Arrays, each as one of the items that they have in common."""
    name = casts.type_name(same_items(call), DUCKDB)
    return [f"CAST({text} AS {name})" for text in call.texts]


def if_none_is_null(template: str) -> Callable[[Call], str]:
    """A function of arrays that DuckDB answers for a NULL among them, too. `{0}` is the first array."""

    def written(call: Call) -> str:
        missing = " OR ".join(f"{text} IS NULL" for text in call.texts)
        return f"CASE WHEN {missing} THEN NULL ELSE {template.format(*alike(call))} END"

    return written


def of_item(template: str) -> Callable[[Call], str]:
    """A function of an array and an item, both as the type that they have in common."""

    def written(call: Call) -> str:
        require_alike(call.item(), call.kind(1), call.name)
        kind = common((call.item(), call.kind(1)), call.name)
        if kind.is_floating or kind.family in ("array", "map", "row"):
            raise QueryError(f"{call.name} of {call.kind()} is not answered here; use UNNEST")
        name = casts.type_name(kind, DUCKDB)
        array, value = f"CAST({call.texts[0]} AS {name}[])", f"CAST({call.texts[1]} AS {name})"
        return template.format(array, value)

    return written


def size(call: Call) -> str:
    """cardinality, of an array or a map."""
    if call.kind().family == "map" and call.engine == POSTGRES:
        raise QueryError("maps are not answered by the warehouse; ask the lake, without --warehouse")
    name = "len" if call.kind().family != "map" and call.engine == DUCKDB else "cardinality"
    return f"CAST({name}({call.texts[0]}) AS bigint)"


def element(call: Call) -> str:
    """element_at: NULL where the array or map has no such element."""
    if call.kind().family == "map":
        return f"map_extract_value({call.texts[0]}, {call.texts[1]})"
    found = f"list_extract({call.texts[0]}, {call.texts[1]})"
    refused = fails("'element_at: arrays begin at 1'")
    return f"CASE WHEN {call.texts[1]} = 0 THEN {refused} ELSE {found} END"


def joined(call: Call) -> str:
    """array_join: a NULL is left out, or is what a third argument says."""
    kind = call.item()
    if call.engine == POSTGRES:
        if call.values[2:] or kind.family != "text":
            raise QueryError("array_join is answered by the warehouse of texts, with two arguments; ask the lake")
        return f"array_to_string({call.texts[0]}, {call.texts[1]})"
    shown = casts.write(Value("item", kind, call.values[0].node), VARCHAR, DUCKDB).text if kind.is_known else "item"
    texts = f"list_transform({call.texts[0]}, lambda item: {shown})"
    if call.values[2:]:
        texts = f"list_transform({call.texts[0]}, lambda item: coalesce({shown}, {call.texts[2]}))"
    between = call.texts[1]
    is_there = f"{call.texts[0]} IS NOT NULL AND {between} IS NOT NULL"
    return f"CASE WHEN {is_there} THEN coalesce(array_to_string({texts}, {between}), '') END"


def sorted_array(call: Call) -> str:
    kind = call.item()
    if kind.family in ("array", "map", "row", "json"):
        raise QueryError(f"array_sort of {call.kind()} is not answered here; use UNNEST and ORDER BY")
    return f"list_sort({call.texts[0]}, 'ASC', 'NULLS LAST')"


def extreme(name: str) -> Callable[[Call], str]:
    """array_max and array_min, which are NULL where any item is."""

    def written(call: Call) -> str:
        kind = call.item()
        if kind.is_floating or kind.family in ("array", "map", "row"):
            raise QueryError(f"{call.name} of {call.kind()} is not answered here; use UNNEST and {name[5:]}")
        return f"CASE WHEN list_count({call.texts[0]}) = len({call.texts[0]}) THEN {name}({call.texts[0]}) END"

    return written


def part(call: Call) -> str:
    """slice: a start below 0 counts from the end."""
    array, start, length = call.texts
    refused_start = fails("'slice: arrays begin at 1'")
    refused_length = fails("'slice: a length below 0'")
    place = f"CASE WHEN {start} > 0 THEN {start} ELSE len({array}) + {start} + 1 END"
    taken = f"CASE WHEN {place} < 1 THEN [] ELSE list_slice({array}, {place}, {place} + {length} - 1) END"
    return f"CASE WHEN {start} = 0 THEN {refused_start} WHEN {length} < 0 THEN {refused_length} ELSE {taken} END"


def shortened(call: Call) -> str:
    """trim_array."""
    array, count = call.texts
    refused = fails("'trim_array: there are fewer items'")
    is_there = f"{count} BETWEEN 0 AND len({array})"
    nothing = f"{array} IS NULL OR {count} IS NULL"
    return (
        f"CASE WHEN {nothing} THEN NULL WHEN {is_there} THEN list_slice({array}, 1, len({array}) - {count}) "
        f"ELSE {refused} END"
    )


def zipped_kind(call: Call) -> Kind:
    return array_of(row_of(("", call.item(place)) for place in range(len(call.values))))


def flattened_kind(call: Call) -> Kind:
    if call.item().family != "array":
        raise QueryError(f"flatten takes an array of arrays, not {call.kind()}")
    return call.item()


def overlap(call: Call) -> str:
    one, other = alike(call)
    found = f"list_has_any(list_filter({one}, lambda item: item IS NOT NULL), {other})"
    is_unknown = " OR ".join(
        f"(list_count({holder}) < len({holder}) AND len({against}) > 0)"
        for holder, against in ((one, other), (other, one))
    )
    missing = " OR ".join(f"{text} IS NULL" for text in call.texts)
    return f"CASE WHEN {missing} THEN NULL WHEN {found} THEN TRUE WHEN {is_unknown} THEN NULL ELSE FALSE END"


def grams(call: Call) -> str:
    array, size_ = call.texts[0], call.number(1)
    if size_ < 1:
        raise QueryError("ngrams: there must be an item in each")
    many = f"greatest(len({array}) - {size_} + 1, 1)"
    return f"list_transform(range(1, {many} + 1), lambda place: list_slice({array}, place, place + {size_} - 1))"


def mapped(call: Call) -> str:
    if not call.values:
        return "MAP {}"
    keys, values = call.texts
    is_paired = f"len({keys}) = len({values})"
    refused = fails("'map: as many keys as values'")
    missing = f"{keys} IS NULL OR {values} IS NULL"
    return f"CASE WHEN {missing} THEN NULL WHEN {is_paired} THEN map({keys}, {values}) ELSE {refused} END"


def map_kind(call: Call) -> Kind:
    return map_of(call.item(0), call.item(1)) if call.values else map_of(NULL, NULL)


def entries_kind(call: Call) -> Kind:
    return array_of(row_of((("", call.kind().key or NULL), ("", call.item()))))


def entries(call: Call) -> str:
    return f"list_transform(map_entries({call.texts[0]}), lambda entry: row(entry.key, entry.value))"


def map_of_entries_kind(call: Call) -> Kind:
    fields = call.item().fields
    if len(fields) != 2:
        raise QueryError(f"map_from_entries takes an array of rows of two, not {call.kind()}")
    return map_of(fields[0][1], fields[1][1])


def map_of_entries(call: Call) -> str:
    array = call.texts[0]
    keys, values = (f"list_transform({array}, lambda entry: struct_extract_at(entry, {place}))" for place in (1, 2))
    return f"CASE WHEN {array} IS NOT NULL THEN map({keys}, {values}) END"


def put_together(call: Call) -> str:
    """map_concat: of a key in several maps the last counts. Which order Athena then gives keys, no one may rely on."""
    missing = " OR ".join(f"{text} IS NULL" for text in call.texts)
    return f"CASE WHEN {missing} THEN NULL ELSE map_concat({', '.join(call.texts)}) END"


def sequence_kind(call: Call) -> Kind:
    kind = common((value.kind for value in call.values[:2]), call.name)
    return array_of(BIGINT if kind.is_whole else kind)


def sequence(call: Call) -> str:
    kind = common((value.kind for value in call.values[:2]), call.name)
    if kind.family == "time":
        return _sequence_of_times(call, kind)
    start, stop, *step = call.texts
    if step and call.values[2].kind.family == "interval":
        raise QueryError("sequence of whole numbers takes a whole number as its step")
    if step and not call.number(2):
        raise QueryError("sequence: its step must not be 0")
    by = step[0] if step else f"CASE WHEN {start} <= {stop} THEN 1 ELSE -1 END"
    if call.engine == DUCKDB:
        numbers = f"generate_series(CAST({start} AS BIGINT), CAST({stop} AS BIGINT), CAST({by} AS BIGINT))"
        return _if_ends(numbers, start, stop, is_forward=call.number(2) > 0) if step else numbers
    numbers = f"ARRAY(SELECT generate_series(CAST({start} AS bigint), CAST({stop} AS bigint), CAST({by} AS bigint)))"
    raised = f"ARRAY[{casts.raised_by_postgres(AWAY, BIGINT)}]"
    ends = f"{start} {'<=' if step and call.number(2) > 0 else '>='} {stop}"
    return f"CASE WHEN {ends} THEN {numbers} ELSE {raised} END" if step else numbers


def _if_ends(series: str, start: str, stop: str, *, is_forward: bool) -> str:
    refused = fails(AWAY)
    ends = f"{start} {'<=' if is_forward else '>='} {stop}"
    return f"CASE WHEN {ends} THEN {series} WHEN {start} IS NOT NULL AND {stop} IS NOT NULL THEN {refused} END"


def _sequence_of_times(call: Call, kind: Kind) -> str:
    """A step of days or less is added again and again; months are counted from the first, whose day they keep."""
    if call.engine == POSTGRES:
        raise QueryError("sequence of dates is not answered by the warehouse; ask the lake, without --warehouse")
    if kind.name == "timestamptz":
        raise QueryError("sequence of times with a zone is not answered here; CAST them AS timestamp")
    name = casts.type_name(kind, DUCKDB)
    start, stop = (f"CAST({text} AS TIMESTAMP)" for text in call.texts[:2])
    if not call.values[2:]:
        if kind.name != "date":
            raise QueryError("sequence of timestamps takes its step as an interval: INTERVAL '1' HOUR")
        one = f"CASE WHEN {start} <= {stop} THEN INTERVAL '1 day' ELSE INTERVAL '-1 day' END"
        return f"CAST(generate_series({start}, {stop}, {one}) AS {name}[])"
    milliseconds, months = length_of(call.values[2])
    if kind.name == "date" and milliseconds % MILLISECONDS["day"]:
        raise QueryError("sequence of dates takes a step of whole days or months")
    if not milliseconds and not months:
        raise QueryError("sequence: its step must not be 0")
    is_forward = milliseconds + months > 0
    if months:
        count = f"(date_diff('month', {start}, {stop}) // {months})"
        after = f"{start} + to_months(CAST(place * {months} AS INTEGER))"
        series = f"list_transform(range(0, greatest({count}, 0) + 1), lambda place: {after})"
        series = f"list_filter({series}, lambda day: day {'<=' if is_forward else '>='} {stop})"
    else:
        series = f"generate_series({start}, {stop}, {call.texts[2]})"
    return _if_ends(f"CAST({series} AS {name}[])", start, stop, is_forward=is_forward)


def numbers_of(call: Call) -> str:
    """contains, which is NULL where the item may be behind a NULL."""
    return of_item(
        "CASE WHEN list_contains({0}, {1}) THEN TRUE WHEN list_count({0}) < len({0}) THEN NULL "
        "ELSE list_contains({0}, {1}) END"
    )(call)


def put_in_rows(call: Call) -> str:
    return f"row({', '.join(call.texts)})"


def row_kind(call: Call) -> Kind:
    return row_of(("", value.kind) for value in call.values)


def counted_items(call: Call) -> str:
    """array_histogram."""
    if call.item().is_floating:
        raise QueryError(f"array_histogram of {call.kind()} is not answered here; use UNNEST and GROUP BY")
    array = call.texts[0]
    keys = f"athena_distinct(list_filter({array}, lambda item: item IS NOT NULL))"
    counts = f"list_transform({keys}, lambda key: CAST(len(list_filter({array}, lambda item: item = key)) AS BIGINT))"
    return f"CASE WHEN {array} IS NOT NULL THEN map({keys}, {counts}) END"


NESTED: Final[Mapping[str, Function]] = {
    "cardinality": Function(("a", "m"), BIGINT, size, size),
    "element_at": Function(("ai", "m*"), item, element),
    "contains": Function(("a*",), BOOLEAN, numbers_of),
    "array_join": Function(("at", "att"), VARCHAR, joined, joined),
    "array_distinct": Function(("a",), first, "athena_distinct({0})"),
    "array_sort": Function(("a",), first, sorted_array),
    "array_max": Function(("a",), item, extreme("list_max")),
    "array_min": Function(("a",), item, extreme("list_min")),
    "array_position": Function(
        ("a*",), BIGINT,
        of_item("CASE WHEN {1} IS NOT NULL AND {0} IS NOT NULL THEN coalesce(list_position({0}, {1}), 0) END"),
    ),
    "array_remove": Function(
        ("a*",), first,
        of_item("CASE WHEN {1} IS NOT NULL THEN list_filter({0}, lambda item: item IS NULL OR item <> {1}) END"),
    ),
    "array_union": Function(("aa",), same_items, if_none_is_null("athena_distinct(list_concat({0}, {1}))")),
    "array_intersect": Function(
        ("aa",), same_items,
        # In the order of the longer array.
        if_none_is_null(
            "CASE WHEN len({0}) >= len({1}) "
            "THEN list_filter(athena_distinct({0}), lambda item: list_position({1}, item) IS NOT NULL) "
            "ELSE list_filter(athena_distinct({1}), lambda item: list_position({0}, item) IS NOT NULL) END"
        ),
    ),
    "array_except": Function(
        ("aa",), same_items,
        if_none_is_null("list_filter(athena_distinct({0}), lambda item: list_position({1}, item) IS NULL)"),
    ),
    "arrays_overlap": Function(("aa",), BOOLEAN, overlap),
    "slice": Function(("aii",), first, part),
    "trim_array": Function(("ai",), first, shortened),
    "flatten": Function(("a",), flattened_kind, "flatten({0})"),
    "zip": Function(("aa+",), zipped_kind, lambda call: f"list_zip({', '.join(call.texts)})"),
    "ngrams": Function(("ai",), lambda call: array_of(call.kind()), grams),
    "array_histogram": Function(("a",), lambda call: map_of(call.item(), BIGINT), counted_items),
    "sequence": Function(("ii", "iii", "dd", "ddv"), sequence_kind, sequence, sequence),
    "map": Function(("", "aa"), map_kind, mapped),
    "map_keys": Function(("m",), lambda call: array_of(call.kind().key or NULL), "map_keys({0})"),
    "map_values": Function(("m",), lambda call: array_of(call.item()), "map_values({0})"),
    "map_entries": Function(("m",), entries_kind, entries),
    "map_from_entries": Function(("a",), map_of_entries_kind, map_of_entries),
    "map_concat": Function(("mm+",), first, put_together),
    "row": Function(("*+",), row_kind, put_in_rows),
}  # fmt: skip
