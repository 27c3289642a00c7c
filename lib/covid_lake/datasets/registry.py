"""The datasets of the library by name, and their tables by the names that people write in SQL.

A dataset is a package beside this module whose `contracts` module holds a `Dataset` under the package's name in
capitals. A dataset's contracts are imported when it is first asked for, not before.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from covid_lake import datasets
from covid_lake.contracts import Dataset, Table, Zone
from covid_lake.errors import SettingsError, UnknownTable
from covid_lake.flows import Flow, Lineage

ATHENA_CATALOG = "awsdatacatalog"


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
    found = importlib.import_module(f"{datasets.__name__}.{name}.flow").FLOW
    if not isinstance(found, Flow):
        raise TypeError(f"{datasets.__name__}.{name}.flow.FLOW is no Flow")
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
    """The table called `<dataset>_<zone>.<table>`, in any case: the full name, as SQL has it.

    Raises `UnknownTable` with close matches where there is none; what people type elsewhere is for `table_called`.
    """
    known = {str(table): table for table in all_tables()}
    found = known.get(name.casefold())
    if found is None:
        raise UnknownTable(f"no table is called {name}{_close_to(name, all_tables())}")
    return found


def table_called(name: str, among: Iterable[NamedTable] | None = None) -> NamedTable:
    """The table that a person means, of those given or of all: the one place that decides what a name stands for.

    `covid19_trusted.x` is its full name; `trusted.x`, `covid19.x` and `x` will do where they mean one table only. Case,
    quotes and the catalog's name make no difference. A name without a zone is that of a trusted or curated table, not
    of its landing files or of what was refused of it. Raises `UnknownTable`, which says what was probably meant.
    """
    tables = all_tables() if among is None else tuple(among)
    *places, last = [part.strip().strip('`"').strip() for part in name.strip().casefold().split(".")]
    if places[:1] == [ATHENA_CATALOG]:
        places = places[1:]
    found = [
        table
        for table in tables
        if table.contract.name == last and all(p in (table.database, table.zone, table.dataset) for p in places)
    ]
    if len(places) > 1:
        found = []
    own = [table for table in found if table.zone is table.contract.zone] or found
    if not own:
        raise UnknownTable(f"no table is called {name.strip()}{_close_to(name.strip(), tables)}")
    if len(own) > 1:
        raise UnknownTable(f"{name.strip()} may be {' or '.join(map(str, own))}; name one of them in full")
    return own[0]


def tables_of_request(dataset_name: str, names: Iterable[str], tables: Iterable[Table]) -> tuple[Table, ...]:
    """Those of the dataset's tables that a person names, one or several in a text, with commas or blanks between them.

    Each is read as `table_called` reads it. Raises `SettingsError`, which lists what there is and says what was
    probably meant, for a name that is none of them and for texts without a name.
    """
    choices = [NamedTable(table.zone, table) for table in tables]
    there = ", ".join(sorted(table.contract.name for table in choices))
    single = [name for text in names for name in re.split(r"[,\s]+", text) if name]
    if not single:
        raise SettingsError(f"no table is named; {dataset_name} has {there}")
    found, unknown, meant = [], [], []
    for name in single:
        try:
            found.append(table_called(name, choices).contract)
        except UnknownTable:
            unknown.append(name)
            meant += close_matches(name, choices)
    if unknown:
        hint = f"; did you mean {' or '.join(dict.fromkeys(meant))}?" if meant else ""
        raise SettingsError(f"{dataset_name} has no table {', '.join(unknown)}; it has {there}{hint}")
    return tuple(found)


def close_matches(name: str, known: Iterable[NamedTable]) -> list[str]:
    """Up to three tables that a person may have meant by a name; one of the very name in another zone comes first."""
    # Of a table's zones its own comes before its landing files and what was refused of it.
    tables = sorted(known, key=lambda table: table.zone is not table.contract.zone)
    wanted = name.casefold()
    last = wanted.rsplit(".", 1)[-1].strip('`" ')
    by_name: dict[str, list[str]] = {}
    for table in tables:
        by_name.setdefault(table.contract.name, []).append(str(table))
    similar = difflib.get_close_matches(wanted, map(str, tables), n=3, cutoff=0.75)
    similar += [by_name[match][0] for match in difflib.get_close_matches(last, by_name, n=3, cutoff=0.6)]
    return list(dict.fromkeys(by_name.get(last, []) + similar))[:3]


def _close_to(name: str, known: Iterable[NamedTable]) -> str:
    matches = close_matches(name, known)
    return f"; did you mean {' or '.join(matches)}?" if matches else "; list the tables with: covid-lake tables"


def _contracts_module(name: str) -> str:
    return f"{datasets.__name__}.{name}.contracts"
