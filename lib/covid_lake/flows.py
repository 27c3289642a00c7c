"""The steps that build a dataset's tables, as data and pure functions; the pipeline runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from covid_lake.contracts import Dataset, Table, Zone

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    Frames = Mapping[str, DataFrame]


@dataclass(frozen=True, slots=True)
class TableCheck:
    """A check on a table that is about to be published."""

    name: str
    """What the check is called in reports and messages."""
    violations: str
    """SQL of DuckDB that gives a row for each violation. Tables go by their ids, such as `curated.fact_cases`: the new
    table, as far as this run wrote it, and the inputs of its step. A missing input is an empty table. `$inputs` is the
    list of the ids of the inputs that are there. `$partitions` is the list of the partitions that were written, empty
    where all were; inputs that are partitioned by the same column hold only these partitions."""


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between two versions of an input."""

    added: DataFrame
    """The rows of the files that only the newer version has."""
    partitions: tuple[str, ...] = ()
    """The partitions in which the versions differ; none for a table without partitions."""
    shared: tuple[str, ...] = ()
    """The partitions that are the same in both versions."""
    only_grew: bool = False
    """Whether every older row is still there, and all added rows are of later days."""

    @property
    def is_at_the_end(self) -> bool:
        """Whether only the last partitions differ."""
        return bool(self.partitions) and all(value < self.partitions[0] for value in self.shared)


class Asked(Protocol):
    """Answers questions about tables in SQL."""

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """The answer's rows; `values` are bound where the text names them, as `$name`."""
        ...


@dataclass(frozen=True, slots=True)
class Evolution:
    """A published table, and how its inputs changed since it was built."""

    current: DataFrame
    """The rows of the published version."""
    inputs: Frames
    """The inputs as they are now, by table id."""
    changed: Mapping[str, Change]
    """What changed, by table id, of the inputs that did change."""
    asked: Asked
    """Answers questions in DuckDB's SQL, which are cheaper than a Spark job. It knows the table itself by its id, such
    as `curated.fact_cases`, and each input in four ways: `before_trusted.x` and `after_trusted.x` are its two versions,
    `removed_trusted.x` and `added_trusted.x` the rows of the files that only one of them has."""


@dataclass(frozen=True, slots=True)
class PartialBuild:
    """How a partitioned table is updated by partitions when its inputs change."""

    touched: Callable[[Evolution], Iterable[Mapping[str, str]]]
    """Names the partitions whose rows may differ; naming too many does no harm. Each is a mapping with the partition
    column's value, and with whatever else `build` wants to know of it."""
    build: Callable[[Evolution, Sequence[Mapping[str, str]]], DataFrame]
    """Gives all rows of the named partitions and no others. Where partitions are built again on request, the mappings
    hold the partition column's value alone."""
    added: Callable[[Evolution], DataFrame | None] | None = None
    """Gives the rows to append where nothing else changes, so that the table keeps its files and gets one more; None
    where other rows may change."""


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """A secret key that a step computes pseudonyms with."""

    name: str
    """What the frame of the key is called: `keys.<name>`."""
    variable: str
    """The environment variable that holds the key, or `secretsmanager:NAME` for a secret of AWS Secrets Manager."""
    purpose: str
    """What the key is for, in a sentence that goes into the message where it is missing."""


@dataclass(frozen=True, slots=True)
class Step:
    """How one table is built from landing files or from other tables, in any zone."""

    target: Table
    """The table that the step makes."""
    build: Callable[[Frames], DataFrame]
    """A pure function of frames by table id, such as `trusted.customer`; an input that the lake lacks is missing.
    Where the target has landing files, `landing.<name>` holds their typed records, and the function returns one row for
    each record, with the columns added that no file delivers. `keys.<name>` is the one-row frame of a key."""
    requires: tuple[tuple[Table, ...], ...] = ()
    """Groups of input tables; of each group at least one must be there."""
    uses: tuple[Table, ...] = ()
    """Input tables that the step can do without."""
    checks: tuple[TableCheck, ...] = ()
    """What must hold of the table beyond its contract."""
    partial: PartialBuild | None = None
    """How the table is updated by partitions. The result must be that of `build`, row for row."""
    differs: str | None = None
    """SQL over the tables that `Evolution.asked` knows. It returns a row if a build would change the table; if it
    returns none, the published version stays."""
    keys: tuple[PseudonymKey, ...] = ()
    """The keys that the function needs."""

    def __post_init__(self) -> None:
        if self.target.landing is None and not self.requires:
            raise ValueError(f"{self.target.dataset}, {self.target.id}: the step has neither landing files nor tables")
        if self.partial and not self.target.partitioning:
            raise ValueError(f"{self.target.dataset}, {self.target.id}: a partial build needs a partitioned table")
        if self.target.landing and (self.partial or self.differs):
            raise ValueError(
                f"{self.target.dataset}, {self.target.id}: a table with landing files follows them by its daily files, "
                "not by a partial build"
            )

    @property
    def inputs(self) -> tuple[Table, ...]:
        """Every table that the step may read, each once."""
        return tuple(dict.fromkeys([table for group in self.requires for table in group] + list(self.uses)))


def landing_id(table: Table) -> str:
    """The name of the table's landing records in the frames of its step's function."""
    return f"{Zone.LANDING}.{table.name}"


def from_landing(target: Table, derive: Callable[[DataFrame], DataFrame], checks: tuple[TableCheck, ...] = ()) -> Step:
    """The step of a table that needs nothing but its landing records; `derive` adds columns to them."""
    return Step(target, lambda frames: derive(frames[landing_id(target)]), checks=checks)


@dataclass(frozen=True, slots=True)
class Erasure:
    """How to find the landing records that are about one person, so that they can be removed on request."""

    table: Table
    """The table whose landing files hold the records."""
    column: str
    """The column that says whose record it is."""
    via: str | None = None
    """None where the column holds the person's key. Otherwise a column of the first erasure's table: a record is the
    person's if its value is one that the person's records have in that column, and nobody else's records have."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A dataset's steps. They run in the order of their inputs, however they are listed.

    Raises `ValueError` where two steps make one table, a table is none of the dataset, steps need each other, two keys
    share a name, an erasure names a column that landing files lack, or a table that is published by itself refers to a
    table that is not among its step's inputs.
    """

    dataset: Dataset
    """The dataset that the steps make."""
    steps: tuple[Step, ...]
    """The steps, each after those that make its inputs."""
    erasures: tuple[Erasure, ...] = ()
    """Where a person's records are, the table of persons first; none where the data is about no persons."""
    promotions: tuple[Step, ...] = field(init=False)
    """The steps of tables that need no curated table. Each is published by itself, as soon as it is done."""
    star: tuple[Step, ...] = field(init=False)
    """The steps of curated tables, and of trusted ones that need a curated one. They are published together, so that
    readers never see tables of two states."""

    def __post_init__(self) -> None:
        ordered = _in_order(self.dataset, self.steps)
        needs_curated: set[str] = set()
        for step in ordered:
            is_of_star = step.target.zone is Zone.CURATED or any(table.id in needs_curated for table in step.inputs)
            needs_curated |= {step.target.id} if is_of_star else set()
        if fault := _fault_of_keys(ordered) or _fault_of_erasures(self.dataset, self.erasures):
            raise ValueError(f"{self.dataset.name}: {fault}")
        for step in (one for one in ordered if one.target.id not in needs_curated):
            inputs = {step.target.id, *(table.id for table in step.inputs)}
            loose = next((ref.table for ref in step.target.references if ref.table not in inputs), None)
            if loose:
                raise ValueError(
                    f"{self.dataset.name}: {step.target.id} refers to {loose}, which its step does not use; name it "
                    "among the step's inputs, so that it is built first and the reference can be checked"
                )
        object.__setattr__(self, "steps", ordered)
        object.__setattr__(self, "promotions", tuple(step for step in ordered if step.target.id not in needs_curated))
        object.__setattr__(self, "star", tuple(step for step in ordered if step.target.id in needs_curated))

    @property
    def shows_rows(self) -> bool:
        """Whether messages and reports may quote rows: not those of records that are withheld, nor of persons who may
        ask to be forgotten, for reports are kept.
        """
        return not self.dataset.withholds and not self.erasures

    @property
    def orphans(self) -> tuple[Table, ...]:
        """The dataset's tables that no step makes."""
        made = {step.target.id for step in self.steps}
        return tuple(table for table in self.dataset.tables if table.id not in made)


def _fault_of_keys(steps: Sequence[Step]) -> str | None:
    """Why the steps' keys can't work; None where they can."""
    by_name: dict[str, PseudonymKey] = {}
    for key in (key for step in steps for key in step.keys):
        if by_name.setdefault(key.name, key) != key:
            return f"two different keys are called {key.name}"
    return None


def _fault_of_erasures(dataset: Dataset, erasures: Sequence[Erasure]) -> str | None:
    """Why a person's records could not be found; None where they can."""
    for erasure in erasures:
        table, persons = erasure.table, erasures[0].table
        if table.landing is None or table.id not in (one.id for one in dataset.tables):
            return f"erasure: {table.id} is no table of the dataset with landing files"
        if erasure.column not in (column.name for column in table.source_columns):
            return f"erasure: no landing file of {table.id} has a column {erasure.column}"
        if erasure.via and erasure.via not in (column.name for column in persons.source_columns):
            return f"erasure: no landing file of {persons.id} has a column {erasure.via}"
    if erasures and erasures[0].via:
        return f"erasure: the first one, of {erasures[0].table.id}, must have the person's key in its column"
    return None


def _in_order(dataset: Dataset, steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps, each after those that make its inputs, and otherwise as they are listed."""
    known = {table.id for table in dataset.tables}
    by_id: dict[str, Step] = {}
    for step in steps:
        strange = [table.id for table in (step.target, *step.inputs) if table.id not in known]
        if strange:
            raise ValueError(f"{dataset.name}: {step.target.id}: {strange[0]} is no table of the dataset")
        if step.target.id in by_id:
            raise ValueError(f"{dataset.name}: two steps make {step.target.id}")
        by_id[step.target.id] = step
    ordered: dict[str, Step] = {}
    path: list[str] = []

    def visit(table_id: str) -> None:
        if table_id in ordered:
            return
        if table_id in path:
            circle = " -> ".join([*path[path.index(table_id) :], table_id])
            raise ValueError(f"{dataset.name}: these steps need each other: {circle}")
        path.append(table_id)
        for table in by_id[table_id].inputs:
            if table.id in by_id:
                visit(table.id)
        ordered[path.pop()] = by_id[table_id]

    for table_id in by_id:
        visit(table_id)
    return tuple(ordered.values())


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of another table behind a row of a curated table."""

    name: str
    """What the link is called among those of its table."""
    table: Table
    """The table that the rows are of."""
    meaning: str
    """What the rows are to the row that is traced."""
    rows: str
    """SQL that gives the rows. The rows that are traced are the table `it`; other tables go by their full names. A
    missing table is an empty table."""
    shows: tuple[str, ...]
    """The columns that a person reads first."""
    follow: tuple[str, ...] | None = None
    """The links of `table` by which the trace goes on; None means all of them."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """All links of one curated table."""

    table: Table
    """The table whose rows are traced."""
    links: tuple[Link, ...]
    """Where the rows come from."""
    note: str = ""
    """What comes from no row, for people."""
