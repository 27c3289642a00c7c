"""A file system without hard links: files are created once and whole all the same, and a run succeeds."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from commands import TABLE, landing_file
from covid_lake.engines.protocol import Engine
from covid_lake.errors import AlreadyExists, StorageError
from covid_lake.pipeline.run import Request
from covid_lake.reading.lake import Lake
from covid_lake.store.storage import LocalStorage
from lake_runs import land_files, run_lake


@pytest.fixture(
    params=[errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV], ids=lambda code: errno.errorcode[code]
)
def without_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("without_links")
def test_of_many_creators_one_wins_and_readers_see_it_whole(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    content = {number: str(number).encode() * 50_000 for number in range(16)}

    def create(number: int) -> bool:
        try:
            storage.create("a/only.json", content[number])
        except AlreadyExists:
            return False
        return True

    def read() -> bytes:
        try:
            return storage.read("a/only.json")
        except StorageError:
            return b""

    with ThreadPoolExecutor(16) as pool:
        seen = [pool.submit(read) for _ in range(50)]
        won = list(pool.map(create, content))
        seen += [pool.submit(read) for _ in range(50)]
    assert won.count(True) == 1
    assert {one.result() for one in seen} <= {b"", content[won.index(True)]}
    assert [file.path for file in storage.list_files("") if file.path.endswith((".tmp", ".json"))] == ["a/only.json"]


@pytest.mark.usefixtures("without_links")
def test_a_copy_is_one_of_bytes(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("a", b"content")
    storage.copy("a", "b/c")
    storage.delete(["a"])
    assert storage.read("b/c") == b"content"


def test_another_fault_of_a_link_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(StorageError, match="No space left on device"):
        LocalStorage(tmp_path).create("a", b"content")
    assert list(tmp_path.iterdir()) == []


def test_a_run_succeeds(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    lake = LocalStorage(tmp_path / "lake")
    landed = land_files(lake, landing_file(tmp_path / "in"))
    report = run_lake(lambda: engine, lake, Request((TABLE,)), landed=landed)
    assert report.succeeded, report.faults
    assert len(Lake(lake.root).sql(f"SELECT * FROM covid19_trusted.{TABLE}")) == 1
