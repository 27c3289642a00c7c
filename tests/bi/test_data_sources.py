"""Files that lead Power BI and Tableau to the warehouse: one source each, no credentials, columns as contracts say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tableaudocumentapi import Datasource

from covid_lake.bi import power_bi, tableau
from covid_lake.cli.main import main
from covid_lake.datasets import registry
from covid_lake.datasets.covid19.contracts import COVID19
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import REDSHIFT
from covid_lake.warehouse.views import warehouse_views

CLUSTER = "redshift://ana@cluster.example:5439/dev"
SERVER = "postgresql://ana@db.example:6543/lake?sslmode=verify-full"
SECRET = "a-secret-that-nobody-has"


def connection(url: str) -> WarehouseConnection:
    return WarehouseConnection.from_url(url, {"PGPASSWORD": SECRET})


@pytest.mark.parametrize(
    ("url", "protocol", "address"),
    [
        (CLUSTER, "amazon-redshift", {"server": "cluster.example:5439", "database": "dev"}),
        (SERVER, "postgresql", {"server": "db.example:6543", "database": "lake"}),
    ],
)
def test_power_bi_gets_one_source_in_its_documented_form(url: str, protocol: str, address: dict[str, str]) -> None:
    for mode, written in ((power_bi.Mode.IMPORT, "Import"), (power_bi.Mode.DIRECT_QUERY, "DirectQuery")):
        content = json.loads(power_bi.data_source(connection(url), mode))
        assert content == {
            "version": "0.1",
            "connections": [{"details": {"protocol": protocol, "address": address}, "options": {}, "mode": written}],
        }


def covid_lake(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "400"}).invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(params=[CLUSTER, SERVER])
def sources(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Datasource]:
    """Tableau's own reader of each file."""
    read = {}
    for name, table in tableau.file_names(COVID19).items():
        (tmp_path / name).write_text(tableau.data_source(COVID19, table, connection(request.param)))
        read[name] = Datasource.from_file(str(tmp_path / name))
    return read


def test_tableau_gets_a_source_for_each_fact_and_for_what_nothing_refers_to(sources: dict[str, Datasource]) -> None:
    assert sorted(sources) == sorted(
        f"covid19_{name}.tds" for name in ("bridge_region", "dim_hospital", "fact_cases", "fact_covid", "fact_testing")
    )


def test_tableau_finds_the_warehouse_and_no_credentials(sources: dict[str, Datasource]) -> None:
    for source in sources.values():
        (found,) = source.connections
        assert (found.dbclass, found.server, found.port, found.dbname) in (
            ("redshift", "cluster.example", "5439", "dev"),
            ("postgres", "db.example", "6543", "lake"),
        )
        assert (found.username, found.authentication) == ("", "username-password")


def test_columns_have_the_contract_s_types_and_meaning_and_keys_are_not_summed(sources: dict[str, Datasource]) -> None:
    fields = sources["covid19_fact_cases.tds"].fields
    confirmed, key = fields["[confirmed]"], fields["[region_key]"]
    assert (confirmed.datatype, confirmed.role, confirmed.type) == ("integer", "measure", "quantitative")
    assert "Cumulative cases as reported" in confirmed.description
    assert (key.role, key.type) == ("dimension", "ordinal")
    assert (fields["[date]"].datatype, fields["[county]"].datatype) == ("date", "string")
    assert fields["[latitude]"].role == "dimension"


def test_a_fact_is_joined_with_each_dimension_by_the_contract_s_keys(tmp_path: Path) -> None:
    content = tableau.data_source(COVID19, COVID19.table_of_id("curated.fact_cases"), connection(CLUSTER))
    for pair in (("region_key", "dim_region"), ("date_key", "dim_date")):
        assert f'op="[fact_cases].[{pair[0]}]"' in content
        assert f'op="[{pair[1]}].[{pair[0]}]"' in content
    assert content.count('type="table"') == 3
    assert 'table="[covid19].[dim_region]"' in content


def test_columns_of_one_name_in_two_tables_are_told_apart() -> None:
    content = tableau.data_source(COVID19, COVID19.table_of_id("curated.fact_cases"), connection(CLUSTER))
    assert 'key="[region_key]" value="[fact_cases].[region_key]"' in content
    assert 'key="[region_key (dim_region)]" value="[dim_region].[region_key]"' in content


@pytest.mark.parametrize("dataset", registry.dataset_names())
def test_every_dataset_has_files_for_both_tools(dataset: str, tmp_path: Path) -> None:
    done = [
        covid_lake("bi", dataset, "--tool", tool, "--out", tmp_path / "bi", "--warehouse", CLUSTER)
        for tool in ("powerbi", "tableau")
    ]
    assert [one.exit_code for one in done] == [0, 0], done
    files = sorted((tmp_path / "bi").iterdir())
    assert [str(file) for file in files] == sorted("".join(one.output for one in done).split())
    for file in files:
        text = file.read_text()
        assert "ana" not in text.replace("analy", ""), file
        assert "password=" not in text.lower()


def test_neither_user_nor_password_is_in_a_file(tmp_path: Path) -> None:
    url = f"redshift://ana_the_analyst:{SECRET}@cluster.example/dev"
    for tool in ("powerbi", "tableau"):
        covid_lake("bi", "covid19", "--tool", tool, "--out", tmp_path, "--warehouse", url)
    texts = [file.read_text() for file in tmp_path.iterdir()]
    assert len(texts) == 9
    assert [text for text in texts if SECRET in text or "ana_the_analyst" in text] == []


def test_a_tool_of_the_warehouse_without_a_warehouse_is_told_in_a_sentence(tmp_path: Path) -> None:
    done = covid_lake("bi", "covid19", "--tool", "tableau", "--out", tmp_path / "bi")
    assert (done.exit_code, "name the warehouse that tableau is to open" in done.output) == (2, True)
    assert not (tmp_path / "bi").exists()


def test_each_view_of_redshift_is_a_source_with_the_columns_that_it_has_there(tmp_path: Path) -> None:
    for dataset in map(registry.dataset, registry.dataset_names()):
        there = {view.name: view for view in warehouse_views(dataset.name, REDSHIFT)}
        for name, view in tableau.view_file_names(dataset).items():
            (tmp_path / name).write_text(tableau.view_source(dataset, view, connection(CLUSTER)))
            fields = Datasource.from_file(str(tmp_path / name)).fields
            assert [field.strip("[]") for field in fields] == list(there[view.name].columns)
            assert all(field.description for field in fields.values())
    cases = Datasource.from_file(str(tmp_path / "covid19_v_cases.tds")).fields
    assert (cases["[new_confirmed]"].role, cases["[date_key]"].role) == ("measure", "dimension")


def test_only_redshift_has_sources_of_views(tmp_path: Path) -> None:
    for url, has_views in ((CLUSTER, True), (SERVER, False)):
        out = tmp_path / url.partition(":")[0]
        assert covid_lake("bi", "covid19", "--tool", "tableau", "--out", out, "--warehouse", url).exit_code == 0
        assert (out / "covid19_v_cases.tds").exists() == has_views


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "bi.md").read_text(encoding="utf-8")


def known() -> dict[str, set[str]]:
    """The columns of every table and view that a warehouse can have, by its name."""
    found: dict[str, set[str]] = {}
    for dataset in map(registry.dataset, registry.dataset_names()):
        found |= {table.name: {column.name for column in table.stored_columns} for table in dataset.star}
        found |= {view.name: set(view.columns) for view in warehouse_views(dataset.name, REDSHIFT)}
    return found


def test_the_page_names_tables_views_and_columns_that_there_are() -> None:
    names, rows = known(), 0
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        first = re.match(r"`(\w+)`", cells[1]) if len(cells) == 3 else None
        if first is None or first[1] not in names:
            continue
        relations = re.findall(r"`(\w+)`", cells[1])
        columns = set().union(*(names[one] for one in relations))
        used = {
            word for code in re.findall(r"`([^`]+)`", cells[2]) for word in re.findall(r"\b[a-z][a-z_0-9]+\b", code)
        }
        assert used <= columns, line
        rows += 1
    assert rows >= 12
    assert {view for view in names if view.startswith("v_")} <= set(re.findall(r"`(v_\w+)`", PAGE))
