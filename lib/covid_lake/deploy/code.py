"""The code of the jobs in S3: scripts and wheels, under a prefix that is named by what they hold.

A prefix is never written over: jobs that run keep the code with which they were started, and the deployment before can
be put back. Its manifest is written last, so that a prefix without one is an upload that was interrupted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from covid_lake.deploy.workflow import Stage
from covid_lake.errors import SettingsError
from covid_lake.store.storage import S3Storage

FOLDER: Final = "deploy"
MANIFEST: Final = "manifest.json"
DIGEST_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Code:
    """Scripts and wheels, as they lie in a folder of this machine."""

    files: Mapping[str, Path]
    """The files by name, scripts and wheels side by side."""
    digest: str
    """What the prefix is called: a digest of all names and contents."""

    @classmethod
    def of(cls, folder: Path, wheels: Iterable[Path] = ()) -> Code:
        """What the folder holds, and further wheels.

        Raises `SettingsError` where a job's script or this library's wheel is not among them.
        """
        files = {path.name: path for path in (*sorted(folder.glob("*")), *wheels) if path.suffix in (".py", ".whl")}
        lacking = [f"{stage}.py" for stage in Stage if f"{stage}.py" not in files]
        if not any(name.startswith("covid_lake-") for name in files):
            lacking.append("the wheel of covid_lake")
        if lacking:
            raise SettingsError(
                f"{folder} does not hold the jobs' code: {', '.join(lacking)} is missing; scripts/deploy_jobs.sh "
                "builds it"
            )
        whole = hashlib.sha256()
        for name in sorted(files):
            whole.update(f"{name} {hashlib.sha256(files[name].read_bytes()).hexdigest()}\n".encode())
        return cls(files, whole.hexdigest()[:DIGEST_CHARACTERS])

    @property
    def wheels(self) -> tuple[str, ...]:
        """The names of the wheels."""
        return tuple(sorted(name for name in self.files if name.endswith(".whl")))

    @property
    def total_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files.values())

    def is_in(self, bucket: S3Storage) -> bool:
        """Whether all of it has been uploaded, and is still there."""
        folder = f"{FOLDER}/{self.digest}"
        there = {file.path.removeprefix(f"{folder}/"): file.size for file in bucket.list_files(folder)}
        return MANIFEST in there and all(there.get(name) == path.stat().st_size for name, path in self.files.items())

    def upload(self, bucket: S3Storage, progress: Callable[[str, int, int], None]) -> None:
        """Upload all of it, the manifest last; `progress` is told a label, and how many of how many files are there."""
        for number, name in enumerate(sorted(self.files), start=1):
            bucket.write(f"{FOLDER}/{self.digest}/{name}", self.files[name].read_bytes())
            progress(f"uploading {name}", number, len(self.files))
        sizes = {name: path.stat().st_size for name, path in sorted(self.files.items())}
        bucket.write(f"{FOLDER}/{self.digest}/{MANIFEST}", json.dumps({"files": sizes}, indent=2).encode())


def uploaded(bucket: S3Storage) -> tuple[str, ...]:
    """The digests of all code in the bucket, whole or not."""
    found = {file.path.removeprefix(f"{FOLDER}/").partition("/")[0] for file in bucket.list_files(FOLDER)}
    return tuple(sorted(one for one in found if len(one) == DIGEST_CHARACTERS))


def remove(bucket: S3Storage, digest: str) -> None:
    """Remove code; its manifest first, so that what is left of it when this is interrupted counts as no code."""
    bucket.delete([f"{FOLDER}/{digest}/{MANIFEST}"])
    bucket.delete_folder(f"{FOLDER}/{digest}")
