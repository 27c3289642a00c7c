"""What other tools leave among landing files is passed over and told, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from covid_lake import paths
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.landing.arrivals import LandingResult
from covid_lake.landing.inventory import look_at_landing
from covid_lake.store.storage import LocalStorage
from lake_runs import land_files

JSON = "rearc-covid-19-testing-data/json/states_daily"
CSV = "rearc-covid-19-testing-data/csv/states_daily"
RECORD = b'{"date": 20200301, "state": "NY", "positive": 10, "death": 1}\n'
LEAVINGS = (
    "desktop.ini", "Thumbs.db", ".DS_Store", "._part-00000", "README.md", "README", "LICENSE", "_SUCCESS",
    "_committed_123", "_started_123", "_committed_vacuum1", "2020_$folder$", "_metadata", "_common_metadata",
    ".part-00000.json.crc", "part-00000.json.crc", "_delta_log/00000000000000000000.json", "_temporary/0/part-00000",
    "__MACOSX/part-00000.json", "part-00000.json~", "~$states.json", "states.json.md5", "SHA256SUMS", "index.html",
    "_manifest.json", "results.csv.metadata",
)  # fmt: skip


@pytest.mark.parametrize("folder", [JSON, CSV, "."])
def test_leavings_are_passed_over_and_named(folder: str, tmp_path: Path) -> None:
    source, lake = LocalStorage(tmp_path / "in"), LocalStorage(tmp_path / "lake")
    source.write(f"{JSON}/part-00000", RECORD)
    for name in LEAVINGS:
        if folder != "." or not name.startswith("."):
            source.write(f"{folder}/{name}".removeprefix("./"), b"x")
    result = land_files(lake, source.directory)
    assert (result.copied, result.refused, result.strays.of_no_table) == ((f"{JSON}/part-00000",), (), ())
    below = [stray.path for stray in result.strays.leavings]
    named = {f"{folder}/{name}".removeprefix("./") for name in LEAVINGS}
    if folder == ".":
        named = {name for name in named if not name.startswith(".") and not name.startswith(("_delta", "_temp", "__"))}
        assert named <= set(below)
    else:
        assert set(below) == named
    assert lake.list_files("quarantine") == []


def test_a_run_passes_over_those_in_the_landing_zone(tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    for name in ("part-00000.json", *LEAVINGS):
        lake.write(f"{paths.landing('covid19')}/{JSON}/{name}", RECORD)
    found = look_at_landing(lake, COVID19)
    assert set(found.files) == {f"{JSON}/part-00000.json"}
    assert {stray.path for stray in found.strays.leavings} == {f"landing/covid19/{JSON}/{name}" for name in LEAVINGS}
    assert found.strays.of_no_table == ()


@pytest.mark.parametrize("name", ["part-00000", "run-1-part-r-00000", "part-0.gz", "a.JSON", "b.jsonl", "c.ndjson.gz"])
def test_data_need_no_ending_in_a_json_folder(name: str, tmp_path: Path) -> None:
    result = landed(tmp_path, name, RECORD)
    if name.endswith(".gz"):
        assert result.refused[0].reason == "the name ends in .gz, but this is no gzip file"
    else:
        assert result.copied == (f"{JSON}/{name}",)


@pytest.mark.parametrize("name", ["_states.json", "_part-0.json.gz"])
def test_data_that_is_hidden_by_its_name_is_refused_and_not_passed_over(name: str, tmp_path: Path) -> None:
    assert landed(tmp_path, name, RECORD).refused[0].reason.startswith("a name that begins with _ is hidden")


def landed(folder: Path, name: str, content: bytes) -> LandingResult:
    """The landing of one file."""
    LocalStorage(folder / "in").write(f"{JSON}/{name}", content)
    return land_files(LocalStorage(folder / "lake"), folder / "in")
