"""The DAG of Airflow, as text; whether a real Airflow runs it is for tests/airflow."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from covid_lake.deploy.airflow_dag import render
from deploy.workflows import branched, deployed

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("dataset", ["covid19", "stedi"])
def test_the_dag_is_the_one_that_people_have_read(dataset: str) -> None:
    """Made by `covid-lake workflow render DATASET --to airflow --out tests/deploy/golden/DATASET_dag.py`."""
    assert render(deployed(dataset)) == (GOLDEN / f"{dataset}_dag.py").read_text(encoding="utf-8")


def test_the_dag_is_python_that_needs_nothing_of_this_library() -> None:
    nodes = list(ast.walk(ast.parse(render(branched()))))
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    assert modules == {"datetime", "pendulum", "airflow", "airflow.providers.amazon.aws.operators.glue"}
