"""Keep the classes that a run loads, parsed and verified, in .jars/spark-VERSION: Spark then starts in half the time.

A tiny sample is run for it, and Java's class data sharing writes down what was loaded. Java uses the archive as long as
itself and all jars are the ones that it was made with, and otherwise passes over it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyspark
from pyspark import SparkContext

from covid_lake.datasets import registry
from covid_lake.datasets.covid19.sample import MIN_DAYS, generate_sample
from covid_lake.landing.arrivals import land
from covid_lake.pipeline.run import Run, Silent
from covid_lake.runtime.session import class_archive, find_java, local_session
from covid_lake.store.storage import LocalStorage

SECONDS_TO_WRITE = 120


def main() -> int:
    archive = class_archive()
    mark = archive.with_suffix(".made-of")
    java = subprocess.run([find_java() / "bin" / "java", "-version"], capture_output=True, text=True, check=True).stderr
    made_of = "\n".join([java, *(f"{jar} {jar.stat().st_mtime_ns}" for jar in _jars(archive.parent))])
    if archive.is_file() and mark.is_file() and mark.read_text() == made_of:
        return 0
    archive.unlink(missing_ok=True)
    print("setup: archiving the classes that Spark loads (a minute, once)", flush=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        fresh = Path(folder, archive.name)
        os.environ["SPARK_SUBMIT_OPTS"] = f"-XX:ArchiveClassesAtExit={fresh} -Xlog:cds=off -Xlog:cds+dynamic=off"
        _run_sample(Path(folder))
        ended = _end_java()
        if ended != 0 or not fresh.is_file():
            print(f"setup: Java wrote no archive (exit code {ended}); Spark starts slower without", file=sys.stderr)
            return 0
        fresh.replace(archive)
    mark.write_text(made_of)
    return 0


def _jars(own: Path) -> list[Path]:
    return sorted([*own.glob("*.jar"), *Path(pyspark.__file__).parent.joinpath("jars").glob("*.jar")])


def _run_sample(folder: Path) -> None:
    generate_sample(folder / "sample", days=MIN_DAYS, scale=0.05)
    lake = LocalStorage(folder / "lake")
    dataset = registry.dataset("covid19")
    land(dataset, [LocalStorage(folder / "sample")], lake, "landing")
    report = Run(registry.flow(dataset.name), lake, lambda brief: local_session(brief=brief), Silent()).execute()
    if not report.succeeded:
        raise SystemExit(f"setup: the sample run failed: {'; '.join(report.faults)}")


def _end_java() -> int:
    """Wait until Java has ended, for it writes the archive last of all; returns its exit code."""
    gateway = SparkContext._gateway
    local_session().stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    return gateway.proc.wait(SECONDS_TO_WRITE)


if __name__ == "__main__":
    sys.exit(main())
