"""Where an Iceberg table has its place: engines that drop the table delete all of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.store.storage import LocalStorage
from iceberg_lakes import bring_up, tables_in
from small_lake import calendar, publish_rows

DAYS = "covid19_curated.dim_date"
NEW_YEAR = date(2020, 1, 1)


def test_a_tables_place_has_its_metadata_and_none_of_its_rows(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    publish_rows(storage, "v1", {DAYS: calendar(NEW_YEAR, NEW_YEAR)})
    bring_up(storage, COVID19)
    with tables_in(storage) as tables:
        table = tables[DAYS]
        (rows,) = (task.file.file_path for task in table.scan().plan_files())
    assert table.metadata_location.startswith(f"{table.location()}/")
    assert rows.startswith(f"{storage.root}/")
    assert not rows.startswith(f"{table.location()}/")
