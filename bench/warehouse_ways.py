"""One way of getting a star into PostgreSQL, from a cold process: `warehouse_ways.py load|copy|rows|jdbc WHAT URL`.

`WHAT` is the lake for `load`, and for the others a JSON file with the tables' names, columns and files. The peers
import nothing of the library, and write into the schema `copied`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa


def load(lake: str, url: str) -> None:
    from covid_lake.datasets.covid19.contracts import COVID19
    from covid_lake.publish.publisher import Published
    from covid_lake.publish.warehouse import WarehousePublisher
    from covid_lake.store.snapshots import current_snapshot
    from covid_lake.store.storage import LocalStorage
    from covid_lake.warehouse.connection import WarehouseConnection

    def no_engine() -> NoReturn:
        raise SystemExit("the load asked for an engine")

    storage = LocalStorage(lake)
    published = Published(storage, COVID19, current_snapshot(storage, COVID19.name), no_engine)
    WarehousePublisher(WarehouseConnection.from_url(url)).bring_up_to(published)


def copy(tables: str, url: str) -> None:
    import pyarrow as pa
    from pyarrow import csv

    def send(target: psycopg.Copy, batch: pa.RecordBatch) -> None:
        sink = pa.BufferOutputStream()
        csv.write_csv(batch, sink, csv.WriteOptions(include_header=False))
        target.write(sink.getvalue().to_pybytes())

    _copy_all(tables, url, "(FORMAT csv)", send)


def rows(tables: str, url: str) -> None:
    def send(target: psycopg.Copy, batch: pa.RecordBatch) -> None:
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            target.write_row(row)

    _copy_all(tables, url, "", send)


def jdbc(tables: str, url: str) -> None:
    """Spark's own writer, as its documentation shows it: no batch size, no number of connections, nothing compared."""
    from urllib.parse import urlsplit

    from pyspark.sql import SparkSession

    address = urlsplit(url)
    place = f"jdbc:postgresql://{address.hostname}:{address.port}{address.path}"
    properties = {
        "user": address.username or "",
        "password": os.environ["PGPASSWORD"],
        "driver": "org.postgresql.Driver",
    }
    jars = f"{os.environ['COVID_LAKE_BENCH_JARS']}/*"
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.extraClassPath", jars)
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    for table in json.loads(Path(tables).read_text()):
        frame = spark.read.parquet(*table["files"]).select(*table["columns"])
        frame.write.jdbc(place, f'copied."{table["name"]}"', mode="overwrite", properties=properties)
    spark.stop()


def _copy_all(tables: str, url: str, how: str, send: Callable[[Any, Any], None]) -> None:
    """Create and fill every table in one transaction."""
    import psycopg
    import pyarrow.dataset as ds

    with psycopg.connect(url, password=os.environ["PGPASSWORD"]) as opened:
        for table in json.loads(Path(tables).read_text()):
            columns = ", ".join(f'"{name}" {kind}' for name, kind in table["columns"].items())
            opened.execute(f'CREATE TABLE copied."{table["name"]}" ({columns})'.encode())
            files = ds.dataset(table["files"], format="parquet")
            with opened.cursor().copy(f'COPY copied."{table["name"]}" FROM STDIN {how}'.encode()) as target:
                for batch in files.to_batches(columns=list(table["columns"])):
                    send(target, batch)


if __name__ == "__main__":
    way, what, url = sys.argv[1:]
    {"load": load, "copy": copy, "rows": rows, "jdbc": jdbc}[way](what, url)
    print("finished", flush=True)
