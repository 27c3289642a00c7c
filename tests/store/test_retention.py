"""What a dead run left goes when the next one begins; what readers see, and what a living run writes, stays."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from covid_lake import paths
from covid_lake.datasets import registry
from covid_lake.datasets.covid19.contracts import COVID19, DIM_DATE, FACT_CASES, HOSPITAL_BEDS, STATE_ABV
from covid_lake.datasets.covid19.flow import FLOW
from covid_lake.datasets.stedi.contracts import CURATED_CUSTOMER, STEP_TRAINER
from covid_lake.errors import PublishConflict, UnknownTable
from covid_lake.reading.lake import Lake
from covid_lake.store.retention import remove_leavings, restore, vacuum, versions_of
from covid_lake.store.runs import announced, this_machine
from covid_lake.store.snapshots import current_snapshot, publish, read_manifest, snapshot_numbers
from covid_lake.store.storage import LocalStorage, S3Storage, Storage
from small_lake import calendar, publish_rows
from small_lake import cases as fact

BEDS = "covid19_trusted.hospital_beds"
UNFINISHED = "landing/covid19/rearc-usa-hospital-beds/csv/.usa-hospital-beds.csv.0a1b2c3d.tmp"


def mark(storage: Storage, run_id: str, pid: int, path: str | None = None) -> None:
    """A run's marker, as the process of that number would leave it."""
    beat = datetime.now(UTC).isoformat(timespec="seconds")
    content = {"run_id": run_id, "machine": this_machine(), "pid": pid, "started": "", "beat": beat}
    storage.write(path or paths.running("covid19", run_id), json.dumps(content).encode())


def dead_process() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def remains(storage: Storage) -> set[str]:
    return {file.path for file in storage.list_files("")}


def test_the_next_run_removes_what_a_dead_one_wrote_and_not_what_it_published(storage: Storage) -> None:
    publish_rows(storage, "dead", {BEDS: []})
    published = remains(storage)
    storage.write(f"{paths.version(HOSPITAL_BEDS, 'gone')}/part-0.parquet", b"half")
    storage.write(f"{paths.quarantine_version('covid19', 'hospital_beds', 'gone')}/part-0.parquet", b"half")
    for run_id in ("dead", "gone"):
        mark(storage, run_id, dead_process())
    with announced(storage, "covid19", "next"):
        assert set(remove_leavings(storage, COVID19)) == {"dead", "gone"}
    assert remains(storage) == published


def test_folders_without_a_file_go_too(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    mark(storage, "gone", dead_process())
    folder = tmp_path / paths.version(HOSPITAL_BEDS, "gone")
    (folder / "_temporary" / "0").mkdir(parents=True)
    with announced(storage, "covid19", "next"):
        remove_leavings(storage, COVID19)
    assert not folder.exists()


def test_a_file_that_was_never_finished_goes(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    mark(storage, "gone", dead_process())
    (tmp_path / UNFINISHED).parent.mkdir(parents=True)
    (tmp_path / UNFINISHED).write_bytes(b"half")
    with announced(storage, "covid19", "next"):
        remove_leavings(storage, COVID19)
    assert remains(storage) == set()


def test_unfinished_files_elsewhere_are_left_alone(tmp_path: Path) -> None:
    """The lake's folder may hold other things too, and other datasets."""
    storage = LocalStorage(tmp_path)
    others = {f"{folder}/.file.0a1b2c3d.tmp" for folder in ("letters", "landing/covid19-b", "landing/books")}
    for path in others:
        storage.write(path, b"half")
    mark(storage, "gone", dead_process())
    with announced(storage, "covid19", "next"):
        remove_leavings(storage, COVID19)
    assert remains(storage) == others
    vacuum(storage, COVID19, 1)
    assert remains(storage) == others


def test_what_a_dead_run_of_another_dataset_left_waits_for_a_run_of_that_dataset(storage: Storage) -> None:
    books = replace(COVID19, name="books", tables=(replace(STATE_ABV, dataset="books"),))
    left = f"{paths.version(books.tables[0], 'gone')}/part-0.parquet"
    storage.write(left, b"half")
    mark(storage, "gone", dead_process(), paths.running("books", "gone"))
    before = remains(storage)
    with announced(storage, "covid19", "next"):
        assert remove_leavings(storage, COVID19) == ()
    assert remains(storage) == before
    with announced(storage, "books", "after"):
        assert remove_leavings(storage, books) == ("gone",)
    assert remains(storage) == set()


@pytest.mark.parametrize("minutes", [14, 16])
def test_a_marker_of_an_older_version_counts_for_every_dataset(storage: Storage, minutes: int) -> None:
    """It names neither its dataset nor its machine, so that its age alone decides."""
    beat = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="seconds")
    content = {"run_id": "old", "host": "here", "pid": dead_process(), "started": "", "beat": beat}
    storage.write(f"{paths.RUNNING}/old.json", json.dumps(content).encode())
    storage.write(f"{paths.version(HOSPITAL_BEDS, 'old')}/part-0.parquet", b"half")
    before = remains(storage)
    with announced(storage, "covid19", "next"):
        assert remove_leavings(storage, COVID19) == ((), ("old",))[minutes > 15]
    assert remains(storage) == (before, set())[minutes > 15]


def test_vacuum_removes_unfinished_files(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write(UNFINISHED, b"half")
    vacuum(storage, COVID19, 1, dry_run=True)
    assert remains(storage) == {UNFINISHED}
    vacuum(storage, COVID19, 1)
    assert remains(storage) == set()


def uploads(storage: S3Storage) -> set[str]:
    """The keys of the uploads that are under way in the storage's bucket."""
    found = boto3.client("s3").list_multipart_uploads(Bucket=storage.bucket).get("Uploads", ())
    return {upload["Key"] for upload in found}


@pytest.mark.parametrize("prefix", ["some/prefix/", ""])
def test_uploads_are_aborted_in_the_datasets_folders_once_they_are_old(
    emulator: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = f"uploads-at-{prefix.strip('/').replace('/', '-') or 'the-root'}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    storage = S3Storage(f"s3://{bucket}/{prefix}")
    own = {f"{prefix}landing/covid19/big.csv", f"{prefix}trusted/covid19/t/version=gone/part-0.parquet"}
    foreign = {"some/prefix-prod/landing/covid19/big.csv", f"{prefix}landing/covid19-b/big.csv", f"{prefix}letters/a"}
    for key in own | foreign:
        boto3.client("s3").create_multipart_upload(Bucket=bucket, Key=key)

    def run_after_a_dead_one() -> None:
        mark(storage, "gone", dead_process())
        with announced(storage, "covid19", "next"):
            assert remove_leavings(storage, COVID19) == ("gone",)

    run_after_a_dead_one()
    assert uploads(storage) == own | foreign
    monkeypatch.setattr("covid_lake.store.storage.s3.UNFINISHED_LIFE", timedelta(seconds=-5))
    run_after_a_dead_one()
    assert uploads(storage) == foreign


# --- versions, restore, vacuum -------------------------------------------------------------------------------------

STATES, DAYS, REGIONS = "covid19_trusted.state_abv", "covid19_curated.dim_date", "covid19_curated.dim_region"


def three_versions(storage: Storage) -> None:
    """Three versions of a trusted table; two of the star, of which the second took one of its tables over."""
    for version in ("v1", "v2", "v3"):
        publish_rows(storage, version, {STATES: [{"abbreviation": f"State of {version}"}]})
    publish_rows(storage, "v4", {DAYS: calendar(date(2020, 3, 1), date(2020, 3, 2)), REGIONS: [{"region_key": 1}]})
    publish_rows(storage, "v5", {DAYS: calendar(date(2020, 3, 1), date(2020, 3, 9))})


def parquet_files(storage: Storage) -> set[str]:
    return {"/".join(file.path.split("/")[2:4]) for file in storage.list_files("") if file.path.endswith(".parquet")}


def test_versions_are_listed_newest_first_with_the_snapshots_that_name_them(storage: Storage) -> None:
    three_versions(storage)
    found = versions_of(storage, STATE_ABV)
    assert [(one.entry.version, one.snapshots, one.is_current) for one in found] == [
        ("v3", (3, 5), True),
        ("v2", (2, 2), False),
        ("v1", (1, 1), False),
    ]


def test_a_trusted_version_is_restored_by_a_new_snapshot_and_nothing_else_moves(storage: Storage) -> None:
    three_versions(storage)
    before = current_snapshot(storage, "covid19")
    after = restore(storage, FLOW, STATE_ABV, "v1", "restoring")
    assert after.number == before.number + 1
    moved = {name for name in after.tables if after.tables[name] != before.tables[name]}
    assert moved == {"trusted.state_abv"}
    assert Lake(storage.root).sql(f"SELECT abbreviation FROM {STATES}").rows == [("State of v1",)]
    assert restore(storage, FLOW, STATE_ABV, "v3", "back").tables == before.tables


def test_a_curated_table_comes_back_with_the_star_of_its_time(storage: Storage) -> None:
    three_versions(storage)
    publish_rows(storage, "v6", {REGIONS: [{"region_key": 2}]})
    restored = restore(storage, FLOW, DIM_DATE, "v4", "restoring")
    versions = {name: entry.version for name, entry in restored.tables.items()}
    assert versions == {"trusted.state_abv": "v3", "curated.dim_date": "v4", "curated.dim_region": "v4"}


def test_a_trusted_table_that_needs_a_curated_one_comes_back_with_the_star(storage: Storage) -> None:
    people, devices = "stedi_curated.customer", "stedi_trusted.step_trainer"
    for version in ("v1", "v2"):
        publish_rows(storage, version, {people: [], devices: [], "stedi_trusted.customer": []})
    flow = registry.flow("stedi")
    for table, version in ((CURATED_CUSTOMER, "v1"), (STEP_TRAINER, "v2"), (STEP_TRAINER, "v1")):
        restored = restore(storage, flow, table, version, "restoring")
        versions = {name: entry.version for name, entry in restored.tables.items()}
        assert versions == {
            "curated.customer": version,
            "trusted.step_trainer": version,
            "trusted.customer": "v2",
        }


def test_a_version_that_is_not_kept_cannot_be_restored(storage: Storage) -> None:
    three_versions(storage)
    with pytest.raises(UnknownTable, match=r"trusted\.state_abv has no version 'v9' that is kept; it has: v3, v2, v1"):
        restore(storage, FLOW, STATE_ABV, "v9", "restoring")


def test_nothing_is_restored_beneath_a_run(storage: Storage) -> None:
    three_versions(storage)
    with (
        announced(storage, "covid19", "working"),
        pytest.raises(PublishConflict, match=r"a run is at work \(working\)"),
    ):
        restore(storage, FLOW, STATE_ABV, "v1", "restoring")
    with announced(storage, "books", "working"):
        assert restore(storage, FLOW, STATE_ABV, "v1", "restoring").run_id == "restoring"


def test_vacuum_keeps_as_many_versions_as_it_is_told(storage: Storage) -> None:
    three_versions(storage)
    planned = vacuum(storage, COVID19, 2, dry_run=True)
    assert (planned.snapshots, planned.versions()) == ((1,), ("state_abv/version=v1",))
    assert snapshot_numbers(storage, "covid19") == [1, 2, 3, 4, 5]
    assert vacuum(storage, COVID19, 2) == planned
    assert snapshot_numbers(storage, "covid19") == [2, 3, 4, 5]
    vacuum(storage, COVID19, 1)
    assert snapshot_numbers(storage, "covid19") == [5]
    assert parquet_files(storage) == {"state_abv/version=v3", "dim_date/version=v5", "dim_region/version=v4"}
    assert Lake(storage.root).sql(f"SELECT count(*) FROM {DAYS}").rows == [(9,)]


def test_vacuum_keeps_the_files_that_a_newer_version_took_over(storage: Storage) -> None:
    cases = "covid19_curated.fact_cases"
    march, april = date(2020, 3, 1), date(2020, 4, 1)
    publish_rows(storage, "v1", {cases: [fact(1, march, 5), fact(1, april, 7)]})
    kept = read_manifest(storage, FACT_CASES, "v1").files
    publish_rows(storage, "v2", {cases: [fact(1, april, 8)]})
    second = read_manifest(storage, FACT_CASES, "v2")
    joined = replace(second, version="v3", files=(*(f for f in kept if "2020-03" in f.path), *second.files))
    publish(storage, current_snapshot(storage, "covid19"), "v3", [(FACT_CASES, joined)])
    vacuum(storage, COVID19, 1)
    assert Lake(storage.root).sql(f"SELECT sum(confirmed) FROM {cases}").rows == [(13,)]
    assert {f.path for f in joined.files} == {
        file.path.removeprefix("curated/covid19/fact_cases/")
        for file in storage.list_files("curated/covid19/fact_cases")
        if file.path.endswith(".parquet")
    }


def test_vacuum_spares_what_a_run_is_writing_and_takes_what_nobody_names(storage: Storage) -> None:
    three_versions(storage)
    for run_id in ("working", "forgotten"):
        storage.write(f"trusted/covid19/state_abv/version={run_id}/part-0.parquet", b"half a file")
    with announced(storage, "covid19", "working"):
        removed = vacuum(storage, COVID19, 3)
    assert removed.versions() == ("state_abv/version=forgotten",)


def test_vacuum_takes_the_lists_of_files_that_dead_loads_left(storage: Storage) -> None:
    today = paths.new_run_id(datetime.now(UTC))
    for load in ("20200630T120000Z-1f9c", today):
        storage.write(paths.load_manifest("covid19", load, "dim_date"), b"{}")
    storage.write(paths.load_manifest("stedi", "20200630T120000Z-1f9c", "customer"), b"{}")
    vacuum(storage, COVID19, keep=3)
    left = [file.path for file in storage.list_files(paths.LOADS)]
    assert left == [
        paths.load_manifest("covid19", today, "dim_date"),
        paths.load_manifest("stedi", "20200630T120000Z-1f9c", "customer"),
    ]


def test_vacuum_takes_refused_files_that_are_older_than_every_snapshot_kept(storage: Storage) -> None:
    runs = [f"202003{day:02}T120000Z-00ff" for day in range(1, 6)]
    before, first, between, second, working = runs
    for run_id in (first, second):
        publish_rows(storage, run_id, {STATES: [{"abbreviation": f"State of {run_id}"}]})
    for run_id in (*runs, "by-hand"):
        kept_aside = paths.refused_file("covid19", run_id, "folder/file.csv")
        storage.write(kept_aside, b"damaged")
        storage.write(f"{kept_aside}{paths.REASON_FILE}", b"{}")
    storage.write("quarantine/covid19/_files/loose", b"nobody's")

    def runs_with_refused_files() -> list[str]:
        folder = paths.refused_files("covid19")
        return sorted({file.path.split("/")[3] for file in storage.list_files(folder)} - {"loose"})

    assert vacuum(storage, COVID19, 2, dry_run=True).versions() == (f"_files/{before}",)
    assert runs_with_refused_files() == [*runs, "by-hand"]
    with announced(storage, "covid19", before):
        vacuum(storage, COVID19, 2)
    assert runs_with_refused_files() == [*runs, "by-hand"]
    vacuum(storage, COVID19, 2)
    assert runs_with_refused_files() == [first, between, second, working, "by-hand"]
    vacuum(storage, COVID19, 1)
    assert runs_with_refused_files() == [second, working, "by-hand"]


def test_vacuum_takes_no_refused_file_where_nothing_was_published(storage: Storage) -> None:
    storage.write(paths.refused_file("covid19", "20200301T120000Z-00ff", "file.csv"), b"damaged")
    assert vacuum(storage, COVID19, 1).files == ()
