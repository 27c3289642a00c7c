"""Keep the classes that a run loads, parsed and verified, in .jars/spark-VERSION: Spark then starts in half the time.

A tiny sample is run for it, and Java's class data sharing writes down what was loaded. Java uses the archive as long as
itself and all jars are the ones that it was made with, and otherwise passes over it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pyspark

from covid_lake.datasets import registry
from covid_lake.engines.protocol import Engine
from covid_lake.engines.spark import SparkEngine
from covid_lake.landing.arrivals import land
from covid_lake.pipeline.listeners import Silent
from covid_lake.pipeline.run import Run
from covid_lake.runtime.java import MODULE_OPTIONS, class_archive, class_path, find_java, running_java
from covid_lake.runtime.session import local_session
from covid_lake.store.storage import LocalStorage
from covid_lake_samples.covid19 import MIN_DAYS, generate_sample


def main() -> int:
    archive = class_archive()
    mark = archive.with_suffix(".made-of")
    java = subprocess.run([find_java() / "bin" / "java", "-version"], capture_output=True, text=True, check=True).stderr
    used_with = [java, class_path(), *MODULE_OPTIONS]
    made_of = "\n".join([*used_with, *(f"{jar} {jar.stat().st_mtime_ns}" for jar in _jars(archive.parent))])
    if archive.is_file() and mark.is_file() and mark.read_text() == made_of:
        return 0
    archive.unlink(missing_ok=True)
    print("setup: archiving the classes that Spark loads (a minute, once)", flush=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        fresh = Path(folder, archive.name)
        _run_sample(Path(folder), fresh)
        ended = _end_java()
        if ended != 0 or not fresh.is_file():
            print(f"setup: Java wrote no archive (exit code {ended}); Spark starts slower without", file=sys.stderr)
            return 0
        fresh.replace(archive)
    mark.write_text(made_of)
    return 0


def _jars(own: Path) -> list[Path]:
    return sorted([*own.glob("*.jar"), *Path(pyspark.__file__).parent.joinpath("jars").glob("*.jar")])


def _run_sample(folder: Path, archive: Path) -> None:
    generate_sample(folder / "sample", days=MIN_DAYS, scale=0.05)
    lake = LocalStorage(folder / "lake")
    dataset = registry.dataset("covid19")
    land(dataset, [LocalStorage(folder / "sample")], lake, "landing")

    def engine() -> Engine:
        return SparkEngine(local_session(new_archive=archive))

    report = Run(registry.flow(dataset.name), lake, engine, Silent()).execute()
    if not report.succeeded:
        raise SystemExit(f"setup: the sample run failed: {'; '.join(report.faults)}")


def _end_java() -> int:
    """Wait until Java has ended, for it writes the archive last of all; returns its exit code."""
    java = running_java()
    local_session().stop()
    return java.end_by_itself() if java else 1


if __name__ == "__main__":
    sys.exit(main())
