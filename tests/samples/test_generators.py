"""Generators of samples are found by entry points, and declare their own options."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from covid_lake.cli.main import main
from covid_lake.datasets import entry_points
from distributions import install

GROUP = "covid_lake.samples"
TINY = """
from dataclasses import dataclass
from covid_lake.datasets.samples import SampleGenerator, SampleOption

@dataclass
class Made:
    summary: str

def generate(out, *, seed, scale, progress, shelves, is_rare):
    progress("shelves", shelves, shelves)
    out.mkdir()
    (out / "books.csv").write_text("title")
    return Made(f"{shelves} shelves, {seed} {scale} {is_rare}")

GENERATOR = SampleGenerator(
    generate, 7, "Books on shelves.",
    (SampleOption("shelves", 3, "How many shelves."), SampleOption("is_rare", False, "Rare ones only.")),
)
"""


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_generator_of_another_distribution_has_options_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"tiny_sample_a.py": TINY}
    monkeypatch.syspath_prepend(
        install(tmp_path / "site", "tiny", {GROUP: {"books": "tiny_sample_a:GENERATOR"}}, files)
    )
    made = call("sample", "Books", "--out", tmp_path / "out", "--shelves", "5", "--is-rare", "--scale", "2")
    assert (made.exit_code, made.stderr) == (0, "")
    assert "5 shelves, 7 2.0 True" in made.stdout
    assert (tmp_path / "out" / "books.csv").read_text() == "title"
    assert "How many shelves.  [default: 3]" in call("sample", "books", "--help").stdout
    assert "--shelves" not in call("sample", "covid19", "--help").stdout
    both = call("sample", "--help").stdout
    assert ("Books on shelves." in both, "covid19" in both) == (True, True)


def test_a_generator_that_cannot_be_imported_names_its_distribution_and_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"tiny_sample_b.py": "import module_that_is_missing"}
    monkeypatch.syspath_prepend(install(tmp_path, "tiny", {GROUP: {"books": "tiny_sample_b:GENERATOR"}}, files))
    failed = call("sample", "books", "--out", tmp_path / "out")
    assert failed.exit_code == 2
    assert "'books' (tiny_sample_b:GENERATOR, from tiny 1.0) can't be imported" in failed.stderr
    assert "No module named 'module_that_is_missing'" in failed.stderr


def test_an_entry_point_that_is_no_generator_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install(tmp_path, "tiny", {GROUP: {"books": "json:dumps"}}))
    failed = call("sample", "books", "--out", tmp_path / "out")
    assert (failed.exit_code, "json:dumps is not a SampleGenerator" in failed.stderr) == (2, True)


def test_a_dataset_that_two_distributions_have_a_generator_for_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tiny", "other"):
        files = {f"{name}_sample_c.py": TINY}
        folder = install(tmp_path / name, name, {GROUP: {"books": f"{name}_sample_c:GENERATOR"}}, files)
        monkeypatch.syspath_prepend(folder)
    failed = call("sample", "books", "--out", tmp_path / "out")
    assert failed.exit_code == 2
    assert "tiny 1.0 (tiny_sample_c:GENERATOR)" in failed.stderr
    assert "other 1.0 (other_sample_c:GENERATOR)" in failed.stderr


def test_without_the_generators_the_command_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry_points, "registered", lambda group: {})
    failed = call("sample", "covid19", "--out", tmp_path / "out")
    assert (failed.exit_code, "pip install ./samples" in failed.stderr) == (2, True)


def test_listing_generators_imports_none() -> None:
    script = (
        "import sys; from covid_lake.datasets.samples import sample_names; print(*sample_names());"
        "print([name for name in sys.modules if name.startswith('covid_lake_samples')])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert ("covid19" in said.split("\n")[0], said.split("\n")[1]) == (True, "[]")
