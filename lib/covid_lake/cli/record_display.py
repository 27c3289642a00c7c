"""Traces and refused records as lines for a person, down to the landing record; a trace also as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from covid_lake.provenance.refusals import RefusedFile, RefusedRecords
from covid_lake.provenance.trace import Arrival, Trace
from covid_lake.reading.answers import answer_grid, answer_of_arrow, plain_rows
from covid_lake.reading.grid import Column, Grid, Line, Page, grid_lines

BRANCH, LAST, GUIDE = "├── ", "└── ", "│   "
PLAIN_BRANCH, PLAIN_LAST, PLAIN_GUIDE = "+-- ", "`-- ", "|   "


def trace_lines(traced: Trace, page: Page) -> list[Line]:
    """The row with all its columns, and below it, as a tree, the rows that it was made of."""
    return [((str(traced.table), "bold"),), *grid_lines(_row(traced), page), *_branches(traced, page)]


def trace_json(traced: Trace) -> str:
    """The whole trace as one JSON object: `table`, `rows`, each with its `row` and its `landing`, and `behind`."""
    return json.dumps(_as_json(traced), indent=2, ensure_ascii=False, allow_nan=False)


def refused_lines(row: Mapping[str, Any]) -> list[Line]:
    """A refused record: its place, the reasons, and the record as it arrived."""
    line = f":{row['line']}" if row["line"] is not None else ""
    return [
        ((f"{row['source_file']}{line}", "green"),),
        *(((f"  {reason}", "yellow"),) for reason in row["reasons"]),
        ((f"  {row['record']}", "dim"),),
    ]


def refused_grid(records: Sequence[RefusedRecords]) -> Grid:
    """How many records each table refused, by rule and run."""
    columns = [Column("table"), Column("records", right=True), Column("rules", prose=True), Column("run")]
    rows = [
        (
            str(one.table),
            f"{one.records:,}",
            "\n".join(f"{count:,} × {rule}" for rule, count in one.by_rule.items()),
            one.run_id,
        )
        for one in records
    ]
    return Grid(columns, rows, "Refused records")


def refused_file(file: RefusedFile) -> list[Line]:
    """A refused file: its path, the run that refused it, the reason, and where it is kept."""
    since = f"refused by {file.run_id}" if file.run_id else "in the landing zone"
    return [((file.path, "bold red"), f" ({since}): {file.reason}"), ((f"  {file.location}", "dim"),)]


def _branches(traced: Trace, page: Page) -> list[Line]:
    """The branches below a row: its landing record, and the rows that it was made of."""
    below = page.narrower(len(BRANCH))
    branches = [_arrival(arrival) for arrival in traced.arrivals]
    if traced.note:
        branches.append([((traced.note, "dim"),)])
    branches += [_behind(behind, below) for behind in traced.behind]
    lines: list[Line] = []
    signs = (BRANCH, LAST, GUIDE) if page.is_unicode else (PLAIN_BRANCH, PLAIN_LAST, PLAIN_GUIDE)
    for number, branch in enumerate(branches, 1):
        first, rest = (signs[1], " " * len(LAST)) if number == len(branches) else (signs[0], signs[2])
        lines += [((first if at == 0 else rest, "dim"), *line) for at, line in enumerate(branch)]
    return lines


def _behind(traced: Trace, page: Page) -> list[Line]:
    shown = traced.rows.num_rows
    count = f"{traced.total:,} rows" if traced.total != 1 else "1 row"
    count += f", the first {shown:,} shown" if shown < traced.total else ""
    heading: Line = ((str(traced.table), "bold"), f"  {traced.meaning} ", (f"({count})", "dim"))
    grid = answer_grid(answer_of_arrow(traced.rows.select(list(traced.shows))))
    return [heading, *grid_lines(grid, page), *_branches(traced, page)]


def _row(traced: Trace) -> Grid:
    """The columns of the row, one below the other."""
    (row,) = answer_grid(answer_of_arrow(traced.rows.slice(0, 1))).rows
    names = traced.rows.column_names
    return Grid([Column("column"), Column("value")], list(zip(names, row, strict=True)), headed=False)


def _arrival(arrival: Arrival) -> list[Line]:
    lines: list[Line] = []
    if arrival.records:
        also = ", ".join(str(record.line) for record in arrival.records[1:])
        place = f"{arrival.file}:{arrival.records[0].line}" + (f" (the same stands on line {also})" if also else "")
        lines += [((place, "green"),), *(((text, "dim"),) for text in arrival.records[0].text.split("\n"))]
    if arrival.fault:
        lines.append(((arrival.fault, "bold red"),))
    return lines


def _as_json(traced: Trace) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [{"row": row} for row in plain_rows(traced.rows)]
    for row, arrival in zip(rows, traced.arrivals, strict=False):
        row["landing"] = {
            "file": arrival.file,
            "lines": [record.line for record in arrival.records],
            "text": arrival.records[0].text if arrival.records else None,
            "record": arrival.records[0].fields if arrival.records else None,
            "fault": arrival.fault,
        }
    return {
        "table": str(traced.table),
        "meaning": traced.meaning,
        "total": traced.total,
        "rows": rows,
        "behind": [_as_json(behind) for behind in traced.behind],
        "note": traced.note,
    }
