"""What contracts say of landing files."""

from __future__ import annotations

from datetime import date

import pytest

from covid_lake.contracts import DailyFiles

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
