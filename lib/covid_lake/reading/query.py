"""SQL as Athena understands it, read once and asked of whatever engine is at hand: DuckDB or the warehouse.

Only questions pass: one statement that reads. DuckDB and PostgreSQL get a translation; what a person writes here can be
pasted into Athena.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from covid_lake.contracts import Table, Zone
from covid_lake.datasets import registry, views
from covid_lake.datasets.registry import ATHENA_CATALOG, NamedTable
from covid_lake.errors import QueryError, UnknownTable, WarehouseError
from covid_lake.reading.answers import Answer, answer_of_rows
from covid_lake.reading.athena.foreign_syntax import require_athenas_syntax
from covid_lake.reading.athena.kinds import BIGINT, UNKNOWN, VARCHAR, array_of, kind_of_column
from covid_lake.reading.athena.parse_faults import meant, parse_fault
from covid_lake.reading.athena.scopes import Fields, Tables
from covid_lake.reading.athena.syntax import AthenaSql
from covid_lake.reading.athena.translation import Translation, translate
from covid_lake.reading.athena.values import DUCKDB, POSTGRES
from covid_lake.warehouse.dialects import quote
from covid_lake.warehouse.readers import READER

if TYPE_CHECKING:
    import psycopg

FIRST_POSTGRES = 90_000
FIRST_POSTGRES_WITH_SET_OPTION = 160_000
QUARANTINE_FIELDS = (
    ("run_id", VARCHAR),
    ("table_name", VARCHAR),
    ("source_file", VARCHAR),
    ("line", BIGINT),
    ("reasons", array_of(VARCHAR)),
    ("record", VARCHAR),
)
# The list of tables and columns, of which each role sees its own. Not pg_catalog, which also holds users and passwords.
WAREHOUSE_CATALOGUES = ("information_schema",)
ALLOWED = "ask with SELECT, WITH, VALUES, EXPLAIN, SHOW or DESCRIBE"

COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
EXPLAIN = re.compile(r"explain\s+(?P<query>.*)", re.DOTALL | re.IGNORECASE)
SHOW_DATABASES = re.compile(r"show\s+(?:databases|schemas)", re.IGNORECASE)
SHOW_TABLES = re.compile(r"show\s+tables(?:\s+(?:in|from)\s+(?P<name>[\w`\"]+))?", re.IGNORECASE)
SHOW_COLUMNS = re.compile(
    r"(?:show\s+columns\s+(?:in|from)|describe|desc)\s+(?P<name>[\w`\"]+(?:\.[\w`\"]+){0,2})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Question:
    """One query, parsed, and the tables that it names as `database.table`, in the order of their first mention.

    `views` are the views that it named, whose queries stand in it now.
    """

    tree: exp.Expr
    tables: tuple[str, ...]
    explain: bool = False
    views: tuple[str, ...] = ()

    def for_lake(self) -> Translation:
        """The query for DuckDB, over views that are called as the tables are in Athena, and the macros of `athena`.

        Raises `QueryError` for what is not known to mean the same there.
        """
        return self._translation(DUCKDB, _columns_in_lake)

    def for_warehouse(self, *, sorts_by_bytes: bool = True) -> Translation:
        """The query for PostgreSQL, whose SQL Redshift shares here: `covid19_curated.t` is `covid19.t` there.

        `sorts_by_bytes` is false for a server that may sort text by the rules of some language. Raises `UnknownTable`
        for a table that is not in the warehouse, for only curated ones are, and `QueryError` for what is not known to
        mean the same there.
        """
        return self._translation(POSTGRES, _columns_in_warehouse, sorts_by_bytes=sorts_by_bytes)

    def _translation(self, engine: str, tables: Tables, *, sorts_by_bytes: bool = True) -> Translation:
        try:
            translation = translate(self.tree, engine, tables, sorts_by_bytes=sorts_by_bytes)
        except SqlglotError as error:
            raise QueryError(f"the query cannot be put into {engine}'s SQL: {error}") from error
        return Translation(f"EXPLAIN {translation.sql}", None, is_explained=True) if self.explain else translation


@dataclass(frozen=True, slots=True)
class Listing:
    """SHOW or DESCRIBE: what there is, `databases`, `tables` (of a database, or all) or `columns` (of a table)."""

    kind: str
    name: str | None = None


def read_question(text: str) -> Question | Listing:
    """Read a statement in Athena's SQL; `QueryError` for what cannot be read, or does more than read."""
    bare = bare_statement(text)
    listing = _read_listing(bare)
    if listing:
        return listing
    explained = EXPLAIN.fullmatch(bare)
    tree = _parse(explained["query"] if explained else bare)
    found = _write_out_views(tree)
    return Question(tree, _table_names(tree), explained is not None, found)


def bare_statement(text: str) -> str:
    """The statement without the comments before it and the semicolon after it; `QueryError` where nothing is left."""
    bare = text[COMMENTS.match(text).end() :].rstrip().rstrip(";").rstrip()  # type: ignore[union-attr]
    if not bare:
        raise QueryError(f"there is no query; {ALLOWED}")
    return bare


def ask_warehouse(connection: psycopg.Connection[Any], text: str) -> Answer:
    """Ask the warehouse, in a read-only transaction on an open connection that is not in one already.

    The query has the rights of the role `covid_lake_reader` and no others, where that role exists and the connection's
    user may take it on: the embedded warehouse always has it.

    Raises `QueryError` where the query cannot be read, translated or answered, `UnknownTable` for a table that is not
    in the warehouse, and `WarehouseError` where the connection is lost.
    """
    import psycopg

    question = read_question(text)
    if isinstance(question, Listing):
        raise QueryError("the warehouse lists its tables in information_schema.tables and information_schema.columns")
    # Redshift, which says to be PostgreSQL 8, sorts text by its bytes as Athena does.
    asked = question.for_warehouse(sorts_by_bytes=connection.info.server_version < FIRST_POSTGRES)
    before = connection.read_only
    connection.read_only = True
    try:
        with connection.transaction(), connection.cursor() as cursor:
            _become_reader(cursor)
            cursor.execute(asked.sql.encode())
            return answer_of_rows([column.name for column in cursor.description or ()], cursor.fetchall())
    except psycopg.OperationalError as error:
        raise WarehouseError(f"the warehouse did not answer: {error}") from error
    except psycopg.Error as error:
        raise QueryError(_warehouse_message(error, question)) from error
    finally:
        if not connection.closed:
            connection.read_only = before


def _become_reader(cursor: psycopg.Cursor[Any]) -> None:
    """Give up all rights but the reader's for the rest of the transaction, where there is such a role and we may.

    Redshift has no way to do so; a query then runs with the rights of its user.
    """
    version = cursor.connection.info.server_version
    if version < FIRST_POSTGRES:
        return
    # Since PostgreSQL 16 a member of a role may be denied to take it on.
    right = "SET" if version >= FIRST_POSTGRES_WITH_SET_OPTION else "MEMBER"
    found = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s AND pg_catalog.pg_has_role(oid, %s)"
    if cursor.execute(found, (READER, right)).fetchone():
        cursor.execute(f"SET LOCAL ROLE {quote(READER)}".encode())


def _read_listing(text: str) -> Listing | None:
    if SHOW_DATABASES.fullmatch(text):
        return Listing("databases")
    for kind, pattern in (("tables", SHOW_TABLES), ("columns", SHOW_COLUMNS)):
        found = pattern.fullmatch(text)
        if found:
            name = found["name"]
            return Listing(kind, name and re.sub(r"[`\"]", "", name).casefold())
    return None


def _parse(text: str) -> exp.Expr:
    _require_question(text)
    try:
        statements = [statement for statement in sqlglot.parse(text, read=AthenaSql) if statement]
    except SqlglotError as error:
        raise QueryError(f"the query cannot be read: {parse_fault(error, text)}") from error
    if len(statements) != 1:
        raise QueryError("ask one query at a time; a semicolon ends it")
    tree = statements[0]
    require_athenas_syntax(text)
    if not isinstance(tree, exp.Query | exp.Values) or tree.find(exp.DML, exp.DDL, exp.Into, exp.Command):
        raise QueryError(f"a query only reads; {ALLOWED}")
    return tree


def _require_question(text: str) -> None:
    """Raise `QueryError` for a statement that is none of those that are answered."""
    word = text.split(None, 1)[0].upper()
    if word in ("SELECT", "WITH", "VALUES", "TABLE") or text.startswith("("):
        return
    if word in ("SHOW", "DESCRIBE", "DESC"):
        raise QueryError(
            f"{' '.join(text.split())[:40]!r} is not answered here; there is SHOW DATABASES, SHOW TABLES, SHOW TABLES "
            "IN database, SHOW COLUMNS FROM table and DESCRIBE table; ddl/athena has the tables' CREATE statements"
        )
    suggestion = meant(word)
    raise QueryError(f"{word} is not answered{suggestion or ', a query only reads'}; {ALLOWED}")


def _write_out_views(tree: exp.Expr) -> tuple[str, ...]:
    """Put the queries of views in the place of their names, so that every engine that has their tables can answer.

    Returns the names of the views. Raises `UnknownTable` for a view that only Athena has.
    """
    found = []
    for node in list(tree.find_all(exp.Table)):
        name = f"{node.db}.{node.name}"
        if not node.db or (node.catalog and node.catalog.casefold() != ATHENA_CATALOG):
            continue
        views.require_no_landing_view(name)
        view = views.view_called(name)
        if view:
            found.append(str(view))
            alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(node.name))
            query = exp.Subquery(this=sqlglot.parse_one(view.sql, read=AthenaSql), alias=alias)
            query.set("joins", node.args.get("joins"))
            query.set("sample", node.args.get("sample"))
            node.replace(query)
    return tuple(dict.fromkeys(found))


def _table_names(tree: exp.Expr) -> tuple[str, ...]:
    """The tables that the query reads, without its own common table expressions."""
    local = {cte.alias.casefold() for cte in tree.find_all(exp.CTE)}
    names = []
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            raise QueryError(f"{table.this.sql('athena')}: a query reads the tables of the lake, nothing else")
        if table.catalog and table.catalog.casefold() != ATHENA_CATALOG:
            raise UnknownTable(f"{table.sql('athena')}: there is no catalog but AwsDataCatalog")
        table.set("catalog", None)
        if table.db:
            names.append(f"{table.db}.{table.name}".casefold())
        elif table.name.casefold() not in local:
            if close := views.close_views(table.name):
                raise UnknownTable(f"no table is called {table.name}; did you mean {' or '.join(close)}?")
            registry.find_table(table.name)
    return tuple(dict.fromkeys(names))


def _columns_in_lake(node: exp.Table) -> Fields:
    return _fields(registry.find_table(f"{node.db}.{node.name}"))


def _columns_in_warehouse(node: exp.Table) -> Fields:
    """The columns of a table, which gets the name that it has in the warehouse."""
    if node.db.casefold() in WAREHOUSE_CATALOGUES:
        return Fields(every=UNKNOWN)
    table = _warehouse_table(f"{node.db}.{node.name}")
    node.set("db", exp.to_identifier(table.dataset))
    node.set("this", exp.to_identifier(table.contract.name))
    return _fields(table)


def _fields(table: NamedTable) -> Fields:
    """The columns of a table as Athena types them; of landing files, which have any, every column is text."""
    if table.zone is Zone.LANDING:
        return Fields(every=VARCHAR)
    if table.zone is Zone.QUARANTINE:
        return Fields(QUARANTINE_FIELDS)
    return Fields(tuple((column.name, kind_of_column(column)) for column in table.contract.columns))


def _warehouse_table(name: str) -> NamedTable:
    """The table of that name, which may also be called as it is in the warehouse itself: `covid19.fact_cases`."""
    own = {f"{dataset}.{table.name}": table for dataset in registry.dataset_names() for table in _star(dataset)}
    contract = own.get(name.casefold())
    table = NamedTable(Zone.CURATED, contract) if contract else registry.find_table(name)
    if table.zone is not Zone.CURATED or not table.contract.in_warehouse:
        raise UnknownTable(f"{table} is not in the warehouse: it holds the curated tables; ask the lake for the others")
    return table


def _star(dataset: str) -> tuple[Table, ...]:
    return registry.dataset(dataset).star


def _warehouse_message(error: psycopg.Error, question: Question) -> str:
    message = str(error.diag.message_primary or error)
    for table in _curated_tables(question):
        for column in table.contract.partition_by:
            if error.sqlstate == "42703" and re.search(rf"\b{column}\b", message):
                message += (
                    f"; {column} is the partition column of {table}: its value is in the paths of the lake's files, "
                    "and the warehouse does not have it"
                )
                day = table.contract.day_column
                message += f". Use {day} there, whose month it is" if day else ""
                message += f"; {' and '.join(question.views)} read it: ask the lake" if question.views else ""
    if error.sqlstate in ("42P01", "3F000"):
        message += "; load the curated tables into the warehouse first"
    return message


def _curated_tables(question: Question) -> list[NamedTable]:
    databases = [name for name in question.tables if name.split(".")[0] not in WAREHOUSE_CATALOGUES]
    return [_warehouse_table(name) for name in databases]
