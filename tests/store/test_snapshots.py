"""Publishing: a chain of snapshots in which nothing is lost, however many publish at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.datasets.covid19.contracts import COVID19, DIM_DATE, DIM_REGION, STATE_ABV
from covid_lake.errors import PublishConflict, StorageError
from covid_lake.store.snapshots import (
    DataFile,
    Manifest,
    Snapshot,
    TableVersion,
    current_snapshot,
    publish,
    read_manifest,
    snapshot_numbers,
)
from covid_lake.store.storage import Storage


def manifest(table: Table, version: str) -> Manifest:
    files = (
        DataFile(f"version={version}/month=2020-03/part-0.parquet", 3, 100),
        DataFile("version=v0/part-1.parquet", 4, 50),
    )
    fingerprint = f"fingerprint of {version}"
    return Manifest(table.id, version, files, fingerprint, {"a.csv": "sha"}, "basis", "quarantine/x", {"a.csv": 7})


def publish_one(storage: Storage, base: Snapshot, table: Table, version: str) -> Snapshot:
    return publish(storage, base, version, [(table, manifest(table, version))])


def test_an_empty_lake_has_the_snapshot_0(storage: Storage) -> None:
    assert current_snapshot(storage, "covid19") == Snapshot("covid19", 0, "", {})
    assert snapshot_numbers(storage, "covid19") == []


def test_what_is_published_is_what_readers_see(storage: Storage) -> None:
    published = publish_one(storage, current_snapshot(storage, "covid19"), STATE_ABV, "v1")
    assert current_snapshot(storage, "covid19") == published
    expected = TableVersion("v1", "fingerprint of v1", 7, {"a.csv": "sha"}, "basis", "quarantine/x")
    assert (published.number, published.run_id, published.version_of(STATE_ABV)) == (1, "v1", expected)
    assert published.version_of(DIM_DATE) is None
    assert read_manifest(storage, STATE_ABV, "v1") == manifest(STATE_ABV, "v1")
    assert read_manifest(storage, STATE_ABV, "v1").total_bytes == 150


def test_tables_are_published_together(storage: Storage) -> None:
    written = [(table, manifest(table, "v1")) for table in (DIM_DATE, DIM_REGION)]
    published = publish(storage, current_snapshot(storage, "covid19"), "v1", written)
    assert published.number == 1
    assert set(published.tables) == {"curated.dim_date", "curated.dim_region"}


def test_the_other_tables_stay_as_they_were(storage: Storage) -> None:
    first = publish_one(storage, current_snapshot(storage, "covid19"), STATE_ABV, "v1")
    second = publish_one(storage, first, DIM_DATE, "v2")
    assert second.version_of(STATE_ABV) == first.version_of(STATE_ABV)
    assert snapshot_numbers(storage, "covid19") == [1, 2]


def test_a_version_that_another_run_published_meanwhile_is_a_conflict(storage: Storage) -> None:
    base = current_snapshot(storage, "covid19")
    winner = publish_one(storage, base, STATE_ABV, "v1")
    with pytest.raises(PublishConflict, match=r"trusted\.state_abv: another run published a version"):
        publish(
            storage,
            base,
            "v2",
            [(DIM_DATE, manifest(DIM_DATE, "v2")), (STATE_ABV, manifest(STATE_ABV, "v2"))],
        )
    assert current_snapshot(storage, "covid19") == winner


def test_another_table_published_meanwhile_is_kept(storage: Storage) -> None:
    base = current_snapshot(storage, "covid19")
    publish_one(storage, base, STATE_ABV, "v1")
    published = publish_one(storage, base, DIM_DATE, "v2")
    assert (published.number, set(published.tables)) == (2, {"trusted.state_abv", "curated.dim_date"})


def test_many_at_once_get_a_number_each_and_none_is_lost(storage: Storage) -> None:
    tables = COVID19.tables[:6]
    start = threading.Barrier(len(tables))

    def publish_when_all_are_ready(table: Table) -> int:
        base = current_snapshot(storage, "covid19")
        start.wait()
        return publish_one(storage, base, table, f"v-{table.name}").number

    with ThreadPoolExecutor(len(tables)) as pool:
        numbers = list(pool.map(publish_when_all_are_ready, tables))
    assert sorted(numbers) == list(range(1, len(tables) + 1))
    assert snapshot_numbers(storage, "covid19") == sorted(numbers)
    last = current_snapshot(storage, "covid19")
    assert {name: version.version for name, version in last.tables.items()} == {
        table.id: f"v-{table.name}" for table in tables
    }


def test_of_two_that_publish_the_same_table_at_once_one_loses(storage: Storage) -> None:
    start = threading.Barrier(2)

    def publish_when_both_are_ready(version: str) -> str | None:
        base = current_snapshot(storage, "covid19")
        start.wait()
        try:
            return publish_one(storage, base, STATE_ABV, version).tables[STATE_ABV.id].version
        except PublishConflict:
            return None

    with ThreadPoolExecutor(2) as pool:
        published = [version for version in pool.map(publish_when_both_are_ready, ("a", "b")) if version]
    assert len(published) == 1
    assert snapshot_numbers(storage, "covid19") == [1]
    assert current_snapshot(storage, "covid19").tables[STATE_ABV.id].version == published[0]


def test_numbers_are_counted_past_nine(storage: Storage) -> None:
    snapshot = current_snapshot(storage, "covid19")
    for number in range(11):
        snapshot = publish_one(storage, snapshot, STATE_ABV, f"v{number}")
    assert current_snapshot(storage, "covid19").number == 11
    assert storage.list_files(paths.snapshots("covid19"))[-1].path == "_snapshots/covid19/0000000011.json"


def test_datasets_have_chains_of_their_own(storage: Storage) -> None:
    publish_one(storage, current_snapshot(storage, "covid19"), STATE_ABV, "v1")
    assert current_snapshot(storage, "books").number == 0


def test_a_version_that_is_gone_is_an_error_that_names_it(storage: Storage) -> None:
    with pytest.raises(StorageError, match=r"trusted\.state_abv: version v9 is not in the lake any more"):
        read_manifest(storage, STATE_ABV, "v9")


class LossyStorage:
    """A real storage whose answers to exclusive creations are lost, some of them or all."""

    def __init__(self, storage: Storage, how: str, losses: int = 1) -> None:
        self.storage, self.how, self.losses = storage, how, losses

    def __getattr__(self, name: str) -> Any:
        return getattr(self.storage, name)

    def create(self, path: str, content: bytes) -> None:
        if self.losses == 0:
            return self.storage.create(path, content)
        self.losses -= 1
        if self.how == "the client repeats the put":
            self.storage.create(path, content)
            return self.storage.create(path, content)
        if self.how == "the answer times out":
            self.storage.create(path, content)
        raise StorageError(f"cannot write {path}: timed out")


@pytest.mark.parametrize("how", ["the client repeats the put", "the answer times out", "the put itself is lost"])
def test_a_publication_whose_answer_is_lost_is_published_once(storage: Storage, how: str) -> None:
    lossy = LossyStorage(storage, how)
    published = publish_one(lossy, current_snapshot(storage, "covid19"), STATE_ABV, "v1")
    assert (published.number, published) == (1, current_snapshot(storage, "covid19"))
    assert snapshot_numbers(storage, "covid19") == [1]


def test_a_lost_answer_about_a_number_of_another_run_is_no_publication(storage: Storage) -> None:
    """The other run takes the number between this run's look at the lake and its put, of which no answer comes."""
    base = current_snapshot(storage, "covid19")

    class Raced(LossyStorage):
        def create(self, path: str, content: bytes) -> None:
            if self.losses:
                publish_one(self.storage, base, STATE_ABV, "other")
            super().create(path, content)

    raced = Raced(storage, "the put itself is lost")
    assert publish_one(raced, base, DIM_DATE, "v1").number == 2
    with pytest.raises(PublishConflict, match=r"trusted\.state_abv: another run published a version"):
        publish_one(storage, base, STATE_ABV, "v2")
    found = current_snapshot(storage, "covid19").tables
    assert {name: entry.version for name, entry in found.items()} == {
        STATE_ABV.id: "other",
        DIM_DATE.id: "v1",
    }


def test_a_store_that_gives_no_answer_is_an_error(storage: Storage) -> None:
    silent = LossyStorage(storage, "the put itself is lost", losses=-1)
    with pytest.raises(StorageError, match="timed out"):
        publish_one(silent, current_snapshot(storage, "covid19"), STATE_ABV, "v1")
    assert snapshot_numbers(storage, "covid19") == []
