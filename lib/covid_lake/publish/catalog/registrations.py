"""What the catalog holds of a dataset beside its Iceberg tables: Hive tables and views, asked for by the publisher."""

from __future__ import annotations

from collections.abc import Sequence

from covid_lake.catalog.descriptions import HiveTable, View
from covid_lake.publish.catalog.protocol import Registration, TableFormat
from covid_lake.publish.publisher import Published


def entries(published: Published, table_format: TableFormat) -> Sequence[HiveTable | View]:
    """The Hive tables and views that the catalog should hold, without their partitions.

    A digest of them is part of what the publisher remembers, so this must cost little: a catalog that is up to date is
    asked for it too. It may read the landing zone's inventory.
    """
    return ()


def registrations(published: Published, table_format: TableFormat) -> Sequence[Registration]:
    """The same entries with the partitions of the snapshot. Reads manifests of partitioned tables."""
    return [Registration(entry) for entry in entries(published, table_format)]
