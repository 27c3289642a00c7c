"""Crawlers over a landing zone, for people who want to compare what they find with the contracts. Pure.

They write into a database of their own, so that no table of the library is touched. See `docs/crawlers.md`.
"""

from __future__ import annotations

from typing import Any, Final

from covid_lake import paths
from covid_lake.catalog.glue_input import location_uri
from covid_lake.contracts import Dataset

CRAWLED: Final = "crawled"


def crawled_database(dataset: Dataset) -> str:
    """The database that the crawlers write into: `covid19_crawled`."""
    return f"{dataset.name}_{CRAWLED}"


def crawler_requests(dataset: Dataset, root: str, role: str) -> list[dict[str, Any]]:
    """A crawler for each table with landing files, as the request that creates it.

    `root` is the lake's, an `s3://` URL; `role` is the name or ARN of the role that the crawlers have. A crawler names
    its tables by the last folder of their files, such as `csv`: the prefix says of which table of the contracts they
    are. None has a schedule, since each run of a crawler costs money.
    """
    return [
        {
            "Name": f"{dataset.name}_landing_{table.name}",
            "Role": role,
            "DatabaseName": crawled_database(dataset),
            "Description": f"For comparison with the contract of {table.id}; started by hand.",
            "Targets": {
                "S3Targets": [
                    {"Path": location_uri(root, f"{paths.landing(dataset.name)}/{folder}")}
                    for folder in table.landing.paths
                ]
            },
            "TablePrefix": f"{table.name}_",
            "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
            "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        }
        for table in dataset.tables
        if table.landing
    ]
