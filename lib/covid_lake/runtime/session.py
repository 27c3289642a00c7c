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

from covid_lake.errors import LakeError, SettingsError
from covid_lake.pipeline.engine_faults import describe_engine_fault
from covid_lake.runtime.java import end_java, leave_foreign_spark, running_java, start_java, user_name
from covid_lake.store.storage import configured_endpoint

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Settings that bring back what older Sparks did. A session that is not of our making loses them.
LEGACY = "spark.sql.legacy."
# Marks pyspark's way to a Java that we have started.
OURS = "started_by_covid_lake"
REGION = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# What a row's meaning depends on; Glue's sessions get these too, whose defaults may be somebody else's.
SEMANTICS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.storeAssignmentPolicy": "ANSI",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.caseSensitive": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.sql.mapKeyDedupPolicy": "EXCEPTION",
    # A text that is no time is none, and not what an older Spark would have made of it; nor is it an error.
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # How a query's text is read, and names of columns in it.
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.parser.quotedRegexColumnNames": "false",
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
    "spark.sql.groupByOrdinal": "true",
    "spark.sql.orderByOrdinal": "true",
    # A file that is missing or damaged is an error: its rows must not be missing without a word.
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    # With pruning, short records of a CSV file are filled up with nulls.
    "spark.sql.csv.parser.columnPruning.enabled": "true",
    "spark.sql.columnNameOfCorruptRecord": "_corrupt_record",
    "spark.sql.json.enablePartialResults": "true",
    # Refused records are kept as JSON without their empty fields.
    "spark.sql.jsonGenerator.ignoreNullFields": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.writeLegacyFormat": "false",
    "spark.sql.parquet.binaryAsString": "false",
    "spark.sql.parquet.int96AsTimestamp": "true",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.mergeSchema": "false",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "true",
    # Days before the Gregorian calendar as all readers but old Sparks take them; other modes look at each value.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    # Spark 4 maps case by the ICU library unless told not to, Spark 3.5 by Java, which is ready a second earlier.
    "spark.sql.icu.caseMappings.enabled": "false",
    # Where no row is left this rule drops what was planned below, and with it the counts that were taken there.
    "spark.sql.adaptive.optimizer.excludedRules": ("org.apache.spark.sql.execution.adaptive.AQEPropagateEmptyRelation"),
}

# What makes many small files and short jobs quick; no result depends on it.
SPEED = {
    # A landing zone has hundreds of small files: list them here instead of in a Spark job of its own.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
    # The cost of opening a file decides how many share a task; the default of 4 MiB makes a task of each few.
    "spark.sql.files.openCostInBytes": "131072",
    # Every core gets a share of the last stage too, unless the share is so small that files would be crumbs.
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "true",
    "spark.sql.adaptive.coalescePartitions.minPartitionSize": "4m",
    # Versions are written aside and switched by a snapshot, so a task may commit its files itself.
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.scheduler.mode": "FAIR",
    # Each sort and each sum takes a page, each broadcast a block; by default 64 MB and 4 MB, which are cleared first.
    "spark.buffer.pageSize": "4m",
    "spark.broadcast.blockSize": "256k",
    # Spark 4 tells the JVM the line of Python of every expression, which takes longer than making the expression.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
}


def local_session(
    app_name: str = "covid_lake",
    *,
    cores: str = "*",
    s3: bool = False,
    new_archive: Path | None = None,
) -> SparkSession:
    """A session on this machine; `s3` adds what S3A needs to reach the store that the environment names.

    If `new_archive` names a file, Java writes the classes that it has loaded to it when it ends; this has an effect
    only for the first session of the process. Environment variables of another Spark are ignored, and removed from this
    process's environment.

    Raises `SettingsError` where no fitting Java or no driver jar is found or the memory asked for can't be had, and
    `LakeError` where Spark does not start, with what to do.
    """
    leave_foreign_spark()
    settings = {
        **SEMANTICS,
        **SPEED,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        # Java's working directory, by the name in which no comma can stand: commas separate folders here.
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
    # Signals interrupt the main thread alone. In another one, Java is never started without being known, and pyspark
    # installs no handler of its own for Ctrl-C.
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
    """py4j writes the trace of a connection that broke to the log of all, beside raising it."""
    return record.module != "java_gateway"


def _connect(new_archive: Path | None) -> bool:
    """Give pyspark a Java of ours to work with; False where it has one already."""
    from pyspark import SparkContext, java_gateway
    from pyspark.sql import SparkSession

    old: Any = SparkContext._gateway
    launch: Any = java_gateway.launch_gateway
    if old is not None and (running_java() is not None or not hasattr(old, OURS)):
        return False
    java = start_java(new_archive=new_archive)
    try:
        port, secret = java.address()
        # pyspark's own way to be told of a Java that runs already.
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
    # What a Java that was ended has left behind in pyspark.
    SparkContext._active_spark_context = None
    SparkSession._instantiatedSession = None
    return True


def _name_user(java: Any) -> None:
    """Tell Hadoop who we are. It would ask the system, which has no name for a container's made-up user id."""
    hadoop = java.org.apache.hadoop.security.UserGroupInformation
    hadoop.setLoginUser(hadoop.createRemoteUser(user_name()))


def set_semantics(session: SparkSession) -> None:
    """Settle what rows mean to a session, whatever its defaults are: another Spark's may be among them."""
    for row in session.sql("SET").collect():
        if row["key"].startswith(LEGACY):
            session.conf.unset(row["key"])
    for name, value in SEMANTICS.items():
        if session.conf.isModifiable(name):
            session.conf.set(name, value)


def s3_settings() -> dict[str, str]:
    """S3A as the environment says, the way AWS's own tools read it; `s3://` is served by S3A too, as on Glue."""
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
