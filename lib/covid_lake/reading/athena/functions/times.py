"""Functions of dates and times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena import casts, spellings, time_patterns, zones
from covid_lake.reading.athena.functions.calls import Call, Function
from covid_lake.reading.athena.kinds import BIGINT, DATE, DOUBLE, TIMESTAMP, TIMESTAMPTZ, UTC, VARCHAR, Kind
from covid_lake.reading.athena.values import DUCKDB, POSTGRES, fails, refuses, text_literal

UNIT_MILLISECONDS: Final = {
    "millisecond": 1, "second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000,
}  # fmt: skip
MONTHS_OF: Final = {"month": 1, "quarter": 3, "year": 12}
CLOCK_UNITS = ("millisecond", "second", "minute", "hour")
TRUNCATED_TO = dict.fromkeys(("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"))
ADDED: Final = {
    "millisecond": ("millisecond", 1), "second": ("second", 1), "minute": ("minute", 1), "hour": ("hour", 1),
    "day": ("day", 1), "week": ("day", 7), "month": ("month", 1), "quarter": ("month", 3), "year": ("month", 12),
}  # fmt: skip
FIELDS: Final = {
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "week_of_year": "week", "day": "day",
    "day_of_month": "day", "day_of_week": "isodow", "dow": "isodow", "day_of_year": "doy", "doy": "doy",
    "year_of_week": "isoyear", "yow": "isoyear", "hour": "hour", "minute": "minute", "second": "second",
    "millisecond": "millisecond",
}  # fmt: skip
CLOCK_FIELDS = ("hour", "minute", "second", "millisecond")
ISO_8601 = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|\+00:00)?)?$"
PERHAPS_ISO_8601 = r"^[0-9TWZ:.,+-]+$"


def is_elsewhere(kind: Kind) -> bool:
    """Whether times of the kind have another zone than UTC."""
    return kind.name == "timestamptz" and kind.zone != UTC


def instant(call: Call, place: int) -> str:
    """The moment as a timestamp in UTC."""
    return f"CAST({call.texts[place]} AS {casts.type_name(TIMESTAMP, call.engine)})"


def shown_time(call: Call, place: int) -> str:
    """What the clocks of the time's own zone show."""
    return casts.timestamp_of(call.values[place], call.engine)


def rounded_to(call: Call) -> str:
    """date_trunc. The result for a date is a date."""
    unit, kind = _unit(call, TRUNCATED_TO), call.kind(1)
    text = f"date_trunc('{unit}', {shown_time(call, 1)})"
    if not is_elsewhere(kind):
        return f"CAST({text} AS {casts.type_name(kind, call.engine)})"
    if unit in CLOCK_UNITS:
        raise QueryError(f"date_trunc to a {unit} in another zone than UTC is not answered here; CAST it AS timestamp")
    return zones.moment(text, kind.zone)


def moved(call: Call) -> str:
    """date_add: the last day of a month where the day is not in it; a date stays one."""
    unit, number, kind = _unit(call, ADDED), call.texts[1], call.kind(2)
    name, times = ADDED[unit]
    if is_elsewhere(kind) and unit not in CLOCK_UNITS:
        raise QueryError(f"date_add of a {unit} in another zone than UTC is not answered here; CAST it AS timestamp")
    if call.engine == DUCKDB:
        interval = f"to_{name}s(CAST({number} * {times} AS {'BIGINT' if unit in CLOCK_UNITS else 'INTEGER'}))"
    else:
        interval = f"({number} * {times}) * interval '1 {name}'"
    text = f"{instant(call, 2)} + {interval}"
    if unit == "millisecond" and kind.name in ("timestamp", "timestamptz") and kind.precision < TIMESTAMP.precision:
        # The result has no more digits than the time had.
        text = spellings.rounded_time(f"({text})", replace(kind, name="timestamp"))
    return f"CAST({text} AS {casts.type_name(kind, call.engine)})"


def elapsed(call: Call) -> str:
    """date_diff: whole units that have passed from the second argument to the third, never boundaries crossed."""
    unit = _unit(call, {**UNIT_MILLISECONDS, **MONTHS_OF})
    if unit not in CLOCK_UNITS and any(is_elsewhere(value.kind) for value in call.values[1:]):
        raise QueryError(f"date_diff in units of a {unit} is answered of times in UTC only; CAST them AS timestamp")
    since, until = instant(call, 1), instant(call, 2)
    if unit in UNIT_MILLISECONDS:
        if call.engine == DUCKDB:
            passed = f"(athena_milliseconds({until}) - athena_milliseconds({since}))"
            return f"({passed} // {UNIT_MILLISECONDS[unit]})"
        moments = [f"CAST(floor(extract(epoch FROM {moment}) * 1000) AS bigint)" for moment in (until, since)]
        return f"(({' - '.join(moments)}) / {UNIT_MILLISECONDS[unit]})"
    return f"({_months(since, until, call.engine)} {'//' if call.engine == DUCKDB else '/'} {MONTHS_OF[unit]})"


def _months(since: str, until: str, engine: str) -> str:
    """Whole months between two times. The last day of a month counts for every later day of another, as in Athena."""
    low, high = f"least({since}, {until})", f"greatest({since}, {until})"

    def part(name: str, moment: str) -> str:
        return f"CAST(extract({name} FROM {moment}) AS bigint)"

    months = f"({part('year', high)} - {part('year', low)}) * 12 + {part('month', high)} - {part('month', low)}"
    clock = "({0} - date_trunc('day', {0}))"
    if engine == DUCKDB:
        last = f"day(last_day(CAST({high} AS DATE)))"
    else:
        last = f"extract(day FROM date_trunc('month', {high}) + interval '1 month' - interval '1 day')"
    first_day, last_day = part("day", low), part("day", high)
    counted = f"CASE WHEN {last_day} = {last} AND {first_day} > {last_day} THEN {last_day} ELSE {first_day} END"
    is_short = f"({counted}) > {last_day} OR (({counted}) = {last_day} AND {clock.format(low)} > {clock.format(high)})"
    sign = f"CASE WHEN {since} <= {until} THEN 1 ELSE -1 END"
    # NULL on either side is NULL: least and greatest pass over it.
    return (
        f"CASE WHEN {since} IS NULL OR {until} IS NULL THEN NULL "
        f"ELSE ({sign}) * ({months} - CASE WHEN {is_short} THEN 1 ELSE 0 END) END"
    )


def _unit(call: Call, known: Mapping[str, object]) -> str:
    unit = call.literal(0).casefold()
    if unit not in known:
        raise QueryError(f"{call.name}: {unit!r} is no unit of it; there is {', '.join(known)}")
    for value in call.values[1:]:
        if value.kind.name == "date" and unit in CLOCK_UNITS:
            raise QueryError(f"{call.name}: a date has no {unit} in Athena; CAST it AS timestamp")
        if value.kind.family != "time" and not value.kind.is_whole and value.kind.name != "null":
            raise QueryError(f"{call.name}: of which type {value.text} is, is not known; CAST it AS date or timestamp")
    return unit


def field(name: str) -> Callable[[Call], str]:
    """A field of a date or time as a whole number."""

    def written(call: Call) -> str:
        is_clock = call.kind().family == "clock"
        if is_clock and name not in CLOCK_FIELDS:
            raise QueryError(f"{call.name}: a time without a day has no {name}")
        if is_clock and call.engine == POSTGRES:
            raise QueryError("times without a day are not answered by the warehouse; ask the lake")
        moment = call.texts[0] if is_clock else shown_time(call, 0)
        if name == "millisecond":
            return f"CAST(floor(extract(milliseconds FROM {moment})) AS bigint) % 1000"
        return f"CAST(floor(extract({name} FROM {moment})) AS bigint)"

    return written


def formatted(call: Call) -> str:
    is_joda = call.name == "format_datetime"
    read = time_patterns.joda_parts if is_joda else time_patterns.mysql_parts
    parts = read(call.literal(1), call.name)
    moment = shown_time(call, 0)
    if call.kind().precision > TIMESTAMP.precision:
        # Athena rounds to milliseconds before it writes.
        moment = spellings.rounded_time(moment, TIMESTAMP)
    if call.engine == DUCKDB:
        return f"strftime({moment}, {text_literal(time_patterns.strftime_pattern(parts))})"
    return f"to_char({moment}, {text_literal(time_patterns.to_char_pattern(parts))})"


def parsed(call: Call) -> str:
    """date_parse and parse_datetime; what the pattern does not say is that of 1970-01-01 00:00."""
    is_joda = call.name == "parse_datetime"
    read = time_patterns.joda_parts if is_joda else time_patterns.mysql_parts
    parts = read(call.literal(1), call.name)
    alike = text_literal(time_patterns.read_alike(parts, call.name))
    perhaps = text_literal(time_patterns.read_by_athena(parts))
    text, pattern = call.texts[0], time_patterns.strptime_pattern(parts)
    has_year = time_patterns.YEAR in parts or time_patterns.SHORT_YEAR in parts
    source = text if has_year else f"'1970 ' || {text}"
    at = f"strptime({source}, {text_literal(pattern if has_year else f'%Y {pattern}')})"
    doubtful = refuses(f"'{call.name}: how Athena reads ' || {text} || ' is not known here'")
    failed = fails(f"'{call.name}: the text does not fit the pattern: ' || {text}")
    found = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_matches({text}, {alike}) THEN {at} "
        f"WHEN regexp_matches({text}, {perhaps}) THEN {doubtful} ELSE {failed} END"
    )
    return f"CAST({found} AS TIMESTAMPTZ)" if is_joda else found


def read_iso_8601(call: Call) -> str:
    """from_iso8601_timestamp, of times in UTC."""
    text = call.texts[0]
    doubtful = refuses(f"'{call.name}: how Athena reads ' || {text} || ' is not answered here'")
    failed = fails(f"'{call.name}: no time in ISO 8601: ' || {text}")
    at = f"date_trunc('millisecond', CAST(replace(rtrim(replace({text}, '+00:00', ''), 'Z'), 'T', ' ') AS TIMESTAMP))"
    is_time, may_be = (f"regexp_matches({text}, {text_literal(one)})" for one in (ISO_8601, PERHAPS_ISO_8601))
    found = f"WHEN {is_time} THEN {at} WHEN {may_be} THEN {doubtful} ELSE {failed}"
    return f"CAST(CASE WHEN {text} IS NULL THEN NULL {found} END AS TIMESTAMPTZ)"


def written_iso_8601(call: Call) -> str:
    kind = call.kind()
    if kind.name == "date":
        return casts.write(call.values[0], VARCHAR, call.engine).text
    fraction = {0: "", 3: ".%g", 6: ".%f"}.get(kind.precision)
    if fraction is None or is_elsewhere(kind):
        raise QueryError(f"to_iso8601 of {kind} is not answered here in other zones than UTC; CAST it AS timestamp")
    pattern = f"%Y-%m-%dT%H:%M:%S{fraction}{'Z' if kind.name == 'timestamptz' else ''}"
    return f"strftime({shown_time(call, 0)}, {text_literal(pattern)})"


def date_of(call: Call) -> str:
    return casts.write(call.values[0], DATE, call.engine).text


def date_of_iso_8601(call: Call) -> str:
    text = call.texts[0]
    if call.engine == POSTGRES:
        return date_of(call)
    doubtful = refuses(f"'{call.name}: how Athena reads ' || {text} || ' is not answered here'")
    failed = fails(f"'{call.name}: no day in ISO 8601: ' || {text}")
    is_day = f"{text} IS NULL OR regexp_matches({text}, '^[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}$')"
    is_doubtful = f"regexp_matches({text}, '^[0-9W+-]+$')"
    return f"CASE WHEN {is_day} THEN CAST({text} AS DATE) WHEN {is_doubtful} THEN {doubtful} ELSE {failed} END"


def moment_of_unix(call: Call) -> str:
    if call.engine == POSTGRES:
        if call.values[1:]:
            raise QueryError("from_unixtime in a zone is not answered by the warehouse; ask the lake")
        return f"(to_timestamp(CAST({call.texts[0]} AS float8)) AT TIME ZONE 'UTC')"
    return f"make_timestamptz(CAST(floor(CAST({call.texts[0]} AS DOUBLE) * 1000 + 0.5) AS BIGINT) * 1000)"


def zone_of_argument(call: Call) -> Kind:
    """The type of a result whose zone a literal argument names."""
    precision = call.kind().precision if call.kind().family == "time" else TIMESTAMPTZ.precision
    zone = zones.zone_called(call.literal(1)) if call.values[1:] else UTC
    return Kind("timestamptz", precision, zone=zone)


def in_zone(call: Call) -> str:
    """at_timezone: the same moment, by other clocks."""
    return f"CAST({call.texts[0]} AS TIMESTAMPTZ)"


def of_zone(call: Call) -> str:
    """with_timezone: the moment at which the clocks of the zone show the time."""
    if call.kind().name == "timestamptz":
        raise QueryError("with_timezone takes a timestamp without a zone")
    return zones.moment(shown_time(call, 0), zone_of_argument(call).zone)


def milliseconds(call: Call) -> str:
    if call.kind().name != "interval_days":
        raise QueryError("to_milliseconds takes an interval of days and less")
    return f"epoch_ms({call.texts[0]})"


TIMES: Final[Mapping[str, Function]] = {
    "now": Function(("",), TIMESTAMPTZ, "date_trunc('milliseconds', now())", "(now() AT TIME ZONE 'UTC')"),
    "current_timezone": Function(("",), VARCHAR, "'UTC'", "'UTC'"),
    "date": Function(("t", "d"), DATE, date_of, date_of),
    "date_trunc": Function(("td",), lambda call: call.kind(1), rounded_to, rounded_to),
    "date_add": Function(("tid",), lambda call: call.kind(2), moved, moved),
    "date_diff": Function(("tdd",), BIGINT, elapsed, elapsed),
    **{
        name: Function(("d", "c") if name in CLOCK_FIELDS else ("d",), BIGINT, field(column), field(column))
        for name, column in FIELDS.items()
    },
    "last_day_of_month": Function(
        ("d",),
        DATE,
        lambda call: f"last_day(CAST({shown_time(call, 0)} AS DATE))",
        "CAST(date_trunc('month', CAST({0} AS timestamp)) + interval '1 month' - interval '1 day' AS date)",
    ),
    "date_format": Function(("dt",), VARCHAR, formatted, formatted),
    "format_datetime": Function(("dt",), VARCHAR, formatted, formatted),
    "date_parse": Function(("tt",), TIMESTAMP, parsed),
    "parse_datetime": Function(("tt",), TIMESTAMPTZ, parsed),
    "from_iso8601_date": Function(("t",), DATE, date_of_iso_8601, date_of_iso_8601),
    "from_iso8601_timestamp": Function(("t",), TIMESTAMPTZ, read_iso_8601),
    "to_iso8601": Function(("d",), VARCHAR, written_iso_8601),
    "to_unixtime": Function(
        ("d",), DOUBLE, lambda call: f"athena_seconds({instant(call, 0)})",
        "CAST(extract(epoch FROM CAST({0} AS timestamp)) AS float8)",
    ),
    "from_unixtime": Function(("n", "nt"), zone_of_argument, moment_of_unix, moment_of_unix),
    "at_timezone": Function(("dt",), zone_of_argument, in_zone),
    "with_timezone": Function(("dt",), zone_of_argument, of_zone),
    "to_milliseconds": Function(("v",), BIGINT, milliseconds),
}  # fmt: skip
