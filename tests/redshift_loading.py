"""A lake with a small star, and Redshift to load it into, as a run or a job does it."""

from __future__ import annotations

from dataclasses import dataclass

from covid_lake.engines.protocol import Engine
from covid_lake.publish.publisher import Published
from covid_lake.publish.warehouse import LoadRequest, WarehousePublisher
from covid_lake.store.reports import PublishedTable
from covid_lake.store.snapshots import current_snapshot
from redshift_target import Redshift
from star_lake import StarLake

MARCH = {20200330: 10, 20200331: 20}
APRIL = {20200401: 30, 20200402: 40}


@dataclass
class Loading:
    """A lake, and Redshift to load it into."""

    lake: StarLake
    redshift: Redshift
    engine: Engine

    def load(self, *, full: bool = False, minutes: float = 5) -> dict[str, PublishedTable]:
        """Load what the warehouse lacks; what was done to each table that was touched."""
        published = Published(
            self.lake.storage,
            self.lake.star,
            current_snapshot(self.lake.storage, self.lake.star.name),
            lambda: self.engine,
        )
        request = LoadRequest(is_full=full, copy_role=self.redshift.role, minutes=minutes)
        report = WarehousePublisher(self.redshift.connection, request).bring_up_to(published)
        return {table.table: table for table in report.tables}

    def require_equal(self) -> None:
        """Each table has the rows of the lake's version, each once."""
        for table in self.lake.star.star:
            assert self.redshift.rows(table.name) == self.lake.expected(table), table.name
