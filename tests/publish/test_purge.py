"""What was deleted from the warehouse is not in its files any more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from covid_lake.contracts import Zone
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.errors import WarehouseError
from covid_lake.publish.warehouse import WarehousePublisher
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.ddl import create_statements
from covid_lake.warehouse.dialects import POSTGRESQL
from covid_lake.warehouse.purging import purge

HOSPITALS = COVID19.table(Zone.CURATED, "dim_hospital")
DELETED, KEPT = "person-who-is-to-be-forgotten", "person-who-stays"


def files_with(directory: Path, text: str) -> list[str]:
    """The files below the directory that hold the text; one that the server removes meanwhile has gone."""
    found = []
    for path in directory.rglob("*"):
        try:
            if path.is_file() and text.encode() in path.read_bytes():
                found.append(str(path.relative_to(directory)))
        except FileNotFoundError:
            continue
    return found


def test_deleted_rows_are_in_no_file_of_the_server_after_a_purge(empty_warehouse: WarehouseConnection) -> None:
    with empty_warehouse.connect() as opened:
        opened.autocommit = True
        opened.execute("CREATE SCHEMA covid19")
        for statement in create_statements(HOSPITALS, "covid19", POSTGRESQL):
            opened.execute(statement.encode())
        columns = "hospital_key, hospital_id, region_key, hospital_name"
        insert = f"INSERT INTO covid19.dim_hospital ({columns}) VALUES (%s, 7, 0, %s)".encode()
        opened.cursor().executemany(insert, [(key, DELETED if key < 100 else KEPT) for key in range(200)])
        opened.execute("ANALYZE covid19.dim_hospital")
        opened.execute("DELETE FROM covid19.dim_hospital WHERE hospital_name = %s", (DELETED,))
        opened.execute("CHECKPOINT")
        (data,) = opened.execute("SHOW data_directory").fetchone() or ("",)
        (relation,) = opened.execute("SELECT pg_relation_filepath('covid19.dim_hospital')").fetchone() or ("",)
    before = files_with(Path(data), DELETED)
    assert relation in before
    assert any(path.startswith("pg_wal/") for path in before)

    purge(empty_warehouse, COVID19)

    assert files_with(Path(data), DELETED) == []
    assert files_with(Path(data), KEPT) != []
    with empty_warehouse.connect() as opened:
        assert opened.execute("SELECT count(*) FROM covid19.dim_hospital").fetchall() == [(100,)]


def test_rows_that_an_open_transaction_sees_are_not_said_to_be_gone(empty_warehouse: WarehouseConnection) -> None:
    with empty_warehouse.connect() as opened, empty_warehouse.connect() as reader:
        opened.autocommit = True
        opened.execute("CREATE SCHEMA covid19")
        opened.execute(create_statements(HOSPITALS, "covid19", POSTGRESQL)[0].encode())
        opened.execute("INSERT INTO covid19.dim_hospital (hospital_key, hospital_id, region_key) VALUES (1, 1, 0)")
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT 1")
        opened.execute("DELETE FROM covid19.dim_hospital")
        with pytest.raises(WarehouseError, match=r'1 deleted rows of "covid19"\."dim_hospital" are still'):
            purge(empty_warehouse, COVID19)
        reader.rollback()
        purge(empty_warehouse, COVID19)


def test_a_user_who_may_not_purge_is_told_so(empty_warehouse: WarehouseConnection) -> None:
    with empty_warehouse.connect() as opened:
        opened.execute("CREATE SCHEMA covid19")
        opened.execute(create_statements(HOSPITALS, "covid19", POSTGRESQL)[0].encode())
        opened.execute("CREATE ROLE ana LOGIN PASSWORD 'a'; GRANT USAGE ON SCHEMA covid19 TO ana")
        opened.execute("GRANT SELECT ON covid19.dim_hospital TO ana")
    try:
        with pytest.raises(WarehouseError, match="only its owner or a superuser may purge it"):
            purge(replace(empty_warehouse, user="ana", password="a"), COVID19)
    finally:
        with empty_warehouse.connect() as opened:
            opened.execute("DROP OWNED BY ana; DROP ROLE ana")


def test_a_warehouse_without_the_dataset_has_nothing_to_purge(empty_warehouse: WarehouseConnection) -> None:
    purge(empty_warehouse, COVID19)


def test_redshift_is_purged_through_an_engine_s_jvm_alone(tmp_path: Path) -> None:
    """With one it is in tests/redshift."""
    cluster = WarehouseConnection.from_url("redshift://ana:secret@cluster.example/lake", {})
    with pytest.raises(WarehouseError, match=r"redshift://ana@cluster.* can't be purged without an engine"):
        WarehousePublisher(cluster).purge(LocalStorage(tmp_path), COVID19)
