"""GlueContext over an ordinary Spark, its catalog's connections in the JSON file that GLUE_CONNECTIONS names.

As with the real one, a connection is a Java map (a missing entry is None, not a KeyError), all values are text, and a
connection that the catalog does not have is an exception of Java's.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession


class GlueContext:
    def __init__(self, spark_context: SparkContext) -> None:
        self._jvm: Any = spark_context._jvm
        self.spark_session = SparkSession.builder.getOrCreate()

    def extract_jdbc_conf(self, connection_name: str, catalog_id: str | None = None) -> Any:
        connections = json.loads(Path(os.environ["GLUE_CONNECTIONS"]).read_text())
        message = f"Connection {connection_name} not found. (Service: AWSGlue; Error Code: EntityNotFoundException)"
        self._jvm.java.util.Objects.requireNonNull(connections.get(connection_name), message)
        found = self._jvm.java.util.HashMap()
        for name, value in connections[connection_name].items():
            found.put(name, value)
        return found
