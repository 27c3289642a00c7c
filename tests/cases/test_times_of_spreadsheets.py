"""Times as a spreadsheet writes them are read; a date alone is that day."""

from __future__ import annotations

import gzip
from pathlib import Path

from cases.daily_reports import german_states, lake_of, report
from covid_lake.engines.protocol import Engine
from covid_lake.pipeline.run import Request
from covid_lake.reading.lake import Lake
from covid_lake.store.storage import LocalStorage
from lake_runs import land_files, report_of, run_lake

TIMES = {
    "3/1/2020 1:05 PM": "2020-03-01 13:05:00",
    "3/1/20 1:05:30 PM": "2020-03-01 13:05:30",
    "3/1/2020 13:05:30": "2020-03-01 13:05:30",
    "3/1/2020": "2020-03-01 00:00:00",
    "2020-03-01": "2020-03-01 00:00:00",
}


def test_reports_that_somebody_saved_are_read(engine: Engine, tmp_path: Path) -> None:
    places = [{**place, "Last_Update": text} for place, text in zip(german_states(len(TIMES)), TIMES, strict=True)]
    lake, told = lake_of(engine, tmp_path, {"03-01-2020": report(places)})
    assert report_of(told, "trusted.jhu_daily_reports").rejected == 0
    found = lake.sql("SELECT last_update FROM covid19_trusted.jhu_daily_reports ORDER BY province_state")
    assert [f"{row[0]:%Y-%m-%d %H:%M:%S}" for row in found.rows] == list(TIMES.values())


def test_a_date_alone_is_the_day_of_an_entry_of_the_consolidated_file(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "in/enigma-jhu/csv"
    folder.mkdir(parents=True)
    text = report([{"Last_Update": "3/2/2020"}, {"Province_State": "Bayern", "Last_Update": "3/2/2020 1:00 AM"}])
    (folder / "Enigma-JHU.csv.gz").write_bytes(gzip.compress(text.encode()))
    storage = LocalStorage(tmp_path / "lake")
    land_files(storage, tmp_path / "in")
    run_lake(lambda: engine, storage, Request(("enigma_jhu",)))
    found = Lake(storage.root).sql("SELECT province_state, report_date FROM covid19_trusted.enigma_jhu ORDER BY 1")
    assert [(name, str(day)) for name, day in found.rows] == [("Bayern", "2020-03-01"), (None, "2020-03-02")]
