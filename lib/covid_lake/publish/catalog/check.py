"""In what a catalog, the lake's files and the contracts do not agree, table by table and column by column."""

from __future__ import annotations

from collections.abc import Iterator

from covid_lake.landing.inventory import look_at_landing
from covid_lake.publish.catalog.check_files import file_disagreements
from covid_lake.publish.catalog.protocol import Disagreement, TableFormat
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.publish.catalog.registrations import registrations
from covid_lake.publish.publisher import Published


def check(publisher: CatalogPublisher, published: Published) -> Iterator[Disagreement]:
    """Everything in which they disagree, in the dataset's order. Changes nothing.

    New and changed landing files are inspected, for Athena reads them whether or not a run has. Raises `CatalogError`
    and `StorageError` where the catalog or the lake does not answer.
    """
    tables = published.tables
    found = [one for table in tables for one in file_disagreements(published, table)]
    yield from found
    of_catalog = list(_of_catalog(publisher, published))
    yield from of_catalog
    if not of_catalog and not publisher.is_up_to_date(published):
        what = f"the catalog has not been told that it shows snapshot {published.snapshot.number} of the lake"
        yield Disagreement(published.dataset.name, what=what)


def _of_catalog(publisher: CatalogPublisher, published: Published) -> Iterator[Disagreement]:
    if publisher.table_format is TableFormat.ICEBERG:
        from covid_lake.publish.catalog.check_iceberg import iceberg_disagreements

        with publisher.catalog.iceberg() as catalog:
            for table in published.tables:
                yield from iceberg_disagreements(catalog, published, table)
    if not publisher.catalog.holds_only_iceberg:
        landing = look_at_landing(published.storage, published.dataset, keep=False).files.values()
        wanted = registrations(published, publisher.table_format, landing)
        databases, iceberg = publisher.databases(published.dataset), publisher.iceberg_names(published)
        yield from publisher.catalog.disagreements(wanted, databases, iceberg)
