"""The catalog of a lake on disk: a SQLite file inside of it, as PyIceberg and Iceberg's JDBC catalog know it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from covid_lake import paths
from covid_lake.catalog import parameters
from covid_lake.datasets.registry import database_name
from covid_lake.errors import CatalogError
from covid_lake.publish.catalog.locations import location
from covid_lake.publish.catalog.protocol import Disagreement, Registration
from covid_lake.store.storage import LocalStorage

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

# Whoever opens the catalog has to call it so: one SQLite file may hold several catalogs, by name.
CATALOG_NAME: Final = "lake"
# As PyIceberg and Iceberg's JDBC catalog make them; both take them as they are. Of two processes that begin at the same
# moment, one makes them and the other finds them.
TABLES: Final = (
    """
    CREATE TABLE IF NOT EXISTS iceberg_tables (
        catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,
        metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5),
        PRIMARY KEY (catalog_name, table_namespace, table_name)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
        catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, property_key VARCHAR(255) NOT NULL,
        property_value VARCHAR(1000) NOT NULL, PRIMARY KEY (catalog_name, namespace, property_key)
    )
    """,
)
INTO_PROPERTIES: Final = (
    "INTO iceberg_namespace_properties (catalog_name, namespace, property_key, property_value) VALUES (?, ?, ?, ?)"
)
# How long a process waits for another one that is writing.
BUSY_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class LocalCatalog:
    """The catalog inside of a lake on disk."""

    storage: LocalStorage
    """The lake."""

    @property
    def name(self) -> str:
        return "local"

    @property
    def holds_only_iceberg(self) -> bool:
        return True

    @property
    def changes_at_once(self) -> int:
        """One: SQLite lets one writer in at a time, and there is nobody to wait for."""
        return 1

    @property
    def takes_over(self) -> bool:
        """Yes: the catalog is the lake's own, and what it has of another place is of before the lake was moved."""
        return True

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return self.storage.directory / paths.LOCAL_CATALOG

    def remembered(self, dataset: str) -> str | None:
        """What `remember` kept for the dataset. Needs no PyIceberg, which takes a second to import."""
        if not self.file.exists():
            return None
        with self._opened() as connection:
            found = connection.execute(
                "SELECT property_value FROM iceberg_namespace_properties "
                "WHERE catalog_name = ? AND namespace = ? AND property_key = ?",
                (CATALOG_NAME, _beside(dataset), parameters.STATE),
            ).fetchone()
        return str(found[0]) if found else None

    def remember(self, dataset: str, state: str) -> None:
        """Keep a digest of what the catalog was brought up to, as a property of the curated database."""
        with self._opened() as connection:
            values = (CATALOG_NAME, _beside(dataset), parameters.STATE, state)
            connection.execute(f"INSERT OR REPLACE {INTO_PROPERTIES}", values)

    def create_databases(self, databases: Sequence[tuple[str, str, str]]) -> None:
        """Create the namespaces that are missing; a description that they have stays, their place is set."""
        with self._opened() as connection:
            for name, description, folder in databases:
                for key, value in (("exists", "true"), ("comment", description)):
                    connection.execute(f"INSERT OR IGNORE {INTO_PROPERTIES}", (CATALOG_NAME, name, key, value))
                place = location(self.storage, folder)
                connection.execute(f"INSERT OR REPLACE {INTO_PROPERTIES}", (CATALOG_NAME, name, "location", place))

    def register(
        self, wanted: Sequence[Registration], databases: Sequence[str], iceberg: Collection[str] = ()
    ) -> Sequence[str]:
        """Raise `CatalogError`: Hive tables and views have no place here."""
        del iceberg
        raise CatalogError(f"{self.file} holds Iceberg tables only, no {wanted[0].entry.name if wanted else databases}")

    def disagreements(
        self, wanted: Sequence[Registration], databases: Sequence[str], iceberg: Collection[str] = ()
    ) -> Sequence[Disagreement]:
        """None: there are Iceberg tables only."""
        del wanted, databases, iceberg
        return ()

    def iceberg(self) -> Catalog:
        """The catalog as PyIceberg opens it; the file is created where it is missing."""
        from pyiceberg.catalog.sql import SqlCatalog
        from sqlalchemy.engine import URL
        from sqlalchemy.exc import SQLAlchemyError

        with self._opened():
            pass  # which makes the file and its tables, where they are missing
        try:
            url = URL.create("sqlite", database=str(self.file), query={"timeout": str(BUSY_SECONDS)})
            return SqlCatalog(CATALOG_NAME, uri=url.render_as_string(hide_password=False))
        except (SQLAlchemyError, OSError) as error:
            raise self._fault(error) from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The file, for statements that are committed together at the end of the block.

        The file and its tables are made where they are missing: the process that made the file may have died then.
        """
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.file, timeout=BUSY_SECONDS)) as connection, connection:
                for statement in TABLES:
                    connection.execute(statement)
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> CatalogError:
        said = str(error).splitlines()[0]
        return CatalogError(
            f"the lake's catalog {self.file} can't be used: {said}; delete the file, and the next run makes it anew, "
            "or run with --catalog none"
        )


def _beside(dataset: str) -> str:
    return database_name(dataset, parameters.STATE_ZONE)
