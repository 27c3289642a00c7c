"""All DDL of a dataset, rendered from its contracts, by its path in the repository."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from covid_lake.catalog.athena_ddl import (
    render_database,
    render_hive_table,
    render_iceberg,
    render_remark,
    render_view,
)
from covid_lake.catalog.descriptions import View
from covid_lake.catalog.landing import landing_entries
from covid_lake.catalog.tables import database_of, quarantine_table, stored_table
from covid_lake.catalog.views import view_entries
from covid_lake.contracts import Dataset, Table, Zone
from covid_lake.datasets import registry
from covid_lake.datasets.registry import NamedTable
from covid_lake.warehouse import control, ddl
from covid_lake.warehouse.dialects import DIALECTS, REDSHIFT, Dialect
from covid_lake.warehouse.readers import operator_statements, render_grants
from covid_lake.warehouse.views import warehouse_views

DATABASE_FILE = "_database"
# The folder of a table as plain Parquet is that of a version, which changes with every publication.
VERSION_PLACEHOLDER = "${version}"

OF_DECLARED_FILES = (
    "The folder is the one that a run prefers, and the columns are those that the contract says its files have. In a "
    "lake's catalog they are those of the files that are there."
)
OF_ALL_VERSIONS = (
    "This is the folder of all versions that are kept, in which a record stands once for each of them. In a lake's "
    "catalog it is the folder of the current version."
)


def render_all(dataset: str) -> dict[str, str]:
    """The text of each file below the folder `ddl`, by path: Athena (all zones), and all of Redshift."""
    family = registry.dataset(dataset)
    rendered = {
        f"athena/{dataset}/{zone}/{name}.sql": _ended(text)
        for zone in Zone
        for name, text in _of_zone(family, zone, as_hive=False).items()
    }
    return rendered | {f"redshift/{dataset}/{name}.sql": text for name, text in _warehouse_files(dataset, REDSHIFT)}


def _warehouse_files(dataset: str, dialect: Dialect) -> Iterator[tuple[str, str]]:
    """Name and text of each file of a warehouse, in the order in which they can be run."""
    star = ddl.in_order_of_references(registry.dataset(dataset).star)
    yield "_schema", _script(ddl.schema_statements(dataset))
    for table in star:
        yield table.name, ddl.render_table(table, dataset, dialect)
    yield "_loads", _script(control.create_statements(dialect, dataset))
    views = warehouse_views(dataset, dialect)
    yield "_views", _script(statement for view in views for statement in view.statements)
    grants = render_grants(dataset, (*(table.name for table in star), *(view.name for view in views)), dialect)
    yield "_grants", grants + _script(operator_statements(dataset, dialect))


def _script(statements: Iterable[str]) -> str:
    return "".join(f"{statement};\n" for statement in statements)


def render_tables(dataset: str, dialect: str, names: Collection[str] = (), *, as_hive: bool = False) -> list[str]:
    """The DDL of the named tables and views, or of all, in one dialect. A warehouse has only the star.

    `as_hive` gives trusted and curated tables as plain Parquet. Raises `SettingsError` for a name that is no table.
    """
    family = registry.dataset(dataset)
    if dialect != "athena":
        chosen = registry.tables_of_request(dataset, names, family.star) if names else family.star
        return [_ended(ddl.render_table(table, dataset, DIALECTS[dialect])) for table in family.star if table in chosen]
    statements = {
        (zone, name): _ended(text) for zone in Zone for name, text in _of_zone(family, zone, as_hive=as_hive).items()
    }
    if not names:
        return list(statements.values())
    wanted = _named(family, names)
    return [text for entry, text in statements.items() if entry in wanted]


def _of_zone(family: Dataset, zone: Zone, *, as_hive: bool) -> dict[str, str]:
    """The statements of a zone by the name of what they create, the database first."""
    found = {DATABASE_FILE: render_database(database_of(family, zone))}
    if zone is Zone.LANDING:
        for table in (table for table in family.tables if table.landing):
            entry, view = landing_entries(table)
            found |= {entry.name: render_remark(OF_DECLARED_FILES) + render_hive_table(entry)}
            found |= {view.name: render_view(view)}
    elif zone is Zone.QUARANTINE:
        for table in (table for table in family.tables if table.landing):
            found |= {table.name: render_remark(OF_ALL_VERSIONS) + render_hive_table(quarantine_table(table))}
    else:
        render = _plain_parquet if as_hive else render_iceberg
        found |= {table.name: render(table) for table in family.zone(zone)}
    if zone is Zone.CURATED:
        found |= {view.name: render_view(view) for view in view_entries(family.name)}
    return found


def _plain_parquet(table: Table) -> str:
    entry = stored_table(table)
    location = entry.location if table.partition_by else f"{entry.location}/version={VERSION_PLACEHOLDER}"
    return render_hive_table(replace(entry, location=location))


def _named(family: Dataset, names: Collection[str]) -> set[tuple[Zone, str]]:
    """Zone and name of each table and view that a person names."""
    views = {f"{view.database}.{view.name}": view for view in view_entries(family.name)}
    landing = [landing_entries(table)[1] for table in family.tables if table.landing]
    views |= {f"{view.database}.{view.name}": view for view in landing}
    found: set[tuple[Zone, str]] = set()
    others = []
    for name in _single(names):
        view = next((view for full, view in views.items() if name.casefold() in (full, view.name)), None)
        if view:
            found.add((_zone_of(family, view), view.name))
        else:
            others.append(name)
    if others or not found:
        choices = [NamedTable(zone, one.contract) for zone in Zone for one in registry.tables_of(family.name, zone)]
        chosen = registry.named_tables_of_request(family.name, others, choices)
        found |= {(one.zone, one.contract.name) for one in chosen}
    return found


def _single(names: Collection[str]) -> Iterator[str]:
    for text in names:
        yield from filter(None, re.split(r"[,\s]+", text))


def _zone_of(family: Dataset, view: View) -> Zone:
    return Zone(view.database.removeprefix(f"{family.name}_"))


def _ended(statement: str) -> str:
    """The statement with a semicolon; a file of comments alone has none to end."""
    text = statement.rstrip().rstrip(";")
    is_comment = all(line.startswith("--") for line in text.splitlines())
    return f"{text}\n" if is_comment else f"{text};\n"
