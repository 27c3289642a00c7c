"""The star's views as SQL of a warehouse; their rows are compared in tests/redshift."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlglot
from sqlglot import exp

from covid_lake.datasets import registry
from covid_lake.datasets.views import read_view, star_views
from covid_lake.errors import SettingsError
from covid_lake.warehouse import views
from covid_lake.warehouse.dialects import POSTGRESQL, REDSHIFT
from covid_lake.warehouse.views import warehouse_views


@pytest.mark.parametrize("dataset", registry.dataset_names())
def test_every_view_is_one_of_redshift_bound_late_over_tables_named_in_full(dataset: str) -> None:
    found = warehouse_views(dataset, REDSHIFT)
    assert [view.name for view in found] == [view.name for view in star_views(dataset)]
    for view in found:
        created, comment = view.statements
        assert created.endswith("\nWITH NO SCHEMA BINDING")
        assert comment.startswith(f'COMMENT ON VIEW "{dataset}"."{view.name}" IS ')
        tree = sqlglot.parse_one(created, read="redshift")
        local = {cte.alias for cte in tree.find_all(exp.CTE)}
        read = {(table.db, table.name) for table in tree.expression.find_all(exp.Table) if table.name not in local}
        assert read == {(dataset, table) for table in view.tables}
        assert "\nWINDOW" not in created  # which Redshift does not know


def test_partition_columns_are_left_out_for_a_warehouse_has_none() -> None:
    (view,) = (one for one in warehouse_views("covid19", REDSHIFT) if one.name == "v_cases")
    assert '"month"' not in view.statements[0]
    assert '"f"."date_key"' in view.statements[0]
    (postgres,) = (one for one in warehouse_views("covid19", POSTGRESQL) if one.name == "v_cases")
    assert "BINDING" not in postgres.statements[0]
    assert postgres.digest != view.digest


def test_a_view_that_computes_with_a_partition_column_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "-- name: v_month\n-- grain: A month.\n"
        "SELECT f.source FROM covid19_curated.fact_cases f WHERE f.month = '2020-03'"
    )
    monkeypatch.setattr(views, "star_views", lambda _dataset: (read_view("covid19", "v_month", text),))
    with pytest.raises(SettingsError, match=r"v_month computes with f\.month, a partition column"):
        warehouse_views("covid19", REDSHIFT)


def test_a_dataset_that_is_not_installed_ships_no_views() -> None:
    assert warehouse_views("nowhere", REDSHIFT) == ()


def test_another_query_is_another_digest() -> None:
    view = warehouse_views("covid19", REDSHIFT)[0]
    assert replace(view, statements=(f"{view.statements[0]} ", *view.statements[1:])).digest != view.digest
