"""Landing records as a frame: the header decides the columns, never the position, and nothing is inferred.

Files that share a header are one generation. All generations of a table are read in one scan, field by field, and each
contract column picks its field by the generation of the row's file: one scan means one plan to compile and one set of
tasks, where a union of a scan per generation would repeat every expression behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from covid_lake.contracts import Format, Table, column_for_header
from covid_lake.landing.formats import files_in
from covid_lake.landing.formats.interface import Scan
from covid_lake.landing.formats.records import LINE, SURPLUS, position
from covid_lake.landing.inventory import LandingFile
from covid_lake.landing.names import format_of

RECORD = "_record"
GENERATION = "_generation"
# For some control signs JSON has a number alone, and engines write its letters in either case. Until they are written,
# signs that no text has (Unicode's noncharacters) stand for them.
STAND_INS = {sign: chr(0xFDD0 + i) for i, sign in enumerate("\x0b\x0e\x0f\x1a\x1b\x1c\x1d\x1e\x1f")}

# How an engine reads a scan: every record as texts, in a column `_c0`, `_c1` and so on for each place in the widest
# header, `_surplus` for text in a field past them, `source_file` below the landing folder, `_line`,
# and the columns of `facts_of_files`.
Texts = Callable[[Format, Scan], DataFrame]


def read_landing(table: Table, files: Sequence[LandingFile], read_texts: Texts) -> DataFrame:
    """All records of the files as text, one row a record.

    Columns: the contract's source columns; `source_file` below the landing folder; `source_row_hash` over the fields as
    they arrived; `_surplus`, text in a field past the header's last; `_record`, the record as JSON by the header; of a
    table whose files hold a day each, that day under the name that the table has for it, and its partition; `_line`,
    the line on which the record begins, null where the engine does not know it or was not asked for it.
    """
    by_format: dict[Format, list[LandingFile]] = {}
    for file in files:
        by_format.setdefault(format_of(table, file.path), []).append(file)
    frames = [
        _by_contract(read_texts(form, scan), table, scan)
        for form, chosen in by_format.items()
        for scan in files_in(form).scans(chosen)
    ]
    return reduce(DataFrame.unionByName, frames)


def _by_contract(texts: DataFrame, table: Table, scan: Scan) -> DataFrame:
    values = [_field_of(scan, table, column.name).alias(column.name) for column in table.source_columns]
    fields = [position(i) for i in range(scan.width)]
    return texts.select(
        *values,
        "source_file",
        F.xxhash64(*fields).alias("source_row_hash"),
        _by_generation([F.col(SURPLUS if w == scan.width else position(w)) for w in map(len, scan.headers)]).alias(
            SURPLUS
        ),
        _by_generation([_record(header) for header in scan.headers]).alias(RECORD),
        *day_columns(table),
        LINE,
    )


def day_columns(table: Table) -> tuple[str, ...]:
    """The columns that a record has from its file's name, where each file holds one day: the day and its partition."""
    daily = table.landing.daily if table.landing else None
    return (daily.column, *table.partition_by) if daily else ()


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of landing files before they are read."""

    names: tuple[str, ...]
    """The columns: `_generation` where there are several, and where each file holds one day, this day and its
    partition."""
    by_file: Mapping[str, tuple[str | date | None, ...]]
    """The values of these columns for each file."""


def facts_of_files(table: Table, scan: Scan) -> FileFacts:
    """What every record of a file has in common, beside the file's path."""
    generations = {header: str(i) for i, header in enumerate(scan.headers)}
    daily = table.landing.daily if table.landing else None
    has_generations = len(scan.headers) > 1
    by_file: dict[str, tuple[str | date | None, ...]] = {}
    for file in scan.files:
        its: list[str | date | None] = [generations[file.inspection.header]] if has_generations else []
        if daily:
            day = daily.day_of(file.path)
            its += [day, table.partitioning.value_of(day) if day and table.partitioning else None]
        by_file[file.path] = tuple(its[: has_generations + len(day_columns(table))])
    return FileFacts((*([GENERATION] if has_generations else []), *day_columns(table)), by_file)


def _field_of(scan: Scan, table: Table, name: str) -> Column:
    """The column's field, at the place that each generation has it; null in a generation without it."""
    fields = []
    for header in scan.headers:
        places = [
            i for i, key in enumerate(header) if (c := column_for_header(table.source_columns, key)) and c.name == name
        ]
        fields.append(F.coalesce(*(F.col(position(i)) for i in places)) if places else F.lit(None).cast("string"))
    return _by_generation(fields)


def _by_generation(choices: Sequence[Column]) -> Column:
    """One of the choices by the generation of the row's file; plainly the choice where all are the same."""
    if len({str(choice) for choice in choices}) == 1:
        return choices[0]
    first, *others, last = choices
    chosen = F.when(_is_of_generation(0), first)
    for i, choice in enumerate(others, start=1):
        chosen = chosen.when(_is_of_generation(i), choice)
    return chosen.otherwise(last)


def _is_of_generation(i: int) -> Column:
    return F.col(GENERATION) == str(i)


def _record(header: Sequence[str]) -> Column:
    """The fields as JSON by the header's names, the same on every engine."""
    fields = {name or position(i): F.col(position(i)) for i, name in enumerate(header)}
    plain = F.to_json(F.struct(*(field.alias(name) for name, field in fields.items())))
    signs, stand_ins = "".join(STAND_INS), "".join(STAND_INS.values())
    changes = str.maketrans(signs, stand_ins)
    by_stand_ins = {name.translate(changes): F.translate(field, signs, stand_ins) for name, field in fields.items()}
    written = F.to_json(F.struct(*(field.alias(name) for name, field in by_stand_ins.items())))
    for sign, stand_in in STAND_INS.items():
        written = F.replace(written, F.lit(stand_in), F.lit(f"\\u{ord(sign):04X}"))
    return F.when(plain.contains("\\u00"), written).otherwise(plain)
