"""Names that are patterns for Spark: a lake below them runs, or is refused at once with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import DAY, TABLE, command, landing_file, run_arguments
from covid_lake.engines.protocol import Engine
from covid_lake.errors import SettingsError
from covid_lake.pipeline.run import Request
from covid_lake.reading.lake import Lake
from covid_lake.store.parquet import require_spark_path
from covid_lake.store.storage import LocalStorage, open_storage
from lake_runs import land_files, run_lake


@pytest.mark.parametrize("name", ["L [a] 12:30", "{a}:b", "a*:", "12:30/what?", "a\\b:c"])
def test_a_name_that_spark_cannot_read_from_is_refused_at_once(name: str, tmp_path: Path) -> None:
    source, lake = landing_file(tmp_path / "in"), tmp_path / name
    with pytest.raises(SettingsError, match=r"Spark cannot read from a path that has both a colon and"):
        land_files(LocalStorage(lake), source)
    with pytest.raises(SettingsError, match=r"another name for the lake"):
        run_lake(lambda: pytest.fail("no Spark is needed to see this"), LocalStorage(lake))
    assert not lake.exists()


def test_the_refusal_names_the_whole_path(tmp_path: Path) -> None:
    ended = command(*run_arguments(landing_file(tmp_path / "in"), tmp_path / "L [a] 12:30"))
    assert ended.returncode == 2
    assert f"error: {tmp_path}/L [a] 12:30: Spark cannot read from a path" in ended.stdout
    assert "starting Spark" not in ended.stdout


@pytest.mark.parametrize("root", ["lake 12:30", "[a] {b} *?", "s3://bucket/a:b", "s3://bucket/[a]"])
def test_each_alone_is_fine(root: str) -> None:
    require_spark_path(open_storage(root, unsigned=True))


@pytest.mark.surroundings
def test_tables_are_read_back_from_below_a_pattern(engine: Engine, tmp_path: Path) -> None:
    """The second delivery reads what the first one wrote: refused records and trusted rows."""
    source = landing_file(tmp_path / "in", ["2020-03-01 12:00:00"] * 39 + ["when?"])
    lake = LocalStorage(tmp_path / "[a]{b} *? \\ %20 #é")
    for day in (DAY, "jhu-daily-reports/03-02-2020.csv"):
        (source / day).write_text((source / DAY).read_text())
        land_files(lake, source)
        report = run_lake(lambda: engine, lake, Request((TABLE, "fact_cases")))
        assert report.succeeded, report.faults
    assert len(Lake(lake.root).sql(f"SELECT * FROM covid19_trusted.{TABLE}")) == 2 * 39
    assert len(Lake(lake.root).sql(f"SELECT * FROM covid19_quarantine.{TABLE}")) == 2
