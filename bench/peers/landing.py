"""What the peers know of the landing files: each checked whole, with its checksum, its header and its records."""

from __future__ import annotations

import csv
import gzip
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from feeds import Feed

THREADS = 2
SURPLUS = "_surplus"


@dataclass(frozen=True, slots=True)
class LandingFile:
    """A file that was found whole; `columns` are its fields' names in the table, in the header's order."""

    path: Path
    source_file: str
    sha256: str
    columns: tuple[str, ...]
    records: int

    @property
    def day(self) -> date | None:
        """The day in the name of a daily report; None where the name holds none."""
        try:
            return datetime.strptime(self.path.stem, "%m-%d-%Y").date()
        except ValueError:
            return None

    def body(self) -> bytes:
        """The lines below the header, each with its end."""
        text = unpacked(self.path, self.path.read_bytes()).split(b"\n", 1)[1]
        return text if text.endswith(b"\n") else text + b"\n"


def check_files(landing: Path, feed: Feed) -> list[LandingFile]:
    """Every CSV file of the feed below the landing folder, checked; raises `ValueError` for one that is not whole."""
    paths = sorted(path for pattern in feed.patterns for path in landing.glob(pattern))
    if not paths:
        raise ValueError(f"{feed.name}: no CSV file below {landing}; the peers read no JSON")
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda path: _check(feed, path, path.relative_to(landing).as_posix()), paths))


def generations(files: list[LandingFile]) -> dict[tuple[str, ...], list[LandingFile]]:
    """The files by what their fields mean."""
    found: dict[tuple[str, ...], list[LandingFile]] = {}
    for file in files:
        found.setdefault(file.columns, []).append(file)
    return found


def unpacked(path: Path, content: bytes) -> bytes:
    return gzip.decompress(content) if path.suffix == ".gz" else content


def _check(feed: Feed, path: Path, source_file: str) -> LandingFile:
    content = path.read_bytes()
    text = unpacked(path, content)
    if b"\0" in text:
        raise ValueError(f"{path}: a NUL byte")
    if not text.isascii():
        text = text.decode("utf-8-sig").encode()
    header = tuple(next(csv.reader([text[: text.index(b"\n")].decode()])))
    columns = tuple(_column(feed, name.strip()) for name in header)
    missing = {field.name for field in feed.fields if field.required} - set(columns)
    if missing:
        raise ValueError(f"{path}: no column {', '.join(sorted(missing))}")
    outside = text.split(b'"')[::2]
    lines = sum(piece.count(b"\n") for piece in outside)
    if lines != text.count(b"\n") or text.count(b'"') % 2:
        raise ValueError(f"{path}: a line end inside quotes; these feeds have none")
    last = text[text.rfind(b"\n") + 1 :]
    if last.strip() and len(next(csv.reader([last.decode()]))) < len(header):
        raise ValueError(f"{path}: cut short in its last line")
    blank = text.count(b"\n\n") + text.count(b"\n\r\n")
    records = lines - blank + bool(last.strip()) - 1
    return LandingFile(path, source_file, hashlib.sha256(content).hexdigest(), columns, records)


def _column(feed: Feed, name: str) -> str:
    for field in feed.fields:
        if any(name.casefold() == spelling.casefold() for spelling in field.spellings):
            return field.name
    return f"unknown_{name}"
