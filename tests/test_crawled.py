"""What a crawler makes of CSV files by the documented rules, and that docs/crawlers.md has the real files' figures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from covid_lake.datasets.covid19.contracts import COVID19
from crawled import crawl, harm, report, type_of

POPULATION = COVID19.table_of_id("trusted.county_population")
TEXT = """Id,Id2,County,State,Population Estimate 2018
0500000US01001,01001,Autauga,Alabama,55601
0500000US06001,6001,"Alameda, East",California,1666753
"""


def test_a_column_of_codes_becomes_numbers_and_loses_zeros() -> None:
    crawled = crawl(TEXT)
    assert crawled.types == ("string", "bigint", "string", "string", "bigint")
    found = harm(TEXT, crawled, POPULATION)
    assert (found.lost_zeros, found.short) == ({"Id2": 1}, {"Id2": 1})
    assert (found.records, found.shifted) == (2, 1)


def test_a_header_is_found_only_above_a_column_that_is_not_text() -> None:
    assert crawl(TEXT).header == ("Id", "Id2", "County", "State", "Population Estimate 2018")
    assert crawl("State,Abbreviation\nAlabama,AL\n").header is None


def test_a_row_with_a_number_in_it_is_no_header() -> None:
    assert crawl("name,2020\nAlabama,5\n").header is None


@pytest.mark.parametrize(
    ("text", "type_"), [("1001", "bigint"), ("01001", "bigint"), ("-3", "bigint"), ("1.5", "double"), ("AL", "string")]
)
def test_a_value_has_the_type_that_it_can_be_read_as(text: str, type_: str) -> None:
    assert type_of(text) == type_


def test_only_the_first_thousand_records_decide() -> None:
    assert crawl("a,b\n" + "x,1\n" * 1000 + "x,NA\n").types == ("string", "bigint")


@pytest.mark.bigdata
def test_the_page_on_crawlers_has_the_figures_of_the_real_files(real_data: Path) -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "crawlers.md").read_text()
    for row in report([real_data / "covid19-lake", real_data / "jhu"]):
        assert row in page
