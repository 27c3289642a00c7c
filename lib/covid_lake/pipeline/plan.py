"""What is up to date, decided from fingerprints and without Spark: a run with nothing to do starts no engine."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from covid_lake.contracts import Table
from covid_lake.errors import SettingsError
from covid_lake.landing.inventory import LandingFile, Refusal, files_of
from covid_lake.steps import Build, Flow, Promotion
from covid_lake.store.snapshots import Snapshot

# What a trusted or curated table's content depends on; the code that moves files and prints reports is not among it.
SHARED_CODE = ("contracts.py", "transforms", "quality", "landing/readers.py")


class Action(StrEnum):
    """What a run would do with a table."""

    RUN = "run"
    NOTHING = "up to date"
    HOLD_BACK = "hold back"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class PlannedPromotion:
    """A trusted table's step: the files that it would read, those refused, and why it would run or not."""

    step: Promotion
    action: Action
    reason: str
    fingerprint: str
    files: tuple[LandingFile, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class PlannedBuild:
    """A curated table's step; `inputs` are the tables that are or will be there."""

    step: Build
    action: Action
    reason: str
    fingerprint: str
    inputs: tuple[Table, ...]


def plan_promotions(
    flow: Flow, snapshot: Snapshot, files: Iterable[LandingFile], wanted: Collection[str], full_refresh: bool
) -> list[PlannedPromotion]:
    """What each trusted table needs, given what the landing zone holds."""
    every = list(files)
    return [
        _plan_promotion(step, snapshot, every, full_refresh) for step in flow.promotions if step.target.name in wanted
    ]


def plan_builds(
    flow: Flow,
    snapshot: Snapshot,
    wanted: Collection[str],
    full_refresh: bool,
    upcoming: Collection[str] = (),
) -> list[PlannedBuild]:
    """What each curated table needs. `upcoming` are ids of tables that will have a new version by then."""
    plans: list[PlannedBuild] = []
    changing = set(upcoming)
    for step in flow.builds:
        if step.target.name not in wanted:
            continue
        planned = _plan_build(step, snapshot, full_refresh, changing)
        if planned.action == Action.RUN:
            changing.add(step.target.id)
        plans.append(planned)
    return plans


def wanted_tables(flow: Flow, only: Collection[str]) -> frozenset[str]:
    """The tables named in `only` and all that they need; every table where none is named.

    Raises `SettingsError` for a name that is no table of the dataset.
    """
    steps = {build.target.name: build for build in flow.builds}
    names = {step.target.name for step in flow.promotions} | steps.keys()
    unknown = sorted(set(only) - names)
    if unknown:
        raise SettingsError(f"{flow.dataset.name} has no table {', '.join(unknown)}; it has {', '.join(sorted(names))}")
    if not only:
        return frozenset(names)
    wanted: set[str] = set()
    queue = list(only)
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue += [table.name for table in steps[name].inputs] if name in steps else []
    return frozenset(wanted)


def _plan_promotion(
    step: Promotion, snapshot: Snapshot, every: list[LandingFile], full_refresh: bool
) -> PlannedPromotion:
    table = step.target
    files, refusals = files_of(table, every)
    inputs = {file.path: file.inspection.sha256 for file in files}
    fingerprint = _digest(repr(table), code_fingerprint(table.dataset), *sorted(f"{k} {v}" for k, v in inputs.items()))
    current = snapshot.version_of(table)

    def planned(action: Action, reason: str) -> PlannedPromotion:
        return PlannedPromotion(step, action, reason, fingerprint, tuple(files), tuple(refusals))

    lost = [refusal.path for refusal in refusals if current and refusal.path in current.inputs]
    if lost:
        return planned(Action.HOLD_BACK, f"{lost[0]} is refused, but stands in the version that readers have")
    if not files:
        patterns = " or ".join(table.landing.csv + table.landing.json) if table.landing else ""
        return planned(Action.SKIP, f"no {'usable ' if refusals else ''}landing file {patterns}")
    if current is None:
        return planned(Action.RUN, f"new: {_files(len(files))}")
    if full_refresh:
        return planned(Action.RUN, "full refresh")
    if current.fingerprint == fingerprint:
        return planned(Action.NOTHING, "")
    return planned(Action.RUN, _difference(current.inputs, inputs))


def _plan_build(step: Build, snapshot: Snapshot, full_refresh: bool, changing: Collection[str]) -> PlannedBuild:
    inputs = tuple(table for table in step.inputs if snapshot.version_of(table) or table.id in changing)
    versions = {table.id: version.version for table in inputs if (version := snapshot.version_of(table))}
    fingerprint = build_fingerprint(step, versions)

    def planned(action: Action, reason: str) -> PlannedBuild:
        return PlannedBuild(step, action, reason, fingerprint, inputs)

    for group in step.requires:
        if not any(table in inputs for table in group):
            names = " or ".join(table.name for table in group)
            return planned(Action.SKIP, f"needs {names}, which the lake has not")
    current = snapshot.version_of(step.target)
    changed = sorted(table.name for table in inputs if table.id in changing)
    if current is None:
        return planned(Action.RUN, "new")
    if full_refresh:
        return planned(Action.RUN, "full refresh")
    if changed:
        return planned(Action.RUN, f"new version of {', '.join(changed)}")
    if current.fingerprint == fingerprint:
        return planned(Action.NOTHING, "")
    return planned(Action.RUN, _difference(current.inputs, versions))


def build_fingerprint(step: Build, versions: Mapping[str, str]) -> str:
    """A digest of all that a curated table's content depends on; `versions` by table id."""
    inputs = sorted(f"{table} {version}" for table, version in versions.items())
    return _digest(repr(step.target), code_fingerprint(step.target.dataset), *inputs)


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
    package = resources.files("covid_lake")
    digest = hashlib.sha256()
    for name in (*SHARED_CODE, f"datasets/{dataset}"):
        for path, content in sorted(_sources(package.joinpath(name), name)):
            digest.update(f"{path}\0".encode() + content)
    return digest.hexdigest()


def _sources(entry: Traversable, name: str) -> Iterable[tuple[str, bytes]]:
    if entry.is_file():
        if name.endswith((".py", ".csv")):
            yield name, entry.read_bytes()
        return
    for child in entry.iterdir():
        if child.name not in ("__pycache__", "sample", "queries"):
            yield from _sources(child, f"{name}/{child.name}")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
