"""What an engine throws, in a sentence: its traces are hundreds of lines long, and their first says nothing."""

from __future__ import annotations

import re
from typing import Any

_LONGEST = 300
_CODES = re.compile(r"^\[[A-Z_.]+\] | SQLSTATE: \w+$")
_PLACE = re.compile(r"while writing rows to \S+?(?=\.?$)")


# What is thrown by files, memory and the network, and by Spark before it reads a row. Its messages quote no record.
_OF_NO_RECORD = (
    "java.io.",
    "java.net.",
    "java.nio.",
    "java.lang.OutOfMemoryError",
    "org.apache.hadoop.",
    "org.apache.spark.sql.AnalysisException",
    "org.apache.spark.sql.catalyst.ExtendedAnalysisException",
    "pyspark.errors.exceptions.captured.AnalysisException",
)
# So begins what Sail says of files and folders. Its messages quote no record either.
_OF_FILES = "Generic "
_NOT_KEPT = "its message is not kept, because it might quote a record that may not leave the landing zone"


def describe_engine_fault(error: Exception, *, is_discreet: bool = False) -> str:
    """The innermost cause and, where an outer one tells it, the place that was being written to.

    A discreet description quotes no message that might hold values of records.
    """
    told = [*map(_message, _java_exceptions(error)), *getattr(error, "__notes__", ())]
    places = (_PLACE.search(text) for text in told)
    place = next((found[0] for found in places if found), None)
    innermost = innermost_cause(error, is_discreet=is_discreet)
    return f"the engine gave up: {innermost} ({place})" if place else f"the engine gave up: {innermost}"


def innermost_cause(error: Exception, *, is_discreet: bool = False) -> str:
    """What the innermost Java exception says; the error's class and first line where no Java is behind it."""
    exceptions = _java_exceptions(error)
    if exceptions:
        kind, text = str(exceptions[-1].getClass().getName()), _message(exceptions[-1])
    else:
        kind, text = f"{type(error).__module__}.{type(error).__name__}", _first_line(str(error))
        text = f"{type(error).__name__}: {text}"
    is_of_engine = exceptions or kind.startswith("pyspark.")
    is_of_no_record = kind.startswith(_OF_NO_RECORD) or str(error).startswith(_OF_FILES)
    if is_discreet and is_of_engine and not is_of_no_record:
        return f"{kind.rpartition('.')[2]}; {_NOT_KEPT}"
    return text[:_LONGEST]


def _java_exceptions(error: Exception) -> list[Any]:
    """The Java exceptions behind the error, the outermost first."""
    exceptions = []
    java: Any = getattr(error, "java_exception", None)
    while java is not None:
        exceptions.append(java)
        java = java.getCause()
    return exceptions


def _message(java: Any) -> str:
    """The first line of what a Java exception says, without Spark's codes."""
    return _CODES.sub("", _first_line(str(java.getMessage() or java.toString())))


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")
