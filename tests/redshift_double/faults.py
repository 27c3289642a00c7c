"""Faults that a test asks the double for: an error, a broken connection or silence, at the n-th statement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, auto
from threading import Event


class Moment(StrEnum):
    """What goes wrong with a statement."""

    ERROR = auto()
    """The statement is answered with an error and not run."""
    BEFORE = auto()
    """The connection breaks before the server has the statement."""
    AFTER = auto()
    """The server runs the statement, and the connection breaks before the client hears of it."""
    HOLD = auto()
    """The statement waits until the test lets it go on, and is run then."""


@dataclass(frozen=True, slots=True)
class ServerError:
    """An error as a server sends it."""

    message: str
    state: str
    detail: str = ""


# c_serial_isolation-serializable-isolation-troubleshooting; as clients see it: SQL state XX000, the message "1023".
SERIALIZABLE_CONFLICT = ServerError(
    "1023",
    "XX000",
    "Serializable isolation violation on table - 108263, transactions forming the cycle are: 647, 648 (pid:23)",
)

# Any failure that is not worth another attempt.
DISK_FULL = ServerError("Disk Full", "XX000", "error: Disk Full code: 1016")
LONGEST_HOLD_SECONDS = 60


def every_statement(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, which happens once."""

    moment: Moment
    at: int = 1
    """At which of the matching statements, counted from 1 and over all connections."""
    matching: Callable[[str], bool] = every_statement
    """Which statements count; as the client wrote them."""
    error: ServerError = SERIALIZABLE_CONFLICT
    """What is answered where the moment is `ERROR`."""
    reached: Event = field(default_factory=Event)
    """Set when it happens."""
    released: Event = field(default_factory=Event)
    """To be set by the test where the moment is `HOLD`."""
