"""Redshift for tests: the double, or the workgroup that the environment names (see docs/redshift-tests.md)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from covid_lake.engines.protocol import Engine
from covid_lake.runtime.java import jar_directory
from covid_lake.store.storage import S3Storage
from covid_lake.warehouse.connection import WarehouseConnection
from emulator import ENVIRONMENT
from redshift_double import RedshiftDouble, running_double
from redshift_loading import APRIL, MARCH, Loading
from redshift_target import Redshift, described, named_workgroup
from star_lake import PLACE_ROWS, StarLake, counts_of

BUCKET = "redshift-files"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(described(os.environ))


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest) -> Iterator[RedshiftDouble]:
    """The double, which all tests share."""
    server: WarehouseConnection = request.getfixturevalue("warehouse")
    s3 = boto3.client(
        "s3",
        endpoint_url=request.getfixturevalue("emulator_process"),
        region_name=ENVIRONMENT["AWS_DEFAULT_REGION"],
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    )
    s3.create_bucket(Bucket=BUCKET)
    with running_double(server, s3) as double:
        yield double


@pytest.fixture
def double(request: pytest.FixtureRequest) -> RedshiftDouble:
    """The double with nothing in it; for what a real workgroup can't be asked for, such as a fault."""
    if named_workgroup(os.environ):
        pytest.skip("of the double alone: the environment names a workgroup")
    running: RedshiftDouble = request.getfixturevalue("running")
    running.empty()
    return running


@pytest.fixture
def redshift(request: pytest.FixtureRequest) -> Iterator[Redshift]:
    """Redshift with an empty schema for the test."""
    if real := named_workgroup(os.environ):
        target = real
    else:
        target = Redshift.of_double(request.getfixturevalue("double"), f"s3://{BUCKET}")
    target.empty()
    yield target
    target.empty()


@pytest.fixture(scope="session")
def jdbc_driver(spark_on_java: object) -> Path:
    """The jar of Redshift's own driver; tests that load by it are skipped where it was not fetched."""
    for jar in jar_directory().glob("redshift-jdbc42-*.jar"):
        return jar
    pytest.skip(f"Redshift's driver is not in {jar_directory()}: python scripts/fetch_redshift_driver.py fetches it")


@pytest.fixture
def loading(jdbc_driver: Path, engine: Engine, emulator: str, redshift: Redshift) -> Loading:
    """A lake with a version of each table, none of which is loaded."""
    lake = StarLake(S3Storage(f"{redshift.root}/lake"))
    lake.storage.delete([file.path for file in lake.storage.list_files("")])
    lake.publish("v1", dim_place=PLACE_ROWS, fact_counts=counts_of({**MARCH, **APRIL}))
    return Loading(lake, redshift, engine)


@pytest.fixture
def loaded(loading: Loading) -> Loading:
    """The same, with both tables loaded."""
    loading.load()
    if loading.redshift.double:
        loading.redshift.double.forget()
    return loading
