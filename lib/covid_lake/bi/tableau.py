"""Tables of the warehouse as data sources of Tableau: `.tds` files, which hold no credentials. Pure.

A fact comes with the dimensions that its contract refers to, joined by their keys, so that a chart needs no modelling.
Of Redshift, which has the star's views, each view is a data source as well.
Tableau asks whoever opens the file for user and password, and reads the columns from the warehouse itself; the file
adds what only the contract knows: each column's meaning, and that a key is nothing to be summed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from covid_lake.contracts import Column, Dataset, Reference, Table, Type
from covid_lake.datasets.views import StarView, star_views
from covid_lake.warehouse.connection import WarehouseConnection
from covid_lake.warehouse.dialects import REDSHIFT
from covid_lake.warehouse.views import warehouse_views

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

    relation: str
    """The table or the view that it is of."""
    column: Column
    """Its contract."""
    name: str
    """What Tableau calls it: its own name, and with its table's where two tables have a column of that name."""


def file_names(dataset: Dataset) -> dict[str, Table]:
    """The data sources that a dataset has, by the name of the file: one for each table that no other one refers to."""
    targets = {reference.table for table in dataset.star for reference in _references(dataset, table)}
    return {f"{dataset.name}_{table.name}.tds": table for table in dataset.star if table.id not in targets}


def view_file_names(dataset: Dataset) -> dict[str, StarView]:
    """The data sources that the dataset's views are, by the name of the file. Redshift alone has the views."""
    return {f"{dataset.name}_{view.name}.tds": view for view in star_views(dataset.name)}


def data_source(dataset: Dataset, table: Table, connection: WarehouseConnection) -> str:
    """The content of the file for a table and the tables that it refers to."""
    name = _connection_name(dataset, connection)
    dimensions = [dataset.table_of_id(reference.table) for reference in _references(dataset, table)]
    columns = list(_columns((table, *dimensions)))
    return _file(dataset, table.name, connection, _relation(dataset, table, name), columns)


def view_source(dataset: Dataset, view: StarView, connection: WarehouseConnection) -> str:
    """The content of the file for a view, with the columns that it has in the warehouse."""
    (there,) = (one for one in warehouse_views(dataset.name, connection.dialect) if one.name == view.name)
    columns = [SourceColumn(view.name, one, one.name) for one in view.columns if one.name in there.columns]
    relation = _plain_relation(dataset, view.name, _connection_name(dataset, connection))
    return _file(dataset, view.name, connection, relation, columns)


def _file(
    dataset: Dataset, title: str, connection: WarehouseConnection, relation: ET.Element, columns: list[SourceColumn]
) -> str:
    root = ET.Element(
        "datasource",
        {"formatted-name": f"{dataset.name}.{title}", "inline": "true", "version": FORMAT},
    )
    federated = ET.SubElement(root, "connection", {"class": "federated"})
    _add_connection(federated, dataset, connection)
    federated.append(relation)
    mapped = ET.SubElement(federated, "cols")
    for one in columns:
        ET.SubElement(mapped, "map", {"key": f"[{one.name}]", "value": f"[{one.relation}].[{one.column.name}]"})
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
            yield SourceColumn(table.name, column, name)


def _connection_name(dataset: Dataset, connection: WarehouseConnection) -> str:
    return f"{'redshift' if connection.dialect is REDSHIFT else 'postgres'}.{dataset.name}"


def _add_connection(parent: ET.Element, dataset: Dataset, connection: WarehouseConnection) -> None:
    name = _connection_name(dataset, connection)
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
    relation = _plain_relation(dataset, table.name, connection)
    for reference in _references(dataset, table):
        target = dataset.table_of_id(reference.table)
        join = ET.Element("relation", {"join": "left", "type": "join"})
        clause = ET.SubElement(join, "clause", {"type": "join"})
        equal = ET.SubElement(clause, "expression", {"op": "="})
        ET.SubElement(equal, "expression", {"op": f"[{table.name}].[{reference.column}]"})
        ET.SubElement(equal, "expression", {"op": f"[{target.name}].[{reference.target}]"})
        join.append(relation)
        join.append(_plain_relation(dataset, target.name, connection))
        relation = join
    return relation


def _plain_relation(dataset: Dataset, name: str, connection: str) -> ET.Element:
    place = f"[{dataset.name}].[{name}]"
    return ET.Element("relation", {"connection": connection, "name": name, "table": place, "type": "table"})


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
