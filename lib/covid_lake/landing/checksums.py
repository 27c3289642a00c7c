"""The checksum of a stream, computed while the stream is read."""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO, cast


class OtherContent(Exception):
    """A stream has ended, and its checksum is not the expected one."""


class HashingReader(io.RawIOBase):
    """Passes a stream's bytes through and keeps their SHA-256 and their number.

    With a checksum `expected`, a stream with another content raises `OtherContent` at its end, before whoever copies
    it puts the copy in place.
    """

    def __init__(self, stream: BinaryIO, expected: str | None = None) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self._expected = expected
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        chunk = self._stream.read(len(view))
        view[: len(chunk)] = chunk
        self._digest.update(chunk)
        self.size += len(chunk)
        if not chunk and self._expected not in (None, self.sha256):
            raise OtherContent
        return len(chunk)

    @property
    def sha256(self) -> str:
        """The checksum of what was read so far, in hexadecimal digits."""
        return self._digest.hexdigest()
