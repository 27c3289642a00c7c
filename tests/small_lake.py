"""Lakes of a few rows, written by hand: what a run would leave behind, without a run."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from covid_lake import paths
from covid_lake.contracts import Codec, Table
from covid_lake.datasets import registry
from covid_lake.store.arrow_files import QUARANTINE_SCHEMA, arrow_schema
from covid_lake.store.parquet import written_files
from covid_lake.store.snapshots import Manifest, Snapshot, current_snapshot, publish
from covid_lake.store.storage import Storage

Row = Mapping[str, Any]


def publish_rows(
    storage: Storage,
    version: str,
    rows_by_table: Mapping[str, Sequence[Row]],
    refused: Mapping[str, Sequence[Row]] | None = None,
) -> Snapshot:
    """Publish a version of tables called `covid19_curated.dim_region`; columns that a row does not name are null."""
    written = []
    for name, rows in rows_by_table.items():
        table = registry.find_table(name).contract
        write_rows(storage, table, version, rows)
        quarantine = write_refused(storage, table, version, (refused or {}).get(name, ()))
        files = written_files(storage, table, version)
        written.append((table, Manifest(table.id, version, files, version, {}, quarantine=quarantine)))
    return publish(storage, current_snapshot(storage, written[0][0].dataset), version, written)


def write_rows(storage: Storage, table: Table, version: str, rows: Sequence[Row]) -> None:
    """Parquet files of the rows, a file a partition, with the contract's types."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault("/".join(f"{name}={row[name]}" for name in table.partition_by), []).append(row)
    schema = arrow_schema(table.stored_columns)
    for part, its_rows in parts.items():
        stored = pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in its_rows], schema)
        path = f"{paths.version(table, version)}/{part}/part-0.parquet".replace("//", "/")
        write_parquet(storage, path, stored, table.codec)


def write_refused(storage: Storage, table: Table, version: str, rows: Sequence[Row]) -> str | None:
    if not rows:
        return None
    folder = paths.quarantine_version(table.dataset, table.name, version)
    write_parquet(storage, f"{folder}/part-0.parquet", pa.Table.from_pylist(list(rows), QUARANTINE_SCHEMA))
    return folder


def write_parquet(storage: Storage, path: str, table: pa.Table, codec: Codec = Codec.ZSTD) -> None:
    content = io.BytesIO()
    pq.write_table(table, content, compression=codec)
    storage.write(path, content.getvalue())


def calendar(first: date, last: date) -> list[Row]:
    """Rows of dim_date from the first to the last day."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [{"date_key": date_key(day), "date": day, "year": day.year, "month": day.month} for day in days]


def date_key(day: date) -> int:
    return int(f"{day:%Y%m%d}")


def cases(region_key: int, day: date, confirmed: int | None, source: str = "jhu_daily_reports", deaths: int = 0) -> Row:
    """A row of fact_cases."""
    return {
        "region_key": region_key,
        "date_key": date_key(day),
        "source": source,
        "confirmed": confirmed,
        "deaths": deaths,
        "month": f"{day:%Y-%m}",
    }
