"""What comes from outside is shown as it is: neither rich's markup nor a terminal's commands are obeyed."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import covid_lake
from covid_lake.cli.display import RunDisplay, show_summary
from covid_lake.cli.main import main
from covid_lake.cli.terminal import Terminal
from covid_lake.store.reports import PublisherReport, RunReport, Status, TableReport
from covid_lake.store.storage import LocalStorage
from small_lake import publish_rows

HOSTILE = "[name] [/x] [bold]b[/] :smile: \x1b[2J\r"
SHOWN = "[name] [/x] [bold]b[/] :smile: \\x1b[2J\\r"
STATES = "static-datasets/csv/state-abv"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source" / STATES
    folder.mkdir(parents=True)
    (folder / "[red][b].csv").write_text("[name],[/x]\nTexas,TX\n")
    return tmp_path / "source"


def test_a_header_and_a_name_with_brackets_are_refused_as_they_are(source: Path, tmp_path: Path) -> None:
    landed = call("land", "covid19", "--from", source, "--lake", tmp_path / "lake")
    assert "/[red][b].csv: " in landed.stdout
    assert "[name], [/x]" in landed.stdout or "[name],[/x]" in landed.stdout


def test_a_plan_shows_them_and_goes_on_to_work(source: Path, tmp_path: Path) -> None:
    (tmp_path / "lake/landing").mkdir(parents=True)
    source.rename(tmp_path / "lake/landing/covid19")
    planned = call("plan", "covid19", "--lake", tmp_path / "lake")
    assert planned.exit_code == 0
    assert "/[red][b].csv: " in planned.stdout


def test_a_summary_shows_every_text_of_a_report_as_it_is() -> None:
    failed = TableReport(
        "trusted.[/x]", Status.FAILED, HOSTILE, refused_files={HOSTILE: HOSTILE}, rejected_by_reason={HOSTILE: 1},
        warnings={HOSTILE: 1}, unknown_columns=(HOSTILE,), unknown_values={HOSTILE: (HOSTILE,)},
    )  # fmt: skip
    skipped = TableReport("trusted.[/y]", Status.SKIPPED, HOSTILE)
    report = RunReport(
        "run[/x]", "covid19", "", 1.0, "none", 1, (failed, skipped), refused_files={HOSTILE: HOSTILE},
        publishers=(PublisherReport("warehouse", error=HOSTILE),), error=HOSTILE,
    )  # fmt: skip
    text = io.StringIO()
    with RunDisplay(Terminal(text)) as display:
        display.progress(HOSTILE, 1, 1)
        display.finished(failed)
        with display.waiting(HOSTILE):
            pass
    show_summary(Terminal(text), report, [(HOSTILE, HOSTILE)])
    # The line of the table, its refused file, and all that follows: each text that was given is there.
    assert text.getvalue().count(SHOWN) == 17
    assert "\x1b" not in text.getvalue()
    assert "trusted.[/y] was not built" in text.getvalue()


def test_answers_show_brackets_and_controls(tmp_path: Path) -> None:
    publish_rows(LocalStorage(tmp_path), "v1", {"covid19_trusted.state_abv": [{"abbreviation": "[/x]\x1b[2J"}]})
    answered = call("query", 'SELECT abbreviation AS "[b]" FROM covid19_trusted.state_abv', "--lake", tmp_path)
    assert "┃ [b] " in answered.stdout
    assert "│ [/x]\\x1b[2J │" in answered.stdout


def test_an_error_shows_them_too(tmp_path: Path) -> None:
    answered = call("tables", "--lake", tmp_path / "[/x]")
    assert (answered.exit_code, "[/x]" in answered.stderr) == (1, True)


def test_one_module_alone_knows_consoles_and_none_knows_markup() -> None:
    tests = Path(__file__).resolve().parents[1]
    programs = [tests / "corpus" / "show.py", tests / "chaos" / "chaos.py"]
    for file in [*Path(covid_lake.__file__).parent.rglob("*.py"), *programs]:
        imported = {
            f"{node.module}.{name.name}"
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        }
        rich = {name for name in imported if name.startswith("rich.")}
        assert not any("markup" in name for name in rich), file
        # Bars, and the frames and widths of tables, print nothing by themselves.
        harmless = ("rich.progress.", "rich.box", "rich.cells.")
        assert file.name == "terminal.py" or all(name.startswith(harmless) for name in rich), file
