"""Commands for refused records and files: list, show, retry."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace

import click

from covid_lake.cli.group import EXIT_FAULT
from covid_lake.cli.opening import display_of, engine_for, open_lake
from covid_lake.cli.options import (
    DEFAULT_LAKE,
    answer_format_option,
    dataset_argument,
    engine_option,
    folded,
    lake_option,
    only_option,
    table_or_json_option,
)
from covid_lake.cli.printing import show_answer, show_json
from covid_lake.cli.running import places
from covid_lake.cli.terminal import Terminal


@click.group()
def quarantine() -> None:
    """List and show refused records and files, with the reasons, and try them again.

    A record that breaks a rule is kept as it arrived, with every reason; the other records of its file are not
    affected. Of a damaged file no record is used; the file is kept as it arrived.
    """


@quarantine.command("list")
@click.argument("dataset", required=False, callback=folded)
@lake_option
@table_or_json_option
def list_quarantine(dataset: str | None, root: str, style: str) -> None:
    """List what was refused of DATASET, or of all: records by table, run and rule, and files with their reasons.

    Records are those of the tables' current versions. A record that breaks two rules counts under both. A refused file
    stays in the list until 'covid-lake vacuum' removes it, even if a good one has replaced it since.
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
        show_json(found)
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

    The line is unknown if a record may span several lines, or if a large file was read in parts.

    \b
    covid-lake quarantine show jhu_daily_reports
    covid-lake quarantine show jhu_daily_reports --rule confirmed_negative --limit 0 --format csv > refused.csv
    """
    from covid_lake.cli.record_display import refused_lines
    from covid_lake.provenance.refusals import find_quarantine, refused
    from covid_lake.reading.lake import Lake

    named = find_quarantine(table)  # a wrong name is reported before anything else
    answer = refused(Lake(root), str(named), rule=rule, file=file)
    shown = replace(answer, arrow=answer.arrow.slice(0, limit or None))
    if style == "table":
        Terminal().show_lines(line for row in shown.arrow.to_pylist() for line in refused_lines(row))
    else:
        show_answer(shown, style)
    if len(shown) < len(answer):
        Terminal(stderr=True).show(f"{len(shown):,} of {len(answer):,} records; --limit 0 shows all")


@quarantine.command()
@dataset_argument
@lake_option
@only_option
@engine_option
def retry(dataset: str, root: str, only: tuple[str, ...], engine: str | None) -> None:
    """Read the landing files with refused records again, after a rule or an alias was corrected.

    Records that pass now move to trusted, the others stay in quarantine, and the curated tables are brought up to date.
    If the corrected rule is part of the library, its tables are built again from all files, since the rule may decide
    differently on other records too.
    """
    from covid_lake.cli.display import show_summary
    from covid_lake.datasets import registry
    from covid_lake.pipeline.plan import wanted_tables
    from covid_lake.pipeline.run import Request, Run, refused_files
    from covid_lake.store.snapshots import current_snapshot

    terminal = Terminal()
    flow, storage = registry.flow(dataset), open_lake(root)
    wanted_tables(flow, only)  # a wrong name is reported before anything else
    waiting = refused_files(storage, flow, current_snapshot(storage, dataset))
    if not waiting:
        terminal.show(("Nothing to do", "green"), ": no record is in quarantine.")
        return
    with display_of(terminal) as display, engine_for(root, engine, display) as start:
        report = Run(flow, storage, start, display, Request(only, refused_again=True)).execute()
    show_summary(terminal, report, places(dataset, storage, report.run_id, None))
    if not report.succeeded:
        sys.exit(EXIT_FAULT)
