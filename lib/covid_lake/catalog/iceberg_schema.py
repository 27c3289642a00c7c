"""Contract -> Iceberg schema, partition spec and name mapping. Pure; PyIceberg is imported where it is needed.

A column's field id is its number in the table's first contract. Later a column keeps the id of the column that had its
name, or one of its former names; a new column, and one whose type became another, gets a new id. Ids are never used
again, and the catalog's own metadata is where they are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from covid_lake.contracts import Column, Table, Type
from covid_lake.errors import CatalogError

if TYPE_CHECKING:
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table.name_mapping import NameMapping
    from pyiceberg.types import NestedField, PrimitiveType


def iceberg_type(column: Column) -> PrimitiveType:
    """The column's type as Iceberg has it. Times are without a zone, as in the DDL: their values are in UTC."""
    from pyiceberg import types

    if column.type is Type.DECIMAL:
        return types.DecimalType(*column.digits)
    return {
        Type.TEXT: types.StringType(),
        Type.INT: types.IntegerType(),
        Type.BIGINT: types.LongType(),
        Type.DOUBLE: types.DoubleType(),
        Type.BOOLEAN: types.BooleanType(),
        Type.DATE: types.DateType(),
        Type.TIMESTAMP: types.TimestampType(),
    }[column.type]


def shown_columns(table: Table) -> tuple[Column, ...]:
    """The columns in the order in which catalogs show them: the partition columns last, as in Hive's DDL."""
    return (*table.stored_columns, *(table.column(name) for name in table.partition_by))


def new_schema(table: Table) -> Schema:
    """The schema of a table that the catalog does not have yet."""
    from pyiceberg.schema import Schema

    return Schema(*(_field(column, number) for number, column in enumerate(shown_columns(table), start=1)))


def evolved_schema(table: Table, current: Schema, highest_id: int, schema_id: int) -> Schema:
    """The schema of a table that the catalog has, by its present contract.

    `current` is the schema that the catalog has, `highest_id` the highest field id that the table ever used, and
    `schema_id` the number of the new schema. A schema that equals the current one needs no new number.
    """
    from pyiceberg.schema import Schema

    known = {field.name: field for field in current.fields}
    fields = []
    for column in shown_columns(table):
        # No name stands twice among the names and former names of a contract, so no field is claimed twice.
        same = next((known[name] for name in (column.name, *column.former_names) if name in known), None)
        if same is None or not _can_become(same.field_type, iceberg_type(column)):
            highest_id += 1
            fields.append(_field(column, highest_id))
        else:
            fields.append(_field(column, same.field_id))
    return Schema(*fields, schema_id=schema_id)


def name_mapping(table: Table, current: Schema, earlier: Iterable[Schema] = ()) -> NameMapping:
    """Which field a column of a Parquet file is, by its name, for the files have no field ids.

    `earlier` are the table's other schemas, the newest first: files of older versions have the names of their time. A
    name that a newer field has taken over is that field's.
    """
    from pyiceberg.table.name_mapping import MappedField, NameMapping

    names: dict[int, list[str]] = {field.field_id: [field.name] for field in current.fields}
    taken = {field.name for field in current.fields}
    former = {current.find_field(column.name).field_id: column.former_names for column in table.columns}
    others = [
        *((field_id, name) for field_id, those in former.items() for name in those),
        *((field.field_id, field.name) for schema in earlier for field in schema.fields),
    ]
    for field_id, name in others:
        if name not in taken:
            taken.add(name)
            names.setdefault(field_id, []).append(name)
    mapped = ({"field-id": field_id, "names": those} for field_id, those in names.items())
    return NameMapping([MappedField.model_validate(one) for one in mapped])


def partition_spec(
    table: Table, schema: Schema, known: Sequence[PartitionSpec] = (), highest_id: int | None = None
) -> PartitionSpec:
    """How the table's files are partitioned: by the partition column's own value.

    `known` are the specs that the table has, `highest_id` the highest id of their fields; one of them that fits is
    taken. Raises `CatalogError` where an older spec is over a column that the schema has no more, which Iceberg does
    not allow.
    """
    from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
    from pyiceberg.transforms import IdentityTransform

    ids = {field.field_id for field in schema.fields}
    if any(field.source_id not in ids for spec in known for field in spec.fields):
        raise CatalogError(
            f"{table.dataset} {table.id} was partitioned by a column that its contract has no more, or with another "
            "type, and Iceberg can't follow: remove the table from the catalog, and run again"
        )
    sources = [schema.find_field(name).field_id for name in table.partition_by]
    for spec in known:
        if [field.source_id for field in spec.fields] == sources:
            return spec
    first = PARTITION_FIELD_ID_START if highest_id is None else max(highest_id + 1, PARTITION_FIELD_ID_START)
    fields = [
        PartitionField(source_id=source, field_id=first + number, transform=IdentityTransform(), name=name)
        for number, (name, source) in enumerate(zip(table.partition_by, sources, strict=True))
    ]
    return PartitionSpec(*fields, spec_id=max((spec.spec_id for spec in known), default=-1) + 1)


def _field(column: Column, field_id: int) -> NestedField:
    from pyiceberg.types import NestedField

    # Files of engines declare every column as optional, and so no field is required.
    return NestedField(field_id, column.name, iceberg_type(column), required=False, doc=column.comment)


def _can_become(old: object, new: object) -> bool:
    """Whether Iceberg lets a field of one type take another one, and read older files as it."""
    from pyiceberg import types

    if old == new:
        return True
    if isinstance(old, types.DecimalType) and isinstance(new, types.DecimalType):
        return old.scale == new.scale and old.precision <= new.precision
    return isinstance(old, types.IntegerType) and isinstance(new, types.LongType)
