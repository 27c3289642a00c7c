"""Trusted and curated tables as Iceberg tables over the lake's own Parquet files: metadata, and no row is written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchIcebergTableError,
    NoSuchPropertyException,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.manifest import DataFile as IcebergFile
from pyiceberg.manifest import ManifestEntry
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table import TableProperties
from pyiceberg.table.metadata import TableMetadata

from covid_lake import paths
from covid_lake.catalog import parameters
from covid_lake.catalog.iceberg_schema import name_mapping, new_schema, partition_spec
from covid_lake.contracts import Table
from covid_lake.datasets.registry import database_name
from covid_lake.errors import CatalogConflict, CatalogError, LakeError
from covid_lake.publish.catalog.iceberg_commit import Change
from covid_lake.publish.catalog.iceberg_files import Files
from covid_lake.publish.catalog.locations import location
from covid_lake.publish.catalog.protocol import RepeatsColumns
from covid_lake.publish.publisher import Published
from covid_lake.store.reports import PublishedTable
from covid_lake.store.snapshots import DataFile, snapshot_numbers

ATTEMPTS: Final = 5
TAG_PREFIX: Final = "run-"
FORMAT_VERSION: Final = {TableProperties.FORMAT_VERSION: "2"}
PROPERTIES: Final = {
    # Whoever drops the table, or expires its snapshots, must not delete the lake's Parquet files. For the same reason
    # these don't lie in the table's place.
    "gc.enabled": "false",
    # Of two publishers one has to decide anew, by what the lake's newest snapshot is.
    TableProperties.COMMIT_NUM_RETRIES: "0",
    # A reader that has just asked the catalog finds the metadata that it was told of.
    TableProperties.METADATA_PREVIOUS_VERSIONS_MAX: "20",
    TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED: "true",
}


def tag_of(run_id: str) -> str:
    """The name under which every table is kept as it was after a run."""
    return f"{TAG_PREFIX}{run_id}"


@dataclass(frozen=True, slots=True)
class IcebergTables:
    """The trusted and curated tables of a dataset in a catalog."""

    catalog: Catalog
    """The catalog."""
    published: Published
    """The lake's state that they are to show."""
    takes_over: bool = False
    """Whether a table over another lake's files is replaced."""

    def bring_up(self, table: Table) -> PublishedTable | None:
        """Bring one table up to the snapshot in one atomic step; None where its rows and columns stay as they are.

        Raises `CatalogConflict` where the catalog shows a later snapshot of the lake, or others change the table all
        the time, and `CatalogError` where the catalog does not answer or refuses, or files do not fit the contract.
        """
        began, is_taken = time.monotonic(), False
        with naming(table):
            for _ in range(ATTEMPTS):
                found = self._found(table)
                if found is None and is_taken:
                    raise CatalogError(
                        f"{full_name(table)} is in the catalog already, and is no Iceberg table of this lake: rename "
                        "it or remove it there"
                    )
                if found is not None and self._is_shown(table, found.metadata) and not self.published.full_refresh:
                    return None
                try:
                    counts = self._commit(table, found)
                except (CommitFailedException, TableAlreadyExistsError) as error:
                    # Another writer was first, and what it left is looked at anew.
                    is_taken = isinstance(error, TableAlreadyExistsError)
                    continue
                if self.published.full_refresh and self._mend_entry(table):
                    counts = counts or {"entries": 1}
                if counts is None:
                    return None
                seconds = round(time.monotonic() - began, 2)
                return PublishedTable(full_name(table), self._version(table), counts, seconds)
        raise CatalogConflict(f"{full_name(table)}: {ATTEMPTS} attempts to commit each met another writer; run again")

    def _found(self, table: Table) -> IcebergTable | None:
        """The table as the catalog has it.

        One whose metadata are gone is taken out, and so is one over another lake's files where the catalog is to be
        taken over. Otherwise that is a `CatalogError`.
        """
        try:
            found = load(self.catalog, table)
        except FileNotFoundError:
            self.catalog.drop_table(identifier(table))
            return None
        place = location(self.published.storage, paths.iceberg(table))
        if found is None or found.location() == place:
            return found
        if not self.takes_over:
            raise CatalogError(
                f"{full_name(table)} is in the catalog already, over {found.location()}, and this lake has it at "
                f"{place}: give each lake a catalog of its own, or remove the table from the catalog"
            )
        self.catalog.drop_table(identifier(table))
        return None

    def _mend_entry(self, table: Table) -> bool:
        """Have the catalog's entry say what the metadata say, where somebody edited it; whether it said else."""
        if not isinstance(self.catalog, RepeatsColumns):
            return False
        found = load(self.catalog, table)
        return found is not None and self.catalog.mend_entry(found)

    def _version(self, table: Table) -> str:
        return self.published.snapshot.tables[table.id].version

    def _is_shown(self, table: Table, metadata: TableMetadata) -> bool:
        """Whether the table is as it should be: the version's snapshot, by this contract, with the run's tag."""
        snapshot = metadata.current_snapshot()
        tag = metadata.refs.get(tag_of(self.published.snapshot.run_id))
        return (
            snapshot is not None
            and tag is not None
            and tag.snapshot_id == snapshot.snapshot_id
            and version_in(metadata) == self._version(table)
            and self._state(table).items() <= metadata.properties.items()
        )

    def _commit(self, table: Table, found: IcebergTable | None) -> dict[str, int] | None:
        """Commit what the table lacks; counts of files, or None where only its names and properties changed."""
        change, state = self._begin(table, found), self._state(table)
        snapshot_id, counts = change.metadata.current_snapshot_id, None
        is_shown = version_in(change.metadata) == self._version(table) and not self.published.full_refresh
        if snapshot_id is None or not is_shown:
            is_reshaped = change.reshape(table)
            snapshot_id, counts = self._show_version(table, change, again=is_reshaped)
            manifest = self.published.manifest(table)
            sizes = {parameters.ROWS: str(manifest.rows), parameters.BYTES: str(manifest.total_bytes)}
            change.set_properties({parameters.CLASSIFICATION: "parquet", **sizes})
        elif change.has_shape(table):
            change.reshape(table)  # for comments and former names
        else:
            # The version was built by an earlier contract, and is shown by that until it is built anew.
            del state[parameters.CONTRACT]
        change.set_properties({**PROPERTIES, **state, "comment": table.grain})
        change.tag(tag_of(self.published.snapshot.run_id), snapshot_id)
        change.commit()
        return counts

    def _begin(self, table: Table, found: IcebergTable | None) -> Change:
        if found is None:
            place = location(self.published.storage, paths.iceberg(table))
            schema = new_schema(table)
            mapping = name_mapping(table, schema).model_dump_json()
            transaction = self.catalog.create_table_transaction(
                identifier(table),
                schema,
                location=place,
                partition_spec=partition_spec(table, schema),
                properties={**FORMAT_VERSION, TableProperties.DEFAULT_NAME_MAPPING: mapping},
            )
            return Change(transaction)
        change = Change(found.transaction())
        number = self.published.snapshot.number
        if not self._is_of_another_life(found):
            if parameters.lake_snapshot(found.properties) > number:
                raise CatalogConflict(
                    f"{full_name(table)} shows a later snapshot of the lake in the catalog than {number}: another run "
                    "was first"
                )
            change.require_not_newer(number)
        return change

    def _is_of_another_life(self, found: IcebergTable) -> bool:
        """Whether the table shows a snapshot that the lake does not have: the lake was emptied and filled again."""
        shown = parameters.lake_snapshot(found.properties)
        if shown <= self.published.snapshot.number:
            return False
        numbers = snapshot_numbers(self.published.storage, self.published.dataset.name)
        return shown > max(numbers, default=0)

    def _show_version(self, table: Table, change: Change, *, again: bool) -> tuple[int, dict[str, int] | None]:
        """Add a snapshot of exactly the version's files; returns its id and counts of files.

        `again` reads all of them, for their columns have changed. Where the table's snapshot is the version's already,
        it stays, and nothing is counted.
        """
        metadata = change.metadata
        files = Files(self.published.storage, table, metadata.schema(), metadata.spec())
        wanted = {files.located(file): file for file in self.published.manifest(table).files}
        kept, gone = list[ManifestEntry](), list[ManifestEntry]()
        for entry in change.current_files():
            file = entry.data_file
            is_same = file.spec_id == metadata.default_spec_id and _is_file(file, wanted.get(file.file_path))
            (kept if is_same and not again else gone).append(entry)
        known = {entry.data_file.file_path for entry in kept}
        added = files.read([file for path, file in wanted.items() if path not in known])
        current = metadata.current_snapshot_id
        if current is not None and not added and not gone and version_in(metadata) == self._version(table):
            return current, None
        counts = {"files added": len(added), "files removed": len(gone)}
        return change.add_snapshot(added, kept, gone, self._state(table)), counts

    def _state(self, table: Table) -> dict[str, str]:
        """What the table is to show, as it stands in its properties and in its snapshot's summary."""
        return {
            parameters.VERSION: self._version(table),
            parameters.SNAPSHOT: str(self.published.snapshot.number),
            parameters.RUN_ID: self.published.snapshot.run_id,
            parameters.CONTRACT: parameters.contract_digest(table),
        }


def identifier(table: Table) -> tuple[str, str]:
    """The database and the name under which the catalog has the table."""
    return database_name(table.dataset, table.zone), table.name


def full_name(table: Table) -> str:
    """The table's name as SQL writes it, such as `covid19_curated.fact_cases`."""
    return ".".join(identifier(table))


def load(catalog: Catalog, table: Table) -> IcebergTable | None:
    """The Iceberg table as the catalog has it; None where it has none of that name.

    Raises `FileNotFoundError` where the table's metadata file is gone.
    """
    try:
        return catalog.load_table(identifier(table))
    except (NoSuchTableError, NoSuchIcebergTableError, NoSuchPropertyException):  # the latter two of a Hive table
        return None


def _is_file(file: IcebergFile, wanted: DataFile | None) -> bool:
    """Whether a file of an Iceberg snapshot is that of the lake's manifest: of two files of one path, sizes differ."""
    return wanted is not None and (file.record_count, file.file_size_in_bytes) == (wanted.rows, wanted.bytes)


def version_in(metadata: TableMetadata) -> str | None:
    """The version that the table's current snapshot shows; None where it is not of this library."""
    snapshot = metadata.current_snapshot()
    return snapshot.summary[parameters.VERSION] if snapshot and snapshot.summary else None


@contextmanager
def naming(table: Table) -> Iterator[None]:
    """Turn the faults of PyIceberg, the catalog's driver and its storage into `CatalogError`, which names the table."""
    try:
        yield
    except LakeError:
        raise
    except Exception as error:  # drivers of catalogs have no root of errors in common
        said = str(error).strip().splitlines()
        raise CatalogError(f"{full_name(table)}: {type(error).__name__}: {said[0] if said else ''}") from error
