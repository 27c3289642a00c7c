"""What was refused, as it is listed and shown: records by rule, files with their reasons."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from covid_lake.datasets import registry
from covid_lake.errors import StorageError, UnknownTable
from covid_lake.landing.inventory import refresh_inventory
from covid_lake.provenance.refusals import find_quarantine, refused, refused_files, refused_records
from covid_lake.reading.lake import Lake
from covid_lake.store.storage import LocalStorage
from lake_runs import BuiltLake, land_files, report_of
from small_lake import publish_rows

STATES = "static-datasets/csv/state-abv/states_abv.csv"


@pytest.fixture(scope="module")
def lake(built_lake: BuiltLake) -> Lake:
    return Lake(built_lake.storage.root)


def refusal(file: str, line: int | None, *reasons: str, run_id: str = "v1") -> dict[str, Any]:
    return {
        "run_id": run_id,
        "table_name": "state_abv",
        "source_file": file,
        "line": line,
        "reasons": list(reasons),
        "record": json.dumps({"State": f"of line {line}"}),
    }


@pytest.fixture
def small(tmp_path: Path) -> Lake:
    rows = [
        refusal("b.csv", 3, "fips_not_a_code: fips is not a code", "cases_negative: cases is negative"),
        refusal("b.csv", 2, "cases_negative: cases is negative"),
        refusal("a.csv", None, "cases_unreadable: cases: can't read 'a: b' as bigint", run_id="v0"),
    ]
    publish_rows(
        LocalStorage(tmp_path),
        "v1",
        {"covid19_trusted.state_abv": [{"abbreviation": "TX"}]},
        {"covid19_trusted.state_abv": rows},
    )
    return Lake(tmp_path)


def test_refused_records_are_counted_as_the_run_counted_them(lake: Lake, built_lake: BuiltLake) -> None:
    listed = {one.table.contract.id: one for one in refused_records(lake, "covid19")}
    for report in built_lake.report.tables:
        found = listed.pop(report.table, None)
        assert (found.records if found else 0) == report.rejected
        assert (dict(found.by_rule) if found else {}) == report.rejected_by_reason
        assert found is None or found.run_id == built_lake.report.run_id
    assert not listed
    assert report_of(built_lake.report, "trusted.jhu_daily_reports").rejected > 0


def test_each_run_is_listed_by_itself_and_a_record_under_every_rule(small: Lake) -> None:
    older, newer = refused_records(small, "covid19")
    assert (older.run_id, older.records, older.by_rule) == ("v0", 1, {"cases_unreadable": 1})
    assert (newer.run_id, newer.records, newer.by_rule) == ("v1", 2, {"cases_negative": 2, "fips_not_a_code": 1})


def test_records_are_shown_as_they_arrived_in_the_order_of_their_files(small: Lake) -> None:
    answer = refused(small, "state_abv")
    assert answer.columns == ("source_file", "line", "reasons", "record", "run_id")
    assert [row[:2] for row in answer.rows] == [("a.csv", None), ("b.csv", 2), ("b.csv", 3)]
    assert json.loads(answer.rows[1][3]) == {"State": "of line 2"}
    assert len(answer.rows[2][2]) == 2


def test_records_are_chosen_by_rule_and_file(small: Lake) -> None:
    assert [row[1] for row in refused(small, "state_abv", rule="cases_negative").rows] == [2, 3]
    assert [row[1] for row in refused(small, "state_abv", rule="fips_not_a_code", file="b.csv").rows] == [3]
    with pytest.raises(UnknownTable, match=r"has no record of rule cases; there is: cases_negative \(2\), "):
        refused(small, "state_abv", rule="cases")
    with pytest.raises(UnknownTable, match=r"has no record of file c.csv; there is: b.csv \(2\), a.csv \(1\)$"):
        refused(small, "state_abv", file="c.csv")
    with pytest.raises(UnknownTable, match="no record of rule fips_not_a_code and file a"):
        refused(small, "state_abv", rule="fips_not_a_code", file="a.csv")


def test_what_is_shown_is_the_line_of_the_file(lake: Lake) -> None:
    for row in refused(lake, "jhu_daily_reports").arrow.to_pylist():
        text = lake.storage.read(f"landing/covid19/{row['source_file']}").decode("utf-8-sig").splitlines()
        header, fields = csv.reader([text[0], text[row["line"] - 1]])
        assert json.loads(row["record"]) == {name: field for name, field in zip(header, fields, strict=True) if field}


@pytest.mark.parametrize("name", ["state_abv", "STATE_ABV", "trusted.state_abv", "covid19_quarantine.state_abv"])
def test_a_table_may_be_called_without_its_database(name: str) -> None:
    assert str(find_quarantine(name)) == "covid19_quarantine.state_abv"


def test_an_unknown_table_is_told_with_close_names(small: Lake) -> None:
    with pytest.raises(UnknownTable, match=r"no table is called state_abvs; did you mean covid19_trusted.state_abv"):
        refused(small, "state_abvs")
    publish_rows(small.storage, "v2", {"covid19_trusted.hospital_beds": [{"hospital_id": 1}]})
    with pytest.raises(UnknownTable, match="no record of hospital_beds was refused"):
        refused(small, "hospital_beds")


def test_a_file_that_landing_refused_is_listed_with_its_reason(tmp_path: Path) -> None:
    source, lake = tmp_path / "source" / STATES, LocalStorage(tmp_path / "lake")
    source.parent.mkdir(parents=True)
    source.write_text("State,Abbreviation\nTexas,TX\nUt")
    land_files(lake, tmp_path / "source", run_id="run-1")
    (found,) = refused_files(Lake(lake.root), "covid19")
    assert (found.path, found.run_id) == (STATES, "run-1")
    assert "the last line (3) has 1 of 2 fields and no line end" in found.reason
    assert lake.read(found.location) == source.read_bytes()


def test_a_damaged_file_that_lies_in_the_landing_zone_is_listed_too(tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    lake.write(f"landing/covid19/{STATES}", b"Nation,Abbreviation\nTexas,TX\n")
    refresh_inventory(lake, registry.dataset("covid19"))
    (found,) = refused_files(Lake(tmp_path), "covid19")
    assert (found.path, found.run_id, found.location) == (STATES, None, f"landing/covid19/{STATES}")
    assert "the header has no column State" in found.reason


def test_a_reason_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    lake.write("quarantine/covid19/_files/run-1/a.csv.reason.json", b"{}")
    with pytest.raises(StorageError, match=r"a.csv.reason.json does not tell why"):
        refused_files(Lake(tmp_path), "covid19")


def test_an_empty_lake_has_refused_nothing(tmp_path: Path) -> None:
    assert refused_records(Lake(tmp_path), "covid19") == []
    assert refused_files(Lake(tmp_path), "covid19") == []
