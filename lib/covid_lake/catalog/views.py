"""The views that ship with a star as the catalog shows them."""

from __future__ import annotations

from collections.abc import Collection

from covid_lake.catalog.descriptions import View
from covid_lake.catalog.tables import table_field
from covid_lake.datasets.views import StarView, star_views


def view_entries(dataset: str, tables: Collection[str] | None = None) -> tuple[View, ...]:
    """The dataset's views over the tables that are there, given as `database.table`; all of them without `tables`.

    A view over a table that is missing would fail.
    """
    return tuple(
        _entry(view) for view in star_views(dataset) if tables is None or all(table in tables for table in view.tables)
    )


def _entry(view: StarView) -> View:
    return View(view.database, view.name, view.grain, tuple(map(table_field, view.columns)), view.sql)
