"""Fetch the other pinned version of Redshift's JDBC driver, for tests: into .jars/redshift-VERSION, beside links to the
jars that `make setup ENGINE=spark` has fetched. COVID_LAKE_JARS=.jars/redshift-VERSION then starts Spark with it.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import urllib.request
from pathlib import Path

import pyspark

MAVEN_CENTRAL = "https://repo1.maven.org/maven2/com/amazon/redshift/redshift-jdbc42"
ARTIFACT = "redshift-jdbc42"
# fetch_jars.py has the version that Spark gets otherwise. Both must have these checksums.
PINNED = {
    "2.1.0.33": "a780fcd4ece767d956850fa6c386bbb6f02176f87714c05b4c5ca6a98b7c1a78",
    "2.3.0": "133009e292b583654c45e37bce15947d4e17a60a5804f730cb8abd22320b4295",
}
OTHER = "2.3.0"
TIMEOUT_SECONDS = 60
JARS = Path(__file__).resolve().parents[1] / ".jars"


def main() -> int:
    spark = f"spark-{pyspark.__version__}"
    of_setup = sorted((JARS / spark).glob("*.jar"))
    given = [jar for jar in of_setup if jar.name.startswith(ARTIFACT)]
    if not given:
        print(f"{JARS / spark} has no driver of Redshift; run 'make setup ENGINE=spark' first", file=sys.stderr)
        return 1
    target = JARS / f"redshift-{OTHER}" / spark
    try:
        for jar in given:
            _require(jar.read_bytes(), jar.stem.removeprefix(f"{ARTIFACT}-"))
        fetched = target / f"{ARTIFACT}-{OTHER}.jar"
        content = fetched.read_bytes() if fetched.is_file() else _fetch(OTHER)
        _require(content, OTHER)
    except (OSError, ValueError) as error:
        print(f"Redshift's driver could not be fetched: {error}", file=sys.stderr)
        return 1
    _write(target, content, [jar for jar in of_setup if jar not in given])
    return 0


def _fetch(version: str) -> bytes:
    url = f"{MAVEN_CENTRAL}/{version}/{ARTIFACT}-{version}.jar"
    print(f"fetching {url}", flush=True)
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - an https address
        return bytes(answer.read())


def _require(content: bytes, version: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != PINNED.get(version):
        raise ValueError(f"version {version} has the checksum {found}, and {PINNED.get(version)} is pinned")


def _write(target: Path, driver: bytes, others: list[Path]) -> None:
    """Make the folder aside: what was interrupted is never taken for complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / target.name
        made.mkdir()
        for jar in others:
            (made / jar.name).symlink_to(jar)
        (made / f"{ARTIFACT}-{OTHER}.jar").write_bytes(driver)
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


if __name__ == "__main__":
    raise SystemExit(main())
