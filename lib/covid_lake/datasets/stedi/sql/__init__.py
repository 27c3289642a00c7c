"""The SQL that ships with the dataset: what must hold of a table, and the questions that people ask."""

from __future__ import annotations

from importlib import resources


def sql(folder: str, name: str) -> str:
    """The text of `FOLDER/NAME.sql` beside this module."""
    return (resources.files(__package__) / folder / f"{name}.sql").read_text(encoding="utf-8")
