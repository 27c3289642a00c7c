"""COPY … FORMAT AS PARQUET … MANIFEST: reads exactly the files that the manifest lists, and refuses as Redshift does.

Pages: r_COPY, copy-usage_notes-copy-from-columnar, loading-data-files-using-manifest. The files' rows go into a table
of the double's own over another connection; `redshift.copy_into` then compares columns with the target, and inserts
them in the client's transaction.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from redshift_double.refusals import INTERNAL_ERROR, Refused, spectrum_error, unknown
from redshift_double.tokens import Reader

# What copy-usage_notes-copy-from-columnar names is gzip, Snappy and bzip2, which Parquet does not have. The pages of
# Redshift Spectrum, by which COPY reads, name zstd as well; until a workgroup has read it, it is refused here.
CODECS = frozenset({"UNCOMPRESSED", "SNAPPY", "GZIP"})
# Supported beside those that are read below; every other one is refused.
SUPPORTED = ("ACCEPTINVCHARS", "FILLRECORD", "STATUPDATE", "EXPLICIT_IDS")
TYPE = re.compile(r"(smallint|integer|bigint|real|double precision|boolean|date|numeric|timestamp|character varying).*")
ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of a Parquet file."""

    kind: str
    """The type of Redshift that it can be loaded into, as the catalog spells it."""
    parquet: str
    """How Redshift's messages show it."""
    file: str
    bytes: int
    """The longest text."""

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "parquet": self.parquet, "file": self.file, "bytes": self.bytes}


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read."""

    columns: tuple[FileColumn, ...]
    rows: pa.Table


@dataclass
class Copier:
    """Reads the files of manifests from S3 into PostgreSQL."""

    s3: Any
    """A client of boto3."""
    connect: Callable[[], psycopg.Connection[Any]]
    roles: Sequence[str]
    """The roles that this cluster may assume."""

    def __post_init__(self) -> None:
        self._ids = count(1)

    def translate(self, sql: str) -> str:
        """The statement that loads the files. Raises `Refused`."""
        reader = Reader(sql)
        reader.expect("COPY")
        target = reader.dotted_name()
        if (token := reader.peek()) is not None and token.written == "(":
            raise unknown("COPY with a list of columns")
        reader.expect("FROM")
        manifest = reader.text()
        self._read_options(reader)
        load = self._load(manifest)
        # A statement without a result, as COPY is.
        return f"DO $redshift$ BEGIN PERFORM redshift.copy_into('{target}', {load}); END $redshift$"

    def _read_options(self, reader: Reader) -> None:
        has_role = is_parquet = has_manifest = False
        while not reader.is_done:
            if reader.accept("IAM_ROLE"):
                self._require_role(reader)
                has_role = True
            elif reader.accept("FORMAT"):
                reader.accept("AS")
                if not reader.accept("PARQUET"):
                    raise unknown("COPY of anything but Parquet")
                is_parquet = True
            elif reader.accept("MANIFEST"):
                has_manifest = True
            elif reader.accept("STATUPDATE"):
                if not (reader.accept("ON") or reader.accept("OFF") or reader.accept("TRUE")):
                    reader.accept("FALSE")
            else:
                raise self._unsupported(reader)
        if not has_role:
            raise Refused("CREDENTIALS argument is required", "42601")
        if not is_parquet or not has_manifest:
            raise unknown("COPY without FORMAT AS PARQUET and MANIFEST")

    def _unsupported(self, reader: Reader) -> Refused:
        token = reader.take()
        if not token.upper:
            return reader.fault(token)
        if token.upper in SUPPORTED:
            return unknown(f"COPY with {token.upper}")
        return Refused(f"{token.upper} argument is not supported for PARQUET based COPY")

    def _require_role(self, reader: Reader) -> None:
        role = "default" if reader.accept("DEFAULT") else reader.text()
        if role != "default" and not ROLE.fullmatch(role):
            raise Refused(f"Invalid credentials. Must be of the format: arn:aws:iam::<id>:role/<name>. Is: {role}")
        if role not in self.roles:
            raise Refused(
                f"User arn:aws:redshift:us-east-1:123456789012:dbuser:x/y is not authorized to assume IAM Role {role}",
                INTERNAL_ERROR,
            )

    def _load(self, manifest: str) -> int:
        """Read the files into a table of their own; its number."""
        files = []
        for entry in self._entries(manifest):
            content = self._content(entry)
            if content is not None:
                files.append(_read(entry["url"], content))
        if not files:
            # loading-data-files-using-manifest: whatever `mandatory` says, COPY ends if no files are found.
            raise Refused("The specified S3 prefix does not exist: no files were found", INTERNAL_ERROR, manifest)
        load = next(self._ids)
        with self.connect() as opened:
            _write(opened, load, files)
        return load

    def _entries(self, manifest: str) -> list[dict[str, Any]]:
        content = self._get(manifest)
        if content is None:
            raise Refused(f"Problem reading manifest file - S3ServiceException: {manifest} does not exist", "XX000")
        try:
            entries = json.loads(content)["entries"]
        except (ValueError, KeyError) as error:
            raise Refused(f"Manifest file is not in correct json format: {manifest}", INTERNAL_ERROR) from error
        for entry in entries:
            if not str(entry.get("url", "")).startswith("s3://"):
                raise Refused(f"Manifest file contains invalid url: {entry}", INTERNAL_ERROR)
            # loading-data-files-using-manifest: needed for Parquet, with the size of the file in bytes.
            if not isinstance(entry.get("meta", {}).get("content_length"), int):
                raise Refused(
                    f"Manifest file must contain content_length for columnar files: {entry['url']}", INTERNAL_ERROR
                )
        return list(entries)

    def _content(self, entry: dict[str, Any]) -> bytes | None:
        """The file's content; None if it is missing and need not be there."""
        url, expected = entry["url"], entry["meta"]["content_length"]
        content = self._get(url)
        if content is None:
            if entry.get("mandatory", False):
                raise Refused(f"The specified S3 file {url} does not exist", INTERNAL_ERROR)
            return None
        if len(content) != expected:
            raise spectrum_error(f"File '{url}' has {len(content)} bytes, and content_length says {expected}")
        return content

    def _get(self, url: str) -> bytes | None:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        try:
            return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except self.s3.exceptions.NoSuchKey:
            return None
        except self.s3.exceptions.NoSuchBucket:
            return None


def _read(url: str, content: bytes) -> File:
    try:
        file = pq.ParquetFile(io.BytesIO(content))
    except pa.ArrowInvalid as error:
        raise spectrum_error(f"File '{url}' is not a Parquet file: {error}") from error
    for group in range(file.metadata.num_row_groups):
        for place in range(file.metadata.num_columns):
            codec = file.metadata.row_group(group).column(place).compression
            if codec not in CODECS:
                raise spectrum_error(f"File '{url}' has the compression {codec}, which COPY does not document")
    table = file.read()
    if len(table.schema) != len(file.schema):
        raise unknown(f"nested columns, in {url}")
    columns = []
    for place, name in enumerate(table.schema.names):
        column = file.schema.column(place)
        longest = 0
        if pa.types.is_string(table.schema.types[place]) or pa.types.is_large_string(table.schema.types[place]):
            longest = pc.max(pc.binary_length(table.column(place))).as_py() or 0
        shown = f"{'required' if column.max_definition_level == 0 else 'optional'} {column.physical_type} {name}"
        columns.append(FileColumn(_kind(column), f"{shown} [{column.logical_type}]", url, longest))
    return File(tuple(columns), table)


def _kind(column: Any) -> str:
    """The type of Redshift that a column can be loaded into.

    The guide has no table of them; these are the pairs of c-spectrum-external-tables and of UNLOAD's own Parquet.
    Any other pair is refused as an incompatible schema.
    """
    logical = json.loads(column.logical_type.to_json())
    name = logical["Type"]
    match column.physical_type, name:
        case "INT32", "None":
            return "integer"
        case "INT32", "Int" if logical["bitWidth"] == 32 and logical["isSigned"]:
            return "integer"
        case "INT32", "Int" if logical["bitWidth"] == 16 and logical["isSigned"]:
            return "smallint"
        case "INT64", "None":
            return "bigint"
        case "INT64", "Int" if logical["bitWidth"] == 64 and logical["isSigned"]:
            return "bigint"
        case "INT32" | "INT64" | "FIXED_LEN_BYTE_ARRAY", "Decimal":
            return f"numeric({logical['precision']},{logical['scale']})"
        case "FLOAT", "None":
            return "real"
        case "DOUBLE", "None":
            return "double precision"
        case "BOOLEAN", "None":
            return "boolean"
        case "BYTE_ARRAY", "String":
            return "character varying"
        case "INT32", "Date":
            return "date"
        case ("INT64", "Timestamp") if logical["timeUnit"] in ("microseconds", "milliseconds"):
            return "timestamp without time zone"
        case "INT96", _:
            return "timestamp without time zone"
    return f"{column.physical_type} {name}"


def _write(opened: psycopg.Connection[Any], load: int, files: Sequence[File]) -> None:
    """Rows that no table can get are not written: `copy_into` refuses the load before it looks for them."""
    kinds = {tuple(column.kind for column in file.columns) for file in files}
    loadable = len(kinds) == 1 and all(TYPE.fullmatch(kind) for kind in next(iter(kinds)))
    columns = [f"c{place} {kind}" for place, kind in enumerate(next(iter(kinds)))] if loadable else []
    opened.execute(f"CREATE UNLOGGED TABLE redshift_files.load_{load} ({', '.join(columns)})".encode())
    if loadable:
        with opened.cursor() as cursor, cursor.copy(f"COPY redshift_files.load_{load} FROM STDIN".encode()) as copy:
            for file in files:
                for row in zip(*(_values(column) for column in file.rows.columns), strict=True):
                    copy.write_row(row)
    described = [[column.as_json() for column in file.columns] for file in files]
    opened.execute("INSERT INTO redshift_files.loads (id, files) VALUES (%s, %s)", (load, json.dumps(described)))


def _values(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_timestamp(column.type):  # as the moments are in UTC
        column = column.cast(pa.timestamp("us"))
    return list(column.to_pylist())
