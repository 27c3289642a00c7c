"""What names mean at a place of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena.kinds import Kind
from covid_lake.reading.athena.values import Value


@dataclass(frozen=True, slots=True)
class Fields:
    """The columns that a table or a query gives, in their order."""

    named: tuple[tuple[str, Kind], ...] = ()
    """Each column's name and type."""
    every: Kind | None = None
    """The type of all columns where nobody knows which there are."""


@dataclass(slots=True)
class Source:
    """A table or query in FROM."""

    name: str
    """The name that it has there, in small letters."""
    fields: Fields
    """Its columns."""
    is_stored: bool = False
    """Whether it is a table of the lake or warehouse."""


@dataclass(slots=True)
class Scope:
    """What names mean at a place."""

    sources: list[Source] = field(default_factory=list)
    """The tables and queries in FROM."""
    around: Scope | None = None
    """The query around this one."""
    aliases: dict[str, Kind] = field(default_factory=dict)
    """The names that the SELECT gives to its columns."""
    ctes: Mapping[str, Fields] = field(default_factory=dict)
    """The common table expressions that a subquery may read."""
    parameters: Mapping[str, Value] = field(default_factory=dict)
    """The parameters of the lambda functions around the place, by name in small letters."""

    def with_parameters(self, parameters: Mapping[str, Value]) -> Scope:
        """The scope within a lambda function."""
        return Scope(self.sources, self.around, self.aliases, self.ctes, {**self.parameters, **parameters})


Tables = Callable[[exp.Table], Fields]


def renamed(fields: Fields, alias: exp.Expr | None) -> Fields:
    """The fields, renamed by an alias such as `t (a, b)`."""
    columns = [column.name for column in alias.args.get("columns") or ()] if alias is not None else []
    if not columns or fields.every is not None:
        return fields
    if len(columns) != len(fields.named):
        raise QueryError(
            f"{alias.name if alias else ''}: {len(fields.named)} columns there, and {len(columns)} are named"
        )
    kinds: Iterable[Kind] = (kind for _, kind in fields.named)
    return Fields(tuple(zip(columns, kinds, strict=True)))


def unnested(values: Sequence[Value]) -> tuple[list[str], list[Kind]]:
    """The arrays that UNNEST goes through side by side, and what each holds: one of keys and one of values for a map,
    and one for each field of rows.
    """
    texts: list[str] = []
    kinds: list[Kind] = []
    for value in values:
        kind = value.kind
        if kind.name == "map" and kind.key and kind.item:
            texts += [f"map_keys({value.text})", f"map_values({value.text})"]
            kinds += [kind.key, kind.item]
        elif kind.name == "array" and kind.item and kind.item.name == "row":
            for place, (_, its) in enumerate(kind.item.fields):
                texts.append(f"list_transform({value.text}, lambda entry: struct_extract_at(entry, {place + 1}))")
                kinds.append(its)
        elif kind.name == "array" and kind.item:
            texts.append(value.text)
            kinds.append(kind.item)
        else:
            raise QueryError(f"UNNEST takes an array or a map, not {kind}")
    return texts, kinds
