"""What a job costs at most."""

from __future__ import annotations

import time

import pytest

from covid_lake.errors import SettingsError
from covid_lake.runtime.costs import Charge
from covid_lake.runtime.settings import JobSettings

NEEDED = ["--dataset", "covid19", "--lake_root", "s3://lake"]


def test_a_minute_is_charged_at_least() -> None:
    cost = Charge(5.0, 0.44, time.monotonic()).so_far()
    assert (cost.dpu_seconds, cost.dollars) == (300.0, round(300 / 3600 * 0.44, 4))


def test_more_than_a_minute_is_charged_by_the_second() -> None:
    cost = Charge(2.0, 0.36, time.monotonic() - 600).so_far()
    assert cost.dpu_seconds == pytest.approx(1200, abs=5)
    assert cost.dollars == pytest.approx(0.12, abs=0.001)


def test_a_job_is_told_its_capacity_and_the_price() -> None:
    settings = JobSettings.from_arguments([*NEEDED, "--dpus", "5", "--dpu_hour_price", "0.3"])
    assert (settings.dpus, settings.dpu_hour_price) == (5.0, 0.3)
    default = JobSettings.from_arguments(NEEDED)
    assert (default.dpus, default.dpu_hour_price) == (None, 0.44)


@pytest.mark.parametrize("text", ["five", "-1", "nan", "inf"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="--dpus is a number"):
        JobSettings.from_arguments([*NEEDED, "--dpus", text])
