"""The times at which a workflow starts, as Unix and AWS write them."""

from __future__ import annotations

import pytest

from covid_lake.deploy.schedules import Schedule
from covid_lake.errors import SettingsError


@pytest.mark.parametrize(
    ("cron", "aws"),
    [
        ("15 4 * * *", "cron(15 4 * * ? *)"),
        ("0 */6 * * *", "cron(0 */6 * * ? *)"),
        ("0 4 1,15 * *", "cron(0 4 1,15 * ? *)"),
        ("0 4 * 1-3 *", "cron(0 4 * 1-3 ? *)"),
        ("0 4 * * 0", "cron(0 4 ? * SUN *)"),
        ("0 4 * * 1-5", "cron(0 4 ? * MON-FRI *)"),
        ("0 4 * * 1-5/2", "cron(0 4 ? * MON-FRI/2 *)"),
    ],
)
def test_a_schedule_is_the_same_time_on_aws(cron: str, aws: str) -> None:
    assert Schedule(cron).aws == aws


@pytest.mark.parametrize(
    ("cron", "message"),
    [
        ("15 4 * *", "has 4 fields; cron has 5"),
        ("cron(15 4 * * ? *)", "has 6 fields"),
        ("60 4 * * *", "'60' is not between 0 and 59, for the minute"),
        ("0 4 * * 7", "'7' is not between 0 and 6, for the day of the week"),
        ("0 4 5-1 * *", "'5-1' is not between 1 and 31"),
        ("0 4 * * MON", "'MON' is no number, range or step"),
        ("0 */0 * * *", "is no number, range or step, for the hour"),
        ("0 4 1 * 1", "AWS takes one of the two"),
    ],
)
def test_what_is_no_time_on_aws_is_refused(cron: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Schedule(cron)
    assert message in str(refused.value)
