"""What all tests share: one Spark session, one S3, one warehouse, the real data where it is, samples made once."""

from __future__ import annotations

import fcntl
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pyspark.sql import SparkSession

sys.path.insert(0, str(Path(__file__).parent))

from covid_lake.engines.protocol import Engine
from covid_lake.runtime import embedded_postgres, java
from covid_lake.runtime.engine_choice import SAIL, chosen_engine
from covid_lake.store.storage import Storage, open_storage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake_samples.covid19 import generate_sample
from emulator import emulator, emulator_process, point_at_emulator
from lake_runs import BuiltLake, build_sample_lake, emptied

__all__ = ["emulator", "emulator_process"]

# Made-up examples are the same in every run: a test that fails does so for everybody.
settings.register_profile("lake", derandomize=True, deadline=None, database=None)
settings.load_profile("lake")

# Tests plan many queries over few rows: Java's optimizing compiler would take more time than its code saves.
# Commands that tests start inherit this, too. By itself it leaves a fifth of Java's usual room for compiled code, and
# Java ends where a whole suite has filled that.
os.environ.setdefault(java.OPTIONS_VARIABLE, "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m")

# With "glue", tests run in the Spark that awsglue starts, as jobs do on Glue; see docker/in_glue.sh.
SESSION_VARIABLE = "COVID_LAKE_TEST_SESSION"

# The files that take longest, which begin first: so no worker waits in the end for another that began one of them late.
LONGEST = (
    "pipeline/test_increments.py",
    "cli/test_cli.py",
    "warehouse/test_load.py",
    "runtime/test_jobs.py",
    "pipeline/test_run.py",
    "datasets/stedi/test_stedi_run.py",
    "test_real_data.py",
    "provenance/test_trace.py",
    "datasets/stedi/test_stedi_privacy.py",
    "corpus/test_corpus.py",
    "test_tutorial.py",
)
TESTS = Path(__file__).parent

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        name = item.path.relative_to(TESTS).as_posix()
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine that every test uses: the one that COVID_LAKE_ENGINE names, or the one that is installed."""
    if chosen_engine() == SAIL:
        from covid_lake.engines.sail import SailEngine

        started: Engine = SailEngine.start()
    elif os.environ.get(SESSION_VARIABLE) == "glue":
        from covid_lake.engines.spark import SparkEngine
        from covid_lake.runtime.glue import glue_session

        started = SparkEngine(glue_session())
    else:
        from covid_lake.engines.spark import SparkEngine
        from covid_lake.runtime.session import local_session

        # With S3A on its class path; two cores and two shuffle partitions.
        session = local_session("tests", cores="2", s3=True)
        session.conf.set("spark.sql.shuffle.partitions", "2")
        started = SparkEngine(session)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def spark(engine: Engine) -> SparkSession:
    """The engine's session."""
    return engine.session


@pytest.fixture(scope="session")
def needs_java() -> None:
    """For a test of what only Spark on Java has."""
    if chosen_engine() == SAIL:
        pytest.skip("of Spark on Java, which is not the engine of these tests")


@pytest.fixture(scope="session")
def spark_on_java(needs_java: None, engine: Engine) -> SparkSession:
    """The session of Spark on Java."""
    return engine.session


@pytest.fixture(scope="session")
def sail(spark_on_java: SparkSession) -> Iterator[Engine]:
    """Sail, beside the Spark that the tests run on; its frames are made in `connect_mode`."""
    pytest.importorskip("pysail", reason="Sail is not installed here, so Spark has nothing to be compared with")
    from both_engines import connect_mode
    from covid_lake.engines.sail import SailEngine

    with connect_mode(is_on=True):
        started = SailEngine.start()
    yield started
    with connect_mode(is_on=True):
        started.stop()


@pytest.fixture(scope="module")
def engine_on_s3(engine: Engine, emulator: str) -> Engine:
    """The same engine, reading from and writing to the emulator."""
    point_at_emulator(engine)
    return engine


@pytest.fixture(params=["directory", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty place for files of each kind; the names of a test's buckets are its own."""
    if request.param == "directory":
        return open_storage(str(tmp_path / "lake"))
    import boto3

    request.getfixturevalue("emulator")
    bucket = tmp_path.name.lower().replace("_", "-").strip("-")
    boto3.client("s3").create_bucket(Bucket=bucket)
    return open_storage(f"s3://{bucket}/some/prefix")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real public files beside the project; tests that need it are skipped where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real files (../shared/data) are not on this machine")
    return REAL_DATA


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up landing zone of 20 days and a quarter of the places; read only."""
    out = tmp_path_factory.mktemp("small_sample")
    generate_sample(out, days=20, scale=0.25)
    return out


@pytest.fixture(scope="session")
def built_lake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BuiltLake:
    """A lake that one run built from the small sample; read only: a test that changes it takes a copy.

    Of several processes that run tests at the same time, the first that needs the lake builds it for all.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    kept = folder / "built_lake.pickle"
    with (folder / "built_lake.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            engine, sample = request.getfixturevalue("engine"), request.getfixturevalue("small_sample")
            built = build_sample_lake(engine, sample, folder / "built_lake")
            kept.write_bytes(pickle.dumps(built))
    return pickle.loads(kept.read_bytes())  # type: ignore[no-any-return]  # noqa: S301 - written by this very run


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
    return emptied(warehouse)
