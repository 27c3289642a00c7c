"""The curated tables of one run as they come up: each seen by those after it, none yet by a reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from pyspark.sql import DataFrame, SparkSession

from covid_lake.contracts import Table
from covid_lake.errors import StorageError
from covid_lake.flows import Change, Evolution
from covid_lake.pipeline.curated import Current, Inputs, build, check_references, own_files
from covid_lake.pipeline.plan import Anew, PlannedBuild, build_fingerprint, days_of, table_basis
from covid_lake.pipeline.trusted import Written
from covid_lake.store.parquet import read_files, read_version
from covid_lake.store.questions import Questions, Stored, quoted
from covid_lake.store.snapshots import DataFile, Manifest, Snapshot, TableVersion, read_manifest
from covid_lake.store.storage import Storage
from covid_lake.transforms.frames import FramesOnDemand

# How an input's rows are told apart where it changed; see `Evolution`.
SIDES = ("before", "after", "removed", "added")


class Star:
    """Builds curated tables on those built before and on what `base` names."""

    def __init__(
        self, spark: SparkSession, storage: Storage, base: Snapshot, anew: Anew, run_id: str, run_date: date
    ) -> None:
        self._spark, self._storage, self._base, self._anew = spark, storage, base, anew
        self._run_id, self._run_date = run_id, run_date
        self._written: dict[str, Written] = {}
        self._manifests: dict[tuple[str, str], Manifest] = {}
        self._frames: dict[tuple[str, str], DataFrame] = {}

    def is_due(self, planned: PlannedBuild) -> bool:
        """Whether the table must be built now that its inputs are there: some may have come out as they were."""
        current = self._base.version_of(planned.step.target)
        versions = {table.id: self._version(table).version for table in planned.inputs}
        is_forced = self._anew.covers_table(planned.step.target)
        return is_forced or current is None or current.fingerprint != build_fingerprint(planned.step, versions)

    def add(self, planned: PlannedBuild) -> None:
        """Build the table, write it aside and check it; raises `AuditFailed`."""
        table = planned.step.target
        inputs = Inputs(
            FramesOnDemand({source.name: partial(self._frame, source) for source in planned.inputs}),
            {source.name: partial(self._stored, source) for source in planned.inputs},
            {source.id: self._version(source) for source in planned.inputs},
        )
        current = self._current(planned, inputs)
        again = self._partitions_again(table, current)
        one = build(self._spark, self._storage, planned, inputs, current, again, self._run_id, self._run_date)
        self._written[table.id] = one
        self._manifests[table.id, one.manifest.version] = one.manifest

    def checked(self, curated: Sequence[Table]) -> list[Written]:
        """What was built, after the references between the dataset's `curated` tables were checked.

        Published tables that this run did not build count too: a dimension that lost rows must not leave an old fact
        without its own. Raises `AuditFailed`.
        """
        there = [table for table in curated if table.id in self._written or table.id in self._base.tables]
        names = {table.name for table in there}
        new = {one.table.name: one for one in self._written.values() if isinstance(one.published, Manifest)}
        referred = {(ref.table, ref.target) for table in there for ref in table.references if ref.table in new}
        lost = {name for name, target in referred if self._has_lost_rows(new[name], target)}
        whole = {table.name: partial(self._stored, table) for table in there}
        for table in there:
            if table.name not in new and lost.intersection(reference.table for reference in table.references):
                check_references(Questions(self._storage, whole), table, names)
        checked = []
        for one in self._written.values():
            passed: tuple[str, ...] = ()
            if one.table.name in new:
                has_lost = lost.intersection(reference.table for reference in one.table.references)
                own = Stored(one.table, one.manifest.files if has_lost else own_files(one.manifest))
                tables = {**whole, one.table.name: partial(Stored, own.table, own.files)}
                passed = check_references(Questions(self._storage, tables), one.table, names)
            checked.append(replace(one, report=replace(one.report, checks=(*one.report.checks, *passed))))
        return checked

    def _has_lost_rows(self, one: Written, target: str) -> bool:
        """Whether a value of the column `target` in the published version of a table is not in the new one any more."""
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

    def _current(self, planned: PlannedBuild, inputs: Inputs) -> Current | None:
        """The version to build on; None where there is none, or where everything is to be built anew."""
        entry = self._base.version_of(planned.step.target)
        if entry is None or self._anew.everything:
            return None
        table, step = planned.step.target, planned.step
        manifest = self._manifest(table, entry.version)
        if entry.basis != table_basis(table) or entry.inputs.keys() != inputs.versions.keys():
            return Current(entry, manifest)
        asked = Questions(self._storage, self._told_apart(planned, entry))
        try:
            evolution = self._evolution(planned, entry, inputs, asked) if step.partial else None
        except StorageError:  # a version that it was built from is no longer kept: build anew, from those that are
            return Current(entry, manifest)
        return Current(entry, manifest, asked, evolution)

    def _evolution(self, planned: PlannedBuild, entry: TableVersion, inputs: Inputs, asked: Questions) -> Evolution:
        changed = {
            source.name: self._change(source, entry.inputs[source.id])
            for source in planned.inputs
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
        rows = read_files(self._spark, self._storage, table, added)
        return Change(rows, tuple(sorted(differing)), tuple(sorted(same - differing)), only_grew)

    def _told_apart(self, planned: PlannedBuild, entry: TableVersion) -> dict[str, Callable[[], Stored]]:
        """The table and its inputs as they can be asked, by the names that `Evolution` gives them."""
        target = planned.step.target
        told: dict[str, Callable[[], Stored]] = {target.name: partial(self._stored, target, entry.version)}
        for source in planned.step.inputs:
            if source.id not in entry.inputs:  # it is not in the lake
                told |= {f"{side}_{source.name}": partial(Stored, source) for side in SIDES}
                continue
            old = entry.inputs[source.id]
            told[f"before_{source.name}"] = partial(self._stored, source, old)
            told[f"after_{source.name}"] = partial(self._stored, source)
            told[f"removed_{source.name}"] = partial(self._difference, source, old, is_new=False)
            told[f"added_{source.name}"] = partial(self._difference, source, old, is_new=True)
        return told

    def _difference(self, table: Table, old: str, *, is_new: bool) -> Stored:
        before, after = self._manifest(table, old), self._manifest(table, self._version(table).version)
        return Stored(table, _files_of_one(before, after)[is_new])

    def _stored(self, table: Table, version: str | None = None) -> Stored:
        return Stored(table, self._manifest(table, version or self._version(table).version).files)

    def _partitions_again(self, table: Table, current: Current | None) -> list[str]:
        """The months there are within the days that are to be done again."""
        if current is None or not table.is_by_month:
            return []
        months = _partition_values(current.manifest.files)
        return [month for month in months if self._anew.covers_month(month)]

    def _frame(self, table: Table) -> DataFrame:
        return self._frame_of(table, self._version(table).version)

    def _frame_of(self, table: Table, version: str) -> DataFrame:
        """A version as a frame, made once: looking for its files takes longer than reading a few of them."""
        key = table.id, version
        if key not in self._frames:
            self._frames[key] = read_version(self._spark, self._storage, table, self._manifest(table, version))
        return self._frames[key]

    def _manifest(self, table: Table, version: str) -> Manifest:
        """A version's manifest, read once: versions never change."""
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
