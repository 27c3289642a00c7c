"""How each day's report looks: its header generation, spelling of times, byte order mark and line ends."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from covid_lake_samples.covid19.epidemic import story_day

FIRST_DAY = dt.date(2020, 1, 22)

# Days of the 161-day story on which something about the reports changed.
_GENERATION_8 = 39
_US_STATE_ROWS = 48
_GENERATION_12 = 60
_WRITTEN_NEXT_DAY = 92
_GENERATION_14 = 128
_RATES_RENAMED = 155

_PLACE_12 = "FIPS,Admin2,Province_State,Country_Region,Last_Update,Lat,Long_"
_COUNTS_12 = "Confirmed,Deaths,Recovered,Active,Combined_Key"
HEADERS = {
    "6": "Province/State,Country/Region,Last Update,Confirmed,Deaths,Recovered",
    "8": "Province/State,Country/Region,Last Update,Confirmed,Deaths,Recovered,Latitude,Longitude",
    "12": f"{_PLACE_12},{_COUNTS_12}",
    "14": f"{_PLACE_12},{_COUNTS_12},Incidence_Rate,Case-Fatality_Ratio",
    "14_renamed": f"{_PLACE_12},{_COUNTS_12},Incident_Rate,Case_Fatality_Ratio",
}


class TimeSpelling(StrEnum):
    """The four spellings of a time in the daily reports."""

    US = "m_d_yyyy"
    US_SHORT_YEAR = "m_d_yy"
    ISO_T = "iso_t"
    ISO_BLANK = "iso_blank"

    def show(self, moment: dt.datetime) -> str:
        """The time in this spelling; the US ones have no seconds."""
        if self is TimeSpelling.ISO_T:
            return moment.isoformat()
        if self is TimeSpelling.ISO_BLANK:
            return moment.isoformat(" ")
        year = moment.year if self is TimeSpelling.US else moment.year % 100
        return f"{moment.month}/{moment.day}/{year} {moment.hour}:{moment.minute:02d}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a sample and the ones on which the reports change, all as numbers from 0."""

    days: int

    @property
    def generation_8(self) -> int:
        return story_day(_GENERATION_8, self.days)

    @property
    def us_state_rows(self) -> int:
        """From here to the 12-column reports a US state has one row; before it, towns and counties do."""
        return story_day(_US_STATE_ROWS, self.days)

    @property
    def generation_12(self) -> int:
        return story_day(_GENERATION_12, self.days)

    @property
    def generation_14(self) -> int:
        return story_day(_GENERATION_14, self.days)

    @property
    def enigma_days(self) -> int:
        """The consolidated file is a day behind the daily reports."""
        return self.days - 1

    def on(self, story: float) -> int:
        """The sample's day for a day of the 161-day story."""
        return story_day(story, self.days)

    def date(self, day: int) -> dt.date:
        return FIRST_DAY + dt.timedelta(days=day)

    def report(self, day: int) -> ReportDay:
        """How the report of that day looks."""
        date = self.date(day)
        first_of_12 = day == self.generation_12
        has_crlf = day < self.on(23) or first_of_12 or day in {self.on(66), self.on(150)}
        if day < self.generation_8:
            generation = "6"
        elif day < self.generation_12:
            generation = "8"
        elif day < self.generation_14:
            generation = "12"
        else:
            generation = "14" if day < min(self.on(_RATES_RENAMED), self.days - 1) else "14_renamed"
        if day < self.on(11):
            spelling = TimeSpelling.US_SHORT_YEAR if 0 < day < self.on(9) else TimeSpelling.US
        elif day < self.generation_12:
            spelling = TimeSpelling.ISO_T
        else:
            is_short = first_of_12 or day == self.on(66)
            spelling = TimeSpelling.US_SHORT_YEAR if is_short else TimeSpelling.ISO_BLANK
        if day < self.generation_12:
            us_time = world_time = dt.datetime.combine(date, dt.time(8))
        elif day < self.on(_WRITTEN_NEXT_DAY):
            us_time = dt.datetime.combine(date, dt.time(23, 5 + day % 50, 7 + day % 40))
            world_time = us_time + dt.timedelta(minutes=2)
        else:
            us_time = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(2 + day % 3, 30 + day % 28, day % 60))
            world_time = us_time + dt.timedelta(minutes=1)
        return ReportDay(
            day=day,
            date=date,
            generation=generation,
            spelling=spelling,
            has_bom=day < self.on(10) or day == self.on(51) or first_of_12,
            has_crlf=has_crlf,
            ends_with_newline=not (has_crlf and day < self.generation_8),
            is_written_next_day=us_time.date() > date,
            us_time=us_time,
            world_time=world_time,
        )


@dataclass(frozen=True, slots=True)
class ReportDay:
    """One daily report's looks; `us_time` and `world_time` are when its entries were last updated (UTC)."""

    day: int
    date: dt.date
    generation: str
    spelling: TimeSpelling
    has_bom: bool
    has_crlf: bool
    ends_with_newline: bool
    is_written_next_day: bool
    us_time: dt.datetime
    world_time: dt.datetime

    @property
    def columns(self) -> int:
        return int(self.generation.removesuffix("_renamed"))

    def time_of(self, serial: int, is_us: bool) -> dt.datetime:
        """When an entry was last updated: up to the 8-column reports each for itself, then the whole file at once.

        Always on the report's day by a clock 8 hours behind UTC.
        """
        if self.columns > 8:
            return self.us_time if is_us else self.world_time
        spread = dt.timedelta(minutes=(serial * 37 + self.day * 11) % 900, seconds=(serial * 7 + self.day) % 60)
        return self.us_time + spread
