"""Traces: from rows of the star to the trusted rows that they are made of, and from these to their landing records."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest

from covid_lake import paths
from covid_lake.contracts import Column, Table, Type, Zone, column_for_header
from covid_lake.datasets import registry
from covid_lake.datasets.covid19 import contracts as c
from covid_lake.errors import QueryError, SettingsError, StorageError, TraceError, UnknownTable
from covid_lake.provenance.trace import Trace, trace, typed_value
from covid_lake.reading.lake import Lake
from covid_lake.store.storage import open_storage
from lake_runs import BuiltLake
from small_lake import cases, publish_rows

MEASURES = ("confirmed", "deaths", "recovered", "active")
CURATED = [str(table) for table in registry.tables_of("covid19", Zone.CURATED)]
TRUSTED = [str(table) for table in registry.tables_of("covid19", Zone.TRUSTED)]


@pytest.fixture(scope="module")
def lake(built_lake: BuiltLake) -> Lake:
    return Lake(built_lake.storage.root)


def sample(lake: Lake, name: str, size: int, where: str = "TRUE") -> list[dict[str, Any]]:
    """Rows of a table, spread over its keys."""
    rows = lake.sql(f"SELECT * FROM {name} WHERE {where}").arrow.to_pylist()
    key = registry.find_table(name).contract.key
    rows.sort(key=lambda row: tuple(row[column] for column in key))
    return rows[:: max(1, len(rows) // size)][:size]


def trace_row(lake: Lake, name: str, row: dict[str, Any]) -> Trace:
    key = registry.find_table(name).contract.key
    return trace(lake, name, {column: str(row[column]) for column in key})


def behind(traced: Trace, table: str, meaning: str = "") -> list[dict[str, Any]]:
    """The rows of one table right behind a row."""
    return [
        row
        for one in traced.behind
        if one.table.contract.name == table and meaning in one.meaning
        for row in one.rows.to_pylist()
    ]


def reports(traced: Trace) -> list[dict[str, Any]]:
    """The reports right behind a fact, the newspaper's cases called as the fact calls them."""
    rows = [row for one in traced.behind if one.table.zone is Zone.TRUSTED for row in one.rows.to_pylist()]
    return [{**row, "confirmed": row.get("confirmed", row.get("cases"))} for row in rows]


def total(rows: Iterable[dict[str, Any]], measure: str) -> int | None:
    """The sum as SQL has it: nothing where there is nothing to add."""
    values = [row[measure] for row in rows if row.get(measure) is not None]
    return sum(values) if values else None


def all_traces(traced: Trace) -> Iterator[Trace]:
    yield traced
    for one in traced.behind:
        yield from all_traces(one)


# --- sums ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["jhu_daily_reports", "enigma_jhu", "nytimes"])
def test_the_reports_behind_a_fact_add_up_to_it(source: str, lake: Lake) -> None:
    for row in sample(lake, "covid19_curated.fact_cases", 5, f"source = '{source}'"):
        traced = trace_row(lake, "covid19_curated.fact_cases", row)
        assert reports(traced)
        assert {measure: total(reports(traced), measure) for measure in MEASURES} == {m: row[m] for m in MEASURES}
        assert {int(f"{report['report_date']:%Y%m%d}") for report in reports(traced)} == {row["date_key"]}


def test_a_fact_of_two_reports_names_both(lake: Lake) -> None:
    """A region that a feed reports under two names on a day: no report is left out, and none is counted twice."""
    several = lake.sql(
        """
        SELECT b.region_key, t.report_date, count(*) AS n
        FROM covid19_trusted.enigma_jhu t
        JOIN covid19_curated.bridge_region b ON b.source = 'enigma_jhu' AND b.reported_id = t.region_id
        GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 3
        """
    ).arrow.to_pylist()
    for row in several:
        key = {"region_key": str(row["region_key"]), "date": str(row["report_date"]), "source": "enigma_jhu"}
        assert len(reports(trace(lake, "covid19_curated.fact_cases", key))) == row["n"]


def test_every_trusted_report_is_behind_exactly_one_fact(lake: Lake) -> None:
    """What the links give of a region's days is, taken together, what the feeds report of it, each once."""
    (region,) = sample(lake, "covid19_curated.dim_region", 1, "region_id = 'county:53033'")
    where = f"region_key = {region['region_key']} AND source <> 'nytimes'"
    facts = sample(lake, "covid19_curated.fact_cases", 10_000, where)
    found = [
        (one.table.contract.name, row["region_id"], row["report_date"])
        for fact in facts
        for one in trace_row(lake, "covid19_curated.fact_cases", fact).behind
        if one.table.zone is Zone.TRUSTED
        for row in one.rows.to_pylist()
    ]
    expected = lake.sql(
        " UNION ALL ".join(
            f"SELECT '{feed}', t.region_id, t.report_date FROM covid19_trusted.{feed} t JOIN "
            f"covid19_curated.bridge_region b ON b.source = '{feed}' AND b.reported_id = t.region_id "
            f"WHERE b.region_key = {region['region_key']}"
            for feed in ("jhu_daily_reports", "enigma_jhu")
        )
    ).rows
    assert len(found) > 20
    assert sorted(found) == sorted(expected)


def test_the_report_before_explains_the_differences(lake: Lake) -> None:
    rows = sample(lake, "covid19_curated.fact_cases", 6, "new_confirmed IS NOT NULL")
    for row in rows:
        traced = trace_row(lake, "covid19_curated.fact_cases", row)
        (before,) = behind(traced, "fact_cases")
        assert row["new_confirmed"] == row["confirmed"] - before["confirmed"]
        assert row["new_deaths"] == row["deaths"] - before["deaths"]
        days = date.fromisoformat(str(row["date_key"])) - date.fromisoformat(str(before["date_key"]))
        assert row["days_since_previous"] == days.days
        (its,) = [one for one in traced.behind if one.table.contract.name == "fact_cases"]
        assert total(reports(its), "confirmed") == before["confirmed"]
        assert not behind(its, "fact_cases")


def test_a_first_report_has_none_before(lake: Lake) -> None:
    for row in sample(lake, "covid19_curated.fact_cases", 3, "days_since_previous IS NULL"):
        assert not behind(trace_row(lake, "covid19_curated.fact_cases", row), "fact_cases")


def test_a_day_without_a_figure_is_passed_over(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    facts = [cases(1, date(2020, 3, day), n, deaths=day) for day, n in ((1, 5), (2, None), (3, None), (4, 9))]
    publish_rows(storage, "v1", {"covid19_curated.fact_cases": facts})
    traced = trace(Lake(tmp_path), "covid19_curated.fact_cases", {"date_key": "20200304"})
    assert [row["date_key"] for row in behind(traced, "fact_cases")] == [20200301, 20200303]


def test_without_a_lineage_a_row_is_shown_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "lineage", lambda dataset: ())
    storage = open_storage(str(tmp_path))
    publish_rows(storage, "v1", {"covid19_curated.fact_cases": [cases(1, date(2020, 3, 1), 5)]})
    traced = trace(Lake(tmp_path), "covid19_curated.fact_cases", {"date_key": "20200301"})
    assert (traced.rows.num_rows, traced.behind, traced.faults) == (1, (), ())
    assert traced.note == "covid19 declares no lineage for fact_cases, so the rows behind it are not known"


def test_a_trusted_row_needs_no_lineage_to_be_traced(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "lineage", lambda dataset: ())
    traced = trace(lake, "covid19_trusted.jhu_daily_reports", KING)
    assert (len(traced.arrivals[0].records), traced.note) == (1, "")


def test_a_states_cases_and_tests_are_behind_its_row(lake: Lake) -> None:
    for row in sample(lake, "covid19_curated.fact_covid", 5, "confirmed IS NOT NULL AND positive IS NOT NULL"):
        traced = trace_row(lake, "covid19_curated.fact_covid", row)
        facts = behind(traced, "fact_cases")
        assert {measure: total(facts, measure) for measure in MEASURES} == {m: row[m] for m in MEASURES}
        (of_cases,) = [one for one in traced.behind if one.table.contract.name == "fact_cases"]
        assert total(reports(of_cases), "confirmed") == row["confirmed"]
        assert not behind(of_cases, "fact_cases")
        (tests,) = behind(traced, "testing_states_daily")
        assert {name: tests[name] for name in ("positive", "negative", "hospitalized")} == {
            name: row[name] for name in ("positive", "negative", "hospitalized")
        }
        (state,) = behind(traced, "dim_region")
        assert (state["fips"], state["province_state"]) == (row["fips"], row["province_state"])


def test_a_testing_fact_is_its_report(lake: Lake) -> None:
    for row in sample(lake, "covid19_curated.fact_testing", 4):
        (report,) = behind(trace_row(lake, "covid19_curated.fact_testing", row), "testing_states_daily")
        assert {name: report[name] for name in row if name.endswith("ive")} == {
            name: row[name] for name in row if name.endswith("ive")
        }


def test_a_region_shows_where_names_coordinates_and_people_come_from(lake: Lake) -> None:
    regions = sample(lake, "covid19_curated.dim_region", 6, "region_key <> 0")
    regions += sample(lake, "covid19_curated.dim_region", 3, "level = 'state' AND population IS NOT NULL")
    regions += sample(lake, "covid19_curated.dim_region", 1, "region_id IN ('country:US')")
    regions += sample(lake, "covid19_curated.dim_region", 1, "region_id = 'county:US/New York/New York City'")
    for region in regions:
        traced = trace_row(lake, "covid19_curated.dim_region", region)
        assert behind(traced, "bridge_region", "names")
        assert total(behind(traced, "county_population"), "population") == region["population"]
        places = behind(traced, "bridge_region", "coordinates") or behind(traced, "country_code")
        found = (places[0]["latitude"], places[0]["longitude"]) if places else (None, None)
        assert found == (region["latitude"], region["longitude"])


def test_a_name_shows_the_reports_that_used_it_last(lake: Lake) -> None:
    for row in sample(lake, "covid19_curated.bridge_region", 8):
        traced = trace_row(lake, "covid19_curated.bridge_region", row)
        named = behind(traced, row["source"])
        assert named
        assert row["latitude"] is None or row["latitude"] in {round(one["latitude"] or 0, 10) for one in named}


def test_a_way_of_writing_a_region_shows_who_writes_it_so(lake: Lake) -> None:
    for row in sample(lake, "covid19_curated.region_names", 8):
        (its,) = trace_row(lake, "covid19_curated.region_names", row).behind
        assert its.table.contract.name == row["source"]
        written = its.rows.to_pylist()
        if row["source"] != "hospital_beds":
            assert {(one["region_id"], one["province_state"]) for one in written} == {
                (row["reported_id"], row["province_state"])
            }
        days = {row["last_report_date"], row["placed_date"] or row["last_report_date"]}
        assert {one.get("report_date") for one in written} == days


def test_a_name_without_code_shows_those_with_one(lake: Lake) -> None:
    rows = sample(lake, "covid19_curated.bridge_region", 3, "region_id <> reported_id")
    assert rows
    for row in rows:
        coded = behind(trace_row(lake, "covid19_curated.bridge_region", row), "bridge_region")
        assert {one["region_id"] for one in coded} == {row["region_id"]}


def test_a_hospital_shows_its_record_and_its_county(lake: Lake) -> None:
    (hospital,) = sample(lake, "covid19_curated.dim_hospital", 1, "region_key <> 0")
    traced = trace_row(lake, "covid19_curated.dim_hospital", hospital)
    assert [row["icu_beds"] for row in behind(traced, "hospital_beds")] == [hospital["icu_beds"]]
    assert [row["region_key"] for row in behind(traced, "dim_region")] == [hospital["region_key"]]


@pytest.mark.parametrize("name", CURATED)
def test_every_table_of_the_star_has_a_lineage(name: str, lake: Lake) -> None:
    has_unknown = "region_key" in registry.find_table(name).contract.column_names
    (row,) = sample(lake, name, 1, "region_key <> 0" if has_unknown else "TRUE")
    traced = trace_row(lake, name, row)
    assert traced.behind or traced.note
    assert traced.faults == ()


# --- landing -------------------------------------------------------------------------------------------------------


def landing_line(lake: Lake, file: str, line: int) -> tuple[list[str], list[str]]:
    """The header and the fields of a line, read by other means than the trace's."""
    content = lake.storage.read(f"{paths.landing('covid19')}/{file}")
    text = gzip.decompress(content) if file.endswith(".gz") else content
    lines = text.decode("utf-8-sig").splitlines()
    header, fields = csv.reader([lines[0], lines[line - 1]])
    return header, fields


def parses_back(table: Table, row: dict[str, Any], header: Sequence[str], fields: Sequence[str]) -> int:
    """How many values of the row were compared with the texts that they were read from."""
    compared = 0
    for name, text in zip(header, fields, strict=False):
        column = column_for_header(table.source_columns, name)
        if column and text.strip() and column.type in (Type.BIGINT, Type.DOUBLE):
            missing = column.null_tokens or table.landing.null_tokens  # type: ignore[union-attr]
            assert row[column.name] == (None if text.strip() in missing else float(text)), (name, text)
            compared += 1
    return compared


@pytest.mark.parametrize("name", TRUSTED)
def test_a_trusted_row_is_traced_to_the_line_that_it_was_read_from(name: str, lake: Lake) -> None:
    table = registry.find_table(name).contract
    compared = 0
    for row in sample(lake, name, 6):
        traced = trace_row(lake, name, row)
        (arrival,) = traced.arrivals
        assert (arrival.file, arrival.fault) == (row["source_file"], None)
        header, fields = landing_line(lake, arrival.file, arrival.records[0].line)
        assert next(csv.reader([arrival.records[0].text])) == fields
        assert [text or "" for text in arrival.records[0].fields.values()] == fields
        compared += parses_back(table, row, header, fields)
    assert compared or name == "covid19_trusted.state_abv"


def test_every_record_of_the_trusted_tables_is_found(lake: Lake) -> None:
    """Every hash that Spark wrote is that of a record, each on a line of its own."""
    for name in ("covid19_trusted.jhu_daily_reports", "covid19_trusted.enigma_jhu"):
        rows = sample(lake, name, 10_000, "fips = '53033'")
        arrivals = [trace_row(lake, name, row).arrivals[0] for row in rows]
        assert len({(arrival.file, arrival.records[0].line) for arrival in arrivals}) == len(rows) > 10


def test_what_was_superseded_or_refused_is_no_source(lake: Lake) -> None:
    """A record that another one replaced has another hash, and a refused one stands in no trusted table."""
    refused = lake.arrow("covid19_quarantine.jhu_daily_reports").to_pylist()
    assert refused
    for record in refused:
        fips = json.loads(record["record"])["FIPS"]
        rows = sample(lake, "covid19_trusted.jhu_daily_reports", 5, f"source_file = '{record['source_file']}'")
        rows += sample(
            lake,
            "covid19_trusted.jhu_daily_reports",
            9,
            f"source_file = '{record['source_file']}' AND fips = '{fips.zfill(5)}'",
        )
        for row in rows:
            (arrival,) = trace_row(lake, "covid19_trusted.jhu_daily_reports", row).arrivals
            assert record["line"] not in {found.line for found in arrival.records}


def test_of_two_records_of_a_grain_the_newer_is_the_source(lake: Lake) -> None:
    content = lake.storage.read("landing/covid19/rearc-covid-19-testing-data/csv/states_daily/states_daily.csv")
    records = list(csv.DictReader(io.StringIO(content.decode())))
    days: dict[tuple[str, str], list[tuple[int, dict[str, str]]]] = {}
    for line, record in enumerate(records, start=2):
        days.setdefault((record["state"], record["date"]), []).append((line, record))
    twice = {key: those for key, those in days.items() if len(those) > 1}
    assert twice
    for (state, day), those in twice.items():
        key = {"state": state, "report_date": date.fromisoformat(day).isoformat()}
        (arrival,) = trace(lake, "covid19_trusted.testing_states_daily", key).arrivals
        newest = max(record["dateModified"] for _, record in those)
        lines = [line for line, record in those if record["dateModified"] == newest]
        assert set(lines) >= {record.line for record in arrival.records}
        assert {record.fields["dateModified"] for record in arrival.records} == {newest}


def test_a_limit_bounds_what_is_given_and_not_what_is_walked(lake: Lake) -> None:
    key = {"region_id": "state:US/Texas", "date": "2020-02-05"}
    whole, short = (trace(lake, "covid19_curated.fact_covid", key, limit=limit) for limit in (None, 1))
    assert [one.total for one in all_traces(whole)] == [one.total for one in all_traces(short)]
    assert {one.rows.num_rows for one in all_traces(short)} == {1}
    assert max(one.total for one in all_traces(short)) > 1
    assert all(len(one.arrivals) == one.rows.num_rows for one in all_traces(whole) if one.table.zone is Zone.TRUSTED)


# --- a landing zone that moved on ----------------------------------------------------------------------------------

REPORT = "jhu-daily-reports/02-05-2020.csv"
KING = {"region_id": "county:53033", "report_date": "2020-02-05"}


@pytest.fixture
def changed(built_lake: BuiltLake, tmp_path: Path) -> Lake:
    return Lake(built_lake.copy(tmp_path / "lake").root)


def test_a_file_that_changed_is_named_and_the_record_shown_where_it_stands_now(changed: Lake) -> None:
    place = f"landing/covid19/{REPORT}"
    (before,) = trace(changed, "covid19_trusted.jhu_daily_reports", KING).arrivals
    header, rest = changed.storage.read(place).split(b"\n", 1)
    changed.storage.write(place, header + b"\n99999,Nowhere,Utah,US,2020-02-06 04:44:14,0,0,1,0,0,1,Nowhere\n" + rest)
    traced = trace(changed, "covid19_trusted.jhu_daily_reports", KING)
    (arrival,) = traced.arrivals
    assert arrival.records[0].line == before.records[0].line + 1
    assert traced.faults == (
        f"{place} has changed since covid19_trusted.jhu_daily_reports was built from it; bring the table up to date "
        "with: covid-lake run covid19",
    )


def test_a_record_that_is_gone_is_not_made_up(changed: Lake) -> None:
    place = f"landing/covid19/{REPORT}"
    changed.storage.write(place, changed.storage.read(place).replace(b",King,", b",Queen,"))
    (arrival,) = trace(changed, "covid19_trusted.jhu_daily_reports", KING).arrivals
    assert arrival.records == ()
    assert f"{place} has changed since" in str(arrival.fault)


def test_a_file_that_is_gone_is_named(changed: Lake, tmp_path: Path) -> None:
    (tmp_path / "lake/landing/covid19" / REPORT).unlink()
    traced = trace(changed, "covid19_trusted.jhu_daily_reports", KING)
    assert f"landing/covid19/{REPORT} cannot be read any more" in traced.faults[0]
    assert traced.rows.num_rows == 1


def test_a_damaged_table_is_a_fault_of_the_lake(changed: Lake, tmp_path: Path) -> None:
    for file in (tmp_path / "lake/curated/covid19/dim_hospital").rglob("*.parquet"):
        file.write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises((StorageError, QueryError)):
        trace(changed, "covid19_curated.dim_hospital", {"hospital_id": "7"})


def test_an_inventory_is_not_needed(changed: Lake, tmp_path: Path) -> None:
    (tmp_path / "lake/_landing/covid19.json").unlink()
    traced = trace(changed, "covid19_trusted.jhu_daily_reports", KING)
    assert (len(traced.arrivals[0].records), traced.faults) == (1, ())
    assert not (tmp_path / "lake/_landing/covid19.json").exists()


# --- what cannot be traced -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "key", "fault", "message"),
    [
        ("covid19_curated.fact_case", {}, UnknownTable, "did you mean covid19_curated.fact_cases"),
        ("covid19_landing.enigma_jhu", {}, SettingsError, "starts from a trusted or curated table"),
        ("covid19_quarantine.enigma_jhu", {}, SettingsError, "covid-lake quarantine show"),
        ("covid19_curated.fact_cases", {"place": "x"}, SettingsError, "has no column 'place', nor has a dim"),
        ("covid19_curated.fact_cases", {"date": "2020-02-31"}, SettingsError, "date=2020-02-31: '2020-02-31' is no"),
        ("covid19_curated.fact_cases", {"date_key": "May"}, SettingsError, "'May' is no int; write a number"),
        ("covid19_curated.dim_date", {"is_weekend": "1"}, SettingsError, "write true or false"),
        (
            "covid19_curated.fact_cases",
            {"region_id": "county:53033", "date": "2020-02-05"},
            TraceError,
            r"has [23] rows with region_id=county:53033 date=2020-02-05; they differ in source: say which one, as in "
            "source=enigma_jhu",
        ),
        (
            "covid19_curated.fact_testing",
            {"region_id": "state:US/Texas"},
            TraceError,
            "has 15 rows with region_id=state:US/Texas; they differ in date_key: say which one, as in date_key=2020",
        ),
        (
            "covid19_trusted.jhu_daily_reports",
            {"region_id": "county:00000", "report_date": "2020-02-05"},
            TraceError,
            "no row of covid19_trusted.jhu_daily_reports has region_id=county:00000 report_date=2020-02-05; "
            "none has region_id=county:00000",
        ),
        (
            "covid19_trusted.testing_states_daily",
            {"state": "TX", "province_state": "Utah"},
            TraceError,
            "each of these values is there, but no row has them all",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_traced_is_said(
    table: str, key: dict[str, str], fault: type[Exception], message: str, lake: Lake
) -> None:
    with pytest.raises(fault, match=message):
        trace(lake, table, key)


def test_a_table_that_was_never_built_has_nothing_to_trace(tmp_path: Path) -> None:
    with pytest.raises(UnknownTable, match="was not built"):
        trace(Lake(tmp_path), "covid19_curated.fact_cases", {"date": "2020-02-05"})


def test_a_decimal_is_given_exactly() -> None:
    price = Column("price", Type.DECIMAL, "Price", precision=4, scale=2)
    assert [typed_value(price, text) for text in ("1.5", "-99.99", "12.300", ".5", "7")] == [
        Decimal(text) for text in ("1.50", "-99.99", "12.30", "0.50", "7.00")
    ]
    for text in ("1.234", "100", "NaN", "Infinity", "1e1", "1,5", "", ".", "\u0661"):
        with pytest.raises(SettingsError, match=r"is no decimal\(4,2\); write a number"):
            typed_value(price, text)


def test_quotes_in_a_value_are_text(lake: Lake) -> None:
    with pytest.raises(TraceError, match="no row of"):
        trace(lake, "covid19_curated.dim_region", {"region_id": "x' OR '1'='1"})


# --- other places --------------------------------------------------------------------------------------------------


def test_a_lake_in_s3_is_traced_alike(built_lake: BuiltLake, lake: Lake, emulator: str) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="traced")
    for file in built_lake.storage.directory.rglob("*"):
        if file.is_file():
            client.upload_file(str(file), "traced", f"some/{file.relative_to(built_lake.storage.directory)}")
    key = {"region_id": "county:53033", "date": "2020-02-05", "source": "jhu_daily_reports"}
    here, there = (trace(one, "covid19_curated.fact_cases", key) for one in (lake, Lake("s3://traced/some")))
    assert there.faults == ()
    assert [one.rows for one in all_traces(there)] == [one.rows for one in all_traces(here)]
    assert [one.arrivals for one in all_traces(there)] == [one.arrivals for one in all_traces(here)]


def test_the_links_name_tables_and_columns_that_there_are() -> None:
    for lineage in registry.lineage("covid19"):
        for link in lineage.links:
            assert set(link.shows) <= set(link.table.column_names)
            known = {
                one.name for other in registry.lineage("covid19") if other.table is link.table for one in other.links
            }
            assert set(link.follow or ()) <= known
    assert {lineage.table for lineage in registry.lineage("covid19")} == set(c.COVID19.zone(Zone.CURATED))
