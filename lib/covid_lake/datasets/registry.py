"""The datasets by name, and their tables by the names that people write in SQL.

A dataset is a package that a distribution registers under the entry point group `covid_lake.datasets`, by the dataset's
name: `books = company_lake.books`. The package has

- `contracts`, a module with a `Dataset` under the dataset's name in capitals (`BOOKS`),
- `flow`, a module with a `Flow` called `FLOW`,
- `lineage`, if there is any, a module with a tuple of `Lineage` called `LINEAGE`,
- `sql/queries/*.sql`, if there are any, its named queries.

Nothing of a dataset is imported before it is asked for.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint
from typing import TypeVar

from covid_lake import datasets
from covid_lake.contracts import Dataset, Table, Zone
from covid_lake.datasets import entry_points
from covid_lake.errors import SettingsError, UnknownTable
from covid_lake.flows import Flow, Lineage

GROUP = "covid_lake.datasets"
ATHENA_CATALOG = "awsdatacatalog"


@dataclass(frozen=True, slots=True)
class NamedTable:
    """A table in one of its zones."""

    zone: Zone
    """The zone."""
    contract: Table
    """The table's contract; in landing and quarantine, the contract that its files are read by."""

    @property
    def dataset(self) -> str:
        return self.contract.dataset

    @property
    def database(self) -> str:
        return database_name(self.contract.dataset, self.zone)

    def __str__(self) -> str:
        return f"{self.database}.{self.contract.name}"


@cache
def _registered() -> Mapping[str, tuple[EntryPoint, ...]]:
    """The entry points of all datasets by name.

    The library's own distribution registers its packages in `covid_lake.datasets`, as setup.py finds them. Here they
    are found in the same folder, since the metadata of a source tree may be older than the tree, or missing.
    """
    own = [module.name for module in pkgutil.iter_modules(datasets.__path__) if module.ispkg]
    found = {name: (EntryPoint(name, f"{datasets.__name__}.{name}", GROUP),) for name in own}
    for name, entries in entry_points.registered(GROUP).items():
        others = tuple(one for one in entries if not entry_points.is_own(one))
        if others:
            found[name] = (*found.get(name, ()), *others)
    return dict(sorted(found.items()))


def dataset_names() -> tuple[str, ...]:
    """The names of all datasets that are installed, in alphabetical order."""
    return tuple(_registered())


@cache
def dataset(name: str) -> Dataset:
    """The dataset of that name.

    Raises `SettingsError` if there is none, if several distributions register the name, or if it can't be imported.
    """
    found = _part(name, "contracts", name.upper(), Dataset)
    if found.name != name:
        raise SettingsError(f"the dataset registered as {name!r} calls itself {found.name!r}; the two must be the same")
    return found


def flow(name: str) -> Flow:
    """The steps of the dataset of that name; imports Spark's Python side, but starts nothing."""
    dataset(name)
    found = _part(name, "flow", "FLOW", Flow)
    if found.orphans:
        raise SettingsError(f"{name}: no step makes {', '.join(table.id for table in found.orphans)}")
    return found


def lineage(name: str) -> tuple[Lineage, ...]:
    """The lineage that the dataset declares, by curated table; empty if it has no module `lineage`."""
    dataset(name)
    if importlib.util.find_spec(f"{package(name)}.lineage") is None:
        return ()
    found = _part(name, "lineage", "LINEAGE", tuple)
    if not all(isinstance(one, Lineage) for one in found):
        raise SettingsError(f"{package(name)}.lineage.LINEAGE holds something that is no Lineage")
    return found


def package(name: str) -> str:
    """The package of the dataset of that name, to be imported; `SettingsError` as `dataset` raises it."""
    return _entry(name).value


def _entry(name: str) -> EntryPoint:
    known = _registered()
    if name not in known:
        raise SettingsError(f"no dataset is called {name!r}; there is: {', '.join(known)}")
    return entry_points.only("the dataset", known[name])


Part = TypeVar("Part")


def _part(name: str, module: str, attribute: str, kind: type[Part]) -> Part:
    """What a module of the dataset's package has under a name.

    Raises `SettingsError` if the module can't be imported, or has nothing of that name and kind.
    """
    entry = _entry(name)
    place = f"{entry.value}.{module}"
    try:
        found = getattr(importlib.import_module(place), attribute, None)
    except Exception as error:
        raise entry_points.load_fault("the dataset", entry, error) from error
    if not isinstance(found, kind):
        raise SettingsError(
            f"the dataset {name!r} of {entry_points.distribution_of(entry)}: {place} has no {kind.__name__} called "
            f"{attribute}"
        )
    return found


def database_name(dataset_name: str, zone: Zone) -> str:
    """The name of the database that holds a zone of a dataset in Athena and in the lake's SQL: `covid19_curated`."""
    return f"{dataset_name}_{zone}"


def tables_of(dataset_name: str, zone: Zone) -> tuple[NamedTable, ...]:
    """The tables that a zone can have: in landing and in quarantine those with landing files, which may be refused."""
    family = dataset(dataset_name)
    if zone in (Zone.LANDING, Zone.QUARANTINE):
        contracts: Iterable[Table] = (table for table in family.tables if table.landing)
    else:
        contracts = family.zone(zone)
    return tuple(NamedTable(zone, contract) for contract in contracts)


def all_tables() -> tuple[NamedTable, ...]:
    """Every table of every dataset and zone, whether or not a lake has it."""
    return tuple(table for name in dataset_names() for zone in Zone for table in tables_of(name, zone))


def find_table(name: str) -> NamedTable:
    """The table of that full name, `<dataset>_<zone>.<table>`, in any case.

    Raises `UnknownTable`, with close matches, if there is none. For shorter names see `table_called`.
    """
    known = {str(table): table for table in all_tables()}
    found = known.get(name.casefold())
    if found is None:
        raise UnknownTable(f"no table is called {name}{_close_to(name, all_tables())}")
    return found


def table_called(name: str, among: Iterable[NamedTable] | None = None) -> NamedTable:
    """The table that a person means by a name, of those given or of all.

    `covid19_trusted.x` is a full name; `trusted.x`, `covid19.x` and `x` are allowed if they fit one table only. Case,
    quotes and the catalog's name make no difference. A name without a zone means the trusted or curated table, not its
    landing files or its refused records. Raises `UnknownTable`, with close matches.
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
    """The tables of the dataset that a person names; a text may hold several names, with commas or blanks between them.

    Each name is read as by `table_called`. Raises `SettingsError`, which lists the tables and the close matches, for a
    name that fits no table and for texts without a name.
    """
    choices = [NamedTable(table.zone, table) for table in tables]
    return tuple(found.contract for found in named_tables_of_request(dataset_name, names, choices))


def named_tables_of_request(
    dataset_name: str, names: Iterable[str], choices: Sequence[NamedTable]
) -> tuple[NamedTable, ...]:
    """The same among tables in any zone."""
    there = ", ".join(sorted({table.contract.name for table in choices}))
    single = [name for text in names for name in re.split(r"[,\s]+", text) if name]
    if not single:
        raise SettingsError(f"no table is named; {dataset_name} has {there}")
    found, unknown, meant = [], [], []
    for name in single:
        try:
            found.append(table_called(name, choices))
        except UnknownTable:
            unknown.append(name)
            meant += close_matches(name, choices)
    if unknown:
        hint = f"; did you mean {' or '.join(dict.fromkeys(meant))}?" if meant else ""
        raise SettingsError(f"{dataset_name} has no table {', '.join(unknown)}; it has {there}{hint}")
    return tuple(found)


def close_matches(name: str, known: Iterable[NamedTable]) -> list[str]:
    """Up to three tables that a person may have meant by a name. Tables of the same name in another zone come first."""
    # The trusted or curated table comes before its landing files and its refused records.
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
