"""The named queries that ship with a dataset: SQL files in Athena's SQL, each with a header that says what it answers.

The header is the block of `-- key: text` comments at the top of the file; a line without a key goes on with the one
above it. What a person may want to change stands in the query's first common table expression, `params`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from importlib import resources

from covid_lake.datasets import registry
from covid_lake.errors import QueryError

HEADER_LINE = re.compile(r"--\s?(?:(?P<key>[a-z]+):)?\s*(?P<text>.*)")
HEADER_KEYS = ("name", "question", "shows", "grain", "parameters")


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query of a dataset. `shows` describes the answer's columns, `grain` what a row of it is."""

    dataset: str
    name: str
    question: str
    shows: str
    grain: str
    parameters: str
    sql: str


def named_queries(dataset: str) -> tuple[NamedQuery, ...]:
    """All queries that ship with the dataset, by name; `SettingsError` for an unknown dataset."""
    registry.dataset(dataset)
    folder = resources.files(registry.package(dataset)) / "sql" / "queries"
    if not folder.is_dir():
        return ()
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(_read(dataset, file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in files)


def named_query(dataset: str, name: str) -> NamedQuery:
    """The query of that name; `QueryError`, with close matches or the list of queries, where there is none."""
    queries = {query.name: query for query in named_queries(dataset)}
    if name not in queries:
        choices = difflib.get_close_matches(name, queries) or list(queries)
        raise QueryError(f"{dataset} has no query called {name!r}; there is: {', '.join(choices)}")
    return queries[name]


def _read(dataset: str, name: str, sql: str) -> NamedQuery:
    header = dict.fromkeys(HEADER_KEYS, "")
    key = ""
    for line in sql.splitlines():
        found = HEADER_LINE.fullmatch(line)
        if not found:
            break
        key = found["key"] or key
        header[key] = f"{header[key]} {found['text']}".strip()
    missing = [key for key in HEADER_KEYS if not header[key]]
    if missing or header["name"] != name:
        raise QueryError(f"{dataset}/sql/queries/{name}.sql: its header must name it and give {', '.join(HEADER_KEYS)}")
    return NamedQuery(dataset=dataset, sql=sql, **header)
