"""Read the Iceberg tables of a lake on disk by Spark, in a process of its own, and leave their rows as pickle.

Arguments: the lake, a file to write, a tag. Environment: ICEBERG_CLASS_PATH names the jars. This uses nothing of the
library: it is what docs/catalog.md tells people to do.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections import Counter
from pathlib import Path

from pyspark.sql import SparkSession


def main(root: str, out: str, tag: str) -> None:
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.extraClassPath", os.environ["ICEBERG_CLASS_PATH"])
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
        .config("spark.sql.catalog.lake.type", "jdbc")
        .config("spark.sql.catalog.lake.uri", f"jdbc:sqlite:{root}/_catalog/iceberg.db")
        .config("spark.sql.catalog.lake.warehouse", root)
        .getOrCreate()
    )
    found: dict[str, tuple[list[str], Counter[object], int]] = {}
    for namespace in [row.namespace for row in session.sql("SHOW NAMESPACES IN lake").collect()]:
        for name in [row.tableName for row in session.sql(f"SHOW TABLES IN lake.{namespace}").collect()]:
            frame = session.table(f"lake.{namespace}.{name}")
            tagged = session.sql(f"SELECT count(*) FROM lake.{namespace}.{name} VERSION AS OF '{tag}'").head()
            rows = Counter(tuple(row) for row in frame.collect())
            found[f"{namespace}.{name}"] = (frame.columns, rows, tagged[0])
    Path(out).write_bytes(pickle.dumps(found))
    session.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
