"""Sail: an engine in Rust that understands Spark Connect and runs in this process, without a JVM.

It has no partition values of paths and no counts while writing, and it takes a missing file for one without rows: this
module makes up for that.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, reduce
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote, unquote

import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import Format, Table
from covid_lake.engines.protocol import CONNECT_MODE, Counted
from covid_lake.engines.scratch import Scratch
from covid_lake.engines.staging import file_in, file_in_memory, stage
from covid_lake.errors import LakeError, StorageError
from covid_lake.landing.formats.interface import Scan
from covid_lake.landing.formats.records import LINE
from covid_lake.landing.inventory import LandingFile
from covid_lake.landing.readers import read_landing
from covid_lake.store.arrow_files import NULL_PARTITION
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import LocalStorage, Storage
from covid_lake.transforms.frames import empty_frame, spark_schema

# Settings of Sail and of gRPC, which are read from the environment. Sail's start and end are not worth a line, and
# gRPC would meddle in every process that this one starts.
ENVIRONMENT: Final = {"RUST_LOG": "error", "GRPC_ENABLE_FORK_SUPPORT": "0", "GRPC_VERBOSITY": "NONE"}
COMPRESSION: Final = "zstd(3)"
SEMANTICS: Final = {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC"}


@dataclass(slots=True)
class SailEngine:
    """A Sail server in this process and a session with it."""

    session: SparkSession
    _server: Any
    _scratch: Scratch | None = None
    """Temporary files; None where there are none yet."""
    _descriptors: list[int] = field(default_factory=list)
    """Of files in memory."""

    @classmethod
    def start(cls) -> SailEngine:
        """Start the server on a free port of this machine, and open a session; raises `LakeError` if that fails."""
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        variable, ours = CONNECT_MODE
        os.environ[variable] = ours
        logging.getLogger("pyspark.sql.connect").setLevel(logging.CRITICAL)
        try:
            from pysail.spark import SparkConnectServer

            server = SparkConnectServer("127.0.0.1", 0)
            server.start()
            _, port = server.listening_address
            session: SparkSession = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
            for name, value in SEMANTICS.items():
                session.conf.set(name, value)
        except ImportError as error:
            raise LakeError(
                f"Sail can't be loaded: {error}. Run 'make setup', or choose the other engine with --engine spark"
            ) from error
        return cls(session, server)

    @property
    def name(self) -> str:
        return f"Sail {version('pysail')}"

    @contextmanager
    def step(self) -> Iterator[SailEngine]:
        one = SailEngine(self.session, self._server)
        try:
            yield one
        finally:
            one._clear()

    def read_landing(
        self, storage: Storage, table: Table, files: Sequence[LandingFile], *, with_lines: bool = False
    ) -> DataFrame:
        new_file = file_in_memory(self._descriptors.append) if table.withholds else file_in(self._new_folder("landing"))

        def read_texts(form: Format, scan: Scan) -> DataFrame:
            staged = stage(storage, table, form, scan, new_file)
            texts = self.session.read.format("arrow").load(staged)
            return texts if with_lines else texts.drop(LINE)

        return read_landing(table, files, read_texts)

    def read_files(self, storage: Storage, table: Table, files: Iterable[DataFile]) -> DataFrame:
        held = [file for file in files if file.rows]
        _require_files(storage, table, held)
        if not held:
            return empty_frame(self.session, table.columns)
        by_partition: dict[str, list[str]] = {}
        for file in held:
            by_partition.setdefault(file.partition, []).append(_url(storage, f"{paths.table(table)}/{file.path}"))
        frames = [self._read_partition(table, partition, urls) for partition, urls in by_partition.items()]
        return reduce(DataFrame.union, frames)

    def _read_partition(self, table: Table, partition: str, urls: Sequence[str]) -> DataFrame:
        rows = self.session.read.schema(spark_schema(table.stored_columns)).parquet(*urls)
        values = dict(part.split("=", 1) for part in partition.split("/") if part)
        for name in table.partition_by:
            value = unquote(values[name])
            rows = rows.withColumn(name, F.lit(None if value == NULL_PARTITION else value).cast("string"))
        return rows.select(*table.column_names)

    def write(self, frame: DataFrame, storage: Storage, folder: str, partition_by: Sequence[str] = ()) -> None:
        for name in partition_by:
            frame = frame.withColumn(name, F.coalesce(F.col(name), F.lit(NULL_PARTITION)))
        writer = frame.write.mode("overwrite").option("compression", COMPRESSION)
        writer.partitionBy(*partition_by).parquet(_url(storage, folder))

    def counted(
        self, frame: DataFrame, counts: Sequence[Column], *, is_confidential: bool = False
    ) -> tuple[DataFrame, Counted]:
        """Counts are taken in a query of its own. The frame is put by before, so that it is not computed twice."""
        kept = self._put_by_in_memory(frame) if is_confidential else self._put_by(frame)

        @cache
        def counted() -> Mapping[str, Any]:
            found: dict[str, Any] = kept.agg(*counts).collect()[0].asDict()
            return found

        return kept, counted

    def stop(self) -> None:
        self._clear()
        self.session.stop()
        self._server.stop()
        os.environ.pop(CONNECT_MODE[0], None)

    def _put_by(self, frame: DataFrame) -> DataFrame:
        folder = str(self._new_folder("rows"))
        frame.write.mode("overwrite").option("compression", "snappy").parquet(folder)
        return self.session.read.schema(frame.schema).parquet(folder)

    def _put_by_in_memory(self, frame: DataFrame) -> DataFrame:
        sink, path = file_in_memory(self._descriptors.append)()
        with sink:
            pq.write_table(frame.toArrow(), sink)
        return self.session.read.schema(frame.schema).parquet(path)

    def _new_folder(self, name: str) -> Any:
        if self._scratch is None:
            self._scratch = Scratch()
        return self._scratch.new(name)

    def _clear(self) -> None:
        for descriptor in self._descriptors:
            with suppress(OSError):
                os.close(descriptor)
        self._descriptors.clear()
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None


def _url(storage: Storage, path: str) -> str:
    """The URL of a file or folder in the lake, with the characters quoted that Sail takes for a pattern of names."""
    if isinstance(storage, LocalStorage):
        return f"file://{quote(str(storage.directory / path))}"
    scheme, _, place = storage.url(path).partition("://")
    return f"{scheme}://{quote(place)}"


def _require_files(storage: Storage, table: Table, files: Sequence[DataFile]) -> None:
    """Raise `StorageError` for a file that is not there: Sail would read no rows from it, and say nothing."""
    folder = paths.table(table)
    for version_folder in {file.path.partition("/")[0] for file in files}:
        there = {one.path: one.size for one in storage.list_files(f"{folder}/{version_folder}")}
        for file in files:
            path = f"{folder}/{file.path}"
            if file.path.startswith(f"{version_folder}/") and there.get(path) != file.bytes:
                raise StorageError(
                    f"{storage.root}/{path} is missing or was changed; restore it, or run --full-refresh"
                )
