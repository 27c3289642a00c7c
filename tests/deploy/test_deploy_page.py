"""docs/deploy.md says what the code does: outputs, defaults, costs and the first query."""

from __future__ import annotations

import re
from pathlib import Path

from covid_lake.deploy.alarms import HOURS_WITHOUT_SUCCESS
from covid_lake.deploy.workflow import DEFAULTS, NIGHTLY, Stage
from covid_lake.reading.lake import Lake
from covid_lake.runtime.costs import DPU_HOUR_PRICE
from covid_lake.runtime.metrics import UNITS
from infra.template import resources, template
from lake_runs import BuiltLake

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "deploy.md").read_text(encoding="utf-8")


def test_the_outputs_and_parameters_that_it_uses_are_the_templates() -> None:
    assert set(re.findall(r'out\["(\w+)"\]', PAGE)) <= template()["Outputs"].keys()
    for name in ("BucketName", "AlarmEmail", "S3PrefixListId", "WithWarehouse", "OldVersionDays", "QuarantineDays"):
        assert name in template()["Parameters"]
        assert name in PAGE


def test_the_defaults_that_it_explains_are_those_of_the_workflow() -> None:
    assert {one.timeout_minutes for one in DEFAULTS.values()} == {60}
    assert {one.retries for one in DEFAULTS.values()} == {1}
    workers = {stage: one.capacity.workers for stage, one in DEFAULTS.items()}
    assert workers == {Stage.LAND: 2, Stage.TRUST: 5, Stage.CURATE: 5, Stage.LOAD: 2}
    assert "| most workers | 5 for the tables; 2 for landing and loading |" in PAGE
    assert (NIGHTLY.cron, "every night at 04:15 UTC" in PAGE) == ("15 4 * * *", True)
    assert (HOURS_WITHOUT_SUCCESS, "has not come for 30 hours" in " ".join(PAGE.split())) == (30, True)


def test_the_costs_of_glue_are_what_the_defaults_make() -> None:
    dpus = sum(one.capacity.dpus for one in DEFAULTS.values())
    assert f"{dpus:g} DPUs × 2 min × 30" in PAGE
    assert f"| {DPU_HOUR_PRICE} for a DPU and hour | {dpus * 2 * 30 / 60 * DPU_HOUR_PRICE:.1f}" in PAGE
    assert f"{dpus:g} DPU-hours, {dpus * DPU_HOUR_PRICE:.2f} dollars" in PAGE


def test_the_metrics_and_the_roles_are_all_named() -> None:
    assert all(f"`{metric}`" in PAGE for metric in UNITS)
    names = [role["RoleName"]["Fn::Sub"].partition("-")[2] for role in resources("AWS::IAM::Role").values()]
    assert [name for name in names if f"`…-{name}`" not in PAGE] == []


def test_the_first_query_has_an_answer(built_lake: BuiltLake) -> None:
    found = re.search(r"--query-string \\\n  \"(.*?)\"\n```", PAGE, re.DOTALL)
    assert found
    assert Lake(built_lake.storage.root).sql(found[1]).arrow.num_rows > 0
