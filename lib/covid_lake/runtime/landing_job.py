"""The job that copies files into the landing zone, as the first step of a workflow. It starts no engine."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime

from covid_lake import paths
from covid_lake.datasets import registry
from covid_lake.errors import LakeError
from covid_lake.landing.arrivals import LandingResult, land
from covid_lake.landing.inventory import Progress
from covid_lake.landing.sources import open_sources
from covid_lake.runtime.costs import Charge
from covid_lake.runtime.settings import JobSettings
from covid_lake.store.reports import RunReport, write_report
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import Storage, open_storage

NO_ENGINE = "none"


def land_files(settings: JobSettings, progress: Progress, charge: Charge | None) -> tuple[RunReport, LandingResult]:
    """Copy what is new and changed from the sources, and leave a run report behind, also where that failed."""
    began, started_at = time.monotonic(), datetime.now(UTC)
    family, lake = registry.dataset(settings.dataset), open_storage(settings.lake_root)
    places = settings.sources or tuple(f"s3://{bucket}" for bucket in family.public_buckets)
    sources = open_sources(family, places)
    run_id = paths.new_run_id(started_at)

    def report(landed: LandingResult | None, error: str = "") -> RunReport:
        return RunReport(
            run_id=run_id,
            dataset=family.name,
            started_at=started_at.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - began, 2),
            engine=NO_ENGINE,
            snapshot=_snapshot(lake, family.name),
            tables=(),
            landed_files=len(landed.copied) if landed else 0,
            refused_files={refusal.path: refusal.reason for refusal in landed.refused} if landed else {},
            error=error,
            files_of_no_table={stray.path: stray.reason for stray in landed.strays.of_no_table} if landed else {},
            leavings=tuple(sorted({stray.path for stray in landed.strays.leavings})) if landed else (),
            notices=landed.notices if landed else (),
            cost=charge.so_far() if charge else None,
        )

    try:
        landed = land(family, sources, lake, run_id, progress=progress)
    except LakeError as error:
        with suppress(LakeError):  # the store may be what failed
            write_report(lake, report(None, str(error)))
        raise
    done = report(landed)
    write_report(lake, done)
    return done, landed


def _snapshot(lake: Storage, dataset: str) -> int | None:
    try:
        return current_snapshot(lake, dataset).number
    except LakeError:
        return None
