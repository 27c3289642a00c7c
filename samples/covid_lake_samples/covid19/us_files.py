"""The New York Times' counties and states, and the COVID Tracking Project's tests, of the same epidemic."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from covid_lake_samples.covid19.epidemic import Curve, count_decreases
from covid_lake_samples.covid19.sample_places import STATES, State
from covid_lake_samples.covid19.world import World
from covid_lake_samples.files import SampleFiles, java_double, quote
from covid_lake_samples.manifest import Tally

NYT_COUNTY_PATH = "enigma-nytimes-data-in-usa/csv/us_county/us_county.csv"
NYT_STATES_PATH = "enigma-nytimes-data-in-usa/csv/us_states/us_states.csv"
NYT_STATES_JSON_PATH = "enigma-nytimes-data-in-usa/json/us_states/part-00000-sample-c000.json"
_TESTING = "rearc-covid-19-testing-data"
STATES_DAILY_PATH = f"{_TESTING}/csv/states_daily/states_daily.csv"
US_DAILY_PATH = f"{_TESTING}/csv/us_daily/us_daily.csv"
US_DAILY_JSON_PATH = f"{_TESTING}/json/us_daily/part-00000-sample-c000.json"
US_TOTAL_PATH = f"{_TESTING}/csv/us-total-latest/us.csv"
US_TOTAL_JSON_PATH = f"{_TESTING}/json/us-total-latest/part-00000-sample-c000.json"

NYT_COUNTY_HEADER = "date,county,state,fips,cases,deaths"
NYT_STATES_HEADER = "date,state,fips,cases,deaths"
STATES_DAILY_HEADER = (
    "date,state,positive,negative,pending,hospitalizedCurrently,hospitalizedCumulative,inIcuCurrently,inIcuCumulative,"
    "onVentilatorCurrently,onVentilatorCumulative,recovered,dataQualityGrade,lastUpdateEt,dateModified,checkTimeEt,"
    "death,hospitalized,dateChecked,totalTestsViral,positiveTestsViral,negativeTestsViral,positiveCasesViral,fips,"
    "positiveIncrease,negativeIncrease,total,totalTestResults,totalTestResultsIncrease,posNeg,deathIncrease,"
    "hospitalizedIncrease,hash,commercialScore,negativeRegularScore,negativeScore,positiveScore,score,grade,"
    "granularity,county"
)
US_DAILY_HEADER = (
    "date,states,positive,negative,pending,hospitalizedCurrently,hospitalizedCumulative,inIcuCurrently,inIcuCumulative,"
    "onVentilatorCurrently,onVentilatorCumulative,dateChecked,death,hospitalized,totalTestResults,lastModified,"
    "recovered,total,posNeg,deathIncrease,hospitalizedIncrease,negativeIncrease,positiveIncrease,"
    "totalTestResultsIncrease,hash"
)
US_TOTAL_HEADER = (
    "positive,negative,pending,hospitalizedCurrently,hospitalizedCumulative,inIcuCurrently,inIcuCumulative,"
    "onVentilatorCurrently,onVentilatorCumulative,recovered,hash,lastModified,death,hospitalized,total,"
    "totalTestResults,posNeg,notes"
)
_NOTES = 'NOTE: "total", "posNeg", "hospitalized" will be removed in the future.'


@dataclass(frozen=True, slots=True)
class _Broken:
    """A record to be rejected: of which county, after which share of the days, and what stands in which field."""

    fips: str
    share: float
    column: int
    value: str
    rule: str


_BROKEN = (
    _Broken("34003", 0.60, 4, "-25", "cases_negative"),
    _Broken("34013", 0.70, 0, "2220-04-01", "report_date_in_future"),
    _Broken("36103", 0.80, 4, "1.2e", "cases_unreadable"),
    _Broken("17043", 0.90, 0, "1920-04-01", "report_date_too_early"),
)
_REPORTED_TWICE = "53053"


@dataclass(frozen=True, slots=True)
class _Reported:
    """A place as the newspaper names it; `text` is what stands between date and figures."""

    text: str
    state: int
    curve: Curve
    factor: float
    fips: str
    name: str


def write_nytimes(
    world: World, files: SampleFiles, county: Tally, states: Tally, progress: Callable[[int, int], None]
) -> None:
    """Write `us_county.csv` and the two forms of `us_states`; a state is the sum of its places."""
    days = world.calendar.days
    numbers = {state.fips: number for number, state in enumerate(STATES)}
    places = _nyt_places(world, numbers)
    broken = {(min(days - 1, int(broken.share * days)), broken.fips): broken for broken in _BROKEN}
    repeated_on = int(days * 0.75)
    rows = [NYT_COUNTY_HEADER]
    by_state = [[0] * days for _ in STATES]
    deaths_by_state = [[0] * days for _ in STATES]
    state_order = sorted(range(len(STATES)), key=lambda number: STATES[number].name)
    state_rows = [NYT_STATES_HEADER]
    json_rows = []
    for day in range(days):
        date = world.calendar.date(day).isoformat()
        for place in places:
            found = place.curve.confirmed[day]
            if not found:
                continue
            cases = int(found * place.factor)
            deaths = place.curve.deaths[day]
            by_state[place.state][day] += cases
            deaths_by_state[place.state][day] += deaths
            rows.append(f"{date}{place.text}{cases},{deaths}")
            if not place.fips:
                county.planted[f"without_fips/{place.name}"] += 1
            elif (day, place.fips) in broken:
                change = broken[day, place.fips]
                fields = rows[-1].split(",")
                fields[change.column] = change.value
                rows[-1] = ",".join(fields)
                county.reject(change.rule)
            elif day == repeated_on and place.fips == _REPORTED_TWICE:
                rows.append(rows[-1])
                county.supersede("exact_duplicates")
        for number in state_order:
            cases, deaths = by_state[number][day], deaths_by_state[number][day]
            if cases:
                state = STATES[number]
                state_rows.append(f"{date},{state.name},{state.fips},{cases},{deaths}")
                row = {"date": date, "state": state.name, "fips": state.fips, "cases": cases, "deaths": deaths}
                json_rows.append(json.dumps(row, separators=(",", ":")))
        progress(day + 1, days)
    for corrected in world.corrected:
        factor = corrected.nyt_factor
        county.planted["cases_decreases"] += count_decreases([int(n * factor) for n in corrected.curve.confirmed])
    states.planted["cases_decreases"] += sum(count_decreases(series) for series in by_state)
    files.write(NYT_COUNTY_PATH, rows, county)
    files.write(NYT_STATES_PATH, state_rows, states)
    files.write(NYT_STATES_JSON_PATH, json_rows, states, is_twin=True, header_lines=0)


def _nyt_places(world: World, numbers: dict[str, int]) -> list[_Reported]:
    places = []
    for place in world.counties:
        county = place.county
        # The newspaper counts the five boroughs as one city, which has no code.
        fips = "" if county.name in {"New York City", "Dukes and Nantucket"} else county.fips
        text = f",{quote(county.name)},{county.state.name},{fips},"
        places.append(_Reported(text, numbers[county.state.fips], place.curve, place.nyt_factor, fips, county.name))
    for state, curve in (*world.unassigned, *world.territories):
        places.append(_Reported(f",Unknown,{state.name},,", numbers[state.fips], curve, 1.0, "", "Unknown"))
    return sorted(places, key=lambda place: (STATES[place.state].name, place.name))


@dataclass(frozen=True, slots=True)
class _Tests:
    """One state's or the country's figures by day; what is not known is None."""

    positive: list[int]
    negative: list[int]
    pending: list[int | None]
    hospitalized_now: list[int | None]
    hospitalized_ever: list[int | None]
    icu_now: list[int | None]
    icu_ever: list[int | None]
    ventilator_now: list[int | None]
    ventilator_ever: list[int | None]
    recovered: list[int | None]
    deaths: list[int]

    def hospital(self, day: int) -> list[int | None]:
        """The figures of the hospitals in the files' order."""
        return [
            self.pending[day],
            self.hospitalized_now[day],
            self.hospitalized_ever[day],
            self.icu_now[day],
            self.icu_ever[day],
            self.ventilator_now[day],
            self.ventilator_ever[day],
        ]

    def increases(self, day: int) -> tuple[int, int, int, int, int]:
        """New positive, negative, results, deaths and hospitalized since the day before; zeros on the first day."""
        if not day:
            return 0, 0, 0, 0, 0
        positive = self.positive[day] - self.positive[day - 1]
        negative = self.negative[day] - self.negative[day - 1]
        hospitalized = (self.hospitalized_ever[day] or 0) - (self.hospitalized_ever[day - 1] or 0)
        deaths = self.deaths[day] - self.deaths[day - 1]
        return positive, negative, positive + negative, deaths, hospitalized


def _tests_of(curve: Curve, rng: random.Random) -> _Tests:
    """Tests that grow with the cases: one in five positive while tests are few, one in fifteen later."""
    days = len(curve.confirmed)
    positive = list(curve.confirmed)
    negative = []
    done = 0
    wary = rng.uniform(0.8, 1.3)
    before = 0
    for day, count in enumerate(positive):
        per_positive = (4.0 + 11.0 * day / days) * wary
        done += max(0, int((count - before) * per_positive * rng.uniform(0.9, 1.1))) + int(3 * day * wary)
        negative.append(done)
        before = count
    stay = max(2, days // 10)

    def now(share: float) -> list[int | None]:
        return [int(share * max(0, n - (positive[day - stay] if day >= stay else 0))) for day, n in enumerate(positive)]

    def ever(share: float) -> list[int | None]:
        highest = 0
        counts: list[int | None] = []
        for n in positive:
            highest = max(highest, int(n * share))
            counts.append(highest)
        return counts

    def known(chance: float, values: list[int | None]) -> list[int | None]:
        return values if rng.random() < chance else [None] * days

    has_ever = rng.random() < 0.6
    return _Tests(
        positive,
        negative,
        known(0.2, [rng.randrange(0, 40) if n else None for n in positive]),
        known(0.7, now(0.18)),
        ever(0.15) if has_ever else [None] * days,
        known(0.4, now(0.05)),
        known(0.2, ever(0.04)),
        known(0.4, now(0.03)),
        known(0.1, ever(0.02)),
        known(0.6, ever(0.3)),
        list(curve.deaths),
    )


def _summed(parts: list[_Tests], days: int) -> _Tests:
    def total(name: str) -> list[int]:
        return [sum(getattr(part, name)[day] or 0 for part in parts) for day in range(days)]

    def or_none(name: str) -> list[int | None]:
        return [*total(name)]

    return _Tests(
        total("positive"),
        total("negative"),
        or_none("pending"),
        or_none("hospitalized_now"),
        or_none("hospitalized_ever"),
        or_none("icu_now"),
        or_none("icu_ever"),
        or_none("ventilator_now"),
        or_none("ventilator_ever"),
        or_none("recovered"),
        total("deaths"),
    )


@dataclass(frozen=True, slots=True)
class TestingTallies:
    """The counters of the three testing tables."""

    states_daily: Tally
    us_daily: Tally
    us_total: Tally


def write_testing(world: World, files: SampleFiles, tallies: TestingTallies, rng: random.Random) -> None:
    """Write the tests by state and day, by day, and the latest totals."""
    days = world.calendar.days
    curves = world.state_curves()
    tests = {state.abbreviation: _tests_of(curves[state.abbreviation], rng) for state in STATES}
    _write_states_daily(world, files, tallies.states_daily, tests, rng)
    national = _summed(list(tests.values()), days)
    reporting = [sum(day >= _first_report(world, state) for state in STATES) for day in range(days)]
    _write_us_daily(world, files, tallies.us_daily, national, reporting, rng)
    _write_us_total(world, files, tallies.us_total, national, rng)


def _first_report(world: World, state: State) -> int:
    """States began to publish tests one after another in the first half of March; Washington did at once."""
    return 0 if state.abbreviation == "WA" else world.calendar.on(36 + int(state.fips) % 15)


def _hash(rng: random.Random) -> str:
    return f"{rng.getrandbits(160):040x}"


def _write_states_daily(
    world: World, files: SampleFiles, tally: Tally, tests: dict[str, _Tests], rng: random.Random
) -> None:
    rows = [STATES_DAILY_HEADER]
    missing = 0
    repeated = ("AZ", world.calendar.on(110))
    for state in sorted(STATES, key=lambda state: state.abbreviation):
        figures = tests[state.abbreviation]
        counts_viral = int(state.fips) % 3 == 0
        before = 0
        for day in range(_first_report(world, state), world.calendar.days):
            date = world.calendar.date(day)
            total = figures.positive[day] + figures.negative[day]
            increase = figures.increases(day)
            before = figures.positive[day - 1] if day else 0
            tally.planted["positive_decreases"] += figures.positive[day] < before
            fields: list[object] = [f"{date:%Y%m%d}", state.abbreviation, figures.positive[day], figures.negative[day]]
            fields += figures.hospital(day)
            fields.append(figures.recovered[day])
            # The source's own remarks came later than its counts.
            if day < world.calendar.on(56):
                fields += ["", "", None, None]
            else:
                midnight = f"{date.isoformat()}T00:00:00Z"
                seen = f"{date:%m}/{date.day:02d} 20:00"
                fields += [rng.choice("ABCD"), f"{date.month}/{date.day}/{date.year} 00:00", midnight, seen]
            fields += [figures.deaths[day] if figures.positive[day] else None, figures.hospitalized_ever[day]]
            fields.append(None if day < world.calendar.on(56) else f"{date.isoformat()}T00:00:00Z")
            viral = [total, figures.positive[day], figures.negative[day]] if counts_viral else [None, None, None]
            fields += [*viral, figures.positive[day] if counts_viral else None, state.fips]
            fields += [increase[0], increase[1], total, total, increase[2], total, increase[3], increase[4]]
            fields += [_hash(rng), 0, 0, 0, 0, 0, "", "State", "N/A"]
            row = ",".join("NA" if value is None else str(value) for value in fields)
            copies = 2 if (state.abbreviation, day) == repeated else 1
            if copies == 2:
                tally.supersede("exact_duplicates")
            missing += copies * sum(value is None for value in fields)
            rows.extend([row] * copies)
    tally.planted["na_fields"] += missing
    files.write(STATES_DAILY_PATH, rows, tally)


def _write_us_daily(
    world: World, files: SampleFiles, tally: Tally, national: _Tests, reporting: list[int], rng: random.Random
) -> None:
    """Newest day first; the JSON form knows fewer columns and prints counts as doubles."""
    rows = [US_DAILY_HEADER]
    json_rows = []
    for day in reversed(range(world.calendar.days)):
        date = world.calendar.date(day)
        # An end of the day that few parsers know.
        end = f"{date.isoformat()}T24:00:00Z"
        positive, negative, deaths = national.positive[day], national.negative[day], national.deaths[day]
        hospital = [value or None for value in national.hospital(day)]
        increase = national.increases(day)
        record_hash = _hash(rng)
        fields: list[object] = [f"{date:%Y%m%d}", reporting[day], positive, negative, *hospital, end, deaths]
        fields += [hospital[2], positive + negative, end, None, 0, 0]
        fields += [increase[3], increase[4], increase[1], increase[0], increase[2], record_hash]
        rows.append(",".join("" if value is None else str(value) for value in fields))
        tally.planted["hour_24_rows"] += 1
        tally.planted["positive_decreases"] += increase[0] < 0
        members = [f'"date":"{date:%Y%m%d}"', f'"states":"{reporting[day]}"']
        counts = {"positive": positive, "negative": negative, "posNeg": 0, "pending": hospital[0]}
        counts |= {"hospitalized": hospital[2], "death": deaths, "total": 0}
        members += [f'"{name}":{java_double(value)}' for name, value in counts.items() if value is not None]
        members += [f'"hash":"{record_hash}"', f'"dateChecked":"{end}"']
        names = ("totalTestResults", "deathIncrease", "hospitalizedIncrease", "negativeIncrease", "positiveIncrease")
        values = (positive + negative, increase[3], increase[4], increase[1], increase[0], increase[2])
        members += [
            f'"{name}":{java_double(value)}'
            for name, value in zip((*names, "totalTestResultsIncrease"), values, strict=True)
        ]
        json_rows.append("{" + ",".join(members) + "}")
    files.write(US_DAILY_PATH, rows, tally)
    files.write(US_DAILY_JSON_PATH, json_rows, tally, is_twin=True, header_lines=0)


def _write_us_total(world: World, files: SampleFiles, tally: Tally, national: _Tests, rng: random.Random) -> None:
    """One row, whose last field is quoted and whose line does not end."""
    day = world.calendar.days - 1
    positive, negative = national.positive[day], national.negative[day]
    results = positive + negative
    hospital = national.hospital(day)
    names = US_TOTAL_HEADER.split(",")
    modified = f"{world.calendar.date(day).isoformat()}T09:12:31.891Z"
    values = [positive, negative, *hospital, national.recovered[day], _hash(rng), modified, national.deaths[day]]
    values += [hospital[2], results + (hospital[0] or 0), results, results, _NOTES]
    texts = ["" if value is None else str(value) for value in values]
    body = US_TOTAL_HEADER + "\n" + ",".join(quote(text) for text in texts)
    files.write_bytes(US_TOTAL_PATH, body.encode(), 1, tally)
    tally.planted["files_without_final_newline"] += 1
    json_row = json.dumps(dict(zip(names, texts, strict=True)), separators=(",", ":"))
    files.write(US_TOTAL_JSON_PATH, [json_row], tally, is_twin=True, header_lines=0)
