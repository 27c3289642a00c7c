"""The least that Spark takes here: the daily reports as text into Parquet by month, from a cold process.

No header is looked at, and nothing is typed, named, checked or told apart: what the library does comes on top.
Usage: `spark_floor.py LANDING_DIR OUT_DIR`, with a folder that `bench/run.py` made, such as `bench/work/data/real-x10`.
"""

from __future__ import annotations

import sys
import time

from pyspark.sql import functions as F
from pyspark.sql import types as T

from covid_lake.runtime.session import local_session
from data import FEED

MOST_FIELDS = 14


def main() -> None:
    landing, out = sys.argv[1:]
    began = time.monotonic()
    spark = local_session()
    started = time.monotonic()
    schema = T.StructType([T.StructField(f"field_{i}", T.StringType()) for i in range(MOST_FIELDS)])
    rows = spark.read.schema(schema).option("header", True).csv(f"{landing}/{FEED}/*.csv")
    name = F.substring_index("_metadata.file_path", "/", -1)
    dated = rows.withColumn("month", F.concat_ws("-", F.substring(name, 7, 4), F.substring(name, 1, 2)))
    by_month = dated.repartition("month").write.mode("overwrite").option("compression", "zstd").partitionBy("month")
    by_month.parquet(out)
    print(f"session {started - began:.1f} s, with the reports written {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
