"""The named queries that ship with a dataset: SQL files in Athena's SQL, each with a header that says what it answers.

Its keys are those of `HEADER_KEYS`, and `tour` (see `sql_headers`). The values that a person may want to change are in
the query's first common table expression, `params`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import resources

from covid_lake.datasets import registry
from covid_lake.datasets.sql_headers import read_header
from covid_lake.errors import QueryError

HEADER_KEYS = ("name", "question", "shows", "grain", "parameters")
TOUR = "tour"


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query of a dataset."""

    dataset: str
    """The dataset that it ships with."""
    name: str
    """What it is called, as its file is."""
    question: str
    """The question that it answers."""
    shows: str
    """The columns of the answer."""
    grain: str
    """What a row of the answer is."""
    parameters: str
    """The values in `params`."""
    sql: str
    """The whole file."""
    tour: int | None = None
    """Its place in the dataset's tour; None if it isn't part of it."""


def named_queries(dataset: str | None = None) -> tuple[NamedQuery, ...]:
    """All queries that ship with the dataset, or with any if none is named, by name.

    Raises `SettingsError` for an unknown dataset.
    """
    if dataset is None:
        every = [query for name in registry.dataset_names() for query in named_queries(name)]
        return tuple(sorted(every, key=lambda query: query.name))
    registry.dataset(dataset)
    folder = resources.files(registry.package(dataset)) / "sql" / "queries"
    if not folder.is_dir():
        return ()
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(_read(dataset, file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in files)


def named_query(dataset: str | None, name: str) -> NamedQuery:
    """The query of that name, of the dataset or of whichever has it.

    Raises `QueryError`, with close matches or the list of queries, if there is none, and if several datasets have one.
    """
    queries = named_queries(dataset)
    found = [query for query in queries if query.name == name]
    owners = " and ".join(query.dataset for query in found)
    if not found:
        names = list(dict.fromkeys(query.name for query in queries))
        choices = ", ".join(difflib.get_close_matches(name, names) or names) or "none"
        nowhere = f"{dataset} has no" if dataset else "no dataset has a"
        raise QueryError(f"{nowhere} query called {name!r}; there is: {choices}")
    if len(found) > 1:
        raise QueryError(f"{owners} have a query called {name!r}; say which with --dataset")
    return found[0]


def tour(dataset: str) -> tuple[NamedQuery, ...]:
    """The queries of the dataset's tour, in its order: those with a line `-- tour: NUMBER` in their header."""
    numbered = [(query.tour, query) for query in named_queries(dataset) if query.tour is not None]
    return tuple(query for _, query in sorted(numbered, key=lambda pair: (pair[0], pair[1].name)))


def _read(dataset: str, name: str, sql: str) -> NamedQuery:
    found = read_header(sql)
    unknown = [key for key in found if key not in (*HEADER_KEYS, TOUR)]
    if unknown:
        raise QueryError(f"{dataset}/sql/queries/{name}.sql: its header has an unknown key {unknown[0]!r}")
    header = {key: found.get(key, "") for key in (*HEADER_KEYS, TOUR)}
    missing = [key for key in HEADER_KEYS if not header[key]]
    if missing or header["name"] != name:
        raise QueryError(f"{dataset}/sql/queries/{name}.sql: its header must name it and give {', '.join(HEADER_KEYS)}")
    place = header.pop(TOUR)
    if place and not place.isdecimal():
        raise QueryError(f"{dataset}/sql/queries/{name}.sql: its place in the tour is {place!r}; write a whole number")
    return NamedQuery(dataset=dataset, sql=sql, tour=int(place) if place else None, **header)
