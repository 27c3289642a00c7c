"""The committed DDL for Redshift, as an administrator would run it: every file of every dataset, dimensions first."""

from __future__ import annotations

from pathlib import Path

import pytest
import redshift_connector

from covid_lake.datasets import registry
from redshift_double import RedshiftDouble
from redshift_target import Redshift

DDL = Path(__file__).resolve().parents[2] / "ddl" / "redshift"

# A table, a schema, a role or a key that is not there; a role that is.
MISSING, ALREADY_THERE = ("42P01", "3F000", "42704"), "42710"
CREATE_ROLES = tuple(f'CREATE ROLE "covid_lake_{name}"' for name in ("reader", "operator"))


@pytest.mark.parametrize("dataset", registry.dataset_names())
def test_every_file_is_taken_and_says_what_the_catalog_then_shows(double: RedshiftDouble, dataset: str) -> None:
    redshift = Redshift.of_double(double, "s3://nothing")
    run_all(redshift, sorted((DDL / dataset).glob("*.sql")))
    shown = redshift.run(
        "SELECT table_name, column_name, data_type, distkey, sortkey FROM svv_redshift_columns "
        f"WHERE schema_name = '{dataset}' ORDER BY table_name, ordinal_position"
    )
    for table in registry.dataset(dataset).star:
        columns = {name: rest for found, name, *rest in shown if found == table.name}
        assert list(columns) == [column.name for column in table.stored_columns]
        distributed = [name for name, (_, is_key, _) in columns.items() if is_key]
        assert distributed == [name for name in (table.layout.distribution_key,) if name]
        in_order = sorted((place, name) for name, (_, _, place) in columns.items() if place)
        assert tuple(name for _, name in in_order) == table.layout.sort_key


def run_all(redshift: Redshift, files: list[Path]) -> None:
    """Run the files, each after those that make what it refers to."""
    while files:
        waiting = [file for file in files if not runs(redshift, file)]
        assert len(waiting) < len(files), waiting
        files = waiting


def runs(redshift: Redshift, file: Path) -> bool:
    """Whether all statements of the file passed; False if something that one refers to is not there yet."""
    with redshift.connect() as opened, opened.cursor() as cursor:
        for statement in file.read_text(encoding="utf-8").split(";\n"):
            if not statement.strip():
                continue
            try:
                cursor.execute(statement)
            except redshift_connector.Error as error:
                state = error.args[0]["C"]
                if state == ALREADY_THERE and statement.endswith(CREATE_ROLES):  # by another dataset's file
                    continue
                if state in MISSING:
                    return False
                raise AssertionError(f"{file.name}: {error}\n{statement}") from error
    return True
