"""The jobs that the scripts in `glue_jobs/` start, on Glue or on a laptop.

`python -m covid_lake.runtime.jobs JOB --dataset …` starts one without its script.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.errors import LakeError, SettingsError
from covid_lake.pipeline.keys import key_of_environment, key_of_secret
from covid_lake.pipeline.run import Request, Run, require_sense
from covid_lake.publish.publisher import Published, Publisher
from covid_lake.publish.warehouse import LoadRequest
from covid_lake.runtime import interrupts
from covid_lake.runtime.costs import Charge
from covid_lake.runtime.engine_choice import chosen_engine, start_engine
from covid_lake.runtime.java import leave_foreign_spark
from covid_lake.runtime.job_log import JobLog
from covid_lake.runtime.landing_job import land_files
from covid_lake.runtime.metrics import ages_of_versions, metric_lines
from covid_lake.runtime.publishers import catalog_publishers, chosen_catalog, warehouse_publishers
from covid_lake.runtime.settings import FULL, JobSettings
from covid_lake.store.reports import RunReport
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import S3_SCHEMES, open_storage

if TYPE_CHECKING:
    from covid_lake.engines.protocol import Engine
    from covid_lake.warehouse.connection import WarehouseConnection

LANDING_JOB = "source_to_landing"
LOADING_JOB = "curated_to_redshift"
# What a job did not do where its report says that something failed.
DOINGS = {
    LANDING_JOB: "land",
    "landing_to_trusted": "refresh",
    "trusted_to_curated": "refresh",
    LOADING_JOB: "refresh",
}
ZONES = {
    "landing_to_trusted": frozenset({Zone.TRUSTED}),
    "trusted_to_curated": frozenset({Zone.CURATED}),
    LOADING_JOB: frozenset[Zone](),
}


def main(job: str) -> None:
    """Run one of the jobs as a script; an error of this library is printed as one line, with exit code 1."""
    try:
        run_job(job)
    except LakeError as error:
        sys.exit(f"error: {error}")


def run_job(job: str, arguments: Sequence[str] | None = None) -> RunReport | None:
    """Run one of the jobs; raises `LakeError` if a table failed, so that Glue marks the job as failed.

    Returns the report; None for a dry run, which leaves none.
    """
    settings = JobSettings.from_arguments(sys.argv[1:] if arguments is None else arguments)
    if settings.is_on_glue:
        return _run(job, settings)
    leave_foreign_spark()
    with interrupts.stoppable():
        try:
            return _run(job, settings)
        except BaseException as error:
            # A failure after Ctrl-C is a consequence of it.
            if interrupts.is_stopping() or isinstance(error, KeyboardInterrupt):
                sys.exit(interrupts.exit_code())
            raise


def _run(job: str, settings: JobSettings) -> RunReport | None:
    log = JobLog(as_json=settings.is_on_glue, job=job, dataset=settings.dataset)
    if settings.dry_run:
        _preview(job, settings, log)
        return None
    charge = Charge(settings.dpus, settings.dpu_hour_price, time.monotonic()) if settings.dpus else None
    report = _land(settings, log, charge) if job == LANDING_JOB else _refresh(job, settings, log, charge)
    if report.cost:
        log.say("cost", f"cost: {report.cost.dollars:.4f} dollars at most", dollars=report.cost.dollars)
    if settings.is_on_glue:
        storage, now = open_storage(settings.lake_root), datetime.now(UTC)
        for line in metric_lines(report, job, ages_of_versions(storage, report, now), now):
            log.write(line)
    if not report.succeeded:
        raise LakeError(f"run {report.run_id} did not {DOINGS[job]} everything: {'; '.join(report.faults)}")
    return report


def _land(settings: JobSettings, log: JobLog, charge: Charge | None) -> RunReport:
    report, landed = land_files(settings, log.progress, charge)
    log.say(
        "run",
        f"run {report.run_id}: {len(landed.copied)} files copied ({landed.total_bytes / 1e6:.1f} MB), "
        f"{landed.unchanged} unchanged, {len(landed.refused)} refused, {report.seconds} s",
        run_id=report.run_id,
        copied=len(landed.copied),
        unchanged=landed.unchanged,
        refused=len(landed.refused),
    )
    _warn(log, report)
    return report


def _refresh(job: str, settings: JobSettings, log: JobLog, charge: Charge | None) -> RunReport:
    flow, storage = registry.flow(settings.dataset), open_storage(settings.lake_root)
    request = Request(settings.only, settings.full_refresh, ZONES[job])
    key_of = partial(key_of_secret, settings.pseudonym_secret) if settings.pseudonym_secret else key_of_environment
    require_sense(flow, storage, request, key_of)  # before a warehouse is started in vain
    choice = chosen_catalog(storage, settings.catalog, settings.table_format, on_glue=settings.is_on_glue)
    loads = job == LOADING_JOB
    target = _warehouse(settings) if loads else None
    publishers: tuple[Publisher, ...] = (
        *catalog_publishers(choice, storage),
        *warehouse_publishers(target, _load_request(settings)),
    )
    run = Run(
        flow=flow,
        storage=storage,
        start_engine=partial(_start_engine, settings),
        listener=log,
        request=request,
        publishers=publishers,
        key_of=key_of,
        cost=charge.so_far if charge else None,
    )
    report = run.execute()
    log.say(
        "run",
        f"run {report.run_id}: {report.seconds} s, reconciled {report.reconciled}",
        run_id=report.run_id,
        seconds=report.seconds,
        reconciled=report.reconciled,
    )
    for one in report.publishers:
        for loaded in one.tables:
            counts = ", ".join(f"{count} {name}" for name, count in loaded.counts.items())
            log.say(
                "published",
                f"{one.publisher}: {loaded.table}: {counts}, {loaded.seconds:.1f} s",
                publisher=one.publisher,
                table=loaded.table,
                counts=dict(loaded.counts),
            )
    _warn(log, report, *([choice.notice] if choice.notice else []))
    return report


def _preview(job: str, settings: JobSettings, log: JobLog) -> None:
    """Print the SQL of the load."""
    if job != LOADING_JOB:
        raise SettingsError(f"--dry_run is for {LOADING_JOB}; 'covid-lake plan' shows what the other jobs would do")
    dataset, storage = registry.dataset(settings.dataset), open_storage(settings.lake_root)
    published = Published(
        storage=storage,
        dataset=dataset,
        snapshot=current_snapshot(storage, dataset.name),
        engine=cache(partial(_start_engine, settings)),
    )
    (publisher,) = warehouse_publishers(_warehouse(settings), _load_request(settings))
    sql = publisher.preview(published)
    log.say("dry_run", sql, sql=sql)


def _load_request(settings: JobSettings) -> LoadRequest:
    return LoadRequest(settings.tables, settings.load == FULL, settings.copy_role, settings.load_minutes)


def _warn(log: JobLog, report: RunReport, *more: str) -> None:
    for path, reason in report.files_of_no_table.items():
        log.warn(f"{path} belongs to no table: {reason}")
    for notice in (*report.notices, *more):
        log.warn(notice)


def _start_engine(settings: JobSettings) -> Engine:
    if settings.is_on_glue:
        from covid_lake.engines.spark import SparkEngine
        from covid_lake.runtime.glue import glue_session

        return SparkEngine(glue_session())
    return start_engine(chosen_engine(), on_s3=urlsplit(settings.lake_root).scheme in S3_SCHEMES)


def _warehouse(settings: JobSettings) -> WarehouseConnection:
    if settings.connection_name and settings.warehouse:
        raise SettingsError("the warehouse is named twice: by --connection_name and by --warehouse; leave one out")
    if settings.connection_name:
        if not settings.is_on_glue:
            raise SettingsError(
                "--connection_name names a connection in Glue's catalog, and this job does not run on Glue; "
                "name the warehouse with --warehouse"
            )
        from covid_lake.runtime.glue import glue_connection

        return glue_connection(settings.connection_name)
    if settings.warehouse == "embedded":
        from covid_lake.runtime import embedded_postgres

        return embedded_postgres.start(embedded_postgres.default_directory())
    if settings.warehouse:
        from covid_lake.warehouse.connection import WarehouseConnection

        return WarehouseConnection.from_url(settings.warehouse)
    raise SettingsError("name the warehouse: --connection_name on Glue, --warehouse elsewhere")


if __name__ == "__main__":
    main(sys.argv.pop(1))
