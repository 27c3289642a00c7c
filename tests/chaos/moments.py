"""The moments at which a command is killed, each told from outside: by files that appear, by what the command prints,
by what PostgreSQL says of itself. Nothing in the library knows of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import psycopg

from covid_lake.warehouse.control import CONTROL_TABLES
from lake_state import DATASET
from processes import Started

LANDING, TRUSTED, CURATED, PUBLISH, WAREHOUSE = PHASES = ("landing", "trusted", "curated", "publish", "warehouse")


@dataclass
class Scene:
    """What can be seen of a command at work on a lake: `before` are the paths that were there when it started."""

    lake: Path
    command: Started
    before: frozenset[str]
    warehouse: psycopg.Connection[tuple[Any, ...]] | None = None
    answers: dict[str, object] = field(default_factory=dict)

    def new_paths(self, folder: str, pattern: str) -> list[str]:
        """Files and folders below `folder` that were not there before, by their path's end."""
        return [path for path in paths_below(self.lake, folder) if path not in self.before and _ends(path, pattern)]

    def ask(self, query: str) -> object:
        """The first cell of the warehouse's answer; None where what is asked about does not exist yet."""
        if self.warehouse is None:
            raise ValueError("this command loads no warehouse")
        try:
            row = self.warehouse.execute(query.encode()).fetchone()
        except psycopg.errors.UndefinedTable:
            return None
        return row[0] if row else None


@dataclass(frozen=True)
class Moment:
    """When to kill: when `has_come` says so, or up to `spread` seconds later.

    Without a spread all kills of a moment would meet the same instruction.
    """

    name: str
    phase: str
    has_come: Callable[[Scene], bool]
    spread: float = 0.03


def appears(name: str, phase: str, folder: str, pattern: str, count: int = 1) -> Moment:
    """When `count` new files or folders below `folder` have paths that end like the pattern."""
    return Moment(name, phase, lambda scene: len(scene.new_paths(folder, pattern)) >= count)


def is_replaced(name: str, phase: str, path: str) -> Moment:
    """When a file that was there is another one, and at once: little is left to be done then."""

    def has_changed(scene: Scene) -> bool:
        found = (scene.lake / path).stat().st_ino
        return scene.answers.setdefault(name, found) != found

    return Moment(name, phase, has_changed, spread=0.0)


def prints(name: str, phase: str, text: str) -> Moment:
    """When the command's output has the text."""
    return Moment(name, phase, lambda scene: text in scene.command.output)


def answers(name: str, query: str, wanted: Callable[[Any], bool] = bool) -> Moment:
    """When the warehouse answers a query so."""
    return Moment(name, WAREHOUSE, lambda scene: wanted(scene.ask(query)))


def changes(name: str, query: str) -> Moment:
    """When the warehouse answers a query otherwise than the first time that it was asked."""

    def has_changed(scene: Scene) -> bool:
        answer = scene.ask(query)
        return scene.answers.setdefault(name, answer) != answer

    return Moment(name, WAREHOUSE, has_changed)


def paths_below(root: Path, folder: str) -> list[str]:
    """Every file and folder below, hidden ones too; what vanishes meanwhile is passed over."""
    found = []
    for where, folders, files in os.walk(root / folder):
        found += [os.path.relpath(f"{where}/{name}", root) for name in (*folders, *files)]
    return found


def _ends(path: str, pattern: str) -> bool:
    """Whether the last names of the path fit the pattern, as many names as it has; a `*` stays within a name."""
    wanted, names = pattern.split("/"), path.split("/")
    return len(names) >= len(wanted) and all(map(fnmatchcase, names[-len(wanted) :], wanted))


_STAGING = f"{DATASET}_staging"
_CONTROL = ", ".join(f"'{name}'" for name in sorted(CONTROL_TABLES))
_TABLES_STAGED = (
    "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
    f"WHERE n.nspname = '{_STAGING}' AND c.relkind = 'r' AND c.relname NOT IN ({_CONTROL})"
)
# PostgreSQL counts a table's rows when it is analyzed, which the load does as soon as a table is staged.
_TABLES_FILLED = f"{_TABLES_STAGED} AND c.reltuples > 0"
_LOADS_RUNNING = (
    "SELECT count(*) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation "
    f"JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = '{_STAGING}' AND c.relname = 'load_lock' "
    "AND l.mode = 'ExclusiveLock' AND l.granted"
)
_TARGETS_LOCKED = (
    "SELECT count(DISTINCT l.relation) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation "
    f"JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = '{DATASET}' "
    "AND l.mode = 'ShareRowExclusiveLock' AND l.granted"
)
_ROWS_WRITTEN = (
    "SELECT count(DISTINCT l.relation) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation "
    f"JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname IN ('{DATASET}', '{_STAGING}') "
    "AND l.mode = 'RowExclusiveLock' AND l.granted "
    "AND l.pid IN (SELECT pid FROM pg_locks WHERE mode = 'ShareRowExclusiveLock' AND granted)"
)
_LOADED = f"SELECT string_agg(version, ',' ORDER BY table_name) FROM {_STAGING}.loaded_versions"

LANDING_MOMENTS = (
    appears("the run has announced itself", LANDING, "_running", "*.json"),
    appears("a file is being copied", LANDING, f"landing/{DATASET}", ".*.tmp"),
    appears("a new file is in place", LANDING, f"landing/{DATASET}", "*.csv"),
    appears("ten new files are in place", LANDING, f"landing/{DATASET}", "*.csv", 10),
    is_replaced("the inventory is written", LANDING, f"_landing/{DATASET}.json"),
)
TRUSTED_MOMENTS = (
    prints("the engine starts", TRUSTED, "starting S"),
    appears("a version's folder appears", TRUSTED, "trusted", "version=*"),
    appears("tasks write", TRUSTED, "trusted", "_temporary"),
    appears("a Parquet file is in place", TRUSTED, "trusted", "version=*/*.parquet"),
    appears("the folders of two tables are there", TRUSTED, "trusted", "version=*", 2),
    appears("quarantine is being written", TRUSTED, "quarantine", "version=*"),
)
TRUSTED_PUBLISH_MOMENTS = (
    appears("a manifest is written", PUBLISH, "trusted", "*_manifest.json*"),
    appears("a snapshot is being made", PUBLISH, "_snapshots", "*.json*"),
    appears("a table is published", PUBLISH, "_snapshots", "*.json"),
    appears("two tables are published", PUBLISH, "_snapshots", "*.json", 2),
    appears("the report is being written", PUBLISH, "_runs", "*.json*"),
)
CURATED_MOMENTS = (
    appears("the first table's folder appears", CURATED, "curated", "version=*"),
    appears("tasks write a table of the star", CURATED, "curated", "_temporary"),
    appears("a file of the star is in place", CURATED, "curated", "version=*/*.parquet"),
    appears("a month of cases is in place", CURATED, "curated/covid19/fact_cases", "month=*/*.parquet"),
    appears("the second table's folder appears", CURATED, "curated", "version=*", 2),
    appears("the third table's folder appears", CURATED, "curated", "version=*", 3),
)
CURATED_PUBLISH_MOMENTS = (
    appears("the star's first manifest is written", PUBLISH, "curated", "*_manifest.json*"),
    appears("the star's second manifest is written", PUBLISH, "curated", "_manifest.json", 2),
    appears("the star's snapshot is being made", PUBLISH, "_snapshots", "*.json*"),
    appears("the star is published", PUBLISH, "_snapshots", "*.json"),
    appears("Iceberg metadata of the star are written", PUBLISH, "curated", "metadata/*.avro"),
    appears("a table of the star is registered", PUBLISH, "curated", "metadata/*.metadata.json"),
    appears("the star's report is being written", PUBLISH, "_runs", "*.json*"),
)
WAREHOUSE_MOMENTS = (
    answers("the load has begun", _LOADS_RUNNING),
    answers("a staging table is there", _TABLES_STAGED),
    answers("a staging table is filled", _TABLES_FILLED),
    answers("three staging tables are filled", _TABLES_FILLED, lambda found: found >= 3),
    answers("the transaction holds the tables", _TARGETS_LOCKED),
    answers("the transaction has changed rows", _ROWS_WRITTEN, lambda found: found >= 2),
    changes("the load is committed", _LOADED),
)
