"""What a step gets, and what it returns: a version that was written and that no reader sees yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame

from covid_lake.contracts import Table
from covid_lake.store.questions import Stored
from covid_lake.store.reports import TableReport
from covid_lake.store.snapshots import Manifest, TableVersion


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a step, by table id. A table that the lake does not have is missing."""

    frames: Mapping[str, DataFrame]
    """The rows of the input tables, and the frames of the keys, `keys.<name>`."""
    stored: Mapping[str, Callable[[], Stored]]
    """The files of the input tables."""
    versions: Mapping[str, TableVersion]
    """The versions of the input tables."""
    shows_rows: bool = True
    """Whether messages may quote rows (see `Flow.shows_rows`)."""


@dataclass(frozen=True, slots=True)
class Written:
    """A version that was written and audited, but that no reader sees yet."""

    table: Table
    """The table that it is a version of."""
    published: Manifest | TableVersion
    """What is to be published: the manifest of the new version. Where the rows are the same as before, the published
    version stays, and this is its entry in the snapshot with the new fingerprint."""
    manifest: Manifest
    """What the version consists of."""
    report: TableReport
    """The table's part of the run report."""
