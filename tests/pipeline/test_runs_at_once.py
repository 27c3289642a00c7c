"""What a run does when another one publishes meanwhile, and what it takes from the moment when it was planned."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from covid_lake import paths
from covid_lake.datasets import registry
from covid_lake.datasets.covid19 import contracts as c
from covid_lake.datasets.stedi.flow import PSEUDONYM_KEY
from covid_lake.engines.protocol import Engine
from covid_lake.errors import StorageError
from covid_lake.flows import Flow, PseudonymKey, Step
from covid_lake.landing.inventory import Refusal
from covid_lake.pipeline import star as star_module
from covid_lake.pipeline.inputs import Written
from covid_lake.pipeline.keys import key_of_environment
from covid_lake.pipeline.plan import Action, Anew, PlannedStep, Slice
from covid_lake.pipeline.run import SAME_INPUTS, Run, make_plan
from covid_lake.pipeline.star import Star
from covid_lake.store.reports import Status, TableReport
from covid_lake.store.snapshots import Snapshot, TableVersion, current_snapshot, read_manifest
from covid_lake.store.storage import LocalStorage
from lake_runs import Recorder, no_engine
from small_lake import calendar, publish_rows

STATES = "covid19_trusted.state_abv"
DAY = date(2020, 3, 1)


def run_of(storage: LocalStorage, name: str = "covid19", **options: Any) -> Run:
    return Run(registry.flow(name), storage, no_engine, Recorder(), **options)


def star_on(storage: LocalStorage, flow: Flow) -> Star:
    """A star that needs no engine as long as nothing is read."""
    engine: Any = None
    return Star(
        engine, storage, flow, current_snapshot(storage, flow.dataset.name), Anew(), key_of_environment, "new", DAY
    )


def test_a_version_that_only_an_older_snapshot_names_is_not_discarded(tmp_path: Path) -> None:
    """The answer to the run's publication was lost, and another run has published the table since."""
    storage = LocalStorage(tmp_path)
    for version in ("own", "of another"):
        publish_rows(storage, version, {STATES: [{"abbreviation": "TX", "state": "Texas"}]})
    storage.write(f"{paths.version(c.HOSPITAL_BEDS, 'own')}/part-0.parquet", b"never published")
    run_of(storage)._discard([c.STATE_ABV, c.HOSPITAL_BEDS], "own", StorageError("no answer"))
    assert read_manifest(storage, c.STATE_ABV, "own").version == "own"
    assert storage.list_files(paths.version(c.STATE_ABV, "own"))
    assert storage.list_files(paths.version(c.HOSPITAL_BEDS, "own")) == []


class _UpToDate:
    """A star that has every table and nothing to do."""

    there = frozenset(table.id for table in c.COVID19.tables)

    def is_due(self, _planned: PlannedStep) -> bool:
        return False


class _Empty(_UpToDate):
    there = frozenset[str]()


@pytest.mark.parametrize(
    ("star", "status", "reason"),
    [(_UpToDate(), Status.UP_TO_DATE, SAME_INPUTS), (_Empty(), Status.SKIPPED, "needs trusted.state_abv")],
)
def test_a_step_that_turns_out_to_be_idle_still_names_its_refused_files(
    star: Any, status: Status, reason: str, tmp_path: Path
) -> None:
    step = Step(c.HOSPITAL_BEDS, lambda frames: frames["landing.hospital_beds"], requires=((c.STATE_ABV,),))
    planned = PlannedStep(step, Action.RUN, "new", "basis", refusals=(Refusal("beds.csv", "it was cut short"),))
    report = run_of(LocalStorage(tmp_path))._idle(planned, star)
    assert report is not None
    assert (report.status, dict(report.refused_files)) == (status, {"beds.csv": "it was cut short"})
    assert report.reason.startswith(reason)


def test_a_star_that_fails_names_the_refused_files_of_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Star:
        raise StorageError("the disk is gone")

    monkeypatch.setattr(Run, "_star", broken)
    step = Step(c.HOSPITAL_BEDS, lambda frames: frames["landing.hospital_beds"])
    planned = PlannedStep(step, Action.RUN, "new", "basis", refusals=(Refusal("beds.csv", "it was cut short"),))
    run = run_of(LocalStorage(tmp_path))
    run._build([planned], "own", run.now())
    (report,) = run._reports
    assert (report.status, dict(report.refused_files)) == (Status.FAILED, {"beds.csv": "it was cut short"})


def test_a_run_asks_for_a_key_once(engine: Engine, tmp_path: Path) -> None:
    """Planned with one key and built with another, a table would pass for up to date with the wrong pseudonyms."""
    asked: list[str] = []

    def key_of(key: PseudonymKey) -> bytes:
        asked.append(key.name)
        return b"%d" % len(asked)

    storage = LocalStorage(tmp_path)
    run = run_of(storage, "stedi", key_of=key_of)
    make_plan(run.flow, storage, run.request, unchecked=True, key_of=run.key_of)
    stars = [run._star(engine, Snapshot("stedi"), "own", run.now()) for _ in range(2)]
    assert [star._key_of(PSEUDONYM_KEY) for star in stars] == [b"1"] * 2
    assert asked == ["pseudonym"]


@pytest.mark.parametrize(("version", "keeps_slice"), [("planned", True), ("newer", False)])
def test_days_are_promoted_alone_only_with_the_inputs_of_the_other_days(
    version: str, keeps_slice: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run may publish an input after the plan was made."""
    storage = LocalStorage(tmp_path)
    publish_rows(storage, version, {STATES: []})
    publish_rows(storage, "jhu", {"covid19_trusted.jhu_daily_reports": []})
    promoted: list[PlannedStep] = []

    def promote(_spark: object, _storage: object, planned: PlannedStep, *_: object) -> Written:
        promoted.append(planned)
        manifest = read_manifest(storage, c.JHU_DAILY_REPORTS, "jhu")
        return Written(c.JHU_DAILY_REPORTS, manifest, manifest, TableReport("trusted.jhu", Status.PUBLISHED))

    monkeypatch.setattr(star_module, "promote", promote)
    step = Step(c.JHU_DAILY_REPORTS, lambda frames: frames["landing.jhu_daily_reports"], uses=(c.STATE_ABV,))
    flow = Flow(c.COVID19, (step,))
    entry = TableVersion("jhu", "", 0, {"jhu/03-01-2020.csv": "sum", "trusted.state_abv": "planned"})
    days = Slice(frozenset({DAY}), (), frozenset())
    star = star_on(storage, flow)
    star.add(PlannedStep(step, Action.RUN, "1 changed", "basis", current=entry, inputs=(c.STATE_ABV,), slice=days))
    assert [one.slice for one in promoted] == [days if keeps_slice else None]


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_table_is_built_anew_where_a_version_that_it_was_built_from_is_gone(is_kept: bool, tmp_path: Path) -> None:
    """A vacuum may remove it while the tables built from it stay behind, after runs that failed."""
    storage = LocalStorage(tmp_path)
    days = calendar(DAY, DAY)
    dates, facts = "covid19_curated.dim_date", "covid19_curated.fact_cases"
    publish_rows(storage, "old", {dates: days, facts: []})
    publish_rows(storage, "new", {facts: []})
    if not is_kept:
        storage.delete([paths.manifest(c.FACT_CASES, "old")])
    step = next(step for step in registry.flow("covid19").steps if step.target is c.DIM_DATE)
    flow = Flow(c.COVID19, (step,))
    head = current_snapshot(storage, "covid19")
    entry = replace(head.tables["curated.dim_date"], inputs={"curated.fact_cases": "old"}, basis="basis")
    star = star_on(storage, flow)
    star._base = replace(head, tables={**head.tables, "curated.dim_date": entry})
    planned = PlannedStep(step, Action.RUN, "1 changed", "basis", current=entry, inputs=(c.FACT_CASES,))
    current = star._current(planned, star._inputs(step))
    assert current is not None
    assert (current.asked is not None) == is_kept
