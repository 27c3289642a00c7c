"""The rows behind each curated row.

A training row names its owners by pseudonyms alone. What is behind it is found by its time and its figures: the key of
the pseudonyms is not needed, and not asked for. So where two customers have readings of one time and one movement, the
trace shows both.
"""

from __future__ import annotations

from covid_lake.datasets.stedi import contracts as c
from covid_lake.flows import Lineage, Link

CUSTOMER = ("customer_id", "serial_number", "updated_at", "research_consent_at")
PHONE = ("user", "timestamp", "read_at", "x", "y", "z")
DEVICE = ("serial_number", "sensor_reading_time", "read_at", "distance_from_object")

CUSTOMER_LINEAGE = Lineage(
    c.CURATED_CUSTOMER,
    (
        Link(
            "customer",
            c.TRUSTED_CUSTOMER,
            "the trusted customer that it is",
            "SELECT * FROM stedi_trusted.customer WHERE customer_id IN (SELECT customer_id FROM it)",
            CUSTOMER,
        ),
        Link(
            "readings",
            c.ACCELEROMETER,
            "readings by which the customer is in the table",
            """SELECT * FROM stedi_trusted.accelerometer WHERE "user" IN (SELECT email FROM it)""",
            PHONE,
        ),
    ),
)

TRAINING_LINEAGE = Lineage(
    c.MACHINE_LEARNING,
    (
        Link(
            "device",
            c.STEP_TRAINER,
            "device readings of that time and distance",
            """
            SELECT * FROM stedi_trusted.step_trainer
            WHERE (sensor_reading_time, distance_from_object) IN (
                SELECT sensor_reading_time, distance_from_object FROM it
            )""",
            DEVICE,
        ),
        Link(
            "phone",
            c.ACCELEROMETER,
            "phone readings of that time and movement",
            """
            SELECT * FROM stedi_trusted.accelerometer
            WHERE ("timestamp", x, y, z) IN (SELECT sensor_reading_time, x, y, z FROM it)""",
            PHONE,
        ),
    ),
    note="The pseudonyms are computed from e-mails with a key that the lake does not hold.",
)

STRICT_LINEAGE = Lineage(
    c.MACHINE_LEARNING_STRICT,
    (
        Link(
            "pair",
            c.MACHINE_LEARNING,
            "the row of the published table",
            """
            SELECT * FROM stedi_curated.machine_learning
            WHERE is_same_customer AND is_after_consent
                AND (sensor_reading_time, phone_owner, x, y, z) IN (
                    SELECT sensor_reading_time, customer, x, y, z FROM it
                )""",
            ("sensor_reading_time", "device_owner", "phone_owner", "distance_from_object", "x", "y", "z"),
        ),
    ),
)

LINEAGE = (CUSTOMER_LINEAGE, TRAINING_LINEAGE, STRICT_LINEAGE)
