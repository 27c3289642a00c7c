"""A dataset in a distribution of its own: a trusted table, read from CSV files, and a curated one."""

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
    max_rejected_fraction=0.5,
)

DIM_BOOK = Table(
    dataset="books",
    zone=Zone.CURATED,
    name="dim_book",
    grain="A book.",
    columns=(
        Column("book_key", Type.BIGINT, "Hash of the number.", nullable=False),
        Column("book_id", Type.INT, "Number of the book.", nullable=False),
        Column("title", Type.TEXT, "Its title."),
    ),
    key=("book_key",),
)

BOOKS = Dataset(name="books", title="Books", tables=(BOOK, DIM_BOOK))
"""

FLOW = """
from pyspark.sql import functions as F

from covid_lake.flows import Flow, Step, from_landing
from tiny_books.contracts import BOOK, BOOKS, DIM_BOOK


def dim_book(frames):
    return frames["trusted.book"].withColumn("book_key", F.xxhash64("book_id"))


FLOW = Flow(BOOKS, (from_landing(BOOK, lambda records: records), Step(DIM_BOOK, dim_book, requires=((BOOK,),))))
"""


def install_books(folder: Path, *, name: str = "tiny-books", package: str = "tiny_books", **files: str) -> Path:
    """Install the distribution below `folder`, which is to be put on Python's path.

    `files` are more modules of the package, or other texts of `contracts` and `flow`, by name without `.py`.
    """
    modules: Mapping[str, str] = {"__init__": "", "contracts": CONTRACTS, "flow": FLOW, **files}
    paths = {f"{package}/{module}.py": text for module, text in modules.items()}
    return install(folder, name, {GROUP: {"books": package}}, paths)
