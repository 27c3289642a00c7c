"""Landing files as text rows: by header, from every generation, with the file and the line that each came from."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame

from covid_lake.contracts import Column, DailyFiles, Dataset, Landing, Partitioning, Table, Type, Zone
from covid_lake.engines.protocol import Engine
from covid_lake.landing.inventory import refresh_inventory, unknown_columns
from covid_lake.runtime.engine_choice import SAIL, chosen_engine
from covid_lake.store.storage import LocalStorage, Storage, open_storage

pytestmark = pytest.mark.surroundings

THINGS = Table(
    "covid19",
    Zone.TRUSTED,
    "things",
    "A thing.",
    (
        Column("state", Type.TEXT, "State", ("Province_State", "Province/State"), required=True),
        Column("confirmed", Type.BIGINT, "Cases", ("Confirmed",)),
        Column("rate", Type.DOUBLE, "Rate", ("Incident_Rate", "Incidence_Rate")),
        Column("source_file", Type.TEXT, "File"),
    ),
    key=("state",),
    landing=Landing(csv=("things",), json=("things/json",)),
)
DATASET = Dataset("covid19", "Things", (THINGS,))


def read(engine: Engine, storage: Storage, contents: Mapping[str, str | bytes], table: Table = THINGS) -> DataFrame:
    for name, content in contents.items():
        stored = content.encode() if isinstance(content, str) else content
        storage.write(f"landing/covid19/things/{name}", stored)
    files = list(refresh_inventory(storage, DATASET).values())
    assert not [file for file in files if file.inspection.fault]
    return engine.read_landing(storage, table, files, with_lines=True)


@pytest.fixture
def lake(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path)


def test_header_generations_are_stacked_by_name(engine: Engine, lake: LocalStorage) -> None:
    files = {
        "1.csv": "Province/State,Confirmed\nHubei,444\n",
        "2.csv": "FIPS,Confirmed,Province_State\n53,1,Washington\n",
        "3.csv": "\ufeffProvince_State,Incidence_Rate,Confirmed\r\nTexas,1.5,2\r\n",
        "4.csv": '"PROVINCE_STATE",Confirmed,"Incident_Rate"\n"Utah, the",3,2.5\n',
    }
    expected = [
        ("Hubei", "444", None, "things/1.csv"),
        ("Washington", "1", None, "things/2.csv"),
        ("Texas", "2", "1.5", "things/3.csv"),
        ("Utah, the", "3", "2.5", "things/4.csv"),
    ]
    found = read(engine, lake, files).select("state", "confirmed", "rate", "source_file")
    wanted = engine.session.createDataFrame(expected, "state string, confirmed string, rate string, source_file string")
    assert_df_equality(found, wanted, ignore_row_order=True, ignore_nullable=True)


def daily_things() -> Table:
    """The table of things whose files hold a day each."""
    assert THINGS.landing is not None
    columns = (Column("seen_on", Type.DATE, "Day"), Column("month", Type.TEXT, "Month"))
    return replace(
        THINGS,
        columns=(*THINGS.columns, *columns),
        partitioning=Partitioning("month", month_of="seen_on"),
        landing=replace(THINGS.landing, daily=DailyFiles("%m-%d-%Y", "seen_on")),
    )


def test_a_record_of_a_daily_file_has_the_day_of_the_files_name(engine: Engine, lake: LocalStorage) -> None:
    names = ("01-22-2020.csv", "12-31-2021 (1).csv", "copy of 01-22-2020.csv")
    daily = daily_things()
    rows = read(engine, lake, dict.fromkeys(names, "Province_State\nTexas\n"), daily)
    found = {row["source_file"]: (row["seen_on"], row["month"]) for row in rows.collect()}
    assert found == {
        "things/01-22-2020.csv": (date(2020, 1, 22), "2020-01"),
        "things/12-31-2021 (1).csv": (date(2021, 12, 31), "2021-12"),
        "things/copy of 01-22-2020.csv": (None, None),
    }


def test_daily_json_files_may_have_different_keys(engine: Engine, lake: LocalStorage) -> None:
    files = {
        "json/01-22-2020.json": '{"Province_State": "Texas"}\n',
        "json/01-23-2020.json": '{"Confirmed": 5, "Province_State": "Utah"}\n',
    }
    rows = read(engine, lake, files, daily_things()).select("state", "confirmed", "seen_on").orderBy("state").collect()
    assert [tuple(row) for row in rows] == [("Texas", None, date(2020, 1, 22)), ("Utah", "5", date(2020, 1, 23))]


def test_a_short_row_has_nulls_where_it_ends(engine: Engine, lake: LocalStorage) -> None:
    rows = read(engine, lake, {"1.csv": "Confirmed,Province_State,Incident_Rate\n5,Texas\n6\n"})
    found = rows.select("state", "confirmed", "rate", "_surplus").orderBy("confirmed").collect()
    assert [tuple(row) for row in found] == [("Texas", "5", None, None), (None, "6", None, None)]


def test_a_long_row_is_flagged_in_every_generation(engine: Engine, lake: LocalStorage) -> None:
    files = {
        "1.csv": "Province_State,Confirmed\nTexas,5,7\nUtah,6\n",
        "2.csv": "Province_State,Confirmed,Incident_Rate\nIowa,5,0.5,x,y\nOhio,6,0.5\n",
    }
    rows = read(engine, lake, files).select("state", "_surplus", "rate").orderBy("state").collect()
    assert [tuple(row) for row in rows] == [
        ("Iowa", "x", "0.5"),
        ("Ohio", None, "0.5"),
        ("Texas", "7", None),
        ("Utah", None, None),
    ]


def test_columns_that_the_contract_does_not_know_stay_in_the_record(engine: Engine, lake: LocalStorage) -> None:
    rows = read(engine, lake, {"1.csv": "Province_State,Mood,\nTexas,fine,\n"})
    assert "Mood" not in rows.columns
    assert json.loads(rows.collect()[0]["_record"]) == {"Province_State": "Texas", "Mood": "fine"}
    assert unknown_columns(THINGS, refresh_inventory(lake, DATASET).values()) == ("Mood",)


def test_the_record_is_what_arrived_by_its_own_header(engine: Engine, lake: LocalStorage) -> None:
    files = {
        "1.csv": "Province/State,Confirmed\n Hubei ,\n",
        "2.csv": 'Confirmed,Province_State\n5,"a ""quoted"" name"\n',
    }
    records = {row["source_file"]: json.loads(row["_record"]) for row in read(engine, lake, files).collect()}
    assert records == {
        "things/1.csv": {"Province/State": " Hubei "},
        "things/2.csv": {"Confirmed": "5", "Province_State": 'a "quoted" name'},
    }


def test_equal_records_have_equal_hashes_and_others_have_not(engine: Engine, lake: LocalStorage) -> None:
    files = {"1.csv": "Province_State,Confirmed\nTexas,5\nTexas,5\nTexas,6\nTexas\n"}
    hashes = [row[0] for row in read(engine, lake, files).orderBy("_line").select("source_row_hash").collect()]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


@pytest.mark.parametrize("place", ["directory", "s3"])
def test_source_file_is_right_for_odd_names(place: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    engine: Engine = request.getfixturevalue("engine_on_s3" if place == "s3" else "engine")
    root = str(tmp_path)
    if place == "s3":
        import boto3

        boto3.client("s3").create_bucket(Bucket="odd-names")
        root = "s3://odd-names/a prefix"
    names = ["two words.csv", "100%.csv", "50%25.csv", "#1.csv", "d=1.csv", "a+b.csv", "{x}[y].csv", "ü.csv", "q?.csv"]
    names += ["a\u00a0b.csv", "😀.csv", "-x.csv", "x;'\".csv", "~.csv", "b\\s.csv", " .csv"]
    names += ["12:30.csv"] if place == "s3" else []
    contents = {name: f"Province_State\n{number}\n" for number, name in enumerate(names)}
    found = read(engine, open_storage(root), contents).select("source_file", "state").collect()
    assert {row["source_file"]: row["state"] for row in found} == {
        f"things/{name}": str(number) for number, name in enumerate(names)
    }


def test_line_is_the_line_in_the_file(engine: Engine, lake: LocalStorage) -> None:
    files = {
        "1.csv": "Province_State\na2\na3\na4\n",
        "2.csv": "Province_State,Confirmed\r\nb2,\r\nb3,\r\n",
        "3.csv.gz": gzip.compress(b"Province_State\nc2\nc3\n"),
    }
    lines = {row["state"]: row["_line"] for row in read(engine, lake, files).collect()}
    assert lines == {"a2": 2, "a3": 3, "a4": 4, "b2": 2, "b3": 3, "c2": 2, "c3": 3}


def test_line_is_known_where_records_are_no_lines_but_to_spark(engine: Engine, lake: LocalStorage) -> None:
    files = {
        "even.csv": "Province_State\na2\n",
        "blank.csv": "Province_State\n\nb3\n",
        "multiline.csv": 'Province_State,Confirmed\n"c\n2",5\nc4,\n',
    }
    lines = {row["state"]: row["_line"] for row in read(engine, lake, files).collect()}
    known = {"a2": 2, "b3": 3, "c\n2": 2, "c4": 4}
    assert lines == (known if chosen_engine() == SAIL else {**dict.fromkeys(known), "a2": 2})


@pytest.mark.usefixtures("spark_on_java")
def test_line_is_null_where_a_file_was_split(engine: Engine, lake: LocalStorage) -> None:
    content = "Province_State,Confirmed\n" + "".join(f"name {number:05},5\n" for number in range(2, 5002))
    engine.session.conf.set("spark.sql.files.maxPartitionBytes", "20000")
    try:
        rows = read(engine, lake, {"1.csv": content}).select("state", "_line").collect()
    finally:
        engine.session.conf.unset("spark.sql.files.maxPartitionBytes")
    assert len({row["state"] for row in rows}) == 5000
    numbered = [row for row in rows if row["_line"] is not None]
    assert 0 < len(numbered) < 5000
    assert all(row["state"] == f"name {row['_line']:05}" for row in numbered)


def test_json_is_read_by_key(engine: Engine, lake: LocalStorage) -> None:
    files = {
        "json/part-0": '{"Province_State":"Texas","Confirmed":5,"Mood":{"a":[1]}}\n{"Confirmed":6.0}\n',
        "json/part 1": '{"Incident_Rate":1.5,"Province/State":"Utah"}\n',
    }
    rows = read(engine, lake, files).select("state", "confirmed", "rate", "source_file", "_line", "_surplus")
    assert [tuple(row) for row in rows.orderBy("source_file", "_line").collect()] == [
        ("Utah", None, "1.5", "things/json/part 1", 1, None),
        ("Texas", "5", None, "things/json/part-0", 1, None),
        (None, "6.0", None, "things/json/part-0", 2, None),
    ]


def test_files_whose_keys_differ_in_case_are_read_apart(engine: Engine, lake: LocalStorage) -> None:
    files = {
        "json/1": '{"Province_State":"Texas","Confirmed":1}\n',
        "json/2": '{"province_state":"Utah","Confirmed":2}\n',
        "json/3": '{"PROVINCE_STATE":"Ohio","confirmed":3}\n',
        "json/4": '{"Province_State":"Iowa","confirmed":4}\n',
    }
    rows = read(engine, lake, files).select("state", "confirmed").orderBy("confirmed").collect()
    assert [tuple(row) for row in rows] == [("Texas", "1"), ("Utah", "2"), ("Ohio", "3"), ("Iowa", "4")]


def test_line_is_known_where_a_json_file_has_blank_lines_but_to_spark(engine: Engine, lake: LocalStorage) -> None:
    files = {"json/1": '{"Confirmed":1}\n\n{"Confirmed":2}\n', "json/2": '{"Confirmed":3}\r{"Confirmed":4}\r'}
    rows = read(engine, lake, files).select("confirmed", "_line").orderBy("confirmed").collect()
    first, second = (1, 3) if chosen_engine() == SAIL else (None, None)
    assert [tuple(row) for row in rows] == [("1", first), ("2", second), ("3", 1), ("4", 2)]


def test_keys_of_any_kind_are_fields(engine: Engine, lake: LocalStorage) -> None:
    line = '{"x.y":"1","`":"2","_corrupt_record":"3","source_file":"4","_c0":"5","é 😀":"6","_surplus":"7"," ":"8"}'
    assert json.loads(read(engine, lake, {"json/1": line}).collect()[0]["_record"]) == json.loads(line)


def test_a_very_long_field_is_read_whole(engine: Engine, lake: LocalStorage) -> None:
    rows = read(engine, lake, {"1.csv": f"Confirmed,Province_State\n1,{'y' * 2_000_000}\n"})
    assert rows.selectExpr("length(state)").collect()[0][0] == 2_000_000
