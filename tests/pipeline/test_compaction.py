"""A month's files made one without some days: rows, order, types, what Spark notes in a file, and wrong files."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from covid_lake import paths
from covid_lake.datasets.covid19 import contracts as c
from covid_lake.errors import AuditFailed, StorageError
from covid_lake.pipeline.compaction import compact
from covid_lake.store.arrow_files import arrow_schema
from covid_lake.store.parquet import written_files
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import LocalStorage
from small_lake import write_parquet, write_rows

TABLE = c.JHU_DAILY_REPORTS
MARCH, APRIL = "month=2020-03", "month=2020-04"


def report(region: str, day: date) -> dict[str, object]:
    return {"report_date": day, "region_id": region, "confirmed": 1, "month": day.isoformat()[:7]}


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path)


@pytest.fixture
def files(storage: LocalStorage) -> tuple[DataFile, ...]:
    """Two months, the first in two files as Spark would have left them."""
    days = [date(2020, 3, 1), date(2020, 3, 2), date(2020, 4, 1)]
    write_rows(storage, TABLE, "old", [report(region, day) for day in days for region in ("b", "a")])
    first = f"{paths.version(TABLE, 'old')}/{MARCH}/part-0.parquet"
    rows = pq.read_table(io.BytesIO(storage.read(first)))
    noted = rows.replace_schema_metadata({"org.apache.spark.version": "4.1.1"})
    write_parquet(storage, first, noted.slice(0, 1))
    write_parquet(storage, first.replace("part-0", "part-1"), noted.slice(1))
    return written_files(storage, TABLE, "old")


def rows_of(storage: LocalStorage, file: DataFile) -> list[tuple[str, date]]:
    rows = pq.read_table(io.BytesIO(storage.read(f"{paths.table(TABLE)}/{file.path}")), partitioning=None).to_pylist()
    return [(row["region_id"], row["report_date"]) for row in rows]


def test_each_month_becomes_one_file_sorted_by_key_without_the_days(
    storage: LocalStorage, files: tuple[DataFile, ...]
) -> None:
    assert compact(storage, TABLE, files, "new", "report_date", [date(2020, 3, 2)]) == 4
    new = {file.partition: file for file in written_files(storage, TABLE, "new")}
    assert rows_of(storage, new[MARCH]) == [("a", date(2020, 3, 1)), ("b", date(2020, 3, 1))]
    assert rows_of(storage, new[APRIL]) == [("a", date(2020, 4, 1)), ("b", date(2020, 4, 1))]
    assert not {file.identity for file in new.values()} & {file.identity for file in files}


def test_types_and_what_spark_noted_stay(storage: LocalStorage, files: tuple[DataFile, ...]) -> None:
    compact(storage, TABLE, files, "new", "report_date", [])
    march = next(file for file in written_files(storage, TABLE, "new") if file.partition == MARCH)
    schema = pq.read_schema(io.BytesIO(storage.read(f"{paths.table(TABLE)}/{march.path}")))
    assert schema.equals(arrow_schema(TABLE.stored_columns))
    assert (schema.metadata or {}).get(b"org.apache.spark.version") == b"4.1.1", "by it Spark reads old days as written"


def test_a_month_without_other_days_gets_no_file(storage: LocalStorage, files: tuple[DataFile, ...]) -> None:
    assert compact(storage, TABLE, files, "new", "report_date", [date(2020, 4, 1)]) == 4
    assert {file.partition for file in written_files(storage, TABLE, "new")} == {MARCH}


def test_a_file_with_other_rows_than_its_footer_counted_is_an_error(
    storage: LocalStorage, files: tuple[DataFile, ...]
) -> None:
    wrong = [replace(file, rows=file.rows + 1) for file in files]
    with pytest.raises(AuditFailed, match=r"trusted\.jhu_daily_reports: month=2020-03 has 6 rows, but 4 were read"):
        compact(storage, TABLE, wrong, "new", "report_date", [])


def test_a_file_that_was_cut_short_is_an_error(storage: LocalStorage, files: tuple[DataFile, ...]) -> None:
    path = f"{paths.table(TABLE)}/{files[0].path}"
    storage.write(path, storage.read(path)[:-10])
    with pytest.raises(StorageError, match="a file of the table cannot be read"):
        compact(storage, TABLE, files, "new", "report_date", [])
