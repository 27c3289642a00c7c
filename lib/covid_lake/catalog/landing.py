"""Landing files as Athena reads them: a table over the files as delivered, and a typed view beside it.

CSV is read by position, by the header that all files of the folder share; where they don't share one, the table has
their lines as they are. JSON and Parquet are read by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from covid_lake import paths
from covid_lake.catalog.column_types import hive_type
from covid_lake.catalog.descriptions import Field, FileLayout, HiveTable, View
from covid_lake.catalog.tables import PARQUET_LAYOUT
from covid_lake.catalog.typed_views import TYPED, typed_columns, typed_view_of_columns, typed_view_of_lines
from covid_lake.contracts import Column, Csv, Folder, Format, JsonLines, Parquet, Table, Zone, column_for_header
from covid_lake.datasets.registry import database_name
from covid_lake.landing.inventory import LandingFile
from covid_lake.landing.names import files_by_folder

LINE: Final = "line"
# A sign that no text file of a lake holds: OpenCSVSerde would otherwise drop backslashes.
NEVER: Final = "\x01"
MAX_COMMENT: Final = 255

TEXT_INPUT: Final = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT: Final = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
CSV_SERDE: Final = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
LINE_SERDE: Final = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
JSON_SERDE: Final = "org.apache.hive.hcatalog.data.JsonSerDe"
OPENX_JSON_SERDE: Final = "org.openx.data.jsonserde.JsonSerDe"
# Times as Spark tells them apart; Hive has one type of them.
_TIMES: Final = frozenset({"int96", "timestamp_ntz"})


def landing_entries(table: Table, files: Iterable[LandingFile] = ()) -> tuple[HiveTable, View]:
    """The table over a table's landing files, and its typed view.

    `files` are those of the dataset's inventory. The folder is the first of the contract's that has files, which is the
    one that a run reads; its files' headers decide the columns, those of refused files too, for Athena reads them all.
    Without files it is the first folder, with the header that the contract declares. `ValueError` for a table without
    landing files.
    """
    if table.landing is None:
        raise ValueError(f"{table.id} has no landing files")
    by_path = {file.path: file for file in files}
    found = next(iter(files_by_folder(table, by_path).items()), None)
    path, own = (found[0], [by_path[one] for one in found[1]]) if found else (table.landing.paths[0], [])
    folder = next(place for place in table.landing.places if place.path == path)
    described = [file for file in own if file.inspection.header]
    headers = list(dict.fromkeys(file.inspection.header for file in described))
    if not headers or (isinstance(folder.format, JsonLines) and len(described) < len(own)):
        # Nobody knows the keys of a file that was refused: they may be those that the contract knows.
        headers.append(_missing(table, folder.format, headers))
    types = {
        name: type_
        for file in described
        for name, type_ in zip(file.inspection.header, file.inspection.types, strict=False)
    }
    return _table(table, folder, headers, own, types), _view(table, folder, headers)


def default_header(table: Table, form: Format) -> tuple[str, ...]:
    """The names in the files' header, as far as the contract knows without a file."""
    if isinstance(form, Csv) and form.names:
        return form.names
    declared = table.landing.header if table.landing else ()
    return declared or tuple(column.spellings[0] for column in table.source_columns)


def _missing(table: Table, form: Format, headers: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The names of the contract's columns that no header has."""
    known = {column_for_header(table.source_columns, name) for header in headers for name in header}
    names = default_header(table, form)
    return tuple(name for name in names if column_for_header(table.source_columns, name) not in known)


def has_raw_lines(table: Table, form: Format, headers: Sequence[Sequence[str]]) -> bool:
    """Whether the table has lines instead of columns, because its CSV files differ in their headers."""
    if not isinstance(form, Csv) or form.names:
        return False
    declared = table.landing is None or table.landing.shares_header
    return not declared or len({tuple(name.strip().casefold() for name in header) for header in headers}) > 1


def column_names(header: Sequence[str]) -> tuple[str, ...]:
    """Names that Athena supports, of names in a header: small letters, digits and underscores.

    A name without any is called by its position, as is one that stands twice: `column_3`, `cases_5`.
    """
    names: list[str] = []
    for position, given in enumerate(header, start=1):
        name = re.sub("[^a-z0-9_]+", "_", given.strip().lower()).strip("_") or f"column_{position}"
        names.append(name if name not in names else f"{name}_{position}")
    return tuple(names)


def _table(
    table: Table,
    folder: Folder,
    headers: Sequence[Sequence[str]],
    files: Sequence[LandingFile],
    types: dict[str, str],
) -> HiveTable:
    form = folder.format
    if has_raw_lines(table, form, headers):
        columns: tuple[Field, ...] = (Field(LINE, "string", "A line of a file, its header row among them"),)
        layout, parameters = _lines_layout(), {"classification": "csv"}
        kind = "The files' lines as delivered, for their headers differ."
    elif isinstance(form, Csv):
        names = column_names(headers[0])
        columns = tuple(_field(table, name, given) for name, given in zip(names, headers[0], strict=True))
        layout = _csv_layout(form)
        parameters = {"classification": "csv"} | ({} if form.names else {"skip.header.line.count": "1"})
        kind = "As delivered, every column text."
    elif isinstance(form, JsonLines):
        keys = tuple(dict.fromkeys(key for header in headers for key in header))
        names = column_names(keys)
        columns = tuple(_field(table, name, key) for name, key in zip(names, keys, strict=True))
        layout = _json_layout(dict(zip(names, keys, strict=True)), files)
        parameters = {"classification": "json"}
        kind = "As delivered, every column text."
    else:
        keys = tuple(dict.fromkeys(name for header in headers for name in header))
        columns = tuple(_parquet_field(table, name, types) for name in keys)
        layout, parameters = PARQUET_LAYOUT, {"classification": "parquet"}
        kind = "As delivered."
    return HiveTable(
        database=database_name(table.dataset, Zone.LANDING),
        name=table.name,
        comment=" ".join([f"Landing files of: {table.grain}", kind, *_warnings(form, files)]),
        columns=columns,
        location=f"{paths.landing(table.dataset)}/{folder.path}",
        layout=layout,
        parameters=parameters,
    )


def _view(table: Table, folder: Folder, headers: Sequence[Sequence[str]]) -> View:
    form = folder.format
    source = f'"{database_name(table.dataset, Zone.LANDING)}"."{table.name}"'
    if isinstance(form, Csv) and has_raw_lines(table, form, headers):
        sql = typed_view_of_lines(table, form, source)
    else:
        is_parquet = isinstance(form, Parquet)
        keys = tuple(dict.fromkeys(name for header in headers for name in header))
        names = tuple(key.lower() for key in keys) if is_parquet else column_names(keys)
        sql = typed_view_of_columns(table, dict(zip(names, keys, strict=True)), source, are_texts=not is_parquet)
    return View(
        database=database_name(table.dataset, Zone.LANDING),
        name=f"{table.name}{TYPED}",
        comment=f"Typed landing records of: {table.grain} A value that can't be read as its column's type is NULL.",
        columns=typed_columns(table),
        sql=sql,
    )


def _lines_layout() -> FileLayout:
    return FileLayout(TEXT_INPUT, TEXT_OUTPUT, LINE_SERDE, {"field.delim": NEVER, "serialization.format": NEVER})


def _csv_layout(form: Csv) -> FileLayout:
    escape = form.escape if form.escape != form.quote else NEVER
    return FileLayout(
        TEXT_INPUT,
        TEXT_OUTPUT,
        CSV_SERDE,
        {"separatorChar": form.delimiter, "quoteChar": form.quote, "escapeChar": escape},
    )


def _json_layout(keys: dict[str, str], files: Sequence[LandingFile]) -> FileLayout:
    """Hive's own class, or OpenX's for what would end a query with Hive's: odd keys, blank lines, refused files.

    OpenX's maps columns to any keys, and makes a row of NULLs of a line that is no JSON. Hive's class is preferred
    because AWS says of OpenX's that its results may have more or fewer rows than the files.
    """
    is_plain = all(name == key.lower() for name, key in keys.items())
    if is_plain and not any(file.inspection.blank_lines or file.inspection.fault for file in files):
        return FileLayout(TEXT_INPUT, TEXT_OUTPUT, JSON_SERDE)
    mapped = {f"mapping.{name}": key for name, key in keys.items() if name != key}
    own = {"case.insensitive": "false", "ignore.malformed.json": "true"}
    return FileLayout(TEXT_INPUT, TEXT_OUTPUT, OPENX_JSON_SERDE, own | mapped)


def _field(table: Table, name: str, given: str) -> Field:
    column = column_for_header(table.source_columns, given)
    return Field(name, "string", _comment(column, given))


def _parquet_field(table: Table, given: str, types: dict[str, str]) -> Field:
    column = column_for_header(table.source_columns, given)
    type_ = types.get(given) or (hive_type(column) if column else "string")
    return Field(given.lower(), "timestamp" if type_ in _TIMES else type_, _comment(column, given))


def _comment(column: Column | None, given: str) -> str:
    if column is None:
        return f"{given}: the contract has no such column"[:MAX_COMMENT]
    return column.comment


def _warnings(form: Format, files: Sequence[LandingFile]) -> list[str]:
    """What Athena reads otherwise than a run does, of the files that are there."""
    found = [file.inspection for file in files]
    warnings = []
    if any(one.multiline for one in found):
        warnings.append("Some quoted values hold line ends, which Athena takes for the ends of records.")
    if any(one.blank_lines for one in found):
        warnings.append("Some lines are blank: rows of NULLs.")
    if isinstance(form, Csv) and form.encoding != "utf-8":
        warnings.append(f"The files are {form.encoding}, and Athena reads them as UTF-8.")
    return warnings
