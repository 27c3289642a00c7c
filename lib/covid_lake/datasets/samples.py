"""Generators of sample landing zones: what they declare, and how they are found.

A generator is registered under the entry point group `covid_lake.samples`, by the name of its dataset. Those of the
library's datasets are in the distribution `covid_lake_samples`, in the repository's folder `samples/`: Glue doesn't
need them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from covid_lake.datasets import entry_points
from covid_lake.errors import SettingsError

GROUP = "covid_lake.samples"
HOW_TO_GET_IT = "the generators are a package of their own: in a checkout, run 'make setup' or 'pip install ./samples'"


class Sample(Protocol):
    """What a generator returns."""

    @property
    def summary(self) -> str:
        """What was written, for a person: `4,000 records in 30 files; 8 of them are made to be rejected`."""
        ...


@dataclass(frozen=True, slots=True)
class SampleOption:
    """An option that one generator has and others don't."""

    name: str
    """The keyword of `generate`; on the command line `--name`, with hyphens for underscores."""
    default: bool | int | float | str
    """The value if the option is not given; its type is the option's type, and a bool is a flag."""
    help: str
    """One sentence for `--help`."""


@dataclass(frozen=True, slots=True)
class SampleGenerator:
    """A dataset's generator, which an entry point of the group `covid_lake.samples` names."""

    generate: Callable[..., Sample]
    """Called as `generate(out, *, seed, scale, progress, **own)`; writes files in the layout of the landing zone.

    The same arguments write the same bytes. `scale` multiplies the number of records. `progress` is None, or is called
    with a label, how much is done and how much there is. `own` are the options below. An earlier sample in `out` is
    replaced. Raises `SettingsError` for a value out of range, and if `out` holds anything but a sample.
    """
    seed: int
    """The seed if none is given."""
    help: str
    """What is made up, in a sentence for `--help`."""
    options: tuple[SampleOption, ...] = ()
    """The generator's own options."""


def sample_names() -> tuple[str, ...]:
    """The datasets that a generator is installed for, in alphabetical order; imports none of them."""
    return tuple(entry_points.registered(GROUP))


def sample_generator(name: str) -> SampleGenerator:
    """The generator of the dataset of that name; `SettingsError`, with what there is, if there is none."""
    known = entry_points.registered(GROUP)
    if name not in known:
        there = f"there are samples of: {', '.join(known)}" if known else HOW_TO_GET_IT
        raise SettingsError(f"no generator of samples is installed for {name!r}; {there}")
    entry = entry_points.only("the sample", known[name])
    found = entry_points.load("the sample", entry)
    if not isinstance(found, SampleGenerator):
        raise SettingsError(
            f"the sample {name!r} of {entry_points.distribution_of(entry)}: {entry.value} is not a SampleGenerator"
        )
    return found
