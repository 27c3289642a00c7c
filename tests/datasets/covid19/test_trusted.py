"""What trusted tables derive from the files that they come from."""

from __future__ import annotations

from pyspark.sql import SparkSession

from covid_lake.contracts import month_of
from covid_lake.datasets.covid19 import trusted
from covid_lake.datasets.covid19.contracts import JHU_DAILY_REPORTS

NAMES = (
    "01-22-2020.csv",
    "12-31-2021.CSV",
    "02-30-2020.csv",
    "1-22-2020.csv",
    "01-22-20220.csv",
    "01-22-202x.csv",
    "01-22-2020 (1).csv",
    "01-22-2020a.csv",
    "01-22-2020\n2.csv",
    "01/22-2020.csv",
    "01-22-0999.csv",
    "01-22-2020\u0663.csv",
    "2020-01-22.csv",
    "notes.csv",
)


def test_a_report_has_the_day_that_its_file_is_planned_under(spark: SparkSession) -> None:
    """Planning and promotion read the day out of a file's name in two ways, which must come to the same."""
    assert JHU_DAILY_REPORTS.landing is not None
    daily = JHU_DAILY_REPORTS.landing.daily
    assert daily is not None
    rows = [(f"jhu-daily-reports/{name}", "US", "Washington", "King", "53033") for name in NAMES]
    columns = "source_file string, country_region string, province_state string, county string, fips string"
    found = trusted.jhu_daily_reports(spark.createDataFrame(rows, columns)).collect()
    days = {row["source_file"]: (row["report_date"], row["month"]) for row in found}
    planned = {path: daily.day_of(path) for path, *_ in rows}
    assert days == {path: (day, month_of(day) if day else None) for path, day in planned.items()}
    assert sum(day is not None for day in planned.values()) == 6
