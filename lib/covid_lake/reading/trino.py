"""A Trino server as the engine of a query: the text goes there as it is, and the answer is shown as the lake's own.

Trino is the engine that Athena is made of. It finds tables in a catalog, so it knows those that a publisher has
registered there, and the views beside them.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from covid_lake.datasets.registry import ATHENA_CATALOG
from covid_lake.errors import QueryError, SettingsError, TrinoError, UnknownTable
from covid_lake.reading.answers import Answer
from covid_lake.reading.query import ALLOWED, SHOW_DATABASES, bare_statement
from covid_lake.reading.trino_values import answer_of_values

if TYPE_CHECKING:
    from trino.dbapi import Connection
    from trino.exceptions import TrinoQueryError

URL_VARIABLE = "TRINO_URL"
PASSWORD_VARIABLE = "TRINO_PASSWORD"  # noqa: S105 - its name; the one that Trino's own command reads, too
DEFAULT_URL = "http://localhost:8080"
URL_SHAPE = "http[s]://[user@]host[:port][/catalog]"
DEFAULT_PORTS = {"http": 8080, "https": 443}
DEFAULT_USER = "covid-lake"
SOURCE = "covid-lake"
TIMEOUT_SECONDS = 30.0
EXPLAIN = re.compile(
    r"explain\b(?:\s+analyze\b)?(?:\s+verbose\b)?(?:\s*\((?:\s*(?:type|format)\s+\w+\s*,?)+\))?", re.IGNORECASE
)
READS = re.compile(r"[\s(]*(?:select|with|values|table|show|describe|desc)\b", re.IGNORECASE)
MISSING = ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND", "CATALOG_NOT_FOUND")
USER_ERROR = "USER_ERROR"
HTTP_STATUS = re.compile(r"error \d{3}\b")
REFUSED = ("error 401", "error 403")
MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class TrinoServer:
    """The address of a Trino server, and the user to log in as."""

    scheme: str
    """`http` or `https`."""
    host: str
    """Its name or number."""
    port: int
    """Its port."""
    user: str
    """Who asks."""
    catalog: str
    """The catalog in which tables are found that are named without one."""
    password: str | None = field(default=None, repr=False)
    """The user's password; None where the server asks for none."""

    @classmethod
    def from_url(cls, url: str | None = None, environ: Mapping[str, str] | None = None) -> TrinoServer:
        """Read `http[s]://[user@]host[:port][/catalog]`; without one, `TRINO_URL`, or this machine's port 8080.

        The password is `TRINO_PASSWORD` of `environ`, which is the process's own by default. Without a user it's the
        one who runs this process, and without a catalog Athena's, `awsdatacatalog`. Raises `SettingsError`, which does
        not repeat the URL.
        """
        environ = os.environ if environ is None else environ
        given = (url or environ.get(URL_VARIABLE) or DEFAULT_URL).strip()
        try:
            parts = urlsplit(given)
            port = parts.port
        except ValueError:
            raise SettingsError(f"Trino's URL cannot be read: expected {URL_SHAPE}") from None
        if parts.password is not None:
            raise SettingsError(f"Trino's URL has a password in it; set {PASSWORD_VARIABLE} instead")
        catalog = parts.path.strip("/")
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "/" in catalog or parts.query or parts.fragment:
            raise SettingsError(f"Trino's URL is not what was expected, {URL_SHAPE}")
        password = environ.get(PASSWORD_VARIABLE) or None
        if password and parts.scheme == "http":
            raise SettingsError(
                f"{PASSWORD_VARIABLE} is set, and http:// would send it unencrypted; write https:// in Trino's URL, or "
                f"unset {PASSWORD_VARIABLE} where the server asks for none"
            )
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port or DEFAULT_PORTS[parts.scheme],
            user=unquote(parts.username or "") or _own_name(),
            catalog=unquote(catalog) or ATHENA_CATALOG,
            password=password,
        )

    @property
    def url(self) -> str:
        """The address, without user and catalog."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def connect(self) -> Connection:
        """A connection; the server is not asked anything before the first query."""
        from trino.auth import BasicAuthentication
        from trino.dbapi import connect

        connection: Connection = connect(  # type: ignore[no-untyped-call]
            host=self.url,
            user=self.user,
            source=SOURCE,
            catalog=self.catalog,
            auth=BasicAuthentication(self.user, self.password) if self.password else None,
            request_timeout=TIMEOUT_SECONDS,
            # Values as the server writes them: Python has none for days after the year 9999 and nanoseconds.
            legacy_primitive_types=True,
        )
        return connection


def ask_trino(server: TrinoServer, text: str) -> Answer:
    """Ask the server one question, in its own SQL, which Athena's is; where that is interrupted, the query ends there.

    Raises `QueryError` for a query that does more than read, or that Trino can't read or answer, `UnknownTable` for a
    table that its catalog doesn't have, `TrinoError` where the server is not reached or refuses the user, and
    `SettingsError` where the package `trino` is not installed.
    """
    statement = _question(text)
    try:
        from trino.exceptions import Error, HttpError, TrinoQueryError
    except ImportError:
        raise SettingsError("the package trino is not installed; get it: pip install 'covid_lake[trino]'") from None

    try:
        with closing(server.connect()) as connection:
            cursor = connection.cursor()
            try:
                rows = cursor.execute(statement).fetchall()
            except KeyboardInterrupt:
                cursor.cancel()
                raise
    except TrinoQueryError as error:
        raise _query_fault(error, server) from error
    # What is no Trino may answer anything, which the client takes for JSON: a ValueError.
    except (Error, HttpError, OSError, ValueError) as error:
        raise _server_fault(error, server) from error
    return answer_of_values([(column.name, column.type_code) for column in cursor.description], rows)


def _question(text: str) -> str:
    """The statement; `QueryError` where it does more than read."""
    bare = bare_statement(text)
    if SHOW_DATABASES.fullmatch(bare):
        return "SHOW SCHEMAS"  # Trino knows Athena's databases by this name only
    explained = EXPLAIN.match(bare)
    if not READS.match(bare_statement(bare[explained.end() :] if explained else bare)):
        raise QueryError(f"{bare.split(None, 1)[0].upper()} is not asked of Trino, a query only reads; {ALLOWED}")
    return bare


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return DEFAULT_USER


def _query_fault(error: TrinoQueryError, server: TrinoServer) -> QueryError | UnknownTable:
    message = " ".join(error.message.split())
    if error.error_name in MISSING:
        return UnknownTable(f"{message}; see which there are with SHOW TABLES FROM {server.catalog}.DATASET_ZONE")
    if error.error_type == USER_ERROR:
        return QueryError(f"Trino cannot answer the query: {message}")
    return QueryError(f"Trino gave the query up ({error.error_name}): {message}")


def _server_fault(error: BaseException, server: TrinoServer) -> TrinoError:
    reason = _reason(error)
    if reason in REFUSED:
        way_out = f"It wants the password of the user {server.user} in {PASSWORD_VARIABLE}, over https"
    else:
        way_out = f"Is a Trino running there? Name another with --trino {URL_SHAPE}, or in {URL_VARIABLE}"
    return TrinoError(f"Trino at {server.url} did not answer: {reason}. {way_out}")


def _reason(error: BaseException) -> str:
    """What the error goes back to: clients wrap it several times, with the addresses of their objects."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if status := HTTP_STATUS.match(words):
        return status[0]  # a page of HTML follows
    return " ".join(words.split())[:MAX_REASON]
