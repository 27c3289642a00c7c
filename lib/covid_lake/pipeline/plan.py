"""What is up to date, decided from fingerprints and without Spark: a run with nothing to do starts no engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from covid_lake.contracts import Table, Zone
from covid_lake.datasets import registry
from covid_lake.flows import Flow, Step
from covid_lake.landing.inventory import LandingFile, Refusal, files_of
from covid_lake.pipeline.code_digests import digest
from covid_lake.pipeline.fingerprints import step_basis
from covid_lake.store.snapshots import Snapshot, TableVersion


class Action(StrEnum):
    """What a run would do with a table."""

    RUN = "run"
    NOTHING = "up to date"
    HOLD_BACK = "hold back"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Anew:
    """What is to be done again although it is up to date."""

    everything: bool = False
    """Every table, whole."""
    first_day: date | None = None
    """In the tables that are partitioned by days, the days from this one on; None with a last day means all before."""
    last_day: date | None = None
    """In the tables that are partitioned by days, the days up to this one."""
    files: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Landing files, by id of the table that is read from them."""
    emptied: frozenset[str] = frozenset()
    """Ids of the tables that are to have no rows, because their landing files were removed on purpose."""

    @property
    def has_days(self) -> bool:
        return self.first_day is not None or self.last_day is not None

    def covers_table(self, table: Table) -> bool:
        """Whether a table that is built from others is to be built again, whole or in some partitions."""
        return self.everything or (self.has_days and table.follows_days)

    def covers(self, day: date) -> bool:
        """Whether the day is one of those to be done again."""
        after_first = self.first_day is None or self.first_day <= day
        return self.has_days and after_first and (self.last_day is None or day <= self.last_day)

    def covers_partition(self, table: Table, value: str) -> bool:
        """Whether a partition of the table holds one of the days to be done again."""
        return (
            self.has_days
            and table.partitioning is not None
            and table.follows_days
            and table.partitioning.overlaps(value, self.first_day, self.last_day)
        )

    def __str__(self) -> str:
        if self.everything:
            return "full refresh"
        return f"{self.first_day or 'the first day'} to {self.last_day or 'the last'} again"


@dataclass(frozen=True, slots=True)
class Slice:
    """The days of a table that are promoted again. A file whose name holds no day has no rows and belongs to no day."""

    days: frozenset[date]
    """The days."""
    due: tuple[LandingFile, ...]
    """Their landing files."""
    leaving: frozenset[str]
    """The landing files of these days that the published version was read from; their rows are replaced."""

    def partitions(self, table: Table) -> tuple[str, ...]:
        """The partitions of the table that hold the days, in order."""
        return partitions_of(table, self.days)

    def leaving_partitions(self, table: Table) -> tuple[str, ...]:
        """The partitions that hold days of the landing files which the published version was read from."""
        return partitions_of(table, days_of(table, self.leaving))


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, what a run would do with it, and why."""

    step: Step
    """The step."""
    action: Action
    """What is to be done."""
    reason: str
    """Why, for people."""
    basis: str
    """A digest of what decides the table's content beside its inputs: contract, code and keys."""
    current: TableVersion | None = None
    """The published version that the plan was made against."""
    inputs: tuple[Table, ...] = ()
    """The input tables that the lake has, or that steps before this one are planned to make."""
    files: tuple[LandingFile, ...] = ()
    """The landing files that the table is read from."""
    refusals: tuple[Refusal, ...] = ()
    """The table's landing files that can't be used, each with the reason."""
    slice: Slice | None = None
    """The days that would be promoted again; None means the whole table."""
    is_forced: bool = False
    """Whether the step runs though nothing that the table depends on has changed."""

    @property
    def due(self) -> tuple[LandingFile, ...]:
        """The files that would be read."""
        return self.slice.due if self.slice else self.files


@dataclass(frozen=True, slots=True)
class _Given:
    """What all steps are planned against."""

    snapshot: Snapshot
    """What readers see now."""
    files: Sequence[LandingFile]
    """The files of the landing zone."""
    anew: Anew
    """What is to be done again although it is up to date."""
    keys: Mapping[str, str]
    """A digest of each key, by name."""
    changing: set[str]
    """Ids of the tables whose steps were planned to run, and that may have a new version when later steps run."""


def plan_steps(
    flow: Flow,
    snapshot: Snapshot,
    files: Iterable[LandingFile],
    wanted: Collection[str],
    anew: Anew,
    zones: Collection[Zone],
    keys: Mapping[str, str],
) -> tuple[PlannedStep, ...]:
    """What each wanted table needs, in the order in which the steps run.

    `files` is what the landing zone holds, `zones` says which steps run (see `steps_of`), `keys` are digests of the
    steps' keys by name.
    """
    given = _Given(snapshot, list(files), anew, keys, set())
    planned = []
    for step in steps_of(flow, wanted, zones):
        one = _plan(step, given)
        if one.action is Action.RUN:
            given.changing.add(step.target.id)
        planned.append(one)
    return tuple(planned)


def steps_of(flow: Flow, wanted: Collection[str], zones: Collection[Zone]) -> tuple[Step, ...]:
    """The steps that make the wanted tables, by id: `TRUSTED` stands for the steps that are published one by one, and
    `CURATED` for those that are published together with the star.
    """
    promotions = flow.promotions if Zone.TRUSTED in zones else ()
    star = flow.star if Zone.CURATED in zones else ()
    return tuple(step for step in (*promotions, *star) if step.target.id in wanted)


def wanted_tables(flow: Flow, only: Collection[str]) -> frozenset[str]:
    """The ids of the tables named in `only`, of all that they need and those that they refer to; all where none is
    named.

    A name is read as everywhere (`registry.table_called`), and a text may hold several. Raises `SettingsError` for one
    that is no table of the dataset.
    """
    steps = {step.target.id: step for step in flow.steps}
    if not only:
        return frozenset(steps)
    named = registry.tables_of_request(flow.dataset.name, only, [step.target for step in flow.steps])
    wanted: set[str] = set()
    queue = [table.id for table in named]
    while queue:
        table_id = queue.pop()
        if table_id not in wanted:
            wanted.add(table_id)
            queue += [table.id for table in steps[table_id].inputs]
    # A dimension is taken along as it can be built from what is there: what else feeds it was not asked for.
    star = {step.target.id for step in flow.star}
    referred = {reference.table for one in wanted & star for reference in steps[one].target.references}
    return frozenset(wanted | referred)


def step_fingerprint(basis: str, inputs: Mapping[str, str]) -> str:
    """A digest of all that a version's content depends on: the basis, and the inputs as a version lists them."""
    return digest(basis, *sorted(f"{name} {version}" for name, version in inputs.items()))


def missing_inputs(step: Step, there: Collection[str]) -> str:
    """Why the step can't run with the tables that are there, by id; empty where it can."""
    for group in step.requires:
        if not any(table.id in there for table in group):
            return f"needs {' or '.join(table.id for table in group)}, which the lake does not have"
    return ""


def days_of(table: Table, files: Iterable[str]) -> frozenset[date]:
    """The days that landing files hold; none where the table's files don't hold a day each."""
    daily = table.landing.daily if table.landing else None
    return frozenset(day for path in files if daily and (day := daily.day_of(path)))


def partitions_of(table: Table, days: Iterable[date]) -> tuple[str, ...]:
    """The partitions of the table that hold the days, in order."""
    return tuple(sorted({table.partitioning.value_of(day) for day in days})) if table.partitioning else ()


def _plan(step: Step, given: _Given) -> PlannedStep:
    table, anew = step.target, given.anew
    found, refusals = files_of(table, given.files) if table.landing else ([], [])
    current = given.snapshot.version_of(table)
    inputs = tuple(one for one in step.inputs if given.snapshot.version_of(one) or one.id in given.changing)
    versions = {one.id: version.version for one in inputs if (version := given.snapshot.version_of(one))}
    now = {**{file.path: file.inspection.sha256 for file in found}, **versions}
    basis = step_basis(step, given.keys)

    again = _files_again(table, found, anew)
    is_forced = anew.everything or bool(again) or (table.landing is None and anew.covers_table(table))

    def planned(action: Action, reason: str, days: Slice | None = None) -> PlannedStep:
        return PlannedStep(
            step=step,
            action=action,
            reason=reason,
            basis=basis,
            current=current,
            inputs=inputs,
            files=tuple(found),
            refusals=tuple(refusals),
            slice=days,
            is_forced=is_forced,
        )

    lost = [refusal.path for refusal in refusals if current and refusal.path in current.inputs]
    if lost:
        return planned(Action.HOLD_BACK, f"{lost[0]} is refused, but the published version was read from it")
    if table.landing and not found and not (current and table.id in anew.emptied):
        return planned(
            Action.SKIP, f"no {'usable ' if refusals else ''}landing file {' or '.join(table.landing.patterns)}"
        )
    if missing := missing_inputs(step, {one.id for one in inputs}):
        return planned(Action.SKIP, missing)
    if current is None:
        return planned(Action.RUN, f"new: {_files(len(found))}" if found else "new")
    if anew.everything or (table.landing is None and anew.covers_table(table)):
        return planned(Action.RUN, str(anew))
    if current.basis != basis:
        return planned(Action.RUN, "the contract or the code changed")
    if renewed := sorted(one.id for one in inputs if one.id in given.changing):
        return planned(Action.RUN, f"new version of {', '.join(renewed)}")
    changed = {name for name in current.inputs.keys() | now.keys() if current.inputs.get(name) != now.get(name)}
    if not changed and not again:
        return planned(Action.NOTHING, "")
    why = _difference(current.inputs, now) if changed else f"{_files(len(again))} again"
    is_of_files = not changed & {one.id for one in step.inputs}
    days = _slice(table, found, current.inputs, changed | again) if is_of_files else None
    if days is None:
        return planned(Action.RUN, why)
    partitions = days.partitions(table)
    rewrites = f": rewrites {', '.join(partitions)}" if partitions else ""
    return planned(Action.RUN, why + rewrites, days)


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


def _difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    new = after.keys() - before.keys()
    gone = before.keys() - after.keys()
    changed = [key for key in after.keys() & before.keys() if after[key] != before[key]]
    parts = [f"{len(names)} {verb}" for names, verb in ((new, "new"), (changed, "changed"), (gone, "gone")) if names]
    return ", ".join(parts) if parts else "the contract or the code changed"


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"
