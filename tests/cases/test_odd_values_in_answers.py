"""Values that JSON has no word for are written as Athena shows them, in every format."""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from covid_lake.reading.answers import answer_of_arrow, answer_of_rows, format_answer


def written(expression: str) -> tuple[Any, str]:
    """The value of DuckDB's expression, out of JSON and out of CSV."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        answer = answer_of_arrow(connection.execute(f"SELECT {expression} AS x, 0 AS y").fetch_arrow_table())
    assert answer.columns == ("x", "y")
    in_csv = list(csv.reader(io.StringIO(format_answer(answer, "csv"))))[1][0]
    assert in_csv in format_answer(answer, "table")
    return json.loads(format_answer(answer, "json"), parse_float=Decimal)[0]["x"], in_csv


@pytest.mark.parametrize(
    ("expression", "in_json", "in_csv"),
    [
        ("map(['a'], [1])", {"a": 1}, '{"a": 1}'),
        ("map([1, 2], [true, NULL])", {"1": True, "2": None}, '{"1": true, "2": null}'),
        ("map([DATE '2020-01-02'], [[1]])", {"2020-01-02": [1]}, '{"2020-01-02": [1]}'),
        ("MAP {}", {}, "{}"),
        ("{'a': 1, 'b': {'c': DATE '2020-01-02'}}", {"a": 1, "b": {"c": "2020-01-02"}}, None),
        ("row(1, 'x')", {"field0": 1, "field1": "x"}, None),
        ("[INTERVAL 2 DAY, NULL]", ["2 00:00:00.000", None], None),
        ("INTERVAL 2 DAY", "2 00:00:00.000", "2 00:00:00.000"),
        ("INTERVAL '-1 day'", "-1 00:00:00.000", "-1 00:00:00.000"),
        ("INTERVAL '1 day' - INTERVAL '1 hour'", "0 23:00:00.000", "0 23:00:00.000"),
        ("INTERVAL 14 MONTH", "1-2", "1-2"),
        ("INTERVAL '1500 milliseconds'", "0 00:00:01.500", "0 00:00:01.500"),
        ("'e'::BLOB", "65", "65"),
        ("'hello'::BLOB", "68 65 6c 6c 6f", "68 65 6c 6c 6f"),
        ("1.10::DECIMAL(10,2)", Decimal("1.10"), "1.10"),
        ("12345678901234567890.12::DECIMAL(30,2)", Decimal("12345678901234567890.12"), "12345678901234567890.12"),
        ("170141183460469231731687303715884105727::HUGEINT", 170141183460469231731687303715884105727, None),
        ("9007199254740993", 9007199254740993, "9007199254740993"),
        ("TIME '12:34:56'", "12:34:56.000", "12:34:56.000"),
        ("TIMESTAMP '2020-01-02 03:04:05'", "2020-01-02 03:04:05.000", "2020-01-02 03:04:05.000"),
        ("TIMESTAMP '2020-01-02 03:04:05.000006'", "2020-01-02 03:04:05.000006", "2020-01-02 03:04:05.000006"),
        ("TIMESTAMPTZ '2020-01-02 03:04:05+00'", "2020-01-02 03:04:05.000 UTC", "2020-01-02 03:04:05.000 UTC"),
        ("'2020-01-02'::TIMESTAMP_NS", "2020-01-02 00:00:00.000", "2020-01-02 00:00:00.000"),
        ("DATE '10000-01-02'", "+10000-01-02", "+10000-01-02"),
        ("'nan'::DOUBLE", None, "NaN"),
        ("'-inf'::DOUBLE", None, "-Infinity"),
        ("['inf'::DOUBLE]", [None], "[null]"),
        ("0.1::FLOAT", Decimal("0.1"), "0.1"),
        ("'a'::ENUM('a')", "a", "a"),
        ("true", True, "true"),
        ("NULL::MAP(VARCHAR, INT)", None, ""),
    ],
)
def test_a_value_is_written_as_athena_shows_it(expression: str, in_json: Any, in_csv: str | None) -> None:
    assert written(expression) == (in_json, in_csv if in_csv is not None else json_text(in_json))


def json_text(value: Any) -> str:
    return json.dumps(value)


def test_values_of_the_warehouse_that_arrow_has_no_type_for_are_text() -> None:
    row = (uuid.UUID(int=3), Decimal("NaN"), 2**70, timedelta(days=2), time(1, 2, tzinfo=UTC), {"a": 1})
    (written,) = json.loads(format_answer(answer_of_rows(list("abcdef"), [row]), "json"))
    assert written == {
        "a": "00000000-0000-0000-0000-000000000003",
        "b": "NaN",
        "c": str(2**70),
        "d": "2 00:00:00.000",
        "e": "01:02:00.000",
        "f": {"a": 1},
    }


def test_a_column_in_several_pieces_is_one() -> None:
    pieces = pa.chunked_array([pa.array([b"e"]), pa.array([None, b"f"], pa.binary())])
    assert format_answer(answer_of_arrow(pa.table({"x": pieces, "y": [1, 2, 3]})), "csv") == "x,y\n65,1\n,2\n66,3\n"


def test_times_of_a_zone_keep_its_name() -> None:
    zoned = pa.array([datetime(2020, 1, 1, 12, tzinfo=UTC)], pa.timestamp("us", "America/New_York"))
    assert "2020-01-01 07:00:00.000 America/New_York" in format_answer(answer_of_arrow(pa.table({"x": zoned})), "csv")
