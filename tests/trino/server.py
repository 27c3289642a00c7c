"""A Trino of our own for tests: one server process with one catalog, `awsdatacatalog`, over an AWS emulator.

Athena calls its catalog so, and finds tables of Hive's formats and Iceberg's in it by one name. Trino has a connector
for each: `awsdatacatalog` is the one for Hive, which hands Iceberg tables on to a second catalog.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from covid_lake.reading.answers import Answer
from covid_lake.reading.trino import TrinoServer, ask_trino
from covid_lake.runtime.java import java_home

if TYPE_CHECKING:
    from trino.dbapi import Connection

TRINO_VERSION = "476"
FOLDER_VARIABLE = "COVID_LAKE_TRINO"
OLDEST_JAVA = 24
HOST = "127.0.0.1"
USER = "test"
CATALOG = "awsdatacatalog"
ICEBERG_CATALOG = "iceberg"
START_SECONDS = 180
POLL_SECONDS = 0.25
STOP_SECONDS = 10
JAVA_OPTIONS = (
    "-Xmx1500m",
    "-XX:+UseSerialGC",
    # A test's queries are many and small: Java's optimizing compiler would take more time than its code saves.
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Djdk.attach.allowAttachSelf=true",
    "-Dfile.encoding=UTF-8",
    "-Duser.timezone=UTC",
    "--add-modules=jdk.incubator.vector",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)


def trino_folder() -> Path:
    """Where `scripts/fetch_trino.py` puts the server."""
    named = os.environ.get(FOLDER_VARIABLE)
    root = Path(named).absolute() if named else Path(__file__).resolve().parents[2] / ".trino"
    return root / f"trino-{TRINO_VERSION}"


def java_for_trino() -> Path | None:
    """The home of a Java that this Trino runs on, or None."""
    return java_home(lambda version: version >= OLDEST_JAVA)


def missing_java() -> str | None:
    """What to do where no Java is found that this Trino runs on; None where one is."""
    if java_for_trino():
        return None
    return f"Trino {TRINO_VERSION} needs Java {OLDEST_JAVA} or newer, and none was found; set JAVA_HOME to one"


def why_not() -> str | None:
    """Why Trino can't run here, or None if it can."""
    if not trino_folder().is_dir():
        return missing_java() or f"there is no Trino in {trino_folder()}; 'make test-trino' fetches it"
    return missing_java()


@dataclass(frozen=True, slots=True)
class Trino:
    """A running server."""

    port: int
    """Its port on this machine."""
    log: Path
    """What it writes to its standard output and error."""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def connect(self, catalog: str = CATALOG) -> Connection:
        """A connection, whose sessions keep nothing from each other."""
        from trino.dbapi import connect

        return connect(host=HOST, port=self.port, user=USER, catalog=catalog, http_scheme="http")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What Trino answers to any statement, as its own client has it."""
        with closing(self.connect()) as connection:
            return [tuple(row) for row in connection.cursor().execute(sql).fetchall()]

    def ask(self, sql: str) -> Answer:
        """What the library makes of Trino's answer to a query."""
        return ask_trino(TrinoServer.from_url(self.url, {}), sql)


@contextmanager
def running_trino(endpoint: str, credentials: Mapping[str, str]) -> Iterator[Trino]:
    """A Trino that finds tables in the Glue catalog, and files in the S3, of the emulator at `endpoint`.

    It answers queries when the block begins, and is gone, with its files, when the block ends. `credentials` are
    variables of the environment by their names. Raises `RuntimeError`, with the end of Trino's log, if it fails.
    """
    reason = why_not()
    if reason:
        raise RuntimeError(reason)
    folder = Path(tempfile.mkdtemp(prefix="covid-lake-trino-"))
    trino = Trino(_free_port(), folder / "server.log")
    try:
        _write_settings(folder, trino.port, endpoint, credentials)
        with trino.log.open("wb") as log:
            process = subprocess.Popen(_command(folder), stdout=log, stderr=subprocess.STDOUT, cwd=folder, env={})
        try:
            _wait_until_it_answers(trino, process)
            yield trino
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _command(folder: Path) -> list[str]:
    server = trino_folder()
    return [
        f"{java_for_trino()}/bin/java",
        *JAVA_OPTIONS,
        f"-Dconfig={folder}/config.properties",
        f"-Dlog.levels-file={folder}/log.properties",
        f"-Djava.io.tmpdir={folder}",
        "-cp", f"{server}/lib/*",
        "io.trino.server.TrinoServer",
    ]  # fmt: skip


def _write_settings(folder: Path, port: int, endpoint: str, credentials: Mapping[str, str]) -> None:
    catalogs = folder / "catalogs"
    catalogs.mkdir()
    _write(
        folder / "config.properties",
        {
            "node.environment": "test",
            "node.id": "test",
            "node.bind-ip": HOST,
            "node.internal-address": HOST,
            "coordinator": "true",
            "node-scheduler.include-coordinator": "true",
            "http-server.http.port": str(port),
            "http-server.log.enabled": "false",
            "discovery.uri": f"http://{HOST}:{port}",
            "catalog.config-dir": str(catalogs),
            "plugin.dir": str(trino_folder() / "plugin"),
        },
    )
    _write(folder / "log.properties", {"io.trino": "WARN", "": "WARN"})
    region = credentials["AWS_DEFAULT_REGION"]
    key, secret = credentials["AWS_ACCESS_KEY_ID"], credentials["AWS_SECRET_ACCESS_KEY"]
    emulator = {
        "hive.metastore.glue.endpoint-url": endpoint,
        "hive.metastore.glue.region": region,
        "hive.metastore.glue.aws-access-key": key,
        "hive.metastore.glue.aws-secret-key": secret,
        "fs.native-s3.enabled": "true",
        "s3.endpoint": endpoint,
        "s3.region": region,
        "s3.path-style-access": "true",
        "s3.aws-access-key": key,
        "s3.aws-secret-key": secret,
    }
    _write(
        catalogs / f"{CATALOG}.properties",
        {
            "connector.name": "hive",
            "hive.metastore": "glue",
            "hive.iceberg-catalog-name": ICEBERG_CATALOG,
            **emulator,
        },
    )
    iceberg = {"connector.name": "iceberg", "iceberg.catalog.type": "glue"}
    _write(catalogs / f"{ICEBERG_CATALOG}.properties", {**iceberg, **emulator})


def _write(path: Path, properties: Mapping[str, str]) -> None:
    path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))


def _wait_until_it_answers(trino: Trino, process: subprocess.Popen[bytes]) -> None:
    """Wait until a query is answered: for a while the server accepts queries that no node can work on."""
    from requests.exceptions import RequestException
    from trino.exceptions import Error

    deadline = time.monotonic() + START_SECONDS
    fault = ""
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Trino ended by itself with status {process.returncode}:\n{_tail(trino.log)}")
        try:
            trino.rows("SELECT 1")
        except (Error, RequestException) as error:
            fault = str(error)
            time.sleep(POLL_SECONDS)
        else:
            return
    raise RuntimeError(f"Trino did not answer within {START_SECONDS} seconds ({fault}):\n{_tail(trino.log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-40:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(missing_java())
