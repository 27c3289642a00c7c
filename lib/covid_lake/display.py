"""What a person sees of a run: bars while it goes, a summary when it has ended. Plain lines where no terminal is."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from covid_lake.pipeline.plan import Action, PlannedBuild, PlannedPromotion
from covid_lake.pipeline.report import RunReport, Status, TableReport
from covid_lake.pipeline.run import Plan

STYLES = {
    Status.PUBLISHED: "green",
    Status.UNCHANGED: "green",
    Status.UP_TO_DATE: "dim",
    Status.HELD_BACK: "yellow",
    Status.SKIPPED: "dim",
    Status.FAILED: "bold red",
}
ACTION_STYLES = {Action.RUN: "green", Action.NOTHING: "dim", Action.HOLD_BACK: "yellow", Action.SKIP: "dim"}


class RunDisplay:
    """Listens to a run and shows how it goes; a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> RunDisplay:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def progress(self, label: str, done: int, total: int) -> None:
        """A bar for each kind of work; the first word of the label names the kind."""
        with self._lock:
            kind = label.split(" ", 1)[0]
            if kind not in self._tasks:
                self._tasks[kind] = self._progress.add_task(label, total=total)
            self._progress.update(self._tasks[kind], description=label, completed=done, total=total)
            if not self._console.is_terminal and done == total:
                self._console.print(f"{label}: {total:,} done", highlight=False)

    def started(self, table: str) -> None:
        with self._lock:
            self._tasks[table] = self._progress.add_task(table, total=1)

    def finished(self, report: TableReport) -> None:
        with self._lock:
            task = self._tasks.pop(report.table, None)
            if task is not None:
                self._progress.remove_task(task)
            if report.status in (Status.UP_TO_DATE, Status.SKIPPED):
                return
            self._console.print(_line(report), highlight=False, soft_wrap=True)

    @contextlib.contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Something without parts that takes a while, such as starting Spark."""
        with self._lock:
            task = self._progress.add_task(what, total=None)
            if not self._console.is_terminal:
                self._console.print(f"{what} …", highlight=False)
        try:
            yield
        finally:
            with self._lock:
                self._progress.remove_task(task)


def _line(report: TableReport) -> str:
    style = STYLES[report.status]
    if report.status == Status.UNCHANGED:
        return f"[{style}]=[/] {report.table:<32} {report.rows:>10,} rows  {report.seconds:>6.1f} s  came out the same"
    if report.status == Status.PUBLISHED:
        return (
            f"[{style}]✓[/] {report.table:<32} {report.written:>10,} rows  {report.seconds:>6.1f} s"
            + (f"  {report.rejected:,} rejected" if report.rejected else "")
            + (f"  {report.superseded:,} superseded" if report.superseded else "")
            + (f"  in {', '.join(report.partitions)}" if report.partitions else "")
        )
    return f"[{style}]✗ {report.table}: {report.status.replace('_', ' ')}[/]: {report.reason}"


def show_summary(console: Console, report: RunReport, zones: Sequence[tuple[str, str]]) -> None:
    """What came of the run: its tables, what was refused, the warehouse, and where everything lies."""
    ran = [table for table in report.tables if table.status not in (Status.UP_TO_DATE, Status.SKIPPED)]
    if ran:
        console.print(_tables(ran))
    idle = [table for table in report.tables if table.status == Status.UP_TO_DATE]
    if idle and not ran:
        console.print(f"[green]Nothing to do[/]: all {len(idle)} tables are up to date.")
    elif idle:
        console.print(f"{len(idle)} tables were up to date.")
    for table in report.tables:
        if table.status == Status.SKIPPED:
            console.print(f"[dim]{table.table} was not built: {table.reason}.[/]", highlight=False)
    _show_trouble(console, report)
    if report.warehouse:
        console.print(_loads(report))
    if report.warehouse_error:
        console.print(f"[bold red]The warehouse was not loaded[/]: {report.warehouse_error}", highlight=False)
    failed = sum(table.status == Status.FAILED for table in report.tables)
    if not report.reconciled:
        accounts = "[bold red]the accounts do not add up[/]"
    elif failed:
        accounts = f"[bold red]{failed} of {len(report.tables)} tables failed[/] and kept their old version"
    else:
        accounts = "every record is accounted for"
    console.print(f"Run {report.run_id}: {report.seconds:.1f} s, engine {report.engine}; {accounts}.", highlight=False)
    for name, location in zones:
        console.print(f"  {name:<11} {location}", highlight=False, soft_wrap=True)


def _tables(reports: Sequence[TableReport]) -> RichTable:
    table = RichTable(title="Tables of this run", title_justify="left")
    table.add_column("table", no_wrap=True)
    table.add_column("status")
    for name in ("read", "written", "superseded", "rejected", "seconds"):
        table.add_column(name, justify="right")
    for report in reports:
        counts = (report.records_read, report.written, report.superseded, report.rejected)
        table.add_row(
            report.table,
            f"[{STYLES[report.status]}]{report.status.replace('_', ' ')}[/]",
            *(f"{count:,}" for count in counts),
            f"{report.seconds:.1f}",
        )
    return table


def _loads(report: RunReport) -> RichTable:
    table = RichTable(title="Warehouse", title_justify="left")
    table.add_column("table", no_wrap=True)
    for name in ("staged", "inserted", "changed", "deleted", "seconds"):
        table.add_column(name, justify="right")
    for load in report.warehouse:
        counts = (load.staged, load.inserted, load.updated, load.deleted)
        table.add_row(f"{report.dataset}.{load.table}", *(f"{count:,}" for count in counts), f"{load.seconds:.1f}")
    return table


def _show_trouble(console: Console, report: RunReport) -> None:
    for path, reason in report.refused_files.items():
        console.print(f"[bold red]refused[/] {path}: {reason}", highlight=False, soft_wrap=True)
    for table in report.tables:
        for path, reason in table.refused_files.items():
            console.print(f"[bold red]refused[/] {path} ({table.table}): {reason}", highlight=False, soft_wrap=True)
        for name, count in table.rejected_by_reason.items():
            console.print(f"[yellow]rejected[/] {table.table}: {count:,} × {name}", highlight=False)
        for name, count in table.warnings.items():
            console.print(f"[yellow]warning[/] {table.table}: {count:,} × {name}", highlight=False)
        for text in _drift(table):
            console.print(f"[yellow]drift[/] {table.table}: {escape(text)}", highlight=False)


def _drift(table: TableReport) -> Iterator[str]:
    """What changed about the table's feed, in words."""
    if table.unknown_columns:
        yield f"new columns that the contract does not know: {', '.join(table.unknown_columns)}"
    if table.vanished_columns:
        yield f"columns that are not delivered any more: {', '.join(table.vanished_columns)}"
    for name, values in table.unknown_values.items():
        yield f"unknown {name}: {', '.join(values)}"
    for name, (before, after) in table.jumps.items():
        yield f"{name} jumped from {before:,} to {after:,}"


def show_plan(console: Console, plan: Plan) -> None:
    """What a run would do with each table, and why."""
    table = RichTable(title="Plan", title_justify="left")
    table.add_column("table", no_wrap=True)
    table.add_column("action")
    table.add_column("why")
    planned: list[PlannedPromotion | PlannedBuild] = [*plan.promotions, *plan.builds]
    for one in planned:
        style = ACTION_STYLES[one.action]
        table.add_row(one.step.target.id, f"[{style}]{one.action}[/]", one.reason)
    console.print(table)
    for promotion in plan.promotions:
        for refusal in promotion.refusals:
            console.print(f"[bold red]refused[/] {refusal.path}: {refusal.reason}", highlight=False, soft_wrap=True)
    if not plan.has_work:
        console.print("[green]Nothing to do.[/]")
