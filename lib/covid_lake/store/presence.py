"""Whether there is a lake at a location, and whether it has what a run needs. If not, a name was probably mistyped."""

from __future__ import annotations

from collections.abc import Collection

from covid_lake import paths
from covid_lake.contracts import Zone
from covid_lake.errors import MissingInput
from covid_lake.store.snapshots import current_snapshot
from covid_lake.store.storage import Storage

ANOTHER = "name another lake with --lake, or fill this one with: covid-lake run DATASET --from DIR_OR_S3"


def require_lake(storage: Storage) -> None:
    """Raise `MissingInput` if there is no lake: the root does not exist, or it holds only other things.

    An empty folder is a lake without tables.
    """
    names = storage.top_names()
    if names is None:
        raise MissingInput(f"there is no lake at {storage.root}: nothing is there; {ANOTHER}")
    if names and not names & paths.TOP_FOLDERS:
        raise MissingInput(
            f"{storage.root} is no lake: it has none of a lake's folders (landing, trusted, curated); {ANOTHER}"
        )


def require_input(storage: Storage, dataset: str, zones: Collection[Zone]) -> None:
    """Raise `MissingInput` if the lake lacks everything that a run over `zones` could read.

    A run that promotes needs landing files or tables. One that only builds the star needs trusted tables; one over no
    zone, which only loads the warehouse, needs curated ones.
    """
    snapshot = current_snapshot(storage, dataset)
    if Zone.TRUSTED in zones:
        if not snapshot.tables and not storage.list_files(paths.landing(dataset), at_most=1):
            raise MissingInput(
                f"{storage.root} has no landing files and no tables of {dataset}; bring files with --from DIR_OR_S3, "
                "or name another lake"
            )
        return
    zone, job = (Zone.TRUSTED, "landing_to_trusted") if zones else (Zone.CURATED, "trusted_to_curated")
    if not any(table.startswith(f"{zone}.") for table in snapshot.tables):
        raise MissingInput(
            f"{storage.root} has no {zone} tables of {dataset}; build them first (the job {job}, or covid-lake run "
            f"{dataset}), or name another lake"
        )
