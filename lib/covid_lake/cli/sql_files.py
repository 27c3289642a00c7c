"""Queries from files and pipes: UTF-8, or the UTF-16 that Windows writes."""

from __future__ import annotations

import codecs

from covid_lake.errors import SettingsError

BYTE_ORDER_MARK = "\ufeff"
# UTF-32 before UTF-16: its mark begins with that of UTF-16.
ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
REMEDY = "save it as UTF-8"


def read_sql(content: bytes, place: str) -> str:
    """The text of a query that came from `place`, with line feeds between its lines.

    The encoding is that of the byte order mark, or UTF-8 without one. Raises `SettingsError` if it can't be decoded.
    """
    encoding, name = next(
        ((one, name) for mark, one, name in ENCODINGS if content.startswith(mark)), ("utf-8", "UTF-8")
    )
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = f"byte {error.start + 1:,}, on line {line:,}"
        raise SettingsError(f"{place} is no {name}: {where}, cannot be read; {REMEDY}") from None
    if "\0" in text:
        raise SettingsError(f"{place} holds NUL characters, as UTF-16 without a byte order mark does; {REMEDY}")
    return text.replace("\r\n", "\n").replace("\r", "\n")
