"""The least that Spark takes here: the daily reports as text into Parquet by month, from a cold process.

No header is looked at, and nothing is typed, named, checked or told apart: what the library does comes on top.
Usage: `python bench/spark_floor.py [--scale 10] [--data DIR]`; the files are those of `bench/run.py`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from pyspark.sql import functions as F
from pyspark.sql import types as T

from covid_lake.runtime.session import local_session
from data import FEED, landing_zone

HERE = Path(__file__).resolve().parent
REAL_DATA = HERE.parent.parent / "shared" / "data"
MOST_FIELDS = 14


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, default=10, help="how many times over the reports stand")
    parser.add_argument("--data", type=Path, default=REAL_DATA, help=f"holds jhu/{FEED}/; made-up files without it")
    parser.add_argument("--work", type=Path, default=HERE / "work", help="where data and results lie meanwhile")
    options = parser.parse_args()
    source = options.data / "jhu"
    landing = landing_zone(options.work, source if (source / FEED).is_dir() else None, options.scale)
    began = time.monotonic()
    spark = local_session()
    started = time.monotonic()
    schema = T.StructType([T.StructField(f"field_{i}", T.StringType()) for i in range(MOST_FIELDS)])
    rows = spark.read.schema(schema).option("header", True).csv(f"{landing}/{FEED}/*.csv")
    name = F.substring_index("_metadata.file_path", "/", -1)
    dated = rows.withColumn("month", F.concat_ws("-", F.substring(name, 7, 4), F.substring(name, 1, 2)))
    by_month = dated.repartition("month").write.mode("overwrite").option("compression", "zstd").partitionBy("month")
    by_month.parquet(str(options.work / "floor"))
    print(f"session {started - began:.1f} s, with the reports written {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
