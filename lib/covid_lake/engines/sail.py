"""Sail: an engine in Rust that understands Spark Connect, and needs no JVM.

It has no partition values of paths and no counts while writing, and it takes a missing file for one without rows: this
module makes up for that. A lake in S3 is read and written by way of temporary files, so that it is reached in one way
only, with one set of credentials and retries.
"""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, reduce
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote, unquote

import pyarrow.parquet as pq
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from covid_lake import paths
from covid_lake.contracts import Codec, Format, Table
from covid_lake.engines.protocol import CONNECT_MODE, Counted
from covid_lake.engines.sail_server import SailServer
from covid_lake.engines.scratch import Scratch
from covid_lake.engines.semantics import SEMANTICS
from covid_lake.engines.staging import file_in, file_in_memory, stage
from covid_lake.errors import LakeError, StorageError
from covid_lake.landing.formats.interface import Scan
from covid_lake.landing.inventory import LandingFile
from covid_lake.landing.readers import read_landing
from covid_lake.store.arrow_files import NULL_PARTITION
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import LocalStorage, Storage
from covid_lake.transforms.frames import empty_frame, spark_schema

# gRPC reads these when it is loaded: it would meddle in every process that this one starts.
GRPC: Final = {"GRPC_ENABLE_FORK_SUPPORT": "0", "GRPC_VERBOSITY": "NONE"}
# Values that hardly repeat, such as hashes, take a quarter more room with a dictionary: it ends where it grows large.
PARQUET: Final = {"dictionary_page_size_limit": "16384"}
# Sail's names of codecs: it has a level of no codec as its default. These are the levels that Spark has.
COMPRESSION: Final = {Codec.SNAPPY: "snappy", Codec.GZIP: "gzip(6)", Codec.ZSTD: "zstd(3)"}
TRANSFERS_AT_ONCE: Final = 8
RETRIES, RETRY_MILLISECONDS = 3, 400
# Of the settings that decide what rows mean, those that Sail knows.
KNOWN_SEMANTICS: Final = ("spark.sql.ansi.enabled", "spark.sql.session.timeZone")


@dataclass(slots=True)
class SailEngine:
    """A session with a Sail server of this process's own."""

    session: SparkSession
    _server: SailServer
    _scratch: Scratch | None = None
    """Temporary files; None where there are none yet."""
    _descriptors: list[int] = field(default_factory=list)
    """Of files in memory."""

    @classmethod
    def start(cls) -> SailEngine:
        """Start Sail, and open a session; raises `LakeError` if that fails."""
        for name, value in GRPC.items():
            os.environ.setdefault(name, value)
        from pyspark.sql.connect.client.retries import DefaultPolicy  # loads gRPC

        logging.getLogger("pyspark.sql.connect").setLevel(logging.CRITICAL)
        # Where Sail has ended, an exception says so, too.
        warnings.filterwarnings("ignore", message=r"\[RETRIES_EXCEEDED\]")
        server = SailServer.start()
        session: Any = SparkSession.builder.remote(f"sc://127.0.0.1:{server.port}").create()
        variable, ours = CONNECT_MODE  # pyspark has set it to a value of its own
        os.environ[variable] = ours
        # The server is on this machine: where it has ended, it is no use to try again for ten minutes.
        session.client.set_retry_policies([DefaultPolicy(max_retries=RETRIES, max_backoff=RETRY_MILLISECONDS)])
        engine = cls(session, server)
        try:
            with engine.step():
                for name in KNOWN_SEMANTICS:
                    session.conf.set(name, SEMANTICS[name])
        except BaseException:
            engine.stop()
            raise
        return engine

    @property
    def name(self) -> str:
        return f"Sail {version('pysail')}"

    @contextmanager
    def step(self) -> Iterator[SailEngine]:
        """The engine with temporary files of its own; raises `LakeError` where Sail has ended meanwhile."""
        one = SailEngine(self.session, self._server)
        try:
            yield one
        except PySparkException as error:
            if fault := self._server.fault():
                raise LakeError(fault) from error
            raise
        finally:
            one._clear()

    def read_landing(
        self, storage: Storage, table: Table, files: Sequence[LandingFile], *, with_lines: bool = False
    ) -> DataFrame:
        del with_lines  # they are always known
        new_file = file_in_memory(self._descriptors.append) if table.withholds else file_in(self._new_folder("landing"))

        def read_texts(form: Format, scan: Scan) -> DataFrame:
            staged = stage(storage, table, form, scan, new_file)
            return self.session.read.format("arrow").load([_url(path) for path in staged])

        return read_landing(table, files, read_texts)

    def read_files(self, storage: Storage, table: Table, files: Iterable[DataFile]) -> DataFrame:
        held = [file for file in files if file.rows]
        if not held:
            return empty_frame(self.session, table.columns)
        folder = self._fetched(storage, table, held)
        by_partition: dict[str, list[str]] = {}
        for file in held:
            by_partition.setdefault(file.partition, []).append(_url(folder / file.path))
        frames = [self._read_partition(table, partition, urls) for partition, urls in by_partition.items()]
        return reduce(DataFrame.union, frames)

    def _read_partition(self, table: Table, partition: str, urls: Sequence[str]) -> DataFrame:
        rows = self.session.read.schema(spark_schema(table.stored_columns)).parquet(*urls)
        values = dict(part.split("=", 1) for part in partition.split("/") if part)
        for name in table.partition_by:
            value = unquote(values[name])
            rows = rows.withColumn(name, F.lit(None if value == NULL_PARTITION else value).cast("string"))
        return rows.select(*table.column_names)

    def write(
        self,
        frame: DataFrame,
        storage: Storage,
        folder: str,
        partition_by: Sequence[str] = (),
        codec: Codec = Codec.ZSTD,
    ) -> None:
        options = {**PARQUET, "compression": COMPRESSION[codec]}
        for name in partition_by:
            frame = frame.withColumn(name, F.coalesce(F.col(name), F.lit(NULL_PARTITION)))
        target = storage.directory / folder if isinstance(storage, LocalStorage) else self._new_folder("version")
        with _naming(target):
            frame.write.mode("overwrite").options(**options).partitionBy(*partition_by).parquet(_url(target))
        if not isinstance(storage, LocalStorage):
            _send(storage, target, folder)

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
        # Threads of the session tell the server which answers were read; one that has ended they try a moment more.
        client = cast(Any, self.session).client
        with suppress(Exception):
            client.close()
        # Python's collector closes it again, in whichever thread it runs, under a lock of all sessions: another session
        # that starts a thread while it holds the lock would wait for that thread without end.
        client.close = lambda: None
        self._server.end()

    def kill(self) -> None:
        """End the server at once, with whatever it is computing; may be called in a signal's handler."""
        self._server.kill()

    def _fetched(self, storage: Storage, table: Table, files: Sequence[DataFile]) -> Path:
        """The folder on this machine below which the table's files lie; raises `StorageError` for one that is missing.

        Sail takes a missing file for one without rows.
        """
        folder = paths.table(table)
        if isinstance(storage, LocalStorage):
            for file in files:
                if not (storage.directory / folder / file.path).is_file():
                    raise StorageError(
                        f"{storage.root}/{folder}/{file.path} is missing; build the table again with --full-refresh"
                    )
            return storage.directory / folder
        fetched = self._new_folder("fetched")

        def fetch(file: DataFile) -> None:
            target = fetched / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with storage.open(f"{folder}/{file.path}") as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)

        with ThreadPoolExecutor(TRANSFERS_AT_ONCE) as threads:
            list(threads.map(fetch, files))
        return fetched

    def _put_by(self, frame: DataFrame) -> DataFrame:
        folder = self._new_folder("rows")
        with _naming(folder):
            frame.write.mode("overwrite").option("compression", "snappy").parquet(_url(folder))
        # The files know their columns; to ask the frame, Sail would analyse its whole plan once more.
        is_empty = next(folder.glob("*.parquet"), None) is None
        return self.session.createDataFrame([], frame.schema) if is_empty else self.session.read.parquet(_url(folder))

    def _put_by_in_memory(self, frame: DataFrame) -> DataFrame:
        sink, path = file_in_memory(self._descriptors.append)()
        with sink:
            pq.write_table(frame.toArrow(), sink)
        return self.session.read.schema(frame.schema).parquet(_url(path))

    def _new_folder(self, name: str) -> Path:
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


def _url(path: Path | str) -> str:
    """The URL of a file or folder, with the characters quoted that Sail takes for a pattern of names."""
    return f"file://{quote(str(path))}"


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    """Have a fault of Sail's say which folder was written to."""
    try:
        yield
    except PySparkException as error:
        error.add_note(f"while writing rows to {folder}")
        raise


def _send(storage: Storage, source: Path, folder: str) -> None:
    """Copy the files of a folder on this machine into a folder of the lake."""

    def send(file: Path) -> None:
        with file.open("rb") as stream:
            storage.receive(f"{folder}/{file.relative_to(source).as_posix()}", stream)

    with ThreadPoolExecutor(TRANSFERS_AT_ONCE) as threads:
        list(threads.map(send, [file for file in source.rglob("*") if file.is_file()]))
