"""The properties by which a catalog's entry tells which state of which table it shows; the same for every format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from covid_lake.contracts import Table, Zone

PREFIX: Final = "covid_lake."
CLASSIFICATION: Final = "classification"
SNAPSHOT: Final = f"{PREFIX}snapshot"
RUN_ID: Final = f"{PREFIX}run_id"
VERSION: Final = f"{PREFIX}version"
CONTRACT: Final = f"{PREFIX}contract"
ROWS: Final = f"{PREFIX}rows"
BYTES: Final = f"{PREFIX}bytes"
# What a publisher remembers of a dataset, as a property of one of its databases.
STATE: Final = f"{PREFIX}state"
# The zone whose database has it.
STATE_ZONE: Final = Zone.CURATED
# Enough of a digest to tell contracts apart, and short enough to be read.
DIGEST_CHARACTERS: Final = 16


def state_parameters(
    table: Table, version: str, rows: int, total_bytes: int, snapshot_number: int, run_id: str
) -> dict[str, str]:
    """The properties of a trusted or curated table: which version it shows, as of which snapshot of the lake.

    `run_id` is the run that published the snapshot; the version's name is the run that wrote the table.
    """
    return {
        CLASSIFICATION: "parquet",
        VERSION: version,
        ROWS: str(rows),
        BYTES: str(total_bytes),
        SNAPSHOT: str(snapshot_number),
        RUN_ID: run_id,
        CONTRACT: contract_digest(table),
    }


def contract_digest(table: Table) -> str:
    """A digest of what a catalog shows of the contract: names, types, comments, partitions."""
    columns = [[column.name, column.type_name, column.comment, *column.former_names] for column in table.columns]
    shown = [table.dataset, table.zone, table.name, table.grain, columns, table.partition_by]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:DIGEST_CHARACTERS]


def lake_snapshot(properties: Mapping[str, str]) -> int:
    """The number of the lake's snapshot that an entry of the catalog shows; 0 where it does not say."""
    text = properties.get(SNAPSHOT, "")
    return int(text) if text.isdecimal() else 0
