"""One look at a landing file before anything is built on it: is it whole, what is its header, how many records has it.

A damaged file is found here and refused by name, instead of turning into nulls later. What is asked of a file depends
on its format (see `landing.formats`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import BinaryIO, cast

from covid_lake.contracts import Format
from covid_lake.landing.checksums import HashingReader
from covid_lake.landing.faults import FileFault
from covid_lake.landing.formats import files_in
from covid_lake.landing.formats.gzip import GunzippingReader
from covid_lake.landing.formats.interface import Content, Inspection
from covid_lake.landing.formats.text import CHUNK_BYTES
from covid_lake.landing.names import is_gzip, name_fault

Opener = Callable[[], AbstractContextManager[BinaryIO]]


def inspect_file(
    path: str,
    open_file: Opener,
    form: Format,
    size: int | None = None,
    *,
    on_disk: bool = False,
    is_discreet: bool = False,
) -> Inspection:
    """Read the file once (up to three times where its quoting is odd) and say what it is.

    `open_file` opens it anew each time. `size` is what the file had when it was listed, if that is known: a file of
    another size is being written to, and refused. `on_disk` says that the lake is a directory, where Hadoop takes
    fewer names than in a bucket. `is_discreet` says that a fault must not quote the file's content.
    """
    with open_file() as stream:
        reader = HashingReader(stream)
        fault, result = None, Inspection("")
        try:
            if unusable := name_fault(path, on_disk):
                raise FileFault(unusable)
            content = HashingReader(_binary(GunzippingReader(_binary(reader)))) if is_gzip(path) else reader
            result = files_in(form).inspect(Content(_buffered(content), lambda: unpacked(path, open_file)))
            if content is not reader:
                result = replace(result, unpacked_sha256=content.sha256)
        except FileFault as refused:
            fault = refused.reason(is_discreet=is_discreet)
        while reader.read(CHUNK_BYTES):
            continue
    if size not in (None, reader.size):
        fault = f"the file changed while it was read: {size:,} bytes were listed, and {reader.size:,} read"
    if fault:
        return Inspection(reader.sha256, fault=fault)
    return replace(result, sha256=reader.sha256)


@contextmanager
def unpacked(path: str, open_file: Opener) -> Iterator[io.BufferedReader]:
    """What the file holds, out of its gzip where it is one; reading raises `FileFault` where that is damaged."""
    with open_file() as stream:
        if is_gzip(path):
            yield _buffered(GunzippingReader(stream))
        elif isinstance(stream, io.BufferedReader):
            yield stream
        else:
            yield _buffered(stream if isinstance(stream, io.RawIOBase) else HashingReader(stream))


def _binary(stream: io.RawIOBase) -> BinaryIO:
    return cast(BinaryIO, stream)


def _buffered(stream: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(stream, CHUNK_BYTES)
