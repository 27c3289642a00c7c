"""Sail and Spark in one process. Where one of them is absent, there is nothing to compare."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from both_engines import Engines, connect_mode


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Iterator[Engines]:
    """A session of each engine."""
    if importlib.util.find_spec("pysail") is None:
        pytest.skip("Sail is not installed here, so Spark has nothing to be compared with")
    from pyspark.util import is_remote_only

    if is_remote_only():
        pytest.skip("Spark is not installed here, so Sail has nothing to be compared with")
    from pyspark.sql import SparkSession

    from covid_lake.engines.sail import SailEngine
    from covid_lake.runtime.session import local_session

    with connect_mode(is_on=False):
        is_of_others = SparkSession.getActiveSession() is not None
        spark = local_session("tests", cores="2", s3=True)
        spark.conf.set("spark.sql.shuffle.partitions", "2")
    with connect_mode(is_on=True):
        sail = SailEngine.start()
    yield Engines(spark, sail.session)
    with connect_mode(is_on=True):
        sail.stop()
    if not is_of_others:
        spark.stop()
