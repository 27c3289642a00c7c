"""A range of days to be done again that holds no day of the data is told, and nothing is started."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from covid_lake.cli.group import EXIT_USAGE
from covid_lake.cli.main import main
from covid_lake.datasets import registry
from covid_lake.errors import SettingsError
from covid_lake.pipeline.run import Request, make_plan
from covid_lake.runtime import engine_choice
from covid_lake.store.storage import LocalStorage, Storage
from lake_runs import no_engine, run_lake
from small_lake import cases, publish_rows

REPORT = "Province/State,Country/Region,Last Update,Confirmed,Deaths,Recovered\n,Chad,2020-03-01T12:00:00,1,0,0\n"


@pytest.fixture
def lake(tmp_path: Path) -> Storage:
    """Reports of 1 and 2 March, and facts up to the 20th, whose source was one file for all days."""
    storage = LocalStorage(tmp_path)
    for day in (1, 2):
        storage.write(f"landing/covid19/jhu-daily-reports/03-0{day}-2020.csv", REPORT.encode())
    publish_rows(storage, "v1", {"covid19_curated.fact_cases": [cases(1, date(2020, 3, 20), 5)]})
    return storage


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2030, 1, 1), None),
        (None, date(2019, 12, 31)),
        (date(2020, 3, 21), None),
        (date(2020, 3, 3), date(2020, 3, 4)),
    ],
)
def test_no_engine_is_started_for_days_that_are_not_there(first: date | None, last: date | None, lake: Storage) -> None:
    request = Request(first_day=first, last_day=last)

    with pytest.raises(
        SettingsError, match=r"no day to do again .*: the data of covid19 go from 2020-03-01 to 2020-03-20"
    ):
        run_lake(no_engine, lake, request)
    with pytest.raises(SettingsError, match="no day to do again"):
        make_plan(registry.flow("covid19"), lake, request)


@pytest.mark.parametrize("day", [date(2020, 3, 2), date(2020, 3, 20)])
def test_days_that_are_there_are_planned(day: date, lake: Storage) -> None:
    assert make_plan(registry.flow("covid19"), lake, Request(first_day=day, last_day=day)).has_work


def test_only_days_of_the_tables_asked_for_count(lake: Storage) -> None:
    request = Request(only=("jhu_daily_reports",), first_day=date(2020, 3, 20))

    with pytest.raises(SettingsError, match="go from 2020-03-01 to 2020-03-02"):
        make_plan(registry.flow("covid19"), lake, request)


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(SettingsError, match="the first day, 2020-03-02, lies after the last, 2020-03-01"):
        Request(first_day=date(2020, 3, 2), last_day=date(2020, 3, 1))


@pytest.mark.parametrize("command", ["run", "plan"])
@pytest.mark.parametrize(
    "days",
    [
        ["--from-date", "2030-01-01"],
        ["--to-date", "2019-01-01"],
        ["--from-date", "2020-03-02", "--to-date", "2020-03-01"],
    ],
)
def test_commands_end_with_2(command: str, days: list[str], lake: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_choice, "start_engine", lambda *_, **__: no_engine())

    result = CliRunner(env={"COLUMNS": "400"}).invoke(main, [command, "covid19", "--lake", lake.root, *days])

    assert result.exit_code == EXIT_USAGE
    assert "no day to do again" in result.output or "is later than" in result.output
    assert not list(Path(lake.root).glob("_runs/*"))
