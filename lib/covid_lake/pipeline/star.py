"""The curated tables of one run as they come up: each seen by those after it, none yet by a reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pyspark.sql import DataFrame, SparkSession

from covid_lake.contracts import Table
from covid_lake.pipeline.building import build, check_references
from covid_lake.pipeline.plan import PlannedBuild, build_fingerprint
from covid_lake.pipeline.promotion import Written
from covid_lake.store.parquet import read_version
from covid_lake.store.snapshots import Snapshot, TableVersion, read_manifest
from covid_lake.store.storage import Storage


class Star:
    """Builds curated tables on those built before and on what `base` names."""

    def __init__(self, spark: SparkSession, storage: Storage, base: Snapshot, run_id: str, run_date: date) -> None:
        self._spark, self._storage, self._base = spark, storage, base
        self._run_id, self._run_date = run_id, run_date
        self._written: dict[str, Written] = {}

    def add(self, planned: PlannedBuild) -> None:
        """Build the table, write it aside and check it; raises `AuditFailed`."""
        versions = {table.id: self._version(table) for table in planned.inputs}
        frames = {table.name: self._frame(table) for table in planned.inputs}
        fingerprint = build_fingerprint(planned.step, {name: version.version for name, version in versions.items()})
        due = replace(planned, fingerprint=fingerprint)
        self._written[planned.step.target.id] = build(
            self._spark, self._storage, due, frames, versions, self._run_id, self._run_date
        )

    def checked(self, curated: Sequence[Table]) -> list[Written]:
        """What was built, after the references between the dataset's `curated` tables were checked.

        Published tables that this run did not build count too: a new dimension must not leave an old fact without its
        row. Raises `AuditFailed`.
        """
        there = [table for table in curated if table.id in self._written or table.id in self._base.tables]
        frames = {table.name: self._frame(table) for table in there}
        new = {one.table.name for one in self._written.values()}
        for table in there:
            if table.name not in new and new.intersection(reference.table for reference in table.references):
                check_references(frames, table)
        checked = []
        for one in self._written.values():
            names = check_references(frames, one.table)
            checked.append(replace(one, report=replace(one.report, checks=(*one.report.checks, *names))))
        return checked

    def _frame(self, table: Table) -> DataFrame:
        own = self._written.get(table.id)
        manifest = own.manifest if own else read_manifest(self._storage, table, self._version(table).version)
        return read_version(self._spark, self._storage, table, manifest)

    def _version(self, table: Table) -> TableVersion:
        own = self._written.get(table.id)
        if own is None:
            return self._base.tables[table.id]
        return TableVersion(self._run_id, own.manifest.fingerprint, own.manifest.rows, own.manifest.inputs)
