"""The Spark session: every setting in one place, the same for a laptop, for Glue and for the tests."""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import subprocess
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from covid_lake.errors import SettingsError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA_VERSIONS = (17, 21)
JAVA_HOMES = Path("/usr/lib/jvm")
JARS_VARIABLE = "COVID_LAKE_JARS"
MEMORY_VARIABLE = "COVID_LAKE_DRIVER_MEMORY"
DEFAULT_MEMORY = "4g"

# What a transform's meaning depends on; Glue's sessions get these too.
SEMANTICS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Days before the Gregorian calendar as all readers but old Sparks take them; other modes look at each value.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
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


# For work that ends before the optimizing compiler's code has paid for the compiler's own time.
FAST_START = ("-XX:TieredStopAtLevel=1",)
# Otherwise only what runs over and over on rows is worth optimizing, not what Spark does to plan: twenty times the
# usual thresholds. By default the compilers take up to half of a run's processor time.
OPTIMIZE_ROW_LOOPS = (
    "-XX:Tier4InvocationThreshold=100000",
    "-XX:Tier4MinInvocationThreshold=12000",
    "-XX:Tier4CompileThreshold=300000",
    "-XX:Tier4BackEdgeThreshold=800000",
)


def local_session(
    app_name: str = "covid_lake", *, cores: str = "*", s3: bool = False, brief: bool = False
) -> SparkSession:
    """A session on this machine; `s3` adds what S3A needs to reach the store that the environment names.

    For `brief` work the JVM compiles quickly instead of well, as long as the session that this process has is new.

    Raises `SettingsError` where no fitting Java or no driver jar is found, with what to install.
    """
    from pyspark.sql import SparkSession

    os.environ["JAVA_HOME"] = str(find_java())
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings = {
        **SEMANTICS,
        **SPEED,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": os.environ.get(MEMORY_VARIABLE, DEFAULT_MEMORY),
        "spark.driver.extraClassPath": str(jar_directory() / "*"),
        "spark.driver.extraJavaOptions": shlex.join(_java_options(brief)),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.default.parallelism": str(os.cpu_count() or 2),
        **(s3_settings() if s3 else {}),
    }
    builder = SparkSession.builder.master(f"local[{cores}]").appName(app_name)
    for name, value in settings.items():
        builder = builder.config(name, value)
    for name in ("py4j", "SQLQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    session = builder.getOrCreate()
    _remember_java_names(session)
    return session


def _remember_java_names(session: SparkSession) -> None:
    """Look up once what pyspark looks up for each expression, each time through every jar of the class path."""
    java = session.sparkContext._jvm
    for name in ("functions", "org.apache.spark.sql.functions", "PythonUtils"):
        setattr(java, name, getattr(java, name))


def s3_settings() -> dict[str, str]:
    """S3A as the environment says, the way AWS's own tools read it; `s3://` is served by S3A too, as on Glue."""
    settings = {
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.connection.maximum": "64",
        "spark.hadoop.fs.s3a.committer.name": "file",
    }
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        settings["spark.hadoop.fs.s3a.endpoint"] = endpoint
        settings["spark.hadoop.fs.s3a.path.style.access"] = "true"
        settings["spark.hadoop.fs.s3a.connection.ssl.enabled"] = str(urlsplit(endpoint).scheme == "https").lower()
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region:
        settings["spark.hadoop.fs.s3a.endpoint.region"] = region
    return settings


def find_java() -> Path:
    """The home of a Java that Spark runs on: `JAVA_HOME`, the one on the path, or one below /usr/lib/jvm."""
    on_path = shutil.which("java")
    candidates = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    candidates += [Path(on_path).resolve().parents[1]] if on_path else []
    candidates += sorted(JAVA_HOMES.glob("*")) if JAVA_HOMES.is_dir() else []
    for home in candidates:
        if _java_version(home) in JAVA_VERSIONS:
            return home
    raise SettingsError(
        "Spark needs Java 17, and none was found. On Debian: apt-get install openjdk-17-jre-headless; "
        "elsewhere install one and set JAVA_HOME to it"
    )


def jar_directory() -> Path:
    """Where `make setup` keeps the pinned jars of this Spark: the PostgreSQL driver and S3A."""
    import pyspark

    named = os.environ.get(JARS_VARIABLE)
    root = Path(named) if named else Path(__file__).resolve().parents[3] / ".jars"
    directory = root / f"spark-{pyspark.__version__}"
    if not any(directory.glob("postgresql-*.jar")):
        raise SettingsError(
            f"no PostgreSQL driver in {directory}; run 'make setup', or set {JARS_VARIABLE} to a folder that holds "
            f"spark-{pyspark.__version__}/*.jar"
        )
    return directory


def _java_version(home: Path) -> int | None:
    java = home / "bin" / "java"
    if not java.is_file():
        return None
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', answer)
    return int(version[1]) if version else None


def class_archive() -> Path:
    """Where `make setup` keeps the classes that Spark loads, ready for use; the file may be missing."""
    return jar_directory() / "classes.jsa"


def _java_options(brief: bool) -> list[str]:
    options = [f"-Dlog4j2.configurationFile={_log_settings()}", "-XX:+UseParallelGC"]
    if class_archive().is_file():
        # An archive of another Java or of other jars is passed over, which needs no warning.
        options += [f"-XX:SharedArchiveFile={class_archive()}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
    return [*options, *(FAST_START if brief else OPTIMIZE_ROW_LOOPS)]


def _log_settings() -> Path:
    return Path(str(resources.files(__package__).joinpath("log4j2.properties")))
