"""What has to hold in any surroundings: scripts/surroundings.sh runs this under four."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import TABLE, command, landing_file
from covid_lake.engines.protocol import Engine
from covid_lake.pipeline.run import Request
from covid_lake.reading.lake import Lake
from covid_lake.store.storage import LocalStorage
from lake_runs import land_files, no_engine, run_lake

pytestmark = pytest.mark.surroundings


def test_a_table_from_its_file_to_an_answer(engine: Engine, tmp_path: Path) -> None:
    """A time that is none stays refused, a name with an accent is found, and a second run has nothing to do."""
    source = landing_file(tmp_path / "ins Été", ["2020-03-01 12:00:00"] * 39 + ["3/1/2020 12:0x"])
    lake = LocalStorage(tmp_path / "lac Été")
    landed = land_files(lake, source)
    report = run_lake(lambda: engine, lake, Request((TABLE,)), landed=landed)
    assert report.succeeded, report.faults
    times = Lake(lake.root).sql(f"SELECT last_update, count(*) FROM covid19_trusted.{TABLE} GROUP BY 1").rows
    assert [(str(time)[:19], count) for time, count in times] == [("2020-03-01 12:00:00", 39)]
    assert len(Lake(lake.root).sql(f"SELECT * FROM covid19_quarantine.{TABLE}")) == 1
    assert run_lake(no_engine, lake, Request((TABLE,)), after_minutes=1).succeeded


def test_the_command_answers(tmp_path: Path) -> None:
    source, lake = landing_file(tmp_path / "Été"), tmp_path / "lac Été"
    landed = command("land", "covid19", "--from", str(source), "--lake", str(lake))
    assert landed.returncode == 0, landed.stdout
    asked = command("query", "--lake", str(lake), f"SELECT province_state, 'é' AS e FROM covid19_landing.{TABLE}")
    assert asked.returncode == 0, asked.stdout
    assert "P0" in asked.stdout
