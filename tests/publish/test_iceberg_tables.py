"""Iceberg tables over the lake's files: equal to the lake, one version at a time, and whole whatever happens."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.conversions import from_bytes
from pyiceberg.types import IntegerType

from commands import environment
from covid_lake import paths
from covid_lake.catalog import parameters
from covid_lake.contracts import Column, Dataset, Partitioning, Table, Type, Zone
from covid_lake.datasets.covid19.contracts import COVID19, FACT_CASES
from covid_lake.errors import CatalogError
from covid_lake.publish.catalog import iceberg
from covid_lake.publish.catalog.iceberg_commit import Change
from covid_lake.publish.catalog.local import LocalCatalog
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.reading.lake import Lake
from covid_lake.store.parquet import written_files
from covid_lake.store.snapshots import Manifest, current_snapshot, publish, read_snapshot
from covid_lake.store.storage import LocalStorage
from iceberg_lakes import bring_up, duckdb_with_iceberg, rows_of, state_of, tables_in
from lake_runs import BuiltLake
from small_lake import calendar, cases, publish_rows, write_rows

FACTS, DAYS, STATES = "covid19_curated.fact_cases", "covid19_curated.dim_date", "covid19_trusted.state_abv"
MARCH, APRIL = date(2020, 3, 31), date(2020, 4, 1)
CODE = Column("code", Type.TEXT, "Code of the thing")
COUNT = Column("count", Type.INT, "How many")
THING = Table("things", Zone.CURATED, "thing", "A thing.", (CODE, COUNT), ("code",))
THINGS = "things_curated.thing"


@pytest.fixture
def lake(tmp_path: Path) -> LocalStorage:
    """A lake with facts of two months and their days."""
    storage = LocalStorage(tmp_path / "lake")
    publish_rows(storage, "run-1", {FACTS: [cases(1, MARCH, 5), cases(2, APRIL, 7)], DAYS: calendar(MARCH, APRIL)})
    return storage


def publish_things(storage: LocalStorage, version: str, contract: Table, rows: Sequence[Mapping[str, Any]]) -> Dataset:
    """Publish a version of the made-up table by a contract; returns the dataset with that contract."""
    write_rows(storage, contract, version, rows)
    manifest = Manifest(contract.id, version, written_files(storage, contract, version), version, {})
    publish(storage, current_snapshot(storage, "things"), version, [(contract, manifest)])
    return Dataset("things", "Things", (contract,))


def metadata_files(storage: LocalStorage, table: Table) -> set[str]:
    return {file.path for file in storage.list_files(paths.metadata(table))}


def test_every_table_equals_the_lake_in_pyiceberg_and_in_duckdb(built_lake: BuiltLake, tmp_path: Path) -> None:
    storage = built_lake.copy(tmp_path / "copy")
    report = bring_up(storage, COVID19)
    assert len(report.tables) == len(COVID19.tables)
    other, lake = duckdb_with_iceberg(), Lake(storage.root)
    with tables_in(storage) as tables:
        for table in COVID19.tables:
            name = f"covid19_{table.id}"
            shown, names = tables[name], list(table.column_names)
            wanted = rows_of(lake.arrow(name), names)
            assert wanted, name
            assert rows_of(shown.scan().to_arrow(), names) == wanted, name
            read = other.execute("SELECT * FROM iceberg_scan(?)", [shown.metadata_location]).fetch_arrow_table()
            assert rows_of(read, names) == wanted, name
            assert read.column_names == [field.name for field in shown.schema().fields]


def test_nothing_is_rewritten_and_the_files_are_the_manifest_s(lake: LocalStorage) -> None:
    before = {file.path: file.stamp for file in lake.list_files("curated")}
    bring_up(lake, COVID19)
    files = state_of(lake, COVID19).manifest(FACT_CASES).files
    with tables_in(lake) as tables:
        shown = {task.file.file_path: task.file.file_size_in_bytes for task in tables[FACTS].scan().plan_files()}
    assert shown == {f"{lake.root}/{paths.table(FACT_CASES)}/{file.path}": file.bytes for file in files}
    after = {file.path: file.stamp for file in lake.list_files("curated") if "/metadata/" not in file.path}
    assert after == before


def test_partitions_and_statistics_let_readers_pass_over_files(lake: LocalStorage) -> None:
    bring_up(lake, COVID19)
    with tables_in(lake) as tables:
        facts = tables[FACTS]
        months = {task.file.partition[0]: task.file for task in facts.scan().plan_files()}
        assert set(months) == {"2020-03", "2020-04"}
        confirmed = facts.schema().find_field("confirmed")
        april = months["2020-04"]
        assert april.record_count == april.value_counts[confirmed.field_id] == 1
        assert april.null_value_counts[confirmed.field_id] == 0
        bounds = (april.lower_bounds[confirmed.field_id], april.upper_bounds[confirmed.field_id])
        assert [from_bytes(confirmed.field_type, one) for one in bounds] == [7, 7]
        for condition in ("month = '2020-04'", "confirmed > 5"):
            (only,) = facts.scan(row_filter=condition).plan_files()
            assert only.file == april, condition
        assert facts.scan(row_filter="month = '2020-04'").to_arrow()["month"].to_pylist() == ["2020-04"]


def test_a_partition_without_a_value_and_one_with_signs_in_it(tmp_path: Path) -> None:
    contract = replace(
        THING, columns=(CODE, COUNT, Column("kind", Type.TEXT, "Kind")), partitioning=Partitioning("kind")
    )
    storage, rows = LocalStorage(tmp_path), [{"code": "a", "count": 1}, {"code": "b", "count": 2}]
    for row, folder in zip(rows, ("kind=__HIVE_DEFAULT_PARTITION__", "kind=a%2Fb c"), strict=True):
        write_rows(storage, replace(contract, partitioning=None, columns=(CODE, COUNT)), f"v/{folder}", [row])
    manifest = Manifest(contract.id, "v", written_files(storage, contract, "v"), "v", {})
    publish(storage, current_snapshot(storage, "things"), "v", [(contract, manifest)])
    bring_up(storage, Dataset("things", "Things", (contract,)))
    with tables_in(storage) as tables:
        shown = rows_of(tables[THINGS].scan().to_arrow(), ["code", "kind"])
    assert shown == {("a", None): 1, ("b", "a/b c"): 1}


def test_two_tables_are_read_as_of_one_run(lake: LocalStorage) -> None:
    bring_up(lake, COVID19)
    publish_rows(lake, "run-2", {FACTS: [cases(1, MARCH, 6), cases(2, APRIL, 8), cases(3, APRIL, 9)]})
    report = bring_up(lake, COVID19)
    assert [(table.table, table.version, dict(table.counts)) for table in report.tables] == [
        (FACTS, "run-2", {"files added": 2, "files removed": 2})
    ]
    with tables_in(lake) as tables:

        def confirmed(tag: str) -> list[int]:
            facts = tables[FACTS]
            snapshot = facts.snapshot_by_name(tag)
            assert snapshot is not None
            return sorted(facts.scan(snapshot_id=snapshot.snapshot_id).to_arrow()["confirmed"].to_pylist())

        assert (confirmed("run-run-1"), confirmed("run-run-2")) == ([5, 7], [6, 8, 9])
        # The days did not change, and can be read as of either run all the same.
        days = tables[DAYS]
        assert days.snapshot_by_name("run-run-1") == days.snapshot_by_name("run-run-2") == days.current_snapshot()


def test_properties_say_what_is_shown_and_forbid_to_delete_files(lake: LocalStorage) -> None:
    bring_up(lake, COVID19)
    manifest = state_of(lake, COVID19).manifest(FACT_CASES)
    with tables_in(lake) as tables:
        facts = tables[FACTS]
        summary = facts.current_snapshot().summary  # type: ignore[union-attr]
        assert facts.properties["schema.name-mapping.default"]
        wanted = {
            "gc.enabled": "false",
            "commit.retry.num-retries": "0",
            "classification": "parquet",
            "comment": FACT_CASES.grain,
            "covid_lake.rows": "2",
            "covid_lake.bytes": str(manifest.total_bytes),
            "covid_lake.run_id": "run-1",
            "covid_lake.version": "run-1",
            "covid_lake.snapshot": "1",
            "covid_lake.contract": parameters.contract_digest(FACT_CASES),
        }
        assert wanted.items() <= facts.properties.items()
        for name in ("run_id", "version", "snapshot", "contract"):
            assert summary[f"covid_lake.{name}"] == wanted[f"covid_lake.{name}"]  # type: ignore[index]
        assert facts.schema().find_field("region_key").doc == FACT_CASES.column("region_key").comment


def test_a_version_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    publish_rows(storage, "run-1", {FACTS: []})
    bring_up(storage, COVID19)
    with tables_in(storage) as tables:
        facts = tables[FACTS]
        assert facts.scan().to_arrow().num_rows == 0
        assert facts.snapshot_by_name("run-run-1") is not None
        query = "SELECT count(*) FROM iceberg_scan(?)"
        assert duckdb_with_iceberg().execute(query, [facts.metadata_location]).fetchone() == (0,)
    publish_rows(storage, "run-2", {FACTS: [cases(1, APRIL, 1)]})
    bring_up(storage, COVID19)
    publish_rows(storage, "run-3", {FACTS: []})
    bring_up(storage, COVID19)
    with tables_in(storage) as tables:
        assert tables[FACTS].scan().to_arrow().num_rows == 0


# --- contracts that change -----------------------------------------------------------------------------------------


def test_a_renamed_and_an_added_column_leave_the_others_their_ids(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    bring_up(storage, publish_things(storage, "v1", THING, [{"code": "a", "count": 1}]))
    label = replace(CODE, name="label", former_names=("code",))
    later = replace(THING, columns=(Column("since", Type.DATE, "Since when"), label, COUNT), key=("label",))
    bring_up(storage, publish_things(storage, "v2", later, [{"since": APRIL, "label": "b", "count": 2}]))
    with tables_in(storage) as tables:
        thing = tables[THINGS]
        assert [(field.name, field.field_id) for field in thing.schema().fields] == [
            ("since", 3),
            ("label", 1),
            ("count", 2),
        ]
        assert thing.scan().to_arrow().to_pylist() == [{"since": APRIL, "label": "b", "count": 2}]
        older = thing.snapshot_by_name("run-v1")
        assert older is not None
        # The file of that time has the name of that time; the snapshot's schema has it, too.
        assert thing.scan(snapshot_id=older.snapshot_id).to_arrow().to_pylist() == [{"code": "a", "count": 1}]
        read = duckdb_with_iceberg().execute("SELECT * FROM iceberg_scan(?)", [thing.metadata_location]).fetchall()
        assert read == [(APRIL, "b", 2)]


def test_a_wider_type_keeps_the_id_and_another_type_gets_a_new_one(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    bring_up(storage, publish_things(storage, "v1", THING, [{"code": "a", "count": 1}]))
    wide = replace(THING, columns=(CODE, replace(COUNT, type=Type.BIGINT)))
    bring_up(storage, publish_things(storage, "v2", wide, [{"code": "b", "count": 2**40}]))
    with tables_in(storage) as tables:
        assert [field.field_id for field in tables[THINGS].schema().fields] == [1, 2]
        assert tables[THINGS].scan().to_arrow()["count"].to_pylist() == [2**40]
    text = replace(THING, columns=(CODE, replace(COUNT, type=Type.TEXT)))
    bring_up(storage, publish_things(storage, "v3", text, [{"code": "c", "count": "many"}]))
    with tables_in(storage) as tables:
        assert [field.field_id for field in tables[THINGS].schema().fields] == [1, 3]
        assert tables[THINGS].scan().to_arrow()["count"].to_pylist() == ["many"]


def test_a_comment_changes_the_description_and_no_snapshot(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    bring_up(storage, publish_things(storage, "v1", THING, [{"code": "a", "count": 1}]))
    told = replace(THING, columns=(replace(CODE, comment="What it is called"), COUNT))
    report = bring_up(storage, Dataset("things", "Things", (told,)))
    assert report.tables == ()
    with tables_in(storage) as tables:
        thing = tables[THINGS]
        assert thing.schema().find_field("code").doc == "What it is called"
        assert len(thing.snapshots()) == 1
        assert thing.scan().to_arrow().num_rows == 1


def test_a_version_of_an_older_contract_is_shown_by_that_until_it_is_built_anew(tmp_path: Path) -> None:
    """As where the library is upgraded, and a run builds other tables only."""
    storage = LocalStorage(tmp_path)
    bring_up(storage, publish_things(storage, "v1", THING, [{"code": "a", "count": 1}]))
    text = replace(THING, columns=(CODE, replace(COUNT, type=Type.TEXT)))
    shown = current_snapshot(storage, "things")
    publish(storage, shown, "other", [(THING, shown.tables[THING.id])])
    bring_up(storage, Dataset("things", "Things", (text,)))
    with tables_in(storage) as tables:
        thing = tables[THINGS]
        assert thing.scan().to_arrow().to_pylist() == [{"code": "a", "count": 1}]
        assert thing.snapshot_by_name("run-other") == thing.current_snapshot()
        assert thing.properties["covid_lake.contract"] == parameters.contract_digest(THING)
    bring_up(storage, publish_things(storage, "v2", text, [{"code": "a", "count": "one"}]))
    with tables_in(storage) as tables:
        assert tables[THINGS].scan().to_arrow().to_pylist() == [{"code": "a", "count": "one"}]
        assert tables[THINGS].properties["covid_lake.contract"] == parameters.contract_digest(text)


def test_files_that_do_not_fit_the_contract_are_not_shown(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    bring_up(storage, publish_things(storage, "v1", THING, [{"code": "a", "count": 1}]))
    publish_things(storage, "v2", THING, [{"code": "b", "count": 2}])
    other = replace(THING, columns=(CODE, replace(COUNT, type=Type.TEXT)))
    report = CatalogPublisher(LocalCatalog(storage)).bring_up_to(
        state_of(storage, Dataset("things", "Things", (other,)))
    )
    assert "was written under another contract than the present one" in report.error
    with tables_in(storage) as tables:
        assert tables[THINGS].scan().to_arrow().to_pylist() == [{"code": "a", "count": 1}]
    assert len(bring_up(storage, Dataset("things", "Things", (THING,))).tables) == 1


def test_a_table_can_be_partitioned_later(tmp_path: Path) -> None:
    storage, kind = LocalStorage(tmp_path), Column("kind", Type.TEXT, "Kind")
    plain = replace(THING, columns=(CODE, kind, COUNT))
    bring_up(storage, publish_things(storage, "v1", plain, [{"code": "a", "kind": "x", "count": 1}]))
    parted = replace(plain, partitioning=Partitioning("kind"))
    rows = [{"code": "a", "kind": "x", "count": 1}, {"code": "b", "kind": "y", "count": 2}]
    bring_up(storage, publish_things(storage, "v2", parted, rows))
    with tables_in(storage) as tables:
        thing = tables[THINGS]
        assert rows_of(thing.scan().to_arrow(), ["code", "kind", "count"]) == {("a", "x", 1): 1, ("b", "y", 2): 1}
        assert len(list(thing.scan(row_filter="kind = 'y'").plan_files())) == 1
        older = thing.snapshot_by_name("run-v1")
        assert older is not None
        assert thing.scan(snapshot_id=older.snapshot_id).to_arrow().num_rows == 1


def test_decimals_dates_times_and_booleans_have_their_types(tmp_path: Path) -> None:
    columns = (
        *(CODE, Column("price", Type.DECIMAL, "Price", precision=10, scale=2), Column("is_new", Type.BOOLEAN, "New")),
        *(Column("share", Type.DOUBLE, "Share"), Column("day", Type.DATE, "Day"), Column("at", Type.TIMESTAMP, "Time")),
    )
    storage = LocalStorage(tmp_path)
    bring_up(storage, publish_things(storage, "v1", replace(THING, columns=columns), []))
    with tables_in(storage) as tables:
        types = [str(field.field_type) for field in tables[THINGS].schema().fields]
    assert types == ["string", "decimal(10, 2)", "boolean", "double", "date", "timestamp"]
    assert IntegerType() not in types


# --- several publishers, and those that die ------------------------------------------------------------------------


def test_an_older_snapshot_never_replaces_a_newer_one(lake: LocalStorage) -> None:
    publish_rows(lake, "run-2", {FACTS: [cases(1, APRIL, 9)]})
    bring_up(lake, COVID19)
    before = LocalCatalog(lake).remembered("covid19")
    assert bring_up(lake, COVID19, read_snapshot(lake, "covid19", 1)).tables == ()
    with tables_in(lake) as tables:
        assert tables[FACTS].scan().to_arrow()["confirmed"].to_pylist() == [9]
        assert "run-run-1" not in tables[FACTS].refs()
    assert LocalCatalog(lake).remembered("covid19") == before


def test_of_two_publishers_at_the_same_moment_the_older_one_gives_way(
    lake: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, commit, passed = current_snapshot(lake, "covid19"), Change.commit, list[str]()

    def commit_after_the_other(change: Change) -> None:
        if not passed and change.metadata.location.endswith("/fact_cases/iceberg"):
            # The older publisher has prepared its commit; the newer one comes first.
            passed.append("here")
            publish_rows(lake, "run-2", {FACTS: [cases(1, APRIL, 9)]})
            bring_up(lake, COVID19)
        commit(change)

    monkeypatch.setattr(Change, "commit", commit_after_the_other)
    assert [table.table for table in bring_up(lake, COVID19, older).tables] == [DAYS]
    with tables_in(lake) as tables:
        facts = tables[FACTS]
        assert facts.scan().to_arrow()["confirmed"].to_pylist() == [9]
        assert facts.properties["covid_lake.snapshot"] == "2"
        manifests = {one.manifest_path for snapshot in facts.snapshots() for one in snapshot.manifests(facts.io)}
    # What the publisher that gave way had written is gone.
    assert {f"{lake.root}/{path}" for path in metadata_files(lake, FACT_CASES) if "-m0.avro" in path} == manifests


def test_an_older_publisher_does_not_even_set_properties_back(
    lake: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the table itself did not change, there is no other file to see it by."""
    bring_up(lake, COVID19)
    publish_rows(lake, "run-2", {STATES: []})
    older, commit, passed = current_snapshot(lake, "covid19"), Change.commit, list[str]()

    def commit_after_the_other(change: Change) -> None:
        if not passed and change.metadata.location.endswith("/dim_date/iceberg"):
            passed.append("here")
            publish_rows(lake, "run-3", {STATES: []})
            bring_up(lake, COVID19)
        commit(change)

    monkeypatch.setattr(Change, "commit", commit_after_the_other)
    bring_up(lake, COVID19, older)
    with tables_in(lake) as tables:
        assert {tables[name].properties["covid_lake.snapshot"] for name in (FACTS, DAYS, STATES)} == {"3"}


def test_publishers_in_many_threads_leave_one_right_state(lake: LocalStorage) -> None:
    faults: list[BaseException] = []

    def publish_and_bring_up(number: int) -> None:
        try:
            bring_up(lake, COVID19)
        except BaseException as error:
            faults.append(error)

    for day in range(1, 4):
        publish_rows(lake, f"next-{day}", {FACTS: [cases(day, APRIL, day)]})
        threads = [threading.Thread(target=publish_and_bring_up, args=(one,)) for one in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        with tables_in(lake) as tables:
            assert tables[FACTS].scan().to_arrow()["confirmed"].to_pylist() == [day]
            assert tables[DAYS].properties["covid_lake.run_id"] == f"next-{day}"


def test_the_next_run_catches_up_what_a_killed_publisher_left_undone(lake: LocalStorage) -> None:
    """It is killed when it has written the second table's metadata, and has not committed them."""
    code = f"""
import os, signal
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.publish.catalog.iceberg_commit import Change
from covid_lake.runtime.publishers import bring_up, catalog_publishers, chosen_catalog
from covid_lake.store.storage import LocalStorage

commit, done = Change.commit, []

def commit_once(change):
    if done:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(commit(change))

Change.commit = commit_once
lake = LocalStorage({lake.root!r})
bring_up(catalog_publishers(chosen_catalog(lake), lake), lake, COVID19)
"""
    killed = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with tables_in(lake) as tables:
        assert tables[DAYS].scan().to_arrow().num_rows == 2
        assert not tables.catalog.table_exists(tuple(FACTS.split(".")))
    assert metadata_files(lake, FACT_CASES) != set()
    assert [table.table for table in bring_up(lake, COVID19).tables] == [FACTS]
    assert bring_up(lake, COVID19).tables == ()


def test_a_lake_that_was_emptied_and_filled_again_is_followed(lake: LocalStorage) -> None:
    for number in range(2, 5):
        publish_rows(lake, f"run-{number}", {FACTS: [cases(1, APRIL, number)]})
    bring_up(lake, COVID19)
    shutil.rmtree(lake.directory / "_snapshots")
    publish_rows(lake, "anew", {FACTS: [cases(1, APRIL, 100)], DAYS: calendar(APRIL, APRIL)})
    bring_up(lake, COVID19)
    with tables_in(lake) as tables:
        assert tables[FACTS].scan().to_arrow()["confirmed"].to_pylist() == [100]


def test_what_others_wrote_into_a_table_is_replaced_by_the_next_publication(lake: LocalStorage) -> None:
    bring_up(lake, COVID19)
    with tables_in(lake) as tables:
        facts = tables[FACTS]
        facts.append(facts.scan().to_arrow())
        assert tables[FACTS].scan().to_arrow().num_rows == 4
    publish_rows(lake, "run-2", {DAYS: calendar(APRIL, APRIL)})
    bring_up(lake, COVID19)
    with tables_in(lake) as tables:
        assert tables[FACTS].scan().to_arrow().num_rows == 2


def test_a_table_whose_metadata_are_gone_is_made_anew(lake: LocalStorage) -> None:
    bring_up(lake, COVID19)
    shutil.rmtree(lake.directory / paths.metadata(FACT_CASES))
    publish_rows(lake, "run-2", {DAYS: calendar(APRIL, APRIL)})
    bring_up(lake, COVID19)
    with tables_in(lake) as tables:
        assert tables[FACTS].scan().to_arrow().num_rows == 2


def test_a_moved_lake_has_a_catalog_of_its_new_place(lake: LocalStorage, tmp_path: Path) -> None:
    bring_up(lake, COVID19)
    moved = LocalStorage(shutil.move(lake.directory, tmp_path / "elsewhere"))
    assert len(bring_up(moved, COVID19).tables) == 2
    with tables_in(moved) as tables:
        facts = tables[FACTS]
        assert facts.location() == f"{tmp_path}/elsewhere/curated/covid19/fact_cases/iceberg"
        assert facts.scan().to_arrow().num_rows == 2
        assert all(task.file.file_path.startswith(f"{tmp_path}/elsewhere/") for task in facts.scan().plan_files())


def test_a_copied_lake_leaves_the_first_one_alone(lake: LocalStorage, tmp_path: Path) -> None:
    bring_up(lake, COVID19)
    copy = LocalStorage(shutil.copytree(lake.directory, tmp_path / "copy"))
    publish_rows(copy, "run-2", {FACTS: [cases(1, APRIL, 9)]})
    bring_up(copy, COVID19)
    assert bring_up(lake, COVID19).tables == ()
    with tables_in(copy) as of_copy, tables_in(lake) as tables:
        assert of_copy[FACTS].scan().to_arrow()["confirmed"].to_pylist() == [9]
        assert sorted(tables[FACTS].scan().to_arrow()["confirmed"].to_pylist()) == [5, 7]


def test_another_way_to_the_same_lake_changes_nothing(lake: LocalStorage, tmp_path: Path) -> None:
    bring_up(lake, COVID19)
    (tmp_path / "link").symlink_to(lake.directory)
    remembered = LocalCatalog(lake).remembered("covid19")
    bring_up(LocalStorage(tmp_path / "link"), COVID19)
    assert LocalCatalog(lake).remembered("covid19") == remembered


def test_the_table_of_another_lake_is_a_fault_where_catalogs_are_shared(lake: LocalStorage, tmp_path: Path) -> None:
    class Shared(LocalCatalog):
        """The first lake's catalog, used by another lake as well."""

        takes_over = False

        def iceberg(self) -> Catalog:
            return LocalCatalog(lake).iceberg()

    bring_up(lake, COVID19)
    other = LocalStorage(tmp_path / "other")
    publish_rows(other, "run-9", {FACTS: [cases(1, APRIL, 9)]})
    with Shared(other).iceberg() as catalog:
        tables = iceberg.IcebergTables(catalog, state_of(other, COVID19))
        with pytest.raises(CatalogError, match=f"is in the catalog already, over {lake.root}/curated"):
            tables.bring_up(FACT_CASES)


@pytest.mark.parametrize("name", ["a b", "ü#1", "50%", "q?x", "it's", "a;b"])
def test_a_lake_may_have_any_name(name: str, tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / name)
    publish_rows(storage, "run-1", {FACTS: [cases(1, APRIL, 7)]})
    bring_up(storage, COVID19)
    with tables_in(storage) as tables:
        facts = tables[FACTS]
        assert facts.scan().to_arrow()["confirmed"].to_pylist() == [7]
    assert bring_up(storage, COVID19).tables == ()
