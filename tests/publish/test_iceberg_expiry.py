"""What the lake removes is removed from the catalog first, with what Iceberg's metadata say of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from covid_lake import paths
from covid_lake.cli.main import main
from covid_lake.contracts import Zone
from covid_lake.datasets.covid19.contracts import COVID19, DIM_DATE, FACT_CASES
from covid_lake.errors import CatalogError
from covid_lake.publish.catalog.local import LocalCatalog
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.store.retention import vacuum
from covid_lake.store.runs import announced
from covid_lake.store.snapshots import Snapshot
from covid_lake.store.storage import LocalStorage
from iceberg_lakes import bring_up, tables_in, texts_of_metadata
from small_lake import calendar, cases, publish_rows

FACTS, DAYS, HOSPITALS = "covid19_curated.fact_cases", "covid19_curated.dim_date", "covid19_curated.dim_hospital"
APRIL = date(2020, 4, 1)
SECRET, PUBLIC = "Ann Example", "Bob Public"


def hospital(key: int, name: str) -> dict[str, object]:
    return {"hospital_key": key, "hospital_id": key, "region_key": 0, "hospital_name": name}


@pytest.fixture
def lake(tmp_path: Path) -> LocalStorage:
    """A lake of four runs; the days are those of the first."""
    storage = LocalStorage(tmp_path / "lake")
    for number in range(1, 5):
        tables = {FACTS: [cases(1, APRIL, number)], **({DAYS: calendar(APRIL, APRIL)} if number == 1 else {})}
        publish_rows(storage, f"run-{number}", tables)
        bring_up(storage, COVID19)
    return storage


def covid_lake(*arguments: str) -> str:
    """What the command prints; it must succeed."""
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def confirmed(storage: LocalStorage, tag: str | None = None) -> list[int]:
    with tables_in(storage) as tables:
        facts = tables[FACTS]
        snapshot = facts.snapshot_by_name(tag) if tag else facts.current_snapshot()
        assert snapshot is not None
        return list(facts.scan(snapshot_id=snapshot.snapshot_id).to_arrow()["confirmed"].to_pylist())


def tags(storage: LocalStorage, table: str) -> set[str]:
    with tables_in(storage) as tables:
        return set(tables[table].refs()) - {"main"}


def referenced(storage: LocalStorage, table: str) -> set[str]:
    """The metadata files that the table's present metadata name, and their own."""
    with tables_in(storage) as tables:
        found = tables[table]
        files = {found.metadata_location, *(entry.metadata_file for entry in found.metadata.metadata_log)}
        for snapshot in found.snapshots():
            files |= {snapshot.manifest_list, *(one.manifest_path for one in snapshot.manifests(found.io))}
    return files


def metadata_files(storage: LocalStorage, table: str) -> set[str]:
    zone, name = table.removeprefix("covid19_").split(".")
    folder = paths.metadata(COVID19.table(Zone(zone), name))
    return {f"{storage.root}/{file.path}" for file in storage.list_files(folder)}


def test_vacuum_takes_the_removed_versions_out_of_the_catalog(lake: LocalStorage) -> None:
    assert confirmed(lake, "run-run-1") == [1]
    assert tags(lake, DAYS) == {f"run-run-{number}" for number in range(1, 5)}
    covid_lake("vacuum", "covid19", "--lake", lake.root, "--keep", "2")
    assert (confirmed(lake), confirmed(lake, "run-run-3")) == ([4], [3])
    # The days are kept, and yet can't be read as of a run of which the facts are gone.
    assert tags(lake, FACTS) == tags(lake, DAYS) == {"run-run-3", "run-run-4"}
    for table in (FACTS, DAYS):
        assert metadata_files(lake, table) == referenced(lake, table)
    assert not (lake.directory / paths.version(FACT_CASES, "run-2")).exists()
    assert bring_up(lake, COVID19).tables == ()


def test_a_dry_run_of_vacuum_changes_nothing(lake: LocalStorage) -> None:
    before = {file.path: file.stamp for file in lake.list_files("")}
    covid_lake("vacuum", "covid19", "--lake", lake.root, "--keep", "1", "--dry-run")
    assert {file.path: file.stamp for file in lake.list_files("")} == before


def test_vacuum_brings_a_catalog_up_that_is_behind(lake: LocalStorage) -> None:
    publish_rows(lake, "run-5", {FACTS: [cases(1, APRIL, 5)]})
    covid_lake("vacuum", "covid19", "--lake", lake.root, "--keep", "1")
    assert confirmed(lake) == confirmed(lake, "run-run-5") == [5]


def test_nothing_is_removed_where_a_catalog_still_shows_it(lake: LocalStorage) -> None:
    publish_rows(lake, "run-5", {FACTS: [cases(1, APRIL, 5)]})
    before = {file.path for file in lake.list_files("")}

    def expire(kept: Sequence[Snapshot]) -> None:
        CatalogPublisher(LocalCatalog(lake)).expire(lake, COVID19, kept, "vacuum")

    with pytest.raises(CatalogError, match=r"fact_cases shows a version in the catalog that is about to be removed"):
        vacuum(lake, COVID19, 1, before_removal=expire)
    assert {file.path for file in lake.list_files("")} == before


def test_metadata_that_a_dead_publisher_left_go_while_nobody_is_at_work(lake: LocalStorage) -> None:
    orphan = f"{paths.metadata(DIM_DATE)}/snap-1-0-dead.avro"
    lake.write(orphan, b"half")
    with announced(lake, "covid19", "another"):
        covid_lake("vacuum", "covid19", "--lake", lake.root)
    assert (lake.directory / orphan).exists()
    covid_lake("vacuum", "covid19", "--lake", lake.root)
    assert not (lake.directory / orphan).exists()


def test_restore_brings_the_catalog_back_too(lake: LocalStorage) -> None:
    covid_lake("restore", FACTS, "run-2", "--lake", lake.root)
    assert (confirmed(lake), confirmed(lake, "run-run-4")) == ([2], [4])
    covid_lake("restore", FACTS, "run-4", "--lake", lake.root, "--catalog", "none")
    assert confirmed(lake) == [2]
    assert [table.table for table in bring_up(lake, COVID19).tables] == [FACTS]
    assert confirmed(lake) == [4]


def test_after_a_purge_no_metadata_file_holds_a_value_of_a_file_that_has_gone(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    publish_rows(storage, "run-1", {HOSPITALS: [hospital(1, SECRET), hospital(2, PUBLIC)]})
    bring_up(storage, COVID19)
    publish_rows(storage, "run-2", {HOSPITALS: [hospital(2, PUBLIC)]})
    bring_up(storage, COVID19)
    assert SECRET in texts_of_metadata(storage)
    CatalogPublisher(LocalCatalog(storage)).purge(storage, COVID19)
    texts = texts_of_metadata(storage)
    assert SECRET not in texts
    assert PUBLIC in texts
    with tables_in(storage) as tables:
        found = tables[HOSPITALS]
        assert found.scan().to_arrow()["hospital_name"].to_pylist() == [PUBLIC]
        assert set(found.refs()) == {"main", "run-run-2"}
        assert len(found.snapshots()) == 1
    assert metadata_files(storage, HOSPITALS) == referenced(storage, HOSPITALS)
    assert bring_up(storage, COVID19).tables == ()
    CatalogPublisher(LocalCatalog(storage)).purge(storage, COVID19)
    assert len(metadata_files(storage, HOSPITALS)) == len(referenced(storage, HOSPITALS))
