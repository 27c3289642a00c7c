"""What AWS Glue's crawlers make of CSV files, by the rules that AWS documents, beside what the contracts say.

    python bench/crawled.py ../shared/data/covid19-lake ../shared/data/jhu > table.md

No crawler runs here. The rules are those of the Glue Developer Guide ("Built-in CSV classifier") and of AWS re:Post
("How does the AWS Glue crawler detect the schema?"): a crawler reads the first 1,000 records or the first megabyte of a
file; a column's type is bigint or double if all its values are, and string otherwise; the first row is the header only
if all its values are strings of less than 150 characters and some column below it is none of strings; without a header
the columns are called col0, col1 and so on; and the table that it makes splits lines at every comma, quoted or not
(LazySimpleSerDe). Where the guide says nothing, the more favourable reading is taken: empty values don't decide a type,
and types are inferred from values that were split as the quotes say.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from covid_lake.contracts import Table, Type, column_for_header
from covid_lake.datasets import registry
from covid_lake.landing.names import files_by_folder

SAMPLE_RECORDS = 1_000
SAMPLE_BYTES = 1 << 20
LONGEST_NAME = 150
_RANKS = {"bigint": 0, "double": 1, "string": 2}


@dataclass(frozen=True, slots=True)
class Crawled:
    """What a crawler makes of a file."""

    header: tuple[str, ...] | None
    """The names of the columns; None where the first row is taken for data."""
    types: tuple[str, ...]
    """The columns' types in their order."""


@dataclass(frozen=True, slots=True)
class Harm:
    """What that costs in the file's records."""

    records: int
    """The records, the header not among them."""
    shifted: int
    """Records with a comma within quotes: what follows it stands in other columns."""
    lost_zeros: Counter[str]
    """Codes of the contract that are numbers here, by column: how many lose a zero at their front."""
    short: Counter[str]
    """The same columns: how many came without their zeros, which the contract gives back."""


def type_of(text: str) -> str:
    """The type that a value has for a crawler."""
    try:
        number = float(text)
    except ValueError:
        return "string"
    return "bigint" if text.strip().lstrip("+-").isdigit() and number == number else "double"


def crawl(text: str) -> Crawled:
    """What a crawler makes of the file by its first records."""
    sample = list(_records(text[:SAMPLE_BYTES]))[: SAMPLE_RECORDS + 1]
    first, below = sample[0], sample[1:]
    types = _types(below, len(first))
    is_header = all(type_of(name) == "string" and len(name) < LONGEST_NAME for name in first)
    if is_header and any(type_ != "string" for type_ in types):
        return Crawled(tuple(first), types)
    return Crawled(None, _types(sample, len(first)))


def harm(text: str, crawled: Crawled, contract: Table) -> Harm:
    """What the crawler's table costs in the whole file."""
    header, *records = _records(text)
    found = Harm(len(records), _shifted(text), Counter(), Counter())
    for position, (name, type_) in enumerate(zip(header, crawled.types, strict=True)):
        column = column_for_header(contract.source_columns, name)
        if column is None or column.type is not Type.TEXT or type_ == "string":
            continue
        values = [record[position] for record in records if position < len(record) and record[position]]
        found.lost_zeros[name] += sum(value[0] == "0" and len(value) > 1 for value in values)
        found.short[name] += sum(len(value) < (column.pad or 0) for value in values)
    return found


def _shifted(text: str) -> int:
    lines = text.splitlines()[1:]
    return sum('"' in line and len(next(csv.reader([line]))) < len(line.split(",")) for line in lines)


def report(folders: Sequence[Path]) -> Iterator[str]:
    """A Markdown table: a row for each table with CSV files."""
    yield "| table | files | columns' names | codes that become numbers | records with shifted values |"
    yield "|---|---|---|---|---|"
    for table in registry.dataset("covid19").tables:
        files = [path for folder in folders for path in _csv_files(table, folder)]
        if files:
            yield _row(table, [_text(path) for path in files])


def _row(table: Table, texts: Sequence[str]) -> str:
    crawled = [crawl(text) for text in texts]
    harms = [harm(text, one, table) for text, one in zip(texts, crawled, strict=True)]
    headers = {one.header for one in crawled}
    if None in headers:
        names = ", ".join(f"`col{position}`" for position in range(len(crawled[0].types))) + ": the header is a row"
    else:
        names = "found" if len(headers) == 1 else f"{len(headers)} different headers"
    lost = sum((one.lost_zeros for one in harms), Counter[str]())
    short = sum((one.short for one in harms), Counter[str]())
    columns = dict.fromkeys(name for one in harms for name in one.lost_zeros)
    codes = [f"`{name}`: {lost[name]:,} lose a zero, {short[name]:,} came without" for name in columns]
    shifted, records = sum(one.shifted for one in harms), sum(one.records for one in harms)
    return f"| `{table.name}` | {len(texts)} | {names} | {'; '.join(codes) or 'none'} | {shifted:,} of {records:,} |"


def _types(records: Iterable[Sequence[str]], width: int) -> tuple[str, ...]:
    found = ["bigint"] * width
    seen = [False] * width
    for record in records:
        for position, value in enumerate(record[:width]):
            if value:
                seen[position] = True
                found[position] = max(found[position], type_of(value), key=_RANKS.__getitem__)
    return tuple(type_ if was_seen else "string" for type_, was_seen in zip(found, seen, strict=True))


def _records(text: str) -> Iterator[list[str]]:
    return (record for record in csv.reader(io.StringIO(text)) if record)


def _csv_files(table: Table, folder: Path) -> list[Path]:
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    by_folder = files_by_folder(table, found)
    chosen = next((paths for paths in by_folder.values() if paths[0].lower().endswith((".csv", ".csv.gz"))), [])
    return [folder / path for path in chosen]


def _text(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")


if __name__ == "__main__":
    print("\n".join(report([Path(argument) for argument in sys.argv[1:]])))
