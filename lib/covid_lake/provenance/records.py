"""A landing file's records without Spark: each with its line, its text and its hash.

A trusted row keeps `source_row_hash`, Spark's xxhash64 over the fields as they arrived. An equal hash is the proof that
a record is the one behind the row, so a field is read exactly as Spark's parsers read it (see `landing.formats`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO, cast

import xxhash

from covid_lake.contracts import Format
from covid_lake.errors import StorageError
from covid_lake.landing.checksums import HashingReader
from covid_lake.landing.faults import FileFault
from covid_lake.landing.formats import files_in
from covid_lake.landing.formats.interface import Inspection, LandingRecord
from covid_lake.landing.inspection import unpacked

SEED = 42
CHUNK_BYTES = 1 << 20

Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found: the records of each hash in the file's order, and the checksum of the file as it is now."""

    records: Mapping[int, tuple[LandingRecord, ...]]
    sha256: str


def row_hash(fields: Iterable[str | None]) -> int:
    """Spark's `xxhash64(field, …)` of texts: the hash of each seeds the next, and a null leaves it as it is."""
    value = SEED
    for field in fields:
        if field is not None:
            value = xxhash.xxh64_intdigest(field.encode("utf-8", "replace"), value)
    return value - (1 << 64) if value >> 63 else value


def find_records(
    path: str,
    open_file: Opener,
    form: Format,
    inspection: Inspection,
    family: Sequence[str],
    hashes: Collection[int],
) -> Search:
    """The records of the file at `path` whose `source_row_hash` is among the hashes; reads the file once, to its end.

    `family` are the keys of all the table's files: in their order Spark hashes the fields of a JSON record. Raises
    `StorageError` for a file that cannot be opened, unpacked or read.
    """
    found: dict[int, list[LandingRecord]] = {}
    with open_file() as stream:
        reader = HashingReader(stream)
        try:
            with unpacked(path, lambda: nullcontext(cast(BinaryIO, reader))) as content:
                for record, readings in files_in(form).walk_records(content, inspection, family):
                    for value in map(row_hash, readings):
                        if value in hashes:
                            found.setdefault(value, []).append(record)
                            break
        except FileFault as fault:
            raise StorageError(f"{path} is no whole gzip file: {fault.text}") from fault
        except (ValueError, IndexError) as error:
            raise StorageError(f"{path} holds a record that can't be read: {error}") from error
        while reader.read(CHUNK_BYTES):
            continue
    return Search({value: tuple(records) for value, records in found.items()}, reader.sha256)
