"""Where a catalog says that the lake's files lie."""

from __future__ import annotations

from covid_lake.store.storage import LocalStorage, Storage


def location(storage: Storage, path: str = "") -> str:
    """A file or folder of the lake as the catalog and Iceberg's metadata name it; without a path, the lake's root.

    A path on disk has no scheme, so that no sign in it needs escaping, and links in it are followed, so that it is the
    same whatever way the lake was opened.
    """
    if isinstance(storage, LocalStorage):
        return str(storage.directory.resolve() / path)
    return storage.url(path).rstrip("/")


def below_root(storage: Storage, place: str) -> str | None:
    """The path below the lake's root of what `location` gave; None for a place outside of the lake."""
    root = f"{location(storage)}/"
    return place.removeprefix(root) if place.startswith(root) else None
