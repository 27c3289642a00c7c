"""CSV that OpenCSVSerde reads otherwise than a run does: what Trino's own reader makes of it, what the catalog says."""

from __future__ import annotations

from collections import Counter

import boto3
import pytest

from covid_lake.contracts import Column, Dataset, Landing, Table, Type, Zone
from covid_lake.landing.arrivals import land
from covid_lake.publish.catalog.glue import GlueTableCatalog
from covid_lake.publish.catalog.publisher import CatalogPublisher
from covid_lake.publish.publisher import Published
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import open_storage
from lake_runs import no_engine
from server import Trino
from trino_lakes import made_up_datasets

NOTE = Table(
    dataset="notes",
    zone=Zone.TRUSTED,
    name="note",
    grain="A note.",
    columns=(
        Column("number", Type.INT, "Number of the note.", spellings=("number",), required=True, nullable=False),
        Column("said", Type.TEXT, "What it says.", spellings=("said",)),
        Column("source_file", Type.TEXT, "Landing file.", nullable=False),
        Column("source_row_hash", Type.BIGINT, "Hash of the record.", nullable=False),
        Column("run_id", Type.TEXT, "Run that wrote the row.", nullable=False),
    ),
    key=("number",),
    landing=Landing(csv=("notes",)),
    newest_by=("source_file",),
    max_rejected_fraction=0.5,
)
NOTES = Dataset(name="notes", title="Notes", tables=(NOTE,))
LINES = (
    "number,said",
    '1,"a comma, and ""quotes"" inside"',
    r"2,C:\temp",
    r'3,"C:\temp\"',
    "",
    '4,"two',
    'lines"',
)


@pytest.fixture(scope="module")
def notes(emulator: str) -> None:
    """A landed file of notes, which the catalog shows."""
    boto3.client("s3").create_bucket(Bucket="trino-notes")
    delivered, lake = open_storage("s3://trino-notes/delivered"), open_storage("s3://trino-notes/lake")
    delivered.write("notes/notes.csv", "\n".join((*LINES, "")).encode())
    landed = land(NOTES, [delivered], lake, "landing")
    assert not landed.refused, landed.refused
    published = Published(lake, NOTES, current_snapshot(lake, NOTES.name), no_engine)
    with made_up_datasets():
        report = CatalogPublisher(GlueTableCatalog(lake)).bring_up_to(published)
    assert not report.error, report.error


def test_a_backslash_is_a_sign_like_any_other(notes: None, trino: Trino) -> None:
    assert trino.rows("SELECT number, said FROM notes_landing.note WHERE number IN ('1', '2', '3')") == [
        ("1", 'a comma, and "quotes" inside'),
        ("2", r"C:\temp"),
        ("3", "C:\\temp\\"),
    ]


def test_a_line_end_in_quotes_and_a_blank_line_make_rows_of_their_own(notes: None, trino: Trino) -> None:
    others = "SELECT number, said FROM notes_landing.note WHERE coalesce(number, '') NOT IN ('1', '2', '3')"
    assert Counter(trino.rows(others)) == {("4", None): 1, (None, None): 2}
    typed = "SELECT number, said FROM notes_landing.note_typed WHERE coalesce(number, 0) NOT IN (1, 2, 3)"
    assert Counter(trino.rows(typed)) == {(4, None): 1, (None, None): 2}


def test_the_table_says_which_of_these_its_files_have(notes: None) -> None:
    table = boto3.client("glue").get_table(DatabaseName="notes_landing", Name="note")["Table"]
    assert "Some quoted values hold line ends" in table["Description"]
    assert "Some lines are blank" in table["Description"]
