"""JSON lines as Spark reads them: which lines hold an object, which keys there are, and what Spark would read wrongly.

What Jackson, Spark's parser, does not take becomes a record of nulls without a word, and of a key that stands twice
one value is lost. Such files are refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from covid_lake.landing.faults import FileFault

BYTE_ORDER_MARK = "\ufeff"
BLANKS = b" \t\r\n"
MAX_KEYS = 1_000
# Spark puts the place of a record's file beside its fields, under this name.
RESERVED_KEY = "_metadata"

# Jackson's limits (StreamReadConstraints); a line within the first three can break none of them.
LONGEST_LINE_BYTES = 20_000_000
LONGEST_NUMBER = 1_000
LONGEST_KEY = 50_000
DEEPEST_NESTING = 1_000
LONG_NUMBER = re.compile(rb"[-+.eE0-9]{%d}" % LONGEST_NUMBER)


@dataclass(slots=True)
class JsonLines:
    """What the lines of a file hold: keys in the order of their first appearance, records, blank lines."""

    keys: dict[str, None] = field(default_factory=dict)
    records: int = 0
    blank_lines: int = 0

    @classmethod
    def read(cls, chunks: Iterable[bytes]) -> JsonLines:
        """Read UTF-8 text to its end; `FileFault` for a line that is no object, or none that Spark reads as it is."""
        found = cls()
        for number, line in enumerate(_lines(chunks), start=1):
            if not line.strip(BLANKS):
                found.blank_lines += 1
                continue
            found.keys.update(dict.fromkeys(_record(line, number)))
            found.records += 1
        found._check()
        return found

    def _check(self) -> None:
        if not self.records:
            raise FileFault("the file is empty")
        if len(self.keys) > MAX_KEYS:
            raise FileFault(f"the objects have {len(self.keys):,} different keys: a key is to be a column")
        spellings: dict[str, str] = {}
        for key in self.keys:
            other = spellings.setdefault(key.lower(), key)
            if other != key:
                raise FileFault("keys {!r} and {!r} differ in nothing but case; spell them one way", other, key)
        if RESERVED_KEY in spellings:
            raise FileFault(f"key {RESERVED_KEY!r} is a name that Spark keeps for itself; rename it")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their ends, which are LF, CRLF or CR, as for Hadoop."""
    rest = b""
    for chunk in chunks:
        lines = (rest + chunk).splitlines(keepends=True)
        # The last line may go on in the next chunk, and so may the line end that a CR begins.
        rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
        if len(rest) > LONGEST_LINE_BYTES:
            break
        yield from lines
    if rest:
        yield rest


def _record(line: bytes, number: int) -> dict[str, Any]:
    if len(line) > LONGEST_LINE_BYTES:
        raise FileFault(f"line {number:,} is longer than {LONGEST_LINE_BYTES:,} bytes: Spark does not read it")
    text = line.decode().removeprefix(BYTE_ORDER_MARK)
    if number == 1 and text.lstrip().startswith("["):
        raise FileFault("the file holds a JSON array; one object a line is expected")
    try:
        record = DECODER.decode(text)
        if _may_exceed_a_limit(line):
            _check_limits(record)
        if b"\\ud" in line or b"\\uD" in line:
            json.dumps(record, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        cut = "" if line.endswith((b"\n", b"\r")) else "; the file was cut short, fetch it again"
        raise FileFault(
            f"line {number:,} is no whole JSON object ({error.msg} at column {error.colno:,}){cut}"
        ) from None
    except UnicodeEncodeError:
        raise FileFault(f"line {number:,} has half a surrogate pair (\\ud…), which is no character") from None
    except RecursionError:
        raise FileFault(f"line {number:,} is nested too deeply") from None
    except FileFault as fault:
        raise FileFault(f"line {number:,} {fault.text}", *fault.quoted) from None
    if not isinstance(record, dict):
        raise FileFault(f"line {number:,} is JSON, but no object")
    return record


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise FileFault("has key {!r} twice in one object", twice)
    return fields


class _Number(str):
    """A number as it is written: Python would turn it into another, or refuse to for its length."""

    __slots__ = ()


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_Number, parse_float=_Number)


def _may_exceed_a_limit(line: bytes) -> bool:
    """Whether it is worth a look; most lines are too short for that."""
    return len(line) > LONGEST_NUMBER and (
        len(line) > LONGEST_KEY
        or line.count(b"[") + line.count(b"{") > DEEPEST_NESTING
        or LONG_NUMBER.search(line) is not None
    )


def _check_limits(value: object) -> None:
    level = [value]
    for _ in range(DEEPEST_NESTING):
        if any(isinstance(one, _Number) and len(one) > LONGEST_NUMBER for one in level):
            raise FileFault(f"has a number of more than {LONGEST_NUMBER:,} digits")
        objects = [one for one in level if isinstance(one, dict)]
        if any(len(key) > LONGEST_KEY for one in objects for key in one):
            raise FileFault(f"has a key of more than {LONGEST_KEY:,} characters")
        arrays = [one for one in level if isinstance(one, list)]
        level = [inner for one in objects for inner in one.values()] + [inner for one in arrays for inner in one]
        if not level:
            return
    raise FileFault(f"is nested more than {DEEPEST_NESTING:,} levels deep")
