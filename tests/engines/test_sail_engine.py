"""What the library makes up for where it runs on Sail, and how Sail's process ends."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from commands import environment
from covid_lake.datasets.covid19 import contracts as c
from covid_lake.engines import scratch as scratch_module
from covid_lake.engines.protocol import Engine
from covid_lake.engines.scratch import Scratch
from covid_lake.errors import LakeError, SettingsError, StorageError
from covid_lake.runtime import engine_choice
from covid_lake.runtime.engine_choice import SAIL, SPARK, chosen_engine
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import LocalStorage

SECONDS = 20


@pytest.fixture
def on_sail(engine: Engine) -> Engine:
    if not engine.name.startswith("Sail"):
        pytest.skip("of Sail, which is not the engine of these tests")
    return engine


def start_and_wait() -> subprocess.Popen[str]:
    """A process that has started Sail, and says the id of Sail's process."""
    script = (
        "import time, covid_lake.engines.sail as s; e = s.SailEngine.start(); "
        "print(e._server._process.pid, flush=True); time.sleep(60)"
    )
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment())


def test_sail_ends_with_the_process_that_started_it(on_sail: Engine) -> None:
    process = start_and_wait()
    assert process.stdout is not None
    sail = int(process.stdout.readline())
    assert psutil.pid_exists(sail)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + SECONDS
    while psutil.pid_exists(sail) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(sail)


CHILDREN_BESIDE_QUERIES = """
import os, subprocess, sys, threading
from covid_lake.engines.sail import SailEngine

engine, over = SailEngine.start(), threading.Event()

def ask():
    while not over.is_set():
        engine.session.range(10).collect()

asking = [threading.Thread(target=ask) for _ in range(3)]
for thread in asking:
    thread.start()
said = [subprocess.run(["echo", "here"], capture_output=True, preexec_fn=os.getpid).stdout for _ in range(60)]
over.set()
for thread in asking:
    thread.join()
print(said.count(b"here\\n"))
"""


def test_processes_that_are_started_beside_queries_live(on_sail: Engine) -> None:
    """A function before the child's program, or another user, takes a fork, in which gRPC would meddle."""
    unset = environment({"GRPC_ENABLE_FORK_SUPPORT": None, "GRPC_VERBOSITY": None})  # which this process's Sail has set
    ended = subprocess.run(
        [sys.executable, "-c", CHILDREN_BESIDE_QUERIES], capture_output=True, text=True, env=unset, timeout=60
    )
    assert (ended.stdout, ended.stderr) == ("60\n", "")


def test_settings_of_another_sail_are_not_passed_on(on_sail: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from covid_lake.engines.sail_server import SailServer

    monkeypatch.setenv("SAIL_MODE", "nonsense")
    server = SailServer.start()
    server.end()


def test_a_sail_that_does_not_start_is_told(on_sail: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from covid_lake.engines import sail_server

    monkeypatch.setattr(sail_server, "PROGRAM", "raise ImportError('no native library for this machine')")
    with pytest.raises(LakeError, match=r"Sail does not start: .*no native library.*--engine spark"):
        sail_server.SailServer.start()


def test_a_sail_that_ended_as_soon_as_it_had_started_is_told(on_sail: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from covid_lake.engines.sail import SailEngine
    from covid_lake.engines.sail_server import SailServer

    server = SailServer.start()
    server.kill()
    monkeypatch.setattr(SailServer, "start", lambda: server)
    with pytest.raises(LakeError, match=r"Sail was killed by SIGKILL .*--engine spark"):
        SailEngine.start()
    assert server._said.closed


def test_a_sail_that_ended_while_it_computed_is_told(on_sail: Engine) -> None:
    from covid_lake.engines.sail import SailEngine

    started = SailEngine.start()

    def compute() -> None:
        with started.step():
            started.session.range(3).count()

    started.kill()
    with pytest.raises(LakeError, match=r"Sail was killed by SIGKILL .*--only; or .*--engine spark"):
        compute()
    started.stop()


def test_a_session_that_was_stopped_is_collected_without_the_lock_of_others(on_sail: Engine) -> None:
    """In any thread, also in one whose start another session waits for with that lock."""
    from pyspark.sql.connect.client.reattach import ExecutePlanResponseReattachableIterator

    from covid_lake.engines.sail import SailEngine

    stopped = [SailEngine.start()]
    stopped[0].stop()

    def collect() -> None:
        stopped.clear()
        gc.collect()

    with ExecutePlanResponseReattachableIterator._lock:
        collecting = threading.Thread(target=collect)
        collecting.start()
        collecting.join(SECONDS)
        assert not collecting.is_alive()


def test_a_file_that_is_missing_is_an_error(on_sail: Engine, tmp_path: Path) -> None:
    file = DataFile("version=1/part-0.parquet", 7, 99)
    with pytest.raises(StorageError, match=r"trusted/covid19/state_abv/version=1/part-0.parquet is missing"):
        on_sail.read_files(LocalStorage(tmp_path), c.STATE_ABV, [file])


def test_temporary_files_are_gone_after_a_step(
    on_sail: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with on_sail.step() as engine:
        kept, counted = engine.counted(engine.session.range(5).toDF("id"), [])
        assert len(list(tmp_path.rglob("*.parquet"))) > 0
        assert kept.count() == 5
        assert callable(counted)
    assert list(tmp_path.iterdir()) == []


def test_temporary_files_of_a_dead_process_are_removed_and_those_of_a_living_one_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, living = tmp_path / f"{scratch_module.PREFIX}dead", Scratch()
    dead.mkdir()
    (dead / scratch_module.LOCK).touch()
    (dead / "rows").write_bytes(b"x")
    another = Scratch()
    assert sorted(tmp_path.iterdir()) == sorted([living.folder, another.folder])
    for one in (living, another):
        one.remove()
    assert list(tmp_path.iterdir()) == []


def test_folders_that_are_being_made_are_not_taken_for_dead_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each step makes one, in threads of its own; switched often, every ninth was lost to another thread."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def make_and_use(_: int) -> None:
        scratch = Scratch()
        (scratch.new("rows") / "file").write_bytes(b"x")
        scratch.remove()

    try:
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(make_and_use, range(600)))
    finally:
        sys.setswitchinterval(before)
    assert list(tmp_path.iterdir()) == []


def test_the_engine_is_chosen_by_option_by_variable_and_by_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"pysail", "py4j"}
    monkeypatch.setattr(engine_choice, "find_spec", lambda name: name if name in installed else None)
    monkeypatch.setenv(engine_choice.ENGINE_VARIABLE, SPARK)
    assert (chosen_engine(), chosen_engine(SAIL)) == (SPARK, SAIL)
    monkeypatch.delenv(engine_choice.ENGINE_VARIABLE)
    assert chosen_engine() == SAIL
    installed.remove("pysail")
    assert chosen_engine() == SPARK
    with pytest.raises(SettingsError, match=r"sail is not installed here: run 'make setup', .*--engine spark"):
        chosen_engine(SAIL)
    monkeypatch.setenv(engine_choice.ENGINE_VARIABLE, "flink")
    with pytest.raises(SettingsError, match="COVID_LAKE_ENGINE is 'flink'; the engines are sail and spark"):
        chosen_engine()
