"""The two ways into a warehouse, behind one protocol: psycopg, and the JDBC driver in Spark's JVM.

Both take the same statements. They differ in how the rows of a version get into a staging table, and in how many things
they do at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from covid_lake.errors import WarehouseError
from covid_lake.store.questions import Stored
from covid_lake.store.storage import Storage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import POSTGRESQL
from covid_lake.warehouse.retries import Deadline

if TYPE_CHECKING:
    from covid_lake.engines.protocol import Engine

WAY_OUT = "install psycopg, which loads PostgreSQL, or run on Spark with its JVM (`--engine spark`)"


class SqlSession(Protocol):
    """One connection, used as a context manager. At its end, what was not committed is rolled back.

    Raises `WarehouseError` if the server does not answer or a statement is refused; of the kinds in
    `covid_lake.warehouse.faults` where one fits. At the driver's deadline a running statement is cancelled, and raises
    `DeadlineExceeded`.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def execute(self, sql: str) -> int:
        """Run one statement; the number of rows it inserted, updated or deleted."""
        ...

    def query(self, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of one query, every cell as text. Results must be small."""
        ...

    def commit(self) -> None: ...

    def send(self, storage: Storage, rows: Stored, schema: str) -> None:
        """Append the rows of some files of a table to the table of the same name in the schema, and commit them.

        Raises `WarehouseError` if the warehouse refuses the rows, or can't hold them.
        """
        ...


# Work for a session that commits each statement by itself.
Task = Callable[[SqlSession], None]


class Driver(Protocol):
    """Opens sessions."""

    @property
    def connection(self) -> WarehouseConnection:
        """Where the warehouse is."""
        ...

    @property
    def deadline(self) -> Deadline:
        """When the time of the load is up."""
        ...

    def session(self, *, autocommit: bool) -> SqlSession:
        """Open a session. With `autocommit` every statement is a transaction of its own."""
        ...

    def do_all(self, tasks: Sequence[Task]) -> None:
        """Do all tasks, begun in their order; several at once where that is faster."""
        ...


def driver_for(
    connection: WarehouseConnection, engine: Callable[[], Engine], deadline: Deadline | None = None
) -> Driver:
    """psycopg where it is installed and speaks the warehouse's dialect; otherwise JDBC, which starts the engine."""
    if connection.dialect is POSTGRESQL and find_spec("psycopg") is not None:
        from covid_lake.warehouse.postgres import PostgresDriver

        return PostgresDriver(connection, deadline or Deadline())
    if find_spec("py4j") is None:
        raise WarehouseError(f"nothing here can load {connection.url}; {WAY_OUT}")
    from covid_lake.warehouse.jdbc import JdbcDriver

    return JdbcDriver(connection, engine, deadline or Deadline())
