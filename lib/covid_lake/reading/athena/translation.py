"""A query in Athena's SQL, written for another engine, or refused."""

from __future__ import annotations

from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena.kinds import Kind
from covid_lake.reading.athena.queries import Queries
from covid_lake.reading.athena.scopes import Tables
from covid_lake.reading.athena.values import POSTGRES


@dataclass(frozen=True, slots=True)
class Translation:
    """A query as an engine understands it."""

    sql: str
    """The query in the engine's SQL."""
    columns: tuple[tuple[str, Kind], ...] | None
    """The name and Athena's type of each column that it gives; None where nobody knows which there are."""
    is_explained: bool = False
    """Whether the engine is asked for its plan alone."""


def translate(tree: exp.Expr, engine: str, tables: Tables, *, sorts_by_bytes: bool = True) -> Translation:
    """The query in the engine's SQL. `tables` tells the columns of a table that it names.

    `sorts_by_bytes` is false for a PostgreSQL that may sort text as people of some country do, which is then told to
    sort as Athena does. Raises `QueryError` for whatever is not known to mean the same there.
    """
    copied = tree.copy()
    fields = Queries(engine, tables, sorts_by_bytes).query(copied, {}, None)
    for name, kind in fields.named:
        held = kind.item or kind
        if engine == POSTGRES and (held.family in ("interval", "clock", "bytes") or held.name == "timestamptz"):
            how = "use date_diff" if held.family == "interval" else "CAST it to text or timestamp, or ask the lake"
            raise QueryError(f"the column {name} is of type {kind}, which the warehouse does not show; {how}")
    sql = copied.sql(engine, comments=False, unsupported_level=sqlglot.ErrorLevel.RAISE)
    return Translation(sql, fields.named if fields.every is None else None)
