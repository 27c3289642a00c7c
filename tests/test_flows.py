"""Flows: the order of steps, and what can't work fails when a flow is made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from covid_lake.contracts import Column, Dataset, Landing, Table, Type, Zone
from covid_lake.flows import Erasure, Flow, PartialBuild, PseudonymKey, Step, from_landing

ID = Column("id", Type.TEXT, "Id", ("id",), nullable=False)


def table(zone: Zone, name: str, landing: bool = False) -> Table:
    columns = (ID,) if landing else (Column("id", Type.TEXT, "Id", nullable=False),)
    return Table("toys", zone, name, "A toy.", columns, ("id",), landing=Landing(json=(name,)) if landing else None)


PEOPLE = table(Zone.TRUSTED, "people", landing=True)
READINGS = table(Zone.TRUSTED, "readings", landing=True)
DEVICES = table(Zone.TRUSTED, "devices", landing=True)
CURATED_PEOPLE = table(Zone.CURATED, "people")
TRAINING = table(Zone.CURATED, "training")
TOYS = Dataset("toys", "Toys", (PEOPLE, READINGS, DEVICES, CURATED_PEOPLE, TRAINING))


def nothing(_frames: Any) -> Any:
    raise AssertionError("no step runs here")


STEPS = (
    Step(TRAINING, nothing, requires=((DEVICES,), (READINGS,))),
    Step(DEVICES, nothing, requires=((CURATED_PEOPLE,),)),
    Step(CURATED_PEOPLE, nothing, requires=((PEOPLE,), (READINGS,))),
    Step(READINGS, nothing, requires=((PEOPLE,),)),
    Step(PEOPLE, nothing),
)


def ids(steps: tuple[Step, ...]) -> list[str]:
    return [step.target.id for step in steps]


def test_steps_run_in_the_order_of_their_inputs_however_they_are_listed() -> None:
    expected = ["trusted.people", "trusted.readings", "curated.people", "trusted.devices", "curated.training"]
    assert ids(Flow(TOYS, STEPS).steps) == expected
    assert ids(Flow(TOYS, STEPS[::-1]).steps) == expected


def test_a_trusted_table_that_needs_a_curated_one_is_published_with_the_star() -> None:
    flow = Flow(TOYS, STEPS)
    assert ids(flow.promotions) == ["trusted.people", "trusted.readings"]
    assert ids(flow.star) == ["curated.people", "trusted.devices", "curated.training"]


def test_a_table_that_no_step_makes_is_found() -> None:
    assert Flow(TOYS, STEPS).orphans == ()
    assert Flow(TOYS, STEPS[1:]).orphans == (TRAINING,)


def test_steps_that_need_each_other_fail_when_the_flow_is_made() -> None:
    circle = (*STEPS[:-1], Step(PEOPLE, nothing, uses=(TRAINING,)))
    with pytest.raises(ValueError, match=r"toys: these steps need each other: .*trusted\.people") as fault:
        Flow(TOYS, circle)
    named = str(fault.value).split(": ")[-1].split(" -> ")
    assert named[0] == named[-1]


def test_a_step_that_needs_itself_is_a_circle_of_one() -> None:
    with pytest.raises(ValueError, match=r"need each other: trusted\.people -> trusted\.people$"):
        Flow(TOYS, (Step(PEOPLE, nothing, uses=(PEOPLE,)),))


KEY = PseudonymKey(name="key", variable="A", purpose="toys are named by pseudonyms")
STRANGER = table(Zone.CURATED, "stranger")
WRONG = {
    "two steps of one table": (lambda: Flow(TOYS, (*STEPS, Step(PEOPLE, nothing))), "two steps make trusted.people"),
    "a target of no dataset": (
        lambda: Flow(TOYS, (Step(STRANGER, nothing, requires=((PEOPLE,),)),)),
        "curated.stranger is no table of the dataset",
    ),
    "an input of no dataset": (
        lambda: Flow(TOYS, (Step(PEOPLE, nothing, uses=(STRANGER,)),)),
        "trusted.people: curated.stranger is no table of the dataset",
    ),
    "a step without inputs": (lambda: Step(TRAINING, nothing), "the step has neither landing files nor tables"),
    "partial without partitions": (
        lambda: Step(TRAINING, nothing, requires=((PEOPLE,),), partial=PartialBuild(nothing, nothing)),  # type: ignore[arg-type]
        "a partial build needs a partitioned table",
    ),
    "differs beside landing files": (
        lambda: Step(PEOPLE, nothing, differs="SELECT 1"),
        "a table with landing files follows them by its daily files",
    ),
    "two keys of one name": (
        lambda: Flow(TOYS, (Step(PEOPLE, nothing, keys=(KEY, replace(KEY, variable="B"))),)),
        "toys: two different keys are called key",
    ),
    "an erasure of no landing file": (
        lambda: Flow(TOYS, STEPS, erasures=(Erasure(TRAINING, "id"),)),
        "erasure: curated.training is no table of the dataset with landing files",
    ),
    "an erasure by no column": (
        lambda: Flow(TOYS, STEPS, erasures=(Erasure(PEOPLE, "mail"),)),
        "erasure: no landing file of trusted.people has a column mail",
    ),
    "an erasure by no column of persons": (
        lambda: Flow(TOYS, STEPS, erasures=(Erasure(PEOPLE, "id"), Erasure(DEVICES, "id", via="serial"))),
        "erasure: no landing file of trusted.people has a column serial",
    ),
    "an erasure without persons": (
        lambda: Flow(TOYS, STEPS, erasures=(Erasure(DEVICES, "id", via="id"),)),
        "the first one, of trusted.devices, must have the person's key in its column",
    ),
}


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_work_fails_at_import_and_says_why(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        make()


def test_a_function_of_landing_records_is_a_step_like_any_other() -> None:
    step = from_landing(PEOPLE, lambda records: [*records, "more"])  # type: ignore[arg-type, return-value, list-item]
    assert step.build({"landing.people": ["record"]}) == ["record", "more"]  # type: ignore[dict-item, comparison-overlap]
