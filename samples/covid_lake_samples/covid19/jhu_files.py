"""The Johns Hopkins daily reports, and the consolidated Enigma file that tells the same in one piece."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass

from covid_lake_samples.covid19.epidemic import count_decreases
from covid_lake_samples.covid19.report_days import HEADERS, Calendar, ReportDay, TimeSpelling
from covid_lake_samples.covid19.world import SPELLINGS, CountyCurve, Entry, Naming, World
from covid_lake_samples.files import SampleFiles, compress, quote
from covid_lake_samples.manifest import Tally, TruncatedFile

ENIGMA_PATH = "enigma-jhu/csv/Enigma-JHU.csv.gz"
ENIGMA_TRUNCATED_PATH = "enigma-jhu/csv/Enigma-JHU-2.csv.gz"
ENIGMA_HEADER = (
    "fips,admin2,province_state,country_region,last_update,latitude,longitude,"
    "confirmed,deaths,recovered,active,combined_key"
)

# Reports whose rows of one country end after the twelfth of fourteen columns.
_RAGGED_REPORTS = 3


@dataclass(frozen=True, slots=True)
class _Broken:
    """A record to be rejected: one county's, with some fields replaced."""

    fips: str
    rules: tuple[str, ...]
    changes: dict[str, str]


_BROKEN = (
    _Broken("06073", ("confirmed_negative",), {"confirmed": "-12"}),
    _Broken("12057", ("confirmed_negative",), {"confirmed": "-3"}),
    _Broken("48029", ("latitude_out_of_range",), {"latitude": "911.0"}),
    _Broken("39035", ("confirmed_unreadable",), {"confirmed": "12k"}),
    _Broken("42003", ("deaths_negative", "longitude_out_of_range"), {"deaths": "-1", "longitude": "-793.2"}),
    _Broken("27053", ("fips_not_a_code",), {"fips": "27O53"}),
)
# Counties whose record of one day stands twice in a report, and in the Enigma file.
_REPORTED_TWICE = ("11001", "51059")
_CONSOLIDATED_TWICE = "53053"


def report_path(calendar: Calendar, day: int) -> str:
    """Where a day's report lies, below the landing root."""
    return f"jhu-daily-reports/{calendar.date(day):%m-%d-%Y}.csv"


class _CountyText:
    """The parts of a county's row that are the same every day, ready to be joined."""

    __slots__ = ("confirmed", "coordinates", "deaths", "head", "key", "per_100k", "place")

    def __init__(self, place: CountyCurve) -> None:
        county = place.county
        self.place = place
        self.head = f"{county.fips.lstrip('0')},{quote(county.name)},{county.state.name},US,"
        self.coordinates = f",{county.latitude},{county.longitude},"
        self.key = f',"{county.name}, {county.state.name}, US"'
        self.confirmed = place.curve.confirmed
        self.deaths = place.curve.deaths
        self.per_100k = 100_000 / county.population

    def row(self, day: int, time: str, has_rates: bool, changes: dict[str, str]) -> str:
        """The row with some fields replaced."""
        county = self.place.county
        confirmed, deaths = self.confirmed[day], self.deaths[day]
        fields = {
            "fips": county.fips.lstrip("0"),
            "county": quote(county.name),
            "state": county.state.name,
            "country": "US",
            "time": time,
            "latitude": str(county.latitude),
            "longitude": str(county.longitude),
            "confirmed": str(confirmed),
            "deaths": str(deaths),
            "recovered": "0",
            "active": str(confirmed - deaths),
        }
        rates = _rates(confirmed, deaths, self.per_100k) if has_rates else ""
        return ",".join((fields | changes).values()) + self.key + rates


def _rates(confirmed: int, deaths: int, per_100k: float) -> str:
    return f",{confirmed * per_100k},{deaths * 100 / confirmed}" if confirmed else ",0.0,"


class JhuWriter:
    """Writes both feeds in one pass over the days: they share most of each row."""

    def __init__(self, world: World, files: SampleFiles, jhu: Tally, enigma: Tally) -> None:
        self._world = world
        self._calendar = world.calendar
        self._files = files
        self._jhu = jhu
        self._enigma = enigma
        self._counties = [_CountyText(place) for place in world.counties]
        self._index = {place.county.fips: i for i, place in enumerate(world.counties)}
        self._short_fips = sum(place.county.fips.startswith("0") for place in world.counties)
        self._no_fips = sum(not place.county.fips for place in world.counties)
        self._days = [self._calendar.report(day) for day in range(self._calendar.days)]

    def write(self, truncated: bool, progress: Callable[[int, int], None]) -> None:
        """Write all reports and the Enigma file; with `truncated`, one more of either that breaks off."""
        calendar = self._calendar
        with self._files.open_gzip(ENIGMA_PATH, self._enigma) as enigma:
            enigma.write((ENIGMA_HEADER + "\n").encode())
            for report in self._days:
                rows, consolidated = self._day(report)
                self._write_report(report, rows)
                if report.day < calendar.enigma_days:
                    self._write_consolidated(enigma, report, consolidated)
                progress(report.day + 1, calendar.days)
        for place in self._world.corrected:
            counts = place.curve.confirmed[calendar.generation_12 :]
            self._jhu.planted["confirmed_decreases"] += count_decreases(counts)
            behind = calendar.enigma_days - calendar.days
            self._enigma.planted["confirmed_decreases"] += count_decreases(counts[:behind])
        if truncated:
            self._write_truncated(rows, consolidated)

    def _day(self, report: ReportDay) -> tuple[list[str], list[str]]:
        """The rows of one day, as the report and as the Enigma file hold them."""
        rows: list[str] = []
        consolidated: list[str] = []
        if report.columns >= 12:
            self._county_rows(report, rows, consolidated)
        for entry in self._world.entries:
            naming = entry.naming(report.day)
            if naming is not None:
                self._entry_row(report, entry, naming, rows, consolidated)
        return rows, consolidated

    def _county_rows(self, report: ReportDay, rows: list[str], consolidated: list[str]) -> None:
        day = report.day
        time = report.spelling.show(report.us_time)
        iso_time = report.us_time.isoformat()
        has_rates = report.columns == 14
        # The one loop that a large sample spends its time in.
        for text in self._counties:
            confirmed = text.confirmed[day]
            deaths = text.deaths[day]
            body = f"{text.coordinates}{confirmed},{deaths},0,{confirmed - deaths}{text.key}"
            consolidated.append(f"{text.head}{iso_time}{body}")
            if not has_rates:
                rows.append(f"{text.head}{time}{body}")
            elif confirmed:
                ratio = deaths * 100 / confirmed
                rows.append(f"{text.head}{time}{body},{confirmed * text.per_100k},{ratio}")
            else:
                rows.append(f"{text.head}{time}{body},0.0,")
        for tally in self._tallies(report):
            tally.planted["short_fips"] += self._short_fips
            tally.planted["counties_without_fips"] += self._no_fips
        self._break_rows(report, rows, time, has_rates)
        self._repeat_rows(report, rows, consolidated)

    def _break_rows(self, report: ReportDay, rows: list[str], time: str, has_rates: bool) -> None:
        first = self._calendar.generation_12 + 1
        step = max(1, (self._calendar.days - first) // len(_BROKEN))
        for number, broken in enumerate(_BROKEN):
            if report.day == min(first + number * step, self._calendar.days - 1):
                index = self._index[broken.fips]
                rows[index] = self._counties[index].row(report.day, time, has_rates, broken.changes)
                self._jhu.reject(*broken.rules)

    def _repeat_rows(self, report: ReportDay, rows: list[str], consolidated: list[str]) -> None:
        for number, fips in enumerate(_REPORTED_TWICE):
            if report.day == self._calendar.generation_12 + number:
                rows.append(rows[self._index[fips]])
                self._jhu.supersede("exact_duplicates")
        if report.day == self._calendar.generation_12 and report.day < self._calendar.enigma_days:
            consolidated.append(consolidated[self._index[_CONSOLIDATED_TWICE]])
            self._enigma.supersede("exact_duplicates")
            self._enigma.planted["short_fips"] += _CONSOLIDATED_TWICE.startswith("0")

    def _entry_row(
        self, report: ReportDay, entry: Entry, naming: Naming, rows: list[str], consolidated: list[str]
    ) -> None:
        """One row of a place that is no county of the later reports, appended to both lists."""
        is_stale = entry.stale[0] < report.day < entry.stale[1]
        day = entry.stale[0] if is_stale else report.day
        confirmed, deaths, recovered = (
            entry.curve.confirmed[day],
            entry.curve.deaths[day],
            entry.curve.recovered[day],
        )
        if not confirmed and not entry.is_listed_empty:
            return
        moment = self._days[day].time_of(entry.serial, entry.is_us)
        time, iso_time = report.spelling.show(moment), TimeSpelling.ISO_T.show(moment)
        province, country = quote(naming.province), quote(naming.country)
        position = "," if entry.latitude is None else f"{entry.latitude},{entry.longitude}"
        names = (naming.province, naming.country)
        tallies = self._tallies(report)
        if report.columns < 12:
            # On the first days nobody wrote down a zero.
            counts = f"{confirmed},{deaths or '' if day < 2 else deaths},{recovered or '' if day < 2 else recovered}"
            has_position = report.columns == 8
            rows.append(f"{province},{country},{time},{counts}" + (f",{position}" if has_position else ""))
            key = quote(", ".join(name for name in names if name))
            place = position if has_position else ","
            consolidated.append(f",,{province},{country},{iso_time},{place},{counts},,{key}")
        else:
            active = confirmed - deaths - recovered
            key = quote(", ".join(name for name in (entry.county, *names) if name))
            head = f"{entry.fips},{entry.county},{province},{country},"
            body = f",{position},{confirmed},{deaths},{recovered},{active},{key}"
            consolidated.append(f"{head}{iso_time}{body}")
            is_ragged = entry.is_ragged and report.day < self._calendar.generation_14 + _RAGGED_REPORTS
            if report.columns == 12 or is_ragged:
                self._jhu.planted["ragged_rows"] += report.columns == 14
                rows.append(f"{head}{time}{body}")
            else:
                rates = _rates(confirmed, deaths, 100_000 / entry.population) if entry.population else ",,"
                rows.append(f"{head}{time}{body}{rates}")
            for tally in tallies:
                tally.planted["negative_active"] += active < 0
        for tally in tallies:
            for tag in entry.tags:
                tally.planted[tag] += 1
            if naming.country in SPELLINGS:
                tally.planted[f"country_spelling/{naming.country}"] += 1
        if is_stale:
            self._jhu.planted["stale_entries"] += 1
            if self._enigma in tallies:
                self._enigma.supersede("stale_entries")

    def _tallies(self, report: ReportDay) -> tuple[Tally, ...]:
        return (self._jhu, self._enigma) if report.day < self._calendar.enigma_days else (self._jhu,)

    def _write_report(self, report: ReportDay, rows: list[str]) -> None:
        line_end = "\r\n" if report.has_crlf else "\n"
        text = line_end.join([HEADERS[report.generation], *rows]) + (line_end if report.ends_with_newline else "")
        body = text.encode("utf-8-sig" if report.has_bom else "utf-8")
        self._files.write_bytes(report_path(self._calendar, report.day), body, len(rows), self._jhu)
        planted = self._jhu.planted
        planted[f"files_of_generation_{report.generation}"] += 1
        planted[f"files_with_time_{report.spelling}"] += 1
        planted["files_with_bom"] += report.has_bom
        planted["files_with_crlf"] += report.has_crlf
        planted["files_without_final_newline"] += not report.ends_with_newline
        planted["files_written_next_day"] += report.is_written_next_day

    def _write_consolidated(self, stream: gzip.GzipFile, report: ReportDay, rows: list[str]) -> None:
        stream.write(("\n".join(rows) + "\n").encode())
        self._enigma.records += len(rows)
        self._enigma.planted["rows_updated_next_day"] += len(rows) if report.is_written_next_day else 0

    def _write_truncated(self, rows: list[str], consolidated: list[str]) -> None:
        """A report of the day after the last that ends within a row, and a gzip without its end."""
        keep = len(rows) // 2
        last_row = ",".join(rows[keep].split(",")[:7])
        text = "\n".join([HEADERS["14_renamed"], *rows[:keep], last_row])
        path = report_path(self._calendar, self._calendar.days)
        entry = TruncatedFile(self._jhu.table, records=len(rows), complete_records=keep)
        self._files.write_truncated(path, text.encode(), entry)
        body = compress(("\n".join([ENIGMA_HEADER, *consolidated]) + "\n").encode())
        entry = TruncatedFile(self._enigma.table, records=len(consolidated), complete_records=-1)
        self._files.write_truncated(ENIGMA_TRUNCATED_PATH, body[: len(body) * 3 // 5], entry)
