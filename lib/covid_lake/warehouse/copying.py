"""COPY of a version's own Parquet files into Redshift, by a manifest that lists exactly these files. Pure: text.

Redshift reads the files itself, so that no row passes through the job. It takes columns by their position, and needs
the length of each file: https://docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html.
"""

from __future__ import annotations

import json
import re

from covid_lake import paths
from covid_lake.errors import SettingsError, WarehouseError
from covid_lake.store.questions import Stored
from covid_lake.store.storage import S3_SCHEMES, Storage
from covid_lake.warehouse.dialects import quote_text

DEFAULT_ROLE = "default"
"""Stands for the IAM role that the cluster or workgroup has as its default."""
# One role, or a chain of them, of which each one takes on the next.
ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+?(,arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+?)*")


def require_s3(storage: Storage) -> None:
    """Raise `WarehouseError` for a lake that Redshift can't read."""
    if storage.root.partition("://")[0] not in S3_SCHEMES:
        raise WarehouseError(
            f"Redshift reads a table's files from S3 by itself, and this lake is in {storage.root}; "
            "name a lake at s3://bucket/prefix"
        )


def load_manifest(storage: Storage, stored: Stored) -> bytes:
    """The manifest: every file that has rows, each of which must be there with the length that the lake knows."""
    folder = paths.table(stored.table)
    entries = [
        {
            "url": s3_url(storage, f"{folder}/{file.path}"),
            "mandatory": True,
            "meta": {"content_length": file.bytes},
        }
        for file in stored.files
        if file.rows
    ]
    return json.dumps({"entries": entries}, indent=2).encode()


def s3_url(storage: Storage, path: str) -> str:
    """The file as Redshift names it: Spark's `s3a://` is unknown to it."""
    return f"s3://{storage.url(path).partition('://')[2]}"


def copy_statement(table: str, manifest_url: str, role: str) -> str:
    """COPY of the manifest's files into the table, which is a quoted name.

    `role` is one that `require_role` lets through.
    """
    named = DEFAULT_ROLE if role == DEFAULT_ROLE else quote_text(role)
    return f"COPY {table} FROM {quote_text(manifest_url)} IAM_ROLE {named} FORMAT AS PARQUET MANIFEST"


def require_role(role: str) -> str:
    """The role that Redshift takes on to read the files: its ARN, a chain of ARNs between commas, or `default`.

    `SettingsError` for any other text.
    """
    if role != DEFAULT_ROLE and not ROLE.fullmatch(role):
        raise SettingsError(
            f"the role {role!r}, with which Redshift is to read the lake, is neither 'default' nor an ARN such as "
            "arn:aws:iam::123456789012:role/redshift-reads-lake"
        )
    return role
