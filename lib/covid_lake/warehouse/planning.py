"""What a load has to do, found out by reading the warehouse's catalog and the record of loaded versions."""

from __future__ import annotations

from collections.abc import Sequence

from covid_lake.contracts import Table
from covid_lake.errors import WarehouseError
from covid_lake.warehouse import control
from covid_lake.warehouse.ddl import declared_references, in_order_of_references
from covid_lake.warehouse.dialects import Dialect, quote, quote_text
from covid_lake.warehouse.drivers import SqlSession
from covid_lake.warehouse.existing import (
    ExistingTable,
    existing_schemas,
    existing_tables,
    existing_views,
    foreign_keys,
)
from covid_lake.warehouse.readers import READER
from covid_lake.warehouse.staging import CuratedVersion, Staging
from covid_lake.warehouse.steps import Plan
from covid_lake.warehouse.views import WarehouseView


def missing_control_tables(session: SqlSession, dialect: Dialect, dataset: str) -> tuple[str, ...]:
    """The statements that create what loads keep for themselves, as far as it is missing."""
    schema = control.staging_schema(dataset)
    if not existing_schemas(session, [schema]):
        return f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}", *control.create_statements(dialect, dataset)
    return control.create_statements(dialect, dataset, existing_tables(session, dialect, schema))


def plan_load(
    session: SqlSession,
    dialect: Dialect,
    dataset: str,
    versions: Sequence[CuratedVersion],
    load_id: str,
    *,
    star: Sequence[Table] = (),
    views: Sequence[WarehouseView] = (),
    is_full: bool = False,
    copy_role: str = "",
    has_record: bool = True,
) -> Plan:
    """Plan the load of the versions that the warehouse has not, or not as the contract says; with `is_full` of all.

    Reads, and changes nothing. `star` has all tables of the dataset that a warehouse may hold. `has_record` tells
    whether the record of loaded versions exists. `views` are created where their tables are there, or come with the
    load, and the warehouse lacks them, has them in another definition, or a table beneath them is dropped. Raises
    `WarehouseError` if a table would refer to one that neither is there nor comes with the load.
    """
    has_schema = bool(existing_schemas(session, [dataset]))
    existing = existing_tables(session, dialect, dataset) if has_schema else {}
    recorded = _recorded_versions(session, dataset) if has_record else {}
    loaded = {table: version for table, version in recorded.items() if table in existing}
    outdated = [given for given in versions if is_full or _is_outdated(given, dialect, existing, loaded)]
    by_table = {given.table.name: given for given in outdated}
    ordered = [by_table[table.name] for table in in_order_of_references(given.table for given in outdated)]
    staged = tuple(_staging(dialect, dataset, given, existing, loaded, is_full) for given in ordered)
    names = {one.table.name for one in staged}
    if dialect.declares_references:
        _require_targets(staged, existing)
    rebuilt = {one.table.name for one in staged if one.is_new and one.exists}
    present = existing.keys() | names
    possible = [view for view in views if present.issuperset(view.tables)]
    created = _created_views(session, dataset) if possible and has_record else {}
    return Plan(
        dialect=dialect,
        dataset=dataset,
        load_id=load_id,
        staged=staged,
        recorded=recorded,
        neighbours=tuple(table for table in star if table.name in existing and table.name not in names),
        foreign_keys=foreign_keys(session, dataset) if dialect.declares_references and rebuilt else (),
        views=tuple(
            view for view in possible if created.get(view.name) != view.digest or rebuilt.intersection(view.tables)
        ),
        creates_schema=bool(staged) and not has_schema,
        has_reader=bool(session.query(dialect.find_role.format(role=quote_text(READER)))),
        copy_role=copy_role,
    )


def _recorded_versions(session: SqlSession, dataset: str) -> dict[str, str]:
    return {str(name): str(version) for name, version in session.query(control.loaded_versions_query(dataset))}


def _created_views(session: SqlSession, dataset: str) -> dict[str, str]:
    """The digest of each view that a load has created and that is still there."""
    there = existing_views(session, dataset)
    created = session.query(control.created_views_query(dataset))
    return {str(name): str(digest) for name, digest in created if name in there}


def _is_outdated(
    given: CuratedVersion, dialect: Dialect, existing: dict[str, ExistingTable], loaded: dict[str, str]
) -> bool:
    """Whether the table has another version, or is not as its contract says: a layout builds no new version."""
    found = existing.get(given.table.name)
    return (
        found is None or loaded.get(given.table.name) != given.version or not found.is_as_declared(given.table, dialect)
    )


def _staging(
    dialect: Dialect,
    dataset: str,
    given: CuratedVersion,
    existing: dict[str, ExistingTable],
    loaded: dict[str, str],
    is_full: bool,
) -> Staging:
    """Whether the table is to be merged into or created, and which part of the version is to be staged."""
    found = existing.get(given.table.name)
    is_new = found is None or not found.is_as_declared(given.table, dialect)
    previous = loaded.get(given.table.name)
    delta = None if is_new or is_full or previous is None else given.since(previous)
    return Staging(dataset, dialect, given, found is not None, is_new, previous, delta)


def _require_targets(staged: Sequence[Staging], existing: dict[str, ExistingTable]) -> None:
    present = {one.table.name for one in staged} | existing.keys()
    for one in staged:
        for reference in declared_references(one.table):
            if reference.table_name not in present:
                raise WarehouseError(
                    f"{one.target} refers to {reference.table_name}, which the warehouse does not have yet; "
                    f"load {reference.table_name} before it, or both together"
                )
