"""Ctrl-C at any moment: it is said at once, the exit code is 130, and neither a process nor a file stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from commands import environment, landing_file, run_arguments
from covid_lake.runtime import interrupts

SECONDS = 60
SAID = "stopping; what was published before stays"


@dataclass
class Started:
    """A command at work in a process group of its own; `log` is what it says, `scratch` its folder for the moment."""

    process: subprocess.Popen[bytes]
    log: Path
    scratch: Path

    def wait_for(self, words: str) -> None:
        self.wait_until(lambda: words in self.log.read_text(encoding="utf-8"), words)

    def wait_until(self, condition, what: str) -> None:  # type: ignore[no-untyped-def]
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, f"waited in vain for: {what}"
            time.sleep(0.005)

    def java(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return [one for one in psutil.Process(self.process.pid).children() if one.name() == "java"]
        return []


@contextmanager
def started(tmp_path: Path) -> Iterator[Started]:
    """`covid-lake run` on a file of one record."""
    scratch, log = tmp_path / "scratch", tmp_path / "log"
    scratch.mkdir()
    arguments = run_arguments(landing_file(tmp_path / "in"), tmp_path / "lake")
    with log.open("wb") as target:
        process = subprocess.Popen(
            [sys.executable, "-m", "covid_lake", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=target,
            stderr=subprocess.STDOUT,
            env=environment({"TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"}),
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        yield Started(process, log, scratch)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def members(group: int) -> list[str]:
    """The living processes of the group."""
    found = []
    for process in psutil.process_iter(["name", "status"]):
        with suppress(ProcessLookupError):
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.info["name"])
    return found


def assert_nothing_is_left(run: Started, code: int) -> None:
    assert run.process.wait(SECONDS) == code, run.log.read_text(encoding="utf-8")
    assert members(run.process.pid) == []
    assert list(run.scratch.iterdir()) == []


@pytest.mark.usefixtures("needs_java")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_java_starts(number: signal.Signals, tmp_path: Path) -> None:
    with started(tmp_path) as run:
        run.wait_until(run.java, "Java")
        os.killpg(run.process.pid, number)
        assert_nothing_is_left(run, 128 + number)
    output = run.log.read_text(encoding="utf-8")
    assert output.count(SAID) == 1
    assert "Traceback" not in output
    assert "failed" not in output
    assert list((tmp_path / "lake" / "_running").glob("*")) == []


def test_ctrl_c_while_a_table_is_written(tmp_path: Path) -> None:
    """Found out from the folder that Spark writes to; what it held goes, and the lake is as it was."""
    with started(tmp_path) as run:
        run.wait_until(lambda: list((tmp_path / "lake").glob("trusted/*/*/version=*")), "a version")
        os.killpg(run.process.pid, signal.SIGINT)
        assert_nothing_is_left(run, 130)
    assert "failed" not in run.log.read_text(encoding="utf-8")
    assert list((tmp_path / "lake").glob("trusted/*/*/version=*/**/*.parquet")) == []
    assert list((tmp_path / "lake" / "_snapshots").glob("*/*.json")) == []


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    """Where the first can't: here Python is kept from cleaning up by a process that does not let go."""
    script = (
        "import sys, time\n"
        "from covid_lake.runtime.interrupts import stop_on_signals\n"
        "stop_on_signals()\n"
        "try:\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('asked', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    assert process.stdout is not None
    for said in ("ready\n", "asked\n"):
        assert process.stdout.readline() == said
        process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.stoppable():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is interrupts._stop
        assert signal.getsignal(signal.SIGTERM) is not interrupts._stop
    finally:
        signal.signal(signal.SIGHUP, before)
