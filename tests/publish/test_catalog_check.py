"""Disagreements between files, manifests, contracts, Iceberg metadata and catalog are found, and mended."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.exceptions import CommitFailedException

from covid_lake import paths
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.landing.inventory import refresh_inventory
from covid_lake.publish.catalog.check import check
from covid_lake.publish.catalog.glue import GlueTableCatalog
from covid_lake.publish.catalog.local import LocalCatalog
from covid_lake.publish.catalog.protocol import TableFormat
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.publish.publisher import Published
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import LocalStorage, Storage, open_storage
from lake_runs import no_engine
from small_lake import calendar, cases, publish_rows

FACT = COVID19.table_of_id("curated.fact_cases")
FACT_NAME = "covid19_curated.fact_cases"
DATE_NAME = "covid19_curated.dim_date"
VERSION = "20200301T120000Z-1f9c"
LATER = "20200401T120000Z-1f9c"
STATES = "landing/covid19/static-datasets/csv/state-abv/states_abv.csv"
LANDING = "covid19_landing.state_abv"


def fill(storage: Storage, version: str = VERSION) -> None:
    march, april = date(2020, 3, 1), date(2020, 4, 1)
    publish_rows(
        storage,
        version,
        {DATE_NAME: calendar(march, april), FACT_NAME: [cases(1, march, 1), cases(1, april, 2), cases(2, april, 3)]},
    )
    storage.write(STATES, b"State,Abbreviation\nAlabama,AL\nAlaska,AK\n")
    refresh_inventory(storage, COVID19)


def published(storage: Storage, *, full_refresh: bool = False) -> Published:
    return Published(storage, COVID19, current_snapshot(storage, "covid19"), no_engine, full_refresh=full_refresh)


def found(publisher: CatalogPublisher, storage: Storage) -> list[str]:
    return list(map(str, check(publisher, published(storage))))


def mend(publisher: CatalogPublisher, storage: Storage) -> list[str]:
    refresh_inventory(storage, COVID19)
    report = publisher.bring_up_to(published(storage, full_refresh=True))
    assert report.error == ""
    assert found(publisher, storage) == []
    return [table.table for table in report.tables]


Place = tuple[CatalogPublisher, Storage]


ICEBERG_IN_GLUE, HIVE_IN_GLUE = "glue iceberg", "glue hive"
of_files = pytest.mark.parametrize("place", ["local iceberg"], indirect=True)
in_glue = pytest.mark.parametrize("place", [ICEBERG_IN_GLUE, HIVE_IN_GLUE], indirect=True)
of_hive = pytest.mark.parametrize("place", [HIVE_IN_GLUE], indirect=True)
of_iceberg = pytest.mark.parametrize("place", ["local iceberg", ICEBERG_IN_GLUE], indirect=True)


@pytest.fixture(params=["local iceberg", ICEBERG_IN_GLUE, HIVE_IN_GLUE])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A lake that its catalog agrees with."""
    kind, _, table_format = request.param.partition(" ")
    if kind == "local":
        storage: Storage = open_storage(str(tmp_path / "lake"))
        assert isinstance(storage, LocalStorage)
        catalog: Any = LocalCatalog(storage)
    else:
        request.getfixturevalue("emulator")
        bucket = "check-" + tmp_path.name.lower().replace("_", "-").strip("-")
        boto3.client("s3").create_bucket(Bucket=bucket)
        storage = open_storage(f"s3://{bucket}/lake")
        catalog = GlueTableCatalog(storage)
    fill(storage)
    publisher = CatalogPublisher(catalog, TableFormat(table_format))
    assert publisher.bring_up_to(published(storage)).error == ""
    assert found(publisher, storage) == []
    yield publisher, storage
    if kind == "glue":
        client = boto3.client("glue")
        for database in client.get_databases()["DatabaseList"]:
            client.delete_database(Name=database["Name"])


def files_of(storage: Storage) -> Sequence[str]:
    return [f"{paths.table(FACT)}/{file.path}" for file in published(storage).manifest(FACT).files]


def rewrite(storage: Storage, path: str, change: Any) -> None:
    content = io.BytesIO()
    pq.write_table(change(pq.read_table(io.BytesIO(storage.read(path)), partitioning=None)), content)
    storage.write(path, content.getvalue())


@of_files
def test_a_file_that_was_written_with_other_columns_is_told_by_column(place: Place) -> None:
    publisher, storage = place
    march, april = files_of(storage)
    rewrite(storage, march, lambda rows: rows.drop_columns(["deaths"]).append_column("colour", pa.array(["red"])))
    rewrite(storage, april, lambda rows: rows.set_column(0, "region_key", rows["region_key"].cast("int32")))
    told = [one for one in found(publisher, storage) if "bytes" not in one]
    version = f"version={VERSION}"
    assert told[:3] == [
        f"{FACT_NAME}, column deaths: the column is missing in {version}/month=2020-03/part-0.parquet",
        f"{FACT_NAME}, column colour: the contract has no such column, and it stands in "
        f"{version}/month=2020-03/part-0.parquet",
        f"{FACT_NAME}, column region_key: its type is int32, and int64 in the contract, in "
        f"{version}/month=2020-04/part-0.parquet",
    ]


@of_files
def test_a_file_that_is_gone_and_one_with_other_rows_are_told(place: Place) -> None:
    publisher, storage = place
    march, april = files_of(storage)
    storage.delete([march])
    rewrite(storage, april, lambda rows: rows.slice(0, 1))
    told = found(publisher, storage)
    assert told[0] == (
        f"{FACT_NAME}: the file version={VERSION}/month=2020-03/part-0.parquet is in the manifest, and not in the lake"
    )
    assert (
        f"{FACT_NAME}: the file version={VERSION}/month=2020-04/part-0.parquet has 1 rows, and 2 in the manifest"
        in told
    )


@of_files
def test_a_file_beside_those_of_the_manifest_is_told(place: Place) -> None:
    publisher, storage = place
    storage.write(f"{paths.version(FACT, VERSION)}/month=2020-03/part-9.parquet", b"left by somebody")
    assert found(publisher, storage) == [
        f"{FACT_NAME}: the file version={VERSION}/month=2020-03/part-9.parquet lies in a folder of the version, and "
        "the manifest does not name it"
    ]


def test_a_catalog_behind_the_lake_is_told_and_mended(place: Place) -> None:
    publisher, storage = place
    fill(storage, LATER)
    told = found(publisher, storage)
    assert all(one.startswith(("covid19_curated.", "covid19:")) for one in told)
    assert any(LATER in one and VERSION in one for one in told)
    assert set(mend(publisher, storage)) == {FACT_NAME, DATE_NAME}


def test_a_catalog_that_only_was_not_told_of_the_snapshot_is_behind(place: Place) -> None:
    publisher, storage = place
    publisher.catalog.remember("covid19", "something else")
    assert found(publisher, storage) == ["covid19: the catalog has not been told that it shows snapshot 1 of the lake"]
    assert mend(publisher, storage) == []


def test_a_table_that_is_missing_in_the_catalog_is_told_and_mended(place: Place) -> None:
    publisher, storage = place
    if isinstance(publisher.catalog, LocalCatalog):
        publisher.catalog.iceberg().drop_table(FACT_NAME)
    else:
        boto3.client("glue").delete_table(DatabaseName="covid19_curated", Name="fact_cases")
    (told,) = found(publisher, storage)
    assert told.startswith(f"{FACT_NAME}: it is missing in the catalog")
    assert mend(publisher, storage) == [FACT_NAME]


@in_glue
def test_a_landing_file_with_another_header_is_told_by_column_before_a_run_saw_it(place: Place) -> None:
    publisher, storage = place
    storage.write(STATES, b"Abbreviation,State,Capital\nAL,Alabama,Montgomery\n")
    told = found(publisher, storage)
    assert f"{LANDING}, column capital: the column is missing; it should be string" in told
    assert f"{LANDING}: its columns are in another order" not in told  # one is missing, so there is no order to compare
    assert mend(publisher, storage) == [LANDING]


@of_hive
def test_an_orphan_partition_and_one_at_another_place_are_told(place: Place) -> None:
    publisher, storage = place
    client, table = boto3.client("glue"), {"DatabaseName": "covid19_curated", "TableName": "fact_cases"}
    march = min(client.get_partitions(**table)["Partitions"], key=lambda one: one["Values"])
    orphan = {"Values": ["2019-01"], "StorageDescriptor": {"Location": "s3://elsewhere/"}}
    client.batch_create_partition(**table, PartitionInputList=[orphan])
    moved = {"Values": march["Values"], "StorageDescriptor": {**march["StorageDescriptor"], "Location": "s3://old/"}}
    client.batch_update_partition(**table, Entries=[{"PartitionValueList": march["Values"], "PartitionInput": moved}])
    folder = f"{storage.root}/{paths.version(FACT, VERSION)}"
    assert found(publisher, storage) == [
        f"{FACT_NAME}: the location of the partition month=2020-03 is s3://old/, and should be {folder}/month=2020-03/",
        f"{FACT_NAME}: the partition month=2019-01 at s3://elsewhere/ is an orphan",
    ]


@of_iceberg
def test_an_iceberg_snapshot_of_other_files_is_told_and_mended(place: Place) -> None:
    publisher, storage = place
    table = publisher.catalog.iceberg().load_table(FACT_NAME)
    version = table.current_snapshot().summary["covid_lake.version"]  # type: ignore[union-attr,index]
    table.delete("month = '2020-03'", snapshot_properties={"covid_lake.version": version})
    with table.update_schema() as columns:
        columns.update_column("deaths", doc="Deaths, says Ana")
    assert found(publisher, storage) == [
        f"{FACT_NAME}, column deaths: its comment is not the contract's",
        f"{FACT_NAME}: the file version={VERSION}/month=2020-03/part-0.parquet is in the manifest, and not in the "
        "Iceberg snapshot",
    ]
    assert mend(publisher, storage) == [FACT_NAME]
    assert publisher.catalog.iceberg().load_table(FACT_NAME).scan().to_arrow().num_rows == 3


@pytest.mark.parametrize("place", [ICEBERG_IN_GLUE], indirect=True)
def test_columns_that_somebody_changed_in_an_iceberg_tables_entry_are_told_and_mended(place: Place) -> None:
    publisher, storage = place
    descriptor = entry_of("dim_date")["StorageDescriptor"]
    first, second, third, *others = descriptor["Columns"]
    said = {**first, "Comment": "Said Ana"}
    change_entry(StorageDescriptor={**descriptor, "Columns": [said, {**second, "Type": "string"}, *others]})
    assert found(publisher, storage) == [
        f"{DATE_NAME}, column {second['Name']}: in the Glue Data Catalog its type is string, and should be "
        f"{second['Type']}",
        f"{DATE_NAME}, column {third['Name']}: in the Glue Data Catalog the column is missing; it should be "
        f"{third['Type']}",
    ]
    assert mend(publisher, storage) == [DATE_NAME]
    assert entry_of("dim_date")["StorageDescriptor"]["Columns"] == [said, second, third, *others]


@in_glue
def test_a_table_changes_its_format_in_place_and_keeps_what_people_added(place: Place) -> None:
    publisher, storage = place
    client = boto3.client("glue")
    entry = entry_of("dim_date")
    given = {key: entry[key] for key in ("Name", "TableType", "StorageDescriptor", "Parameters")}
    given["Parameters"]["team"] = "epidemiology"
    given["StorageDescriptor"]["Columns"][1]["Comment"] = "Said Ana"
    client.update_table(DatabaseName="covid19_curated", TableInput=given)
    made = entry["CreateTime"]
    other = TableFormat.ICEBERG if publisher.table_format is TableFormat.HIVE else TableFormat.HIVE
    for table_format in (other, publisher.table_format):
        changed = replace(publisher, table_format=table_format)
        assert found(changed, storage) != []
        assert {DATE_NAME, FACT_NAME} <= set(mend(changed, storage)) | {FACT_NAME}
        entry = entry_of("dim_date")
        assert entry["Parameters"]["team"] == "epidemiology"
        assert entry["StorageDescriptor"]["Columns"][1]["Comment"] == "Said Ana"
        assert (entry["Parameters"].get("table_type") == "ICEBERG") == (table_format is TableFormat.ICEBERG)
        assert entry["CreateTime"] == made


@in_glue
def test_a_table_that_the_contracts_no_longer_have_leaves_the_catalog(place: Place) -> None:
    publisher, storage = place
    smaller = replace(COVID19, tables=tuple(t for t in COVID19.tables if t.id != FACT.id))
    left = replace(published(storage), dataset=smaller, full_refresh=True)
    assert [str(one) for one in check(publisher, left)][:1] == [
        f"{FACT_NAME}: the catalog has it, and the lake no longer does"
    ]
    report = publisher.bring_up_to(left)
    assert FACT_NAME in [table.table for table in report.tables]
    names = {one["Name"] for one in boto3.client("glue").get_tables(DatabaseName="covid19_curated")["TableList"]}
    assert names == {"dim_date"}
    assert len(storage.list_files(paths.version(FACT, VERSION))) == 3


@pytest.mark.parametrize("place", [ICEBERG_IN_GLUE], indirect=True)
def test_what_people_added_to_an_iceberg_table_stays_through_a_new_version(place: Place) -> None:
    publisher, storage = place
    change_entry(Parameters={"team": "epidemiology"}, Description="Ana's days", Owner="ana")
    fill(storage, LATER)
    assert publisher.bring_up_to(published(storage)).error == ""
    entry = entry_of("dim_date")
    assert (entry["Description"], entry["Owner"]) == ("Ana's days", "ana")
    assert entry["Parameters"]["team"] == "epidemiology"
    assert entry["Parameters"]["covid_lake.version"] == LATER
    assert found(publisher, storage) == []


@pytest.mark.parametrize("place", [ICEBERG_IN_GLUE], indirect=True)
def test_an_entry_that_changed_since_it_was_read_is_not_written_over(place: Place) -> None:
    catalog = place[0].catalog.iceberg()
    table = catalog.load_table(DATE_NAME)
    change_entry(Description="By another publisher")
    with pytest.raises(CommitFailedException, match="concurrent update"):
        table.transaction().set_properties(colour="red").commit_transaction()
    again = catalog.load_table(DATE_NAME).transaction().set_properties(colour="blue").commit_transaction()
    assert again.properties["colour"] == "blue"


def entry_of(name: str) -> dict[str, Any]:
    """The entry of a curated table."""
    entry: dict[str, Any] = boto3.client("glue").get_table(DatabaseName="covid19_curated", Name=name)["Table"]
    return entry


def change_entry(**changes: Any) -> None:
    """Change the entry of dim_date as a person does in the console; parameters are added to those that it has."""
    client, entry = boto3.client("glue"), entry_of("dim_date")
    given = {key: entry[key] for key in ("Name", "TableType", "StorageDescriptor", "Parameters", "Description")}
    parameters = {**given["Parameters"], **changes.pop("Parameters", {})}
    client.update_table(DatabaseName="covid19_curated", TableInput={**given, **changes, "Parameters": parameters})
