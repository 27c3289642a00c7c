"""Spark on a JVM: what AWS Glue runs, and what a laptop can run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import Codec, Format, Table
from covid_lake.engines.protocol import Counted
from covid_lake.errors import StorageError
from covid_lake.landing.formats import files_in
from covid_lake.landing.formats.frames import without_lines
from covid_lake.landing.formats.interface import Scan
from covid_lake.landing.inventory import LandingFile
from covid_lake.landing.names import is_gzip
from covid_lake.landing.readers import FileFacts, facts_of_files, read_landing
from covid_lake.store.parquet import spark_path
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import Storage
from covid_lake.transforms.frames import empty_frame, inline_table, spark_schema


@dataclass(frozen=True, slots=True)
class SparkEngine:
    """A Spark session."""

    session: SparkSession

    @property
    def name(self) -> str:
        return f"Spark {self.session.version}"

    @contextmanager
    def step(self) -> Iterator[SparkEngine]:
        """The engine; the session is made the thread's.

        A thread that did nothing yet has no active session. Spark 3.5 then makes casts by its own defaults: without
        ANSI mode, by which they fail instead of giving null.
        """
        self.session.createDataFrame([], "nothing INT")
        yield self

    def read_landing(
        self, storage: Storage, table: Table, files: Sequence[LandingFile], *, with_lines: bool = False
    ) -> DataFrame:
        require_unpacking(self.session, files)

        def read_texts(form: Format, scan: Scan) -> DataFrame:
            return read_scan(self.session, storage, table, form, scan, with_lines=with_lines)

        return read_landing(table, files, read_texts)

    def read_files(self, storage: Storage, table: Table, files: Iterable[DataFile]) -> DataFrame:
        folder = paths.table(table)
        urls = [spark_path(storage, f"{folder}/{file.path}") for file in files if file.rows]
        if not urls:
            return empty_frame(self.session, table.columns)
        reader = self.session.read.schema(spark_schema(table.columns)).option("basePath", storage.url(folder))
        return reader.parquet(*urls).select(*table.column_names)

    def write(
        self,
        frame: DataFrame,
        storage: Storage,
        folder: str,
        partition_by: Sequence[str] = (),
        codec: Codec = Codec.ZSTD,
    ) -> None:
        writer = frame.write.mode("overwrite").option("compression", codec.value)
        writer.partitionBy(*partition_by).parquet(storage.url(folder))

    def counted(
        self, frame: DataFrame, counts: Sequence[Column], *, is_confidential: bool = False
    ) -> tuple[DataFrame, Counted]:
        """Counts are taken while the frame is written; asking before would wait for ever."""
        del is_confidential  # nothing is put by
        observation = Observation()

        def observed() -> Mapping[str, Any]:
            return dict(observation.get)

        return frame.observe(observation, *counts), observed

    def stop(self) -> None:
        from py4j.protocol import Py4JError

        with suppress(Py4JError, OSError):  # its JVM has died: there is nothing left to stop
            self.session.stop()


def require_unpacking(spark: SparkSession, files: Sequence[LandingFile]) -> None:
    """Raise `StorageError` for gzip that Spark would not unpack: Spark 3.5 has Hadoop 3.3, which knows no `.GZ`."""
    packed = [file.path for file in files if is_gzip(file.path) and not file.path.endswith(".gz")]
    if packed and spark.version.startswith("3."):
        raise StorageError(
            f"{packed[0]}: Spark {spark.version} does not unpack a gzip whose ending has capitals; let it end in .gz"
        )


def read_scan(
    spark: SparkSession, storage: Storage, table: Table, form: Format, scan: Scan, *, with_lines: bool
) -> DataFrame:
    """The records of a scan as texts, by Spark's own readers (see `landing.readers.Texts`)."""
    folder = paths.landing(table.dataset)
    urls = [spark_path(storage, f"{folder}/{file.path}") for file in scan.files]
    reader = files_in(form)
    raw = reader.read_texts(spark, scan, urls)
    needs_decoding = any(quote(file.path) != file.path for file in scan.files)
    raw = raw.withColumn("source_file", _source_file(folder, needs_decoding))
    raw = reader.add_lines(raw, scan) if with_lines else without_lines(raw)
    facts = facts_of_files(table, scan)
    if facts.names:
        raw = raw.join(F.broadcast(_frame_of(spark, table, facts)), "source_file", "inner")
    return raw


def _frame_of(spark: SparkSession, table: Table, facts: FileFacts) -> DataFrame:
    """What is known of each file, as a small table beside the column `source_file`."""
    rows = [(path, *(None if value is None else str(value) for value in its)) for path, its in facts.by_file.items()]
    known = inline_table(spark, ("source_file", *facts.names), rows)
    daily = table.landing.daily if table.landing else None
    return known.withColumn(daily.column, F.col(daily.column).cast("date")) if daily else known


def _source_file(folder: str, needs_decoding: bool) -> Column:
    path = F.substring_index(F.col("_metadata.file_path"), f"/{folder}/", -1)
    # Spark gives the path as a URL. Decoding costs on every row, so only where a name holds anything to decode.
    return F.url_decode(F.replace(path, F.lit("+"), F.lit("%2B"))) if needs_decoding else path
