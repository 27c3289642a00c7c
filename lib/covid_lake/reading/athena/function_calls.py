"""Calls with their clauses: DISTINCT, ORDER BY, FILTER, IGNORE NULLS and OVER."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from covid_lake.errors import QueryError
from covid_lake.reading.athena import functions, lambdas
from covid_lake.reading.athena.expressions import Expressions, Written, in_engine
from covid_lake.reading.athena.functions.calls import CallText, Function
from covid_lake.reading.athena.kinds import UNKNOWN, VARCHAR, require_alike
from covid_lake.reading.athena.refusals import excerpt, refused, require_only
from covid_lake.reading.athena.scopes import Scope
from covid_lake.reading.athena.values import DUCKDB, POSTGRES, Value

# Those of which NaN may be an argument twice, and equal to itself; count(DISTINCT nan()) is one in both.
ONE_ARGUMENT: Final = ("count_if",)


class FunctionCalls(Expressions):
    """Writes calls of functions for one engine."""

    def call(self, node: exp.Expr, scope: Scope) -> Written:
        special = self._special_call(node, scope)
        if special is not None:
            return special
        written, filtered, name = self._written_call(node, scope)
        if functions.FUNCTIONS[name].is_window:
            raise QueryError(f"{name} is a function over a window; write OVER (ORDER BY …) after it")
        return written.after.replace("@", f"{written.text}{filtered}"), written.kind

    def _special_call(self, node: exp.Expr, scope: Scope) -> Written | None:
        """TRY, and functions that take functions, whose arguments are not written before the call is."""
        if not isinstance(node, exp.Anonymous):
            return None
        name = str(node.this).casefold()
        has_lambda = any(isinstance(one, exp.Lambda) for one in node.expressions)
        if name == "try":
            if len(node.expressions) != 1:
                raise QueryError("TRY takes one expression")
            return self.attempted(node.expressions[0], scope)
        if name in lambdas.CALLS:
            return lambdas.write(name, self, node.expressions, scope, self.engine)
        if has_lambda:
            raise QueryError(
                f"{name} with a function x -> y is not answered here; there is {', '.join(sorted(lambdas.CALLS))}"
            )
        return None

    def _written_call(self, node: exp.Expr, scope: Scope) -> tuple[CallText, str, str]:
        """A call, its FILTER clause, and its name."""
        if isinstance(node, exp.Filter):
            condition = self.expression(node.expression.this, scope)
            written, _, name = self._written_call(node.this, scope)
            if not functions.FUNCTIONS[name].is_aggregate:
                raise QueryError(f"{name} is no aggregate, and takes no FILTER")
            return written, f" FILTER (WHERE {condition.text})", name
        if isinstance(node, exp.IgnoreNulls | exp.RespectNulls):
            return self._call_among_nulls(node, scope)
        if not isinstance(node, exp.Anonymous):
            raise QueryError(f"{excerpt(node)} is no call; IGNORE NULLS stands behind the bracket: lag(x) IGNORE NULLS")
        name = str(node.this).casefold()
        rule = functions.FUNCTIONS.get(name)
        if rule is None:
            raise functions.refusal(name)
        arguments, distinct, order = _clauses(node)
        if (distinct or order is not None) and not rule.is_aggregate:
            raise QueryError(f"{name} is no aggregate, and takes neither DISTINCT nor ORDER BY nor FILTER")
        values = [
            Value("*", UNKNOWN, one) if isinstance(one, exp.Star) and name == "count" else self.expression(one, scope)
            for one in arguments
        ]
        if distinct and (len(values) != 1 or name in ONE_ARGUMENT):
            raise QueryError(f"{name}(DISTINCT …) takes one argument; put several in a row, as DISTINCT (x, y)")
        written = functions.write(name, values, self.engine)
        text = written.text.replace("(", "(DISTINCT ", 1) if distinct else written.text
        if order is not None:
            text = f"{text[:-1]}{self._ordering(order, scope)})"
        return CallText(text, written.after, written.kind), "", name

    def _call_among_nulls(self, node: exp.Expr, scope: Scope) -> tuple[CallText, str, str]:
        """IGNORE NULLS and RESPECT NULLS."""
        written, filtered, name = self._written_call(node.this, scope)
        rule: Function = functions.FUNCTIONS[name]
        if not rule.is_window:
            raise QueryError(f"{name} takes neither IGNORE NULLS nor RESPECT NULLS in Athena")
        if isinstance(node, exp.RespectNulls):
            return written, filtered, name
        if self.engine == POSTGRES:
            raise QueryError("IGNORE NULLS is not answered by the warehouse; ask the lake, without --warehouse")
        return CallText(f"{written.text[:-1]} IGNORE NULLS)", written.after, written.kind), filtered, name

    def _ordering(self, node: exp.Order, scope: Scope) -> str:
        copied = exp.Select(order=node.copy())
        self.order(copied, Scope(scope.sources, scope.around, ctes=scope.ctes, parameters=scope.parameters))
        return f" ORDER BY {', '.join(one.sql(self.engine) for one in copied.args['order'].expressions)}"

    def listagg(self, node: exp.Expr, scope: Scope) -> Written:
        require_only(node, {"this", "separator"})
        inner, order, distinct = node.this, "", ""
        if isinstance(inner, exp.Order):
            order, inner = self._ordering(inner, scope), inner.this
        if isinstance(inner, exp.Distinct):
            distinct, inner = "DISTINCT ", inner.expressions[0]
        value = self.expression(inner, scope)
        require_alike(value.kind, VARCHAR, "listagg")
        separator = node.args.get("separator")
        between = self.expression(separator, scope).text if separator else "''"
        return f"string_agg({distinct}{value.text}, {between}{order})", VARCHAR

    def window(self, node: exp.Expr, scope: Scope) -> Written:
        inner = node.this.this if isinstance(node.this, exp.IgnoreNulls | exp.RespectNulls) else node.this
        if isinstance(inner, exp.Filter):
            raise QueryError("FILTER before OVER is not of Athena's SQL; put the condition into if(…) or CASE")
        if isinstance(inner, exp.GroupConcat):
            raise QueryError("listagg is no window function in Athena")
        written, filtered, name = self._written_call(node.this, scope)
        rule = functions.FUNCTIONS[name]
        if not (rule.is_aggregate or rule.is_window):
            raise QueryError(f"{name} is no window function")
        copied = node.copy()
        self.window_parts(copied, scope)
        copied.set("this", in_engine(f"{written.text}{filtered}"))
        return written.after.replace("@", copied.sql(self.engine)), written.kind

    def window_parts(self, window: exp.Expr, scope: Scope) -> None:
        require_only(window, {"this", "partition_by", "order", "spec", "alias", "over", "first"})
        for place, one in enumerate(list(window.args.get("partition_by") or ())):
            window.args["partition_by"][place] = in_engine(self.expression(one, scope).text)
        self.order(window, Scope(scope.sources, scope.around, ctes=scope.ctes))
        spec = window.args.get("spec")
        if spec is not None:
            require_only(spec, {"kind", "start", "start_side", "end", "end_side"})
            for key in ("start", "end"):
                bound = spec.args.get(key)
                if isinstance(bound, exp.Expr):
                    spec.set(key, in_engine(self.expression(bound, scope).text))

    # --- sorting ------------------------------------------------------------------------------------------------------

    def order(self, node: exp.Expr, scope: Scope) -> None:
        """Rewrite the ORDER BY of a query or window in place."""
        order = node.args.get("order")
        for ordered in order.expressions if order else ():
            self._ordered(ordered, scope)

    def _ordered(self, ordered: exp.Expr, scope: Scope) -> None:
        if not isinstance(ordered, exp.Ordered):
            raise refused(ordered)
        require_only(ordered, {"this", "desc", "nulls_first"})
        is_output = isinstance(ordered.this, exp.Column) and not ordered.this.table
        if is_output and ordered.this.name.casefold() in {name.casefold() for name in scope.aliases}:
            text = ordered.this.sql(self.engine)
            kind = next(kind for name, kind in scope.aliases.items() if name.casefold() == ordered.this.name.casefold())
        elif is_ordinal(ordered.this):
            text, kind = str(ordered.this.this), UNKNOWN
        else:
            value = self.child(ordered, "this", scope)
            text, kind = value.text, value.kind
        if self.engine == DUCKDB and kind.family in ("map", "json"):
            raise QueryError(f"ORDER BY {excerpt(ordered)}: how {kind} is sorted is not answered here")
        direction = " DESC" if ordered.args.get("desc") else ""
        # Said always: NULL is last in Athena, either way, and engines differ.
        nulls = "FIRST" if ordered.args.get("nulls_first") else "LAST"
        ordered.replace(in_engine(f"{text}{direction} NULLS {nulls}"))


def is_ordinal(node: exp.Expr) -> bool:
    """Whether ORDER BY or GROUP BY names a column by its place."""
    return isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdigit()


def _clauses(node: exp.Expr) -> tuple[list[exp.Expr], bool, exp.Order | None]:
    """The arguments of a call, whether they are DISTINCT, and their ORDER BY."""
    arguments, order = list(node.expressions), None
    if arguments and isinstance(arguments[-1], exp.Order):
        order = arguments[-1]
        arguments[-1] = order.this
    if arguments and isinstance(arguments[0], exp.Distinct):
        return [*arguments[0].expressions, *arguments[1:]], True, order
    return arguments, False, order
