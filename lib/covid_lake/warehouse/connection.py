"""How the warehouse is reached: host, database, user, password and properties, for JDBC and for psycopg."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from covid_lake.errors import SettingsError
from covid_lake.warehouse.dialects import DIALECTS, POSTGRESQL, REDSHIFT, Dialect
from covid_lake.warehouse.faults import Unreachable
from covid_lake.warehouse.iam import IamLogin

if TYPE_CHECKING:
    import psycopg

URL_SHAPE = "postgresql://user[:password]@host[:port]/database[?property=value]"
# What Redshift's JDBC driver takes for "with a temporary password of AWS".
IAM_SCHEME = "redshift:iam://"
CONNECT_TIMEOUT_SECONDS = 10
SCHEMES = {**{name: name for name in DIALECTS}, "postgres": "postgresql"}
# What a warehouse on another machine must at least do: encrypt. That the certificate be checked as well (verify-ca,
# verify-full) takes a file of certificates, which only the one who writes the URL can name.
LEAST_SSL_MODE = "require"
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
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

# Parts of the URL that may stand among its properties instead, as libpq and JDBC allow.
PARTS = {"host": "host", "port": "port", "dbname": "database", "database": "database", "user": "user"}
PARTS |= {"password": "password", "databasename": "database", "username": "user", "uid": "user", "pwd": "password"}
# Properties of Redshift's JDBC driver that say for whom AWS is to give a temporary password.
IAM_PARTS = {"clusterid": "cluster", "serverlessworkgroup": "workgroup", "region": "region", "dbuser": "user"}


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the URL that both drivers know."""

    libpq: str
    """Its name for psycopg, and in this library."""
    jdbc: str
    """Its name for the JDBC drivers."""
    values: tuple[str, ...] = ()
    """The allowed values; without any, every value is allowed."""
    is_number: bool = False
    is_secret: bool = False


PROPERTIES = (
    Property("application_name", "ApplicationName"),
    Property("connect_timeout", "connectTimeout", is_number=True),
    Property("sslmode", "sslmode", SSL_MODES),
    Property("sslrootcert", "sslrootcert"),
    Property("sslcert", "sslcert"),
    Property("sslkey", "sslkey"),
    Property("sslpassword", "sslpassword", is_secret=True),
    Property("options", "options"),
    Property("gssencmode", "gssEncMode", ("disable", "prefer", "require")),
    Property("channel_binding", "channelBinding", ("disable", "prefer", "require")),
    Property("krbsrvname", "kerberosServerName"),
)
KNOWN = {name.lower(): one for one in PROPERTIES for name in (one.libpq, one.jdbc)}
INSTEAD = {
    "ssl": "say which check is meant with sslmode=require, verify-ca or verify-full",
    "logintimeout": "say it with connect_timeout",
    "service": "name host, database and user in the URL",
    "passfile": "give the password in PGPASSWORD",
}


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
        text = url.strip().removeprefix("jdbc:")
        is_iam = text.startswith(IAM_SCHEME)
        scheme, parts, properties = _read(
            f"redshift://{text.removeprefix(IAM_SCHEME)}" if is_iam else text, is_iam=is_iam
        )
        dialect = DIALECTS[SCHEMES[scheme]]
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
        if self.dialect is REDSHIFT and "sslmode" in given:
            given |= SSL_OF_REDSHIFT[given.pop("sslmode")]
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


def _read(url: str, *, is_iam: bool = False) -> tuple[str, dict[str, str], dict[str, str]]:
    """The URL's scheme, its parts, and its properties by libpq's names."""
    is_redshift = url.startswith("redshift://")
    known_parts = PARTS | IAM_PARTS if is_iam else PARTS
    if is_redshift:
        place, *more = re.split("[;?]", url, maxsplit=1)
        url = "?".join([place, *(text.replace(";", "&").replace("?", "&") for text in more)])
    try:
        found = urlsplit(url)
        port = found.port
        given = {
            "host": unquote(found.hostname or "", errors="strict"),
            "port": str(port) if port is not None else "",
            "database": unquote(found.path.removeprefix("/"), errors="strict"),
            "user": unquote(found.username or "", errors="strict"),
        }
        if found.password is not None:
            given["password"] = unquote(found.password, errors="strict")
        pairs = [_pair(pair) for pair in found.query.split("&") if pair]
    except ValueError:
        if is_iam:
            raise SettingsError(
                "the warehouse's URL cannot be read: after redshift:iam:// write the whole endpoint, such as "
                "cluster.abc123.us-east-1.redshift.amazonaws.com:5439/dev; cluster:region is not taken"
            ) from None
        # The error repeats what it could not read, which may be a part of the password.
        raise SettingsError(
            f"the warehouse's URL cannot be read: expected {URL_SHAPE}; in user and password write @ : / ? # [ ] % as "
            "%40 %3A %2F %3F %23 %5B %5D %25"
        ) from None
    if found.scheme not in SCHEMES:
        raise SettingsError(
            f"the warehouse's URL has an unknown scheme, it begins with {' or '.join(f'{one}://' for one in SCHEMES)}: "
            f"expected {URL_SHAPE}"
        )
    if found.fragment or "#" in url:
        raise SettingsError(f"the warehouse's URL has a # in it, write %23 for it: expected {URL_SHAPE}")
    parts = {name: value for name, value in given.items() if value or name == "password"}
    properties: dict[str, str] = {}
    for name, value in pairs:
        if not value:
            raise SettingsError(f"the property {name} of the warehouse's URL has no value")
        if name.lower() in known_parts:
            parts[known_parts[name.lower()]] = value
        elif is_redshift and name.lower() == "ssl":
            properties.setdefault("sslmode", "disable" if value.lower() == "false" else "verify-ca")
        else:
            known = _property(name, value)
            properties[known.libpq] = value
    if any("\0" in value for value in (*parts.values(), *properties.values())):
        raise SettingsError("the warehouse's URL has a NUL character in it")
    return found.scheme, parts, properties


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return unquote(name, errors="strict"), unquote(value, errors="strict")


def _property(name: str, value: str) -> Property:
    known = KNOWN.get(name.lower())
    if known is None:
        remedy = INSTEAD.get(name.lower()) or f"there is: {', '.join(sorted([*PARTS, *(p.libpq for p in PROPERTIES)]))}"
        raise SettingsError(f"the warehouse's URL has a property {name!r} that is not taken; {remedy}")
    if known.values and value not in known.values:
        raise SettingsError(f"{name}={value} is none of the values that there are: {', '.join(known.values)}")
    if known.is_number and not (value.isascii() and value.isdigit()):
        raise SettingsError(f"{name}={value} is no number of seconds")
    return known


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= HIGHEST_PORT:
        return int(text)
    raise SettingsError(f"the warehouse's port {text!r} is no number from 1 to {HIGHEST_PORT:,}")
