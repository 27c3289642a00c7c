"""SELECT, INSERT, UPDATE and DELETE: checked against what Redshift documents, and given to PostgreSQL as they are.

A statement passes if its functions and the kinds of its clauses stand in the lists below. Where a function of that
name gives something else in PostgreSQL, another one of `setup.sql` is called instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from redshift_double.refusals import SYNTAX_ERROR, Refused, unknown
from redshift_double.tokens import Reader, Token, tokens_of

# c_SQL_functions. Those that behave alike in PostgreSQL.
FUNCTIONS = frozenset(
    {
        "ABS", "AVG", "BTRIM", "CAST", "CEILING", "COALESCE", "COUNT", "DENSE_RANK", "FIRST_VALUE", "FLOOR", "GREATEST",
        "LAG", "LAST_VALUE", "LEAD", "LEAST", "LENGTH", "LOWER", "LPAD", "MAX", "MD5", "MIN", "MOD", "NULLIF",
        "OCTET_LENGTH", "RANK", "REPLACE", "ROUND", "ROW_NUMBER", "SIGN", "STRPOS", "SUBSTRING", "SUM", "TO_CHAR",
        "TRIM", "UPPER",
        # Of the session and the catalog (c_System_administration_functions, r_System_information_functions).
        "CURRENT_DATABASE", "CURRENT_SCHEMA", "HAS_SCHEMA_PRIVILEGE", "HAS_TABLE_PRIVILEGE", "OBJ_DESCRIPTION",
        "PG_BACKEND_PID", "PG_CANCEL_BACKEND", "PG_TERMINATE_BACKEND", "SET_CONFIG", "VERSION",
        # Of this double, in `setup.sql`: Redshift's own functions.
        "GETDATE", "PG_LAST_COPY_COUNT", "STRTOL", "TIMEOFDAY",
    }
)  # fmt: skip
# Words that a bracket may follow without being functions. The types are those of `tables.py`.
NO_FUNCTIONS = frozenset(
    {
        "ALL", "AND", "ANY", "AS", "BETWEEN", "BY", "CHARACTER", "DATEDIFF", "DECIMAL", "DISTINCT", "ELSE", "EXCEPT",
        "EXISTS", "EXTRACT", "FROM", "IN", "INTERSECT", "INTO", "NOT", "NUMERIC", "ON", "OR", "OVER", "SELECT", "THEN",
        "UNION", "USING", "VALUES", "VARCHAR", "VARYING", "WHEN", "WHERE",
    }
)  # fmt: skip
# Of sqlglot's parts of a statement those that Redshift's grammar has (r_SELECT_synopsis, r_INSERT_30, r_DELETE,
# r_UPDATE, r_CASE_function, r_conditional_operators, r_Window_functions): no RETURNING, ON CONFLICT, DISTINCT ON,
# FILTER, LATERAL, FOR UPDATE, arrays, IS DISTINCT FROM, NATURAL JOIN, and VALUES for INSERT alone
# (c_unsupported-postgresql-features).
PARTS = (
    exp.Select, exp.Insert, exp.Update, exp.Delete, exp.Union, exp.Except, exp.Intersect, exp.With, exp.CTE,
    exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Subquery,
    exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star, exp.Dot, exp.Schema, exp.Tuple,
    exp.Literal, exp.Null, exp.Boolean, exp.Var, exp.DataType, exp.DataTypeParam, exp.Interval, exp.Paren, exp.Neg,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.DPipe,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between, exp.Like,
    exp.Exists, exp.Case, exp.If, exp.Distinct, exp.Window, exp.WindowSpec,
)  # fmt: skip
CATALOG = re.compile(r"(?i)(pg_|stl_|stv_|svl_|svv_|svcs_|sys_)")
# svv_views, r_PG_TABLE_DEF, c_join_PG: those that `setup.sql` has, or PostgreSQL itself.
CATALOG_VIEWS = frozenset(
    {
        "pg_class", "pg_namespace", "pg_table_def", "pg_user", "svv_redshift_columns", "svv_redshift_schemas",
        "svv_redshift_tables", "svv_roles", "svv_table_info",
        "information_schema.tables", "information_schema.columns", "information_schema.schemata",
        "pg_constraint", "pg_description", "pg_views", "pg_tables",
    }
)  # fmt: skip
# r_EXTRACT_function, r_Dateparts_for_datetime_functions.
EXTRACTED = {
    "EPOCH": "redshift.extract_epoch",
    "MICROSECOND": "redshift.extract_microseconds",
    "MICROSECONDS": "redshift.extract_microseconds",
}
MICROSECONDS = frozenset({"US", "USEC", "USECS", "USECOND", "USECONDS", "MICROSEC", "MICROSECS"}) | {
    "MICROSECOND", "MICROSECONDS",
}  # fmt: skip
DIFFERENCES = {**dict.fromkeys(MICROSECONDS, "us"), **dict.fromkeys(("D", "DAY", "DAYS"), "day")}
DIFFERENCES |= dict.fromkeys(("S", "SEC", "SECS", "SECOND", "SECONDS"), "second")
PLAIN_PARTS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "QUARTER", "WEEK", "DOW", "DOY"})
OPTIONS_REFUSED = ("nulls_first", "returning", "conflict", "locks", "laterals", "distinct_on")


def check_and_adapt(sql: str) -> str:
    """The statement for PostgreSQL. Raises `Refused`."""
    tokens = tokens_of(sql)
    if any(token.written == "[" for token in tokens):
        raise Refused("array constructors and subscripts are not supported", SYNTAX_ERROR)
    _check_functions(tokens)
    if tokens[0].upper == "DELETE":
        _check_delete(sql)
    tree = _parsed(sql)
    _check_parts(tree)
    _check_tables(tree)
    return _adapted(sql, tokens)


def _parsed(sql: str) -> exp.Expression:
    try:
        tree = sqlglot.parse_one(sql, read="redshift")
    except sqlglot.errors.ParseError as error:
        raise Refused(f"syntax error: {error.errors[0]['description']}", SYNTAX_ERROR, sql) from error
    if not isinstance(tree, exp.Query | exp.DML):
        raise unknown(f"a statement of the kind {type(tree).__name__}")
    return tree


def _check_functions(tokens: list[Token]) -> None:
    for place, token in enumerate(tokens[:-1]):
        if not token.upper or tokens[place + 1].written != "(":
            continue
        before = place - 1
        while before > 0 and tokens[before].written == ".":  # over a schema
            before -= 2
        is_table = tokens[before].upper == "INTO"
        if not is_table and token.upper not in FUNCTIONS | NO_FUNCTIONS:
            raise unknown(f"the function {token.written}")


def _check_delete(sql: str) -> None:
    """r_DELETE: `DELETE [FROM] table_name [USING …] [WHERE …]`, so the target has no alias, and FROM is needed
    with USING."""
    reader = Reader(sql)
    reader.expect("DELETE")
    has_from = reader.accept("FROM")
    reader.dotted_name()
    if reader.is_done or reader.accept("WHERE") or (has_from and reader.accept("USING")):
        return
    raise reader.fault()


def _check_parts(tree: exp.Expression) -> None:
    for part in tree.walk():
        if isinstance(part, exp.Values) and not isinstance(part.parent, exp.Insert):
            raise Refused("VALUES list used as a constant table is not supported")
        if not isinstance(part, (*PARTS, exp.Func, exp.Values)):
            raise unknown(f"{type(part).__name__}: {part.sql('redshift')}")
        if isinstance(part, exp.Join) and part.args.get("method"):
            raise unknown(f"{part.args['method']} JOIN")
        for option in OPTIONS_REFUSED:
            # Redshift puts nulls last when ascending, as sqlglot notes by itself; it is no option of the statement.
            if option != "nulls_first" and part.args.get(option):
                raise unknown(f"{option.upper()} in {type(part).__name__}")


def _check_tables(tree: exp.Expression) -> None:
    """c_join_PG, c_sql-functions-leader-node: catalog tables have types that compute nodes do not know, so that many
    joins with users' tables fail, as does joining the SVV views with PG's own. Here all of them do."""
    defined = {cte.alias for cte in tree.find_all(exp.CTE)}
    kinds: dict[str, str] = {}
    for table in tree.find_all(exp.Table):
        schema, name = table.db.lower(), table.name.lower()
        if name in defined and not schema:
            continue
        full = f"{schema}.{name}" if schema not in ("", "pg_catalog") else name
        if schema in ("information_schema", "pg_catalog") or (not schema and CATALOG.match(name)):
            if full not in CATALOG_VIEWS:
                raise unknown(f"the system table {full}")
            kinds["redshift's views" if name.startswith(("svv_", "stv_")) else "PostgreSQL's catalog"] = full
        else:
            kinds["users' tables"] = full
    if len(kinds) > 1:
        raise Refused(
            "Specified types or functions (one per INFO message) not supported on Redshift tables.",
            detail=f"joined are {' and '.join(kinds.values())}",
        )


def _adapted(sql: str, tokens: list[Token]) -> str:
    adapted, done = "", 0
    for start, end, instead in _replacements(tokens):
        adapted += sql[done:start] + instead
        done = end
    return adapted + sql[done:]


def _replacements(tokens: list[Token]) -> Iterator[tuple[int, int, str]]:
    for place, token in enumerate(tokens):
        following = tokens[place + 1 : place + 4]
        if token.upper == "EXTRACT" and following and following[0].written == "(":
            part, word = following[1], following[2]
            if word.upper != "FROM":
                raise unknown("EXTRACT without FROM")
            if part.upper in EXTRACTED:
                yield token.start, word.end, f"{EXTRACTED[part.upper]}("
            elif part.upper not in PLAIN_PARTS:
                raise unknown(f"EXTRACT of {part.written}")
        elif token.value == "pg_constraint":
            yield token.start, token.end, "redshift.pg_constraint"
        elif token.upper == "DATEDIFF" and following and following[0].written == "(":
            part = following[1]
            name = part.value.upper()
            if name not in DIFFERENCES:
                raise unknown(f"DATEDIFF in {part.written}")
            yield part.start, part.end, f"'{DIFFERENCES[name]}'"
