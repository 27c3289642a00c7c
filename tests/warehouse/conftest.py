"""A real PostgreSQL and a real Spark for the tests of the warehouse."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from covid_lake.runtime import embedded_postgres
from covid_lake.warehouse.connection import WarehouseConnection

DRIVER_JARS = sorted((Path(__file__).parents[2] / ".jars").glob("**/postgresql-42*.jar"))


@pytest.fixture(scope="session")
def spark() -> SparkSession:
    if not DRIVER_JARS:
        pytest.skip("the PostgreSQL JDBC driver is not below .jars/: run `make setup`")
    return (
        SparkSession.builder.master("local[2]")
        .appName("covid_lake tests")
        .config("spark.driver.extraClassPath", str(DRIVER_JARS[-1]))
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "true")
        .getOrCreate()
    )


@pytest.fixture(scope="session")
def warehouse() -> Iterator[WarehouseConnection]:
    """A running warehouse, in a directory that every user may enter: root's server runs as another user."""
    directory = Path(tempfile.mkdtemp(prefix="covid-lake-warehouse-"))
    directory.chmod(0o755)
    try:
        yield embedded_postgres.start(directory)
    finally:
        embedded_postgres.stop(directory)
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def empty_warehouse(warehouse: WarehouseConnection) -> WarehouseConnection:
    """The running warehouse with nothing loaded."""
    with warehouse.connect() as opened:
        opened.execute('DROP SCHEMA IF EXISTS "covid19", "covid19_staging" CASCADE')
    return warehouse
