"""A trusted table's references are checked before it is published by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from covid_lake.contracts import Column, Dataset, Landing, Reference, Table, Type, Zone
from covid_lake.engines.protocol import Engine
from covid_lake.flows import Flow, Step, from_landing
from covid_lake.store.reports import Status
from covid_lake.store.storage import LocalStorage
from lake_runs import report_of, run_lake

PERSON = Table(
    dataset="people",
    zone=Zone.TRUSTED,
    name="person",
    grain="A person.",
    columns=(
        Column("person", Type.TEXT, "Name", ("person",), required=True, nullable=False),
        Column("source_file", Type.TEXT, "Landing file", nullable=False),
        Column("source_row_hash", Type.BIGINT, "Hash of the record", nullable=False),
        Column("run_id", Type.TEXT, "Run that wrote the row", nullable=False),
    ),
    key=("person",),
    landing=Landing(json=("person",)),
)
VISIT = replace(
    PERSON,
    name="visit",
    grain="A visit.",
    landing=Landing(json=("visit",)),
    references=(Reference("person", "trusted.person", "person"),),
)
PEOPLE = Dataset("people", "People", (PERSON, VISIT))
PERSONS = from_landing(PERSON, lambda records: records)
VISITS = Step(VISIT, lambda frames: frames["landing.visit"], requires=((PERSON,),))


def test_a_table_is_not_published_with_a_reference_to_nothing(engine: Engine, tmp_path: Path) -> None:
    storage, flow = LocalStorage(tmp_path), Flow(PEOPLE, (PERSONS, VISITS))
    storage.write("landing/people/person/a.json", b'{"person": "bob"}\n')
    storage.write("landing/people/visit/a.json", b'{"person": "ann"}\n')
    report = run_lake(lambda: engine, storage, flow=flow)
    assert report_of(report, "trusted.person").status == Status.PUBLISHED
    failed = report_of(report, "trusted.visit")
    assert failed.status == Status.FAILED
    assert failed.reason.startswith("trusted.visit: the check person_found_in_person does not hold")
    storage.write("landing/people/person/b.json", b'{"person": "ann"}\n')
    done = report_of(run_lake(lambda: engine, storage, flow=flow, after_minutes=1), "trusted.visit")
    assert (done.status, done.checks) == (Status.PUBLISHED, ("person_found_in_person",))


def test_a_reference_that_could_not_be_checked_fails_at_import() -> None:
    with pytest.raises(ValueError, match=r"trusted.visit refers to trusted.person, which its step does not use"):
        Flow(PEOPLE, (PERSONS, from_landing(VISIT, lambda records: records)))
