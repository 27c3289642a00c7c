"""When a workflow starts: cron as Unix and Airflow write it, and the same time as AWS writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from covid_lake.errors import SettingsError

# The least and the greatest number of each field: minute, hour, day of the month, month, day of the week.
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 6))
PART = re.compile(r"(?P<first>\*|\d+)(?:-(?P<last>\d+))?(?:/(?P<step>\d+))?")
# AWS counts the days of the week from 1, which is Sunday, and Unix from 0; their names are the same.
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A time that comes again, in UTC. Raises `SettingsError` for what is no such time on AWS."""

    cron: str
    """The five fields of cron: `15 4 * * *` is every day at 04:15 UTC. Numbers only, with `*`, `-`, `,` and `/`."""

    def __post_init__(self) -> None:
        fields = self.cron.split()
        if len(fields) != len(FIELDS):
            raise SettingsError(
                f"the schedule {self.cron!r} has {len(fields)} fields; cron has 5: minute, hour, day of the month, "
                "month, day of the week, such as '15 4 * * *' for every day at 04:15 UTC"
            )
        for text, (what, least, greatest) in zip(fields, FIELDS, strict=True):
            if fault := _fault_of(text, least, greatest):
                raise SettingsError(f"the schedule {self.cron!r}: {fault}, for the {what}")
        if fields[2] != "*" and fields[4] != "*":
            raise SettingsError(
                f"the schedule {self.cron!r} names days of the month and days of the week; AWS takes one of the two"
            )

    @property
    def aws(self) -> str:
        """The same in the six fields of AWS, such as `cron(15 4 * * ? *)`."""
        minute, hour, day, month, weekday = self.cron.split()
        named = re.sub(r"(?<![/\d])\d", lambda found: WEEKDAYS[int(found[0])], weekday)
        days = ("?", named) if weekday != "*" else (day, "?")
        return f"cron({minute} {hour} {days[0]} {month} {days[1]} *)"


def chosen_schedule(text: str | None, default: Schedule) -> Schedule | None:
    """The schedule that a person asks for: the default without a word, None for `none`, which is by hand."""
    if text is None:
        return default
    return None if text.strip().casefold() == "none" else Schedule(text)


def _fault_of(text: str, least: int, greatest: int) -> str | None:
    """Why a field of cron can't be used; None where it can."""
    for part in text.split(","):
        found = PART.fullmatch(part)
        if found is None or (found["first"] == "*" and found["last"]) or found["step"] == "0":
            return f"{part!r} is no number, range or step"
        numbers = [int(number) for number in (found["first"], found["last"]) if number not in ("*", None)]
        if numbers != sorted(numbers) or any(not least <= number <= greatest for number in numbers):
            return f"{part!r} is not between {least} and {greatest}"
    return None
