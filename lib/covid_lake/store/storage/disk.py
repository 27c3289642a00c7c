"""Files in a directory of this machine."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from covid_lake.errors import AlreadyExists, SettingsError, StorageError
from covid_lake.store.storage.protocol import FOLDER_LINK, UNFINISHED_LIFE, UNREADABLE, FileInfo

COPY_CHUNK_BYTES = 1 << 20
# How often the folder of a file is made for it.
FOLDERS_MADE = 100
# A file is first written under such a hidden name beside its place, and then moved there.
UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")
LONGEST_NAME_BYTES = 255 - len("..01234567.tmp")
# Errors of file systems without hard links: SMB, exFAT, many FUSE and container mounts; and of links between two disks.
NO_HARD_LINKS = frozenset(
    {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EMLINK, errno.EXDEV}
)
# Errors of file systems without locks.
NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
# The lock file by which writers exclude each other in a folder of a file system without hard links.
LOCK = ".lock"


class LocalStorage:
    """A directory on this machine."""

    def __init__(self, root: str | Path) -> None:
        try:
            self.directory = Path(root).expanduser().absolute()
        except RuntimeError as error:
            raise SettingsError(f"{root}: the home directory for ~ is unknown; write the whole path") from error
        self.root = str(self.directory)

    def read(self, path: str) -> bytes:
        with self._reporting("read", path):
            return (self.directory / path).read_bytes()

    def read_tail(self, path: str, count: int) -> bytes:
        with self.open(path) as stream:
            stream.seek(max(0, (self.directory / path).stat().st_size - count))
            return stream.read()

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        file = self.directory / path
        with self._reporting("read", path):
            # Reading a pipe that nobody writes to would never end.
            if not stat.S_ISREG(file.stat().st_mode):
                raise OSError("no regular file")
            with file.open("rb") as stream:
                yield stream

    def write(self, path: str, content: bytes) -> None:
        with self._written_aside(path) as (stream, aside):
            stream.write(content)
            stream.close()
            aside.replace(self.directory / path)

    def create(self, path: str, content: bytes) -> None:
        with self._written_aside(path) as (stream, aside):
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            try:
                self._put_if_absent(aside, self.directory / path)
            except FileExistsError:
                raise AlreadyExists(f"{self.root}/{path} is there already") from None

    def _put_if_absent(self, aside: Path, target: Path) -> None:
        """Move a complete file into place; `FileExistsError` if the place is taken. Of two writers one wins."""
        try:
            os.link(aside, target)
        except FileExistsError:
            raise
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise
        else:
            aside.unlink()
            return
        # Without hard links, no system call moves a file only if the target is free, so writers take a lock. The system
        # releases the lock when its holder dies, so the lock file may stay.
        with (target.parent / LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.path.lexists(target):
                raise FileExistsError
            aside.replace(target)

    def receive(self, path: str, stream: BinaryIO) -> FileInfo:
        with self._written_aside(path) as (target, aside):
            shutil.copyfileobj(stream, target, COPY_CHUNK_BYTES)
            target.close()
            status = aside.stat()
            aside.replace(self.directory / path)
        return FileInfo(path, status.st_size, str(status.st_mtime_ns))

    def copy(self, source: str, target: str) -> None:
        with self._reporting("copy", source):
            (self.directory / target).parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(self.directory / source, self.directory / target)
                return
            except OSError as error:
                if error.errno not in NO_HARD_LINKS:
                    raise
        with self.open(source) as stream:
            self.receive(target, stream)

    def list_files(
        self, prefix: str, *, at_most: int | None = None, closed: dict[str, str] | None = None
    ) -> list[FileInfo]:
        def note(error: OSError) -> None:
            if isinstance(error, FileNotFoundError):
                return
            if closed is None:
                raise error
            folder = Path(error.filename).relative_to(self.directory).as_posix()
            closed[folder] = f"cannot list {self.root}/{folder}: {error.strerror or error}"

        found: list[FileInfo] = []
        with self._reporting("list", prefix):
            for folder, folders, names in os.walk(self.directory / prefix, onerror=note):
                folders.sort()
                if closed is not None:
                    links = [Path(folder, name) for name in folders if Path(folder, name).is_symlink()]
                    found += [FileInfo(link.relative_to(self.directory).as_posix(), 0, FOLDER_LINK) for link in links]
                for name in sorted(names):
                    file = Path(folder, name)
                    relative = file.relative_to(self.directory).as_posix()
                    try:
                        status = file.stat()
                        found.append(FileInfo(relative, status.st_size, str(status.st_mtime_ns)))
                    except OSError as error:
                        # A broken link is listed; opening it is an error. A file that another writer has moved or
                        # removed since the folder was read is left out.
                        if file.is_symlink() or not isinstance(error, FileNotFoundError):
                            found.append(FileInfo(relative, 0, UNREADABLE))
                if at_most is not None and len(found) >= at_most:
                    break
        return sorted(found, key=lambda file: file.path)[:at_most]

    def list_top(self) -> tuple[list[str], list[FileInfo]]:
        with self._reporting("list", ""):
            entries = sorted(self.directory.iterdir()) if self.directory.exists() else []
            folders = [entry.name for entry in entries if entry.is_dir()]
            return folders, [FileInfo(entry.name, 0, UNREADABLE) for entry in entries if entry.name not in folders]

    def top_names(self) -> frozenset[str] | None:
        with self._reporting("list", ""):
            try:
                return frozenset(entry.name for entry in self.directory.iterdir())
            except FileNotFoundError:
                return None

    def delete(self, paths: Sequence[str]) -> None:
        folders = set()
        for path in paths:
            file = self.directory / path
            folders.add(file.parent)
            with self._reporting("remove", path):
                file.unlink(missing_ok=True)
        for folder in sorted(folders, key=lambda folder: -len(folder.parts)):
            self._remove_empty(folder)

    def _remove_empty(self, folder: Path) -> None:
        """Remove the folder and its parents as far as they are empty: S3 has no empty folders either."""
        while folder != self.directory and self.directory in folder.parents:
            try:
                folder.rmdir()
            except OSError:  # it holds something, or is gone already
                return
            folder = folder.parent

    def delete_folder(self, prefix: str) -> None:
        with self._reporting("remove", prefix), contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.directory / prefix)

    def remove_unfinished(self, folder: str) -> None:
        found = [file.path for file in self.list_files(folder) if UNFINISHED.fullmatch(file.path.split("/")[-1])]
        self.delete([path for path in found if self._has_lost_its_writer(self.directory / path)])

    def _has_lost_its_writer(self, file: Path) -> bool:
        with self._reporting("look at", str(file.relative_to(self.directory))):
            try:
                with file.open("rb") as stream:
                    fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except (BlockingIOError, FileNotFoundError):  # its writer is alive, or has moved it into place
                return False
            except OSError as error:
                if error.errno not in NO_LOCKS:
                    raise
                return datetime.now(UTC).timestamp() - file.stat().st_mtime > UNFINISHED_LIFE.total_seconds()
        return True

    def url(self, path: str) -> str:
        return f"file://{self.directory / path}"

    @contextlib.contextmanager
    def _written_aside(self, path: str) -> Iterator[tuple[BinaryIO, Path]]:
        """A stream into a hidden file beside `path`; the hidden file is removed if it was not moved into place."""
        target = self.directory / path
        # The name may be as long as a directory allows, so the hidden name has to be cut.
        name = os.fsencode(target.name)[:LONGEST_NAME_BYTES].decode("utf-8", "ignore")
        aside = target.with_name(f".{name}.{secrets.token_hex(4)}.tmp")
        with self._reporting("write", path):
            try:
                with _opened_in_its_folder(aside) as stream, _locked(stream):
                    yield stream, aside
            finally:
                aside.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _reporting(self, verb: str, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(f"cannot {verb} {self.root}/{path}: {error.strerror or error}") from error


def _opened_in_its_folder(file: Path) -> BinaryIO:
    """The file, opened for writing; its folder is created if it is missing."""
    for attempt in range(1, FOLDERS_MADE + 1):
        # `_remove_empty` of another process may remove the folder at any moment before the file is in it.
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            return file.open("wb")
        except (FileNotFoundError, FileExistsError):
            if attempt == FOLDERS_MADE:
                raise
    raise FileNotFoundError(file)


@contextlib.contextmanager
def _locked(stream: BinaryIO) -> Iterator[None]:
    """Hold a lock on the file, even after the stream is closed; `remove_unfinished` leaves locked files alone.

    The system releases the lock when the process dies.
    """
    holder = os.dup(stream.fileno())
    try:
        # No waiting: only `remove_unfinished` can hold the lock, for an instant. Some file systems have no locks.
        with contextlib.suppress(OSError):
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(holder)
