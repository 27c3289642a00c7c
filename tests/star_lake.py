"""A lake with a small star of its own: places, and counts by day in a partition a month. Versions are written by hand.

A month whose rows stay the same keeps its file, as after a run, so that a load has only to read what has changed.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from covid_lake import paths
from covid_lake.contracts import (
    Column,
    Dataset,
    Distribution,
    Partitioning,
    Reference,
    Table,
    Type,
    WarehouseLayout,
    Zone,
)
from covid_lake.store.arrow_files import arrow_schema
from covid_lake.store.snapshots import DataFile, Manifest, Snapshot, current_snapshot, publish
from covid_lake.store.storage import Storage

NAME = "covid_lake_test"
Row = tuple[Any, ...]

PLACES = Table(
    NAME,
    Zone.CURATED,
    "dim_place",
    "A place.",
    (
        Column("place_key", Type.BIGINT, "Key of the place", nullable=False),
        Column("name", Type.TEXT, "What it's called", max_bytes=24),
        Column("latitude", Type.DOUBLE, "Degrees north"),
        Column("is_open", Type.BOOLEAN, "Whether it is open"),
        Column("opened_date", Type.DATE, "First day"),
        Column("updated_at", Type.TIMESTAMP, "Last change (UTC)"),
        Column("price", Type.DECIMAL, "What a visit costs", precision=12, scale=2),
    ),
    key=("place_key",),
    layout=WarehouseLayout(Distribution.ALL),
)
COUNTS = Table(
    NAME,
    Zone.CURATED,
    "fact_counts",
    "A place and a day.",
    (
        Column("place_key", Type.BIGINT, "Place, key of dim_place", nullable=False),
        Column("date_key", Type.INT, "Day as yyyymmdd", nullable=False),
        Column("cases", Type.BIGINT, "Cumulative cases"),
        Column("month", Type.TEXT, "Month as yyyy-MM", nullable=False),
    ),
    key=("place_key", "date_key"),
    references=(Reference("place_key", PLACES.id, "place_key"),),
    partitioning=Partitioning("month", month_of="date_key"),
    layout=WarehouseLayout(Distribution.KEY, "place_key", ("date_key", "place_key")),
)
STAR = Dataset(NAME, "A star for tests", (PLACES, COUNTS))
# Every type, the ends of its range, texts of several bytes a letter, an hour that local times skip, and nulls.
PLACE_ROWS: tuple[Row, ...] = (
    (0, "unknown", None, None, None, None, None),
    (1, "Curaçao 北京", 12.1696, True, dt.date(2020, 3, 1), dt.datetime(2020, 3, 29, 1, 30, 0, 123456, dt.UTC),
     Decimal("12.30")),
    (-9223372036854775808, "O'Brien \"the\" \\ ;--", -0.0000001, False, dt.date(1969, 12, 31), None,
     Decimal("-9999999999.99")),
    (9223372036854775807, "", 1e300, False, dt.date(2020, 2, 29), dt.datetime(1969, 7, 20, 20, 17, tzinfo=dt.UTC),
     Decimal("0.00")),
)  # fmt: skip


def counts_of(days: Mapping[int, int], places: Sequence[int] = (0, 1)) -> tuple[Row, ...]:
    """Rows of `fact_counts`: each place has so many cases on each day, a later one a few more."""
    return tuple(
        (place, day, cases + number, f"{str(day)[:4]}-{str(day)[4:6]}")
        for day, cases in days.items()
        for number, place in enumerate(places)
    )


@dataclass
class StarLake:
    """The lake, and the rows that its newest versions have."""

    storage: Storage
    star: Dataset = STAR
    codec: str = "snappy"
    rows: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    _files: dict[tuple[str, str, tuple[Row, ...], Table], DataFile] = field(default_factory=dict)

    def publish(self, version: str, **rows_by_table: Sequence[Row]) -> Snapshot:
        """Publish a version of each table that is named; the others keep theirs."""
        written = []
        for name, rows in rows_by_table.items():
            table = self.star.table(Zone.CURATED, name)
            files = self._write(table, version, tuple(rows))
            written.append((table, Manifest(table.id, version, files, version, {})))
            self.rows[name] = tuple(rows)
        return publish(self.storage, current_snapshot(self.storage, self.star.name), version, written)

    def change(self, table: Table) -> None:
        """Give a table another contract; its rows are to be published anew."""
        tables = tuple(table if one.name == table.name else one for one in self.star.tables)
        self.star = replace(self.star, tables=tables)

    def expected(self, table: Table) -> list[Row]:
        """The rows as a warehouse has them: without the partition column, times without a zone, in some order."""
        places = [table.column_names.index(column.name) for column in table.stored_columns]
        return in_order([tuple(_in_warehouse(row[place]) for place in places) for row in self.rows[table.name]])

    def _write(self, table: Table, version: str, rows: tuple[Row, ...]) -> tuple[DataFile, ...]:
        parts: dict[str, list[Row]] = {}
        for row in rows:
            values = dict(zip(table.column_names, row, strict=True))
            parts.setdefault("".join(f"{name}={values[name]}/" for name in table.partition_by), []).append(row)
        return tuple(self._file(table, version, part, tuple(its)) for part, its in parts.items())

    def _file(self, table: Table, version: str, part: str, rows: tuple[Row, ...]) -> DataFile:
        key = (table.name, part, rows, table)
        if key not in self._files:
            content = pa.Table.from_pylist(
                [dict(zip(table.column_names, row, strict=True)) for row in rows], arrow_schema(table.columns)
            ).select([column.name for column in table.stored_columns])
            sink = io.BytesIO()
            pq.write_table(content, sink, compression=self.codec)
            path = f"version={version}/{part}part-0.parquet"
            self.storage.write(f"{paths.table(table)}/{path}", sink.getvalue())
            self._files[key] = DataFile(path, len(rows), len(sink.getvalue()))
        return self._files[key]


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Rows in an order that nulls have a place in."""
    return sorted(rows, key=lambda row: tuple((value is not None, value) for value in row))


def _in_warehouse(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value
