"""Each format is read alike by inspection, Spark, DuckDB and the search for a record, or refused by name."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from corpus.formats import (
    BOOKS,
    GOOD_PARQUET,
    HEADER,
    KINDS,
    RATINGS,
    SALES,
    SHOP,
    FormatKind,
    is_as_expected,
    read_everywhere,
)
from corpus.show import show_formats
from covid_lake.cli.terminal import Terminal
from covid_lake.contracts import Table
from covid_lake.engines.protocol import Engine
from covid_lake.landing.erasure import find_in_file
from covid_lake.landing.inventory import look_at_landing
from covid_lake.store.storage import LocalStorage
from covid_lake.transforms.columns import typed


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_every_reader_sees_the_same_records(kind: FormatKind, engine: Engine, tmp_path: Path) -> None:
    outcome = read_everywhere(engine, tmp_path, kind).outcome
    assert is_as_expected(kind, outcome), outcome


def test_values_of_parquet_come_out_exactly(engine: Engine, tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("landing/shop/sales/1.parquet", GOOD_PARQUET)
    raw = engine.read_landing(storage, SALES, list(look_at_landing(storage, SHOP).files.values()))
    row = raw.select(*(typed(column.name, column).alias(column.name) for column in SALES.columns)).orderBy("id").first()
    assert row is not None
    moment = raw.select(F.unix_micros(typed("sold_at", SALES.column("sold_at")))).orderBy("id").first()
    assert moment is not None
    assert moment[0] == int(datetime.fromisoformat("2020-03-01T12:30:15.123456+00:00").timestamp()) * 10**6 + 123456
    assert (row["price"], row["sold_on"], row["weight"], row["is_new"]) == (
        Decimal("12.30"),
        date(2020, 2, 29),
        0.1,
        True,
    )


def test_outcomes_are_printed_and_a_wrong_one_counts() -> None:
    text = io.StringIO()
    outcomes = [kind.expected for kind in KINDS]
    assert show_formats(Terminal(text), outcomes) == 0
    assert show_formats(Terminal(text), [(), *outcomes[1:]]) == 1
    assert f"{len(KINDS)} kinds of other formats, 1 of them not as expected" in text.getvalue()


@pytest.mark.parametrize(
    ("table", "content", "rest"),
    [
        (BOOKS, HEADER + '1;"M\u00fcller \\"x\\"\nb";1\n2;b;2\n', HEADER + "2;b;2\n"),
        (RATINGS, '"1"\ta\t5\n2\tb\t"4"\n', '2\tb\t"4"\n'),
    ],
    ids=["escapes", "no header"],
)
def test_a_record_is_erased_from_a_file_of_any_dialect(table: Table, content: str, rest: str, tmp_path: Path) -> None:
    storage, path = LocalStorage(tmp_path), f"{table.name}/1.csv"
    storage.write(f"landing/shop/{path}", content.encode("latin-1"))
    found = find_in_file(storage, table, path, lambda values: values[table.columns[0].name] == "1")
    assert found is not None
    assert (found[0].records, found[1]) == (1, rest.encode("latin-1"))
