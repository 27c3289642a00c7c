"""Fetch the pinned Trino, the engine of Athena, into .trino: the server, and its connectors for Hive and Iceberg.

The environment variable COVID_LAKE_TRINO names another folder, which several checkouts can share. The server is
unpacked aside and gets its name last of all, so that what was interrupted is never taken for complete.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "trino"))

from server import TRINO_VERSION, trino_folder

MAVEN_CENTRAL = "https://repo1.maven.org/maven2/io/trino"
CHUNK_BYTES = 1 << 20
TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Archive:
    """A file of Maven Central."""

    artifact: str
    """Its name without version and suffix; its folder there is called the same."""
    suffix: str
    """`tar.gz` or `zip`."""
    size: int
    """Its size in bytes."""
    sha256: str
    """Its checksum."""
    place: str
    """Where its content belongs, below the server's folder."""

    @property
    def folder(self) -> str:
        """The one folder that it holds."""
        return f"{self.artifact}-{TRINO_VERSION}"

    @property
    def file_name(self) -> str:
        return f"{self.folder}.{self.suffix}"

    @property
    def url(self) -> str:
        return f"{MAVEN_CENTRAL}/{self.artifact}/{TRINO_VERSION}/{self.file_name}"


ARCHIVES = (
    Archive(
        "trino-server-core",
        "tar.gz",
        194_358_953,
        "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158",
        place=".",
    ),
    Archive(
        "trino-hive",
        "zip",
        258_326_133,
        "611bacdb07d9f3cf7b9d47f97ecc76fa2e7ff8bfe8a9728c3d06adc1bfb8662e",
        place="plugin/hive",
    ),
    Archive(
        "trino-iceberg",
        "zip",
        345_890_737,
        "99edba5b491ed94d599aeb61e0794272d3569d8b563f3bb8569e8a49daa87b6c",
        place="plugin/iceberg",
    ),
)
# Of the server's own plugins, the one whose functions Athena has, too; loading the others would prolong each start.
KEPT = "geospatial"


def main() -> int:
    target = trino_folder()
    if target.is_dir():
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.parent):
        if target.is_dir():  # somebody else has just fetched it
            return 0
        for abandoned in target.parent.glob(".unpacking-*"):
            shutil.rmtree(abandoned)
        size = sum(archive.size for archive in ARCHIVES)
        print(f"fetching Trino {TRINO_VERSION} ({size / 1e6:,.0f} MB) into {target}", flush=True)
        with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=target.parent) as folder:
            try:
                _fetch_all(Path(folder))
            except OSError as error:
                print(f"Trino could not be fetched, and nothing was kept: {error}", file=sys.stderr)
                return 1
            Path(folder, "server").rename(target)
    return 0


def _fetch_all(folder: Path) -> None:
    """Fetch and unpack the archives; the server is then in `folder`/server."""
    server = folder / "server"
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        bar = progress.add_task("", total=sum(archive.size for archive in ARCHIVES))
        for archive in ARCHIVES:
            progress.update(bar, description=archive.file_name)
            fetched = folder / archive.file_name
            _fetch(archive, fetched, lambda size: progress.advance(bar, size))
            _unpack(fetched, folder)
            (folder / archive.folder).rename(server / archive.place if server.exists() else server)
            fetched.unlink()
    connectors = {archive.place for archive in ARCHIVES}
    for plugin in (server / "plugin").iterdir():
        if plugin.name != KEPT and f"plugin/{plugin.name}" not in connectors:
            shutil.rmtree(plugin)


def _fetch(archive: Archive, target: Path, advance: Callable[[int], None]) -> None:
    digest = hashlib.sha256()
    with (
        urllib.request.urlopen(archive.url, timeout=TIMEOUT_SECONDS) as answer,  # noqa: S310 - an https address
        target.open("wb") as file,
    ):
        while chunk := answer.read(CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
            advance(len(chunk))
    if digest.hexdigest() != archive.sha256:
        raise OSError(f"{archive.url} has the checksum {digest.hexdigest()}, and {archive.sha256} is pinned")


def _unpack(archive: Path, folder: Path) -> None:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)  # noqa: S202 - its checksum is pinned
    else:
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, so that of two that fetch at the same time one waits for the other."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    raise SystemExit(main())
