"""Each check of the dataset finds nothing in tables that are right, and its violation in tables that are not."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pyarrow as pa
import pytest

from covid_lake.datasets.stedi.contracts import STEDI
from covid_lake.datasets.stedi.flow import FLOW
from covid_lake.store.arrow_files import arrow_schema
from covid_lake.store.questions import connect
from stedi_frames import Row

Tables = dict[str, list[Row]]

ANN, BOB, DEVICE = "a" * 64, "b" * 64, "c" * 64
TIME = {"sensor_reading_time": 10}
PAIR = {**TIME, "device_owner": ANN, "phone_owner": ANN, "x": 0.0, "y": 0.0, "z": 0.0}
FLAGS = {"is_same_customer": True, "is_after_consent": True}


def right_tables() -> Tables:
    """Ann and Bob agree and have readings; Cid agrees and has none."""
    people = [
        {"customer_id": name.lower(), "email": name, "serial_number": f"S-{name}", "share_with_research_as_of_date": 1}
        for name in ("Ann", "Bob", "Cid")
    ]
    return {
        "trusted.customer": people,
        "curated.customer": people[:2],
        "trusted.accelerometer": [
            {"user": user, "timestamp": 10, "x": x, "y": 0.0, "z": 0.0}
            for user, x in (("Ann", 0.0), ("Ann", 1.0), ("Bob", 0.0))
        ],
        "trusted.step_trainer": [{**TIME, "serial_number": "S-Ann"}, {**TIME, "serial_number": "S-Bob"}],
        "curated.machine_learning": [
            {**PAIR, **FLAGS},
            {**PAIR, **FLAGS, "x": 1.0},
            {**PAIR, "phone_owner": BOB},
            {**PAIR, "device_owner": BOB},
            {**PAIR, "device_owner": BOB, "x": 1.0},
            {**PAIR, **FLAGS, "device_owner": BOB, "phone_owner": BOB, "is_after_consent": False},
        ],
        "curated.machine_learning_strict": [
            {**TIME, "customer": ANN, "x": 0.0, "y": 0.0, "z": 0.0},
            {**TIME, "customer": ANN, "x": 1.0, "y": 0.0, "z": 0.0},
        ],
    }


CHECKS = {check.name: check.violations for step in FLOW.steps for check in step.checks}


def violations(name: str, tables: Tables) -> list[tuple[Any, ...]]:
    with closing(connect()) as connection:
        for table in STEDI.tables:
            schema = arrow_schema(table.columns)
            rows = [{column: row.get(column) for column in schema.names} for row in tables[table.id]]
            connection.register(f"rows_of_{table.zone}_{table.name}", pa.Table.from_pylist(rows, schema))
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.zone}")
            connection.execute(f"CREATE VIEW {table.id} AS FROM rows_of_{table.zone}_{table.name}")
        return connection.execute(f"SELECT * FROM ({CHECKS[name]})").fetchall()


@pytest.mark.parametrize("name", CHECKS)
def test_no_check_finds_fault_with_tables_that_are_right(name: str) -> None:
    assert violations(name, right_tables()) == []


def without_consent(tables: Tables) -> None:
    tables["trusted.customer"].append({"customer_id": "dan", "email": "Dan", "share_with_research_as_of_date": 0})


def reading_of_nobody(tables: Tables) -> None:
    tables["trusted.accelerometer"].append({"user": "ann"})


def reading_of_two_customers(tables: Tables) -> None:
    tables["trusted.customer"].append({"customer_id": "other", "email": "Ann"})


def customer_who_is_not_trusted(tables: Tables) -> None:
    tables["curated.customer"].append({"customer_id": "dan", "email": "Dan"})


def customer_without_readings(tables: Tables) -> None:
    tables["curated.customer"].append(tables["trusted.customer"][2])


def customer_who_is_missing(tables: Tables) -> None:
    tables["curated.customer"].pop()


def device_of_nobody(tables: Tables) -> None:
    tables["curated.customer"].append({"customer_id": "dan"})
    tables["trusted.step_trainer"].append({"serial_number": "S-Cid"})


def pair_that_stands_twice(tables: Tables) -> None:
    tables["curated.machine_learning"].append({**PAIR, "x": 1.0})


def pairs_that_are_missing(tables: Tables) -> None:
    tables["curated.machine_learning"].clear()


def one_pseudonym_for_two(tables: Tables) -> None:
    tables["curated.machine_learning"] = [{**row, "phone_owner": ANN} for row in tables["curated.machine_learning"]]


def a_pseudonym_for_each_row(tables: Tables) -> None:
    tables["curated.machine_learning"] = [
        {**row, "device_owner": f"{i:064}"} for i, row in enumerate(tables["curated.machine_learning"])
    ]


def e_mail_as_pseudonym(tables: Tables) -> None:
    tables["curated.machine_learning"].append({**PAIR, "phone_owner": "ann@example.com"})


def serial_number_as_pseudonym(tables: Tables) -> None:
    tables["curated.machine_learning"].append({**PAIR, "device_owner": "50f7b4f3-7af5-4b07-a421-7b902c8d2b7c"})


def strict_row_of_two_people(tables: Tables) -> None:
    tables["curated.machine_learning_strict"].append({**TIME, "customer": BOB, "x": 0.0, "y": 0.0, "z": 0.0})


def strict_row_that_is_missing(tables: Tables) -> None:
    tables["curated.machine_learning_strict"].pop()


@pytest.mark.parametrize(
    ("name", "spoil", "rows"),
    [
        ("customers_have_consent", without_consent, 1),
        ("readings_have_one_customer", reading_of_nobody, 1),
        ("readings_have_one_customer", reading_of_two_customers, 1),
        ("customers_are_trusted_with_readings", customer_who_is_not_trusted, 1),
        ("customers_are_trusted_with_readings", customer_without_readings, 1),
        ("customers_are_trusted_with_readings", customer_who_is_missing, 1),
        ("devices_are_of_curated_customers", device_of_nobody, 1),
        ("rows_are_all_pairs", pair_that_stands_twice, 1),
        ("rows_are_all_pairs", pairs_that_are_missing, 1),
        ("pseudonyms_are_as_many_as_customers", one_pseudonym_for_two, 1),
        ("pseudonyms_are_as_many_as_customers", a_pseudonym_for_each_row, 1),
        ("no_personal_field", e_mail_as_pseudonym, 1),
        ("no_personal_field", serial_number_as_pseudonym, 1),
        ("strict_rows_are_those_marked", strict_row_of_two_people, 1),
        ("strict_rows_are_those_marked", strict_row_that_is_missing, 1),
    ],
)
def test_a_check_finds_its_violation(name: str, spoil: Any, rows: int) -> None:
    tables = right_tables()
    spoil(tables)
    assert len(violations(name, tables)) == rows


def test_every_check_has_a_table_that_violates_it() -> None:
    (mark,) = test_a_check_finds_its_violation.pytestmark
    assert {name for name, _, _ in mark.args[1]} == set(CHECKS)
