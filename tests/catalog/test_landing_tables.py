"""Landing files as Athena's tables: by position where files share a header, as lines where they don't, JSON by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from covid_lake.catalog.landing import (
    CSV_SERDE,
    JSON_SERDE,
    LINE_SERDE,
    OPENX_JSON_SERDE,
    column_names,
    default_header,
    landing_entries,
)
from covid_lake.contracts import Column, Csv, Folder, Landing, Parquet, Table, Type, Zone
from covid_lake.datasets import registry
from covid_lake.landing.formats.interface import Inspection
from covid_lake.landing.inventory import LandingFile, inspect_for
from covid_lake_samples.covid19 import generate_sample

COVID19 = registry.dataset("covid19")


def table_of(landing: Landing) -> Table:
    columns = (
        Column("id", Type.INT, "Number", ("Id",), required=True, nullable=False),
        Column("name", Type.TEXT, "Name", ("Full Name", "Name")),
    )
    return Table("toys", Zone.TRUSTED, "things", "A thing.", columns, ("id",), landing=landing)


def file_with(path: str, *header: str, types: tuple[str, ...] = (), **found: bool | int | str) -> LandingFile:
    return LandingFile(path, 1, "1", Inspection("sha", header, 1, types=types, **found))  # type: ignore[arg-type]


def test_csv_has_the_columns_of_its_files_header_in_their_order() -> None:
    table, view = landing_entries(
        table_of(Landing(csv=("things",))), [file_with("things/a.csv", "Full Name", "ID", "extra")]
    )

    assert [(one.name, one.type, one.comment) for one in table.columns] == [
        ("full_name", "string", "Name"),
        ("id", "string", "Number"),
        ("extra", "string", "extra: the contract has no such column"),
    ]
    assert table.layout.serde == CSV_SERDE
    assert table.layout.parameters == {"separatorChar": ",", "quoteChar": '"', "escapeChar": "\x01"}
    assert table.parameters == {"classification": "csv", "skip.header.line.count": "1"}
    assert table.location == "landing/toys/things"
    assert [one.name for one in view.columns] == ["id", "name", "source_file"]
    assert (view.database, view.name) == ("toys_landing", "things_typed")


def test_a_dialects_signs_go_to_the_serde_and_a_file_without_header_loses_no_line() -> None:
    form = Csv(delimiter=";", quote="'", escape="\\", names=("Id", "Name"))
    table, _ = landing_entries(table_of(Landing(folders=(Folder("things", form),))))

    assert table.layout.parameters == {"separatorChar": ";", "quoteChar": "'", "escapeChar": "\\"}
    assert table.parameters == {"classification": "csv"}
    assert [one.name for one in table.columns] == ["id", "name"]


def test_files_whose_headers_differ_are_lines() -> None:
    landing = Landing(csv=("things",))
    same = [file_with("things/a.csv", "Id", "Name"), file_with("things/b.csv", " id", "NAME")]
    other = [*same, file_with("things/c.csv", "Name", "Id")]

    assert [one.name for one in landing_entries(table_of(landing), same)[0].columns] == ["id", "name"]
    lines, view = landing_entries(table_of(landing), other)
    assert [one.name for one in lines.columns] == ["line"]
    assert lines.layout.serde == LINE_SERDE
    assert "skip.header.line.count" not in lines.parameters
    assert "regexp_extract_all" in view.sql


def test_a_feed_that_changes_its_header_is_lines_before_it_has_done_so() -> None:
    daily = COVID19.table(Zone.TRUSTED, "jhu_daily_reports")

    assert [one.name for one in landing_entries(daily)[0].columns] == ["line"]


def test_json_has_the_keys_of_all_files_and_a_serde_that_can_reach_them() -> None:
    landing = Landing(json=("things",))
    plain, _ = landing_entries(
        table_of(landing), [file_with("things/a.json", "Id"), file_with("things/b.json", "Name")]
    )
    odd, view = landing_entries(table_of(landing), [file_with("things/a.json", "Id", "Full Name")])

    assert plain.layout.serde == JSON_SERDE
    assert [one.name for one in plain.columns] == ["id", "name"]
    assert odd.layout.serde == OPENX_JSON_SERDE
    assert odd.layout.parameters == {
        "case.insensitive": "false",
        "ignore.malformed.json": "true",
        "mapping.id": "Id",
        "mapping.full_name": "Full Name",
    }
    assert '"full_name"' in view.sql


@pytest.mark.parametrize("found", [{"blank_lines": 1}, {"fault": "line 3 is no whole JSON object"}])
def test_a_line_that_is_no_json_ends_no_query(found: dict[str, bool | int | str]) -> None:
    files = [file_with("things/a.json", "Id"), file_with("things/b.json", **found)]

    table, _ = landing_entries(table_of(Landing(json=("things",))), files)

    assert table.layout.serde == OPENX_JSON_SERDE
    # Of a refused file nobody knows the keys.
    assert [one.name for one in table.columns] == ["id", "full_name"]


def test_parquet_keeps_names_and_types_of_its_files() -> None:
    landing = Landing(folders=(Folder("things", Parquet()),))
    table, view = landing_entries(
        table_of(landing), [file_with("things/a.parquet", "Id", "Full Name", types=("bigint", "timestamp_ntz"))]
    )

    assert [(one.name, one.type) for one in table.columns] == [("id", "bigint"), ("full name", "timestamp")]
    assert 'CAST("full name" AS varchar)' in view.sql


def test_the_folder_is_the_one_that_a_run_reads() -> None:
    table = table_of(Landing(csv=("new", "old")))

    assert landing_entries(table)[0].location == "landing/toys/new"
    assert landing_entries(table, [file_with("old/a.csv", "Id")])[0].location == "landing/toys/old"


@pytest.mark.parametrize(
    ("found", "warning"),
    [({"multiline": True}, "hold line ends"), ({"blank_lines": 2}, "Some lines are blank")],
)
def test_a_table_says_what_athena_reads_otherwise(found: dict[str, bool | int], warning: str) -> None:
    table = table_of(Landing(csv=("things",)))

    assert warning in landing_entries(table, [file_with("things/a.csv", "Id", **found)])[0].comment
    assert warning not in landing_entries(table, [file_with("things/a.csv", "Id")])[0].comment


def test_names_are_those_that_athena_supports() -> None:
    assert column_names(["Alpha-2 code", "Province/State", "", "Case", "case", "größe"]) == (
        "alpha_2_code",
        "province_state",
        "column_3",
        "case",
        "case_5",
        "gr_e",
    )


def landed_headers(source: Path) -> Iterator[tuple[Table, tuple[str, ...]]]:
    """Each table that declares its header, with that of each of its CSV files in a folder."""
    for table in (table for table in COVID19.tables if table.landing and table.landing.shares_header):
        for folder in table.landing.csv if table.landing else ():
            for file in sorted((source / folder).glob("*.csv*")):
                yield table, inspect_for(table, f"{folder}/{file.name}", lambda file=file: file.open("rb")).header


def test_the_contracts_headers_are_those_of_the_sample(tmp_path: Path) -> None:
    generate_sample(tmp_path, days=14, scale=0.02)
    found = list(landed_headers(tmp_path))

    assert len({table.name for table, _ in found}) == 10
    for table, header in found:
        declared = default_header(table, Csv())
        assert [name.casefold() for name in header] == [name.casefold() for name in declared], table.name


def test_the_contracts_headers_are_those_of_the_real_files(real_data: Path) -> None:
    found = list(landed_headers(real_data / "covid19-lake"))

    assert len({table.name for table, _ in found}) == 10
    for table, header in found:
        declared = default_header(table, Csv())
        assert [name.casefold() for name in header] == [name.casefold() for name in declared], table.name
