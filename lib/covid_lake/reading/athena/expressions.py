"""Expressions of Athena's SQL, written for an engine with the type that each has in Athena."""

from __future__ import annotations

import difflib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena import arithmetic, casts, comparisons, functions, intervals, zones
from covid_lake.reading.athena.kinds import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAYS,
    DOUBLE,
    INTEGER,
    JSON,
    NULL,
    PARSED_JSON,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    UTC,
    VARBINARY,
    VARCHAR,
    Kind,
    array_of,
    common,
    decimal,
    require_alike,
    row_of,
)
from covid_lake.reading.athena.refusals import excerpt, refused, require_only
from covid_lake.reading.athena.scopes import Fields, Scope
from covid_lake.reading.athena.values import (
    DUCKDB,
    POSTGRES,
    Value,
    enclosed,
    fails,
    literal_text,
    refuses,
    text_literal,
    within_try,
)

LARGEST: Final = 2**63 - 1
LARGEST_INTEGER: Final = 2**31 - 1
ESCAPED: Final = re.compile(r"\\\\|\\([0-9A-Fa-f]{4})|\\\+([0-9A-Fa-f]{6})")
Written = tuple[str, Kind]


def in_engine(sql: str) -> exp.Expr:
    """A piece of SQL that is already in the engine's dialect."""
    return exp.Var(this=sql)


class Expressions(ABC):
    """Writes expressions for one engine."""

    def __init__(self, engine: str, sorts_by_bytes: bool) -> None:
        self.engine = engine
        self._collates = engine == POSTGRES and not sorts_by_bytes
        self._rules = self._all_rules()

    @abstractmethod
    def query(self, node: exp.Expr, ctes: Mapping[str, Fields], around: Scope | None) -> Fields:
        """Rewrite a subquery in place; returns its columns."""

    @abstractmethod
    def call(self, node: exp.Expr, scope: Scope) -> Written:
        """A call of a function, with its clauses."""

    @abstractmethod
    def window(self, node: exp.Expr, scope: Scope) -> Written:
        """A call over a window."""

    @abstractmethod
    def listagg(self, node: exp.Expr, scope: Scope) -> Written:
        """LISTAGG with its clauses."""

    def child(self, parent: exp.Expr, key: str | int, scope: Scope) -> Value:
        """Rewrite a child expression in place; returns its value and type."""
        node = parent.expressions[key] if isinstance(key, int) else parent.args[key]
        if isinstance(node, exp.Alias):
            return self.child(node, "this", scope)
        value = self.expression(node, scope)
        new = in_engine(value.text)
        if isinstance(key, int):
            parent.expressions[key].replace(new)
        else:
            parent.set(key, new)
        return value

    def condition(self, parent: exp.Expr, key: str, scope: Scope) -> None:
        value = self.child(parent, key, scope)
        require_alike(value.kind, BOOLEAN, "a condition")

    def expression(self, node: exp.Expr, scope: Scope) -> Value:
        """An expression written for the engine; `QueryError` for one that has no rule."""
        for kinds, write in self._rules:
            if isinstance(node, kinds):
                text, kind = write(node, scope)
                return Value(text, kind, node)
        raise refused(node)

    def _all_rules(self) -> Sequence[tuple[type | tuple[type, ...], Callable[..., Written]]]:
        return (
            (exp.Paren, self._paren),
            (exp.Column, self._column),
            (exp.Identifier, self._parameter),
            (exp.Dot, self._field),
            (exp.Literal, self._literal),
            ((exp.Boolean, exp.Null), self._constant),
            (exp.Neg, self._negative),
            (exp.Not, self._not),
            ((exp.And, exp.Or), self._logic),
            ((exp.Add, exp.Sub), self._sum),
            (exp.Mul, self._product),
            (exp.Div, self._quotient),
            (exp.Mod, self._remainder),
            (tuple(comparisons.OPERATORS), self._comparison),
            ((exp.NullSafeEQ, exp.NullSafeNEQ), self._distinct_from),
            (exp.Is, self._is),
            (exp.Between, self._between),
            (exp.In, self._in),
            ((exp.Like, exp.Escape), self._like),
            (exp.DPipe, self._joined),
            (exp.Case, self._case),
            ((exp.Cast, exp.TryCast), self._cast),
            (exp.Interval, self._interval),
            (exp.HexString, self._bytes),
            (exp.UnicodeString, self._unicode),
            (exp.ParseJSON, self._json),
            (exp.AtTimeZone, self._at_zone),
            (exp.Extract, self._extract),
            (exp.StrPosition, self._position),
            (exp.Substring, self._substring),
            (exp.Trim, self._trim),
            (exp.Window, self.window),
            ((exp.Filter, exp.Anonymous, exp.IgnoreNulls, exp.RespectNulls), self.call),
            (exp.GroupConcat, self.listagg),
            ((exp.CurrentDate, exp.CurrentTimestamp, exp.Localtimestamp), self._current),
            (exp.Exists, self._exists),
            ((exp.Subquery, exp.Select), self._scalar),
            ((exp.Any, exp.All), self._quantified),
            (exp.Array, self._array),
            (exp.Bracket, self._subscript),
            (exp.Tuple, self._row),
        )

    # --- names and constants ------------------------------------------------------------------------------------------

    def _paren(self, node: exp.Expr, scope: Scope) -> Written:
        value = self.expression(node.this, scope)
        return f"({value.text})", value.kind

    def _column(self, node: exp.Expr, scope: Scope) -> Written:
        if isinstance(node.this, exp.Star):
            raise refused(node)
        field = self._field_of_column(node, scope)
        if field is not None:
            return field
        kind, is_stored = self._kind_of_column(node, scope)
        copied = node.copy()
        # The table's alias says enough, and a table's database is called otherwise in the warehouse.
        copied.set("db", None)
        copied.set("catalog", None)
        text = copied.sql(self.engine)
        return self.by_bytes(text, kind) if is_stored else text, kind

    def _field_of_column(self, node: exp.Expr, scope: Scope) -> Written | None:
        """`r.x` where no table is called r, and a column that is a row is."""
        table = node.text("table")
        at: Scope | None = scope
        while table and at is not None:
            if any(source.name == table.casefold() for source in at.sources):
                return None
            at = at.around
        if not table:
            return None
        owner = exp.column(node.args["table"].copy(), table=node.args["db"].copy() if node.args.get("db") else None)
        try:
            row = self.expression(owner, scope)
        except QueryError:
            return None
        return self._field_in(row, node.name)

    def _kind_of_column(self, node: exp.Expr, scope: Scope) -> tuple[Kind, bool]:
        name, table = node.name.casefold(), node.text("table").casefold()
        at: Scope | None = scope
        names: list[str] = []
        is_open = False
        while at is not None:
            for source in at.sources:
                if table and source.name != table:
                    continue
                kinds = {field.casefold(): kind for field, kind in source.fields.named}
                if sum(field.casefold() == name for field, _ in source.fields.named) > 1:
                    raise QueryError(
                        f'the column "{node.name}" is ambiguous: {source.name or "the query"} has it twice'
                    )
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
            raise QueryError(
                f'"{node.name}" is an alias of the same SELECT, which Athena does not know there; repeat it'
            )
        close = difflib.get_close_matches(name, names, n=3)
        hint = f"; did you mean {' or '.join(f'{one!r}' for one in close)}?".replace("'", '"') if close else ""
        if not hint and node.this.args.get("quoted"):
            hint = "; a text stands in single quotes"
        elif not hint and table:
            there = ", ".join(dict.fromkeys(source.name for source in scope.sources if source.name))
            hint = f"; in FROM there is {there or 'nothing'}"
        names_shown = [node.text(part) for part in ("catalog", "db", "table", "this")]
        shown = ".".join(filter(None, names_shown))
        if shown.startswith("$"):
            hint = "; it is a column of Athena's own. covid-lake trace names the file of a row"
        raise QueryError(f'the column "{shown}" does not exist{hint}')

    def _parameter(self, node: exp.Expr, scope: Scope) -> Written:
        """A parameter of a lambda function."""
        value = scope.parameters.get(node.name.casefold())
        if value is None:
            return self._column(exp.column(node.copy()), scope)
        return value.text, value.kind

    def _field(self, node: exp.Expr, scope: Scope) -> Written:
        if not isinstance(node.expression, exp.Identifier):
            raise QueryError(f"{excerpt(node)} is not of Athena's SQL")
        return self._field_in(self.expression(node.this, scope), node.expression.name)

    def _field_in(self, row: Value, name: str) -> Written:
        """A field of a row, by its name in any letters."""
        places = [place for place, (its, _) in enumerate(row.kind.fields) if its.casefold() == name.casefold()]
        if row.kind.name != "row" or len(places) != 1 or self.engine == POSTGRES:
            raise QueryError(f"{row.kind} has no field {name!r}")
        return casts.field_of(row.text, places[0]), row.kind.fields[places[0]][1]

    def _literal(self, node: exp.Expr, scope: Scope) -> Written:
        del scope
        if node.is_string:
            return self.by_bytes(text_literal(str(node.this)), VARCHAR), VARCHAR
        digits = str(node.this)
        if digits.isdigit():
            if int(digits) > LARGEST:
                raise QueryError(f"{digits} is no number in Athena; write DECIMAL '{digits}'")
            return digits, INTEGER if int(digits) <= LARGEST_INTEGER else BIGINT
        if "e" in digits.casefold():
            return f"CAST({digits} AS {casts.type_name(DOUBLE, self.engine)})", DOUBLE
        whole, _, fraction = digits.partition(".")
        kind = decimal(len(whole.lstrip("0")) + len(fraction), len(fraction))
        return f"CAST({digits} AS {casts.type_name(kind, self.engine)})", kind

    def _constant(self, node: exp.Expr, scope: Scope) -> Written:
        del scope
        return ("NULL", NULL) if isinstance(node, exp.Null) else ("TRUE" if node.this else "FALSE", BOOLEAN)

    def by_bytes(self, text: str, kind: Kind) -> str:
        """The text, told to be sorted and compared by its bytes where the server may do otherwise."""
        return f'({text} COLLATE "C")' if self._collates and kind.family == "text" else text

    # --- logic --------------------------------------------------------------------------------------------------------

    def _not(self, node: exp.Expr, scope: Scope) -> Written:
        value = self.expression(node.this, scope)
        require_alike(value.kind, BOOLEAN, "NOT")
        return f"(NOT ({value.text}))", BOOLEAN

    def _logic(self, node: exp.Expr, scope: Scope) -> Written:
        operator = "AND" if isinstance(node, exp.And) else "OR"
        parts = []
        for part in node.flatten():
            value = self.expression(part, scope)
            require_alike(value.kind, BOOLEAN, operator)
            parts.append(f"({value.text})")
        return f"({f' {operator} '.join(parts)})", BOOLEAN

    # --- arithmetic ---------------------------------------------------------------------------------------------------

    def _two(self, node: exp.Expr, scope: Scope) -> tuple[Value, Value]:
        return self.expression(node.this, scope), self.expression(node.expression, scope)

    def _negative(self, node: exp.Expr, scope: Scope) -> Written:
        number = node.this
        if isinstance(number, exp.Literal) and not number.is_string and str(number.this).isdigit():
            # The smallest whole numbers have no positive ones of their type.
            least = -int(str(number.this))
            if least == -LARGEST_INTEGER - 1:
                return f"CAST({least} AS {casts.type_name(INTEGER, self.engine)})", INTEGER
            if least == -LARGEST - 1:
                return f"CAST({least} AS {casts.type_name(BIGINT, self.engine)})", BIGINT
        value = self.expression(number, scope)
        if value.kind.family != "interval":
            require_alike(value.kind, INTEGER, "-")
        return f"(-{enclosed(value.text)})", value.kind

    def _sum(self, node: exp.Expr, scope: Scope) -> Written:
        operator = "+" if isinstance(node, exp.Add) else "-"
        one, other = self._two(node, scope)
        if one.kind.family == "interval" and other.kind.family in ("time", "clock") and operator == "+":
            one, other = other, one
        families = (one.kind.family, other.kind.family)
        text = f"({enclosed(one.text)} {operator} {enclosed(other.text)})"
        if families == ("time", "interval"):
            return self._moved(one, other, operator)
        if families == ("clock", "interval") and other.kind == DAYS and self.engine == DUCKDB:
            return f"CAST({text} AS TIME)", Kind("time", max(one.kind.precision, TIMESTAMP.precision))
        if families == ("interval", "interval") and one.kind == other.kind:
            return text, one.kind
        if families == ("time", "time") and operator == "-" and self.engine == DUCKDB:
            return self._distance(one, other), DAYS
        if {"time", "clock", "interval"} & set(families):
            raise QueryError(
                f"{one.kind} {operator} {other.kind} is not answered here; use date_add('day', n, x) or "
                "date_diff('day', from, to)"
            )
        require_alike(one.kind, INTEGER, operator)
        require_alike(other.kind, INTEGER, operator)
        return self._within_digits(text, arithmetic.sum_kind(one.kind, other.kind, operator))

    def _distance(self, until: Value, since: Value) -> str:
        """The interval between two times, in milliseconds."""
        moments = [f"CAST({value.text} AS TIMESTAMP)" for value in (until, since)]
        if max(until.kind.precision, since.kind.precision) <= TIMESTAMP.precision:
            return f"({moments[0]} - {moments[1]})"
        micros = f"(epoch_us({moments[0]}) - epoch_us({moments[1]}))"
        # Half up, below 0, too.
        return f"to_milliseconds(CAST(floor(({micros} + 500) / 1000e0) AS BIGINT))"

    def _moved(self, moment: Value, interval: Value, operator: str) -> Written:
        kind = moment.kind
        if kind.name == "date" and interval.kind == DAYS and not intervals.of_whole_days(interval.node):
            raise QueryError("Athena adds no hours, minutes or seconds to a date; CAST it AS timestamp")
        if kind.name == "timestamptz" and kind.zone != UTC and interval.kind != DAYS:
            raise QueryError("months are added here to times in UTC only; CAST the time AS timestamp")
        if kind.name == "timestamptz" and interval.kind == DAYS:
            return f"({moment.text} {operator} {interval.text})", replace(
                kind, precision=max(kind.precision, TIMESTAMP.precision)
            )
        if kind.name == "timestamp" and interval.kind == DAYS:
            kind = replace(kind, precision=max(kind.precision, TIMESTAMP.precision))
        as_timestamp = f"CAST({moment.text} AS {casts.type_name(TIMESTAMP, self.engine)})"
        return f"CAST({as_timestamp} {operator} {interval.text} AS {casts.type_name(kind, self.engine)})", kind

    def _product(self, node: exp.Expr, scope: Scope) -> Written:
        one, other = self._two(node, scope)
        if one.kind.is_whole and other.kind.family == "interval":
            one, other = other, one
        if one.kind.family == "interval" and other.kind.is_whole:
            return f"({enclosed(one.text)} * {enclosed(other.text)})", one.kind
        for value in (one, other):
            require_alike(value.kind, INTEGER, "*")
        text = f"({enclosed(one.text)} * {enclosed(other.text)})"
        return self._within_digits(text, arithmetic.product_kind(one.kind, other.kind, "*"))

    def _within_digits(self, text: str, kind: Kind) -> Written:
        """Decimals of PostgreSQL have as many digits as they need; in Athena they overflow."""
        if self.engine == POSTGRES and kind.name == "decimal":
            return f"CAST({text} AS {casts.type_name(kind, self.engine)})", kind
        return text, kind

    def _quotient(self, node: exp.Expr, scope: Scope) -> Written:
        one, other = self._two(node, scope)
        if one.kind == DAYS and other.kind.is_whole and self.engine == DUCKDB:
            by_zero = fails(arithmetic.BY_ZERO)
            part = f"to_milliseconds(epoch_ms({one.text}) // {enclosed(other.text)})"
            return f"CASE WHEN {enclosed(other.text)} = 0 THEN {by_zero} ELSE {part} END", DAYS
        for value in (one, other):
            require_alike(value.kind, INTEGER, "/")
        return arithmetic.quotient(one, other, self.engine)

    def _remainder(self, node: exp.Expr, scope: Scope) -> Written:
        one, other = self._two(node, scope)
        return arithmetic.remainder(one, other, self.engine)

    # --- comparisons --------------------------------------------------------------------------------------------------

    def _comparison(self, node: exp.Expr, scope: Scope) -> Written:
        operator = next(sign for kind, sign in comparisons.OPERATORS.items() if isinstance(node, kind))
        rows = _fields_of_row(node.this), _fields_of_row(node.expression)
        if rows[0] is not None and rows[1] is not None:
            return self._compared_rows(operator, rows[0], rows[1], scope), BOOLEAN
        return self._compared(
            operator, self.expression(node.this, scope), self.expression(node.expression, scope)
        ), BOOLEAN

    def _compared(self, operator: str, one: Value, other: Value) -> str:
        if self._collates and one.kind.family == "text":
            one = replace(one, text=self.by_bytes(enclosed(one.text), one.kind))
        return comparisons.compared(operator, one, other, self.engine)

    def _compared_rows(self, operator: str, one: list[exp.Expr], other: list[exp.Expr], scope: Scope) -> str:
        """Rows field by field, which gives NULL where Athena does."""
        if operator not in ("=", "<>") or len(one) != len(other):
            raise QueryError("rows of as many fields are compared here with = and <> only; compare their fields")
        fields = zip(one, other, strict=True)
        equal = [self._compared("=", self.expression(a, scope), self.expression(b, scope)) for a, b in fields]
        return f"({' AND '.join(equal)})" if operator == "=" else f"(NOT ({' AND '.join(equal)}))"

    def _distinct_from(self, node: exp.Expr, scope: Scope) -> Written:
        operator = "IS DISTINCT FROM" if isinstance(node, exp.NullSafeNEQ) else "IS NOT DISTINCT FROM"
        one, other = self._two(node, scope)
        require_alike(one.kind, other.kind, operator)
        if {one.kind.family, other.kind.family} & {"map", "json"}:
            raise QueryError(f"{one.kind} {operator} {other.kind} is not answered here; compare the values in them")
        return f"({enclosed(one.text)} {operator} {enclosed(other.text)})", BOOLEAN

    def _is(self, node: exp.Expr, scope: Scope) -> Written:
        if not isinstance(node.expression, exp.Null):
            raise QueryError("Athena's IS asks for NULL only; write the condition alone, or IS NOT DISTINCT FROM")
        return f"({enclosed(self.expression(node.this, scope).text)} IS NULL)", BOOLEAN

    def _between(self, node: exp.Expr, scope: Scope) -> Written:
        require_only(node, {"this", "low", "high"})
        value, low, high = (self.expression(node.args[key], scope) for key in ("this", "low", "high"))
        return comparisons.between(value, low, high, self.engine), BOOLEAN

    def _in(self, node: exp.Expr, scope: Scope) -> Written:
        require_only(node, {"this", "expressions", "query"})
        row = _fields_of_row(node.this)
        if row is not None:
            return self._row_in(node, row, scope), BOOLEAN
        value = self.expression(node.this, scope)
        if not node.args.get("query"):
            choices = [self.expression(one, scope) for one in node.expressions]
            return comparisons.equal_to_any(value, choices, self.engine), BOOLEAN
        asked, fields = self._subquery(node.args["query"], scope)
        if len(fields.named) == 1:
            require_alike(value.kind, fields.named[0][1], "IN")
        if value.kind.family in comparisons.NESTED:
            raise QueryError(f"IN of {value.kind} with a subquery is not answered here; compare the values in it")
        text = comparisons.require_without_nan(value, "IN", self.engine)
        return f"({enclosed(text)} IN ({asked}))", BOOLEAN

    def _row_in(self, node: exp.Expr, row: list[exp.Expr], scope: Scope) -> str:
        query = node.args.get("query")
        if query is None:
            choices = [_fields_of_row(choice) for choice in node.expressions]
            equal = [self._compared_rows("=", row, choice, scope) for choice in choices if choice is not None]
            if len(equal) < len(choices):
                raise QueryError("a row is compared here with rows that are written as (a, b)")
            return f"({' OR '.join(equal)})"
        asked, fields = self._subquery(query, scope)
        if len(fields.named) != len(row) or self.engine == POSTGRES:
            raise QueryError(f"a row of {len(row)} is not compared with {len(fields.named)} columns here")
        names = [f"field_{place}" for place in range(len(row))]
        values = [self.expression(one, scope) for one in row]
        chosen = (Value(name, kind, exp.Var(this=name)) for name, (_, kind) in zip(names, fields.named, strict=True))
        pairs = zip(values, chosen, strict=True)
        equal_fields = " AND ".join(self._compared("=", value, other) for value, other in pairs)
        unknown = refuses("'IN of a row with a subquery whose rows hold NULL is not answered here'")
        found = f"CASE WHEN bool_or(is_equal) THEN TRUE WHEN count(*) > count(is_equal) THEN {unknown} ELSE FALSE END"
        compared = f"SELECT {equal_fields} AS is_equal FROM ({asked}) AS rows_there({', '.join(names)})"  # noqa: S608
        return f"(SELECT {found} FROM ({compared}))"  # noqa: S608 - of parts that were written here

    def _like(self, node: exp.Expr, scope: Scope) -> Written:
        # PostgreSQL takes a backslash for an escape where none is named; Athena has none.
        escape = " ESCAPE ''" if self.engine == POSTGRES else ""
        if isinstance(node, exp.Escape):
            letter = literal_text(node.expression)
            if letter is None or len(letter) != 1:
                raise QueryError("ESCAPE takes one letter")
            escape, node = f" ESCAPE {text_literal(letter)}", node.this
            if not isinstance(node, exp.Like):
                raise refused(node)
            _require_escapes(node.expression, letter)
        value, pattern = self._two(node, scope)
        for one in (value, pattern):
            require_alike(one.kind, VARCHAR, "LIKE")
        negated = "NOT " if node.args.get("negate") else ""
        return f"({enclosed(value.text)} {negated}LIKE {enclosed(pattern.text)}{escape})", BOOLEAN

    # --- choices, casts and literals of types -------------------------------------------------------------------------

    def _joined(self, node: exp.Expr, scope: Scope) -> Written:
        values = self._two(node, scope)
        if "array" not in {value.kind.family for value in values}:
            for value in values:
                require_alike(value.kind, VARCHAR, "||")
        written = functions.write("concat", values, self.engine)
        return written.text, written.kind

    def _case(self, node: exp.Expr, scope: Scope) -> Written:
        subject = self.expression(node.this, scope) if node.this else None
        text, kinds = "CASE", []
        for branch in node.args["ifs"]:
            when, then = self.expression(branch.this, scope), self.expression(branch.args["true"], scope)
            if subject is not None:
                require_alike(when.kind, subject.kind, "WHEN")
                text += f" WHEN {self._compared('=', subject, when)} THEN {then.text}"
            else:
                require_alike(when.kind, BOOLEAN, "WHEN")
                text += f" WHEN {when.text} THEN {then.text}"
            kinds.append(then.kind)
        if node.args.get("default"):
            otherwise = self.expression(node.args["default"], scope)
            text += f" ELSE {otherwise.text}"
            kinds.append(otherwise.kind)
        kind = common(kinds, "CASE")
        return casts.as_common(f"{text} END", kind, kinds, self.engine), kind

    def _cast(self, node: exp.Expr, scope: Scope) -> Written:
        if node.args.get("format") or node.args.get("default"):
            raise refused(node)
        return self._casted(self.expression(node.this, scope), node, attempt=isinstance(node, exp.TryCast))

    def _casted(self, source: Value, node: exp.Expr, *, attempt: bool) -> Written:
        kind = casts.kind_of_type(node.args["to"])
        if kind.name == "timestamptz":
            zone = source.kind.zone or casts.zone_of_literal(node.this)
            kind = replace(kind, zone=zone or UTC)
        if kind == JSON and "map(" in str(source.kind):
            # Athena sorts the keys of maps.
            kind = PARSED_JSON
        value = casts.write(source, kind, self.engine, attempt=attempt)
        return value.text, value.kind

    def attempted(self, node: exp.Expr, scope: Scope) -> Written:
        """TRY(x), which is NULL where x fails."""
        if self.engine == POSTGRES:
            raise QueryError("try is not answered by the warehouse; ask the lake, without --warehouse")
        if isinstance(node, exp.Column | exp.Literal):
            value = self.expression(node, scope)
            return value.text, value.kind
        if isinstance(node, exp.Cast) and not node.find(exp.Query):
            # A cast that fails is NULL, as is a cast of what fails.
            source = Value(*self.attempted(node.this, scope), node.this)
            is_plain = not (
                source.kind.is_nested or "json" in (source.kind.family, node.args["to"].this.value.casefold())
            )
            if is_plain:
                return self._casted(source, node, attempt=True)
        if node.find(exp.Query):
            raise QueryError("TRY of a subquery is not answered here; use TRY within it")
        value = self.expression(node, scope)
        return f"TRY({within_try(value.text)})", value.kind

    def _interval(self, node: exp.Expr, scope: Scope) -> Written:
        del scope
        amount, kind = intervals.read(node)
        return intervals.text_of(amount, kind), kind

    def _bytes(self, node: exp.Expr, scope: Scope) -> Written:
        del scope
        if self.engine == POSTGRES:
            raise QueryError("bytes are not answered by the warehouse; ask the lake, without --warehouse")
        return f"unhex({text_literal(str(node.this))})", VARBINARY

    def _unicode(self, node: exp.Expr, scope: Scope) -> Written:
        """U&'caf\\00E9', whose escapes are of four digits, or six after a plus sign."""
        if node.args.get("escape"):
            raise QueryError("U&'…' UESCAPE is not answered here; write the letters themselves, or chr(233)")
        written = ESCAPED.sub(
            lambda found: "\\" if found[0] == "\\\\" else chr(int(found[1] or found[2], 16)), str(node.this)
        )
        return self._literal(exp.Literal.string(written), scope)

    def _json(self, node: exp.Expr, scope: Scope) -> Written:
        """JSON '…'."""
        del scope
        text = literal_text(node.this)
        if text is None or self.engine == POSTGRES:
            raise refused(node)
        return f"json({text_literal(text)})", PARSED_JSON

    # --- times --------------------------------------------------------------------------------------------------------

    def _at_zone(self, node: exp.Expr, scope: Scope) -> Written:
        name = literal_text(node.args["zone"])
        if name is None:
            raise QueryError("AT TIME ZONE takes a literal text here, such as 'America/New_York'")
        zone = zones.zone_called(name)
        if zone != UTC and self.engine == POSTGRES:
            raise QueryError("AT TIME ZONE is answered by the warehouse of 'UTC' alone; ask the lake")
        value = self.expression(node.this, scope)
        if value.kind.name not in ("timestamp", "timestamptz"):
            raise QueryError(f"AT TIME ZONE takes a timestamp, not {value.kind}")
        kind = Kind("timestamptz", value.kind.precision, zone=zone)
        if self.engine == POSTGRES:
            return casts.write(value, replace(kind, zone=value.kind.zone), self.engine).text, kind
        return f"CAST({value.text} AS TIMESTAMPTZ)", kind

    def _extract(self, node: exp.Expr, scope: Scope) -> Written:
        name = node.this.name.casefold()
        if name not in functions.FIELDS:
            raise QueryError(f"EXTRACT({name} …) is not answered here; there is {', '.join(functions.FIELDS)}")
        written = functions.write(name, [self.expression(node.expression, scope)], self.engine)
        return written.text, written.kind

    def _current(self, node: exp.Expr, scope: Scope) -> Written:
        del scope
        if node.this:
            raise QueryError(f"{node.sql('trino')}: a time of another precision is not answered here")
        now = "now()" if self.engine == DUCKDB else "(now() AT TIME ZONE 'UTC')"
        milliseconds = f"date_trunc('milliseconds', {now})"
        if isinstance(node, exp.CurrentTimestamp):
            return milliseconds, TIMESTAMPTZ
        kind = DATE if isinstance(node, exp.CurrentDate) else TIMESTAMP
        return f"CAST({milliseconds} AS {casts.type_name(kind, self.engine)})", kind

    # --- calls with a syntax of their own -----------------------------------------------------------------------------

    def _position(self, node: exp.Expr, scope: Scope) -> Written:
        require_only(node, {"this", "substr"})
        values = [self.expression(node.args[key], scope) for key in ("this", "substr")]
        written = functions.write("strpos", values, self.engine)
        return written.text, written.kind

    def _substring(self, node: exp.Expr, scope: Scope) -> Written:
        parts = [node.args.get(key) for key in ("this", "start", "length")]
        values = [self.expression(part, scope) for part in parts if part is not None]
        written = functions.write("substr", values, self.engine)
        return written.text, written.kind

    def _trim(self, node: exp.Expr, scope: Scope) -> Written:
        value = self.expression(node.this, scope)
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
        if node.expression is None:
            written = functions.write(name, [value], self.engine)
            return written.text, written.kind
        letters = self.expression(node.expression, scope)
        for one in (value, letters):
            require_alike(one.kind, VARCHAR, name)
        name = "btrim" if name == "trim" and self.engine == POSTGRES else name
        return f"{name}({value.text}, {letters.text})", VARCHAR

    # --- arrays, maps and rows ----------------------------------------------------------------------------------------

    def _array(self, node: exp.Expr, scope: Scope) -> Written:
        values = [self.expression(one, scope) for one in node.expressions]
        item = common((value.kind for value in values), "ARRAY")
        items = ", ".join(value.text for value in values)
        if self.engine != DUCKDB:
            return f"ARRAY[{items}]", array_of(item)
        if item.family == "number" and any(value.kind != item for value in values):
            return f"CAST([{items}] AS {casts.type_name(array_of(item), self.engine)})", array_of(item)
        return f"[{items}]", array_of(item)

    def _row(self, node: exp.Expr, scope: Scope) -> Written:
        values = [self.expression(one, scope) for one in node.expressions]
        if self.engine == POSTGRES:
            raise refused(node)
        return f"row({', '.join(value.text for value in values)})", row_of(("", value.kind) for value in values)

    def _subscript(self, node: exp.Expr, scope: Scope) -> Written:
        holder = self.expression(node.this, scope)
        if self.engine == POSTGRES:
            raise QueryError("subscripts are not answered by the warehouse; ask the lake, without --warehouse")
        if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
            raise QueryError(f"{excerpt(node)}: a subscript is one number or key; use slice(x, start, length)")
        if holder.kind.name == "row":
            return self._field_at(holder, node.expressions[0])
        place = self.expression(node.expressions[0], scope)
        key = enclosed(place.text)
        if holder.kind.name == "map" and holder.kind.item is not None and holder.kind.key is not None:
            require_alike(holder.kind.key, place.kind, "a key")
            found = f"map_extract_value({holder.text}, {place.text})"
            refusal = fails("'Key not present in map'")
            is_there = f"{enclosed(holder.text)} IS NULL OR map_contains({holder.text}, {place.text})"
            return f"CASE WHEN {is_there} THEN {found} ELSE {refusal} END", holder.kind.item
        if holder.kind.family != "array" or holder.kind.item is None:
            raise QueryError(f"{excerpt(node)}: only arrays, maps and rows have subscripts, not {holder.kind}")
        require_alike(place.kind, INTEGER, "a subscript")
        found = f"list_extract({holder.text}, {key})"
        is_there = f"{key} BETWEEN 1 AND len({holder.text})"
        refusal = fails(f"'Array subscript ' || CAST({key} AS VARCHAR) || ' is out of range'")
        nothing = f"{key} IS NULL OR {enclosed(holder.text)} IS NULL"
        return f"CASE WHEN {nothing} THEN NULL WHEN {is_there} THEN {found} ELSE {refusal} END", holder.kind.item

    def _field_at(self, row: Value, place: exp.Expr) -> Written:
        fields = row.kind.fields
        if not isinstance(place, exp.Literal) or place.is_string or not 1 <= int(place.this) <= len(fields):
            raise QueryError(f"a field of a row is asked for by a number from 1 to {len(fields)}")
        return casts.field_of(row.text, int(place.this) - 1), fields[int(place.this) - 1][1]

    # --- subqueries ---------------------------------------------------------------------------------------------------

    def _subquery(self, node: exp.Expr, scope: Scope) -> tuple[str, Fields]:
        inner = node.this if isinstance(node, exp.Subquery) else node
        fields = self.query(inner, scope.ctes, scope)
        return inner.sql(self.engine, comments=False), fields

    def _exists(self, node: exp.Expr, scope: Scope) -> Written:
        return f"EXISTS ({self._subquery(node.this, scope)[0]})", BOOLEAN

    def _scalar(self, node: exp.Expr, scope: Scope) -> Written:
        asked, fields = self._subquery(node, scope)
        if len(fields.named) > 1:
            raise QueryError(f"{excerpt(node)}: a subquery as a value gives one column, not {len(fields.named)}")
        return f"({asked})", fields.named[0][1] if len(fields.named) == 1 else UNKNOWN

    def _quantified(self, node: exp.Expr, scope: Scope) -> Written:
        asked, fields = self._subquery(node.this, scope)
        kind = fields.named[0][1] if len(fields.named) == 1 else UNKNOWN
        if kind.is_floating:
            raise QueryError("ANY and ALL of doubles are not answered here, for NaN; use EXISTS")
        return f"{'ANY' if isinstance(node, exp.Any) else 'ALL'} ({asked})", kind


def _fields_of_row(node: exp.Expr) -> list[exp.Expr] | None:
    """The fields of a row that is written as (a, b) or ROW(a, b)."""
    if isinstance(node, exp.Paren):
        return _fields_of_row(node.this)
    if isinstance(node, exp.Tuple) or (isinstance(node, exp.Anonymous) and str(node.this).casefold() == "row"):
        return list(node.expressions)
    return None


def _require_escapes(pattern: exp.Expr, letter: str) -> None:
    """Raise `QueryError` where the letter stands before anything but a sign that it can escape."""
    text = literal_text(pattern)
    if text is None:
        raise QueryError("LIKE with ESCAPE takes a literal pattern here")
    place = 0
    while place < len(text):
        if text[place] == letter:
            if text[place + 1 : place + 2] not in ("%", "_", letter):
                raise QueryError(f"ESCAPE {letter!r}: in a pattern it stands before %, _ or itself only")
            place += 1
        place += 1
