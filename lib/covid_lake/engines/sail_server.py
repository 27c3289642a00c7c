"""The process that Sail runs in.

A process of its own, because Sail takes over Ctrl-C in whatever process it runs in, and so that a fault in its native
code ends Sail and not the command. It ends with the process that started it, even if that is killed.
"""

from __future__ import annotations

import os
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
WORDS_KEPT: Final = 300


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
            env={**os.environ, "RUST_LOG": os.environ.get("RUST_LOG", "error"), "PYTHONWARNINGS": "ignore"},
            start_new_session=True,  # Ctrl-C in a terminal goes to all processes of a session
        )
        port = process.stdout.readline().strip() if process.stdout else ""
        if port.isdigit():
            return cls(int(port), process, said)
        process.kill()
        process.wait()
        said.seek(0)
        words = said.read().decode(errors="replace").strip()[-WORDS_KEPT:]
        raise LakeError(
            f"Sail does not start: {words or f'exit code {process.returncode}'}. Run 'make setup', or choose the other "
            "engine with --engine spark"
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
