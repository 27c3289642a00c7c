"""What is said of a query that cannot be read or answered: where, what is wrong, and what may be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from covid_lake.cli.main import main
from covid_lake.errors import LakeError
from covid_lake.reading.lake import Lake

FACTS = "covid19_curated.fact_cases"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("", "there is no query; ask with SELECT"),
        ("SELCT 1", "SELCT is not answered, did you mean SELECT?"),
        (f"DELETE FROM {FACTS}", "DELETE is not answered, a query only reads"),
        ("SELECT 1; SELECT 2", "ask one query at a time"),
        ("SHOW CREATE TABLE x", "there is SHOW DATABASES, SHOW TABLES"),
        (f"SELECT * FORM {FACTS}", "line 1, column 15: 'covid19_curated' is not expected there; did you mean FROM"),
        (f"SELECT *\nFROM {FACTS} WHER month = '2020-03'", "line 2, column 38: 'month' is not expected there"),
        ("SELECT 1 +", "the query ends after '+', where something is missing"),
        (f"SELECT * FROM {FACTS} WHERE", "the query ends after 'WHERE'"),
        (f"SELECT (source FROM {FACTS}", "a bracket is not closed before 'FROM'"),
        (f"SELECT source) FROM {FACTS}", "')' is not expected there; no bracket is open there"),
        (f"SELECT\n 'a FROM {FACTS}", "line 2, column 2: a text that begins with ' is not closed"),
        ("SELECT /* a", "a comment is not closed"),
        (f"SELECT TOP 5 * FROM {FACTS}", "write LIMIT 5 at the end"),
        (f"SELECT `source` FROM {FACTS}", "names stand in double quotes"),
        (f"SELECT * FROM {FACTS} LIMIT 5 OFFSET 10", "OFFSET stands before LIMIT in Athena"),
        ("SELECT CAST(1 AS string)", "'string' is no type of Athena's; there is varchar"),
        (f"SELECT confirmd FROM {FACTS}", 'the column "confirmd" does not exist; did you mean "confirmed"'),
        (f'SELECT "US" FROM {FACTS}', "a text stands in single quotes"),
        (f"SELECT x.source FROM {FACTS} AS f", 'the column "x.source" does not exist; in FROM there is f'),
        (f"SELECT source AS s FROM {FACTS} WHERE s = 'a'", '"s" is an alias of the same SELECT'),
        (f"SELECT * FROM {FACTS} WHERE date_key = '20200301'", "write the number without quotes"),
        ("SELECT 1 WHERE DATE '2020-03-01' = '2020-03-01'", "write DATE '2020-03-01' or TIMESTAMP"),
        ("SELECT datediff(DATE '2020-03-01', DATE '2020-03-02')", "use date_diff('day', since, until)"),
        ("SELECT lenght('a')", "lenght is not answered here; did you mean length"),
        (f"SELECT * FROM {FACTS} FOR VERSION AS OF 1", "ask Trino for others, with --engine trino"),
        ("SELECT * FROM fact_case", "no table is called fact_case; did you mean covid19_curated.fact_cases"),
        ("SELECT * FROM other.covid19_curated.fact_cases", "there is no catalog but AwsDataCatalog"),
        (f"SELECT * FROM {FACTS}", "was not built in this lake yet; build it with: covid-lake run covid19"),
        ("SELECT * FROM covid19_landing.state_abv", "has no files in this lake; bring them to"),
        ("SHOW TABLES IN covid20", "no database is called covid20; there is covid19_curated"),
    ],
)  # fmt: skip
def test_the_message_says_what_is_wrong_and_what_may_be_meant(sql: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(LakeError) as fault:
        Lake(tmp_path).sql(sql)

    assert message in str(fault.value)
    assert "sqlglot" not in str(fault.value)
    assert "Error:" not in str(fault.value)


def test_a_folder_that_is_no_lake_is_told_by_the_command(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    asked = CliRunner().invoke(main, ["query", "SELECT 1", "--lake", str(tmp_path)])
    missing = CliRunner().invoke(main, ["query", "SELECT 1", "--lake", str(tmp_path / "nowhere")])

    assert asked.exit_code != 0
    assert "is no lake: it has none of a lake's folders" in asked.output
    assert "there is no lake at" in missing.output


def test_an_empty_lake_answers_what_needs_no_table(tmp_path: Path) -> None:
    lake = Lake(tmp_path)

    assert lake.sql("SELECT 1 + 1").rows == [(2,)]
    assert lake.sql("SHOW TABLES").rows == []
