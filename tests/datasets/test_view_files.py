"""A view's columns are those of its tables' contracts, or what its header declares; nothing is guessed."""

from __future__ import annotations

import pytest

from covid_lake.contracts import Type
from covid_lake.datasets import registry
from covid_lake.datasets.views import StarView, read_view, star_views, view_called
from covid_lake.errors import SettingsError

HEADER = "-- name: v_days\n-- grain: A day.\n"
FROM = "FROM covid19_curated.dim_date d"


def view_of(select: str, *declared: str) -> StarView:
    lines = "".join(f"-- {line}\n" for line in declared)
    return read_view("covid19", "v_days", f"{HEADER}{lines}SELECT {select} {FROM}")


def test_a_column_of_a_table_has_its_type_and_comment() -> None:
    (column,) = view_of("d.date AS report_date").columns

    assert (column.name, column.type, column.comment) == ("report_date", Type.DATE, "The day")


def test_other_columns_are_declared() -> None:
    view = view_of(
        "d.date_key, d.year + 1 AS following, CAST(1 AS DECIMAL(4, 1)) AS one",
        "column following bigint: The year",
        "  after this",
        "column one decimal(4,1): One: always",
    )

    assert [(one.name, one.type_name, one.comment) for one in view.columns] == [
        ("date_key", "int", "Day as yyyymmdd"),
        ("following", "bigint", "The year after this"),
        ("one", "decimal(4,1)", "One: always"),
    ]
    assert view.tables == ("covid19_curated.dim_date",)
    assert view.sql.startswith("SELECT")


@pytest.mark.parametrize(
    ("select", "declared", "message"),
    [
        ("d.year + 1 AS following", (), "say what the column following is"),
        ("d.year + 1", (), "say what the column"),
        ("*", (), "say what the column"),
        ("d.nothing", (), "say what the column nothing is"),
        ("d.year", ("column other int: Other",), "declares other, which it does not select"),
        ("d.year + 1 AS a", ("column a number: A",), "'number' is no type"),
        ("(d.year", (), "can't be read as Athena's SQL"),
    ],
)
def test_a_view_that_says_too_little_or_too_much_is_refused(
    select: str, declared: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        view_of(select, *declared)


def test_a_view_of_another_dataset_is_refused() -> None:
    with pytest.raises(SettingsError, match="which is another dataset's"):
        read_view("stedi", "v_days", f"{HEADER}SELECT d.year {FROM}")


def test_a_header_names_the_file() -> None:
    with pytest.raises(SettingsError, match="its header must name it"):
        read_view("covid19", "v_other", f"{HEADER}SELECT d.year {FROM}")


@pytest.mark.parametrize("dataset", registry.dataset_names())
def test_each_dataset_has_views_and_they_are_found_by_name(dataset: str) -> None:
    views = star_views(dataset)

    assert views
    assert all(view_called(str(view).upper()) == view for view in views)
    assert all(len(column.comment) <= 255 for view in views for column in view.columns)
