"""Named queries and views: Trino answers each unchanged, as the lake does, and within its own limits."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from covid_lake.catalog.descriptions import View
from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.datasets.queries import NamedQuery, named_queries
from covid_lake.publish.catalog.protocol import TableFormat
from covid_lake.publish.catalog.registrations import entries
from server import Trino
from trino_lakes import CataloguedLake
from trino_tally import Tally

# Trino refuses a query of more than 150 stages, and Athena may plan one otherwise.
MOST_STAGES = 75
FRAGMENT = re.compile(r"^Fragment \d+ ", re.MULTILINE)


def views(catalogued: CataloguedLake) -> list[View]:
    every = (entries(catalogued.published(name), TableFormat.ICEBERG) for name in registry.dataset_names())
    return [entry for found in every for entry in found if isinstance(entry, View)]


@pytest.mark.parametrize("query", named_queries(), ids=lambda query: query.name)
def test_a_named_query_is_answered_as_by_the_lake(query: NamedQuery, catalogued: CataloguedLake, trino: Trino) -> None:
    found, expected = trino.ask(query.sql), catalogued.lake.sql(query.sql)
    assert found.arrow.schema == expected.arrow.schema
    assert Counter(map(repr, found.rows)) == Counter(map(repr, expected.rows))
    assert len(found) > 0


@pytest.mark.parametrize("query", named_queries(), ids=lambda query: query.name)
def test_a_named_query_has_few_stages(
    query: NamedQuery, catalogued: CataloguedLake, trino: Trino, tally: Tally
) -> None:
    ((plan,),) = trino.ask(f"EXPLAIN (TYPE DISTRIBUTED)\n{query.sql}").rows
    stages = len(FRAGMENT.findall(plan))
    assert 0 < stages < MOST_STAGES
    tally.notes.append(f"query {query.name}: {stages} stages")


def test_the_catalog_has_the_views_of_the_library_and_no_others(catalogued: CataloguedLake, trino: Trino) -> None:
    databases = sorted({table.database for table in registry.all_tables()})
    listed = {
        f"{database}.{name}"
        for database in databases
        for (name,) in trino.rows(f"SELECT table_name FROM information_schema.views WHERE table_schema = '{database}'")
    }
    assert listed == {f"{view.database}.{view.name}" for view in views(catalogued)}


def test_a_view_of_the_star_has_the_rows_of_its_query(catalogued: CataloguedLake, trino: Trino, tally: Tally) -> None:
    for view in views(catalogued):
        if view.database.endswith(f"_{Zone.CURATED}"):
            found = trino.ask(f"SELECT * FROM {view.database}.{view.name}")
            expected = catalogued.lake.sql(view.sql)
            assert found.columns == tuple(column.name for column in view.columns), view.name
            assert Counter(map(repr, found.rows)) == Counter(map(repr, expected.rows)), view.name
            assert len(found) > 0, view.name
            tally.add(Zone.CURATED, "view", len(found))
