"""The AWS Glue Data Catalog: databases, Hive tables and views, kept as the lake is. Athena reads them from there.

Each database and each entry carries the root of its lake as a parameter. By it the library knows its own: what it no
longer needs it removes, and what somebody else made it leaves alone. An entry is compared before it is written, and
written in place, so that grants and tags stay.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from covid_lake.catalog import glue_input
from covid_lake.catalog.descriptions import HiveTable, View
from covid_lake.catalog.glue_input import LAKE, lake_of
from covid_lake.catalog.parameters import STATE, STATE_ZONE, lake_snapshot
from covid_lake.datasets.registry import database_name
from covid_lake.errors import CatalogConflict, CatalogError, LakeError, SettingsError
from covid_lake.publish.catalog.column_statistics import VersionStatistics
from covid_lake.publish.catalog.glue_changes import Change
from covid_lake.publish.catalog.glue_client import glue_client, naming, require_no_errors
from covid_lake.publish.catalog.glue_partitions import list_partitions
from covid_lake.publish.catalog.protocol import Disagreement, Registration
from covid_lake.store.snapshots import snapshot_numbers
from covid_lake.store.storage import S3Storage, Storage

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog as IcebergCatalog

# The most that the API takes in one call.
DELETES_A_CALL: Final = 100
STATISTICS_A_CALL: Final = 25
# Where every call is refused, each entry would say so.
FAULTS_TOLD: Final = 5
# Glue allows few calls a second, and a change of a table is some of them.
CHANGES_AT_ONCE: Final = 4
# What an update may say of a database.
_DATABASE_NAMES: Final = (
    "Name",
    "Description",
    "LocationUri",
    "Parameters",
    "CreateTableDefaultPermissions",
    "TargetDatabase",
)


class GlueTableCatalog:
    """The Glue Data Catalog of the account and region that boto3 finds in the environment, for one lake in S3.

    `takes_over` lets it change databases and entries that another lake's library or a person made. Raises
    `SettingsError` for a lake that is not in S3, or where the environment names no region.
    """

    def __init__(self, storage: Storage, *, takes_over: bool = False) -> None:
        if not isinstance(storage, S3Storage):
            raise SettingsError(
                f"the Glue Data Catalog shows tables in S3 only, and the lake is in {storage.root}; "
                "use the local catalog, or a lake at s3://bucket/prefix"
            )
        self._storage = storage
        self._root = storage.root
        self._takes_over = takes_over
        self._client = glue_client()

    @property
    def name(self) -> str:
        return "glue"

    @property
    def holds_only_iceberg(self) -> bool:
        return False

    @property
    def changes_at_once(self) -> int:
        return CHANGES_AT_ONCE

    @property
    def takes_over(self) -> bool:
        return self._takes_over

    def remembered(self, dataset: str) -> str | None:
        found = self._database(database_name(dataset, STATE_ZONE))
        parameters = dict((found or {}).get("Parameters") or {})
        return parameters.get(STATE) if parameters.get(LAKE) == self._root else None

    def remember(self, dataset: str, state: str) -> None:
        name = database_name(dataset, STATE_ZONE)
        found = self._database(name)
        if found is None:
            raise CatalogConflict(f"the database {name} was removed from the Glue Data Catalog meanwhile; run again")
        self._update_database(found, {"Parameters": {**(found.get("Parameters") or {}), STATE: state}})

    def create_databases(self, databases: Sequence[tuple[str, str, str]]) -> None:
        for name, description, folder in databases:
            found = self._database(name)
            location = glue_input.location_uri(self._root, folder)
            if found is None:
                made = {"Name": name, "Description": description, "LocationUri": location}
                with naming("create the database", name):
                    self._client.create_database(DatabaseInput={**made, "Parameters": {LAKE: self._root}})
                continue
            parameters = found.get("Parameters") or {}
            if parameters.get(LAKE, self._root) != self._root and not self._takes_over:
                raise CatalogError(
                    f"the database {name} of the Glue Data Catalog shows the lake {parameters[LAKE]}, and this one is "
                    f"{self._root}; use another account or region, or let this lake have the database with "
                    "'covid-lake catalog sync --take-over'"
                )
            if parameters.get(LAKE) != self._root or found.get("LocationUri") != location:
                # What was remembered is about the other lake.
                kept = {key: value for key, value in parameters.items() if key != STATE}
                self._update_database(found, {"LocationUri": location, "Parameters": {**kept, LAKE: self._root}})

    def register(
        self, wanted: Sequence[Registration], databases: Sequence[str], iceberg: Collection[str] = ()
    ) -> Sequence[str]:
        changes, strange = self._changes(wanted, databases, iceberg)
        needed = [change for change in changes if change.is_needed]
        for change in needed:
            self._require_not_later(change)
        faults = [_about_strangers(strange)] if strange else []
        for change in needed:
            try:
                if change.wanted is not None:
                    self._write(change)
            except CatalogConflict:
                raise
            except LakeError as error:  # the others can do nothing for it
                faults.append(str(error))
        self._remove([change for change in needed if change.wanted is None])
        if faults:
            more = f"; and {len(faults) - FAULTS_TOLD} entries more" if len(faults) > FAULTS_TOLD else ""
            raise CatalogError("; ".join(faults[:FAULTS_TOLD]) + more)
        return [change.full_name for change in needed]

    def disagreements(
        self, wanted: Sequence[Registration], databases: Sequence[str], iceberg: Collection[str] = ()
    ) -> Sequence[Disagreement]:
        changes, strange = self._changes(wanted, databases, iceberg)
        found = [one for change in changes if change.is_needed for one in change.disagreements()]
        return [*found, *(Disagreement(name, what="somebody else made the entry") for name in strange)]

    def iceberg(self) -> IcebergCatalog:
        from covid_lake.publish.catalog.glue_iceberg import iceberg_catalog

        return iceberg_catalog(self._storage, self._client, takes_over=self._takes_over)

    def _changes(
        self, wanted: Sequence[Registration], databases: Sequence[str], iceberg: Collection[str]
    ) -> tuple[list[Change], tuple[str, ...]]:
        """What has to be done, and the full names of wanted entries that belong to somebody else."""
        changes: list[Change] = []
        strange: list[str] = []
        for database in databases:
            here = {one.entry.name: one for one in wanted if one.entry.database == database}
            found = self._tables(database)
            for name, registration in here.items():
                present = found.get(name)
                if present is not None and not self._may_change(present, registration.entry):
                    strange.append(f"{database}.{name}")
                else:
                    changes.append(self._change(present, registration))
            changes += [
                Change(database, name, present, None)
                for name, present in found.items()
                if name not in here and f"{database}.{name}" not in iceberg and lake_of(present) == self._root
            ]
        return changes, tuple(strange)

    def _require_not_later(self, change: Change) -> None:
        """Raise `CatalogConflict` for an entry that another publisher has brought to a later snapshot of the lake.

        A number that the lake doesn't have is of before it was emptied and filled again.
        """
        if change.present is None or change.wanted is None:
            return
        shown, number = (lake_snapshot(dict(one.get("Parameters") or {})) for one in (change.present, change.wanted))
        dataset = change.database.rpartition("_")[0]
        if number and shown > number and shown <= max(snapshot_numbers(self._storage, dataset), default=0):
            raise CatalogConflict(
                f"{change.full_name} shows snapshot {shown} of the lake in the Glue Data Catalog, later than {number}: "
                "another run was first"
            )

    def _change(self, present: Mapping[str, Any] | None, registration: Registration) -> Change:
        entry = registration.entry
        there: list[Mapping[str, Any]] = []
        if present and isinstance(entry, HiveTable) and entry.partitions:
            with naming("list the partitions of", f"{entry.database}.{entry.name}"):
                there = list_partitions(self._client, entry.database, entry.name)
        return Change.between(present, there, registration, self._root)

    def _may_change(self, present: Mapping[str, Any], entry: HiveTable | View) -> bool:
        """Whether the entry is the lake's: marked so, or a table over its folders or the same view, as from the DDL."""
        owner = lake_of(present)
        if self._takes_over or owner == self._root:
            return True
        if owner is not None:
            return False
        if isinstance(entry, View):
            return glue_input.view_sql(present) == entry.sql
        location = str((present.get("StorageDescriptor") or {}).get("Location") or "")
        return f"{location.rstrip('/')}/".replace("s3a://", "s3://").startswith(f"{self._root}/")

    def _write(self, change: Change) -> None:
        """Bring the entry up to date: its partitions first, so that the table's parameters don't promise too much."""
        update = change.update
        if change.present is None:
            with naming("create", change.full_name):
                self._client.create_table(DatabaseName=change.database, TableInput=update)
        if change.partitions:
            with naming("change the partitions of", change.full_name):
                change.partitions.apply(self._client, change.database, change.name)
        if change.present is not None and update is not None:
            with naming("update", change.full_name):
                self._client.update_table(
                    DatabaseName=change.database,
                    TableInput=update,
                    VersionId=change.present["VersionId"],
                    SkipArchive=True,  # otherwise old versions pile up until the account's limit
                )

        if change.statistics:
            self._write_statistics(change, change.statistics)

    def _write_statistics(self, change: Change, statistics: VersionStatistics) -> None:
        place = {"DatabaseName": change.database, "TableName": change.name}
        types = {column["Name"]: column["Type"] for column in (change.wanted or {})["StorageDescriptor"]["Columns"]}
        now = datetime.now(UTC)
        found = [{**one, "ColumnType": types[one["ColumnName"]], "AnalyzedTime": now} for one in statistics.read()]
        for start in range(0, len(found), STATISTICS_A_CALL):
            batch = found[start : start + STATISTICS_A_CALL]
            with naming("write the columns' statistics of", change.full_name):
                answer = self._client.update_column_statistics_for_table(**place, ColumnStatisticsList=batch)
            require_no_errors(f"write the columns' statistics of {change.full_name}", answer)

    def _remove(self, changes: Sequence[Change]) -> None:
        for database in dict.fromkeys(change.database for change in changes):
            names = [change.name for change in changes if change.database == database]
            for start in range(0, len(names), DELETES_A_CALL):
                batch = names[start : start + DELETES_A_CALL]
                with naming("remove tables of", database):
                    answer = self._client.batch_delete_table(DatabaseName=database, TablesToDelete=batch)
                require_no_errors(f"remove tables of {database}", answer)

    def _database(self, name: str) -> Mapping[str, Any] | None:
        with naming("read the database", name):
            try:
                found: Mapping[str, Any] = self._client.get_database(Name=name)["Database"]
            except self._client.exceptions.EntityNotFoundException:
                return None
        return found

    def _update_database(self, found: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        kept = {name: found[name] for name in _DATABASE_NAMES if found.get(name) is not None}
        with naming("update the database", found["Name"]):
            self._client.update_database(Name=found["Name"], DatabaseInput={**kept, **changes})

    def _tables(self, database: str) -> dict[str, Mapping[str, Any]]:
        """The entries of the database by name; none where the database is missing."""
        with naming("list the tables of", database):
            try:
                pages = self._client.get_paginator("get_tables").paginate(DatabaseName=database)
                return {table["Name"]: table for page in pages for table in page["TableList"]}
            except self._client.exceptions.EntityNotFoundException:
                return {}


def _about_strangers(names: Sequence[str]) -> str:
    return (
        f"{', '.join(names)} of the Glue Data Catalog: somebody else made "
        f"{'the entry' if len(names) == 1 else 'the entries'}; drop or rename them, or let this lake have them with "
        "'covid-lake catalog sync --take-over'"
    )
