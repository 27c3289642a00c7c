"""Which runs are alive: by process on this machine, by their beat elsewhere; a removed marker stays removed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from covid_lake import paths
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.errors import PublishConflict, StorageError
from covid_lake.store import runs
from covid_lake.store.retention import remove_leavings, vacuum
from covid_lake.store.runs import SILENCE, Marker, announced, living_runs, markers, require_announced
from covid_lake.store.storage import LocalStorage, Storage

MARKER, BEAT = "_running/covid19/mine.json", "_running/covid19/mine.beat"


def files(storage: Storage) -> list[str]:
    return [file.path for file in storage.list_files("")]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.01)


@pytest.fixture
def own(tmp_path: Path) -> Marker:
    """The marker of a run of this process."""
    storage = LocalStorage(tmp_path)
    with announced(storage, "covid19", "mine"):
        (found,) = markers(storage, "covid19")
    return found


def test_a_process_of_the_same_number_that_began_later_is_not_the_run(own: Marker) -> None:
    assert own.is_alive(own.beat)
    assert not replace(own, started="1").is_alive(own.beat)


def test_a_run_that_was_silent_for_long_is_dead(own: Marker) -> None:
    assert own.is_alive(own.beat + SILENCE)
    assert not own.is_alive(own.beat + SILENCE + timedelta(seconds=1))


@pytest.mark.parametrize("machine", ["", "another boot pid:[1]"])
def test_a_process_elsewhere_is_alive_until_it_was_silent_for_long(own: Marker, machine: str) -> None:
    """Its number says nothing here, whether such a process exists or not."""
    elsewhere = replace(own, machine=machine, started="1")
    assert elsewhere.is_alive(own.beat + SILENCE)
    assert not elsewhere.is_alive(own.beat + SILENCE + timedelta(seconds=1))


IN_A_CONTAINER = """
import sys
from covid_lake.store.runs import announced
from covid_lake.store.storage import LocalStorage
with announced(LocalStorage(sys.argv[1]), "covid19", "contained"):
    print("announced", flush=True)
    sys.stdin.read()
"""


def test_a_container_of_the_same_host_name_is_another_machine(tmp_path: Path) -> None:
    """The process has the number 1 there, and a number here under which another process runs, or none."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may make a container's numbering of processes")
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", IN_A_CONTAINER, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if process.stdout.readline() != "announced\n":
            pytest.skip(f"no container can be made here: {process.communicate()[1]}")
        storage = LocalStorage(tmp_path)
        (marker,) = markers(storage, "covid19")
        try:
            assert marker.pid == 1
            assert living_runs(storage, "covid19") == {"contained"}
            assert remove_leavings(storage, COVID19) == ()
        finally:
            process.stdin.close()


def test_a_run_beats_while_it_lasts(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(runs, "_now", lambda: "2020-01-01T00:00:00+00:00")
    with announced(storage, "covid19", "mine"):
        monkeypatch.setattr(runs, "_now", lambda: "2020-01-02T00:00:00+00:00")
        wait_until(lambda: [marker.beat.day for marker in markers(storage, "covid19")] == [2])
    assert files(storage) == []


def test_a_run_that_was_taken_for_dead_stops_beating_and_publishes_nothing(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BEAT_SECONDS", 0.01)
    with announced(storage, "covid19", "mine"):
        require_announced(storage, "covid19", "mine")
        wait_until(lambda: BEAT in files(storage))
        storage.delete([MARKER])
        with pytest.raises(PublishConflict, match="run mine was silent for so long"):
            require_announced(storage, "covid19", "mine")
        wait_until(lambda: files(storage) == [])
        assert markers(storage, "covid19") == []


class RemovesMarkerBeforeBeat:
    """A real storage in which another run removes the marker between the look at it and the beat."""

    def __init__(self, storage: Storage) -> None:
        self.storage, self.removed = storage, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.storage, name)

    def write(self, path: str, content: bytes) -> None:
        if path == BEAT or self.removed:
            self.storage.delete([MARKER])
            self.removed = True
        self.storage.write(path, content)


def test_a_beat_does_not_bring_a_removed_marker_back(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BEAT_SECONDS", 0.01)
    racing = RemovesMarkerBeforeBeat(storage)
    with announced(racing, "covid19", "mine"):
        wait_until(lambda: racing.removed)
        assert markers(storage, "covid19") == []
        with pytest.raises(PublishConflict):
            require_announced(storage, "covid19", "mine")
    assert files(storage) == []


def test_a_store_that_does_not_answer_has_not_removed_the_marker(tmp_path: Path) -> None:
    class Closed(LocalStorage):
        def list_files(self, *_: object, **__: object) -> Any:
            raise StorageError("timed out")

    with announced(LocalStorage(tmp_path), "covid19", "mine"), pytest.raises(StorageError, match="timed out"):
        require_announced(Closed(tmp_path), "covid19", "mine")


def test_vacuum_removes_beats_without_a_marker(storage: Storage) -> None:
    storage.write(BEAT, b"2020-01-01T00:00:00+00:00")
    storage.write("_running/books/gone.beat", b"2020-01-01T00:00:00+00:00")
    with announced(storage, "covid19", "other"):
        storage.write(paths.beat(paths.running("covid19", "other")), b"2020-01-01T00:00:00+00:00")
        vacuum(storage, COVID19, 1)
        kept = ["_running/books/gone.beat", "_running/covid19/other.beat", "_running/covid19/other.json"]
        assert files(storage) == kept
