"""What Redshift refuses or does otherwise than PostgreSQL, by its documentation; the double must agree with it.

Against a real workgroup these tests prove the rules that the double was written by.
"""

from __future__ import annotations

import pytest

from redshift_target import SCHEMA, Redshift

TABLE = f'"{SCHEMA}"."t"'
CREATE = f'CREATE TABLE {TABLE} ("k" bigint NOT NULL, "n" varchar(5), "at" timestamp, PRIMARY KEY ("k"))'


@pytest.mark.parametrize(
    "statement",
    [
        f"DELETE FROM {TABLE} AS x WHERE x.k = 1",
        f"DELETE FROM {TABLE} x USING {TABLE} AS s WHERE s.k = x.k",
        f"ALTER TABLE {TABLE} SET SCHEMA public",
        f"INSERT INTO {TABLE} (k) VALUES (1) ON CONFLICT DO NOTHING",
        f"INSERT INTO {TABLE} (k) VALUES (1) RETURNING k",
        f"CREATE UNIQUE INDEX i ON {TABLE} (k)",
        "SELECT * FROM (VALUES (1), (2)) AS v (x)",
        "SELECT count(*) FILTER (WHERE true)",
        f"SELECT ARRAY[k, k] FROM {TABLE}",
        f"SELECT ('x' || n)::bit(8) FROM {TABLE}",
        f'CREATE TABLE "{SCHEMA}"."u" ("a" uuid)',
        f'CREATE TABLE "{SCHEMA}"."u" ("a" varchar(65536))',
        f'CREATE TABLE "{SCHEMA}"."u" ("a" numeric(39, 0))',
        f'CREATE TABLE "{SCHEMA}"."u" ("a" boolean ENCODE az64)',
        f'CREATE TABLE "{SCHEMA}"."u" ("a" integer) DISTSTYLE KEY',
        f'CREATE TABLE "{SCHEMA}"."u" ("a" integer) SORTKEY ("b")',
        f'CREATE UNLOGGED TABLE "{SCHEMA}"."u" ("a" integer)',
    ],
)
def test_what_only_postgresql_knows_is_refused(redshift: Redshift, statement: str) -> None:
    assert redshift.refusal(CREATE, statement)


def test_keys_are_not_enforced_and_not_null_is(redshift: Redshift) -> None:
    redshift.run(CREATE, f"INSERT INTO {TABLE} (k) VALUES (1)", f"INSERT INTO {TABLE} (k) VALUES (1)")
    assert redshift.run(f"SELECT count(*) FROM {TABLE}") == [(2,)]
    assert "null" in redshift.refusal(f"INSERT INTO {TABLE} (k) VALUES (NULL)").lower()


def test_the_length_of_a_text_is_in_bytes(redshift: Redshift) -> None:
    redshift.run(CREATE, f"INSERT INTO {TABLE} VALUES (1, 'äö', NULL)")
    assert "too long" in redshift.refusal(f"INSERT INTO {TABLE} VALUES (2, 'äöü', NULL)")


def test_blanks_at_the_end_of_a_text_count_in_its_length_and_in_no_comparison(redshift: Redshift) -> None:
    redshift.run(CREATE, f"INSERT INTO {TABLE} VALUES (1, 'x', NULL)", f"INSERT INTO {TABLE} VALUES (2, 'x  ', NULL)")
    assert redshift.run(
        f"SELECT count(*) FROM {TABLE} AS a JOIN {TABLE} AS b ON a.n = b.n WHERE a.n = 'x' AND NOT a.n <> b.n"
    ) == [(4,)]
    assert redshift.run(f"SELECT count(*) FROM (SELECT n FROM {TABLE} GROUP BY n) AS g") == [(1,)]
    assert redshift.run(f"SELECT OCTET_LENGTH(n) FROM {TABLE} ORDER BY k") == [(1,), (3,)]


def test_the_epoch_of_a_timestamp_has_whole_seconds_and_datediff_has_microseconds(redshift: Redshift) -> None:
    redshift.run(CREATE, f"INSERT INTO {TABLE} VALUES (1, 'x', '2020-03-29 01:30:00.123456')")
    assert redshift.run(
        f"SELECT CAST(EXTRACT(epoch FROM at) AS bigint), "
        f"DATEDIFF(microsecond, timestamp '1970-01-01', at), EXTRACT(microsecond FROM at) FROM {TABLE}"
    ) == [(1585445400, 1585445400123456, 123456)]


def test_strtol_reads_sixty_bits_of_a_hash(redshift: Redshift) -> None:
    redshift.run(CREATE, f"INSERT INTO {TABLE} VALUES (1, 'x', NULL)")
    assert redshift.run(f"SELECT STRTOL(SUBSTRING(MD5(n), 1, 15), 16) FROM {TABLE}") == [(0x9DD4E461268C803,)]


def test_the_catalog_tells_types_with_lengths_and_the_keys_of_distribution_and_order(redshift: Redshift) -> None:
    redshift.run(
        f'CREATE TABLE "{SCHEMA}"."u" ("a" bigint NOT NULL ENCODE az64, "b" varchar(7) ENCODE zstd, '
        f'"c" numeric(10, 2), "d" date) DISTSTYLE KEY DISTKEY ("a") COMPOUND SORTKEY ("d", "a")'
    )
    shown = redshift.run(
        f'SET search_path TO "{SCHEMA}"',
        'SELECT "column", type, distkey, sortkey, "notnull" FROM pg_table_def '
        f"WHERE schemaname = '{SCHEMA}' AND tablename = 'u'",
    )
    assert sorted(shown) == [
        ("a", "bigint", True, 2, True),
        ("b", "character varying(7)", False, 0, False),
        ("c", "numeric(10,2)", False, 0, False),
        ("d", "date", False, 1, False),
    ]
    assert redshift.run(
        "SELECT column_name FROM svv_redshift_columns WHERE database_name = current_database() "
        f"AND schema_name = '{SCHEMA}' AND table_name = 'u' ORDER BY ordinal_position"
    ) == [("a",), ("b",), ("c",), ("d",)]


def test_the_catalog_of_postgresql_does_not_join_with_tables(redshift: Redshift) -> None:
    said = redshift.refusal(
        CREATE, f"SELECT t.k FROM {TABLE} AS t JOIN information_schema.tables AS i ON i.table_name = t.n"
    )
    assert "not supported" in said


def test_a_table_that_a_foreign_key_refers_to_is_not_dropped(redshift: Redshift) -> None:
    child = f'"{SCHEMA}"."child"'
    redshift.run(CREATE, f'CREATE TABLE {child} ("k" bigint, FOREIGN KEY ("k") REFERENCES {TABLE} ("k"))')
    assert "other objects depend on it" in redshift.refusal(f"DROP TABLE {TABLE}")
    names = (
        "SELECT c.conname FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = c.conrelid "
        f"JOIN pg_namespace AS n ON n.oid = r.relnamespace WHERE c.contype = 'f' AND n.nspname = '{SCHEMA}'"
    )
    ((name,),) = redshift.run(names)
    redshift.run(f'ALTER TABLE {child} DROP CONSTRAINT "{name}"', f"DROP TABLE {TABLE}")
    assert redshift.run(names) == []


def test_a_foreign_key_needs_a_primary_key(redshift: Redshift) -> None:
    said = redshift.refusal(
        f'CREATE TABLE {TABLE} ("k" bigint)',
        f'CREATE TABLE "{SCHEMA}"."child" ("k" bigint, FOREIGN KEY ("k") REFERENCES {TABLE} ("k"))',
    )
    assert "no primary key" in said or "no unique constraint" in said


def test_a_transaction_that_failed_is_rolled_back_with_its_tables(redshift: Redshift) -> None:
    with redshift.connect() as opened, opened.cursor() as cursor:
        opened.autocommit = False
        cursor.execute(CREATE)
        cursor.execute(f"INSERT INTO {TABLE} (k) VALUES (1)")
        opened.rollback()
    assert "does not exist" in redshift.refusal(f"SELECT * FROM {TABLE}")


def test_truncate_is_refused_by_the_double(redshift: Redshift) -> None:
    """Redshift runs it, and commits: nothing that a load can roll back."""
    if redshift.double is None:
        pytest.skip("Redshift runs TRUNCATE, and commits what came before it")
    assert "commits the transaction" in redshift.refusal(CREATE, f"TRUNCATE {TABLE}")


def test_a_statement_without_a_rule_is_refused_by_the_double(redshift: Redshift) -> None:
    if redshift.double is None:
        pytest.skip("of the double's list of what it knows")
    for statement in (
        "SELECT generate_series(1, 2)",
        "CALL x()",
        "EXPLAIN SELECT 1",
        "CREATE TABLE u AS SELECT 1 AS a",
        "LOCK TABLE t IN EXCLUSIVE MODE",  # r_LOCK has no modes; whether Redshift takes them all the same is not known
        "LOCK TABLE t NOWAIT",
    ):
        assert redshift.refusal(statement), statement
