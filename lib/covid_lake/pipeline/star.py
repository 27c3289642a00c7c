"""Runs steps one after another: each reads what the steps before it wrote, and no reader sees any of it yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial

from pyspark.sql import DataFrame

from covid_lake.contracts import Table
from covid_lake.engines.protocol import Engine
from covid_lake.errors import StorageError
from covid_lake.flows import Change, Evolution, Flow, PseudonymKey, Step
from covid_lake.pipeline.audits import check_references, own_files
from covid_lake.pipeline.curated import Current, build
from covid_lake.pipeline.inputs import Inputs, Written
from covid_lake.pipeline.plan import Anew, PlannedStep, days_of, step_fingerprint
from covid_lake.pipeline.trusted import promote
from covid_lake.store.questions import Questions, Stored, quoted
from covid_lake.store.snapshots import DataFile, Manifest, Snapshot, TableVersion, read_manifest
from covid_lake.store.storage import Storage
from covid_lake.transforms.frames import FramesOnDemand
from covid_lake.transforms.pseudonyms import key_frame

# The schemas of an input's versions in an `Evolution` begin with one of these.
SIDES = ("before", "after", "removed", "added")


class Star:
    """Runs steps of one run. They read the versions that the snapshot `base` names, or those that this run wrote."""

    def __init__(
        self,
        engine: Engine,
        storage: Storage,
        flow: Flow,
        base: Snapshot,
        anew: Anew,
        key_of: Callable[[PseudonymKey], bytes],
        run_id: str,
        run_date: date,
    ) -> None:
        self._engine, self._storage, self._flow, self._base, self._anew = engine, storage, flow, base, anew
        self._key_of, self._run_id, self._run_date = key_of, run_id, run_date
        self._written: dict[str, Written] = {}
        self._manifests: dict[tuple[str, str], Manifest] = {}
        self._frames: dict[tuple[str, str], DataFrame] = {}

    @property
    def there(self) -> frozenset[str]:
        """The ids of the tables that steps can read."""
        return frozenset(self._base.tables.keys() | self._written.keys())

    def is_due(self, planned: PlannedStep) -> bool:
        """Whether the table must be built now that its inputs are done: their rows may be the same as before."""
        current = self._base.version_of(planned.step.target)
        files = {file.path: file.inspection.sha256 for file in planned.files}
        versions = {table.id: self._version(table).version for table in self._inputs_of(planned.step)}
        return (
            planned.is_forced
            or current is None
            or current.fingerprint != step_fingerprint(planned.basis, {**files, **versions})
        )

    def add(self, planned: PlannedStep) -> Written:
        """Run the step, write its table aside and check it; raises `AuditFailed`."""
        step, table = planned.step, planned.step.target
        inputs = self._inputs(step)
        if table.landing:
            entry = planned.current
            manifest = self._manifest(table, entry.version) if entry else None
            if entry and any(entry.inputs.get(name) != one.version for name, one in inputs.versions.items()):
                # Another run published an input since the plan: rows of the other days were made with the older one.
                planned = replace(planned, slice=None)
            one = promote(self._engine, self._storage, planned, inputs, manifest, self._run_id, self._run_date)
        else:
            current = self._current(planned, inputs)
            again = self._partitions_again(table, current)
            one = build(self._engine, self._storage, planned, inputs, current, again, self._run_id, self._run_date)
        self._written[table.id] = one
        self._manifests[table.id, one.manifest.version] = one.manifest
        return one

    def _inputs_of(self, step: Step) -> tuple[Table, ...]:
        """The step's input tables that are there."""
        return tuple(table for table in step.inputs if table.id in self.there)

    def _inputs(self, step: Step) -> Inputs:
        there = self._inputs_of(step)
        tables: dict[str, Callable[[], DataFrame]] = {table.id: partial(self._frame, table) for table in there}
        keys = {f"keys.{key.name}": partial(key_frame, self._engine.session, self._key_of(key)) for key in step.keys}
        return Inputs(
            frames=FramesOnDemand({**tables, **keys}),
            stored={table.id: partial(self._stored, table) for table in there},
            versions={table.id: self._version(table) for table in there},
            shows_rows=self._flow.shows_rows,
        )

    def with_references_checked(self, one: Written) -> Written:
        """Check the references of a table that is published by itself; raises `AuditFailed`.

        Tables that refer to it are not looked at. They have it as an input, so they are built after it, and their own
        references are checked then.
        """
        if not isinstance(one.published, Manifest):
            return one
        stored = {
            table.id: partial(self._stored, table) for table in self._flow.dataset.tables if table.id in self.there
        }
        shows_rows = self._flow.shows_rows
        passed = check_references(Questions(self._storage, stored), one.table, stored, shows_rows=shows_rows)
        return replace(one, report=replace(one.report, checks=(*one.report.checks, *passed)))

    def checked(self) -> list[Written]:
        """Check the references between the dataset's tables; returns what was written, with the checks' names.

        References of published tables that this run did not write are checked too: where a dimension lost rows, an
        older fact may still refer to them. Raises `AuditFailed`.
        """
        tables = [table for table in self._flow.dataset.tables if table.id in self.there]
        ids = {table.id for table in tables}
        new = {one.table.id: one for one in self._written.values() if isinstance(one.published, Manifest)}
        referred = {(ref.table, ref.target) for table in tables for ref in table.references if ref.table in new}
        lost = {table_id for table_id, target in referred if self._has_lost_rows(new[table_id], target)}
        whole = {table.id: partial(self._stored, table) for table in tables}
        shows_rows = self._flow.shows_rows
        for table in tables:
            if table.id not in new and lost.intersection(reference.table for reference in table.references):
                check_references(Questions(self._storage, whole), table, ids, shows_rows=shows_rows)
        checked = []
        for one in self._written.values():
            passed: tuple[str, ...] = ()
            if one.table.id in new:
                has_lost = lost.intersection(reference.table for reference in one.table.references)
                own = Stored(one.table, one.manifest.files if has_lost else own_files(one.manifest))
                questions = Questions(self._storage, {**whole, one.table.id: partial(Stored, own.table, own.files)})
                passed = check_references(questions, one.table, ids, shows_rows=shows_rows)
            checked.append(replace(one, report=replace(one.report, checks=(*one.report.checks, *passed))))
        return checked

    def _has_lost_rows(self, one: Written, target: str) -> bool:
        """Whether the new version lacks a value that column `target` has in the published version."""
        published = self._base.version_of(one.table)
        if published is None:  # what referred to it was never checked
            return True
        versions = {"before": published.version, "after": one.manifest.version}
        questions = Questions(
            self._storage, {name: partial(self._stored, one.table, version) for name, version in versions.items()}
        )
        column = quoted([target])
        lost = f"SELECT {column} FROM before EXCEPT SELECT {column} FROM after LIMIT 1"  # noqa: S608 - quoted
        return bool(questions.rows(lost))

    def _current(self, planned: PlannedStep, inputs: Inputs) -> Current | None:
        """The published version, to build on; None where there is none, or where everything is built anew."""
        entry = self._base.version_of(planned.step.target)
        if entry is None or self._anew.everything:
            return None
        table, step = planned.step.target, planned.step
        manifest = self._manifest(table, entry.version)
        if entry.basis != planned.basis or entry.inputs.keys() != inputs.versions.keys():
            return Current(entry, manifest)
        asked = Questions(self._storage, self._told_apart(planned, entry))
        try:
            for source in self._inputs_of(step):
                self._manifest(source, entry.inputs[source.id])
            evolution = self._evolution(planned, entry, inputs, asked) if step.partial else None
        except StorageError:  # a version that it was built from is no longer kept: build anew, from those that are
            return Current(entry, manifest)
        return Current(entry, manifest, asked, evolution)

    def _evolution(self, planned: PlannedStep, entry: TableVersion, inputs: Inputs, asked: Questions) -> Evolution:
        changed = {
            source.id: self._change(source, entry.inputs[source.id])
            for source in self._inputs_of(planned.step)
            if entry.inputs[source.id] != inputs.versions[source.id].version
        }
        return Evolution(self._frame_of(planned.step.target, entry.version), inputs.frames, changed, asked)

    def _change(self, table: Table, old: str) -> Change:
        before, after = self._manifest(table, old), self._manifest(table, self._version(table).version)
        removed, added = _files_of_one(before, after)
        differing = _partition_values((*removed, *added))
        same = _partition_values(file for file in after.files if file not in added)
        days = days_of(table, before.inputs), days_of(table, after.inputs.keys() - before.inputs.keys())
        only_grew = not removed and all(days) and max(days[0]) < min(days[1])
        rows = self._engine.read_files(self._storage, table, added)
        return Change(rows, tuple(sorted(differing)), tuple(sorted(same - differing)), only_grew)

    def _told_apart(self, planned: PlannedStep, entry: TableVersion) -> dict[str, Callable[[], Stored]]:
        """The table and the versions of its inputs, by the names that `Evolution.asked` knows them by."""
        target = planned.step.target
        told: dict[str, Callable[[], Stored]] = {target.id: partial(self._stored, target, entry.version)}
        for source in planned.step.inputs:
            if source.id not in entry.inputs:  # it is not in the lake
                told |= {f"{side}_{source.id}": partial(Stored, source) for side in SIDES}
                continue
            old = entry.inputs[source.id]
            told[f"before_{source.id}"] = partial(self._stored, source, old)
            told[f"after_{source.id}"] = partial(self._stored, source)
            told[f"removed_{source.id}"] = partial(self._difference, source, old, is_new=False)
            told[f"added_{source.id}"] = partial(self._difference, source, old, is_new=True)
        return told

    def _difference(self, table: Table, old: str, *, is_new: bool) -> Stored:
        before, after = self._manifest(table, old), self._manifest(table, self._version(table).version)
        return Stored(table, _files_of_one(before, after)[is_new])

    def _stored(self, table: Table, version: str | None = None) -> Stored:
        return Stored(table, self._manifest(table, version or self._version(table).version).files)

    def _partitions_again(self, table: Table, current: Current | None) -> list[str]:
        """The partitions that hold days which are to be done again."""
        if current is None:
            return []
        values = _partition_values(current.manifest.files)
        return [value for value in values if self._anew.covers_partition(table, value)]

    def _frame(self, table: Table) -> DataFrame:
        return self._frame_of(table, self._version(table).version)

    def _frame_of(self, table: Table, version: str) -> DataFrame:
        """The rows of a version. A frame is made once, because engines look for its files when it is made."""
        key = table.id, version
        if key not in self._frames:
            files = self._manifest(table, version).files
            self._frames[key] = self._engine.read_files(self._storage, table, files)
        return self._frames[key]

    def _manifest(self, table: Table, version: str) -> Manifest:
        """A version's manifest. It is read once, because versions never change."""
        key = table.id, version
        if key not in self._manifests:
            self._manifests[key] = read_manifest(self._storage, table, version)
        return self._manifests[key]

    def _version(self, table: Table) -> TableVersion:
        own = self._written.get(table.id)
        if own is None:
            return self._base.tables[table.id]
        return own.published.entry if isinstance(own.published, Manifest) else own.published


def _files_of_one(before: Manifest, after: Manifest) -> tuple[tuple[DataFile, ...], tuple[DataFile, ...]]:
    """The files that only the older version has, and those that only the newer one has."""
    shared = {file.identity for file in before.files} & {file.identity for file in after.files}
    removed, added = (tuple(file for file in side.files if file.identity not in shared) for side in (before, after))
    return removed, added


def _partition_values(files: Iterable[DataFile]) -> set[str]:
    return {file.partition.partition("=")[2] for file in files} - {""}
