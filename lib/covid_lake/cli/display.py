"""How a run is shown: progress bars, and a summary at the end. Without a terminal, plain lines."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from covid_lake.cli.terminal import Terminal
from covid_lake.errors import OutputError
from covid_lake.pipeline.plan import Action
from covid_lake.pipeline.run import Plan
from covid_lake.reading.grid import Column, Grid, Line, Part
from covid_lake.runtime import interrupts
from covid_lake.store.reports import PublisherReport, RunReport, Status, TableReport

STYLES = {
    Status.PUBLISHED: "green",
    Status.UNCHANGED: "green",
    Status.UP_TO_DATE: "dim",
    Status.HELD_BACK: "yellow",
    Status.SKIPPED: "dim",
    Status.FAILED: "bold red",
}
# How many unread files are named; the run's report names all.
NAMES_SHOWN = 20
ACTION_STYLES = {Action.RUN: "green", Action.NOTHING: "dim", Action.HOLD_BACK: "yellow", Action.SKIP: "dim"}

JUMPS_SHOWN = 10


class RunDisplay:
    """Shows the progress of a run; a context manager.

    If a line can't be written, the run goes on, since its tables don't depend on that. The error is raised when the
    display ends.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        page = terminal.page
        self._progress = Progress(
            SpinnerColumn("dots" if page.is_unicode else "line"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=terminal.console,
            transient=True,
            disable=not terminal.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()
        self._fault: OutputError | None = None

    def __enter__(self) -> RunDisplay:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if self._fault is not None and error is None:
            raise self._fault

    def progress(self, label: str, done: int, total: int) -> None:
        """A bar for each kind of work; the first word of the label names the kind."""
        with self._lock:
            label = self._terminal.page.text(label)
            kind = label.split(" ", 1)[0]
            if kind not in self._tasks:
                self._tasks[kind] = self._progress.add_task(label, total=total)
            self._progress.update(self._tasks[kind], description=label, completed=done, total=total)
            if not self._terminal.is_terminal and done == total:
                self._show(f"{label}: {total:,} done")

    def started(self, table: str) -> None:
        with self._lock:
            self._tasks[table] = self._progress.add_task(table, total=1)

    def finished(self, report: TableReport) -> None:
        with self._lock:
            task = self._tasks.pop(report.table, None)
            if task is not None:
                self._progress.remove_task(task)
            # Tables fail because the run was asked to stop; that needs no line for each.
            if report.status in (Status.UP_TO_DATE, Status.SKIPPED) or interrupts.is_stopping():
                return
            self._show(*_line(report))

    @contextlib.contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show that something takes a while whose progress can't be measured, such as starting Spark."""
        with self._lock:
            task = self._progress.add_task(what, total=None)
            if not self._terminal.is_terminal:
                self._show(f"{what} …")
        try:
            yield
        finally:
            with self._lock:
                self._progress.remove_task(task)

    def _show(self, *parts: Part) -> None:
        if self._fault is None:
            try:
                self._terminal.show(*parts)
            except OutputError as error:
                self._fault = error


def _line(report: TableReport) -> Line:
    style = STYLES[report.status]
    if report.status == Status.UNCHANGED:
        return ("=", style), f" {report.table:<32} {report.rows:>10,} rows  {report.seconds:>6.1f} s  came out the same"
    if report.status == Status.PUBLISHED:
        return (
            ("✓", style),
            f" {report.table:<32} {report.written:>10,} rows  {report.seconds:>6.1f} s",
            f"  {report.rejected:,} rejected" if report.rejected else "",
            f"  {report.superseded:,} superseded" if report.superseded else "",
            f"  {report.withheld:,} withheld" if report.withheld else "",
            f"  in {', '.join(report.partitions)}" if report.partitions else "",
        )
    return (f"✗ {report.table}: {_status(report)}", style), f": {report.reason}"


def _status(report: TableReport) -> str:
    return report.status.replace("_", " ")


def show_summary(terminal: Terminal, report: RunReport, zones: Sequence[tuple[str, str]]) -> None:
    """Show the result of a run: its tables, what was refused, the warehouse, and where everything is."""
    ran = [table for table in report.tables if table.status not in (Status.UP_TO_DATE, Status.SKIPPED)]
    if ran:
        terminal.show_grid(_tables(ran))
    idle = [table for table in report.tables if table.status == Status.UP_TO_DATE]
    if idle and not ran:
        terminal.show(("Nothing to do", "green"), f": all {len(idle)} tables are up to date.")
    elif idle:
        terminal.show(f"{len(idle)} tables were up to date.")
    for table in report.tables:
        if table.status == Status.SKIPPED:
            terminal.show((f"{table.table} was not built: {table.reason}.", "dim"))
    _show_trouble(terminal, report)
    for publisher in report.publishers:
        if publisher.tables and publisher.publisher == "warehouse":
            terminal.show_grid(_published_tables(report.dataset, publisher))
        elif publisher.tables:
            terminal.show(f"{publisher.publisher.capitalize()}: {_sums(publisher)}.")
        if publisher.error:
            fault = f"The {publisher.publisher} was not brought up to date"
            terminal.show((fault, "bold red"), f": {publisher.error}")
    if report.error:
        terminal.show(("The run stopped early", "bold red"), f": {report.error}")
    failed = sum(table.status == Status.FAILED for table in report.tables)
    accounts: Line = ("every record is accounted for",)
    if not report.reconciled:
        accounts = (("the accounts do not add up", "bold red"),)
    elif failed:
        accounts = ((f"{failed} of {len(report.tables)} tables failed", "bold red"), " and kept their old version")
    terminal.show(f"Run {report.run_id}: {report.seconds:.1f} s, engine {report.engine}; ", *accounts, ".")
    for name, location in zones:
        terminal.show(f"  {name:<11} {location}")


def _numbers(*names: str) -> list[Column]:
    return [Column(name, right=True) for name in names]


def _tables(reports: Sequence[TableReport]) -> Grid:
    columns = [Column("table"), Column("status"), *_numbers("read", "written", "superseded", "rejected", "seconds")]
    rows: list[tuple[Part, ...]] = [
        (
            report.table,
            (_status(report), STYLES[report.status]),
            *(f"{count:,}" for count in (report.records_read, report.written, report.superseded, report.rejected)),
            f"{report.seconds:.1f}",
        )
        for report in reports
    ]
    return Grid(columns, rows, "Tables of this run")


def _published_tables(dataset: str, publisher: PublisherReport) -> Grid:
    names = list(dict.fromkeys(name for table in publisher.tables for name in table.counts))
    rows = [
        (f"{dataset}.{table.table}", *(f"{table.counts.get(name, 0):,}" for name in names), f"{table.seconds:.1f}")
        for table in publisher.tables
    ]
    return Grid([Column("table"), *_numbers(*names, "seconds")], rows, publisher.publisher.capitalize())


def _sums(publisher: PublisherReport) -> str:
    """What was done to all tables together, such as `19 tables, 40 files added`."""
    sums: Counter[str] = Counter()
    for table in publisher.tables:
        sums.update(table.counts)
    parts = [f"{len(publisher.tables)} tables", *(f"{count:,} {name}" for name, count in sums.items() if count)]
    return ", ".join(parts)


def _show_trouble(terminal: Terminal, report: RunReport) -> None:
    for path, reason in report.refused_files.items():
        terminal.show(("refused", "bold red"), f" {path}: {reason}")
    show_strays(terminal, report.files_of_no_table, report.leavings)
    show_notices(terminal, report.notices)
    for table in report.tables:
        for path, reason in table.refused_files.items():
            terminal.show(("refused", "bold red"), f" {path} ({table.table}): {reason}")
        for name, count in table.rejected_by_reason.items():
            terminal.show(("rejected", "yellow"), f" {table.table}: {count:,} × {name}")
        for name, count in table.withheld_by_reason.items():
            terminal.show(("withheld", "yellow"), f" {table.table}: {count:,} × {name}")
        for name, count in table.warnings.items():
            terminal.show(("warning", "yellow"), f" {table.table}: {count:,} × {name}")
        for key, names in table.shared_keys.items():
            text = f"{key} stands for several: {', '.join(names)}"
            terminal.show(("warning", "yellow"), f" {table.table}: {text}")
        for text in _drift(table):
            terminal.show(("drift", "yellow"), f" {table.table}: {text}")


def show_strays(
    terminal: Terminal, of_no_table: Mapping[str, str], leavings: Collection[str], *, is_cut: bool = False
) -> None:
    """Show files of the landing zone that are not read. With `is_cut` there are more than were counted."""
    if of_no_table:
        count = f"{'at least ' if is_cut else ''}{len(of_no_table):,}"
        named = [f"{path} ({reason})" for path, reason in of_no_table.items()]
        terminal.show(("warning", "yellow"), f" {count} files belong to no table: {_some(named)}")
    if leavings:
        terminal.show((f"{len(leavings):,} files that other tools left are passed over: {_some(leavings)}", "dim"))


def show_notices(terminal: Terminal, notices: Iterable[str]) -> None:
    for notice in notices:
        terminal.show(("warning", "yellow"), f" {notice}")


def _some(names: Collection[str]) -> str:
    shown = ", ".join(sorted(names)[:NAMES_SHOWN])
    return f"{shown}, and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else shown


def _drift(table: TableReport) -> Iterator[str]:
    """The changes of the table's feed, as sentences."""
    if table.unknown_columns:
        yield f"new columns that the contract does not know: {', '.join(table.unknown_columns)}"
    if table.vanished_columns:
        yield f"columns that are not delivered any more: {', '.join(table.vanished_columns)}"
    for name, values in table.unknown_values.items():
        yield f"unknown {name}: {', '.join(values)}"
    for name, (before, after) in list(table.jumps.items())[:JUMPS_SHOWN]:
        yield f"{name} jumped from {before:,} to {after:,}"
    if len(table.jumps) > JUMPS_SHOWN:
        yield f"{len(table.jumps) - JUMPS_SHOWN} more jumps are in the run's report"


def show_plan(terminal: Terminal, plan: Plan) -> None:
    """Show what a run would do with each table, and why."""
    rows = [(one.step.target.id, (str(one.action), ACTION_STYLES[one.action]), one.reason) for one in plan.steps]
    terminal.show_grid(Grid([Column("table"), Column("action"), Column("why", prose=True)], rows, "Plan"))
    for planned in plan.steps:
        for refusal in planned.refusals:
            terminal.show(("refused", "bold red"), f" {refusal.path}: {refusal.reason}")
    strays = plan.strays
    show_strays(
        terminal,
        {stray.path: stray.reason for stray in strays.of_no_table},
        [stray.path for stray in strays.leavings],
    )
    show_notices(terminal, plan.notices)
    if not plan.has_work:
        terminal.show(("Nothing to do.", "green"))
