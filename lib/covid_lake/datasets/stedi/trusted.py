"""How each trusted table's derived columns come out of its typed landing records; one row in, one row out.

Landing records of people who did not agree pass through these functions, and Spark writes what it shuffles to disk. So
no landing record is ever shuffled here: it is joined to a small table that is broadcast, and what has to be grouped is
reduced to hashes first.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from covid_lake.datasets.stedi.contracts import HAS_CONSENT

NEVER = 2**63 - 1

# The moments that are read from the landing files, and the columns of their milliseconds.
CUSTOMER_TIMES = {
    "registered_at": "registration_date",
    "updated_at": "last_update_date",
    "research_consent_at": "share_with_research_as_of_date",
    "public_consent_at": "share_with_public_as_of_date",
    "friends_consent_at": "share_with_friends_as_of_date",
}


def customer(frames: Mapping[str, DataFrame]) -> DataFrame:
    """A customer's record; rules withhold it unless it and all of the customer's newer records have consent.

    Adds, without their being stored, `has_research_consent`: whether the customer's newest record has a consent date.
    A record whose time of change is missing or unreadable counts as the newest if it has no consent, and is passed over
    if it has. Of two records of one time the one without consent counts. E-mails that differ only in case are one
    customer's.
    """
    records = (
        frames["landing.customer"]
        .withColumn("customer_id", F.lower("email"))
        .withColumns({raw: milliseconds_of(moment) for moment, raw in CUSTOMER_TIMES.items()})
        .withColumn("_person", F.xxhash64("customer_id"))
        .withColumn("_device", F.xxhash64(F.lower("serial_number")))
    )
    with_consent = F.expr(HAS_CONSENT)
    newest_without = F.max(F.when(~with_consent, F.coalesce(F.col("last_update_date"), F.lit(NEVER))))
    newest_with = F.max(F.when(with_consent, F.col("last_update_date")))
    # Only hashes and times are grouped: see the module's docstring.
    people = (
        records.where(F.col("email").isNotNull())
        .groupBy("_person")
        .agg(newest_with.alias("_with"), newest_without.alias("_without"))
        .where(F.col("_with").isNotNull() & F.coalesce(F.col("_without") < F.col("_with"), F.lit(True)))
        .select(F.col("_person").alias("_agreed"))
    )
    shared_devices = (
        records.where(F.col("serial_number").isNotNull())
        .groupBy("_device")
        .agg(F.min("_person").alias("_first"), F.max("_person").alias("_last"))
        .where(F.col("_first") != F.col("_last"))
        .select(F.col("_device").alias("_shared"))
    )
    return (
        records.join(F.broadcast(people), F.col("_person") == F.col("_agreed"), "left")
        .join(F.broadcast(shared_devices), F.col("_device") == F.col("_shared"), "left")
        .withColumn("has_research_consent", F.col("_agreed").isNotNull())
        .withColumn("is_serial_number_shared", F.col("_shared").isNotNull())
        .drop("_person", "_device", "_agreed", "_shared")
    )


def accelerometer(frames: Mapping[str, DataFrame]) -> DataFrame:
    """A reading of a phone; a rule withholds it unless its `user` is, letter for letter, a trusted customer's e-mail.

    A spelling that differs in case withholds the reading: nobody has said that it is the customer's.
    """
    allowed = frames["trusted.customer"].select("email")
    readings = _marked(frames["landing.accelerometer"], "user", allowed, "is_of_trusted_customer")
    return readings.withColumn("timestamp", milliseconds_of("read_at"))


def step_trainer(frames: Mapping[str, DataFrame]) -> DataFrame:
    """A reading of a device; a rule withholds it unless a curated customer has its serial number.

    However many customers have the serial number, the reading stays one row.
    """
    allowed = frames["curated.customer"].select("serial_number")
    readings = _marked(frames["landing.step_trainer"], "serial_number", allowed, "is_of_curated_customer")
    return readings.withColumn("sensor_reading_time", milliseconds_of("read_at"))


def milliseconds_of(name: str) -> Column:
    """The milliseconds from 1970-01-01 UTC to the moment in a column."""
    return F.expr(f"unix_millis(`{name}`)")


def _marked(records: DataFrame, name: str, allowed: DataFrame, mark: str) -> DataFrame:
    """The records with a new column `mark`: whether the value of column `name` is in the only column of `allowed`."""
    values = allowed.toDF("_allowed").where(F.col("_allowed").isNotNull()).distinct()
    joined = records.join(F.broadcast(values), F.col(name) == F.col("_allowed"), "left")
    return joined.withColumn(mark, F.col("_allowed").isNotNull()).drop("_allowed")
