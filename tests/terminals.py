"""Commands as people start them: at a terminal of some width, or with their output elsewhere."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

COMMAND = (sys.executable, "-m", "covid_lake.cli")
LINES = 50


def at_terminal(columns: int, *arguments: str | Path) -> str:
    """What the command prints at a terminal without colours; line feeds alone end its lines."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**environment, "TERM": "xterm", "NO_COLOR": "1"},
    )  # fmt: skip
    os.close(theirs)
    printed = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:  # the command has ended, and closed the terminal's other side
            break
        if not some:
            break
        printed += some
    os.close(ours)
    assert command.wait() == 0, printed
    for style in (b"\x1b[0m", b"\x1b[1m", b"\x1b[2m", b"\x1b[3m"):
        printed = printed.replace(style, b"")
    return printed.decode().replace("\r\n", "\n")


def elsewhere(
    *arguments: str | Path, environment: Mapping[str, str] | None = None, **settings: object
) -> subprocess.CompletedProcess[bytes]:
    """Run the command with its output in a pipe, or as `subprocess.run` is told."""
    given = {"capture_output": True, **settings} if "stdout" not in settings else {"stderr": -1, **settings}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], check=False, env={**os.environ, **(environment or {})}, **given
    )  # type: ignore[call-overload,no-any-return]
