"""A table or a view as the request that makes it known to the Glue Data Catalog, and what a person added to it. Pure.

The library decides how files are read: columns with their types, location, format. People may add to an entry:
parameters, an owner, a retention time, a description or a column's comment of their own. An update keeps all that.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from covid_lake.catalog.column_types import view_type
from covid_lake.catalog.descriptions import Field, FileLayout, HiveTable, View
from covid_lake.catalog.parameters import PREFIX, RUN_ID, SNAPSHOT
from covid_lake.datasets.registry import ATHENA_CATALOG

Input = dict[str, Any]

# The lake that an entry or a database belongs to: by this parameter the library knows its own.
LAKE: Final = f"{PREFIX}lake"
# The names of the parameters that the library set, so that those it no longer sets can be removed.
PARAMETERS: Final = f"{PREFIX}parameters"
# A digest of each comment as the library wrote it: one that differs was changed by a person.
COMMENTS: Final = f"{PREFIX}comments"
# The state of the lake when the entry was last written. They differ after every run, and alone are no reason to write.
MOMENTS: Final = frozenset({SNAPSHOT, RUN_ID})

TABLE_TYPE: Final = "EXTERNAL_TABLE"
VIEW_TYPE: Final = "VIRTUAL_VIEW"
VIEW_PARAMETERS: Final = {"presto_view": "true", "comment": "Presto View"}
VIEW_START: Final = "/* Presto View: "
VIEW_END: Final = " */"
# By these Athena and Iceberg's libraries take an entry for an Iceberg table.
ICEBERG_PARAMETERS: Final = ("table_type", "metadata_location", "previous_metadata_location")
# What Iceberg's libraries say of a column.
ICEBERG_FIELD: Final = "iceberg.field."
# What an update may say of a table; an answer of GetTables says more.
_INPUT_NAMES: Final = (
    "Name",
    "Description",
    "Owner",
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
)
# What stays of an entry when a table takes the place of a view, or a view that of a table.
_KEPT_OF_ANOTHER_KIND: Final[tuple[str, ...]] = ("Name", "Owner", "Retention")
_FORMAT_NAMES: Final = ("InputFormat", "OutputFormat", "SerdeInfo")
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
# The limits of Glue's API, in bytes of UTF-8.
_COMMENT_BYTES: Final = 255
_DESCRIPTION_BYTES: Final = 2048
_DIGEST_CHARACTERS: Final = 8


def location_uri(root: str, path: str) -> str:
    """A folder of the lake as the catalog has it. With the slash at its end, `cases` doesn't cover `cases_old`, too."""
    return f"{root}/{path}/"


def table_input(entry: HiveTable | View, root: str) -> Input:
    """The entry as `TableInput`, for a lake at `root`, an `s3://` URL."""
    return marked(_view_input(entry) if isinstance(entry, View) else _table_input(entry, root), root)


def partition_input(table: HiveTable, values: Sequence[str], uri: str, parameters: Mapping[str, str]) -> Input:
    """A partition as `PartitionInput`: it has columns and format of its table, and a location of its own."""
    columns = [{"Name": column.name, "Type": column.type} for column in table.columns]
    descriptor = {"Columns": columns, "Location": uri, **_layout(table.layout)}
    return {"Values": list(values), "StorageDescriptor": descriptor, "Parameters": dict(parameters)}


def updated_partition(found: Mapping[str, Any], wanted: Input) -> Input | None:
    """The `PartitionInput` that brings a partition to what is wanted and keeps what people added; None if it is so."""
    before = {name: found[name] for name in ("Values", "StorageDescriptor", "Parameters") if found.get(name)}
    after = {
        **wanted,
        "StorageDescriptor": {**before.get("StorageDescriptor", {}), **wanted["StorageDescriptor"]},
        "Parameters": {**before.get("Parameters", {}), **wanted["Parameters"]},
    }
    return None if _pruned(after) == _pruned(before) else after


def marked(wanted: Input, root: str, strangers: Collection[str] = ()) -> Input:
    """The same, with the parameters by which the library later tells its own work from what people added.

    `strangers` are names of parameters in it that people added.
    """
    parameters = {**wanted["Parameters"], LAKE: root, COMMENTS: _digests(wanted)}
    parameters[PARAMETERS] = ",".join(sorted({*parameters, PARAMETERS} - set(strangers)))
    return {**wanted, "Parameters": parameters}


def strangers(found: Mapping[str, Any]) -> set[str]:
    """The names of the parameters of an entry that people added."""
    parameters = dict(found.get("Parameters") or {})
    return parameters.keys() - set(parameters.get(PARAMETERS, "").split(",")) - set(ICEBERG_PARAMETERS)


def lake_of(found: Mapping[str, Any]) -> str | None:
    """The root of the lake whose library wrote the entry; None for an entry that somebody else made."""
    return dict(found.get("Parameters") or {}).get(LAKE)


def is_iceberg(found: Mapping[str, Any]) -> bool:
    """Whether the entry is an Iceberg table's."""
    return str(dict(found.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def view_sql(found: Mapping[str, Any]) -> str | None:
    """The query of an entry that is a view of Athena's; None for any other entry."""
    encoded = str(found.get("ViewOriginalText") or "").removeprefix(VIEW_START).removesuffix(VIEW_END)
    try:
        definition = json.loads(base64.b64decode(encoded, validate=True))
    except ValueError:
        return None
    return str(definition.get("originalSql")) if isinstance(definition, dict) else None


def as_input(found: Mapping[str, Any]) -> Input:
    """What an answer of GetTables says of an entry, as `TableInput`."""
    return {name: found[name] for name in _INPUT_NAMES if found.get(name) not in (None, "")}


def updated(found: Mapping[str, Any], wanted: Input) -> Input | None:
    """The `TableInput` that brings an entry to what is wanted and keeps what people added; None if nothing differs."""
    before = as_input(found)
    is_same_kind = before.get("TableType") == wanted["TableType"] and is_iceberg(before) == is_iceberg(wanted)
    base: Input = before if is_same_kind else {name: before[name] for name in _KEPT_OF_ANOTHER_KIND if name in before}
    present, new = before.get("StorageDescriptor", {}), wanted["StorageDescriptor"]
    after = {
        **base,
        **wanted,
        "Parameters": _parameters(before.get("Parameters", {}), wanted["Parameters"]),
        "StorageDescriptor": {
            **base.get("StorageDescriptor", {}),
            **new,
            "Columns": _kept_columns(before, new["Columns"], present.get("Columns", ())),
        },
        "PartitionKeys": _kept_columns(before, wanted.get("PartitionKeys", ()), before.get("PartitionKeys", ())),
    }
    if "Description" in wanted and _is_edited(before, "", before.get("Description", "")):
        after["Description"] = before["Description"]
    return None if _compared(after) == _compared(before) else after


def differences(found: Mapping[str, Any], wanted: Input) -> Iterator[tuple[str, str]]:
    """What is wrong with an entry: a column, or "" for the entry itself, with a phrase that says what is wrong.

    An entry of another time that is right otherwise has none.
    """
    after = updated(found, wanted)
    if after is None:
        return
    before = as_input(found)
    yield from _columns_that_differ(_all_columns(before), _all_columns(after))
    if before.get("TableType") != after["TableType"]:
        yield "", f"it is a {before.get('TableType')}, and should be a {after['TableType']}"
    was, should = before.get("StorageDescriptor", {}), after["StorageDescriptor"]
    if _pruned(was.get("Location")) != _pruned(should.get("Location")):
        yield "", f"its location is {was.get('Location') or 'nowhere'}, and should be {should.get('Location')}"
    if any(_pruned(was.get(name)) != _pruned(should.get(name)) for name in _FORMAT_NAMES):
        yield "", "its files are read as another format, or with other settings of it"
    if before.get("ViewOriginalText") != after.get("ViewOriginalText"):
        yield "", "the view is defined otherwise"
    if _pruned(before.get("Description")) != _pruned(after.get("Description")):
        yield "", "its description is not the contract's"
    yield from _parameters_that_differ(before.get("Parameters", {}), after["Parameters"])


def _table_input(table: HiveTable, root: str) -> Input:
    return {
        "Name": table.name,
        "Description": cut(table.comment, _DESCRIPTION_BYTES),
        "TableType": TABLE_TYPE,
        "PartitionKeys": _columns(table.partitions),
        "StorageDescriptor": {
            "Columns": _columns(table.columns),
            "Location": location_uri(root, table.location),
            **_layout(table.layout),
        },
        "Parameters": {**table.parameters, "EXTERNAL": "TRUE"},
    }


def _view_input(view: View) -> Input:
    """A view as Athena itself writes it. Its comment stands in the definition.

    A description would hide the view from Trino, which takes it for the parameter `comment`.
    """
    definition = {
        "originalSql": view.sql,
        "catalog": ATHENA_CATALOG,
        "schema": view.database,
        "columns": [{"name": column.name, "type": view_type(column.type)} for column in view.columns],
        "comment": view.comment,
    }
    encoded = base64.b64encode(json.dumps(definition).encode()).decode()
    return {
        "Name": view.name,
        "TableType": VIEW_TYPE,
        "ViewOriginalText": f"{VIEW_START}{encoded}{VIEW_END}",
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {"Columns": _columns(view.columns), "Location": "", "SerdeInfo": {}},
        "Parameters": VIEW_PARAMETERS,
    }


def _layout(layout: FileLayout) -> Input:
    return {
        "InputFormat": layout.input_format,
        "OutputFormat": layout.output_format,
        "SerdeInfo": {"SerializationLibrary": layout.serde, "Parameters": dict(layout.parameters)},
    }


def _columns(fields: Iterable[Field]) -> list[Input]:
    return [{"Name": one.name, "Type": one.type, "Comment": cut(one.comment, _COMMENT_BYTES)} for one in fields]


def cut(text: str, most_bytes: int) -> str:
    """The text on one line, and no longer than the API allows."""
    line = " ".join(text.split())
    if len(line.encode()) <= most_bytes:
        return line
    return line.encode()[: most_bytes - len("…".encode())].decode(errors="ignore") + "…"


def _parameters(before: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The wanted parameters and those of other people; without those that the library set earlier."""
    earlier = {*before.get(PARAMETERS, "").split(","), *ICEBERG_PARAMETERS}
    return {name: value for name, value in before.items() if name not in earlier} | dict(wanted)


def _kept_columns(before: Input, columns: Sequence[Input], present: Sequence[Input]) -> list[Input]:
    """The columns, with the comments and parameters that people gave to those that are there already."""
    known = {column["Name"]: column for column in present}
    kept = []
    for column in columns:
        there = known.get(column["Name"], {})
        comment = there.get("Comment", "")
        edited = {"Comment": comment} if _is_edited(before, column["Name"], comment) else {}
        theirs = {key: value for key, value in there.get("Parameters", {}).items() if not key.startswith(ICEBERG_FIELD)}
        own = {**theirs, **column.get("Parameters", {})}
        kept.append({**column, **edited, **({"Parameters": own} if own else {})})
    return kept


def _is_edited(before: Input, name: str, comment: str) -> bool:
    """Whether a person wrote the comment of the column, or for the name "" the table's description."""
    written = _read_digests(before.get("Parameters", {}).get(COMMENTS, ""))
    return bool(comment) and name in written and written[name] != _digest(comment)


def _digests(wanted: Input) -> str:
    columns = [*wanted["StorageDescriptor"]["Columns"], *wanted.get("PartitionKeys", ())]
    texts = {"": wanted.get("Description", "")} | {column["Name"]: column.get("Comment", "") for column in columns}
    return json.dumps({name: _digest(text) for name, text in texts.items()}, separators=(",", ":"))


def _read_digests(text: str) -> dict[str, str]:
    try:
        read = json.loads(text or "{}")
    except ValueError:  # a person has changed the parameter
        return {}
    return read if isinstance(read, dict) else {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]


def _compared(entry: Input) -> Any:
    """What two entries are compared by. What is empty is nothing: an API may answer it or leave it out."""
    parameters = {name: value for name, value in entry.get("Parameters", {}).items() if name not in MOMENTS}
    return _pruned({**entry, "Parameters": parameters})


def _pruned(value: Any) -> Any:
    if isinstance(value, Mapping):
        pruned = {name: _pruned(one) for name, one in value.items()}
        return {name: one for name, one in pruned.items() if one not in _EMPTY}
    if isinstance(value, list | tuple):
        return [_pruned(one) for one in value]
    return None if value in _EMPTY else value


def _all_columns(entry: Input) -> dict[str, Input]:
    columns = [*entry.get("StorageDescriptor", {}).get("Columns", ()), *entry.get("PartitionKeys", ())]
    return {column["Name"]: column for column in columns}


def _columns_that_differ(before: Mapping[str, Input], after: Mapping[str, Input]) -> Iterator[tuple[str, str]]:
    for name, column in after.items():
        if name not in before:
            yield name, f"the column is missing; it should be {column['Type']}"
        elif before[name].get("Type") != column["Type"]:
            yield name, f"its type is {before[name].get('Type')}, and should be {column['Type']}"
        elif (before[name].get("Comment") or "") != (column.get("Comment") or ""):
            yield name, "its comment is not the contract's"
    for name in before.keys() - after.keys():
        yield name, "there should be no such column"
    if before.keys() == after.keys() and list(before) != list(after):
        yield "", "its columns are in another order"


def _parameters_that_differ(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted((before.keys() | after.keys()) - MOMENTS - {PARAMETERS, COMMENTS}):
        was, should = before.get(name), after.get(name)
        if was != should:
            yield "", f"its parameter {name} is {was or 'missing'}, and should be {should or 'missing'}"
