"""Run DDL by Spark with a Hive metastore of its own, and leave what the metastore then holds as pickle.

Arguments: a pickled list of statements, a file to write. Environment: HIVE_CLASS_PATH names the jars. It runs in a
process of its own: a session either has Hive's metastore from its start, or never.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

# When the table was last changed.
CHANGED = "transient_lastDdlTime"


def main(statements: str, out: str) -> None:
    here = Path(out).parent
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.driver.extraClassPath", os.environ["HIVE_CLASS_PATH"])
        .config("spark.driver.extraJavaOptions", f"-Dderby.system.home={here}")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", str(here / "warehouse"))
        .config("spark.hadoop.javax.jdo.option.ConnectionURL", "jdbc:derby:memory:metastore;create=true")
        .enableHiveSupport()
        .getOrCreate()
    )
    for statement in pickle.loads(Path(statements).read_bytes()):  # noqa: S301 - written by the test
        session.sql(statement)
    catalog = session._jsparkSession.sharedState().externalCatalog()
    found: dict[str, Any] = {}
    for database in [row.namespace for row in session.sql("SHOW NAMESPACES").collect() if row.namespace != "default"]:
        held = catalog.getDatabase(database)
        found[database] = (held.description(), held.locationUri().toString())
        for name in [row.tableName for row in session.sql(f"SHOW TABLES IN `{database}`").collect()]:
            found[f"{database}.{name}"] = _described(catalog.getTable(database, name))
    Path(out).write_bytes(pickle.dumps(found))
    session.stop()


def _described(table: Any) -> dict[str, Any]:
    """What the metastore holds of a table, in plain values."""
    storage, fields = table.storage(), table.schema().fields()
    return {
        "type": table.tableType().name(),
        "comment": table.comment().get(),
        "columns": [(one.name(), one.dataType().catalogString(), one.getComment().get()) for one in fields],
        "partitions": _list(table.partitionColumnNames()),
        "location": table.location().toString(),
        "input": storage.inputFormat().get(),
        "output": storage.outputFormat().get(),
        "serde": storage.serde().get(),
        "serde parameters": _map(storage.properties()),
        "parameters": {name: value for name, value in _map(table.properties()).items() if name != CHANGED},
    }


def _list(values: Any) -> list[str]:
    return [values.apply(i) for i in range(values.length())]


def _map(values: Any) -> dict[str, str]:
    pairs = values.toSeq()
    return {pairs.apply(i)._1(): pairs.apply(i)._2() for i in range(pairs.length())}


if __name__ == "__main__":
    main(*sys.argv[1:])
