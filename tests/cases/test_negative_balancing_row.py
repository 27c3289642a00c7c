"""A negative figure of no place corrects its country's sum; refusing it would make the country wrong."""

from __future__ import annotations

from pathlib import Path

from cases.daily_reports import german_states, lake_of, report
from covid_lake.engines.protocol import Engine
from lake_runs import report_of

COLOMBIA = [
    {"Country_Region": "Colombia", "Province_State": "Bogota", "Confirmed": 700_000, "Deaths": 100},
    {"Country_Region": "Colombia", "Province_State": "Antioquia", "Confirmed": 696_100, "Deaths": 50},
    {"Country_Region": "Colombia", "Province_State": "Unknown", "Confirmed": -302_844, "Deaths": -3},
]
UTAH = [
    {"Country_Region": "US", "Province_State": "Utah", "Admin2": "Utah", "FIPS": "49049", "Confirmed": 900},
    {"Country_Region": "US", "Province_State": "Utah", "Admin2": "Unassigned", "FIPS": "90049", "Confirmed": -40},
    {"Country_Region": "US", "Province_State": "Utah", "Admin2": "Out of UT", "FIPS": "80049", "Confirmed": -2},
    {"Country_Region": "US", "Province_State": "Utah", "Admin2": "Unknown", "FIPS": "", "Confirmed": -1},
]


def test_the_sum_of_each_country_is_the_files_own(engine: Engine, tmp_path: Path) -> None:
    places = [*german_states(40), *COLOMBIA, *UTAH]
    lake, told = lake_of(engine, tmp_path, {"11-02-2020": report(places)}, ("fact_cases",))
    found = lake.sql(
        "SELECT country_region, sum(confirmed), sum(deaths) FROM covid19_curated.fact_cases "
        "JOIN covid19_curated.dim_region USING (region_key) GROUP BY 1 ORDER BY 1"
    )
    assert found.rows == [("Colombia", 1_093_256, 147), ("Germany", 40_000, 400), ("US", 857, 40)]
    reports = report_of(told, "trusted.jhu_daily_reports")
    assert (reports.rejected, reports.superseded) == (0, 0)
    assert reports.warnings["confirmed_corrects_sum"] == 4
    assert reports.warnings["deaths_corrects_sum"] == 1


def test_a_place_of_its_own_can_have_no_negative_figure(engine: Engine, tmp_path: Path) -> None:
    places = [*german_states(40), {"Province_State": "Bayern", "Confirmed": -1}]
    _, told = lake_of(engine, tmp_path, {"11-02-2020": report(places)})
    reports = report_of(told, "trusted.jhu_daily_reports")
    assert reports.rejected_by_reason == {"confirmed_negative": 1}
