"""What Redshift would refuse to copy is refused before, with the file, the column and the way out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from covid_lake import paths
from covid_lake.contracts import Column, Table, Type, Zone
from covid_lake.errors import SettingsError, StorageError, WarehouseError
from covid_lake.store.questions import Stored
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import LocalStorage
from covid_lake.warehouse.copying import copy_statement, require_role, require_s3
from covid_lake.warehouse.preflight import require_readable

TABLE = Table(
    "books",
    Zone.CURATED,
    "dim_book",
    "A book.",
    (
        Column("book_key", Type.BIGINT, "Key", nullable=False),
        Column("pages", Type.INT, "Pages"),
        Column("title", Type.TEXT, "Title"),
        Column("price", Type.DECIMAL, "Price", precision=10, scale=2),
        Column("sold_at", Type.TIMESTAMP, "Sold"),
        Column("published", Type.DATE, "Published"),
        Column("rating", Type.DOUBLE, "Rating"),
        Column("is_new", Type.BOOLEAN, "New"),
    ),
    key=("book_key",),
)
RIGHT = {
    "book_key": pa.array([1], pa.int64()),
    "pages": pa.array([300], pa.int32()),
    "title": pa.array(["Emma"], pa.string()),
    "price": pa.array([Decimal("9.99")], pa.decimal128(10, 2)),
    "sold_at": pa.array([dt.datetime(2020, 1, 1, tzinfo=dt.UTC)], pa.timestamp("us", tz="UTC")),
    "published": pa.array([dt.date(1815, 12, 23)], pa.date32()),
    "rating": pa.array([4.5], pa.float64()),
    "is_new": pa.array([False], pa.bool_()),
}


def stored(folder: Path, codec: str = "snappy", **changed: pa.Array | None) -> tuple[LocalStorage, Stored]:
    """A version of one file that has the table's columns but for those given; None leaves one out."""
    columns = {name: array for name, array in {**RIGHT, **changed}.items() if array is not None}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression=codec)
    storage, file = LocalStorage(folder), DataFile("version=v1/part-0.parquet", 1, sink.tell())
    storage.write(f"{paths.table(TABLE)}/{file.path}", sink.getvalue().to_pybytes())
    return storage, Stored(TABLE, (file,))


@pytest.mark.parametrize("codec", ["snappy", "gzip", "none"])
def test_files_that_are_as_their_contract_says_pass(tmp_path: Path, codec: str) -> None:
    require_readable(*stored(tmp_path, codec))


REFUSALS: dict[str, tuple[dict[str, pa.Array | None], str]] = {
    "a column less": ({"is_new": None}, "it has 7 columns, and the table 8"),
    "a column more": ({"extra": pa.array([1])}, "it has 9 columns, and the table 8"),
    "another order": ({"book_key": None, "zz": RIGHT["book_key"]}, "column 1 is pages, and that of the table is "),
    "a wider integer": ({"pages": pa.array([1], pa.int64())}, "column pages is stored as INT64, which COPY"),
    "a narrower one": ({"book_key": pa.array([1], pa.int32())}, "column book_key is stored as INT32"),
    "a float": ({"rating": pa.array([1.0], pa.float32())}, "column rating is stored as FLOAT"),
    "bytes": ({"title": pa.array([b"x"], pa.binary())}, "column title is stored as BYTE_ARRAY, which COPY"),
    "a day as text": ({"published": pa.array(["1815-12-23"])}, r"column published is stored as BYTE_ARRAY \(STRING\)"),
    "a day as number": ({"published": pa.array([1], pa.int32())}, "column published is stored as INT32, which"),
    "a number as day": ({"pages": RIGHT["published"]}, r"column pages is stored as INT32 \(DATE\), which"),
    "another precision": (
        {"price": pa.array([Decimal("9.99")], pa.decimal128(12, 2))},
        r"column price is stored as decimal\(12,2\), and the contract says decimal\(10,2\)",
    ),
    "another scale": (
        {"price": pa.array([Decimal("9.9")], pa.decimal128(10, 1))},
        r"column price is stored as decimal\(10,1\)",
    ),
    "a decimal as double": ({"price": pa.array([9.99])}, "column price is stored as DOUBLE, which"),
    "milliseconds": (
        {"sold_at": pa.array([dt.datetime(2020, 1, 1, tzinfo=dt.UTC)], pa.timestamp("ms", tz="UTC"))},
        "column sold_at is stored in milliseconds, and the warehouse counts microseconds",
    ),
    "a list": ({"pages": pa.array([[1]], pa.list_(pa.int32()))}, "column 2 is pages.list.element, and that of"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_what_copy_would_not_take_is_refused_by_file_and_column(tmp_path: Path, name: str) -> None:
    changed, reason = REFUSALS[name]
    with pytest.raises(WarehouseError, match=reason) as refused:
        require_readable(*stored(tmp_path, **changed))
    assert "curated.dim_book can't be copied into Redshift; nothing was loaded" in str(refused.value)
    assert "curated/books/dim_book/version=v1/part-0.parquet: " in str(refused.value)
    assert "--full-refresh" in str(refused.value)


def test_a_codec_that_redshift_does_not_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        WarehouseError, match=r"part-0.parquet: column book_key is compressed with ZSTD.*SNAPPY and GZIP"
    ):
        require_readable(*stored(tmp_path, "zstd"))


def test_all_faults_of_a_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError) as refused:
        require_readable(*stored(tmp_path, pages=pa.array([1], pa.int64()), rating=pa.array([1.0], pa.float32())))
    assert "column pages is" in str(refused.value)
    assert "column rating is" in str(refused.value)


def test_a_file_without_its_end_is_refused(tmp_path: Path) -> None:
    storage, version = stored(tmp_path)
    path = f"{paths.table(TABLE)}/{version.files[0].path}"
    storage.write(path, storage.read(path)[:-20])
    with pytest.raises(StorageError, match=r"part-0.parquet is no whole Parquet file"):
        require_readable(storage, version)


def test_a_lake_on_disk_can_not_be_copied(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"Redshift reads a table's files from S3.*s3://bucket/prefix"):
        require_s3(LocalStorage(tmp_path))


@pytest.mark.parametrize(
    "role",
    [
        "default",
        "arn:aws:iam::123456789012:role/redshift-reads-lake",
        "arn:aws-cn:iam::123456789012:role/service-role/AmazonRedshift-1",
        "arn:aws:iam::123456789012:role/first,arn:aws:iam::210987654321:role/second",
    ],
)
def test_a_role_is_an_arn_a_chain_of_them_or_the_default(role: str) -> None:
    assert f"IAM_ROLE {role if role == 'default' else repr(require_role(role))} " in copy_statement(
        "t", "s3://b/k", role
    )


@pytest.mark.parametrize(
    "role", ["", "reader", "arn:aws:iam::1:role/x", "arn:aws:iam::123456789012:role/x' FORMAT CSV --"]
)
def test_anything_else_is_no_role(role: str) -> None:
    with pytest.raises(SettingsError, match="neither 'default' nor an ARN"):
        require_role(role)
