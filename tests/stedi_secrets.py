"""What must not be found of people who did not agree, and where to look: every file, packed ones unpacked."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

PERSONAL = ("customerName", "email", "phone", "serialNumber")
LZ4_MAGIC = b"LZ4Block"
LZ4_HEADER = struct.Struct("<8sBiii")
LZ4_PACKED = 0x20


def customers(sample: Path) -> list[dict[str, Any]]:
    files = sorted((sample / "customer/landing").glob("*.json"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def secrets_of(sample: Path, agreed: set[str]) -> set[str]:
    """What the customers' records say of people whose e-mail is not among the given ones, and of nobody who is."""
    by_person: dict[bool, set[str]] = {True: set(), False: set()}
    for record in customers(sample):
        has_agreed = record.get("email", "") in agreed
        by_person[has_agreed] |= {str(record[name]) for name in PERSONAL if name in record}
    return by_person[False] - by_person[True]


def texts_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """All that files below the folder hold: Parquet decoded, and what Spark has packed with LZ4 unpacked."""
    yield from ((path, text_of(path)) for path in sorted(folder.rglob("*")) if path.is_file())


def text_of(path: Path) -> str:
    """All that the file holds; nothing of one that is gone by now."""
    if path.suffix == ".parquet":
        return "\n".join(str(row) for row in ds.dataset(path).to_table().to_pylist())
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ""
    return (content + b"\n" + _unpacked(content)).decode("utf-8", "replace")


def found_in(folder: Path, secrets: set[str], but: str = "landing") -> set[tuple[str, str]]:
    """File and secret, for each secret in a file that is not below the folder called `but`."""
    texts = ((path.relative_to(folder), text) for path, text in texts_of(folder))
    return {(str(path), one) for path, text in texts if path.parts[0] != but for one in secrets if one in text}


def _unpacked(content: bytes) -> bytes:
    """The blocks of LZ4 in the content, unpacked, as Spark's shuffle files hold them."""
    codec, parts, at = pa.Codec("lz4_raw"), [], content.find(LZ4_MAGIC)
    while at >= 0:
        start = at + LZ4_HEADER.size
        header = content[at:start]
        if len(header) == LZ4_HEADER.size:
            _, token, packed, unpacked, _ = LZ4_HEADER.unpack(header)
            block = content[start : start + packed]
            if token & 0xF0 == LZ4_PACKED and len(block) == packed and unpacked:
                block = codec.decompress(block, unpacked).to_pybytes()
            parts.append(block)
        at = content.find(LZ4_MAGIC, start)
    return b"".join(parts)
