"""Why a piece of a query is not answered, and what may be written instead."""

from __future__ import annotations

from typing import Final

from sqlglot import ErrorLevel, exp

from covid_lake.errors import QueryError

LONGEST_EXCERPT = 80
# Clauses by the parser's names for them, with the way out.
CLAUSES: Final = {
    "version": ("FOR VERSION AS OF", "a lake shows its newest snapshot; ask Trino for others, with --engine trino"),
    "sample": ("TABLESAMPLE", "write WHERE rand() < 0.1"),
    "pivots": ("PIVOT", "it is not of Athena's SQL; write max(x) FILTER (WHERE …) for each column"),
    "locks": ("FOR UPDATE", "a query only reads"),
    "match": ("MATCH_RECOGNIZE", "write lag and lead over windows"),
    "method": ("NATURAL JOIN", "it is not of Athena's SQL; write JOIN … USING"),
}
# What a piece is called, and the way out.
NAMED: Final = {
    exp.ILike: ("ILIKE", "it is not of Athena's SQL; use lower(x) LIKE 'a%'"),
    exp.RegexpLike: ("RLIKE", "use regexp_like(x, 'pattern')"),
    exp.SimilarTo: ("SIMILAR TO", "it is not of Athena's SQL; use regexp_like(x, 'pattern')"),
    exp.Glob: ("GLOB", "it is not of Athena's SQL; use LIKE"),
    exp.Lambda: ("a function x -> y", "it stands in transform, filter, reduce and their like only"),
    exp.Tuple: ("a row", "compare its fields one by one"),
    exp.CurrentTime: ("current_time", "use localtimestamp"),
    exp.Localtime: ("localtime", "use localtimestamp"),
    exp.CurrentUser: ("current_user", "the lake knows no users"),
    exp.Lateral: ("LATERAL", "write the subquery with WITH and JOIN it"),
    exp.Placeholder: ("?", "write the value; a query has no parameters here"),
    exp.Parameter: ("a parameter", "write the value; a query has no parameters here"),
    exp.Star: ("*", "it stands alone or in count(*)"),
    exp.BitwiseAnd: ("&", "it is not of Athena's SQL; use bitwise_and(x, y)"),
    exp.BitwiseOr: ("|", "it is not of Athena's SQL; use bitwise_or(x, y)"),
    exp.BitwiseXor: ("^", "it is not of Athena's SQL; use bitwise_xor(x, y) or power(x, y)"),
    exp.Pow: ("**", "it is not of Athena's SQL; use power(x, y)"),
    exp.Pivot: ("PIVOT", "it is not of Athena's SQL; use max(x) FILTER (WHERE …) for each column"),
    exp.MatchRecognize: ("MATCH_RECOGNIZE", "use lag and lead over windows"),
    exp.Intersect: ("INTERSECT", "use IN"),
    exp.Except: ("EXCEPT", "use NOT IN"),
}


def excerpt(node: exp.Expr) -> str:
    """The piece as it may be written in Athena's SQL, cut where it is long."""
    said = node.sql("trino", comments=False, unsupported_level=ErrorLevel.IGNORE)
    return said if len(said) <= LONGEST_EXCERPT else f"{said[:LONGEST_EXCERPT]}…"


def refused(node: exp.Expr) -> QueryError:
    """The error for a piece that has no rule."""
    name, why = NAMED.get(type(node), ("", ""))
    if name:
        return QueryError(f"{name} is not answered here ({excerpt(node)}): {why}")
    return QueryError(f"{excerpt(node)}: {type(node).__name__} is not answered here")


def require_only(node: exp.Expr, known: set[str]) -> None:
    """Raise `QueryError` for a clause without a rule, so that no clause is passed on unchecked."""
    for key, value in node.args.items():
        if value and key not in known:
            name, way_out = CLAUSES.get(key, (key.strip("_").replace("_", " ").upper(), ""))
            raise QueryError(f"{name} in {excerpt(node)!r} is not answered here{'; ' if way_out else ''}{way_out}")
