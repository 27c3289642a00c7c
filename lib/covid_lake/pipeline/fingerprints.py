"""What decides a table's rows beside its inputs, as a digest: when it changes, the table is built anew.

The digest covers the contract, as far as it decides rows; the code of the step and all that it uses, with the data
files beside it; the library's code that reads, types, selects and writes rows; the session's settings; and the engine's
version. It does not cover comments, grain sentences, limits and checks, which decide whether a version is published,
the layout in the warehouse, and code that only counts, reports or moves files.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import sys
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from covid_lake.contracts import (
    Codec,
    Column,
    DailyFiles,
    Dataset,
    Format,
    Identity,
    Landing,
    Partitioning,
    Rule,
    Severity,
    Table,
)
from covid_lake.engines.semantics import SEMANTICS
from covid_lake.flows import Step
from covid_lake.landing.formats import FILE_FORMATS
from covid_lake.pipeline.code_digests import EVERYTHING, Code, Place, digest

LIBRARY = "covid_lake"
# Classes of contracts and formats, of which those methods count that code which decides rows calls: of a format, how it
# is read, and not how it is inspected.
COUNTED_BY_METHOD = (
    *(Table, Column, Landing, DailyFiles, Partitioning, Rule, Identity),
    *FILE_FORMATS.values(),
)
# The library's own code that decides rows; what it uses is found from here.
EVERY_TABLE = (
    ("engines.spark", "SparkEngine.write"),
    ("engines.sail", "SailEngine.write"),
    ("store.parquet", "copy_files"),
    ("transforms.frames", "conform"),
)
FROM_FILES = (
    ("engines.spark", "SparkEngine.read_landing"),
    ("engines.sail", "SailEngine.read_landing"),
    ("transforms.rules", "record_checks"),
    ("pipeline.trusted", "_newest"),
    ("pipeline.trusted", "_quarantine"),
    ("pipeline.trusted", "_Base"),
    ("pipeline.compaction", "compact"),
)
FROM_TABLES = (
    ("engines.spark", "SparkEngine.read_files"),
    ("engines.sail", "SailEngine.read_files"),
    ("pipeline.curated", "_plan_rows"),
)
BY_PARTITIONS = (
    ("pipeline.star", "Star._evolution"),
    ("pipeline.star", "Star._change"),
    ("pipeline.star", "Star._told_apart"),
    ("pipeline.star", "Star._difference"),
)
WITH_KEYS = (("transforms.pseudonyms", "key_frame"),)
# Modules of the library that find, count, move, name or describe things, and so decide no row.
IDLE = frozenset(
    f"{LIBRARY}.{module}"
    for module in (
        "errors",
        "flows",
        "paths",
        "landing.inspection",
        "landing.inventory",
        "pipeline.accounts",
        "pipeline.audits",
        "pipeline.drift",
        "pipeline.inputs",
        "pipeline.plan",
        "store.documents",
        "store.questions",
        "store.reports",
        "store.snapshots",
        "store.storage",
    )
)
# Fields of contracts that decide no row. A new field decides rows unless it is named here.
UNDECIDING: Mapping[type, frozenset[str]] = {
    Column: frozenset({"comment", "required", "max_bytes", "former_names"}),
    Table: frozenset({"grain", "references", "max_rejected_fraction", "in_warehouse", "layout", "drift"}),
    Identity: frozenset({"shown_as"}),
    # Every file is read by its own header; these are for Athena.
    Landing: frozenset({"header", "shares_header"}),
}
# Rules that take records out of a table. Others are counted, or stop the publication.
SELECTING = (Severity.REJECT, Severity.WITHHOLD)


def step_basis(
    step: Step, keys: Mapping[str, str], code: Code | None = None, semantics: Mapping[str, str] = SEMANTICS
) -> str:
    """A digest of what decides the rows of the step's table beside its inputs; `keys` are digests of keys by name.

    Raises `SettingsError` where the step's code, or some that it uses, is not there as source.
    """
    parts = _Parts.of(step)
    followed = code or installed_code(frozenset(parts.packages))
    return digest(
        contract_text(step.target),
        followed.digest({*parts.places, *library_places(step)}),
        *sorted(parts.values),
        step.differs or "",
        *(keys[key.name] for key in step.keys),
        json.dumps(semantics, sort_keys=True),
        engine_version(),
    )


@functools.cache
def installed_code(packages: frozenset[str]) -> Code:
    """The code of the packages, as it is installed."""
    return code_of(packages)


def code_of(packages: Iterable[str], **sources: Any) -> Code:
    """The code of the packages, the library's among them; `sources` say where it is read, for `Code`."""
    return Code(
        packages,
        idle=IDLE,
        values=_value_of,
        members=tuple((one.__module__, one.__qualname__) for one in COUNTED_BY_METHOD),
        # The library's own data files, if any, decide nothing; those of its datasets do.
        without_data=(LIBRARY,),
        with_data=(f"{LIBRARY}.datasets",),
        **sources,
    )


def library_places(step: Step) -> tuple[Place, ...]:
    """The library's code that decides the rows of the step's table."""
    parts = EVERY_TABLE + (FROM_FILES if step.target.landing else FROM_TABLES)
    parts += (BY_PARTITIONS if step.partial else ()) + (WITH_KEYS if step.keys else ())
    return tuple((f"{LIBRARY}.{module}", name) for module, name in parts)


def contract_text(table: Table) -> str:
    """What decides rows in a contract. What has its default is left out, so that a new field changes nothing."""
    return json.dumps(_plain(table), sort_keys=True)


def _plain(value: Any) -> object:
    kind: Any = type(value)
    if kind in (str, int, float, bool, type(None)):
        return value
    if kind in (tuple, list):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        its = {name: getattr(value, name) for name in _deciding(kind)}
        if isinstance(value, Table):
            its["rules"] = tuple(rule for rule in value.rules if rule.severity in SELECTING)
            # The rest of the layout is the warehouse's own affair.
            its["codec"] = value.codec
        # Formats with their defaults differ in nothing but their class.
        named = {"format": kind.__name__} if isinstance(value, Format) else {}
        defaults = {**_deciding(kind), "codec": Codec.ZSTD}
        return named | {name: _plain(one) for name, one in its.items() if one != defaults[name]}
    if isinstance(value, Mapping):
        return [[_plain(key), _plain(one)] for key, one in value.items()]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    raise TypeError(f"a contract holds a {kind.__name__}, which has no fingerprint")


@functools.cache
def _deciding(kind: Any) -> Mapping[str, object]:
    """The fields of a class of contracts that decide rows, with their defaults."""
    left_out = UNDECIDING.get(kind, frozenset())
    return {one.name: one.default for one in dataclasses.fields(kind) if one.compare and one.name not in left_out}


def _value_of(module: str, name: str) -> str | None:
    """A contract that code names, as the text that counts; None for anything else."""
    value = getattr(sys.modules.get(module), name, None)
    if isinstance(value, Table):
        return contract_text(value)
    return json.dumps([_plain(table) for table in value.tables]) if isinstance(value, Dataset) else None


@dataclasses.dataclass(slots=True)
class _Parts:
    """What a step's functions are made of."""

    packages: set[str]
    """The packages that are followed: the library, and those of the functions."""
    places: set[Place] = dataclasses.field(default_factory=set)
    """The definitions of the functions, and of those that they carry along."""
    values: set[str] = dataclasses.field(default_factory=set)
    """Plain values that they carry along: arguments of `functools.partial`, variables of the code around them."""

    @classmethod
    def of(cls, step: Step) -> _Parts:
        partial = step.partial
        functions: list[Any] = [step.build, *((partial.touched, partial.build, partial.added) if partial else ())]
        # The library's own wrappers carry the function that matters.
        carried = [one for function in functions for one in _carried_by(function) if _place_of(function)[0] in IDLE]
        named = [_place_of(one) for one in (*functions, *carried) if callable(one)]
        parts = cls({LIBRARY, *(module.partition(".")[0] for module, _ in named)})
        seen: list[object] = []
        queue = functions + carried
        while queue:
            one = queue.pop()
            if all(one is not other for other in seen):
                seen.append(one)
                queue += parts._take(one)
        return parts

    def _take(self, one: Any) -> list[Any]:
        """Take note of a function or value; returns what it carries along."""
        if isinstance(one, list | tuple | set | frozenset):
            return list(one)
        if isinstance(one, Mapping):
            return [*one.keys(), *one.values()]
        if _is_plain(one):
            return []
        module, name = _place_of(one)
        if module.partition(".")[0] in self.packages and module not in IDLE:
            self.places.add((module, name))
        carried = _carried_by(one)
        if carried:
            self.values.add(f"{name} with {_text(carried)}")
        return carried


def _is_plain(one: Any) -> bool:
    return one is None or isinstance(one, str | bytes | int | float | Enum) or _is_of_contract(one)


def _is_of_contract(one: Any) -> bool:
    return dataclasses.is_dataclass(one) and type(one).__module__ == Table.__module__


def _text(one: Any) -> str:
    """What a function carries along, as text that changes with it; code is named only."""
    if isinstance(one, list | tuple):
        return f"[{', '.join(map(_text, one))}]"
    if isinstance(one, Mapping):
        return f"{{{', '.join(f'{_text(key)}: {_text(value)}' for key, value in one.items())}}}"
    if isinstance(one, set | frozenset):
        return f"{{{', '.join(sorted(map(_text, one)))}}}"
    if _is_of_contract(one):
        return json.dumps(_plain(one), sort_keys=True)
    return repr(one) if _is_plain(one) else _place_of(one)[1]


def _place_of(one: Any) -> Place:
    """The definition of a function, or of the class of an object."""
    inner = one.func if isinstance(one, functools.partial) else getattr(one, "__func__", one)
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    top = named.__qualname__.partition(".")[0]
    return named.__module__, EVERYTHING if top == "<lambda>" else top


def _carried_by(one: Any) -> list[Any]:
    """What a function or an object holds besides its code."""
    if isinstance(one, functools.partial):
        return [one.func, *one.args, one.keywords]
    function = getattr(one, "__func__", one)
    cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    held = [getattr(one, name) for name in ("__self__", "__wrapped__") if hasattr(one, name)]
    is_object = not hasattr(function, "__qualname__") and hasattr(one, "__dict__")
    return [*cells, *held, *([dict(vars(one))] if is_object else ())]


def engine_version() -> str:
    """Spark's major and minor version: a patch means the same rows by the same code."""
    from pyspark.version import __version__

    return "Spark " + ".".join(__version__.split(".")[:2])
