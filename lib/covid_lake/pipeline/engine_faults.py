"""What an engine throws, in a sentence: its traces are hundreds of lines long, and their first says nothing."""

from __future__ import annotations

import re
from typing import Any

_LONGEST = 300
_CODES = re.compile(r"^\[[A-Z_.]+\] | SQLSTATE: \w+$")
_PLACE = re.compile(r"while writing rows to \S+?(?=\.?$)")


def describe_engine_fault(error: Exception) -> str:
    """The innermost cause and, where an outer one tells it, the place that was being written to."""
    place = next((found[0] for cause in _java_causes(error) if (found := _PLACE.search(cause))), None)
    innermost = innermost_cause(error)
    return f"the engine gave up: {innermost} ({place})" if place else f"the engine gave up: {innermost}"


def innermost_cause(error: Exception) -> str:
    """What the innermost Java exception says; the error's class and first line where no Java is behind it."""
    causes = _java_causes(error) or [f"{type(error).__name__}: {_first_line(str(error))}"]
    return causes[-1][:_LONGEST]


def _java_causes(error: Exception) -> list[str]:
    """The first lines of the Java exceptions behind the error, the outermost first."""
    causes = []
    java: Any = getattr(error, "java_exception", None)
    while java is not None:
        causes.append(_CODES.sub("", _first_line(str(java.getMessage() or java.toString()))))
        java = java.getCause()
    return causes


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")
