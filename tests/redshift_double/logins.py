"""Logging in: clients by MD5, as Redshift asks for it, and the proxy at PostgreSQL by SCRAM, which takes nothing else.

Redshift's drivers know SCRAM, but not all of them in the form that PostgreSQL 18 offers.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from hashlib import md5

from scramp import ScramClient

from redshift_double import wire

MD5_ASKED, SASL_ASKED, SASL_GOES_ON, SASL_ENDS, ALL_WELL = 5, 10, 11, 12, 0
SCRAM = "SCRAM-SHA-256"
ACCEPTED = wire.Message(wire.AUTHENTICATION, struct.pack("!I", ALL_WELL))


def ask_for_password(client: wire.Stream, user: str, password: str) -> bool:
    """Whether the client knows the password."""
    salt = secrets.token_bytes(4)
    client.write(wire.Message(wire.AUTHENTICATION, struct.pack("!I", MD5_ASKED) + salt).encoded())
    answer, _ = wire.first_text(client.read().body)
    inner = md5(f"{password}{user}".encode()).hexdigest()  # noqa: S324 - the protocol's own
    expected = "md5" + md5(inner.encode() + salt).hexdigest()  # noqa: S324
    return hmac.compare_digest(answer, expected)


def log_in(server: wire.Stream, user: str, password: str) -> None:
    """Log in at PostgreSQL; raises `wire.Closed` where it refuses."""
    scram = ScramClient([SCRAM], user, password)
    _expect(server, SASL_ASKED)
    first = scram.get_client_first().encode()
    server.write(_password(SCRAM.encode() + b"\0" + struct.pack("!I", len(first)) + first))
    scram.set_server_first(_expect(server, SASL_GOES_ON))
    server.write(_password(scram.get_client_final().encode()))
    scram.set_server_final(_expect(server, SASL_ENDS))
    _expect(server, ALL_WELL)


def _password(body: bytes) -> bytes:
    return wire.Message(wire.PASSWORD, body).encoded()


def _expect(server: wire.Stream, step: int) -> str:
    message = server.read()
    if message.kind != wire.AUTHENTICATION or struct.unpack("!I", message.body[:4]) != (step,):
        raise wire.Closed
    return message.body[4:].decode(errors="replace")
