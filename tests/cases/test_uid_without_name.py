"""A user id that the system's list of users does not have, as in a container: a run, or a sentence."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from commands import LIBRARY, TABLE, command, landing_file, run_arguments, shows_trace
from covid_lake.errors import SettingsError, WarehouseError
from covid_lake.reading.lake import Lake
from covid_lake.runtime import embedded_postgres, java
from covid_lake.runtime.engine_choice import SAIL, chosen_engine
from covid_lake.store.storage import open_storage

NAMELESS = 12345
STARTS_PYTHON = "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"
AS_NAMELESS = ("setpriv", f"--reuid={NAMELESS}", f"--regid={NAMELESS}", "--clear-groups")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder in which every user may write; pytest's own are closed to others."""
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run a command as another user")
def test_a_user_without_a_name_runs(open_folder: Path) -> None:
    can_run = command("--version", before=AS_NAMELESS, changes={"HOME": "/tmp"})  # noqa: S108
    if can_run.returncode != 0:
        pytest.skip(f"another user can't run Python here, or not read {LIBRARY}: {can_run.stdout.strip()[-200:]}")
    starts_python = [*AS_NAMELESS, sys.executable, "-c", STARTS_PYTHON]
    if chosen_engine() == SAIL and subprocess.run(starts_python, capture_output=True, check=False).returncode != 0:
        pytest.skip("another user can't start Python from Python here, as Sail is started")
    source, lake = landing_file(open_folder / "in"), open_folder / "lake"
    ended = command(*run_arguments(source, lake), before=AS_NAMELESS, changes={"HOME": None})
    assert ended.returncode == 0, ended.stdout
    assert not shows_trace(ended.stdout), ended.stdout
    assert len(Lake(lake).sql(f"SELECT * FROM covid19_trusted.{TABLE}")) == 1
    assert (lake / "_runs").stat().st_uid == NAMELESS


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process's user has no name and no home."""

    def unknown(*_: object) -> SimpleNamespace:
        raise KeyError("uid not found")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    monkeypatch.setattr(os, "geteuid", lambda: NAMELESS)
    for name in ("HOME", "XDG_DATA_HOME", "COVID_LAKE_WAREHOUSE_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("nameless")
def test_a_home_that_is_not_known_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"COVID_LAKE_WAREHOUSE_DIR, or set HOME"):
        embedded_postgres.default_directory()
    with pytest.raises(SettingsError, match=r"~/lake: the home directory for ~ is unknown"):
        open_storage("~/lake")
    assert java.user_name() == f"user{NAMELESS}"
    assert f"-Duser.home={tmp_path}" in java._scratch_options(tmp_path)


@pytest.mark.usefixtures("nameless")
def test_postgresql_asks_for_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refusal = subprocess.CompletedProcess([], 1, "initdb: error: could not look up effective user ID 12345")
    monkeypatch.setattr(embedded_postgres._Server, "_run_as_server", lambda *_: refusal)
    with pytest.raises(WarehouseError, match=r"user id 12345 has none: add it to /etc/passwd"):
        embedded_postgres.start(tmp_path)
