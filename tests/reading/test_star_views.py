"""Views are read by name, of the lake and of the warehouse, and answer with the columns that they declare."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from covid_lake.contracts import Type
from covid_lake.datasets.views import StarView, star_views
from covid_lake.errors import QueryError, UnknownTable
from covid_lake.reading.lake import Lake
from covid_lake.store.arrow_files import arrow_type
from covid_lake.store.storage import LocalStorage
from small_lake import calendar, cases, date_key, publish_rows

WASHINGTON, KING, OREGON = 2, 3, 5
FIRST, LAST = date(2020, 3, 1), date(2020, 3, 4)


def state_day(
    region: int, day: int, confirmed: int | None, source: str | None = "jhu_daily_reports"
) -> dict[str, object]:
    moment = date(2020, 3, day)
    key = {"region_key": region, "date_key": date_key(moment), "month": "2020-03"}
    return {**key, "source": source, "confirmed": confirmed, "deaths": 0, "positive": 7}


STAR = {
    "covid19_curated.dim_date": calendar(FIRST, LAST),
    "covid19_curated.dim_region": [
        {"region_key": WASHINGTON, "region_id": "state:US/Washington", "level": "state", "population": 1000},
        {"region_key": KING, "region_id": "county:53033", "level": "county", "county": "King"},
        {"region_key": OREGON, "region_id": "state:US/Oregon", "level": "state"},
    ],
    "covid19_curated.fact_cases": [
        cases(KING, date(2020, 3, 1), 9),
        cases(KING, date(2020, 3, 3), 12),
        cases(WASHINGTON, date(2020, 3, 2), 4, "nytimes"),
    ],
    "covid19_curated.fact_covid": [
        state_day(WASHINGTON, 1, 10),
        state_day(WASHINGTON, 3, 8),
        state_day(WASHINGTON, 4, None, None),
        state_day(OREGON, 3, 5),
    ],
    "covid19_curated.fact_testing": [
        {"region_key": WASHINGTON, "date_key": 20200303, "total_test_results": 70, "in_icu_currently": 2},
    ],
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = tmp_path_factory.mktemp("lake")
    publish_rows(LocalStorage(root), "v1", STAR)
    return Lake(root)


def test_facts_are_flattened_and_none_is_lost(lake: Lake) -> None:
    answer = lake.sql(
        "SELECT report_date, source, region_id, county, confirmed, month FROM covid19_curated.v_cases "
        "ORDER BY report_date"
    )

    assert answer.rows == [
        (date(2020, 3, 1), "jhu_daily_reports", "county:53033", "King", 9, "2020-03"),
        (date(2020, 3, 2), "nytimes", "state:US/Washington", None, 4, "2020-03"),
        (date(2020, 3, 3), "jhu_daily_reports", "county:53033", "King", 12, "2020-03"),
    ]


def test_the_newest_day_is_each_sources_own(lake: Lake) -> None:
    answer = lake.sql("SELECT v.source, v.report_date, v.confirmed FROM covid19_curated.v_newest_day AS v ORDER BY 1")

    assert answer.rows == [("jhu_daily_reports", date(2020, 3, 3), 12), ("nytimes", date(2020, 3, 2), 4)]


def test_a_states_days_have_cases_beside_tests(lake: Lake) -> None:
    answer = lake.sql(
        "SELECT report_date, confirmed, new_confirmed, days_since_previous, confirmed_per_100k, positive, "
        "total_test_results FROM covid19_curated.v_state_daily WHERE region_id = 'state:US/Washington' ORDER BY 1"
    )

    assert answer.rows == [
        (date(2020, 3, 1), 10, None, None, 1000.0, 7, None),
        (date(2020, 3, 3), 8, -2, 2, 800.0, 7, 70),
        (date(2020, 3, 4), None, None, None, None, 7, None),
    ]


@pytest.mark.parametrize("view", star_views("covid19"), ids=str)
def test_a_view_answers_with_the_columns_that_it_has_in_the_catalog(lake: Lake, view: StarView) -> None:
    arrow = lake.sql(f"SELECT * FROM {view}").arrow

    assert arrow.column_names == [column.name for column in view.columns]
    assert [field.type for field in arrow.schema] == [
        pa.timestamp("us") if column.type is Type.TIMESTAMP else arrow_type(column) for column in view.columns
    ]


def test_views_join_tables_and_each_other_under_their_own_names(lake: Lake) -> None:
    answer = lake.sql(
        "WITH newest AS (SELECT 1 AS one) SELECT v_newest_day.region_id, r.level FROM newest, "
        "covid19_curated.v_newest_day JOIN covid19_curated.dim_region r ON r.region_key = v_newest_day.region_key "
        "JOIN AwsDataCatalog.covid19_curated.v_cases c ON c.region_key = r.region_key AND c.confirmed = 9"
    )

    assert answer.rows == [("county:53033", "county")]


def test_views_are_listed_and_described(lake: Lake) -> None:
    listed = [row[0] for row in lake.sql("SHOW TABLES IN covid19_curated").rows]
    described = lake.sql("DESCRIBE covid19_curated.v_state_daily").rows

    assert {"covid19_curated.v_cases", "covid19_curated.fact_cases"} <= set(listed)
    assert ("confirmed_per_100k", "double", "Cumulative cases per 100,000 people of 2018") in described
    assert [str(view) for view in lake.views()] == [str(view) for view in star_views("covid19")]


def test_a_view_over_a_table_that_is_missing_is_neither_listed_nor_read(tmp_path: Path) -> None:
    publish_rows(LocalStorage(tmp_path), "v1", {"covid19_curated.dim_date": calendar(FIRST, LAST)})
    lake = Lake(tmp_path)

    assert lake.views() == []
    with pytest.raises(UnknownTable, match=r"covid19_curated\.fact_cases was not built"):
        lake.sql("SELECT * FROM covid19_curated.v_cases")


def test_a_wrong_name_of_a_view_is_answered_by_the_right_one(lake: Lake) -> None:
    with pytest.raises(UnknownTable, match=r"did you mean covid19_curated\.v_cases"):
        lake.sql("SELECT * FROM v_case")


def test_a_typed_view_of_landing_files_is_athenas_alone(lake: Lake) -> None:
    with pytest.raises(
        UnknownTable, match=r"covid19_landing\.state_abv has their texts and covid19_trusted\.state_abv"
    ):
        lake.sql("SELECT * FROM covid19_landing.state_abv_typed")


def test_a_column_that_a_view_lacks_is_named(lake: Lake) -> None:
    with pytest.raises(QueryError, match="nothing"):
        lake.sql("SELECT nothing FROM covid19_curated.v_cases")


def test_describe_of_quarantine_and_landing_tables_is_their_own(tmp_path: Path) -> None:
    (tmp_path / "landing" / "covid19" / "static-datasets" / "csv" / "state-abv").mkdir(parents=True)
    file = tmp_path / "landing" / "covid19" / "static-datasets" / "csv" / "state-abv" / "a.csv"
    file.write_text("State,Abbreviation,Odd\nOhio,OH,1\n")
    publish_rows(LocalStorage(tmp_path), "v1", {"covid19_curated.dim_date": calendar(FIRST, LAST)})
    lake = Lake(tmp_path)

    assert [row[:2] for row in lake.sql("DESCRIBE covid19_quarantine.state_abv").rows][4] == (
        "reasons",
        "array<string>",
    )
    assert lake.sql("DESCRIBE covid19_landing.state_abv").rows == [
        ("source_file", "string", ""),
        ("State", "string", "Name of the state"),
        ("Abbreviation", "string", "Postal abbreviation"),
        ("Odd", "string", ""),
    ]
