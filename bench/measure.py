"""A process and all its children, watched from start to end: wall time, processor time, memory. Linux only."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CORES = 2
INTERVAL_SECONDS = 0.02
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
FINISHED = b"finished"


@dataclass(frozen=True, slots=True)
class Measurement:
    """`seconds` from the start of the process to its word that the last file is written, `exit_seconds` to its end.

    `cpu_seconds` and `peak_bytes` are sums over the process and its children; memory is what is resident, looked at
    every 20 ms, pages that two processes share counted twice.
    """

    seconds: float
    exit_seconds: float
    cpu_seconds: float
    peak_bytes: int


def measure(command: Sequence[str], log: Path) -> Measurement:
    """Run the command on two cores; raises `SystemExit` where it fails, with the end of its log."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    environment = {**os.environ, "POLARS_MAX_THREADS": str(len(cores)), "PYTHONWARNINGS": "ignore"}
    with log.open("wb") as errors:
        began = time.monotonic()
        process = subprocess.Popen(
            ["taskset", "-c", ",".join(map(str, cores)), *command],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
        )
        finished, printed = 0.0, b""
        cpu: dict[int, float] = {}
        peak = 0
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            is_open = True
            while is_open:
                if selector.select(INTERVAL_SECONDS):
                    chunk = os.read(process.stdout.fileno(), 1 << 16)
                    printed += chunk
                    is_open = bool(chunk)
                    if not finished and FINISHED in printed:
                        finished = time.monotonic() - began
                peak = max(peak, _look(process.pid, cpu))
        code = process.wait()
        ended = time.monotonic() - began
    if code or not finished:
        raise SystemExit(f"{' '.join(command)} failed:\n{printed.decode()}\n{log.read_text()[-2000:]}")
    return Measurement(finished, ended, sum(cpu.values()), peak)


def _look(root: int, cpu: dict[int, float]) -> int:
    """Note the processor time of every process below `root`, and return what memory they hold together."""
    resident = 0
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        try:
            resident += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            cpu[pid] = (int(fields[11]) + int(fields[12])) / TICKS
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return resident
