"""The JSON documents of a lake: snapshots, manifests, markers, reports, the inventory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from covid_lake.errors import StorageError


def document(content: Mapping[str, Any]) -> bytes:
    """The content, dataclasses as objects, with a line for each field and for each entry of a field.

    A person can look at it so, and it is written ten times as fast as text that is indented all through.
    """
    parts = (f"{_text(name)}: {_lines(value)}" for name, value in content.items())
    return _block("{}", parts).encode() + b"\n"


@contextmanager
def naming_damage(place: str) -> Iterator[None]:
    """Turn the errors of reading a damaged document into a `StorageError` that names its `place`."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(
            f"{place} is damaged: it is not what was written there; restore it from a copy of the lake, or remove it"
        ) from error


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, their values unchanged."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _lines(value: Any) -> str:
    if isinstance(value, Mapping):
        return _block("{}", (f"{_text(name)}: {_text(entry)}" for name, entry in value.items()))
    if isinstance(value, list | tuple):
        return _block("[]", map(_text, value))
    return _text(value)


def _block(brackets: str, parts: Iterable[str]) -> str:
    lines = ",\n".join(parts)
    return f"{brackets[0]}\n{lines}\n{brackets[1]}" if lines else brackets


def _text(value: Any) -> str:
    return json.dumps(value, default=fields_of)
