"""How the warehouse is reached: host, database, user, password and properties, for JDBC and for psycopg."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from covid_lake.errors import SettingsError
from covid_lake.warehouse.dialects import POSTGRESQL, REDSHIFT, Dialect
from covid_lake.warehouse.faults import Unreachable
from covid_lake.warehouse.iam import IamLogin
from covid_lake.warehouse.urls import IAM_SCHEME, KNOWN, URL_SHAPE, read_url

if TYPE_CHECKING:
    import psycopg

CONNECT_TIMEOUT_SECONDS = 10
# What a warehouse on another machine must at least do: encrypt. That the certificate be checked as well (verify-ca,
# verify-full) takes a file of certificates, which only the one who writes the URL can name.
LEAST_SSL_MODE = "require"
# Redshift's JDBC driver refuses every other value of sslmode, and has the certificates for its checks with it:
# https://docs.aws.amazon.com/redshift/latest/mgmt/jdbc20-configuration-options.html. To encrypt without any check it
# would have to be given another class for its sockets; it checks instead.
SSL_OF_REDSHIFT = {
    "disable": {"ssl": "false"},
    "require": {"ssl": "true", "sslmode": "verify-ca"},
    "verify-ca": {"ssl": "true", "sslmode": "verify-ca"},
    "verify-full": {"ssl": "true", "sslmode": "verify-full"},
}
HIGHEST_PORT = 65535
# What comes before a password in a text: password=x, "password": "x", PGPASSWORD='x', password "x".
PASSWORD_BEFORE = r"""(?i:pass(?:word|wd)?|pwd)(?:["']?\s*[=:]\s*["']?|\s+["'])"""  # noqa: S105
# A password that could also be a name (of a table, a host, a region) is masked only behind one of these.
NAME = re.compile(r"[A-Za-z0-9_.-]{0,15}")


@dataclass(frozen=True, slots=True)
class WarehouseConnection:
    """The address of a warehouse, and the user and password to log in with.

    Another machine is reached over TLS, unless `properties` says `sslmode=disable`, `allow` or `prefer`.
    """

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    properties: Mapping[str, str] = field(default_factory=dict)
    """More settings, such as `sslmode`, by their names in libpq."""
    dialect: Dialect = field(default=POSTGRESQL, repr=False)
    login: IamLogin | None = field(default=None, repr=False)
    """Gives user and password for each new session, in place of `user` and `password`; Redshift only."""

    def __post_init__(self) -> None:
        if not is_this_machine(self.host) and "sslmode" not in self.properties:
            object.__setattr__(self, "properties", {**self.properties, "sslmode": LEAST_SSL_MODE})

    @classmethod
    def from_url(
        cls,
        url: str,
        environ: Mapping[str, str] | None = None,
        *,
        user: str | None = None,
        password: str | None = None,
    ) -> WarehouseConnection:
        """Read `postgresql://user[:password]@host[:port]/database[?property=value]`; `postgres://`, `redshift://` too.

        `redshift:iam://endpoint[:port]/database` logs in with temporary passwords of AWS, and needs no user and no
        password. Redshift's URLs may have semicolons between their properties, as AWS's documentation shows them.

        Host, port, dbname, user and password may also be given as properties, which then win over the URL itself, as
        with libpq. Other properties must be in `PROPERTIES`, by the name of either driver: one that a single driver
        knows would work for queries and not for loads, or the other way round. A `+` is a plus and not a space.

        `user` and `password` replace those of the URL. Without a password in either, `PGPASSWORD` is taken from
        `environ` (the process's own by default). Raises `SettingsError`, which repeats neither URL nor password.
        """
        found = read_url(url)
        dialect, parts, properties, is_iam = found.dialect, found.parts, found.properties, found.is_iam
        if user is not None:
            parts["user"] = user
        if password is not None:
            parts["password"] = password
        needed = ("host", "database") if is_iam else ("host", "user", "database")
        missing = [name for name in needed if not parts.get(name)]
        if missing:
            raise SettingsError(f"the warehouse's URL lacks the {' and the '.join(missing)}: expected {URL_SHAPE}")
        if parts["host"].startswith("/"):
            raise SettingsError("the warehouse's host is a socket's folder, which JDBC cannot reach; name a host")
        if "," in parts["host"]:
            raise SettingsError("the warehouse's URL names several hosts; name one")
        if dialect is REDSHIFT and (mode := properties.get("sslmode", "require")) not in SSL_OF_REDSHIFT:
            raise SettingsError(f"sslmode={mode} is unknown to Redshift; there is: {', '.join(SSL_OF_REDSHIFT)}")
        environ = os.environ if environ is None else environ
        password = "" if is_iam else parts.get("password", environ.get("PGPASSWORD"))
        if password is None:
            raise SettingsError("the warehouse's password is missing: set PGPASSWORD, or put it into the URL")
        return cls(
            host=parts["host"],
            port=_port(parts["port"]) if "port" in parts else dialect.default_port,
            database=parts["database"],
            user=parts.get("user", ""),
            password=password,
            properties=properties,
            dialect=dialect,
            login=_iam_login(parts) if is_iam else None,
        )

    @property
    def url(self) -> str:
        """The URL without secrets. It can be shown, and with `PGPASSWORD` it can be given to `from_url` again."""
        scheme = IAM_SCHEME if self.login else f"{self.dialect.name}://"
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        address = f"{scheme}{user}{self._address}/{quote(self.database, safe='')}"
        shown = {name: value for name, value in self.properties.items() if not KNOWN[name].is_secret}
        shown |= self.login.named if self.login else {}
        pairs = "&".join(f"{name}={quote(value, safe='/')}" for name, value in shown.items())
        return f"{address}?{pairs}" if pairs else address

    @property
    def jdbc_url(self) -> str:
        """The JDBC URL. User and password are not in it but in `jdbc_properties`."""
        return f"jdbc:{self.dialect.jdbc_scheme}://{self._address}/{quote(self.database, safe='')}"

    @property
    def jdbc_properties(self) -> dict[str, str]:
        """The properties for the JDBC driver. The password is among them: never log this.

        Raises `Unreachable` where AWS gives no password.
        """
        user, password = self.login.credentials() if self.login else (self.user, self.password)
        given = {KNOWN[name].jdbc: value for name, value in self.properties.items()}
        if self.dialect is REDSHIFT:
            if "sslmode" in given:
                given |= SSL_OF_REDSHIFT[given.pop("sslmode")]
            # Where rows are fetched in a thread of its own, the driver may cancel the statement that comes next.
            given = {"enableFetchRingBuffer": "false", **given}
        return {
            **given,
            "user": user,
            "password": password,
            "driver": self.dialect.jdbc_driver,
        }

    @property
    def _address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Open a psycopg connection, for queries without a JVM. Raises `Unreachable` if that fails."""
        import psycopg  # AWS Glue has none

        settings: dict[str, Any] = {
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            **self.properties,
            "host": self.host,
            "port": self.port,
            "dbname": self.database,
            "user": self.user,
            "password": self.password,
        }
        try:
            return psycopg.connect(psycopg.conninfo.make_conninfo(**settings))
        except (psycopg.Error, OSError, ValueError) as error:  # a host's name that is none is a ValueError
            raise self.unreachable(str(error)) from None

    def unreachable(self, reason: str) -> Unreachable:
        """The error for a connection that could not be opened: its address, the reason, and what to do."""
        if "does not support SSL" in reason:  # either driver's words
            way_out = (
                "A warehouse on another machine must use TLS. Switch it on there; or, if nobody else can listen to the "
                "network in between, ask for an open connection with ?sslmode=disable at the end of the URL."
            )
        elif is_this_machine(self.host):
            way_out = "Is it running? `covid-lake warehouse start` starts the one on this machine."
        else:
            way_out = f"Is it running, and may this machine reach {self._address}?"
        reason = self.without_password(reason.strip().replace("\t", ""))
        return Unreachable(f"cannot connect to the warehouse {self.url}: {reason}\n{way_out}")

    def without_password(self, text: str) -> str:
        """The text with the password masked, in case a driver repeats it.

        The password is masked in a URL, and behind `password=` and the like. One that can't be a name is masked
        everywhere; to mask another, such as `covid19`, everywhere would remove names from messages.
        """
        secrets = [
            self.password,
            self.login.password if self.login else "",
            *(v for name, v in self.properties.items() if KNOWN[name].is_secret),
        ]
        for secret in filter(None, secrets):
            for form in dict.fromkeys((secret, quote(secret, safe=""), quote(secret))):
                masked = re.escape(form)
                text = re.sub(rf"(://[^\s/@:]*:){masked}(?=@)", r"\1***", text)
                text = re.sub(rf"({PASSWORD_BEFORE}){masked}(?!\w)", r"\1***", text)
                if not NAME.fullmatch(form):
                    text = text.replace(form, "***")
        return text


def is_this_machine(host: str) -> bool:
    """Whether the host is known, without asking a name server, to be the machine that we are on."""
    if host.casefold() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _iam_login(parts: Mapping[str, str]) -> IamLogin:
    return IamLogin.of_host(
        parts["host"],
        parts["database"],
        parts.get("user"),
        cluster=parts.get("cluster"),
        workgroup=parts.get("workgroup"),
        region=parts.get("region"),
    )


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= HIGHEST_PORT:
        return int(text)
    raise SettingsError(f"the warehouse's port {text!r} is no number from 1 to {HIGHEST_PORT:,}")
