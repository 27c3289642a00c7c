"""Faults of folders, disks and outputs are a sentence and an exit code, whatever the command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from covid_lake.cli.display import RunDisplay
from covid_lake.cli.main import main
from covid_lake.cli.terminal import Terminal, give_up
from covid_lake.errors import OutputError
from covid_lake.store.reports import Status, TableReport
from covid_lake.store.storage import LocalStorage
from small_lake import publish_rows
from terminals import COMMAND, elsewhere

STATES = "static-datasets/csv/state-abv/states_abv.csv"
QUESTION = "SELECT a, b FROM (VALUES (1, 2)) AS t (a, b)"
FULL = Path("/dev/full")
ON_A_LAKE = {
    "tables": ("tables",),
    "plan": ("plan", "covid19"),
    "report": ("report",),
    "query": ("query", "SELECT abbreviation FROM covid19_trusted.state_abv"),
    "versions": ("versions", "covid19_trusted.state_abv"),
    "vacuum": ("vacuum", "covid19"),
    "restore": ("restore", "covid19_trusted.state_abv", "v1"),
    "tour": ("tour", "covid19"),
    "trace": ("trace", "covid19_trusted.state_abv", "abbreviation=TX"),
    "quarantine list": ("quarantine", "list"),
    "quarantine show": ("quarantine", "show", "state_abv"),
    "quarantine retry": ("quarantine", "retry", "covid19"),
    "run": ("run", "covid19", "--only", "state_abv"),
}


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    publish_rows(LocalStorage(tmp_path / "lake"), "v1", {"covid19_trusted.state_abv": [{"abbreviation": "TX"}]})
    return tmp_path / "lake"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)


def assert_told(result: Result) -> None:
    assert result.exit_code in (1, 2)
    assert result.stderr.startswith("error: ")
    assert "Errno" not in result.stderr


@pytest.mark.parametrize("command", ON_A_LAKE.values(), ids=ON_A_LAKE)
def test_a_file_in_the_lakes_place_is_told(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("no folder")
    assert_told(call(*command, "--lake", tmp_path / "lake"))


@pytest.mark.parametrize("command", ON_A_LAKE.values(), ids=ON_A_LAKE)
def test_a_file_in_the_place_of_a_folder_of_the_lake_is_told(command: tuple[str, ...], lake: Path) -> None:
    folder = lake / "_snapshots/covid19"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.write_text("no folder")
    assert_told(call(*command, "--lake", lake))


@pytest.mark.parametrize(
    "content", [b"", b'{"a', b"\xff\xfe\0", b"[]", b"{}"], ids=["empty", "cut", "bytes", "list", "other"]
)
@pytest.mark.parametrize(
    ("pattern", "command"),
    [
        ("_snapshots/covid19/*.json", ON_A_LAKE["tables"]),
        ("_snapshots/covid19/*.json", ON_A_LAKE["run"]),
        ("trusted/covid19/state_abv/*/_manifest.json", ON_A_LAKE["query"]),
        ("_landing/covid19.json", ON_A_LAKE["plan"]),
        ("_runs/*.json", ON_A_LAKE["report"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_damaged_document_is_named(pattern: str, command: tuple[str, ...], content: bytes, lake: Path) -> None:
    (lake / "_landing").mkdir(exist_ok=True)
    (lake / "_runs").mkdir(exist_ok=True)
    (lake / "_landing/covid19.json").write_bytes(b"")
    (lake / "_runs/20200401T000000Z-abcd.json").write_bytes(b"")
    for file in lake.glob(pattern):
        file.write_bytes(content)
    result = call(*command, "--lake", lake)
    assert_told(result)
    assert "is damaged" in result.stderr


def test_a_query_that_is_nested_too_deeply_is_refused(lake: Path) -> None:
    assert_told(call("query", "--lake", lake, f"SELECT {'(' * 3000}1{')' * 3000}"))


@pytest.mark.parametrize(
    "command",
    [
        ("sample", "covid19", "--days", "14", "--scale", "0.05", "--out", "FILE/below"),
        ("ddl", "covid19", "--write", "FILE/below"),
        ("land", "covid19", "--from", "SOURCE", "--lake", "FILE"),
        ("run", "covid19", "--from", "SOURCE", "--lake", "FILE/below"),
        ("warehouse", "start", "--dir", "FILE/below"),
        ("land", "covid19", "--from", "~nobody-of-this-name/x", "--lake", "LAKE"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_file_on_the_way_to_what_is_written_is_told(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    states = tmp_path / "source" / STATES
    states.parent.mkdir(parents=True)
    states.write_text("State,Abbreviation\nTexas,TX\n")
    places = {"FILE": tmp_path / "file", "SOURCE": tmp_path / "source", "LAKE": tmp_path / "lake"}
    arguments = list(command)
    for name, place in places.items():
        arguments = [one.replace(name, str(place)) for one in arguments]
    assert_told(call(*arguments))


def test_ddl_by_another_hand_is_stale_whatever_its_bytes(tmp_path: Path) -> None:
    call("ddl", "covid19", "--write", tmp_path)
    next(tmp_path.rglob("dim_date.sql")).write_bytes(b"\xff\xfe\0")
    result = call("ddl", "covid19", "--check", tmp_path)
    assert (result.exit_code, "differs from the contract" in result.stderr) == (1, True)


def test_a_working_directory_that_was_deleted_is_told(lake: Path, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    for command in ("query 'SELECT 1'", f"tables --lake '{lake}'", "warehouse status"):
        (tmp_path / "gone").mkdir(exist_ok=True)
        script = f"cd '{tmp_path}/gone' && rmdir ../gone && exec {' '.join(COMMAND)} {command}"
        found = subprocess.run(["sh", "-c", script], capture_output=True, check=False)
        told = b"error: the working directory is not there any more; change to another one\n"
        assert (found.returncode, found.stdout, found.stderr) == (2, b"", told)


@pytest.mark.skipif(not FULL.exists(), reason="the system has no full device")
@pytest.mark.parametrize("arguments", [("query", QUESTION), ("query", QUESTION, "--format", "csv"), ("--help",)])
def test_a_full_output_is_told(arguments: tuple[str, ...], lake: Path) -> None:
    with FULL.open("wb") as full:
        found = elsewhere(*arguments, environment={"COVID_LAKE_ROOT": str(lake)}, stdout=full)
    assert found.returncode == 1
    assert found.stderr.startswith(b"error: ")
    assert found.stderr.endswith(b"No space left on device\n")


@pytest.mark.parametrize("arguments", [("query", QUESTION), ("ddl", "covid19"), ("--help",)])
def test_a_closed_pipe_ends_without_a_word(arguments: tuple[str, ...], lake: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    found = elsewhere(*arguments, environment={"COVID_LAKE_ROOT": str(lake)}, stdout=writing)
    os.close(writing)
    assert (found.returncode, found.stderr) == (1, b"")


@pytest.mark.skipif(not FULL.exists(), reason="the system has no full device")
def test_a_run_goes_on_when_its_lines_cannot_be_written() -> None:
    told = []

    def run() -> None:
        with RunDisplay(Terminal(full)) as display:
            for number in range(3):
                display.progress("hashing", 1, 1)
                display.finished(TableReport("trusted.a", Status.PUBLISHED))
                told.append(number)

    with FULL.open("w") as full:
        with pytest.raises(OutputError, match="No space left"):
            run()
        give_up(full)
    assert told == [0, 1, 2]


READ_ONLY, CLOSED = 0o555, 0


@contextmanager
def shut(root: Path, mode: int) -> Iterator[None]:
    """Take rights away from every folder of the lake; skips where that keeps nobody out, as for root."""
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    for folder in reversed(folders):
        folder.chmod(mode)
    try:
        if os.access(root, os.W_OK):
            pytest.skip("no folder is closed to this user")
        yield
    finally:
        for folder in folders:
            folder.chmod(0o755)


@pytest.fixture
def closed(lake: Path) -> Iterator[Path]:
    with shut(lake, CLOSED):
        yield lake


@pytest.fixture
def read_only(lake: Path) -> Iterator[Path]:
    with shut(lake, READ_ONLY):
        yield lake


@pytest.mark.parametrize("command", ON_A_LAKE.values(), ids=ON_A_LAKE)
def test_a_lake_that_may_not_be_read_is_told(command: tuple[str, ...], closed: Path) -> None:
    assert_told(call(*command, "--lake", closed))


@pytest.mark.parametrize(
    "command",
    [
        ("run", "covid19", "--from", "SOURCE"), ("land", "covid19", "--from", "SOURCE"),
        ("restore", "covid19_trusted.state_abv", "v1"),
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_a_lake_that_may_not_be_written_is_told(command: tuple[str, ...], read_only: Path, tmp_path: Path) -> None:
    states = tmp_path / "source" / STATES
    states.parent.mkdir(parents=True)
    states.write_text("State,Abbreviation\nTexas,TX\n")
    assert_told(call(*(one.replace("SOURCE", str(tmp_path / "source")) for one in command), "--lake", read_only))


@pytest.mark.parametrize("name", ["tables", "query", "versions", "quarantine list"])
def test_a_lake_that_may_only_be_read_is_read(name: str, read_only: Path) -> None:
    assert call(*ON_A_LAKE[name], "--lake", read_only).exit_code == 0
