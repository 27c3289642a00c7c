"""The Redshift that tests speak to by `redshift_connector`: the double, or a real workgroup."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import redshift_connector

import star_lake
from covid_lake.errors import SettingsError
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import REDSHIFT
from redshift_double import RedshiftDouble
from redshift_double.server import ROLE

URL, PASSWORD, COPY_ROLE, ROOT = (
    f"COVID_LAKE_TEST_REDSHIFT_{name}" for name in ("URL", "PASSWORD", "COPY_ROLE", "ROOT")
)
VARIABLES = (URL, PASSWORD, COPY_ROLE, ROOT)
SCHEMA = star_lake.NAME
# Schemas that the tests make, and remove before and after each.
SCHEMAS = (SCHEMA, f"{SCHEMA}_staging")


@dataclass(frozen=True)
class Redshift:
    """Where the warehouse is, and where files for it can be put."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    role: str
    """The role by which COPY reads."""
    root: str
    """A folder in S3 for the tests' files, s3://bucket[/prefix]."""
    s3: Any
    is_encrypted: bool
    double: RedshiftDouble | None = None

    @classmethod
    def of_double(cls, double: RedshiftDouble, root: str) -> Redshift:
        return cls("127.0.0.1", double.port, "dev", double.user, double.password, ROLE, root, double.s3, False, double)

    @property
    def jdbc_url(self) -> str:
        return f"jdbc:redshift://{self.host}:{self.port}/{self.database}?ssl={str(self.is_encrypted).lower()}"

    @property
    def connection(self) -> WarehouseConnection:
        """For the library."""
        return WarehouseConnection(
            self.host,
            self.port,
            self.database,
            self.user,
            self.password,
            {} if self.is_encrypted else {"sslmode": "disable"},
            REDSHIFT,
        )

    def connect(self) -> Any:
        """A connection of Redshift's driver for Python, in which each statement is a transaction of its own."""
        opened = redshift_connector.connect(
            host=self.host,
            port=self.port,
            database=self.database,
            user=self.user,
            password=self.password,
            ssl=self.is_encrypted,
        )
        opened.autocommit = True
        return opened

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements, each a transaction; the rows of the last."""
        with self.connect() as opened, opened.cursor() as cursor:
            rows: list[tuple[Any, ...]] = []
            for statement in statements:
                cursor.execute(statement)
                rows = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
            return rows

    def refusal(self, *statements: str) -> str:
        """What Redshift says to the last of the statements, which it must refuse."""
        *before, last = statements
        with self.connect() as opened, opened.cursor() as cursor:
            for statement in before:
                cursor.execute(statement)
            try:
                cursor.execute(last)
            except redshift_connector.Error as error:
                said = error.args[0]
                return f"{said['M']} {said.get('D', '')}" if isinstance(said, dict) else str(error)
        raise AssertionError(f"it was not refused: {last}")

    def put(self, path: str, content: bytes) -> str:
        """Put a file below the root; its URL."""
        bucket, _, prefix = f"{self.root.removeprefix('s3://')}/{path}".partition("/")
        self.s3.put_object(Bucket=bucket, Key=prefix, Body=content)
        return f"s3://{bucket}/{prefix}"

    def manifest(self, path: str, entries: Sequence[Mapping[str, Any]]) -> str:
        """Put a manifest; its URL."""
        return self.put(path, json.dumps({"entries": list(entries)}).encode())

    def empty(self) -> None:
        """Remove what tests have made, and the faults that have not happened."""
        if self.double:
            self.double.forget()
        self.run(*(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE' for schema in SCHEMAS), f'CREATE SCHEMA "{SCHEMA}"')

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """The rows of a table of the schema, in the order of `star_lake.in_order`."""
        return star_lake.in_order(self.run(f'SELECT * FROM "{SCHEMA}"."{table}"'))


def named_workgroup(environ: Mapping[str, str]) -> Redshift | None:
    """The workgroup or cluster that the environment names; None where it names none.

    Raises `SettingsError` where it names only a part of what is needed.
    """
    missing = [name for name in VARIABLES if not environ.get(name)]
    if len(missing) == len(VARIABLES):
        return None
    if missing:
        raise SettingsError(f"to test against a workgroup, set {', '.join(missing)} as well")
    address = WarehouseConnection.from_url(environ[URL], {}, password=environ[PASSWORD])
    return Redshift(
        address.host,
        address.port,
        address.database,
        address.user,
        address.password,
        environ[COPY_ROLE],
        environ[ROOT].rstrip("/"),
        boto3.client("s3"),
        True,
    )


def described(environ: Mapping[str, str]) -> str:
    """A line that says what the tests run against."""
    real = named_workgroup(environ)
    if real is None:
        return f"Redshift: its double. For a workgroup set {', '.join(VARIABLES)} (docs/redshift-tests.md)"
    return f"Redshift: {real.host}:{real.port}/{real.database}, with files in {real.root}"
