"""The world of a sample: every place that some feed reports, with its curve."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from covid_lake_samples.covid19.epidemic import Curve, Epidemic, summed
from covid_lake_samples.covid19.report_days import Calendar
from covid_lake_samples.covid19.sample_places import (
    COUNTRIES,
    DUKES_AND_NANTUCKET,
    KANSAS_CITY,
    PROVINCE_COUNTRIES,
    PROVINCES,
    SECOND_COUNTRY_NAMES,
    STATE_BY_FIPS,
    STATES,
    County,
    State,
    build_counties,
)


@dataclass(frozen=True, slots=True)
class CountyCurve:
    """A county's curve; `nyt_factor` is how many more cases the newspaper finds."""

    county: County
    curve: Curve
    nyt_factor: float


@dataclass(frozen=True, slots=True)
class Naming:
    """What a place is called in the reports before the day `until`."""

    until: int
    province: str
    country: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the Johns Hopkins reports other than a county of the later ones.

    It is listed from `first` on while a naming holds, once it has cases (`is_listed_empty`: even without). In `stale`
    (from, until) the report of the first of these days is carried forward. `tags` are what its rows are counted as.
    """

    serial: int
    namings: tuple[Naming, ...]
    curve: Curve
    latitude: float | None = None
    longitude: float | None = None
    first: int = 0
    fips: str = ""
    county: str = ""
    is_us: bool = False
    is_listed_empty: bool = False
    population: int | None = None
    stale: tuple[int, int] = (0, 0)
    tags: tuple[str, ...] = ()
    is_ragged: bool = False

    def naming(self, day: int) -> Naming | None:
        """The place's name on that day; None where it is not listed."""
        if day < self.first:
            return None
        return next((naming for naming in self.namings if day < naming.until), None)


@dataclass(frozen=True, slots=True)
class World:
    """Everything that happens in a sample."""

    calendar: Calendar
    counties: list[CountyCurve]
    corrected: list[CountyCurve]
    unassigned: list[tuple[State, Curve]]
    territories: list[tuple[State, Curve]]
    entries: list[Entry] = field(default_factory=list)

    def state_curves(self) -> dict[str, Curve]:
        """Each state's and territory's sum, by postal abbreviation."""
        parts: dict[str, list[Curve]] = {state.abbreviation: [] for state in STATES}
        for place in self.counties:
            parts[place.county.state.abbreviation].append(place.curve)
        for state, curve in (*self.unassigned, *self.territories):
            parts[state.abbreviation].append(curve)
        return {name: sum_curves(self.calendar.days, curves) for name, curves in parts.items()}


def sum_curves(days: int, curves: Iterable[Curve]) -> Curve:
    """The curve of several places together."""
    parts = list(curves)
    return Curve(
        summed(days, [part.confirmed for part in parts]),
        summed(days, [part.deaths for part in parts]),
        summed(days, [part.recovered for part in parts]),
    )


# The early reports' towns: text, county, story day and number of the first cases there, whether it is never updated.
_EARLY_TOWNS = (
    ("Seattle, WA", "53033", 0, 1, False),
    ("Chicago, IL", "17031", 2, 2, False),
    ("Tempe, AZ", "04013", 4, 1, False),
    ("Los Angeles, CA", "06037", 4, 1, False),
    ("Orange, CA", "06059", 5, 1, False),
    ("Santa Clara, CA", "06085", 9, 2, False),
    ("Boston, MA", "25025", 10, 1, False),
    ("San Benito, CA", "06069", 11, 2, True),
    ("Madison, WI", "55025", 14, 1, False),
    ("San Diego County, CA", "06073", 20, 2, False),
    ("Sacramento County, CA", "06067", 30, 2, False),
    ("Snohomish County, WA", "53061", 38, 2, False),
)
_EVACUEES = (
    ("Omaha, NE (From Diamond Princess)", "US", 31, 11, True),
    ("Travis, CA (From Diamond Princess)", "US", 31, 5, True),
    ("Lackland, TX (From Diamond Princess)", "US", 31, 2, True),
    ("Unassigned Location (From Diamond Princess)", "US", 33, 36, True),
    ("From Diamond Princess", "Australia", 30, 4, False),
)
# Counties that once take cases back, by a share of what they had.
_CORRECTED = {"17031": 0.02, "48201": 0.03, "04013": 0.01, "11001": 0.02}
_HARD_HIT = {
    "36061",
    "36059",
    "36119",
    "36103",
    "36087",
    "34003",
    "34017",
    "34013",
    "17031",
    "22071",
    "13095",
    *_CORRECTED,
}

_UNASSIGNED_STATES = ("01", "05", "08", "13", "25", "36", "44", "53")
_OUT_OF_STATE = ("15", "26", "47")

UNKNOWN_COUNTRY = "Free Republic of Atlantis"

# Earlier names of countries: the story day before which each was used.
_EARLIER_NAMES = {
    "China": ((48, "Mainland China"),),
    "Korea, South": ((48, "South Korea"), (52, "Republic of Korea")),
    "United Kingdom": ((48, "UK"),),
    "Taiwan*": ((49, "Taiwan"),),
    "Iran": ((48, "Iran"), (52, "Iran (Islamic Republic of)")),
    "Russia": ((48, "Russia"), (52, "Russian Federation")),
    "Vietnam": ((48, "Vietnam"), (52, "Viet Nam")),
    "Czechia": ((52, "Czech Republic"),),
    "Cote d'Ivoire": ((52, "Ivory Coast"),),
    "Azerbaijan": ((39, " Azerbaijan"),),
    "Bahamas": ((60, "Bahamas, The"),),
}
# What the reports call a country and the country table doesn't; `US` aside, which stands in most rows.
SPELLINGS = frozenset(
    {
        *(name for names in _EARLIER_NAMES.values() for _, name in names),
        *(country.name for country in COUNTRIES),
        *("Others", "Cruise Ship", "Diamond Princess", UNKNOWN_COUNTRY),
    }
    - {country.listed_as for country in (*COUNTRIES, *PROVINCE_COUNTRIES)}
    - {*SECOND_COUNTRY_NAMES.values()}
)
_STALE_COUNTRIES = {"Cambodia": (49, 58), "Sri Lanka": (75, 90), "Lebanon": (135, 143)}


def build_world(calendar: Calendar, scale: float, rng: random.Random) -> World:
    """Draw the places of a sample and their curves."""
    days = calendar.days
    epidemic = Epidemic(calendar.date(0), days, rng)
    counties, corrected = _county_curves(calendar, scale, epidemic, rng)
    unassigned = [
        (STATE_BY_FIPS[fips], epidemic.curve(rng.randrange(300, 3000), rng.randrange(44, 58), recovers=False))
        for fips in _UNASSIGNED_STATES
    ]
    territories = [
        (state, epidemic.curve(0 if state.abbreviation == "AS" else rng.randrange(150, 7000), rng.randrange(46, 62)))
        for state in STATES
        if state.is_territory
    ]
    world = World(calendar, counties, corrected, unassigned, territories)
    makers = (_town_entries, _state_entries, _later_us_entries, _ship_entries)
    world.entries.extend(entry for make in makers for entry in make(world))
    world.entries.extend(_country_entries(world, epidemic))
    return world


def _county_curves(
    calendar: Calendar, scale: float, epidemic: Epidemic, rng: random.Random
) -> tuple[list[CountyCurve], list[CountyCurve]]:
    cities = [KANSAS_CITY, DUKES_AND_NANTUCKET]
    counties = sorted([*build_counties(scale, rng), *cities], key=lambda county: (county.state.name, county.name))
    first_cases = {fips: (story, count) for _, fips, story, count, _ in _EARLY_TOWNS}
    curves = []
    corrected: list[CountyCurve] = []
    for county in counties:
        is_large = county.population > 250_000
        attack = 0.024 if county.fips in _HARD_HIT else min(0.05, 0.006 * rng.lognormvariate(0, 0.7))
        first_day = rng.randrange(33, 52) if is_large else rng.randrange(42, 82)
        curve = epidemic.curve(
            county.population * attack, first_day, fatality=rng.uniform(0.015, 0.065), recovers=False
        )
        if county.fips in first_cases:
            story, count = first_cases[county.fips]
            _bring_in(curve, calendar.on(story), count)
        place = CountyCurve(county, curve, 1 + rng.uniform(0, 0.025))
        if county.fips in _CORRECTED:
            _take_back(curve, calendar.on(100 + 7 * len(corrected)), _CORRECTED[county.fips])
            corrected.append(place)
        curves.append(place)
    return curves, corrected


def _bring_in(curve: Curve, day: int, count: int) -> None:
    """Travellers: at least `count` cases from `day` on, before the wave has grown to as many."""
    for later in range(day, len(curve.confirmed)):
        curve.confirmed[later] = max(curve.confirmed[later], count)


def _take_back(curve: Curve, day: int, share: float) -> None:
    """Lower the count from `day` on, so that it lies `share` below the day before."""
    before = curve.confirmed[day - 1]
    less = curve.confirmed[day] - before + max(1, int(before * share))
    for later in range(day, len(curve.confirmed)):
        curve.confirmed[later] -= less


def _town_entries(world: World) -> list[Entry]:
    calendar = world.calendar
    by_fips = {place.county.fips: place for place in world.counties}
    until = calendar.us_state_rows
    entries = []
    for serial, (text, fips, story, _, is_stale) in enumerate(_EARLY_TOWNS):
        place = by_fips[fips]
        first = calendar.on(story)
        position = (place.county.latitude, place.county.longitude)
        stale = (first, until) if is_stale else (0, 0)
        naming = (Naming(until, text, "US"),)
        tags = ("early_county_rows",)
        entries.append(Entry(serial, naming, place.curve, *position, first=first, is_us=True, stale=stale, tags=tags))
    for serial, (text, country, story, count, is_us) in enumerate(_EVACUEES, start=100):
        flat = _flat(calendar.days, count)
        naming = (Naming(until, text, country),)
        tags = ("from_diamond_princess_rows",)
        entries.append(Entry(serial, naming, flat, 35.4437, 139.638, first=calendar.on(story), is_us=is_us, tags=tags))
    return entries


def _state_entries(world: World) -> list[Entry]:
    calendar = world.calendar
    curves = world.state_curves()
    entries = []
    for serial, state in enumerate(STATES, start=200):
        namings = (Naming(calendar.generation_12, state.name, "US"),)
        position = (state.latitude, state.longitude)
        curve = curves[state.abbreviation]
        entries.append(Entry(serial, namings, curve, *position, first=calendar.us_state_rows, is_us=True))
    return entries


def _later_us_entries(world: World) -> list[Entry]:
    """What the county reports hold beside counties: territories, the unassigned, the out of state, the recovered."""
    calendar = world.calendar
    first = calendar.generation_12
    end = calendar.days
    entries = []
    for serial, (state, curve) in enumerate(world.territories, start=300):
        if state.abbreviation == "AS":
            continue
        namings = (Naming(end, state.name, "US"),)
        position = (state.latitude, state.longitude)
        entries.append(Entry(serial, namings, curve, *position, first=first, fips=state.fips, is_us=True))
    for serial, (state, curve) in enumerate(world.unassigned, start=320):
        fips = f"900{state.fips}"
        namings = (Naming(end, state.name, "US"),)
        tags = ("unassigned_rows",)
        entries.append(
            Entry(serial, namings, curve, first=first, fips=fips, county="Unassigned", is_us=True, tags=tags)
        )
    # Delaware assigns its cases before its deaths: nobody was ill, three have died.
    delaware = Curve(_flat(end, 0).confirmed, _flat(end, 3).confirmed, _flat(end, 0).confirmed)
    namings = (Naming(end, "Delaware", "US"),)
    entries.append(
        Entry(
            340, namings, delaware, first=first, fips="90010", county="Unassigned", is_us=True, is_listed_empty=True,
            tags=("unassigned_rows",),
        )
    )  # fmt: skip
    for serial, fips in enumerate(_OUT_OF_STATE, start=350):
        state = STATE_BY_FIPS[fips]
        until = end if fips == "15" else calendar.on(81)
        tags = ("out_of_state_rows",)
        curve = _flat(end, 2 + serial % 7)
        county = f"Out of {state.abbreviation}"
        namings = (Naming(until, state.name, "US"),)
        entries.append(
            Entry(serial, namings, curve, first=first, fips=f"800{fips}", county=county, is_us=True, tags=tags)
        )
    everyone = summed(end, [place.curve.confirmed for place in world.counties])
    zeros = array("q", [0] * end)
    recovered = Curve(zeros, zeros, array("q", [count // 4 for count in everyone]))
    namings = (Naming(end, "Recovered", "US"),)
    tags = ("recovered_rows",)
    entries.append(Entry(360, namings, recovered, first=first, is_us=True, is_listed_empty=True, tags=tags))
    return entries


def _ship_entries(world: World) -> list[Entry]:
    calendar = world.calendar
    end = calendar.days
    position = (35.4437, 139.638)
    diamond = (
        Naming(calendar.on(18), "Cruise Ship", "Others"),
        Naming(calendar.on(49), "Diamond Princess cruise ship", "Others"),
        Naming(calendar.generation_12 + 1, "Diamond Princess", "Cruise Ship"),
        Naming(end, "", "Diamond Princess"),
    )
    counts = array("q", [min(712, 61 + 27 * max(0, day - calendar.on(16))) for day in range(end)])
    deaths = array("q", [count // 55 for count in counts])
    tags = ("ship_rows",)
    entries = [Entry(400, diamond, Curve(counts, deaths, deaths), *position, first=calendar.on(16), tags=tags)]
    for serial, (ship, fips, count) in enumerate((("Diamond Princess", "88888", 49), ("Grand Princess", "99999", 103))):
        namings = (Naming(end, ship, "US"),)
        first = calendar.us_state_rows
        curve = _flat(end, count)
        entries.append(Entry(401 + serial, namings, curve, first=first, fips=fips, is_us=True, tags=tags))
    namings = (Naming(end, "Grand Princess", "Canada"),)
    entries.append(Entry(403, namings, _flat(end, 13), first=calendar.on(52), tags=tags))
    return entries


def _country_entries(world: World, epidemic: Epidemic) -> list[Entry]:
    calendar = world.calendar
    entries = []
    for serial, country in enumerate(COUNTRIES, start=500):
        curve = epidemic.curve(country.size, country.first_day)
        _bring_in(curve, max(0, calendar.on(country.first_day)), 1)
        from_story, until_story = _STALE_COUNTRIES.get(country.name, (0, 0))
        entries.append(
            Entry(
                serial,
                _namings(calendar, "", country.name),
                curve,
                country.latitude,
                country.longitude,
                population=country.size * 300,
                stale=(calendar.on(from_story), calendar.on(until_story)),
            )
        )
    serial = 600
    for country in PROVINCE_COUNTRIES:
        for province, first_day, size in PROVINCES.get(country.name, ()):
            serial += 1
            position = (country.latitude + serial % 9 - 4, country.longitude + serial % 13 - 6)
            namings = _namings(calendar, province, country.name)
            if province == "Quebec":
                # A town, its province after a comma, and a blank before it.
                namings = (Naming(calendar.us_state_rows, " Montreal, QC", "Canada"), *namings)
            fatality = 0.046 if province == "Hubei" else 0.02
            curve = epidemic.curve(size, first_day, fatality=fatality)
            is_ragged = country.name == "China"
            entries.append(
                Entry(serial, namings, curve, *position, population=size * 900, is_ragged=is_ragged)
            )  # fmt: skip
    end = calendar.days
    zeros = array("q", [0] * end)
    healed = Curve(zeros, zeros, array("q", [40 * max(0, day - calendar.on(62)) for day in range(end)]))
    namings = (Naming(end, "Recovered", "Canada"),)
    first = calendar.on(62)
    tags = ("recovered_rows",)
    entries.append(Entry(690, namings, healed, first=first, is_listed_empty=True, tags=tags))
    atlantis = epidemic.curve(900, 30)
    entries.append(Entry(691, (Naming(end, "", UNKNOWN_COUNTRY),), atlantis, 31.0, -24.0, tags=("unknown_country",)))
    return entries


def _namings(calendar: Calendar, province: str, country: str) -> tuple[Naming, ...]:
    earlier = [Naming(calendar.on(story), province, name) for story, name in _EARLIER_NAMES.get(country, ())]
    return (*earlier, Naming(calendar.days, province, country))


def _flat(days: int, count: int) -> Curve:
    zeros = array("q", [0] * days)
    return Curve(array("q", [count] * days), zeros, zeros)
