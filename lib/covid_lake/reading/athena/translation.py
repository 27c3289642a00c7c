"""A query in Athena's SQL, walked from its tables to its columns and written for another engine, or refused."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.trino import Trino
from sqlglot.parsers.trino import TrinoParser

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts, functions
from covid_lake.reading.athena.kinds import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAYS,
    DOUBLE,
    INTEGER,
    MONTHS,
    NULL,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    VARBINARY,
    VARCHAR,
    Kind,
    array_of,
    common,
    decimal,
    require_alike,
)
from covid_lake.reading.athena.values import DUCKDB, POSTGRES, Value, enclosed, literal_text, text_literal

FOREIGN: Final = {TokenType.DCOLON, TokenType.NULLSAFE_EQ, TokenType.DIV, TokenType.CARET}
# An array or a row stands before its subscript, and the word ARRAY before its values.
BEFORE_BRACKETS: Final = {
    TokenType.VAR, TokenType.IDENTIFIER, TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.ARRAY,
}  # fmt: skip
# How the parser has the calls that have a syntax of their own; all others stay as they were written.
SPELLED_CALLS = ("CAST", "TRY_CAST", "EXTRACT", "POSITION", "SUBSTRING", "TRIM", "LISTAGG")


def _decimal_literal(literal: exp.Expr) -> exp.Expr:
    """DECIMAL '1.50', which has the digits that are written."""
    whole, _, fraction = str(literal.this).lstrip("+-").partition(".")
    return exp.Cast(this=literal, to=exp.DataType.build(f"decimal({len(whole + fraction) or 1}, {len(fraction)})"))


class AthenaSql(Trino):
    """Athena's queries, which are Trino's, with every call as it was written and every array counted from one.

    sqlglot's own reading turns calls into what most engines mean by them, which is where meanings get lost.
    """

    INDEX_OFFSET = 0

    class Parser(TrinoParser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in Trino.Parser.FUNCTION_PARSERS.items() if name in SPELLED_CALLS
        }
        TYPE_LITERAL_PARSERS: ClassVar[dict[Any, Any]] = {
            **Trino.Parser.TYPE_LITERAL_PARSERS,
            exp.DType.DECIMAL: lambda _parser, literal, _type: _decimal_literal(literal),
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in Trino.Parser.NO_PAREN_FUNCTION_PARSERS.items() if name in ("CASE", "ANY")
        }


@dataclass(frozen=True, slots=True)
class Fields:
    """The columns that a table or a query gives, by name; of `every` column where nobody knows which there are."""

    named: tuple[tuple[str, Kind], ...] = ()
    every: Kind | None = None


@dataclass(slots=True)
class Source:
    """A table or query in FROM under the name that it has there; a `stored` one is a table of the lake or warehouse."""

    name: str
    fields: Fields
    is_stored: bool = False


@dataclass(slots=True)
class Scope:
    """What names mean at a place: sources, the query around it, the aliases of the SELECT that it belongs to, and the
    common table expressions that its subqueries may read.
    """

    sources: list[Source] = field(default_factory=list)
    around: Scope | None = None
    aliases: dict[str, Kind] = field(default_factory=dict)
    ctes: Mapping[str, Fields] = field(default_factory=dict)


def require_athenas_syntax(text: str) -> None:
    """Raise `QueryError` for syntax of other engines that the parser accepts and Athena refuses."""
    tokens = AthenaSql().tokenize(text)
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        is_foreign = token.token_type in FOREIGN or (token.text == "==")
        if token.token_type == TokenType.L_BRACKET and (before is None or before.token_type not in BEFORE_BRACKETS):
            is_foreign = True
        if token.token_type == TokenType.COMMA and (
            after is None or after.token_type in (TokenType.FROM, TokenType.R_PAREN)
        ):
            is_foreign = True
        if token.token_type == TokenType.NUMBER and after is not None and re.match(r"_\d", after.text):
            is_foreign = after.start == token.end + 1
        if is_foreign:
            raise QueryError(f"line {token.line}, column {token.col}: {token.text} is not of Athena's SQL there")


Tables = Callable[[exp.Table], Fields]


def translate(tree: exp.Expr, engine: str, tables: Tables, *, sorts_by_bytes: bool = True) -> str:
    """The query in the engine's SQL. `tables` tells the columns of a table that it names.

    `sorts_by_bytes` is false for a PostgreSQL that may sort text as people of some country do, which is then told to
    sort as Athena does. Raises `QueryError` for whatever is not known to mean the same there.
    """
    copied = tree.copy()
    writer = _Writer(engine, tables, sorts_by_bytes)
    fields = writer.query(copied, {}, None)
    for name, kind in fields.named:
        held = kind.item or kind
        if engine == POSTGRES and (held.family in ("interval", "clock", "bytes") or held.name == "timestamptz"):
            how = "use date_diff" if held.family == "interval" else "CAST it to text or timestamp, or ask the lake"
            raise QueryError(f"the column {name} is of type {kind}, which the warehouse does not show; {how}")
    return copied.sql(engine, comments=False, unsupported_level=sqlglot.ErrorLevel.RAISE)


def _text(sql: str) -> exp.Expr:
    """A piece of SQL that is already in the engine's dialect."""
    return exp.Var(this=sql)


class _Writer:
    """Writes for one engine, changing the tree as it goes."""

    def __init__(self, engine: str, tables: Tables, sorts_by_bytes: bool) -> None:
        self._engine, self._tables = engine, tables
        self._collates = engine == POSTGRES and not sorts_by_bytes

    # --- queries ----------------------------------------------------------------------------------------------------

    def query(self, node: exp.Expr, ctes: Mapping[str, Fields], around: Scope | None) -> Fields:
        if isinstance(node, exp.Subquery):
            _require_only(node, {"this", "alias", "with_"})
            return self.query(node.this, self._with(node, ctes, around), around)
        known = self._with(node, ctes, around)
        if isinstance(node, exp.Select):
            return self._select(node, known, around)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, known, around)
        if isinstance(node, exp.Values):
            return self._values(node, Scope(around=around, ctes=known))
        raise _refused(node)

    def _with(self, node: exp.Expr, ctes: Mapping[str, Fields], around: Scope | None) -> Mapping[str, Fields]:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        if clause.args.get("recursive"):
            raise QueryError("WITH RECURSIVE is not answered here")
        known = dict(ctes)
        for cte in clause.expressions:
            fields = self.query(cte.this, known, around)
            known[cte.alias.casefold()] = _renamed(fields, cte.args.get("alias"))
        return known

    def _select(self, node: exp.Select, ctes: Mapping[str, Fields], around: Scope | None) -> Fields:
        _require_only(
            node,
            {"with_", "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset",
             "windows", "distinct", "kind", "laterals"},
        )  # fmt: skip
        if node.args.get("kind") or node.args.get("laterals"):
            raise _refused(node)
        distinct = node.args.get("distinct")
        if distinct is not None and distinct.args.get("on"):
            raise QueryError("DISTINCT ON is not of Athena's SQL")
        scope = Scope(around=around, ctes=ctes)
        using: set[str] = set()
        if node.args.get("from_"):
            scope.sources.append(self._source(node.args["from_"], "this", ctes, scope))
        for join in node.args.get("joins") or ():
            self._join(join, ctes, scope)
            using |= {name.name.casefold() for name in join.args.get("using") or ()}
        if node.args.get("where"):
            self._boolean(node.args["where"], "this", scope)
        fields = self._projections(node, scope, using)
        self._group(node, scope)
        if node.args.get("having"):
            self._boolean(node.args["having"], "this", scope)
        for window in node.args.get("windows") or ():
            self._window_parts(window, scope)
        # There, and nowhere else, the columns that the query gives have names already.
        self._order(node, Scope([Source("", fields), *scope.sources], around, dict(fields.named), ctes))
        self._limits(node)
        return fields

    def _set_operation(self, node: exp.SetOperation, ctes: Mapping[str, Fields], around: Scope | None) -> Fields:
        _require_only(node, {"with_", "this", "expression", "distinct", "order", "limit", "offset"})
        left = self.query(node.this, ctes, around)
        right = self.query(node.expression, ctes, around)
        fields = left
        if left.every is None and right.every is None and len(left.named) == len(right.named):
            where = type(node).__name__.upper()
            kinds = [common((one[1], other[1]), where) for one, other in zip(left.named, right.named, strict=True)]
            fields = Fields(tuple((name, kind) for (name, _), kind in zip(left.named, kinds, strict=True)))
        self._order(node, Scope([Source("", fields)], around, dict(fields.named), ctes))
        self._limits(node)
        return fields

    def _values(self, node: exp.Values, scope: Scope) -> Fields:
        _require_only(node, {"expressions", "alias", "with_", "order", "limit", "offset"})
        rows = []
        for row in node.expressions:
            if isinstance(row, exp.Tuple):
                rows.append([self._child(row, place, scope).kind for place in range(len(row.expressions))])
            else:
                raise _refused(row)
        kinds = [common(column, "VALUES") for column in zip(*rows, strict=True)]
        fields = Fields(tuple((f"_col{place}", kind) for place, kind in enumerate(kinds)))
        alias = node.args.get("alias")
        return _renamed(fields, alias)

    def _source(self, parent: exp.Expr, key: str, ctes: Mapping[str, Fields], scope: Scope) -> Source:
        node = parent.args[key]
        if isinstance(node, exp.Table):
            _require_only(node, {"this", "db", "alias", "catalog"})
            alias = node.args.get("alias")
            name = node.alias or node.name
            if not node.db and node.name.casefold() in ctes:
                return Source(name.casefold(), _renamed(ctes[node.name.casefold()], alias))
            # Asked before the writer goes on: whoever tells the columns may give the table its name in the engine.
            fields = self._tables(node)
            return Source(name.casefold(), _renamed(fields, alias), is_stored=True)
        if isinstance(node, exp.Subquery):
            fields = self.query(node, ctes, scope.around)
            return Source(node.alias.casefold(), _renamed(fields, node.args.get("alias")))
        if isinstance(node, exp.Values):
            return Source(node.alias.casefold(), self._values(node, Scope(around=scope.around, ctes=ctes)))
        if isinstance(node, exp.Unnest):
            return self._unnest(node, scope)
        if isinstance(node, exp.Lateral) and not isinstance(node.this, exp.Subquery):
            raise QueryError(f"{node.this.sql('trino')}: a query reads the tables of the lake, nothing else")
        raise _refused(node)

    def _unnest(self, node: exp.Unnest, scope: Scope) -> Source:
        _require_only(node, {"expressions", "alias", "offset"})
        alias, with_ordinality = node.args.get("alias"), node.args.get("offset")
        columns = [column.name for column in alias.columns] if alias else []
        if alias is None or not columns or (with_ordinality and not isinstance(with_ordinality, exp.Identifier)):
            raise QueryError("name all columns of UNNEST: UNNEST(x) AS t (a), UNNEST(x) WITH ORDINALITY AS t (a, n)")
        values = [self._child(node, place, scope) for place in range(len(node.expressions))]
        texts, kinds = _unnested(values)
        if len(kinds) != len(columns):
            raise QueryError(f"UNNEST gives {len(kinds)} columns there, and {len(columns)} are named")
        named = list(zip(columns, kinds, strict=True))
        names = [exp.to_identifier(name).sql(self._engine) for name in columns]
        table = exp.to_identifier(alias.name or "unnested").sql(self._engine)
        if len(texts) > 1:
            if self._engine == POSTGRES or with_ordinality:
                raise QueryError(
                    "UNNEST of several arrays or of a map is answered by the lake alone, without ORDINALITY"
                )
            pairs = ", ".join(f"unnest({text})" for text in texts)
            node.replace(_text(f"(SELECT {pairs}) AS {table}({', '.join(names)})"))
        elif with_ordinality:
            named.append((with_ordinality.name, BIGINT))
            names.append(with_ordinality.sql(self._engine))
            node.replace(_text(f"UNNEST({texts[0]}) WITH ORDINALITY AS {table}({', '.join(names)})"))
        return Source(alias.name.casefold(), Fields(tuple(named)))

    def _join(self, join: exp.Join, ctes: Mapping[str, Fields], scope: Scope) -> None:
        _require_only(join, {"this", "on", "using", "side", "kind"})
        if (join.side, join.kind) not in JOINS:
            raise QueryError(f"{join.side} {join.kind} JOIN is not of Athena's SQL")
        scope.sources.append(self._source(join, "this", ctes, scope))
        if join.args.get("on"):
            self._boolean(join, "on", scope)

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
            value = self._child(node, place, scope)
            if isinstance(projection, exp.Alias):
                name = projection.alias
            elif isinstance(projection, exp.Column):
                name = projection.name
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
        _require_only(group, {"expressions"})
        self._group_expressions(group, scope)

    def _group_expressions(self, node: exp.Expr, scope: Scope) -> None:
        for place, one in enumerate(list(node.expressions)):
            if isinstance(one, exp.Tuple | exp.Paren | exp.Rollup | exp.Cube | exp.GroupingSets):
                inner = one if one.expressions else exp.Tuple(expressions=[one.this] if one.this else [])
                if inner is not one:
                    one.replace(inner)
                self._group_expressions(inner, scope)
            elif not _is_ordinal(one):
                self._child(node, place, scope)

    def _order(self, node: exp.Expr, scope: Scope) -> None:
        order = node.args.get("order")
        for ordered in order.expressions if order else ():
            self._ordered(ordered, scope)

    def _ordered(self, ordered: exp.Expr, scope: Scope) -> None:
        if not isinstance(ordered, exp.Ordered):
            raise _refused(ordered)
        _require_only(ordered, {"this", "desc", "nulls_first"})
        is_output = isinstance(ordered.this, exp.Column) and not ordered.this.table
        if is_output and ordered.this.name.casefold() in {name.casefold() for name in scope.aliases}:
            text = ordered.this.sql(self._engine)
        elif _is_ordinal(ordered.this):
            text = str(ordered.this.this)
        else:
            text = self._child(ordered, "this", scope).text
        direction = " DESC" if ordered.args.get("desc") else ""
        # Said always: NULL is last in Athena, either way, and engines differ.
        nulls = "FIRST" if ordered.args.get("nulls_first") else "LAST"
        ordered.replace(_text(f"{text}{direction} NULLS {nulls}"))

    def _limits(self, node: exp.Expr) -> None:
        limit, offset = node.args.get("limit"), node.args.get("offset")
        for one in (limit, offset):
            if one is None:
                continue
            count = one.args.get("count") or one.args.get("expression")
            options = one.args.get("limit_options")
            if not isinstance(count, exp.Literal) or count.is_string:
                raise QueryError(f"{one.sql('trino').strip()}: Athena takes a whole number there")
            if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
                raise QueryError("FETCH FIRST … WITH TIES is not answered here; use rank() in a subquery")
        if isinstance(limit, exp.Fetch):
            node.set("limit", exp.Limit(expression=limit.args["count"].copy()))

    # --- expressions ------------------------------------------------------------------------------------------------

    def _child(self, parent: exp.Expr, key: str | int, scope: Scope) -> Value:
        """Rewrite a child expression in place; returns its value and type."""
        node = parent.expressions[key] if isinstance(key, int) else parent.args[key]
        if isinstance(node, exp.Alias):
            return self._child(node, "this", scope)
        value = self.expression(node, scope)
        new = _text(value.text)
        if isinstance(key, int):
            parent.expressions[key].replace(new)
        else:
            parent.set(key, new)
        return value

    def _boolean(self, parent: exp.Expr, key: str, scope: Scope) -> None:
        value = self._child(parent, key, scope)
        require_alike(value.kind, BOOLEAN, "a condition")

    def expression(self, node: exp.Expr, scope: Scope) -> Value:
        """An expression written for the engine; `QueryError` for one that has no rule."""
        for kinds, write in self._rules():
            if isinstance(node, kinds):
                text, kind = write(node, scope)
                return Value(text, kind, node)
        raise _refused(node)

    def _rules(self) -> Sequence[tuple[type | tuple[type, ...], Callable[..., tuple[str, Kind]]]]:
        return (
            (exp.Paren, self._paren),
            (exp.Column, self._column),
            (exp.Literal, self._literal),
            ((exp.Boolean, exp.Null), self._constant),
            (exp.Neg, self._negative),
            (exp.Not, self._not),
            ((exp.And, exp.Or), self._logic),
            ((exp.Add, exp.Sub), self._sum),
            (exp.Mul, self._product),
            (exp.Div, self._quotient),
            (exp.Mod, self._remainder),
            (tuple(COMPARISONS), self._comparison),
            ((exp.NullSafeEQ, exp.NullSafeNEQ), self._distinct_from),
            (exp.Is, self._is),
            (exp.Between, self._between),
            (exp.In, self._in),
            ((exp.Like, exp.Escape), self._like),
            (exp.DPipe, self._joined_text),
            (exp.Case, self._case),
            ((exp.Cast, exp.TryCast), self._cast),
            (exp.Interval, self._interval),
            (exp.HexString, self._bytes),
            (exp.AtTimeZone, self._at_zone),
            (exp.Extract, self._extract),
            (exp.StrPosition, self._position),
            (exp.Substring, self._substring),
            (exp.Trim, self._trim),
            (exp.Window, self._window),
            (exp.Filter, self._call),
            (exp.Anonymous, self._call),
            (exp.GroupConcat, self._listagg),
            ((exp.CurrentDate, exp.CurrentTimestamp, exp.Localtimestamp), self._current),
            (exp.Exists, self._exists),
            ((exp.Subquery, exp.Select), self._scalar),
            ((exp.Any, exp.All), self._quantified),
            (exp.Array, self._array),
            (exp.Bracket, self._subscript),
        )

    def _paren(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        value = self.expression(node.this, scope)
        return f"({value.text})", value.kind

    def _column(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        if isinstance(node.this, exp.Star):
            raise _refused(node)
        kind, is_stored = self._kind_of_column(node, scope)
        copied = node.copy()
        # The table's alias says enough, and a table's database is called otherwise in the warehouse.
        copied.set("db", None)
        copied.set("catalog", None)
        text = copied.sql(self._engine)
        return self._by_bytes(text, kind) if is_stored else text, kind

    def _kind_of_column(self, node: exp.Expr, scope: Scope) -> tuple[Kind, bool]:
        name, table = node.name.casefold(), node.text("table").casefold()
        at: Scope | None = scope
        names: list[str] = []
        is_open = False
        while at is not None:
            for source in at.sources:
                if table and source.name != table:
                    continue
                kinds = {field_.casefold(): kind for field_, kind in source.fields.named}
                if name in kinds:
                    return kinds[name], source.is_stored
                if source.fields.every is not None:
                    is_open = True
                names += kinds
            if is_open:
                every = [source.fields.every for source in at.sources if source.fields.every is not None]
                return every[0], True
            at = at.around
        if not table and name in scope.aliases:
            raise QueryError(f"{node.name} is an alias of the same SELECT, which Athena does not know there; repeat it")
        close = difflib.get_close_matches(name, names, n=3)
        hint = f"; did you mean {' or '.join(f'{one!r}' for one in close)}?".replace("'", '"') if close else ""
        raise QueryError(f'the column "{node.sql("trino")}" does not exist{hint}')

    def _literal(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        del scope
        if node.is_string:
            return self._by_bytes(text_literal(str(node.this)), VARCHAR), VARCHAR
        digits = str(node.this)
        if digits.isdigit():
            if int(digits) > LARGEST:
                raise QueryError(f"{digits} is no number in Athena; write DECIMAL '{digits}'")
            return digits, INTEGER if int(digits) <= 2**31 - 1 else BIGINT
        if "e" in digits.casefold():
            return f"CAST({digits} AS {casts.type_name(DOUBLE, self._engine)})", DOUBLE
        whole, _, fraction = digits.partition(".")
        kind = decimal(len(whole.lstrip("0")) + len(fraction), len(fraction))
        return f"CAST({digits} AS {casts.type_name(kind, self._engine)})", kind

    def _constant(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        del scope
        return ("NULL", NULL) if isinstance(node, exp.Null) else ("TRUE" if node.this else "FALSE", BOOLEAN)

    def _negative(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        value = self.expression(node.this, scope)
        if value.kind.family != "interval":
            require_alike(value.kind, INTEGER, "-")
        return f"(-{enclosed(value.text)})", value.kind

    def _not(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        value = self.expression(node.this, scope)
        require_alike(value.kind, BOOLEAN, "NOT")
        return f"(NOT ({value.text}))", BOOLEAN

    def _logic(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        operator = "AND" if isinstance(node, exp.And) else "OR"
        parts = []
        for part in node.flatten():
            value = self.expression(part, scope)
            require_alike(value.kind, BOOLEAN, operator)
            parts.append(f"({value.text})")
        return f"({f' {operator} '.join(parts)})", BOOLEAN

    def _two(self, node: exp.Expr, scope: Scope) -> tuple[Value, Value]:
        return self.expression(node.this, scope), self.expression(node.expression, scope)

    def _sum(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        operator = "+" if isinstance(node, exp.Add) else "-"
        one, other = self._two(node, scope)
        if one.kind.family == "interval" and other.kind.family == "time" and operator == "+":
            one, other = other, one
        families = (one.kind.family, other.kind.family)
        text = f"({enclosed(one.text)} {operator} {enclosed(other.text)})"
        if families == ("time", "interval"):
            return self._moved(one, other, operator)
        if families == ("interval", "interval") and one.kind == other.kind:
            return text, one.kind
        if families == ("time", "time") and operator == "-" and self._engine == DUCKDB:
            since, until = (f"CAST({value.text} AS TIMESTAMP)" for value in (other, one))
            return f"({until} - {since})", DAYS
        if "time" in families or "interval" in families:
            raise QueryError(
                f"{one.kind} {operator} {other.kind} is not answered here; use date_add('day', n, x) or "
                "date_diff('day', from, to)"
            )
        require_alike(one.kind, INTEGER, operator)
        require_alike(other.kind, INTEGER, operator)
        return text, casts.sum_kind(one.kind, other.kind, operator)

    def _moved(self, moment: Value, interval: Value, operator: str) -> tuple[str, Kind]:
        is_of_days = interval.kind.name == "interval_months" or _is_of_days(interval.node)
        if moment.kind.name == "date" and not is_of_days:
            raise QueryError("Athena adds no hours, minutes or seconds to a date; CAST it AS timestamp")
        as_timestamp = f"CAST({moment.text} AS {casts.type_name(TIMESTAMP, self._engine)})"
        name = casts.type_name(moment.kind, self._engine)
        return f"CAST({as_timestamp} {operator} {interval.text} AS {name})", moment.kind

    def _product(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        one, other = self._two(node, scope)
        if one.kind.is_whole and other.kind.family == "interval":
            one, other = other, one
        if one.kind.family == "interval" and other.kind.is_whole:
            return f"({enclosed(one.text)} * {enclosed(other.text)})", one.kind
        for value in (one, other):
            require_alike(value.kind, INTEGER, "*")
        return f"({enclosed(one.text)} * {enclosed(other.text)})", casts.product_kind(one.kind, other.kind, "*")

    def _quotient(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        one, other = self._two(node, scope)
        for value in (one, other):
            require_alike(value.kind, INTEGER, "/")
        return casts.quotient(one, other, self._engine)

    def _remainder(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        one, other = self._two(node, scope)
        return casts.remainder(one, other, self._engine), common((one.kind, other.kind), "%")

    def _comparison(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        operator = next(sign for kind, sign in COMPARISONS.items() if isinstance(node, kind))
        if isinstance(node.this, exp.Tuple):
            raise QueryError("rows are not compared here; compare their columns")
        one = self.expression(node.this, scope)
        other = self.expression(node.expression, scope)
        require_alike(one.kind, other.kind, operator)
        if {one.kind.family, other.kind.family} & {"array", "map", "row"} or (
            one.kind.family == "interval" and one.kind != other.kind
        ):
            raise QueryError(f"{one.kind} {operator} {other.kind} is not answered here; compare the values in them")
        against = other.text if isinstance(node.expression, exp.Any | exp.All) else enclosed(other.text)
        text = f"({self._by_bytes(enclosed(one.text), one.kind)} {operator} {against})"
        return self._with_no_nan(text, operator, one, other), BOOLEAN

    def _with_no_nan(self, text: str, operator: str, one: Value, other: Value) -> str:
        """The comparison with NaN as in Athena, where it equals nothing and no number is less; for the engines it is
        the largest number, and equals itself.
        """
        nan = "isnan({})" if self._engine == DUCKDB else "({} = 'NaN')"

        def may_be(value: Value) -> bool:
            return value.kind.name in ("double", "real") and not isinstance(value.node, exp.Literal | exp.Any | exp.All)

        if operator == "<>":
            both = " AND ".join(nan.format(value.text) for value in (one, other))
            return f"({text} OR ({both}))" if may_be(one) and may_be(other) else text
        # The one that the other would have to be less than, or equal to.
        largest = other if operator in ("<", "<=") else one
        return f"({text} AND NOT {nan.format(largest.text)})" if may_be(largest) else text

    def _by_bytes(self, text: str, kind: Kind) -> str:
        """The text, told to be sorted and compared by its bytes where the server may do otherwise."""
        return f'({text} COLLATE "C")' if self._collates and kind.family == "text" else text

    def _distinct_from(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        operator = "IS DISTINCT FROM" if isinstance(node, exp.NullSafeNEQ) else "IS NOT DISTINCT FROM"
        one, other = self._two(node, scope)
        require_alike(one.kind, other.kind, operator)
        return f"({enclosed(one.text)} {operator} {enclosed(other.text)})", BOOLEAN

    def _is(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        if not isinstance(node.expression, exp.Null):
            raise QueryError("Athena's IS asks for NULL only; use IS NOT DISTINCT FROM")
        return f"({enclosed(self.expression(node.this, scope).text)} IS NULL)", BOOLEAN

    def _between(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        _require_only(node, {"this", "low", "high"})
        value, low, high = (self.expression(node.args[key], scope) for key in ("this", "low", "high"))
        for bound in (low, high):
            require_alike(value.kind, bound.kind, "BETWEEN")
        return f"({enclosed(value.text)} BETWEEN {enclosed(low.text)} AND {enclosed(high.text)})", BOOLEAN

    def _in(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        _require_only(node, {"this", "expressions", "query"})
        value = self.expression(node.this, scope)
        if node.args.get("query"):
            asked, fields = self._subquery(node.args["query"], scope)
            if len(fields.named) == 1:
                require_alike(value.kind, fields.named[0][1], "IN")
            return f"({enclosed(value.text)} IN ({asked}))", BOOLEAN
        choices = [self.expression(one, scope) for one in node.expressions]
        for choice in choices:
            require_alike(value.kind, choice.kind, "IN")
        return f"({enclosed(value.text)} IN ({', '.join(choice.text for choice in choices)}))", BOOLEAN

    def _like(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        # PostgreSQL takes a backslash for an escape where none is named; Athena has none.
        escape = " ESCAPE ''" if self._engine == POSTGRES else ""
        if isinstance(node, exp.Escape):
            letter = literal_text(node.expression)
            if letter is None or len(letter) != 1:
                raise QueryError("ESCAPE takes one letter")
            escape, node = f" ESCAPE {text_literal(letter)}", node.this
            if not isinstance(node, exp.Like):
                raise _refused(node)
        value, pattern = self._two(node, scope)
        for one in (value, pattern):
            require_alike(one.kind, VARCHAR, "LIKE")
        negated = "NOT " if node.args.get("negate") else ""
        return f"({enclosed(value.text)} {negated}LIKE {enclosed(pattern.text)}{escape})", BOOLEAN

    def _joined_text(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        one, other = self._two(node, scope)
        if "array" in (one.kind.family, other.kind.family):
            raise QueryError("|| of arrays is not answered here")
        for value in (one, other):
            require_alike(value.kind, VARCHAR, "||")
        return f"({enclosed(one.text)} || {enclosed(other.text)})", VARCHAR

    def _case(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        subject = self.expression(node.this, scope) if node.this else None
        text, kinds = "CASE" + (f" {enclosed(subject.text)}" if subject else ""), []
        for branch in node.args["ifs"]:
            when, then = self.expression(branch.this, scope), self.expression(branch.args["true"], scope)
            require_alike(when.kind, subject.kind if subject else BOOLEAN, "WHEN")
            text += f" WHEN {when.text} THEN {then.text}"
            kinds.append(then.kind)
        if node.args.get("default"):
            otherwise = self.expression(node.args["default"], scope)
            text += f" ELSE {otherwise.text}"
            kinds.append(otherwise.kind)
        kind = common(kinds, "CASE")
        return casts.as_common(f"{text} END", kind, kinds, self._engine), kind

    def _cast(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        if node.args.get("format") or node.args.get("default"):
            raise _refused(node)
        attempt, to = isinstance(node, exp.TryCast), node.args["to"]
        if to.this == exp.DType.STRUCT:
            return self._named_row(node, to, scope)
        kind = casts.kind_of_type(to)
        value = casts.write(self.expression(node.this, scope), kind, self._engine, attempt=attempt)
        return value.text, value.kind

    def _named_row(self, node: exp.Expr, to: exp.DataType, scope: Scope) -> tuple[str, Kind]:
        """CAST(ROW(…) AS ROW(a integer, …)), which names the fields of a row."""
        value = self.expression(node.this, scope)
        if value.kind.name != "row" or not all(isinstance(one, exp.ColumnDef) for one in to.expressions):
            raise QueryError(f"{node.sql('trino')} is not answered here; only ROW(…) gets named fields")
        fields = [(one.this.sql(self._engine), casts.kind_of_type(one.args["kind"])) for one in to.expressions]
        names = ", ".join(f"{name} {casts.type_name(kind, self._engine)}" for name, kind in fields)
        return f"CAST({value.text} AS STRUCT({names}))", value.kind

    def _interval(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        del scope
        sign, literal = (-1, node.this.this) if isinstance(node.this, exp.Neg) else (1, node.this)
        unit, written = node.args.get("unit"), literal_text(literal) if literal else None
        name = unit.name.casefold().removesuffix("s") if isinstance(unit, exp.Var) else ""
        if isinstance(unit, exp.IntervalSpan) and written is not None:
            return self._long_interval(node, sign, written, f"{unit.this.name} TO {unit.expression.name}".upper())
        fraction = re.fullmatch(r"([+-]?[0-9]+)\.([0-9]{1,3})", written or "")
        if name == "second" and fraction:
            return f"INTERVAL '{sign * int(fraction[1] + fraction[2].ljust(3, '0'))} milliseconds'", DAYS
        if name not in INTERVALS or written is None or not re.fullmatch(r"[+-]?[0-9]+", written):
            raise QueryError(f"{node.sql('trino')} is not answered here; write INTERVAL '1' DAY, or use date_add")
        return f"INTERVAL '{sign * int(written)} {name}'", MONTHS if name in ("month", "year") else DAYS

    def _long_interval(self, node: exp.Expr, sign: int, written: str, span: str) -> tuple[str, Kind]:
        months = re.fullmatch(r"([+-]?)([0-9]+)-([0-9]+)", written)
        if span == "YEAR TO MONTH" and months:
            sign *= -1 if months[1] == "-" else 1
            return f"INTERVAL '{sign * (int(months[2]) * 12 + int(months[3]))} month'", MONTHS
        clock = re.fullmatch(r"([+-]?)([0-9]+) ([0-9]+):([0-9]+):([0-9]+)(\.[0-9]{1,3})?", written)
        if span == "DAY TO SECOND" and clock:
            sign *= -1 if clock[1] == "-" else 1
            days, hours, minutes, seconds = map(int, clock.groups()[1:5])
            thousandths = int((clock[6] or ".").removeprefix(".").ljust(3, "0"))
            total = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + thousandths
            return f"INTERVAL '{sign * total} milliseconds'", DAYS
        raise QueryError(f"{node.sql('trino')} is not answered here; write INTERVAL '1' DAY, or use date_add")

    def _bytes(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        del scope
        if self._engine == POSTGRES:
            raise QueryError("bytes are not answered by the warehouse; ask the lake, without --warehouse")
        return f"unhex({text_literal(str(node.this))})", VARBINARY

    def _at_zone(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        if literal_text(node.args["zone"]) not in ("UTC", "Z", "+00:00"):
            raise QueryError("AT TIME ZONE is answered of 'UTC' alone: the lake's times are UTC")
        value = self.expression(node.this, scope)
        if value.kind.name not in ("timestamp", "timestamptz"):
            raise QueryError(f"AT TIME ZONE takes a timestamp, not {value.kind}")
        kind = Kind("timestamptz", value.kind.precision)
        return casts.write(value, kind, self._engine).text, kind

    def _extract(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        name = node.this.name.casefold()
        if name not in functions.FIELDS:
            raise QueryError(f"EXTRACT({name} …) is not answered here; there is {', '.join(functions.FIELDS)}")
        written = functions.write(name, [self.expression(node.expression, scope)], self._engine)
        return written.text, written.kind

    def _position(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        _require_only(node, {"this", "substr"})
        values = [self.expression(node.args[key], scope) for key in ("this", "substr")]
        written = functions.write("strpos", values, self._engine)
        return written.text, written.kind

    def _substring(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        parts = [node.args.get(key) for key in ("this", "start", "length")]
        values = [self.expression(part, scope) for part in parts if part is not None]
        written = functions.write("substr", values, self._engine)
        return written.text, written.kind

    def _trim(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        value = self.expression(node.this, scope)
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
        if node.expression is None:
            written = functions.write(name, [value], self._engine)
            return written.text, written.kind
        letters = self.expression(node.expression, scope)
        for one in (value, letters):
            require_alike(one.kind, VARCHAR, name)
        name = "btrim" if name == "trim" and self._engine == POSTGRES else name
        return f"{name}({value.text}, {letters.text})", VARCHAR

    def _current(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        del scope
        if node.this:
            raise QueryError(f"{node.sql('trino')}: a time of another precision is not answered here")
        now = "now()" if self._engine == DUCKDB else "(now() AT TIME ZONE 'UTC')"
        milliseconds = f"date_trunc('milliseconds', {now})"
        kind = DATE if isinstance(node, exp.CurrentDate) else TIMESTAMP
        if isinstance(node, exp.CurrentTimestamp):
            return milliseconds, TIMESTAMPTZ
        return f"CAST({milliseconds} AS {casts.type_name(kind, self._engine)})", kind

    def _array(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        values = [self.expression(one, scope) for one in node.expressions]
        item = common((value.kind for value in values), "ARRAY")
        return f"{'' if self._engine == DUCKDB else 'ARRAY'}[{', '.join(value.text for value in values)}]", array_of(
            item
        )

    def _subscript(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        array = self.expression(node.this, scope)
        if array.kind.name == "map" and len(node.expressions) == 1 and array.kind.item is not None:
            key = self.expression(node.expressions[0], scope)
            found = f"map_extract_value({array.text}, {key.text})"
            refused = "error('Key not present in map')"
            is_there = f"{enclosed(array.text)} IS NULL OR map_contains({array.text}, {key.text})"
            return f"CASE WHEN {is_there} THEN {found} ELSE {refused} END", array.kind.item
        if len(node.expressions) != 1 or array.kind.family != "array" or array.kind.item is None:
            raise QueryError(f"{node.sql('trino')}: only arrays and maps have subscripts here")
        place = enclosed(self.expression(node.expressions[0], scope).text)
        if self._engine == POSTGRES:
            raise QueryError("subscripts are not answered by the warehouse; ask the lake, without --warehouse")
        found = f"list_extract({array.text}, {place})"
        is_there = f"{place} BETWEEN 1 AND len({array.text})"
        refused = f"error('Array subscript ' || CAST({place} AS VARCHAR) || ' is out of range')"
        nothing = f"{place} IS NULL OR {enclosed(array.text)} IS NULL"
        return f"CASE WHEN {nothing} THEN NULL WHEN {is_there} THEN {found} ELSE {refused} END", array.kind.item

    # --- subqueries -------------------------------------------------------------------------------------------------

    def _subquery(self, node: exp.Expr, scope: Scope) -> tuple[str, Fields]:
        inner = node.this if isinstance(node, exp.Subquery) else node
        fields = self.query(inner, scope.ctes, scope)
        return inner.sql(self._engine, comments=False), fields

    def _exists(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        return f"EXISTS ({self._subquery(node.this, scope)[0]})", BOOLEAN

    def _scalar(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        asked, fields = self._subquery(node, scope)
        return f"({asked})", fields.named[0][1] if len(fields.named) == 1 else UNKNOWN

    def _quantified(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        asked, fields = self._subquery(node.this, scope)
        name = "ANY" if isinstance(node, exp.Any) else "ALL"
        return f"{name} ({asked})", fields.named[0][1] if len(fields.named) == 1 else UNKNOWN

    # --- calls ------------------------------------------------------------------------------------------------------

    def _call(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        written, filtered, _ = self._written_call(node, scope)
        return written.after.replace("@", f"{written.text}{filtered}"), written.kind

    def _written_call(self, node: exp.Expr, scope: Scope) -> tuple[functions.CallText, str, str]:
        """A call, its FILTER clause, and its name."""
        filtered = ""
        if isinstance(node, exp.Filter):
            condition = self.expression(node.expression.this, scope)
            filtered, node = f" FILTER (WHERE {condition.text})", node.this
        if isinstance(node, exp.IgnoreNulls | exp.RespectNulls):
            if self._engine == POSTGRES and isinstance(node, exp.IgnoreNulls):
                raise QueryError("IGNORE NULLS is not answered by the warehouse; ask the lake, without --warehouse")
            written, more, name = self._written_call(node.this, scope)
            if isinstance(node, exp.RespectNulls):
                return written, filtered + more, name
            return functions.CallText(f"{written.text[:-1]} IGNORE NULLS)", written.after, written.kind), filtered, name
        if not isinstance(node, exp.Anonymous):
            raise _refused(node)
        name = str(node.this).casefold()
        rule = functions.FUNCTIONS.get(name)
        arguments, distinct, order = list(node.expressions), False, ""
        if arguments and isinstance(arguments[0], exp.Order):
            order = self._ordering(arguments[0], scope)
            arguments[0] = arguments[0].this
        if arguments and isinstance(arguments[0], exp.Distinct):
            distinct, arguments = True, [*arguments[0].expressions, *arguments[1:]]
        if rule is not None and (distinct or order or filtered) and not rule.is_aggregate:
            raise QueryError(f"{name} is no aggregate, and takes neither DISTINCT nor ORDER BY nor FILTER")
        values = [
            Value("*", UNKNOWN, one) if isinstance(one, exp.Star) and name == "count" else self.expression(one, scope)
            for one in (arguments if rule is not None else ())
        ]
        if rule is None:
            raise functions.refusal(name)
        if distinct and (len(values) != 1 or name == "count_if"):
            raise QueryError(f"{name}(DISTINCT …) takes one argument")
        written = functions.write(name, values, self._engine)
        text = written.text.replace("(", "(DISTINCT ", 1) if distinct else written.text
        text = f"{text[:-1]}{order})" if order else text
        return functions.CallText(text, written.after, written.kind), filtered, name

    def _ordering(self, node: exp.Expr, scope: Scope) -> str:
        copied = exp.Select(order=node.copy())
        self._order(copied, Scope(scope.sources, scope.around, ctes=scope.ctes))
        return f" ORDER BY {', '.join(one.sql(self._engine) for one in copied.args['order'].expressions)}"

    def _listagg(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        _require_only(node, {"this", "separator"})
        inner, order = node.this, ""
        if isinstance(inner, exp.Order):
            order, inner = self._ordering(inner, scope), inner.this
        value = self.expression(inner, scope)
        require_alike(value.kind, VARCHAR, "listagg")
        separator = node.args.get("separator")
        between = self.expression(separator, scope).text if separator else "''"
        return f"string_agg({value.text}, {between}{order})", VARCHAR

    def _window(self, node: exp.Expr, scope: Scope) -> tuple[str, Kind]:
        written, filtered, name = self._written_call(node.this, scope)
        rule = functions.FUNCTIONS[name]
        if not (rule.is_aggregate or rule.is_window):
            raise QueryError(f"{name} is no window function")
        copied = node.copy()
        self._window_parts(copied, scope)
        copied.set("this", _text(f"{written.text}{filtered}"))
        return written.after.replace("@", copied.sql(self._engine)), written.kind

    def _window_parts(self, window: exp.Expr, scope: Scope) -> None:
        _require_only(window, {"this", "partition_by", "order", "spec", "alias", "over", "first"})
        for place, one in enumerate(list(window.args.get("partition_by") or ())):
            window.args["partition_by"][place] = _text(self.expression(one, scope).text)
        self._order(window, Scope(scope.sources, scope.around, ctes=scope.ctes))
        spec = window.args.get("spec")
        if spec is not None:
            for key in ("start", "end"):
                bound = spec.args.get(key)
                if isinstance(bound, exp.Expr):
                    spec.set(key, _text(self.expression(bound, scope).text))


JOINS: Final = {
    ("", ""), ("", "INNER"), ("", "CROSS"), ("LEFT", ""), ("RIGHT", ""), ("FULL", ""), ("LEFT", "OUTER"),
    ("RIGHT", "OUTER"), ("FULL", "OUTER"),
}  # fmt: skip
COMPARISONS: Final = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
LONGEST_EXCERPT = 80
LARGEST = 2**63 - 1
INTERVALS = ("second", "minute", "hour", "day", "week", "month", "year")


def _unnested(values: Sequence[Value]) -> tuple[list[str], list[Kind]]:
    """The arrays that UNNEST goes through side by side, and what each holds; a map has one of keys, one of values."""
    texts: list[str] = []
    kinds: list[Kind] = []
    for value in values:
        kind = value.kind
        if kind.name == "map" and kind.key and kind.item:
            texts += [f"map_keys({value.text})", f"map_values({value.text})"]
            kinds += [kind.key, kind.item]
        elif kind.name == "array" and kind.item:
            texts.append(value.text)
            kinds.append(kind.item)
        else:
            raise QueryError(f"UNNEST takes an array or a map, not {kind}")
    return texts, kinds


def _is_of_days(node: exp.Expr) -> bool:
    unit = node.args.get("unit")
    return isinstance(unit, exp.Var) and unit.name.casefold().removesuffix("s") in ("day", "week")


def _is_ordinal(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdigit()


def _renamed(fields: Fields, alias: exp.Expr | None) -> Fields:
    """The fields, renamed by an alias such as `t (a, b)`."""
    columns = [column.name for column in alias.args.get("columns") or ()] if alias is not None else []
    if not columns or fields.every is not None:
        return fields
    kinds: Iterable[Kind] = (kind for _, kind in fields.named)
    return Fields(tuple(zip(columns, kinds, strict=False)))


def _require_only(node: exp.Expr, known: set[str]) -> None:
    """Raise `QueryError` for a clause without a rule, so that no clause is passed on unchecked."""
    for key, value in node.args.items():
        if value and key not in known:
            name = key.strip("_").replace("_", " ").upper()
            raise QueryError(f"{name} in {node.sql('trino')[:80]!r} is not answered here")


HINTS: Final = {
    exp.ILike: "it is not of Athena's SQL; use lower(x) LIKE 'a%'",
    exp.RegexpLike: "use regexp_like(x, 'pattern')",
    exp.Lambda: "functions of lambdas are not; use UNNEST",
    exp.JSONExtract: "use json_extract_scalar(x, '$.name')",
    exp.Tuple: "rows are not; compare their columns one by one",
}


def _refused(node: exp.Expr) -> QueryError:
    why = HINTS.get(type(node))
    said = node.sql("trino", comments=False)
    short = said if len(said) <= LONGEST_EXCERPT else f"{said[:LONGEST_EXCERPT]}…"
    return QueryError(f"{type(node).__name__} is not answered here ({short})" + (f": {why}" if why else ""))
