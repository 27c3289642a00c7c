"""One client's connection: startup, then messages passed both ways, with statements translated and faults injected."""

from __future__ import annotations

import struct
import threading
from dataclasses import dataclass, field
from typing import Protocol

from redshift_double import wire
from redshift_double.faults import LONGEST_HOLD_SECONDS, Fault, Moment, ServerError
from redshift_double.logins import ACCEPTED, ask_for_password, log_in
from redshift_double.refusals import Refused

# What Redshift's drivers send and PostgreSQL refuses: client_protocol_version, driver_version, os_version, plugin_name.
KNOWN_PARAMETERS = frozenset(
    {"user", "database", "client_encoding", "DateStyle", "TimeZone", "application_name", "extra_float_digits"}
)
# "select version()" of Redshift: PostgreSQL 8.0.2 (c_redshift-and-postgres-sql).
SERVER_VERSION = "8.0.2"
NO_SUCH_PORTAL = b"redshift_double_fault\0"


class Backend(Protocol):
    """What a session needs of the double."""

    def connect(self) -> wire.Stream:
        """A new connection to PostgreSQL."""
        ...

    def password_of(self, user: str) -> str | None:
        """The user's password; None where there is no such user."""
        ...

    def translate(self, sql: str) -> str: ...

    def next_fault(self, sql: str) -> Fault | None:
        """Note that the client has this statement run; the fault that happens with it."""
        ...


@dataclass
class Session:
    """Passes the messages of one client on."""

    client: wire.Stream
    backend: Backend
    _server: wire.Stream | None = None
    _statements: dict[str, str] = field(default_factory=dict)
    _portals: dict[str, str] = field(default_factory=dict)
    _error: ServerError | None = None
    """What the server's next error is replaced by."""
    _drops_answer: bool = False
    """Whether the connection breaks when the server has answered."""

    def run(self) -> None:
        """Serve the client until either side closes the connection."""
        try:
            if not self._start():
                return
            answers = threading.Thread(target=self._pass_answers, daemon=True)
            answers.start()
            self._pass_requests()
        except wire.Closed:
            pass
        finally:
            self.close()

    def close(self) -> None:
        self.client.close()
        if self._server is not None:
            self._server.close()

    @property
    def server(self) -> wire.Stream:
        assert self._server is not None
        return self._server

    def _start(self) -> bool:
        """Open the session with PostgreSQL; False for a request to cancel, which is a connection of its own."""
        code, body = self.client.read_startup()
        while code in (wire.SSL_REQUEST, wire.GSS_REQUEST):
            self.client.write(b"N")  # neither TLS nor Kerberos is spoken here
            code, body = self.client.read_startup()
        self._server = self.backend.connect()
        if code == wire.CANCEL_REQUEST:
            self.server.write(struct.pack("!II", len(body) + 8, code) + body)
            return False
        parameters = wire.startup_parameters(body)
        user, password = parameters["user"], self.backend.password_of(parameters["user"])
        if password is None or not ask_for_password(self.client, user, password):
            self.client.write(wire.error("28000", f'password authentication failed for user "{user}"').encoded())
            return False
        self.server.write(wire.startup({n: value for n, value in parameters.items() if n in KNOWN_PARAMETERS}))
        log_in(self.server, user, password)
        self.client.write(ACCEPTED.encoded())
        return True

    def _pass_requests(self) -> None:
        while True:
            message = self.client.read()
            if message.kind == wire.QUERY:
                message = self._query(message)
            elif message.kind == wire.PARSE:
                message = self._parse(message)
            elif message.kind == wire.BIND:
                portal, rest = wire.first_text(message.body)
                statement, _ = wire.first_text(rest)
                self._portals[portal] = self._statements.get(statement, "")
            elif message.kind == wire.EXECUTE:
                message = self._execute(message)
            self.server.write(message.encoded())

    def _query(self, message: wire.Message) -> wire.Message:
        sql, _ = wire.first_text(message.body)
        fault = self.backend.next_fault(sql)
        translated = self._translated(sql)
        if fault is not None and self._inject(fault):
            translated = Refused(fault.error.message, fault.error.state, fault.error.detail).as_statement()
        return wire.Message(wire.QUERY, translated.encode() + b"\0")

    def _parse(self, message: wire.Message) -> wire.Message:
        name, rest = wire.first_text(message.body)
        sql, parameters = wire.first_text(rest)
        self._statements[name] = sql
        body = name.encode() + b"\0" + self._translated(sql).encode() + b"\0" + parameters
        return wire.Message(wire.PARSE, body)

    def _execute(self, message: wire.Message) -> wire.Message:
        portal, rest = wire.first_text(message.body)
        fault = self.backend.next_fault(self._portals.get(portal, ""))
        if fault is not None and self._inject(fault):
            self._error = fault.error
            return wire.Message(wire.EXECUTE, NO_SUCH_PORTAL + rest)
        return message

    def _translated(self, sql: str) -> str:
        try:
            return self.backend.translate(sql)
        except Refused as refused:
            return refused.as_statement()

    def _inject(self, fault: Fault) -> bool:
        """Whether the statement is to fail; breaks the connection, or has it broken later, for the other faults."""
        fault.reached.set()
        match fault.moment:
            case Moment.ERROR:
                return True
            case Moment.BEFORE:
                self.close()
                raise wire.Closed
            case Moment.AFTER:
                self._drops_answer = True
            case Moment.HOLD:
                if not fault.released.wait(LONGEST_HOLD_SECONDS):
                    self.close()
                    raise wire.Closed
        return False

    def _pass_answers(self) -> None:
        try:
            while True:
                message = self.server.read()
                if message.kind == wire.PARAMETER_STATUS and message.body.startswith(b"server_version\0"):
                    message = wire.Message(wire.PARAMETER_STATUS, f"server_version\0{SERVER_VERSION}\0".encode())
                if self._drops_answer:
                    if message.kind == wire.READY:
                        break
                    continue
                if message.kind == wire.ERROR and self._error is not None:
                    error, self._error = self._error, None
                    message = wire.error(error.state, error.message, error.detail)
                self.client.write(message.encoded())
        except wire.Closed:
            pass
        finally:
            self.close()
