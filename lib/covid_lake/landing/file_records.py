"""The records of one landing file, opened, unpacked and read by Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from covid_lake import paths
from covid_lake.contracts import Format
from covid_lake.errors import StorageError
from covid_lake.landing.faults import FileFault
from covid_lake.landing.formats import files_in
from covid_lake.landing.formats.interface import InspectedFile, Scan
from covid_lake.landing.inspection import unpacked
from covid_lake.store.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa


def file_records(
    storage: Storage, dataset: str, form: Format, file: InspectedFile, scan: Scan
) -> Iterator[pa.RecordBatch]:
    """The records of a file of the scan as texts: `_c0` and so on, `_surplus` and `_line` (see `FileFormat`).

    Raises `StorageError` for a file that is no longer what it was when it was inspected.
    """
    place = f"{paths.landing(dataset)}/{file.path}"
    try:
        with unpacked(file.path, partial(storage.open, place)) as stream:
            yield from files_in(form).read_arrow(stream, file.inspection, scan)
    except FileFault as fault:
        raise StorageError(f"{storage.root}/{place}: {fault.reason(is_discreet=True)}") from None
    except (ValueError, RecursionError):  # the message of a parser would quote the record
        raise StorageError(
            f"{storage.root}/{place} holds a record that can't be read: the file has changed since it was inspected"
        ) from None
