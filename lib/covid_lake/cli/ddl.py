"""The command that renders contracts as DDL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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
@click.option("--table", "names", multiple=True, help="Only this table or view of DATASET. Repeatable.")
@click.option(
    "--table-format", type=click.Choice(["iceberg", "hive"]), default="iceberg", show_default=True,
    help="What trusted and curated tables are to Athena; hive is plain Parquet, and is only printed.",
)  # fmt: skip
@click.option("--write", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write all below a folder.")
@click.option(
    "--check", "checked", type=click.Path(file_okay=False, path_type=Path), help="Compare with what --write wrote."
)
def ddl(
    dataset: str | None,
    dialect: str,
    names: tuple[str, ...],
    table_format: str,
    folder: Path | None,
    checked: Path | None,
) -> None:
    """Print the tables of DATASET as DDL, rendered from the contracts; or write it to files, or check such files.

    Without DATASET it is the DDL of all datasets. In Athena's DDL, ${lake} stands for the lake's root.
    """
    from covid_lake.catalog.rendering import render_all, render_tables
    from covid_lake.datasets import registry

    if names and not dataset:
        raise SettingsError("--table needs a DATASET: name the dataset that the table belongs to")
    chosen = [registry.dataset(dataset).name] if dataset else registry.dataset_names()
    if not folder and not checked:
        as_hive = table_format == "hive"
        statements = [text for name in chosen for text in render_tables(name, dialect, names, as_hive=as_hive)]
        Terminal().write("\n".join(statements) + "\n")
        return
    rendered = {path: text for name in chosen for path, text in render_all(name).items()}
    if folder:
        for path, text in rendered.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        Terminal().show(f"{len(rendered)} files written below {folder}")
    if checked:
        stale = [
            f"{path} differs from the contract" for path, text in rendered.items() if not _has(checked / path, text)
        ]
        stale += [f"{path} is of no table; delete it" for path in _strange(checked, chosen, rendered)]
        faults = [f"{checked}/{one}" for one in stale] + _reserved(rendered) + _reserved_in_queries(chosen)
        for sentence in faults:
            Terminal(stderr=True).show(sentence)
        if stale:
            command = " ".join(["covid-lake ddl", *([dataset] if dataset else []), f"--write {checked}"])
            raise LakeError(f"run '{command}' and commit the result")
        if faults:
            raise LakeError("put names that Athena reserves into quotes")
        Terminal().show(f"{len(rendered)} files agree with the contracts")


def _reserved(statements: Mapping[str, str]) -> list[str]:
    """Reserved words of Athena that a view uses as names without quotes; statements are by the place they are from."""
    from covid_lake.catalog.reserved_words import unquoted_words

    words = {place: unquoted_words(sql) for place, sql in statements.items() if not place.startswith("redshift/")}
    return [f"{place} uses {', '.join(found)} as a name without quotes" for place, found in words.items() if found]


def _reserved_in_queries(datasets: Iterable[str]) -> list[str]:
    from covid_lake.datasets.queries import named_queries

    queries = [query for name in datasets for query in named_queries(name)]
    return _reserved({f"{query.dataset}/sql/queries/{query.name}.sql": query.sql for query in queries})


def _strange(folder: Path, datasets: Iterable[str], rendered: Collection[str]) -> list[str]:
    """Files of the datasets that nothing is rendered to."""
    there = [
        file.relative_to(folder).as_posix()
        for name in datasets
        for engine in ("athena", "redshift")
        for file in sorted((folder / engine / name).rglob("*.sql"))
    ]
    return [path for path in there if path not in rendered]


def _has(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes().replace(b"\r\n", b"\n") == text.encode()
