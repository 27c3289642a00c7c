"""What the name of a landing file says: its table, its format, whether it is packed, and whether it is data at all.

Landing, runs, queries and traces all ask this module, so that they see the same files. Capitals make no difference: a
file called `X.CSV.GZ`, or one in a folder `CSV`, would otherwise be missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from covid_lake.contracts import Dataset, Folder, Format, Table
from covid_lake.landing.formats import files_in, known_endings
from covid_lake.store.parquet import GLOB_CHARACTERS

# By these, Hadoop unpacks a file on its own account.
HADOOP_PACKINGS = (".bz2", ".deflate", ".lz4", ".snappy", ".zst")
HADOOP_COPYING = "._copying_"
UNUSABLE_CHARACTERS = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
# Below a table's own folder: `2020`, `2020/03`, `20200301`, `year=2020/month=3`, `2020-03`.
DATE_FOLDER = re.compile(r"([A-Za-z_]+=)?[0-9]{1,8}([-_][0-9]{1,2}){0,2}")

LEFT_FOLDER = re.compile(r"[._].*|__macosx|\$recycle\.bin|system volume information|lost\+found|@eadir|cvs", re.DOTALL)
LEFT_FILE = re.compile(
    r"(desktop\.ini|(eh)?thumbs\.db|icon\r"  # Windows, macOS
    r"|.*_\$folder\$|.*\.crc|.*\.metadata|manifest|_[a-z]*(manifest|metadata|schema)\b.*"  # Hadoop, EMR, Athena
    r"|(readme|licen[cs]e|notice|changelog|authors|index)(\.(md|txt|rst|html?|pdf))?"
    r"|.*\.(md5|sha1|sha256|sha512|asc|sig)|(md5|sha1|sha256|sha512)(sums?)?(\.txt)?"
    r"|.*~|~\$.*|#.*#|.*\.sw[op])",  # editors, office suites
    re.DOTALL,
)
HIDDEN = "its name says that it is hidden"
LEFT = "another tool left it"
# What 'covid-lake sample' says of its files, beside them.
SAMPLE_MANIFEST = "sample_manifest.json"
UNFINISHED_ENDINGS = (".part", ".partial", ".filepart", ".crdownload", ".download", ".aria2", ".tmp", ".temp")
PACKED_ENDINGS = (".zip", ".7z", ".rar", ".tar", ".tgz", ".gz", ".xz", ".z", ".br", *HADOOP_PACKINGS)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the path of a file below a landing folder says."""

    table: Table | None = None
    """The table that the file belongs to, if it belongs to one."""
    folder: str = ""
    """Which of the table's folders the file lies in, as the contract writes it."""
    is_leaving: bool = False
    """Whether the file is no data, but was created by a tool or a desktop."""
    why: str = ""
    """Why the file belongs to no table; empty where it belongs to one."""


def is_gzip(path: str) -> bool:
    """Whether the file is packed with gzip. Hadoop 3.4 ignores the case of the ending; 3.3 does not (see `readers`)."""
    return path.lower().endswith(".gz")


def is_text(name: str) -> bool:
    """Whether a file's name is UTF-8 without control characters; any other can be neither printed nor queried."""
    return UNUSABLE_CHARACTERS.search(name) is None


def name_fault(path: str, on_disk: bool) -> str | None:
    """Why Spark can't read a file of this name; None for a name that is fine.

    `on_disk` says that the lake is a directory, where Hadoop takes fewer names than in a bucket.
    """
    name = path.rsplit("/", 1)[-1]
    if name.startswith("_"):
        return "a name that begins with _ is hidden from Spark and Athena; rename the file"
    if name.lower().endswith(HADOOP_COPYING):
        return "the name says that the file is still being copied"
    if name.lower().endswith(HADOOP_PACKINGS):
        return "of packed files only gzip is read; unpack it, or pack it with gzip"
    if on_disk and ":" in name:
        return "Hadoop opens no file on disk whose name holds a colon; rename it"
    if ":" in name and any(character in path for character in GLOB_CHARACTERS):
        return f"Spark reads no file whose name holds both a colon and one of {GLOB_CHARACTERS}; rename it"
    if not is_text(name):
        return "the name holds a control character, or is no UTF-8; rename the file"
    return None


def meaning_of(dataset: Dataset, path: str) -> Meaning:
    """What the path, which lies below the dataset's landing folder, says about the file."""
    return _meaning(dataset.tables, path)


def _meaning(tables: Sequence[Table], path: str) -> Meaning:
    *folders, name = path.split("/")
    if not all(part not in ("", ".", "..") for part in (*folders, name)):
        return Meaning(why="its key has an empty folder name (//, or . or ..), which no directory can have; copy it")
    lowered = name.lower()
    if name.startswith(".") or any(folder.startswith(".") for folder in folders):
        return Meaning(is_leaving=True, why=HIDDEN)
    if LEFT_FILE.fullmatch(lowered) or any(LEFT_FOLDER.fullmatch(folder.lower()) for folder in folders):
        return Meaning(is_leaving=True, why=LEFT)
    mine = next(_folders_of(tables, path), None)
    if mine and files_in(mine[1].format).is_data(lowered):
        return Meaning(mine[0], mine[1].path)
    if name.startswith("_"):
        return Meaning(is_leaving=True, why=LEFT)
    return Meaning(why=_why_of_no_table(tables, path, mine))


def format_of(table: Table, path: str) -> Format:
    """The format of the table's file at the path; `ValueError` for a path that is not in one of its folders."""
    for place in table.landing.places if table.landing else ():
        if _name_below(place.path, path):
            return place.format
    raise ValueError(f"{path} lies in no landing folder of {table.id}")


def table_of(dataset: Dataset, path: str) -> Table | None:
    """The table that a landing path belongs to, or None for a file of no table."""
    return meaning_of(dataset, path).table


def files_by_folder(table: Table, paths: Iterable[str]) -> dict[str, list[str]]:
    """The table's files among the paths, by folder of the contract, the preferred folder first.

    All folders hold the same table: it is read from the first one that has files, and from no other.
    """
    folders: dict[str, list[str]] = {folder: [] for folder in table.landing.paths} if table.landing else {}
    for path in paths:
        meaning = _meaning((table,), path)
        if meaning.table:
            folders[meaning.folder].append(path)
    return {folder: found for folder, found in folders.items() if found}


def layout_folders(dataset: Dataset) -> tuple[str, ...]:
    """All folders of the dataset's tables, in order."""
    return _layout(dataset.tables)


def _layout(tables: Iterable[Table]) -> tuple[str, ...]:
    return tuple(sorted({folder for table in tables if table.landing for folder in table.landing.paths}))


def folder_named_by(dataset: Dataset, location: str) -> str | None:
    """The folder of the layout with which a location ends, such as that of `/home/me/enigma-jhu/csv`.

    It may be a folder above those of tables (`enigma-jhu`), or one of dates below them (`jhu-daily-reports/2020`).
    """
    parts = [part for part in location.split("://", 1)[-1].split("/") if part]
    for start in range(len(parts)):
        ending = "/".join(parts[start:])
        for folder in layout_folders(dataset):
            if f"{folder}/".casefold().startswith(f"{ending}/".casefold()):
                return folder[: len(ending)]
            if _name_below(folder, f"{ending}/x"):
                return ending
    return None


def _folders_of(tables: Sequence[Table], path: str) -> Iterator[tuple[Table, Folder]]:
    for table in tables:
        for place in table.landing.places if table.landing else ():
            if _name_below(place.path, path):
                yield table, place


def _name_below(folder: str, path: str) -> str | None:
    """The file's name if the path is in the folder, or in folders of dates below it; None otherwise."""
    start = len(folder) + 1
    if path[:start].casefold() != f"{folder}/".casefold():
        return None
    *between, name = path[start:].split("/")
    return name if all(DATE_FOLDER.fullmatch(part) for part in between) else None


def _why_of_no_table(tables: Sequence[Table], path: str, mine: tuple[Table, Folder] | None) -> str:
    name = path.rsplit("/", 1)[-1].lower()
    if name.endswith((*UNFINISHED_ENDINGS, HADOOP_COPYING)):
        return "its ending says that it has not arrived whole yet"
    if name.endswith(PACKED_ENDINGS) and not name.endswith(".csv.gz"):
        return "of packed files only .csv.gz is read; unpack it"
    if mine:
        return f"files of {mine[1].path} end in {' or '.join(files_in(mine[1].format).endings)}"
    for folder in path.split("/")[:-1]:
        if folder.lower().endswith(known_endings()):
            return f"{folder} is called like a file, but is a folder; take its files out and name them so"
    top = path.split("/", 1)[0]
    if "/" not in path:
        return "no table has files outside of a folder"
    if any(folder.casefold().split("/", 1)[0] == top.casefold() for folder in _layout(tables)):
        return "no table has files in this folder"
    return f"no table has a folder {top}"
