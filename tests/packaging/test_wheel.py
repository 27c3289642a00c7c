"""The wheels hold the source trees: every module, and whatever SQL and CSV a dataset has."""

from __future__ import annotations

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from shutil import copytree, ignore_patterns
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("__pycache__", "*.egg-info", "build")


def build(project: Path, out: Path) -> ZipFile:
    """The wheel of a project, built as `pip` builds it."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(out), str(project)], check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    return ZipFile(wheel)


def files_of(tree: Path, package: str) -> set[str]:
    """The files of a package below `tree` that it consists of."""
    files = (path for path in (tree / package).rglob("*") if path.is_file())
    return {str(path.relative_to(tree)) for path in files if "__pycache__" not in path.parts}


def registered(wheel: ZipFile) -> dict[str, dict[str, str]]:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    parser = ConfigParser(delimiters=("=",))
    parser.read_string(wheel.read(name).decode())
    return {section: dict(parser[section]) for section in parser.sections()}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of what the library is built from, in which nothing was built before."""
    copy = tmp_path / "source"
    copytree(ROOT / "lib", copy / "lib", ignore=ignore_patterns(*GENERATED))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        (copy / name).write_bytes((ROOT / name).read_bytes())
    return copy


def test_the_wheel_holds_the_source_tree(source: Path, tmp_path: Path) -> None:
    # A dataset that nobody has written down anywhere, with files in folders of its own.
    extra = source / "lib" / "covid_lake" / "datasets" / "extra"
    for path in ("__init__.py", "contracts.py", "sql/queries/one.sql", "sql/checks/deep/two.sql", "codes/three.csv"):
        (extra / path).parent.mkdir(parents=True, exist_ok=True)
        (extra / path).write_text("")
    with build(source, tmp_path / "out") as wheel:
        held = {name for name in wheel.namelist() if name.startswith("covid_lake/")}
        found = registered(wheel)
    assert held == files_of(source / "lib", "covid_lake")
    assert found["console_scripts"] == {"covid-lake": "covid_lake.__main__:main"}
    assert found["covid_lake.datasets"]["covid19"] == "covid_lake.datasets.covid19"
    assert found["covid_lake.datasets"]["extra"] == "covid_lake.datasets.extra"


def test_the_wheel_of_the_generators_holds_them_and_nothing_else(tmp_path: Path) -> None:
    copytree(ROOT / "samples", tmp_path / "samples", ignore=ignore_patterns(*GENERATED))
    with build(tmp_path / "samples", tmp_path / "out") as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        found = registered(wheel)
    assert held == files_of(tmp_path / "samples", "covid_lake_samples")
    assert found["covid_lake.samples"]["covid19"] == "covid_lake_samples.covid19:GENERATOR"
