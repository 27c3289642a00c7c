"""Landing files without one person's records: the only change that the library ever makes to a file as delivered."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from covid_lake import paths
from covid_lake.contracts import Csv, JsonLines, Table, column_for_header
from covid_lake.errors import SettingsError
from covid_lake.landing.formats.csv_fields import split_rows
from covid_lake.landing.formats.text import BLANKS, BYTE_ORDER_MARK
from covid_lake.landing.inventory import LandingFile
from covid_lake.landing.names import files_by_folder, format_of, is_gzip
from covid_lake.store.storage import Storage

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ErasedFile:
    """A landing file that holds records of the person."""

    path: str
    """The file, below the dataset's landing folder."""
    table: str
    """The table's id."""
    records: int
    """How many records are the person's."""


def folded(value: str) -> str:
    """A value without capitals and surrounding blanks, so that two spellings of one person are equal."""
    return value.strip().casefold()


def landing_records(storage: Storage, table: Table, paths_: Collection[str]) -> Iterator[Values]:
    """The values of each record, by the contract's names of the columns."""
    for path in paths_:
        content = _unpacked(path, storage.read(f"{paths.landing(table.dataset)}/{path}"))
        for _, values in _records(path, content, table):
            yield values


def own_paths(table: Table, files: Mapping[str, LandingFile]) -> list[str]:
    """All landing files of the table, also those of a folder that is not read because another one is preferred."""
    return [path for found in files_by_folder(table, files).values() for path in found]


def find_in_file(
    storage: Storage, table: Table, path: str, is_own: Callable[[Values], bool]
) -> tuple[ErasedFile, bytes] | None:
    """The file's content without the person's records; None for a file without any.

    The content is empty where no other record is left; the names of a CSV file's columns stay.
    """
    packed = storage.read(f"{paths.landing(table.dataset)}/{path}")
    kept, removed = io.BytesIO(), 0
    for text, values in _records(path, _unpacked(path, packed), table):
        if values and is_own(values):
            removed += 1
        else:
            kept.write(text)
    if not removed:
        return None
    content = kept.getvalue()
    if not content.strip(BLANKS):  # a file of blank lines would be refused as empty
        content = b""
    packs = is_gzip(path) and content
    return ErasedFile(path, table.id, removed), gzip.compress(content, mtime=0) if packs else content


def _unpacked(path: str, content: bytes) -> bytes:
    return gzip.decompress(content) if is_gzip(path) else content


def _records(path: str, content: bytes, table: Table) -> Iterator[tuple[bytes, Values]]:
    """The parts of the file in their order, each with the values of its record; a header and a blank line have none."""
    form = format_of(table, path)
    if isinstance(form, JsonLines):
        yield from _json_records(content, table)
    elif isinstance(form, Csv):
        yield from _csv_records(content, table, form)
    else:
        raise SettingsError(f"{path}: records can be removed from CSV and JSON lines only; remove the file's by hand")


def _json_records(content: bytes, table: Table) -> Iterator[tuple[bytes, Values]]:
    for line in content.splitlines(keepends=True):
        text = line.decode("utf-8-sig").strip()
        fields = json.loads(text) if text else {}
        yield line, _values(table, {name: value for name, value in fields.items() if value is not None})


def _csv_records(content: bytes, table: Table, form: Csv) -> Iterator[tuple[bytes, Values]]:
    text = content.decode(form.encoding)
    lines = io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    header: Sequence[str] = form.names
    for row in split_rows(lines, form):
        values: Values = {}
        fields = [value or "" for value in row.fields]
        if not header:
            header = fields
        elif row.record:
            values = _values(table, dict(zip(header, fields, strict=False)))
        yield f"{mark}{row.record}{row.end}".encode(form.encoding), values
        mark = ""


def _values(table: Table, fields: Mapping[str, object]) -> Values:
    found = ((column_for_header(table.source_columns, name), value) for name, value in fields.items())
    return {column.name: str(value) for column, value in found if column}
