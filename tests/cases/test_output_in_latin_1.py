"""Any encoding of the output will do: what it lacks is written in another way, and nothing ends in a fault."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import TextIO

import pytest

from covid_lake.cli.display import RunDisplay, show_summary
from covid_lake.cli.main import main
from covid_lake.cli.terminal import Terminal
from covid_lake.store.reports import RunReport, Status, TableReport
from covid_lake.store.storage import LocalStorage
from small_lake import publish_rows
from terminals import elsewhere

TEXT = "Curaçao – 中 😀"
ENCODINGS = ("latin-1", "ascii", "cp1252", "cp437", "utf-8")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lake")
    publish_rows(LocalStorage(root), "v1", {"covid19_trusted.state_abv": [{"abbreviation": TEXT, "state": None}]})
    return root


def printed(monkeypatch: pytest.MonkeyPatch, encoding: str, *arguments: str | Path) -> str:
    """What the command prints on outputs of the encoding, read in that encoding."""
    content = io.BytesIO()
    output: TextIO = io.TextIOWrapper(content, encoding=encoding, write_through=True)
    monkeypatch.setattr(sys, "stdout", output)
    monkeypatch.setattr(sys, "stderr", output)
    with pytest.raises(SystemExit):
        main([str(one) for one in arguments])
    output.flush()
    return content.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_answer_keeps_its_frame_and_its_values(encoding: str, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question = ("query", "--lake", lake, "SELECT abbreviation FROM covid19_trusted.state_abv")
    table = printed(monkeypatch, encoding, *question)
    lines = table.splitlines()
    assert lines[0][0] == ("┏" if encoding == "utf-8" else "+")
    if encoding != "utf-8":  # wide characters are one character and two columns
        assert len({len(line) for line in lines}) == 1
        assert "\\u4e2d" in table
    found = json.loads(printed(monkeypatch, encoding, *question, "--format", "json"))
    assert found == [{"abbreviation": TEXT}]
    in_csv = list(csv.reader(io.StringIO(printed(monkeypatch, encoding, *question, "--format", "csv"))))
    assert json.loads(f'"{in_csv[1][0]}"') == TEXT


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "command",
    [
        ("tables",), ("versions", "covid19_trusted.state_abv"), ("query", "--name", "list"), ("plan", "covid19"),
        ("quarantine", "list"), ("trace", "covid19_trusted.state_abv", f"abbreviation={TEXT}"),
        ("tables", "--lake", TEXT),
        ("query", f"SELECT {TEXT}"), ("ddl", "covid19"), ("--help",), ("ddl", "--help"), ("query", "--help"),
    ],
    ids=lambda command: " ".join(command[:2]),
)  # fmt: skip
def test_every_command_prints_in_it(
    command: tuple[str, ...], encoding: str, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COVID_LAKE_ROOT", str(lake))
    assert printed(monkeypatch, encoding, *command)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_run_tells_its_progress_in_it(encoding: str) -> None:
    content = io.BytesIO()
    terminal = Terminal(io.TextIOWrapper(content, encoding=encoding, write_through=True))
    published = TableReport("trusted.a", Status.PUBLISHED, rejected_by_reason={TEXT: 2})
    failed = TableReport("trusted.b", Status.FAILED, TEXT)
    with RunDisplay(terminal) as display:
        with display.waiting("starting Spark"):
            display.progress(TEXT, 1, 1)
        display.finished(published)
        display.finished(failed)
    show_summary(terminal, RunReport("r", "covid19", "", 1.0, "none", 1, (published, failed)), [])
    shown = content.getvalue().decode(encoding)
    assert "starting Spark …" in shown or "starting Spark ..." in shown
    assert "✓ trusted.a" in shown or "+ trusted.a" in shown
    assert "2 × " in shown or "2 x " in shown


def test_it_is_the_standard_output_that_decides(lake: Path) -> None:
    question = ("query", "--lake", lake, "SELECT abbreviation FROM covid19_trusted.state_abv")
    found = elsewhere(*question, environment={"PYTHONIOENCODING": "latin-1"})
    assert (found.returncode, found.stderr) == (0, b"")
    assert "Curaçao - \\u4e2d".encode("latin-1") in found.stdout
