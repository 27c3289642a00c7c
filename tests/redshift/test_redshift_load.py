"""The load of a star into Redshift through its JDBC driver: after each, the rows are those of the lake's version."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from covid_lake.engines.protocol import Engine
from covid_lake.publish.publisher import Published
from covid_lake.publish.warehouse import LoadRequest, WarehousePublisher
from covid_lake.store.reports import PublishedTable
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import S3Storage
from redshift_target import Redshift
from star_lake import PLACE_ROWS, StarLake, counts_of

MARCH = {20200330: 10, 20200331: 20}
APRIL = {20200401: 30, 20200402: 40}


@dataclass
class Loading:
    """A lake, and Redshift to load it into."""

    lake: StarLake
    redshift: Redshift
    engine: Engine

    def load(self, *, full: bool = False) -> dict[str, PublishedTable]:
        """Load what the warehouse lacks; what was done to each table that was touched."""
        published = Published(
            self.lake.storage,
            self.lake.star,
            current_snapshot(self.lake.storage, self.lake.star.name),
            lambda: self.engine,
        )
        request = LoadRequest(is_full=full, copy_role=self.redshift.role, minutes=5)
        report = WarehousePublisher(self.redshift.connection, request).bring_up_to(published)
        return {table.table: table for table in report.tables}

    def require_equal(self) -> None:
        """Each table has the rows of the lake's version, each once."""
        for table in self.lake.star.star:
            assert self.redshift.rows(table.name) == self.lake.expected(table), table.name


@pytest.fixture
def loading(spark_on_java: object, engine: Engine, emulator: str, redshift: Redshift) -> Loading:
    """A lake with a version of each table, none of which is loaded."""
    lake = StarLake(S3Storage(f"{redshift.root}/lake"))
    for file in lake.storage.list_files(""):
        lake.storage.delete([file.path])
    lake.publish("v1", dim_place=PLACE_ROWS, fact_counts=counts_of({**MARCH, **APRIL}))
    return Loading(lake, redshift, engine)


def counts(done: PublishedTable) -> tuple[int, ...]:
    return tuple(done.counts[name] for name in ("staged", "inserted", "updated", "deleted"))


def test_a_first_load_brings_every_row_of_every_type(loading: Loading) -> None:
    done = loading.load()
    assert {name: counts(one) for name, one in done.items()} == {"dim_place": (4, 4, 0, 0), "fact_counts": (8, 8, 0, 0)}
    loading.require_equal()
