"""A rate that can't be read is null and counted; a figure or a key that can't be read refuses the record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cases.daily_reports import german_states, lake_of, report
from covid_lake.contracts import Severity, Table, Type, Zone
from covid_lake.datasets.covid19.contracts import COVID19, JHU_DAILY_REPORTS
from covid_lake.engines.protocol import Engine
from lake_runs import report_of

UNREADABLE = ("#DIV/0!", "#N/A", "inf", "nan", "-")


def test_a_record_keeps_its_counts_without_its_rates(engine: Engine, tmp_path: Path) -> None:
    faulty = [
        {"Province_State": f"F{n}", "Incident_Rate": "0.5", "Case_Fatality_Ratio": text, "Active": text}
        for n, text in enumerate(UNREADABLE)
    ]
    lake, told = lake_of(engine, tmp_path, {"01-14-2021": report([*german_states(5), *faulty])})
    reports = report_of(told, "trusted.jhu_daily_reports")
    assert (reports.written, reports.rejected) == (10, 0)
    assert reports.warnings == {"case_fatality_ratio_unreadable": 5, "active_unreadable": 5}
    kept = lake.sql(
        "SELECT sum(confirmed), sum(incident_rate), count(case_fatality_ratio), count(active) "
        "FROM covid19_trusted.jhu_daily_reports WHERE province_state LIKE 'F%'"
    )
    assert kept.rows == [(5_000, 2.5, 0, 0)]


def test_a_figure_that_cannot_be_read_refuses_the_record(engine: Engine, tmp_path: Path) -> None:
    places = [*german_states(40), {"Province_State": "Bayern", "Recovered": "#DIV/0!", "Case_Fatality_Ratio": "#N/A"}]
    _, told = lake_of(engine, tmp_path, {"01-14-2021": report(places)})
    reports = report_of(told, "trusted.jhu_daily_reports")
    assert reports.rejected_by_reason == {"recovered_unreadable": 1}


@pytest.mark.parametrize("table", COVID19.zone(Zone.TRUSTED), ids=lambda table: table.name)
def test_keys_and_what_orders_records_refuse(table: Table) -> None:
    lenient = {column.name for column in table.columns if column.unreadable is not Severity.REJECT}
    assert not lenient & {*table.key, *table.newest_by}
    assert all(table.column(name).type is not Type.TEXT for name in lenient)


def test_a_contract_cannot_let_a_key_be_unreadable() -> None:
    columns = tuple(
        replace(column, unreadable=Severity.WARN) if column.name == "last_update" else column
        for column in JHU_DAILY_REPORTS.columns
    )
    with pytest.raises(ValueError, match="must refuse the record where the column is needed: last_update"):
        replace(JHU_DAILY_REPORTS, columns=columns)
