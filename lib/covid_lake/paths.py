"""The one place that builds a location in the lake; all are relative to its root, so that a lake can be moved."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

from covid_lake.contracts import Table, Zone

RUN_ID = re.compile(r"(?P<begin>\d{8}T\d{6}Z)-[0-9a-f]{4}")
REASON_FILE = ".reason.json"
# Of the 255 bytes that a directory allows a name.
LONGEST_KEPT_BYTES = 255 - len(REASON_FILE)


def new_run_id(now: datetime) -> str:
    """An identifier of a run, sortable by time: `20200630T120000Z-1f9c`."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def begin_of(run_id: str) -> str | None:
    """The time in a run's identifier, as sortable text; None for an identifier that `new_run_id` did not make."""
    found = RUN_ID.fullmatch(run_id)
    return found["begin"] if found else None


def landing(dataset: str) -> str:
    """The folder in which a dataset's files lie as delivered."""
    return f"{Zone.LANDING}/{dataset}"


def table(contract: Table) -> str:
    return f"{contract.zone}/{contract.dataset}/{contract.name}"


def version(contract: Table, version_id: str) -> str:
    """The folder of what one run wrote for one table; immutable once its manifest is there."""
    return f"{table(contract)}/version={version_id}"


def manifest(contract: Table, version_id: str) -> str:
    return f"{version(contract, version_id)}/_manifest.json"


def quarantine(dataset: str, table_name: str) -> str:
    return f"{Zone.QUARANTINE}/{dataset}/{table_name}"


def quarantine_version(dataset: str, table_name: str, version_id: str) -> str:
    return f"{quarantine(dataset, table_name)}/version={version_id}"


def refused_files(dataset: str) -> str:
    return f"{Zone.QUARANTINE}/{dataset}/_files"


def refused_file(dataset: str, run_id: str, path: str) -> str:
    """Where a file that was refused whole is kept as it arrived. A long name is cut: its reason stands beside it."""
    folder, slash, name = path.rpartition("/")
    whole = name.encode("utf-8", "backslashreplace")
    if len(whole) > LONGEST_KEPT_BYTES:
        cut = whole[: LONGEST_KEPT_BYTES - 9].decode("utf-8", "ignore")
        name = f"{cut}-{hashlib.sha256(whole).hexdigest()[:8]}"
    return f"{refused_files(dataset)}/{run_id}/{folder}{slash}{name}"


def snapshots(dataset: str) -> str:
    return f"_snapshots/{dataset}"


def snapshot(dataset: str, number: int) -> str:
    """The file that names the version of every table; numbered, so that a name can be created only once."""
    return f"{snapshots(dataset)}/{number:010d}.json"


def inventory(dataset: str) -> str:
    """What is known of each landing file: size, checksum, header, number of records, or why it was refused."""
    return f"{INVENTORIES}/{dataset}.json"


def receipt(dataset: str, run_id: str) -> str:
    """What was removed when somebody asked to be forgotten, without saying who."""
    return f"{RECEIPTS}/{dataset}/{run_id}.json"


def iceberg(contract: Table) -> str:
    """The place of a table as Iceberg has it: its metadata are there, and none of its rows.

    Trino and Athena delete the whole place when somebody drops the table.
    """
    return f"{table(contract)}/iceberg"


def metadata(contract: Table) -> str:
    """The folder of a table's Iceberg metadata, beside its versions."""
    return f"{iceberg(contract)}/metadata"


CATALOG = "_catalog"
# The catalog that a lake on disk carries along.
LOCAL_CATALOG = f"{CATALOG}/iceberg.db"
RECEIPTS = "_receipts"
RUNNING = "_running"
LOADS = "_loads"
INVENTORIES = "_landing"
REPORTS = "_runs"
# What a lake holds directly below its root.
TOP_FOLDERS = frozenset({*map(str, Zone), "_snapshots", INVENTORIES, REPORTS, RUNNING, RECEIPTS, CATALOG, LOADS})


def folders(dataset: str) -> tuple[str, ...]:
    """Every folder into which a run over the dataset writes: those of the dataset, and those that all share."""
    own = (*(f"{zone}/{dataset}" for zone in Zone), snapshots(dataset), f"{RECEIPTS}/{dataset}")
    return (*own, INVENTORIES, REPORTS, RUNNING)


BEAT = ".beat"


def beat(marker: str) -> str:
    """The file beside a run's marker that holds the time at which the run was last at work."""
    return f"{marker.removesuffix('.json')}{BEAT}"


def running(dataset: str, run_id: str) -> str:
    """The marker of a run over the dataset that is at work."""
    return f"{RUNNING}/{dataset}/{run_id}.json"


def load_manifests(dataset: str) -> str:
    """The folder of the lists of files that a warehouse is told to read; each is removed after its load."""
    return f"{LOADS}/{dataset}"


def load_manifest(dataset: str, load_id: str, table_name: str) -> str:
    """The list of files of one table that one load tells the warehouse to read."""
    return f"{load_manifests(dataset)}/{load_id}/{table_name}.manifest"


def run_report(run_id: str) -> str:
    return f"{REPORTS}/{run_id}.json"
