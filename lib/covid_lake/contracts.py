"""A table as data: what the read schema, the final select, the rules, the DDL and the docs are derived from.

Standard library only, so that a contract can be read anywhere: in a job, in a test, in a documentation build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import PurePosixPath


class Zone(StrEnum):
    """The stations of a record; `quarantine` holds what was refused on the way."""

    LANDING = "landing"
    TRUSTED = "trusted"
    CURATED = "curated"
    QUARANTINE = "quarantine"


class Type(StrEnum):
    """The column types that Spark, Parquet, Athena, Redshift and PostgreSQL all have."""

    TEXT = "text"
    INT = "int"
    BIGINT = "bigint"
    DOUBLE = "double"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"


# Every digit more would let the sum of ten billion rows leave the 38 digits that Spark, Athena and Redshift have.
LARGEST_PRECISION = 28

EPOCH_MS = "epoch_ms"
# The spellings of a date, each with the LIKE patterns that its texts have: a column's format is chosen by the text's
# shape, because trying one format after the other costs an exception for each that doesn't fit.
DATE_FORMATS: Mapping[str, tuple[str, ...]] = {
    "yyyy-MM-dd": ("____-__-__",),
    "yyy-MM-dd": ("___-__-__",),
    "yyyyMMdd": ("________",),
    "M/d/yyyy": ("%/%/____",),
    "M/d/yy": ("%/%/__",),
}
# The spellings of a time. `epoch_ms` is the number of milliseconds since 1970-01-01 00:00 UTC; it has no pattern, and
# is tried on texts that have the shape of none of the column's other formats.
TIME_FORMATS: Mapping[str, tuple[str, ...]] = {
    "yyyy-MM-dd'T'HH:mm:ss": ("____-__-__T__:__%",),
    "yyyy-MM-dd HH:mm:ss": ("____-__-__ __:__%",),
    "M/d/yyyy H:mm": ("%/%/____ _:__", "%/%/____ __:__"),
    "M/d/yy H:mm": ("%/%/__ _:__", "%/%/__ __:__"),
    "M/d/yyyy H:mm:ss": ("%/%/____ _:__:__", "%/%/____ __:__:__"),
    "M/d/yy H:mm:ss": ("%/%/__ _:__:__", "%/%/__ __:__:__"),
    "M/d/yyyy h:mm a": ("%/%/____ _:__ _M", "%/%/____ __:__ _M"),
    "M/d/yy h:mm a": ("%/%/__ _:__ _M", "%/%/__ __:__ _M"),
    "M/d/yyyy h:mm:ss a": ("%/%/____ _:__:__ _M", "%/%/____ __:__:__ _M"),
    "M/d/yy h:mm:ss a": ("%/%/__ _:__:__ _M", "%/%/__ __:__:__ _M"),
    **DATE_FORMATS,
    EPOCH_MS: (),
}


class Severity(StrEnum):
    """What happens when a rule is broken.

    - `WARN`: the record stays, and the run report counts it.
    - `REJECT`: the record goes to quarantine, with its reasons.
    - `WITHHOLD`: the record stays in the landing zone and is copied nowhere; the run report counts it by reason.
    - `FAIL`: the table is not published.
    """

    WARN = "warn"
    REJECT = "reject"
    WITHHOLD = "withhold"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. Its table refuses one that can't work, when the contract is imported."""

    name: str
    type: Type
    comment: str
    """What the column means, for the DDL and the docs."""
    spellings: tuple[str, ...] = ()
    """The names that landing files give the column, newest first. A column without any is derived by the step."""
    required: bool = False
    """Whether a landing file without the column is refused."""
    nullable: bool = True
    formats: tuple[str, ...] = ()
    """How landing files write a date or time: keys of `DATE_FORMATS` or `TIME_FORMATS`."""
    time_zone: str = "UTC"
    """The time zone of a landing file's wall clock."""
    pad: int | None = None
    """The width to which a code is filled up with zeros on its left, for feeds that lose them."""
    null_tokens: tuple[str, ...] | None = None
    """Texts that mean "missing" in this column, instead of the landing table's own list: `NA` is missing in a count
    and Namibia in a country code."""
    unreadable: Severity = Severity.REJECT
    """What happens when a text can't be read as the column's type. `REJECT` refuses the record, as keys and figures
    need it; `WARN` makes the value null and counts it, for columns that follow from others, such as a rate that reads
    `#DIV/0!`."""
    precision: int | None = None
    """All digits of a decimal, at most `LARGEST_PRECISION`."""
    scale: int | None = None
    """The digits of a decimal after its point."""

    @property
    def type_name(self) -> str:
        """The type as SQL writes it, such as `bigint` or `decimal(10,2)`."""
        return f"decimal({self.precision},{self.scale})" if self.type is Type.DECIMAL else self.type.value

    @property
    def digits(self) -> tuple[int, int]:
        """Precision and scale of a decimal column; `ValueError` for a column of another type."""
        if self.precision is None or self.scale is None:
            raise ValueError(f"column {self.name} is no decimal")
        return self.precision, self.scale


def _fault_of_column(column: Column) -> str | None:
    """Why the column can't work; None for one that can."""
    known = {Type.DATE: DATE_FORMATS, Type.TIMESTAMP: TIME_FORMATS}.get(column.type, {})
    unknown = [one for one in column.formats if one not in known]
    twice = _repeated(column.spellings)
    has_digits = column.precision is not None and column.scale is not None
    if column.formats and not known:
        return f"a {column.type} has no formats; they are for dates and timestamps"
    if unknown:
        return f"{unknown[0]!r} is no format of a {column.type}; known are: {', '.join(known)}"
    if known and column.spellings and not column.formats:
        return f"landing files deliver it, but it says in no format how they write a {column.type}"
    if EPOCH_MS in column.formats and "yyyyMMdd" in column.formats:
        return f"eight digits may be {EPOCH_MS} or yyyyMMdd; keep one of the two formats"
    if EPOCH_MS in column.formats and column.time_zone != "UTC":
        return f"{EPOCH_MS} counts from midnight in UTC; leave out the time zone {column.time_zone}"
    if column.time_zone != "UTC" and column.type is not Type.TIMESTAMP:
        return f"a {column.type} has no time zone"
    if column.pad is not None and (column.type is not Type.TEXT or column.pad < 1):
        return "pad is a width of 1 or more, for a text column"
    if column.unreadable is not Severity.REJECT and (column.type is Type.TEXT or not column.spellings):
        return "unreadable is for columns of landing files that are not text: every text can be read as text"
    if column.unreadable not in (Severity.REJECT, Severity.WARN):
        return f"an unreadable value is either rejected or warned of, not {column.unreadable}"
    if twice is not None:
        return f"the spelling {twice!r} stands twice; capitals make no difference"
    if column.type is Type.DECIMAL and not has_digits:
        return "a decimal needs precision and scale, such as precision=10, scale=2"
    if column.type is not Type.DECIMAL and (column.precision is not None or column.scale is not None):
        return f"precision and scale are for decimals, not for a {column.type}"
    if column.type is Type.DECIMAL and not (
        1 <= (column.precision or 0) <= LARGEST_PRECISION and 0 <= (column.scale or 0) <= (column.precision or 0)
    ):
        return f"precision must be 1 to {LARGEST_PRECISION}, and scale 0 up to the precision"
    return None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule on one row. `broken_when` is a Spark SQL predicate that is true for a row that breaks it.

    The predicate may name the table's columns and those that its step adds without storing them. `{run_date}` in it
    stands for the date of the run, as a DATE literal.
    """

    name: str
    broken_when: str
    message: str
    severity: Severity = Severity.REJECT


@dataclass(frozen=True, slots=True)
class Reference:
    """`column` of this table finds exactly one row of `table` by `target`."""

    column: str
    table: str
    target: str


@dataclass(frozen=True, slots=True)
class Identity:
    """How to see that two records of one key are about two different things, such as two counties under one code.

    The columns named here are added by the table's step and are not stored.

    - `same_thing`: text that is equal in records about the same thing, however they spell it, and differs otherwise.
    - `shown_as`: the thing's name, for people to read in a warning.
    - `key`: the key column whose value two things may share.
    - `key_by_name`: the value that replaces `key` in each record of a grain that several things share, so that all of
      them stay. Without one, the newest record stays and the others are superseded, with a warning that names both.
    """

    same_thing: str
    shown_as: str
    key: str
    key_by_name: str | None = None


@dataclass(frozen=True, slots=True)
class DailyFiles:
    """Landing files of which each holds one day, so that records of two days never share a grain.

    `name_format` is the day that a file's name begins with, as `strptime` writes it; `column` is the trusted column
    that holds the day. What follows the day may be anything but another digit: a copy of a report under a name such as
    `03-01-2020 (1).csv` is a report of that day. The trusted table is partitioned by month.
    """

    name_format: str
    column: str

    def day_of(self, path: str) -> date | None:
        """The day that the file's name begins with; None for a name without one, whose records are all refused."""
        return _day_of_name(self.name_format, PurePosixPath(path).name)


@cache
def _day_of_name(name_format: str, name: str) -> date | None:
    width = len(date.max.strftime(name_format))
    text, rest = name[:width], name[width:]
    try:
        day = datetime.strptime(text, name_format).date()
    except ValueError:
        return None
    # strptime takes 3-1-2020 for 03-01-2020, which is no name that such a file has.
    return day if day.strftime(name_format) == text and not re.match("[0-9]", rest) else None


# The column by which tables that are kept by month are partitioned.
MONTH = "month"


def month_of(day: date) -> str:
    """The partition that holds a day, `yyyy-MM`."""
    return f"{day:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a table's files lie below the landing root, and how their text is to be read.

    Folders are named, not files: which names in them are data is decided in `landing.names`, for all tables alike. All
    folders hold the same table, so that it is read from one only: the first that has files, CSV before JSON.
    """

    csv: tuple[str, ...] = ()
    """Folders of CSV files, plain or packed with gzip; where a feed has moved, its new folder first."""
    json: tuple[str, ...] = ()
    """Folders of JSON lines, plain or packed with gzip; where a feed has moved, its new folder first."""
    null_tokens: tuple[str, ...] = ("",)
    """Texts that mean "missing" in every column that doesn't say otherwise."""
    daily: DailyFiles | None = None
    """Says that each file holds one day: a new or changed one then rewrites its own month and nothing else."""

    def __post_init__(self) -> None:
        for folder in self.folders:
            if re.search(r"[*?\[]|^/|/$|//", folder):
                raise ValueError(
                    f"{folder!r} is no folder below the landing root; write it without pattern and slashes"
                )
        if twice := _repeated(self.folders):
            raise ValueError(f"the landing folder {twice} stands twice")

    @property
    def folders(self) -> tuple[str, ...]:
        """All folders, the preferred one first."""
        return self.csv + self.json

    @property
    def patterns(self) -> tuple[str, ...]:
        """The folders as people write what lies in them."""
        return tuple(f"{folder}/*.csv[.gz]" for folder in self.csv) + tuple(f"{folder}/*" for folder in self.json)


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a feed may move from its last version before somebody is told (`warn`) or the run is stopped (`fail`).

    `known_by` pairs a text column with the boolean one that says whether its value is in a table of the library.
    `totals` are columns whose sum is watched, beside the number of rows. With a column `day`, both are watched day by
    day: each day that a run brings is compared with the day before it, also on a first load. Without one, those of the
    whole table are compared with the version before. `max_change` is the share by which they may differ; sums below
    `smallest_total` may change as they like, for one case more is a jump where there was one.
    """

    columns: Severity = Severity.WARN
    values: Severity = Severity.WARN
    jumps: Severity = Severity.WARN
    known_by: tuple[tuple[str, str], ...] = ()
    totals: tuple[str, ...] = ()
    day: str | None = None
    max_change: float = 0.5
    smallest_total: int = 100


@dataclass(frozen=True, slots=True)
class Table:
    """The contract of one table.

    `grain` says in a sentence what a row is; `key` names the columns that make it unique. For a trusted table
    `newest_by` are the columns whose highest values decide which of several records of a grain stays, and
    `max_rejected_fraction` the share of refused records past which nothing is published. Records of one grain that are
    about different things, by the table's `identity`, don't supersede each other. `in_warehouse` is false for a
    curated table that is there for others to be built from. `day_key` is the column of a curated table that is kept by
    month which holds the day as yyyymmdd: by it the warehouse, which has no partitions, finds a month's rows.
    """

    dataset: str
    zone: Zone
    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    landing: Landing | None = None
    newest_by: tuple[str, ...] = ()
    identity: Identity | None = None
    references: tuple[Reference, ...] = ()
    partition_by: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    max_rejected_fraction: float = 0.05
    in_warehouse: bool = True
    day_key: str | None = None
    drift: Drift = Drift()
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update({column.name: column for column in self.columns})
        if len(self._by_name) != len(self.columns):
            raise ValueError(f"{self.id}: a column name stands twice")
        for column in self.columns:
            if why := _fault_of_column(column):
                raise ValueError(f"{self.dataset} {self.id}, column {column.name}: {why}")
        unknown = {
            *self.key,
            *self.newest_by,
            *self.partition_by,
            *((self.day_key,) if self.day_key else ()),
            *self.drift.totals,
            *((self.drift.day,) if self.drift.day else ()),
            *((self.identity.key,) if self.identity else ()),
            *(name for pair in self.drift.known_by for name in pair),
            *(r.column for r in self.references),
        } - self._by_name.keys()
        if unknown:
            raise ValueError(f"{self.id}: no such column: {', '.join(sorted(unknown))}")
        lenient = {column.name for column in self.columns if column.unreadable != Severity.REJECT}
        needed = {column.name for column in self.columns if not column.nullable} | {*self.key, *self.newest_by}
        if lenient & needed:
            raise ValueError(
                f"{self.id}: an unreadable value must refuse the record where the column is needed: "
                f"{', '.join(sorted(lenient & needed))}"
            )

    @property
    def is_by_month(self) -> bool:
        """Whether a partition of the table is a month, so that a range of days can be done again."""
        return self.partition_by == (MONTH,)

    @property
    def withholds(self) -> bool:
        """Whether the table has records that may not leave the landing zone: nothing may copy or quote its files."""
        return any(rule.severity is Severity.WITHHOLD for rule in self.rules)

    @property
    def id(self) -> str:
        """`zone.table`, the name under which a snapshot lists the table."""
        return f"{self.zone}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns that stand inside the Parquet files: all but the partition columns."""
        return tuple(column for column in self.columns if column.name not in self.partition_by)

    @property
    def source_columns(self) -> tuple[Column, ...]:
        """The columns that landing files deliver."""
        return tuple(column for column in self.columns if column.spellings)

    def column(self, name: str) -> Column:
        """The column of that name; `KeyError` where there is none."""
        return self._by_name[name]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A family of tables from one domain; the order of `tables` is the order in which people list them."""

    name: str
    title: str
    tables: tuple[Table, ...]
    public_buckets: tuple[str, ...] = ()
    """S3 buckets with the dataset's files that anybody may read; they are read without credentials."""

    def __post_init__(self) -> None:
        owners: dict[str, Table] = {}
        for table in self.tables:
            for folder in table.landing.folders if table.landing else ():
                owner = owners.setdefault(folder.casefold(), table)
                if owner is not table:
                    raise ValueError(
                        f"{self.name}: the landing folder {folder} is that of {owner.id} and of {table.id}; "
                        "give each table a folder of its own"
                    )

    @property
    def star(self) -> tuple[Table, ...]:
        """The curated tables that the warehouse gets."""
        return tuple(table for table in self.zone(Zone.CURATED) if table.in_warehouse)

    def zone(self, zone: Zone) -> tuple[Table, ...]:
        return tuple(table for table in self.tables if table.zone == zone)

    def table(self, zone: Zone, name: str) -> Table:
        """The table of that zone and name; `KeyError` where there is none."""
        for table in self.tables:
            if table.zone == zone and table.name == name:
                return table
        raise KeyError(f"{zone}.{name}")


def _repeated(names: Sequence[str]) -> str | None:
    """The first name that stands twice, capitals aside."""
    folded = [name.casefold() for name in names]
    return next((name for name in names if folded.count(name.casefold()) > 1), None)


def column_for_header(columns: Iterable[Column], header_name: str) -> Column | None:
    """The column that a landing header's name stands for, or None where the contract has none."""
    folded = header_name.strip().casefold()
    for column in columns:
        if any(spelling.casefold() == folded for spelling in column.spellings):
            return column
    return None
