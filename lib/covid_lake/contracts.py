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
    """The parts of a lake. Records go from landing to trusted to curated; `quarantine` holds what was refused."""

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

# Redshift counts a text's width in bytes, and reserves memory for all of it when it sorts and joins.
DEFAULT_TEXT_BYTES = 256
MOST_TEXT_BYTES = 65_535

EPOCH_MS = "epoch_ms"
# 0001 to 9999: the years that every engine and Python can show.
_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_MONTH_AND_DAY = "-[0-9]{2}-[0-9]{2}"
_US_DATES = {"M/d/yyyy": f"[0-9]{{1,2}}/[0-9]{{1,2}}/{_YEAR}", "M/d/yy": "[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}"}
_US_CLOCKS = {
    "H:mm": "[0-9]{1,2}:[0-9]{2}",
    "H:mm:ss": "[0-9]{1,2}:[0-9]{2}:[0-9]{2}",
    "h:mm a": "[0-9]{1,2}:[0-9]{2} [AP]M",
    "h:mm:ss a": "[0-9]{1,2}:[0-9]{2}:[0-9]{2} [AP]M",
}


def _iso_time(between: str) -> str:
    """The pattern of an ISO time. A distance from UTC could move the first years and the last out of all years."""
    clock = f"{between}[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{1,2}}(?:[.][0-9]*)?)?"
    in_utc = f"{_YEAR}{_MONTH_AND_DAY}{clock}(?: ?(?:Z|UTC|GMT))?"
    with_distance = f"[1-8][0-9]{{3}}{_MONTH_AND_DAY}{clock}[+-][0-9]{{1,2}}(?::?[0-9]{{2}})?"
    return f"{in_utc}|{with_distance}"


# The spellings of a date, each with the pattern of its texts. A text is read in the format whose pattern it has: to try
# one format after the other would cost an exception for each that doesn't fit. And the patterns let nothing through
# that two engines read differently.
DATE_FORMATS: Mapping[str, str] = {
    "yyyy-MM-dd": _YEAR + _MONTH_AND_DAY,
    "yyy-MM-dd": f"(?:[1-9][0-9]{{2}}|0[1-9][0-9]|00[1-9]){_MONTH_AND_DAY}",
    "yyyyMMdd": f"{_YEAR}[0-9]{{4}}",
    **_US_DATES,
}
# The spellings of a time. `epoch_ms` is the number of milliseconds since 1970-01-01 00:00 UTC; it has no pattern, and
# is tried on texts that have the pattern of none of the column's other formats.
TIME_FORMATS: Mapping[str, str | None] = {
    "yyyy-MM-dd'T'HH:mm:ss": _iso_time("T"),
    "yyyy-MM-dd HH:mm:ss": _iso_time(" "),
    **{f"{day} {clock}": f"{days} {clocks}" for clock, clocks in _US_CLOCKS.items() for day, days in _US_DATES.items()},
    **DATE_FORMATS,
    EPOCH_MS: None,
}


class Severity(StrEnum):
    """What a broken rule costs.

    - `WARN`: the report counts the record, which stays.
    - `REJECT`: the record goes to quarantine, with every reason.
    - `FAIL`: nothing of the table is published.
    - `WITHHOLD`: the record may not leave the landing zone. It is counted by rule, and never copied or shown. A record
      that breaks such a rule is withheld whatever other rules it breaks.
    """

    WARN = "warn"
    REJECT = "reject"
    FAIL = "fail"
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. A column that can't work raises `ValueError` when its table is made."""

    name: str
    """The column's name."""
    type: Type
    """The type of its values."""
    comment: str
    """What the column means, for the DDL and the docs."""
    spellings: tuple[str, ...] = ()
    """The names that landing files give the column, newest first. A column without any is derived by the step."""
    required: bool = False
    """Whether a landing file without the column is refused."""
    nullable: bool = True
    """Whether a row may have no value; otherwise such a record is rejected."""
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
    max_bytes: int | None = None
    """The longest text that the warehouse takes, in bytes of UTF-8; `DEFAULT_TEXT_BYTES` where nothing is said."""
    former_names: tuple[str, ...] = ()
    """Names that the column had in earlier contracts, so that catalogs know it for the same column: queries of an older
    state of the table find its values by the present name too."""

    @property
    def text_bytes(self) -> int:
        """The longest text that the warehouse takes, in bytes of UTF-8."""
        return self.max_bytes or DEFAULT_TEXT_BYTES

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


# By these a row of a trusted table is traced to its landing record; a table with landing files ends with them.
PROVENANCE = (
    Column("source_file", Type.TEXT, "Landing file of the record, below the landing root", nullable=False),
    Column("source_row_hash", Type.BIGINT, "xxhash64 of the record's fields as they arrived", nullable=False),
    Column("run_id", Type.TEXT, "Run that brought the record into this zone", nullable=False),
)


def _fault_of_column(column: Column) -> str | None:
    """Why the column can't work; None for one that can."""
    known = {Type.DATE: DATE_FORMATS, Type.TIMESTAMP: TIME_FORMATS}.get(column.type, {})
    unknown = [one for one in column.formats if one not in known]
    twice = _repeated(column.spellings)
    has_digits = column.precision is not None and column.scale is not None
    if column.formats and not known:
        return f"formats are for dates and timestamps, not for type {column.type}"
    if unknown:
        return f"{unknown[0]!r} is no format of a {column.type}; known are: {', '.join(known)}"
    if known and column.spellings and not column.formats:
        return f"landing files deliver it as a {column.type}; name the formats that they write it in"
    if EPOCH_MS in column.formats and "yyyyMMdd" in column.formats:
        return f"eight digits may be {EPOCH_MS} or yyyyMMdd; keep one of the two formats"
    if EPOCH_MS in column.formats and column.time_zone != "UTC":
        return f"{EPOCH_MS} counts from midnight in UTC; leave out the time zone {column.time_zone}"
    if column.time_zone != "UTC" and column.type is not Type.TIMESTAMP:
        return f"a time zone is for timestamps, not for type {column.type}"
    if column.pad is not None and (column.type is not Type.TEXT or column.pad < 1):
        return "pad is a width of 1 or more, for a text column"
    if column.unreadable is not Severity.REJECT and (column.type is Type.TEXT or not column.spellings):
        return "unreadable is for columns of landing files that are not text: every text can be read as text"
    if column.unreadable not in (Severity.REJECT, Severity.WARN):
        return f"an unreadable value is either rejected or warned of, not {column.unreadable}"
    if twice is not None:
        return f"the spelling {twice!r} stands twice; capitals make no difference"
    if column.max_bytes is not None and (column.type is not Type.TEXT or not 1 <= column.max_bytes <= MOST_TEXT_BYTES):
        return f"max_bytes is a width from 1 to {MOST_TEXT_BYTES:,}, for a text column"
    if column.type is Type.DECIMAL and not has_digits:
        return "a decimal needs precision and scale, such as precision=10, scale=2"
    if column.type is not Type.DECIMAL and (column.precision is not None or column.scale is not None):
        return f"precision and scale are for decimals, not for type {column.type}"
    if column.type is Type.DECIMAL and not (
        1 <= (column.precision or 0) <= LARGEST_PRECISION and 0 <= (column.scale or 0) <= (column.precision or 0)
    ):
        return f"precision must be 1 to {LARGEST_PRECISION}, and scale 0 up to the precision"
    return None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule on one row."""

    name: str
    """What the rule is called in reports and in quarantine; unique in its table."""
    broken_when: str
    """A Spark SQL predicate that is true for a row that breaks the rule. It may name the table's columns and columns
    that the table's step adds without storing them. `{run_date}` in it is the date of the run, as a DATE literal. Null
    counts as false, except in a rule that withholds: there null counts as true, so that doubt withholds."""
    message: str
    """Why a row is refused, for people."""
    severity: Severity = Severity.REJECT
    """What a broken rule costs."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: a value of `column` that is not null finds exactly one row of another table."""

    column: str
    """The column of this table."""
    table: str
    """The id of the other table, such as `curated.dim_region`."""
    target: str
    """The column of the other table."""

    @property
    def table_name(self) -> str:
        """The other table's name without its zone, as the warehouse has it."""
        return self.table.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Identity:
    """How to see that two records of one key are about two different things, such as two counties under one code.

    The columns named here are added by the table's step and are not stored.
    """

    same_thing: str
    """The column with a text that is equal in records about the same thing, however they spell it, and differs
    otherwise."""
    shown_as: str
    """The column with the thing's name, for people to read in a warning."""
    key: str
    """The key column whose value two things may share."""
    key_by_name: str | None = None
    """The column with the value that replaces `key` in each record of a grain that several things share, so that all of
    them stay. Without it the newest record stays and the others are superseded, with a warning that names both."""


@dataclass(frozen=True, slots=True)
class DailyFiles:
    """Landing files of which each holds one day, so that records of two days never share a grain.

    The trusted table is partitioned by month.
    """

    name_format: str
    """How a file's name begins with its day, as `strptime` writes it. What follows the day may be anything but another
    digit: a copy of a report under a name such as `03-01-2020 (1).csv` is a report of that day."""
    column: str
    """The trusted column that holds the day."""

    def day_of(self, path: str) -> date | None:
        """The day that the file's name begins with; None for a name without one, whose records are all refused."""
        return _day_of_name(self.name_format, PurePosixPath(path).name)

    @property
    def fault(self) -> str | None:
        """Why names of this format tell no day; None for a format that works."""
        example = date(2020, 12, 31)
        try:
            read = datetime.strptime(example.strftime(self.name_format), self.name_format).date()
        except ValueError as error:
            return str(error)
        return None if read == example else "it must hold year, month and day"


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


@dataclass(frozen=True, slots=True)
class Partitioning:
    """How the rows of a table are spread over folders `<column>=<value>`, each of which can be rewritten alone."""

    column: str
    """The partition column, a text. Its value is the folder's name, and is not stored in the Parquet files."""
    month_of: str | None = None
    """The column whose month, `yyyy-MM`, is the partition: a DATE, or an INT that holds a day as yyyymmdd. None means
    that the partition column's own value decides."""

    def value_of(self, day: date) -> str:
        """The partition that holds the rows of a day."""
        return f"{day:%Y-%m}"

    def overlaps(self, value: str, first: date | None, last: date | None) -> bool:
        """Whether the partition holds one of the days from `first` to `last`; None leaves an end open."""
        return (first is None or self.value_of(first) <= value) and (last is None or value <= self.value_of(last))


# The encodings of landing files and Spark's names for them. Spark 4 knows few others; and it splits a file into lines
# by its bytes, which a wide encoding such as UTF-16 would break.
ENCODINGS: Mapping[str, str] = {"utf-8": "UTF-8", "latin-1": "ISO-8859-1"}


@dataclass(frozen=True, slots=True)
class Csv:
    """Text with a record a line and delimiters between its fields, plain or packed with gzip."""

    delimiter: str = ","
    quote: str = '"'
    """Stands around a field that holds a delimiter, a line end or a quote."""
    escape: str = '"'
    """Stands before a quote within a quoted field: the quote itself, which is then doubled, or a backslash."""
    encoding: str = "utf-8"
    """A key of `ENCODINGS`."""
    names: tuple[str, ...] = ()
    """The columns' names in files without a header row; empty where the first row holds them."""

    def __post_init__(self) -> None:
        for name, sign in (("delimiter", self.delimiter), ("quote", self.quote), ("escape", self.escape)):
            if len(sign) != 1 or sign.isalnum() or not sign.isascii() or sign in "\r\n\0":
                raise ValueError(
                    f"the {name} of a CSV file is one ASCII sign and no letter, digit or line end: {sign!r}"
                )
        if self.delimiter in (self.quote, self.escape):
            raise ValueError(f"{self.delimiter!r} can't be a delimiter and stand for quoting as well")
        if self.escape not in (self.quote, "\\"):
            raise ValueError(f"the escape is the quote itself or a backslash, not {self.escape!r}")
        if self.encoding not in ENCODINGS:
            raise ValueError(f"landing files in {self.encoding!r} are not read; known are: {', '.join(ENCODINGS)}")
        if twice := _repeated(self.names):
            raise ValueError(f"the column name {twice!r} stands twice")

    @property
    def pattern(self) -> str:
        """The files' names, as people write them."""
        return "*.csv[.gz]"


@dataclass(frozen=True, slots=True)
class JsonLines:
    """UTF-8 text with a JSON object a line, plain or packed with gzip."""

    @property
    def pattern(self) -> str:
        """The files' names, as people write them."""
        return "*"


@dataclass(frozen=True, slots=True)
class Parquet:
    """Parquet files of plain columns.

    Their values become text, which is cleaned and typed as that of other files: dates as `yyyy-MM-dd`, times as
    `yyyy-MM-dd HH:mm:ss` with a fraction, numbers and booleans as they are written.
    """

    @property
    def pattern(self) -> str:
        """The files' names, as people write them."""
        return "*.parquet"


Format = Csv | JsonLines | Parquet


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder below the landing root, whose files are of one format."""

    path: str
    """The folder's path below the landing root."""
    format: Format
    """The format of its files."""


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a table's files lie below the landing root, and how they are read.

    Folders are named, not files: `landing.names` decides which names in them are data, for all tables alike. All
    folders hold the same table, so that it is read from one only: the first that has files, in the order of `places`.
    """

    csv: tuple[str, ...] = ()
    """Folders of CSV files with commas, UTF-8 text and a header row; where a feed has moved, its new folder first."""
    json: tuple[str, ...] = ()
    """Folders of JSON lines; where a feed has moved, its new folder first."""
    folders: tuple[Folder, ...] = ()
    """Folders of files in other formats, the preferred one first."""
    places: tuple[Folder, ...] = field(init=False, repr=False, compare=False, default=())
    """All folders with their formats, the preferred one first."""
    null_tokens: tuple[str, ...] = ("",)
    """Texts that mean "missing" in every column that doesn't say otherwise."""
    daily: DailyFiles | None = None
    """Says that each file holds one day: a new or changed one then rewrites its own month and nothing else."""
    header: tuple[str, ...] = ()
    """The names in the files' header row in their order, for the committed DDL: Athena reads CSV by position. It is
    needed where the order isn't that of the contract's columns. A run reads every file by its own header."""
    shares_header: bool = True
    """Whether the files of a folder have one header. If not, Athena gets their lines as they are, and a view that finds
    each file's columns by its header row."""

    def __post_init__(self) -> None:
        csv, json = Csv(), JsonLines()
        simple = (*(Folder(path, csv) for path in self.csv), *(Folder(path, json) for path in self.json))
        object.__setattr__(self, "places", simple + self.folders)
        for folder in self.paths:
            if re.search(r"[*?\[]|^/|/$|//", folder):
                raise ValueError(
                    f"{folder!r} is no folder below the landing root; write it without pattern and slashes"
                )
        if twice := _repeated(self.paths):
            raise ValueError(f"the landing folder {twice} stands twice")
        if twice := _repeated(self.header):
            raise ValueError(f"the name {twice!r} stands twice in the header")
        if not self.shares_header and not all(_has_header_row(place.format) for place in self.places):
            raise ValueError("only CSV files with a header row can have headers that differ")

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all folders, the preferred one first."""
        return tuple(folder.path for folder in self.places)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The folders as people write what lies in them."""
        return tuple(f"{folder.path}/{folder.format.pattern}" for folder in self.places)


def _has_header_row(form: Format) -> bool:
    return isinstance(form, Csv) and not form.names


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a feed may move from its last version before the report warns (`WARN`) or the table fails (`FAIL`)."""

    columns: Severity = Severity.WARN
    """What a new or a vanished column costs."""
    values: Severity = Severity.WARN
    """What a value costs that no table of the library knows."""
    jumps: Severity = Severity.WARN
    """What a jump of a watched number costs."""
    known_by: tuple[tuple[str, str], ...] = ()
    """Pairs of a text column and the boolean column that says whether its value is in a table of the library."""
    totals: tuple[str, ...] = ()
    """Columns whose sums are watched, beside the number of rows."""
    day: str | None = None
    """The column of a day: rows and sums of each day that a run brings are then compared with those of the day before
    it, also on a first load. Without it, those of the whole table are compared with the version before."""
    max_change: float = 0.5
    """The share by which rows and sums may differ."""
    smallest_total: int = 100
    """Smaller sums are not compared: where there was one case, one more is no jump."""


class Codec(StrEnum):
    """How Parquet files are compressed, by the name that footers and engines know."""

    SNAPPY = "snappy"
    GZIP = "gzip"
    ZSTD = "zstd"


class Distribution(StrEnum):
    """On which nodes of a warehouse the rows of a table are kept."""

    AUTO = "auto"
    """The warehouse decides."""
    EVEN = "even"
    """Rows are dealt out one after another."""
    ALL = "all"
    """Every node has all rows: for small tables that are joined to everything."""
    KEY = "key"
    """Rows of one value of the distribution key are on one node, where they can be joined by it."""


@dataclass(frozen=True, slots=True)
class WarehouseLayout:
    """How a warehouse of many nodes keeps a table's rows. It decides how fast queries are and no row's values."""

    distribution: Distribution = Distribution.AUTO
    distribution_key: str | None = None
    """The column by which rows are distributed; needed by `KEY` alone."""
    sort_key: tuple[str, ...] = ()
    """The columns by which rows are sorted, so that blocks of other values are passed over."""
    codec: Codec = Codec.SNAPPY
    """How the table's Parquet files are compressed: so that the warehouse can read them. Redshift documents `SNAPPY`
    and `GZIP` for its COPY from Parquet."""


@dataclass(frozen=True, slots=True)
class Table:
    """The contract of one table.

    A contract that can't work raises `ValueError` when it is made, which is when its module is imported.
    """

    dataset: str
    """The dataset that the table belongs to."""
    zone: Zone
    """`TRUSTED` or `CURATED`. A trusted table has its landing files and its quarantine under the same name."""
    name: str
    """The table's name within its zone."""
    grain: str
    """What a row is, in a sentence."""
    columns: tuple[Column, ...]
    """All columns in their order, the partition column among them."""
    key: tuple[str, ...]
    """The columns that make a row unique; none for a table of one row."""
    landing: Landing | None = None
    """The files that the table is read from; None for a table that is built from other tables only."""
    newest_by: tuple[str, ...] = ()
    """Of several records of one grain the one with the highest values of these columns stays."""
    identity: Identity | None = None
    """Tells records of one key apart that are about different things, so that they do not supersede each other."""
    references: tuple[Reference, ...] = ()
    """The table's foreign keys."""
    partitioning: Partitioning | None = None
    """How the rows are spread over folders; None means a single folder."""
    rules: tuple[Rule, ...] = ()
    """What must hold of each row, beside its types and its key."""
    max_rejected_fraction: float = 0.05
    """The share of rejected records past which nothing is published. Withheld records do not count."""
    in_warehouse: bool = True
    """False for a curated table that only others are built from."""
    drift: Drift = Drift()
    """How far the feed may move from one version to the next."""
    layout: WarehouseLayout = WarehouseLayout()
    """How a warehouse keeps the table. It decides no row: another layout builds no table anew."""
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update({column.name: column for column in self.columns})
        self._require(len(self._by_name) == len(self.columns), "a column's name stands twice")
        twice = _repeated([name for column in self.columns for name in (column.name, *column.former_names)])
        self._require(twice is None, f"{twice} stands twice among the names and former names of the columns")
        self._require(self.zone in (Zone.TRUSTED, Zone.CURATED), "a table is trusted or curated")
        for column in self.columns:
            if fault := _fault_of_column(column):
                raise ValueError(f"{self.dataset} {self.id}, column {column.name}: {fault}")
        self._require_columns()
        self._require_readable()
        self._require_rules()
        self._require_partitioning()
        if fault := _fault_of_layout(self):
            raise ValueError(f"{self.dataset} {self.id}, layout: {fault}")

    def _require(self, holds: bool, fault: str) -> None:
        if not holds:
            raise ValueError(f"{self.dataset} {self.id}: {fault}")

    def _require_columns(self) -> None:
        unknown = {
            *self.key,
            *self.newest_by,
            *self.partition_by,
            *((self.day_column,) if self.day_column else ()),
            *self.drift.totals,
            *((self.drift.day,) if self.drift.day else ()),
            *((self.identity.key,) if self.identity else ()),
            *(name for pair in self.drift.known_by for name in pair),
            *(r.column for r in self.references),
        } - self._by_name.keys()
        self._require(not unknown, f"there is no column {', '.join(sorted(unknown))}")

    def _require_readable(self) -> None:
        lenient = {column.name for column in self.columns if column.unreadable != Severity.REJECT}
        needed = {column.name for column in self.columns if not column.nullable} | {*self.key, *self.newest_by}
        self._require(
            not lenient & needed,
            "an unreadable value must refuse the record where the column is needed: "
            f"{', '.join(sorted(lenient & needed))}",
        )
        twice = _repeated([spelling for column in self.columns for spelling in column.spellings])
        self._require(twice is None, f"two columns have the spelling {twice}")
        for place in self.landing.places if self.landing else ():
            given = place.format.names if isinstance(place.format, Csv) else ()
            missing = [c.name for c in self.columns if given and c.required and not _is_spelled_in(c, given)]
            self._require(not missing, f"the names of the files in {place.path} lack {', '.join(missing)}")
        self._require_header()
        has_source = any(column.spellings for column in self.columns)
        self._require(self.landing is None or has_source, "no column says how the landing files spell it")
        self._require(self.landing is None or self.zone is Zone.TRUSTED, "only a trusted table has landing files")

    def _require_header(self) -> None:
        if self.landing is None:
            return
        header, required = self.landing.header, [column for column in self.columns if column.required]
        strange = [name for name in header if column_for_header(self.source_columns, name) is None]
        self._require(not strange, f"no column is spelled as the header's {', '.join(strange)}")
        missing = [column.name for column in required if header and not _is_spelled_in(column, header)]
        self._require(not missing, f"the header lacks {', '.join(missing)}")
        self._require(
            self.landing.shares_header or bool(required),
            "header rows that differ are told by the required columns, and the table has none",
        )

    def _require_rules(self) -> None:
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        self._require(not twice, f"the rule {', '.join(twice)} stands twice")
        self._require(self.landing is not None or not self.withholds, "only records of landing files can be withheld")
        if self.withholds:
            self._require(self.landing is None or self.landing.daily is None, "daily files can't withhold records")
            self._require(self.identity is None, "a table that withholds records can't tell things of one key apart")
        self._require(0 <= self.max_rejected_fraction <= 1, "max_rejected_fraction is a share from 0 to 1")

    def _require_partitioning(self) -> None:
        if self.partitioning:
            column = self._by_name[self.partitioning.column]
            self._require(column.type is Type.TEXT, f"the partition column {column.name} must be text")
        if self.day_column:
            column = self._by_name[self.day_column]
            self._require(
                column.type in (Type.DATE, Type.INT),
                f"{column.name} has no month: it must be a DATE, or an INT that holds a day as yyyymmdd",
            )
        daily = self.landing.daily if self.landing else None
        if daily:
            self._require(
                self.day_column == daily.column,
                f"its files hold a day each, so it must be partitioned by the month of {daily.column}",
            )
            self._require(self._by_name[daily.column].type is Type.DATE, f"{daily.column} must be a DATE")
            fault = daily.fault
            self._require(fault is None, f"daily files cannot be named {daily.name_format!r}: {fault}")

    @property
    def partition_by(self) -> tuple[str, ...]:
        """The partition column's name; none for a table without partitions."""
        return (self.partitioning.column,) if self.partitioning else ()

    @property
    def day_column(self) -> str | None:
        """The column by whose month the table is partitioned; None for any other table."""
        return self.partitioning.month_of if self.partitioning else None

    @property
    def follows_days(self) -> bool:
        """Whether a partition holds a span of days, so that some days can be done again."""
        return self.day_column is not None

    @property
    def is_loaded(self) -> bool:
        """Whether a warehouse gets the table."""
        return self.zone is Zone.CURATED and self.in_warehouse

    @property
    def codec(self) -> Codec:
        """How the table's Parquet files are compressed: best where only the lake's own readers read them."""
        return self.layout.codec if self.is_loaded else Codec.ZSTD

    @property
    def withholds(self) -> bool:
        """Whether the table has records that may not leave the landing zone: nothing may copy or quote its files."""
        return any(rule.severity is Severity.WITHHOLD for rule in self.rules)

    @property
    def id(self) -> str:
        """`zone.table`, by which snapshots, steps and checks know the table within its dataset."""
        return f"{self.zone}.{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns that the Parquet files hold: all but the partition columns."""
        return tuple(column for column in self.columns if column.name not in self.partition_by)

    @property
    def source_columns(self) -> tuple[Column, ...]:
        """The columns that landing files deliver."""
        return tuple(column for column in self.columns if column.spellings)

    def column(self, name: str) -> Column:
        """The column of that name; `KeyError` where there is none."""
        return self._by_name[name]


def _fault_of_layout(table: Table) -> str | None:
    """Why the table's layout can't work; None for one that can."""
    layout = table.layout
    stored = {column.name for column in table.stored_columns}
    named = [*((layout.distribution_key,) if layout.distribution_key else ()), *layout.sort_key]
    if layout != WarehouseLayout() and not table.is_loaded:
        return "the table is not loaded into the warehouse"
    if (layout.distribution is Distribution.KEY) != (layout.distribution_key is not None):
        return "a distribution by key needs a distribution_key, and no other one has any"
    if unknown := [name for name in named if name not in stored]:
        return f"no such column in the warehouse: {', '.join(unknown)}"
    if (twice := _repeated(layout.sort_key)) is not None:
        return f"{twice} stands twice in the sort key"
    return None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A family of tables from one domain."""

    name: str
    """What the dataset is called in commands, folders, databases and schemas."""
    title: str
    """What the dataset is, for people."""
    tables: tuple[Table, ...]
    """The tables in the order in which people list them."""

    public_buckets: tuple[str, ...] = ()
    """S3 buckets with the dataset's files that anybody may read; they are read without credentials."""

    def __post_init__(self) -> None:
        ids = [table.id for table in self.tables]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"{self.name}: the table {', '.join(twice)} stands twice")
        strangers = [table.id for table in self.tables if table.dataset != self.name]
        if strangers:
            raise ValueError(f"{self.name}: {', '.join(strangers)} says that it belongs to another dataset")
        by_id = {table.id: table for table in self.tables}
        for table in self.tables:
            for reference in table.references:
                target = by_id.get(reference.table)
                if target is None or reference.target not in target.column_names:
                    raise ValueError(
                        f"{self.name}, {table.id}: {reference.column} refers to {reference.table}.{reference.target}, "
                        "which is no column of the dataset"
                    )
        owners: dict[str, Table] = {}
        for table in self.tables:
            for folder in table.landing.paths if table.landing else ():
                owner = owners.setdefault(folder.casefold(), table)
                if owner is not table:
                    raise ValueError(
                        f"{self.name}: the landing folder {folder} is that of {owner.id} and of {table.id}; "
                        "give each table a folder of its own"
                    )

    @property
    def withholds(self) -> bool:
        """Whether a table has records that may not leave the landing zone."""
        return any(table.withholds for table in self.tables)

    @property
    def star(self) -> tuple[Table, ...]:
        """The curated tables that the warehouse gets."""
        return tuple(table for table in self.tables if table.is_loaded)

    def zone(self, zone: Zone) -> tuple[Table, ...]:
        return tuple(table for table in self.tables if table.zone == zone)

    def table(self, zone: Zone, name: str) -> Table:
        """The table of that zone and name; `KeyError` where there is none."""
        return self.table_of_id(f"{zone}.{name}")

    def table_of_id(self, table_id: str) -> Table:
        """The table of that id, such as `curated.dim_date`; `KeyError` where there is none."""
        for table in self.tables:
            if table.id == table_id:
                return table
        raise KeyError(table_id)


def _is_spelled_in(column: Column, names: Iterable[str]) -> bool:
    return any(column_for_header((column,), name) for name in names)


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
