"""PyIceberg's Glue catalog, which here keeps what people added to an entry, and reaches S3 as the lake does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

from pyiceberg.catalog import PREVIOUS_METADATA_LOCATION
from pyiceberg.catalog.glue import GlueCatalog, _construct_table_input
from pyiceberg.exceptions import NoSuchIcebergTableError, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.table import Table as IcebergTable
from pyiceberg.typedef import Identifier

from covid_lake.catalog.glue_input import (
    ICEBERG_PARAMETERS,
    TABLE_TYPE,
    Input,
    as_input,
    differences,
    is_iceberg,
    lake_of,
    marked,
    strangers,
    updated,
)
from covid_lake.publish.catalog.glue_partitions import delete_partitions
from covid_lake.store.arrow_files import DEFAULT_REGION
from covid_lake.store.storage import S3Storage, configured_endpoint, s3_credentials, s3_session


class LakeGlueCatalog(GlueCatalog):
    """Iceberg tables of one lake in the Glue Data Catalog.

    PyIceberg writes an entry anew at each commit, which would take away descriptions and comments that people gave it;
    and a table that is dropped and made again loses its grants. Here an entry is always written in place.

    The entries of a database are listed once, and read one by one only after a change. An entry that another publisher
    has changed since then is not written over: Glue compares its version.
    """

    def __init__(self, root: str, client: Any, *, takes_over: bool, **properties: str) -> None:
        super().__init__("glue", client=client, **properties)
        self._root, self._takes_over = root, takes_over
        self._listed: dict[str, dict[str, Mapping[str, Any]]] = {}
        self._listing = Lock()
        self._written: set[tuple[str, str]] = set()

    def drop_table(self, identifier: str | Identifier) -> None:
        """Make the entry one that is no Iceberg table, and that the next table of its name takes the place of."""
        database, name = self.identifier_to_database_and_table(identifier, NoSuchTableError)
        found = self._get_glue_table(database, name)
        parameters = {key: value for key, value in found["Parameters"].items() if key not in ICEBERG_PARAMETERS}
        emptied = {**as_input(found), "Parameters": parameters}
        self._written.add((database, name))
        super()._update_glue_table(database, name, emptied, found["VersionId"])

    def faults_of_entry(self, table: IcebergTable) -> Iterator[tuple[str, str]]:
        """In what the entry says otherwise than the metadata that it names: a column, or "", and what is wrong."""
        database, name, wanted = self._as_committed(table)
        return differences(self._entry(database, name), wanted)

    def mend_entry(self, table: IcebergTable) -> bool:
        """Have the entry say what the metadata say that it names; whether it said something else."""
        database, name, wanted = self._as_committed(table)
        found = self._entry(database, name)
        if updated(found, wanted) is None:
            return False
        self._update_glue_table(database, name, wanted, found["VersionId"])
        return True

    def _as_committed(self, table: IcebergTable) -> tuple[str, str, Input]:
        """The database, the name, and the entry as a commit of the table's metadata would have written it."""
        database, name = self.identifier_to_database_and_table(table.name())
        found = self._entry(database, name)
        before = found["Parameters"].get(PREVIOUS_METADATA_LOCATION)
        wanted = _construct_table_input(
            name, table.metadata_location, table.properties, table.metadata, prev_metadata_location=before
        )
        return database, name, self._marked(wanted, found)

    def _get_glue_table(self, database_name: str, table_name: str) -> Any:
        found = self._entry(database_name, table_name)
        if not is_iceberg(found):
            raise NoSuchIcebergTableError(f"{database_name}.{table_name} is no Iceberg table")
        return found

    def _entry(self, database: str, table: str) -> Any:
        """The entry, Iceberg's or not; `NoSuchTableError` where there is none."""
        if (database, table) in self._written:
            return super()._get_glue_table(database, table)
        with self._listing:  # several threads may ask at once, each for another table
            if database not in self._listed:
                self._listed[database] = self._list(database)
        if table not in self._listed[database]:
            raise NoSuchTableError(f"Table does not exist: {database}.{table}")
        return self._listed[database][table]

    def _list(self, database: str) -> dict[str, Mapping[str, Any]]:
        try:
            pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=database)
            return {entry["Name"]: entry for page in pages for entry in page["TableList"]}
        except self.glue.exceptions.EntityNotFoundException:
            return {}

    def _create_glue_table(self, database_name: str, table_name: str, table_input: Any) -> None:
        """Create the entry; where the lake has a plain Parquet table of that name, make it the Iceberg table."""
        try:
            found = self._entry(database_name, table_name)
        except NoSuchTableError:
            self._written.add((database_name, table_name))
            super()._create_glue_table(database_name, table_name, self._marked(table_input, {}))
            return
        if is_iceberg(found) or not (self._takes_over or lake_of(found) == self._root):
            raise TableAlreadyExistsError(f"Table {database_name}.{table_name} already exists")
        self._update_glue_table(database_name, table_name, table_input, found["VersionId"])
        delete_partitions(self.glue, database_name, table_name)

    def _update_glue_table(self, database_name: str, table_name: str, table_input: Any, version_id: str) -> None:
        found = self._entry(database_name, table_name)
        wanted = self._marked(table_input, found)
        self._written.add((database_name, table_name))
        super()._update_glue_table(database_name, table_name, updated(found, wanted) or wanted, version_id)

    def _is_s3tables_database(self, database_name: str) -> bool:
        """The lake's databases are none of S3 Tables; to ask would cost a call for each table and commit."""
        del database_name
        return False

    def _marked(self, table_input: Mapping[str, Any], found: Mapping[str, Any]) -> Any:
        described = {"Description": table_input["Parameters"].get("comment", "")}
        return marked({"TableType": TABLE_TYPE, **described, **table_input}, self._root, strangers(found))


def iceberg_catalog(storage: S3Storage, client: Any, *, takes_over: bool) -> LakeGlueCatalog:
    """The catalog for the lake in `storage`, with the credentials, region and endpoint that boto3 finds.

    `takes_over` says that entries of another lake may be replaced. Credentials are handed on in memory: PyIceberg puts
    a catalog's properties into no file.
    """
    session = s3_session()
    keys = s3_credentials(session)
    properties = {
        "s3.endpoint": configured_endpoint(),
        "s3.region": session.region_name or DEFAULT_REGION,
        "s3.access-key-id": keys.access_key if keys else None,
        "s3.secret-access-key": keys.secret_key if keys else None,
        "s3.session-token": keys.token if keys else None,
    }
    given = {name: value for name, value in properties.items() if value}
    return LakeGlueCatalog(storage.root, client, takes_over=takes_over, **given)
