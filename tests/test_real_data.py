"""The real public files, where they are: figures that anyone can count in them, found again at the lake's end."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from both_engines import connect_mode
from covid_lake.datasets.covid19.places import COUNTRIES, COUNTRY_ALIASES, spelling_key
from covid_lake.engines.protocol import Engine
from covid_lake.landing.arrivals import LandingResult
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import RunReport, Status
from covid_lake.store.storage import LocalStorage
from equal_lakes import differences
from lake_runs import land_files, report_of, run_lake

pytestmark = pytest.mark.bigdata

LAST_REPORT = "jhu/jhu-daily-reports/06-30-2020.csv"
LAST_DAY = 20200630
SHIPS = ("Diamond Princess", "Grand Princess")


@dataclass(frozen=True)
class RealLake:
    """The lake of all real files, and what landing and the run said of them."""

    lake: Lake
    landed: LandingResult
    report: RunReport

    def one(self, sql: str) -> tuple[object, ...]:
        """The only row of an answer."""
        (row,) = self.lake.sql(sql).arrow.to_pylist()
        return tuple(row.values())


@pytest.fixture(scope="module")
def real_lake(real_data: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> RealLake:
    """One run over both folders: the daily reports, and the ten tables of the public bucket."""
    storage = LocalStorage(tmp_path_factory.mktemp("real") / "lake")
    landed = land_files(storage, real_data / "covid19-lake", real_data / "jhu")
    return RealLake(Lake(storage.root), landed, run_lake(lambda: engine, storage, landed=landed))


def test_sail_makes_the_same_tables(real_lake: RealLake, real_data: Path, sail: Engine, tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    landed = land_files(storage, real_data / "covid19-lake", real_data / "jhu")
    with connect_mode(is_on=True):
        report = run_lake(lambda: sail, storage, landed=landed)
    assert report.engine != real_lake.report.engine
    assert differences(LocalStorage(Path(real_lake.lake.storage.root)), storage) == []


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    body = path.read_bytes()
    text = (gzip.decompress(body) if path.suffix == ".gz" else body).decode("utf-8-sig")
    yield from csv.DictReader(text.splitlines())


def test_every_table_is_published_and_every_record_accounted_for(real_lake: RealLake) -> None:
    assert {table.status for table in real_lake.report.tables} == {Status.PUBLISHED}
    assert (real_lake.report.succeeded, real_lake.report.reconciled) == (True, True)
    assert (real_lake.landed.refused, len(real_lake.landed.copied)) == ((), 16 + 161)


def test_no_daily_report_is_refused_in_part(real_lake: RealLake) -> None:
    reports = report_of(real_lake.report, "trusted.jhu_daily_reports")
    assert (len(reports.read), reports.unknown_columns) == (161, ())
    assert (reports.rejected, reports.superseded) == (0, 78)


def test_the_cases_of_the_last_day_are_the_files_own_total(real_lake: RealLake, real_data: Path) -> None:
    total = sum(int(row["Confirmed"]) for row in rows_of(real_data / LAST_REPORT))
    found = real_lake.one(
        "SELECT sum(confirmed) FROM covid19_curated.fact_cases "
        f"WHERE source = 'jhu_daily_reports' AND date_key = {LAST_DAY}"
    )
    assert found == (total,)


def test_fact_covid_of_the_last_day_is_the_us_without_its_ships(real_lake: RealLake, real_data: Path) -> None:
    rows = [row for row in rows_of(real_data / LAST_REPORT) if row["Country_Region"] == "US"]
    assert {row["Province_State"] for row in rows if "Princess" in row["Province_State"]} == set(SHIPS)
    total = sum(int(row["Confirmed"]) for row in rows if row["Province_State"] not in SHIPS)
    found = real_lake.one(f"SELECT sum(confirmed) FROM covid19_curated.fact_covid WHERE date_key = {LAST_DAY}")
    assert found == (total,)


def sums_of_the_files(real_data: Path) -> dict[tuple[int, str], list[int]]:
    """Confirmed, deaths and recovered by day and canonical country, added up from the reports themselves."""
    names = {spelling_key(one.country_region): one.country_region for one in COUNTRIES}
    names |= {spelling_key(alias.spelling): alias.country_region for alias in COUNTRY_ALIASES}
    sums: dict[tuple[int, str], list[int]] = {}
    for path in sorted((real_data / "jhu/jhu-daily-reports").glob("*.csv")):
        day = int(re.sub(r"(\d+)-(\d+)-(\d+)", r"\3\1\2", path.stem))
        for row in rows_of(path):
            country = names[spelling_key(row.get("Country_Region") or row["Country/Region"])]
            own = sums.setdefault((day, country), [0, 0, 0])
            for i, figure in enumerate(("Confirmed", "Deaths", "Recovered")):
                own[i] += int(float(row[figure] or 0))
    return sums


# Day and country to the superseded confirmed, deaths and recovered: places that stand twice in a report, under two
# names. docs/tables.md has each pair.
SUPERSEDED = {
    (20200308, "Ireland"): [19, 0, 0],
    (20200311, "China"): [318, 6, 307],
    (20200314, "France"): [5, 0, 0],
    (20200316, "Congo (Brazzaville)"): [1, 0, 0],
    (20200316, "France"): [9, 0, 0],
    (20200316, "US"): [8, 0, 0],
    (20200317, "Congo (Brazzaville)"): [1, 0, 0],
    (20200317, "France"): [27, 0, 0],
    (20200317, "US"): [8, 0, 0],
    (20200318, "Congo (Brazzaville)"): [1, 0, 0],
    (20200318, "France"): [53, 0, 0],
    (20200318, "Netherlands"): [2, 0, 0],
    (20200318, "US"): [12, 0, 0],
    (20200319, "Bahamas"): [3, 0, 0],
    (20200319, "Denmark"): [2, 0, 0],
    (20200319, "France"): [14, 0, 0],
    (20200319, "Netherlands"): [2, 0, 0],
    (20200319, "US"): [7, 0, 0],
    (20200320, "Bahamas"): [3, 0, 0],
    (20200320, "Denmark"): [2, 0, 0],
    (20200321, "Cabo Verde"): [3, 0, 0],
    (20200321, "Denmark"): [2, 0, 0],
    (20200322, "US"): [102, 0, 0],
    (20200403, "US"): [2, 0, 0],
    (20200404, "US"): [3, 0, 0],
    (20200405, "US"): [5, 0, 0],
    (20200406, "US"): [5, 0, 0],
}


def test_the_figures_of_every_country_and_day_are_the_files_own(real_lake: RealLake, real_data: Path) -> None:
    own = sums_of_the_files(real_data)
    rows = real_lake.lake.sql(
        "SELECT date_key, country_region, coalesce(sum(confirmed), 0), coalesce(sum(deaths), 0), "
        "coalesce(sum(recovered), 0) "
        "FROM covid19_curated.fact_cases JOIN covid19_curated.dim_region USING (region_key) "
        "WHERE source = 'jhu_daily_reports' GROUP BY 1, 2"
    ).rows
    found = {(day, country): [int(figure) for figure in figures] for day, country, *figures in rows}
    assert found.keys() == own.keys()
    missing = {place: [a - b for a, b in zip(own[place], found[place], strict=True)] for place in own}
    assert {place: figures for place, figures in missing.items() if any(figures)} == SUPERSEDED


def test_what_the_real_files_are_warned_of(real_lake: RealLake) -> None:
    reports, counties = (
        report_of(real_lake.report, f"trusted.{name}") for name in ("jhu_daily_reports", "nytimes_us_county")
    )
    assert (reports.shared_keys, counties.shared_keys) == ({}, {})
    assert reports.warnings == {
        "active_negative": 1_132,
        "deaths_above_confirmed": 6,
        "recovered_above_confirmed": 172,
    }
    # The epidemic's first days, and the day on which the US was first reported by county.
    assert sorted({name.split()[-1] for name in reports.jumps}) == ["2020-01-25", "2020-01-28", "2020-03-22"]
    # This copy of the file ends within its last day.
    assert counties.jumps["cases on 2020-04-02"] == (215_463, 51_792)


def test_namibias_code_is_no_missing_value(real_lake: RealLake) -> None:
    found = real_lake.one(
        "SELECT iso2, iso3, country_region FROM covid19_trusted.country_code WHERE country = 'Namibia'"
    )
    assert found == ("NA", "NAM", "Namibia")
    assert real_lake.one("SELECT iso2 FROM covid19_curated.dim_region WHERE region_id = 'country:Namibia'") == ("NA",)


def test_autauga_keeps_its_zero(real_lake: RealLake) -> None:
    found = real_lake.one(
        "SELECT fips, county, state_abbreviation, population FROM covid19_curated.dim_region "
        "WHERE region_id = 'county:01001'"
    )
    assert found == ("01001", "Autauga", "AL", 55601)
    for table in ("jhu_daily_reports", "enigma_jhu", "nytimes_us_county", "county_population"):
        counted = real_lake.one(f"SELECT count(*) > 0 FROM covid19_trusted.{table} WHERE fips = '01001'")
        assert counted == (True,), table
        assert real_lake.one(f"SELECT count(*) FROM covid19_trusted.{table} WHERE length(fips) = 4") == (0,), table


def test_short_rows_are_kept_without_their_rates(real_lake: RealLake, real_data: Path) -> None:
    names = [f"jhu-daily-reports/05-{day}-2020.csv" for day in (29, 30, 31)]
    short = dict.fromkeys(names, 0)
    for name in names:
        lines = (real_data / "jhu" / name).read_text("utf-8-sig").splitlines()
        short[name] = sum(len(row) == 12 for row in csv.reader(lines))
    assert list(short.values()) == [85, 85, 85]
    rows = real_lake.lake.sql(
        "SELECT source_file, count(*) AS n, sum(if(incident_rate IS NULL AND case_fatality_ratio IS NULL, 1, 0)) "
        f"AS without FROM covid19_trusted.jhu_daily_reports WHERE source_file IN {tuple(names)} GROUP BY source_file"
    ).arrow.to_pylist()
    delivered = report_of(real_lake.report, "trusted.jhu_daily_reports").read
    assert {row["source_file"]: row["n"] for row in rows} == {name: delivered[name] for name in names}
    assert all(int(row["without"]) >= 85 for row in rows)


def test_hour_24_is_the_next_midnight(real_lake: RealLake) -> None:
    found = real_lake.one(
        "SELECT CAST(date_checked AS VARCHAR) FROM covid19_trusted.testing_us_daily "
        "WHERE report_date = DATE '2021-03-07'"
    )
    assert str(found[0]).startswith("2021-03-08 00:00:00")


def test_no_two_regions_are_one_county(real_lake: RealLake) -> None:
    doubled = real_lake.lake.sql(
        "SELECT province_state, county, count(*) AS n FROM covid19_curated.dim_region "
        "WHERE level = 'county' AND country_region = 'US' AND fips IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1"
    ).arrow.to_pylist()
    # A city and the county around it bear one name in Maryland, Missouri and Virginia.
    assert {row["province_state"] for row in doubled} <= {"Maryland", "Missouri", "Virginia"}


def test_every_truncated_file_is_refused_by_name(real_data: Path, tmp_path: Path) -> None:
    landed = land_files(LocalStorage(tmp_path / "lake"), real_data / "truncated")
    expected = {
        "enigma-jhu/csv/Enigma-JHU.csv.gz": "the gzip stream breaks off before its end",
        "enigma-nytimes-data-in-usa/csv/us_county/us_county.csv": "the last line (26,901) has 3 of 6 fields",
        "rearc-covid-19-testing-data/csv/states_daily/states_daily.csv": "the last line (2,686) has 9 of 56 fields",
        "rearc-usa-hospital-beds/json/usa-hospital-beds.json": "line 830 is no whole JSON object",
    }
    assert {refusal.path for refusal in landed.refused} == expected.keys()
    assert all(refusal.reason.startswith(expected[refusal.path]) for refusal in landed.refused)
    assert all("cut short" in refusal.reason for refusal in landed.refused)
    assert landed.copied == ()
