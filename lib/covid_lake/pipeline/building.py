"""Trusted to curated, one table: build, write aside, and check what was written before anybody sees it."""

from __future__ import annotations

import operator
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import Severity, Table
from covid_lake.errors import AuditFailed
from covid_lake.pipeline.plan import PlannedBuild
from covid_lake.pipeline.promotion import Written
from covid_lake.pipeline.report import Status, TableReport
from covid_lake.quality.rules import contract_checks, of_severity
from covid_lake.store.parquet import read_version, write_version, written_files
from covid_lake.store.snapshots import Manifest, TableVersion
from covid_lake.store.storage import Storage
from covid_lake.transforms.frames import conform

EXAMPLES = 3


def build(
    spark: SparkSession,
    storage: Storage,
    plan: PlannedBuild,
    frames: Mapping[str, DataFrame],
    versions: Mapping[str, TableVersion],
    run_id: str,
    run_date: date,
) -> Written:
    """Write a new version of the curated table from `frames`, its inputs by name; raises `AuditFailed`.

    The checks read what was written, not the plan that wrote it.
    """
    started = time.monotonic()
    step, table = plan.step, plan.step.target
    counted = Observation()
    warn = of_severity(contract_checks(table, run_date), Severity.WARN)
    folder = paths.version(table, run_id)
    new = conform(step.build(frames), table)
    warned = (F.count(F.when(check.broken, 1)).alias(check.name) for check in warn)
    write_version(new.observe(counted, F.count(F.lit(1)).alias("rows"), *warned), storage, folder, table.partition_by)
    files = written_files(storage, folder)
    manifest = Manifest(
        table.id, run_id, files, plan.fingerprint, {source.id: versions[source.id].version for source in plan.inputs}
    )
    written = read_version(spark, storage, table, manifest)
    if counted.get["rows"] != manifest.rows:
        raise AuditFailed(
            f"{table.id}: {counted.get['rows']:,} rows were to be written, and {manifest.rows:,} are in the files"
        )
    for rule in (rule for rule in table.rules if rule.severity != Severity.WARN):
        broken = contract_checks(replace(table, rules=(rule,)), run_date)[0].broken
        _expect_none(written.where(broken), table, rule.name)
    check_keys(written, table)
    for check in step.checks:
        _expect_none(check.violations({**frames, table.name: written}), table, check.name)
    report = TableReport(
        table.id,
        Status.PUBLISHED,
        plan.reason,
        run_id,
        read={source.id: versions[source.id].rows for source in plan.inputs},
        records_read=sum(versions[source.id].rows for source in plan.inputs),
        written=manifest.rows,
        warnings={check.name: counted.get[check.name] for check in warn if counted.get[check.name]},
        checks=("no_null_key", "key_is_unique", *(check.name for check in step.checks)),
        files=len(files),
        bytes=manifest.total_bytes,
        seconds=round(time.monotonic() - started, 2),
    )
    return Written(table, manifest, report)


def check_keys(written: DataFrame, table: Table) -> None:
    """No key column is null, and no key stands twice."""
    required = [column.name for column in table.columns if not column.nullable or column.name in table.key]
    groups = written.groupBy(*table.key).agg(
        F.count(F.lit(1)).alias("rows"),
        F.count(F.when(~_all_there(required), 1)).alias("nulls"),
    )
    _expect_none(groups.where("rows > 1 OR nulls > 0"), table, "key_is_unique and no_null_key")


def check_references(written: Mapping[str, DataFrame], table: Table) -> tuple[str, ...]:
    """Every reference of the table that is not null finds its row; returns the names of the checks.

    `written` holds the table and those that it refers to, by name; one that the lake has not yet is passed over.
    """
    names = []
    for reference in table.references:
        if reference.table not in written:
            continue
        target = written[reference.table].select(F.col(reference.target).alias("_target"))
        own = written[table.name].select(reference.column).where(F.col(reference.column).isNotNull()).distinct()
        orphans = own.join(F.broadcast(target), F.col(reference.column) == F.col("_target"), "left_anti")
        name = f"{reference.column}_found_in_{reference.table}"
        _expect_none(orphans, table, name)
        names.append(name)
    return tuple(names)


def _all_there(names: list[str]) -> Column:
    return reduce(operator.and_, (F.col(name).isNotNull() for name in names))


def _expect_none(violations: DataFrame, table: Table, name: str) -> None:
    found = violations.limit(EXAMPLES).collect()
    if found:
        examples = "; ".join(str(row.asDict()) for row in found)
        raise AuditFailed(
            f"{table.id}: the check {name} does not hold, so nothing is published; for example {examples}"
        )
