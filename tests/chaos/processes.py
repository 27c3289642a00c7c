"""The real command in a process group of its own, so that it can be killed as a whole, its Java engine too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

COMMAND_SECONDS = 600.0
DEATH_SECONDS = 30.0
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Ended:
    """How a command ended, and all that it said on either channel."""

    code: int
    output: str
    seconds: float


@dataclass
class Started:
    """A command that is at work. `log` is the file that it writes to."""

    process: subprocess.Popen[bytes]
    log: Path
    began: float

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def wait(self, seconds: float = COMMAND_SECONDS) -> Ended:
        """How the command ended; `TimeoutExpired` where it has not after so long, and then it is killed."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return Ended(code, self.output, time.monotonic() - self.began)

    def kill(self) -> Ended:
        """SIGKILL for the whole group; returns when no process of it is left."""
        group = self.process.pid
        with suppress(ProcessLookupError):  # all of it had ended
            os.killpg(group, signal.SIGKILL)
        code = self.process.wait(DEATH_SECONDS)
        deadline = time.monotonic() + DEATH_SECONDS
        while _members(group):
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes of group {group} outlived SIGKILL: {_members(group)}")
            time.sleep(0.01)
        return Ended(code, self.output, time.monotonic() - self.began)


@contextmanager
def started(*arguments: str, scratch: Path, environment: Mapping[str, str] | None = None) -> Iterator[Started]:
    """`covid-lake` with these arguments, at work; whatever is left of it when the block ends is killed.

    Its log and all that it and its engine keep for the moment lie in `scratch`.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    place = str(scratch)
    settings = {
        "TMPDIR": place,
        "COVID_LAKE_DRIVER_MEMORY": "1g",
        "PYTHONUNBUFFERED": "1",
    }
    log = scratch / f"{time.monotonic_ns()}.log"
    with log.open("wb") as target:
        process = subprocess.Popen(
            [sys.executable, "-m", "covid_lake.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=target,
            stderr=subprocess.STDOUT,
            env={**os.environ, **settings, **(environment or {})},
            start_new_session=True,
        )
    command = Started(process, log, time.monotonic())
    try:
        yield command
    finally:
        command.kill()


def run_command(*arguments: str, scratch: Path, environment: Mapping[str, str] | None = None) -> Ended:
    """`covid-lake` with these arguments, to its end."""
    with started(*arguments, scratch=scratch, environment=environment) as command:
        return command.wait()


def _members(group: int) -> list[int]:
    """The living processes of a process group; one that only waits to be asked for its exit code is dead."""
    members = []
    for process in psutil.process_iter(["status"]):
        try:
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
        except ProcessLookupError:
            continue
    return members
