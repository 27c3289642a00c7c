"""Forget a person: remove all records from landing files, every version, quarantine, and what follows the lake.

The landing files come first, for everything else is built from them. A run then builds the tables anew and brings the
publishers up to date, and all older versions are removed. Interrupted, it can be started again and goes on: the
records that lead to a person's others are removed last.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from covid_lake import paths
from covid_lake.contracts import Dataset, Zone
from covid_lake.errors import LakeError, PublishConflict, SettingsError
from covid_lake.flows import Erasure, Flow
from covid_lake.landing.erasure import ErasedFile, Values, find_in_file, folded, landing_records, own_paths
from covid_lake.landing.inventory import LandingFile, files_of, refresh_inventory, write_inventory
from covid_lake.pipeline.run import Run
from covid_lake.publish.publisher import expire_all
from covid_lake.store.reports import RunReport, Status
from covid_lake.store.retention import vacuum
from covid_lake.store.runs import announced, living_runs
from covid_lake.store.snapshots import Snapshot, current_snapshot
from covid_lake.store.storage import Storage

FORMAT = 1
ZONES = (Zone.TRUSTED, Zone.CURATED, Zone.QUARANTINE)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, or would be; nothing in it says who was forgotten."""

    dataset: str
    """The dataset that the person was in."""
    run_id: str
    """The run that did it."""
    forgotten_at: str
    """When, as ISO 8601."""
    landing: tuple[ErasedFile, ...]
    """The landing files that held records of the person."""
    files: Mapping[str, int]
    """Parquet files that held the person, by table folder."""
    versions: tuple[str, ...] = ()
    """The folders of older versions that were removed, with everybody's rows."""
    snapshot: int = 0
    """The snapshot that readers see since."""
    publishers: tuple[str, ...] = ()
    """What follows the lake and was brought up to date."""

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2)


def forget(run: Run, key: str, *, dry_run: bool = False) -> Forgotten:
    """Remove all records of the person with this key; leaves a receipt. `run` says how the tables are built anew.

    Raises `SettingsError` for a dataset that is not about persons, `PublishConflict` while another run is at work, and
    `LakeError` where nothing about the person is there, a landing file is refused, a table could not be built, or
    something is left in the end.
    """
    flow, storage, dataset = run.flow, run.storage, run.flow.dataset
    if not flow.erasures:
        raise SettingsError(f"{dataset.name} does not declare whose its records are: there is nobody to forget")
    if not folded(key):
        raise SettingsError("the key of the person to forget is empty")
    moment = run.now()
    run_id = paths.new_run_id(moment)
    _require_alone(storage, dataset, run_id)
    files = refresh_inventory(storage, dataset, run.listener.progress)
    _require_searchable(flow, current_snapshot(storage, dataset.name), files)
    values = _values_of(flow.erasures, storage, files, key)
    stored = _files_with(storage, dataset, set().union(*values.values()))
    found = _Landing(storage, flow, files, values)
    if not found.erased and not stored:
        raise LakeError(f"{storage.root}: no landing record, table or quarantine of {dataset.name} has this key")
    forgotten = Forgotten(
        dataset=dataset.name,
        run_id=run_id,
        forgotten_at=moment.astimezone(UTC).isoformat(timespec="seconds"),
        landing=found.erased,
        files=stored,
    )
    if dry_run:
        return forgotten
    with announced(storage, dataset.name, run_id):
        _require_alone(storage, dataset, run_id)
        emptied = found.remove()
        # A run that began before the records were gone may have read them, and may publish them yet.
        _require_alone(storage, dataset, run_id)
        run.request = replace(run.request, emptied=emptied)
        report = run.execute()
        _require_built(report)
        # Before the older versions go: as long as they hold the person, a repetition has something to find.
        for publisher in run.publishers:
            publisher.purge(storage, dataset)
        let_go = partial(expire_all, run.publishers, storage, dataset, run_id)
        removal = vacuum(storage, dataset, keep=1, before_removal=let_go)
        # A refused file can't be searched, so none is kept.
        storage.delete_folder(paths.refused_files(dataset.name))
        _require_gone(storage, flow, values)
        forgotten = replace(
            forgotten,
            versions=removal.versions(),
            snapshot=report.snapshot or 0,
            publishers=tuple(publisher.name for publisher in run.publishers),
        )
        storage.write(paths.receipt(dataset.name, run_id), forgotten.to_json().encode())
    return forgotten


def _require_alone(storage: Storage, dataset: Dataset, run_id: str) -> None:
    """Raise `PublishConflict` while another run over the dataset is at work."""
    at_work = living_runs(storage, dataset.name) - {run_id}
    if at_work:
        raise PublishConflict(f"a run is at work ({', '.join(sorted(at_work))}); forget when it has ended")


def _require_searchable(flow: Flow, snapshot: Snapshot, files: Mapping[str, LandingFile]) -> None:
    """Raise `LakeError`, before anything is removed, where a table could not be built without the person."""
    for table in (erasure.table for erasure in flow.erasures):
        found, refusals = files_of(table, files.values())
        if refusals:
            raise LakeError(
                f"{refusals[0].path} is refused ({refusals[0].reason}), so that nobody can tell whether it holds "
                "records of the person; nothing was removed. Correct the file or delete it, and forget again"
            )
        version = snapshot.version_of(table)
        if not found and version and version.rows:
            raise LakeError(
                f"{table.id} has no landing files any more, so that it can't be built without the person; nothing was "
                "removed. Land the files again, and forget then"
            )


class _Landing:
    """The person's records in the landing files: found first, removed on demand."""

    def __init__(
        self, storage: Storage, flow: Flow, files: Mapping[str, LandingFile], values: Mapping[str, Collection[str]]
    ) -> None:
        self._storage, self._dataset, self._files = storage, flow.dataset, dict(files)
        # The table of persons last: its records lead to the others.
        self._erasures, self._values = tuple(reversed(flow.erasures)), values
        self.erased = tuple(erased for erasure in self._erasures for erased, _ in self._rewritten(erasure))

    def remove(self) -> frozenset[str]:
        """Write the files anew without the person's records, and delete those that hold no other record.

        Returns the ids of the tables that have no landing file left. A file that is written anew keeps its origin in
        the inventory, so that landing does not copy it from its source again before the source changes. A deleted file
        is landed again as long as its source has it.
        """
        folder = paths.landing(self._dataset.name)
        for erasure in self._erasures:
            for erased, content in self._rewritten(erasure):
                if content:
                    self._storage.write(f"{folder}/{erased.path}", content)
                else:
                    self._storage.delete([f"{folder}/{erased.path}"])
        now = refresh_inventory(self._storage, self._dataset)
        origins = {path: file.origin for path, file in self._files.items()}
        kept = {path: replace(file, origin=file.origin or origins.get(path)) for path, file in now.items()}
        write_inventory(self._storage, self._dataset.name, kept)
        return frozenset(erasure.table.id for erasure in self._erasures if not own_paths(erasure.table, now))

    def _rewritten(self, erasure: Erasure) -> Sequence[tuple[ErasedFile, bytes]]:
        wanted = self._values[erasure.via or ""]

        def is_own(values: Values) -> bool:
            return folded(values.get(erasure.column, "")) in wanted

        found = (
            find_in_file(self._storage, erasure.table, path, is_own) for path in own_paths(erasure.table, self._files)
        )
        return [one for one in found if one is not None]


def _values_of(
    erasures: Sequence[Erasure], storage: Storage, files: Mapping[str, LandingFile], key: str
) -> dict[str, set[str]]:
    """The values by which records are the person's: the key under the empty text, and those of each `via` column."""
    persons = erasures[0]
    via = {erasure.via for erasure in erasures if erasure.via}
    own: dict[str, set[str]] = {name: set() for name in via}
    others: dict[str, set[str]] = {name: set() for name in via}
    for values in landing_records(storage, persons.table, own_paths(persons.table, files)):
        side = own if folded(values.get(persons.column, "")) == folded(key) else others
        for name in via:
            if value := folded(values.get(name, "")):
                side[name].add(value)
    return {"": {folded(key)}, **{name: own[name] - others[name] for name in via}}


def _files_with(storage: Storage, dataset: Dataset, wanted: Collection[str]) -> dict[str, int]:
    """How many Parquet files hold one of the values in a text, by table folder; of all versions, and of quarantine."""
    # Within longer text too, such as a record in quarantine, but not as part of somebody else's longer name.
    pattern = "|".join(rf"(?:^|[^\w.@+-]){re.escape(value)}(?:$|[^\w.@+-])" for value in sorted(wanted))
    found: dict[str, int] = {}
    for zone in ZONES:
        for file in storage.list_files(f"{zone}/{dataset.name}"):
            if file.path.endswith(".parquet") and _holds(storage.read(file.path), pattern):
                table = "/".join(file.path.split("/")[:3])
                found[table] = found.get(table, 0) + 1
    return found


def _holds(content: bytes, pattern: str) -> bool:
    with closing(pq.ParquetFile(io.BytesIO(content))) as file:
        for column in file.read().columns:
            texts = column.combine_chunks()
            if pa.types.is_list(texts.type):
                texts = texts.flatten()
            if not pa.types.is_string(texts.type):
                continue
            if pc.any(pc.match_substring_regex(texts, pattern, ignore_case=True)).as_py():
                return True
    return False


def _require_built(report: RunReport) -> None:
    unbuilt = [table for table in report.tables if table.status in (Status.FAILED, Status.HELD_BACK)]
    faults = [f"{table.table}: {table.reason}" for table in unbuilt]
    faults += [f"{one.publisher}: {one.error}" for one in report.publishers if one.error]
    if faults:
        raise LakeError(
            f"the landing records are removed, but not everything could be built without them ({'; '.join(faults)}): "
            "older versions still hold the person; mend the fault and forget again"
        )


def _require_gone(storage: Storage, flow: Flow, values: Mapping[str, Collection[str]]) -> None:
    left = _files_with(storage, flow.dataset, set().union(*values.values()))
    files = refresh_inventory(storage, flow.dataset)
    left |= {erased.path: erased.records for erased in _Landing(storage, flow, files, values).erased}
    if left:
        raise LakeError(f"something of the person is left in {', '.join(sorted(left))}; forget again")
