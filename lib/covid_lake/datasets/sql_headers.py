"""The header of a SQL file that ships with a dataset: the block of `-- key: text` comments at its top.

A line without a key continues the line above it.
"""

from __future__ import annotations

import re

LINE = re.compile(r"--\s?(?:(?P<key>[a-z]+(?: \w+ [\w(),]+)?):)?\s*(?P<text>.*)")


def read_header(sql: str) -> dict[str, str]:
    """The header's texts by key, in their order. What stands before the first key has an empty one."""
    header: dict[str, str] = {}
    key = ""
    for line in sql.splitlines():
        found = LINE.fullmatch(line)
        if not found:
            break
        key = found["key"] or key
        header[key] = f"{header.get(key, '')} {found['text']}".strip()
    return header


def without_header(sql: str) -> str:
    """The statement below the header."""
    lines = sql.splitlines(keepends=True)
    first = next((i for i, line in enumerate(lines) if not LINE.fullmatch(line.rstrip("\r\n"))), len(lines))
    return "".join(lines[first:]).rstrip()
