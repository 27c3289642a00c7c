"""Commands that ask: query, tables, tour, trace."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from covid_lake.cli.group import EXIT_FAULT
from covid_lake.cli.opening import warehouse_to_read
from covid_lake.cli.options import (
    DEFAULT_LAKE,
    answer_format_option,
    dataset_argument,
    folded,
    lake_option,
    table_or_json_option,
    trino_option,
    warehouse_option,
)
from covid_lake.cli.printing import show_answer, show_error
from covid_lake.cli.sql_files import BYTE_ORDER_MARK, read_sql
from covid_lake.cli.terminal import Terminal
from covid_lake.errors import QueryError, SettingsError
from covid_lake.reading.grid import Column, Grid

if TYPE_CHECKING:
    from covid_lake.reading.answers import Answer

DUCKDB, TRINO = ANSWERING = ("duckdb", "trino")
STANDARD_INPUT = "-"
ASK_ONE_QUESTION = (
    "ask one question: as text, \"covid-lake query 'SELECT ...'\", or with --file, or with --name, or through a pipe"
)


class _QueryCommand(click.Command):
    """Accepts a query that begins with a comment, `--`: such an argument is a query if no option has its name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        queries = [one for one in args if one.startswith("--") and self._is_query(one, options)]
        others = [one for one in args if one not in queries]
        return super().parse_args(ctx, [*others, "--", *queries] if queries else args)

    @staticmethod
    def _is_query(argument: str, options: set[str]) -> bool:
        name = argument.split("=", 1)[0]
        return name not in options and ("\n" in argument or any(sign.isspace() for sign in name))


@click.command(cls=_QueryCommand)
@click.argument("sql", required=False, metavar="[SQL|-]")
@lake_option
@warehouse_option
@click.option(
    "--engine", type=click.Choice(ANSWERING),
    help="What answers: DuckDB, which this command brings along, from the lake's files; or a Trino server, from the "
    "tables of its catalog. Without it, DuckDB, or what --warehouse or --trino names.",
)  # fmt: skip
@trino_option
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read the query from a file."
)
@click.option("--name", metavar="QUERY", help="Ask a question that ships with a dataset; '--name list' lists them.")
@click.option("--dataset", callback=folded, help="Look for the named query in this dataset only.")
@answer_format_option
def query(
    sql: str | None,
    root: str,
    warehouse: str | None,
    engine: str | None,
    trino: str | None,
    file: Path | None,
    name: str | None,
    dataset: str | None,
    style: str,
) -> None:
    """Ask the lake, in Athena's SQL. Tables are named DATASET_ZONE.TABLE; one query sees one state of the lake.

    With --engine trino the query goes unchanged to a Trino server, the engine that Athena is made of.

    Without SQL, or with "-", the query is read from the standard input. If the terminal is too narrow for the table,
    each row is shown as a block of lines; no value is cut.

    \b
    covid-lake query "SELECT region_id, population FROM covid19_curated.dim_region ORDER BY 2 DESC LIMIT 5"
    covid-lake query "SHOW TABLES"
    covid-lake query --name curve --format csv > curve.csv
    covid-lake query --name curve --warehouse embedded
    covid-lake query --name curve --trino https://me@trino.example.org
    covid-lake query --format json < question.sql
    """
    from covid_lake.datasets.queries import named_queries

    _require_one_answerer(warehouse, engine, trino)
    if name == "list":
        for one in named_queries(dataset):
            Terminal().show(f"{one.name:<24} {one.dataset:<12} {one.question}")
        return
    text = _query_text(sql, file, name, dataset)
    try:
        answer = _ask(root, warehouse, engine, trino, text)
    except RecursionError:
        raise QueryError("the query is nested too deeply to be read") from None
    show_answer(answer, style)


@click.command()
@lake_option
def tables(root: str) -> None:
    """List the tables that the lake has, with their versions and rows, and the views over them."""
    from covid_lake.reading.lake import Lake

    columns = [Column("table"), Column("rows", right=True), Column("version"), Column("a row is", prose=True)]
    lake = Lake(root).fixed()
    rows = [
        (
            entry.name,
            "" if entry.rows is None else f"{entry.rows:,}",
            entry.version or "",
            entry.table.contract.grain,
        )
        for entry in lake.tables()
    ]
    rows += [(str(view), "", "a view", view.grain) for view in lake.views()]
    Terminal().show_grid(Grid(columns, rows))


@click.command()
@dataset_argument
@lake_option
def tour(dataset: str, root: str) -> None:
    """Answer some of the questions that ship with DATASET, and show what to try next."""
    from covid_lake.datasets import queries
    from covid_lake.reading.answers import answer_grid
    from covid_lake.reading.lake import Lake

    terminal, lake, stops = Terminal(), Lake(root), queries.tour(dataset)
    for one in stops:
        answer = lake.sql(one.sql)
        terminal.show("\n", (one.question, "bold"), "  ", (f"(covid-lake query --name {one.name})", "dim"))
        terminal.show_grid(answer_grid(replace(answer, arrow=answer.arrow.slice(max(0, len(answer) - 10)))))
        if len(answer) > 10:
            terminal.show((f"the last 10 of {len(answer):,} rows", "dim"))
    where = "" if root == DEFAULT_LAKE else f" --lake {root}"
    if not stops:
        terminal.show(f"{dataset} has no questions for a tour: none of its queries has a line '-- tour: NUMBER'")
    terminal.show(("\nTry next", "bold"))
    for command, what in (
        (f"covid-lake tables{where}", "what the lake has"),
        ("covid-lake query --name list", "the questions that ship with the datasets"),
        (f"covid-lake quarantine list {dataset}{where}", "what was refused, and why"),
        (f"covid-lake report{where}", "the accounts of the latest run"),
        (f"covid-lake plan {dataset}{where}", "what a run would do now"),
        ("covid-lake warehouse psql", "the warehouse at a prompt"),
    ):
        terminal.show(f"  {command:<80} ", (what, "dim"))


@click.command()
@click.argument("table")
@click.argument("key", nargs=-1, metavar="[KEY=VALUE]...")
@lake_option
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Rows shown of each table; 0 shows all.",
)
@table_or_json_option
def trace(table: str, key: tuple[str, ...], root: str, limit: int, style: str) -> None:
    """Show what a row of TABLE was made of, down to file and line of each landing record.

    TABLE is a trusted or curated table. KEY=VALUE selects the row, by columns of the table or of the dimensions that it
    refers to. Neither starts Spark nor changes anything. Exit code 1 if a landing record has changed or is gone.

    \b
    covid-lake trace covid19_curated.fact_cases region_id=county:53033 date=2020-03-01 source=jhu_daily_reports
    covid-lake trace covid19_curated.fact_covid region_id=state:US/Texas date=2020-03-01 --limit 5
    covid-lake trace covid19_trusted.hospital_beds hospital_id=7 --format json
    """
    from covid_lake.cli.record_display import trace_json, trace_lines
    from covid_lake.provenance.trace import trace as trace_row
    from covid_lake.provenance.trace import traced_table
    from covid_lake.reading.lake import Lake

    named, pairs = traced_table(table), _pairs(key)  # a wrong name is reported before anything else
    traced = trace_row(Lake(root), str(named), pairs, limit=limit or None)
    if style == "json":
        Terminal().write(trace_json(traced) + "\n")
    else:
        terminal = Terminal()
        terminal.show_lines(trace_lines(traced, terminal.page))
    for fault in traced.faults:
        show_error(fault)
    if traced.faults:
        sys.exit(EXIT_FAULT)


def _query_text(sql: str | None, file: Path | None, name: str | None, dataset: str | None) -> str:
    given = [one for one in (sql, file, name) if one]
    if not given and not _is_terminal(sys.stdin):
        sql = STANDARD_INPUT
        given = [sql]
    if len(given) != 1:
        raise SettingsError(ASK_ONE_QUESTION)
    if name:
        from covid_lake.datasets.queries import named_query

        return named_query(dataset, name).sql
    if file:
        return read_sql(file.read_bytes(), str(file))
    if sql != STANDARD_INPUT:
        return str(sql).removeprefix(BYTE_ORDER_MARK)
    if sys.stdin is None:
        raise SettingsError("the standard input is closed, so that no query can be read from it")
    text = read_sql(sys.stdin.buffer.read(), "the standard input")
    if not text.strip():
        raise SettingsError(f"the standard input is empty; {ASK_ONE_QUESTION}")
    return text


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is None or stream.isatty()


def _require_one_answerer(warehouse: str | None, engine: str | None, trino: str | None) -> None:
    if warehouse is not None and (engine or trino):
        raise SettingsError("--warehouse is asked by itself; leave out --engine and --trino, or --warehouse")
    if trino and engine == DUCKDB:
        raise SettingsError("--trino names a Trino server, and --engine is duckdb; leave one of them out")


def _ask(root: str, warehouse: str | None, engine: str | None, trino: str | None, text: str) -> Answer:
    if warehouse is not None:
        return _ask_warehouse(warehouse, text)
    if trino or engine == TRINO:
        return _ask_trino(trino, text)
    return _ask_lake(root, text)


def _ask_lake(root: str, text: str) -> Answer:
    from covid_lake.reading.lake import Lake

    return Lake(root).sql(text)


def _ask_warehouse(name: str, text: str) -> Answer:
    from covid_lake.reading.query import ask_warehouse

    with warehouse_to_read(name).connect() as connection:
        return ask_warehouse(connection, text)


def _ask_trino(url: str | None, text: str) -> Answer:
    from covid_lake.reading.trino import TrinoServer, ask_trino

    return ask_trino(TrinoServer.from_url(url), text)


def _pairs(key: Sequence[str]) -> dict[str, str]:
    """The KEY=VALUE arguments as a mapping."""
    for pair in key:
        if "=" not in pair[1:]:
            raise SettingsError(f"{pair!r} is not KEY=VALUE; write it as in date=2020-03-01")
    pairs = [pair.split("=", 1) for pair in key]
    twice = [name for name, _ in pairs if [one for one, _ in pairs].count(name) > 1]
    if twice:
        raise SettingsError(f"{twice[0]} is given more than once")
    return dict(pairs)
