"""What is up to date, decided from fingerprints and without Spark: a run with nothing to do starts no engine."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from covid_lake.contracts import Table, month_of
from covid_lake.datasets import registry
from covid_lake.flows import Build, Flow, Promotion
from covid_lake.landing.inventory import LandingFile, Refusal, files_of
from covid_lake.store.snapshots import Snapshot, TableVersion

# What a trusted or curated table's content depends on; the code that moves files and prints reports is not among it.
SHARED_CODE = ("contracts.py", "transforms", "landing/readers.py", "pipeline/trusted.py")


class Action(StrEnum):
    """What a run would do with a table."""

    RUN = "run"
    NOTHING = "up to date"
    HOLD_BACK = "hold back"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Anew:
    """What is to be done again although it is up to date.

    `everything`; or the days from `first_day` to `last_day` of those tables that are kept by day; or the landing files
    named in `files`, by table id.
    """

    everything: bool = False
    first_day: date | None = None
    last_day: date | None = None
    files: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def has_days(self) -> bool:
        return self.first_day is not None or self.last_day is not None

    def covers_table(self, table: Table) -> bool:
        """Whether a curated table is to be built again, whole or in some of its months."""
        return self.everything or (self.has_days and table.is_by_month)

    def covers(self, day: date) -> bool:
        """Whether the day is one of those to be done again."""
        after_first = self.first_day is None or self.first_day <= day
        return self.has_days and after_first and (self.last_day is None or day <= self.last_day)

    def covers_month(self, month: str) -> bool:
        """Whether one of the month's days, `yyyy-MM`, is to be done again."""
        after_first = self.first_day is None or month_of(self.first_day) <= month
        return self.has_days and after_first and (self.last_day is None or month <= month_of(self.last_day))

    def __str__(self) -> str:
        if self.everything:
            return "full refresh"
        return f"{self.first_day or 'the first day'} to {self.last_day or 'the last'} again"


@dataclass(frozen=True, slots=True)
class Slice:
    """The days of a table that are promoted again: `due` are their landing files, `leaving` the files as they stand in
    the version before, whose records make room. Files whose name holds no day have no rows and belong to none.
    """

    days: frozenset[date]
    due: tuple[LandingFile, ...]
    leaving: frozenset[str]

    @property
    def partitions(self) -> tuple[str, ...]:
        """The months that hold the days, in order."""
        return tuple(sorted({month_of(day) for day in self.days}))

    def leaving_days(self, table: Table) -> frozenset[date]:
        """The days of the slice of which the version before has rows, or had files at least."""
        return days_of(table, self.leaving)


@dataclass(frozen=True, slots=True)
class PlannedPromotion:
    """A trusted table's step: the files that it stands on, those refused, and why it would run or not.

    `current` is the version that the plan was made against. `slice` names the days that would be promoted again;
    without one it is the whole table.
    """

    step: Promotion
    action: Action
    reason: str
    basis: str
    fingerprint: str
    files: tuple[LandingFile, ...]
    refusals: tuple[Refusal, ...]
    current: TableVersion | None = None
    slice: Slice | None = None

    @property
    def due(self) -> tuple[LandingFile, ...]:
        """The files that would be read."""
        return self.slice.due if self.slice else self.files


@dataclass(frozen=True, slots=True)
class PlannedBuild:
    """A curated table's step; `inputs` are the tables that are or will be there."""

    step: Build
    action: Action
    reason: str
    inputs: tuple[Table, ...]


def plan_promotions(
    flow: Flow, snapshot: Snapshot, files: Iterable[LandingFile], wanted: Collection[str], anew: Anew
) -> list[PlannedPromotion]:
    """What each trusted table needs, given what the landing zone holds."""
    every = list(files)
    return [_plan_promotion(step, snapshot, every, anew) for step in flow.promotions if step.target.name in wanted]


def plan_builds(
    flow: Flow,
    snapshot: Snapshot,
    wanted: Collection[str],
    anew: Anew,
    upcoming: Collection[str] = (),
) -> list[PlannedBuild]:
    """What each curated table needs. `upcoming` are ids of tables that will have a new version by then."""
    plans: list[PlannedBuild] = []
    changing = set(upcoming)
    for step in flow.builds:
        if step.target.name not in wanted:
            continue
        planned = _plan_build(step, snapshot, anew, changing)
        if planned.action == Action.RUN:
            changing.add(step.target.id)
        plans.append(planned)
    return plans


def wanted_tables(flow: Flow, only: Collection[str]) -> frozenset[str]:
    """The tables named in `only`, all that they need and those that they refer to; every table where none is named.

    A name is read as everywhere (`registry.table_called`), and a text may hold several. Raises `SettingsError` for one
    that is no table of the dataset.
    """
    steps = {build.target.name: build for build in flow.builds}
    targets = [*(step.target for step in flow.promotions), *(step.target for step in flow.builds)]
    if not only:
        return frozenset(table.name for table in targets)
    named = registry.tables_of_request(flow.dataset.name, only, targets)
    wanted: set[str] = set()
    queue = [table.name for table in named]
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue += [table.name for table in steps[name].inputs] if name in steps else []
    # A dimension is taken along as it can be built from what is there: what else feeds it was not asked for.
    referred = {reference.table for name in wanted & steps.keys() for reference in steps[name].target.references}
    return frozenset(wanted | referred)


def _plan_promotion(step: Promotion, snapshot: Snapshot, every: list[LandingFile], anew: Anew) -> PlannedPromotion:
    table = step.target
    files, refusals = files_of(table, every)
    inputs = {file.path: file.inspection.sha256 for file in files}
    basis = table_basis(table)
    fingerprint = _digest(basis, *sorted(f"{k} {v}" for k, v in inputs.items()))
    current = snapshot.version_of(table)

    def planned(action: Action, reason: str, days: Slice | None = None) -> PlannedPromotion:
        return PlannedPromotion(step, action, reason, basis, fingerprint, tuple(files), tuple(refusals), current, days)

    lost = [refusal.path for refusal in refusals if current and refusal.path in current.inputs]
    if lost:
        return planned(Action.HOLD_BACK, f"{lost[0]} is refused, but stands in the version that readers have")
    if not files:
        patterns = " or ".join(table.landing.patterns) if table.landing else ""
        return planned(Action.SKIP, f"no {'usable ' if refusals else ''}landing file {patterns}")
    if current is None:
        return planned(Action.RUN, f"new: {_files(len(files))}")
    if anew.everything:
        return planned(Action.RUN, str(anew))
    if current.basis != basis:
        return planned(Action.RUN, "the contract or the code changed")
    changed = {path for path in current.inputs.keys() | inputs.keys() if current.inputs.get(path) != inputs.get(path)}
    again = _files_again(table, files, anew)
    if not changed and not again:
        return planned(Action.NOTHING, "")
    found = _difference(current.inputs, inputs) if changed else f"{_files(len(again))} again"
    days = _slice(table, files, current.inputs, changed | again)
    if days is None:
        return planned(Action.RUN, found)
    months = f": rewrites {', '.join(days.partitions)}" if days.partitions else ""
    return planned(Action.RUN, found + months, days)


def _files_again(table: Table, files: Iterable[LandingFile], anew: Anew) -> set[str]:
    """The files that are to be read again although nothing about them has changed."""
    named = set(anew.files.get(table.id, ()))
    daily = table.landing.daily if table.landing else None
    days = {file.path: daily.day_of(file.path) for file in files} if daily else {}
    return named | {path for path, day in days.items() if day and anew.covers(day)}


def _slice(
    table: Table, files: Sequence[LandingFile], before: Collection[str], touched: Collection[str]
) -> Slice | None:
    """The days of the touched files; None where the table's files don't hold a day each, or all days are touched.

    Two files of one day are one unit: a record of one may replace one of the other.
    """
    daily = table.landing.daily if table.landing else None
    if daily is None:
        return None
    days = days_of(table, touched)

    def belongs(path: str) -> bool:
        return path in touched or daily.day_of(path) in days

    due = tuple(file for file in files if belongs(file.path))
    if len(due) == len(files):
        return None
    return Slice(days, due, frozenset(path for path in before if belongs(path)))


def days_of(table: Table, files: Iterable[str]) -> frozenset[date]:
    """The days that landing files hold; none where the table's files don't hold a day each."""
    daily = table.landing.daily if table.landing else None
    return frozenset(day for path in files if daily and (day := daily.day_of(path)))


def _plan_build(step: Build, snapshot: Snapshot, anew: Anew, changing: Collection[str]) -> PlannedBuild:
    inputs = tuple(table for table in step.inputs if snapshot.version_of(table) or table.id in changing)
    versions = {table.id: version.version for table in inputs if (version := snapshot.version_of(table))}

    def planned(action: Action, reason: str) -> PlannedBuild:
        return PlannedBuild(step, action, reason, inputs)

    for group in step.requires:
        if not any(table in inputs for table in group):
            names = " or ".join(table.name for table in group)
            return planned(Action.SKIP, f"needs {names}, which the lake has not")
    current = snapshot.version_of(step.target)
    changed = sorted(table.name for table in inputs if table.id in changing)
    if current is None:
        return planned(Action.RUN, "new")
    if anew.covers_table(step.target):
        return planned(Action.RUN, str(anew))
    if current.basis != table_basis(step.target):
        return planned(Action.RUN, "the contract or the code changed")
    if changed:
        return planned(Action.RUN, f"new version of {', '.join(changed)}")
    if current.fingerprint == build_fingerprint(step, versions):
        return planned(Action.NOTHING, "")
    return planned(Action.RUN, _difference(current.inputs, versions))


def table_basis(table: Table) -> str:
    """A digest of what decides a table's content besides its inputs: its contract and the code."""
    return _digest(repr(table), code_fingerprint(table.dataset))


def build_fingerprint(step: Build, versions: Mapping[str, str]) -> str:
    """A digest of all that a curated table's content depends on; `versions` by table id."""
    return _digest(table_basis(step.target), *sorted(f"{table} {version}" for table, version in versions.items()))


def _difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    new = after.keys() - before.keys()
    gone = before.keys() - after.keys()
    changed = [key for key in after.keys() & before.keys() if after[key] != before[key]]
    parts = [f"{len(names)} {verb}" for names, verb in ((new, "new"), (changed, "changed"), (gone, "gone")) if names]
    return ", ".join(parts) if parts else "the contract or the code changed"


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"


@cache
def code_fingerprint(dataset: str) -> str:
    """A digest of the source that decides what the dataset's tables hold."""
    library = resources.files("covid_lake")
    digest = hashlib.sha256()
    code = {name: library.joinpath(name) for name in SHARED_CODE}
    code[f"datasets/{dataset}"] = resources.files(registry.package(dataset))
    for name, entry in code.items():
        for path, content in sorted(_sources(entry, name)):
            digest.update(f"{path}\0".encode() + content)
    return digest.hexdigest()


def _sources(entry: Traversable, name: str) -> Iterable[tuple[str, bytes]]:
    if entry.is_file():
        if name.endswith((".py", ".csv", ".sql")):
            yield name, entry.read_bytes()
        return
    for child in entry.iterdir():
        if child.name not in ("__pycache__", "queries"):
            yield from _sources(child, f"{name}/{child.name}")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
