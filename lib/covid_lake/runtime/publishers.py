"""What follows a lake: the one place that decides which publishers a command or a job has."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from covid_lake import paths
from covid_lake.contracts import Dataset
from covid_lake.errors import CatalogError, SettingsError
from covid_lake.publish.catalog.protocol import TableFormat
from covid_lake.publish.publisher import Published, Publisher
from covid_lake.runtime.engine_choice import chosen_engine, start_engine
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import LocalStorage, Storage
from covid_lake.warehouse.copying import DEFAULT_ROLE

if TYPE_CHECKING:
    from covid_lake.engines.protocol import Engine
    from covid_lake.publish.catalog.publisher import CatalogPublisher
    from covid_lake.publish.warehouse import LoadRequest, WarehousePublisher
    from covid_lake.warehouse.connection import WarehouseConnection

CATALOG_VARIABLE: Final = "COVID_LAKE_CATALOG"
FORMAT_VARIABLE: Final = "COVID_LAKE_TABLE_FORMAT"
COPY_ROLE_VARIABLE: Final = "COVID_LAKE_COPY_ROLE"
LOCAL: Final = "local"
GLUE: Final = "glue"
NO_CATALOG: Final = "none"
CATALOGS: Final = (LOCAL, GLUE, NO_CATALOG)
FORMATS: Final = tuple(map(str, TableFormat))
_TO_INSTALL: Final = (
    "install it with: pip install 'covid_lake[catalog]' (a Glue job names pyiceberg[glue] in its argument "
    "--additional-python-modules), or run with the catalog 'none'"
)


@dataclass(frozen=True, slots=True)
class CatalogChoice:
    """In which catalog the tables of a lake are kept."""

    name: str
    """One of `CATALOGS`."""
    table_format: TableFormat = TableFormat.ICEBERG
    """What trusted and curated tables are in it."""
    is_default: bool = False
    """Whether nobody asked for it."""
    notice: str = ""
    """A sentence for the user, where there is no catalog although there might be one."""


def chosen_catalog(
    storage: Storage, name: str | None = None, table_format: str | None = None, *, on_glue: bool = False
) -> CatalogChoice:
    """The catalog that is asked for by argument or environment; otherwise the lake's own, or Glue's for a job on Glue.

    A lake in S3 has no catalog where nobody asks for one outside of Glue, and a lake on disk none where PyIceberg is
    not installed. Raises `SettingsError` for a name that is unknown, a catalog that can't hold the lake's tables, and a
    missing PyIceberg.
    """
    wanted = _one_of(CATALOGS, name, CATALOG_VARIABLE, "the catalog")
    chosen_format = TableFormat(
        _one_of(FORMATS, table_format, FORMAT_VARIABLE, "the table format") or TableFormat.ICEBERG
    )
    on_disk = isinstance(storage, LocalStorage)
    default = LOCAL if on_disk else GLUE if on_glue else NO_CATALOG
    choice = CatalogChoice(wanted or default, chosen_format, is_default=wanted is None)
    if choice.name == NO_CATALOG:
        return choice
    if choice.name == LOCAL and not on_disk:
        raise SettingsError(
            f"the local catalog lies in the folder of a lake on disk, and this lake is {storage.root}; choose the "
            f"catalog {GLUE} or {NO_CATALOG}"
        )
    if choice.name == LOCAL and chosen_format is not TableFormat.ICEBERG:
        raise SettingsError(
            f"the local catalog holds Iceberg tables only; leave out the table format {chosen_format}, or choose the "
            f"catalog {NO_CATALOG}"
        )
    if chosen_format is TableFormat.ICEBERG and find_spec("pyiceberg") is None:
        if choice.is_default and choice.name == LOCAL:
            notice = "the lake has no catalog, for PyIceberg is not installed here: pip install 'covid_lake[catalog]'"
            return CatalogChoice(NO_CATALOG, chosen_format, is_default=True, notice=notice)
        raise SettingsError(f"the catalog {choice.name} needs PyIceberg, which is not installed here: {_TO_INSTALL}")
    return choice


def catalog_publishers(
    choice: CatalogChoice, storage: Storage, *, takes_over: bool = False
) -> tuple[CatalogPublisher, ...]:
    """The publisher of the chosen catalog; none for the catalog `none`. Changes nothing yet.

    `takes_over` lets it change what another lake or a person made in the Glue Data Catalog.
    """
    from covid_lake.publish.catalog.publisher import CatalogPublisher

    if choice.name == LOCAL and isinstance(storage, LocalStorage):
        from covid_lake.publish.catalog.local import LocalCatalog

        return (CatalogPublisher(LocalCatalog(storage), choice.table_format),)
    if choice.name == GLUE:
        from covid_lake.publish.catalog.glue import GlueTableCatalog

        return (CatalogPublisher(GlueTableCatalog(storage, takes_over=takes_over), choice.table_format),)
    return ()


def warehouse_publishers(
    connection: WarehouseConnection | None,
    request: LoadRequest | None = None,
    engine: Callable[[], Engine] | None = None,
) -> tuple[WarehousePublisher, ...]:
    """The publisher of the warehouse, with what is asked of its loads; none where there is no connection to one.

    Where nothing is asked, Redshift reads the lake with the role in the environment. `engine` is for its purges.
    """
    if connection is None:
        return ()
    from covid_lake.publish.warehouse import LoadRequest, WarehousePublisher

    if request is None:
        request = LoadRequest(copy_role=os.environ.get(COPY_ROLE_VARIABLE) or DEFAULT_ROLE)
    return (WarehousePublisher(connection, request, engine),)


def require_catalog_named(choice: CatalogChoice, storage: Storage, dataset: Dataset) -> None:
    """Raise `SettingsError` where files are about to be removed that a catalog may name which nobody has named here."""
    if choice.name != NO_CATALOG or not choice.is_default:
        return
    if any(storage.list_files(paths.metadata(table), at_most=1) for table in dataset.tables):
        raise SettingsError(
            f"the tables of {storage.root} are in a catalog, which names files that are about to be removed; say which "
            f"one, with --catalog {LOCAL} or --catalog {GLUE}, or --catalog {NO_CATALOG} if it is there no more"
        )


def bring_up(publishers: Sequence[Publisher], storage: Storage, dataset: Dataset) -> None:
    """Bring publishers up to the snapshot that readers see, outside of a run; the first fault is a `CatalogError`."""
    published = Published(
        storage=storage,
        dataset=dataset,
        snapshot=current_snapshot(storage, dataset.name),
        engine=lambda: start_engine(chosen_engine(), on_s3=not isinstance(storage, LocalStorage)),
    )
    for publisher in publishers:
        report = publisher.bring_up_to(published)
        if report.error:
            raise CatalogError(f"the {publisher.name} was not brought up to date: {report.error}")


def _one_of(known: Sequence[str], given: str | None, variable: str, what: str) -> str | None:
    """The given name or the environment's, in any case; None where there is neither."""
    wanted = (given or os.environ.get(variable, "")).strip().lower()
    if wanted and wanted not in known:
        source = what if given else variable
        raise SettingsError(f"{source} is {wanted!r}; it is one of: {', '.join(known)}")
    return wanted or None
