"""All engines, the same work, side by side: `python bench/run.py [--scale 1 10] [--engines …] [--data DIR]`.

Each engine runs in a fresh process on two cores, in turn; the results are compared row for row, and unequal ones end
the run with a failure. Prints a table and writes the figures to `bench/results/`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, astuple
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from compare import FACT_CASES, WHOLE, Result, differences, undecided_records
from data import FEED, landing_zone, whole_landing_zone
from measure import Measurement, measure

HERE = Path(__file__).resolve().parent
PEERS = ("pandas", "polars", "duckdb")
LIBRARY = ("sail", "spark")
ENGINES = (*PEERS, *LIBRARY)
REAL_DATA = HERE.parent.parent / "shared" / "data"
TABLES = {"fact_cases": FACT_CASES, "whole": WHOLE}
TITLES = {"fact_cases": "landing to fact_cases", "whole": "whole run"}
# What the library's time on Sail may be at most for the whole run, as a multiple of a peer's.
MARKS = {1: {"duckdb": 1.5}, 10: {"duckdb": 1.5, "pandas": 1.1}}


def main() -> None:
    options = _options()
    source = next((folder for folder in (options.data / "jhu", options.data) if (folder / FEED).is_dir()), None)
    if source is None:
        print("no real files: made-up ones are read instead")
    figures = []
    unequal = False
    for what in options.what:
        for scale in options.scale:
            if what == "whole":
                landing = whole_landing_zone(options.work, source, options.data / "covid19-lake", scale)
            else:
                landing = landing_zone(options.work, source, scale)
            measured, results = _run_all(options, what, landing, scale)
            compared = _compare(results, TABLES[what])
            unequal |= bool(compared["differences"])
            figures.append({"what": what, "scale": scale, "engines": measured, **compared})
            _show(TITLES[what], scale, measured, compared)
    _write(options, "real files" if source else "generated files", figures)
    if unequal:
        raise SystemExit("the engines' results are not equal")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=int, nargs="+", default=[1, 10], help="how many times over the files stand")
    parser.add_argument("--what", nargs="+", choices=("fact_cases", "whole"), default=["fact_cases"])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--data", type=Path, default=REAL_DATA, help=f"holds jhu/{FEED}/, and covid19-lake/ for the whole run"
    )
    parser.add_argument("--work", type=Path, default=HERE / "work", help="where data and results lie meanwhile")
    parser.add_argument("--out", type=Path, help="where the figures go; bench/results/<time>.json otherwise")
    return parser.parse_args()


def _run_all(
    options: argparse.Namespace, what: str, landing: Path, scale: int
) -> tuple[dict[str, list[Measurement]], list[Result]]:
    """Engine after engine, and that as often as is asked for, so that a slow moment of the machine hits all alike."""
    measured: dict[str, list[Measurement]] = {engine: [] for engine in options.engines}
    results = [Result(engine, options.work / f"{what}-x{scale}" / engine) for engine in options.engines]
    for repeat in range(options.repeats):
        for result in results:
            shutil.rmtree(result.folder, ignore_errors=True)
            result.folder.mkdir(parents=True)
            one = measure(_command(result, what, landing), options.work / f"{result.engine}.log")
            measured[result.engine].append(one)
            print(f"{what} x{scale} {result.engine} run {repeat + 1}: {one.seconds:.2f} s", flush=True)
    return measured, results


def _command(result: Result, what: str, landing: Path) -> list[str]:
    if not result.is_lake:
        return [sys.executable, str(HERE / "peers" / f"{result.engine}_{what}.py"), str(landing), str(result.folder)]
    target = result.folder / "landing" / "covid19"
    shutil.copytree(landing, target, copy_function=os.link, ignore=shutil.ignore_patterns("complete"))
    tables = ["fact_cases"] if what == "fact_cases" else []
    return [sys.executable, str(HERE / "library_run.py"), result.engine, str(result.folder), *tables]


def _compare(results: list[Result], tables: Sequence[str]) -> dict[str, list[str]]:
    """Every engine against the first; a peer goes first, for only peers keep what was superseded."""
    first, *others = sorted(results, key=lambda result: result.is_lake)
    left_out = [] if first.is_lake else undecided_records(first, tables)
    found = [text for other in others for text in differences(first, other, tables, left_out)]
    return {
        "equal": [] if found else [first.engine, *(other.engine for other in others)],
        "tables": list(tables),
        "differences": found,
        "left_out": [f"{record.feed}: {record.record}" for record in left_out],
    }


def _show(what: str, scale: int, measured: dict[str, list[Measurement]], compared: dict[str, list[str]]) -> None:
    medians = {engine: statistics.median(one.seconds for one in runs) for engine, runs in measured.items()}
    print(f"\n{what}, x{scale}: median of {len(next(iter(measured.values())))} (least to most)")
    print(f"{'':8} {'seconds':>22} {'to exit':>8} {'cpu s':>7} {'peak MB':>8} {'x pandas':>9} {'x duckdb':>9}")
    for engine, runs in measured.items():
        times = sorted(one.seconds for one in runs)
        spread = f"{medians[engine]:.2f} ({times[0]:.2f} to {times[-1]:.2f})"
        ratios = [f"{medians[engine] / medians[peer]:.2f}" if peer in medians else "" for peer in ("pandas", "duckdb")]
        _, to_exit, cpu, peak = (statistics.median(values) for values in zip(*map(astuple, runs), strict=True))
        print(f"{engine:8} {spread:>22} {to_exit:8.2f} {cpu:7.1f} {peak / 1e6:8.0f} {ratios[0]:>9} {ratios[1]:>9}")
    for peer, mark in MARKS.get(scale, {}).items() if "sail" in medians else ():
        if peer in medians:
            ratio = medians["sail"] / medians[peer]
            print(f"mark: at most {mark} x {peer}: {'kept' if ratio <= mark else 'MISSED'} ({ratio:.2f})")
    if len(measured) > 1:
        tables = len(compared["tables"])
        verdict = (
            f"EQUAL row for row, {tables} tables"
            if compared["equal"]
            else "NOT EQUAL\n  " + "\n  ".join(compared["differences"])
        )
        print(f"results: {verdict}")
    if compared["left_out"]:
        print(f"left out of the comparison, undecided: {len(compared['left_out'])} records, named in the figures")
    print()


def _write(options: argparse.Namespace, data: str, figures: list[dict[str, object]]) -> None:
    now = datetime.now(UTC)
    out = options.out or HERE / "results" / f"{now:%Y%m%dT%H%M%SZ}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    versions = {name: metadata.version(name) for name in ("pandas", "polars", "duckdb", "pyarrow", "pysail", "pyspark")}
    for figure in figures:
        engines = figure["engines"]
        assert isinstance(engines, dict)
        figure["engines"] = {engine: [asdict(one) for one in runs] for engine, runs in engines.items()}
    content = {
        "at": now.isoformat(timespec="seconds"),
        "data": data,
        "python": platform.python_version(),
        "versions": versions,
        "figures": figures,
    }
    out.write_text(json.dumps(content, indent=1) + "\n")
    print(f"figures: {out.relative_to(HERE.parent) if out.is_relative_to(HERE.parent) else out}")


if __name__ == "__main__":
    main()
