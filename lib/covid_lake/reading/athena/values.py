"""Expressions that are written for an engine already."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena.kinds import Kind

DUCKDB, POSTGRES = "duckdb", "postgres"
# A name, a number or a literal, which needs no brackets in whatever it is put into.
SINGLE = re.compile(r"\*|[\w.\"]+|'(?:[^']|'')*'")
LITERAL_OR_FAILURE = re.compile(r"'(?:[^']|'')*'|\bathena_(?:fails|refuses)\(")


@dataclass(frozen=True, slots=True)
class Value:
    """An expression: its text in the engine's SQL, its type in Athena, and how it was written there."""

    text: str
    kind: Kind
    node: exp.Expr


def enclosed(text: str) -> str:
    """The text in brackets, unless it is one word."""
    return text if SINGLE.fullmatch(text) else f"({text})"


def text_literal(text: str) -> str:
    """The text as a literal that DuckDB and PostgreSQL read alike."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def literal_text(node: exp.Expr) -> str | None:
    """The text of a literal; None for any other expression."""
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string else None


def fails(message: str) -> str:
    """An expression of DuckDB that fails as Athena does, with the message, an SQL expression; TRY makes it NULL."""
    return f"athena_fails({message})"


def refuses(message: str) -> str:
    """An expression of DuckDB that fails because Athena's answer is not known here; TRY must not hide it."""
    return f"athena_refuses({message})"


def within_try(text: str) -> str:
    """The expression of DuckDB, to be written in TRY; `QueryError` where a part of it may not be answered here."""

    def replaced(found: re.Match[str]) -> str:
        if found[0] == "athena_refuses(":
            raise QueryError("TRY of this expression is not answered here; use TRY_CAST, nullif or CASE")
        return "athena_fails_in_try(" if found[0] == "athena_fails(" else found[0]

    return LITERAL_OR_FAILURE.sub(replaced, text)
