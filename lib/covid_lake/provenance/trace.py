"""Where a row comes from: from a curated row to the trusted rows behind it, and from those to the records that landed.

The links between tables are the dataset's (`lineage`); this walks them over one state of the lake, and proves each
trusted row's record by its hash. No Spark: DuckDB joins, and a landing file is read as a stream, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from covid_lake import paths
from covid_lake.contracts import Column, Table, Type, Zone
from covid_lake.datasets import registry
from covid_lake.datasets.registry import NamedTable
from covid_lake.errors import SettingsError, StorageError, TraceError, UnknownTable
from covid_lake.flows import Lineage, Link
from covid_lake.landing.formats.interface import LandingRecord
from covid_lake.landing.inspection import inspect_file
from covid_lake.landing.inventory import LandingFile, read_inventory
from covid_lake.landing.names import format_of
from covid_lake.provenance.records import Search, find_records
from covid_lake.reading.lake import Lake
from covid_lake.store.arrow_files import arrow_schema
from covid_lake.store.questions import naming_faults

TRACED = (Zone.TRUSTED, Zone.CURATED)
SOURCE = ("source_file", "source_row_hash")
ROW = "it"


@dataclass(frozen=True, slots=True)
class Arrival:
    """The landing record of a trusted row.

    `records` are those of the file with the row's hash: one, or several where the same record stands in it more than
    once. `fault` says why there is none, or why it may be another than it was.
    """

    file: str
    records: tuple[LandingRecord, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Rows of one table, and what stands behind them.

    `meaning` says what they are to the rows that they were traced from. `rows` are those asked for, of `total`.
    `arrivals` has one entry for each row of a table that is read from landing files; `behind` are the rows of other
    tables.
    """

    table: NamedTable
    meaning: str
    rows: pa.Table
    total: int
    shows: tuple[str, ...]
    arrivals: tuple[Arrival, ...] = ()
    behind: tuple[Trace, ...] = ()
    note: str = ""

    @property
    def faults(self) -> tuple[str, ...]:
        """Every reason why a record was not found as it was, each once."""
        own = [arrival.fault for arrival in self.arrivals if arrival.fault]
        return tuple(dict.fromkeys([*own, *(fault for trace in self.behind for fault in trace.faults)]))


def traced_table(name: str) -> NamedTable:
    """The table of that name from which a trace can start; `SettingsError` for one of landing or quarantine."""
    table = registry.table_called(name)
    if table.zone not in TRACED:
        raise SettingsError(
            f"{table}: a trace starts from a trusted or curated table; read this one with: "
            + ("covid-lake quarantine show" if table.zone is Zone.QUARANTINE else "covid-lake query")
        )
    return table


def trace(lake: Lake, name: str, key: Mapping[str, str], *, limit: int | None = None) -> Trace:
    """The row of the table that has the values of `key`, and everything behind it.

    A key names columns of the table, or of the dimensions that it refers to: `region_id` and `date` find a fact.
    `limit` bounds the rows given of each table, not those that are walked through. Raises `TraceError` where not
    exactly one row has the values, `SettingsError` for a column or value that cannot be, and `UnknownTable`.
    """
    table = traced_table(name)
    walk = _Walk(lake.fixed(), table.dataset)
    with closing(walk.connection):
        found = walk.row(table, key)
        traced = walk.from_rows(table, found, "", table.contract.column_names, None, limit)
        return _with_arrivals(traced, _arrivals(walk.lake, traced))


class _Walk:
    """A walk along the links of a dataset over one state of the lake."""

    def __init__(self, lake: Lake, dataset: str) -> None:
        self.lake = lake
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        self._lineage: Mapping[str, Lineage] = {one.table.id: one for one in registry.lineage(dataset)}
        self._unseen = {str(table): table for zone in TRACED for table in registry.tables_of(dataset, zone)}

    def _show_tables_of(self, sql: str) -> None:
        """Make the tables that the query names visible to it: each costs a look at its manifest."""
        for name in [name for name in self._unseen if name in sql]:
            self._show(self._unseen.pop(name))

    def _show(self, table: NamedTable) -> None:
        try:
            content: Any = self.lake.dataset(str(table))
        except UnknownTable:
            content = arrow_schema(table.contract.columns).empty_table()
        alias = f"{table.database}_{table.contract.name}"
        self.connection.register(alias, content)
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.database}")
        self.connection.execute(f"CREATE VIEW {table} AS SELECT * FROM {alias}")  # noqa: S608 - a name of the registry

    def row(self, table: NamedTable, key: Mapping[str, str]) -> pa.Table:
        """The one row that has the values of the key."""
        self.lake.inputs(str(table))
        conditions = {f"{name}={text}": _condition(table, name, text) for name, text in key.items()}
        found = self._matching(table, conditions.values())
        if found.num_rows == 1:
            return found
        if found.num_rows:
            raise TraceError(_several(table.contract, found, list(conditions)))
        absent = [said for said, condition in conditions.items() if not self._matching(table, [condition]).num_rows]
        why = f"none has {' nor '.join(absent)}" if absent else "each of these values is there, but no row has them all"
        raise TraceError(f"no row of {table} has {' '.join(conditions) or 'anything: it is empty'}; {why}")

    def _matching(self, table: NamedTable, conditions: Iterable[_Condition]) -> pa.Table:
        chosen = list(conditions)
        where = " AND ".join(condition.sql for condition in chosen) or "TRUE"
        return self._ask(table.contract, f"SELECT * FROM {table} WHERE {where}", [one.value for one in chosen])  # noqa: S608

    def _ask(self, table: Table, sql: str, values: Sequence[Any] = ()) -> pa.Table:
        """The rows that a query gives, with the contract's columns, in the order of the key."""
        self._show_tables_of(sql)
        columns = ", ".join(table.column_names)
        order = ", ".join(table.key) or "ALL"
        ordered = f"SELECT {columns} FROM ({sql}) ORDER BY {order}"  # noqa: S608 - names of the registry
        with naming_faults():
            return self.connection.execute(ordered, values).fetch_arrow_table()

    def from_rows(
        self,
        table: NamedTable,
        rows: pa.Table,
        meaning: str,
        shows: tuple[str, ...],
        follow: tuple[str, ...] | None,
        limit: int | None,
    ) -> Trace:
        lineage = self._lineage.get(table.contract.id)
        links = lineage.links if lineage else ()
        followed = [link for link in links if follow is None or link.name in follow]
        found = [(link, self._behind(rows, link)) for link in followed]
        behind = [
            self.from_rows(NamedTable(link.table.zone, link.table), its, link.meaning, link.shows, link.follow, limit)
            for link, its in found
            if its.num_rows
        ]
        note = "" if meaning else _note(table, lineage)
        return Trace(table, meaning, rows.slice(0, limit), rows.num_rows, shows, behind=tuple(behind), note=note)

    def _behind(self, rows: pa.Table, link: Link) -> pa.Table:
        self.connection.register(ROW, rows)
        return self._ask(link.table, link.rows)


def _note(table: NamedTable, lineage: Lineage | None) -> str:
    contract = table.contract
    if contract.landing and not _keeps_source(table):
        return f"{table} does not keep {' and '.join(SOURCE)}, so the landing records of its rows are not known"
    if lineage is None and not contract.landing:
        return f"{table.dataset} declares no lineage for {contract.name}, so the rows behind it are not known"
    return lineage.note if lineage else ""


@dataclass(frozen=True, slots=True)
class _Condition:
    sql: str
    value: Any


def _condition(table: NamedTable, name: str, text: str) -> _Condition:
    """The predicate that a KEY=VALUE stands for: on a column of the table, or of a dimension that it refers to."""
    own = table.contract
    if name in own.column_names:
        return _Condition(f"{name} = ?", typed_value(own.column(name), text))
    for reference in own.references:
        dimension = registry.dataset(table.dataset).table_of_id(reference.table)
        if name in dimension.column_names:
            place = NamedTable(dimension.zone, dimension)
            sql = f"{reference.column} IN (SELECT {reference.target} FROM {place} WHERE {name} = ?)"  # noqa: S608
            return _Condition(sql, typed_value(dimension.column(name), text))
    known = ", ".join(_possible_keys(table))
    raise SettingsError(f"{table} has no column {name!r}, nor has a dimension of it; there is: {known}")


def _possible_keys(table: NamedTable) -> list[str]:
    family = registry.dataset(table.dataset)
    dimensions = [family.table_of_id(reference.table) for reference in table.contract.references]
    names = [*table.contract.column_names, *(name for one in dimensions for name in one.column_names)]
    return list(dict.fromkeys(names))


def typed_value(column: Column, text: str) -> Any:
    """What a person typed, as a value of the column; `SettingsError` for what is none."""
    try:
        match column.type:
            case Type.TEXT:
                return text
            case Type.INT | Type.BIGINT:
                return int(text)
            case Type.DOUBLE:
                return float(text)
            case Type.DECIMAL:
                return _decimal(text, *column.digits)
            case Type.BOOLEAN:
                return {"true": True, "false": False}[text.casefold()]
            case Type.DATE:
                return date.fromisoformat(text)
            case Type.TIMESTAMP:
                return datetime.fromisoformat(text)
    except (ValueError, KeyError):
        raise SettingsError(
            f"{column.name}={text}: {text!r} is no {column.type_name}; write {_spelling(column.type)}"
        ) from None


def _decimal(text: str, precision: int, scale: int) -> Decimal:
    """The number, of that many digits; `ValueError` for one that no value of the column is equal to."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text, re.ASCII):
        raise ValueError(text)
    value = Decimal(text)
    try:
        return value.quantize(Decimal(1).scaleb(-scale), context=Context(precision, traps=[InvalidOperation, Inexact]))
    except (InvalidOperation, Inexact) as error:
        raise ValueError(text) from error


def _spelling(type_: Type) -> str:
    return {
        Type.DATE: "it as 2020-06-30",
        Type.TIMESTAMP: "it as 2020-06-30T12:00:00+00:00",
        Type.BOOLEAN: "true or false",
    }.get(type_, "a number")


def _several(table: Table, found: pa.Table, said: Sequence[str]) -> str:
    """How many rows there are, and which columns of the key tell them apart, with a value of each."""
    differing = [name for name in table.key if len(found.column(name).unique()) > 1]
    example = " ".join(f"{name}={found.column(name)[0].as_py()}" for name in differing)
    condition = f" with {' '.join(said)}" if said else ""
    return (
        f"{table.dataset}_{table.zone}.{table.name} has {found.num_rows:,} rows{condition}; "
        f"they differ in {', '.join(differing)}: say which one, as in {example}"
    )


# --- back to landing -----------------------------------------------------------------------------------------------


def _keeps_source(table: NamedTable) -> bool:
    """Whether each row of the table names its landing record."""
    return table.contract.landing is not None and set(SOURCE) <= set(table.contract.column_names)


def _with_source(traced: Trace) -> Iterable[Trace]:
    if _keeps_source(traced.table):
        yield traced
    for behind in traced.behind:
        yield from _with_source(behind)


def _arrivals(lake: Lake, traced: Trace) -> Mapping[tuple[NamedTable, str, int], Arrival]:
    """The landing record of each trusted row by table, file and hash; every file is read once."""
    wanted: dict[tuple[NamedTable, str], set[int]] = {}
    for one in _with_source(traced):
        for file, value in _provenance(one):
            wanted.setdefault((one.table, file), set()).add(value)
    files = _Landing(lake)
    return {
        (table, file, value): arrival
        for (table, file), hashes in wanted.items()
        for value, arrival in files.arrivals(table, file, hashes).items()
    }


def _with_arrivals(traced: Trace, arrivals: Mapping[tuple[NamedTable, str, int], Arrival]) -> Trace:
    own = tuple(arrivals[traced.table, *place] for place in _provenance(traced)) if _keeps_source(traced.table) else ()
    return replace(traced, arrivals=own, behind=tuple(_with_arrivals(one, arrivals) for one in traced.behind))


def _provenance(traced: Trace) -> list[tuple[str, int]]:
    files, hashes = (traced.rows.column(name).to_pylist() for name in SOURCE)
    return [(file or "", value) for file, value in zip(files, hashes, strict=True)]


class _Landing:
    """The landing zone beside what the versions of the tables say that it was."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._inventory = cache(lambda dataset: read_inventory(lake.storage, dataset))

    def arrivals(self, table: NamedTable, file: str, hashes: set[int]) -> dict[int, Arrival]:
        place = f"{paths.landing(table.dataset)}/{file}"
        try:
            search = self._search(table, file, place, hashes)
        except StorageError as error:
            fault = f"{place} cannot be read any more, and the record with it: {error}"
            return dict.fromkeys(hashes, Arrival(file, fault=fault))
        changed = ""
        if search.sha256 != self._lake.inputs(str(table)).get(file):
            changed = (
                f"{place} has changed since {table} was built from it; bring the table up to date with: "
                f"covid-lake run {table.dataset}"
            )
        return {value: self._arrival(file, place, search.records.get(value, ()), changed) for value in hashes}

    def _arrival(self, file: str, place: str, records: tuple[LandingRecord, ...], changed: str) -> Arrival:
        unfound = f"no record of {place} has the row's hash, although the file is as it was"
        return Arrival(file, records, changed or (None if records else unfound))

    def _search(self, table: NamedTable, file: str, place: str, hashes: set[int]) -> Search:
        inventory: Mapping[str, LandingFile] = self._inventory(table.dataset)

        def open_file() -> Any:
            return self._lake.storage.open(place)

        known = inventory.get(file)
        try:
            form = format_of(table.contract, file)
        except ValueError as error:  # the contract's folders have changed since
            raise StorageError(str(error)) from error
        inspection = known.inspection if known else inspect_file(file, open_file, form)
        siblings = sorted(path for path in self._lake.inputs(str(table)) if path in inventory)
        family = dict.fromkeys(key for path in siblings for key in inventory[path].inspection.header)
        return find_records(file, open_file, form, inspection, tuple(family), hashes)
