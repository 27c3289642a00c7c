"""The lock files: every package that the extras need is pinned, with hashes."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
ENGINES = sorted(REQUIREMENTS.glob("spark-*.txt"))
PIN = re.compile(r"([A-Za-z0-9._-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})*)")


def pins(path: Path) -> dict[str, tuple[str, int]]:
    """The version of each package, and how many hashes it has."""
    return {_normal(name): (version, hashes.count("--hash")) for name, version, hashes in PIN.findall(path.read_text())}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("path", [REQUIREMENTS / "lock.txt", *ENGINES], ids=lambda path: path.stem)
def test_every_line_is_a_pin_with_hashes(path: Path) -> None:
    rest = PIN.sub("", path.read_text())
    assert [line for line in rest.splitlines() if line.strip() and not line.lstrip().startswith("#")] == []
    assert [name for name, (_, hashes) in pins(path).items() if not hashes] == []


@pytest.mark.parametrize("engine", ENGINES, ids=lambda path: path.stem)
def test_every_requirement_is_pinned(engine: Path) -> None:
    locked = {**pins(REQUIREMENTS / "lock.txt"), **pins(engine)}
    needed = {_normal(re.split(r"[^A-Za-z0-9._-]", text)[0]) for text in metadata.requires("covid_lake") or ()}
    assert needed
    assert needed - locked.keys() == set()
    assert locked["pyspark"][0] == engine.stem.removeprefix("spark-")
