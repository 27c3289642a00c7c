"""A report whose columns are swapped is warned of, whether it comes alone, among others or first of all."""

from __future__ import annotations

from pathlib import Path

from cases.daily_reports import HEADER, german_states, lake_of, report
from covid_lake.engines.protocol import Engine
from lake_runs import report_of

SWAPPED = ["Deaths" if name == "Confirmed" else "Confirmed" if name == "Deaths" else name for name in HEADER]


def test_swapped_columns_within_a_first_load_are_told(engine: Engine, tmp_path: Path) -> None:
    good = report(german_states(40))
    header, _, records = good.partition("\n")
    assert header == ",".join(HEADER)
    reports = {"11-03-2020": good, "11-04-2020": good, "11-05-2020": ",".join(SWAPPED) + "\n" + records}
    _, told = lake_of(engine, tmp_path, reports)
    found = report_of(told, "trusted.jhu_daily_reports")
    assert found.warnings == {"deaths_above_confirmed": 40}
    assert found.jumps == {"confirmed on 2020-11-05": (40_000, 400), "deaths on 2020-11-05": (400, 40_000)}
