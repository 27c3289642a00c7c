"""A version's Parquet files as Iceberg's manifests name them: path, partition, size and statistics."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import unquote

from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.errors import CatalogError
from covid_lake.publish.catalog.locations import location
from covid_lake.store import snapshots
from covid_lake.store.arrow_files import NULL_PARTITION, arrow_schema
from covid_lake.store.parquet import read_footer
from covid_lake.store.storage import Storage

# Footers are small and far away: in S3 a file costs the wait for one answer.
READS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Files:
    """Reads what Iceberg wants to know of a table's files."""

    storage: Storage
    """The lake."""
    table: Table
    """The table's contract."""
    schema: Schema
    """The table's columns as Iceberg numbers them."""
    spec: PartitionSpec
    """How its files are partitioned."""

    def located(self, file: snapshots.DataFile) -> str:
        """Where the file lies."""
        return location(self.storage, f"{paths.table(self.table)}/{file.path}")

    def read(self, files: Sequence[snapshots.DataFile]) -> list[DataFile]:
        """The files with the statistics of their footers.

        Raises `CatalogError` for a file whose columns are not those of the contract, as it happens to a version that
        was built before the contract changed, and `StorageError` for a file that can't be read.
        """
        if len(files) <= 1:
            return [self._read(file) for file in files]
        with ThreadPoolExecutor(min(READS_AT_ONCE, len(files))) as threads:
            return list(threads.map(self._read, files))

    def _read(self, file: snapshots.DataFile) -> DataFile:
        footer = read_footer(self.storage, f"{paths.table(self.table)}/{file.path}")
        found, wanted = footer.schema.to_arrow_schema(), arrow_schema(self.table.stored_columns)
        if dict(zip(found.names, found.types, strict=True)) != dict(zip(wanted.names, wanted.types, strict=True)):
            raise CatalogError(
                f"{self.table.dataset} {self.table.id}: {file.path} was written under another contract than the "
                "present one; the catalog keeps what it has until the table is built anew, by a run without --only"
            )
        statistics = data_file_statistics_from_parquet_metadata(
            footer,
            stats_columns=compute_statistics_plan(self.schema, {}),
            parquet_column_mapping=parquet_path_to_id_mapping(self.schema),
        )
        data_file = DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=self.located(file),
            file_format=FileFormat.PARQUET,
            partition=self._partition(file),
            file_size_in_bytes=file.bytes,
            sort_order_id=None,
            equality_ids=None,
            key_metadata=None,
            **statistics.to_serialized_dict(),
        )
        data_file.spec_id = self.spec.spec_id
        return data_file

    def _partition(self, file: snapshots.DataFile) -> Record:
        """The file's value of each partition column, which is in its path and not in the file."""
        values = dict(part.split("=", 1) for part in file.partition.split("/") if part)
        named = (unquote(values[name]) for name in self.table.partition_by)
        return Record(*(None if value == NULL_PARTITION else value for value in named))
