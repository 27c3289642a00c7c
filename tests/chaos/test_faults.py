"""A full disk, a folder that cannot be written to, a warehouse that goes away: a sentence, exit code 1, old data whole.

The real command runs against the real thing: a file system of a few megabytes (tmpfs, which root may mount), a folder
that the system keeps closed (`chattr +i`, for root is not held by permissions), a PostgreSQL that ends at once
(SIGQUIT to its postmaster) or drops a connection (pg_terminate_backend).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from covid_lake import paths
from covid_lake.engines.protocol import Engine
from covid_lake.runtime import embedded_postgres
from covid_lake.warehouse.connection import WarehouseConnection
from due_lake import DELIVERED, TABLE, lake_with_delivery, run_here, without_last_record
from lake_runs import BuiltLake, emptied
from lake_state import (
    DATASET,
    differences,
    landing_state,
    leavings,
    readers_state,
    staging_tables,
    view_faults,
    warehouse_faults,
    warehouse_state,
)
from moments import WAREHOUSE_MOMENTS, Scene
from processes import Ended, run_command, started

PAGE = 4096
STAR_TABLE = "dim_hospital"
WAIT_SECONDS = 120


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of 8 MB of its own at the folder."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    folder.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def filled_disk(folder: Path, pages_left: int) -> Iterator[None]:
    """The disk of the folder, full but for some pages."""
    free = os.statvfs(folder)
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - pages_left * PAGE)
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def closed_folder(folder: Path) -> Iterator[None]:
    """Nobody can make or remove a file in the folder, root neither."""
    if os.geteuid() != 0:
        mode = folder.stat().st_mode
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(mode)
        return
    if shutil.which("chattr") is None:
        pytest.skip("root is held back by no permission, and there is no chattr")
    closed = subprocess.run(["chattr", "+i", str(folder)], capture_output=True)
    if closed.returncode != 0:
        pytest.skip(f"this file system cannot close a folder to root: {closed.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", str(folder)], check=True)


def assert_says(ended: Ended, *words: str) -> None:
    """Exit code 1, all words in one line of the output, and no trace of a stack in any."""
    assert ended.code == 1, ended.output
    assert any(all(word in line for word in words) for line in ended.output.splitlines()), ended.output
    assert not re.search(r"^Traceback|^\s+at \S+\(|^Caused by:|^\s+File \"", ended.output, re.MULTILINE), ended.output


def assert_untouched(lake: Path, before: dict[str, str]) -> None:
    """Readers have what they had, and nothing lies about."""
    assert view_faults(lake) == []
    assert differences(readers_state(lake), before) == []
    assert leavings(lake) == []


def land(source: Path, lake: Path, scratch: Path) -> Ended:
    return run_command("land", DATASET, "--from", str(source), "--lake", str(lake), scratch=scratch)


def run(lake: Path, scratch: Path) -> Ended:
    return run_command("run", DATASET, "--only", TABLE, "--lake", str(lake), scratch=scratch)


def delivery(built: BuiltLake, folder: Path) -> Path:
    """A source with one file, which is not what the lake has."""
    (folder / DELIVERED).parent.mkdir(parents=True)
    shutil.copy2(built.source / DELIVERED, folder / DELIVERED)
    without_last_record(folder / DELIVERED)
    return folder


def test_a_disk_that_is_full_while_files_are_landed(built_lake: BuiltLake, tmp_path: Path) -> None:
    source, lake = delivery(built_lake, tmp_path / "source"), tmp_path / "disk" / "lake"
    with small_disk(tmp_path / "disk"):
        shutil.copytree(built_lake.storage.directory, lake)
        landed, readers = landing_state(lake), readers_state(lake)
        with filled_disk(tmp_path / "disk", pages_left=4):
            ended = land(source, lake, tmp_path / "tmp")
            assert_says(ended, "error: cannot write", DELIVERED, "No space left on device")
            assert_untouched(lake, readers)
            assert landing_state(lake) == landed
        assert land(source, lake, tmp_path / "tmp").code == 0
        assert (lake / paths.landing(DATASET) / DELIVERED).read_bytes() == (source / DELIVERED).read_bytes()


def test_a_disk_that_is_full_while_a_table_is_written(engine: Engine, built_lake: BuiltLake, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk"):
        lake = lake_with_delivery(built_lake, tmp_path / "disk" / "lake")
        readers = readers_state(lake)
        run_command("plan", DATASET, "--lake", str(lake), scratch=tmp_path / "tmp")  # so that the inventory is there
        with filled_disk(tmp_path / "disk", pages_left=4):
            ended = run(lake, tmp_path / "tmp")
            assert_says(ended, f"trusted.{TABLE}", "No space left on device", f"trusted/{DATASET}/{TABLE}")
            assert_untouched(lake, readers)
        assert run_here(engine, lake).code == 0
        assert differences(readers_state(lake), readers) != []


def test_a_disk_that_is_full_where_sail_has_its_temporary_files(
    engine: Engine, built_lake: BuiltLake, tmp_path: Path
) -> None:
    if not engine.name.startswith("Sail"):
        pytest.skip("of Sail, which is not the engine of these tests")
    lake = lake_with_delivery(built_lake, tmp_path / "lake")
    readers = readers_state(lake)
    scratch = tmp_path / "disk"
    with small_disk(scratch), filled_disk(scratch, pages_left=4):
        ended = run(lake, scratch)
        assert_says(ended, f"trusted.{TABLE}", str(scratch), "No space left on device", "TMPDIR")
    assert_untouched(lake, readers)
    assert run_here(engine, lake).code == 0


def test_a_landing_folder_that_cannot_be_written_to(built_lake: BuiltLake, tmp_path: Path) -> None:
    source, lake = delivery(built_lake, tmp_path / "source"), tmp_path / "lake"
    shutil.copytree(built_lake.storage.directory, lake)
    landed, readers = landing_state(lake), readers_state(lake)
    with closed_folder((lake / paths.landing(DATASET) / DELIVERED).parent):
        ended = land(source, lake, tmp_path / "tmp")
        assert_says(ended, f"refused {DELIVERED}: cannot write")  # files for other folders would be landed
        assert_untouched(lake, readers)
        assert landing_state(lake) == landed
    assert land(source, lake, tmp_path / "tmp").code == 0
    assert (lake / paths.landing(DATASET) / DELIVERED).read_bytes() == (source / DELIVERED).read_bytes()


def test_a_lake_that_cannot_be_made(built_lake: BuiltLake, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    ended = land(built_lake.source, tmp_path / "file" / "lake", tmp_path / "tmp")
    assert_says(ended, "error: cannot write", str(tmp_path / "file"), "Not a directory")


def test_a_tables_folder_that_cannot_be_written_to(engine: Engine, built_lake: BuiltLake, tmp_path: Path) -> None:
    lake = lake_with_delivery(built_lake, tmp_path / "lake")
    readers = readers_state(lake)
    folder = lake / "trusted" / DATASET / TABLE
    with closed_folder(folder):
        assert_says(run(lake, tmp_path / "tmp"), f"trusted.{TABLE}", str(folder))
        assert_untouched(lake, readers)
    assert run_here(engine, lake).code == 0
    assert differences(readers_state(lake), readers) != []


def test_a_snapshot_that_cannot_be_made(engine: Engine, built_lake: BuiltLake, tmp_path: Path) -> None:
    lake = lake_with_delivery(built_lake, tmp_path / "lake")
    readers = readers_state(lake)
    with closed_folder(lake / "_snapshots" / DATASET):
        assert_says(run(lake, tmp_path / "tmp"), f"trusted.{TABLE}", "cannot write", "_snapshots")
        assert_untouched(lake, readers)
    assert run_here(engine, lake).code == 0
    assert differences(readers_state(lake), readers) != []


@pytest.fixture(scope="module")
def server_directory() -> Iterator[Path]:
    """Where a PostgreSQL of this module's own lives, for others may not lose theirs."""
    directory = Path(tempfile.mkdtemp(prefix="covid-lake-faults-"))
    directory.chmod(0o755)
    yield directory
    embedded_postgres.stop(directory)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def server(server_directory: Path) -> WarehouseConnection:
    """The server, with nothing loaded; started again where a test has stopped it."""
    return emptied(embedded_postgres.start(server_directory))


@pytest.fixture
def lake_ahead(
    engine: Engine, built_lake: BuiltLake, server: WarehouseConnection, tmp_path: Path
) -> tuple[Path, WarehouseConnection]:
    """A lake, and a warehouse that has the star of before its last run."""
    lake = lake_with_delivery(built_lake, tmp_path / "lake")
    shutil.copytree(built_lake.storage.directory, tmp_path / "before")
    assert run_here(engine, tmp_path / "before", server, STAR_TABLE).code == 0
    assert run_here(engine, lake, None, STAR_TABLE).code == 0
    return lake, server


def load(lake: Path, server: WarehouseConnection) -> tuple[str, ...]:
    return ("run", DATASET, "--only", STAR_TABLE, "--lake", str(lake), "--warehouse", server.url)


def first_answer(opened: psycopg.Connection[tuple[object, ...]], query: str) -> object:
    """The first cell of the first answer that has a row."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if row := opened.execute(query.encode()).fetchone():
            return row[0]
        time.sleep(0.01)
    raise TimeoutError(f"no answer after {WAIT_SECONDS} seconds to: {query}")


def assert_loads_again(engine: Engine, lake: Path, server: WarehouseConnection, before: dict[str, str]) -> None:
    """The warehouse has what it had, and the next run loads the lake's star and clears up."""
    assert differences(warehouse_state(server), before) == []
    assert warehouse_faults(server) == []
    assert run_here(engine, lake, server, STAR_TABLE).code == 0
    assert differences(warehouse_state(server), before) != []
    assert warehouse_faults(server) == []
    assert staging_tables(server) == []


def test_a_connection_that_is_dropped_in_the_midst_of_the_transaction(
    engine: Engine, lake_ahead: tuple[Path, WarehouseConnection], tmp_path: Path
) -> None:
    """The test locks the record of what is loaded, which the load writes after it has merged a table.

    The transaction that is lost leaves what was there, and the load begins it again.
    """
    lake, server = lake_ahead
    before, password = warehouse_state(server), {"PGPASSWORD": server.password}
    with server.connect() as holder, server.connect() as killer:
        killer.autocommit = True
        holder.execute(f"LOCK TABLE {DATASET}_staging.loaded_versions IN SHARE MODE")
        with started(*load(lake, server), scratch=tmp_path / "tmp", environment=password) as command:
            waiting = first_answer(
                killer,
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%loaded_versions%'",
            )
            killer.execute("SELECT pg_terminate_backend(%s)", (waiting,))
            assert differences(warehouse_state(server), before) == []
            holder.rollback()
            ended = command.wait()
    assert ended.code == 0, ended.output
    assert "terminating connection" in ended.output, ended.output
    assert differences(warehouse_state(server), before) != []
    assert warehouse_faults(server) == []
    assert staging_tables(server) == []


def test_a_server_that_ends_in_the_midst_of_the_load(
    engine: Engine, lake_ahead: tuple[Path, WarehouseConnection], server_directory: Path, tmp_path: Path
) -> None:
    lake, server = lake_ahead
    before, password = warehouse_state(server), {"PGPASSWORD": server.password}
    staged = next(moment for moment in WAREHOUSE_MOMENTS if moment.name == "a staging table is there")
    with started(*load(lake, server), scratch=tmp_path / "tmp", environment=password) as command:
        with server.connect() as watcher:
            watcher.autocommit = True
            scene = Scene(lake, command, frozenset(), watcher)
            while not staged.has_come(scene):
                assert not command.has_ended, command.output
                time.sleep(0.001)
        postmaster = int((server_directory / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGQUIT)
        ended = command.wait()
    assert_says(ended, "The warehouse was not brought up to date")
    assert server.url in ended.output or "terminating connection" in ended.output, ended.output
    again = embedded_postgres.start(server_directory)
    assert again.url == server.url
    assert_loads_again(engine, lake, again, before)


def test_a_server_that_is_not_there(
    engine: Engine, lake_ahead: tuple[Path, WarehouseConnection], server_directory: Path, tmp_path: Path
) -> None:
    lake, server = lake_ahead
    before, password = warehouse_state(server), {"PGPASSWORD": server.password}
    embedded_postgres.stop(server_directory)
    ended = run_command(*load(lake, server), scratch=tmp_path / "tmp", environment=password)
    assert_says(ended, "The warehouse was not brought up to date", "cannot connect to the warehouse", server.url)
    assert "covid-lake warehouse start" in ended.output
    assert_loads_again(engine, lake, embedded_postgres.start(server_directory), before)
