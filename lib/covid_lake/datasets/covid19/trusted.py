"""How each trusted table's derived columns come out of its typed landing records; one row in, one row out."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from covid_lake.datasets.covid19.regions import (
    canonical_country_codes,
    folded,
    name_reported_places,
    name_us_places,
    state_names,
)
from covid_lake.transforms.rules import RAW


def enigma_jhu(records: DataFrame) -> DataFrame:
    """A location and the day of its last update, UTC minus 8 hours.

    From late April on a day's report is written at 02:30 to 05:30 UTC of the next day; eight hours bring 98.4 % of the
    rows back to their report's day.
    """
    moment = F.col("last_update")
    # A date without a time, as a spreadsheet leaves it, is the day itself.
    has_time = F.col(RAW + "last_update").contains(":")
    day = F.to_date(F.when(has_time, moment - F.expr("INTERVAL 8 HOURS")).otherwise(moment))
    return name_reported_places(records.withColumn("report_date", day))


def jhu_daily_reports(records: DataFrame) -> DataFrame:
    """A location and the day in its file's name."""
    return name_reported_places(records)


def nytimes_us_county(records: DataFrame) -> DataFrame:
    """A US county and a day."""
    return name_us_places(records)


def nytimes_us_states(records: DataFrame) -> DataFrame:
    """A US state and a day."""
    return name_us_places(records)


def testing_states_daily(records: DataFrame) -> DataFrame:
    """A US state and a day; the state is named by its postal abbreviation."""
    named = state_names(records, "state")
    return name_us_places(named.withColumnRenamed("county", "_county")).withColumn("county", F.col("_county"))


def as_delivered(records: DataFrame) -> DataFrame:
    """Tables without derived columns."""
    return records


def hospital_beds(records: DataFrame) -> DataFrame:
    """A hospital by the source's number; `same_hospital`, which is not stored, tells two of one number apart."""
    return records.withColumn("same_hospital", folded("hospital_name"))


def country_code(records: DataFrame) -> DataFrame:
    """A country by its ISO code, with the canonical name that reports have, too."""
    return canonical_country_codes(records)


def county_population(records: DataFrame) -> DataFrame:
    """A US county by its FIPS code."""
    return name_us_places(records)


def state_abv(records: DataFrame) -> DataFrame:
    """A US state."""
    return name_us_places(records)
