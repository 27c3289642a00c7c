"""Every table of every zone, as the real publisher registered it: Trino reads the rows that the lake has."""

from __future__ import annotations

from collections import Counter

import pytest

from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from server import Trino
from trino_lakes import CataloguedLake
from trino_rows import LINE_COLUMNS, delivered, lines_of, names, rows_of, typed_view, values_as_delivered
from trino_tally import Tally


@pytest.mark.parametrize("name", names(Zone.TRUSTED, Zone.CURATED, Zone.QUARANTINE))
def test_a_table_has_the_rows_of_the_lake(name: str, catalogued: CataloguedLake, trino: Trino, tally: Tally) -> None:
    table = registry.find_table(name)
    if name not in catalogued.names:
        assert table.zone is Zone.QUARANTINE
        return  # no record of it was refused
    expected = catalogued.lake.sql(f"SELECT * FROM {name}")
    found = trino.ask(f"SELECT * FROM {name}")
    assert found.arrow.schema == expected.arrow.schema
    assert rows_of(found) == rows_of(expected)
    assert len(found) > 0
    tally.add(table.zone, "table", len(found))


@pytest.mark.parametrize("name", names(Zone.LANDING))
def test_a_landing_table_has_the_records_as_they_were_delivered(
    name: str, catalogued: CataloguedLake, trino: Trino, tally: Tally
) -> None:
    table = registry.find_table(name)
    found = trino.ask(delivered(table))
    if found.columns == LINE_COLUMNS:
        assert Counter(found.rows) == Counter(lines_of(catalogued, table))
    else:
        assert Counter(found.rows) == Counter(catalogued.lake.sql(f"SELECT * FROM {name}").rows)
    assert len(found) > 0
    tally.add(table.zone, "table", len(found))


@pytest.mark.parametrize("name", names(Zone.LANDING))
def test_a_typed_view_has_a_row_for_each_record_and_the_values_that_were_trusted(
    name: str, catalogued: CataloguedLake, trino: Trino, tally: Tally
) -> None:
    table = registry.find_table(name)
    view = trino.ask(f"SELECT * FROM {typed_view(table)}")
    assert len(view) == len(catalogued.lake.sql(f"SELECT * FROM {name}"))
    compared = values_as_delivered(table, view.columns)
    contract = table.contract
    trusted = catalogued.lake.sql(f"SELECT {', '.join(compared)} FROM {contract.dataset}_{contract.id}")
    typed = Counter(map(repr, view.arrow.select(compared).to_pylist()))
    missing = Counter(map(repr, trusted.arrow.to_pylist())) - typed
    assert not missing
    tally.add(table.zone, "view", len(view))


def test_a_comma_in_quotes_does_not_split_a_value(trino: Trino) -> None:
    places = trino.rows(
        "SELECT combined_key, admin2, province_state, country_region FROM covid19_landing.enigma_jhu WHERE admin2 <> ''"
    )
    assert places
    assert {key for key, *_ in places} == {", ".join(parts) for _, *parts in places}


def test_a_zero_that_a_file_has_lost_is_missing_in_the_table_and_back_in_the_view(trino: Trino) -> None:
    as_delivered = "SELECT id2 FROM covid19_landing.county_population WHERE id = '0500000US01073'"
    typed = "SELECT fips FROM covid19_landing.county_population_typed WHERE geo_id = '0500000US01073'"
    assert (trino.rows(as_delivered), trino.rows(typed)) == ([("1073",)], [("01073",)])
