"""Queries unpack landing files into a scratch folder, which is removed whatever becomes of the query."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest

from covid_lake.errors import LakeError
from covid_lake.reading import lake as lake_module
from covid_lake.reading.lake import Lake
from covid_lake.store.storage import LocalStorage

COUNTRIES = "landing/covid19/enigma-jhu/csv/1.csv.gz"
CONTENT = gzip.compress(b"Province_State,Country_Region,Last_Update\n,Chad,2020-03-01\n")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize(
    ("content", "query"),
    [
        (CONTENT, "SELECT country_region FROM covid19_landing.enigma_jhu"),
        (CONTENT, "SELECT CAST(country_region AS integer) FROM covid19_landing.enigma_jhu"),
        (CONTENT[:-9], "SELECT country_region FROM covid19_landing.enigma_jhu"),
    ],
    ids=["answered", "a value that can't be cast", "a damaged file"],
)
def test_nothing_unpacked_stays(
    content: bytes, query: str, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    LocalStorage(tmp_path / "lake").write(COUNTRIES, content)
    unpacked: list[Path] = []
    landing_query = lake_module.landing_query

    def watched(*arguments: object) -> str:
        try:
            return landing_query(*arguments)  # type: ignore[arg-type]
        finally:
            unpacked.extend(scratch.rglob("*.gz"))

    monkeypatch.setattr(lake_module, "landing_query", watched)
    try:
        answer = Lake(tmp_path / "lake").sql(query)
        assert answer.arrow.to_pylist() == [{"country_region": "Chad"}]
    except LakeError:
        assert "CAST" in query or content != CONTENT
    assert len(unpacked) == 1
    assert list(scratch.iterdir()) == []
