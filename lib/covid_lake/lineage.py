"""Where a curated table's rows come from, as data: for each table, queries that give the rows behind a row."""

from __future__ import annotations

from dataclasses import dataclass

from covid_lake.contracts import Table


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of another table behind a row, and what they are to it.

    `rows` is SQL that gives them. In it the rows that are traced are the table `it`, and all other tables go by their
    names in the lake; one that the lake does not have is empty. `shows` are the columns that a person reads first.
    `follow` names the links of `table` by which the trace goes on from there; None means all of them.
    """

    name: str
    table: Table
    meaning: str
    rows: str
    shows: tuple[str, ...]
    follow: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """All links of one curated table; `note` tells what comes from no row."""

    table: Table
    links: tuple[Link, ...]
    note: str = ""
