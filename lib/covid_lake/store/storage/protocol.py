"""What the library needs of a place that holds files."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, Protocol

# An unfinished file of this age has lost its writer, where no lock tells. An upload to S3 does not name its writer, and
# another tool may be bringing a large file into the landing zone; a bucket's lifecycle rules count in days too.
UNFINISHED_LIFE = timedelta(days=1)
FOLDER_LINK = "link to a folder"
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file below the root of a storage."""

    path: str
    """The path below the root."""
    size: int
    """The size in bytes."""
    stamp: str
    """An ETag, or the modification time: it changes whenever the content may have changed."""


class Storage(Protocol):
    """A place that holds files. Errors are `StorageError`, with the path in the message."""

    root: str
    """The directory, or `s3://bucket/prefix`."""

    def read(self, path: str) -> bytes:
        """The content of the file; `StorageError` if there is none."""
        ...

    def read_tail(self, path: str, count: int) -> bytes:
        """The last `count` bytes of the file; a shorter file whole."""
        ...

    def open(self, path: str) -> contextlib.AbstractContextManager[BinaryIO]:
        """The file as a stream of bytes, which can be read once from its beginning."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Write or replace the file. Readers see the old file or the new one, never a part."""
        ...

    def create(self, path: str, content: bytes) -> None:
        """Write the file if there is none yet; otherwise raise `AlreadyExists`. Of two writers exactly one succeeds."""
        ...

    def receive(self, path: str, stream: BinaryIO) -> FileInfo:
        """Write or replace the file with the content of a stream; returns what a listing would show. Readers never see
        a part.
        """
        ...

    def copy(self, source: str, target: str) -> None:
        """Copy a file that is never changed: on disk by a hard link where possible, in S3 by S3 itself."""
        ...

    def list_files(
        self, prefix: str, *, at_most: int | None = None, closed: dict[str, str] | None = None
    ) -> list[FileInfo]:
        """All files below the folder `prefix`, sorted by path; none if the folder is absent.

        With `at_most` the listing ends after so many files. A folder that can't be listed is a `StorageError`, and a
        link to a folder is left out. With `closed` such a folder is noted there instead, path to reason, and a link to
        a folder is listed with the stamp `FOLDER_LINK`. Links to folders are never followed.
        """
        ...

    def list_top(self) -> tuple[list[str], list[FileInfo]]:
        """The names of the folders directly below the root, and the files directly below it.

        An S3 key that begins with a slash is listed among the files.
        """
        ...

    def top_names(self) -> frozenset[str] | None:
        """The names of all files and folders directly below the root; None if the root does not exist.

        In S3 the root exists if there is an object below it.
        """
        ...

    def delete(self, paths: Sequence[str]) -> None:
        """Remove the files. An absent file is no error."""
        ...

    def delete_folder(self, prefix: str) -> None:
        """Remove the folder with everything below it. An absent folder is no error."""
        ...

    def remove_unfinished(self, folder: str) -> None:
        """Remove the unfinished files below the folder whose writers have died; readers never saw these files.

        On disk a living writer holds a lock on its file. In S3, and on disks without locks, an unfinished file is
        removed when it is a day old.
        """
        ...

    def url(self, path: str) -> str:
        """The file or folder as Spark names it, neither escaped nor quoted."""
        ...
