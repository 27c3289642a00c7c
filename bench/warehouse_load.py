"""The load of a star into PostgreSQL beside psycopg's COPY of the same rows: `python bench/warehouse_load.py LAKE`.

Measured are, in turn and each in a fresh process (`bench/warehouse_ways.py`), on two cores for it and the server:

- `load`: what a run does for a warehouse that has nothing: every curated table staged, with its key, compared with the
  lake, and analyzed;
- `copy`: psycopg's COPY of the same rows, as Arrow reads them and writes them as CSV, into tables without keys;
- `rows`: the same with psycopg's `write_row`, row by row, as its documentation shows it;
- `jdbc`: Spark's plain `df.write.jdbc` of the same rows, into tables without keys. It needs an environment with Spark
  and its jars, which `make setup ENGINE=spark` makes.

`LAKE` is a folder with the star of covid19, such as `bench/work/whole-x1/spark` after `bench/run.py --what whole`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.reading.lake import Lake
from covid_lake.runtime import embedded_postgres
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import POSTGRESQL, quote
from measure import CORES, TICKS, Measurement, measure

HERE = Path(__file__).resolve().parent
WAYS = ("load", "copy", "rows", "jdbc")
SPARK = "4.1.1"
MARK = 1.2
BACKENDS_END_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Run:
    """One way, once."""

    client: Measurement
    server_cpu_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lake", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])  # the server inherits it
    with tempfile.TemporaryDirectory(prefix="covid-lake-bench-") as folder:
        Path(folder).chmod(0o755)  # root's server runs as another user
        directory = Path(folder) / "warehouse"
        tables = Path(folder) / "tables.json"
        tables.write_text(json.dumps(_tables(options.lake)))
        try:
            connection = embedded_postgres.start(directory)
            os.environ["PGPASSWORD"] = connection.password
            os.environ.setdefault("COVID_LAKE_BENCH_JARS", str(HERE.parent / ".jars" / f"spark-{SPARK}"))
            server = int((directory / "data" / "postmaster.pid").read_text().split()[0])
            measured: dict[str, list[Run]] = {way: [] for way in options.ways}
            for repeat in range(options.repeats):
                for way, runs in measured.items():
                    _empty(connection)
                    before = _cpu_seconds(server)
                    client = measure(_command(way, options.lake, tables, connection), Path(folder) / f"{way}.log")
                    runs.append(Run(client, _cpu_seconds(server) - before))
                    print(f"{way} run {repeat + 1}: {client.exit_seconds:.2f} s", flush=True)
        finally:
            embedded_postgres.stop(directory)
    _show(options.lake, measured)


def _tables(lake: Path) -> list[dict[str, object]]:
    """What the peers need to know of each table of the star: its name, columns and files."""
    opened = Lake(lake)
    return [
        {
            "name": table.name,
            "columns": {column.name: POSTGRESQL.type_of(column) for column in table.stored_columns},
            "files": [str(file) for file in opened.location(f"covid19_{table.id}").files],
        }
        for table in COVID19.star
    ]


def _command(way: str, lake: Path, tables: Path, connection: WarehouseConnection) -> list[str]:
    what = lake if way == "load" else tables
    python = str(HERE.parent / f".venv-spark-{SPARK}" / "bin" / "python") if way == "jdbc" else sys.executable
    return [python, str(HERE / "warehouse_ways.py"), way, str(what), connection.url]


def _empty(connection: WarehouseConnection) -> None:
    """Remove what the last one left, and write to disk what is still to be written."""
    with connection.connect() as opened:
        opened.autocommit = True
        schemas = ", ".join(quote(name) for name in ("covid19", "covid19_staging", "copied"))
        opened.execute(f"DROP SCHEMA IF EXISTS {schemas} CASCADE".encode())
        opened.execute("CREATE SCHEMA copied")
        opened.execute("CHECKPOINT")


def _cpu_seconds(server: int) -> float:
    """The processor time of the server's processes, those included that have ended."""
    time.sleep(BACKENDS_END_SECONDS)
    living = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    ticks = 0
    for pid, first, last in ((server, 11, 15), *((pid, 11, 13) for pid in living)):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += sum(map(int, fields[first:last]))
    return ticks / TICKS


def _show(lake: Path, measured: dict[str, list[Run]]) -> None:
    rows = sum(Lake(lake).dataset(f"covid19_{table.id}").count_rows() for table in COVID19.star)
    medians = {way: statistics.median(run.client.exit_seconds for run in runs) for way, runs in measured.items()}
    repeats = len(next(iter(measured.values())))
    print(f"\n{rows:,} rows in {len(COVID19.star)} tables: median of {repeats} (least to most)")
    for way, runs in measured.items():
        times = sorted(run.client.exit_seconds for run in runs)
        client, server = (
            statistics.median(values)
            for values in zip(*((run.client.cpu_seconds, run.server_cpu_seconds) for run in runs), strict=True)
        )
        spread = f"{medians[way]:.2f} s ({times[0]:.2f} to {times[-1]:.2f}), {rows / medians[way]:,.0f} rows/s"
        print(f"{way:6} {spread}, processor: {client:.1f} s, and {server:.1f} s of the server")
    for peer in ("copy", "rows", "jdbc"):
        if peer in medians and "load" in medians:
            ratio = medians["load"] / medians[peer]
            print(f"mark: at most {MARK} x {peer}: {'kept' if ratio <= MARK else 'MISSED'} ({ratio:.2f})")


if __name__ == "__main__":
    main()
