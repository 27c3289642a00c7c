"""What commands work with: the lake, a display of progress, a Spark session, the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from covid_lake.cli.terminal import Terminal

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from covid_lake.cli.display import RunDisplay
    from covid_lake.store.storage import Storage
    from covid_lake.warehouse.connection import WarehouseConnection


@contextmanager
def display_of(terminal: Terminal) -> Iterator[RunDisplay]:
    """A display of progress on the terminal."""
    from covid_lake.cli.display import RunDisplay

    with RunDisplay(terminal) as display:
        yield display


def open_place(root: str) -> Storage:
    """The storage at `root`, where a command may create a lake."""
    from covid_lake.store.storage import open_storage

    return open_storage(root)


def open_lake(root: str) -> Storage:
    """The storage of the lake at `root`; `MissingInput` if there is no lake."""
    from covid_lake.store.presence import require_lake

    storage = open_place(root)
    require_lake(storage)
    return storage


@contextmanager
def spark_session(root: str, display: RunDisplay) -> Iterator[_Session]:
    """A function that starts Spark when it is first called; Spark is stopped at the end of the block."""
    session = _Session(root, display)
    try:
        yield session
    finally:
        session.stop()


class _Session:
    """Starts Spark at the first call."""

    def __init__(self, root: str, display: RunDisplay) -> None:
        self._on_s3 = urlsplit(root).scheme in ("s3", "s3a")
        self._display = display
        self._spark: SparkSession | None = None

    def __call__(self) -> SparkSession:
        if self._spark is None:
            from covid_lake.runtime.session import local_session

            with self._display.waiting("starting Spark"):
                self._spark = local_session(s3=self._on_s3)
        return self._spark

    def stop(self) -> None:
        if self._spark is not None:
            from py4j.protocol import Py4JError

            with suppress(Py4JError, OSError):  # its JVM has died: there is nothing left to stop
                self._spark.stop()


def start_warehouse(name: str, display: RunDisplay) -> WarehouseConnection:
    """The warehouse of that name, shown on the display while it starts."""
    with display.waiting("starting the warehouse"):
        return warehouse_connection(name)


def warehouse_to_read(name: str) -> WarehouseConnection:
    """The warehouse that `--warehouse` names; the embedded one with the rights of its reader."""
    connection = warehouse_connection(name)
    if name != "embedded":
        return connection
    from covid_lake.runtime import embedded_postgres

    return embedded_postgres.reader(embedded_postgres.default_directory())


def warehouse_connection(name: str) -> WarehouseConnection:
    """The warehouse that `--warehouse` names: the embedded one, which is started, or a URL."""
    if name == "embedded":
        from covid_lake.runtime import embedded_postgres

        return embedded_postgres.start(embedded_postgres.default_directory())
    from covid_lake.warehouse.connection import WarehouseConnection

    return WarehouseConnection.from_url(name)
