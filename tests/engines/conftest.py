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
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.session import SparkSession as ConnectSession

    from covid_lake.runtime.session import local_session

    with connect_mode(is_on=False):
        is_of_others = SparkSession.getActiveSession() is not None
        spark = local_session("tests", cores="2")
        spark.conf.set("spark.sql.shuffle.partitions", "2")
    server = SparkConnectServer("127.0.0.1", 0)
    server.start()
    with connect_mode(is_on=True):
        sail = ConnectSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").create()
        for name, value in {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC"}.items():
            sail.conf.set(name, value)
    yield Engines(spark, sail)
    sail.stop()
    server.stop()
    if not is_of_others:
        spark.stop()
