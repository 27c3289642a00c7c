"""The lock files: every package that the extras need is pinned, with hashes, and in one version."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib import metadata
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
LOCKS = sorted(REQUIREMENTS.glob("*.txt"))
SPARKS = sorted(REQUIREMENTS.glob("spark-*.txt"))
PIN = re.compile(r"([A-Za-z0-9._-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})*)")


def pins(path: Path) -> dict[str, tuple[str, int]]:
    """The version of each package, and how many hashes it has."""
    return {_normal(name): (version, hashes.count("--hash")) for name, version, hashes in PIN.findall(path.read_text())}


def asked_for(extra: str) -> set[str]:
    """The packages that the library itself needs, and those of one extra."""
    wanted = (text for text in metadata.requires("covid_lake") or () if "extra ==" not in text or f'"{extra}"' in text)
    return {_normal(re.split(r"[^A-Za-z0-9._-]", text)[0]) for text in wanted}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_every_line_is_a_pin_with_hashes(path: Path) -> None:
    rest = PIN.sub("", path.read_text())
    assert [line for line in rest.splitlines() if line.strip() and not line.lstrip().startswith("#")] == []
    assert [name for name, (_, hashes) in pins(path).items() if not hashes] == []


@pytest.mark.parametrize("lock", [REQUIREMENTS / "sail.txt", *SPARKS], ids=lambda path: path.stem)
def test_every_requirement_of_a_run_is_pinned(lock: Path) -> None:
    needed = asked_for("local" if lock.stem == "sail" else "spark")
    assert "duckdb" in needed
    assert "click" in needed
    assert needed - {**pins(REQUIREMENTS / "run.txt"), **pins(lock)}.keys() == set()


def test_files_that_are_installed_together_agree() -> None:
    versions = defaultdict(set)
    for lock in (lock for lock in LOCKS if lock.stem != "emulator"):  # it has an environment of its own
        for name, (version, _) in pins(lock).items():
            if name not in {"pyspark", "py4j"}:  # there are two of them, each in an environment of its own
                versions[name].add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("lock", SPARKS, ids=lambda path: path.stem)
def test_a_lock_of_spark_is_named_for_its_version(lock: Path) -> None:
    assert pins(lock)["pyspark"][0] == lock.stem.removeprefix("spark-")


def test_sail_has_the_client_of_the_spark_it_is_compared_with() -> None:
    both = pins(REQUIREMENTS / "spark-4.1.1.txt")
    sail = pins(REQUIREMENTS / "sail.txt")
    assert sail["pyspark-client"][0] == both["pyspark"][0]
    assert sail["pysail"][0] == both["pysail"][0]
    assert "pyspark" not in sail
