"""docs/catalog.md shows how a laptop's lake is opened by name; its examples are executed as they stand."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.store.storage import LocalStorage
from iceberg_lakes import bring_up, iceberg_extensions
from small_lake import cases, publish_rows

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "catalog.md").read_text(encoding="utf-8")
FACTS = "covid19_curated.fact_cases"
MARCH, APRIL = date(2020, 3, 31), date(2020, 4, 1)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lake, as the page has it, in which the examples run."""
    lake = LocalStorage(tmp_path / ".lake")
    for version, confirmed in (("1", 5), ("2", 6)):
        publish_rows(lake, version, {FACTS: [cases(1, MARCH, confirmed), cases(1, APRIL, confirmed + 10)]})
        bring_up(lake, COVID19)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def execute(named: str) -> dict[str, Any]:
    """Execute the example under a name in bold; returns its variables."""
    found = re.search(rf"^\*\*{named}\*\*.*?^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found, named
    # Where nothing may be fetched, the extensions come from PyPI.
    loads = "; ".join(f"duckdb.sql(\"LOAD '{extension}'\")" for extension in iceberg_extensions())
    variables: dict[str, Any] = {}
    exec(found[1].replace('duckdb.sql("LOAD iceberg")', loads), variables)  # noqa: S102 - the page's own text
    return variables


@pytest.mark.usefixtures("here")
def test_pyiceberg_opens_a_table_by_name_and_as_of_a_run() -> None:
    shown = execute("PyIceberg")
    assert shown["march"].to_pylist() == [{"region_key": 1, "confirmed": 6, "month": "2020-03"}]
    assert shown["tag"] == "run-2"
    assert sorted(shown["as_of_run"]["confirmed"].to_pylist()) == [6, 16]


@pytest.mark.usefixtures("here")
def test_duckdb_reads_the_newest_metadata() -> None:
    assert sorted(execute("DuckDB")["by_month"]) == [("2020-03", 6), ("2020-04", 16)]
