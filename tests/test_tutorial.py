"""docs/add-a-dataset.md does what it says: its files and commands, in an environment that holds wheels alone."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from covid_lake.runtime import embedded_postgres, java
from covid_lake.runtime.engine_choice import ENGINE_VARIABLE, SPARK, chosen_engine

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lib" / "covid_lake"
PAGE = (ROOT / "docs" / "add-a-dataset.md").read_text(encoding="utf-8")
FILE = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
# A block of commands, and the lines that its output has.
COMMANDS = re.compile(r"^```sh\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
MARK = "=== end of block"
SECONDS = 400
# Where the two packages and the command come from; the environment is still active. Without -P, Python would find
# `bakery` in the working directory.
ORIGINS = """
python -P -c 'import bakery, covid_lake; print(bakery.__file__, covid_lake.__file__, sep="\\n")'
command -v covid-lake
"""


@pytest.fixture
def surroundings() -> Iterator[Path]:
    """An empty folder that every user may enter: root's PostgreSQL runs as another user."""
    folder = Path(tempfile.mkdtemp(prefix="covid-lake-tutorial-")).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        embedded_postgres.stop(folder / "warehouse")
        shutil.rmtree(folder)


def lend_packages(venv: Path, folder: Path) -> None:
    """Let the environment find the packages of this one, without what this repository has installed here.

    They stand for what pip would fetch; no index is asked.
    """
    folder.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not re.match(r"covid_lake|__editable__|pip\b|__pycache__", entry.name):
            (folder / entry.name).symlink_to(entry)
    site = venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    site.mkdir(parents=True)
    (site / "lent.pth").write_text(f"{folder}\n")


def checkout(folder: Path) -> None:
    """A copy of what the library is built from."""
    shutil.copytree(ROOT / "lib", folder / "lib", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)


def environment(surroundings: Path) -> dict[str, str]:
    """Nothing of this process but where programs lie, the engine, and Java's options; pip stays off the network."""
    own = surroundings / "bin"
    own.mkdir()
    (own / "python3").write_text(f'#!/bin/sh\nexec "{sys._base_executable}" "$@"\n')
    (own / "python3").chmod(0o755)
    kept = ("HOME", "JAVA_HOME", "TMPDIR", java.OPTIONS_VARIABLE)
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        **({java.JARS_VARIABLE: str(java.jar_directory().parent)} if chosen_engine() == SPARK else {}),
        ENGINE_VARIABLE: chosen_engine(),
        "PATH": f"{own}{os.pathsep}{os.defpath}",
        "LC_ALL": "C.UTF-8",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # no isolation, however it reads
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "COVID_LAKE_DRIVER_MEMORY": "1g",
        "COVID_LAKE_WAREHOUSE_DIR": str(surroundings / "warehouse"),
    }


def plain(text: str) -> str:
    return " ".join(text.split())


def test_the_tutorial_does_what_it_says(surroundings: Path) -> None:
    bakery = surroundings / "bakery"
    for path, content in FILE.findall(PAGE):
        (bakery / path).parent.mkdir(parents=True, exist_ok=True)
        (bakery / path).write_text(content, encoding="utf-8")
    checkout(surroundings / "covid_lake")
    lend_packages(bakery / ".venv", surroundings / "lent")
    blocks = [(block, shown) for block, shown in COMMANDS.findall(PAGE)] + [(ORIGINS, "")]
    script = f'\necho "{MARK}"\n'.join(block for block, _ in blocks)
    if chosen_engine() == SPARK:
        script = script.replace("whl[local]", "whl[spark]")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=bakery,
        env=environment(surroundings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    outputs = done.stdout.split(f"{MARK}\n")
    assert len(outputs) == len(blocks)
    assert sum(shown != "" for _, shown in blocks) >= 5
    for (block, shown), output in zip(blocks, outputs, strict=True):
        said = iter(map(plain, output.splitlines()))
        for line in map(plain, shown.splitlines()):
            # Taking lines off the iterator asks for them in the order of the page.
            assert any(line in one for one in said), f"{block}\ndoes not show: {line}\n{output}"
    site = bakery / ".venv" / "lib"
    assert [Path(line).is_relative_to(site) for line in outputs[-1].split()[:2]] == [True, True]
    assert outputs[-1].split()[2:] == [str(bakery / ".venv" / "bin" / "covid-lake")]
    # The commands that had nothing to build started no engine.
    assert done.stdout.count(f"starting {chosen_engine().capitalize()}") == 1


def modules_that_name(*names: str, least: int = 1) -> set[str]:
    """The modules outside of datasets whose code names at least so many of these."""
    return {path for path, tree in core_modules().items() if len(named_in(tree) & set(names)) >= least}


def core_modules() -> dict[str, ast.Module]:
    """The library's modules by path, without those of its datasets."""
    files = {file.relative_to(PACKAGE).as_posix(): file for file in PACKAGE.rglob("*.py")}
    trees = {path: ast.parse(file.read_text(encoding="utf-8")) for path, file in files.items()}
    return {path: tree for path, tree in trees.items() if not re.match(r"datasets/\w+/", path)}


def named_in(tree: ast.Module) -> set[str]:
    """Names, imports with the parts of their modules, and texts that are a single word."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Constant(value=str(name)):
                found.add(name)
            case ast.ImportFrom(module=module, names=names):
                found |= {*(module or "").split("."), *(one.name for one in names)}
            case ast.Import(names=names):
                found |= {part for one in names for part in one.name.split(".")}
            case _:
                pass
    return found


def touched_by(what: str) -> set[str]:
    """The modules that the page names for an addition."""
    (row,) = re.findall(rf"^\| {what} \| (.*) \|$", PAGE, re.MULTILINE)
    return set(re.findall(r"`([\w/]+\.py)`", row))


def test_the_page_names_what_a_format_and_a_publisher_touch() -> None:
    # A module that names two formats has to know a third.
    by_contract = modules_that_name("Csv", "JsonLines", "Parquet", least=2)
    by_class = modules_that_name("CsvFiles", "JsonFiles", "ParquetFiles", least=2)
    assert by_contract | by_class == touched_by("landing format")
    own = {"publish/warehouse.py"}
    assert modules_that_name("WarehousePublisher") - own == touched_by("publisher")


def test_no_module_outside_of_a_dataset_names_it() -> None:
    own = {file.parent.name for file in PACKAGE.glob("datasets/*/__init__.py")}
    assert own
    assert modules_that_name(*own) == set()


def test_the_files_that_the_page_points_to_exist() -> None:
    links = set(re.findall(r"\]\(([^)#]+)\)", PAGE))
    assert links
    assert all((ROOT / "docs" / link).is_file() for link in links)
    _, _, pointers = PAGE.partition("## What else")
    for path in re.findall(r"`((?:\w+/)*\w+(?:\.py|/))`", pointers):
        assert (PACKAGE / path).exists() or (ROOT / path).exists(), path


@pytest.mark.parametrize("place", ["README.md", "docs/architecture.md"])
def test_other_pages_link_to_it(place: str) -> None:
    assert "add-a-dataset.md)" in (ROOT / place).read_text(encoding="utf-8")
