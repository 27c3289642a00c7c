"""Redshift by its driver for Python, for tests of loads that need no Java (see `covid_lake.warehouse.drivers`)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import redshift_connector

from covid_lake.store.questions import Stored
from covid_lake.store.storage import Storage
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.drivers import Task
from covid_lake.warehouse.faults import fault_of
from covid_lake.warehouse.retries import Deadline
from redshift_target import Redshift


@dataclass
class PythonDriver:
    """Opens sessions of `redshift_connector`."""

    target: Redshift
    deadline: Deadline = field(default_factory=Deadline)

    @property
    def connection(self) -> WarehouseConnection:
        return self.target.connection

    def session(self, *, autocommit: bool) -> PythonSession:
        opened = self.target.connect()
        opened.autocommit = autocommit
        return PythonSession(opened)

    def do_all(self, tasks: Sequence[Task]) -> None:
        raise AssertionError("nothing is sent to Redshift")


@dataclass
class PythonSession:
    opened: Any

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(redshift_connector.Error):
            self.opened.rollback()
        self.opened.close()

    def execute(self, sql: str) -> int:
        return max(int(self._run(sql).rowcount), 0)

    def query(self, sql: str) -> list[tuple[str | None, ...]]:
        return [tuple(None if cell is None else str(cell) for cell in row) for row in self._run(sql).fetchall()]

    def commit(self) -> None:
        self.opened.commit()

    def send(self, storage: Storage, rows: Stored, schema: str) -> None:
        raise AssertionError("nothing is sent to Redshift")

    def _run(self, sql: str) -> Any:
        cursor = self.opened.cursor()
        try:
            cursor.execute(sql)
        except redshift_connector.Error as error:
            said = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
            raise fault_of(said.get("C"), said.get("M", ""))(f"{error}\n{sql}") from error
        return cursor
