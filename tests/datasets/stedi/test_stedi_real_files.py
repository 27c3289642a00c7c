"""The real STEDI files, where they are: the counts of the published tables, and the usual mistake."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from covid_lake.datasets import registry
from covid_lake.engines.protocol import Engine
from covid_lake.reading.lake import Lake
from covid_lake.store.reports import RunReport
from covid_lake.store.storage import LocalStorage
from lake_runs import land_files, report_of, run_lake
from stedi_frames import KEY

pytestmark = pytest.mark.bigdata


@dataclass(frozen=True)
class RealLake:
    """The lake of the real files, and what the run said of them."""

    lake: Lake
    report: RunReport

    def one(self, sql: str) -> tuple[Any, ...]:
        """The only row of an answer."""
        (row,) = self.lake.sql(sql).arrow.to_pylist()
        return tuple(row.values())


@pytest.fixture(scope="module")
def real_lake(real_data: Path, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> RealLake:
    storage = LocalStorage(tmp_path_factory.mktemp("real_stedi") / "lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COVID_LAKE_PSEUDONYM_KEY", KEY.decode())
        landed = land_files(storage, real_data / "stedi", dataset="stedi")
        assert (len(landed.copied), landed.refused) == (13, ())
        report = run_lake(lambda: engine, storage, flow=registry.flow("stedi"), landed=landed)
    assert (report.succeeded, report.reconciled) == (True, True), report.faults
    return RealLake(Lake(storage.root), report)


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("stedi_landing.customer", 956),
        ("stedi_landing.accelerometer", 81_273),
        ("stedi_landing.step_trainer", 28_680),
        ("stedi_trusted.customer", 482),
        ("stedi_trusted.accelerometer", 40_981),
        ("stedi_curated.customer", 482),
        ("stedi_trusted.step_trainer", 14_460),
        ("stedi_curated.machine_learning", 43_681),
        ("stedi_curated.machine_learning_strict", 32_025),
    ],
)
def test_rows_are_as_many_as_published(real_lake: RealLake, table: str, rows: int) -> None:
    assert real_lake.one(f"SELECT count(*) FROM {table}") == (rows,)


@pytest.mark.parametrize(
    ("table", "withheld"), [("customer", 474), ("accelerometer", 40_292), ("step_trainer", 14_220)]
)
def test_all_other_records_are_withheld(real_lake: RealLake, table: str, withheld: int) -> None:
    found = report_of(real_lake.report, f"trusted.{table}")
    assert (found.withheld, found.rejected, found.superseded) == (withheld, 0, 0)


def test_joining_the_accelerometers_landing_records_is_the_usual_mistake(real_lake: RealLake) -> None:
    """46,026 rows, of which 2,345 are of people who did not agree."""
    mistake = """
    SELECT count(*), sum(CASE WHEN c.email IS NULL THEN 1 ELSE 0 END)
    FROM stedi_trusted.step_trainer s
    JOIN stedi_landing.accelerometer a ON CAST(a."timestamp" AS BIGINT) = s.sensor_reading_time
    LEFT JOIN stedi_trusted.customer c ON c.email = a."user"
    """
    assert real_lake.one(mistake) == (46_026, 2_345)


def test_2700_published_rows_pair_two_people(real_lake: RealLake) -> None:
    flags = """
    SELECT
        sum(CASE WHEN is_same_customer THEN 1 ELSE 0 END),
        sum(CASE WHEN is_same_customer THEN 0 ELSE 1 END),
        sum(CASE WHEN is_after_consent THEN 1 ELSE 0 END),
        sum(CASE WHEN is_same_customer AND is_after_consent THEN 1 ELSE 0 END),
        sum(CASE WHEN is_device_owner_known THEN 0 ELSE 1 END)
    FROM stedi_curated.machine_learning
    """
    assert real_lake.one(flags) == (40_981, 2_700, 34_253, 32_025, 0)


def test_pseudonyms_are_as_many_as_customers(real_lake: RealLake) -> None:
    both = "SELECT count(DISTINCT device_owner), count(DISTINCT phone_owner) FROM stedi_curated.machine_learning"
    assert real_lake.one(both) == (482, 482)
    strict = "SELECT count(DISTINCT customer) FROM stedi_curated.machine_learning_strict"
    assert real_lake.one(strict) == (464,)


def test_readings_older_than_consent_are_counted(real_lake: RealLake) -> None:
    phone = """
    SELECT count(*) FROM stedi_trusted.accelerometer a
    JOIN stedi_trusted.customer c ON c.email = a."user"
    WHERE a."timestamp" < c.share_with_research_as_of_date
    """
    device = """
    SELECT count(*) FROM stedi_trusted.step_trainer s
    JOIN stedi_curated.customer c ON c.serial_number = s.serial_number
    WHERE s.sensor_reading_time < c.share_with_research_as_of_date
    """
    wholly = """
    SELECT count(*) FROM (
        SELECT a."user" FROM stedi_trusted.accelerometer a
        JOIN stedi_trusted.customer c ON c.email = a."user"
        GROUP BY a."user", c.share_with_research_as_of_date
        HAVING max(a."timestamp") < c.share_with_research_as_of_date
    ) t
    """
    assert [real_lake.one(sql) for sql in (phone, device, wholly)] == [(8_956,), (3_163,), (18,)]


def test_birth_days_before_1900_are_kept_and_warned_of(real_lake: RealLake, real_data: Path) -> None:
    files = (real_data / "stedi/customer/landing").glob("*.json")
    years = [int(json.loads(line)["birthDay"].split("-")[0]) for file in files for line in file.open()]
    assert (sum(year < 1900 for year in years), min(years)) == (906, 967)
    # Those of withheld records are not looked at.
    assert report_of(real_lake.report, "trusted.customer").warnings == {"birth_day_before_1900": 458}
    kept = "SELECT count(*), min(birth_day) FROM stedi_curated.customer WHERE birth_day < DATE '1900-01-01'"
    rows, earliest = real_lake.one(kept)
    assert (rows, earliest.year < 1000) == (458, True)


def test_the_moments_are_those_of_the_milliseconds(real_lake: RealLake) -> None:
    one = 'SELECT min("timestamp"), min(read_at) FROM stedi_trusted.accelerometer'
    milliseconds, moment = real_lake.one(one)
    assert round(moment.timestamp() * 1000) == milliseconds
