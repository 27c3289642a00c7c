"""Settings of another Spark, Java or Hadoop in the environment change nothing, and what can't start says why."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from commands import DAY, TABLE, command, landing_file, run_arguments, shows_trace
from covid_lake.errors import SettingsError
from covid_lake.reading.lake import Lake
from covid_lake.runtime import java
from covid_lake.runtime.session import SEMANTICS, set_semantics

LEGACY = {
    "spark.sql.legacy.timeParserPolicy": "LEGACY",
    "spark.sql.legacy.charVarcharAsString": "true",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.session.timeZone": "Asia/Tokyo",
    "spark.sql.jsonGenerator.ignoreNullFields": "false",
    "spark.sql.csv.parser.columnPruning.enabled": "false",
    "spark.sql.files.ignoreCorruptFiles": "true",
}


def hostile(folder: Path) -> dict[str, str]:
    """An environment in which another Spark, Java and Hadoop have left all they could."""
    settings = folder / "conf"
    settings.mkdir()
    lines = [f"{name} {value}" for name, value in LEGACY.items()]
    lines += ["spark.eventLog.enabled true", "spark.eventLog.dir file:/nonexistent/spark-events"]
    lines += ["spark.driver.extraJavaOptions -Duser.timezone=Asia/Tokyo -XX:+NoSuchOption", "spark.master yarn"]
    (settings / "spark-defaults.conf").write_text("\n".join(lines) + "\n")
    (settings / "spark-env.sh").write_text("exit 3\n")
    (settings / "core-site.xml").write_text("<configuration><property><name>fs.defaultFS</name>")
    home = folder / "java" / "bin"
    home.mkdir(parents=True)
    (home / "java").write_text("no program")
    (home / "java").chmod(0o755)
    return {
        "SPARK_HOME": "/opt/spark-3.3.2",
        "SPARK_CONF_DIR": str(settings),
        "HADOOP_CONF_DIR": str(settings),
        "PYSPARK_SUBMIT_ARGS": "--master local[2]",
        "PYSPARK_PYTHON": "/nonexistent/python",
        "PYSPARK_GATEWAY_PORT": "1",
        "PYSPARK_GATEWAY_SECRET": "secret",
        "SPARK_LOCAL_DIRS": "/nonexistent/scratch",
        "SPARK_REMOTE": "sc://nowhere",
        "SPARK_CONNECT_MODE_ENABLED": "1",
        "SPARK_API_MODE": "connect",
        "SPARK_CLASSPATH": "/nonexistent.jar",
        "SPARK_DIST_CLASSPATH": "/nonexistent/*",
        "SPARK_LOCAL_IP": "192.0.2.1",
        "MASTER": "yarn",
        "JAVA_HOME": str(home.parent),
        "JAVA_TOOL_OPTIONS": "-Xmx16m -Duser.language=tr -Duser.timezone=Asia/Tokyo",
        "JDK_JAVA_OPTIONS": "-XX:+NoSuchOption",
        "_JAVA_OPTIONS": "-Dfile.encoding=ISO-8859-9",
        "TZ": "Asia/Tokyo",
    }


def test_another_sparks_environment_changes_nothing(tmp_path: Path) -> None:
    """A time that Spark 2's parser would have taken for 12:00 stays refused."""
    source, lake = landing_file(tmp_path / "in", ["2020-03-01 12:00:00"] * 39), tmp_path / "lake"
    with (source / DAY).open("a") as file:
        file.write(',,South,Germany,3/1/2020 12:0x,54,9,10,1,2,7,"South, Germany"\n')
    ended = command(*run_arguments(source, lake), changes=hostile(tmp_path))
    assert ended.returncode == 0, ended.stdout
    assert not shows_trace(ended.stdout), ended.stdout
    times = Lake(lake).sql(f"SELECT last_update, count(*) FROM covid19_trusted.{TABLE} GROUP BY 1").rows
    assert [(str(time)[:19], count) for time, count in times] == [("2020-03-01 12:00:00", 39)]
    reasons = Lake(lake).sql(f"SELECT reasons FROM covid19_quarantine.{TABLE}").rows
    assert ["last_update_unreadable" in str(reason) for (reason,) in reasons] == [True]


@pytest.fixture
def foreign_session(spark_on_java: SparkSession) -> Iterator[SparkSession]:
    """A session that somebody else has set up, as Glue's may be."""
    session = spark_on_java.newSession()
    for name, value in LEGACY.items():
        session.conf.set(name, value)
    yield session
    spark_on_java.createDataFrame([(1,)], "n int").collect()  # the tests' own session is the active one again


def test_a_session_of_glues_loses_what_others_settled(foreign_session: SparkSession) -> None:
    set_semantics(foreign_session)
    assert {name: foreign_session.conf.get(name) for name in SEMANTICS} == SEMANTICS
    assert foreign_session.conf.get("spark.sql.legacy.charVarcharAsString") != "true"
    text = foreign_session.createDataFrame([("3/1/2020 12:0x",)], "text string")
    assert text.select(F.expr("try_to_timestamp(text, 'M/d/yyyy H:mm')")).collect() == [(None,)]


def test_nothing_of_the_environment_reaches_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in hostile(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    passed = java._environment(tmp_path)
    assert passed["PYSPARK_PYTHON"] == sys.executable
    allowed = {
        "PYSPARK_PYTHON",
        "PYTHONPATH",
        "SPARK_LOCAL_IP",
        "SPARK_USER",
        "HADOOP_USER_NAME",
        "LC_ALL",
        "TMPDIR",
        java.ADDRESS_VARIABLE,
    }
    assert {name for name in passed if not name.startswith("AWS_")} <= allowed | set(java.PASSED_ON)
    assert (passed["AWS_REGION"], passed["SPARK_LOCAL_IP"], passed["LC_ALL"]) == (
        "eu-central-1",
        "127.0.0.1",
        "C.UTF-8",
    )
    java.leave_foreign_spark()
    assert not [name for name in os.environ if name.startswith(("SPARK_", "PYSPARK_"))]


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ("lots", "write a size with its unit, such as 4g or 3500m"),
        ("4096", "write a size with its unit"),
        ("-1g", "write a size with its unit"),
        ("256m", "Spark needs 512m or more"),
        ("0g", "Spark needs 512m or more"),
        ("900g", "and this machine has"),
    ],
)
def test_memory_that_cannot_be_had_is_told(size: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(java.MEMORY_VARIABLE, size)
    with pytest.raises(SettingsError, match=f"{java.MEMORY_VARIABLE} is '?{size}.*{message}"):
        java.driver_memory()


@pytest.mark.parametrize(("size", "megabytes"), [("512m", 512), ("1G", 1024), ("1gb", 1024), ("", 4096)])
def test_memory_in_any_unit(size: str, megabytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(java.MEMORY_VARIABLE, size)
    assert java.driver_memory() == megabytes


@pytest.mark.usefixtures("needs_java")
def test_options_for_java_are_added_and_never_change_what_rows_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(java.OPTIONS_VARIABLE, "-Dtrust='/a b/c.jks' -Duser.timezone=Asia/Tokyo")
    options = java.java_options()
    assert "-Dtrust=/a b/c.jks" in options
    assert options.index("-Duser.timezone=Asia/Tokyo") < options.index("-Duser.timezone=UTC")  # the last one counts


@pytest.mark.usefixtures("needs_java")
def test_options_with_which_java_does_not_start_are_told(tmp_path: Path) -> None:
    arguments = run_arguments(landing_file(tmp_path / "in"), tmp_path / "lake")
    ended = command(*arguments, changes={java.OPTIONS_VARIABLE: "-XX:+UseSerialGC"})
    assert ended.returncode == 1, ended.stdout
    assert "Multiple garbage collectors selected" in ended.stdout
    assert f"Look at {java.OPTIONS_VARIABLE}, which is '-XX:+UseSerialGC'" in ended.stdout


def test_options_that_cannot_be_split_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(java.OPTIONS_VARIABLE, "-Da='b")
    with pytest.raises(SettingsError, match=f"{java.OPTIONS_VARIABLE}.*close the quotation marks"):
        java.java_options()


def fake_java(folder: Path, complaint: str) -> str:
    """A home of a Java that says it is version 17, and ends with a complaint when it is to run something."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    version = "echo 'version \"17.0.1\"' >&2"
    program.write_text(f"#!/bin/sh\n[ \"$1\" = -version ] && {{ {version}; exit; }}\necho '{complaint}' >&2\nexit 1\n")
    program.chmod(0o755)
    return str(folder)


@pytest.mark.usefixtures("needs_java")
@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        ("Error: Could not reserve enough space for object heap", "set COVID_LAKE_DRIVER_MEMORY to less"),
        ("Error: libjvm.so: cannot open shared object file", "set JAVA_HOME to a Java 17 that works here"),
    ],
)
def test_a_java_that_does_not_start_is_told(complaint: str, advice: str, tmp_path: Path) -> None:
    source = landing_file(tmp_path / "in")
    home = fake_java(tmp_path / "java", complaint)
    changes = {"JAVA_HOME": home, "TMPDIR": str(tmp_path), java.OPTIONS_VARIABLE: None}
    ended = command(*run_arguments(source, tmp_path / "lake"), changes=changes)
    assert ended.returncode == 1, ended.stdout
    assert complaint in ended.stdout
    assert ended.stdout.count("starting Spark") == 1, ended.stdout
    assert advice in ended.stdout
    assert not shows_trace(ended.stdout), ended.stdout
    assert list(tmp_path.glob("covid-lake-spark-*")) == []


def test_no_java_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(java, "JAVA_HOMES", tmp_path)
    with pytest.raises(SettingsError, match=r"Spark needs Java 17.*JAVA_HOME"):
        java.find_java()
