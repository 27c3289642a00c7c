"""Write docs/queries.md: the questions that ship with covid19, and what each answers over the sample.

    covid-lake sample covid19 --out .sample && covid-lake run covid19 --from .sample --lake .lake
    .venv/bin/python scripts/answer_queries.py .lake docs/queries.md

The sample is the same on every machine, and so are the answers.
"""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import replace
from pathlib import Path

from covid_lake.datasets.queries import NamedQuery, named_queries
from covid_lake.reading.answers import format_csv
from covid_lake.reading.lake import Lake

SHOWN_ROWS = 5
HEAD = """# The questions of `covid19`, answered over the sample

Each is a query in Athena's SQL that ships with the dataset: `covid-lake query --name NAME` asks a lake, and
`--warehouse` or `--engine trino` asks another engine. The figures are made up, as the sample is (`covid-lake sample
covid19`); at most five rows of each answer are shown. Written by `scripts/answer_queries.py`.
"""


def section(lake: Lake, query: NamedQuery) -> str:
    """The question, what a row of its answer is, and the answer's first rows."""
    answer = lake.sql(query.sql)
    header, *rows = csv.reader(io.StringIO(format_csv(replace(answer, arrow=answer.arrow.slice(0, SHOWN_ROWS)))))
    lines = [header, ["---"] * len(header), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    count = f"The first of {len(answer):,} rows." if len(answer) > SHOWN_ROWS else f"All {len(answer):,} rows."
    return f"## `{query.name}`\n\n{query.question}\n\nA row is: {query.grain} {count}\n\n{table}\n"


def main(root: str, page: str) -> None:
    """Ask the lake at `root`, and write the page."""
    lake = Lake(root).fixed()
    sections = [section(lake, query) for query in named_queries("covid19")]
    Path(page).write_text("\n".join([HEAD, *sections]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
