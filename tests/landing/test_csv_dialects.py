"""Fields of CSV in other dialects than covid19's, read as Spark reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from covid_lake.contracts import Csv
from covid_lake.landing.formats.csv import CsvFiles
from covid_lake.landing.formats.csv_fields import UnmarkedQuote, split_record
from covid_lake.landing.formats.interface import Inspection, Scan
from covid_lake.landing.inventory import LandingFile
from spark_examples import spark_examples

NAMES = tuple(f"c{i}" for i in range(12))
DIALECTS = {
    "backslashes": Csv(delimiter=";", escape="\\", names=NAMES),
    "backslashes and tabs": Csv(delimiter="\t", escape="\\", names=NAMES),
    "apostrophes": Csv(delimiter="|", quote="'", escape="'", names=NAMES),
    "tabs": Csv(delimiter="\t", names=NAMES),
}


def is_plain(line: str, form: Csv) -> bool:
    """Whether inspection lets a file of the line pass, and Spark takes it for a record."""
    try:
        fields, is_open = split_record(line, form)
    except UnmarkedQuote:
        return False
    return bool(line.strip()) and not is_open and len(fields) <= len(NAMES)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(lines=st.lists(st.text("\"'\\;|\t ab", min_size=1, max_size=12), min_size=300, max_size=400))
@spark_examples(3)
def test_the_fields_of_a_line_are_those_of_spark(
    dialect: str, lines: list[str], spark_on_java: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    form = DIALECTS[dialect]
    chosen = [line for line in lines if is_plain(line, form)]
    assert len(chosen) > 20
    file = tmp_path_factory.mktemp("dialects") / "1.csv"
    file.write_text("\n".join(chosen) + "\n", newline="")
    scan = Scan((LandingFile("1.csv", 0, "", Inspection("", NAMES)),), (NAMES,))
    rows = (
        CsvFiles(form)
        .read_texts(spark_on_java, scan, [file.as_uri()])
        .drop("_surplus", "_metadata", "_padding")
        .collect()
    )
    expected = [split_record(line, form)[0] for line in chosen]
    assert [list(row) for row in rows] == [fields + [None] * (len(NAMES) - len(fields)) for fields in expected]
