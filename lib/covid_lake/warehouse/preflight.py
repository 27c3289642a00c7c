"""Looks into the footers of the files that Redshift is told to copy, and refuses what Redshift would refuse.

COPY takes the columns of a Parquet file by their position, and its own refusal, a `Spectrum Scan Error`, names neither
column nor way out. The rules are those of https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from covid_lake.contracts import Column, Table, Type
from covid_lake.errors import WarehouseError
from covid_lake.store.parquet import read_footer
from covid_lake.store.questions import Stored
from covid_lake.store.storage import Storage

if TYPE_CHECKING:
    import pyarrow.parquet as pq

# Those that the documentation of COPY names for Parquet, as footers call them. Nothing is said there of zstd.
DOCUMENTED_CODECS = ("SNAPPY", "GZIP", "UNCOMPRESSED")
FOOTERS_AT_ONCE = 8
SHOWN_FAULTS = 5
# The physical type, and the logical one where the contract's type needs one. "NONE" is a number's own.
_PHYSICAL = {
    Type.TEXT: ("BYTE_ARRAY",),
    Type.INT: ("INT32",),
    Type.BIGINT: ("INT64",),
    Type.DOUBLE: ("DOUBLE",),
    Type.DECIMAL: ("INT32", "INT64", "FIXED_LEN_BYTE_ARRAY"),
    Type.BOOLEAN: ("BOOLEAN",),
    Type.DATE: ("INT32",),
    Type.TIMESTAMP: ("INT64",),
}
_LOGICAL = {
    Type.TEXT: ("STRING",),
    Type.INT: ("NONE", "INT"),
    Type.BIGINT: ("NONE", "INT"),
    Type.DOUBLE: ("NONE",),
    Type.DECIMAL: ("DECIMAL",),
    Type.BOOLEAN: ("NONE",),
    Type.DATE: ("DATE",),
    Type.TIMESTAMP: ("TIMESTAMP",),
}
_BUILD_ANEW = "build the table anew from its contract (--full-refresh)"


def require_readable(storage: Storage, stored: Stored) -> None:
    """Raise `WarehouseError` if a file is not what COPY into the contract's table takes.

    The message names files and columns, up to `SHOWN_FAULTS` of them, and what to do. Only footers are read; whether a
    text is too long for its column is a question of rows (see `staging.require_width`).
    """
    with ThreadPoolExecutor(FOOTERS_AT_ONCE) as pool:
        footers = list(pool.map(partial(read_footer, storage), stored.paths))
    faults = [
        f"{path}: {fault}"
        for path, footer in zip(stored.paths, footers, strict=True)
        for fault in _faults(stored.table, footer)
    ]
    if faults:
        more = f"\n... and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
        raise WarehouseError(
            f"{stored.table.id} can't be copied into Redshift; nothing was loaded:\n"
            + "\n".join(faults[:SHOWN_FAULTS])
            + more
        )


def _faults(table: Table, footer: pq.FileMetaData) -> Iterator[str]:
    """Why COPY would refuse the file, or fill the wrong column."""
    wanted = table.stored_columns
    found = [footer.schema.column(position) for position in range(footer.num_columns)]
    if len(found) != len(wanted):
        yield f"it has {len(found)} columns, and the table {len(wanted)}; {_BUILD_ANEW}"
        return
    names = [column.path for column in found]
    for position, (column, name) in enumerate(zip(wanted, names, strict=True), start=1):
        if name != column.name:
            yield f"column {position} is {name}, and that of the table is {column.name}; {_BUILD_ANEW}"
            return
    for column, stored in zip(wanted, found, strict=True):
        if fault := _fault_of_type(column, stored):
            yield f"column {column.name} is {fault}; {_BUILD_ANEW}"
    yield from _faults_of_codec(wanted, footer)


def _fault_of_type(column: Column, stored: pq.ColumnSchema) -> str | None:
    logical = stored.logical_type.type
    shown = stored.physical_type if logical == "NONE" else f"{stored.physical_type} ({logical})"
    if stored.max_repetition_level:
        return f"a list, and the contract's type is {column.type_name}"
    if stored.physical_type not in _PHYSICAL[column.type] or logical not in _LOGICAL[column.type]:
        return f"stored as {shown}, which COPY does not take for {column.type_name}"
    if column.type is Type.DECIMAL and (stored.precision, stored.scale) != column.digits:
        return f"stored as decimal({stored.precision},{stored.scale}), and the contract says {column.type_name}"
    if (
        column.type is Type.TIMESTAMP
        and (unit := json.loads(stored.logical_type.to_json())["timeUnit"]) != "microseconds"
    ):
        return f"stored in {unit}, and the warehouse counts microseconds"
    return None


def _faults_of_codec(columns: tuple[Column, ...], footer: pq.FileMetaData) -> Iterator[str]:
    """One for each codec that is not documented, with the first column that has it."""
    seen: set[str] = set()
    for group in range(footer.num_row_groups):
        for position, column in enumerate(columns):
            codec = footer.row_group(group).column(position).compression
            if codec not in DOCUMENTED_CODECS and codec not in seen:
                seen.add(codec)
                yield (
                    f"column {column.name} is compressed with {codec}, which Redshift does not document for COPY from "
                    f"Parquet; it names {' and '.join(DOCUMENTED_CODECS[:2])}: {_BUILD_ANEW}, with one of them as the "
                    "codec of its layout"
                )
