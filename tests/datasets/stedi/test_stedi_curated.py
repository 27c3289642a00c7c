"""The curated tables out of a few trusted rows each: customers with readings, pairs, pseudonyms, the strict set."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from covid_lake.contracts import Zone
from covid_lake.datasets.stedi import contracts as c
from covid_lake.datasets.stedi import curated
from covid_lake.transforms.frames import conform
from covid_lake.transforms.pseudonyms import key_frame
from stedi_frames import KEY, Row, frame


def name_of(text: str) -> str:
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()


def person(name: str, consent: int, serial: str | None = None, shared: bool = False) -> Row:
    return {
        "customer_id": name.lower(),
        "email": name,
        "serial_number": serial or f"S-{name}",
        "is_serial_number_shared": shared,
        "share_with_research_as_of_date": consent,
    }


def phone(user: str, time: int, x: float = 0.0) -> Row:
    return {"user": user, "timestamp": time, "x": x, "y": 0.0, "z": 0.0}


def device(serial: str, time: int, distance: int = 200) -> Row:
    return {
        "serial_number": serial,
        "sensor_reading_time": time,
        "read_at": datetime.fromtimestamp(time, UTC),
        "distance_from_object": distance,
    }


def training_rows(
    spark: SparkSession, people: Sequence[Row], devices: Sequence[Row], phones: Sequence[Row]
) -> DataFrame:
    frames = {
        "curated.customer": frame(spark, c.CURATED_CUSTOMER, people),
        "trusted.step_trainer": frame(spark, c.STEP_TRAINER, devices),
        "trusted.accelerometer": frame(spark, c.ACCELEROMETER, phones),
        "keys.pseudonym": key_frame(spark, KEY),
    }
    return conform(curated.machine_learning(frames), c.MACHINE_LEARNING)


def facts(rows: DataFrame, *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in rows.select(*names).collect())


def test_a_customer_is_one_row_however_many_readings_there_are(spark: SparkSession) -> None:
    frames = {
        "trusted.customer": frame(spark, c.TRUSTED_CUSTOMER, [person("Ann", 1), person("Bob", 1)]),
        "trusted.accelerometer": frame(spark, c.ACCELEROMETER, [phone("Ann", 1), phone("Ann", 2), phone("Ann", 2)]),
    }
    found = conform(curated.customer(frames), c.CURATED_CUSTOMER)
    assert facts(found, "email", "serial_number") == [("Ann", "S-Ann")]


def test_readings_are_paired_by_the_time_alone(spark: SparkSession) -> None:
    found = training_rows(
        spark,
        [person("Ann", 1), person("Bob", 1)],
        [device("S-Ann", 10), device("S-Bob", 10), device("S-Bob", 11)],
        [phone("Ann", 10, 1.0), phone("Ann", 10, -1.0), phone("Bob", 10), phone("Bob", 12)],
    )
    pairs = facts(found, "device_owner", "phone_owner", "x", "is_same_customer")
    ann, bob = name_of("ann"), name_of("bob")
    assert pairs == sorted(
        [
            *((ann, ann, 1.0, True), (ann, ann, -1.0, True), (ann, bob, 0.0, False)),
            *((bob, ann, 1.0, False), (bob, ann, -1.0, False), (bob, bob, 0.0, True)),
        ]
    )


@pytest.mark.parametrize(("device_consent", "phone_consent"), [(10, 10), (9, 10), (11, 10), (10, 11), (11, 11)])
def test_a_pair_is_after_consent_where_both_owners_had_agreed(
    spark: SparkSession, device_consent: int, phone_consent: int
) -> None:
    found = training_rows(
        spark,
        [person("Ann", device_consent), person("Bob", phone_consent)],
        [device("S-Ann", 10)],
        [phone("Bob", 10)],
    )
    # The moment from which consent is given is itself after consent.
    assert facts(found, "is_after_consent") == [(device_consent <= 10 and phone_consent <= 10,)]


@pytest.mark.parametrize("withheld", [True, False])
def test_a_device_that_several_customers_have_is_nobodys(spark: SparkSession, withheld: bool) -> None:
    """Whether the others are curated customers or withheld ones, of whom only the mark is left."""
    others = [] if withheld else [person("Bob", 1, "S1", shared=True)]
    found = training_rows(
        spark,
        [person("Ann", 1, "S1", shared=True), *others],
        [device("S1", 10)],
        [phone("Ann", 10)],
    )
    assert facts(
        found, "device_owner", "phone_owner", "is_device_owner_known", "is_same_customer", "is_after_consent"
    ) == [(name_of("device:S1"), name_of("ann"), False, False, False)]


def test_the_training_tables_have_no_personal_column(spark: SparkSession) -> None:
    personal = {"customer_id", "customer_name", "email", "user", "phone", "birth_day", "serial_number"}
    for table in (c.MACHINE_LEARNING, c.MACHINE_LEARNING_STRICT):
        assert not personal & set(table.column_names)


def strict(spark: SparkSession, rows: Sequence[Row]) -> DataFrame:
    frames = {"curated.machine_learning": frame(spark, c.MACHINE_LEARNING, rows)}
    return conform(curated.machine_learning_strict(frames), c.MACHINE_LEARNING_STRICT)


def test_the_strict_set_is_of_one_customer_and_after_consent(spark: SparkSession) -> None:
    rows = [
        {"phone_owner": f"{i:064x}", "is_same_customer": same, "is_after_consent": after}
        for i, (same, after) in enumerate([(True, True), (True, False), (False, True), (False, False)])
    ]
    assert facts(strict(spark, rows), "customer") == [(f"{0:064x}",)]


def test_a_customer_is_always_on_one_side_of_a_split(spark: SparkSession) -> None:
    names = [name_of(str(i)) for i in range(500)]
    rows = [{"phone_owner": name, "is_same_customer": True, "is_after_consent": True} for name in names * 2]
    found = facts(strict(spark, rows).distinct(), "customer", "split_percent")
    assert [name for name, _ in found] == sorted(names)
    shares = [percent for _, percent in found]
    assert (min(shares) >= 0, max(shares) <= 99) == (True, True)
    assert 350 < sum(percent < 80 for percent in shares) < 450


def test_names_of_tables_are_those_of_the_specification() -> None:
    names = {zone: {table.name for table in c.STEDI.zone(zone)} for zone in (Zone.TRUSTED, Zone.CURATED)}
    assert names == {
        Zone.TRUSTED: {"customer", "accelerometer", "step_trainer"},
        Zone.CURATED: {"customer", "machine_learning", "machine_learning_strict"},
    }
