"""Two at once on one lake, as processes of their own: exactly one publishes a version, and no other is lost.

`make chaos` lets the real command run against itself twenty times; here it does once, and publishing itself twenty
times, on disk and in S3.
"""

from __future__ import annotations

import multiprocessing
import shutil
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import NamedTuple

import pytest

from covid_lake.contracts import Table
from covid_lake.datasets import registry
from covid_lake.engines.protocol import Engine
from covid_lake.errors import PublishConflict
from covid_lake.store.retention import read_snapshots
from covid_lake.store.snapshots import DataFile, Manifest, current_snapshot, publish, read_manifest
from covid_lake.store.storage import Storage, open_storage
from due_lake import DELIVERED, TABLE, lake_with_delivery, run_here, undisturbed, without_last_record
from lake_runs import BuiltLake
from lake_state import DATASET, differences, leavings, readers_state, view_faults
from pairs import run_pair
from processes import started
from trials import Scenario, copy_lake

ROUNDS = 20
WAIT_SECONDS = 120


class Published(NamedTuple):
    """What came of one attempt: the number of the snapshot, or what was said where another was first."""

    round: int
    table: str
    version: str
    number: int
    said: str = ""


def publish_rounds(location: str, writer: str, table_name: str, start: Barrier, found: Queue[Published]) -> None:
    """In each round, read the lake when the other has done so too, and publish at the same moment."""
    storage, table = open_storage(location), registry.find_table(table_name).contract
    for number in range(ROUNDS):
        start.wait(WAIT_SECONDS)
        base = current_snapshot(storage, DATASET)
        start.wait(WAIT_SECONDS)
        version = f"{number}-{writer}"
        manifest = Manifest(table.id, version, (DataFile(f"version={version}/part-0.parquet", 1, 1),), version, {})
        try:
            snapshot = publish(storage, base, version, [(table, manifest)])
            found.put(Published(number, table.id, version, snapshot.number))
        except PublishConflict as conflict:
            found.put(Published(number, table.id, version, 0, str(conflict)))


def publish_at_once(storage: Storage, *table_names: str) -> list[Published]:
    """What came of it when one process for each of the tables published it in each round."""
    context = multiprocessing.get_context("spawn")
    start, found = context.Barrier(len(table_names)), context.Queue()
    writers = [
        context.Process(target=publish_rounds, args=(storage.root, f"writer{number}", name, start, found))
        for number, name in enumerate(table_names)
    ]
    for writer in writers:
        writer.start()
    outcomes = [found.get(timeout=WAIT_SECONDS) for _ in range(ROUNDS * len(writers))]
    for writer in writers:
        writer.join(WAIT_SECONDS)
        assert writer.exitcode == 0
    return outcomes


def test_of_two_that_publish_one_table_one_wins_each_of_twenty_times(storage: Storage) -> None:
    outcomes = publish_at_once(storage, "covid19_trusted.state_abv", "covid19_trusted.state_abv")
    won = sorted(outcome for outcome in outcomes if outcome.number)
    lost = [outcome for outcome in outcomes if not outcome.number]
    assert [(one.round, one.number) for one in won] == [(number, number + 1) for number in range(ROUNDS)]
    assert sorted(one.round for one in lost) == list(range(ROUNDS))
    assert all("trusted.state_abv: another run published a version" in one.said for one in lost)
    snapshots = read_snapshots(storage, DATASET)
    assert [(one.number, one.tables["trusted.state_abv"].version) for one in snapshots] == [
        (one.number, one.version) for one in won
    ]


def test_of_two_that_publish_two_tables_neither_is_lost_twenty_times(storage: Storage) -> None:
    names = ("covid19_trusted.state_abv", "covid19_trusted.country_code")
    outcomes = publish_at_once(storage, *names)
    assert sorted(one.number for one in outcomes) == list(range(1, 2 * ROUNDS + 1))
    snapshots = read_snapshots(storage, DATASET)
    assert [snapshot.number for snapshot in snapshots] == list(range(1, 2 * ROUNDS + 1))
    for one in outcomes:
        assert snapshots[one.number - 1].tables[one.table].version == one.version
    tables: list[Table] = [registry.find_table(name).contract for name in names]
    for table in tables:
        entry = snapshots[-1].tables[table.id]
        assert entry.version.startswith(f"{ROUNDS - 1}-")
        assert read_manifest(storage, table, entry.version).rows == 1


@pytest.fixture
def due(built_lake: BuiltLake, tmp_path: Path) -> Path:
    return lake_with_delivery(built_lake, tmp_path / "due")


def test_two_runs_at_once_on_one_lake(engine: Engine, due: Path, tmp_path: Path) -> None:
    blank = Scenario("pair", due, ("run", DATASET, "--only", TABLE), {}, {}, {}, 0.0)
    pair = run_pair(undisturbed(engine, blank, tmp_path / "done", TABLE), tmp_path / "pair")
    assert pair.faults == []


def test_files_are_landed_while_a_run_reads_them(engine: Engine, due: Path, tmp_path: Path) -> None:
    """The run takes the file as it finds it, or says that it changed; the run after has the newer one."""
    source = tmp_path / "source" / DELIVERED
    source.parent.mkdir(parents=True)
    shutil.copy2(due / "landing" / DATASET / DELIVERED, source)
    without_last_record(source)
    landed = tmp_path / "landed"
    copy_lake(due, landed)
    shutil.copy2(source, landed / "landing" / DATASET / DELIVERED)
    assert run_here(engine, landed).code == 0

    with (
        started("run", DATASET, "--only", TABLE, "--lake", str(due), scratch=tmp_path / "one") as run,
        started(
            "land", DATASET, "--from", str(tmp_path / "source"), "--lake", str(due), scratch=tmp_path / "two"
        ) as landing,
    ):
        assert landing.wait().code == 0
        ended = run.wait()
    assert ended.code == 0 or "changed" in ended.output, ended.output
    assert view_faults(due) == []
    assert run_here(engine, due).code == 0
    assert differences(readers_state(due), readers_state(landed)) == []
    assert leavings(due) == []
