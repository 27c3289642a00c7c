"""The formats of landing files. A new one is a module here, an entry in the table below, a class in the contracts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from covid_lake.contracts import Csv, Format, JsonLines, Parquet
from covid_lake.landing.formats.csv import CsvFiles
from covid_lake.landing.formats.interface import FileFormat
from covid_lake.landing.formats.json_lines import JsonFiles
from covid_lake.landing.formats.parquet import ParquetFiles

FILE_FORMATS: Mapping[type[Format], type[Any]] = {
    Csv: CsvFiles,
    JsonLines: JsonFiles,
    Parquet: ParquetFiles,
}


def files_in(form: Format) -> FileFormat:
    """What is to be known of files in the format that a contract names."""
    found: FileFormat = FILE_FORMATS[type(form)](form)
    return found


def known_endings() -> tuple[str, ...]:
    """How the names of landing files end, whatever their format."""
    return tuple(dict.fromkeys(ending for kind in FILE_FORMATS for ending in files_in(kind()).endings))
