"""The command that renders contracts as DDL."""

from __future__ import annotations

from pathlib import Path

import click

from covid_lake.cli.options import folded
from covid_lake.cli.terminal import Terminal
from covid_lake.errors import LakeError, SettingsError


@click.command()
@click.argument("dataset", required=False, callback=folded)
@click.option(
    "--dialect", type=click.Choice(["athena", "redshift", "postgresql"]), default="athena", show_default=True,
    help="The engine that the DDL is for.",
)  # fmt: skip
@click.option("--table", "names", multiple=True, help="Only this table of DATASET. Repeatable.")
@click.option("--write", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write all below a folder.")
@click.option(
    "--check", "checked", type=click.Path(file_okay=False, path_type=Path), help="Compare with what --write wrote."
)
def ddl(dataset: str | None, dialect: str, names: tuple[str, ...], folder: Path | None, checked: Path | None) -> None:
    """Print the tables of DATASET as DDL, rendered from the contracts; or write it to files, or check such files.

    Without DATASET it is the DDL of all datasets.
    """
    from covid_lake.catalog.rendering import render_all, render_tables
    from covid_lake.datasets import registry

    if names and not dataset:
        raise SettingsError("--table needs a DATASET: name the dataset that the table belongs to")
    chosen = [registry.dataset(dataset).name] if dataset else registry.dataset_names()
    if not folder and not checked:
        statements = [statement for name in chosen for statement in render_tables(name, dialect, names)]
        Terminal().write("\n".join(statements) + "\n")
        return
    rendered = {path: text for name in chosen for path, text in render_all(name).items()}
    if folder:
        for path, text in rendered.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        Terminal().show(f"{len(rendered)} files written below {folder}")
    if checked:
        stale = [path for path, text in rendered.items() if not _has(checked / path, text)]
        for path in stale:
            Terminal(stderr=True).show(f"{checked / path} differs from the contract")
        if stale:
            command = " ".join(["covid-lake ddl", *([dataset] if dataset else []), f"--write {checked}"])
            raise LakeError(f"run '{command}' and commit the result")
        Terminal().show(f"{len(rendered)} files agree with the contracts")


def _has(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes().replace(b"\r\n", b"\n") == text.encode()
