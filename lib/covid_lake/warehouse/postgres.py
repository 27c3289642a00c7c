"""PostgreSQL by psycopg: no JVM, and rows by COPY."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager, suppress
from queue import SimpleQueue
from threading import Timer
from types import TracebackType
from typing import Any, Self

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from covid_lake.contracts import Table, Type
from covid_lake.errors import WarehouseError
from covid_lake.store.arrow_files import open_filesystem, table_dataset
from covid_lake.store.questions import Stored, naming_faults
from covid_lake.store.storage import Storage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import quote
from covid_lake.warehouse.drivers import Task
from covid_lake.warehouse.faults import Cancelled, ConnectionLost, fault_of
from covid_lake.warehouse.retries import Deadline

NUL = b"\0"
# Takes a quarter less time than Arrow's 1,024.
ROWS_FORMATTED_AT_ONCE = 8192
# The server does one thing, such as an index, while this machine does another; more would only wait on two cores.
AT_ONCE = 2


class PostgresSession:
    """One psycopg connection (see `drivers.SqlSession`)."""

    def __init__(self, connection: WarehouseConnection, deadline: Deadline, *, autocommit: bool) -> None:
        self._connection = connection
        self._deadline = deadline
        left = deadline.require_time(f"connecting to {connection.url}")
        self._opened = connection.connect()
        self._opened.autocommit = autocommit
        self._alarm = Timer(left, self.cancel)
        self._alarm.daemon = True
        self._alarm.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._alarm.cancel()
        # To close would roll back, too, but without waiting: the server might keep the locks for a moment more.
        with suppress(psycopg.Error):  # the server has rolled back a connection that broke
            self._opened.rollback()
        self._opened.close()

    def execute(self, sql: str) -> int:
        """Run one statement; the number of rows it inserted, updated or deleted."""
        with self._cursor(sql) as cursor:
            return max(cursor.rowcount, 0)

    def query(self, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of one query, every cell as text."""
        with self._cursor(sql) as cursor:
            return [tuple(None if cell is None else str(cell) for cell in row) for row in cursor]

    def commit(self) -> None:
        try:
            self._opened.commit()
        except psycopg.Error as error:
            raise self._fault(
                error, "committing", f"the warehouse refused to commit: {self._message(error)}"
            ) from error

    def cancel(self) -> None:
        """Have the server end the statement that another thread waits for."""
        with suppress(psycopg.Error):  # the connection is broken, and so the statement is at its end
            self._opened.cancel_safe()

    def send(self, storage: Storage, rows: Stored, schema: str) -> None:
        """Append the rows by one COPY, batch by batch as Arrow reads them.

        Arrow writes CSV three times as fast as numpy lays out COPY's binary format, and the server takes in both alike.
        """
        table = rows.table
        if not rows.paths:
            return
        names = [column.name for column in table.stored_columns]
        copy = (
            f"COPY {quote(schema, table.name)} ({', '.join(quote(name) for name in names)}) "
            "FROM STDIN (FORMAT csv, ENCODING 'UTF8')"
        )
        try:
            with naming_faults(), self._opened.cursor() as cursor, cursor.copy(copy.encode()) as target:
                files = table_dataset(storage, open_filesystem(storage), table, rows.paths)
                for batch in files.to_batches(columns=names):
                    text = _csv(batch)
                    if NUL in text:
                        raise _refusal_of_nul(table, batch)
                    target.write(text)
        except psycopg.Error as error:
            # Not the whole message: it may quote the row.
            reason = self._connection.without_password(error.diag.message_primary or str(error))
            told = f"{table.name} could not be written to {self._connection.url}: {reason}"
            raise self._fault(error, f"sending rows of {table.name}", told) from error

    @contextmanager
    def _cursor(self, sql: str) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
        self._deadline.require_time(f"about to run {sql}")
        try:
            with self._opened.execute(sql.encode()) as cursor:
                yield cursor
        except psycopg.Error as error:
            told = f"the warehouse refused a statement: {self._message(error)}\n{sql}"
            raise self._fault(error, f"running {sql}", told) from error

    def _fault(self, error: psycopg.Error, doing: str, told: str) -> WarehouseError:
        kind = fault_of(error.sqlstate, str(error), is_broken=self._opened.broken)
        if kind in (Cancelled, ConnectionLost) and self._deadline.seconds_left <= 0:
            return self._deadline.exceeded(doing)
        return kind(told)

    def _message(self, error: psycopg.Error) -> str:
        return self._connection.without_password(str(error))


class PostgresDriver:
    """Opens psycopg connections (see `drivers.Driver`)."""

    def __init__(self, connection: WarehouseConnection, deadline: Deadline | None = None) -> None:
        self.connection = connection
        self.deadline = deadline or Deadline()

    def session(self, *, autocommit: bool) -> PostgresSession:
        return PostgresSession(self.connection, self.deadline, autocommit=autocommit)

    def do_all(self, tasks: Sequence[Task]) -> None:
        """Do `AT_ONCE` tasks at a time. Where one fails, what the others have asked of the server is cancelled."""
        with ExitStack() as stack:
            sessions = [stack.enter_context(self.session(autocommit=True)) for _ in range(AT_ONCE)]
            idle: SimpleQueue[PostgresSession] = SimpleQueue()
            for session in sessions:
                idle.put(session)

            def do(task: Task) -> None:
                session = idle.get()
                try:
                    task(session)
                finally:
                    idle.put(session)

            pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
            futures = [pool.submit(do, task) for task in tasks]
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                for future in futures:
                    future.cancel()
                for session in sessions:
                    session.cancel()
                raise


def _csv(batch: pa.RecordBatch) -> bytes:
    """The rows as PostgreSQL reads CSV.

    Arrow quotes every text, so that an empty one is not taken for a null. It writes doubles with the digits that bring
    the same double back, and times in UTC with a Z, which PostgreSQL passes over for columns without a time zone.
    """
    sink = pa.BufferOutputStream()
    csv.write_csv(batch, sink, csv.WriteOptions(include_header=False, batch_size=ROWS_FORMATTED_AT_ONCE))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _refusal_of_nul(table: Table, batch: pa.RecordBatch) -> WarehouseError:
    texts = [column.name for column in table.stored_columns if column.type is Type.TEXT]
    found = [name for name in texts if pc.any(pc.match_substring(batch[name], NUL.decode())).as_py()]
    return WarehouseError(
        f"{table.id}: a value of {' and of '.join(found)} has a NUL character, which PostgreSQL cannot hold; "
        "remove it in the table's step"
    )
