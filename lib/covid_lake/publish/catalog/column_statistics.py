"""What a version's columns hold, as the Glue Data Catalog keeps it for the planners of Athena and Redshift Spectrum.

For plain Parquet tables only: the metadata of an Iceberg table has statistics of every file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from covid_lake.contracts import Column, Table, Type
from covid_lake.store.questions import Questions, Stored, quoted
from covid_lake.store.snapshots import Manifest
from covid_lake.store.storage import Storage


@dataclass(frozen=True, slots=True)
class VersionStatistics:
    """Statistics of a version's rows, which are read when these are asked for."""

    storage: Storage
    """The lake."""
    table: Table
    """The table's contract."""
    manifest: Manifest
    """The version's files."""

    def read(self) -> list[dict[str, Any]]:
        """For each stored column: nulls, distinct values, and what its type has beside, as the Glue API names them.

        Distinct values are estimated, within a few percent. Times have none, for the API has no place for them. All
        rows are read, once. Raises `StorageError` where a file can't be read.
        """
        columns = [column for column in self.table.stored_columns if column.type is not Type.TIMESTAMP]
        terms = ", ".join(term for number, column in enumerate(columns) for term in _terms(column, f"c{number}"))
        questions = Questions(self.storage, {self.table.id: lambda: Stored(self.table, self.manifest.files)})
        (answer,) = questions.rows(f"SELECT count(*) AS total, {terms} FROM {self.table.id}")  # noqa: S608 - known names
        return [_statistics(column, f"c{number}", answer) for number, column in enumerate(columns)]


def _terms(column: Column, prefix: str) -> Iterator[str]:
    name = quoted([column.name])
    yield f"count({name}) AS {prefix}_known"
    if column.type is Type.BOOLEAN:
        yield f"count(*) FILTER (WHERE {name}) AS {prefix}_true"
        return
    yield f"approx_count_distinct({name}) AS {prefix}_distinct"
    if column.type is Type.TEXT:
        yield f"max(strlen({name})) AS {prefix}_longest"
        yield f"avg(strlen({name})) AS {prefix}_average"
        return
    is_number = f" FILTER (WHERE NOT isnan({name}))" if column.type is Type.DOUBLE else ""
    yield f"min({name}){is_number} AS {prefix}_lowest"
    yield f"max({name}){is_number} AS {prefix}_highest"


def _statistics(column: Column, prefix: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    known = answer[f"{prefix}_known"]
    data: dict[str, Any] = {"NumberOfNulls": answer["total"] - known}
    kind = _KINDS[column.type]
    if column.type is Type.BOOLEAN:
        trues = answer[f"{prefix}_true"]
        data |= {"NumberOfTrues": trues, "NumberOfFalses": known - trues}
    else:
        # An estimate of many different values may be above what there can be.
        data["NumberOfDistinctValues"] = min(answer[f"{prefix}_distinct"], known)
    if column.type is Type.TEXT:
        data["MaximumLength"] = answer[f"{prefix}_longest"] or 0
        data["AverageLength"] = answer[f"{prefix}_average"] or 0.0
    elif column.type is not Type.BOOLEAN:
        bounds = {"MinimumValue": answer[f"{prefix}_lowest"], "MaximumValue": answer[f"{prefix}_highest"]}
        data |= {name: _bound(value) for name, value in bounds.items() if value is not None}
    return {
        "ColumnName": column.name,
        "StatisticsData": {"Type": kind, f"{kind.capitalize()}ColumnStatisticsData": data},
    }


_KINDS: Mapping[Type, str] = {
    Type.TEXT: "STRING",
    Type.INT: "LONG",
    Type.BIGINT: "LONG",
    Type.DOUBLE: "DOUBLE",
    Type.DECIMAL: "DECIMAL",
    Type.BOOLEAN: "BOOLEAN",
    Type.DATE: "DATE",
}


def _bound(value: Any) -> Any:
    if isinstance(value, Decimal):
        scale = -int(value.as_tuple().exponent)
        unscaled = int(value.scaleb(scale))
        size = unscaled.bit_length() // 8 + 1
        return {"UnscaledValue": unscaled.to_bytes(size, "big", signed=True), "Scale": scale}
    if isinstance(value, date):
        return datetime.combine(value, time())
    return value
