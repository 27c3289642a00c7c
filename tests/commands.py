"""The command as a process of its own, for what only a process shows: its environment, its user, its signals."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HEADER = (
    "FIPS,Admin2,Province_State,Country_Region,Last_Update,Lat,Long_,Confirmed,Deaths,Recovered,Active,Combined_Key"
)
DAY = "jhu-daily-reports/03-01-2020.csv"
TABLE = "jhu_daily_reports"
COMMAND_SECONDS = 240
LIBRARY = Path(__file__).resolve().parents[1] / "lib"


def landing_file(folder: Path, updates: Sequence[str] = ("2020-03-01 12:00:00",)) -> Path:
    """A folder to land from: one daily report, with a province for each time of the last update."""
    file = folder / DAY
    file.parent.mkdir(parents=True)
    rows = [f',,P{i},Germany,{update},54,9,10,1,2,7,"P{i}, Germany"' for i, update in enumerate(updates)]
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return folder


def run_arguments(source: Path, lake: Path) -> list[str]:
    return ["run", "covid19", "--from", str(source), "--lake", str(lake), "--only", TABLE]


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """This process's environment with changes; None takes a variable out."""
    path = os.pathsep.join(filter(None, (str(LIBRARY), os.environ.get("PYTHONPATH"))))
    merged = {**os.environ, "PYTHONPATH": path, "COVID_LAKE_DRIVER_MEMORY": "1g", **(changes or {})}
    return {name: value for name, value in merged.items() if value is not None}


def command(
    *arguments: str, changes: Mapping[str, str | None] | None = None, before: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `covid-lake` to its end, with both channels of its output in one; `before` is what starts it."""
    return subprocess.run(
        [*before, sys.executable, "-m", "covid_lake", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=environment(changes),
        timeout=COMMAND_SECONDS,
        check=False,
    )


def shows_trace(output: str) -> bool:
    """Whether a stack trace of Python or of Java is in the output."""
    return re.search(r"^Traceback|^\s+at \S+\(|^Caused by:|^\s+File \"", output, re.MULTILINE) is not None
