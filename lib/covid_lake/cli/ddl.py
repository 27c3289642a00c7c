"""The command that renders contracts as DDL."""

from __future__ import annotations

from pathlib import Path

import click

from covid_lake.cli.options import dataset_argument
from covid_lake.cli.terminal import Terminal
from covid_lake.errors import LakeError


@click.command()
@dataset_argument
@click.option(
    "--dialect", type=click.Choice(["athena", "redshift", "postgresql"]), default="athena", show_default=True,
    help="The engine that the DDL is for.",
)  # fmt: skip
@click.option("--table", "names", multiple=True, help="Only this table. Repeatable.")
@click.option("--write", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write all below a folder.")
@click.option(
    "--check", "checked", type=click.Path(file_okay=False, path_type=Path), help="Compare with what --write wrote."
)
def ddl(dataset: str, dialect: str, names: tuple[str, ...], folder: Path | None, checked: Path | None) -> None:
    """Print DATASET's tables as DDL, rendered from the contracts; or write all of it, or check what was written."""
    from covid_lake.catalog.rendering import render_all, render_tables

    if folder or checked:
        rendered = render_all(dataset)
        if folder:
            for path, text in rendered.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text, encoding="utf-8")
            Terminal().show(f"{len(rendered)} files written below {folder}")
        if checked:
            stale = [path for path, text in rendered.items() if not _has(checked / path, text)]
            for path in stale:
                Terminal(stderr=True).show(f"{checked / path} is not what the contract says")
            if stale:
                raise LakeError(f"run 'covid-lake ddl {dataset} --write {checked}' and commit the result")
            Terminal().show(f"{len(rendered)} files agree with the contracts")
        return
    Terminal().write("\n".join(render_tables(dataset, dialect, names)) + "\n")


def _has(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes().replace(b"\r\n", b"\n") == text.encode()
