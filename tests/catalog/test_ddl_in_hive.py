"""Athena's DDL is Hive's: run as text by Spark with a Hive metastore, it makes what the publisher gives AWS Glue."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from covid_lake.catalog.descriptions import HiveTable
from covid_lake.catalog.glue_input import table_input
from covid_lake.catalog.landing import landing_entries
from covid_lake.catalog.rendering import render_tables
from covid_lake.catalog.tables import database_of, quarantine_table, stored_table
from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.runtime.java import find_java, jar_directory

SCRIPT = Path(__file__).resolve().parents[1] / "spark_hive.py"
SECONDS = 300
VERSION = "20200630T120000Z-1f9c"
# Hive adds this one to a table that doesn't name it.
OWN_SERDE_PARAMETERS = {"serialization.format": "1"}


def entries(dataset: str) -> Iterator[HiveTable]:
    """The tables of all zones as the publisher knows them, without a lake's own headers and versions."""
    for table in registry.dataset(dataset).tables:
        stored = stored_table(table)
        yield stored if table.partition_by else replace(stored, location=f"{stored.location}/version={VERSION}")
        if table.landing:
            yield landing_entries(table)[0]
            yield quarantine_table(table)


@pytest.mark.usefixtures("needs_java")
def test_the_metastore_holds_what_glue_gets(tmp_path: Path) -> None:
    of_engine = jar_directory()
    jars = sorted(of_engine.with_name(f"hive-{of_engine.name}").glob("*.jar"))
    if not jars:
        pytest.skip("Hive's reader of JSON is not here; 'make setup ENGINE=spark' fetches it")
    root = f"file:{tmp_path}/lake"
    texts = [text for name in registry.dataset_names() for text in render_tables(name, "athena", as_hive=True)]
    statements = [
        text.strip().rstrip(";").replace("${lake}", root).replace("${version}", VERSION)
        for text in texts
        if "CREATE OR REPLACE VIEW" not in text  # in Trino's SQL
    ]
    found = run(statements, jars, tmp_path)
    for name in registry.dataset_names():
        for zone in Zone:
            database = database_of(registry.dataset(name), zone)
            assert found.pop(database.name) == (database.comment, f"{root}/{database.location}")
        for entry in entries(name):
            assert found.pop(f"{entry.database}.{entry.name}") == as_held(entry, root)
    assert found == {}


def run(statements: list[str], jars: list[Path], folder: Path) -> dict[str, Any]:
    (folder / "statements.pickle").write_bytes(pickle.dumps(statements))
    out = folder / "found.pickle"
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))},
        "HIVE_CLASS_PATH": os.pathsep.join(map(str, jars)),
        "JAVA_HOME": str(find_java()),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    command = [sys.executable, str(SCRIPT), str(folder / "statements.pickle"), str(out)]
    done = subprocess.run(
        command, env=surroundings, capture_output=True, text=True, timeout=SECONDS, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = pickle.loads(out.read_bytes())  # noqa: S301 - written by the process above
    return found


def as_held(entry: HiveTable, root: str) -> dict[str, Any]:
    """What the publisher gives Glue, as the metastore shows it: partition columns behind the others, folders bare."""
    wanted = table_input(entry, root)
    storage = wanted["StorageDescriptor"]
    columns = [*storage["Columns"], *wanted["PartitionKeys"]]
    return {
        "type": "EXTERNAL",
        "comment": wanted["Description"],
        "columns": [(one["Name"], one["Type"], one["Comment"]) for one in columns],
        "partitions": [one["Name"] for one in wanted["PartitionKeys"]],
        "location": storage["Location"].rstrip("/"),
        "input": storage["InputFormat"],
        "output": storage["OutputFormat"],
        "serde": storage["SerdeInfo"]["SerializationLibrary"],
        "serde parameters": OWN_SERDE_PARAMETERS | storage["SerdeInfo"]["Parameters"],
        "parameters": dict(entry.parameters),
    }
