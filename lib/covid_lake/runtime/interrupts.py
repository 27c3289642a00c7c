"""Ctrl-C and the other signals that stop a command: the engine ends its work, and temporary files are removed.

The first signal ends Java, or what Sail is computing, and raises `KeyboardInterrupt` in the main thread, so that
unfinished files are removed. The second one ends the process at once; the next run removes the orphaned files that it
leaves in the lake.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from covid_lake.runtime.java import allow_java, end_java, kill_java

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MESSAGE = "stopping; what was published before stays. Ctrl-C once more ends at once."
CLEAR_LINE = "\r\x1b[2K"


class _Asked:
    """What signals have done so far, and what they are to do."""

    def __init__(self) -> None:
        self.is_installed = False
        self.signal: int | None = None
        self.interrupt: Callable[[], object] | None = None


_asked = _Asked()


def stop_on_signals() -> dict[int, Any]:
    """Install handlers for SIGINT, SIGTERM and SIGHUP; returns those that were installed before.

    A signal that this process was started to ignore, as `nohup` does it, stays ignored.
    """
    before: dict[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    _asked.is_installed = True
    return before


@contextmanager
def stoppable() -> Iterator[None]:
    """Install the handlers for the duration of the block. Only the main thread gets signals: no effect in others."""
    if _asked.is_installed or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = stop_on_signals()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _asked.is_installed, _asked.signal, _asked.interrupt = False, None, None
        allow_java()


def at_stop(interrupt: Callable[[], object]) -> None:
    """Have the first signal call `interrupt`, to end what an engine is computing."""
    _asked.interrupt = interrupt


def is_stopping() -> bool:
    """Whether this process was asked to stop. A failure after that is a consequence of it."""
    return _asked.signal is not None


def exit_code() -> int:
    """The exit code of a process that was stopped by a signal: 130 for Ctrl-C, as in a shell."""
    return 128 + (_asked.signal or signal.SIGINT)


def _stop(number: int, _frame: FrameType | None) -> None:
    if _asked.signal is not None:
        kill_java()
        os._exit(exit_code())
    _asked.signal = number
    # Not through sys.stderr: the signal may have interrupted a write to it.
    with suppress(OSError):
        os.write(2, f"{CLEAR_LINE if os.isatty(2) else ''}{MESSAGE}\n".encode())
    if _asked.interrupt is not None:
        _asked.interrupt()
    end_java(for_good=True)
    raise KeyboardInterrupt
