"""What a job prints: lines for a person, or JSON that CloudWatch Logs Insights can search by field."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from covid_lake.runtime import interrupts
from covid_lake.store.reports import TableReport

INFO, WARNING = "INFO", "WARNING"
Value = str | int | float | bool | Mapping[str, int] | None


class JobLog:
    """The output of a job, and who is told how its run gets on (see `pipeline.listeners.Listener`).

    With `as_json` a line is one JSON object: the time in UTC, the level, the event, the text that a person would have
    read, the fields that all lines have, and those of the event.
    """

    def __init__(self, *, as_json: bool, **always: Value) -> None:
        self._as_json, self._always = as_json, always
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Print a line as it is, whole, though several threads print."""
        with self._lock:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    def say(self, event: str, text: str, *, level: str = INFO, **fields: Value) -> None:
        """Print what happened."""
        if not self._as_json:
            self.write(text)
            return
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"time": time, "level": level, "event": event, "message": text, **self._always, **fields}
        self.write(json.dumps(line, ensure_ascii=False))

    def warn(self, text: str) -> None:
        """Print what is odd and stops nothing."""
        self.say("warning", f"warning: {text}", level=WARNING)

    def progress(self, label: str, done: int, total: int) -> None:
        if done == total:
            self.say("progress", f"{label}: {total} done", done=done)

    def started(self, table: str) -> None:
        self.say("table_started", f"{table}: started", table=table)

    def finished(self, report: TableReport) -> None:
        if interrupts.is_stopping():  # tables fail because the job was asked to stop
            return
        self.say(
            "table_finished",
            f"{report.table}: {report.status}, {report.records_read} read, {report.written} written, "
            f"{report.superseded} superseded, {report.rejected} rejected, {report.withheld} withheld, "
            f"{report.seconds} s {report.reason}",
            table=report.table,
            status=str(report.status),
            records_read=report.records_read,
            written=report.written,
            superseded=report.superseded,
            rejected=report.rejected,
            withheld=report.withheld,
            seconds=report.seconds,
        )
