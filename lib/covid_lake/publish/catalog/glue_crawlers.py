"""Crawlers in AWS Glue: created, or brought to their definition. They are never started from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from covid_lake.publish.catalog.glue_client import naming


def apply_crawlers(client: Any, database: str, requests: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Make the database and the crawlers what is requested: each crawler's name, and what was done to it.

    Raises `CatalogError`, which names the crawler; those before it are done.
    """
    with naming("create the database", database):
        try:
            client.get_database(Name=database)
        except client.exceptions.EntityNotFoundException:
            described = "What crawlers make of landing files, for comparison with the contracts"
            client.create_database(DatabaseInput={"Name": database, "Description": described})
    for request in requests:
        with naming("create the crawler", request["Name"]):
            yield request["Name"], _apply(client, request)


def _apply(client: Any, request: Mapping[str, Any]) -> str:
    try:
        found = client.get_crawler(Name=request["Name"])["Crawler"]
    except client.exceptions.EntityNotFoundException:
        client.create_crawler(**request)
        return "created"
    if all(_covers(found.get(name), value) for name, value in request.items()):
        return "unchanged"
    client.update_crawler(**request)
    return "updated"


def _covers(found: Any, wanted: Any) -> bool:
    """Whether an answer says what was wanted, perhaps among more: the service fills in what nobody gave."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_covers(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(_covers, found, wanted))
    if isinstance(wanted, str) and isinstance(found, str):
        return found == wanted or found.rpartition("/")[2] == wanted  # a role's ARN ends with its name
    return bool(found == wanted)
