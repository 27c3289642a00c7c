"""Expressions that are written for an engine already."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from covid_lake.reading.athena.kinds import Kind

DUCKDB, POSTGRES = "duckdb", "postgres"
# A name, a number or a literal, which needs no brackets in whatever it is put into.
SINGLE = re.compile(r"\*|[\w.\"]+|'(?:[^']|'')*'")


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
