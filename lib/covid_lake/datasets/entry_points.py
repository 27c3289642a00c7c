"""What installed distributions register for the library: datasets, and generators of samples.

Names are found in the distributions' metadata; nothing is imported before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from covid_lake.errors import SettingsError

OWN_DISTRIBUTION = "covid-lake"


def registered(group: str) -> Mapping[str, tuple[metadata.EntryPoint, ...]]:
    """The entry points of a group by name, in alphabetical order; several if several distributions have the name."""
    found: dict[str, tuple[metadata.EntryPoint, ...]] = {}
    for entry in metadata.entry_points(group=group):
        found[entry.name] = (*found.get(entry.name, ()), entry)
    return dict(sorted(found.items()))


def is_own(entry: metadata.EntryPoint) -> bool:
    """Whether this library's own distribution has registered it."""
    return entry.dist is not None and re.sub(r"[-_.]+", "-", entry.dist.name).lower() == OWN_DISTRIBUTION


def only(what: str, entries: tuple[metadata.EntryPoint, ...]) -> metadata.EntryPoint:
    """The one entry point of a name; `SettingsError`, which names the distributions, if there are several."""
    if len(entries) > 1:
        owners = " and ".join(f"{distribution_of(entry)} ({entry.value})" for entry in entries)
        raise SettingsError(f"{what} {entries[0].name!r} is registered by {owners}; uninstall all but one of them")
    return entries[0]


def load(what: str, entry: metadata.EntryPoint) -> Any:
    """The object or module that an entry point names.

    Raises `SettingsError`, which names the distribution and the reason, if it can't be imported.
    """
    try:
        return entry.load()
    except Exception as error:
        raise load_fault(what, entry, error) from error


def load_fault(what: str, entry: metadata.EntryPoint, error: Exception) -> SettingsError:
    """The fault to raise when something that a distribution has registered can't be imported."""
    reason = f"{type(error).__name__}: {error}"
    return SettingsError(
        f"{what} {entry.name!r} ({entry.value}, from {distribution_of(entry)}) can't be imported: {reason}; "
        "mend or uninstall that distribution"
    )


def distribution_of(entry: metadata.EntryPoint) -> str:
    """The name and version of the distribution that has registered the entry point."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else OWN_DISTRIBUTION
