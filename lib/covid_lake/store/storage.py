"""Files of a lake, on disk or in S3, behind one narrow seam.

Paths are relative to the storage's root and use `/`. Spark reaches the same files by `url`; everything else goes
through the methods here, which is what keeps one code path for both.
"""

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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import urlsplit

from covid_lake.errors import AlreadyExists, SettingsError, StorageError

S3_SCHEMES = ("s3", "s3a")
COPY_CHUNK_BYTES = 1 << 20
DELETES_A_REQUEST = 1000
# How often the folder of a file is made for it.
FOLDERS_MADE = 100
# The hidden neighbour that a file is written to before it is moved into place.
UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")
# An unfinished file of this age has lost its writer, where no lock tells. An upload to S3 does not name its writer, and
# another tool may be bringing a large file into the landing zone; a bucket's lifecycle rules count in days too.
UNFINISHED_LIFE = timedelta(days=1)
LONGEST_NAME_BYTES = 255 - len("..01234567.tmp")
UNREADABLE = "unreadable"
# What systems answer that can't give a file a second name: SMB, exFAT, many FUSE and container mounts, two disks.
NO_HARD_LINKS = frozenset(
    {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EMLINK, errno.EXDEV}
)
# What systems answer that know no locks.
NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
# Held by whoever creates a file in a folder of a system without hard links.
LOCK = ".lock"
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
FOLDER_LINK = "link to a folder"


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file below the root. `stamp` changes whenever the content may have: an ETag, or the modification time."""

    path: str
    size: int
    stamp: str


class Storage(Protocol):
    """What the library needs of a place that holds files."""

    root: str

    def read(self, path: str) -> bytes:
        """The whole file; `StorageError` where there is none."""
        ...

    def read_tail(self, path: str, count: int) -> bytes:
        """The last `count` bytes of the file, or all of a shorter one."""
        ...

    def open(self, path: str) -> contextlib.AbstractContextManager[BinaryIO]:
        """The file as a stream of bytes, to be read once from its beginning."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Put the file in place whole, replacing what was there."""
        ...

    def create(self, path: str, content: bytes) -> None:
        """Put the file in place whole if none is there; `AlreadyExists` otherwise. Of two writers one wins."""
        ...

    def receive(self, path: str, stream: BinaryIO) -> FileInfo:
        """Put the file in place whole from a stream, replacing what was there; returns what a listing would show."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Make a file that is never changed stand under a second path, without its bytes passing through here."""
        ...

    def list_files(
        self, prefix: str, *, at_most: int | None = None, closed: dict[str, str] | None = None
    ) -> list[FileInfo]:
        """All files below the folder `prefix`, sorted by path; an absent folder has none.

        With `at_most`, the listing ends after so many. With `closed`, a folder that can't be looked into is put there,
        by path and with the reason, the others are listed, and a link to a folder, which is not followed, stands in the
        list with the stamp `FOLDER_LINK`; without it a closed folder is a `StorageError`, and links are passed over.
        """
        ...

    def list_top(self) -> tuple[list[str], list[FileInfo]]:
        """The names of the folders directly below the root, and the files in none of them, by their paths alone.

        A key of S3 that begins with a slash stands among the files.
        """
        ...

    def top_names(self) -> frozenset[str] | None:
        """The names of what lies directly below the root; None where the root is not there. In S3 a root is there as
        soon as an object lies below it.
        """
        ...

    def delete(self, paths: Sequence[str]) -> None:
        """Remove the files; an absent one is fine."""
        ...

    def delete_folder(self, prefix: str) -> None:
        """Remove the folder and all below it; an absent folder is fine."""
        ...

    def remove_unfinished(self, folder: str) -> None:
        """Remove the unfinished files below the folder whose writers have died; readers never saw these files.

        On disk a living writer holds a lock on its file. In S3, and on disks without locks, an unfinished file is
        removed when it is a day old.
        """
        ...

    def url(self, path: str) -> str:
        """How Spark names the file or folder, as it is: neither escaped nor quoted."""
        ...


class LocalStorage:
    """A directory on this machine."""

    def __init__(self, root: str | Path) -> None:
        try:
            self.directory = Path(root).expanduser().absolute()
        except RuntimeError as error:
            raise SettingsError(f"{root}: the home that ~ stands for is not known; write the whole path") from error
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
            # A pipe would be waited for without end.
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
        """Move a whole file into place; `FileExistsError` where there is one. Of two writers one wins."""
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
        # Without hard links nothing moves a file to a name only if that is free: a lock keeps other writers away
        # meanwhile. It is let go of by the system when its holder dies, and so its file may stay.
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
                        # A link that leads nowhere is there all the same, and whoever opens it is told. What another
                        # writer moved into place or took away since the folder was read is no fault.
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
        """Remove the folder and those above it that hold nothing any more, as S3 has no empty folders either."""
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
            except (BlockingIOError, FileNotFoundError):  # it is being written, or was moved into place
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
        """A stream into a hidden neighbour of `path`, which goes away if it was not moved into place."""
        target = self.directory / path
        # A name may have as many bytes as a directory takes; its neighbour's has no more.
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
    """The file, opened to be written, in a folder that is made if need be."""
    for attempt in range(1, FOLDERS_MADE + 1):
        # Whoever removes the last file of a folder removes the folder too, perhaps in the midst of this.
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            return file.open("wb")
        except (FileNotFoundError, FileExistsError):
            if attempt == FOLDERS_MADE:
                raise
    raise FileNotFoundError(file)


@contextlib.contextmanager
def _locked(stream: BinaryIO) -> Iterator[None]:
    """Hold a lock on the file, by which `remove_unfinished` knows that its writer lives, though the stream be closed.

    The system lets go of it when the process dies.
    """
    holder = os.dup(stream.fileno())
    try:
        # Not waited for: only `remove_unfinished` could hold it, for an instant. Some file systems have no locks.
        with contextlib.suppress(OSError):
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(holder)


class S3Storage:
    """A prefix in an S3 bucket, reached by boto3 as the environment says (endpoint, region, credentials)."""

    def __init__(self, url: str, *, unsigned: bool = False, endpoint: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in S3_SCHEMES or not parts.netloc:
            raise SettingsError(f"{url!r} is no S3 location; write s3://bucket/prefix")
        self.bucket = parts.netloc
        self.prefix = parts.path.strip("/")
        self.root = f"s3://{self.bucket}/{self.prefix}".rstrip("/")
        self.unsigned = unsigned
        self._client = _s3_client(unsigned, endpoint)

    def read(self, path: str) -> bytes:
        with self.open(path) as stream:
            return stream.read()

    def read_tail(self, path: str, count: int) -> bytes:
        with self._reporting("read", path):
            answer = self._client.get_object(Bucket=self.bucket, Key=self._key(path), Range=f"bytes=-{count}")
            return cast(bytes, answer["Body"].read())

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        with self._reporting("read", path):
            body = self._client.get_object(Bucket=self.bucket, Key=self._key(path))["Body"]
            with contextlib.closing(body):
                yield cast(BinaryIO, body)

    def write(self, path: str, content: bytes) -> None:
        with self._reporting("write", path):
            self._client.put_object(Bucket=self.bucket, Key=self._key(path), Body=content)

    def create(self, path: str, content: bytes) -> None:
        from botocore.exceptions import ClientError

        with self._reporting("write", path):
            try:
                self._client.put_object(Bucket=self.bucket, Key=self._key(path), Body=content, IfNoneMatch="*")
            except ClientError as error:
                if error.response["Error"]["Code"] in (
                    "PreconditionFailed",
                    "ConditionalRequestConflict",
                    "412",
                    "409",
                ):
                    raise AlreadyExists(f"{self.root}/{path} is there already") from None
                raise

    def receive(self, path: str, stream: BinaryIO) -> FileInfo:
        with self._reporting("write", path):
            self._client.upload_fileobj(stream, self.bucket, self._key(path))
            found = self._client.head_object(Bucket=self.bucket, Key=self._key(path))
        return FileInfo(path, found["ContentLength"], found["ETag"].strip('"'))

    def copy(self, source: str, target: str) -> None:
        with self._reporting("copy", source):
            origin = {"Bucket": self.bucket, "Key": self._key(source)}
            self._client.copy(origin, self.bucket, self._key(target))

    def list_files(
        self, prefix: str, *, at_most: int | None = None, closed: dict[str, str] | None = None
    ) -> list[FileInfo]:
        # A bucket has no folders that are closed by themselves: `closed` stays as it is.
        del closed
        return self._list(self._folder_key(prefix), at_most)

    def list_top(self) -> tuple[list[str], list[FileInfo]]:
        start = f"{self.prefix}/" if self.prefix else ""
        folders: list[str] = []
        files: list[FileInfo] = []
        with self._reporting("list", ""):
            paginator = self._client.get_paginator("list_objects_v2")
            for page in paginator.paginate(Bucket=self.bucket, Prefix=start, Delimiter="/"):
                folders += [item["Prefix"][len(start) :].removesuffix("/") for item in page.get("CommonPrefixes", ())]
                files += self._found(page)
        if "" in folders:
            folders.remove("")
            files += self._list(f"{start}/", DELETES_A_REQUEST)
        return folders, files

    def _list(self, start: str, at_most: int | None) -> list[FileInfo]:
        found: list[FileInfo] = []
        with self._reporting("list", start.removeprefix(f"{self.prefix}/").rstrip("/")):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=start):
                found += self._found(page)
                if at_most is not None and len(found) >= at_most:
                    break
        return sorted(found, key=lambda file: file.path)[:at_most]

    def _found(self, page: Any) -> list[FileInfo]:
        """The objects of a page of a listing, without those that stand for folders."""
        start = len(self.prefix) + 1 if self.prefix else 0
        return [
            FileInfo(item["Key"][start:], item["Size"], item["ETag"].strip('"'))
            for item in page.get("Contents", ())
            if not item["Key"].endswith("/")
        ]

    def top_names(self) -> frozenset[str] | None:
        root = f"{self.prefix}/" if self.prefix else ""
        with self._reporting("list", ""):
            found: list[str] = []
            paginator = self._client.get_paginator("list_objects_v2")
            for page in paginator.paginate(Bucket=self.bucket, Prefix=root, Delimiter="/"):
                found += (item["Prefix"] for item in page.get("CommonPrefixes", ()))
                found += (item["Key"] for item in page.get("Contents", ()))
        return frozenset(key.removeprefix(root).rstrip("/") for key in found) - {""} or None

    def delete(self, paths: Sequence[str]) -> None:
        self._delete([self._key(path) for path in paths])

    def _delete(self, keys: Sequence[str]) -> None:
        with self._reporting("remove", keys[0].removeprefix(f"{self.prefix}/") if keys else ""):
            for start in range(0, len(keys), DELETES_A_REQUEST):
                batch = [{"Key": key} for key in keys[start : start + DELETES_A_REQUEST]]
                objects = {"Objects": batch, "Quiet": True}
                failed = self._client.delete_objects(Bucket=self.bucket, Delete=objects).get("Errors")
                if failed:
                    key, why = failed[0]["Key"], failed[0].get("Message", failed[0].get("Code"))
                    raise StorageError(f"cannot remove s3://{self.bucket}/{key}: {why}")

    def delete_folder(self, prefix: str) -> None:
        # Engines leave empty objects that stand for folders: no listing of files has these.
        with self._reporting("remove", prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self._folder_key(prefix)
            )
            self._delete([item["Key"] for page in pages for item in page.get("Contents", ())])

    def remove_unfinished(self, folder: str) -> None:
        from botocore.exceptions import ClientError

        begun_before = datetime.now(UTC) - UNFINISHED_LIFE
        with self._reporting("remove unfinished uploads of", folder):
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket, Prefix=self._folder_key(folder)
            )
            uploads = [upload for page in pages for upload in page.get("Uploads", ())]
            for upload in uploads:
                if upload["Initiated"] > begun_before:
                    continue
                try:
                    self._client.abort_multipart_upload(
                        Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )
                except ClientError as error:
                    if error.response["Error"]["Code"] != "NoSuchUpload":  # it ended meanwhile
                        raise

    def url(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _folder_key(self, folder: str) -> str:
        """What the keys below the folder begin with: its own with a final slash, so that `lake` is not `lake-prod`."""
        key = self._key(folder)
        return key.rstrip("/") + "/" if key else ""

    def _key(self, path: str) -> str:
        return f"{self.prefix}/{path}".strip("/") if self.prefix else path

    @contextlib.contextmanager
    def _reporting(self, verb: str, path: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError, OSError) as error:  # a certificate's file that is not there is an OSError
            raise StorageError(f"cannot {verb} {self.root}/{path}: {error}") from error


def configured_endpoint(endpoint: str | None = None) -> str | None:
    """The endpoint given, or the environment's; None for AWS itself. Raises `SettingsError` where it is no URL."""
    for name in ENDPOINT_VARIABLES if endpoint is None else ():
        if os.environ.get(name):
            endpoint = os.environ[name]
            break
    if not endpoint:
        return None
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(sign.isspace() for sign in endpoint):
        raise SettingsError(f"the S3 endpoint {endpoint!r} is no URL; write it as http://host:port or https://host")
    return endpoint


def s3_session() -> Any:
    """The AWS session that the environment asks for. Raises `SettingsError` where its settings can't be used."""
    import boto3

    with _naming_settings():
        return boto3.Session()


def s3_credentials(session: Any) -> Any:
    """The session's credentials; None where there are none. Raises `SettingsError` where they can't be had."""
    with _naming_settings():
        found = session.get_credentials()
        keys = found.get_frozen_credentials() if found else None
    for name in ("access_key", "secret_key", "token") if keys else ():
        if any(not sign.isprintable() or sign.isspace() for sign in getattr(keys, name) or ""):
            # A header would carry it, and the fault of that repeats the whole credential.
            raise SettingsError(f"the AWS credential's {name} has a blank or a line break in it; set it again")
    return keys


def _s3_client(unsigned: bool, endpoint: str | None) -> Any:
    from botocore import UNSIGNED
    from botocore.config import Config

    session, endpoint = s3_session(), configured_endpoint(endpoint)
    if not unsigned and s3_credentials(session) is None:
        raise SettingsError(
            "there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; "
            "public sources are read with --unsigned"
        )
    with _naming_settings():
        # Buckets are names of a host only on AWS itself; emulators and other stores want them in the path.
        config = Config(
            signature_version=UNSIGNED if unsigned else None, s3={"addressing_style": "path" if endpoint else "auto"}
        )
        return session.client("s3", endpoint_url=endpoint, config=config)


@contextlib.contextmanager
def _naming_settings() -> Iterator[None]:
    """Faults of what the environment and AWS's configuration files say, as sentences."""
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except (BotoCoreError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        # botocore checks few of the settings; what it does not check fails somewhere in it, as any of these.
        raise SettingsError(
            f"the S3 client cannot be made: {error}; look at the AWS_ variables of the environment and at AWS's "
            "configuration files"
        ) from error


def open_storage(location: str, *, unsigned: bool = False, endpoint: str | None = None) -> Storage:
    """The storage at `location`, a directory or `s3://bucket/prefix`."""
    scheme = urlsplit(location).scheme
    if scheme in S3_SCHEMES:
        return S3Storage(location, unsigned=unsigned, endpoint=endpoint)
    if scheme and scheme != "file" and "://" in location:
        raise SettingsError(f"{location!r}: a lake lies in a directory or at s3://bucket/prefix, not at {scheme}://")
    return LocalStorage(location.removeprefix("file://"))
