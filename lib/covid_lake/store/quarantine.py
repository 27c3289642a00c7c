"""The records in quarantine: a version's folder of Parquet files, in which a row is a rejected record."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from covid_lake.store.arrow_files import QUARANTINE_SCHEMA, open_filesystem, quarantine_dataset
from covid_lake.store.questions import naming_faults
from covid_lake.store.storage import Storage


@dataclass(frozen=True, slots=True)
class QuarantineCounts:
    """How many rejected records a quarantine holds."""

    by_file: Mapping[str, int] = field(default_factory=dict)
    """All records, by landing file."""
    of_run: Mapping[str, int] = field(default_factory=dict)
    """Those of one run, by landing file."""
    by_reason: Mapping[str, int] = field(default_factory=dict)
    """Those of that run, by rule, the most frequent first. A record may break several."""


def count_quarantine(storage: Storage, folder: str, run_id: str) -> QuarantineCounts:
    """Count what was written into the folder, and what of it belongs to a run; raises `StorageError`."""
    rows = _rows(storage, folder, ["run_id", "source_file", "reasons"])
    own = rows.filter(pc.equal(rows["run_id"], run_id))
    rules = Counter(reason.partition(":")[0] for broken in own["reasons"].to_pylist() for reason in broken)
    return QuarantineCounts(
        Counter(rows["source_file"].to_pylist()), Counter(own["source_file"].to_pylist()), dict(rules.most_common())
    )


def keep_quarantined(storage: Storage, old: str, new: str, source_files: Collection[str]) -> None:
    """Write the records of some landing files from an older quarantine into the folder of a new one."""
    rows = _rows(storage, old, QUARANTINE_SCHEMA.names)
    kept = rows.filter(pc.is_in(rows["source_file"], pa.array(source_files, pa.string())))
    content = io.BytesIO()
    pq.write_table(kept, content, compression="zstd")
    storage.write(f"{new}/part-kept.parquet", content.getvalue())


def _rows(storage: Storage, folder: str, columns: list[str]) -> pa.Table:
    files = [file.path for file in storage.list_files(folder) if file.path.endswith(".parquet")]
    if not files:
        return QUARANTINE_SCHEMA.empty_table().select(columns)
    with naming_faults():
        return quarantine_dataset(storage, open_filesystem(storage), files).to_table(columns)
