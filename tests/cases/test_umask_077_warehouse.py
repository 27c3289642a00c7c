"""What the warehouse makes has modes of its own, whatever the caller's umask is."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from covid_lake.runtime import embedded_postgres


@pytest.fixture
def strict_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, as pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="covid-lake-umask-"))
    folder.chmod(0o755)
    yield folder
    embedded_postgres.stop(folder / "made" / "by us")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.usefixtures("strict_umask")
def test_a_warehouse_starts_under_a_strict_umask(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = open_folder / "made" / "by us"
    # Its binaries are copied, too, as where root alone can reach the installed ones.
    monkeypatch.setattr(embedded_postgres._Server, "_can_run", lambda *_: False)
    with embedded_postgres.start(directory).connect() as opened:
        assert opened.execute("SELECT 1").fetchall() == [(1,)]
    modes = {name: (directory / name).stat().st_mode & 0o777 for name in ("data", "password", "log")}
    assert modes == {"data": 0o700, "password": 0o600, "log": 0o600}
    assert directory.stat().st_mode & 0o777 == (0o755 if os.geteuid() == 0 else 0o700)
