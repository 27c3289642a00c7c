"""The Spark session: every setting in one place, the same for a laptop, for Glue and for the tests."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from covid_lake.engines.protocol import CONNECT_MODE
from covid_lake.engines.semantics import SEMANTICS
from covid_lake.errors import LakeError, SettingsError
from covid_lake.pipeline.engine_faults import describe_engine_fault
from covid_lake.runtime.java import end_java, leave_foreign_spark, running_java, start_java, user_name
from covid_lake.store.storage import configured_endpoint

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Settings that bring back the behaviour of older Sparks. They are removed from a session that others have started.
LEGACY = "spark.sql.legacy."
# Marks pyspark's gateway to a Java process that this module has started.
OURS = "started_by_covid_lake"
REGION = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# Settings that make many small files and short jobs fast. No result depends on them.
SPEED = {
    # A landing zone has hundreds of small files: list them here instead of in a Spark job of its own.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
    # The cost of opening a file decides how many files share a task; with the default of 4 MiB only a few do.
    "spark.sql.files.openCostInBytes": "131072",
    # Every core gets a share of the last stage too, as Spark does it, unless the files would become very small.
    "spark.sql.adaptive.coalescePartitions.minPartitionSize": "4m",
    # A version is invisible until its snapshot is published, so tasks may commit their files themselves.
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.scheduler.mode": "FAIR",
    # The memory that each sort, sum or broadcast reserves and clears at least; the defaults are 64 MB and 4 MB.
    "spark.buffer.pageSize": "4m",
    "spark.broadcast.blockSize": "256k",
    # Spark 4 reports the Python line of every expression to the JVM, which takes longer than the expression itself.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
}


def local_session(
    app_name: str = "covid_lake",
    *,
    cores: str = "*",
    s3: bool = False,
    new_archive: Path | None = None,
) -> SparkSession:
    """A session on this machine; `s3` adds the settings of S3A for the store that the environment names.

    If `new_archive` names a file, Java writes the classes that it has loaded to it when it ends; this has an effect
    only for the first session of the process. Environment variables of another Spark are ignored, and removed from this
    process's environment.

    Raises `SettingsError` if no suitable Java or no driver jar is found, or if there is not enough memory, and
    `LakeError`, which says what to do, if Spark does not start.
    """
    leave_foreign_spark()
    os.environ.pop(CONNECT_MODE[0], None)  # Sail may have been the engine of this process before
    settings = {
        **SEMANTICS,
        **SPEED,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        # Java's working directory. Its absolute name could hold a comma, which separates folders in this setting.
        "spark.local.dir": ".",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.default.parallelism": str(os.cpu_count() or 2),
        **(s3_settings() if s3 else {}),
    }
    for name in ("py4j", "SQLQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger().addFilter(_is_not_of_py4j)
    # Signals interrupt the main thread only. In another thread a new Java process is always recorded, so that it can
    # be ended, and pyspark installs no handler of its own for Ctrl-C.
    with ThreadPoolExecutor(1) as starter:
        session = starter.submit(_start, f"local[{cores}]", app_name, settings, new_archive)
        try:
            return session.result()
        except KeyboardInterrupt:
            end_java()
            raise


def _start(master: str, app_name: str, settings: Mapping[str, str], new_archive: Path | None) -> SparkSession:
    from pyspark.sql import SparkSession

    is_new = _connect(new_archive)
    try:
        os.environ["PYSPARK_PYTHON"] = sys.executable  # pyspark's own choice is whatever `python3` is
        builder = SparkSession.builder.master(master).appName(app_name)
        for name, value in settings.items():
            builder = builder.config(name, value)
        session: SparkSession = builder.getOrCreate()
        if not is_new:
            set_semantics(session)
    except Exception as error:
        if is_new:
            end_java()
        raise LakeError(f"Spark does not start: {describe_engine_fault(error)}") from error
    return session


def _is_not_of_py4j(record: logging.LogRecord) -> bool:
    """False for records of py4j, which logs a broken connection with its trace and raises it as well."""
    return record.module != "java_gateway"


def _connect(new_archive: Path | None) -> bool:
    """Start Java and connect pyspark to it; False if pyspark is connected already."""
    from pyspark import SparkContext, java_gateway
    from pyspark.sql import SparkSession

    old: Any = SparkContext._gateway
    launch: Any = java_gateway.launch_gateway
    if old is not None and (running_java() is not None or not hasattr(old, OURS)):
        return False
    java = start_java(new_archive=new_archive)
    try:
        port, secret = java.address()
        # With these variables pyspark connects to a Java process that runs already.
        os.environ["PYSPARK_GATEWAY_PORT"], os.environ["PYSPARK_GATEWAY_SECRET"] = str(port), secret
        gateway = launch()
        _name_user(gateway.jvm)
    except BaseException:
        end_java()
        raise
    finally:
        leave_foreign_spark()
    setattr(gateway, OURS, True)
    SparkContext._gateway, SparkContext._jvm = gateway, gateway.jvm
    # pyspark still refers to a Java process that was ended.
    SparkContext._active_spark_context = None
    SparkSession._instantiatedSession = None
    return True


def _name_user(java: Any) -> None:
    """Set Hadoop's user name. Hadoop would ask the system, which has no name for a user id that a container made up."""
    hadoop = java.org.apache.hadoop.security.UserGroupInformation
    hadoop.setLoginUser(hadoop.createRemoteUser(user_name()))


def set_semantics(session: SparkSession) -> None:
    """Set what decides the meaning of rows in a session that may have other defaults."""
    for row in session.sql("SET").collect():
        if row["key"].startswith(LEGACY):
            session.conf.unset(row["key"])
    for name, value in SEMANTICS.items():
        if session.conf.isModifiable(name):
            session.conf.set(name, value)


def s3_settings() -> dict[str, str]:
    """S3A's settings from the variables that AWS's own tools read; S3A serves `s3://` too, as on Glue."""
    settings = {
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.connection.maximum": "64",
        "spark.hadoop.fs.s3a.committer.name": "file",
    }
    endpoint = configured_endpoint()
    if endpoint:
        settings["spark.hadoop.fs.s3a.endpoint"] = endpoint
        settings["spark.hadoop.fs.s3a.path.style.access"] = "true"
        settings["spark.hadoop.fs.s3a.connection.ssl.enabled"] = str(urlsplit(endpoint).scheme == "https").lower()
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region:
        if not REGION.fullmatch(region):
            raise SettingsError(f"AWS_REGION or AWS_DEFAULT_REGION is {region!r}, which is no region's name")
        settings["spark.hadoop.fs.s3a.endpoint.region"] = region
    return settings
