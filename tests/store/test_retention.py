"""What a dead run left goes when the next one begins; what readers see, and what a living run writes, stays."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from covid_lake import paths
from covid_lake.datasets.covid19.contracts import COVID19, HOSPITAL_BEDS
from covid_lake.store.retention import remove_leavings
from covid_lake.store.runs import announced
from covid_lake.store.storage import LocalStorage, Storage
from small_lake import publish_rows

BEDS = "covid19_trusted.hospital_beds"
UNFINISHED = "landing/covid19/rearc-usa-hospital-beds/csv/.usa-hospital-beds.csv.0a1b2c3d.tmp"


def mark(storage: Storage, run_id: str, pid: int) -> None:
    """A run's marker, as the process of that number would leave it."""
    beat = datetime.now(UTC).isoformat(timespec="seconds")
    content = {"run_id": run_id, "host": socket.gethostname(), "pid": pid, "beat": beat}
    storage.write(paths.running(run_id), json.dumps(content).encode())


def dead_process() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def remains(storage: Storage) -> set[str]:
    return {file.path for file in storage.list_files("")}


def test_the_next_run_removes_what_a_dead_one_wrote_and_not_what_it_published(storage: Storage) -> None:
    publish_rows(storage, "dead", {BEDS: []})
    published = remains(storage)
    storage.write(f"{paths.version(HOSPITAL_BEDS, 'gone')}/part-0.parquet", b"half")
    storage.write(f"{paths.quarantine_version('covid19', 'hospital_beds', 'gone')}/part-0.parquet", b"half")
    for run_id in ("dead", "gone"):
        mark(storage, run_id, dead_process())
    with announced(storage, "next"):
        assert set(remove_leavings(storage, COVID19, "next")) == {"dead", "gone"}
    assert remains(storage) == published


def test_folders_without_a_file_go_too(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    mark(storage, "gone", dead_process())
    folder = tmp_path / paths.version(HOSPITAL_BEDS, "gone")
    (folder / "_temporary" / "0").mkdir(parents=True)
    with announced(storage, "next"):
        remove_leavings(storage, COVID19, "next")
    assert not folder.exists()


def test_a_file_that_was_never_finished_goes(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    mark(storage, "gone", dead_process())
    (tmp_path / UNFINISHED).parent.mkdir(parents=True)
    (tmp_path / UNFINISHED).write_bytes(b"half")
    with announced(storage, "next"):
        remove_leavings(storage, COVID19, "next")
    assert remains(storage) == set()


def test_while_another_run_is_at_work_unfinished_files_wait_for_the_run_after(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    mark(storage, "gone", dead_process())
    storage.write(f"{paths.version(HOSPITAL_BEDS, 'gone')}/part-0.parquet", b"half")
    (tmp_path / UNFINISHED).parent.mkdir(parents=True)
    (tmp_path / UNFINISHED).write_bytes(b"perhaps the other's")
    with announced(storage, "other"):
        with announced(storage, "next"):
            remove_leavings(storage, COVID19, "next")
        assert remains(storage) == {UNFINISHED, paths.running("gone"), paths.running("other")}
    with announced(storage, "after"):
        assert remove_leavings(storage, COVID19, "after") == ("gone",)
    assert remains(storage) == set()
