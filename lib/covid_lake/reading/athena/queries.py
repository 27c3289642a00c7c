"""Queries of Athena's SQL, walked from their tables to their columns and written for another engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena.expressions import in_engine
from covid_lake.reading.athena.function_calls import FunctionCalls, is_ordinal
from covid_lake.reading.athena.kinds import BIGINT, UNKNOWN, Kind, common
from covid_lake.reading.athena.refusals import excerpt, refused, require_only
from covid_lake.reading.athena.scopes import Fields, Scope, Source, Tables, renamed, unnested
from covid_lake.reading.athena.values import POSTGRES

JOINS: Final = {
    ("", ""), ("", "INNER"), ("", "CROSS"), ("LEFT", ""), ("RIGHT", ""), ("FULL", ""), ("LEFT", "OUTER"),
    ("RIGHT", "OUTER"), ("FULL", "OUTER"),
}  # fmt: skip


class Queries(FunctionCalls):
    """Writes queries for one engine, changing their trees as it goes."""

    def __init__(self, engine: str, tables: Tables, sorts_by_bytes: bool) -> None:
        super().__init__(engine, sorts_by_bytes)
        self._tables = tables

    def query(self, node: exp.Expr, ctes: Mapping[str, Fields], around: Scope | None) -> Fields:
        if isinstance(node, exp.Subquery):
            require_only(node, {"this", "alias", "with_"})
            return self.query(node.this, self._with(node, ctes, around), around)
        known = self._with(node, ctes, around)
        if isinstance(node, exp.Select):
            return self._select(node, known, around)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, known, around)
        if isinstance(node, exp.Values):
            return self._values(node, Scope(around=around, ctes=known))
        raise refused(node)

    def _with(self, node: exp.Expr, ctes: Mapping[str, Fields], around: Scope | None) -> Mapping[str, Fields]:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        if clause.args.get("recursive"):
            raise QueryError(
                "WITH RECURSIVE is not answered here; for a series of numbers or days use UNNEST(sequence(…))"
            )
        known = dict(ctes)
        for cte in clause.expressions:
            require_only(cte, {"this", "alias"})
            fields = self.query(cte.this, known, around)
            known[cte.alias.casefold()] = renamed(fields, cte.args.get("alias"))
        return known

    def _select(self, node: exp.Select, ctes: Mapping[str, Fields], around: Scope | None) -> Fields:
        require_only(
            node,
            {"with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset",
             "windows", "distinct", "kind", "laterals"},
        )  # fmt: skip
        if node.args.get("kind") or node.args.get("laterals"):
            raise refused(node)
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on"):
            raise QueryError("DISTINCT ON is not of Athena's SQL")
        if not node.expressions:
            raise QueryError("SELECT names no columns; write * for all")
        scope = Scope(around=around, ctes=ctes)
        using: set[str] = set()
        if node.args.get("from_"):
            scope.sources.append(self._source(node.args["from_"], "this", ctes, scope))
        for join in node.args.get("joins") or ():
            self._join(join, ctes, scope)
            using |= {name.name.casefold() for name in join.args.get("using") or ()}
        # For the message only: no expression of a SELECT knows its aliases.
        scope.aliases = {one.alias.casefold(): UNKNOWN for one in node.expressions if isinstance(one, exp.Alias)}
        if node.args.get("where"):
            self.condition(node.args["where"], "this", scope)
        fields = self._projections(node, scope, using)
        self._group(node, scope)
        if node.args.get("having"):
            self.condition(node.args["having"], "this", scope)
        for window in node.args.get("windows") or ():
            self.window_parts(window, scope)
        self._require_orderable(node, distinct is not None)
        # There, and nowhere else, the columns that the query gives have names already.
        self.order(node, Scope([Source("", fields), *scope.sources], around, dict(fields.named), ctes))
        self._limits(node)
        return fields

    def _require_orderable(self, node: exp.Select, is_distinct: bool) -> None:
        """Raise `QueryError` for an ORDER BY that Athena refuses, by what the query does not give."""
        order = node.args.get("order")
        if order is None:
            return
        names = {one.alias_or_name.casefold() for one in node.expressions}
        has_star = any(one.is_star for one in node.expressions)
        for ordered in order.expressions:
            by = ordered.this
            if not isinstance(by, exp.Column | exp.Literal) and any(
                str(one.this).casefold() == "grouping" for one in by.find_all(exp.Anonymous)
            ):
                raise QueryError("ORDER BY grouping(…) is refused by Athena; give it a name in SELECT and sort by that")
            if is_distinct and isinstance(by, exp.Column) and not has_star and by.name.casefold() not in names:
                raise QueryError(f"SELECT DISTINCT is sorted by what it gives only, not by {by.name}")

    def _set_operation(self, node: exp.SetOperation, ctes: Mapping[str, Fields], around: Scope | None) -> Fields:
        require_only(node, {"with_", "this", "expression", "distinct", "order", "limit", "offset"})
        where = type(node).__name__.upper()
        left = self.query(node.this, ctes, around)
        right = self.query(node.expression, ctes, around)
        fields = left
        if left.every is None and right.every is None:
            if len(left.named) != len(right.named):
                raise QueryError(f"{where}: {len(left.named)} columns on one side and {len(right.named)} on the other")
            kinds = [common((one[1], other[1]), where) for one, other in zip(left.named, right.named, strict=True)]
            fields = Fields(tuple((name, kind) for (name, _), kind in zip(left.named, kinds, strict=True)))
        self.order(node, Scope([Source("", fields)], around, dict(fields.named), ctes))
        self._limits(node)
        return fields

    def _values(self, node: exp.Values, scope: Scope) -> Fields:
        require_only(node, {"expressions", "alias", "with_", "order", "limit", "offset"})
        rows = []
        for row in node.expressions:
            if isinstance(row, exp.Tuple):
                rows.append([self.child(row, place, scope).kind for place in range(len(row.expressions))])
            else:
                raise refused(row)
        if len({len(row) for row in rows}) > 1:
            raise QueryError("VALUES: all rows have the same number of values")
        kinds = [common(column, "VALUES") for column in zip(*rows, strict=True)]
        fields = Fields(tuple((f"_col{place}", kind) for place, kind in enumerate(kinds)))
        return renamed(fields, node.args.get("alias"))

    # --- FROM ---------------------------------------------------------------------------------------------------------

    def _source(self, parent: exp.Expr, key: str, ctes: Mapping[str, Fields], scope: Scope) -> Source:
        node = parent.args[key]
        if isinstance(node, exp.Table):
            require_only(node, {"this", "db", "alias", "catalog"})
            alias = node.args.get("alias")
            name = node.alias or node.name
            if not node.db and node.name.casefold() in ctes:
                return Source(name.casefold(), renamed(ctes[node.name.casefold()], alias))
            # Asked before the writer goes on: whoever tells the columns may give the table its name in the engine.
            fields = self._tables(node)
            return Source(name.casefold(), renamed(fields, alias), is_stored=True)
        if isinstance(node, exp.Subquery):
            fields = self.query(node, ctes, scope.around)
            return Source(node.alias.casefold(), renamed(fields, node.args.get("alias")))
        if isinstance(node, exp.Values):
            return Source(node.alias.casefold(), self._values(node, Scope(around=scope.around, ctes=ctes)))
        if isinstance(node, exp.Unnest):
            return self._unnest(node, scope)
        if isinstance(node, exp.Lateral) and not isinstance(node.this, exp.Subquery):
            raise QueryError(f"{node.this.sql('trino')}: a query reads the tables of the lake, nothing else")
        raise refused(node)

    def _unnest(self, node: exp.Unnest, scope: Scope) -> Source:
        require_only(node, {"expressions", "alias", "offset"})
        alias, with_ordinality = node.args.get("alias"), node.args.get("offset")
        columns = [column.name for column in alias.columns] if alias else []
        if alias is None or not columns or (with_ordinality and not isinstance(with_ordinality, exp.Identifier)):
            raise QueryError("name all columns of UNNEST: UNNEST(x) AS t (a), UNNEST(x) WITH ORDINALITY AS t (a, n)")
        values = [self.child(node, place, scope) for place in range(len(node.expressions))]
        texts, kinds = unnested(values)
        if len(kinds) != len(columns):
            raise QueryError(f"UNNEST gives {len(kinds)} columns there, and {len(columns)} are named")
        named = list(zip(columns, kinds, strict=True))
        names = [exp.to_identifier(name).sql(self.engine) for name in columns]
        table = exp.to_identifier(alias.name or "unnested").sql(self.engine)
        if len(texts) > 1:
            self._unnest_side_by_side(node, texts, names, table)
        elif with_ordinality:
            names.append(with_ordinality.sql(self.engine))
            node.replace(in_engine(f"UNNEST({texts[0]}) WITH ORDINALITY AS {table}({', '.join(names)})"))
        if with_ordinality:
            named.append((with_ordinality.name, BIGINT))
        return Source(alias.name.casefold(), Fields(tuple(named)))

    def _unnest_side_by_side(self, node: exp.Unnest, texts: list[str], names: list[str], table: str) -> None:
        """Several arrays, of which the shorter are filled up with NULL."""
        if self.engine == POSTGRES:
            raise QueryError("UNNEST of several arrays or of a map is answered by the lake alone")
        columns = [f"unnest({text})" for text in texts]
        ordinality = node.args.get("offset")
        if ordinality:
            longest = ", ".join(f"coalesce(len({text}), 0)" for text in texts)
            columns.append(f"unnest(range(1, greatest({longest}) + 1))")
            names = [*names, ordinality.sql(self.engine)]
        node.replace(in_engine(f"(SELECT {', '.join(columns)}) AS {table}({', '.join(names)})"))

    def _join(self, join: exp.Join, ctes: Mapping[str, Fields], scope: Scope) -> None:
        require_only(join, {"this", "on", "using", "side", "kind"})
        if (join.side, join.kind) not in JOINS:
            raise QueryError(f"{join.side} {join.kind} JOIN is not of Athena's SQL")
        on = join.args.get("on")
        # The parser asks for a PIVOT behind a JOIN, and behind a comma it doesn't.
        is_comma = "pivots" not in join.args
        if not on and not join.args.get("using") and not is_comma and join.kind != "CROSS":
            raise QueryError(f"{excerpt(join.this)}: a JOIN has ON or USING in Athena, or is a CROSS JOIN")
        if isinstance(join.this, exp.Unnest) and on is not None and not (isinstance(on, exp.Boolean) and on.this):
            raise QueryError("JOIN UNNEST is of Athena's SQL with ON TRUE only; put the condition into WHERE")
        scope.sources.append(self._source(join, "this", ctes, scope))
        if on:
            self.condition(join, "on", scope)

    # --- SELECT -------------------------------------------------------------------------------------------------------

    def _projections(self, node: exp.Select, scope: Scope, using: set[str]) -> Fields:
        named: list[tuple[str, Kind]] = []
        is_whole = True
        for place, projection in enumerate(list(node.expressions)):
            if isinstance(projection, exp.Star) or (
                isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
            ):
                found = self._star(projection, scope, using)
                is_whole = is_whole and found is not None
                named += found or []
                continue
            value = self.child(node, place, scope)
            if isinstance(projection, exp.Alias):
                name = projection.alias
            elif isinstance(projection, exp.Column):
                name = projection.name
                if node.expressions[place].sql(self.engine) != projection.sql(self.engine):
                    node.expressions[place].replace(exp.alias_(node.expressions[place].copy(), name, quoted=True))
            else:
                # What Athena calls a column that has no name.
                name = f"_col{len(named)}"
                node.expressions[place].replace(exp.alias_(node.expressions[place].copy(), name, quoted=False))
            named.append((name, value.kind))
            scope.aliases[name.casefold()] = value.kind
        return Fields(tuple(named), None if is_whole else UNKNOWN)

    def _star(self, node: exp.Expr, scope: Scope, using: set[str]) -> list[tuple[str, Kind]] | None:
        star = node if isinstance(node, exp.Star) else node.this
        if star.args.get("except_") or star.args.get("replace") or star.args.get("rename"):
            raise QueryError("Athena's * has no EXCEPT, REPLACE or RENAME")
        table = node.table.casefold() if isinstance(node, exp.Column) else ""
        sources = [source for source in scope.sources if not table or source.name == table]
        if not sources:
            raise QueryError(f"{excerpt(node)}: no table in FROM is called {table}" if table else "* needs a FROM")
        if any(source.fields.every for source in sources):
            return None
        named = [one for source in sources for one in source.fields.named]
        if table or not using:
            return named
        merged = {name.casefold(): (name, kind) for name, kind in reversed(named) if name.casefold() in using}
        return [*merged.values(), *(one for one in named if one[0].casefold() not in using)]

    def _group(self, node: exp.Select, scope: Scope) -> None:
        group = node.args.get("group")
        if group is None:
            return
        if group.args.get("all") is not None:
            raise QueryError("GROUP BY ALL and GROUP BY DISTINCT are not answered here; name the columns")
        require_only(group, {"expressions"})
        self._group_expressions(group, scope)

    def _group_expressions(self, node: exp.Expr, scope: Scope) -> None:
        for place, one in enumerate(list(node.expressions)):
            if isinstance(one, exp.Tuple | exp.Paren | exp.Rollup | exp.Cube | exp.GroupingSets):
                inner = one if one.expressions else exp.Tuple(expressions=[one.this] if one.this else [])
                if inner is not one:
                    one.replace(inner)
                self._group_expressions(inner, scope)
            elif not is_ordinal(one):
                value = self.child(node, place, scope)
                if value.kind.family in ("map", "json"):
                    raise QueryError(f"GROUP BY {excerpt(one)}: {value.kind} is not grouped here; CAST it AS varchar")

    def _limits(self, node: exp.Expr) -> None:
        limit, offset = node.args.get("limit"), node.args.get("offset")
        if isinstance(limit, exp.Limit) and limit.expression.name.casefold() == "all":
            node.set("limit", None)
            limit = None
        for one in (limit, offset):
            if one is None:
                continue
            if isinstance(one, exp.Fetch) and one.args.get("count") is None:
                one.set("count", exp.Literal.number(1))
            count = one.args.get("count") or one.args.get("expression")
            options = one.args.get("limit_options")
            if not isinstance(count, exp.Literal) or count.is_string:
                raise QueryError(f"{one.sql('trino').strip()}: Athena takes a whole number there")
            if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
                raise QueryError("FETCH FIRST … WITH TIES is not answered here; use rank() in a subquery")
        if isinstance(limit, exp.Fetch):
            node.set("limit", exp.Limit(expression=limit.args["count"].copy()))
