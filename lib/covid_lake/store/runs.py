"""Who is at work on a lake: each run leaves a marker while it lasts, by which the next one tells a dead run's leavings
from a living one's work.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from covid_lake import paths
from covid_lake.errors import PublishConflict, StorageError
from covid_lake.store.documents import naming_damage
from covid_lake.store.storage import Storage

BEAT_SECONDS = 60.0
# A run that has not renewed its marker for so long is dead, wherever it ran.
SILENCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Marker:
    """A run as its marker has it."""

    path: str
    """Where the marker lies."""
    run_id: str
    host: str
    pid: int
    started: str
    """When the process was started, by which a later one of the same number is known; empty where the system doesn't
    say."""
    beat: datetime
    """When the run was last heard of."""

    def is_alive(self, now: datetime) -> bool:
        """Whether the run may still be at work; of another machine's only its silence can tell."""
        if now - self.beat > SILENCE:
            return False
        return self.host != socket.gethostname() or _process_runs(self.pid, self.started)


@contextmanager
def announced(storage: Storage, dataset: str, run_id: str) -> Iterator[None]:
    """Keep the marker of a run over the dataset in the lake, renewed by a thread, for as long as the block lasts."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            # A beat that is missed is made up for by the next; a store that is gone fails the run itself. A marker that
            # was taken away stays away: whoever took it may have removed this run's files.
            with suppress(StorageError):
                storage.read(paths.running(dataset, run_id))
                _write_marker(storage, dataset, run_id)

    _write_marker(storage, dataset, run_id)
    thread = threading.Thread(target=beat, name=f"marker of {run_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        storage.delete([paths.running(dataset, run_id)])


def require_announced(storage: Storage, dataset: str, run_id: str) -> None:
    """Raise `PublishConflict` where the run's marker is gone: another run took it for dead and removed its files."""
    try:
        storage.read(paths.running(dataset, run_id))
    except StorageError as error:
        raise PublishConflict(
            f"run {run_id} was silent for so long that another run took it for dead and removed what it wrote; "
            "run again"
        ) from error


def markers(storage: Storage, dataset: str) -> list[Marker]:
    """The markers of runs over the dataset, living and dead.

    A marker directly in the folder of all markers was written before markers named their dataset: it may be of any
    dataset, and so it counts for each.
    """
    found = []
    for file in storage.list_files(paths.RUNNING):
        folder = file.path.rpartition("/")[0]
        if file.path.endswith(".json") and folder in (paths.RUNNING, f"{paths.RUNNING}/{dataset}"):
            try:
                written = storage.read(file.path)
            except StorageError:  # a run that ends at this moment takes its marker away
                continue
            with naming_damage(f"{storage.root}/{file.path}"):
                content = json.loads(written)
                beat = datetime.fromisoformat(content.pop("beat"))
                found.append(Marker(path=file.path, beat=beat, **content))
    return found


def living_runs(storage: Storage, dataset: str, now: datetime | None = None) -> frozenset[str]:
    """The ids of the runs over the dataset that may still be at work."""
    moment = now or datetime.now(UTC)
    return frozenset(marker.run_id for marker in markers(storage, dataset) if marker.is_alive(moment))


def _write_marker(storage: Storage, dataset: str, run_id: str) -> None:
    content = {
        "run_id": run_id,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started": _start_of(os.getpid()),
        "beat": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    storage.write(paths.running(dataset, run_id), json.dumps(content).encode())


def _process_runs(pid: int, started: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not started or _start_of(pid) in ("", started)


def _start_of(pid: int) -> str:
    """When the process was started, in the system's own count since boot; empty where /proc doesn't tell."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return ""
