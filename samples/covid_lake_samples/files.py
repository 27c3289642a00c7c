"""Writing a sample's files: each is complete or absent, and an earlier sample gives way without a rest."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from covid_lake.errors import SettingsError
from covid_lake_samples.manifest import (
    MANIFEST_NAME,
    SampleFile,
    Tally,
    TruncatedFile,
    opening_manifest,
)

# Little is gained by more: the file is read once, and writing is what takes the time.
_GZIP_LEVEL = 2


def quote(text: str) -> str:
    """A CSV field, in quotes where it needs them."""
    if any(sign in text for sign in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def java_double(value: int) -> str:
    """A whole number as Java prints a double: `1234567.0`, and `1.2345678E7` from ten million on."""
    if abs(value) < 10_000_000:
        return f"{value}.0"
    digits = str(abs(value))
    fraction = digits[1:].rstrip("0") or "0"
    return f"{'-' if value < 0 else ''}{digits[0]}.{fraction}E{len(digits) - 1}"


class SampleFiles:
    """The files below one folder; keeps the list of what it wrote."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self.written: dict[str, SampleFile] = {}
        self.truncated: dict[str, TruncatedFile] = {}

    def start(self, planned: list[str]) -> None:
        """Make room: an earlier sample's files go, files of others stay.

        `planned` are the paths that are going to be written. Raises `SettingsError` where `out` is a file, or a folder
        with something in it that is no earlier sample.
        """
        if self._out.exists() and not self._out.is_dir():
            raise SettingsError(f"{self._out} is not a folder")
        if self._out.is_dir() and any(self._out.iterdir()):
            for path in self._earlier_files():
                (self._out / path).unlink(missing_ok=True)
        self._out.mkdir(parents=True, exist_ok=True)
        self._put(self._out / MANIFEST_NAME, opening_manifest(planned).encode())

    def _earlier_files(self) -> list[str]:
        try:
            body = json.loads((self._out / MANIFEST_NAME).read_text(encoding="utf-8"))
            paths = [*body["files"], *body.get("truncated_files", {})]
        except (OSError, ValueError, KeyError, TypeError):
            raise SettingsError(f"{self._out} is not empty and holds no earlier sample; name another folder") from None
        root = self._out.resolve()
        if not all((root / path).resolve().is_relative_to(root) for path in paths):
            raise SettingsError(f"{self._out / MANIFEST_NAME} names files outside of its folder")
        return paths

    def write(self, path: str, lines: list[str], tally: Tally, *, is_twin: bool = False, header_lines: int = 1) -> None:
        """Write a text file of one table and count its records."""
        self.write_bytes(path, ("\n".join(lines) + "\n").encode(), len(lines) - header_lines, tally, is_twin=is_twin)

    def write_bytes(self, path: str, body: bytes, records: int, tally: Tally, *, is_twin: bool = False) -> None:
        """Write a file of one table as it is; a twin's records are not counted, its CSV form holds them."""
        self._put(self._out / path, body)
        self._enter(path, SampleFile(tally.table, records, len(body), is_twin), tally)

    def write_truncated(self, path: str, body: bytes, entry: TruncatedFile) -> None:
        """Write a file that ends too early."""
        self._put(self._out / path, body)
        self.truncated[path] = entry

    def write_manifest(self, text: str) -> None:
        """Write the manifest, last of all."""
        self._put(self._out / MANIFEST_NAME, text.encode())

    @contextmanager
    def open_gzip(self, path: str, tally: Tally) -> Iterator[gzip.GzipFile]:
        """A gzip to write to bit by bit; it gets its name when the block ends well. Its records the tally has then."""
        target = self._out / path
        partial = self._partial(target)
        before = tally.records
        with partial.open("wb") as raw, gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as stream:
            yield stream
        partial.replace(target)
        records = tally.records - before
        tally.records = before
        self._enter(path, SampleFile(tally.table, records, target.stat().st_size), tally)

    def _enter(self, path: str, entry: SampleFile, tally: Tally) -> None:
        self.written[path] = entry
        if not entry.is_twin:
            tally.files += 1
            tally.records += entry.records

    def _put(self, target: Path, body: bytes) -> None:
        partial = self._partial(target)
        partial.write_bytes(body)
        partial.replace(target)

    @staticmethod
    def _partial(target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.with_name(f".{target.name}.partial")


def compress(body: bytes) -> bytes:
    """A gzip of its own, the same bytes for the same body."""
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)
