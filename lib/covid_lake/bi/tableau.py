"""Tables of the warehouse as data sources of Tableau: `.tds` files, which hold no credentials. Pure.

A fact comes with the dimensions that its contract refers to, joined by their keys, so that a chart needs no modelling.
Tableau asks whoever opens the file for user and password, and reads the columns from the warehouse itself; the file
adds what only the contract knows: each column's meaning, and that a key is nothing to be summed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from covid_lake.contracts import Column, Dataset, Reference, Table, Type
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import REDSHIFT

FORMAT = "18.1"
DATA_TYPES = {
    Type.TEXT: "string",
    Type.INT: "integer",
    Type.BIGINT: "integer",
    Type.DOUBLE: "real",
    Type.DECIMAL: "real",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "datetime",
}
NUMBERS = (Type.INT, Type.BIGINT, Type.DOUBLE, Type.DECIMAL)
# Numbers that are no quantities: to add them up would mean nothing.
NO_MEASURES = re.compile(r".*_key|.*_id|.*_percent|year|quarter|month|day|day_of_week|iso_week|latitude|longitude")
ROLES = {"latitude": "[Geographical].[Latitude]", "longitude": "[Geographical].[Longitude]"}


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column of a data source."""

    table: Table
    """The table that it is of."""
    column: Column
    """Its contract."""
    name: str
    """What Tableau calls it: its own name, and with its table's where two tables have a column of that name."""


def file_names(dataset: Dataset) -> dict[str, Table]:
    """The data sources that a dataset has, by the name of the file: one for each table that no other one refers to."""
    targets = {reference.table for table in dataset.star for reference in _references(dataset, table)}
    return {f"{dataset.name}_{table.name}.tds": table for table in dataset.star if table.id not in targets}


def data_source(dataset: Dataset, table: Table, connection: WarehouseConnection) -> str:
    """The content of the file for a table and the tables that it refers to."""
    dimensions = [dataset.table_of_id(reference.table) for reference in _references(dataset, table)]
    columns = list(_columns((table, *dimensions)))
    name = f"{'redshift' if connection.dialect is REDSHIFT else 'postgres'}.{dataset.name}"
    root = ET.Element(
        "datasource",
        {"formatted-name": f"{dataset.name}.{table.name}", "inline": "true", "version": FORMAT},
    )
    federated = ET.SubElement(root, "connection", {"class": "federated"})
    _add_connection(federated, name, dataset, connection)
    federated.append(_relation(dataset, table, name))
    mapped = ET.SubElement(federated, "cols")
    for one in columns:
        ET.SubElement(mapped, "map", {"key": f"[{one.name}]", "value": f"[{one.table.name}].[{one.column.name}]"})
    for one in columns:
        root.append(_described(one))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _references(dataset: Dataset, table: Table) -> list[Reference]:
    """The references to other tables that a warehouse has."""
    loaded = {one.id for one in dataset.star}
    return [one for one in table.references if one.table in loaded and one.table != table.id]


def _columns(tables: tuple[Table, ...]) -> Iterator[SourceColumn]:
    seen: set[str] = set()
    for table in tables:
        for column in table.stored_columns:
            name = f"{column.name} ({table.name})" if column.name in seen else column.name
            seen.add(column.name)
            yield SourceColumn(table, column, name)


def _add_connection(parent: ET.Element, name: str, dataset: Dataset, connection: WarehouseConnection) -> None:
    named = ET.SubElement(ET.SubElement(parent, "named-connections"), "named-connection")
    named.set("caption", connection.host)
    named.set("name", name)
    attributes = {
        "class": name.partition(".")[0],
        "authentication": "username-password",
        "server": connection.host,
        "port": str(connection.port),
        "dbname": connection.database,
        "schema": dataset.name,
        "username": "",
    }
    if connection.properties.get("sslmode", "disable") not in ("disable", "allow", "prefer"):
        attributes["sslmode"] = "require"
    ET.SubElement(named, "connection", attributes)


def _relation(dataset: Dataset, table: Table, connection: str) -> ET.Element:
    """The table, joined with one after another of those that it refers to; rows without a reference stay."""
    relation = _table_relation(dataset, table, connection)
    for reference in _references(dataset, table):
        target = dataset.table_of_id(reference.table)
        join = ET.Element("relation", {"join": "left", "type": "join"})
        clause = ET.SubElement(join, "clause", {"type": "join"})
        equal = ET.SubElement(clause, "expression", {"op": "="})
        ET.SubElement(equal, "expression", {"op": f"[{table.name}].[{reference.column}]"})
        ET.SubElement(equal, "expression", {"op": f"[{target.name}].[{reference.target}]"})
        join.append(relation)
        join.append(_table_relation(dataset, target, connection))
        relation = join
    return relation


def _table_relation(dataset: Dataset, table: Table, connection: str) -> ET.Element:
    place = f"[{dataset.name}].[{table.name}]"
    return ET.Element("relation", {"connection": connection, "name": table.name, "table": place, "type": "table"})


def _described(one: SourceColumn) -> ET.Element:
    column = one.column
    is_measure = column.type in NUMBERS and not NO_MEASURES.fullmatch(column.name)
    attributes = {
        "caption": one.name.replace("_", " "),
        "datatype": DATA_TYPES[column.type],
        "name": f"[{one.name}]",
        "role": "measure" if is_measure else "dimension",
        "type": "quantitative" if is_measure else "ordinal" if column.type in NUMBERS else "nominal",
    }
    if column.name in ROLES:
        attributes["semantic-role"] = ROLES[column.name]
    described = ET.Element("column", attributes)
    text = ET.SubElement(ET.SubElement(described, "desc"), "formatted-text")
    ET.SubElement(text, "run").text = column.comment
    return described
