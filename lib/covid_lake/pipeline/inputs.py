"""What a step is given to work on, and what it leaves: versions that were written and that no reader sees yet."""

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
    """The inputs of a step, by table id; without those that the lake does not have."""

    frames: Mapping[str, DataFrame]
    """The rows of the input tables, and the frames of the keys, `keys.<name>`."""
    stored: Mapping[str, Callable[[], Stored]]
    """The files of the input tables."""
    versions: Mapping[str, TableVersion]
    """The versions of the input tables."""
    withholds: bool = False
    """Whether a table of the dataset withholds records, so that no row may be shown in a message."""


@dataclass(frozen=True, slots=True)
class Written:
    """A version that was written and audited, but that no reader sees yet."""

    table: Table
    """The table that it is a version of."""
    published: Manifest | TableVersion
    """What is to be published: the manifest; or, where the rows came out as they were, the entry by which the published
    version stays."""
    manifest: Manifest
    """What the version consists of."""
    report: TableReport
    """The table's part of the run report."""
