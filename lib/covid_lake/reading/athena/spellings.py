"""What Athena takes for a value of a type in a text. Engines take more, and trim other letters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from covid_lake.errors import QueryError
from covid_lake.reading.athena.kinds import WHOLE_DIGITS, Kind
from covid_lake.reading.athena.macros import WHITE
from covid_lake.reading.athena.values import DUCKDB, text_literal

DIGITS = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
CLOCK = r"(?:[01]?[0-9]|2[0-3]):[0-5]?[0-9](?::[0-5]?[0-9](?:\.[0-9]{1,12})?)?"
DAY = r"[0-9]{4,6}-[0-9]{1,2}-[0-9]{1,2}"
# Days of any year, times, names and distances of zones, and days of years that have not four digits.
ANY_DAY = r"[+-]?[0-9]+-[0-9]{1,2}-[0-9]{1,2}"
ANY_CLOCK = r"(?: [0-9]{1,2}:[0-9]{1,2}(?::[0-9.]*)?)?"
ANY_ZONE = r" ?(?:[A-Za-z]+(?:/[A-Za-z_+-]+)*|[+-][0-9]{1,2}(?::?[0-9]{2})?)"
ODD_DAY = r"(?:[+-][0-9]+|[0-9]{1,3}|[0-9]{7,})-[0-9]{1,2}-[0-9]{1,2}"
SPACES: Final = f"[{WHITE}]*"
CONTROLS: Final = r"[\x01-\x20]*"
ZONED: Final = re.compile(
    rf"{SPACES}(?P<at>{DAY}(?: {CLOCK})?)(?: (?=[^ ])|(?=[+-]))(?P<zone>[A-Za-z0-9/_+:-]+){SPACES}"
)
LONGEST_FRACTION = re.compile(r"\.[0-9]{7,}")


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a value is written in a text."""

    core: str
    """A pattern of the text that is read."""
    around: str = ""
    """A pattern of the letters that Athena trims at both ends."""
    after: str = ""
    """A pattern of what may follow and is not read."""
    read_elsewhere: str = ""
    """A pattern of further texts that Athena may read."""
    takes_all_digits: bool = False
    """Whether Athena also reads digits of other scripts."""

    @property
    def pattern(self) -> str:
        """A pattern of the whole text, whose only group is what is read."""
        return f"{self.around}({self.core}){self.after}{self.around}"

    def is_doubtful(self, text: str) -> str:
        """A condition of DuckDB, true for texts of which it is not known here whether Athena reads them."""
        if self.takes_all_digits:
            return f"regexp_matches(regexp_replace({text}, '[0-9]', '', 'g'), '\\p{{Nd}}')"
        return f"regexp_matches({text}, {text_literal(self.read_elsewhere)})" if self.read_elsewhere else ""

    @property
    def has_more(self) -> bool:
        return bool(self.around or self.after)


SPELLINGS: Final = {
    **dict.fromkeys(WHOLE_DIGITS, Spelling(r"[+-]?[0-9]+", CONTROLS, takes_all_digits=True)),
    **dict.fromkeys(
        ("double", "real"),
        Spelling(rf"[+-]?Infinity|[+-]?NaN|{DIGITS}", CONTROLS, "[dDfF]?", read_elsewhere=r"^[\x01-\x20]*[+-]?0[xX]"),
    ),
    "decimal": Spelling(DIGITS, takes_all_digits=True),
    "time": Spelling(CLOCK),
    "uuid": Spelling(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "date": Spelling(DAY, SPACES, read_elsewhere=rf"^\s*{ANY_DAY}\s*$"),
    "timestamp": Spelling(
        rf"{DAY}(?: {CLOCK})?",
        SPACES,
        read_elsewhere=rf"^\s*(?:{ANY_DAY}{ANY_CLOCK}{ANY_ZONE}|{ODD_DAY}{ANY_CLOCK})\s*$",
    ),
    "timestamptz": Spelling(rf"{DAY}(?: {CLOCK})?(?: (?:UTC|Z|\+00:00))", read_elsewhere="."),
    "boolean": Spelling(r"[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[tTfF01]"),
}


def spelling(kind: Kind) -> Spelling:
    return SPELLINGS[kind.name]


def rounded(text: str, kind: Kind, literal: str | None, engine: str) -> str:
    """What was read from a text, rounded to the digits of a second that the type has. `literal` is a known text."""
    if kind.name != "timestamp":
        return text
    digits = len((re.search(r"\.([0-9]+)", literal) or ["", ""])[1]) if literal is not None else None
    if digits is not None and digits <= kind.precision:
        return text
    if engine != DUCKDB:
        raise QueryError(f"{literal!r} has more digits of a second than {kind}, which the warehouse does not round")
    return rounded_time(text, kind)


def rounded_time(text: str, kind: Kind) -> str:
    """A time of DuckDB, rounded half up to the digits of a second that the type has."""
    half = {6: "", 3: "500 microseconds", 0: "500 milliseconds"}.get(kind.precision)
    if half is None:
        raise QueryError(f"the type {kind} is not answered here; there is timestamp(0), timestamp(3) and timestamp(6)")
    if not half:
        return text
    unit = "millisecond" if kind.precision else "second"
    return f"date_trunc('{unit}', {text} + INTERVAL '{half}')"
