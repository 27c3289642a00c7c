"""The one exception of those who look into landing files."""

from __future__ import annotations


class FileFault(Exception):
    """Why a landing file is refused, in words fit for a person; `inspect_file` catches it and nobody else sees it."""
