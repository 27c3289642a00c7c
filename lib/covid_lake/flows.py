"""What a dataset is made of: how each table comes out of others. Data and pure functions; the pipeline runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

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
class TableCheck:
    """A check on a table that is about to be published: `violations` is SQL with a row for each violation found.

    It is DuckDB's SQL over the new table under its name, as far as it was written, and the tables that it is built
    from; one that the lake does not have is without rows. `$inputs` are the names of those that it has. `$partitions`
    are the values of the partitions that were written, or an empty list where all were; of an input that is partitioned
    alike the others are left out.
    """

    name: str
    violations: str


@dataclass(frozen=True, slots=True)
class Change:
    """An input between two of its versions; `added` are the rows of those files that only the newer one has.

    `partitions` are the values of the partitions in which the two differ, `shared` those of the others; none are named
    for a table that has no partitions, which changes whole. Where the table `only_grew`, every row that it had is there
    still, and those added are of days after theirs.
    """

    added: DataFrame
    partitions: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    only_grew: bool = False

    @property
    def is_at_the_end(self) -> bool:
        """Whether only the last partitions differ, so that nothing that follows on them is the same."""
        return bool(self.partitions) and all(value < self.partitions[0] for value in self.shared)


class Asked(Protocol):
    """Tables that can be asked in SQL."""

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """The answer's rows; `values` are bound where the text names them, as `$name`."""
        ...


@dataclass(frozen=True, slots=True)
class Evolution:
    """A table as it is, `current`, its inputs as they are, and an entry in `changed` for each input that is not as it
    was when the table was built.

    Rows are built by Spark from the frames. What there is to build is `asked` in DuckDB's SQL, of the table itself
    under its name, of an input NAME as `before_NAME` and `after_NAME`, and of the rows of those files that only one of
    these has as `removed_NAME` and `added_NAME`.
    """

    current: DataFrame
    inputs: Frames
    changed: Mapping[str, Change]
    asked: Asked


@dataclass(frozen=True, slots=True)
class PartialBuild:
    """How a partitioned table follows its inputs without being built anew.

    `touched` names the partitions whose rows may differ, each as a mapping with a key called like the partition column
    and others for what else `build` wants to know of them; too many do no harm. `build` gives the rows of exactly these
    partitions. Where partitions are done again on request, the other keys are missing. `added` gives the rows that are
    all that an evolution brings, so that the table keeps its files and gets one more; or None where it may change
    others.
    """

    touched: Callable[[Evolution], Iterable[Mapping[str, str]]]
    build: Callable[[Evolution, Sequence[Mapping[str, str]]], DataFrame]
    added: Callable[[Evolution], DataFrame | None] | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """A curated table out of other tables.

    `requires` holds groups of tables; of each group at least one must be there. `uses` are taken where they are there.
    `build` gets the frames by table name, and only of the tables that are there. With `partial`, a new version of an
    input rewrites only the partitions that it touches; the result must be that of `build`, row for row. `differs` is
    SQL over the tables that an `Evolution` can be asked about, with a row where the table would not come out as it is;
    without one it stays, and is not built.
    """

    target: Table
    requires: tuple[tuple[Table, ...], ...]
    build: Callable[[Frames], DataFrame]
    uses: tuple[Table, ...] = ()
    checks: tuple[TableCheck, ...] = ()
    partial: PartialBuild | None = None
    differs: str | None = None

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


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of another table behind a row, and what they are to it.

    `rows` is SQL that gives them. In it the rows that are traced are the table `it`, and all other tables go by their
    names in the lake; one that the lake does not have is empty. `shows` are the columns that a person reads first.
    `follow` names the links of `table` by which the trace goes on from there; None means all of them.
    """

    name: str
    table: Table
    meaning: str
    rows: str
    shows: tuple[str, ...]
    follow: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """All links of one curated table; `note` tells what comes from no row."""

    table: Table
    links: tuple[Link, ...]
    note: str = ""
