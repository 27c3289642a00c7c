"""The kinds of bad input, as data: what each is, the files that it lays down, and what has to become of them."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

FOLDER = "jhu-daily-reports"
GZIPPED = "enigma-jhu/csv"
JSON = "rearc-covid-19-testing-data/json/states_daily"
COUNTRIES = "static-datasets/csv/countrycode"
COUNTIES = "rearc-covid-19-nyt-data-in-usa/csv/us-counties"
TABLES = {
    FOLDER: "jhu_daily_reports",
    GZIPPED: "enigma_jhu",
    JSON: "testing_states_daily",
    COUNTRIES: "country_code",
    COUNTIES: "nytimes_us_county",
}

COLUMNS = ("FIPS", "Admin2", "Province_State", "Country_Region", "Last_Update", "Lat", "Long_", "Confirmed", "Deaths")
COLUMNS += ("Recovered",)
HEADER = ",".join(COLUMNS)
NORTH = ",,North,Germany,2020-03-01 12:00:00,54,9,10,1,2"
SOUTH = ",,South,Germany,2020-03-01 12:00:00,48,11,20,2,3"
GOOD = f"{HEADER}\n{NORTH}\n{SOUTH}\n"


@dataclass(frozen=True)
class Refused:
    """Every file of the kind is refused whole; the reason begins with these words."""

    reason: str


@dataclass(frozen=True)
class Read:
    """The records are in these places, and nowhere else; `rules` are those that the rejected ones break.

    `drift` are names in the files' headers that the contract does not know. `shows` is a column of the trusted table
    and what it holds in this kind's rows, sorted.
    """

    trusted: int = 0
    superseded: int = 0
    rejected: int = 0
    rules: frozenset[str] = frozenset()
    drift: tuple[str, ...] = ()
    shows: tuple[str, tuple[Any, ...]] | None = None


@dataclass(frozen=True)
class TableFails:
    """The table is not published; the reason has these words in it."""

    reason: str


@dataclass(frozen=True)
class PassedOver:
    """The file belongs to no table: neither landing nor a run takes it for data."""


Outcome = Refused | Read | TableFails | PassedOver


@dataclass(frozen=True)
class Kind:
    """A kind of bad input. `files` lie below the landing folder; `special` lays down what is no plain file there."""

    name: str
    files: Mapping[str, bytes]
    outcome: Outcome
    special: Mapping[str, Callable[[Path], None]] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        return (*self.files, *self.special)

    def lay_down(self, folder: Path) -> None:
        for path, content in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        for path, make in self.special.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            make(folder / path)


def rejected(*rules: str, count: int = 1, trusted: int = 2, **more: Any) -> Read:
    """What becomes of a file of two good records and some bad ones."""
    return Read(trusted, rejected=count, rules=frozenset(rules), **more)


class _Days:
    """A day of its own for each kind: records of two kinds never are of one grain."""

    def __init__(self) -> None:
        self._next = date(2020, 1, 22)

    def take(self) -> date:
        self._next += timedelta(days=1)
        return self._next


DAYS = _Days()


def daily(name: str, content: str | bytes, outcome: Outcome, suffix: str = ".csv") -> Kind:
    """One daily report."""
    data = content.encode() if isinstance(content, str) else content
    return Kind(name, {f"{FOLDER}/{DAYS.take():%m-%d-%Y}{suffix}": data}, outcome)


def row(place: str = "East", **fields: object) -> str:
    """A record of a daily report by HEADER; what is not said is fine."""
    values = dict(zip(COLUMNS, ("", "", place, "Germany", "2020-03-01 12:00:00", 51, 13, 30, 3, 4), strict=True))
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow((values | fields).values())
    return line.getvalue().removesuffix("\n")


def value(name: str, column: str, text: str, outcome: Outcome, **fields: object) -> Kind:
    """A daily report whose third record has this text in this column."""
    return daily(name, GOOD + row(**{column: text}, **fields) + "\n", outcome)


def count(name: str, text: str, confirmed: int | None) -> Kind:
    """A text for a count: what it is read as, or None where it is refused."""
    if confirmed is None:
        return value(name, "Confirmed", text, rejected("confirmed_unreadable"))
    return value(name, "Confirmed", text, Read(3, shows=("confirmed", tuple(sorted((10, 20, confirmed))))))


def text(name: str, place: str) -> Kind:
    """A name of a place that is odd, and right."""
    return value(
        name, "Province_State", place, Read(3, shows=("province_state", tuple(sorted(("North", "South", place)))))
    )


def packed(name: str, content: bytes, outcome: Outcome, suffix: str = ".csv.gz") -> Kind:
    """A file of the one feed that comes as gzip."""
    return Kind(name, {f"{GZIPPED}/{DAYS.take():%Y-%m-%d}{suffix}": content}, outcome)


def enigma(places: Iterable[str] = ("North", "South")) -> bytes:
    """The content of such a file, its records of one day, which is no other kind's."""
    day = DAYS.take()
    return "\n".join([HEADER, *(row(place, Last_Update=f"{day} 12:00:00") for place in places), ""]).encode()


def lines(name: str, content: str | bytes, outcome: Outcome, file: str = "part-{day}") -> Kind:
    """A file of JSON lines."""
    data = content.encode() if isinstance(content, str) else content
    return Kind(name, {f"{JSON}/{file.format(day=DAYS.take())}": data}, outcome)


def record(state: str = "TX", **fields: object) -> str:
    """A line of JSON on a state, on a day that no other kind has."""
    return json.dumps({"date": f"{DAYS.take():%Y%m%d}", "state": state, "positive": 10, "death": 1, **fields})


def json_value(name: str, token: str, outcome: Outcome) -> Kind:
    """JSON whose second record has this token for its count of positives."""
    return lines(name, f"{record()}\n{record(positive='TOKEN')}\n".replace('"TOKEN"', token), outcome)


def special(name: str, make: Callable[[Path], None], outcome: Outcome, suffix: str = ".csv") -> Kind:
    """What is no plain file, in the place of a daily report."""
    return Kind(name, {}, outcome, {f"{FOLDER}/{DAYS.take():%m-%d-%Y}{suffix}": make})


def files(name: str, contents: Sequence[str | bytes], names: Sequence[str], outcome: Outcome) -> Kind:
    """Several daily reports of one day; `names` follow the day in the files' names."""
    day = DAYS.take()
    data = [content.encode() if isinstance(content, str) else content for content in contents]
    return Kind(name, {f"{FOLDER}/{day:%m-%d-%Y}{n}": d for n, d in zip(names, data, strict=True)}, outcome)


def below(name: str, folder: str, outcome: Outcome) -> Kind:
    """A daily report in a folder below that of the reports."""
    return Kind(name, {f"{FOLDER}/{folder}/{DAYS.take():%m-%d-%Y}.csv": GOOD.encode()}, outcome)


def left(name: str, folder: str = JSON) -> Kind:
    """What some tool leaves beside data, or what is data of no table."""
    return Kind(f"{name} in {folder}", {f"{folder}/{name}": b"x"}, PassedOver())


def _folder_of_that_name(path: Path) -> None:
    path.mkdir()
    (path / "part-0.csv").write_text(GOOD)


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def _link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def _unreadable(path: Path) -> None:
    # For everybody: what permissions keep from others, root may read.
    path.symlink_to("/proc/self/mem")


MIB = 1 << 20
PADDED = HEADER + ",Note\n"
PADDING = MIB - len(PADDED) - len(NORTH) - len(",\n")
WHOLE = gzip.compress(enigma())
CUT = "the gzip stream breaks off before its end"
BEHIND = "something that is no gzip stands behind the end of the gzip stream"
SHORT = "the last line (3) has 4 of 10 fields and no line end: the file was cut short"
NO_COLUMN = "the header has no column Country_Region or Country/Region"
WEB_PAGE = "the file holds a web page or XML, not CSV"
NO_UTF8 = "the text is no UTF-8 near byte"
NO_OBJECT = "line 1 is no whole JSON object"
TYPED = ("last_update", "latitude", "longitude", "confirmed", "deaths", "recovered")

STRUCTURE = (
    daily("empty file", b"", Refused("the file is empty")),
    daily("line ends alone", b"\r\n\n\n", Refused("the file is empty")),
    daily("header alone", HEADER + "\n", Read()),
    daily("header twice", f"{GOOD}{HEADER}\n", rejected(*(f"{name}_unreadable" for name in TYPED))),
    daily("blank line before the header", "\n" + GOOD, Refused("the first line, which should be the header, is blank")),
    daily("no header", f"{NORTH}\n{SOUTH}\n", Refused(NO_COLUMN)),
    daily(
        "columns in another order",
        "Deaths,Confirmed,Recovered,Last_Update,Country_Region,Province_State\n"
        "1,10,2,2020-03-01 12:00:00,Germany,North\n",
        Read(1, shows=("confirmed", (10,))),
    ),
    daily(
        "columns under their old names",
        "Province/State,Country/Region,Last Update,Confirmed,Deaths,Recovered\nNorth,Germany,3/1/2020 12:00,10,1,2\n",
        Read(1, shows=("confirmed", (10,))),
    ),
    daily("column under an unknown name", GOOD.replace("Country_Region", "Land"), Refused(NO_COLUMN)),
    daily("required column missing", "Province_State,Last_Update,Confirmed,Deaths,Recovered\n", Refused(NO_COLUMN)),
    daily("file of one column", "Country_Region\nGermany\n", Refused("the header has no column Province_State")),
    daily("column too many", GOOD.replace("\n", ",Mood\n", 1).replace("2\n", "2,fine\n", 1), Read(2, drift=("Mood",))),
    daily("column twice", GOOD.replace("Admin2", "Confirmed"), Refused("column 'Confirmed' stands more than once")),
    daily("column twice, in two cases", GOOD.replace("Admin2", "CONFIRMED"), Refused("column 'CONFIRMED' stands more")),
    daily("column without a name", GOOD.replace("Admin2", ""), Read(2)),
    daily("comma behind every row", GOOD.replace("\n", ",\n"), Read(2)),
    daily("comma behind every row but the header", GOOD.replace("2\n", "2,\n").replace("3\n", "3,\n"), Read(2)),
    daily("blanks round the commas", GOOD.replace(",", " , "), Read(2, shows=("province_state", ("North", "South")))),
    daily("header of 1,001 columns", HEADER + "".join(f",c{n}" for n in range(991)), Refused("the header has 1,001")),
    daily("semicolons", GOOD.replace(",", ";"), Refused(NO_COLUMN)),
    daily("tabs", GOOD.replace(",", "\t"), Refused(NO_COLUMN)),
    daily("short row", f"{GOOD},,East,Germany\n", Read(3, shows=("deaths", (None, 1, 2)))),
    daily("short row without its country", f"{GOOD},,East\n", rejected("country_region_missing")),
    daily("long row", f"{GOOD}{row()},5,6\n", rejected("surplus_field")),
    daily("row of 15,000 fields", f"{GOOD}{row()}{',x' * 15_000}\n", rejected("surplus_field")),
    daily("row of 30,000 fields", f"{GOOD}{row()}{',x' * 30_000}\n", Refused("line 4 has 30,010 fields")),
    daily(
        "comma unquoted in a name",
        f"{GOOD}{row('A, B').replace(chr(34), '')}\n",
        rejected("surplus_field", "last_update_unreadable", "latitude_unreadable"),
    ),
    daily("cut within a row", f"{HEADER}\n{NORTH}\n,,South,Ger", Refused(SHORT)),
    daily("cut within a character", f"{HEADER}\n{NORTH}\n,,Thür".encode()[:-2], Refused("the file ends in the middle")),
    daily("no line end at the end", GOOD.rstrip(), Read(2)),
)
LINE_ENDS = (
    daily("line ends CRLF", GOOD.replace("\n", "\r\n"), Read(2)),
    daily("line ends CR", GOOD.replace("\n", "\r"), Read(2)),
    daily("line ends mixed", f"{HEADER}\r\n{NORTH}\r{SOUTH}\n{row()}\n", Read(3)),
    daily("CR at the end of the first MiB", f"{PADDED}{NORTH},{'x' * PADDING}\r{SOUTH},\n", Read(2, drift=("Note",))),
    daily(
        "blank line at the end of the first MiB",
        f"{PADDED}{NORTH},{'x' * PADDING}\n\n{SOUTH},\n",
        Read(2, drift=("Note",)),
    ),
    daily("blank lines", f"{HEADER}\n\n{NORTH}\n \t\n\r\n{SOUTH}\n\n\n", Read(2)),
    daily("lines of control characters", f"{HEADER}\n{NORTH}\n\x0b\n\x0c\n\x1a\n{SOUTH}\n\x1a", Read(2)),
    daily("line of empty quotes", f'{GOOD}""\n', rejected("country_region_missing")),
    daily("line of no-break blanks", f"{GOOD}\u00a0\u00a0\n", rejected("country_region_missing")),
    daily("line ends of Unicode in a name", f"{GOOD}{row(chr(0x2028) + 'A' + chr(0x85) + 'B')}\n", Read(3)),
    daily("line of 20 MB", f"{PADDED}{NORTH},{'x' * 20_000_000}\n{SOUTH},\n", Read(2, drift=("Note",))),
)
QUOTES = (
    daily(
        "line ends within quotes",
        f"{GOOD}{row(chr(10).join('AB'))}\n",
        Read(3, shows=("province_state", ("A\nB", "North", "South"))),
    ),
    daily("line ends within quotes, rows in CRLF", f"{GOOD}{row(chr(10).join('AB'))}\n".replace("\n", "\r\n"), Read(3)),
    daily(
        "line ends within quotes, rows mixed",
        f"{HEADER}\r\n{row(chr(10).join('AB'))}\n{SOUTH}\r\n",
        Refused("line 2 does not end as the first line does"),
    ),
    daily(
        "line ends within quotes, and a CR",
        f"{HEADER}\n{row(chr(10).join('AB'))}\r{SOUTH}\n",
        Refused("line 2 does not end as the first line does"),
    ),
    daily(
        "line ends within quotes, and empty quotes",
        f'{GOOD}{row(chr(10).join("AB"))}\n""\n',
        rejected("country_region_missing", trusted=3),
    ),
    daily(
        "line ends within quotes, and control characters",
        f"{GOOD}{row(chr(10).join('AB'))}\n\x1a\n\n",
        rejected("country_region_missing", trusted=3),
    ),
    daily("line end within quotes in the header", GOOD.replace("Admin2", '"Admin\n2"'), Read(2, drift=("Admin\n2",))),
    daily(
        "quote never closed",
        f'{HEADER}\n{NORTH}\n,,"South,Germany,,,,1,2,3\n{row()}\n',
        Refused("a quote opened on line 3 is never closed"),
    ),
    daily(
        "quote never closed, behind text that follows another",
        f'{HEADER}\n,,"North\n"x,Germany,,,,1,2,"3\n',
        Refused("a quote opened on line 2 is never closed"),
    ),
    daily(
        "quote within a word",
        GOOD + row("EAST").replace("EAST", '5" East') + "\n",
        Read(3, shows=("province_state", ('5" East', "North", "South"))),
    ),
    daily(
        "two quotes within a field",
        GOOD + row("EAST").replace("EAST", 'The "far" East') + "\n",
        Read(3, shows=("province_state", ("North", "South", 'The "far" East'))),
    ),
    daily(
        "quotes doubled",
        GOOD + row('The "far" East') + "\n",
        Read(3, shows=("province_state", ("North", "South", 'The "far" East'))),
    ),
    daily("quotes escaped by a backslash", GOOD + row("EAST").replace("EAST", '"The \\"far\\" East"') + "\n", Read(3)),
)
ENCODINGS = (
    daily("byte order mark", codecs.BOM_UTF8 + GOOD.encode(), Read(2)),
    daily("byte order mark twice", codecs.BOM_UTF8 * 2 + GOOD.encode(), Read(2)),
    daily("UTF-16", GOOD.encode("utf-16"), Refused("the file is UTF-16 text; convert it to UTF-8")),
    daily("UTF-16 without its mark", GOOD.encode("utf-16-le"), Refused("a NUL byte stands at byte 1")),
    daily("Latin-1", f"{GOOD}{row('Thüringen')}\n".encode("latin-1"), Refused(NO_UTF8)),
    daily("quotes of Windows-1252", f"{GOOD}{row('“East”')}\n".encode("cp1252"), Refused(NO_UTF8)),
    daily("NUL bytes", GOOD.replace("54", "5\0"), Refused("a NUL byte stands at byte")),
    daily("web page", "<!DOCTYPE html>\n<html><body>Service unavailable</body></html>\n", Refused(WEB_PAGE)),
    daily("error of S3", '<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code></Error>\n', Refused(WEB_PAGE)),
    daily("JSON called CSV", f"{record()}\n", Refused(NO_COLUMN)),
    daily("Parquet called CSV", b"PAR1\x15\0", Refused("the file is Parquet, no text")),
)
VALUES = (
    count("count with a comma", "1,234", None),
    count("count in scientific notation", "1e3", 1000),
    count("count NaN", "NaN", None),
    count("count ∞", "∞", None),
    count("count Infinity", "Infinity", None),
    count("count beyond BIGINT", "9223372036854775808", None),
    count("count with decimals of zero", "12.0", 12),
    count("count with a half", "12.5", None),
    count("count -0", "-0", 0),
    count("count +5", "+5", 5),
    count("count in full-width digits", "１２", None),
    count("count in blanks", "  7\t", 7),
    count("count in no-break blanks", "\u00a07\u00a0", 7),
    count("count in hexadecimal", "0x1F", None),
    count("count NA", "NA", None),
    count("count N/A", "N/A", None),
    count("count None", "None", None),
    count("count null", "null", None),
    count("count of words", "ten", None),
    value("count below zero", "Confirmed", "-5", rejected("confirmed_negative")),
    value("deaths below zero", "Deaths", "-1", rejected("deaths_negative")),
    value("latitude 911", "Lat", "911", rejected("latitude_out_of_range")),
    value("longitude -181", "Long_", "-181", rejected("longitude_out_of_range")),
    value("latitude NaN", "Lat", "NaN", rejected("latitude_unreadable")),
    value("latitude in degrees and minutes", "Lat", "50°30'N", rejected("latitude_unreadable")),
    value("FIPS of letters", "FIPS", "ABCDE", rejected("fips_not_a_code"), Country_Region="US"),
    value("FIPS of six digits", "FIPS", "480001", rejected("fips_not_a_code"), Country_Region="US"),
    value("FIPS with decimals", "FIPS", "1001.0", Read(3), Country_Region="US", Admin2="Autauga"),
    value("year 20220", "Last_Update", "20220-03-01 12:00:00", rejected("last_update_unreadable")),
    value("30 February", "Last_Update", "2020-02-30 12:00:00", rejected("last_update_unreadable")),
    value("month 13", "Last_Update", "13/45/20 12:00", rejected("last_update_unreadable")),
    value("hour 24", "Last_Update", "2020-03-01 24:00:00", Read(3)),
    value("hour 25", "Last_Update", "2020-03-01 25:00:00", rejected("last_update_unreadable")),
    value("time with Z", "Last_Update", "2020-03-01T12:00:00Z", Read(3)),
    value("time with an offset", "Last_Update", "2020-03-01T12:00:00+02:00", Read(3)),
    value("time with PM", "Last_Update", "3/1/2020 1:05 PM", Read(3)),
    value("time with AM and seconds", "Last_Update", "3/1/20 1:05:09 AM", Read(3)),
    value("date alone", "Last_Update", "2020-03-01", Read(3)),
    daily(
        "rate of a division by zero",
        f"{HEADER},Incident_Rate\n{NORTH},#DIV/0!\n{SOUTH},1.5\n",
        Read(2, shows=("incident_rate", (None, 1.5))),
    ),
    value("date in words", "Last_Update", "1 March 2020", rejected("last_update_unreadable")),
    value("no country", "Country_Region", "", rejected("country_region_missing")),
    value("blanks for a country", "Country_Region", " \u00a0 ", rejected("country_region_missing")),
    value("unknown country", "Country_Region", "Freedonia", Read(3)),
    Kind(
        "report of a day to come",
        {f"{FOLDER}/07-01-2021.csv": GOOD.encode()},
        rejected("report_date_in_future", count=2, trusted=0),
    ),
    Kind(
        "report of no day",
        {f"{FOLDER}/report.csv": GOOD.encode()},
        rejected("report_date_missing", count=2, trusted=0),
    ),
    text("emoji in a name", "East 😀👩‍🔬"),
    text("quotes in a name", 'O\'East "the" ’far’'),
    text("semicolons in a name", "East; North; 'West'"),
    text("SQL in a name", "Robert'); DROP TABLE fact_cases; -- {run_date} ${x} %s \\"),
    text("letters from right to left in a name", "\u202eشرق"),
)
NAMES = (
    files("blanks in the file's name", [GOOD], [" two words .csv"], Read(2)),
    files("% in the file's name", [GOOD, GOOD], [" 100%.csv", "%2050%25.csv"], Read(2, 2)),
    files("a day's name of too many digits", [GOOD], ["0.csv"], rejected("report_date_missing", count=2, trusted=0)),
    files("# in the file's name", [GOOD], ["#1.csv"], Read(2)),
    files("= in the file's name", [GOOD], ["date=x.csv"], Read(2)),
    files("wildcards in the file's name", [GOOD], ["{a}[b]*?.csv"], Read(2)),
    files("emoji and quotes in the file's name", [GOOD], ["😀 'a' \"b\" ;+&.csv"], Read(2)),
    files("ending in capitals", [GOOD], [".CSV"], Read(2)),
    files("line end in the file's name", [GOOD], ["\n.csv"], Refused("the name holds a control character")),
    files("file's name in Latin-1", [GOOD], [os.fsdecode(b"\xe9.csv")], Refused("the name holds a control character")),
    files("colon in the file's name", [GOOD], [" 12:30.csv"], Refused("Hadoop opens no file on disk whose name holds")),
    Kind(
        "name that begins with _", {f"{FOLDER}/_x.csv": GOOD.encode()}, Refused("a name that begins with _ is hidden")
    ),
    Kind("name that begins with a dot", {f"{FOLDER}/.x.csv": GOOD.encode()}, PassedOver()),
    Kind("marker of a finished folder", {f"{JSON}/_SUCCESS": b""}, PassedOver()),
    *map(left, ("desktop.ini", "Thumbs.db", "README.md", "LICENSE", "_committed_1", "_started_1", "2020_$folder$")),
    *map(
        left,
        ("_metadata", "part-0.crc", "_delta_log/0.json", "__MACOSX/part-0", "part-0~", "states.zip", "s.json.part"),
    ),
    left("desktop.ini", FOLDER),
    left("01-01-2020.csv.part", FOLDER),
    left("reports.zip", FOLDER),
    left("01-01-2020.xlsx", FOLDER),
    below("report in a year's folder", "2020", Read(2)),
    below("report in folders of year and month", "year=2020/month=03", Read(2)),
    below("report in a folder of another name", "backup", PassedOver()),
    files("name of 243 bytes", [GOOD], [f" {'疫' * 76}.csv"], Read(2)),
    files("name of 255 bytes", [GOOD], [f" {'x' * 240}.csv"], Read(2)),
    lines(
        "file still being copied", record() + "\n", Refused("the name says that the file is still being"), "p._COPYING_"
    ),
    lines("name of a packing that is not read", record() + "\n", Refused("of packed files only gzip is read"), "p.bz2"),
    files("file twice under two names", [GOOD, GOOD], [".csv", " copy.csv"], Read(2, 2)),
    files(
        "file twice, one with an older state",
        [GOOD, GOOD.replace("2020-03-01", "2020-02-29")],
        ["a.csv", "b.csv"],
        Read(2, 2),
    ),
)
FILES = (
    special("folder called x.csv", _folder_of_that_name, PassedOver()),
    special("link to itself", _link_to_itself, Refused("cannot read ")),
    special("link to nothing", _link_to_nothing, Refused("cannot read ")),
    special("file that cannot be read", _unreadable, Refused("cannot read ")),
    special("named pipe", os.mkfifo, Refused("cannot read ")),
    daily("file that goes away before it is read", GOOD, Refused("cannot read "), " vanishes.csv"),
    daily("file that grows before it is read", GOOD, Refused("the file changed while it was read"), " grows.csv"),
)
PACKED = (
    packed("gzip", WHOLE, Read(2)),
    files("gzip of a daily report", [gzip.compress(GOOD.encode())], [".csv.gz"], Read(2)),
    files("gzip of a daily report, cut short", [gzip.compress(GOOD.encode())[:-9]], [".csv.gz"], Refused(CUT)),
    packed(
        "gzip of two members",
        gzip.compress(enigma()) + gzip.compress(row(Last_Update="2020-01-30 12:00:00").encode()),
        Read(3),
    ),
    packed("gzip cut short", WHOLE[:-9], Refused(CUT)),
    packed("gzip cut within its header", WHOLE[:5], Refused(CUT)),
    packed("gzip with a damaged byte", WHOLE[:-8] + b"\0\0\0\0" + WHOLE[-4:], Refused("the gzip stream is damaged")),
    packed("gzip with zeros behind it", WHOLE + b"\0" * 512, Refused(BEHIND)),
    packed("gzip with text behind it", WHOLE + NORTH.encode(), Refused(BEHIND)),
    packed("gzip of no byte", b"", Refused("the file is empty")),
    packed("gzip of nothing", gzip.compress(b""), Refused("the file is empty")),
    packed("text called gzip", GOOD.encode(), Refused("the name ends in .gz, but this is no gzip file")),
    packed("zip called gzip", b"PK\x03\x04" + bytes(30), Refused("the name ends in .gz, but this is no gzip file")),
    packed("gzip not called so", WHOLE, Refused("the file is gzip; name it .gz, or unpack it"), ".csv"),
    packed("gzip of a row that was cut", gzip.compress(f"{HEADER}\n{NORTH}\n,,South,Ger".encode()), Refused(SHORT)),
)
JSON_LINES = (
    lines("JSON array", f"[{record()},\n{record()}]\n", Refused("the file holds a JSON array; one object a line")),
    lines("JSON array, each line one", f"{record()}\n[{record()}]\n", Refused("line 2 is JSON, but no object")),
    lines("JSON cut within an object", f"{record()}\n{record()[:-9]}", Refused("line 2 is no whole JSON object")),
    lines("JSON over several lines", json.dumps(json.loads(record()), indent=1), Refused(NO_OBJECT)),
    lines("JSON in Python's spelling", str(json.loads(record())), Refused(NO_OBJECT)),
    lines("JSON with a comma behind its last field", record()[:-1] + ",}\n", Refused(NO_OBJECT)),
    lines("JSON, two objects a line", f"{record()} {record()}\n", Refused(NO_OBJECT)),
    lines("JSON with a CR within an object", record().replace(", ", ",\r", 1) + "\n", Refused(NO_OBJECT)),
    lines("JSON with lines of CR", f"{record()}\r{record()}\r", Read(2)),
    lines("JSON with blank lines", f"{record()}\n\n \t\r\n{record()}\n", Read(2)),
    lines("JSON with a line of control characters", f"{record()}\n\x0c\n", Refused("line 2 is no whole JSON object")),
    lines("JSON with byte order marks", "\ufeff" + record() + "\n\ufeff" + record() + "\n", Read(2)),
    lines("JSON keys in another order", json.dumps(dict(reversed(json.loads(record()).items()))), Read(1)),
    lines(
        "JSON keys in two cases",
        f"{record()}\n{record()}\n".replace("state", "State", 1),
        Refused("keys 'State' and 'state' differ in nothing but case"),
    ),
    lines("JSON keys in other cases than other files", record().replace("state", "STATE"), Read(1)),
    lines("JSON key twice", record()[:-1] + ', "positive": 5}\n', Refused("line 1 has key 'positive' twice")),
    lines("JSON key of Spark's own", record(_metadata=1), Refused("key '_metadata' is a name that Spark keeps")),
    lines("JSON key of a corrupt record", record(_corrupt_record="x"), Read(1, drift=("_corrupt_record",))),
    lines("JSON key too many", record(mood={"a": [1]}), Read(1, drift=("mood",))),
    lines("JSON key missing in a record", f"{record()}\n" + '{"date": "20200301", "state": "VT"}\n', Read(2)),
    lines(
        "JSON key missing in all records",
        '{"date": "20200301", "state": "TX"}\n',
        Refused("the header has no column positive"),
    ),
    lines(
        "JSON with an empty object",
        f"{record()}\n{{}}\n",
        rejected("report_date_missing", "state_missing", "state_unknown", trusted=1),
    ),
    lines("JSON nested 5,000 deep", record(x=0)[:-2] + "[" * 5000 + "]" * 5000 + "}", Refused("line 1 is nested too")),
    lines("JSON with a line of 25 MB", record(notes="x" * 25_000_000), Refused("line 1 is longer than")),
    lines("JSON with half a surrogate pair", record(grade="\ud83d"), Refused("line 1 has half a surrogate pair")),
    lines("JSON with NUL bytes", record() + "\0\n", Refused("a NUL byte stands at byte")),
    lines("JSON in UTF-16", record().encode("utf-16"), Refused("the file is UTF-16 text")),
    json_value("JSON number as text", '"12"', Read(2, shows=("positive", (10, 12)))),
    json_value("JSON number 12.0", "12.0", Read(2, shows=("positive", (10, 12)))),
    json_value("JSON number 1e3", "1e3", Read(2, shows=("positive", (10, 1000)))),
    json_value("JSON number 1e400", "1e400", rejected("positive_unreadable", trusted=1)),
    json_value("JSON number of 900 digits", "9" * 900, rejected("positive_unreadable", trusted=1)),
    json_value("JSON number of 2,000 digits", "9" * 2000, Refused("line 2 has a number of more than 1,000 digits")),
    json_value("JSON number NaN", "NaN", rejected("positive_unreadable", trusted=1)),
    json_value("JSON true for a number", "true", rejected("positive_unreadable", trusted=1)),
    json_value("JSON object for a number", '{"x": 1}', rejected("positive_unreadable", trusted=1)),
    json_value("JSON null for a number", "null", Read(2, shows=("positive", (None, 10)))),
    json_value("JSON number below zero", "-5", rejected("positive_negative", trusted=1)),
    lines(
        "JSON with a state that is none",
        record("ZZ"),
        rejected("state_unknown", trusted=0),
    ),
    lines(
        "JSON with a date that is none",
        f"{record()}\n{record(date='20200230')}\n",
        rejected("report_date_unreadable", "report_date_missing", trusted=1),
    ),
)
LAYOUTS = (
    Kind(
        "newspaper's counties where the feed lies now",
        {f"{COUNTIES}/us-counties.csv": b"date,county,state,fips,cases,deaths\n2020-03-01,Autauga,Alabama,01001,5,0\n"},
        Read(1),
    ),
)
TOO_MUCH = (
    Kind(
        "a fifth of the records bad",
        {
            f"{COUNTRIES}/codes.csv": b"Country,Alpha-2 code,Latitude\n"
            + b"Chad,TD,15\nChile,CL,-30\nChina,CN,35\nX,X,911\n"
        },
        TableFails("of 4 records were refused, more than the contract's limit of 5%; nothing is published"),
    ),
)
KINDS: tuple[Kind, ...] = (
    *STRUCTURE,
    *LINE_ENDS,
    *QUOTES,
    *ENCODINGS,
    *VALUES,
    *NAMES,
    *FILES,
    *PACKED,
    *JSON_LINES,
    *LAYOUTS,
    *TOO_MUCH,
)


def ballast() -> dict[str, bytes]:
    """Good records beside the bad ones, so that those stay below the share at which a table is not published."""
    places = "\n".join(row(f"Place {number}") for number in range(3000))
    states = "\n".join(
        json.dumps(
            {
                "date": f"{date(2021, 1, 1) + timedelta(days=number // 2):%Y%m%d}",
                "state": "UT" if number % 2 else "NV",
                "positive": number,
                "death": 0,
            }
        )
        for number in range(300)
    )
    return {f"{FOLDER}/12-31-2020.csv": f"{HEADER}\n{places}\n".encode(), f"{JSON}/ballast": states.encode()}
