"""Which catalog follows a lake: what was asked for, what is the default, and what can't work."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from commands import environment
from covid_lake.cli.main import main
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.errors import CatalogError, SettingsError
from covid_lake.publish.catalog.protocol import TableFormat
from covid_lake.runtime import publishers
from covid_lake.runtime.publishers import (
    CATALOG_VARIABLE,
    CatalogChoice,
    bring_up,
    catalog_publishers,
    chosen_catalog,
    require_catalog_named,
    warehouse_publishers,
)
from covid_lake.store.storage import LocalStorage, S3Storage
from iceberg_lakes import bring_up as bring_up_local
from small_lake import cases, publish_rows

FACTS = "covid19_curated.fact_cases"
APRIL = date(2020, 4, 1)


@pytest.fixture
def lake(tmp_path: Path) -> LocalStorage:
    storage = LocalStorage(tmp_path / "lake")
    publish_rows(storage, "run-1", {FACTS: [cases(1, APRIL, 7)]})
    return storage


@pytest.fixture
def bucket(emulator: str) -> S3Storage:
    return S3Storage("s3://a-bucket/lake")


@pytest.fixture
def without_pyiceberg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishers, "find_spec", lambda name: None)


def test_the_default_depends_on_where_the_lake_is(lake: LocalStorage, bucket: S3Storage) -> None:
    assert chosen_catalog(lake) == CatalogChoice("local", is_default=True)
    assert chosen_catalog(lake, on_glue=True).name == "local"
    assert chosen_catalog(bucket) == CatalogChoice("none", is_default=True)
    assert chosen_catalog(bucket, on_glue=True) == CatalogChoice("glue", is_default=True)
    assert chosen_catalog(bucket, "GLUE", "hive") == CatalogChoice("glue", TableFormat.HIVE)


def test_the_environment_names_a_catalog_and_an_argument_another(
    lake: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CATALOG_VARIABLE, "none")
    assert chosen_catalog(lake) == CatalogChoice("none")
    assert chosen_catalog(lake, "local") == CatalogChoice("local")
    monkeypatch.setenv(CATALOG_VARIABLE, "hive")
    with pytest.raises(SettingsError, match="COVID_LAKE_CATALOG is 'hive'; it is one of: local, glue, none"):
        chosen_catalog(lake)


def test_what_cannot_work_is_told_with_the_way_out(lake: LocalStorage, bucket: S3Storage) -> None:
    with pytest.raises(SettingsError, match="this lake is s3://a-bucket/lake; choose the catalog glue or none"):
        chosen_catalog(bucket, "local")
    with pytest.raises(SettingsError, match="the local catalog holds Iceberg tables only"):
        chosen_catalog(lake, table_format="hive")
    with pytest.raises(SettingsError, match="the table format is 'delta'; it is one of: iceberg, hive"):
        chosen_catalog(lake, table_format="delta")


@pytest.mark.usefixtures("without_pyiceberg")
def test_without_pyiceberg_the_default_is_no_catalog_and_a_wish_is_refused(
    lake: LocalStorage, bucket: S3Storage
) -> None:
    choice = chosen_catalog(lake)
    assert (choice.name, catalog_publishers(choice, lake)) == ("none", ())
    assert "pip install 'covid_lake[catalog]'" in choice.notice
    for storage, name in ((lake, "local"), (bucket, "glue")):
        with pytest.raises(SettingsError, match=f"the catalog {name} needs PyIceberg, which is not installed here"):
            chosen_catalog(storage, name)
    assert chosen_catalog(bucket, "glue", "hive").name == "glue"


def test_publishers_are_those_that_were_chosen(lake: LocalStorage) -> None:
    (catalog,) = catalog_publishers(chosen_catalog(lake), lake)
    assert (catalog.name, catalog.catalog.name) == ("catalog", "local")
    assert catalog_publishers(CatalogChoice("none"), lake) == ()
    assert warehouse_publishers(None) == ()


def test_files_are_not_removed_behind_a_catalog_that_nobody_named(lake: LocalStorage) -> None:
    unnamed = CatalogChoice("none", is_default=True)
    require_catalog_named(unnamed, lake, COVID19)
    bring_up_local(lake, COVID19)
    with pytest.raises(SettingsError, match="are in a catalog, which names files that are about to be removed"):
        require_catalog_named(unnamed, lake, COVID19)
    require_catalog_named(CatalogChoice("none"), lake, COVID19)
    require_catalog_named(chosen_catalog(lake), lake, COVID19)


def test_a_fault_of_the_catalog_is_told_outside_of_a_run(lake: LocalStorage) -> None:
    (lake.directory / "_catalog").mkdir()
    (lake.directory / "_catalog" / "iceberg.db").write_text("no database at all, but text that is long enough")
    with pytest.raises(CatalogError, match=r"_catalog/iceberg\.db can't be used: .*delete the file"):
        bring_up(catalog_publishers(chosen_catalog(lake), lake), lake, COVID19)


def test_a_catalog_that_is_up_to_date_costs_no_import(lake: LocalStorage) -> None:
    bring_up_local(lake, COVID19)
    code = f"""
import json, sys
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.runtime.publishers import bring_up, catalog_publishers, chosen_catalog
from covid_lake.store.storage import LocalStorage
lake = LocalStorage({lake.root!r})
bring_up(catalog_publishers(chosen_catalog(lake), lake), lake, COVID19)
print(json.dumps([name for name in ("pyiceberg", "sqlalchemy") if name in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_a_dry_run_makes_no_catalog(small_sample: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    arguments = ["run", "covid19", "--from", str(small_sample), "--lake", str(lake), "--dry-run"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert not (lake / "_catalog").exists()
