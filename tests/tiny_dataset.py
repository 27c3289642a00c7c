"""A dataset in a distribution of its own: one trusted table, read from CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from distributions import install

GROUP = "covid_lake.datasets"

CONTRACTS = """
from covid_lake.contracts import Column, Dataset, Landing, Table, Type, Zone

BOOK = Table(
    dataset="books",
    zone=Zone.TRUSTED,
    name="book",
    grain="A book.",
    columns=(
        Column("book_id", Type.INT, "Number of the book.", spellings=("id",), required=True, nullable=False),
        Column("title", Type.TEXT, "Its title.", spellings=("title",)),
        Column("source_file", Type.TEXT, "Landing file.", nullable=False),
        Column("source_row_hash", Type.BIGINT, "Hash of the record.", nullable=False),
        Column("run_id", Type.TEXT, "Run that wrote the row.", nullable=False),
    ),
    key=("book_id",),
    landing=Landing(csv=("books",)),
    newest_by=("source_file",),
)

BOOKS = Dataset(name="books", title="Books", tables=(BOOK,))
"""


def install_books(folder: Path, *, name: str = "tiny-books", package: str = "tiny_books", **files: str) -> Path:
    """Install the distribution below `folder`, which is to be put on Python's path.

    `files` are the package's modules besides `contracts`, or instead of it, by name without `.py`.
    """
    modules: Mapping[str, str] = {"__init__": "", "contracts": CONTRACTS, **files}
    paths = {f"{package}/{module}.py": text for module, text in modules.items()}
    return install(folder, name, {GROUP: {"books": package}}, paths)
