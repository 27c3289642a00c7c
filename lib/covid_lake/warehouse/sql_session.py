"""SQL through the JDBC driver in Spark's JVM, which is there on a laptop and on AWS Glue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.sql import SparkSession

from covid_lake.errors import WarehouseError
from covid_lake.warehouse.connection import WarehouseConnection

LOCK_NOT_AVAILABLE = "55P03"


class LockTaken(WarehouseError):
    """Another session holds a lock, and the statement was told not to wait for it."""


class SqlSession:
    """One JDBC connection, used as a context manager. At its end, what was not committed is rolled back.

    With `autocommit` every statement is a transaction of its own. Results must be small: reading a cell is a call into
    the JVM. Raises `WarehouseError` if the driver is missing, the server does not answer or a statement is refused.
    """

    def __init__(self, spark: SparkSession, connection: WarehouseConnection, *, autocommit: bool) -> None:
        self._connection = connection
        jvm: Any = spark._jvm
        properties = jvm.java.util.Properties()
        for name, value in connection.jdbc_properties.items():
            properties.setProperty(name, value)
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

    def __enter__(self) -> SqlSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(Py4JJavaError):  # the server has rolled back a connection that broke
            if not self._jdbc.getAutoCommit():
                self._jdbc.rollback()
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
            raise WarehouseError(f"the warehouse refused to commit: {self._message(error)}") from error

    @contextmanager
    def _statement(self, sql: str) -> Iterator[Any]:
        statement = None
        try:
            statement = self._jdbc.createStatement()
            yield statement
        except Py4JJavaError as error:
            kind = LockTaken if _sql_state(error) == LOCK_NOT_AVAILABLE else WarehouseError
            raise kind(f"the warehouse refused a statement: {self._message(error)}\n{sql}") from error
        finally:
            if statement is not None:
                statement.close()

    def _message(self, error: Py4JJavaError) -> str:
        return self._connection.without_password(java_message(error))


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
