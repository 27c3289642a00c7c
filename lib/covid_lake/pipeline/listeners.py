"""Who is told how a run goes, and why a fault of theirs does not disturb it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from covid_lake.store.reports import TableReport


class Listener(Protocol):
    """Who is told how a run goes; the command line draws bars of it."""

    def progress(self, label: str, done: int, total: int) -> None:
        """`done` of `total` units of the work called `label`."""
        ...

    def started(self, table: str) -> None:
        """A table's step begins."""
        ...

    def finished(self, report: TableReport) -> None:
        """A table's step has ended."""
        ...


class Silent:
    """Hears how a run goes and says nothing."""

    def progress(self, label: str, done: int, total: int) -> None:
        pass

    def started(self, table: str) -> None:
        pass

    def finished(self, report: TableReport) -> None:
        pass


@dataclass(slots=True)
class Undisturbed:
    """Passes everything on to a listener until that raises; from then on nothing more.

    What cannot be shown must neither fail a table that was published nor keep the run from writing its report. The
    run raises the fault when it has ended.
    """

    listener: Listener
    fault: Exception | None = None
    """What the listener raised first."""

    def progress(self, label: str, done: int, total: int) -> None:
        self._tell(lambda: self.listener.progress(label, done, total))

    def started(self, table: str) -> None:
        self._tell(lambda: self.listener.started(table))

    def finished(self, report: TableReport) -> None:
        self._tell(lambda: self.listener.finished(report))

    def _tell(self, call: Callable[[], None]) -> None:
        if self.fault is not None:
            return
        try:
            call()
        except Exception as error:
            self.fault = error
