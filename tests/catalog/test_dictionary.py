"""The data dictionary says of each table what its contract says."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from covid_lake.catalog.dictionary import render_dictionary
from covid_lake.cli.main import main
from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.datasets.queries import named_queries


@pytest.mark.parametrize("dataset", registry.dataset_names())
def test_every_table_column_rule_and_question_stands_in_the_page(dataset: str) -> None:
    page = render_dictionary(dataset)
    for table in registry.dataset(dataset).tables:
        section = page.split(f"## {table.zone.capitalize()}: ")[1].split(f"### `{table.name}`\n")[1].split("\n### ")[0]
        assert table.grain in section
        for column in table.columns:
            assert f"| `{column.name}` | " in section
            assert column.comment.replace("|", "\\|") in section
        for rule in table.rules:
            assert f"| `{rule.name}` | {rule.severity} | " in section
    for query in named_queries(dataset):
        assert f"### `{query.name}`\n\n{query.question}" in page


def test_the_diagram_links_each_reference_of_the_star() -> None:
    page = render_dictionary("covid19")
    star = registry.dataset("covid19").star
    ids = {table.id for table in star}
    references = [(table, one) for table in star for one in table.references if one.table in ids]
    assert len(references) > 5
    for table, reference in references:
        assert f'o{{ {table.name} : "{reference.column}"' in page


@pytest.mark.parametrize("dataset", registry.dataset_names())
def test_landing_folders_are_named_as_the_sources_of_trusted_tables(dataset: str) -> None:
    page = render_dictionary(dataset)
    for table in registry.dataset(dataset).zone(Zone.TRUSTED):
        for pattern in table.landing.patterns if table.landing else ():
            assert f"`landing/{dataset}/{pattern}`" in page


def test_a_page_that_is_behind_the_contracts_fails_the_check_and_says_what_to_run(tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(main, ["dictionary", "--write", str(tmp_path)]).exit_code == 0
    assert runner.invoke(main, ["dictionary", "--check", str(tmp_path)]).exit_code == 0
    page = tmp_path / "covid19.md"
    page.write_text(page.read_text(encoding="utf-8").replace("fact_cases", "fact_case"), encoding="utf-8")
    found = runner.invoke(main, ["dictionary", "--check", str(tmp_path)])
    assert found.exit_code == 1
    assert "covid19.md" in found.output
    assert "covid-lake dictionary --write" in found.output
