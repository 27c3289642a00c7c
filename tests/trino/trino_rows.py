"""Rows of tables and views as tests compare them."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator, Sequence

from covid_lake import paths
from covid_lake.catalog.typed_views import TYPED
from covid_lake.contracts import Type, Zone
from covid_lake.datasets import registry
from covid_lake.datasets.registry import NamedTable
from covid_lake.reading.answers import Answer
from covid_lake.reading.landing_views import landing_files
from trino_lakes import CataloguedLake

LINE_COLUMNS = ("source_file", "line")


def names(*zones: Zone) -> list[str]:
    """The full names of all tables that the zones can have."""
    return [str(table) for table in registry.all_tables() if table.zone in zones]


def rows_of(answer: Answer) -> Counter[str]:
    """The rows without their order, as text: in Python 1 and 1.0 are equal, and NaN is nothing's equal."""
    return Counter(map(repr, answer.rows))


def delivered(table: NamedTable) -> str:
    """The query of a landing table's records, with the file that each is from."""
    root = f"^.*/{paths.landing(table.dataset)}/"
    return f"SELECT regexp_replace(\"$path\", '{root}', '') AS source_file, * FROM {table}"


def lines_of(catalogued: CataloguedLake, table: NamedTable) -> Iterator[tuple[str, str]]:
    """The lines of the landing files that a run reads, each with its file."""
    storage, root = catalogued.storage, paths.landing(table.dataset)
    for name in landing_files(storage.list_files(root), table.contract):
        content = storage.read(f"{root}/{name}")
        # Trino leaves out a byte order mark.
        text = (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8-sig")
        yield from ((name, line.removesuffix("\r")) for line in text.removesuffix("\n").split("\n"))


def typed_view(table: NamedTable) -> str:
    """The name of the view beside a landing table."""
    return f"{table}{TYPED}"


def values_as_delivered(table: NamedTable, columns: Sequence[str]) -> list[str]:
    """The columns of a typed view whose values are those of the trusted table.

    Texts are not among them: they are made canonical on their way to trusted, as names of places are.
    """
    contract = table.contract
    return [one for one in columns if one == "source_file" or contract.column(one).type is not Type.TEXT]
