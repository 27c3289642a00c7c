"""The steps of the STEDI lake: what each table is built from, and what must hold before it is published."""

from __future__ import annotations

from covid_lake.datasets.stedi import contracts as c
from covid_lake.datasets.stedi import curated, trusted
from covid_lake.datasets.stedi.sql import sql
from covid_lake.flows import Erasure, Flow, PseudonymKey, Step, TableCheck

PSEUDONYM_KEY = PseudonymKey(
    name="pseudonym",
    variable="COVID_LAKE_PSEUDONYM_KEY",
    purpose="the training tables name customers by pseudonyms",
)


def _check(name: str) -> TableCheck:
    return TableCheck(name, sql("checks", name))


FLOW = Flow(
    c.STEDI,
    steps=(
        Step(c.TRUSTED_CUSTOMER, trusted.customer, checks=(_check("customers_have_consent"),)),
        Step(
            c.ACCELEROMETER,
            trusted.accelerometer,
            requires=((c.TRUSTED_CUSTOMER,),),
            checks=(_check("readings_have_one_customer"),),
        ),
        Step(
            c.CURATED_CUSTOMER,
            curated.customer,
            requires=((c.TRUSTED_CUSTOMER,), (c.ACCELEROMETER,)),
            checks=(_check("customers_are_trusted_with_readings"),),
        ),
        Step(
            c.STEP_TRAINER,
            trusted.step_trainer,
            requires=((c.CURATED_CUSTOMER,),),
            checks=(_check("devices_are_of_curated_customers"),),
        ),
        Step(
            c.MACHINE_LEARNING,
            curated.machine_learning,
            requires=((c.STEP_TRAINER,), (c.ACCELEROMETER,), (c.CURATED_CUSTOMER,)),
            checks=(
                _check("rows_are_all_pairs"),
                _check("pseudonyms_are_as_many_as_customers"),
                _check("no_personal_field"),
            ),
            keys=(PSEUDONYM_KEY,),
        ),
        Step(
            c.MACHINE_LEARNING_STRICT,
            curated.machine_learning_strict,
            requires=((c.MACHINE_LEARNING,),),
            checks=(_check("strict_rows_are_those_marked"),),
        ),
    ),
    # The trainer of a serial number that several customers have is nobody's in particular.
    erasures=(
        Erasure(c.TRUSTED_CUSTOMER, "email"),
        Erasure(c.ACCELEROMETER, "user"),
        Erasure(c.STEP_TRAINER, "serial_number", via="serial_number"),
    ),
)
