"""Where the warehouse is and who may enter; the one place that knows its password."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from covid_lake.errors import SettingsError, WarehouseError
from covid_lake.warehouse.dialects import DIALECTS, POSTGRESQL, Dialect

if TYPE_CHECKING:
    import psycopg

URL_SHAPE = "postgresql://user[:password]@host[:port]/database[?property=value]"
CONNECT_TIMEOUT_SECONDS = 10
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class WarehouseConnection:
    """A way into the warehouse. `properties` are handed to the driver as they are, such as `sslmode`."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    properties: Mapping[str, str] = field(default_factory=dict)
    dialect: Dialect = field(default=POSTGRESQL, repr=False)

    @classmethod
    def from_url(cls, url: str, environ: Mapping[str, str] | None = None) -> WarehouseConnection:
        """Read `postgresql://user[:password]@host[:port]/database[?property=value]` (or `redshift://…`).

        Without a password in the URL `PGPASSWORD` is taken from `environ` (the process's own by default). Raises
        `SettingsError`, which repeats neither the URL nor the password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise SettingsError(f"the warehouse's URL is none: expected {URL_SHAPE}") from error
        dialect = DIALECTS.get(parts.scheme)
        database = unquote(parts.path.removeprefix("/"))
        if dialect is None or not (parts.hostname and parts.username and database):
            raise SettingsError(f"the warehouse's URL lacks a part or has an unknown scheme: expected {URL_SHAPE}")
        return cls(
            host=parts.hostname,
            port=port or dialect.default_port,
            database=database,
            user=unquote(parts.username),
            password=_password(parts, os.environ if environ is None else environ),
            properties=dict(parse_qsl(parts.query)),
            dialect=dialect,
        )

    @property
    def url(self) -> str:
        """The URL without the password: fit to be shown, and to be given to `from_url` again with `PGPASSWORD`."""
        return f"{self.dialect.name}://{quote(self.user, safe='')}@{self._address}/{quote(self.database, safe='')}"

    @property
    def jdbc_url(self) -> str:
        """The JDBC URL, without user and password: those are in `jdbc_properties`."""
        return f"jdbc:{self.dialect.jdbc_scheme}://{self._address}/{quote(self.database, safe='')}"

    @property
    def jdbc_properties(self) -> dict[str, str]:
        """What the JDBC driver needs to know, the password among it: never log this."""
        return {
            **self.properties,
            "user": self.user,
            "password": self.password,
            "driver": self.dialect.jdbc_driver,
        }

    @property
    def _address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """An open psycopg connection, for queries without a JVM. Raises `WarehouseError` when none is to be had."""
        import psycopg  # AWS Glue has none

        try:
            return psycopg.connect(
                psycopg.conninfo.make_conninfo(
                    host=self.host,
                    port=self.port,
                    dbname=self.database,
                    user=self.user,
                    password=self.password,
                    connect_timeout=CONNECT_TIMEOUT_SECONDS,
                    **self.properties,
                )
            )
        except psycopg.Error as error:
            raise self.unreachable(str(error)) from None

    def unreachable(self, reason: str) -> WarehouseError:
        """The error for a connection that could not be opened: where it went, why it failed, what to do."""
        way_out = (
            "Is it running? `covid-lake warehouse start` starts the one on this machine."
            if self.host in LOCAL_HOSTS
            else f"Is it running, and may this machine reach {self._address}?"
        )
        return WarehouseError(
            f"cannot connect to the warehouse {self.url}: {self.without_password(reason.strip())}\n{way_out}"
        )

    def without_password(self, text: str) -> str:
        """The text with the password blacked out, should a driver ever repeat it."""
        return text.replace(self.password, "***") if self.password else text


def _password(parts: SplitResult, environ: Mapping[str, str]) -> str:
    if parts.password is not None:
        return unquote(parts.password)
    if "PGPASSWORD" in environ:
        return environ["PGPASSWORD"]
    raise SettingsError("the warehouse's password is missing: set PGPASSWORD, or put it into the URL")
