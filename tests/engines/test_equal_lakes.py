"""Whole runs on both engines give equal lakes, and one engine goes on where the other stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from both_engines import connect_mode
from corpus.trial import Trial
from covid_lake.datasets import registry
from covid_lake.engines.protocol import Engine
from covid_lake.landing.arrivals import LandingResult
from covid_lake.pipeline.run import Request
from covid_lake.store.reports import RunReport, Status
from covid_lake.store.storage import LocalStorage
from covid_lake_samples.covid19 import generate_sample
from equal_lakes import differences
from lake_runs import BuiltLake, land_files, no_engine, run_lake


@pytest.fixture
def copied(built_lake: BuiltLake, tmp_path: Path) -> LocalStorage:
    """The lake that Spark built, at another place, for a test to change."""
    return built_lake.copy(tmp_path / "copy")


def run_on_sail(
    sail: Engine, storage: LocalStorage, landed: LandingResult | None = None, minutes: int = 0, name: str = "covid19"
) -> RunReport:
    with connect_mode(is_on=True):
        report = run_lake(lambda: sail, storage, landed=landed, flow=registry.flow(name), after_minutes=minutes)
    assert report.succeeded, report.faults
    return report


def test_the_sample_gives_equal_lakes(sail: Engine, built_lake: BuiltLake, tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    landed = land_files(storage, built_lake.source)
    assert run_on_sail(sail, storage, landed).engine != built_lake.report.engine
    assert differences(built_lake.storage, storage) == []


def _told(trial: Trial) -> set[tuple[str, Status, str, str]]:
    """Why files were refused, wherever the lake lies."""
    return {
        (table.table, table.status, path, why.replace(trial.storage.root, ""))
        for table in trial.report.tables
        for path, why in table.refused_files.items()
    }


def test_bad_inputs_have_equal_outcomes(sail: Engine, engine: Engine, tmp_path: Path) -> None:
    with connect_mode(is_on=True):
        on_sail = Trial.run(lambda: sail, tmp_path / "sail")
    on_spark = Trial.run(lambda: engine, tmp_path / "spark")
    assert _told(on_spark) == _told(on_sail)
    assert differences(on_spark.storage, on_sail.storage) == []


def test_a_lake_of_one_engine_is_up_to_date_for_the_other(sail: Engine, copied: LocalStorage) -> None:
    with connect_mode(is_on=True):
        report = run_lake(no_engine, copied, after_minutes=1)
    assert {table.status for table in report.tables} == {Status.UP_TO_DATE}


def test_engines_taking_turns_give_what_one_gives(
    sail: Engine, engine: Engine, built_lake: BuiltLake, copied: LocalStorage, tmp_path: Path
) -> None:
    """A corrected day and a new one, in either order of the engines, and everything at once."""
    more = tmp_path / "more"
    generate_sample(more, days=21, scale=0.25)
    newest = sorted((more / "jhu-daily-reports").glob("*.csv"))[-1]
    corrected = f"jhu-daily-reports/{sorted((more / 'jhu-daily-reports').glob('*.csv'))[3].name}"
    lines = (built_lake.source / corrected).read_bytes().splitlines(keepends=True)
    other_order = built_lake.copy(tmp_path / "other_order")

    def correct(storage: LocalStorage) -> None:
        storage.write(f"landing/covid19/{corrected}", b"".join(lines[:-1]))

    def add(storage: LocalStorage) -> None:
        storage.write(f"landing/covid19/jhu-daily-reports/{newest.name}", newest.read_bytes())

    correct(copied)
    run_on_sail(sail, copied, minutes=1)
    add(copied)
    assert run_lake(lambda: engine, copied, after_minutes=2).succeeded
    add(other_order)
    assert run_lake(lambda: engine, other_order, after_minutes=1).succeeded
    correct(other_order)
    run_on_sail(sail, other_order, minutes=2)
    at_once = LocalStorage(tmp_path / "at_once")
    land_files(at_once, built_lake.source)
    correct(at_once)
    add(at_once)
    run_on_sail(sail, at_once)
    rows = "basis is|content is|measures is|days is|columns is"
    assert [one for one in differences(copied, at_once) if not any(name in one for name in rows.split("|"))] == []
    assert [one for one in differences(other_order, at_once) if not any(name in one for name in rows.split("|"))] == []


def test_stedi_gives_equal_lakes(sail: Engine, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from covid_lake_samples.stedi import generate_sample as generate_stedi

    monkeypatch.setenv("COVID_LAKE_PSEUDONYM_KEY", "a key for made-up people of thirty-two signs and more")
    generate_stedi(tmp_path / "sample", scale=0.25)
    lakes = {}
    for name in ("sail", "spark"):
        storage = lakes[name] = LocalStorage(tmp_path / name)
        land_files(storage, tmp_path / "sample", dataset="stedi")
        if name == "sail":
            run_on_sail(sail, storage, name="stedi")
        else:
            assert run_lake(lambda: engine, storage, Request(), flow=registry.flow("stedi")).succeeded
    assert differences(lakes["sail"], lakes["spark"], "stedi") == []
