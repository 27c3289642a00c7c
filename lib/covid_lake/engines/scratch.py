"""A folder for temporary files that is removed at the end, or by the next process that wants one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

PREFIX: Final = "covid-lake-scratch-"
LOCK: Final = "lock"


class Scratch:
    """A folder that only this user may enter. It is locked as long as this process lives."""

    def __init__(self) -> None:
        _remove_dead()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Named as a lock only once it is locked: another thread or process would take the folder for a dead one's.
        unlocked = self.folder / f"{LOCK}.new"
        self._lock = os.open(unlocked, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unlocked.rename(self.folder / LOCK)

    def new(self, name: str) -> Path:
        """A new folder below this one."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))

    def remove(self) -> None:
        """Remove the folder with everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            os.close(self._lock)


def _remove_dead() -> None:
    """Remove the folders of processes that were killed: nobody holds their lock."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        try:
            held = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
        except OSError:  # another user's, or removed meanwhile
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)
        except BlockingIOError:  # its process lives
            continue
        finally:
            os.close(held)
