"""Refused files of a table that withholds records: no byte of them is written anywhere but in the landing zone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from covid_lake.contracts import Column, Dataset, Landing, Rule, Severity, Table, Type, Zone
from covid_lake.landing.arrivals import land
from covid_lake.landing.inventory import look_at_landing, refusal_reason
from covid_lake.store.storage import LocalStorage

NAME = "sean.abram@test.com"
CONSENT = Rule("no_consent", "agreed_on IS NULL", "the person did not agree", Severity.WITHHOLD)
PEOPLE = Table(
    "stedi",
    Zone.TRUSTED,
    "people",
    "A person.",
    (
        Column("email", Type.TEXT, "E-mail", ("email",), required=True),
        Column("agreed_on", Type.TEXT, "Day of consent", ("agreedOn",)),
    ),
    key=("email",),
    landing=Landing(csv=("people/csv",), json=("people/json",)),
    rules=(CONSENT,),
)
DATASET = Dataset("stedi", "People", (PEOPLE,))
RECORD = json.dumps({"email": NAME, "agreedOn": None}).encode()
GOOD = b'{"email": "anna@test.com", "agreedOn": "2022-06-18"}\n'
REFUSED = {
    "people/csv/no header.csv": (f"{NAME},\nx,y\n".encode(), "the header has no column email;"),
    "people/csv/twice.csv": (f"{NAME},{NAME}\nx,y\n".encode(), "column (not shown) stands more than once"),
    "people/csv/cut.csv": (f"email,agreedOn\n{NAME}".encode(), "the last line (2) has 1 of 2 fields"),
    "people/csv/other.csv": (f"email;agreedOn\n{NAME};\n".encode(), "the header has no column email; the fields"),
    "people/json/cut.json": (RECORD[:-1], "line 1 is no whole JSON object"),
    "people/json/twice.json": (
        f'{{"{NAME}": 1, "{NAME}": 2}}\n'.encode(),
        "line 1 has key (not shown) twice in one object",
    ),
    "people/json/case.json": (
        f'{{"email": 1, "{NAME}": 1}}\n{{"{NAME.upper()}": 2}}\n'.encode(),
        "keys (not shown) and (not shown) differ in nothing but case",
    ),
    "people/json/packed.json.gz": (gzip.compress(RECORD)[:-9], "the gzip stream breaks off before its end"),
    "people/json/array.json": (b"[" + RECORD + b"]", "the file holds a JSON array"),
}


def written_outside_landing(lake: LocalStorage) -> dict[str, bytes]:
    return {file.path: lake.read(file.path) for file in lake.list_files("") if not file.path.startswith("landing/")}


def test_landing_copies_no_refused_file_and_quotes_nothing_of_it(tmp_path: Path) -> None:
    source, lake = LocalStorage(tmp_path / "source"), LocalStorage(tmp_path / "lake")
    for path, (content, _) in REFUSED.items():
        source.write(path, content)
    source.write("people/json/good.json", GOOD)
    source.write("people/notes.txt", NAME.encode())
    result = land(DATASET, [source], lake, "r1")
    assert result.copied == ("people/json/good.json",)
    reasons = {refusal.path: refusal.reason for refusal in result.refused}
    assert reasons.keys() == REFUSED.keys()
    for path, (_, begin) in REFUSED.items():
        assert reasons[path].startswith(begin)
        assert reasons[path].endswith("no copy is kept, because trusted.people withholds records")
        assert NAME not in reasons[path].lower()
    assert [file.path for file in lake.list_files("landing")] == ["landing/stedi/people/json/good.json"]
    assert [path for path, content in written_outside_landing(lake).items() if NAME.encode() in content.lower()] == []
    assert lake.list_files("quarantine") == []


def test_a_look_at_the_landing_zone_keeps_nothing_of_a_refused_file(tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    for path, (content, _) in REFUSED.items():
        lake.write(f"landing/stedi/{path}", content)
    for _ in range(2):  # as it is seen first, and as the inventory gives it back
        found = look_at_landing(lake, DATASET).files
        reasons = {path: refusal_reason(PEOPLE, path, file.inspection) or "" for path, file in found.items()}
        assert {path for path in REFUSED if reasons[path].startswith(REFUSED[path][1].rstrip(";"))} == REFUSED.keys()
        assert NAME not in str(found).lower()
        assert NAME.encode() not in b"".join(written_outside_landing(lake).values()).lower()


@pytest.mark.parametrize("path", [path for path in REFUSED if "twice" in path or "case" in path])
def test_a_table_that_shows_its_records_says_which_name_is_wrong(path: str, tmp_path: Path) -> None:
    shown = Table("stedi", Zone.TRUSTED, "people", "A person.", PEOPLE.columns, PEOPLE.key, PEOPLE.landing)
    lake = LocalStorage(tmp_path)
    lake.write(f"landing/stedi/{path}", REFUSED[path][0])
    file = look_at_landing(lake, Dataset("stedi", "People", (shown,))).files[path]
    assert NAME in (refusal_reason(shown, path, file.inspection) or "")
