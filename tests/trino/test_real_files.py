"""The real public files, where they are: Trino reads every zone of their lake, and the figures are the lake's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from covid_lake.contracts import Zone
from covid_lake.datasets import registry
from covid_lake.datasets.registry import NamedTable
from covid_lake.engines.protocol import Engine
from emulator import point_at_emulator
from server import Trino
from stedi_frames import KEY
from trino_checksums import figures_of, lake_figures, quoted, trino_figures
from trino_lakes import PSEUDONYM_KEY, CataloguedLake, empty_lake
from trino_rows import LINE_COLUMNS, delivered, lines_of, typed_view, values_as_delivered
from trino_tally import Tally

pytestmark = pytest.mark.bigdata

FOLDERS = {"covid19": ("covid19-lake", "jhu")}
STORED = (Zone.TRUSTED, Zone.CURATED, Zone.QUARANTINE)


@pytest.fixture(scope="module")
def real(
    real_data: Path, trino: Trino, engine: Engine, emulator: str, catalogued: CataloguedLake
) -> Iterator[CataloguedLake]:
    """The lake of the real files, which takes the catalog over from the samples' for the tests of this file."""
    built = empty_lake("trino-real")
    point_at_emulator(engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PSEUDONYM_KEY, KEY.decode())
        for name in registry.dataset_names():
            folders = [real_data / folder for folder in FOLDERS.get(name, (name,))]
            assert all(folder.is_dir() for folder in folders), folders
            built.run(engine, name, *folders)
    yield built
    for name in registry.dataset_names():
        catalogued.publish(name)


def test_trino_reads_the_rows_of_every_table(real: CataloguedLake, trino: Trino, tally: Tally) -> None:
    for name in sorted(real.names):
        table = registry.find_table(name)
        if table.zone in STORED:
            schema = real.lake.dataset(name).schema
            fields = list(zip(schema.names, schema.types, strict=True))
            figures = trino_figures(trino, name, fields)
            assert figures == lake_figures(real.lake, name, fields), name
            assert figures[0] > 0, name
            tally.add(f"{table.zone} (real)", "table", figures[0])


def test_trino_reads_the_landing_files_as_they_were_delivered(real: CataloguedLake, trino: Trino, tally: Tally) -> None:
    for table in landing_tables(real):
        columns = trino.ask(f"{delivered(table)} LIMIT 0").columns
        aliases = [f"c{number}" for number in range(len(columns))]
        found = trino_figures(
            trino, f"({delivered(table)}) AS t ({', '.join(aliases)})", [(one, pa.string()) for one in aliases]
        )
        if columns == LINE_COLUMNS:
            expected = figures_of(lines_of(real, table))
        else:
            names = real.lake.sql(f"SELECT * FROM {table} LIMIT 0").columns
            expected = lake_figures(real.lake, str(table), [(one, pa.string()) for one in names])
        assert found == expected, table
        tally.add("landing (real)", "table", found[0])


def test_typed_views_have_the_values_that_were_trusted(real: CataloguedLake, trino: Trino, tally: Tally) -> None:
    for table in landing_tables(real):
        view = typed_view(table)
        schema = trino.ask(f"SELECT * FROM {view} LIMIT 0").arrow.schema
        compared = values_as_delivered(table, schema.names)
        texts = " || ".join(f"coalesce({quoted(one)}, '')" for one in schema.names if one not in compared) or "''"
        columns = ", ".join(map(quoted, compared))
        trusted = f"{table.contract.dataset}_{table.contract.id}"
        ((rows, missing, _),) = trino.rows(f"""
        SELECT sum(in_view), count_if(in_view < in_trusted), sum(signs) FROM (
            SELECT {columns}, sum(v) AS in_view, sum(t) AS in_trusted, sum(signs) AS signs FROM (
                SELECT {columns}, 1 AS v, 0 AS t, length({texts}) AS signs FROM {view}
                UNION ALL SELECT {columns}, 0, 1, 0 FROM {trusted}
            ) GROUP BY {columns}
        )""")
        assert (rows, missing) == (real.lake.sql(f"SELECT count(*) FROM {table}").rows[0][0], 0), view
        tally.add("landing (real)", "view", rows)


def landing_tables(real: CataloguedLake) -> list[NamedTable]:
    return [table for table in map(registry.find_table, sorted(real.names)) if table.zone is Zone.LANDING]
