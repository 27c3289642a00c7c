"""The process that Sail runs in.

A process of its own, because Sail takes over Ctrl-C in whatever process it runs in, and so that a fault in its native
code ends Sail and not the command. It ends with the process that started it, even if that is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import IO, Any, Final

from covid_lake.errors import LakeError

# Waits at its standard input, which closes when the process that started it ends in whatever way.
PROGRAM: Final = """
import os, sys
from pysail.spark import SparkConnectServer
server = SparkConnectServer("127.0.0.1", 0)
server.start()
print(server.listening_address[1], flush=True)
sys.stdin.read()
os._exit(0)
"""
LONGEST: Final = 300
GRACE_SECONDS: Final = 0.2
# Sail reads its settings from variables that begin so; those of another Sail are not passed on.
FOREIGN_PREFIX: Final = "SAIL_"
# Files of one name may follow each other quickly: none is remembered from an earlier look.
SETTINGS: Final = {
    "SAIL_PARQUET__FILE_METADATA_CACHE__TYPE": "none",
    "SAIL_PARQUET__FILE_STATISTICS_CACHE__TYPE": "none",
    "RUST_LOG": "error",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True, slots=True)
class SailServer:
    """A running server."""

    port: int
    """Where it listens, on this machine only."""
    _process: subprocess.Popen[str]
    _said: IO[bytes]

    @classmethod
    def start(cls) -> SailServer:
        """Start a server on a free port; raises `LakeError`, which says why, if it does not start."""
        said = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed when the server ends
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env=_environment(),
            start_new_session=True,  # Ctrl-C in a terminal goes to all processes of a session
        )
        port = process.stdout.readline().strip() if process.stdout else ""
        if port.isdigit():
            return cls(int(port), process, said)
        process.kill()
        process.wait()
        said.seek(0)
        lines = said.read().decode(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), f"exit code {process.returncode}")
        raise LakeError(
            f"Sail does not start: {last[:LONGEST]}. Run 'make setup', or choose the other engine with --engine spark"
        )

    def fault(self) -> str | None:
        """Why the server has ended, and what to do about it; None while it runs."""
        try:
            code = self._process.wait(GRACE_SECONDS)  # its connections break a moment before it is gone
        except subprocess.TimeoutExpired:
            return None
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return (
            f"Sail {how} while it computed. Where that was for want of memory, do less at a time with --only; "
            "or choose the other engine with --engine spark"
        )

    def kill(self) -> None:
        """End the server at once, with whatever it is computing."""
        self._process.kill()

    def end(self) -> None:
        """End the server, and wait until its process is gone."""
        self.kill()
        self._process.wait()
        streams: tuple[Any, ...] = (self._process.stdin, self._process.stdout, self._said)
        for stream in streams:
            stream.close()


def _environment() -> dict[str, str]:
    passed_on = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_PREFIX)}
    return {**passed_on, **SETTINGS}
