"""Epidemic curves: waves from a small compartment model, reported with noise and a weekly rhythm."""

from __future__ import annotations

import datetime as dt
import random
from array import array
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from operator import mul

# A sample of any length tells the story of these 161 days (22 January to 30 June 2020).
STORY_DAYS = 161

_STEPS_PER_DAY = 4
_HORIZON_DAYS = 900
_REPRODUCTION = (1.5, 1.7, 1.9, 2.2, 2.6, 3.0)
_SECOND_WAVE_DELAY_DAYS = 115
_NOISE_PATTERNS = 61

# Monday to Sunday: what offices report after a weekend is late.
_WEEKLY = (0.80, 1.02, 1.10, 1.13, 1.12, 1.02, 0.81)

_DEATH_LAG_DAYS = 14
_RECOVERY_LAG_DAYS = 20


@dataclass(frozen=True, slots=True)
class Curve:
    """Cumulative counts by day of the sample."""

    confirmed: array[int]
    deaths: array[int]
    recovered: array[int]


def story_day(day: float, days: int) -> int:
    """The sample's day for a day of the 161-day story; a longer sample goes on at the story's own pace."""
    return round(day * min(days, STORY_DAYS) / STORY_DAYS)


@cache
def _wave(reproduction: float) -> tuple[float, ...]:
    """Cumulative share of a wave's cases by quarter days, from the first ten-thousandth on."""
    infectious_days, latent_days = 5.0, 3.5
    step = 1 / _STEPS_PER_DAY
    susceptible, exposed, infectious = 1.0, 1e-6, 1e-6
    infected = []
    for _ in range(_HORIZON_DAYS * _STEPS_PER_DAY):
        new = reproduction / infectious_days * susceptible * infectious * step
        onset = exposed / latent_days * step
        susceptible -= new
        exposed += new - onset
        infectious += onset - infectious / infectious_days * step
        infected.append(1 - susceptible)
    total = infected[-1]
    shares = [value / total for value in infected]
    first = next(i for i, share in enumerate(shares) if share >= 1e-4)
    return (*shares[first:], *[1.0] * first)


class Epidemic:
    """Draws the curves of one sample's places; the same seed draws the same ones in the same order of calls."""

    def __init__(self, first_day: dt.date, days: int, rng: random.Random) -> None:
        self._rng = rng
        self._days = days
        pace = STORY_DAYS / min(days, STORY_DAYS)
        self._steps = [int(day * pace * _STEPS_PER_DAY) for day in range(days)]
        self._death_lag = max(1, round(_DEATH_LAG_DAYS / pace))
        self._recovery_lag = max(1, round(_RECOVERY_LAG_DAYS / pace))
        weekday = [_WEEKLY[(first_day + dt.timedelta(days=day)).weekday()] for day in range(days)]
        self._noise = [[w * rng.lognormvariate(0, 0.22) for w in weekday] for _ in range(_NOISE_PATTERNS)]
        self._daily_shares: dict[tuple[float, int, float], list[float]] = {}

    def _shares(self, reproduction: float, first_day: int, second_wave: float) -> list[float]:
        key = (reproduction, first_day, second_wave)
        if key not in self._daily_shares:
            wave = _wave(reproduction)
            second_from = (first_day + _SECOND_WAVE_DELAY_DAYS) * _STEPS_PER_DAY
            last = len(wave) - 1
            total = []
            for step in self._steps:
                first_step = step - first_day * _STEPS_PER_DAY
                share = wave[min(first_step, last)] if first_step >= 0 else 0.0
                if step >= second_from:
                    share += second_wave * wave[min(step - second_from, last)]
                total.append(share)
            self._daily_shares[key] = [after - before for before, after in zip([0.0, *total], total, strict=False)]
        return self._daily_shares[key]

    def curve(self, size: float, first_day: int, *, fatality: float = 0.04, recovers: bool = True) -> Curve:
        """A place's cumulative counts: its first wave has `size` cases and sets out on `first_day` of the story.

        `recovers` is False for US counties, which report no recoveries.
        """
        rng = self._rng
        shares = self._shares(rng.choice(_REPRODUCTION), first_day, rng.choice((0.0, 0.2, 0.5)))
        cumulative = list(accumulate(map(mul, shares, rng.choice(self._noise))))
        confirmed = array("q", [int(share * size) for share in cumulative])
        died = size * fatality
        deaths = array("q", [0] * min(self._death_lag, self._days))
        deaths.extend([int(share * died) for share in cumulative[: -self._death_lag]])
        recovered = array("q", [0] * self._days)
        if recovers:
            healed = size * (1 - fatality) * 0.85
            lag = self._recovery_lag
            recovered[lag:] = array("q", [int(share * healed) for share in cumulative[:-lag]])
        return Curve(confirmed, deaths, recovered)


def summed(days: int, series: list[array[int]]) -> array[int]:
    """The sum of some curves by day; zeros where there are none."""
    return array("q", map(sum, zip(*series, strict=True))) if series else array("q", [0] * days)


def count_decreases(series: array[int] | list[int]) -> int:
    """How often a cumulative count lies below the day before."""
    return sum(after < before for before, after in pairwise(series))
