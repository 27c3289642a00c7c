"""Iceberg tables in time: a query sees one version, a run's tag leads back to it, and a drop deletes no file."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from threading import Event

import boto3
import pytest

from covid_lake import paths
from covid_lake.contracts import Column, Dataset, Partitioning, Table, Type, Zone
from covid_lake.publish.catalog.glue import GlueTableCatalog
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.publish.publisher import Published
from covid_lake.store.parquet import written_files
from covid_lake.store.snapshots import Manifest, Snapshot, current_snapshot, publish
from covid_lake.store.storage import Storage, open_storage
from lake_runs import no_engine
from server import Trino
from small_lake import write_rows
from trino_lakes import CataloguedLake, made_up_datasets
from trino_tally import Tally

READING = Table(
    dataset="meters",
    zone=Zone.CURATED,
    name="reading",
    grain="A meter, a day and a publication.",
    columns=(
        Column("meter", Type.INT, "Number of the meter.", nullable=False),
        Column("day", Type.INT, "The day as yyyymmdd.", nullable=False),
        Column("publication", Type.INT, "Number of the publication.", nullable=False),
        Column("month", Type.TEXT, "Month of the day.", nullable=False),
    ),
    key=("meter", "day"),
    partitioning=Partitioning("month", month_of="day"),
)
METERS = Dataset(name="meters", title="Meters", tables=(READING,))
NAME = "meters_curated.reading"
MONTHS = ("2020-01", "2020-02")
ROWS_A_MONTH = 400
PUBLICATIONS = 50
# The slow query goes through all pairs of rows so many times.
REPEATS = 10

FEW_ROWS = f"SELECT count(*), min(publication), max(publication) FROM {NAME}"
# Both sides of the join, and both months of each, are read at different moments.
PAIRS = f"""
SELECT count(*), min(least(a.publication, b.publication)), max(greatest(a.publication, b.publication))
FROM {NAME} a JOIN {NAME} b ON a.meter = b.meter AND a.day = b.day
"""
ALL_PAIRS = f"""
SELECT count(*) / {2 * ROWS_A_MONTH * REPEATS}, min(least(a.publication, b.publication)),
  max(greatest(a.publication, b.publication))
FROM {NAME} a CROSS JOIN {NAME} b CROSS JOIN UNNEST(sequence(1, {REPEATS})) AS t (n)
WHERE a.meter + b.meter + n > 0
"""


@dataclass(frozen=True)
class Seen:
    """What a query saw, and how many publications there were before and after it."""

    rows: int
    oldest: int
    newest: int
    before: int
    after: int


@pytest.fixture(scope="module")
def meters(emulator: str) -> Iterator[Storage]:
    """A lake of one small table, published once."""
    boto3.client("s3").create_bucket(Bucket="trino-meters")
    storage = open_storage("s3://trino-meters/lake")
    with made_up_datasets():
        publish_again(storage)
        yield storage


def publish_again(storage: Storage) -> Snapshot:
    """Publish the next version of the table, in which each row has the number of the publication."""
    before = current_snapshot(storage, METERS.name)
    number = before.number + 1
    version = f"run_{number}"
    rows = [
        {"meter": meter, "day": int(month.replace("-", "")) * 100 + 1, "publication": number, "month": month}
        for month in MONTHS
        for meter in range(1, ROWS_A_MONTH + 1)
    ]
    write_rows(storage, READING, version, rows)
    manifest = Manifest(READING.id, version, written_files(storage, READING, version), version, {})
    snapshot = publish(storage, before, version, [(READING, manifest)])
    show(storage)
    return snapshot


def show(storage: Storage, *, full_refresh: bool = False) -> None:
    snapshot = current_snapshot(storage, METERS.name)
    published = Published(storage, METERS, snapshot, no_engine, full_refresh=full_refresh)
    report = CatalogPublisher(GlueTableCatalog(storage)).bring_up_to(published)
    assert not report.error, report.error


def test_a_query_sees_one_version_while_fifty_publications_go_on(meters: Storage, trino: Trino, tally: Tally) -> None:
    over = Event()
    published = [current_snapshot(meters, METERS.name).number]

    def ask_until_over() -> list[Seen]:
        seen = []
        for sql in cycle((FEW_ROWS, PAIRS, ALL_PAIRS)):
            before = published[-1]
            ((rows, oldest, newest),) = trino.rows(sql)
            seen.append(Seen(rows, oldest, newest, before, published[-1]))
            if over.is_set():
                return seen
        return seen

    with ThreadPoolExecutor() as pool:
        asking = pool.submit(ask_until_over)
        try:
            for _ in range(PUBLICATIONS):
                published.append(publish_again(meters).number)
        finally:
            over.set()
        queries = asking.result()
    for one in queries:
        assert (one.rows, one.oldest) == (2 * ROWS_A_MONTH, one.newest)
        # One publication more may have been shown already, whose number was not noted yet.
        assert one.before <= one.newest <= one.after + 1
    spanning = [one for one in queries if one.after - one.before > 1]
    assert spanning
    assert len({one.newest for one in queries}) > 1
    tally.notes.append(
        f"{len(queries)} queries while {PUBLICATIONS} publications went on saw one version each; {len(spanning)} of "
        "them took longer than a publication"
    )


def test_a_dropped_table_loses_no_file_and_can_be_registered_again(meters: Storage, trino: Trino) -> None:
    before = trino.rows(FEW_ROWS)
    files = {file.path for file in meters.list_files(paths.table(READING)) if file.path.endswith(".parquet")}
    assert files
    for drop in (f"DROP TABLE {NAME}", "DROP SCHEMA iceberg.meters_curated CASCADE"):
        trino.rows(drop)
        left = {file.path for file in meters.list_files(paths.table(READING)) if file.path.endswith(".parquet")}
        assert left == files
        show(meters, full_refresh=True)
        assert trino.rows(FEW_ROWS) == before


def test_a_runs_tag_leads_back_to_what_it_published(catalogued: CataloguedLake, trino: Trino) -> None:
    first, last = (report.run_id for report in catalogued.reports["covid19"])
    sums = "SELECT count(*), sum(confirmed), max(date_key) FROM covid19_curated.fact_cases"
    for run_id in (first, last):
        expected = catalogued.as_of[run_id].sql(sums).rows
        assert trino.ask(f"{sums} FOR VERSION AS OF 'run-{run_id}'").rows == expected
        tag = f"SELECT snapshot_id FROM covid19_curated.\"fact_cases$refs\" WHERE name = 'run-{run_id}'"
        ((snapshot_id,),) = trino.rows(tag)
        assert trino.ask(f"{sums} FOR VERSION AS OF {snapshot_id}").rows == expected
    assert catalogued.as_of[first].sql(sums).rows != catalogued.as_of[last].sql(sums).rows


def test_two_tables_are_read_as_of_one_run(catalogued: CataloguedLake, trino: Trino) -> None:
    first, last = (report.run_id for report in catalogued.reports["covid19"])
    joined = """
    SELECT d.date, count(*), sum(f.confirmed)
    FROM covid19_curated.fact_cases {tag} f JOIN covid19_curated.dim_date {tag} d ON d.date_key = f.date_key
    GROUP BY d.date ORDER BY d.date
    """
    found = {run_id: trino.ask(joined.format(tag=f"FOR VERSION AS OF 'run-{run_id}'")).rows for run_id in (first, last)}
    assert found == {run_id: catalogued.as_of[run_id].sql(joined.format(tag="")).rows for run_id in (first, last)}
    assert found[first] != found[last]
