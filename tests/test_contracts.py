"""What contracts say of landing files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from covid_lake.contracts import DailyFiles, Landing
from covid_lake.datasets.covid19.contracts import COVID19

DAILY = DailyFiles("%m-%d-%Y", "report_date")
JANUARY_22 = date(2020, 1, 22)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("01-22-2020.csv", JANUARY_22),
        ("12-31-2021.CSV", date(2021, 12, 31)),
        ("01-22-2020 (1).csv", JANUARY_22),
        ("01-22-2020a.csv", JANUARY_22),
        ("01-22-2020\n2.csv", JANUARY_22),
        ("01-22-2020\u0663.csv", JANUARY_22),
        ("02-30-2020.csv", None),
        ("1-22-2020.csv", None),
        ("01-22-20220.csv", None),
        ("01-22-202x.csv", None),
        ("01/22-2020.csv", None),
        ("01-22-0999.csv", None),
        ("2020-01-22.csv", None),
        ("notes.csv", None),
    ],
)
def test_a_daily_files_day_is_what_its_name_begins_with(name: str, day: date | None) -> None:
    assert DAILY.day_of(f"jhu-daily-reports/{name}") == day


def test_the_docs_name_the_landing_folders_that_the_contracts_have() -> None:
    text = (Path(__file__).parents[1] / "docs/tables.md").read_text("utf-8")
    for table in COVID19.tables:
        if table.landing:
            csv, json = (
                ", ".join(f"`{folder}`" for folder in form) for form in (table.landing.csv, table.landing.json)
            )
            assert f"| `{table.name}` | {csv} | {json} |\n" in text


@pytest.mark.parametrize("folder", ["things/*.csv", "/things", "things/", "a//b"])
def test_a_landing_names_folders_and_no_patterns(folder: str) -> None:
    with pytest.raises(ValueError, match="is no folder below the landing root"):
        Landing(csv=(folder,))
