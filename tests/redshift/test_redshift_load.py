"""The load of a star into Redshift through its JDBC driver: after each, the rows are those of the lake's version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from covid_lake.contracts import Column, Distribution, Table, Type, WarehouseLayout
from covid_lake.errors import LakeError, WarehouseError
from covid_lake.publish.warehouse import WarehousePublisher
from covid_lake.store.reports import PublishedTable
from redshift_loading import APRIL, MARCH, Loading
from redshift_target import SCHEMA, Redshift
from star_lake import COUNTS, PLACE_ROWS, PLACES, Row, counts_of


def counts(done: PublishedTable) -> tuple[int, ...]:
    return tuple(done.counts[name] for name in ("staged", "inserted", "updated", "deleted"))


def references(redshift: Redshift) -> list[tuple[object, ...]]:
    return redshift.run(
        "SELECT r.relname, t.relname FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = c.conrelid "
        "JOIN pg_class AS t ON t.oid = c.confrelid JOIN pg_namespace AS n ON n.oid = r.relnamespace "
        f"WHERE c.contype = 'f' AND n.nspname = '{SCHEMA}'"
    )


def test_a_first_load_brings_every_row_of_every_type(loading: Loading) -> None:
    done = loading.load()
    assert {name: counts(one) for name, one in done.items()} == {"dim_place": (4, 4, 0, 0), "fact_counts": (8, 8, 0, 0)}
    loading.require_equal()
    assert references(loading.redshift) == [("fact_counts", "dim_place")]


def test_the_same_load_again_writes_nothing(loaded: Loading) -> None:
    assert loaded.load() == {}
    loaded.require_equal()
    if double := loaded.redshift.double:
        kinds = {sql.split()[0].upper() for sql in double.statements}
        assert kinds <= {"SELECT", "SET"}


def test_a_full_load_copies_all_and_changes_nothing(loaded: Loading) -> None:
    done = loaded.load(full=True)
    assert {name: counts(one) for name, one in done.items()} == {"dim_place": (4, 0, 0, 0), "fact_counts": (8, 0, 0, 0)}
    loaded.require_equal()


def test_a_new_day_reads_its_month_alone(loaded: Loading) -> None:
    loaded.lake.publish("v2", fact_counts=counts_of({**MARCH, **APRIL, 20200403: 50}))
    assert {name: counts(one) for name, one in loaded.load().items()} == {"fact_counts": (6, 2, 0, 0)}
    loaded.require_equal()


def test_a_corrected_past_day_changes_its_rows_alone(loaded: Loading) -> None:
    loaded.lake.publish("v2", fact_counts=counts_of({**MARCH, 20200330: 11, **APRIL}))
    assert {name: counts(one) for name, one in loaded.load().items()} == {"fact_counts": (4, 0, 2, 0)}
    loaded.require_equal()


def test_a_blank_more_at_the_end_of_a_text_is_a_change(loaded: Loading) -> None:
    """Redshift takes both texts for equal, and the lake does not."""
    loaded.lake.publish("v2", dim_place=[(row[0], f"{row[1]} ", *row[2:]) for row in PLACE_ROWS])
    assert {name: counts(one) for name, one in loaded.load().items()} == {"dim_place": (4, 0, 4, 0)}
    loaded.require_equal()


def test_keys_that_differ_by_blanks_alone_are_one_key_for_redshift(loaded: Loading) -> None:
    """A contract whose key is a text: Redshift would find either row by the other one's key."""
    named = replace(PLACES, name="dim_name", key=("name",))
    loaded.lake.star = replace(loaded.lake.star, tables=(*loaded.lake.star.tables, named))
    loaded.lake.publish("v2", dim_name=[PLACE_ROWS[0], (5, "unknown ", *PLACE_ROWS[0][2:])])
    with pytest.raises(WarehouseError, match="1 keys stand more than once"):
        loaded.load()
    loaded.lake.publish("v3", dim_name=PLACE_ROWS)
    loaded.load()
    loaded.require_equal()


def test_deleted_rows_are_purged_from_every_table(loaded: Loading) -> None:
    WarehousePublisher(loaded.redshift.connection, engine=lambda: loaded.engine).purge(
        loaded.lake.storage, loaded.lake.star
    )
    loaded.require_equal()
    if double := loaded.redshift.double:
        purged = [sql for sql in double.statements if sql.startswith("VACUUM DELETE ONLY")]
        assert len(purged) == len(loaded.lake.star.star)


def test_a_place_that_vanished_is_gone_from_both_tables(loaded: Loading) -> None:
    loaded.lake.publish(
        "v2", dim_place=[row for row in PLACE_ROWS if row[0] != 1], fact_counts=counts_of({**MARCH, **APRIL}, [0])
    )
    assert {name: counts(one) for name, one in loaded.load().items()} == {
        "dim_place": (3, 0, 0, 1),
        "fact_counts": (4, 0, 0, 4),
    }
    loaded.require_equal()


def test_a_month_that_vanished_is_gone(loaded: Loading) -> None:
    loaded.lake.publish("v2", fact_counts=counts_of(APRIL))
    assert {name: counts(one) for name, one in loaded.load().items()} == {"fact_counts": (0, 0, 0, 4)}
    loaded.require_equal()


def test_an_empty_version_empties_the_table(loaded: Loading) -> None:
    loaded.lake.publish("v2", fact_counts=())
    assert {name: counts(one) for name, one in loaded.load().items()} == {"fact_counts": (0, 0, 0, 8)}
    loaded.require_equal()


@pytest.mark.parametrize("table", [PLACES, COUNTS], ids=lambda table: table.name)
def test_a_contract_with_a_new_column_builds_its_table_anew_and_keeps_references(loaded: Loading, table: Table) -> None:
    columns = [column for column in table.columns if column.name not in table.partition_by]
    partition = table.columns[len(columns) :]
    wider = replace(table, columns=(*columns, Column("note", Type.TEXT, "A note", max_bytes=8), *partition))
    rows = [(*row[: len(columns)], "n\u00f6te", *row[len(columns) :]) for row in loaded.lake.rows[table.name]]
    loaded.lake.change(wider)
    loaded.lake.publish("v2", **{table.name: rows})
    assert {name: counts(one) for name, one in loaded.load().items()} == {table.name: (len(rows), len(rows), 0, 0)}
    loaded.require_equal()
    assert references(loaded.redshift) == [("fact_counts", "dim_place")]
    assert loaded.load() == {}


def test_a_contract_with_another_layout_builds_its_table_anew(loaded: Loading) -> None:
    loaded.lake.change(replace(COUNTS, layout=WarehouseLayout(Distribution.EVEN, None, ("place_key",))))
    loaded.lake.publish("v2", fact_counts=counts_of(APRIL))
    assert counts(loaded.load()["fact_counts"]) == (4, 4, 0, 0)
    loaded.require_equal()
    assert loaded.redshift.run(
        f"SELECT column_name, sortkey, distkey FROM svv_redshift_columns WHERE schema_name = '{SCHEMA}' "
        "AND table_name = 'fact_counts' AND sortkey > 0"
    ) == [("place_key", 1, False)]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ({"dim_place": (*PLACE_ROWS, PLACE_ROWS[1])}, "keys stand more than once"),
        ({"fact_counts": counts_of(APRIL, [0, 77])}, "refer to a row that the warehouse does not have"),
        ({"dim_place": (*PLACE_ROWS[:1], (1, "\u00e4" * 13, *PLACE_ROWS[1][2:]))}, "name has 26 bytes"),
    ],
    ids=["repeated key", "unknown place", "long text"],
)
def test_a_version_that_breaks_a_promise_of_the_star_leaves_everything_as_it_was(
    loaded: Loading, rows: dict[str, tuple[Row, ...]], why: str
) -> None:
    before = {table.name: loaded.redshift.rows(table.name) for table in loaded.lake.star.star}
    loaded.lake.publish("v2", **rows)
    with pytest.raises(WarehouseError, match=why):
        loaded.load()
    assert {name: loaded.redshift.rows(name) for name in before} == before
    loaded.lake.publish("v3", dim_place=PLACE_ROWS, fact_counts=counts_of(APRIL))
    loaded.load()
    loaded.require_equal()


def test_files_that_redshift_would_refuse_are_refused_before_it_is_asked(loaded: Loading) -> None:
    loaded.lake.codec = "zstd"
    loaded.lake.publish("v2", fact_counts=counts_of({20200501: 1}))
    with pytest.raises(WarehouseError, match="column place_key is compressed with ZSTD"):
        loaded.load()
    if double := loaded.redshift.double:
        assert not [sql for sql in double.statements if sql.startswith(("COPY", "LOCK"))]


def test_a_load_leaves_no_list_of_files_in_the_lake(loaded: Loading) -> None:
    """Redshift has read it; a later load writes its own."""
    assert [file.path for file in loaded.lake.storage.list_files("_loads")] == []


def test_a_file_that_vanished_from_the_lake_fails_the_load(loaded: Loading) -> None:
    loaded.lake.publish("v2", fact_counts=counts_of({20200501: 1}))
    (gone,) = (file.path for file in loaded.lake.storage.list_files("") if "2020-05" in file.path)
    loaded.lake.storage.delete([gone])
    before = loaded.redshift.rows("fact_counts")
    with pytest.raises(LakeError, match="2020-05"):
        loaded.load()
    assert loaded.redshift.rows("fact_counts") == before


def test_the_audit_tells_what_each_load_did(loaded: Loading) -> None:
    loaded.lake.publish("v2", fact_counts=counts_of({**MARCH, **APRIL, 20200403: 50}))
    loaded.load()
    assert loaded.redshift.run(
        "SELECT table_name, version, previous_version, scope, staged, inserted, changed, deleted, row_count "
        f'FROM "{SCHEMA}_staging"."loads" ORDER BY verified_at, table_name'
    ) == [
        ("dim_place", "v1", None, "created", 4, 4, 0, 0, 4),
        ("fact_counts", "v1", None, "created", 8, 8, 0, 0, 8),
        ("fact_counts", "v2", "v1", "months", 6, 2, 0, 0, 10),
    ]
