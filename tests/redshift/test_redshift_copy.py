"""COPY from Parquet by a manifest: exactly its files are loaded, and what Redshift's documentation refuses is refused.

Against a real workgroup these tests prove the rules that the double was written by.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redshift_target import SCHEMA, Redshift

TABLE = f'"{SCHEMA}"."t"'
COLUMNS: Mapping[str, tuple[str, pa.DataType, Any]] = {
    "k": ("bigint NOT NULL", pa.int64(), 1),
    "day_key": ("integer", pa.int32(), 20200301),
    "name": ("varchar(9)", pa.string(), "Curaçao"),
    "share": ("double precision", pa.float64(), 0.25),
    "is_open": ("boolean", pa.bool_(), True),
    "day": ("date", pa.date32(), dt.date(2020, 3, 1)),
    "at": ("timestamp", pa.timestamp("us", "UTC"), dt.datetime(2020, 3, 29, 1, 30, 0, 123456, dt.UTC)),
    "price": ("numeric(10, 2)", pa.decimal128(10, 2), Decimal("12.30")),
}
LINES = [f'"{name}" {kind}' for name, (kind, _, _) in COLUMNS.items()]
CREATE = f"CREATE TABLE {TABLE} ({', '.join(LINES)})"
ROW = {name: value for name, (_, _, value) in COLUMNS.items()}
LOADED = (1, 20200301, "Curaçao", 0.25, True, dt.date(2020, 3, 1), dt.datetime(2020, 3, 29, 1, 30, 0, 123456),
          Decimal("12.30"))  # fmt: skip


def parquet(
    rows: list[dict[str, Any]], types: Mapping[str, pa.DataType] | None = None, compression: str = "snappy"
) -> bytes:
    """A file of the rows; `types` are in the order of the file's columns."""
    types = types or {name: kind for name, (_, kind, _) in COLUMNS.items()}
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(types.items())), sink, compression=compression)
    return sink.getvalue()


def copy(redshift: Redshift, manifest: str, *, role: str | None = None, options: str = "") -> str:
    role = redshift.role if role is None else role
    return f"COPY {TABLE} FROM '{manifest}' IAM_ROLE '{role}' FORMAT AS PARQUET MANIFEST{options}"


def manifest_of(redshift: Redshift, *contents: bytes) -> str:
    """A manifest of files with these contents."""
    entries = []
    for number, content in enumerate(contents):
        url = redshift.put(f"part-{number}.parquet", content)
        entries.append({"url": url, "mandatory": True, "meta": {"content_length": len(content)}})
    return redshift.manifest("manifest", entries)


def rows(redshift: Redshift) -> list[tuple[Any, ...]]:
    return sorted(redshift.run(f"SELECT * FROM {TABLE}"))


def test_every_type_comes_over_as_it_is_and_nothing_else_of_the_folder(redshift: Redshift) -> None:
    redshift.put("part-9.parquet", parquet([ROW]))
    other = dict.fromkeys(ROW) | {"k": 2}
    redshift.run(CREATE, copy(redshift, manifest_of(redshift, parquet([ROW]), parquet([other], compression="gzip"))))
    assert rows(redshift) == [LOADED, (2, *[None] * 7)]


def test_a_copy_is_a_part_of_its_transaction_and_counts_its_rows(redshift: Redshift) -> None:
    manifest = manifest_of(redshift, parquet([ROW]), parquet([ROW]))
    with redshift.connect() as opened, opened.cursor() as cursor:
        opened.autocommit = False
        cursor.execute(CREATE)
        cursor.execute(copy(redshift, manifest))
        cursor.execute("SELECT pg_last_copy_count()")
        assert cursor.fetchone()[0] == 2
        opened.rollback()
    assert "does not exist" in redshift.refusal(f"SELECT * FROM {TABLE}")


def test_a_temporary_table_can_be_loaded(redshift: Redshift) -> None:
    manifest = manifest_of(redshift, parquet([ROW]))
    statement = copy(redshift, manifest).replace(TABLE, '"temporary"')
    found = redshift.run(CREATE.replace("TABLE", "TEMP TABLE", 1).replace(TABLE, '"temporary"'), statement,
                         'SELECT * FROM "temporary"')  # fmt: skip
    assert found == [LOADED]


def changed(name: str, kind: pa.DataType, value: Any) -> bytes:
    """A file in which one column has another type."""
    types = {column: one for column, (_, one, _) in COLUMNS.items()} | {name: kind}
    return parquet([ROW | {name: value}], types)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (parquet([{"k": 1}], {"k": pa.int64()}), "Unmatched number of columns.*8.*1"),
        (parquet([ROW], {name: COLUMNS[name][1] for name in reversed(COLUMNS)}), "incompatible Parquet schema"),
        (changed("day_key", pa.int64(), 1), "incompatible Parquet schema for column '[^']*day_key'"),
        (changed("k", pa.int32(), 1), "incompatible Parquet schema for column '[^']*k'"),
        (changed("price", pa.decimal128(12, 2), Decimal("1.00")), "incompatible Parquet schema.*price"),
        (changed("price", pa.decimal128(10, 3), Decimal("1.000")), "incompatible Parquet schema.*price"),
        (changed("day", pa.string(), "2020-03-01"), "incompatible Parquet schema.*day"),
        (changed("share", pa.float32(), 0.5), "incompatible Parquet schema.*share"),
        (changed("name", pa.string(), "Curaçaoäö"), "length of the data column name.*Table: 9, Data: 12"),
        (changed("k", pa.int64(), None), "(?i)null"),
        (b"not Parquet at all", "Spectrum"),
    ],
    ids=[
        "columns", "order", "int64 for integer", "int32 for bigint", "precision", "scale", "text for date",
        "float", "bytes", "null", "no Parquet",
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_and_nothing_is_loaded(
    redshift: Redshift, content: bytes, why: str
) -> None:
    said = redshift.refusal(CREATE, copy(redshift, manifest_of(redshift, parquet([ROW]), content)))
    assert re.search(why, said, re.DOTALL), said
    assert rows(redshift) == []


def test_a_codec_that_is_not_documented_for_copy_is_refused(redshift: Redshift) -> None:
    manifest = manifest_of(redshift, parquet([ROW], compression="zstd"))
    if redshift.double is None:
        redshift.run(CREATE, copy(redshift, manifest))
        pytest.fail("Redshift has read zstd: the contracts' codec need not be another one any more")
    assert "ZSTD" in redshift.refusal(CREATE, copy(redshift, manifest))


def test_a_wrong_or_missing_length_is_refused(redshift: Redshift) -> None:
    content = parquet([ROW])
    url = redshift.put("part-0.parquet", content)
    for number, meta in enumerate(({"content_length": len(content) - 1}, {})):
        manifest = redshift.manifest(f"manifest-{number}", [{"url": url, "mandatory": True, "meta": meta}])
        create = CREATE.replace("TABLE", "TABLE IF NOT EXISTS", 1)
        assert redshift.refusal(create, copy(redshift, manifest)), meta
    assert rows(redshift) == []


def test_a_missing_file_fails_where_it_is_mandatory(redshift: Redshift) -> None:
    content = parquet([ROW])
    there = {"url": redshift.put("part-0.parquet", content), "meta": {"content_length": len(content)}}
    gone = {"url": f"{redshift.root}/gone.parquet", "meta": {"content_length": 1}}
    mandatory = redshift.manifest("mandatory", [there, gone | {"mandatory": True}])
    assert "gone.parquet" in redshift.refusal(CREATE, copy(redshift, mandatory))
    redshift.run(copy(redshift, redshift.manifest("optional", [there, gone | {"mandatory": False}])))
    assert rows(redshift) == [LOADED]
    assert redshift.refusal(copy(redshift, redshift.manifest("none", [gone])))


def test_a_manifest_that_is_missing_is_refused(redshift: Redshift) -> None:
    assert redshift.refusal(CREATE, copy(redshift, f"{redshift.root}/no-manifest"))


@pytest.mark.parametrize("option", ["REGION 'us-east-1'", "MAXERROR 5", "COMPUPDATE OFF", "TRUNCATECOLUMNS", "GZIP"])
def test_options_that_columnar_files_do_not_have_are_refused(redshift: Redshift, option: str) -> None:
    manifest = manifest_of(redshift, parquet([ROW]))
    assert "not supported" in redshift.refusal(CREATE, copy(redshift, manifest, options=f" {option}"))


def test_another_role_is_refused(redshift: Redshift) -> None:
    manifest = manifest_of(redshift, parquet([ROW]))
    role = "arn:aws:iam::210987654321:role/somebody-else"
    assert redshift.refusal(CREATE, copy(redshift, manifest, role=role))
