"""Texts for each type of a contract: valid spellings of all kinds, and others that differ from them in a few signs."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

from covid_lake.contracts import EPOCH_MS, Column, Type

ODD = [
    "", " ", "-", "+", ".", "NaN", "nan", "Infinity", "-inf", "∞", "null", "None", "N/A", "1,234", "1_000", "0x1F",
    "0x1p3", "1d", "1f", "1D", "1L", "12k", "１２", "٣", "１.５", "\x0b1", "1\x0b", "\u20281", "1\u2028", "1\u0085",
    "1\u00a0", "\ufeff1", "😀", "e5", "1e", "--1", "+-1", "1e-400", "1e400", "0e999", "1e-999999999", "1e999999999",
    "9" * 19, "9" * 38, "9" * 400, "0" * 400 + "7", "0." + "0" * 400 + "1", "yesterday", "on", "off", "tr", "fa",
    "+2020-01-01", "-2020-01-01", "12020-01-01", "2020-1-1", "2020", "2020-01", "2020/01/01", "0000-01-01",
]  # fmt: skip
SIGNS = "0123456789" * 4 + "+-.,eE:/TZ APMapm dDfFxX_\u00a0\u2003\x0b１٣"
BORDERS = [0, 1, 2**15, 2**31 - 1, 2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 10**18, 10**37, 10**38]
ZONES = ["", "", "Z", " UTC", "GMT", "+02:00", "-0530", "+2", "+18:00", "+19:00", " Europe/Berlin", "z", "+02:60"]


def texts_for(column: Column, count: int, rnd: random.Random) -> list[str]:
    """Different texts that a landing file might hold in the column: odd ones, valid ones, and nearly valid ones."""
    spelled = _spelling(column, rnd)
    found = dict.fromkeys(ODD)
    while len(found) < count:
        text = spelled()
        found[text if rnd.random() < 0.4 else _mutated(text, rnd)] = None
    return list(found)


def _mutated(text: str, rnd: random.Random) -> str:
    signs = list(text)
    for _ in range(rnd.choice([1, 1, 1, 2, 3])):
        at = rnd.randrange(len(signs) + 1)
        match rnd.randrange(4):
            case 0:
                signs.insert(at, rnd.choice(SIGNS))
            case 1 if at < len(signs):
                del signs[at]
            case 2 if at < len(signs):
                signs[at] = rnd.choice(SIGNS)
            case _ if at + 1 < len(signs):
                signs[at], signs[at + 1] = signs[at + 1], signs[at]
            case _:
                signs.append(rnd.choice(SIGNS))
    return "".join(signs)


def _spelling(column: Column, rnd: random.Random) -> Callable[[], str]:
    match column.type:
        case Type.BOOLEAN:
            words = ("true", "false", "t", "f", "yes", "no", "y", "n", "1", "0")
            return lambda: rnd.choice([str, str.upper, str.title])(rnd.choice(words))
        case Type.DATE | Type.TIMESTAMP:
            return lambda: _time(rnd.choice(column.formats), rnd)
        case _:
            return lambda: _number(rnd)


def _number(rnd: random.Random) -> str:
    whole = (
        rnd.choice(BORDERS) + rnd.randrange(-2, 3) if rnd.random() < 0.3 else rnd.randrange(10 ** rnd.randrange(1, 30))
    )
    text = rnd.choice(["", "", "", "0", "000"]) + str(abs(whole))
    kind = rnd.randrange(5)
    if kind == 1:
        text += "." + "0" * rnd.randrange(4)
    if kind >= 2:
        text = f"{text[: rnd.randrange(1, 12)]}.{rnd.randrange(10 ** rnd.randrange(1, 14))}{'0' * rnd.randrange(3)}"
    if kind == 4:
        text += rnd.choice("eE") + rnd.choice(["", "+", "-"]) + str(rnd.randrange(rnd.choice([4, 30, 330])))
    return rnd.choice(["", "", "-", "+"]) + text


def _time(format_: str, rnd: random.Random) -> str:
    days = rnd.choice(
        [(date(1, 1, 1), date.max), (date(1850, 1, 1), date(2110, 1, 1)), (date(2020, 1, 1), date(2021, 1, 1))]
    )
    day = days[0] + timedelta(days=rnd.randrange((days[1] - days[0]).days + 1))
    moment = datetime(day.year, day.month, day.day, rnd.randrange(24), rnd.randrange(60), rnd.randrange(60))
    if format_ == EPOCH_MS:
        seconds = int((moment - datetime(1970, 1, 1)).total_seconds())
        return f"{seconds * 1000 + rnd.randrange(1000)}{rnd.choice(['', '', '.0'])}"
    hour = moment.hour if "H" in format_ else moment.hour % 12 or 12
    hour = 24 if "H" in format_ and rnd.random() < 0.05 else hour
    fraction = rnd.choice(["", "", f".{rnd.randrange(10 ** rnd.randrange(1, 10))}"])
    parts = {
        "yyyy": f"{day.year:04}",
        "yyy": f"{day.year % 1000:03}",
        "yy": f"{day.year % 100:02}",
        "MM": f"{day.month:02}",
        "dd": f"{day.day:02}",
        "M": rnd.choice([f"{day.month}", f"{day.month:02}"]),
        "d": rnd.choice([f"{day.day}", f"{day.day:02}"]),
        "HH": f"{hour:02}",
        "H": rnd.choice([f"{hour}", f"{hour:02}"]),
        "h": rnd.choice([f"{hour}", f"{hour:02}"]),
        "mm": f"{moment.minute:02}",
        "ss": f"{moment.second:02}",
        "a": rnd.choice(["AM", "PM", "am", "Pm"]),
        "'T'": "T",
    }
    text, rest = "", format_
    while rest:
        part = next((one for one in sorted(parts, key=len, reverse=True) if rest.startswith(one)), rest[0])
        text, rest = text + parts.get(part, part), rest[len(part) :]
    return text + fraction + rnd.choice(ZONES) if "HH" in format_ else text
