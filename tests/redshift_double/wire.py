"""Messages of PostgreSQL's frontend/backend protocol, version 3.0, as Redshift's drivers speak it."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
PROTOCOL_3_0 = 196608

# What a client sends.
QUERY = b"Q"
PARSE = b"P"
BIND = b"B"
EXECUTE = b"E"
PASSWORD = b"p"
# What a server sends.
AUTHENTICATION = b"R"
ERROR = b"E"
READY = b"Z"
PARAMETER_STATUS = b"S"


class Closed(Exception):
    """The other side has closed the connection."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message with its one-letter type and what follows its length."""

    kind: bytes
    body: bytes

    def encoded(self) -> bytes:
        return self.kind + struct.pack("!I", len(self.body) + 4) + self.body


class Stream:
    """A socket, read in messages."""

    def __init__(self, connected: socket.socket) -> None:
        # Small messages follow each other: without it each waits 40 ms for the answer to the one before.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connected
        self._buffered = connected.makefile("rb")

    def read_startup(self) -> tuple[int, bytes]:
        """The code and the rest of a message without a type, which a connection begins with."""
        (length,) = struct.unpack("!I", self._exactly(4))
        body = self._exactly(length - 4)
        (code,) = struct.unpack("!I", body[:4])
        return code, body[4:]

    def read(self) -> Message:
        kind = self._exactly(1)
        (length,) = struct.unpack("!I", self._exactly(4))
        return Message(kind, self._exactly(length - 4))

    def write(self, content: bytes) -> None:
        try:
            self.socket.sendall(content)
        except OSError as error:
            raise Closed from error

    def close(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:  # the other side was first
            return
        finally:
            self.socket.close()

    def _exactly(self, count: int) -> bytes:
        try:
            content = self._buffered.read(count)
        except (OSError, ValueError) as error:
            raise Closed from error
        if content is None or len(content) < count:
            raise Closed
        return content


def startup(parameters: dict[str, str]) -> bytes:
    """The message that opens a session."""
    pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items()) + b"\0"
    return struct.pack("!II", len(pairs) + 8, PROTOCOL_3_0) + pairs


def startup_parameters(body: bytes) -> dict[str, str]:
    texts = [part.decode() for part in body.split(b"\0")]
    return {name: value for name, value in zip(texts[::2], texts[1::2], strict=False) if name}


def first_text(body: bytes) -> tuple[str, bytes]:
    """A text that ends with a zero, and what follows."""
    text, _, rest = body.partition(b"\0")
    return text.decode(), rest


def error(state: str, message: str, detail: str = "") -> Message:
    """An error as a server sends it."""
    fields = {"S": "ERROR", "V": "ERROR", "C": state, "M": message, "D": detail}
    body = b"".join(f"{name}{value}\0".encode() for name, value in fields.items() if value) + b"\0"
    return Message(ERROR, body)
