"""What commands work with: the lake, a display of progress, an engine, the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from covid_lake.cli.terminal import Terminal

if TYPE_CHECKING:
    from covid_lake.cli.display import RunDisplay
    from covid_lake.engines.protocol import Engine
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
def engine_for(root: str, name: str | None, display: RunDisplay) -> Iterator[_EngineOnDemand]:
    """A function that starts the engine when it is first called; the engine is stopped at the end of the block.

    `name` is that of the option `--engine`. Raises `SettingsError` at once for an engine that is not installed.
    """
    from covid_lake.runtime.engine_choice import chosen_engine

    engine = _EngineOnDemand(root, chosen_engine(name), display)
    try:
        yield engine
    finally:
        engine.stop()


class _EngineOnDemand:
    """Starts an engine at the first call."""

    def __init__(self, root: str, name: str, display: RunDisplay) -> None:
        self._on_s3 = urlsplit(root).scheme in ("s3", "s3a")
        self._name, self._display = name, display
        self._engine: Engine | None = None

    def __call__(self) -> Engine:
        if self._engine is None:
            from covid_lake.runtime.engine_choice import start_engine

            with self._display.waiting(f"starting {self._name.capitalize()}"):
                self._engine = start_engine(self._name, on_s3=self._on_s3)
        return self._engine

    def stop(self) -> None:
        if self._engine is not None:
            self._engine.stop()


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
