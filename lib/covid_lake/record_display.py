"""Traces and refusals as a person reads them, down to the record as it stands in its file; a trace as JSON, too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table as RichTable
from rich.text import Text
from rich.tree import Tree

from covid_lake.answers import answer_of_arrow, rich_table
from covid_lake.refusals import RefusedFile, RefusedRecords
from covid_lake.trace import Arrival, Trace


def trace_tree(traced: Trace) -> Tree:
    """The row with all its columns, and below it what stands behind it."""
    root = Tree(Group(f"[bold]{traced.table}[/]", _row(traced.rows.to_pylist()[0])), guide_style="dim")
    _branch(root, traced)
    return root


def trace_json(traced: Trace) -> str:
    """The whole trace as one JSON object: `table`, `rows`, each with its `row` and its `landing`, and `behind`."""
    return json.dumps(_as_json(traced), indent=2, ensure_ascii=False, default=_plain, allow_nan=False)


def refused_block(row: Mapping[str, Any]) -> Text:
    """A refused record: where it stood, why it was refused, and as it arrived."""
    line = f":{row['line']}" if row["line"] is not None else ""
    return Text.assemble(
        (f"{row['source_file']}{line}\n", "green"),
        *((f"  {reason}\n", "yellow") for reason in row["reasons"]),
        (f"  {row['record']}", "dim"),
    )


def refused_table(records: Sequence[RefusedRecords]) -> RichTable:
    """How many records each table refused, by rule and run."""
    table = RichTable(title="Refused records", title_justify="left")
    for name in ("table", "records", "rules", "run"):
        table.add_column(name, justify="right" if name == "records" else "left")
    for one in records:
        rules = "\n".join(f"{count:,} × {escape(rule)}" for rule, count in one.by_rule.items())
        table.add_row(str(one.table), f"{one.records:,}", rules, one.run_id)
    return table


def refused_file(file: RefusedFile) -> Text:
    """A refused file: its path, who refused it, why, and where it lies."""
    since = f"refused by {file.run_id}" if file.run_id else "in the landing zone"
    return Text.assemble((file.path, "bold red"), f" ({since}): {file.reason}\n", (f"  {file.location}", "dim"))


def _branch(tree: Tree, traced: Trace) -> None:
    for arrival in traced.arrivals:
        tree.add(_arrival(arrival))
    if traced.note:
        tree.add(Text(traced.note, style="dim"))
    for behind in traced.behind:
        shown = behind.rows.num_rows
        count = f"{behind.total:,} rows" if behind.total != 1 else "1 row"
        count += f", the first {shown:,} shown" if shown < behind.total else ""
        heading = f"[bold]{behind.table}[/]  {escape(behind.meaning)} [dim]({count})[/]"
        below = tree.add(Group(heading, rich_table(answer_of_arrow(behind.rows.select(list(behind.shows))))))
        _branch(below, behind)


def _row(row: Mapping[str, Any]) -> RenderableType:
    table = RichTable(show_header=False)
    for name, value in row.items():
        table.add_row(name, "[dim]–[/dim]" if value is None else escape(str(value)))
    return table


def _arrival(arrival: Arrival) -> RenderableType:
    lines: list[Text] = []
    if arrival.records:
        also = ", ".join(str(record.line) for record in arrival.records[1:])
        place = f"{arrival.file}:{arrival.records[0].line}" + (f" (the same stands on line {also})" if also else "")
        lines += [Text(place, style="green"), Text(arrival.records[0].text, style="dim")]
    if arrival.fault:
        lines.append(Text(arrival.fault, style="bold red"))
    return Group(*lines)


def _as_json(traced: Trace) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [{"row": row} for row in traced.rows.to_pylist()]
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


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
