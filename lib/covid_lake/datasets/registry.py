"""The datasets of the library by name, and their tables by the names that people write in SQL.

A dataset is a package beside this module whose `contracts` module holds a `Dataset` under the package's name in
capitals. A dataset's contracts are imported when it is first asked for, not before.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from covid_lake import datasets
from covid_lake.contracts import Dataset, Table, Zone
from covid_lake.errors import SettingsError, UnknownTable
from covid_lake.lineage import Lineage
from covid_lake.steps import Flow


@dataclass(frozen=True, slots=True)
class NamedTable:
    """A table in one of its zones. For landing and quarantine the contract is the one that the files are read by."""

    zone: Zone
    contract: Table

    @property
    def dataset(self) -> str:
        return self.contract.dataset

    @property
    def database(self) -> str:
        return database_name(self.contract.dataset, self.zone)

    def __str__(self) -> str:
        return f"{self.database}.{self.contract.name}"


@cache
def dataset_names() -> tuple[str, ...]:
    """The names of all datasets that ship with the library, in alphabetical order."""
    packages = (module.name for module in pkgutil.iter_modules(datasets.__path__) if module.ispkg)
    return tuple(sorted(name for name in packages if importlib.util.find_spec(_contracts_module(name))))


@cache
def dataset(name: str) -> Dataset:
    """The dataset of that name; `SettingsError`, listing what there is, where there is none."""
    if name not in dataset_names():
        raise SettingsError(f"no dataset is called {name!r}; there is: {', '.join(dataset_names())}")
    found = getattr(importlib.import_module(_contracts_module(name)), name.upper())
    if not isinstance(found, Dataset):
        raise TypeError(f"{_contracts_module(name)}.{name.upper()} is no Dataset")
    return found


def flow(name: str) -> Flow:
    """The steps of the dataset of that name; imports Spark's Python side, but starts nothing."""
    dataset(name)
    found = importlib.import_module(f"{datasets.__name__}.{name}.steps").FLOW
    if not isinstance(found, Flow):
        raise TypeError(f"{datasets.__name__}.{name}.steps.FLOW is no Flow")
    return found


def lineage(name: str) -> tuple[Lineage, ...]:
    """The lineage of each curated table of the dataset of that name."""
    dataset(name)
    found = importlib.import_module(f"{datasets.__name__}.{name}.lineage").LINEAGE
    if not isinstance(found, tuple) or not all(isinstance(one, Lineage) for one in found):
        raise TypeError(f"{datasets.__name__}.{name}.lineage.LINEAGE is no tuple of Lineage")
    return found


def database_name(dataset_name: str, zone: Zone) -> str:
    """The database that a zone of a dataset is in Athena and in SQL asked of the lake: `covid19_curated`."""
    return f"{dataset_name}_{zone}"


def tables_of(dataset_name: str, zone: Zone) -> tuple[NamedTable, ...]:
    """The tables that the zone can have: in landing those with files of their own, in quarantine any."""
    family = dataset(dataset_name)
    if zone is Zone.LANDING:
        contracts: Iterable[Table] = (table for table in family.tables if table.landing)
    elif zone is Zone.QUARANTINE:
        contracts = family.tables
    else:
        contracts = family.zone(zone)
    return tuple(NamedTable(zone, contract) for contract in contracts)


def all_tables() -> tuple[NamedTable, ...]:
    """Every table of every dataset and zone, by contract: whether a lake has it is another question."""
    return tuple(table for name in dataset_names() for zone in Zone for table in tables_of(name, zone))


def find_table(name: str) -> NamedTable:
    """The table called `<dataset>_<zone>.<table>`, in any case; `UnknownTable` with close matches where none is."""
    known = {str(table): table for table in all_tables()}
    found = known.get(name.casefold())
    if found is None:
        raise UnknownTable(f"no table is called {name}{_close_to(name.casefold(), known)}")
    return found


def close_matches(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names that a person may have meant; the same table in another zone comes first."""
    choices = list(known)
    table = name.rsplit(".", 1)[-1]
    same = [choice for choice in choices if choice.rsplit(".", 1)[-1] == table]
    similar = difflib.get_close_matches(name, choices, n=3, cutoff=0.6)
    by_table = {choice.rsplit(".", 1)[-1]: choice for choice in choices}
    similar += [by_table[match] for match in difflib.get_close_matches(table, by_table, n=3, cutoff=0.7)]
    return list(dict.fromkeys(same + similar))[:3]


def _close_to(name: str, known: Iterable[str]) -> str:
    matches = close_matches(name, known)
    return f"; did you mean {' or '.join(matches)}?" if matches else "; list the tables with: covid-lake tables"


def _contracts_module(name: str) -> str:
    return f"{datasets.__name__}.{name}.contracts"
