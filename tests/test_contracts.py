"""What contracts say of landing files, and which contracts fail when they are made."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from covid_lake.contracts import (
    Column,
    Csv,
    DailyFiles,
    Dataset,
    Distribution,
    Folder,
    Landing,
    Partitioning,
    Reference,
    Rule,
    Severity,
    Table,
    Type,
    WarehouseLayout,
    Zone,
)

DAILY = DailyFiles("%m-%d-%Y", "report_date")
JANUARY_22 = date(2020, 1, 22)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("01-22-2020.csv", JANUARY_22),
        ("12-31-2021.CSV", date(2021, 12, 31)),
        ("01-22-2020 (1).csv", JANUARY_22),
        ("01-22-2020a.csv", JANUARY_22),
        ("01-22-2020\n2.csv", JANUARY_22),
        ("01-22-2020\u0663.csv", JANUARY_22),
        ("02-30-2020.csv", None),
        ("1-22-2020.csv", None),
        ("01-22-20220.csv", None),
        ("01-22-202x.csv", None),
        ("01/22-2020.csv", None),
        ("01-22-0999.csv", None),
        ("2020-01-22.csv", None),
        ("notes.csv", None),
    ],
)
def test_a_daily_files_day_is_what_its_name_begins_with(name: str, day: date | None) -> None:
    assert DAILY.day_of(f"jhu-daily-reports/{name}") == day


WRONG_COLUMNS = {
    "an unknown time format": (
        {"type": Type.TIMESTAMP, "formats": ("yyyy",), "spellings": ("x",)},
        "'yyyy' is no format of a timestamp; known are: yyyy-MM-dd'T'HH:mm:ss, ",
    ),
    "a time's format for a date": ({"type": Type.DATE, "formats": ("epoch_ms",)}, "'epoch_ms' is no format of a date"),
    "a format for a number": (
        {"type": Type.INT, "formats": ("yyyyMMdd",)},
        "formats are for dates and timestamps, not for type int",
    ),
    "a date without format": (
        {"type": Type.DATE, "spellings": ("x",)},
        "landing files deliver it as a date; name the formats",
    ),
    "two formats for eight digits": (
        {"type": Type.TIMESTAMP, "formats": ("yyyyMMdd", "epoch_ms")},
        "eight digits may be epoch_ms or yyyyMMdd",
    ),
    "milliseconds of a wall clock": (
        {"type": Type.TIMESTAMP, "formats": ("epoch_ms",), "time_zone": "Europe/Berlin"},
        "leave out the time zone Europe/Berlin",
    ),
    "a date's time zone": (
        {"type": Type.DATE, "time_zone": "Europe/Berlin"},
        "a time zone is for timestamps, not for type date",
    ),
    "a padded number": ({"type": Type.BIGINT, "pad": 5}, "pad is a width of 1 or more, for a text column"),
    "no width": ({"type": Type.TEXT, "pad": 0}, "pad is a width of 1 or more"),
    "unreadable text": (
        {"type": Type.TEXT, "spellings": ("x",), "unreadable": Severity.WARN},
        "every text can be read as text",
    ),
    "an unreadable value that stops the run": (
        {"type": Type.INT, "spellings": ("x",), "unreadable": Severity.FAIL},
        "an unreadable value is either rejected or warned of, not fail",
    ),
    "a spelling twice": ({"type": Type.TEXT, "spellings": ("X", "x")}, "the spelling 'X' stands twice"),
    "a decimal without digits": ({"type": Type.DECIMAL, "precision": 10}, "a decimal needs precision and scale"),
    "digits of a number": ({"type": Type.DOUBLE, "precision": 10}, "precision and scale are for decimals"),
    "too many digits": ({"type": Type.DECIMAL, "precision": 29, "scale": 2}, "precision must be 1 to 28"),
    "no digits": ({"type": Type.DECIMAL, "precision": 0, "scale": 0}, "precision must be 1 to 28"),
    "a text without width": ({"type": Type.TEXT, "max_bytes": 0}, "max_bytes is a width from 1 to 65,535"),
    "a text that is too wide": ({"type": Type.TEXT, "max_bytes": 65_536}, "max_bytes is a width from 1 to 65,535"),
    "a number's width in bytes": ({"type": Type.INT, "max_bytes": 4}, "for a text column"),
    "a scale above the precision": ({"type": Type.DECIMAL, "precision": 2, "scale": 3}, "scale 0 up to the precision"),
}


@pytest.mark.parametrize("name", WRONG_COLUMNS)
def test_a_column_that_cannot_work_fails_at_import_and_says_why(name: str) -> None:
    arguments, why = WRONG_COLUMNS[name]
    column = Column(name="x", comment="", **arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=re.escape("stedi trusted.things, column x: ") + ".*" + re.escape(why)):
        Table("stedi", Zone.TRUSTED, "things", "A thing.", (column,), key=())


@pytest.mark.parametrize("folder", ["things/*.csv", "/things", "things/", "a//b"])
def test_a_landing_names_folders_and_no_patterns(folder: str) -> None:
    with pytest.raises(ValueError, match="is no folder below the landing root"):
        Landing(csv=(folder,))


def test_a_landing_folder_stands_once_in_a_table() -> None:
    with pytest.raises(ValueError, match="the landing folder Things stands twice"):
        Landing(csv=("Things", "other"), json=("things",))


def test_two_tables_of_a_dataset_share_no_landing_folder() -> None:
    column = Column("x", Type.TEXT, "", ("x",))
    one, other = (
        Table("stedi", Zone.TRUSTED, name, "A thing.", (column,), ("x",), landing=Landing(csv=(folder,)))
        for name, folder in (("one", "things"), ("other", "THINGS"))
    )
    with pytest.raises(ValueError, match=r"stedi: the landing folder THINGS is that of trusted\.one and of trusted\.o"):
        Dataset("stedi", "Things", (one, other))


def test_a_table_withholds_records_if_one_of_its_rules_does() -> None:
    rules = (Rule("a", "x IS NULL", "why", Severity.WARN), Rule("b", "x IS NULL", "why", Severity.WITHHOLD))
    landing = Landing(csv=("things",))
    columns = (Column("x", Type.TEXT, "", ("x",)),)
    found = [Table("d", Zone.TRUSTED, "t", "A.", columns, (), landing, rules=rules[:n]).withholds for n in (0, 1, 2)]
    assert found == [False, False, True]


WRONG_LAYOUTS = {
    "a key that is no column": (WarehouseLayout(Distribution.KEY, "z"), {}, "no such column in the warehouse: z"),
    "a key that is a partition": (
        WarehouseLayout(Distribution.KEY, "month"),
        {},
        "no such column in the warehouse: month",
    ),
    "a sort key that is no column": (WarehouseLayout(sort_key=("x", "z")), {}, "no such column in the warehouse: z"),
    "a column twice": (WarehouseLayout(sort_key=("x", "x")), {}, "x stands twice in the sort key"),
    "no key": (WarehouseLayout(Distribution.KEY), {}, "a distribution by key needs a distribution_key"),
    "a key too many": (WarehouseLayout(Distribution.ALL, "x"), {}, "and no other one has any"),
    "a trusted table": (WarehouseLayout(sort_key=("x",)), {"zone": Zone.TRUSTED}, "the table is not loaded"),
    "not loaded": (WarehouseLayout(sort_key=("x",)), {"in_warehouse": False}, "the table is not loaded"),
}


@pytest.mark.parametrize("name", WRONG_LAYOUTS)
def test_a_layout_that_cannot_work_fails_at_import_and_says_why(name: str) -> None:
    layout, more, why = WRONG_LAYOUTS[name]
    columns = (Column("x", Type.INT, "X"), Column("month", Type.TEXT, "Month"))
    table = {"dataset": "stedi", "zone": Zone.CURATED, "name": "t", "grain": "A thing.", "columns": columns, **more}
    with pytest.raises(ValueError, match=r"stedi \w+\.t, layout: .*" + re.escape(why)):
        Table(**table, key=("x",), partitioning=Partitioning("month"), layout=layout)


DAY = Column("day", Type.DATE, "Day", ("day",), formats=("yyyy-MM-dd",), nullable=False)
MONTH = Column("month", Type.TEXT, "Month of the day")
BY_MONTH = Partitioning("month", month_of="day")
DAY_FILES = Landing(csv=("days",), daily=DailyFiles("%Y-%m-%d", "day"))
TWICE = Rule("a", "day IS NULL", "why")
WRONG_TABLES = {
    "daily files without partitions": ({"landing": DAY_FILES}, "it must be partitioned by the month of day"),
    "daily files by a value": (
        {"landing": DAY_FILES, "partitioning": Partitioning("month")},
        "it must be partitioned by the month of day",
    ),
    "daily files without a year": (
        {"landing": Landing(csv=("days",), daily=DailyFiles("%m-%d", "day")), "partitioning": BY_MONTH},
        "daily files cannot be named '%m-%d': it must hold year, month and day",
    ),
    "a month of a text": ({"partitioning": Partitioning("month", month_of="month")}, "month has no month"),
    "a partition of a day": ({"partitioning": Partitioning("day")}, "the partition column day must be text"),
    "a partition of no column": ({"partitioning": Partitioning("year")}, "there is no column year"),
    "a rule twice": ({"rules": (TWICE, TWICE)}, "the rule a stands twice"),
    "withheld records of no file": (
        {"rules": (Rule("a", "day IS NULL", "why", Severity.WITHHOLD),)},
        "only records of landing files can be withheld",
    ),
    "withheld records of daily files": (
        {
            "rules": (Rule("a", "day IS NULL", "why", Severity.WITHHOLD),),
            "landing": DAY_FILES,
            "partitioning": BY_MONTH,
        },
        "daily files can't withhold records",
    ),
    "files of a curated table": (
        {"zone": Zone.CURATED, "landing": DAY_FILES},
        "only a trusted table has landing files",
    ),
    "a table of landing": ({"zone": Zone.LANDING}, "a table is trusted or curated"),
    "a share above one": ({"max_rejected_fraction": 5.0}, "max_rejected_fraction is a share from 0 to 1"),
}


@pytest.mark.parametrize(("arguments", "why"), WRONG_TABLES.values(), ids=WRONG_TABLES.keys())
def test_a_table_that_cannot_work_fails_at_import_and_says_why(arguments: dict[str, Any], why: str) -> None:
    given: dict[str, Any] = {"zone": Zone.TRUSTED, **arguments}
    with pytest.raises(ValueError, match=re.escape(why)):
        Table(dataset="toys", name="days", grain="A day.", columns=(DAY, MONTH), key=("day",), **given)


def toy(zone: Zone, name: str, **more: Any) -> Table:
    return Table("toys", zone, name, "A toy.", (Column("id", Type.TEXT, ""),), ("id",), **more)


def test_two_zones_may_have_tables_of_one_name_and_one_zone_may_not() -> None:
    both = Dataset("toys", "Toys", (toy(Zone.TRUSTED, "people"), toy(Zone.CURATED, "people")))
    assert both.table_of_id("curated.people").zone is Zone.CURATED
    with pytest.raises(ValueError, match=r"toys: the table trusted\.people stands twice"):
        Dataset("toys", "Toys", (toy(Zone.TRUSTED, "people"), toy(Zone.TRUSTED, "people")))


@pytest.mark.parametrize("target", ["people.id", "trusted.people.id", "curated.people.name"])
def test_a_reference_to_nothing_fails_at_import(target: str) -> None:
    table, column = target.rsplit(".", 1)
    pets = toy(Zone.CURATED, "pets", references=(Reference("id", table, column),))
    with pytest.raises(ValueError, match=r"toys, curated\.pets: id refers to .*, which is no column of the dataset"):
        Dataset("toys", "Toys", (toy(Zone.CURATED, "people"), pets))


def test_partitions_of_days_know_which_days_they_hold() -> None:
    assert BY_MONTH.value_of(date(2020, 3, 31)) == "2020-03"
    assert BY_MONTH.overlaps("2020-03", date(2020, 3, 31), None)
    assert BY_MONTH.overlaps("2020-03", None, date(2020, 3, 1))
    assert not BY_MONTH.overlaps("2020-03", date(2020, 4, 1), None)
    assert not BY_MONTH.overlaps("2020-03", date(2020, 1, 1), date(2020, 2, 29))


def test_two_columns_have_no_spelling_in_common() -> None:
    columns = (Column("x", Type.TEXT, "", ("a", "b")), Column("y", Type.TEXT, "", ("B",)))
    with pytest.raises(ValueError, match=r"stedi trusted\.things: two columns have the spelling b"):
        Table("stedi", Zone.TRUSTED, "things", "A thing.", columns, key=())


def test_the_names_of_files_without_a_header_hold_every_required_column() -> None:
    columns = (Column("x", Type.TEXT, "", ("a",), required=True), Column("y", Type.TEXT, "", ("b",), required=True))
    landing = Landing(folders=(Folder("things", Csv(names=("B", "c"))),))
    with pytest.raises(ValueError, match=r"stedi trusted\.things: the names of the files in things lack x"):
        Table("stedi", Zone.TRUSTED, "things", "A thing.", columns, key=(), landing=landing)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"delimiter": ";;"}, "the delimiter of a CSV file is one ASCII sign"),
        ({"delimiter": "a"}, "the delimiter of a CSV file is one ASCII sign"),
        ({"quote": ""}, "the quote of a CSV file is one ASCII sign"),
        ({"delimiter": "\n"}, "the delimiter of a CSV file is one ASCII sign"),
        ({"delimiter": '"'}, "can't be a delimiter and stand for quoting as well"),
        ({"escape": "/"}, "the escape is the quote itself or a backslash"),
        ({"encoding": "utf-16"}, "landing files in 'utf-16' are not read; known are: utf-8, latin-1"),
        ({"names": ("a", "A")}, "the column name 'a' stands twice"),
    ],
)
def test_a_dialect_that_is_not_read_fails_at_import(arguments: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Csv(**arguments)
