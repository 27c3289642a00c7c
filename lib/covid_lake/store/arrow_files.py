"""The files of a version as an Arrow dataset: named one by one by the manifest, typed by the contract.

Opening a dataset reads nothing. Whoever scans it, Arrow or DuckDB, has its filters pushed down to the partitions and to
the statistics in the Parquet footers, and the same code path serves a directory and S3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

from covid_lake.contracts import Column, Table, Type
from covid_lake.errors import SettingsError
from covid_lake.store.storage import LocalStorage, S3Storage, Storage, configured_endpoint, s3_credentials, s3_session

_ARROW_TYPES: Final = {
    Type.TEXT: pa.string(),
    Type.INT: pa.int32(),
    Type.BIGINT: pa.int64(),
    Type.DOUBLE: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
    Type.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}
QUARANTINE_SCHEMA: Final = pa.schema(
    [
        ("run_id", pa.string()),
        ("table_name", pa.string()),
        ("source_file", pa.string()),
        ("line", pa.int64()),
        ("reasons", pa.list_(pa.string())),
        ("record", pa.string()),
    ]
)
# Spark writes timestamps as INT96 unless told otherwise; Arrow would read those as nanoseconds without a zone.
PARQUET = ds.ParquetFileFormat(read_options=ds.ParquetReadOptions(coerce_int96_timestamp_unit="us"))
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
DEFAULT_REGION = "us-east-1"


def arrow_type(column: Column) -> pa.DataType:
    """The column's type as Arrow has it."""
    return pa.decimal128(*column.digits) if column.type is Type.DECIMAL else _ARROW_TYPES[column.type]


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The columns as Arrow types them; times are microseconds in UTC."""
    return pa.schema([(column.name, arrow_type(column)) for column in columns])


def table_dataset(storage: Storage, filesystem: fs.FileSystem, table: Table, files: Sequence[str]) -> ds.Dataset:
    """The Parquet files of a table as a dataset with the contract's columns; `files` are below the storage's root.

    A partition column's value is text in the file's path, as Hive writes it: `month=2020-03/part-0.parquet`.
    """
    partitions = [_partition(table, file) for file in files]
    return _dataset(storage, filesystem, arrow_schema(table.columns), files, partitions)


def quarantine_dataset(storage: Storage, filesystem: fs.FileSystem, files: Sequence[str]) -> ds.Dataset:
    """Quarantined records as a dataset; a row is a refused record."""
    return _dataset(storage, filesystem, QUARANTINE_SCHEMA, files, [ds.scalar(True)] * len(files))


def open_filesystem(storage: Storage, endpoint: str | None = None) -> fs.FileSystem:
    """The storage as Arrow reaches it, by the credentials, region and endpoint that boto3 finds."""
    if not isinstance(storage, S3Storage):
        return fs.LocalFileSystem()
    session = s3_session()
    place = urlsplit(configured_endpoint(endpoint) or "https://")
    options = {
        "region": session.region_name or DEFAULT_REGION,
        "scheme": place.scheme,
        "endpoint_override": place.netloc + place.path.rstrip("/") or None,
    }
    keys = None if storage.unsigned else s3_credentials(session)
    try:
        if keys is None:
            return fs.S3FileSystem(anonymous=True, **options)
        return fs.S3FileSystem(
            access_key=keys.access_key, secret_key=keys.secret_key, session_token=keys.token, **options
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SettingsError(f"S3 cannot be reached as the environment says: {error}") from error


def _dataset(
    storage: Storage,
    filesystem: fs.FileSystem,
    schema: pa.Schema,
    files: Sequence[str],
    partitions: Sequence[ds.Expression],
) -> ds.Dataset:
    return ds.FileSystemDataset.from_paths(
        [_arrow_path(storage, file) for file in files],
        schema=schema,
        format=PARQUET,
        filesystem=filesystem,
        partitions=list(partitions),
    )


def _arrow_path(storage: Storage, path: str) -> str:
    if isinstance(storage, LocalStorage):
        return str(storage.directory / path)
    return storage.url(path).removeprefix("s3://")


def _partition(table: Table, file: str) -> ds.Expression:
    """What the file's path says of its rows, as a predicate that is true for each of them."""
    stored = dict(part.split("=", 1) for part in file.split("/") if "=" in part)
    expression = ds.scalar(True)
    for name in table.partition_by:
        value = unquote(stored[name])
        is_value = ds.field(name).is_null() if value == NULL_PARTITION else ds.field(name) == value
        expression = expression & is_value
    return expression
