"""Gzip, checked as strictly as the engines check it: every member whole, and nothing behind the last one.

Python's own reader ignores zero bytes behind a member; Hadoop's takes them for a damaged file.
"""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO, cast

from covid_lake.landing.faults import FileFault

READ_BYTES = 1 << 16
GZIP_WINDOW = 16 + zlib.MAX_WBITS


class GunzippingReader(io.RawIOBase):
    """The content of all members of a gzip stream, one after the other; `FileFault` where it is damaged."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._member = zlib.decompressobj(GZIP_WINDOW)
        self._packed = b""
        self._is_within_member = False
        self._members = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        while True:
            if not self._packed:
                self._packed = self._stream.read(READ_BYTES)
                if not self._packed:
                    self._check_end()
                    return 0
            content = self._unpack(len(view))
            if content:
                view[: len(content)] = content
                return len(content)

    def _unpack(self, count: int) -> bytes:
        self._is_within_member = True
        try:
            content = self._member.decompress(self._packed, count)
        except zlib.error as error:
            raise FileFault(self._reason(error)) from None
        if self._member.eof:
            self._packed = self._member.unused_data
            self._member = zlib.decompressobj(GZIP_WINDOW)
            self._is_within_member = False
            self._members += 1
        else:
            self._packed = self._member.unconsumed_tail
        return content

    def _check_end(self) -> None:
        if self._is_within_member:
            raise FileFault("the gzip stream breaks off before its end: it was cut short; fetch the file again")

    def _reason(self, error: zlib.error) -> str:
        if "incorrect header check" not in str(error):
            return f"the gzip stream is damaged ({error}); fetch the file again"
        if self._members:
            return "something that is no gzip stands behind the end of the gzip stream; fetch the file again"
        return "the name ends in .gz, but this is no gzip file"
