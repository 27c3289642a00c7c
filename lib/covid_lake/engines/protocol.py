"""What differs between the engines that run transforms. Everything else is written once, for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, Protocol

from covid_lake.contracts import Codec, Table
from covid_lake.landing.inventory import LandingFile
from covid_lake.store.snapshots import DataFile
from covid_lake.store.storage import Storage

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

# While this variable is set, pyspark's functions make the columns of Spark Connect and not those of a JVM. Its value
# says that this library has set it.
CONNECT_MODE: Final = ("SPARK_CONNECT_MODE_ENABLED", "covid_lake")

# Gives what was counted, by the columns' names. To be called once the frame was written.
Counted = Callable[[], Mapping[str, Any]]


class Engine(Protocol):
    """An engine that runs PySpark's frames: Spark, or another that understands Spark Connect.

    Its methods may be called from several threads.
    """

    @property
    def name(self) -> str:
        """Name and version, such as `Spark 4.1.1`, for the run report."""
        ...

    @property
    def session(self) -> SparkSession:
        """The session that frames are made with."""
        ...

    def step(self) -> AbstractContextManager[Engine]:
        """The engine for the steps that the calling thread runs next. What it has put by for them is removed after."""
        ...

    def read_landing(
        self, storage: Storage, table: Table, files: Sequence[LandingFile], *, with_lines: bool = False
    ) -> DataFrame:
        """All records of the landing files as text, one row a record (see `landing.readers.read_landing`).

        An engine may leave lines unknown where it is not asked for them: to number them may cost a shuffle.
        """
        ...

    def read_files(self, storage: Storage, table: Table, files: Iterable[DataFile]) -> DataFrame:
        """The rows of some files of a table's version, with the contract's columns and types.

        Raises `StorageError` for a file that is missing; the engine does so when it reads, or this method at once.
        """
        ...

    def write(
        self,
        frame: DataFrame,
        storage: Storage,
        folder: str,
        partition_by: Sequence[str] = (),
        codec: Codec = Codec.ZSTD,
    ) -> None:
        """Write the frame as Parquet, compressed so, into the folder of a version that is not published yet."""
        ...

    def counted(
        self, frame: DataFrame, counts: Sequence[Column], *, is_confidential: bool = False
    ) -> tuple[DataFrame, Counted]:
        """The frame, to be used in the place of the one that is given, and what gives the counts of its rows.

        `counts` are named aggregates. Rows of a confidential frame are written to no temporary file.
        """
        ...

    def stop(self) -> None:
        """End the engine, if it was started for this process alone."""
        ...
