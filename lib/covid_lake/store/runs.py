"""Which runs are at work on a lake. Each run keeps a marker in the lake while it lasts; the next run removes the files
of a run whose marker is there although the run is dead.

A run renews a file of its own beside the marker, its beat, and never the marker itself: so a marker that another run
removed stays removed, whatever its run does at that moment. A beat without its marker counts for nothing.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
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
    """A run, as its marker and its beat have it."""

    path: str
    """Where the marker lies."""
    run_id: str
    machine: str
    """The run's `this_machine()`; empty where the system does not say, and in markers of older versions."""
    pid: int
    """The run's process on that machine."""
    started: str
    """When the process was started, by which a later one of the same number is known; empty where the system does not
    say."""
    beat: datetime
    """When the run was last known to be at work."""

    def is_alive(self, now: datetime) -> bool:
        """Whether the run may still be at work. A process of another machine cannot be looked at; its beat decides."""
        if now - self.beat > SILENCE:
            return False
        is_here = self.machine != "" and self.machine == this_machine()
        return not is_here or _process_runs(self.pid, self.started)


@contextmanager
def announced(storage: Storage, dataset: str, run_id: str) -> Iterator[None]:
    """Keep the marker of a run over the dataset in the lake, with its beat, for as long as the block lasts."""
    marker, ended = paths.running(dataset, run_id), threading.Event()

    def keep_beating() -> None:
        while not ended.wait(BEAT_SECONDS):
            # A missed beat does no harm, the next one follows soon. If the store stays away, the run itself fails.
            with suppress(StorageError):
                if not _is_there(storage, marker):
                    storage.delete([paths.beat(marker)])
                    return
                storage.write(paths.beat(marker), _now().encode())

    content = {
        "run_id": run_id,
        "host": socket.gethostname(),
        "machine": this_machine(),
        "pid": os.getpid(),
        "started": _start_of(os.getpid()),
        "beat": _now(),
    }
    storage.write(marker, json.dumps(content).encode())
    thread = threading.Thread(target=keep_beating, name=f"beat of {run_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        storage.delete([marker, paths.beat(marker)])


def require_announced(storage: Storage, dataset: str, run_id: str) -> None:
    """Raise `PublishConflict` where the run's marker is gone: another run took it for dead and removed its files."""
    if not _is_there(storage, paths.running(dataset, run_id)):
        raise PublishConflict(
            f"run {run_id} was silent for so long that another run took it for dead and removed what it wrote; "
            "run again"
        )


def markers(storage: Storage, dataset: str) -> list[Marker]:
    """The markers of runs over the dataset, living and dead.

    A marker directly in the folder of all markers was written before markers named their dataset: it may be of any
    dataset, and so it counts for each.
    """
    files = _running_files(storage, dataset)
    found = []
    for path in (path for path in files if path.endswith(".json")):
        written = _read(storage, path)
        if written is None:
            continue
        with naming_damage(f"{storage.root}/{path}"):
            content = json.loads(written)
            marker = Marker(
                path=path,
                run_id=content["run_id"],
                machine=content.get("machine", ""),
                pid=content["pid"],
                started=content["started"],
                beat=datetime.fromisoformat(content["beat"]),
            )
        beat = _read(storage, paths.beat(path)) if paths.beat(path) in files else None
        if beat is not None:
            with naming_damage(f"{storage.root}/{paths.beat(path)}"):
                marker = replace(marker, beat=datetime.fromisoformat(beat))
        found.append(marker)
    return found


def living_runs(storage: Storage, dataset: str, now: datetime | None = None) -> frozenset[str]:
    """The ids of the runs over the dataset that may still be at work."""
    moment = now or datetime.now(UTC)
    return frozenset(marker.run_id for marker in markers(storage, dataset) if marker.is_alive(moment))


def lone_beats(storage: Storage, dataset: str) -> list[str]:
    """The paths of beats whose marker is gone: their run died just after another run had removed its marker."""
    files = _running_files(storage, dataset)
    with_marker = {paths.beat(path) for path in files if path.endswith(".json")}
    return [path for path in files if path.endswith(paths.BEAT) and path not in with_marker]


def this_machine() -> str:
    """What process numbers are unique in: the system since it was booted, and there the container's own numbering.

    Host names are no help, many containers share one. Empty where the system has no /proc.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _running_files(storage: Storage, dataset: str) -> list[str]:
    """The paths of markers and beats of the dataset, and of those that name no dataset."""
    folders = (paths.RUNNING, f"{paths.RUNNING}/{dataset}")
    return [file.path for file in storage.list_files(paths.RUNNING) if file.path.rpartition("/")[0] in folders]


def _read(storage: Storage, path: str) -> str | None:
    """The file's text; None where it is gone, for a run that ends at this moment takes its marker away."""
    try:
        return storage.read(path).decode()
    except StorageError:
        return None


def _is_there(storage: Storage, marker: str) -> bool:
    """Whether the marker lies in the lake; a store that does not answer is a `StorageError`, and not a no."""
    return any(file.path == marker for file in storage.list_files(marker.rpartition("/")[0]))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


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
