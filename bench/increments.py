"""What an increment costs beside the whole run: `python bench/increments.py [--scale 1 10] [--data DIR]`.

For each size: the whole covid19 run without the latest daily report; a run with nothing to do; a run with the latest
report added; a run with a report of another month corrected. Each in a fresh process on two cores. The session's start
alone is measured too, for what is compared is the work beyond it. In the end the lake must equal one that was built at
once from the same files.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import duckdb

from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.reading.lake import Lake
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import LocalStorage
from data import FEED, NAME, landing_zone, whole_landing_zone
from measure import Measurement, measure

HERE = Path(__file__).resolve().parent
REAL_DATA = HERE.parent.parent / "shared" / "data"
SESSION = """
import sys
from covid_lake.runtime.engine_choice import start_engine
start_engine(sys.argv[1]).session.range(1).count()
print("finished")
"""
# Each run is compared beyond the start of a session.
SESSION_START = "session's start"
# What an increment may cost at most beyond Spark's start, as a share of the whole run.
MARK = 0.1
# What an increment on Sail may take at most, in seconds, by the size of the data.
SECONDS = {1: 2.0, 10: 3.0}


def main() -> None:
    options = _options()
    figures = []
    for scale in options.scale:
        for engine in options.engines:
            measured = _measure(options, engine, scale)
            runs = {name: [asdict(one) for one in its] for name, its in measured.items()}
            figures.append({"scale": scale, "engine": engine, "runs": runs})
            _show(engine, scale, measured)
    out = options.out or options.work / "increments.json"
    out.write_text(json.dumps(figures, indent=1) + "\n")
    print(f"figures: {out}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, nargs="+", default=[1, 10], help="how many times over the reports stand")
    parser.add_argument("--engines", nargs="+", choices=("sail", "spark"), default=["sail", "spark"])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--reports-only", action="store_true", help="a lake of the daily reports alone")
    parser.add_argument("--data", type=Path, default=REAL_DATA, help=f"holds jhu/{FEED}/ and covid19-lake/")
    parser.add_argument("--work", type=Path, default=HERE / "work", help="where data and results lie meanwhile")
    parser.add_argument("--out", type=Path, help="where the figures go")
    return parser.parse_args()


def _measure(options: argparse.Namespace, engine: str, scale: int) -> dict[str, list[Measurement]]:
    reports, others = options.data / "jhu", options.data / "covid19-lake"
    if options.reports_only:
        landing = landing_zone(options.work, reports, scale)
    else:
        landing = whole_landing_zone(options.work, reports, others, scale)
    measured: dict[str, list[Measurement]] = {}

    def run(name: str, command: list[str]) -> None:
        one = measure([sys.executable, *command], options.work / "increments.log")
        measured.setdefault(name, []).append(one)
        print(f"x{scale} {engine} {name}: {one.seconds:.1f} s, {one.cpu_seconds:.1f} cpu s", flush=True)

    for _ in range(options.repeats):
        lake = options.work / f"increments-x{scale}"
        shutil.rmtree(lake, ignore_errors=True)
        shutil.copytree(landing, lake / "landing" / "covid19", copy_function=os.link)
        reports = lake / "landing" / "covid19" / FEED
        names = sorted(reports.glob("*.csv"), key=lambda file: datetime.strptime(file.stem, NAME))
        latest, earlier = names[-1], names[len(names) // 2]
        content = latest.read_bytes()
        latest.unlink()
        run_lake = [str(HERE / "library_run.py"), engine, str(lake)]
        run(SESSION_START, ["-c", SESSION, engine])
        run("whole run", run_lake)
        run("nothing to do", run_lake)
        latest.write_bytes(content)
        run("one new day", run_lake)
        lines = earlier.read_bytes().splitlines(keepends=True)
        earlier.unlink()
        earlier.write_bytes(b"".join(lines[:-1]))
        run("one corrected day", run_lake)
        _require_equal(options, engine, lake)
    return measured


def _require_equal(options: argparse.Namespace, engine: str, lake: Path) -> None:
    """Build the same files at once, and compare every table, row for row."""
    at_once = options.work / "increments-at-once"
    shutil.rmtree(at_once, ignore_errors=True)
    shutil.copytree(lake / "landing", at_once / "landing", copy_function=os.link)
    measure([sys.executable, str(HERE / "library_run.py"), engine, str(at_once)], options.work / "increments.log")
    built = current_snapshot(LocalStorage(lake), COVID19.name).tables
    differing = [
        table.id for table in COVID19.tables if table.id in built and _differ(lake, at_once, f"covid19_{table.id}")
    ]
    if differing:
        raise SystemExit(f"not what a full refresh gives: {', '.join(differing)}")
    print("the increments come to what a full refresh gives, row for row", flush=True)


def _differ(one: Path, other: Path, name: str) -> bool:
    connection = duckdb.connect()
    for side, root in (("a", one), ("b", other)):
        table = Lake(root).arrow(name)
        connection.register(side, table.drop_columns([c for c in ("run_id",) if c in table.column_names]))
    both = "(SELECT * FROM a EXCEPT ALL SELECT * FROM b) UNION ALL (SELECT * FROM b EXCEPT ALL SELECT * FROM a)"
    return bool(connection.execute(f"SELECT count(*) FROM ({both})").fetchall()[0][0])


def _show(engine: str, scale: int, measured: dict[str, list[Measurement]]) -> None:
    seconds, cpu = (
        {name: statistics.median(getattr(run, what) for run in runs) for name, runs in measured.items()}
        for what in ("seconds", "cpu_seconds")
    )
    print(
        f"\n{engine}, x{scale}, medians of {len(measured['whole run'])}; "
        "beyond the session's start as a share of the whole run"
    )
    print(f"{'':24} {'seconds':>9} {'cpu s':>9} {'of seconds':>11} {'of cpu s':>9}")
    for name in measured:
        shares = [
            (values[name] - values[SESSION_START]) / (values["whole run"] - values[SESSION_START])
            for values in (seconds, cpu)
        ]
        print(f"{name:24} {seconds[name]:9.1f} {cpu[name]:9.1f} {shares[0]:11.2f} {shares[1]:9.2f}")
        if name.startswith("one") and engine == "spark":
            print(f"  mark: at most {MARK}: {'kept' if shares[1] <= MARK else 'MISSED'}")
        elif name.startswith("one") and scale in SECONDS:
            print(f"  mark: at most {SECONDS[scale]} s: {'kept' if seconds[name] <= SECONDS[scale] else 'MISSED'}")
    print()


if __name__ == "__main__":
    main()
