"""What a dataset is made of: how each table comes out of others. Data and pure functions; the pipeline runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from covid_lake.contracts import Dataset, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    Frames = Mapping[str, DataFrame]


@dataclass(frozen=True, slots=True)
class Promotion:
    """A trusted table out of its landing files. `derive` adds the columns that no file delivers, row by row."""

    target: Table
    derive: Callable[[DataFrame], DataFrame]


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of a table that a run wrote, outside of which a check need not look; without names all of it.

    `partitions` are their values. Where rows were only added, `grown_by` names the inputs that they come from; what
    comes from others stands in the files that it stood in.
    """

    partitions: tuple[str, ...] = ()
    grown_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableCheck:
    """A check on a table that is about to be published: `violations` is a frame with a row for each violation found.

    It gets the new table under its name, as far as it was written, and whole the tables that it was built from.
    """

    name: str
    violations: Callable[[Frames, Scope], DataFrame]


@dataclass(frozen=True, slots=True)
class Change:
    """An input between two of its versions: the rows of those partitions that the two do not share.

    `partitions` are their values, `shared` those of the partitions in which nothing differs; none are named for a table
    that has no partitions, which changes whole. Where the table `only_grew`, every row that it had is there still, and
    the new ones, which are all that `after` holds, are of days after theirs.
    """

    before: DataFrame
    after: DataFrame
    partitions: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    only_grew: bool = False

    @property
    def is_at_the_end(self) -> bool:
        """Whether only the last partitions differ, so that nothing that follows on them is the same."""
        return bool(self.partitions) and all(value < self.partitions[0] for value in self.shared)


@dataclass(frozen=True, slots=True)
class Evolution:
    """A table as it is, `current`, and its inputs, whole: as they were `before`, when it was built, and as they are.

    `changed` has an entry for each input that is not the same.
    """

    current: DataFrame
    before: Frames
    after: Frames
    changed: Mapping[str, Change]


@dataclass(frozen=True, slots=True)
class PartialBuild:
    """How a partitioned table follows its inputs without being built anew.

    `touched` gives the partitions whose rows may differ in a column called like the partition column, and in others
    what else `build` wants to know of them; too many do no harm. `build` gives the rows of exactly these partitions.
    Where partitions are done again on request, the other columns are missing. `added` gives the rows that are all that
    an evolution brings, so that the table keeps its files and gets one more; or None where it may change others.
    """

    touched: Callable[[Evolution], DataFrame]
    build: Callable[[Evolution, Sequence[Mapping[str, str]]], DataFrame]
    added: Callable[[Evolution], DataFrame | None] | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """A curated table out of other tables.

    `requires` holds groups of tables; of each group at least one must be there. `uses` are taken where they are there.
    `build` gets the frames by table name, and only of the tables that are there. With `partial`, a new version of an
    input rewrites only the partitions that it touches; the result must be that of `build`, row for row.
    """

    target: Table
    requires: tuple[tuple[Table, ...], ...]
    build: Callable[[Frames], DataFrame]
    uses: tuple[Table, ...] = ()
    checks: tuple[TableCheck, ...] = ()
    partial: PartialBuild | None = None

    @property
    def inputs(self) -> tuple[Table, ...]:
        """Every table that the build may read, each once."""
        return tuple(dict.fromkeys([table for group in self.requires for table in group] + list(self.uses)))


@dataclass(frozen=True, slots=True)
class Flow:
    """A dataset's steps, each after the ones that it needs."""

    dataset: Dataset
    promotions: tuple[Promotion, ...]
    builds: tuple[Build, ...]
