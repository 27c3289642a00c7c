"""Whether a version's Parquet files are those that its manifest names, with the columns of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.datasets.registry import database_name
from covid_lake.errors import StorageError
from covid_lake.publish.catalog.protocol import Disagreement
from covid_lake.publish.publisher import Published
from covid_lake.store.arrow_files import arrow_schema
from covid_lake.store.parquet import read_footer
from covid_lake.store.snapshots import DataFile, Manifest
from covid_lake.store.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa

# Footers are small and far away: in S3 a file costs the wait for one answer.
READS_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class _Footer:
    """What the end of a file says; the fault of one that can't be read."""

    path: str
    rows: int = 0
    types: Mapping[str, pa.DataType] = field(default_factory=dict)
    fault: str = ""


def file_disagreements(published: Published, table: Table) -> Iterator[Disagreement]:
    """In what the table's files, its manifest and its contract do not agree. Reads every footer, and no row.

    Raises `StorageError` where the lake can't be listed, or its manifest is gone.
    """
    name = f"{database_name(table.dataset, table.zone)}.{table.name}"
    storage, manifest = published.storage, published.manifest(table)
    listed = _listed(storage, table, manifest)
    for file in manifest.files:
        if file.path not in listed:
            yield Disagreement(name, what=f"the file {file.path} is in the manifest, and not in the lake")
        elif listed[file.path] != file.bytes:
            what = f"the file {file.path} has {listed[file.path]:,} bytes, and {file.bytes:,} in the manifest"
            yield Disagreement(name, what=what)
    for path in _unread(table, manifest, listed):
        what = f"the file {path} lies in a folder of the version, and the manifest does not name it"
        yield Disagreement(name, what=what)
    yield from _footer_disagreements(name, storage, table, [file for file in manifest.files if file.path in listed])


def _listed(storage: Storage, table: Table, manifest: Manifest) -> dict[str, int]:
    """The sizes of all files in the folders of the versions that the manifest's files are in, by path."""
    folder = paths.table(table)
    own = paths.version(table, manifest.version).removeprefix(f"{folder}/")
    versions = sorted({own, *(file.path.partition("/")[0] for file in manifest.files)})
    found = (file for version in versions for file in storage.list_files(f"{folder}/{version}"))
    return {file.path.removeprefix(f"{folder}/"): file.size for file in found}


def _unread(table: Table, manifest: Manifest, listed: Iterable[str]) -> list[str]:
    """Data files that whoever reads the version's folders would read, and the library does not."""
    own = f"{paths.version(table, manifest.version).removeprefix(f'{paths.table(table)}/')}/"
    folders = {file.path.rpartition("/")[0] for file in manifest.files}
    named = {file.path for file in manifest.files}
    return [
        path
        for path in listed
        if path not in named
        and not path.rpartition("/")[2].startswith(("_", "."))
        and (path.startswith(own) or path.rpartition("/")[0] in folders)
    ]


def _footer_disagreements(name: str, storage: Storage, table: Table, files: list[DataFile]) -> Iterator[Disagreement]:
    def read(file: DataFile) -> _Footer:
        try:
            footer = read_footer(storage, f"{paths.table(table)}/{file.path}")
        except StorageError as error:
            return _Footer(file.path, fault=str(error))
        schema = footer.schema.to_arrow_schema()
        return _Footer(file.path, footer.num_rows, dict(zip(schema.names, schema.types, strict=True)))

    with ThreadPoolExecutor(READS_AT_ONCE) as threads:
        footers = list(threads.map(read, files))
    wrong: dict[tuple[str, str], list[str]] = {}
    for file, footer in zip(files, footers, strict=True):
        if footer.fault:
            yield Disagreement(name, what=f"the file {file.path} can't be read: {footer.fault}")
            continue
        if footer.rows != file.rows:
            what = f"the file {file.path} has {footer.rows:,} rows, and {file.rows:,} in the manifest"
            yield Disagreement(name, what=what)
        for column, what in _column_faults(table, footer.types):
            wrong.setdefault((column, what), []).append(file.path)
    for (column, what), those in wrong.items():
        where = those[0] if len(those) == 1 else f"{those[0]} and {len(those) - 1:,} more files"
        yield Disagreement(name, column, f"{what} in {where}")


def _column_faults(table: Table, found: Mapping[str, pa.DataType]) -> Iterator[tuple[str, str]]:
    wanted = arrow_schema(table.stored_columns)
    for name, type_ in zip(wanted.names, wanted.types, strict=True):
        if name not in found:
            yield name, "the column is missing"
        elif found[name] != type_:
            yield name, f"its type is {found[name]}, and {type_} in the contract,"
    for name in found:
        if name not in wanted.names:
            yield name, "the contract has no such column, and it stands"
