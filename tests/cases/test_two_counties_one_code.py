"""Two counties under one code stay two, by their names; a code of another state is not believed."""

from __future__ import annotations

from pathlib import Path

from cases.daily_reports import german_states, lake_of, report
from covid_lake.engines.protocol import Engine
from covid_lake.store.storage import LocalStorage
from lake_runs import land_files, report_of, run_lake

MISSOURI = {"Country_Region": "US", "Province_State": "Missouri"}


def test_both_counties_are_kept_and_told(engine: Engine, tmp_path: Path) -> None:
    places = [
        *german_states(5),
        {**MISSOURI, "Admin2": "St. Louis", "FIPS": "29189", "Confirmed": 1_400},
        {**MISSOURI, "Admin2": "St. Louis City", "FIPS": "29189", "Confirmed": 600},
        # The same county under another spelling, and older: this one is superseded.
        {**MISSOURI, "Admin2": "Saint Louis County", "FIPS": "29189", "Confirmed": 1_300},
        {**MISSOURI, "Admin2": "Kansas City", "FIPS": "38000", "Confirmed": 50},
        {**MISSOURI, "Admin2": "Jackson County", "FIPS": "29095", "Confirmed": 70},
        {**MISSOURI, "Admin2": "Jackson", "FIPS": "29095", "Confirmed": 7},
    ]
    lake, told = lake_of(engine, tmp_path, {"04-14-2020": report(places)}, ("fact_cases",))
    trusted = lake.sql(
        "SELECT region_id, county, confirmed FROM covid19_trusted.jhu_daily_reports "
        "WHERE province_state = 'Missouri' ORDER BY confirmed"
    )
    assert trusted.rows == [
        ("county:US/Missouri/Kansas City", "Kansas City", 50),
        ("county:29095", "Jackson", 70),
        ("county:US/Missouri/St. Louis City", "St. Louis City", 600),
        ("county:US/Missouri/Saint Louis", "St. Louis", 1_400),
    ]
    reports = report_of(told, "trusted.jhu_daily_reports")
    assert reports.superseded == 1 + 1
    assert reports.warnings["fips_of_other_state"] == 1
    assert reports.warnings["region_id_shared"] == 3
    names = ("Saint Louis", "St. Louis", "St. Louis City")
    assert reports.shared_keys == {"county:29189": tuple(f"county:US/Missouri/{name}" for name in names)}
    facts = lake.sql(
        "SELECT sum(confirmed) FROM covid19_curated.fact_cases JOIN covid19_curated.dim_region USING (region_key) "
        "WHERE province_state = 'Missouri'"
    )
    assert facts.rows == [(2_120,)]


def test_two_of_one_number_are_told_where_only_one_can_stay(engine: Engine, tmp_path: Path) -> None:
    beds = tmp_path / "in/rearc-usa-hospital-beds/csv"
    codes = tmp_path / "in/static-datasets/csv/countrycode"
    for folder in (beds, codes):
        folder.mkdir(parents=True)
    (beds / "beds.csv").write_text(
        "OBJECTID,HOSPITAL_NAME,STATE_NAME,FIPS\n1,Mercy Hospital,Iowa,19153\n1,Grace Clinic,Iowa,19153\n"
        "2,St. Mary,Iowa,19153\n2,Saint Mary,Iowa,19153\n"
    )
    (codes / "codes.csv").write_text(
        "Country,Alpha-2 code,Alpha-3 code,Numeric code,Latitude,Longitude\n"
        "Burma,MM,MMR,104,22,98\nMyanmar,MM,MMR,104,22,98\nAustria,AU,AUT,40,47,13\nAustralia,AU,AUS,36,-27,133\n"
    )
    storage = LocalStorage(tmp_path / "lake")
    land_files(storage, tmp_path / "in")
    told = run_lake(lambda: engine, storage)
    beds_report, codes_report = (report_of(told, f"trusted.{name}") for name in ("hospital_beds", "country_code"))
    assert beds_report.shared_keys == {"1": ("Grace Clinic", "Mercy Hospital")}
    assert codes_report.shared_keys == {"AU": ("Australia", "Austria")}
    assert (beds_report.superseded, codes_report.superseded) == (2, 2)
