"""What all tests share: one Spark session for the whole run, the real data where it is, a small sample made once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from covid_lake.runtime.session import local_session

sys.path.insert(0, str(Path(__file__).parent))

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The session that every test uses, with S3A on its class path; two cores and two shuffle partitions."""
    session = local_session("tests", cores="2", s3=True)
    session.conf.set("spark.sql.shuffle.partitions", "2")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real public files beside the project; tests that need it are skipped where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real files (../shared/data) are not on this machine")
    return REAL_DATA


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up landing zone of 45 days; read only."""
    from covid_lake.datasets.covid19.sample import generate_sample

    out = tmp_path_factory.mktemp("sample")
    generate_sample(out)
    return out
