"""How the curated tables are built: the customers with readings, and the training sets out of both sensors."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from covid_lake.transforms.pseudonyms import with_pseudonyms


def customer(frames: Mapping[str, DataFrame]) -> DataFrame:
    """A trusted customer who has trusted accelerometer readings; one row, however many the readings are."""
    readers = frames["trusted.accelerometer"].select(F.col("user").alias("email"))
    return frames["trusted.customer"].join(readers, "email", "left_semi")


def machine_learning(frames: Mapping[str, DataFrame]) -> DataFrame:
    """A step-trainer reading and an accelerometer reading of the same time, whoever they are of.

    The time alone joins them, as in the published table, so that a row may pair two people. Owners are named by
    pseudonyms. A device whose serial number several customers have, withheld ones included, has no known owner: its
    pseudonym is the device's, and the row is neither of the same customer nor after consent.
    """
    customers, key = frames["curated.customer"], frames["keys.pseudonym"]
    owner = F.when(F.col("is_device_owner_known"), F.col("device_customer_id"))
    devices = (
        customers.where(F.col("serial_number").isNotNull())
        .groupBy("serial_number")
        .agg(
            (F.count(F.lit(1)) == 1).alias("_has_one"),
            F.max("is_serial_number_shared").alias("_is_shared"),
            F.min("customer_id").alias("device_customer_id"),
            F.max("share_with_research_as_of_date").alias("_device_consent"),
        )
        .withColumn("is_device_owner_known", F.col("_has_one") & ~F.col("_is_shared"))
        .withColumn("device_customer_id", owner)
        .withColumn("_device_name", F.coalesce(owner, F.concat(F.lit("device:"), F.col("serial_number"))))
    )
    phones = customers.select(
        F.col("email").alias("user"),
        F.col("customer_id").alias("phone_customer_id"),
        F.col("share_with_research_as_of_date").alias("_phone_consent"),
    )
    # A pseudonym is computed once for a customer, not for each reading.
    devices = with_pseudonyms(devices, key, device_owner="_device_name")
    phones = with_pseudonyms(phones, key, phone_owner="phone_customer_id")
    device_readings = (
        frames["trusted.step_trainer"]
        .select("sensor_reading_time", "read_at", "serial_number", "distance_from_object")
        .join(devices, "serial_number", "inner")
    )
    phone_readings = (
        frames["trusted.accelerometer"]
        .select(F.col("timestamp").alias("sensor_reading_time"), "user", "x", "y", "z")
        .join(phones, "user", "inner")
    )
    time = F.col("sensor_reading_time")
    had_agreed = (time >= F.col("_device_consent")) & (time >= F.col("_phone_consent"))
    same = F.col("device_customer_id") == F.col("phone_customer_id")
    return (
        device_readings.join(phone_readings, "sensor_reading_time", "inner")
        .withColumn("is_same_customer", F.coalesce(same, F.lit(False)))
        .withColumn("is_after_consent", F.col("is_device_owner_known") & had_agreed)
    )


def machine_learning_strict(frames: Mapping[str, DataFrame]) -> DataFrame:
    """The rows of `machine_learning` that are of one customer and after that customer's consent.

    `split_percent` is made of the pseudonym's first eight digits, so that it is the same in every run with one key.
    """
    rows = frames["curated.machine_learning"].where(F.col("is_same_customer") & F.col("is_after_consent"))
    number = F.conv(F.substring("phone_owner", 1, 8), 16, 10).cast("bigint")
    return rows.withColumn("customer", F.col("phone_owner")).withColumn("split_percent", (number % 100).cast("int"))
