"""Files of a lake, on disk or in S3, behind one protocol: the same code works on both.

Paths are relative to the storage's root and use `/`. Spark reaches the same files by `url`; everything else uses the
methods of `Storage`.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from covid_lake.errors import SettingsError
from covid_lake.store.storage.disk import LocalStorage
from covid_lake.store.storage.protocol import FOLDER_LINK, FileInfo, Storage
from covid_lake.store.storage.s3 import S3_SCHEMES, S3Storage, configured_endpoint, s3_credentials, s3_session

__all__ = [
    "FOLDER_LINK",
    "S3_SCHEMES",
    "FileInfo",
    "LocalStorage",
    "S3Storage",
    "Storage",
    "configured_endpoint",
    "open_storage",
    "s3_credentials",
    "s3_session",
]


def open_storage(location: str, *, unsigned: bool = False, endpoint: str | None = None) -> Storage:
    """The storage at `location`, a directory or `s3://bucket/prefix`."""
    scheme = urlsplit(location).scheme
    if scheme in S3_SCHEMES:
        return S3Storage(location, unsigned=unsigned, endpoint=endpoint)
    if scheme and scheme != "file" and "://" in location:
        raise SettingsError(f"{location!r}: a lake lies in a directory or at s3://bucket/prefix, not at {scheme}://")
    return LocalStorage(location.removeprefix("file://"))
