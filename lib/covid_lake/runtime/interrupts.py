"""Ctrl-C, and what else asks a command to stop: it is said at once, Java ends, and nothing stays behind.

The first signal ends Java and raises `KeyboardInterrupt` in the main thread, so that what is being written is removed.
The second one ends the process where it stands; what it leaves in the lake is removed by the next run.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from covid_lake.runtime.java import allow_java, end_java, kill_java

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MESSAGE = "stopping; what was published before stays. Ctrl-C once more ends at once."
CLEAR_LINE = "\r\x1b[2K"


class _Asked:
    """Whether this process was asked to stop, and by which signal."""

    def __init__(self) -> None:
        self.is_heard = False
        self.signal: int | None = None


_asked = _Asked()


def stop_on_signals() -> dict[int, Any]:
    """Stop in good order on SIGINT, SIGTERM and SIGHUP from now on; returns the handlers of before.

    A signal that the caller has this process ignore, as `nohup` does, stays ignored.
    """
    before: dict[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    _asked.is_heard = True
    return before


@contextmanager
def stoppable() -> Iterator[None]:
    """Stop in good order while the block lasts. Of no effect outside of the main thread, which alone hears signals."""
    if _asked.is_heard or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = stop_on_signals()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _asked.is_heard, _asked.signal = False, None
        allow_java()


def is_stopping() -> bool:
    """Whether this process was asked to stop: what fails from then on fails because of that."""
    return _asked.signal is not None


def exit_code() -> int:
    """What a process answers that was asked to stop: 130 for Ctrl-C, as a shell has it."""
    return 128 + (_asked.signal or signal.SIGINT)


def _stop(number: int, _frame: FrameType | None) -> None:
    if _asked.signal is not None:
        kill_java()
        os._exit(exit_code())
    _asked.signal = number
    # Not through sys.stderr, in the midst of whose writing this may come.
    with suppress(OSError):
        os.write(2, f"{CLEAR_LINE if os.isatty(2) else ''}{MESSAGE}\n".encode())
    end_java(for_good=True)
    raise KeyboardInterrupt
