"""The tables of the STEDI lake: three landing tables, each with its trusted table, and the curated training sets.

Privacy decides the order of the tables. Only records of customers who agreed to research leave the landing zone, and
only readings of such customers. A record that may not leave is withheld, not rejected: it is counted by rule and copied
nowhere. Name, e-mail, phone and birth day stop at the curated `customer` table.
"""

from __future__ import annotations

from dataclasses import replace

from covid_lake.contracts import EPOCH_MS, PROVENANCE, Column, Dataset, Landing, Rule, Severity, Table, Type, Zone

DATASET = "stedi"


def _epoch(
    raw: str, spelling: str, moment: str, meaning: str, *, needed: bool = False, required: bool = False
) -> tuple[Column, Column]:
    """A time that landing files give in milliseconds: these, which the step adds, and the moment that they are read as.

    `needed` is for times that a row can't do without; another that can't be read is null and counted as a warning.
    `required` means that a landing file without the column is refused.
    """
    return (
        Column(raw, Type.BIGINT, f"{meaning}, in milliseconds since 1970-01-01 UTC, as delivered", nullable=not needed),
        Column(
            moment,
            Type.TIMESTAMP,
            f"{meaning} (UTC)",
            (spelling,),
            required=required,
            formats=(EPOCH_MS,),
            unreadable=Severity.REJECT if needed else Severity.WARN,
        ),
    )


_CUSTOMER_COLUMNS = (
    Column("customer_id", Type.TEXT, "E-mail in lower case: by it customers are told apart", nullable=False),
    Column("customer_name", Type.TEXT, "First and last name", ("customerName",)),
    Column("email", Type.TEXT, "E-mail as delivered", ("email",), required=True, nullable=False),
    Column("phone", Type.TEXT, "Phone number", ("phone",)),
    Column(
        "birth_day",
        Type.DATE,
        "Birth day; most are centuries too early in the source",
        ("birthDay",),
        formats=("yyyy-MM-dd", "yyy-MM-dd"),
        unreadable=Severity.WARN,
    ),
    Column("serial_number", Type.TEXT, "Serial number of the customer's step trainer", ("serialNumber",)),
    Column(
        "is_serial_number_shared",
        Type.BOOLEAN,
        "Whether a record of another customer has the same serial number, so that the device's owner is not known",
        nullable=False,
    ),
    *_epoch("registration_date", "registrationDate", "registered_at", "When the customer registered"),
    *_epoch("last_update_date", "lastUpdateDate", "updated_at", "When the record was last changed", needed=True),
    *_epoch(
        "share_with_research_as_of_date",
        "shareWithResearchAsOfDate",
        "research_consent_at",
        "From when on the customer agrees that the data is used for research",
        needed=True,
    ),
    *_epoch(
        "share_with_public_as_of_date",
        "shareWithPublicAsOfDate",
        "public_consent_at",
        "From when on the customer agrees that the data is shared with the public",
    ),
    *_epoch(
        "share_with_friends_as_of_date",
        "shareWithFriendsAsOfDate",
        "friends_consent_at",
        "From when on the customer agrees that the data is shared with friends",
    ),
)

# Some sources write 0 for no consent.
HAS_CONSENT = "coalesce(share_with_research_as_of_date > 0, FALSE)"

# The predicate of each rule that withholds is true for what is not positively allowed: a null withholds a record, too.
TRUSTED_CUSTOMER = Table(
    dataset=DATASET,
    zone=Zone.TRUSTED,
    name="customer",
    grain="A customer who agrees to research, by e-mail.",
    columns=(*_CUSTOMER_COLUMNS, *PROVENANCE),
    key=("customer_id",),
    landing=Landing(json=("customer/landing",)),
    newest_by=("updated_at",),
    rules=(
        Rule(
            "no_research_consent",
            f"NOT {HAS_CONSENT}",
            "the record has no date of consent to research",
            Severity.WITHHOLD,
        ),
        Rule(
            "research_consent_withdrawn",
            f"{HAS_CONSENT} AND NOT coalesce(has_research_consent, FALSE)",
            "the customer's newest record has no date of consent to research, or nothing says which record that is",
            Severity.WITHHOLD,
        ),
        Rule(
            "birth_day_before_1900",
            "birth_day < DATE'1900-01-01'",
            "birth_day lies before 1900",
            Severity.WARN,
        ),
        Rule(
            "serial_number_shared",
            "is_serial_number_shared",
            "another customer has the same serial number; the device's owner is not known",
            Severity.WARN,
        ),
    ),
)

ACCELEROMETER = Table(
    dataset=DATASET,
    zone=Zone.TRUSTED,
    name="accelerometer",
    grain="A reading of a phone's accelerometer, by a customer who agrees to research; the whole row is the key.",
    columns=(
        Column("user", Type.TEXT, "E-mail of the phone's owner", ("user",), required=True, nullable=False),
        *_epoch("timestamp", "timestamp", "read_at", "When the phone took the reading", needed=True, required=True),
        Column("x", Type.DOUBLE, "Movement along the x axis", ("x",), required=True, nullable=False),
        Column("y", Type.DOUBLE, "Movement along the y axis", ("y",), required=True, nullable=False),
        Column("z", Type.DOUBLE, "Movement along the z axis", ("z",), required=True, nullable=False),
        *PROVENANCE,
    ),
    key=("user", "timestamp", "x", "y", "z"),
    landing=Landing(json=("accelerometer/landing",)),
    rules=(
        Rule(
            "not_of_trusted_customer",
            "NOT coalesce(is_of_trusted_customer, FALSE)",
            "no trusted customer has the reading's user as e-mail",
            Severity.WITHHOLD,
        ),
    ),
)

CURATED_CUSTOMER = Table(
    dataset=DATASET,
    zone=Zone.CURATED,
    name="customer",
    grain="A customer who agrees to research and has accelerometer readings; the last table with personal fields.",
    columns=tuple(
        replace(column, spellings=(), required=False, formats=(), unreadable=Severity.REJECT)
        for column in _CUSTOMER_COLUMNS
    ),
    key=("customer_id",),
)

STEP_TRAINER = Table(
    dataset=DATASET,
    zone=Zone.TRUSTED,
    name="step_trainer",
    grain="A reading of a step trainer and a time; the device is one of a curated customer's.",
    columns=(
        *_epoch(
            "sensor_reading_time",
            "sensorReadingTime",
            "read_at",
            "When the device took the reading",
            needed=True,
            required=True,
        ),
        Column(
            "serial_number", Type.TEXT, "Serial number of the device", ("serialNumber",), required=True, nullable=False
        ),
        Column(
            "distance_from_object",
            Type.INT,
            "Distance that the device measured; the source names no unit",
            ("distanceFromObject",),
            required=True,
            nullable=False,
        ),
        *PROVENANCE,
    ),
    key=("serial_number", "sensor_reading_time"),
    landing=Landing(json=("step_trainer/landing",)),
    rules=(
        Rule(
            "not_of_curated_customer",
            "NOT coalesce(is_of_curated_customer, FALSE)",
            "no curated customer has the reading's serial number",
            Severity.WITHHOLD,
        ),
        Rule("distance_negative", "distance_from_object < 0", "distance_from_object is negative"),
    ),
)

_TIMES = (
    Column(
        "sensor_reading_time",
        Type.BIGINT,
        "Time of both readings, in milliseconds since 1970-01-01 UTC",
        nullable=False,
    ),
    Column("read_at", Type.TIMESTAMP, "Time of both readings (UTC)", nullable=False),
)
_MEASURES = (
    Column("distance_from_object", Type.INT, "Distance that the device measured", nullable=False),
    Column("x", Type.DOUBLE, "Movement of the phone along the x axis", nullable=False),
    Column("y", Type.DOUBLE, "Movement of the phone along the y axis", nullable=False),
    Column("z", Type.DOUBLE, "Movement of the phone along the z axis", nullable=False),
)

MACHINE_LEARNING = Table(
    dataset=DATASET,
    zone=Zone.CURATED,
    name="machine_learning",
    grain="A step-trainer reading and an accelerometer reading of the same time, whoever they are of.",
    columns=(
        *_TIMES,
        Column(
            "device_owner",
            Type.TEXT,
            "Pseudonym of the device's owner; of the device itself where the owner is not known",
            nullable=False,
        ),
        Column("phone_owner", Type.TEXT, "Pseudonym of the phone's owner", nullable=False),
        *_MEASURES,
        Column(
            "is_device_owner_known",
            Type.BOOLEAN,
            "Whether no other customer has the device's serial number",
            nullable=False,
        ),
        Column(
            "is_same_customer",
            Type.BOOLEAN,
            "Whether device and phone belong to one customer; false where the device's owner is not known",
            nullable=False,
        ),
        Column(
            "is_after_consent",
            Type.BOOLEAN,
            "Whether both owners had agreed to research at that time; false where the device's owner is not known",
            nullable=False,
        ),
    ),
    key=("sensor_reading_time", "device_owner", "phone_owner", "x", "y", "z"),
)

MACHINE_LEARNING_STRICT = Table(
    dataset=DATASET,
    zone=Zone.CURATED,
    name="machine_learning_strict",
    grain="A step-trainer reading and an accelerometer reading of one time and customer, after consent.",
    columns=(
        *_TIMES,
        Column("customer", Type.TEXT, "Pseudonym of the customer", nullable=False),
        Column(
            "split_percent",
            Type.INT,
            "0 to 99, the same for all rows of a customer: `split_percent < 80` takes about 80 % of the customers",
            nullable=False,
        ),
        *_MEASURES,
    ),
    key=("sensor_reading_time", "customer", "x", "y", "z"),
)

STEDI = Dataset(
    DATASET,
    "Step trainers, phones and the customers who agreed to research",
    (
        TRUSTED_CUSTOMER,
        ACCELEROMETER,
        CURATED_CUSTOMER,
        STEP_TRAINER,
        MACHINE_LEARNING,
        MACHINE_LEARNING_STRICT,
    ),
)
