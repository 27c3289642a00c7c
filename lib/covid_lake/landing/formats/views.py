"""Pieces of DuckDB's SQL that the views of landing files share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SOURCE_FILE = "source_file"


def source_file(root: Path) -> str:
    """The file's path below the folder, as the column `source_file`."""
    return f"substr(filename, {len(str(root)) + 2}) AS {SOURCE_FILE}"


def paths_below(root: Path, files: Sequence[str]) -> str:
    """The files as a list of paths."""
    return "[" + ", ".join(literal(str(root / file)) for file in files) + "]"


def text_columns(names: Sequence[str]) -> str:
    """The columns as a reader's types: all text."""
    return "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names) + "}"


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names as the header gives them; a nameless or repeated column gets its position as well."""
    seen: set[str] = set()
    unique = []
    for position, given in enumerate(names, start=1):
        name = given.strip() or f"column_{position}"
        if name.casefold() in seen or name.casefold() in (SOURCE_FILE, "filename"):
            name = f"{name}_{position}"
        seen.add(name.casefold())
        unique.append(name)
    return tuple(unique)


def by_folder(placed: Sequence[tuple[Path, str]]) -> dict[Path, list[str]]:
    """The files by the folder below which they lie."""
    roots: dict[Path, list[str]] = {}
    for root, file in placed:
        roots.setdefault(root, []).append(file)
    return roots


def literal(text: str) -> str:
    """The text as SQL writes it."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def quoted(name: str) -> str:
    """The name as an identifier."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
