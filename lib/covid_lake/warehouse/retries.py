"""How long a load may take, and how often its transaction is begun again after a conflict or a lost connection."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from covid_lake.warehouse.faults import DeadlineExceeded, Transient, Unreachable

DEFAULT_MINUTES = 60
ATTEMPTS = 5
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0

Result = TypeVar("Result")


@dataclass(slots=True)
class Deadline:
    """The end of the time that a load may take. Statements that run at that moment are cancelled."""

    minutes: float = DEFAULT_MINUTES
    """How long the load may take from now on."""
    clock: Callable[[], float] = time.monotonic
    """Gives the time in seconds."""
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = self.clock() + self.minutes * 60

    @property
    def seconds_left(self) -> float:
        """How many seconds are left; less than zero once the time is up."""
        return self._end - self.clock()

    def require_time(self, doing: str) -> float:
        """The seconds that are left; `DeadlineExceeded` if there are none."""
        left = self.seconds_left
        if left <= 0:
            raise self.exceeded(doing)
        return left

    def exceeded(self, doing: str) -> DeadlineExceeded:
        """The error for a load whose time is up."""
        return DeadlineExceeded(
            f"the load took longer than {self.minutes:g} minutes and was cancelled while it was {doing}; the warehouse "
            "keeps its old data. Another load or a session with an open transaction may hold a lock on the tables; if "
            "the load needs more time, give it more (--load_minutes in a job, --load-minutes in the command)"
        )


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is tried, and how long is waited in between."""

    attempts: int = ATTEMPTS
    """How often it is tried in all."""
    sleep: Callable[[float], None] = time.sleep
    """Waits for so many seconds."""
    jitter: Callable[[], float] = random.random
    """A number from 0 to 1: two loads that met wait for different times."""

    def persist(self, work: Callable[[], Result], deadline: Deadline, told: Callable[[str], None]) -> Result:
        """Do the work; after a `Transient` fault again, until it succeeds, or attempts or time run out.

        A warehouse that can't be reached is tried again, too, if it was reached before: it may be restarting.

        Waits twice as long each time, up to `LONGEST_WAIT_SECONDS`, of which half is a matter of chance. `told` is
        called with what happened before each wait. Anything else that the work raises is raised at once.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return work()
            except (Transient, Unreachable) as fault:
                if isinstance(fault, Unreachable) and attempt == 1:  # more likely a wrong address than a restart
                    raise
                wait = min(FIRST_WAIT_SECONDS * 2 ** (attempt - 1), LONGEST_WAIT_SECONDS) * (0.5 + self.jitter() / 2)
                if attempt >= self.attempts or deadline.seconds_left <= wait:
                    raise
                told(
                    f"{_first_line(fault)}; trying again in {wait:.1f} s ({attempt} of {self.attempts} attempts failed)"
                )
                self.sleep(wait)


def _first_line(fault: Exception) -> str:
    return str(fault).splitlines()[0]
