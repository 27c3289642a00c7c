"""What the lake refused and why: records in quarantine, and files that were kept out whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from covid_lake import paths
from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.datasets.registry import NamedTable
from covid_lake.errors import StorageError, UnknownTable
from covid_lake.landing.inventory import files_of, read_inventory
from covid_lake.reading.answers import Answer, answer_of_arrow
from covid_lake.reading.lake import Lake


@dataclass(frozen=True, slots=True)
class RefusedRecords:
    """The refused records of one table from one run. A record that breaks two rules counts under both."""

    table: NamedTable
    run_id: str
    records: int
    by_rule: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was refused whole. `run_id` is that of the landing that refused it, and `location` where it is kept.

    A file that another tool put into the landing zone stays there, and no run is named.
    """

    path: str
    reason: str
    location: str
    run_id: str | None


def rule_of(reason: str) -> str:
    """The name of the rule in a reason, which is written `rule: message`."""
    return reason.split(":", 1)[0]


def refused_records(lake: Lake, dataset: str) -> list[RefusedRecords]:
    """What quarantine holds of the dataset's current versions, by table and run."""
    found = []
    for table in registry.tables_of(dataset, Zone.QUARANTINE):
        try:
            rows = lake.arrow(str(table)).select(["run_id", "reasons"]).to_pylist()
        except UnknownTable:
            continue
        for run_id in sorted({row["run_id"] for row in rows}):
            reasons = [row["reasons"] for row in rows if row["run_id"] == run_id]
            by_rule = Counter(rule_of(reason) for broken in reasons for reason in broken)
            found.append(RefusedRecords(table, run_id, len(reasons), dict(by_rule.most_common())))
    return found


def refused_files(lake: Lake, dataset: str) -> list[RefusedFile]:
    """Files of the dataset that were refused: kept aside by landing, oldest first, or still in the landing zone."""
    return [*_kept_aside(lake, dataset), *_still_landed(lake, dataset)]


def refused(lake: Lake, name: str, *, rule: str | None = None, file: str | None = None) -> Answer:
    """Refused records of a table as they arrived, with file, line and reasons; in the files' order.

    `name` may leave out database or dataset. `rule` and `file` choose; `UnknownTable` where there is no such table or
    no record of it was refused, and where nothing is left, saying what there is to choose from.
    """
    table = find_quarantine(name)
    stored = lake.arrow(str(table))
    rows = stored.to_pylist()
    chosen = [
        index
        for index, row in enumerate(rows)
        if (rule is None or any(rule_of(reason) == rule for reason in row["reasons"]))
        and (file is None or row["source_file"] == file)
    ]
    if not chosen:
        raise UnknownTable(_nothing_left(table, rows, rule, file))
    chosen.sort(key=lambda index: (rows[index]["source_file"], rows[index]["line"] or 0))
    columns = ["source_file", "line", "reasons", "record", "run_id"]
    return answer_of_arrow(stored.take(pa.array(chosen)).select(columns))


def find_quarantine(name: str) -> NamedTable:
    """The quarantine of a table, which may be named itself; `UnknownTable` where none is."""
    return NamedTable(Zone.QUARANTINE, registry.table_called(name).contract)


def _nothing_left(table: NamedTable, rows: list[dict[str, Any]], rule: str | None, file: str | None) -> str:
    counts = {
        f"rule {rule}": Counter(rule_of(reason) for row in rows for reason in row["reasons"]) if rule else None,
        f"file {file}": Counter(row["source_file"] for row in rows) if file else None,
    }
    asked = {said: count for said, count in counts.items() if count is not None}
    there = "; ".join(", ".join(f"{name} ({n})" for name, n in count.most_common(10)) for count in asked.values())
    return f"{table} has no record of {' and '.join(asked)}; there is: {there}"


def _kept_aside(lake: Lake, dataset: str) -> Iterator[RefusedFile]:
    folder = paths.refused_files(dataset)
    for entry in lake.storage.list_files(folder):
        if entry.path.endswith(paths.REASON_FILE):
            try:
                told = json.loads(lake.storage.read(entry.path))
                path, reason = str(told["path"]), str(told["reason"])
            except (ValueError, KeyError, TypeError) as error:
                raise StorageError(f"{lake.storage.root}/{entry.path} does not tell why a file was refused") from error
            run_id = entry.path.removeprefix(f"{folder}/").split("/", 1)[0]
            yield RefusedFile(path, reason, entry.path.removesuffix(paths.REASON_FILE), run_id)


def _still_landed(lake: Lake, dataset: str) -> Iterator[RefusedFile]:
    files = read_inventory(lake.storage, dataset).values()
    for table in registry.tables_of(dataset, Zone.LANDING):
        for refusal in files_of(table.contract, files)[1]:
            yield RefusedFile(refusal.path, refusal.reason, f"{paths.landing(dataset)}/{refusal.path}", None)
