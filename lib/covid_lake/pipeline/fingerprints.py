"""What a table's content depends on beside its inputs, as digests: when they change, a table is built anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from covid_lake.contracts import Table
from covid_lake.datasets import registry

# What a trusted or curated table's content depends on; the code that moves files and prints reports is not among it.
SHARED_CODE = ("contracts.py", "transforms", "landing/readers.py", "pipeline/trusted.py")


def table_basis(table: Table) -> str:
    """A digest of what decides a table's content besides its inputs: its contract and the code."""
    return digest(repr(table), code_fingerprint(table.dataset))


@cache
def code_fingerprint(dataset: str) -> str:
    """A digest of the source that decides what the dataset's tables hold."""
    library = resources.files("covid_lake")
    found = hashlib.sha256()
    code = {name: library.joinpath(name) for name in SHARED_CODE}
    code[f"datasets/{dataset}"] = resources.files(registry.package(dataset))
    for name, entry in code.items():
        for path, content in sorted(_sources(entry, name)):
            found.update(f"{path}\0".encode() + content)
    return found.hexdigest()


def _sources(entry: Traversable, name: str) -> Iterable[tuple[str, bytes]]:
    if entry.is_file():
        if name.endswith((".py", ".csv", ".sql")):
            yield name, entry.read_bytes()
        return
    for child in entry.iterdir():
        if child.name not in ("__pycache__", "queries"):
            yield from _sources(child, f"{name}/{child.name}")


def digest(*parts: str) -> str:
    """A digest of the texts, in their order."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
