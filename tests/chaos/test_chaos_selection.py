"""Five kills, one in each phase, at moments that always come; `make chaos` has the hundred.

The real command is killed; the run after it happens in this process, which has an engine already.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from covid_lake.engines.protocol import Engine
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake_samples.covid19 import generate_sample
from due_lake import TABLE, lake_with_delivery, run_here, undisturbed
from lake_runs import BuiltLake
from lake_state import DATASET
from moments import CURATED, LANDING, PUBLISH, TRUSTED, Moment, appears
from moments import WAREHOUSE_MOMENTS as LOADING
from trials import Scenario, Trial, make_scenario, run_trial

STAR_TABLE = "dim_hospital"
ALWAYS = random.Random(0)  # noqa: S311 - the same spread in every run


def assert_nothing_came_of_it(trial: Trial) -> None:
    assert trial.was_killed, f"the command ended before the moment came: {trial.moment}"
    assert trial.faults == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chaos")


@pytest.fixture(scope="module")
def to_land(built_lake: BuiltLake, folder: Path) -> Scenario:
    """Every file of a larger sample is to be landed over the lake's own."""
    generate_sample(folder / "source", days=25, scale=4, seed=7)
    arguments = ("land", DATASET, "--from", str(folder / "source"))
    return make_scenario(LANDING, built_lake.storage.directory, arguments, folder)[0]


@pytest.fixture(scope="module")
def to_run(engine: Engine, built_lake: BuiltLake, folder: Path) -> Scenario:
    """A delivery is to be promoted, and the star that hangs on it to be built."""
    lake = lake_with_delivery(built_lake, folder / "due")
    blank = Scenario("run", lake, ("run", DATASET, "--only", STAR_TABLE), {}, {}, {}, 0.0)
    return undisturbed(engine, blank, folder / "done", STAR_TABLE)


@pytest.fixture
def to_load(
    engine: Engine, built_lake: BuiltLake, to_run: Scenario, empty_warehouse: WarehouseConnection, tmp_path: Path
) -> Scenario:
    """A warehouse with the star of before the delivery is to be brought up to that of after it."""
    shutil.copytree(built_lake.storage.directory, tmp_path / "before")
    assert run_here(engine, tmp_path / "before", empty_warehouse, STAR_TABLE).code == 0
    done = to_run.lake.parent / "done"
    beside = replace(empty_warehouse, database="postgres")
    blank = replace(to_run, name="load", lake=done, server=beside, template=empty_warehouse.database)
    return undisturbed(engine, blank, tmp_path / "loaded", STAR_TABLE)


@pytest.mark.parametrize(
    "moment",
    [
        appears("the run has announced itself", LANDING, "_running", "*.json"),
        appears("a new file is in place", LANDING, f"landing/{DATASET}", "*.csv"),
    ],
    ids=lambda moment: moment.name,
)
def test_a_kill_while_files_are_landed(to_land: Scenario, moment: Moment, tmp_path: Path) -> None:
    assert_nothing_came_of_it(run_trial(to_land, moment, tmp_path / "trial", ALWAYS))


@pytest.mark.parametrize(
    "moment",
    [
        appears("the table's folder appears", TRUSTED, f"trusted/{DATASET}/{TABLE}", "version=*"),
        appears("a snapshot is being made", PUBLISH, "_snapshots", "*.json*"),
        appears("the star's first folder appears", CURATED, "curated", "version=*"),
    ],
    ids=lambda moment: moment.name,
)
def test_a_kill_while_tables_are_built(engine: Engine, to_run: Scenario, moment: Moment, tmp_path: Path) -> None:
    trial = run_trial(
        to_run, moment, tmp_path / "trial", ALWAYS, lambda lake, server: run_here(engine, lake, server, STAR_TABLE)
    )
    assert_nothing_came_of_it(trial)


def test_a_kill_while_the_warehouse_is_loaded(engine: Engine, to_load: Scenario, tmp_path: Path) -> None:
    staged = next(moment for moment in LOADING if moment.name == "a staging table is there")
    trial = run_trial(
        to_load, staged, tmp_path / "trial", ALWAYS, lambda lake, server: run_here(engine, lake, server, STAR_TABLE)
    )
    assert_nothing_came_of_it(trial)
