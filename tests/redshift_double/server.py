"""The double as a server: a database of PostgreSQL with Redshift's functions and views, and the proxy before it."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from covid_lake.warehouse.connection import WarehouseConnection
from redshift_double import wire
from redshift_double.copying import Copier
from redshift_double.faults import Fault, every_statement
from redshift_double.session import Session
from redshift_double.statements import TRANSACTIONS, Translator

HOST = "127.0.0.1"
DATABASE = "dev"
USER = "loader"
ROLE = "arn:aws:iam::123456789012:role/redshift-reads-the-lake"
SETUP = Path(__file__).with_name("setup.sql")
OWN_SCHEMAS = ("redshift", "redshift_files", "public", "information_schema", "pg_catalog", "pg_toast")


@dataclass
class RedshiftDouble:
    """A double that listens, and a test's handle on it."""

    owner: WarehouseConnection
    """The database behind it, as its owner and without the proxy: for a test to look with, or to change behind."""
    port: int
    user: str
    password: str
    s3: Any
    """The client by which COPY reads."""
    _translator: Translator
    _faults: list[Fault] = field(default_factory=list)
    _seen: dict[int, int] = field(default_factory=dict)
    _sessions: list[Session] = field(default_factory=list)
    _log: list[str] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def jdbc_url(self) -> str:
        """For the JDBC driver. The double speaks no TLS."""
        return f"jdbc:redshift://{HOST}:{self.port}/{DATABASE}?ssl=false"

    @property
    def statements(self) -> list[str]:
        """What clients had run since `forget`, as they wrote it, without BEGIN and COMMIT and what drivers set."""
        with self._lock:
            return [sql for sql in self._log if is_counted(sql)]

    def forget(self) -> None:
        """Forget the statements that were run, and the faults that were asked for and did not happen."""
        with self._lock:
            self._log.clear()
            self._faults.clear()
            self._seen.clear()

    def inject(self, *faults: Fault) -> None:
        """Let these faults happen, each once."""
        with self._lock:
            self._faults += faults

    @property
    def pending_faults(self) -> int:
        """How many faults have not happened yet."""
        with self._lock:
            return len(self._faults)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query, asked behind the proxy."""
        with self.owner.connect() as opened:
            return opened.execute(query.encode()).fetchall()

    def change(self, statement: str) -> None:
        """Run a statement of PostgreSQL's behind the proxy."""
        with self.owner.connect() as opened:
            opened.execute(statement.encode())

    def empty(self) -> None:
        """End all sessions and remove what they have made."""
        for session in list(self._sessions):
            session.close()
        self.forget()
        with self.owner.connect() as opened:
            opened.autocommit = True
            opened.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            schemas = opened.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_temp|^pg_toast'"
            ).fetchall()
            for (schema,) in schemas:
                if schema not in OWN_SCHEMAS:
                    opened.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())

    def connect(self) -> wire.Stream:
        return wire.Stream(socket.create_connection((self.owner.host, self.owner.port)))

    def password_of(self, user: str) -> str | None:
        return self.password if user == self.user else None

    def translate(self, sql: str) -> str:
        return self._translator.translate(sql)

    def next_fault(self, sql: str) -> Fault | None:
        """See `session.Backend`."""
        with self._lock:
            self._log.append(sql)
            happening = None
            for fault in list(self._faults):
                if (fault.matching is every_statement and not is_counted(sql)) or not fault.matching(sql):
                    continue
                self._seen[id(fault)] = self._seen.get(id(fault), 0) + 1
                if self._seen[id(fault)] == fault.at and happening is None:
                    self._faults.remove(fault)
                    happening = fault
            return happening

    def serve(self, listening: socket.socket) -> None:
        """Accept clients until the socket is closed."""
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            session = Session(wire.Stream(accepted), self)
            self._sessions.append(session)
            threading.Thread(target=session.run, daemon=True).start()

    def stop(self) -> None:
        for session in self._sessions:
            session.close()


def is_counted(sql: str) -> bool:
    """Whether it is a statement of the client's own, and not what a driver says by itself."""
    words = " ".join(sql.rstrip(";").split()).upper()
    is_driver_s = words.startswith(("SET APPLICATION_NAME", "SET EXTRA_FLOAT_DIGITS", "SET CLIENT_ENCODING"))
    return bool(words) and not is_driver_s and (words in ("COMMIT",) or words not in TRANSACTIONS)


@contextmanager
def running_double(server: WarehouseConnection, s3: Any, roles: Sequence[str] = (ROLE,)) -> Iterator[RedshiftDouble]:
    """A double in a database of its own on a running PostgreSQL; `s3` is the client that its COPY reads by."""
    owner, password = replace(server, database=DATABASE), secrets.token_urlsafe(24)
    _forget_database(server)
    with server.connect() as opened:
        opened.autocommit = True
        opened.execute(f"CREATE ROLE {USER} LOGIN CREATEROLE PASSWORD '{password}'".encode())
        opened.execute(f"CREATE DATABASE {DATABASE}".encode())
        opened.execute(f"GRANT CREATE, TEMPORARY ON DATABASE {DATABASE} TO {USER}".encode())
    with owner.connect() as opened:
        opened.execute(SETUP.read_bytes())
    connect: Callable[[], psycopg.Connection[Any]] = owner.connect
    with socket.create_server((HOST, 0)) as listening:
        translator = Translator(Copier(s3, connect, roles))
        double = RedshiftDouble(owner, listening.getsockname()[1], USER, password, s3, translator)
        threading.Thread(target=double.serve, args=(listening,), daemon=True).start()
        try:
            yield double
        finally:
            listening.close()
            double.stop()
            _forget_database(server)


def _forget_database(server: WarehouseConnection) -> None:
    """Drop the database, and the roles that its user has made: PostgreSQL has them for all databases."""
    made = (
        "SELECT made.rolname FROM pg_auth_members AS m JOIN pg_roles AS made ON made.oid = m.roleid "
        "JOIN pg_roles AS maker ON maker.oid = m.member WHERE maker.rolname = %s"
    )
    with server.connect() as opened:
        opened.autocommit = True
        opened.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)".encode())
        for (role,) in opened.execute(made.encode(), (USER,)).fetchall():
            opened.execute(f'DROP ROLE "{role}"'.encode())
        opened.execute(f"DROP ROLE IF EXISTS {USER}".encode())
