"""Who may leave the landing zone: consent, its withdrawal, spellings, shared serial numbers; one row for a record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from covid_lake.contracts import Severity, Table
from covid_lake.datasets.stedi import contracts as c
from covid_lake.datasets.stedi import trusted
from covid_lake.transforms.rules import contract_checks
from stedi_frames import Row, frame, landed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
T1, T2, T3 = 1_655_564_376_361, 1_655_564_376_362, 1_655_564_376_999


def moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else EPOCH + timedelta(milliseconds=milliseconds)


def record(email: str | None, updated: int | None, consent: int | None, serial: str | None = None, **more: Any) -> Row:
    return {
        "email": email,
        "updated_at": moment(updated),
        "research_consent_at": moment(consent),
        "serial_number": serial,
        **more,
    }


def customers(spark: SparkSession, rows: Sequence[Row]) -> DataFrame:
    return trusted.customer({"landing.customer": landed(spark, c.TRUSTED_CUSTOMER, rows)})


def withheld(records: DataFrame, table: Table) -> DataFrame:
    """The names of the rules of severity WITHHOLD that each record breaks, in `by`."""
    checks = [check for check in contract_checks(table, date(2022, 6, 30)) if check.severity is Severity.WITHHOLD]
    names = F.array(*(F.when(check.broken, F.lit(check.name)) for check in checks))
    return records.withColumn("by", F.array_compact(names))


def kept(records: DataFrame, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    """The records that no rule withholds."""
    found = withheld(records, table).where(F.size("by") == 0).select(*columns).collect()
    return sorted(tuple(row) for row in found)


# --- customers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("consent", [None, 0, -1])
def test_a_customer_without_a_date_of_consent_is_withheld(spark: SparkSession, consent: int | None) -> None:
    found = customers(spark, [record("ann", T1, consent), record("bob", T1, T1)])
    assert kept(found, c.TRUSTED_CUSTOMER, "email") == [("bob",)]
    reasons = {row["email"]: row["by"] for row in withheld(found, c.TRUSTED_CUSTOMER).collect()}
    assert reasons["ann"] == ["no_research_consent"]


def test_consent_that_a_newer_record_lacks_is_withdrawn_from_all_records(spark: SparkSession) -> None:
    found = customers(spark, [record("ann", T1, T1), record("ann", T2, None), record("bob", T1, T1)])
    assert kept(found, c.TRUSTED_CUSTOMER, "email") == [("bob",)]


def test_of_two_records_of_one_time_the_one_without_consent_counts(spark: SparkSession) -> None:
    found = customers(spark, [record("ann", T1, T1), record("ann", T1, None)])
    assert kept(found, c.TRUSTED_CUSTOMER, "email") == []


def test_consent_that_was_given_again_counts_from_then_on(spark: SparkSession) -> None:
    rows = [record("ann", T1, T1), record("ann", T2, None), record("ann", T3, T3)]
    found = kept(customers(spark, rows), c.TRUSTED_CUSTOMER, "email", "share_with_research_as_of_date")
    assert ("ann", T3) in found


def test_a_withdrawal_of_unknown_time_is_the_newest_and_a_consent_of_unknown_time_none(
    spark: SparkSession,
) -> None:
    rows = [record("ann", T3, T1), record("ann", None, None), record("bob", T1, T1), record("bob", T2, None)]
    rows += [record("bob", None, T1), record("cid", None, T1)]
    assert kept(customers(spark, rows), c.TRUSTED_CUSTOMER, "email") == []


def test_two_spellings_of_an_e_mail_are_one_customer(spark: SparkSession) -> None:
    found = customers(spark, [record("Ann@x.com", T1, T1), record("ANN@X.COM", T2, None)])
    assert kept(found, c.TRUSTED_CUSTOMER, "email") == []
    assert {row["customer_id"] for row in found.collect()} == {"ann@x.com"}


def test_a_record_without_e_mail_is_withheld_although_it_has_consent(spark: SparkSession) -> None:
    assert kept(customers(spark, [record(None, T1, T1)]), c.TRUSTED_CUSTOMER, "email") == []


def test_a_serial_number_that_a_withheld_customer_has_too_is_shared(spark: SparkSession) -> None:
    rows = [
        record("ann", T1, T1, "S1"),
        record("bob", T1, None, "s1"),
        record("cid", T1, T1, "S2"),
        record("cid", T2, T1, "S2"),
        record("dan", T1, T1, None),
        record("eve", T1, T1, None),
    ]
    found = kept(customers(spark, rows), c.TRUSTED_CUSTOMER, "email", "is_serial_number_shared")
    assert found == [("ann", True), ("cid", False), ("cid", False), ("dan", False), ("eve", False)]


def test_every_customer_record_stays_one_row(spark: SparkSession) -> None:
    rows = [record("ann", T1, T1, "S1"), record("ann", T1, T1, "S1"), record("bob", T1, None, "S1"), record(None, 1, 1)]
    assert customers(spark, rows).count() == len(rows)


def test_a_birth_day_before_1900_is_a_warning(spark: SparkSession) -> None:
    rows = [record(str(day), T1, T1, birth_day=day) for day in (date(967, 1, 1), date(1899, 12, 31), date(1900, 1, 1))]
    (check,) = [one for one in contract_checks(c.TRUSTED_CUSTOMER, date(2022, 6, 30)) if "birth" in one.name]
    assert check.severity is Severity.WARN
    broken = customers(spark, rows).where(check.broken).collect()
    assert {row["birth_day"] for row in broken} == {date(967, 1, 1), date(1899, 12, 31)}


# --- readings ------------------------------------------------------------------------------------------------------


def readings(spark: SparkSession, users: Sequence[str | None], emails: Sequence[str]) -> DataFrame:
    frames = {
        "landing.accelerometer": landed(
            spark,
            c.ACCELEROMETER,
            [{"user": user, "read_at": moment(T1), "x": 1.0, "y": 0.0, "z": -1.0} for user in users],
        ),
        "trusted.customer": frame(spark, c.TRUSTED_CUSTOMER, [{"email": email} for email in emails]),
    }
    return trusted.accelerometer(frames)


def test_only_readings_of_trusted_customers_stay_letter_for_letter(spark: SparkSession) -> None:
    found = readings(spark, ["Ann", "ann", "bob", None, "Ann"], ["Ann", "cid"])
    assert found.count() == 5
    assert kept(found, c.ACCELEROMETER, "user") == [("Ann",), ("Ann",)]


def test_nobody_is_allowed_where_no_customer_is_trusted(spark: SparkSession) -> None:
    assert kept(readings(spark, ["Ann", None], []), c.ACCELEROMETER, "user") == []


def device_readings(spark: SparkSession, serials: Sequence[str | None], owned: Sequence[str | None]) -> DataFrame:
    frames = {
        "landing.step_trainer": landed(
            spark, c.STEP_TRAINER, [{"serial_number": one, "read_at": moment(T1)} for one in serials]
        ),
        "curated.customer": frame(spark, c.CURATED_CUSTOMER, [{"serial_number": one} for one in owned]),
    }
    return trusted.step_trainer(frames)


def test_customers_who_share_a_serial_number_do_not_multiply_readings(spark: SparkSession) -> None:
    found = device_readings(spark, ["S1", "S1", "S2", None], ["S1", "S1", "S1", None])
    assert found.count() == 4
    assert kept(found, c.STEP_TRAINER, "serial_number") == [("S1",), ("S1",)]


def test_the_milliseconds_are_those_delivered(spark: SparkSession) -> None:
    (reading,) = readings(spark, ["Ann"], ["Ann"]).collect()
    assert reading["timestamp"] == T1
    (device_reading,) = device_readings(spark, ["S1"], ["S1"]).collect()
    assert device_reading["sensor_reading_time"] == T1
    (customer,) = customers(spark, [record("ann", T2, T1, registered_at=moment(T3))]).collect()
    found = [customer[name] for name in ("last_update_date", "share_with_research_as_of_date", "registration_date")]
    assert (found, customer["share_with_public_as_of_date"]) == ([T2, T1, T3], None)


# --- what Spark writes to disk -------------------------------------------------------------------------------------


def shuffled_columns(frame: DataFrame) -> set[str]:
    """The columns of all that Spark would shuffle, which it does by way of files."""
    plan = frame._jdf.queryExecution().explainString(
        frame.sparkSession._jvm.org.apache.spark.sql.execution.ExplainMode.fromString("formatted")
    )
    inputs = re.findall(r"^\(\d+\) Exchange\nInput \[\d+\]: \[(.*)\]$", plan, re.MULTILINE)
    return {name.split("#")[0] for columns in inputs for name in columns.split(", ")}


def test_no_field_of_a_landing_record_is_shuffled(spark_on_java: SparkSession) -> None:
    found = customers(spark_on_java, [record("ann", T1, T1, "S1"), record("bob", T1, None, "S1")])
    # Hashes, the newest times with and without consent, and the least and greatest hash of a device's customers.
    assert shuffled_columns(found) == {"_person", "_device", "max", "min"}
    # What is allowed is shuffled, once for each table; readings are not.
    assert shuffled_columns(readings(spark_on_java, ["Ann", "bob"], ["Ann"])) == {"_allowed"}
    assert shuffled_columns(device_readings(spark_on_java, ["S1", "S2"], ["S1"])) == {"_allowed"}


def test_a_shuffle_of_landing_records_would_be_seen(spark_on_java: SparkSession) -> None:
    records = landed(spark_on_java, c.TRUSTED_CUSTOMER, [record("ann", T1, T1, "S1")])
    assert "email" in shuffled_columns(records.repartition("email"))
