"""The command that renders the data dictionary."""

from __future__ import annotations

from pathlib import Path

import click

from covid_lake.cli.options import folded
from covid_lake.cli.terminal import Terminal
from covid_lake.errors import LakeError


@click.command()
@click.argument("dataset", required=False, callback=folded)
@click.option(
    "--write", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write a page for each dataset."
)
@click.option(
    "--check", "checked", type=click.Path(file_okay=False, path_type=Path), help="Compare with what --write wrote."
)
def dictionary(dataset: str | None, folder: Path | None, checked: Path | None) -> None:
    """Print the data dictionary of DATASET: grain, columns, types, keys, rules and sources of each table, as Markdown.

    Without DATASET it is that of all datasets. It is rendered from the contracts; --check fails where a page differs.

    \b
    covid-lake dictionary covid19
    covid-lake dictionary --write docs/tables
    """
    from covid_lake.catalog.dictionary import render_dictionary
    from covid_lake.datasets import registry

    chosen = [registry.dataset(dataset).name] if dataset else registry.dataset_names()
    pages = {f"{name}.md": render_dictionary(name) for name in chosen}
    if not folder and not checked:
        Terminal().write("\n".join(pages.values()))
        return
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8")
        Terminal().show(f"{len(pages)} pages written to {folder}")
    if checked:
        stale = [name for name, text in pages.items() if not _has(checked / name, text)]
        if stale:
            raise LakeError(
                f"{', '.join(f'{checked}/{name}' for name in stale)} differ from the contracts; run "
                f"'covid-lake dictionary --write {checked}' and commit the result"
            )
        Terminal().show(f"{len(pages)} pages agree with the contracts")


def _has(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes().replace(b"\r\n", b"\n") == text.encode()
