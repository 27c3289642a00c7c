"""A dataset's data dictionary as Markdown: what each table holds, its rules and sources, and a diagram of the star.

Rendered from the contracts, the steps and the headers of the named queries, so that it cannot say anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from covid_lake.catalog.landing import LINE, landing_entries
from covid_lake.catalog.views import view_entries
from covid_lake.contracts import Column, Dataset, Table, Type, Zone
from covid_lake.datasets import registry
from covid_lake.datasets.queries import NamedQuery, named_queries
from covid_lake.flows import Flow

FORMAT_OF_KINDS: Mapping[Type, str] = {Type.TIMESTAMP: "timestamp, UTC"}


def render_dictionary(dataset: str) -> str:
    """The page of the dataset, with a newline at its end. Raises `SettingsError` for an unknown dataset."""
    family, flow = registry.dataset(dataset), registry.flow(dataset)
    parts = [
        f"# Data dictionary of `{dataset}`\n\n{family.title}\n\nRendered by `make dictionary`; `make check` compares "
        "it with the contracts.",
        f"## The star\n\n{_diagram(family)}",
    ]
    if any(table.landing for table in family.tables):
        parts.append(_landing(family))
    for zone in (Zone.TRUSTED, Zone.CURATED):
        parts.append(f"## {zone.capitalize()}: `{registry.database_name(dataset, zone)}`")
        parts += [_table(table, flow) for table in family.zone(zone)]
    views = view_entries(dataset)
    if views:
        parts.append("## Views")
        parts += [
            f"### `{view.database}.{view.name}`\n\n{view.comment}\n\n"
            + _grid(
                ("column", "type", "meaning"),
                [(f"`{field.name}`", field.type, field.comment) for field in view.columns],
            )
            for view in views
        ]
    queries = named_queries(dataset)
    if queries:
        parts.append(
            "## Questions that ship with it\n\nAsked with `covid-lake query --name NAME`; in Athena they are named "
            "queries."
        )
        parts += [_query(query) for query in queries]
    return "\n\n".join(parts) + "\n"


def _landing(family: Dataset) -> str:
    """Landing tables, their views, and where refused records are."""
    database, quarantine = (registry.database_name(family.name, zone) for zone in (Zone.LANDING, Zone.QUARANTINE))
    rows = []
    for table in (table for table in family.tables if table.landing):
        entry, view = landing_entries(table)
        is_lines = [column.name for column in entry.columns] == [LINE]
        shown = "lines, for the files' headers differ" if is_lines else f"{len(entry.columns)} columns"
        rows.append((f"`{entry.name}`", f"`{entry.location}`", shown, f"`{view.name}`"))
    return (
        f"## Landing and quarantine: `{database}`, `{quarantine}`\n\nFiles as delivered, all text. In Athena a typed "
        "view beside each table has the trusted table's names and types, and NULL for what can't be read. "
        f"`{quarantine}` has the refused records, under the same names.\n\n"
        + _grid(("table", "preferred folder", "in Athena", "typed view"), rows)
    )


def _diagram(family: Dataset) -> str:
    """The star's tables with their keys and references, as Mermaid's entity-relationship diagram."""
    curated = {table.id: table for table in family.star}
    links = [
        (table, reference, curated[reference.table])
        for table in curated.values()
        for reference in table.references
        if reference.table in curated
    ]
    lines = ["```mermaid", "erDiagram"]
    for table in curated.values():
        lines.append(f"    {table.name} {{")
        for column in table.columns:
            if marks := _marks(table, column):
                lines.append(f"        {column.type.value} {column.name} {', '.join(marks)}")
        lines.append("    }")
    for table, reference, target in links:
        column = table.column(reference.column)
        some = "||" if not column.nullable or column.name in table.key else "|o"
        lines.append(f'    {target.name} {some}--o{{ {table.name} : "{reference.column}"')
    return "\n".join([*lines, "```"])


def _marks(table: Table, column: Column) -> list[str]:
    marks = ["PK"] if column.name in table.key else []
    return marks + (["FK"] if any(reference.column == column.name for reference in table.references) else [])


def _table(table: Table, flow: Flow) -> str:
    key = ", ".join(f"`{name}`" for name in table.key) or "none: it has one row"
    facts = [f"**A row is**: {table.grain}", f"**Key**: {key}"]
    if table.partitioning:
        facts.append(f"**Partitioned by**: `{table.partitioning.column}`")
    if table.newest_by:
        names = ", ".join(f"`{name}`" for name in table.newest_by)
        facts.append(f"**Of several records of one key** the one with the highest {names} stays")
    facts.append(f"**Made of**: {', '.join(_sources(table, flow))}")
    rows = [
        (f"`{column.name}`", _type(column), _limits(table, column), _spellings(column), column.comment)
        for column in table.columns
    ]
    parts = [
        f"### `{table.name}`",
        "  \n".join(facts),
        _grid(("column", "type", "must", "in landing files", "meaning"), rows),
    ]
    if table.rules:
        rules = [(f"`{rule.name}`", str(rule.severity), rule.message) for rule in table.rules]
        parts.append(_grid(("rule", "costs", "why"), rules))
    return "\n\n".join(parts)


def _sources(table: Table, flow: Flow) -> Iterator[str]:
    for pattern in table.landing.patterns if table.landing else ():
        yield f"`landing/{table.dataset}/{pattern}`"
    for step in flow.steps:
        if step.target.id == table.id:
            yield from (f"`{one.id}`" for one in step.inputs)


def _type(column: Column) -> str:
    return FORMAT_OF_KINDS.get(column.type, column.type_name)


def _limits(table: Table, column: Column) -> str:
    found = ["be there"] if not column.nullable or column.name in table.key else []
    found += [
        f"be in `{reference.table}`.`{reference.target}`"
        for reference in table.references
        if reference.column == column.name
    ]
    return "; ".join(found)


def _spellings(column: Column) -> str:
    return ", ".join(f"`{name}`" for name in column.spellings)


def _query(query: NamedQuery) -> str:
    described = (("Shows", query.shows), ("A row is", query.grain), ("Parameters", query.parameters))
    facts = "  \n".join(f"**{name}**: {text}" for name, text in described)
    return f"### `{query.name}`\n\n{query.question}\n\n{facts}"


def _grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *([text.replace("|", "\\|") for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
