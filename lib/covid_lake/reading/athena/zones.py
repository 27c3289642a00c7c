"""Time zones as Athena names them: regions such as Europe/Rome, and distances from UTC such as +05:30."""

from __future__ import annotations

import re
import zoneinfo
from functools import cache

from covid_lake.errors import QueryError
from covid_lake.reading.athena.kinds import UTC
from covid_lake.reading.athena.values import text_literal

DISTANCE = re.compile(r"([+-])(\d\d):(\d\d)")


def zone_called(name: str) -> str:
    """The zone as Athena shows it; `QueryError` for one that is not answered."""
    if name in (UTC, "Z", "+00:00", "-00:00"):
        return UTC
    if DISTANCE.fullmatch(name) or name in _regions():
        return name
    raise QueryError(f"{name!r} is no time zone here; there are regions, Europe/Rome, and distances from UTC, +05:30")


@cache
def _regions() -> frozenset[str]:
    return frozenset(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))


def local_time(text: str, zone: str) -> str:
    """DuckDB's timestamp that the clocks of the zone show at a moment."""
    if zone == UTC:
        return f"CAST({text} AS TIMESTAMP)"
    distance = DISTANCE.fullmatch(zone)
    if distance:
        return f"(CAST({text} AS TIMESTAMP) + {_interval(distance)})"
    return f"timezone({text_literal(zone)}, {text})"


def moment(text: str, zone: str) -> str:
    """DuckDB's moment at which the clocks of the zone show a timestamp; the first of two such moments."""
    if zone == UTC:
        return f"CAST({text} AS TIMESTAMPTZ)"
    distance = DISTANCE.fullmatch(zone)
    if distance:
        return f"CAST({text} - {_interval(distance)} AS TIMESTAMPTZ)"
    return f"athena_first_moment({text_literal(zone)}, {text})"


def _interval(distance: re.Match[str]) -> str:
    sign = "-" if distance[1] == "-" else ""
    return f"INTERVAL '{sign}{int(distance[2]) * 60 + int(distance[3])} minutes'"
