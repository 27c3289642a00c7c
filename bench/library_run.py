"""The library itself, from a cold process: what `covid-lake run covid19 --only fact_cases` does to a lake.

Usage: `library_run.py ENGINE LAKE_DIR [TABLE ...]`. The files lie below `LAKE_DIR/landing/covid19` already. Without
tables the whole dataset is run. The engine is sail or spark.
"""

from __future__ import annotations

import sys
from functools import partial

from covid_lake.datasets.covid19.flow import FLOW
from covid_lake.pipeline.listeners import Silent
from covid_lake.pipeline.run import Request, Run
from covid_lake.runtime.engine_choice import chosen_engine, start_engine
from covid_lake.store.reports import RunReport, Status
from covid_lake.store.storage import LocalStorage


def run_lake(engine: str, lake: str, tables: tuple[str, ...]) -> RunReport:
    """Run the tables and all that they need; fails where a table did."""
    run = Run(FLOW, LocalStorage(lake), partial(start_engine, chosen_engine(engine)), Silent(), Request(only=tables))
    report = run.execute()
    failed = [f"{table.table}: {table.reason}" for table in report.tables if table.status == Status.FAILED]
    if failed:
        raise SystemExit("; ".join(failed))
    return report


def main() -> None:
    engine, lake, *tables = sys.argv[1:]
    report = run_lake(engine, lake, tuple(tables))
    for table in report.tables:
        if table.status == Status.PUBLISHED:
            print(
                f"{table.table}: {table.written} written, {table.superseded} superseded, {table.rejected} rejected, "
                f"{table.seconds} s"
            )
    print("finished", flush=True)


if __name__ == "__main__":
    main()
