"""What a function of Athena takes and gives, and how a call of it is written for an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts
from covid_lake.reading.athena.kinds import Kind, common
from covid_lake.reading.athena.values import DUCKDB, Value, enclosed, literal_text


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function. The arguments are already written in the SQL of `engine`."""

    name: str
    """The function's name, in small letters."""
    values: tuple[Value, ...]
    """The arguments."""
    engine: str
    """The engine for which the call is written."""

    @property
    def texts(self) -> list[str]:
        return [enclosed(value.text) for value in self.values]

    def kind(self, place: int = 0) -> Kind:
        return self.values[place].kind

    def item(self, place: int = 0) -> Kind:
        """What the array or map holds that an argument is."""
        kind = self.kind(place)
        return kind.item or kind

    def literal(self, place: int) -> str:
        """The text of an argument that must be a literal, because its content is interpreted here."""
        text = literal_text(self.values[place].node)
        if text is None:
            raise QueryError(f"{self.name}: argument {place + 1} has to be a literal text here")
        return text

    def number(self, place: int) -> int:
        node = self.values[place].node
        sign, node = (-1, node.this) if isinstance(node, exp.Neg) else (1, node)
        if not isinstance(node, exp.Literal) or node.is_string or not node.this.isdigit():
            raise QueryError(f"{self.name}: argument {place + 1} has to be a literal whole number here")
        return sign * int(node.this)


Written = str | Callable[[Call], str] | None
Given = Kind | Callable[[Call], Kind]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of Athena, and how it is written for each engine."""

    takes: tuple[str, ...]
    """The lists of arguments that the function has in Athena, a letter for each argument: t text, n number, i whole
    number, f double or real, d date or timestamp, c time, v interval, b boolean, a array, m map, y bytes, j JSON,
    * anything. A `+` at the end allows more of the last type."""
    gives: Given
    """The type of the result."""
    duckdb: Written
    """A template in which `{0}` is the first argument, or a function that writes the call; None refuses it."""
    postgres: Written = None
    """The same for PostgreSQL."""
    is_aggregate: bool = False
    """Whether it takes DISTINCT, ORDER BY, FILTER and OVER. It must then be written as a single call."""
    is_window: bool = False
    """Whether it takes OVER."""
    is_cast: bool = False
    """Whether the result, with all its clauses, is cast to the type that it has in Athena."""
    after: str | Callable[[Call], str] = "@"
    """What is made of an aggregate's result, with all its clauses, in DuckDB: a template in which `@` stands for it."""
    order: str = ""
    """The ORDER BY that an aggregate of DuckDB always has; a query may not name another."""


@dataclass(frozen=True, slots=True)
class CallText:
    """A call in the SQL of one engine, and a template in which `@` stands for its result: a cast, for example."""

    text: str
    """The call."""
    after: str
    """The template."""
    kind: Kind
    """The type of the result in Athena."""


LETTERS: Final = {
    "t": "text", "n": "number", "d": "time", "b": "boolean", "a": "array", "m": "map", "y": "bytes", "c": "clock",
    "v": "interval", "j": "json",
}  # fmt: skip


def write_call(function: Function, name: str, values: Sequence[Value], engine: str) -> CallText:
    """The call for the engine; `QueryError` for arguments or an engine that have no rule."""
    call = Call(name, tuple(values), engine)
    if not any(_fits(signature, values) for signature in function.takes):
        kinds = ", ".join(str(value.kind) for value in values)
        raise QueryError(f"{name}({kinds}): Athena, or what is answered of it here, has no such arguments")
    written = function.duckdb if engine == DUCKDB else function.postgres
    if written is None:
        raise QueryError(
            f"{name} is not answered by the warehouse as Athena answers it; ask the lake, without --warehouse"
        )
    if isinstance(written, str) and f"{{{len(values) - 1}}}" not in written and values:
        raise QueryError(f"{name} with {len(values)} arguments is not answered here")
    text = written.format(*call.texts) if isinstance(written, str) else written(call)
    gives = function.gives
    kind = gives if isinstance(gives, Kind) else gives(call)
    after = "@"
    if engine == DUCKDB:
        after = function.after if isinstance(function.after, str) else function.after(call)
    if function.is_cast:
        after = f"CAST({after} AS {casts.type_name(kind, engine)})"
    return CallText(text, after, kind)


def _fits(signature: str, values: Sequence[Value]) -> bool:
    if signature.endswith("+"):
        signature = signature[:-1] + signature[-2] * max(0, len(values) - len(signature) + 1)
    if len(signature) != len(values):
        return False
    return all(_is(letter, value.kind) for letter, value in zip(signature, values, strict=True))


def _is(letter: str, kind: Kind) -> bool:
    if letter == "*" or not kind.is_known:
        return True
    if letter == "i":
        return kind.is_whole
    if letter == "f":
        return kind.is_floating
    return kind.family == LETTERS[letter]


# --- what is given back ---------------------------------------------------------------------------------------------


def first(call: Call) -> Kind:
    return call.kind()


def item(call: Call) -> Kind:
    return call.item()


def all_alike(call: Call) -> Kind:
    return common((value.kind for value in call.values), call.name)


def known(call: Call, place: int = 0) -> Kind:
    """The type of an argument, which must be known."""
    kind = call.kind(place)
    if kind.name == "unknown":
        raise QueryError(
            f"{call.name}: of which type its argument is, is not known; CAST it, as {call.name}(CAST(x AS double))"
        )
    return kind


# --- how it is written ----------------------------------------------------------------------------------------------


def as_given(template: str) -> Callable[[Call], str]:
    """Cast the result to the type of the first argument. Engines widen the type, Athena does not."""
    return lambda call: f"CAST({template.format(*call.texts)} AS {casts.type_name(call.kind(), call.engine)})"


def plain(takes: str, gives: Given, name: str) -> Function:
    """A function that has the same name and the same meaning in both engines."""
    template = f"{name}({', '.join(f'{{{place}}}' for place in range(len(takes)))})"
    return Function((takes,), gives, template, template)
