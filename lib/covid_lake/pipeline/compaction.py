"""The files of a month made one, without the rows of some days: no row is computed, so no Spark is asked."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from covid_lake import paths
from covid_lake.contracts import Table
from covid_lake.errors import AccountsDiffer
from covid_lake.store.arrow_files import arrow_schema
from covid_lake.store.questions import naming_faults
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import Storage


def compact(
    storage: Storage, table: Table, files: Sequence[DataFile], version: str, day_column: str, without: Collection[date]
) -> int:
    """Write the rows of an older version's files into the folder of `version`, a file a partition, sorted by key.

    The rows of the days `without` are left out. Takes the memory of one partition's rows. Returns the number of rows
    that were written; raises `AccountsDiffer` where a file does not hold the rows that its footer counted.
    """
    by_partition: defaultdict[str, list[DataFile]] = defaultdict(list)
    for file in files:
        by_partition[file.partition].append(file)
    days = pa.array(without, pa.date32())
    kept = 0
    for partition, its in by_partition.items():
        with naming_faults():
            whole = pa.concat_tables(_rows(storage, table, file, arrow_schema(table.stored_columns)) for file in its)
        expected = sum(file.rows for file in its)
        if whole.num_rows != expected:
            raise AccountsDiffer(f"{table.id}: {partition} has {expected:,} rows, but {whole.num_rows:,} were read")
        rows = whole.filter(pc.invert(pc.is_in(whole[day_column], days)))
        if rows.num_rows:
            ordered = rows.sort_by([(name, "ascending") for name in table.key])
            content = io.BytesIO()
            pq.write_table(ordered, content, compression=table.codec)
            storage.write(
                f"{paths.version(table, version)}/{partition}/part-kept-{version}.parquet", content.getvalue()
            )
        kept += rows.num_rows
    return kept


def _rows(storage: Storage, table: Table, file: DataFile, schema: pa.Schema) -> pa.Table:
    """The file's rows as the contract types them, with what the engine that wrote it notes in the schema."""
    read = pq.ParquetFile(io.BytesIO(storage.read(f"{paths.table(table)}/{file.path}"))).read()
    return read.select(schema.names).cast(schema).replace_schema_metadata(read.schema.metadata)
