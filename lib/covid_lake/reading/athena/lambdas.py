"""Functions that take functions: transform(items, x -> x + 1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts
from covid_lake.reading.athena.kinds import BOOLEAN, NULL, Kind, array_of, common, map_of, require_alike
from covid_lake.reading.athena.scopes import Scope
from covid_lake.reading.athena.values import DUCKDB, Value, enclosed

# As often is the type of reduce's state widened by what its function gives.
MOST_WIDENINGS = 3


class Writer(Protocol):
    """What writes the expressions in a lambda function."""

    def expression(self, node: exp.Expr, scope: Scope) -> Value: ...


Written = tuple[str, Kind]


def write(name: str, writer: Writer, arguments: Sequence[exp.Expr], scope: Scope, engine: str) -> Written:
    """A call of a function that takes lambda functions, and its type."""
    if engine != DUCKDB:
        raise QueryError(f"{name} is not answered by the warehouse; ask the lake, without --warehouse")
    count, written = CALLS[name]
    if len(arguments) != count or not isinstance(arguments[-1], exp.Lambda):
        raise QueryError(f"{name} takes {count} arguments, of which the last is a function, such as x -> x + 1")
    return written(_Call(name, writer, arguments, scope))


class _Call:
    """A call whose arguments are still to be written."""

    def __init__(self, name: str, writer: Writer, arguments: Sequence[exp.Expr], scope: Scope) -> None:
        self.name, self._writer, self._arguments, self._scope = name, writer, arguments, scope

    def value(self, place: int) -> Value:
        return self._writer.expression(self._arguments[place], self._scope)

    def array(self, place: int) -> tuple[str, Kind]:
        """An argument that must be an array, and what it holds."""
        value = self.value(place)
        if value.kind.family != "array" or value.kind.item is None:
            raise QueryError(f"{self.name} takes an array there, not {value.kind}")
        return enclosed(value.text), value.kind.item

    def map(self, place: int) -> tuple[str, Kind, Kind]:
        """An argument that must be a map, with the types of its keys and its items."""
        value = self.value(place)
        if value.kind.name != "map" or value.kind.item is None or value.kind.key is None:
            raise QueryError(f"{self.name} takes a map there, not {value.kind}")
        return enclosed(value.text), value.kind.key, value.kind.item

    def body(self, place: int, *parameters: tuple[str, Kind]) -> Value:
        """The body of a lambda function whose parameters are these expressions."""
        node = self._arguments[place]
        if not isinstance(node, exp.Lambda) or len(node.expressions) != len(parameters):
            raise QueryError(f"{self.name} takes a function of {len(parameters)} there")
        values = {
            name.name.casefold(): Value(text, kind, exp.Var(this=text))
            for name, (text, kind) in zip(node.expressions, parameters, strict=True)
        }
        if node.this.find(exp.Query):
            raise QueryError("a subquery in a lambda function is not of Athena's SQL")
        return self._writer.expression(node.this, self._scope.with_parameters(values))

    def fresh(self, *kinds: Kind) -> list[tuple[str, Kind]]:
        """Parameters by names that nothing else has here."""
        depth = len(self._scope.parameters)
        return [(f"item_{depth + place}", kind) for place, kind in enumerate(kinds)]


def _condition(call: _Call, place: int, *parameters: tuple[str, Kind]) -> str:
    value = call.body(place, *parameters)
    require_alike(value.kind, BOOLEAN, call.name)
    return value.text


def _transform(call: _Call) -> Written:
    array, item = call.array(0)
    (parameter,) = call.fresh(item)
    body = call.body(1, parameter)
    return f"list_transform({array}, lambda {parameter[0]}: {body.text})", array_of(body.kind)


def _filter(call: _Call) -> Written:
    array, item = call.array(0)
    (parameter,) = call.fresh(item)
    return f"list_filter({array}, lambda {parameter[0]}: {_condition(call, 1, parameter)})", array_of(item)


def _match(template: str) -> Callable[[_Call], Written]:
    def written(call: _Call) -> Written:
        array, item = call.array(0)
        (parameter,) = call.fresh(item)
        conditions = f"list_transform({array}, lambda {parameter[0]}: {_condition(call, 1, parameter)})"
        return template.format(conditions), BOOLEAN

    return written


def _reduce(call: _Call) -> Written:
    """The state has the type of its first value, widened by what the function gives.

    DuckDB wants items and state of one type: a pair of both.
    """
    array, item = call.array(0)
    start = call.value(1)
    state = start.kind
    (before, _), (pair, _) = call.fresh(NULL, NULL)
    for _ in range(MOST_WIDENINGS):
        parameters = ((f"struct_extract({before}, 'state')", state), (f"struct_extract({pair}, 'item')", item))
        body = call.body(2, *parameters)
        widened = common((state, body.kind), call.name)
        if widened == state:
            break
        state = widened
    else:
        raise QueryError("reduce: the type of its state is not settled; CAST its first value, as CAST(0 AS double)")
    if state == NULL:
        raise QueryError("reduce: of which type its state is, is not known; CAST its first value")
    name, its_name = casts.type_name(state, DUCKDB), casts.type_name(item, DUCKDB)
    pairs = f"list_transform({array}, lambda {pair}: {{'item': {pair}, 'state': CAST(NULL AS {name})}})"
    step = f"lambda {before}, {pair}: {{'item': struct_extract({pair}, 'item'), 'state': CAST({body.text} AS {name})}}"
    first = f"{{'item': CAST(NULL AS {its_name}), 'state': CAST({start.text} AS {name})}}"
    (outcome,) = call.fresh(state)
    end = call.body(3, outcome)
    folded = f"struct_extract(list_reduce({pairs}, {step}, {first}), 'state')"
    return f"list_transform([{folded}], lambda {outcome[0]}: {end.text})[1]", end.kind


def _zip_with(call: _Call) -> Written:
    (one, first), (other, second) = call.array(0), call.array(1)
    ((place, _),) = call.fresh(NULL)
    body = call.body(2, (f"list_extract({one}, {place})", first), (f"list_extract({other}, {place})", second))
    items = f"list_transform(range(1, greatest(len({one}), len({other})) + 1), lambda {place}: {body.text})"
    return f"CASE WHEN {one} IS NOT NULL AND {other} IS NOT NULL THEN {items} END", array_of(body.kind)


def _entry(call: _Call, key: Kind, item: Kind) -> tuple[str, tuple[str, Kind], tuple[str, Kind]]:
    ((entry, _),) = call.fresh(NULL)
    return entry, (f"struct_extract({entry}, 'key')", key), (f"struct_extract({entry}, 'value')", item)


def _map_filter(call: _Call) -> Written:
    entries, key, item = call.map(0)
    entry, its_key, its_item = _entry(call, key, item)
    chosen = f"list_filter(map_entries({entries}), lambda {entry}: {_condition(call, 1, its_key, its_item)})"
    return f"CASE WHEN {entries} IS NOT NULL THEN map_from_entries({chosen}) END", map_of(key, item)


def _transform_values(call: _Call) -> Written:
    entries, key, item = call.map(0)
    entry, its_key, its_item = _entry(call, key, item)
    body = call.body(1, its_key, its_item)
    items = f"list_transform(map_entries({entries}), lambda {entry}: {body.text})"
    return f"CASE WHEN {entries} IS NOT NULL THEN map(map_keys({entries}), {items}) END", map_of(key, body.kind)


def _transform_keys(call: _Call) -> Written:
    entries, key, item = call.map(0)
    entry, its_key, its_item = _entry(call, key, item)
    body = call.body(1, its_key, its_item)
    keys = f"list_transform(map_entries({entries}), lambda {entry}: {body.text})"
    return f"CASE WHEN {entries} IS NOT NULL THEN map({keys}, map_values({entries})) END", map_of(body.kind, item)


CALLS: Final[Mapping[str, tuple[int, Callable[[_Call], Written]]]] = {
    "transform": (2, _transform),
    "filter": (2, _filter),
    "any_match": (2, _match("athena_any({})")),
    "all_match": (2, _match("athena_all({})")),
    "none_match": (2, _match("(NOT athena_any({}))")),
    "reduce": (4, _reduce),
    "zip_with": (3, _zip_with),
    "map_filter": (2, _map_filter),
    "transform_values": (2, _transform_values),
    "transform_keys": (2, _transform_keys),
}
