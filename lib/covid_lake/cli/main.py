"""`covid-lake`: land files, run the zones, ask questions, load the warehouse; each command's `--help` teaches it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import urlsplit

import click

from covid_lake import __version__, paths
from covid_lake.cli.sql_files import BYTE_ORDER_MARK, read_sql
from covid_lake.contracts import Zone
from covid_lake.errors import LakeError, OutputClosed, OutputError, QueryError, SettingsError, UnknownTable
from covid_lake.reading.terminal import Column, Grid, Terminal, flush, give_up, prepare_streams
from covid_lake.runtime import interrupts
from covid_lake.runtime.java import leave_foreign_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from covid_lake.cli.display import RunDisplay
    from covid_lake.datasets.registry import NamedTable
    from covid_lake.datasets.samples import SampleGenerator
    from covid_lake.landing.arrivals import LandingResult
    from covid_lake.reading.answers import Answer
    from covid_lake.store.storage import Storage
    from covid_lake.warehouse.connection import WarehouseConnection

EXIT_FAULT = 1
EXIT_USAGE = 2
DEFAULT_LAKE = ".lake"
PUBLIC_BUCKETS = ("covid19-lake",)
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
TOUR = ("curve", "fastest_counties", "first_100_cases")

STANDARD_INPUT = "-"
ASK_ONE_QUESTION = (
    "ask one question: as text, \"covid-lake query 'SELECT ...'\", or with --file, or with --name, or through a pipe"
)

lake_option = click.option(
    "--lake", "root", default=DEFAULT_LAKE, show_default=True, envvar="COVID_LAKE_ROOT", metavar="ROOT",
    help="The lake: a directory, or s3://bucket/prefix.",
)  # fmt: skip
warehouse_option = click.option(
    "--warehouse", metavar="embedded|URL",
    help="'embedded' starts a PostgreSQL of the library's own; otherwise postgresql://user@host:port/database"
    "[?property=value], with the password in PGPASSWORD.",
)  # fmt: skip
source_option = click.option(
    "--from", "sources", multiple=True, metavar="DIR_OR_S3",
    help="Where files come from: a directory, or s3://bucket/prefix. May stand several times.",
)  # fmt: skip
endpoint_option = click.option(
    "--endpoint", metavar="URL", help="Endpoint of the S3 that the sources lie in; otherwise AWS_ENDPOINT_URL_S3."
)


def _folded(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    return name.strip().casefold() if name else name


answer_format_option = click.option(
    "--format", "style", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True,
    help="How the rows are printed: as a table for a person, or as CSV or JSON for a program.",
)  # fmt: skip
table_or_json_option = click.option(
    "--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="How it is printed: for a person, or as JSON for a program.",
)  # fmt: skip
dataset_argument = click.argument("dataset", callback=_folded)
only_option = click.option(
    "--only", multiple=True, metavar="TABLE",
    help="Only this table and what it needs: fact_cases, or covid19_curated.fact_cases. Repeatable.",
)  # fmt: skip
from_date_option = click.option(
    "--from-date", "first_day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
    help="Do the days from this one on again, up to date or not.",
)  # fmt: skip
to_date_option = click.option(
    "--to-date", "last_day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
    help="Do the days up to this one again, up to date or not.",
)  # fmt: skip


class _Group(click.Group):
    """Turns faults into a sentence and an exit code: the library's own, and those of files, folders and the output."""

    def main(self, *args: Any, **settings: Any) -> Any:
        prepare_streams()
        try:
            try:
                return super().main(*args, **settings)
            finally:
                flush()
        except OutputClosed:
            give_up(sys.stdout)
        except (LakeError, OSError) as error:
            give_up(sys.stdout)
            _show_error(_described(error))
        sys.exit(EXIT_FAULT)

    def invoke(self, ctx: click.Context) -> Any:
        leave_foreign_spark()  # before anything imports pyspark, which reads these variables
        with interrupts.stoppable():
            try:
                return self._invoke(ctx)
            except BaseException as error:
                # Whatever fails after Ctrl-C fails because of it.
                if interrupts.is_stopping() or isinstance(error, KeyboardInterrupt):
                    ctx.exit(interrupts.exit_code())
                raise

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            _require_working_directory()
            return super().invoke(ctx)
        except OutputClosed:
            raise
        except LakeError as error:
            _show_error(str(error))
            ctx.exit(EXIT_USAGE if isinstance(error, SettingsError) else EXIT_FAULT)
        except OSError as error:
            _show_error(_described(error))
            ctx.exit(EXIT_FAULT)


@click.group(cls=_Group, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="covid-lake")
def main() -> None:
    """A lake of public data: landing files become typed trusted tables, a curated star and a warehouse.

    \b
    A first walk:
      covid-lake sample covid19 --out .sample              make up a small landing zone
      covid-lake run covid19 --from .sample --warehouse embedded
      covid-lake query "SELECT * FROM covid19_curated.dim_region LIMIT 5"
      covid-lake tour covid19                               three questions answered

    Exit codes: 0 all is well; 1 something was refused, failed or is unreachable; 2 the command was not understood.
    """


@main.command()
@dataset_argument
@source_option
@lake_option
@endpoint_option
@click.option("--unsigned", is_flag=True, help="Read S3 sources without credentials; s3://covid19-lake always is.")
@click.option("--dry-run", is_flag=True, help="Look at the files and say what would be copied or refused.")
def land(
    dataset: str, sources: tuple[str, ...], root: str, endpoint: str | None, unsigned: bool, dry_run: bool
) -> None:
    """Copy new and changed files of DATASET into the landing zone.

    Every file is looked at first: its checksum, the end of a gzip, its text, its header, its last line. A damaged one
    is refused with its reason and kept in quarantine; it never replaces a good one.
    """
    terminal = Terminal()
    storage = _open(root)
    with _display(terminal) as display:
        result = _land(dataset, sources, storage, display, endpoint, unsigned, dry_run)
    _show_landing(terminal, result, dry_run)
    if result.refused:
        sys.exit(EXIT_FAULT)


@main.command()
@dataset_argument
@source_option
@lake_option
@warehouse_option
@only_option
@click.option("--full-refresh", is_flag=True, help="Build everything anew, up to date or not.")
@from_date_option
@to_date_option
@endpoint_option
@click.option("--unsigned", is_flag=True, help="Read S3 sources without credentials; s3://covid19-lake always is.")
@click.option("--dry-run", is_flag=True, help="Show the plan and do nothing, as 'covid-lake plan' does.")
def run(
    dataset: str,
    sources: tuple[str, ...],
    root: str,
    warehouse: str | None,
    only: tuple[str, ...],
    full_refresh: bool,
    first_day: datetime | None,
    last_day: datetime | None,
    endpoint: str | None,
    unsigned: bool,
    dry_run: bool,
) -> None:
    """Bring DATASET's trusted and curated tables, and the warehouse, up to date with the landing zone.

    Only what new data or changed code asks for is done; with nothing to do, Spark is not even started. Tables are
    written aside, checked and then published; one that fails keeps its old version. With --from, files are landed
    first. --from-date and --to-date do these days again, in the tables that are kept by day.

    \b
    covid-lake run covid19 --from s3://covid19-lake --from jhu/
    covid-lake run covid19 --only fact_cases --from-date 2020-03-01 --to-date 2020-03-31
    """
    from covid_lake.cli.display import show_plan, show_summary
    from covid_lake.datasets import registry
    from covid_lake.pipeline.plan import wanted_tables
    from covid_lake.pipeline.run import Request, Run, make_plan, require_sense

    terminal = Terminal()
    flow, storage = registry.flow(dataset), _open(root)
    first, last = _days(first_day, last_day)
    request = Request(only, full_refresh, first_day=first, last_day=last)
    wanted_tables(flow, only)  # a wrong name is told before anything else
    if not sources:
        require_sense(flow, storage, request)  # before a warehouse is started for nothing
    with _display(terminal) as display:
        if dry_run:
            if sources:
                _show_landing(terminal, _land(dataset, sources, storage, display, endpoint, unsigned, True), True)
            show_plan(terminal, make_plan(flow, storage, request, display, unchecked=bool(sources)))
            return
        run_id = paths.new_run_id(datetime.now(UTC))
        landed = _land(dataset, sources, storage, display, endpoint, unsigned, False, run_id) if sources else None
        target = _warehouse(warehouse, display) if warehouse is not None else None
        with _session(root, display) as session:
            report = Run(flow, storage, session, display, request, target).execute(landed, run_id)
    show_summary(terminal, report, _places(dataset, storage, report.run_id, target))
    if not report.succeeded:
        sys.exit(EXIT_FAULT)


@main.command()
@dataset_argument
@lake_option
@only_option
@click.option("--full-refresh", is_flag=True, help="Plan as if nothing were up to date.")
@from_date_option
@to_date_option
def plan(
    dataset: str,
    root: str,
    only: tuple[str, ...],
    full_refresh: bool,
    first_day: datetime | None,
    last_day: datetime | None,
) -> None:
    """Show what a run would do with each table of DATASET, and why. Starts no Spark, changes no table."""
    from covid_lake.cli.display import show_plan
    from covid_lake.datasets import registry
    from covid_lake.pipeline.run import Request, make_plan

    terminal = Terminal()
    flow, storage = registry.flow(dataset), _open(root)
    with _display(terminal) as display:
        first, last = _days(first_day, last_day)
        planned = make_plan(flow, storage, Request(only, full_refresh, first_day=first, last_day=last), display)
    show_plan(terminal, planned)


class _QueryCommand(click.Command):
    """Takes an argument that begins with `--` for a query where no option has such a name: a comment comes first."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        queries = [one for one in args if one.startswith("--") and self._is_query(one, options)]
        others = [one for one in args if one not in queries]
        return super().parse_args(ctx, [*others, "--", *queries] if queries else args)

    @staticmethod
    def _is_query(argument: str, options: set[str]) -> bool:
        name = argument.split("=", 1)[0]
        return name not in options and ("\n" in argument or any(sign.isspace() for sign in name))


@main.command(cls=_QueryCommand)
@click.argument("sql", required=False, metavar="[SQL|-]")
@lake_option
@warehouse_option
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read the query from a file."
)
@click.option("--name", metavar="QUERY", help="Ask a question that ships with the dataset; '--name list' lists them.")
@click.option("--dataset", default="covid19", show_default=True, help="The dataset whose named queries are meant.")
@answer_format_option
def query(
    sql: str | None,
    root: str,
    warehouse: str | None,
    file: Path | None,
    name: str | None,
    dataset: str,
    style: str,
) -> None:
    """Ask the lake, in Athena's SQL. Tables are named DATASET_ZONE.TABLE; one query sees one state of the lake.

    Without SQL, or with "-", the query is read from the standard input. At a terminal that is narrower than the table
    each row is a block of lines; no value is cut.

    \b
    covid-lake query "SELECT region_id, population FROM covid19_curated.dim_region ORDER BY 2 DESC LIMIT 5"
    covid-lake query "SHOW TABLES"
    covid-lake query --name curve --format csv > curve.csv
    covid-lake query --name curve --warehouse embedded
    covid-lake query --format json < question.sql
    """
    from covid_lake.datasets.queries import named_queries

    if name == "list":
        for one in named_queries(dataset):
            Terminal().show(f"{one.name:<24} {one.question}")
        return
    text = _query_text(sql, file, name, dataset)
    try:
        answer = _ask_warehouse(warehouse, text) if warehouse is not None else _ask_lake(root, text)
    except RecursionError:
        raise QueryError("the query is nested too deeply to be read") from None
    _show_answer(answer, style)


class _Samples(click.Group):
    """A command for each dataset that a generator of samples is installed for, with the generator's own options."""

    def list_commands(self, _context: click.Context) -> list[str]:
        from covid_lake.datasets.samples import sample_names

        return list(sample_names())

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        from covid_lake.datasets.samples import sample_generator

        dataset = name.strip().casefold()
        return _sample_command(dataset, sample_generator(dataset))


@main.group(cls=_Samples, subcommand_metavar="DATASET [OPTIONS]")
def sample() -> None:
    """Make up a landing zone of DATASET, with the real files' defects in known numbers (sample_manifest.json).

    Each dataset has options of its own: see 'covid-lake sample DATASET --help'.
    """


def _sample_command(dataset: str, generator: SampleGenerator) -> click.Command:
    def generate(out: Path, **options: Any) -> None:
        terminal = Terminal()
        with _display(terminal) as display:
            made = generator.generate(out, progress=display.progress, **options)
        terminal.show(f"{out}: {made.summary}")

    common = [
        click.Option(
            ["--out"], type=click.Path(file_okay=False, path_type=Path), required=True, help="Where to write it."
        ),
        click.Option(["--scale"], default=1.0, show_default=True, help="Multiplies the number of records."),
        click.Option(["--seed"], default=generator.seed, show_default=True, help="The same seed gives the same bytes."),
    ]
    own = [
        click.Option(
            [f"--{option.name.replace('_', '-')}", option.name],
            default=option.default,
            is_flag=isinstance(option.default, bool),
            show_default=not isinstance(option.default, bool),
            help=option.help,
        )
        for option in generator.options
    ]
    return click.Command(dataset, params=[*common, *own], callback=generate, help=generator.help)


@main.command()
@dataset_argument
@click.option(
    "--dialect", type=click.Choice(["athena", "redshift", "postgresql"]), default="athena", show_default=True,
    help="The engine that the DDL is for.",
)  # fmt: skip
@click.option("--table", "names", multiple=True, help="Only this table. Repeatable.")
@click.option("--write", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write all below a folder.")
@click.option(
    "--check", "checked", type=click.Path(file_okay=False, path_type=Path), help="Compare with what --write wrote."
)
def ddl(dataset: str, dialect: str, names: tuple[str, ...], folder: Path | None, checked: Path | None) -> None:
    """Print DATASET's tables as DDL, rendered from the contracts; or write all of it, or check what was written."""
    from covid_lake.catalog.rendering import render_all, render_tables

    if folder or checked:
        rendered = render_all(dataset)
        if folder:
            for path, text in rendered.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text, encoding="utf-8")
            Terminal().show(f"{len(rendered)} files written below {folder}")
        if checked:
            stale = [path for path, text in rendered.items() if not _has(checked / path, text)]
            for path in stale:
                Terminal(stderr=True).show(f"{checked / path} is not what the contract says")
            if stale:
                raise LakeError(f"run 'covid-lake ddl {dataset} --write {checked}' and commit the result")
            Terminal().show(f"{len(rendered)} files agree with the contracts")
        return
    Terminal().write("\n".join(render_tables(dataset, dialect, names)) + "\n")


@main.command()
@click.argument("run_id", required=False)
@lake_option
@click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="How it is printed: for a person, or whole, for a program.",
)  # fmt: skip
def report(run_id: str | None, root: str, style: str) -> None:
    """Print the report of a run, the latest one unless RUN_ID names another."""
    from covid_lake.cli.display import show_summary
    from covid_lake.store.reports import from_json, read_report

    storage = _open_lake(root)
    content = read_report(storage, run_id)
    if style == "json":
        _show_json(content)
        return
    found = from_json(content)
    show_summary(Terminal(), found, _places(found.dataset, storage, found.run_id, None))


@main.command()
@lake_option
def tables(root: str) -> None:
    """List the tables that the lake has, with their versions and rows."""
    from covid_lake.reading.lake import Lake

    columns = [Column("table"), Column("rows", right=True), Column("version"), Column("a row is", prose=True)]
    rows = [
        (
            entry.name,
            "" if entry.rows is None else f"{entry.rows:,}",
            entry.version or "",
            entry.table.contract.grain,
        )
        for entry in Lake(root).tables()
    ]
    Terminal().show_grid(Grid(columns, rows))


@main.command()
@dataset_argument
@lake_option
def tour(dataset: str, root: str) -> None:
    """Answer three of the questions that ship with DATASET, and say what to try next."""
    from covid_lake.datasets.queries import named_query
    from covid_lake.reading.answers import answer_grid
    from covid_lake.reading.lake import Lake

    terminal, lake = Terminal(), Lake(root)
    for name in TOUR:
        one = named_query(dataset, name)
        answer = lake.sql(one.sql)
        terminal.show("\n", (one.question, "bold"), "  ", (f"(covid-lake query --name {name})", "dim"))
        terminal.show_grid(answer_grid(replace(answer, arrow=answer.arrow.slice(max(0, len(answer) - 10)))))
        if len(answer) > 10:
            terminal.show((f"the last 10 of {len(answer):,} rows", "dim"))
    where = "" if root == DEFAULT_LAKE else f" --lake {root}"
    refused = "SELECT * FROM covid19_quarantine.jhu_daily_reports"
    terminal.show(("\nTry next", "bold"))
    for command, what in (
        (f"covid-lake tables{where}", "what the lake has"),
        (f"covid-lake query{where} --name list", "the questions that ship with it"),
        (f'covid-lake query{where} "{refused}"', "what was refused, and why"),
        (f"covid-lake report{where}", "the accounts of the latest run"),
        (f"covid-lake plan {dataset}{where}", "what a run would do now"),
        ("covid-lake warehouse psql", "the warehouse at a prompt"),
    ):
        terminal.show(f"  {command:<80} ", (what, "dim"))


@main.command()
@click.argument("table")
@lake_option
def versions(table: str, root: str) -> None:
    """List the versions of TABLE that can be restored, such as covid19_curated.fact_cases."""
    from covid_lake.datasets.registry import table_called
    from covid_lake.store.retention import versions_of

    found = table_called(table)
    _require_versions(found)
    kept = versions_of(_open_lake(root), found.contract)
    if not kept:
        raise UnknownTable(f"{found} was not built in this lake yet; build it with: covid-lake run {found.dataset}")
    columns = [Column("version"), Column("rows", right=True), Column("snapshots"), Column("built from"), Column("")]
    rows = []
    for known in kept:
        entry, (first, last) = known.entry, known.snapshots
        numbers = f"{first}" if first == last else f"{first} to {last}"
        sources = f"{len(entry.inputs):,} {'files' if found.zone is Zone.TRUSTED else 'tables'}"
        rows.append((entry.version, f"{entry.rows:,}", numbers, sources, "current" if known.is_current else ""))
    Terminal().show_grid(Grid(columns, rows))


@main.command()
@click.argument("table")
@click.argument("version")
@lake_option
def restore(table: str, version: str, root: str) -> None:
    """Make an older VERSION of TABLE the one that readers see.

    A curated table comes back with the whole star of its time, for facts of one day and dimensions of another do not
    belong together. Nothing is copied or lost: the version that readers had can be restored the same way. The next
    run finds that the landing zone has newer files and builds from them again, so mend or remove these first.
    """
    from covid_lake.datasets import registry
    from covid_lake.store.retention import restore as restore_version
    from covid_lake.store.runs import announced

    found = registry.table_called(table)
    _require_versions(found)
    storage = _open_lake(root)
    run_id = paths.new_run_id(datetime.now(UTC))
    with announced(storage, found.dataset, run_id):
        snapshot = restore_version(storage, registry.dataset(found.dataset), found.contract, version, run_id)
    restored = [name for name, entry in snapshot.tables.items() if found.zone in name and entry.version == version]
    what = "the star of that version" if found.zone is Zone.CURATED else ", ".join(restored)
    Terminal().show(
        f"readers see {what} since snapshot {snapshot.number}; see 'covid-lake plan' for what a run would do"
    )


@main.command()
@dataset_argument
@lake_option
@click.option("--keep", type=click.IntRange(min=1), default=3, show_default=True, help="Versions a table keeps.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed.")
def vacuum(dataset: str, root: str, keep: int, dry_run: bool) -> None:
    """Remove all but the newest versions of DATASET's tables, and files that no version names.

    Files of a run that is at work stay. A reader that began more than --keep versions ago loses its files.
    """
    from covid_lake.datasets import registry
    from covid_lake.store.retention import vacuum as remove_old

    family = registry.dataset(dataset)
    removed = remove_old(_open_lake(root), family, keep, dry_run=dry_run)
    verb, terminal = "would be removed" if dry_run else "removed", Terminal()
    for folder in removed.versions():
        terminal.show(f"  {folder}")
    terminal.show(
        f"{len(removed.files):,} files ({removed.bytes / 1e6:,.1f} MB) and {len(removed.snapshots):,} snapshots {verb}"
    )


@main.group()
def quarantine() -> None:
    """What was refused, and why: list it, look at the records, try them again.

    A record that breaks a rule is kept as it arrived, with every reason; the rest of its file goes on. A file that is
    damaged is kept whole, and nothing of it goes on.
    """


@quarantine.command("list")
@click.argument("dataset", required=False, callback=_folded)
@lake_option
@table_or_json_option
def list_quarantine(dataset: str | None, root: str, style: str) -> None:
    """List what was refused of DATASET, or of all: records by table, run and rule, and files with their reasons.

    Records are those of the tables' current versions. A record that breaks two rules counts under both. A refused file
    stands in the list until it is removed, though a good one may have come since.
    """
    from covid_lake.cli.record_display import refused_file, refused_grid
    from covid_lake.datasets import registry
    from covid_lake.provenance.refusals import refused_files, refused_records
    from covid_lake.reading.lake import Lake

    names = [registry.dataset(dataset).name] if dataset else registry.dataset_names()
    lake = Lake(root).fixed()
    records = [one for name in names for one in refused_records(lake, name)]
    files = [one for name in names for one in refused_files(lake, name)]
    if style == "json":
        listed = [{**asdict(one), "table": str(one.table)} for one in records]
        found = {"records": listed, "files": [asdict(one) for one in files]}
        _show_json(found)
        return
    terminal = Terminal()
    if records:
        where = "" if root == DEFAULT_LAKE else f" --lake {root}"
        terminal.show_grid(refused_grid(records))
        terminal.show(f"Look at them with: covid-lake quarantine show TABLE{where}")
    for file in files:
        terminal.show_lines(refused_file(file))
    if not records and not files:
        terminal.show(("Nothing was refused.", "green"))


@quarantine.command("show")
@click.argument("table")
@lake_option
@click.option("--rule", help="Only records that broke this rule.")
@click.option("--file", help="Only records of this landing file.")
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Records shown; 0 shows all.")
@answer_format_option
def show_quarantine(table: str, root: str, rule: str | None, file: str | None, limit: int, style: str) -> None:
    """Show refused records of TABLE as they arrived, with file, line and every reason.

    The line is empty where lines are not records, or where a large file was read in parts.

    \b
    covid-lake quarantine show jhu_daily_reports
    covid-lake quarantine show jhu_daily_reports --rule confirmed_negative --limit 0 --format csv > refused.csv
    """
    from covid_lake.cli.record_display import refused_lines
    from covid_lake.provenance.refusals import find_quarantine, refused
    from covid_lake.reading.lake import Lake

    named = find_quarantine(table)  # a wrong name is told before anything else
    answer = refused(Lake(root), str(named), rule=rule, file=file)
    shown = replace(answer, arrow=answer.arrow.slice(0, limit or None))
    if style == "table":
        Terminal().show_lines(line for row in shown.arrow.to_pylist() for line in refused_lines(row))
    else:
        _show_answer(shown, style)
    if len(shown) < len(answer):
        Terminal(stderr=True).show(f"{len(shown):,} of {len(answer):,} records; --limit 0 shows all")


@quarantine.command()
@dataset_argument
@lake_option
@only_option
def retry(dataset: str, root: str, only: tuple[str, ...]) -> None:
    """Promote the landing files again that have refused records, after a rule or an alias was mended.

    What passes now moves to trusted, the rest stays in quarantine, and the curated tables follow. Where the mended
    rule is part of the library, its tables are built anew from all files, for it may judge other records otherwise.
    """
    from covid_lake.cli.display import show_summary
    from covid_lake.datasets import registry
    from covid_lake.pipeline.plan import wanted_tables
    from covid_lake.pipeline.run import Request, Run, refused_files
    from covid_lake.store.snapshots import current_snapshot

    terminal = Terminal()
    flow, storage = registry.flow(dataset), _open_lake(root)
    wanted_tables(flow, only)  # a wrong name is told before anything else
    waiting = refused_files(storage, flow, current_snapshot(storage, dataset))
    if not waiting:
        terminal.show(("Nothing to do", "green"), ": no record is in quarantine.")
        return
    with _display(terminal) as display, _session(root, display) as session:
        report = Run(flow, storage, session, display, Request(only, refused_again=True)).execute()
    show_summary(terminal, report, _places(dataset, storage, report.run_id, None))
    if not report.succeeded:
        sys.exit(EXIT_FAULT)


@main.group()
def warehouse() -> None:
    """The embedded PostgreSQL: start, stop, status, psql."""


directory_option = click.option(
    "--dir", "directory", type=click.Path(file_okay=False, path_type=Path), envvar="COVID_LAKE_WAREHOUSE_DIR",
    help="Where the server keeps its data; each user has a default of their own.",
)  # fmt: skip


@warehouse.command()
@directory_option
def start(directory: Path | None) -> None:
    """Start the server, and make it first where there is none; prints its URL, without the password."""
    from covid_lake.runtime import embedded_postgres

    Terminal().show(embedded_postgres.start(directory or embedded_postgres.default_directory()).url)


@warehouse.command()
@directory_option
def stop(directory: Path | None) -> None:
    """Stop the server; its data stay."""
    from covid_lake.runtime import embedded_postgres

    stopped = embedded_postgres.stop(directory or embedded_postgres.default_directory())
    Terminal().show("stopped" if stopped else "it was not running")


@warehouse.command()
@directory_option
def status(directory: Path | None) -> None:
    """Say whether the server runs, and where; exit code 1 where it doesn't."""
    from covid_lake.runtime import embedded_postgres

    where = directory or embedded_postgres.default_directory()
    connection = embedded_postgres.status(where)
    if connection is None:
        Terminal().show(f"no server runs in {where}; start it with 'covid-lake warehouse start'")
        sys.exit(EXIT_FAULT)
    Terminal().show(f"{connection.url} in {where}")


@warehouse.command(context_settings={"ignore_unknown_options": True})
@directory_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(directory: Path | None, arguments: tuple[str, ...]) -> None:
    """Open psql on the server; ARGUMENTS go to psql, such as -c "SELECT count(*) FROM covid19.fact_cases"."""
    from covid_lake.runtime import embedded_postgres

    command, environment = embedded_postgres.psql_command(directory or embedded_postgres.default_directory())
    os.execvpe(command[0], [*command, *arguments], environment)  # noqa: S606 - psql takes this process's place


@main.command()
@click.argument("table")
@click.argument("key", nargs=-1, metavar="[KEY=VALUE]...")
@lake_option
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Rows shown of each table behind; 0 shows all.",
)
@table_or_json_option
def trace(table: str, key: tuple[str, ...], root: str, limit: int, style: str) -> None:
    """Show where a row of TABLE comes from: the rows behind it, down to file and line of each landing record.

    TABLE is a trusted or curated table. KEY=VALUE names the row, by columns of the table or of the dimensions that it
    refers to. Starts no Spark, changes nothing. Exit code 1 where a record is not found as it was.

    \b
    covid-lake trace covid19_curated.fact_cases region_id=county:53033 date=2020-03-01 source=jhu_daily_reports
    covid-lake trace covid19_curated.fact_covid region_id=state:US/Texas date=2020-03-01 --limit 5
    covid-lake trace covid19_trusted.hospital_beds hospital_id=7 --format json
    """
    from covid_lake.cli.record_display import trace_json, trace_lines
    from covid_lake.provenance.trace import trace as trace_row
    from covid_lake.provenance.trace import traced_table
    from covid_lake.reading.lake import Lake

    named, pairs = traced_table(table), _pairs(key)  # a wrong name is told before anything else
    traced = trace_row(Lake(root), str(named), pairs, limit=limit or None)
    if style == "json":
        Terminal().write(trace_json(traced) + "\n")
    else:
        terminal = Terminal()
        terminal.show_lines(trace_lines(traced, terminal.page))
    for fault in traced.faults:
        _show_error(fault)
    if traced.faults:
        sys.exit(EXIT_FAULT)


def _days(first: datetime | None, last: datetime | None) -> tuple[date | None, date | None]:
    if first and last and first > last:
        raise SettingsError(f"--from-date {first:%Y-%m-%d} lies after --to-date {last:%Y-%m-%d}")
    return first.date() if first else None, last.date() if last else None


def _require_versions(table: NamedTable) -> None:
    if table.zone not in (Zone.TRUSTED, Zone.CURATED):
        raise SettingsError(f"{table} has no versions; only trusted and curated tables have")


@contextmanager
def _session(root: str, display: RunDisplay) -> Iterator[_Session]:
    """A session that is started when it is first asked for, and stopped where it was."""
    session = _Session(root, display)
    try:
        yield session
    finally:
        session.stop()


class _Session:
    """Starts Spark when it is first asked for, and stops it where it was started."""

    def __init__(self, root: str, display: RunDisplay) -> None:
        self._on_s3 = urlsplit(root).scheme in ("s3", "s3a")
        self._display = display
        self._spark: SparkSession | None = None

    def __call__(self) -> SparkSession:
        if self._spark is None:
            from covid_lake.runtime.session import local_session

            with self._display.waiting("starting Spark"):
                self._spark = local_session(s3=self._on_s3)
        return self._spark

    def stop(self) -> None:
        if self._spark is not None:
            self._spark.stop()


@contextmanager
def _display(terminal: Terminal) -> Iterator[RunDisplay]:
    from covid_lake.cli.display import RunDisplay

    with RunDisplay(terminal) as display:
        yield display


def _open(root: str) -> Storage:
    """The place that is named, where a command may make a lake."""
    from covid_lake.store.storage import open_storage

    return open_storage(root)


def _open_lake(root: str) -> Storage:
    """The lake that is named; `MissingInput` where none is."""
    from covid_lake.store.presence import require_lake

    storage = _open(root)
    require_lake(storage)
    return storage


def _land(
    dataset: str,
    sources: Sequence[str],
    storage: Storage,
    display: RunDisplay,
    endpoint: str | None,
    unsigned: bool,
    dry_run: bool,
    run_id: str | None = None,
) -> LandingResult:
    from covid_lake.datasets import registry
    from covid_lake.landing.arrivals import land
    from covid_lake.store.storage import open_storage

    if not sources:
        raise SettingsError("name at least one place to land files from, with --from DIR_OR_S3")
    opened = []
    for source in sources:
        is_public = urlsplit(source).netloc in PUBLIC_BUCKETS and not endpoint
        opened.append(open_storage(source, unsigned=unsigned or is_public, endpoint=endpoint))
    run_id = run_id or paths.new_run_id(datetime.now(UTC))
    return land(registry.dataset(dataset), opened, storage, run_id, dry_run=dry_run, progress=display.progress)


def _show_landing(terminal: Terminal, result: LandingResult, dry_run: bool) -> None:
    from covid_lake.cli.display import show_notices, show_strays

    verb = "to copy" if dry_run else "copied"
    terminal.show(
        f"{len(result.copied):,} files {verb} ({result.total_bytes / 1e6:,.1f} MB), {result.unchanged:,} unchanged, "
        f"{len(result.refused):,} refused"
    )
    for refusal in result.refused:
        terminal.show(("refused", "bold red"), f" {refusal.path}: {refusal.reason}")
    strays = result.strays
    of_no_table = {stray.path: stray.reason for stray in strays.of_no_table}
    show_strays(terminal, of_no_table, [stray.path for stray in strays.leavings], is_cut=strays.is_cut)
    show_notices(terminal, result.notices)


def _show_answer(answer: Answer, style: str) -> None:
    from covid_lake.reading.answers import answer_grid, format_answer

    if style == "table":
        Terminal().show_grid(answer_grid(answer))
    else:
        Terminal().write(format_answer(answer, style))


def _show_json(content: Any) -> None:
    Terminal().write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _show_error(message: str) -> None:
    with suppress(OutputError):  # nobody is left to be told
        Terminal(stderr=True).show(("error:", "bold red"), f" {message}")


def _described(error: Exception) -> str:
    """A fault of the machine as a sentence: the system's words, and the file or folder that they are about."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    if error.filename is None:
        return f"the system says: {error.strerror}"
    return f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}"


def _require_working_directory() -> None:
    try:
        Path.cwd()
    except OSError as error:
        raise SettingsError("the working directory is not there any more; change to another one") from error


def _warehouse(name: str, display: RunDisplay) -> WarehouseConnection:
    with display.waiting("starting the warehouse"):
        return _warehouse_connection(name)


def _warehouse_connection(name: str) -> WarehouseConnection:
    if name == "embedded":
        from covid_lake.runtime import embedded_postgres

        return embedded_postgres.start(embedded_postgres.default_directory())
    from covid_lake.warehouse.connection import WarehouseConnection

    return WarehouseConnection.from_url(name)


def _places(dataset: str, storage: Storage, run_id: str, target: WarehouseConnection | None) -> list[tuple[str, str]]:
    zones = [(str(zone), f"{storage.root}/{zone}/{dataset}") for zone in Zone]
    places = [*zones, ("report", f"{storage.root}/{paths.run_report(run_id)}")]
    return [*places, ("warehouse", f"{target.url} (schema {dataset})")] if target else places


def _pairs(key: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE arguments as a mapping."""
    for pair in key:
        if "=" not in pair[1:]:
            raise SettingsError(f"{pair!r} names no row; write KEY=VALUE, such as date=2020-03-01")
    pairs = [pair.split("=", 1) for pair in key]
    twice = [name for name, _ in pairs if [one for one, _ in pairs].count(name) > 1]
    if twice:
        raise SettingsError(f"{twice[0]} stands more than once")
    return dict(pairs)


def _query_text(sql: str | None, file: Path | None, name: str | None, dataset: str) -> str:
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
        raise SettingsError("the standard input is closed, and holds no query")
    text = read_sql(sys.stdin.buffer.read(), "the standard input")
    if not text.strip():
        raise SettingsError(f"the standard input is empty; {ASK_ONE_QUESTION}")
    return text


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is None or stream.isatty()


def _ask_lake(root: str, text: str) -> Answer:
    from covid_lake.reading.lake import Lake

    return Lake(root).sql(text)


def _ask_warehouse(name: str, text: str) -> Answer:
    from covid_lake.reading.query import ask_warehouse

    with _warehouse_connection(name).connect() as connection:
        return ask_warehouse(connection, text)


def _has(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes().replace(b"\r\n", b"\n") == text.encode()


if __name__ == "__main__":
    main()
