"""Names and numbers are never cut: a table that is too wide for a terminal is a block of lines for each row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from covid_lake.cli.main import main
from covid_lake.reading.answers import answer_of_rows, format_table
from covid_lake.reading.grid import Column, Grid, Page, grid_lines
from covid_lake.store.storage import LocalStorage
from small_lake import publish_rows
from terminals import at_terminal

REPORT = {
    "region_id": "county:53033",
    "country_region": "US",
    "province_state": "Washington",
    "county": "King",
    "report_date": date(2020, 3, 31),
    "confirmed": 2_332_123_456,
    "source_file": "jhu-daily-reports/03-31-2020.csv",
    "month": "2020-03",
}
REFUSED = {
    "run_id": "20200401T000000Z-abcd",
    "table_name": "jhu_daily_reports",
    "source_file": "jhu-daily-reports/a-name-that-is-longer-than-a-line-of-an-ordinary-terminal-with-80-columns.csv",
    "line": 12,
    "reasons": ["confirmed_negative: confirmed is negative"],
    "record": '{"Confirmed":"-1"}',
}
TABLE = "covid19_trusted.jhu_daily_reports"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lake")
    publish_rows(LocalStorage(root), "20200401T000000Z-abcd", {TABLE: [REPORT]}, {TABLE: [REFUSED]})
    return root


def piped(*arguments: str | Path) -> str:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(main, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_wide_answer_is_a_block_for_each_row_at_a_terminal(lake: Path) -> None:
    text = at_terminal(80, "query", "--lake", lake, f"SELECT * FROM {TABLE}")
    lines = [line.split("│") for line in text.splitlines() if "│" in line]
    shown = {name.strip(): value.strip() for name, value in lines}
    assert shown["region_id"] == "county:53033"
    assert shown["report_date"] == "2020-03-31"
    assert shown["confirmed"] == "2332123456"
    assert text.startswith("─[ 1 ]──")
    assert max(map(cell_len, text.splitlines())) <= 80
    assert "…" not in text


def test_a_wide_answer_is_a_grid_where_it_fits(lake: Path) -> None:
    question = f"SELECT region_id, report_date FROM {TABLE}"
    assert "│ county:53033 │ 2020-03-31  │" in at_terminal(80, "query", "--lake", lake, question)


def test_a_wide_answer_is_whole_in_a_pipe_whatever_columns_says(lake: Path) -> None:
    header, values = (
        [cell.strip() for cell in line[1:-1].replace("┃", "│").split("│")]
        for line in piped("query", "--lake", lake, f"SELECT * FROM {TABLE}").splitlines()
        if line[0] in "┃│"
    )
    row = dict(zip(header, values, strict=True))
    assert (row["region_id"], row["confirmed"], row["report_date"]) == ("county:53033", "2332123456", "2020-03-31")


@pytest.mark.parametrize(
    "command", [("tables",), ("quarantine", "list"), ("versions", TABLE), ("quarantine", "show", "jhu_daily_reports")]
)
def test_no_name_is_cut_in_any_list(command: tuple[str, ...], lake: Path) -> None:
    names = {
        "tables": [TABLE, "covid19_quarantine.jhu_daily_reports", "20200401T000000Z-abcd"],
        "list": ["covid19_quarantine.jhu_daily_reports", "confirmed_negative", "20200401T000000Z-abcd"],
        "show": [REFUSED["source_file"]],
    }
    wanted = names.get(command[-1]) or names.get(command[1]) or ["20200401T000000Z-abcd"]
    for text in (piped(*command, "--lake", lake), at_terminal(80, *command, "--lake", lake)):
        assert all(str(name) in text for name in wanted), text
        assert "…" not in text


def test_sentences_are_broken_at_blanks_before_a_table_falls_apart() -> None:
    grid = Grid([Column("table"), Column("why", prose=True)], [("covid19_trusted.x", "a " * 30 + "sentence")])
    lines = [
        "".join(part if isinstance(part, str) else part[0] for part in line) for line in grid_lines(grid, Page(60))
    ]
    assert max(map(len, lines)) <= 60
    assert lines[0].startswith("┏")
    assert sum("a a" in line for line in lines) > 1


def test_a_word_that_is_longer_than_the_terminal_stays_whole() -> None:
    name = "x" * 100
    assert name in format_table(answer_of_rows(["a", "b"], [(name, 1)]), width=40)
