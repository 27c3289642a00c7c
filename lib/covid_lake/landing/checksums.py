"""The checksum of a stream, taken while somebody else reads it."""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO, cast


class HashingReader(io.RawIOBase):
    """Passes a stream's bytes through and keeps their SHA-256."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        chunk = self._stream.read(len(view))
        view[: len(chunk)] = chunk
        self._digest.update(chunk)
        return len(chunk)

    @property
    def sha256(self) -> str:
        """The checksum of what was read so far, in hexadecimal digits."""
        return self._digest.hexdigest()
