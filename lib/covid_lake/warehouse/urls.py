"""The URL of a warehouse, read into its parts and properties."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from covid_lake.errors import SettingsError
from covid_lake.warehouse.dialects import DIALECTS, Dialect

URL_SHAPE = "postgresql://user[:password]@host[:port]/database[?property=value]"
# What Redshift's JDBC driver takes for "with a temporary password of AWS".
IAM_SCHEME = "redshift:iam://"
SCHEMES = {**{name: name for name in DIALECTS}, "postgres": "postgresql"}
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# Parts of the URL that may stand among its properties instead, as libpq and JDBC allow.
PARTS = {"host": "host", "port": "port", "dbname": "database", "database": "database", "user": "user"}
PARTS |= {"password": "password", "databasename": "database", "username": "user"}
# Those that AWS's documentation shows for Redshift.
REDSHIFT_PARTS = {"uid": "user", "pwd": "password"}
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
class WarehouseUrl:
    """What a URL says."""

    dialect: Dialect
    """The kind of warehouse."""
    parts: dict[str, str]
    """Host, port, database, user and password as far as they are given; of IAM also cluster, workgroup and region."""
    properties: dict[str, str]
    """More settings, by their names in libpq."""
    is_iam: bool
    """Whether AWS is to be asked for a temporary password."""


def read_url(text: str) -> WarehouseUrl:
    """Read the URL. Raises `SettingsError`, which does not repeat it, for what can't be read or is not taken."""
    url = text.strip().removeprefix("jdbc:")
    is_iam = url.startswith(IAM_SCHEME)
    if is_iam:
        url = f"redshift://{url.removeprefix(IAM_SCHEME)}"
    is_redshift = url.startswith("redshift://")
    known_parts = PARTS | (REDSHIFT_PARTS if is_redshift else {}) | (IAM_PARTS if is_iam else {})
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
    return WarehouseUrl(DIALECTS[SCHEMES[found.scheme]], parts, properties, is_iam)


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
