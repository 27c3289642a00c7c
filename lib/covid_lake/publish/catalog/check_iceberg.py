"""Whether an Iceberg table of the catalog shows the version of the lake's snapshot, whole, by the contract."""

from __future__ import annotations

from collections.abc import Iterator

from pyiceberg.catalog import Catalog
from pyiceberg.schema import Schema
from pyiceberg.table import Table as IcebergTable

from covid_lake import paths
from covid_lake.catalog import parameters
from covid_lake.catalog.iceberg_schema import iceberg_type, shown_columns
from covid_lake.contracts import Table
from covid_lake.publish.catalog.iceberg import PROPERTIES, full_name, load, naming, tag_of, version_in
from covid_lake.publish.catalog.iceberg_commit import data_files
from covid_lake.publish.catalog.locations import location
from covid_lake.publish.catalog.protocol import Disagreement, RepeatsColumns
from covid_lake.publish.publisher import Published


def iceberg_disagreements(catalog: Catalog, published: Published, table: Table) -> Iterator[Disagreement]:
    """In what the table's metadata and the lake do not agree; `CatalogError` where the catalog does not answer."""
    name = full_name(table)
    with naming(table):
        try:
            found = load(catalog, table)
        except FileNotFoundError as error:
            yield Disagreement(name, what=f"its Iceberg metadata are gone: {error}")
            return
        if found is None:
            yield Disagreement(name, what="it is missing in the catalog, or is no Iceberg table there")
            return
        place = location(published.storage, paths.iceberg(table))
        if found.location() != place:
            yield Disagreement(name, what=f"its location is {found.location()}, and should be {place}")
            return
        for column, what in _column_faults(table, found.schema()):
            yield Disagreement(name, column, what)
        for column, what in catalog.faults_of_entry(found) if isinstance(catalog, RepeatsColumns) else ():
            yield Disagreement(name, column, f"in the Glue Data Catalog {what}")
        for what in (*_faults_of_table(published, table, found), *_faults_of_files(published, table, found)):
            yield Disagreement(name, what=what)


def _column_faults(table: Table, schema: Schema) -> Iterator[tuple[str, str]]:
    known = {field.name: field for field in schema.fields}
    columns = shown_columns(table)
    for column in columns:
        field, type_ = known.get(column.name), iceberg_type(column)
        if field is None:
            yield column.name, f"the column is missing; it should be {type_}"
        elif field.field_type != type_:
            yield column.name, f"its type is {field.field_type}, and should be {type_}"
        elif field.doc != column.comment:
            yield column.name, "its comment is not the contract's"
    names = [column.name for column in columns]
    for name in known:
        if name not in names:
            yield name, "there should be no such column"
    if sorted(known) == sorted(names) and list(known) != names:
        yield "", "its columns are in another order"


def _faults_of_table(published: Published, table: Table, found: IcebergTable) -> Iterator[str]:
    metadata, snapshot = found.metadata, published.snapshot
    partitions = tuple(field.name for field in metadata.spec().fields)
    if partitions != table.partition_by:
        yield f"it is partitioned by {partitions}, and should be by {table.partition_by}"
    for key, value in {**PROPERTIES, parameters.CONTRACT: parameters.contract_digest(table)}.items():
        if metadata.properties.get(key) != value:
            yield f"its property {key} is {metadata.properties.get(key, 'missing')}, and should be {value}"
    shown = metadata.properties.get(parameters.SNAPSHOT, "none")
    if shown != str(snapshot.number):
        yield f"it shows snapshot {shown} of the lake, and the newest is {snapshot.number}"
    elif tag_of(snapshot.run_id) not in metadata.refs:
        yield f"it has no tag {tag_of(snapshot.run_id)}"


def _faults_of_files(published: Published, table: Table, found: IcebergTable) -> Iterator[str]:
    version, shown = published.snapshot.tables[table.id].version, version_in(found.metadata)
    if shown != version:
        yield f"it shows version {shown or 'none'}, and the lake's is {version}"
        return
    folder = paths.table(table)
    wanted = {location(published.storage, f"{folder}/{one.path}"): one for one in published.manifest(table).files}
    there = {entry.data_file.file_path: entry.data_file for entry in data_files(found.metadata, found.io)}
    for path, file in wanted.items():
        if path not in there:
            yield f"the file {file.path} is in the manifest, and not in the Iceberg snapshot"
        elif (there[path].record_count, there[path].file_size_in_bytes) != (file.rows, file.bytes):
            yield f"the file {file.path} has other rows or another size in the Iceberg snapshot than in the manifest"
    for path in there:
        if path not in wanted:
            yield f"the file {path} is in the Iceberg snapshot, and not in the manifest"
