"""The places that a dataset's files come from."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from covid_lake.contracts import Dataset
from covid_lake.errors import SettingsError
from covid_lake.store.storage import Storage, open_storage


def open_sources(
    dataset: Dataset, places: Sequence[str], *, unsigned: bool = False, endpoint: str | None = None
) -> tuple[Storage, ...]:
    """The places as storages: directories, or `s3://bucket/prefix`.

    The dataset's public buckets are read without credentials, unless an endpoint says that the S3 is not AWS's;
    `unsigned` reads all of them so. Raises `SettingsError` where no place is named.
    """
    if not places:
        raise SettingsError(f"name at least one place to land files of {dataset.name} from, a directory or s3://bucket")
    public = frozenset() if endpoint else frozenset(dataset.public_buckets)
    return tuple(
        open_storage(place, unsigned=unsigned or urlsplit(place).netloc in public, endpoint=endpoint)
        for place in places
    )
