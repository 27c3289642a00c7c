"""What an engine throws becomes a sentence that names the cause and the place."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from covid_lake.pipeline.engine_faults import describe_engine_fault


def fault_of_writing(spark: SparkSession, folder: Path, column: str) -> str:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever the engine throws
        spark.range(3).select(F.expr(column).alias("x")).write.parquet(f"file://{folder}")
    return describe_engine_fault(raised.value)


def test_a_place_that_cannot_be_written_to(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    said = fault_of_writing(spark, tmp_path / "file" / "version=1", "id")
    assert said.startswith("the engine gave up: ")
    assert str(tmp_path / "file") in said
    assert "\n" not in said


def test_a_task_that_fails_while_it_writes_names_the_folder(spark: SparkSession, tmp_path: Path) -> None:
    said = fault_of_writing(spark, tmp_path / "version=1", "CAST(raise_error(concat('no good: ', id)) AS STRING)")
    assert "no good: " in said
    assert "calling o" not in said
    assert "\n" not in said


def test_a_discreet_description_quotes_no_value(spark: SparkSession, tmp_path: Path) -> None:
    value = "CAST(raise_error(concat('jane', id)) AS STRING)"
    writer = spark.range(3).select(F.expr(value).alias("x")).write
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever the engine throws
        writer.parquet(f"file://{tmp_path / 'version=1'}")
    assert "jane" in describe_engine_fault(raised.value)
    said = describe_engine_fault(raised.value, is_discreet=True)
    assert "jane" not in said
    assert "its message is not kept" in said
    with pytest.raises(Exception) as collected:  # noqa: PT011 - whatever the engine throws
        spark.range(3).select(F.expr(value)).collect()
    assert "jane" not in describe_engine_fault(collected.value, is_discreet=True)


def test_a_discreet_description_says_what_is_no_value(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever the engine throws
        spark.range(3).write.parquet(f"file://{tmp_path / 'file' / 'version=1'}")
    assert str(tmp_path / "file") in describe_engine_fault(raised.value, is_discreet=True)


def test_a_fault_of_a_plan_quotes_no_value(spark_on_java: SparkSession) -> None:
    with pytest.raises(Exception) as planned:  # noqa: PT011 - whatever the engine throws
        spark_on_java.range(3).select("missing")
    assert "missing" in describe_engine_fault(planned.value, is_discreet=True)


def test_a_fault_of_pythons_own(spark: SparkSession) -> None:
    assert describe_engine_fault(ValueError("first\nsecond")) == "the engine gave up: ValueError: first"
