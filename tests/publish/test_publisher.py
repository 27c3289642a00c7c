"""What follows a run: publishers one after another, faults of any kind reported, and a report in any case."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from covid_lake import paths
from covid_lake.contracts import Zone
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.engines.protocol import Engine
from covid_lake.errors import StorageError, WarehouseError
from covid_lake.pipeline.run import Request
from covid_lake.publish.publisher import Published
from covid_lake.store.reports import PublishedTable, PublisherReport, Status, TableReport, from_json, read_report
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import FileInfo, LocalStorage
from covid_lake.warehouse.connection import WarehouseConnection
from lake_runs import BuiltLake, Recorder, differing_tables, no_engine, report_of, run_lake

STATES = "landing/covid19/static-datasets/csv/state-abv/states_abv.csv"


@dataclass(frozen=True)
class FileList:
    """Lists the files of every table in one JSON file: a catalog as small as can be."""

    file: Path

    @property
    def name(self) -> str:
        return "file list"

    def bring_up_to(self, published: Published) -> PublisherReport:
        listed = json.loads(self.file.read_text()) if self.file.exists() else {}
        done = []
        for table in published.tables:
            version = published.snapshot.tables[table.id].version
            if not published.full_refresh and listed.get(table.id, {}).get("version") == version:
                continue
            manifest = published.manifest(table)
            folder = paths.table(table)
            listed[table.id] = {
                "version": version,
                "files": [f"{folder}/{file.path}" for file in manifest.files],
                "bytes": manifest.total_bytes,
                "rows": manifest.rows,
            }
            done.append(PublishedTable(table.name, version, {"files": len(manifest.files)}))
        self.file.write_text(json.dumps(listed))
        return PublisherReport(self.name, tuple(done))


@dataclass(frozen=True)
class Failing:
    """Does what it was given, and that fails."""

    act: Callable[[Published], object]

    @property
    def name(self) -> str:
        return "failing"

    def bring_up_to(self, published: Published) -> PublisherReport:
        self.act(published)
        raise AssertionError("it should have failed")


def ask_the_engine_for_nonsense(published: Published) -> object:
    return published.engine().session.sql("SELECT CAST('twelve' AS INT)").collect()


def divide_by_zero(_: Published) -> object:
    return 1 // 0


def be_refused(_: Published) -> object:
    raise WarehouseError("the warehouse refused a statement")


@pytest.fixture
def copied(built_lake: BuiltLake, tmp_path: Path) -> LocalStorage:
    return built_lake.copy(tmp_path / "copy")


def deliver_states_again(lake: LocalStorage) -> None:
    file = lake.directory / STATES
    file.write_text(file.read_text() + "Nowhere,NW\n")


def test_a_publisher_of_files_is_told_what_the_manifests_hold(copied: LocalStorage, tmp_path: Path) -> None:
    files = FileList(tmp_path / "files.json")
    report = run_lake(no_engine, copied, publishers=[files])
    (done,) = report.publishers
    assert ({table.table for table in done.tables}, done.error) == ({table.name for table in COVID19.tables}, "")
    listed = json.loads(files.file.read_text())
    for table in COVID19.zone(Zone.TRUSTED) + COVID19.zone(Zone.CURATED):
        sizes = [(copied.directory / path).stat().st_size for path in listed[table.id]["files"]]
        assert sum(sizes) == listed[table.id]["bytes"] > 0


def test_the_warehouse_is_loaded_without_an_engine(copied: LocalStorage, empty_warehouse: WarehouseConnection) -> None:
    report = run_lake(no_engine, copied, warehouse=empty_warehouse, after_minutes=1)
    assert (report.succeeded, report.engine) == (True, "none")
    assert differing_tables(copied, empty_warehouse) == []


def test_a_publisher_that_is_up_to_date_does_nothing_and_catches_up_what_was_missed(
    engine: Engine, copied: LocalStorage, tmp_path: Path
) -> None:
    files = FileList(tmp_path / "files.json")
    run_lake(no_engine, copied, publishers=[files])
    again = run_lake(no_engine, copied, publishers=[files], after_minutes=1)
    assert again.publishers == (PublisherReport("file list"),)
    deliver_states_again(copied)
    only = Request(only=("state_abv",))
    failed = run_lake(lambda: engine, copied, only, publishers=[Failing(divide_by_zero)], after_minutes=2)
    assert report_of(failed, "trusted.state_abv").status == Status.PUBLISHED
    caught_up = run_lake(no_engine, copied, only, publishers=[files], after_minutes=3)
    assert [table.table for table in caught_up.publishers[0].tables] == ["state_abv"]
    assert caught_up.succeeded
    everything = run_lake(
        lambda: engine, copied, Request(("state_abv",), full_refresh=True), publishers=[files], after_minutes=4
    )
    assert len(everything.publishers[0].tables) == len(COVID19.tables)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (ask_the_engine_for_nonsense, "'twelve'"),
        (divide_by_zero, "ZeroDivisionError: integer division or modulo by zero"),
        (be_refused, "the warehouse refused a statement"),
    ],
)
def test_a_fault_of_any_kind_is_reported_and_the_next_publisher_has_its_turn(
    act: Callable[[Published], object], why: str, engine: Engine, copied: LocalStorage, tmp_path: Path
) -> None:
    before = current_snapshot(copied, "covid19")
    files = FileList(tmp_path / "files.json")
    report = run_lake(lambda: engine, copied, publishers=[Failing(act), files], after_minutes=1)
    failed, done = report.publishers
    assert (failed.publisher, failed.tables) == ("failing", ())
    assert why in failed.error
    assert len(done.tables) == len(COVID19.tables)
    assert not report.succeeded
    assert report.faults == (f"failing: {failed.error}",)
    assert current_snapshot(copied, "covid19") == before
    assert from_json(read_report(copied)).to_json() == report.to_json()


def test_a_fault_of_the_database_driver_is_reported(
    copied: LocalStorage, warehouse: WarehouseConnection, tmp_path: Path
) -> None:
    def ask_for_what_is_not_there(_: Published) -> object:
        with warehouse.connect() as opened:
            return opened.execute("SELECT 1 FROM no_such_table")

    report = run_lake(no_engine, copied, publishers=[Failing(ask_for_what_is_not_there)], after_minutes=1)
    assert report.publishers[0].error.startswith(psycopg.errors.UndefinedTable.__name__)
    assert read_report(copied)["run_id"] == report.run_id


class Deaf(Recorder):
    """A listener whose terminal is gone."""

    def finished(self, report: TableReport) -> None:
        super().finished(report)
        raise BrokenPipeError("the terminal is gone")


def test_a_listener_that_fails_neither_fails_a_table_nor_loses_the_report(
    engine: Engine, copied: LocalStorage, tmp_path: Path
) -> None:
    deliver_states_again(copied)
    listener, files = Deaf(), FileList(tmp_path / "files.json")
    only = Request(("state_abv",))
    with pytest.raises(BrokenPipeError):
        run_lake(lambda: engine, copied, only, listener=listener, publishers=[files], after_minutes=1)
    assert len(listener.reports) == 1
    report = from_json(read_report(copied))
    assert [(table.table, table.status) for table in report.tables if table.status != Status.UP_TO_DATE] == [
        ("trusted.state_abv", Status.PUBLISHED)
    ]
    assert report.publishers[0].tables
    assert report.succeeded


class ForgetfulStorage(LocalStorage):
    """A directory whose snapshots can't be listed any more once `is_lost` is set."""

    is_lost = False

    def list_files(self, folder: str, **options: Any) -> list[FileInfo]:
        if folder.startswith("_snapshots") and self.is_lost:
            raise StorageError("the snapshots cannot be listed")
        return super().list_files(folder, **options)


class LosesTheStorage(Recorder):
    """The storage is lost as soon as a table is finished."""

    def __init__(self, storage: ForgetfulStorage) -> None:
        super().__init__()
        self._storage = storage

    def finished(self, report: TableReport) -> None:
        super().finished(report)
        if report.status == Status.PUBLISHED:
            self._storage.is_lost = True


def test_a_storage_that_fails_after_a_table_was_published_does_not_lose_the_report(
    engine: Engine, copied: LocalStorage
) -> None:
    deliver_states_again(copied)
    storage = ForgetfulStorage(copied.directory)
    listener = LosesTheStorage(storage)
    with pytest.raises(StorageError, match="cannot be listed"):
        run_lake(lambda: engine, storage, Request(only=("state_abv",)), listener=listener, after_minutes=1)
    report = from_json(read_report(copied))
    assert report_of(report, "trusted.state_abv").status == Status.PUBLISHED
    assert (report.error, report.snapshot) == ("the snapshots cannot be listed", None)
    assert not report.succeeded


def test_a_report_of_format_1_is_still_read(built_lake: BuiltLake) -> None:
    content = json.loads(built_lake.report.to_json())
    del content["publishers"], content["error"]
    load = {"table": "dim_date", "version": "v", "staged": 3, "inserted": 2, "updated": 1, "deleted": 0, "seconds": 0.5}
    report = from_json({**content, "format": 1, "warehouse": [load], "warehouse_error": ""})
    counts = {"staged": 3, "inserted": 2, "updated": 1, "deleted": 0}
    assert report.publishers == (PublisherReport("warehouse", (PublishedTable("dim_date", "v", counts, 0.5),)),)
    failed = from_json({**content, "format": 1, "warehouse": [], "warehouse_error": "gone"})
    assert failed.faults == ("warehouse: gone",)
    assert from_json({**content, "format": 1, "warehouse": [], "warehouse_error": ""}).publishers == ()
