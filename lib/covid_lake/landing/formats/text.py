"""What text formats share: bytes that are checked to be text, and numbers as Java prints them."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO

from covid_lake.landing.faults import FileFault

CHUNK_BYTES = 1 << 20
PART_BYTES = 8 << 20
# What Spark trims off a line of text before it asks whether the line holds anything.
BLANKS = bytes(range(33))
BLANK_CHARACTERS = BLANKS.decode()
BYTE_ORDER_MARK = "\ufeff"
OTHER_CONTENT = {
    b"\x1f\x8b": "gzip; name it .gz, or unpack it",
    b"PK\x03\x04": "a zip archive; unpack it",
    b"PAR1": "Parquet, no text",
    codecs.BOM_UTF16_LE: "UTF-16 text; convert it to UTF-8",
    codecs.BOM_UTF16_BE: "UTF-16 text; convert it to UTF-8",
}
PLAIN_DOUBLES = (1e-3, 1e7)
LARGE_WHOLE, LARGEST_WHOLE = 2.0**53, 2.0**63
LARGE_WHOLE_BITS = 54
# By the number of bits of a whole number that are more than a double has.
INSIGNIFICANT_DIGITS = (0, 0, 0, 0, 0, 1, 1, 1, 2, 2)


def text_chunks(stream: io.BufferedReader, encoding: str = "utf-8") -> Iterator[bytes]:
    """The content in pieces, each checked to be text in the encoding; `FileFault` for anything else."""
    decoder = None
    position = 0
    while chunk := stream.read(CHUNK_BYTES):
        if position == 0:
            _check_beginning(chunk, encoding)
        if b"\0" in chunk:
            raise FileFault(
                f"a NUL byte stands at byte {position + chunk.index(0):,}: this is no text file, or a damaged one"
            )
        if encoding == "utf-8" and (decoder or not chunk.isascii()):
            decoder = decoder or codecs.getincrementaldecoder("utf-8")()
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise FileFault(
                    f"the text is no UTF-8 near byte {position + error.start:,}; convert it (it may be Latin-1)"
                ) from None
        position += len(chunk)
        yield chunk
    if decoder:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise FileFault("the file ends in the middle of a UTF-8 character: it was cut short") from None


def _check_beginning(chunk: bytes, encoding: str) -> None:
    for mark, kind in OTHER_CONTENT.items():
        if chunk.startswith(mark):
            raise FileFault(f"the file is {kind}")
    if encoding != "utf-8" and chunk.startswith(codecs.BOM_UTF8):
        raise FileFault(f"the file begins with the mark of UTF-8, but the contract says that it is {encoding}")


def line_parts(stream: BinaryIO) -> Iterator[bytes]:
    """The content in parts of whole lines, which end with LF, CRLF or CR. Blank text behind the last end is no line."""
    text = stream.read(PART_BYTES)
    while text:
        following = stream.read(PART_BYTES)
        # A CR at the very end may be half of a line end.
        end = text.rfind(b"\n") + 1 or text.rfind(b"\r", 0, -1) + 1
        if not following and text[end:].strip(BLANKS):
            end = len(text)
        if end:
            yield text[:end]
        text = text[end:] + following if following else b""


def line_count(text: bytes) -> int:
    """How many lines there are; the last one may have no end."""
    ends = text.count(b"\n")
    if b"\r" in text:
        ends += text.count(b"\r") - text.count(b"\r\n")
    return ends + (not text.endswith((b"\n", b"\r")))


def java_double(value: float) -> str:
    """The number as Double.toString of Java 17 prints it: `1.0E7`, `0.001`, `1.0E-4`.

    Java prints whole numbers between 2^53 and 2^63 with more digits than are needed to tell them from their neighbours.
    Of powers of two, of a few numbers beyond 2^63 and of those below 1e-320 its last digit may be another than here.
    """
    low, high = PLAIN_DOUBLES
    if value == 0 or low <= abs(value) < high:
        return repr(value)
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    number = _large_whole(value) if LARGE_WHOLE <= abs(value) < LARGEST_WHOLE else Decimal(repr(value))
    shortest = number.normalize()
    first, *rest = map(str, shortest.as_tuple().digits)
    return f"{'-' if value < 0 else ''}{first}.{''.join(rest) or '0'}E{shortest.adjusted()}"


def _large_whole(value: float) -> Decimal:
    """The number without as many of its digits as Java takes for insignificant."""
    whole = abs(int(value))
    unit = 10 ** INSIGNIFICANT_DIGITS[whole.bit_length() - LARGE_WHOLE_BITS]
    return Decimal((whole + unit // 2) // unit * unit)
