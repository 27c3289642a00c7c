"""Files below a prefix in an S3 bucket, and the client that reaches them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from covid_lake.errors import AlreadyExists, SettingsError, StorageError
from covid_lake.store.storage.protocol import UNFINISHED_LIFE, FileInfo

S3_SCHEMES = ("s3", "s3a")
DELETES_A_REQUEST = 1000
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


class S3Storage:
    """A prefix in an S3 bucket. The environment gives boto3 the endpoint, the region and the credentials."""

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
        # Permissions in a bucket are not by folder, so `closed` stays as it is.
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
        """The objects in a page of a listing, without the empty objects that mark folders."""
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
        # Engines leave empty objects that mark folders. `list_files` leaves these out, so it can't be used here.
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
                    if error.response["Error"]["Code"] != "NoSuchUpload":  # it has ended since it was listed
                        raise

    def url(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _folder_key(self, folder: str) -> str:
        """The prefix of all keys below the folder; the final slash keeps `lake` apart from `lake-prod`."""
        key = self._key(folder)
        return key.rstrip("/") + "/" if key else ""

    def _key(self, path: str) -> str:
        return f"{self.prefix}/{path}".strip("/") if self.prefix else path

    @contextlib.contextmanager
    def _reporting(self, verb: str, path: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError, OSError) as error:  # a missing certificate file is an OSError
            raise StorageError(f"cannot {verb} {self.root}/{path}: {error}") from error


def configured_endpoint(endpoint: str | None = None) -> str | None:
    """The given endpoint, or the environment's; None means AWS. Raises `SettingsError` if it is not a URL."""
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
    """The AWS session of the environment. Raises `SettingsError` if its settings are unusable."""
    import boto3

    with _naming_settings():
        return boto3.Session()


def s3_credentials(session: Any) -> Any:
    """The session's credentials; None if there are none. Raises `SettingsError` if they can't be loaded."""
    with _naming_settings():
        found = session.get_credentials()
        keys = found.get_frozen_credentials() if found else None
    for name in ("access_key", "secret_key", "token") if keys else ():
        if any(not sign.isprintable() or sign.isspace() for sign in getattr(keys, name) or ""):
            # As part of a header it would be an error whose message repeats the whole credential.
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
        # Only on AWS the bucket may be part of the host name; emulators and other stores want it in the path.
        config = Config(
            signature_version=UNSIGNED if unsigned else None, s3={"addressing_style": "path" if endpoint else "auto"}
        )
        return session.client("s3", endpoint_url=endpoint, config=config)


@contextlib.contextmanager
def _naming_settings() -> Iterator[None]:
    """Turn errors in the environment and in AWS's configuration files into `SettingsError`."""
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except (BotoCoreError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        # botocore checks few settings. A bad one fails anywhere inside of it, with any of these errors.
        raise SettingsError(
            f"the S3 client cannot be made: {error}; look at the AWS_ variables of the environment and at AWS's "
            "configuration files"
        ) from error
