"""Spark reads the Iceberg tables of a lake on disk by name, and they equal the lake."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.publish.catalog.iceberg import full_name, tag_of
from covid_lake.reading.lake import Lake
from covid_lake.runtime.java import find_java, jar_directory
from iceberg_lakes import bring_up, rows_of
from lake_runs import BuiltLake

SCRIPT = Path(__file__).resolve().parents[1] / "spark_iceberg.py"
SECONDS = 300


@pytest.mark.usefixtures("needs_java")
def test_spark_reads_every_table_and_as_of_a_run(built_lake: BuiltLake, tmp_path: Path) -> None:
    of_engine = jar_directory()
    jars = sorted(of_engine.with_name(f"iceberg-{of_engine.name}").glob("*.jar"))
    if not jars:
        pytest.skip("Iceberg's runtime for Spark is not here; 'make setup ENGINE=spark' fetches it")
    storage, out = built_lake.copy(tmp_path / "lake"), tmp_path / "rows.pickle"
    bring_up(storage, COVID19)
    tag = tag_of(built_lake.report.run_id)
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))},
        "ICEBERG_CLASS_PATH": os.pathsep.join(map(str, jars)),
        "JAVA_HOME": str(find_java()),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    command = [sys.executable, str(SCRIPT), storage.root, str(out), tag]
    done = subprocess.run(
        command, env=surroundings, capture_output=True, text=True, timeout=SECONDS, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found, lake = pickle.loads(out.read_bytes()), Lake(storage.root)  # noqa: S301 - written by the process above
    assert set(found) == {full_name(table) for table in COVID19.tables}
    for name, (columns, rows, tagged) in found.items():
        wanted = rows_of(lake.arrow(name), columns)
        assert wanted, name
        assert rows == wanted, name
        assert tagged == wanted.total(), name
