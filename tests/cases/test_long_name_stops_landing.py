"""Whatever is wrong with one file, landing refuses it with a reason and brings the others."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from covid_lake.contracts import Zone
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.engines.protocol import Engine
from covid_lake.errors import StorageError
from covid_lake.landing.arrivals import LandingResult, land
from covid_lake.pipeline.run import Request
from covid_lake.provenance.refusals import refused_files
from covid_lake.reading.lake import Lake
from covid_lake.store.storage import LocalStorage
from lake_runs import run_lake

FOLDER = "jhu-daily-reports"
FIRST, BAD, LAST = (f"{FOLDER}/03-0{day}-2020.csv" for day in (2, 3, 4))
LONG = f"{FOLDER}/03-03-2020 {'疫情日報' * 19}xy.csv"
HEADER = "Province_State,Country_Region,Last_Update,Confirmed,Deaths,Recovered\n"


def report(confirmed: int) -> bytes:
    return f"{HEADER}North,Germany,2020-03-01 12:00:00,{confirmed},2,3\n".encode()


@pytest.fixture
def source(tmp_path: Path) -> LocalStorage:
    """Two good reports, of the days before and after the bad one."""
    storage = LocalStorage(tmp_path / "in")
    storage.write(FIRST, report(1))
    storage.write(LAST, report(3))
    return storage


@pytest.fixture
def lake(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "lake")


def bring(source: LocalStorage, lake: LocalStorage) -> LandingResult:
    return land(COVID19, [source], lake, "r1")


def assert_others_landed(result: LandingResult, refused: str, reason: str) -> None:
    assert {FIRST, LAST} <= set(result.copied)
    assert [refusal.path for refusal in result.refused] == [refused]
    assert reason in result.refused[0].reason


def test_a_name_as_long_as_a_directory_takes_is_landed_read_and_queried(
    engine: Engine, source: LocalStorage, lake: LocalStorage
) -> None:
    assert len(os.fsencode(Path(LONG).name)) == 245
    longest = f"{FOLDER}/03-05-2020 {'x' * 240}.csv"
    assert len(Path(longest).name) == 255
    for name in (LONG, longest):
        (source.directory / name).write_bytes(report(2))
    result = bring(source, lake)
    assert (set(result.copied), result.refused) == ({FIRST, LAST, LONG, longest}, ())
    request = Request(("jhu_daily_reports",), zones=frozenset({Zone.TRUSTED}))
    assert run_lake(lambda: engine, lake, request).succeeded
    for zone in ("trusted", "landing"):
        found = Lake(lake.root).sql(f"SELECT source_file FROM covid19_{zone}.jhu_daily_reports").arrow.to_pylist()
        assert {row["source_file"] for row in found} == {FIRST, LAST, LONG, longest}


def test_a_damaged_file_of_a_long_name_is_kept_in_quarantine(source: LocalStorage, lake: LocalStorage) -> None:
    (source.directory / LONG).write_bytes(b"PAR1")
    assert_others_landed(bring(source, lake), LONG, "the file is Parquet")
    (kept,) = refused_files(Lake(lake.root), "covid19")
    assert kept.path == LONG
    assert lake.read(kept.location) == b"PAR1"


def _folder_in_the_way(lake: LocalStorage) -> None:
    (lake.directory / "landing/covid19" / BAD / "x").mkdir(parents=True)


def _file_in_the_way(lake: LocalStorage) -> None:
    lake.write(f"landing/covid19/{FOLDER}/2020", b"")


def _quarantine_is_a_file(lake: LocalStorage) -> None:
    lake.write("quarantine/covid19/_files", b"")


@pytest.mark.parametrize(
    ("name", "content", "spoil", "reason"),
    [
        (BAD, report(2), _folder_in_the_way, "cannot write"),
        (f"{FOLDER}/2020/03-03-2020.csv", report(2), _file_in_the_way, "cannot write"),
        (BAD, b"PAR1", _quarantine_is_a_file, "the file is Parquet, no text (it could not be kept in quarantine"),
    ],
)
def test_what_cannot_be_written_is_refused(
    name: str, content: bytes, spoil: Callable[[LocalStorage], None], reason: str, source: LocalStorage,
    lake: LocalStorage,
) -> None:  # fmt: skip
    source.write(name, content)
    spoil(lake)
    assert_others_landed(bring(source, lake), name, reason)


def test_a_folder_called_like_a_file_is_named(source: LocalStorage, lake: LocalStorage) -> None:
    source.write(f"{BAD}/part-00000.csv", report(2))
    (stray,) = bring(source, lake).strays.of_no_table
    assert stray.path == f"{BAD}/part-00000.csv"
    assert stray.reason.startswith("03-03-2020.csv is called like a file, but is a folder")


def test_a_pipe_is_refused_and_not_waited_for(source: LocalStorage, lake: LocalStorage) -> None:
    os.mkfifo(source.directory / BAD)
    assert_others_landed(bring(source, lake), BAD, "no regular file")


class _OneBadFile(LocalStorage):
    """A place where one file is read only halfway, and one folder is closed."""

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        with super().open(path) as stream:
            self.opened = getattr(self, "opened", 0) + (path == BAD)
            yield cast(BinaryIO, _Broken(stream)) if path == BAD and self.opened > 1 else stream


class _Broken:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, count: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")


def test_a_file_that_can_be_read_once_only_is_refused(source: LocalStorage, lake: LocalStorage) -> None:
    source.write(BAD, report(2))
    assert_others_landed(bring(_OneBadFile(source.directory), lake), BAD, "could not be read to its end")
    assert not (lake.directory / "landing/covid19" / BAD).exists()


def test_a_folder_that_cannot_be_looked_into_is_refused(
    source: LocalStorage, lake: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.write(f"{FOLDER}/2020/03-03-2020.csv", report(2))
    scandir = os.scandir

    def closed(path: str) -> object:
        if str(path).endswith("/in/jhu-daily-reports/2020"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert_others_landed(bring(source, lake), f"{FOLDER}/2020", "Permission denied")


class _FullDisk(LocalStorage):
    def receive(self, path: str, stream: BinaryIO) -> None:
        with self._reporting("write", path):
            raise OSError(errno.ENOSPC, "No space left on device")


def test_a_fault_of_the_whole_lake_is_told_once(source: LocalStorage, lake: LocalStorage) -> None:
    with pytest.raises(StorageError, match="No space left on device"):
        bring(source, _FullDisk(lake.directory))
