"""A warehouse by the JDBC driver in Spark's JVM, as on AWS Glue, where there is no psycopg."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from covid_lake.contracts import Column, Table, Type
from covid_lake.engines.protocol import Engine
from covid_lake.errors import SettingsError, WarehouseError
from covid_lake.store.questions import Stored
from covid_lake.store.storage import Storage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import quote
from covid_lake.warehouse.drivers import WAY_OUT, Task
from covid_lake.warehouse.faults import Cancelled, ConnectionLost, fault_of
from covid_lake.warehouse.retries import Deadline

# A server that is gone without a word answers no cancellation either: so much later the socket is given up.
SECONDS_PAST_DEADLINE = 30
# Two connections keep a small machine busy; the warehouse of one team is no faster with more.
WRITERS = 2
ROWS_PER_BATCH = 10_000


class JdbcSession:
    """One JDBC connection (see `drivers.SqlSession`). Reading a cell is a call into the JVM.

    Raises `WarehouseError` if the driver is not on the class path, too.
    """

    def __init__(
        self, engine: Engine, connection: WarehouseConnection, deadline: Deadline, *, autocommit: bool
    ) -> None:
        self._engine = engine
        self._connection = connection
        self._deadline = deadline
        left = deadline.require_time(f"connecting to {connection.url}")
        jvm: Any = getattr(engine.session, "_jvm", None)
        if jvm is None:
            raise WarehouseError(f"a session without a JVM cannot reach {connection.url}; {WAY_OUT}")
        properties = jvm.java.util.Properties()
        for name, value in connection.jdbc_properties.items():
            properties.setProperty(name, value)
        properties.setProperty("tcpKeepAlive", "true")
        properties.setProperty("socketTimeout", str(math.ceil(left) + SECONDS_PAST_DEADLINE))
        try:
            # Spark's registry also finds drivers that came by `--jars`, which DriverManager alone does not.
            jvm.org.apache.spark.sql.execution.datasources.jdbc.DriverRegistry.register(connection.dialect.jdbc_driver)
        except Py4JJavaError as error:
            raise WarehouseError(
                f"the JDBC driver {connection.dialect.jdbc_driver} is not on the class path of Spark's driver"
            ) from error
        try:
            self._jdbc = jvm.java.sql.DriverManager.getConnection(connection.jdbc_url, properties)
        except Py4JJavaError as error:
            raise connection.unreachable(java_message(error)) from None
        self._jdbc.setAutoCommit(autocommit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(Py4JJavaError):  # the server has rolled back a connection that broke
            if not self._jdbc.getAutoCommit():
                self._jdbc.rollback()
        with suppress(Py4JJavaError):
            self._jdbc.close()

    def execute(self, sql: str) -> int:
        """Run one statement; the number of rows it inserted, updated or deleted."""
        with self._statement(sql) as statement:
            return int(statement.executeUpdate(sql))

    def query(self, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of one query, every cell as the warehouse's text."""
        with self._statement(sql) as statement:
            result = statement.executeQuery(sql)
            width = range(1, result.getMetaData().getColumnCount() + 1)
            rows = []
            while result.next():
                rows.append(tuple(result.getString(position) for position in width))
            return rows

    def commit(self) -> None:
        try:
            self._jdbc.commit()
        except Py4JJavaError as error:
            raise self._fault(
                error, "committing", f"the warehouse refused to commit: {self._message(error)}"
            ) from error

    def send(self, storage: Storage, rows: Stored, schema: str) -> None:
        """Append the rows by Spark's writer, over at most `WRITERS` connections of its own.

        Raises `SettingsError` if Spark's time zone shifts the times.
        """
        table = rows.table
        _require_utc(self._engine.session, table)
        frame = self._engine.read_files(storage, table, rows.files)
        try:
            _frame_to_write(frame, table).write.jdbc(
                self._connection.jdbc_url,
                quote(schema, table.name),
                mode="append",
                properties={
                    **self._connection.jdbc_properties,
                    "batchsize": str(ROWS_PER_BATCH),
                    "queryTimeout": str(math.ceil(self._deadline.require_time(f"sending rows of {table.name}"))),
                    "reWriteBatchedInserts": "true",
                    "stringtype": "unspecified",  # text also fills columns of days and times
                },
            )
        except (Py4JJavaError, PySparkException) as error:
            reason = self._connection.without_password(java_message(error))
            raise WarehouseError(f"{table.name} could not be written to {self._connection.url}: {reason}") from error

    @contextmanager
    def _statement(self, sql: str) -> Iterator[Any]:
        left = self._deadline.require_time(f"about to run {sql}")
        statement = None
        try:
            statement = self._jdbc.createStatement()
            statement.setEscapeProcessing(False)  # braces in a comment are no JDBC escapes
            statement.setQueryTimeout(math.ceil(left))
            yield statement
        except Py4JJavaError as error:
            told = f"the warehouse refused a statement: {self._message(error)}\n{sql}"
            raise self._fault(error, f"running {sql}", told) from error
        finally:
            if statement is not None:
                with suppress(Py4JJavaError):  # the connection broke
                    statement.close()

    def _fault(self, error: Py4JJavaError, doing: str, told: str) -> WarehouseError:
        kind = fault_of(_sql_state(error), java_message(error), is_broken=self._is_broken())
        if kind in (Cancelled, ConnectionLost) and self._deadline.seconds_left <= 0:
            return self._deadline.exceeded(doing)
        return kind(told)

    def _is_broken(self) -> bool:
        try:
            return bool(self._jdbc.isClosed())
        except Py4JJavaError:
            return True

    def _message(self, error: Py4JJavaError) -> str:
        return self._connection.without_password(java_message(error))


class JdbcDriver:
    """Opens JDBC connections (see `drivers.Driver`)."""

    def __init__(
        self, connection: WarehouseConnection, engine: Callable[[], Engine], deadline: Deadline | None = None
    ) -> None:
        self.connection = connection
        self.deadline = deadline or Deadline()
        self._engine = engine

    def session(self, *, autocommit: bool) -> JdbcSession:
        return JdbcSession(self._engine(), self.connection, self.deadline, autocommit=autocommit)

    def do_all(self, tasks: Sequence[Task]) -> None:
        """Do one task after another: Spark's writer uses all cores as it is."""
        with self.session(autocommit=True) as session:
            for task in tasks:
                task(session)


def _frame_to_write(frame: DataFrame, table: Table) -> DataFrame:
    """The stored columns in the contract's order, for at most `WRITERS` connections."""
    columns = [_value_to_write(column).alias(column.name) for column in table.stored_columns]
    return frame.select(*columns).coalesce(WRITERS)


def _value_to_write(column: Column) -> SparkColumn:
    """The column; days and times as text, times in UTC.

    The driver would convert times to the JVM's time zone, in which some hours of the year do not exist, and days to a
    calendar in which ten days of October 1582 do not.
    """
    value = F.col(column.name)
    match column.type:
        case Type.TIMESTAMP:
            return F.date_format(value, "yyyy-MM-dd HH:mm:ss.SSSSSS")
        case Type.DATE:
            return F.date_format(value, "yyyy-MM-dd")
        case _:
            return value


def _require_utc(spark: SparkSession, table: Table) -> None:
    has_times = any(column.type == Type.TIMESTAMP for column in table.stored_columns)
    zone = spark.conf.get("spark.sql.session.timeZone")
    if has_times and zone not in ("UTC", "Etc/UTC"):
        raise SettingsError(
            f"spark.sql.session.timeZone is {zone}, and the warehouse's timestamps are in UTC; set it to UTC"
        )


def java_message(error: Exception) -> str:
    """The message of the innermost Java exception, without stack traces."""
    java = getattr(error, "java_exception", None)
    if java is None:
        return str(error)
    while java.getCause() is not None:
        java = java.getCause()
    return str(java.getMessage() or java.toString())


def _sql_state(error: Py4JJavaError) -> str | None:
    try:
        return str(error.java_exception.getSQLState())
    except Py4JError:  # not an SQLException
        return None
